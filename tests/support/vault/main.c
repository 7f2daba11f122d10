/*
 * vault: a stand-in for HashiCorp Vault in tests, in memory.
 *
 * KV v1 and v2, the database engine with leases that end, logins by Kubernetes service account
 * tokens (reviewed by the stand-in API server) and AppRole, tokens with a life. Misbehaves on
 * request: POST /_control {"fault", "match", "count"}, DELETE /_control. GET /_control/users lists
 * the database users that live.
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
#include "base/str.h"
#include "data/json.h"
#include "net/http-client.h"
#include "net/http-server.h"

static struct {
	struct ev_loop *loop;
	struct rc_net_http_client *http;
	const char *root, *kube, *kube_token;
	struct rc_buf kube_ca; /* PEM, or empty */
	json_t *mounts;	       /* path -> type: kv1, kv2, database */
	json_t *values;	       /* mount/key -> [data of each version] */
	json_t *roles;	/* kubernetes role -> {namespace, account, ttl}; database/role -> {ttl} */
	json_t *tokens; /* token -> expiry, 0: never */
	json_t *leases; /* lease id -> {user, expiry, token} */
	json_t *fault;
	json_t *log;
} state;

/* ---- answers ---- */

static void reply(struct rc_net_http_exchange *exchange, int status, json_t *json)
{
	json_auto_t *owned = json;

	if (json)
		rc_net_http_exchange_reply_json(exchange, status, owned);
	else
		rc_net_http_exchange_reply(exchange, status, "application/json", RC_STR(""));
}

static void refuse(struct rc_net_http_exchange *exchange, int status, const char *why)
{
	reply(exchange, status,
	      *why ? json_pack("{s:[s]}", "errors", why) : json_pack("{s:[]}", "errors"));
}

static char *random_text(const char *prefix)
{
	unsigned char bytes[12];
	char hex[25];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return rc_asprintf("%s%s", prefix, hex);
}

/* ---- tokens ---- */

static bool is_alive(const json_t *expiry)
{
	return expiry &&
	       (json_integer_value(expiry) == 0 || json_integer_value(expiry) > rc_clock_unix_s());
}

static bool is_allowed(struct rc_net_http_exchange *exchange)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token");

	return token &&
	       (strcmp(token, state.root) == 0 || is_alive(json_object_get(state.tokens, token)));
}

static json_t *make_auth(long long ttl_s)
{
	rc_autofree char *token = random_text("hvs.");

	json_object_set_new(state.tokens, token, json_integer(rc_clock_unix_s() + ttl_s));
	return json_pack("{s:{s:s, s:I, s:b}}", "auth", "client_token", token, "lease_duration",
			 (json_int_t)ttl_s, "renewable", 1);
}

static void renew_self(struct rc_net_http_exchange *exchange)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token");

	json_object_set_new(state.tokens, token, json_integer(rc_clock_unix_s() + 3600));
	reply(exchange, 200,
	      json_pack("{s:{s:s, s:i, s:b}}", "auth", "client_token", token, "lease_duration",
			3600, "renewable", 1));
}

/* ---- kubernetes login: the token is reviewed by the API server ---- */

struct login {
	struct rc_net_http_exchange *exchange;
	json_t *role;
};

static void on_reviewed(void *userdata, int r, const struct rc_net_http_response *response,
			struct rc_error *err)
{
	rc_autofree struct login *login = userdata;
	rc_autofree char *wanted = rc_asprintf("system:serviceaccount:%s:%s",
					       rc_json_text(login->role, "namespace", NULL) ?: "",
					       rc_json_text(login->role, "account", NULL) ?: "");
	json_auto_t *review = NULL;

	rc_error_free(err);
	if (r == 0)
		rc_json_parse(response->body, "the review", &review, NULL);
	if (r == 0 &&
	    rc_text_equal(rc_json_text(review, "status", "user", "username", NULL), wanted))
		reply(login->exchange, 200,
		      make_auth(json_integer_value(json_object_get(login->role, "ttl"))));
	else
		refuse(login->exchange, 403, "permission denied");
}

