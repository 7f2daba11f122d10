/*
 * What the git worker is asked of a repository of charts, and what it answers.
 *
 * {"op": "charts", "cache": FOLDER, "timeoutMs": N, "repository": ACCESS, "token"?: TOKEN,
 *  "refs": [{"name": "CHART@RANGE", "known"?: COMMIT}...]}
 *
 * where ACCESS is {"type": "helm" or "oci", "url", "name"?, "auth"?: {"username"?, "password"?,
 * "ca"?, "certificate"?, "key"?, "insecure"?, "plainHttp"?, "passCredentials"?}}, brings the
 * archives of the chosen versions into the cache and answers
 *
 * {"token": TOKEN, "error"?, "refs": [{"name", "commit", "subject"} or {"name", "error"} or
 *  {"name"}...]}
 *
 * COMMIT is VERSION@sha256:DIGEST of the archive, '+' in the version written '_'. TOKEN says which
 * list of charts the answer comes from: given back, it spares looking at the same list again. A ref
 * that there is no version for is an error of its own. Of one with neither nothing could be learnt:
 * "error" says why.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "data/digest.h"
#include "registry/session.h"

/* An rc_worker_handler_fn. */
int rc_registry_worker_handle(void *userdata, const json_t *request, json_t **ret_reply,
			      struct rc_error **err);

/* ACCESS as a struct that borrows its texts; *ret_type is its "type". -EINVAL. */
int rc_registry_worker_read_access(const json_t *json, struct rc_registry_access *ret_access,
				   const char **ret_type, struct rc_error **err);

/* The digest half of a COMMIT, borrowed; NULL: it is none. */
const char *rc_registry_worker_get_digest(const char *commit);
/* The version half as it is really written; the caller's. */
char *rc_registry_worker_get_version(const char *commit);
