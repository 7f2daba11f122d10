/*
 * vault: a stand-in for HashiCorp Vault in tests, in memory.
 *
 * KV v1 and v2, the database engine with leases that end, are renewed and revoked, static roles,
 * logins by Kubernetes service account tokens (reviewed by the stand-in API server), by signed
 * requests of STS (sent to auth/aws/config/client's sts_endpoint) and others, tokens with a life.
 * Misbehaves on request: POST /_control {"fault", "match", "count", "header"}, DELETE /_control;
 * POST /_control/latency {"ms"}. GET /_control/users lists the database users that live,
 * /_control/log what was asked, /_control/times that with milliseconds.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <ev.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "data/json.h"
#include "vault.h"

struct vault_state vault_state;

/* ---- answers ---- */

void vault_reply(struct rc_net_http_exchange *exchange, int status, json_t *json)
{
	json_auto_t *owned = json;

	if (json)
		rc_net_http_exchange_reply_json(exchange, status, owned);
	else
		rc_net_http_exchange_reply(exchange, status, "application/json", RC_STR(""));
}

void vault_refuse(struct rc_net_http_exchange *exchange, int status, const char *why)
{
	vault_reply(exchange, status,
		    *why ? json_pack("{s:[s]}", "errors", why) : json_pack("{s:[]}", "errors"));
}

char *vault_random_text(const char *prefix)
{
	unsigned char bytes[12];
	char hex[25];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return rc_asprintf("%s%s", prefix, hex);
}

long long vault_number(const json_t *object, const char *key, long long otherwise)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

/* ---- routes ---- */

/* The mount a path is under; *ret_rest is what follows. */
static const char *find_mount(const char *path, const char **ret_mount, const char **ret_rest)
{
	const char *mount;
	json_t *type;

	json_object_foreach (vault_state.mounts, mount, type) {
		size_t n = strlen(mount);

		if (strncmp(path, mount, n) == 0 && path[n] == '/') {
			*ret_mount = mount;
			*ret_rest = path + n + 1;
			return json_string_value(type);
		}
	}
	return NULL;
}

static void serve_engine(struct rc_net_http_exchange *exchange, const char *path,
			 const json_t *body)
{
	const char *mount = "", *rest = "";
	const char *type = find_mount(path, &mount, &rest);
	rc_autofree char *index = rc_asprintf("v1:%llu", ++vault_state.index);

	rc_net_http_exchange_set_header(exchange, "X-Vault-Index", index);
	if (!type)
		vault_refuse(exchange, 404, "no handler for route");
	else if (strcmp(type, "database") == 0)
		vault_leases_serve(exchange, rest);
	else
		vault_values_serve(exchange, mount, rest, strcmp(type, "kv2") == 0, body);
}

static bool serve_setup(struct rc_net_http_exchange *exchange, const char *path, const json_t *body)
{
	if (strncmp(path, "sys/mounts/", 11) == 0) {
		const char *type = rc_json_text(body, "type", NULL) ?: "kv";
		bool is_v2 = rc_text_equal(rc_json_text(body, "options", "version", NULL), "2");

		json_object_set_new(vault_state.mounts, path + 11,
				    json_string(strcmp(type, "kv") != 0 ? type
						: is_v2			? "kv2"
									: "kv1"));
	} else if (strncmp(path, "auth/kubernetes/role/", 21) == 0) {
		json_object_set_new(vault_state.roles, path + 21, json_deep_copy(body));
	} else if (strcmp(path, "auth/aws/config/client") == 0) {
		json_decref(vault_state.aws);
		vault_state.aws = json_deep_copy(body);
	} else if (strncmp(path, "auth/aws/role/", 14) == 0) {
		rc_autofree char *key = rc_asprintf("aws/%s", path + 14);

		json_object_set_new(vault_state.roles, key, json_deep_copy(body));
	} else if (strncmp(path, "database/roles/", 15) == 0) {
		rc_autofree char *key = rc_asprintf("database/%s", path + 15);

		json_object_set_new(vault_state.roles, key, json_deep_copy(body));
	} else {
		return false;
	}
	vault_reply(exchange, 204, NULL);
	return true;
}

