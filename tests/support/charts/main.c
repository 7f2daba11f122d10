/*
 * charts: a chart repository and an OCI registry over one folder. What lies below it is served as
 * it is (index.yaml, archives), and /v2/<folder>/ is a registry whose tags are the archives in that
 * folder. With --user it wants credentials; the registry then gives tokens, unless --auth basic.
 *
 * It misbehaves on request: POST /_control {"mode", "match": part of a path, "count"} with the mode
 * ok | a status | reset | stall | slow | half | wrong | huge | garbage | redirect (to another name
 * of this host) | moved (to another path) | loop | leave (to a file) | digest. GET /_control has
 * the requests so far, with what credentials each came.
 */
#include "charts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "data/digest.h"
#include "data/json.h"
#include "net/url.h"

#define FILE_MAX   ((size_t)256 << 20)
#define PEM_MAX	   ((size_t)1 << 20)
#define HUGE_BYTES ((size_t)130 << 20)
#define MOVED	   "/moved"
#define LATER_S	   0.3

struct charts_state charts;

struct later {
	struct rc_net_http_exchange *exchange;
	ev_timer timer;
};

static void serve(struct rc_net_http_exchange *exchange);

char *charts_read(const char *path, size_t *ret_n)
{
	rc_autofree char *whole = rc_asprintf("%s/%s", charts.root, path);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX);

	if (strstr(path, "..") || rc_file_read(whole, &text, NULL) < 0)
		return NULL;
	*ret_n = text.n;
	return rc_buf_take(&text);
}

void charts_fail(struct rc_net_http_exchange *exchange, int status, const char *code)
{
	json_auto_t *body =
		json_pack("{s:[{s:s, s:s}]}", "errors", "code", code, "message", "on request");

	rc_net_http_exchange_reply_json(exchange, status, body);
}

/* ---- misbehaving ---- */

static bool is_trick(struct rc_net_http_exchange *exchange, const char *mode)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	return strcmp(charts.trick.mode, mode) == 0 && charts.trick.count != 0 &&
	       !rc_text_has_prefix(path, MOVED) && strstr(path, charts.trick.match);
}

static void reply_wrong(struct rc_net_http_exchange *exchange, const char *content_type,
			struct rc_str body)
{
	rc_autofree char *copy = rc_memdup(body.p, body.n);

	if (body.n > 0)
		copy[body.n / 2] ^= 1;
	rc_net_http_exchange_reply(exchange, 200, content_type, (struct rc_str){copy, body.n});
}

void charts_reply(struct rc_net_http_exchange *exchange, const char *content_type,
		  struct rc_str body)
{
	if (is_trick(exchange, "half"))
		rc_net_http_exchange_reply_half(exchange, 200, content_type, body);
	else if (is_trick(exchange, "wrong"))
		reply_wrong(exchange, content_type, body);
	else
		rc_net_http_exchange_reply(exchange, 200, content_type, body);
}

static void on_later(struct ev_loop *loop, ev_timer *timer, int events)
{
	rc_autofree struct later *later = rc_container_of(timer, struct later, timer);

	(void)loop;
	(void)events;
	serve(later->exchange);
}

static void answer_later(struct rc_net_http_exchange *exchange)
{
	struct later *later = rc_new0(struct later);

	later->exchange = exchange;
	ev_timer_init(&later->timer, on_later, LATER_S, 0.);
	ev_timer_start(charts.loop, &later->timer);
}

static void answer_huge(struct rc_net_http_exchange *exchange)
{
	rc_autofree char *zeros = rc_calloc(1, HUGE_BYTES);

	rc_net_http_exchange_reply(exchange, 200, "application/octet-stream",
				   (struct rc_str){zeros, HUGE_BYTES});
}

static void redirect(struct rc_net_http_exchange *exchange, const char *mode)
{
	const char *host = rc_net_http_exchange_get_header(exchange, "Host");
	const char *port = host ? strchr(host, ':') : NULL;
	const char *path = rc_net_http_exchange_get_path(exchange);
	rc_autofree char *to = NULL;

	if (strcmp(mode, "redirect") == 0)
		to = rc_asprintf("%s://localhost%s%s%s", charts.is_tls ? "https" : "http",
				 port ? port : "", MOVED, path);
	else if (strcmp(mode, "leave") == 0)
		to = rc_strdup("file:///etc/passwd");
	else
		to = rc_asprintf("%s%s", strcmp(mode, "moved") == 0 ? MOVED : "", path);
	rc_net_http_exchange_set_header(exchange, "Location", to);
	rc_net_http_exchange_reply(exchange, 302, "text/plain", RC_STR("over there\n"));
}

/* Whether the exchange was dealt with. */
static bool misbehave(struct rc_net_http_exchange *exchange)
{
	const char *mode = charts.trick.mode;

	if (!is_trick(exchange, mode) || strcmp(mode, "ok") == 0 || strcmp(mode, "half") == 0 ||
	    strcmp(mode, "wrong") == 0 || strcmp(mode, "digest") == 0)
		return false;
	if (charts.trick.count > 0)
		charts.trick.count--;
	if (strcmp(mode, "reset") == 0)
		rc_net_http_exchange_reset(exchange);
	else if (strcmp(mode, "slow") == 0)
		answer_later(exchange);
	else if (strcmp(mode, "huge") == 0)
		answer_huge(exchange);
	else if (strcmp(mode, "redirect") == 0 || strcmp(mode, "moved") == 0 ||
		 strcmp(mode, "loop") == 0 || strcmp(mode, "leave") == 0)
		redirect(exchange, mode);
	else if (strcmp(mode, "garbage") == 0)
		rc_net_http_exchange_reply(exchange, 200, "text/html", RC_STR("<html>: hello"));
	else if (strcmp(mode, "stall") != 0)
		charts_fail(exchange, (int)strtol(mode, NULL, 10), "MISBEHAVING");
	return true;
}

