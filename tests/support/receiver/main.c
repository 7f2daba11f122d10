/*
 * Whoever is told of something: takes every POST, writes it down as a line of JSON {method, path,
 * token, key, body}, and answers 201 with {}, unless it was told to misbehave:
 * POST /_control {"status": 503, "count": 2}.
 *
 *   receiver [--listen ADDRESS] --log FILE
 */
#include <stdio.h>
#include <string.h>

#include <ev.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/json.h"
#include "net/http-server.h"

struct receiver {
	FILE *log;
	int status;
	json_int_t count;
};

static void on_control(struct receiver *receiver, struct rc_net_http_exchange *exchange)
{
	json_auto_t *wish = NULL;

	if (rc_json_parse(rc_net_http_exchange_get_body(exchange), "the wish", &wish, NULL) == 0) {
		receiver->status = (int)json_integer_value(json_object_get(wish, "status"));
		receiver->count = json_integer_value(json_object_get(wish, "count"));
	}
	rc_net_http_exchange_reply(exchange, 200, "text/plain", RC_STR("ok\n"));
}

static void write_down(struct receiver *receiver, struct rc_net_http_exchange *exchange, int status)
{
	struct rc_str text = rc_net_http_exchange_get_body(exchange);
	json_auto_t *body = NULL, *line = NULL;
	const char *key = rc_net_http_exchange_get_header(exchange, "PRIVATE-TOKEN");

	if (rc_json_parse(text, "the body", &body, NULL) < 0)
		body = json_stringn(text.p, text.n);
	line = json_pack("{s:s, s:s, s:s, s:s, s:i, s:O}", "method",
			 rc_net_http_exchange_get_method(exchange), "path",
			 rc_net_http_exchange_get_path(exchange), "token",
			 rc_net_http_exchange_get_header(exchange, "Authorization") ?: "", "key",
			 key ?: "", "status", status, "body", body ?: json_null());
	json_dumpf(line, receiver->log, JSON_COMPACT);
	fputc('\n', receiver->log);
	fflush(receiver->log);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	struct receiver *receiver = userdata;
	int status = 201;

	if (strcmp(rc_net_http_exchange_get_path(exchange), "/_control") == 0) {
		on_control(receiver, exchange);
		return;
	}
	if (receiver->count > 0) {
		receiver->count--;
		status = receiver->status;
	}
	write_down(receiver, exchange, status);
	rc_net_http_exchange_reply(exchange, status, "application/json", RC_STR("{}"));
}

int main(int argc, char **argv)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct receiver receiver = {.log = NULL};
	struct rc_net_http_server *server;
	struct rc_error *err = NULL;
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			options.listen = argv[i + 1];
		else if (strcmp(argv[i], "--log") == 0)
			receiver.log = fopen(argv[i + 1], "ae");
	}
	if (!receiver.log) {
		fprintf(stderr, "usage: receiver [--listen ADDRESS] --log FILE\n");
		return 64;
	}
	if (rc_net_http_server_new(loop, &options, on_request, &receiver, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "receiver: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_run(loop, 0);
	return 0;
}