static void login_kubernetes(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *name = rc_json_text(body, "role", NULL) ?: "";
	json_t *role = json_object_get(state.roles, name);
	rc_autofree char *url = rc_asprintf("%s/apis/authentication.k8s.io/v1/tokenreviews",
					    state.kube ? state.kube : "");
	json_auto_t *review =
		json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "authentication.k8s.io/v1", "kind",
			  "TokenReview", "spec", "token", rc_json_text(body, "jwt", NULL) ?: "");
	rc_autofree char *text = json_dumps(review, JSON_COMPACT);
	rc_cleanup(rc_secret_freep) struct rc_secret *bearer = rc_secret_new_text(state.kube_token);
	struct rc_net_http_header headers[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
	struct rc_net_tls tls = {.ca_pem = rc_buf_text(&state.kube_ca)};
	struct rc_net_http_options options = {.method = "POST",
					      .url = url,
					      .headers = headers,
					      .body = rc_str(text),
					      .bearer = bearer,
					      .tls = state.kube_ca.n > 0 ? &tls : NULL};
	struct login *login;

	if (!role || !state.kube) {
		refuse(exchange, 400, "invalid role name");
		return;
	}
	login = rc_new0(struct login);
	login->exchange = exchange;
	login->role = role;
	rc_net_http_client_start(state.http, &options, NULL, on_reviewed, login);
}

/* ---- engines ---- */

/* The mount a path is under; *ret_rest is what follows. */
static const char *find_mount(const char *path, const char **ret_rest)
{
	const char *mount;
	json_t *type;

	json_object_foreach (state.mounts, mount, type) {
		size_t n = strlen(mount);

		if (strncmp(path, mount, n) == 0 && path[n] == '/') {
			*ret_rest = path + n + 1;
			return json_string_value(type);
		}
	}
	return NULL;
}

static void read_kv(struct rc_net_http_exchange *exchange, const char *path, bool is_v2)
{
	json_t *versions = json_object_get(state.values, path);
	const char *wanted = rc_net_http_exchange_get_query(exchange, "version");
	size_t n = json_array_size(versions);
	size_t at = wanted && *wanted ? strtoul(wanted, NULL, 10) : n;
	json_t *data = at > 0 ? json_array_get(versions, at - 1) : NULL;

	if (!data)
		refuse(exchange, 404, "");
	else if (is_v2)
		reply(exchange, 200,
		      json_pack("{s:s, s:s, s:b, s:i, s:{s:O, s:{s:i, s:b}}}", "request_id", "1",
				"lease_id", "", "renewable", 0, "lease_duration", 0, "data", "data",
				data, "metadata", "version", (int)at, "destroyed", 0));
	else
		reply(exchange, 200,
		      json_pack("{s:s, s:i, s:O}", "lease_id", "", "lease_duration", 2764800,
				"data", data));
}

static void write_kv(struct rc_net_http_exchange *exchange, const char *path, const json_t *data,
		     bool is_v2)
{
	json_t *versions = json_object_get(state.values, path);

	if (!versions) {
		versions = json_array();
		json_object_set_new(state.values, path, versions);
	}
	if (!is_v2)
		json_array_clear(versions);
	json_array_append_new(versions, json_deep_copy(data));
	reply(exchange, is_v2 ? 200 : 204,
	      is_v2 ? json_pack("{s:{s:i}}", "data", "version", (int)json_array_size(versions))
		    : NULL);
}

static void mint(struct rc_net_http_exchange *exchange, const char *role_name)
{
	rc_autofree char *key = rc_asprintf("database/%s", role_name);
	json_t *role = json_object_get(state.roles, key);
	rc_autofree char *user = random_text("v-"), *password = random_text("A1a-"),
			 *lease = random_text("database/creds/");
	long long ttl = json_integer_value(json_object_get(role, "ttl"));
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token");

	if (!role) {
		refuse(exchange, 400, "unknown role");
		return;
	}
	json_object_set_new(state.leases, lease,
			    json_pack("{s:s, s:I, s:s}", "user", user, "expiry",
				      (json_int_t)(rc_clock_unix_s() + ttl), "token", token));
	reply(exchange, 200,
	      json_pack("{s:s, s:b, s:I, s:{s:s, s:s}}", "lease_id", lease, "renewable", 1,
			"lease_duration", (json_int_t)ttl, "data", "username", user, "password",
			password));
}

