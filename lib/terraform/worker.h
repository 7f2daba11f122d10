/*
 * The plan worker: it reads what Git and terraform supply, in a confined process.
 *
 * {"op": "summarise", "path": FILE of `show -json`, "salt": TEXT, "maxBytes": N} is answered with
 * the summary of terraform/plan.h; -E2BIG: the file is larger.
 * {"op": "fingerprint", "mirror": PATH, "commit": ID, "path": FOLDER, "files": [PATH...]} is
 * answered {"fingerprint": TEXT} (terraform/source.h).
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* An rc_worker_handler_fn. */
int rc_terraform_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			       struct rc_error **err);