static void serve_control(struct rc_net_http_exchange *exchange)
{
	json_auto_t *body = NULL;
	json_auto_t *answer =
		json_pack("{s:I, s:O}", "requests", (json_int_t)charts.requests, "log", charts.log);

	if (rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL) == 0) {
		free(charts.trick.mode);
		free(charts.trick.match);
		charts.trick.mode = rc_strdup(rc_json_text(body, "mode", NULL) ?: "ok");
		charts.trick.match = rc_strdup(rc_json_text(body, "match", NULL) ?: "/");
		charts.trick.count = json_object_get(body, "count")
					     ? json_integer_value(json_object_get(body, "count"))
					     : -1;
		charts.requests = 0;
		json_decref(charts.log);
		charts.log = json_array();
	}
	rc_net_http_exchange_reply_json(exchange, 200, answer);
}

/* ---- files ---- */

static bool is_let_in(struct rc_net_http_exchange *exchange)
{
	const char *given = rc_net_http_exchange_get_header(exchange, "Authorization");

	return !charts.basic || rc_text_equal(given, charts.basic) ||
	       (given && rc_text_has_prefix(given, "Bearer ") &&
		strcmp(given + strlen("Bearer "), charts.password) == 0);
}

static void serve_file(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *known = rc_net_http_exchange_get_header(exchange, "If-None-Match");
	rc_autofree char *etag = NULL, *bytes = NULL;
	char digest[RC_DIGEST_MAX];
	size_t n;

	if (!is_let_in(exchange)) {
		rc_net_http_exchange_set_header(exchange, "WWW-Authenticate",
						"Basic realm=\"charts\"");
		rc_net_http_exchange_reply(exchange, 401, "text/plain", RC_STR("who are you?\n"));
		return;
	}
	bytes = charts_read(path, &n);
	if (!bytes) {
		rc_net_http_exchange_reply(exchange, 404, "text/plain", RC_STR("not here\n"));
		return;
	}
	etag = rc_asprintf("\"%s\"", rc_digest_sha256((struct rc_str){bytes, n}, digest));
	rc_net_http_exchange_set_header(exchange, "ETag", etag);
	if (rc_text_equal(known, etag))
		rc_net_http_exchange_reply(exchange, 304, "text/plain", RC_STR(""));
	else
		charts_reply(exchange, "application/octet-stream", (struct rc_str){bytes, n});
}

/* ---- serving ---- */

static void serve(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	if (rc_text_has_prefix(path, MOVED))
		path += strlen(MOVED);
	if (rc_text_has_prefix(path, "/v2/"))
		charts_serve_registry(exchange, path + strlen("/v2/"));
	else if (strcmp(path, "/token") == 0)
		charts_serve_token(exchange);
	else
		serve_file(exchange, path);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	(void)userdata;
	if (strcmp(path, "/_control") == 0) {
		serve_control(exchange);
		return;
	}
	charts.requests++;
	json_array_append_new(
		charts.log,
		json_pack("{s:s, s:s*, s:s*}", "path", path, "host",
			  rc_net_http_exchange_get_header(exchange, "Host"), "authorization",
			  rc_net_http_exchange_get_header(exchange, "Authorization")));
	if (!misbehave(exchange))
		serve(exchange);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static int run(const struct rc_net_http_server_options *options)
{
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server = NULL;
	struct rc_error *err = NULL;
	ev_signal term;

	if (rc_net_http_server_new(charts.loop, options, on_request, NULL, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "charts: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(charts.loop, &term);
	ev_run(charts.loop, 0);
	return 0;
}

static char *read_pem(const char *path)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(PEM_MAX);

	if (rc_file_read(path, &text, NULL) < 0) {
		fprintf(stderr, "charts: cannot read %s\n", path);
		exit(1);
	}
	return rc_buf_take(&text);
}

static void want_user(const char *text)
{
	const char *colon = strchr(text, ':');
	rc_autofree char *name = rc_strndup(text, colon ? (size_t)(colon - text) : 0);

	charts.password = colon ? colon + 1 : text;
	charts.basic = rc_net_url_basic(name, charts.password);
}

int main(int argc, char **argv)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};

	charts = (struct charts_state){.loop = rc_loop_new(), .has_tokens = true};
	charts.trick.mode = rc_strdup("ok");
	charts.trick.match = rc_strdup("/");
	charts.log = json_array();
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			options.listen = argv[i + 1];
		else if (strcmp(argv[i], "--root") == 0)
			charts.root = argv[i + 1];
		else if (strcmp(argv[i], "--user") == 0)
			want_user(argv[i + 1]);
		else if (strcmp(argv[i], "--auth") == 0)
			charts.has_tokens = strcmp(argv[i + 1], "basic") != 0;
		else if (strcmp(argv[i], "--page") == 0)
			charts.page = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--certificate") == 0)
			options.certificate_pem = read_pem(argv[i + 1]);
		else if (strcmp(argv[i], "--key") == 0)
			options.key_pem = read_pem(argv[i + 1]);
	}
	charts.is_tls = options.key_pem != NULL;
	if (!charts.root || argc % 2 == 0) {
		fprintf(stderr, "usage: charts --root DIR [--listen ADDRESS:PORT] "
				"[--user NAME:PASSWORD] [--auth token|basic] [--page N]\n"
				"              [--certificate FILE --key FILE]\n");
		return 64;
	}
	return run(&options);
}