static void serve_engine(struct rc_net_http_exchange *exchange, const char *path,
			 const json_t *body)
{
	const char *method = rc_net_http_exchange_get_method(exchange), *rest = "";
	const char *type = find_mount(path, &rest);
	bool is_get = strcmp(method, "GET") == 0;
	bool is_v2 = rc_text_equal(type, "kv2");
	rc_autofree char *key = NULL;

	if (!type) {
		refuse(exchange, 404, "no handler for route");
		return;
	}
	if (strcmp(type, "database") == 0) {
		if (is_get && strncmp(rest, "creds/", 6) == 0)
			mint(exchange, rest + 6);
		else
			refuse(exchange, 404, "");
		return;
	}
	if (is_v2 && strncmp(rest, "data/", 5) != 0) {
		refuse(exchange, 404, "");
		return;
	}
	key = rc_strdup(path);
	if (is_get)
		read_kv(exchange, key, is_v2);
	else
		write_kv(exchange, key, is_v2 ? json_object_get(body, "data") : body, is_v2);
}

/* ---- routes ---- */

static bool serve_login(struct rc_net_http_exchange *exchange, const char *path, const json_t *body)
{
	if (strcmp(path, "sys/health") == 0) {
		reply(exchange, 200, json_pack("{s:b, s:b}", "initialized", 1, "sealed", 0));
	} else if (strcmp(path, "auth/kubernetes/login") == 0) {
		login_kubernetes(exchange, body);
	} else if (strcmp(path, "auth/approle/login") == 0) {
		if (rc_text_equal(rc_json_text(body, "secret_id", NULL), "secret-id"))
			reply(exchange, 200, make_auth(3600));
		else
			refuse(exchange, 400, "invalid secret id");
	} else {
		return false;
	}
	return true;
}

static bool serve_setup(struct rc_net_http_exchange *exchange, const char *path, const json_t *body)
{
	if (strncmp(path, "sys/mounts/", 11) == 0) {
		const char *type = rc_json_text(body, "type", NULL) ?: "kv";
		bool is_v2 = rc_text_equal(rc_json_text(body, "options", "version", NULL), "2");

		json_object_set_new(state.mounts, path + 11,
				    json_string(strcmp(type, "kv") != 0 ? type
						: is_v2			? "kv2"
									: "kv1"));
	} else if (strncmp(path, "auth/kubernetes/role/", 21) == 0) {
		json_object_set_new(state.roles, path + 21, json_deep_copy(body));
	} else if (strncmp(path, "database/roles/", 15) == 0) {
		rc_autofree char *key = rc_asprintf("database/%s", path + 15);

		json_object_set_new(state.roles, key, json_deep_copy(body));
	} else {
		return false;
	}
	reply(exchange, 204, NULL);
	return true;
}

static void route(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *method = rc_net_http_exchange_get_method(exchange);
	json_auto_t *body = NULL;

	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	if (serve_login(exchange, path, body))
		return;
	if (!is_allowed(exchange)) {
		refuse(exchange, 403, "permission denied");
		return;
	}
	if (strcmp(path, "auth/token/lookup-self") == 0)
		reply(exchange, 200, json_pack("{s:{s:i}}", "data", "ttl", 3600));
	else if (strcmp(path, "auth/token/renew-self") == 0)
		renew_self(exchange);
	else if (strcmp(method, "GET") == 0 || !serve_setup(exchange, path, body))
		serve_engine(exchange, path, body);
}

/* ---- control ---- */

static void drop_dead_leases(void)
{
	const char *id;
	json_t *lease;
	void *next;

	json_object_foreach_safe (state.leases, next, id, lease) {
		const char *token = rc_json_text(lease, "token", NULL);

		if (json_integer_value(json_object_get(lease, "expiry")) <= rc_clock_unix_s() ||
		    (strcmp(token, state.root) != 0 &&
		     !is_alive(json_object_get(state.tokens, token))))
			json_object_del(state.leases, id);
	}
}

