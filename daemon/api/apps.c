/* /v1/apps: applications, and what shall be done with them. */
#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "base/memory.h"
#include "data/json.h"

static void serve_apps(struct api_call *call)
{
	const char *view = rc_net_http_exchange_get_query(call->exchange, "view");
	bool is_brief = view && strcmp(view, "summary") == 0;
	json_t *items = json_array();

	for (struct rc_app *const *a = rc_engine_list_apps(call->daemon->engine); *a; a++)
		if (!call->client || api_client_sees(call->client, *a))
			json_array_append_new(items, is_brief ? rc_app_summarize(*a)
							      : rc_app_describe(*a));
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

/* Of a revision, or of files, that are not followed. */
static int start_preview(struct api_call *call, struct rc_app *app, struct rc_error **err)
{
	struct rc_app_preview_options options = {.source = 0};
	json_auto_t *body = NULL;
	const json_t *source;
	struct diff *diff;
	int r;

	/* What is asked for is rendered, and shown beside what is live, whatever it is. */
	if (!api_may_change(call, err))
		return -EACCES;
	r = api_read_body(call, &body, err);
	if (r < 0)
		return r;
	source = json_object_get(body, "source");
	options.revision = rc_json_text(body, "revision", NULL);
	options.files = json_object_get(body, "files");
	if ((source && json_integer_value(source) < 1) ||
	    (options.files && !json_is_array(options.files)))
		return rc_fail(err, -EINVAL,
			       "a diff is asked for with {revision, source: 1.., files: [...]}");
	options.source = source ? (size_t)json_integer_value(source) - 1 : 0;
	diff = rc_new0(struct diff);
	diff->exchange = call->exchange;
	rc_app_preview(app, &options, on_diff, diff);
	return 0;
}

static void serve_preview(struct api_call *call, struct rc_app *app)
{
	struct rc_error *err = NULL;

	if (start_preview(call, app, &err) < 0)
		api_reply_error(call->exchange, err);
}

static void on_tree(void *userdata, int r, const json_t *tree, struct rc_error *err)
{
	if (r < 0)
		api_reply_error(userdata, err);
	else
		rc_net_http_exchange_reply_json(userdata, 200, tree);
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

/* ---- what shall be done, in one call ---- */

static int do_refresh(struct rc_app *app, const char *caller, const json_t *body,
		      struct rc_error **err)
{
	(void)caller;
	(void)body;
	(void)err;
	rc_app_refresh(app, true);
	return 0;
}

static int do_terminate(struct rc_app *app, const char *caller, const json_t *body,
			struct rc_error **err)
{
	(void)body;
	return rc_app_terminate(app, caller, err);
}

static int do_sync(struct rc_app *app, const char *caller, const json_t *body,
		   struct rc_error **err)
{
	struct rc_app_sync_options options = {.revision = rc_json_text(body, "revision", NULL),
					      .initiated_by = caller};
	int r = rc_request_parse(body, &options.request, err);

	if (r == 0)
		return rc_app_sync(app, &options, err);
	rc_request_done(&options.request);
	return r;
}

static int do_suspend(struct rc_app *app, const char *caller, const json_t *body,
		      struct rc_error **err)
{
	return rc_app_suspend(app, caller, rc_json_text(body, "reason", NULL),
			      json_integer_value(json_object_get(body, "until")), err);
}

static int do_resume(struct rc_app *app, const char *caller, const json_t *body,
		     struct rc_error **err)
{
	(void)body;
	return rc_app_resume(app, caller, err);
}

static int do_rollback(struct rc_app *app, const char *caller, const json_t *body,
		       struct rc_error **err)
{
	const json_t *id = json_object_get(body, "id");

	return rc_app_rollback(app, caller, id ? json_integer_value(id) : -1,
			       json_is_true(json_object_get(body, "prune")), err);
}

static int do_approve(struct rc_app *app, const char *caller, const json_t *body,
		      struct rc_error **err)
{
	(void)body;
	return rc_app_approve(app, caller, err);
}

static const struct {
	const char *name;
	int (*run)(struct rc_app *app, const char *caller, const json_t *body,
		   struct rc_error **err);
} actions[] = {
	{"sync", do_sync},	 {"refresh", do_refresh}, {"terminate", do_terminate},
	{"suspend", do_suspend}, {"resume", do_resume},	  {"rollback", do_rollback},
	{"approve", do_approve},
};

static int change(struct api_call *call, struct rc_app *app, const char *what,
		  struct rc_error **err)
{
	rc_autofree char *caller = api_name_caller(call);
	json_auto_t *body = NULL;
	int r;

	if (!api_may_change(call, err))
		return -EACCES;
	r = api_read_body(call, &body, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < RC_ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i].name, what) == 0)
			return actions[i].run(app, caller, body, err);
	return rc_fail(err, -ENOENT, "there is no action '%s'", what);
}

