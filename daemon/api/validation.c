/* /v1/validation: what the checks said last, and running them now. */
#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "base/memory.h"
#include "validation.h"

/* A request that waits for several applications' checks. */
struct ask {
	struct rc_net_http_exchange *exchange;
	json_t *items;
	size_t n_left;
};

static void finish(struct ask *ask)
{
	json_auto_t *body = NULL;

	if (--ask->n_left > 0)
		return;
	body = json_pack("{s:o}", "items", ask->items);
	rc_net_http_exchange_reply_json(ask->exchange, 200, body);
	free(ask);
}

static void on_answer(void *userdata, json_t *description)
{
	struct ask *ask = userdata;

	json_array_append_new(ask->items, description);
	finish(ask);
}

/* One application or (NULL) all; a check by its name, which not every one has, or (NULL) all. */
static void run(struct api_call *call, struct rc_validate_app *only, const char *check)
{
	struct rc_validate_app *const one[] = {only, NULL};
	struct rc_validate_app *const *apps =
		only ? one : daemon_validation_list(call->daemon->validation);
	struct ask *ask = rc_new0(struct ask);
	struct rc_error *first = NULL;
	size_t n_asked = 0;

	ask->exchange = call->exchange;
	ask->items = json_array();
	ask->n_left = 1; /* ours */
	for (; *apps; apps++) {
		struct rc_error *err = NULL;

		ask->n_left++;
		if (rc_validate_app_ask(*apps, check, on_answer, ask, &err) == 0) {
			n_asked++;
			continue;
		}
		ask->n_left--;
		if (first)
			rc_error_free(err);
		else
			first = err;
	}
	if (n_asked == 0 && first) {
		api_reply_error(call->exchange, first);
		json_decref(ask->items);
		free(ask);
		return;
	}
	rc_error_free(first);
	finish(ask);
}

static void show(struct api_call *call, struct rc_validate_app *only, const char *check)
{
	struct rc_validate_app *const one[] = {only, NULL};
	struct rc_validate_app *const *apps =
		only ? one : daemon_validation_list(call->daemon->validation);
	json_t *items = json_array();

	for (; *apps; apps++)
		json_array_append_new(items, rc_validate_app_describe(*apps, check));
	api_reply(call, json_pack("{s:o}", "items", items));
}

void api_validation_serve(struct api_call *call)
{
	const char *check = rc_net_http_exchange_get_query(call->exchange, "check");
	struct rc_validate_app *app = NULL;
	struct rc_error *err = NULL;

	if (call->n > 1)
		app = daemon_validation_find(call->daemon->validation, call->parts[1]);
	if (call->n > 1 && !app) {
		if (rc_engine_find_app(call->daemon->engine, call->parts[1]))
			rc_fail(&err, -ENOENT, "application '%s' has no checks", call->parts[1]);
		else
			rc_fail(&err, -ENOENT, "there is no application '%s'", call->parts[1]);
		rc_hint(&err, "checks are listed under 'validation' in the configuration");
		api_reply_error(call->exchange, err);
	} else if (!api_is_post(call)) {
		show(call, app, check);
	} else if (!api_may_change(call, &err)) {
		api_reply_error(call->exchange, err);
	} else {
		run(call, app, check);
	}
}