static void serve_control(struct rc_net_http_exchange *exchange, const char *path)
{
	json_auto_t *body = NULL;
	json_t *users = json_array(), *lease;
	const char *id;

	drop_dead_leases();
	json_object_foreach (state.leases, id, lease)
		json_array_append(users, json_object_get(lease, "user"));
	if (strcmp(path, "/_control/users") == 0) {
		reply(exchange, 200, json_pack("{s:o}", "users", users));
		return;
	}
	json_decref(users);
	if (strcmp(path, "/_control/log") == 0) {
		reply(exchange, 200, json_incref(state.log));
		return;
	}
	if (strcmp(path, "/_control/expire-tokens") == 0)
		json_object_clear(state.tokens);
	json_decref(state.fault);
	state.fault = NULL;
	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	if (json_object_get(body, "fault"))
		state.fault = json_deep_copy(body);
	reply(exchange, 200, json_object());
}

static bool misbehave(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *what = rc_json_text(state.fault, "fault", NULL);
	const char *match = rc_json_text(state.fault, "match", NULL) ?: "";
	json_t *count = json_object_get(state.fault, "count");

	if (!what || !strstr(path, match) || (count && json_integer_value(count) <= 0))
		return false;
	if (count)
		json_integer_set(count, json_integer_value(count) - 1);
	if (strcmp(what, "reset") == 0)
		rc_net_http_exchange_reset(exchange);
	else if (strcmp(what, "half") == 0)
		rc_net_http_exchange_reply_half(exchange, 200, "application/json",
						RC_STR("{\"data\":{\"data\":{\"a\":"));
	else if (strcmp(what, "sealed") == 0)
		refuse(exchange, 503, "Vault is sealed");
	else if (strcmp(what, "garbage") == 0)
		rc_net_http_exchange_reply(exchange, 200, "text/html", RC_STR("<html>"));
	else if (strcmp(what, "stall") != 0)
		refuse(exchange, (int)strtol(what, NULL, 10), "misbehaving on request");
	return true;
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	(void)userdata;
	if (strncmp(path, "/_control", 9) == 0) {
		serve_control(exchange, path);
		return;
	}
	json_array_append_new(
		state.log, json_sprintf("%s %s", rc_net_http_exchange_get_method(exchange), path));
	if (misbehave(exchange, path))
		return;
	if (strncmp(path, "/v1/", 4) == 0)
		route(exchange, path + 4);
	else
		refuse(exchange, 404, "");
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
	state.http = rc_net_http_client_new(state.loop, "vault");
	state.mounts = json_object();
	state.values = json_object();
	state.roles = json_object();
	state.tokens = json_object();
	state.leases = json_object();
	state.log = json_array();
	if (rc_net_http_server_new(state.loop, &options, on_request, NULL, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "vault: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(state.loop, &term);
	ev_run(state.loop, 0);
	return 0;
}

int main(int argc, char **argv)
{
	const char *listen = "127.0.0.1:0";

	state.root = "root";
	state.kube_ca = (struct rc_buf)RC_BUF_INIT(1 << 20);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--listen") == 0)
			listen = argv[i + 1];
		else if (strcmp(argv[i], "--root-token") == 0)
			state.root = argv[i + 1];
		else if (strcmp(argv[i], "--kube-api") == 0)
			state.kube = argv[i + 1];
		else if (strcmp(argv[i], "--kube-token") == 0)
			state.kube_token = argv[i + 1];
		else if (strcmp(argv[i], "--kube-ca") == 0)
			rc_file_read(argv[i + 1], &state.kube_ca, NULL);
	}
	if (argc % 2 == 0) {
		fprintf(stderr, "usage: vault [--listen ADDRESS:PORT] [--root-token TOKEN] "
				"[--kube-api URL] [--kube-token TOKEN] [--kube-ca FILE]\n");
		return 64;
	}
	return serve(listen);
}
