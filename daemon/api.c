/*
 * The control API: JSON over a Unix socket, for reconcilectl and whoever else may open it.
 *
 * Whoever can open the socket may read; changing things is for root and for the user we run as.
 * Metrics are served here too, and alone on api.listen.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "daemon.h"
#include "data/json.h"
#include "secrets.h"

#define METRICS_MAX ((size_t)16 << 20)
#define PARTS_MAX   6

struct call {
	struct rc_daemon *daemon;
	struct rc_net_http_exchange *exchange;
	const char *parts[PARTS_MAX]; /* of the path, after /v1 */
	size_t n;
	char *text;
};

/* ---- answers ---- */

static int to_status(int r)
{
	switch (r) {
	case -ENOENT:
		return 404;
	case -EACCES:
		return 403;
	case -EINVAL:
		return 400;
	case -EBUSY:
		return 409;
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}

static void reply_error(struct rc_net_http_exchange *exchange, struct rc_error *err)
{
	json_auto_t *body = json_pack("{s:o}", "error", rc_error_to_json(err));

	rc_net_http_exchange_reply_json(exchange, to_status(err->code), body);
	rc_error_free(err);
}

/* json is given away. */
static void reply(struct call *call, json_t *json)
{
	json_auto_t *owned = json;

	rc_net_http_exchange_reply_json(call->exchange, 200, owned);
}

static void reply_done(struct call *call)
{
	reply(call, json_object());
}

/* ---- who asks ---- */

static char *name_caller(struct call *call)
{
	uid_t uid = rc_net_http_exchange_get_peer_uid(call->exchange);
	const struct passwd *user = getpwuid(uid);

	return user ? rc_strdup(user->pw_name) : rc_asprintf("uid %u", (unsigned int)uid);
}

static bool may_change(struct call *call, struct rc_error **err)
{
	uid_t uid = rc_net_http_exchange_get_peer_uid(call->exchange);

	if (uid == 0 || uid == geteuid())
		return true;
	rc_fail(err, -EACCES, "user %u may look, but not change anything", (unsigned int)uid);
	rc_hint(err, "ask as root, or as the user reconciled runs as");
	return false;
}

/* ---- status ---- */

static void serve_status(struct call *call)
{
	struct rc_daemon *daemon = call->daemon;
	json_t *clusters = json_array(), *repositories = json_array(), *apps = json_array();
	char started[RC_CLOCK_RFC3339_MAX];
	json_t *json;

	for (struct rc_destination *const *d = rc_engine_list_destinations(daemon->engine); *d; d++)
		json_array_append_new(clusters, rc_destination_describe(*d));
	for (struct rc_repository *const *r = rc_engine_list_repositories(daemon->engine); *r; r++)
		json_array_append_new(repositories, rc_repository_describe(*r));
	for (struct rc_app *const *a = rc_engine_list_apps(daemon->engine); *a; a++)
		json_array_append_new(apps, rc_app_describe(*a));
	json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "version", RC_VERSION, "startedAt",
			 rc_clock_format_rfc3339(daemon->started_unix_s, started), "clusters",
			 clusters, "repositories", repositories, "apps", apps, "sources",
			 daemon_catalog_describe(daemon));
	if (daemon->config_error)
		json_object_set_new(json, "configError", json_string(daemon->config_error));
	reply(call, json);
}

/* ---- applications ---- */

static void serve_apps(struct call *call)
{
	json_t *items = json_array();

	for (struct rc_app *const *a = rc_engine_list_apps(call->daemon->engine); *a; a++)
		json_array_append_new(items, rc_app_describe(*a));
	reply(call, json_pack("{s:o}", "items", items));
}

struct diff {
	struct rc_net_http_exchange *exchange;
};

static void on_diff(void *userdata, int r, const char *text, struct rc_error *err)
{
	rc_autofree struct diff *diff = userdata;

	if (r < 0)
		reply_error(diff->exchange, err);
	else
		rc_net_http_exchange_reply(diff->exchange, 200, "text/x-diff", rc_str(text));
}

static void serve_diff(struct call *call, struct rc_app *app)
{
	struct diff *diff = rc_new0(struct diff);

	diff->exchange = call->exchange;
	rc_app_diff(app, on_diff, diff);
}

static void serve_sync(struct call *call, struct rc_app *app)
{
	struct rc_str text = rc_net_http_exchange_get_body(call->exchange);
	rc_autofree char *caller = name_caller(call);
	json_auto_t *body = NULL;
	struct rc_error *err = NULL;
	struct rc_app_sync_options options = {.initiated_by = caller};
	int r = text.n ? rc_json_parse(text, "the request", &body, &err) : 0;

	if (r == 0) {
		options.revision = rc_json_text(body, "revision", NULL);
		options.prune = json_is_true(json_object_get(body, "prune"));
		options.dry_run = json_is_true(json_object_get(body, "dryRun"));
		r = rc_app_sync(app, &options, &err);
	}
	if (r < 0)
		reply_error(call->exchange, err);
	else
		reply_done(call);
}

static void serve_history(struct call *call, struct rc_app *app)
{
	struct rc_error *err = NULL;
	json_t *history;

	if (rc_app_list_history(app, &history, &err) < 0)
		reply_error(call->exchange, err);
	else
		reply(call, history);
}

