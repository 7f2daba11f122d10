/* The worker's side of the checks that block: names, and PostgreSQL by libpq. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/*
 * {"do": "dns", "host"} -> {"addresses": [...]}; {"do": "postgres", "parameters", "timeoutMs"} ->
 * {"reason", "message"}. As rc_worker_handler_fn.
 */
int rc_validate_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			      struct rc_error **err);
