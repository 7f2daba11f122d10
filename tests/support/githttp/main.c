/*
 * githttp: serves the bare repositories below a folder by HTTP, with git's own http-backend, and
 * misbehaves on request: POST /_control {"mode": "ok|reset|stall|half|500|403|404|garbage|
 * redirect|slow", "count"}; "redirect" sends to the same by another name of the host, "slow" waits
 * 100 ms first. GET /_control
 * counts requests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>
#include <jansson.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "net/http-server.h"

#define ANSWER_MAX ((size_t)256 << 20)
#define TIMEOUT_MS 60000

static struct {
	struct ev_loop *loop;
	const char *root;
	char *credentials; /* "Basic ..." that is wanted, or NULL */
	char *mode;
	long long count; /* -1: for ever */
	long long requests;
} state;

struct job {
	struct rc_net_http_exchange *exchange;
	struct rc_process *process;
	ev_timer later;
};

static void serve_repository(struct rc_net_http_exchange *exchange);

/* ---- CGI ---- */

static void reply_cgi(struct rc_net_http_exchange *exchange, struct rc_str out, bool is_half)
{
	char type[128] = "application/octet-stream";
	int status = 200;

	while (out.n > 0) {
		ptrdiff_t end = rc_str_index(out, '\n');
		struct rc_str line = {out.p, end < 0 ? out.n : (size_t)end};

		out.p += line.n + (end >= 0);
		out.n -= line.n + (end >= 0);
		line = rc_str_trim(line, "\r");
		if (line.n == 0)
			break;
		if (rc_str_has_prefix(line, RC_STR("Status: ")))
			status = (int)strtol(line.p + 8, NULL, 10);
		if (rc_str_has_prefix(line, RC_STR("Content-Type: ")))
			snprintf(type, sizeof(type), "%.*s", (int)line.n - 14, line.p + 14);
	}
	if (is_half)
		rc_net_http_exchange_reply_half(exchange, status, type, out);
	else
		rc_net_http_exchange_reply(exchange, status, type, out);
}

static void on_done(struct rc_process *process, int r, const struct rc_process_result *result,
		    struct rc_error *err, void *userdata)
{
	rc_autofree struct job *job = userdata;

	if (r < 0)
		rc_net_http_exchange_reply(job->exchange, 500, "text/plain", RC_STR("backend\n"));
	else
		reply_cgi(job->exchange, result->out, strcmp(state.mode, "half") == 0);
	rc_error_free(err);
	rc_process_free(process);
}

static char *make_query(struct rc_net_http_exchange *exchange)
{
	const char *service = rc_net_http_exchange_get_query(exchange, "service");

	return rc_asprintf("QUERY_STRING=%s%s", service ? "service=" : "", service ? service : "");
}

static void run_backend(struct rc_net_http_exchange *exchange)
{
	static const char *const argv[] = {"git", "http-backend", NULL};
	const char *type = rc_net_http_exchange_get_header(exchange, "Content-Type");
	const char *encoding = rc_net_http_exchange_get_header(exchange, "Content-Encoding");
	const char *path_variable = getenv("PATH");
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	rc_autofree char *query = make_query(exchange);
	rc_autofree char *method =
		rc_asprintf("REQUEST_METHOD=%s", rc_net_http_exchange_get_method(exchange));
	rc_autofree char *path =
		rc_asprintf("PATH_INFO=%s", rc_net_http_exchange_get_path(exchange));
	rc_autofree char *root = rc_asprintf("GIT_PROJECT_ROOT=%s", state.root);
	rc_autofree char *content = rc_asprintf("CONTENT_TYPE=%s", type ? type : "");
	rc_autofree char *length = rc_asprintf("CONTENT_LENGTH=%zu", body.n);
	rc_autofree char *coding =
		rc_asprintf("HTTP_CONTENT_ENCODING=%s", encoding ? encoding : "");
	rc_autofree char *search =
		rc_asprintf("PATH=%s", path_variable ? path_variable : "/usr/bin");
	const char *env[] = {query,
			     method,
			     path,
			     root,
			     content,
			     length,
			     coding,
			     search,
			     "GIT_HTTP_EXPORT_ALL=1",
			     "HOME=/nonexistent",
			     "GIT_CONFIG_COUNT=1",
			     "GIT_CONFIG_KEY_0=safe.directory",
			     "GIT_CONFIG_VALUE_0=*",
			     NULL};
	struct rc_process_options options = {.argv = argv,
					     .env = env,
					     .input = body,
					     .timeout_ms = TIMEOUT_MS,
					     .max_output_bytes = ANSWER_MAX};
	struct job *job = rc_new0(struct job);

	job->exchange = exchange;
	if (rc_process_start(state.loop, &options, on_done, job, &job->process, NULL) < 0) {
		free(job);
		rc_net_http_exchange_reply(exchange, 500, "text/plain", RC_STR("no git\n"));
	}
}

