/*
 * All that the git worker is asked, the one with the network: polls of Git (git/worker.h) and of
 * repositories of charts (registry/worker.h), and what charts depend on (gitops/dependencies.h).
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* An rc_worker_handler_fn. */
int rc_fetch_handle(void *userdata, const json_t *request, json_t **ret_reply,
		    struct rc_error **err);