static void change_app(struct api_call *call, struct rc_app *app, const char *what)
{
	struct rc_error *err = NULL;

	if (change(call, app, what, &err) < 0)
		api_reply_error(call->exchange, err);
	else
		api_reply_done(call);
}

static void on_undone(void *userdata, int r, int64_t revision, struct rc_error *err)
{
	struct rc_net_http_exchange *exchange = userdata;
	json_auto_t *reply = NULL;

	if (r < 0) {
		api_reply_error(exchange, err);
		return;
	}
	reply = json_pack("{s:I}", "revision", (json_int_t)revision);
	rc_net_http_exchange_reply_json(exchange, 200, reply);
}

/* {resource: "Deployment/NAME", revision?}; what it goes back to has to be asked for. */
static void undo(struct api_call *call, struct rc_app *app)
{
	rc_autofree char *caller = api_name_caller(call);
	json_auto_t *body = NULL;
	struct rc_error *err = NULL;

	if (!api_may_change(call, &err) || api_read_body(call, &body, &err) < 0)
		api_reply_error(call->exchange, err);
	else
		rc_app_undo(app, caller, rc_json_text(body, "resource", NULL),
			    json_integer_value(json_object_get(body, "revision")), on_undone,
			    call->exchange);
}

/* ---- what there is to see ---- */

static void serve_itself(struct api_call *call, struct rc_app *app)
{
	api_reply(call, rc_app_describe(app));
}

static void serve_resources(struct api_call *call, struct rc_app *app)
{
	api_reply(call, rc_app_describe_resources(app));
}

static void serve_orphans(struct api_call *call, struct rc_app *app)
{
	api_reply(call, rc_app_describe_orphans(app));
}

static void serve_tree(struct api_call *call, struct rc_app *app)
{
	rc_app_tree(app, on_tree, call->exchange);
}

static const struct {
	const char *name;
	void (*serve)(struct api_call *call, struct rc_app *app);
} views[] = {
	{"", serve_itself},
	{"diff", serve_diff},
	{"events", api_object_events_serve},
	{"history", serve_history},
	{"logs", api_logs_serve},
	{"orphans", serve_orphans},
	{"resources", serve_resources},
	{"tree", serve_tree},
};

static void serve_view(struct api_call *call, struct rc_app *app, const char *what)
{
	struct rc_error *err = NULL;

	for (size_t i = 0; i < RC_ARRAY_SIZE(views); i++)
		if (strcmp(views[i].name, what) == 0) {
			views[i].serve(call, app);
			return;
		}
	rc_fail(&err, -ENOENT, "there is nothing at '%s'", what);
	api_reply_error(call->exchange, err);
}

static void serve_app(struct api_call *call)
{
	struct rc_app *app = rc_engine_find_app(call->daemon->engine, call->parts[1]);
	const char *what = call->n > 2 ? call->parts[2] : "";
	struct rc_error *err = NULL;

	if (!app) {
		rc_fail(&err, -ENOENT, "there is no application '%s'", call->parts[1]);
		api_reply_error(call->exchange, err);
	} else if (!api_is_post(call)) {
		serve_view(call, app, what);
	} else if (strcmp(what, "diff") == 0) {
		serve_preview(call, app);
	} else if (strcmp(what, "undo") == 0) {
		undo(call, app);
	} else {
		change_app(call, app, what);
	}
}

void api_apps_serve(struct api_call *call)
{
	if (call->n == 1)
		serve_apps(call);
	else
		serve_app(call);
}
