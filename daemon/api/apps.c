/* /v1/apps: applications, and what shall be done with them. */
#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "base/memory.h"
#include "data/json.h"

static void serve_apps(struct api_call *call)
{
	json_t *items = json_array();

	for (struct rc_app *const *a = rc_engine_list_apps(call->daemon->engine); *a; a++)
		json_array_append_new(items, rc_app_describe(*a));
	api_reply(call, json_pack("{s:o}", "items", items));
}

struct diff {
	struct rc_net_http_exchange *exchange;
};

static void on_diff(void *userdata, int r, const char *text, struct rc_error *err)
{
	rc_autofree struct diff *diff = userdata;

	if (r < 0)
		api_reply_error(diff->exchange, err);
	else
		rc_net_http_exchange_reply(diff->exchange, 200, "text/x-diff", rc_str(text));
}

static void serve_diff(struct api_call *call, struct rc_app *app)
{
	struct diff *diff = rc_new0(struct diff);

	diff->exchange = call->exchange;
	rc_app_diff(app, on_diff, diff);
}

static void serve_sync(struct api_call *call, struct rc_app *app)
{
	rc_autofree char *caller = api_name_caller(call);
	json_auto_t *body = NULL;
	struct rc_error *err = NULL;
	struct rc_app_sync_options options = {.initiated_by = caller};
	int r = api_read_body(call, &body, &err);

	if (r == 0)
		r = rc_request_parse(body, &options.request, &err);
	if (r == 0) {
		options.revision = rc_json_text(body, "revision", NULL);
		r = rc_app_sync(app, &options, &err);
	} else {
		rc_request_done(&options.request);
	}
	if (r < 0)
		api_reply_error(call->exchange, err);
	else
		api_reply_done(call);
}

static void serve_history(struct api_call *call, struct rc_app *app)
{
	struct rc_error *err = NULL;
	json_t *history;

	if (rc_app_list_history(app, &history, &err) < 0)
		api_reply_error(call->exchange, err);
	else
		api_reply(call, history);
}

static void change_app(struct api_call *call, struct rc_app *app, const char *what)
{
	rc_autofree char *caller = api_name_caller(call);
	struct rc_error *err = NULL;

	if (!api_may_change(call, &err)) {
		api_reply_error(call->exchange, err);
	} else if (strcmp(what, "sync") == 0) {
		serve_sync(call, app);
	} else if (strcmp(what, "refresh") == 0) {
		rc_app_refresh(app, true);
		api_reply_done(call);
	} else if (strcmp(what, "terminate") == 0) {
		if (rc_app_terminate(app, caller, &err) < 0)
			api_reply_error(call->exchange, err);
		else
			api_reply_done(call);
	} else {
		rc_fail(&err, -ENOENT, "there is no action '%s'", what);
		api_reply_error(call->exchange, err);
	}
}

static void serve_app(struct api_call *call)
{
	struct rc_app *app = rc_engine_find_app(call->daemon->engine, call->parts[1]);
	const char *what = call->n > 2 ? call->parts[2] : "";
	struct rc_error *err = NULL;

	if (!app) {
		rc_fail(&err, -ENOENT, "there is no application '%s'", call->parts[1]);
		api_reply_error(call->exchange, err);
	} else if (api_is_post(call)) {
		change_app(call, app, what);
	} else if (!*what) {
		api_reply(call, rc_app_describe(app));
	} else if (strcmp(what, "resources") == 0) {
		api_reply(call, rc_app_describe_resources(app));
	} else if (strcmp(what, "history") == 0) {
		serve_history(call, app);
	} else if (strcmp(what, "diff") == 0) {
		serve_diff(call, app);
	} else {
		rc_fail(&err, -ENOENT, "there is nothing at '%s'", what);
		api_reply_error(call->exchange, err);
	}
}

void api_apps_serve(struct api_call *call)
{
	if (call->n == 1)
		serve_apps(call);
	else
		serve_app(call);
}