/* ---- misbehaving ---- */

static void serve_control(struct rc_net_http_exchange *exchange)
{
	json_auto_t *body = NULL;
	json_auto_t *answer = json_pack("{s:I}", "requests", (json_int_t)state.requests);

	if (rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL) == 0) {
		free(state.mode);
		state.mode = rc_strdup(rc_json_text(body, "mode", NULL) ?: "ok");
		state.count = json_object_get(body, "count")
				      ? json_integer_value(json_object_get(body, "count"))
				      : -1;
	}
	rc_net_http_exchange_reply_json(exchange, 200, answer);
}

static void on_later(struct ev_loop *loop, ev_timer *timer, int events)
{
	rc_autofree struct job *job = rc_container_of(timer, struct job, later);

	(void)loop;
	(void)events;
	serve_repository(job->exchange);
}

static void serve_later(struct rc_net_http_exchange *exchange)
{
	struct job *job = rc_new0(struct job);

	job->exchange = exchange;
	ev_timer_init(&job->later, on_later, 0.1, 0.);
	ev_timer_start(state.loop, &job->later);
}

static void redirect(struct rc_net_http_exchange *exchange)
{
	const char *host = rc_net_http_exchange_get_header(exchange, "Host");
	const char *port = host ? strchr(host, ':') : NULL;
	const char *service = rc_net_http_exchange_get_query(exchange, "service");
	rc_autofree char *to = rc_asprintf("http://localhost%s%s%s%s", port ? port : "",
					   rc_net_http_exchange_get_path(exchange),
					   service ? "?service=" : "", service ? service : "");

	rc_net_http_exchange_set_header(exchange, "Location", to);
	rc_net_http_exchange_reply(exchange, 302, "text/plain", RC_STR("over there\n"));
}

/* Whether the exchange was dealt with. */
static bool misbehave(struct rc_net_http_exchange *exchange)
{
	if (strcmp(state.mode, "ok") == 0 || strcmp(state.mode, "half") == 0 || state.count == 0)
		return false;
	if (state.count > 0)
		state.count--;
	if (strcmp(state.mode, "reset") == 0)
		rc_net_http_exchange_reset(exchange);
	else if (strcmp(state.mode, "slow") == 0)
		serve_later(exchange);
	else if (strcmp(state.mode, "redirect") == 0)
		redirect(exchange);
	else if (strcmp(state.mode, "garbage") == 0)
		rc_net_http_exchange_reply(exchange, 200, "text/html", RC_STR("<html>hello"));
	else if (strcmp(state.mode, "stall") != 0)
		rc_net_http_exchange_reply(exchange, (int)strtol(state.mode, NULL, 10),
					   "text/plain", RC_STR("misbehaving on request\n"));
	return true;
}

static void serve_repository(struct rc_net_http_exchange *exchange)
{
	const char *given = rc_net_http_exchange_get_header(exchange, "Authorization");

	if (state.credentials && !rc_text_equal(given, state.credentials)) {
		rc_net_http_exchange_set_header(exchange, "WWW-Authenticate", "Basic realm=git");
		rc_net_http_exchange_reply(exchange, 401, "text/plain", RC_STR("who are you?\n"));
		return;
	}
	run_backend(exchange);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	(void)userdata;
	if (strcmp(rc_net_http_exchange_get_path(exchange), "/_control") == 0) {
		serve_control(exchange);
		return;
	}
	state.requests++;
	if (!misbehave(exchange))
		serve_repository(exchange);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static int serve(const char *listen)
{
	struct rc_net_http_server_options options = {.listen = listen};
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server = NULL;
	struct rc_error *err = NULL;
	ev_signal term;

	state.loop = rc_loop_new();
	state.mode = rc_strdup("ok");
	if (rc_net_http_server_new(state.loop, &options, on_request, NULL, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "githttp: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(state.loop, &term);
	ev_run(state.loop, 0);
	return 0;
}

static void want_credentials(const char *text)
{
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(4096);

	rc_base64_encode(rc_str(text), &encoded);
	state.credentials = rc_asprintf("Basic %s", rc_buf_text(&encoded));
}

int main(int argc, char **argv)
{
	const char *listen = "127.0.0.1:0";

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			listen = argv[i + 1];
		else if (strcmp(argv[i], "--root") == 0)
			state.root = argv[i + 1];
		else if (strcmp(argv[i], "--user") == 0)
			want_credentials(argv[i + 1]);
	}
	if (!state.root || argc % 2 == 0) {
		fprintf(stderr, "usage: githttp --root DIR [--listen ADDRESS:PORT] "
				"[--user NAME:PASSWORD]\n");
		return 64;
	}
	return serve(listen);
}