static void change_app(struct call *call, struct rc_app *app, const char *what)
{
	rc_autofree char *caller = name_caller(call);
	struct rc_error *err = NULL;

	if (!may_change(call, &err)) {
		reply_error(call->exchange, err);
	} else if (strcmp(what, "sync") == 0) {
		serve_sync(call, app);
	} else if (strcmp(what, "refresh") == 0) {
		rc_app_refresh(app, true);
		reply_done(call);
	} else if (strcmp(what, "terminate") == 0) {
		if (rc_app_terminate(app, caller, &err) < 0)
			reply_error(call->exchange, err);
		else
			reply_done(call);
	} else {
		rc_fail(&err, -ENOENT, "there is no action '%s'", what);
		reply_error(call->exchange, err);
	}
}

static void serve_app(struct call *call)
{
	struct rc_app *app = rc_engine_find_app(call->daemon->engine, call->parts[1]);
	const char *what = call->n > 2 ? call->parts[2] : "";
	struct rc_error *err = NULL;

	if (!app) {
		rc_fail(&err, -ENOENT, "there is no application '%s'", call->parts[1]);
		reply_error(call->exchange, err);
	} else if (strcmp(rc_net_http_exchange_get_method(call->exchange), "POST") == 0) {
		change_app(call, app, what);
	} else if (!*what) {
		reply(call, rc_app_describe(app));
	} else if (strcmp(what, "resources") == 0) {
		reply(call, rc_app_describe_resources(app));
	} else if (strcmp(what, "history") == 0) {
		serve_history(call, app);
	} else if (strcmp(what, "diff") == 0) {
		serve_diff(call, app);
	} else {
		rc_fail(&err, -ENOENT, "there is nothing at '%s'", what);
		reply_error(call->exchange, err);
	}
}

/* ---- secrets ---- */

static void serve_secret(struct call *call)
{
	bool is_post = strcmp(rc_net_http_exchange_get_method(call->exchange), "POST") == 0;
	struct rc_error *err = NULL;
	json_t *json = NULL;
	int r;

	if (is_post && !may_change(call, &err))
		r = -EACCES;
	else if (is_post)
		r = daemon_secrets_refresh(call->daemon->secrets, call->parts[1], call->parts[2],
					   &err);
	else
		r = daemon_secrets_get(call->daemon->secrets, call->parts[1], call->parts[2], &json,
				       &err);
	if (r < 0)
		reply_error(call->exchange, err);
	else
		reply(call, json ? json : json_object());
}

/* ---- routes ---- */

static void serve_metrics(const struct rc_daemon *daemon, struct rc_net_http_exchange *exchange)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(METRICS_MAX);

	daemon_metrics_write(daemon, &text);
	rc_net_http_exchange_reply(exchange, 200, "text/plain; version=0.0.4", rc_buf_str(&text));
}

static void route(struct call *call)
{
	const char *first = call->n > 0 ? call->parts[0] : "";
	struct rc_error *err = NULL;

	if (strcmp(first, "status") == 0) {
		serve_status(call);
	} else if (strcmp(first, "apps") == 0) {
		if (call->n == 1)
			serve_apps(call);
		else
			serve_app(call);
	} else if (strcmp(first, "secrets") == 0 && call->n == 1) {
		reply(call, daemon_secrets_list(call->daemon->secrets));
	} else if (strcmp(first, "secrets") == 0 && call->n > 2) {
		serve_secret(call);
	} else {
		rc_fail(&err, -ENOENT, "there is nothing at %s",
			rc_net_http_exchange_get_path(call->exchange));
		reply_error(call->exchange, err);
	}
}

static void on_control(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	struct call call = {.daemon = userdata, .exchange = exchange};
	char *rest, *part;

	if (strcmp(path, "/metrics") == 0) {
		serve_metrics(call.daemon, exchange);
		return;
	}
	call.text = rc_strdup(strncmp(path, "/v1/", 4) == 0 ? path + 4 : "");
	rest = call.text;
	while ((part = strsep(&rest, "/")) && call.n < PARTS_MAX)
		if (*part)
			call.parts[call.n++] = part;
	route(&call);
	free(call.text);
}

static void on_metrics(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	if (strcmp(path, "/metrics") == 0)
		serve_metrics(userdata, exchange);
	else if (strcmp(path, "/healthz") == 0)
		rc_net_http_exchange_reply(exchange, 200, "text/plain", RC_STR("ok\n"));
	else
		rc_net_http_exchange_reply(exchange, 404, "text/plain",
					   RC_STR("/metrics and /healthz are here\n"));
}

int daemon_api_init(struct rc_daemon *daemon, struct rc_error **err)
{
	struct rc_net_http_server_options options = {
		.listen = daemon->config->api.socket,
		.socket_mode = 0660,
		.max_body_bytes = 1 << 20,
	};
	rc_autofree char *folder = rc_strdup(daemon->config->api.socket);
	char *slash = strrchr(folder, '/');
	int r = 0;

	if (slash && slash != folder) {
		*slash = '\0';
		r = rc_file_make_directory(folder, 0755, err);
	}
	if (r == 0)
		r = rc_net_http_server_new(daemon->loop, &options, on_control, daemon,
					   &daemon->control, err);
	if (r < 0)
		return rc_wrap(err, r, "the control socket");
	if (!daemon->config->api.listen)
		return 0;
	options = (struct rc_net_http_server_options){.listen = daemon->config->api.listen,
						      .max_body_bytes = 4096};
	r = rc_net_http_server_new(daemon->loop, &options, on_metrics, daemon, &daemon->metrics,
				   err);
	return r < 0 ? rc_wrap(err, r, "api.listen") : 0;
}