/* {type, options, path} of the engine that a path is under. */
static void tell_mount(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *mount = "", *rest;
	const char *type = find_mount(path, &mount, &rest);
	rc_autofree char *slashed = rc_asprintf("%s/", mount);

	if (!type)
		vault_refuse(exchange, 403, "preflight capability check returned 403");
	else if (strncmp(type, "kv", 2) != 0)
		vault_reply(exchange, 200,
			    json_pack("{s:{s:s, s:s, s:n}}", "data", "type", type, "path", slashed,
				      "options"));
	else
		vault_reply(exchange, 200,
			    json_pack("{s:{s:s, s:s, s:{s:s}}}", "data", "type", "kv", "path",
				      slashed, "options", "version", type + 2));
}

static void route(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	json_auto_t *body = NULL;

	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	if (strcmp(path, "sys/health") == 0)
		vault_reply(exchange, 200, json_pack("{s:b, s:b}", "initialized", 1, "sealed", 0));
	else if (vault_tokens_serve_login(exchange, path, body))
		;
	else if (!vault_tokens_is_allowed(exchange))
		vault_refuse(exchange, 403, "permission denied");
	else if (strncmp(path, "sys/internal/ui/mounts/", 23) == 0)
		tell_mount(exchange, path + 23);
	else if (!vault_tokens_serve(exchange, path) &&
		 !vault_leases_serve_sys(exchange, path, body) &&
		 (strcmp(method, "GET") == 0 || !serve_setup(exchange, path, body)))
		serve_engine(exchange, path, body);
}

/* ---- control ---- */

static void set_fault(struct rc_net_http_exchange *exchange)
{
	json_auto_t *body = NULL;

	json_decref(vault_state.fault);
	vault_state.fault = NULL;
	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	if (json_object_get(body, "fault"))
		vault_state.fault = json_deep_copy(body);
	vault_state.latency_ms = (unsigned int)vault_number(body, "ms", vault_state.latency_ms);
	vault_reply(exchange, 200, json_object());
}

static void serve_control(struct rc_net_http_exchange *exchange, const char *path)
{
	if (strcmp(path, "/_control/users") == 0) {
		vault_reply(exchange, 200, json_pack("{s:o}", "users", vault_leases_list()));
	} else if (strcmp(path, "/_control/log") == 0) {
		vault_reply(exchange, 200, json_incref(vault_state.log));
	} else if (strcmp(path, "/_control/times") == 0) {
		vault_reply(exchange, 200, json_incref(vault_state.times));
	} else if (strcmp(path, "/_control/tokens") == 0) {
		vault_reply(exchange, 200,
			    json_pack("{s:I}", "tokens",
				      (json_int_t)json_object_size(vault_state.tokens)));
	} else {
		if (strcmp(path, "/_control/expire-tokens") == 0)
			json_object_clear(vault_state.tokens);
		set_fault(exchange);
	}
}

static void set_header(struct rc_net_http_exchange *exchange, const char *header)
{
	rc_autofree char *name = rc_strdup(header);
	char *value = name ? strstr(name, ": ") : NULL;

	if (!value)
		return;
	*value = '\0';
	rc_net_http_exchange_set_header(exchange, name, value + 2);
}

