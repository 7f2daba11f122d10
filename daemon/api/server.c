/*
 * The control API's server and its routes.
 *
 * Whoever can open the socket may read; changing things is for root and for the user we run as.
 * Metrics are served here too, and alone on api.listen.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/passed.h"
#include "remote.h"
#include "web/session.h"
#include "web/web.h"

#define METRICS_MAX ((size_t)16 << 20)

static void serve_metrics(const struct rc_daemon *daemon, struct rc_net_http_exchange *exchange)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(METRICS_MAX);

	daemon_metrics_write(daemon, &text);
	rc_net_http_exchange_reply(exchange, 200, "text/plain; version=0.0.4", rc_buf_str(&text));
}

static const struct {
	const char *noun;
	void (*serve)(struct api_call *call);
} nouns[] = {
	{"apps", api_apps_serve},
	{"changes", api_changes_serve},
	{"backup", api_backup_serve},
	{"restore", api_restore_serve},
	{"config", api_config_serve},
	{"events", api_events_serve},
	{"repositories", api_repositories_serve},
	{"secret-stores", api_secret_stores_serve},
	{"secrets", api_secrets_serve},
	{"status", api_status_serve},
	{"terraform", api_terraform_serve},
	{"terraform-freeze", api_freeze_serve},
	{"validation", api_validation_serve},
};

static void route(struct api_call *call)
{
	struct rc_error *err = NULL;

	for (size_t i = 0; call->n > 0 && i < RC_ARRAY_SIZE(nouns); i++)
		if (strcmp(nouns[i].noun, call->parts[0]) == 0) {
			nouns[i].serve(call);
			return;
		}
	rc_fail(&err, -ENOENT, "there is nothing at %s",
		rc_net_http_exchange_get_path(call->exchange));
	api_reply_error(call->exchange, err);
}

void api_serve(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
	       const struct api_client *client)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	struct api_call call = {.daemon = daemon, .exchange = exchange, .client = client};
	rc_autofree char *text = rc_strdup(strncmp(path, "/v1/", 4) == 0 ? path + 4 : "");
	struct rc_error *err = NULL;
	char *rest = text, *part;

	if (daemon_web_serve(daemon, exchange, client))
		return;
	while ((part = strsep(&rest, "/")) && call.n < API_PARTS_MAX)
		if (*part)
			call.parts[call.n++] = part;
	if ((client && api_client_check(client, &call, &err) < 0) ||
	    (api_is_post(&call) &&
	     web_sessions_check_change(daemon->web->sessions, exchange, client, &err) < 0))
		api_reply_error(exchange, err);
	else if (strcmp(path, "/metrics") == 0)
		serve_metrics(daemon, exchange);
	else
		route(&call);
}

static void on_control(void *userdata, struct rc_net_http_exchange *exchange)
{
	api_serve(userdata, exchange, NULL);
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

static int make_folder_of(const char *path, struct rc_error **err)
{
	rc_autofree char *folder = rc_strdup(path);
	char *slash = strrchr(folder, '/');

	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return rc_file_make_directory(folder, 0755, err);
}

/* 0: the manager passes none of that name. */
static int take_passed(const char *name)
{
	int fd = rc_passed_take(name);

	return fd < 0 ? 0 : fd;
}

static int start_control(struct rc_daemon *daemon, struct rc_error **err)
{
	struct rc_net_http_server_options options = {
		.listen = daemon->config->api.socket,
		.fd = take_passed("control"),
		.socket_mode = 0660,
		.max_body_bytes = (size_t)96 << 20, /* a folder of files, for a diff */
	};
	int r = options.fd > 0 ? 0 : make_folder_of(options.listen, err);

	if (r == 0)
		r = rc_net_http_server_new(daemon->loop, &options, on_control, daemon,
					   &daemon->control, err);
	return r < 0 ? rc_wrap(err, r, "the control socket") : 0;
}

static int start_metrics(struct rc_daemon *daemon, struct rc_error **err)
{
	struct rc_net_http_server_options options = {
		.listen = daemon->config->api.listen ?: "the socket 'metrics'",
		.fd = take_passed("metrics"),
		.max_body_bytes = 4096,
	};
	int r;

	if (!daemon->config->api.listen && options.fd == 0)
		return 0;
	r = rc_net_http_server_new(daemon->loop, &options, on_metrics, daemon, &daemon->metrics,
				   err);
	return r < 0 ? rc_wrap(err, r, "api.listen") : 0;
}

int daemon_api_init(struct rc_daemon *daemon, struct rc_error **err)
{
	int r = start_control(daemon, err);

	if (r == 0)
		r = daemon_remote_new(daemon, take_passed("tls"), &daemon->remote, err);
	return r < 0 ? r : start_metrics(daemon, err);
}
