/*
 * What the git worker is asked where a chart in Git lacks its dependencies, and what it answers.
 *
 * {"op": "dependencies", "cache": FOLDER, "timeoutMs": N, "fresh"?: true, "needs":
 *  [{"source": N, "mirror": PATH, "commit": COMMIT, "path": FOLDER, "repositories": {TEXT: ACCESS
 *    of registry/worker.h}}...]}
 *
 * builds the charts/ of each as registry/build.h does, folders read from the commit, and answers
 *
 * {"charts": [{"source": N, "add": [{"path": "charts/NAME-VERSION.tgz", "archive": PATH}...],
 *   "remove": ["charts/..."...]}...]}
 *
 * What a commit was built of is remembered beside the archives, so that without "fresh" the
 * repositories are asked once.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* An rc_worker_handler_fn. */
int rc_dependencies_handle(void *userdata, const json_t *request, json_t **ret_reply,
			   struct rc_error **err);
