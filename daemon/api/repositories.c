/* /v1/repositories: what is polled; POST /v1/repositories/NAME/poll polls now, as a webhook would.
 */
#include <errno.h>
#include <string.h>

#include "api/api.h"

static void serve_list(struct api_call *call)
{
	json_t *items = json_array();

	for (struct rc_repository *const *it = rc_engine_list_repositories(call->daemon->engine);
	     *it; it++)
		json_array_append_new(items, rc_repository_describe(*it));
	api_reply(call, json_pack("{s:o}", "items", items));
}

void api_repositories_serve(struct api_call *call)
{
	struct rc_repository *repository = NULL;
	struct rc_error *err = NULL;

	if (call->n == 1) {
		serve_list(call);
		return;
	}
	repository = rc_engine_find_repository(call->daemon->engine, call->parts[1], NULL);
	if (!repository) {
		rc_fail(&err, -ENOENT, "there is no repository '%s'", call->parts[1]);
	} else if (call->n == 2) {
		api_reply(call, rc_repository_describe(repository));
		return;
	} else if (strcmp(call->parts[2], "poll") != 0 || !api_is_post(call)) {
		rc_fail(&err, -ENOENT, "there is nothing at '%s'", call->parts[2]);
	} else if (api_may_change(call, &err)) {
		rc_repository_poll(repository);
		api_reply_done(call);
		return;
	}
	api_reply_error(call->exchange, err);
}
