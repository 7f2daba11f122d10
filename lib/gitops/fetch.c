/* To whom a request of the git worker is for. */
#include "gitops/fetch.h"

#include <errno.h>

#include "base/str.h"
#include "base/worker.h"
#include "data/json.h"
#include "git/worker.h"
#include "gitops/dependencies.h"
#include "registry/worker.h"

static const struct {
	const char *op;
	rc_worker_handler_fn *handle;
} handlers[] = {
	{"poll", rc_git_worker_handle},	       {"checkout", rc_git_worker_handle},
	{"trusted", rc_git_worker_handle},     {"signed", rc_git_worker_handle},
	{"charts", rc_registry_worker_handle}, {"dependencies", rc_dependencies_handle},
};

int rc_fetch_handle(void *userdata, const json_t *request, json_t **ret_reply,
		    struct rc_error **err)
{
	const char *op = rc_json_text(request, "op", NULL);

	for (size_t i = 0; i < RC_ARRAY_SIZE(handlers); i++)
		if (rc_text_equal(handlers[i].op, op))
			return handlers[i].handle(userdata, request, ret_reply, err);
	return rc_fail(err, -EINVAL, "the request is not understood");
}
