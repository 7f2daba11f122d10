/*
 * tfstate: a back end of Terraform by HTTP: GET, POST and DELETE of a state, LOCK and UNLOCK. POST
 * /_control {"down": bool, "lock": {...} or null}: nothing is answered but 503; somebody else holds
 * the lock, or nobody. It answers {"serial", "lock"}.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>
#include <jansson.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "net/http-server.h"

static struct {
	struct ev_loop *loop;
	char *state; /* as it was posted; NULL: there is none */
	json_t *lock;
	bool is_down;
} world;

static void reply(struct rc_net_http_exchange *exchange, int status, const char *text)
{
	rc_net_http_exchange_reply(exchange, status, "application/json", rc_str(text));
}

static bool is_held_by(const char *id)
{
	return rc_text_equal(rc_json_text(world.lock, "ID", NULL), id);
}

static void serve_lock(struct rc_net_http_exchange *exchange, json_t *wanted)
{
	if (world.lock) {
		rc_net_http_exchange_reply_json(exchange, 423, world.lock);
		return;
	}
	world.lock = json_incref(wanted);
	reply(exchange, 200, "");
}

static void serve_unlock(struct rc_net_http_exchange *exchange, const json_t *wanted)
{
	const char *id = rc_json_text(wanted, "ID", NULL);

	/* Terraform's force-unlock says no id here, OpenTofu's does. */
	if (world.lock && id && !is_held_by(id)) {
		rc_net_http_exchange_reply_json(exchange, 409, world.lock);
		return;
	}
	json_decref(world.lock);
	world.lock = NULL;
	reply(exchange, 200, "");
}

static void serve_post(struct rc_net_http_exchange *exchange)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);

	if (world.lock && !is_held_by(rc_net_http_exchange_get_query(exchange, "ID"))) {
		rc_net_http_exchange_reply_json(exchange, 423, world.lock);
		return;
	}
	free(world.state);
	world.state = rc_strndup(body.p, body.n);
	reply(exchange, 200, "");
}

static void serve_control(struct rc_net_http_exchange *exchange, const json_t *body)
{
	json_auto_t *state = world.state ? json_loads(world.state, 0, NULL) : NULL;
	json_auto_t *answer = NULL;
	json_t *lock = json_object_get(body, "lock");

	if (json_object_get(body, "down"))
		world.is_down = json_is_true(json_object_get(body, "down"));
	if (lock) {
		json_decref(world.lock);
		world.lock = json_is_null(lock) ? NULL : json_incref(lock);
	}
	answer = json_pack("{s:O?, s:O?}", "serial", json_object_get(state, "serial"), "lock",
			   world.lock);
	rc_net_http_exchange_reply_json(exchange, 200, answer);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	json_auto_t *body = NULL;

	(void)userdata;
	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	if (strcmp(rc_net_http_exchange_get_path(exchange), "/_control") == 0)
		serve_control(exchange, body);
	else if (world.is_down)
		reply(exchange, 503, "");
	else if (strcmp(method, "LOCK") == 0)
		serve_lock(exchange, body);
	else if (strcmp(method, "UNLOCK") == 0)
		serve_unlock(exchange, body);
	else if (strcmp(method, "POST") == 0)
		serve_post(exchange);
	else if (strcmp(method, "GET") == 0)
		reply(exchange, world.state ? 200 : 204, world.state ?: "");
	else
		reply(exchange, 405, "");
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

int main(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server = NULL;
	struct rc_error *err = NULL;
	ev_signal term;

	world.loop = rc_loop_new();
	if (rc_net_http_server_new(world.loop, &options, on_request, NULL, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "tfstate: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(world.loop, &term);
	ev_run(world.loop, 0);
	return 0;
}