static bool misbehave(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *what = rc_json_text(vault_state.fault, "fault", NULL);
	const char *match = rc_json_text(vault_state.fault, "match", NULL) ?: "";
	json_t *count = json_object_get(vault_state.fault, "count");

	if (!what || !strstr(path, match) || (count && json_integer_value(count) <= 0))
		return false;
	if (count)
		json_integer_set(count, json_integer_value(count) - 1);
	set_header(exchange, rc_json_text(vault_state.fault, "header", NULL));
	if (strcmp(what, "reset") == 0)
		rc_net_http_exchange_reset(exchange);
	else if (strcmp(what, "half") == 0)
		rc_net_http_exchange_reply_half(exchange, 200, "application/json",
						RC_STR("{\"data\":{\"data\":{\"a\":"));
	else if (strcmp(what, "sealed") == 0)
		vault_refuse(exchange, 503, "Vault is sealed");
	else if (strcmp(what, "garbage") == 0)
		rc_net_http_exchange_reply(exchange, 200, "text/html", RC_STR("<html>"));
	else if (strcmp(what, "version") == 0)
		vault_reply(exchange, 404,
			    json_pack("{s:[s]}", "warnings",
				      "Invalid path for a versioned K/V secrets engine."));
	else if (strcmp(what, "stall") != 0)
		vault_refuse(exchange, (int)strtol(what, NULL, 10), "misbehaving on request");
	return true;
}

static void answer(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	if (misbehave(exchange, path))
		return;
	if (strncmp(path, "/v1/", 4) == 0)
		route(exchange, path + 4);
	else
		vault_refuse(exchange, 404, "");
}

struct late {
	struct rc_net_http_exchange *exchange;
	ev_timer timer;
};

static void on_late(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct late *late = rc_container_of(timer, struct late, timer);

	(void)loop;
	(void)events;
	answer(late->exchange);
	free(late);
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	const char *method = rc_net_http_exchange_get_method(exchange);
	struct late *late;

	(void)userdata;
	if (strncmp(path, "/_control", 9) == 0) {
		serve_control(exchange, path);
		return;
	}
	json_array_append_new(vault_state.log, json_sprintf("%s %s", method, path));
	json_array_append_new(vault_state.times,
			      json_pack("{s:I, s:s, s:s}", "ms", (json_int_t)rc_clock_unix_ms(),
					"method", method, "path", path));
	if (vault_state.latency_ms == 0) {
		answer(exchange);
		return;
	}
	late = rc_new0(struct late);
	late->exchange = exchange;
	ev_timer_init(&late->timer, on_late, (double)vault_state.latency_ms / 1000, 0);
	ev_timer_start(vault_state.loop, &late->timer);
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
	json_t **const maps[] = {&vault_state.mounts, &vault_state.values, &vault_state.metadata,
				 &vault_state.roles,  &vault_state.tokens, &vault_state.leases,
				 &vault_state.statics};
	struct rc_error *err = NULL;
	ev_signal term;

	vault_state.loop = rc_loop_new();
	vault_state.http = rc_net_http_client_new(vault_state.loop, "vault");
	for (size_t i = 0; i < RC_ARRAY_SIZE(maps); i++)
		*maps[i] = json_object();
	vault_state.log = json_array();
	vault_state.times = json_array();
	if (rc_net_http_server_new(vault_state.loop, &options, on_request, NULL, &server, &err) <
	    0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "vault: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(vault_state.loop, &term);
	ev_run(vault_state.loop, 0);
	return 0;
}

int main(int argc, char **argv)
{
	const char *listen = "127.0.0.1:0";

	vault_state.root = "root";
	vault_state.kube_ca = (struct rc_buf)RC_BUF_INIT(1 << 20);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			listen = argv[i + 1];
		else if (strcmp(argv[i], "--root-token") == 0)
			vault_state.root = argv[i + 1];
		else if (strcmp(argv[i], "--kube-api") == 0)
			vault_state.kube = argv[i + 1];
		else if (strcmp(argv[i], "--kube-token") == 0)
			vault_state.kube_token = argv[i + 1];
		else if (strcmp(argv[i], "--kube-ca") == 0)
			rc_file_read(argv[i + 1], &vault_state.kube_ca, NULL);
	}
	if (argc % 2 == 0) {
		fprintf(stderr, "usage: vault [--listen ADDRESS:PORT] [--root-token TOKEN] "
				"[--kube-api URL] [--kube-token TOKEN] [--kube-ca FILE]\n");
		return 64;
	}
	return serve(listen);
}
