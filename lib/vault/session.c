/* Logging in, asking, renewing. */
#include "vault/session.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "net/http-client.h"

#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 60000
#define TIMEOUT_MS     15000
#define RENEW_MIN_S    1

struct rc_vault_request {
	struct rc_vault_request *prev, *next;
	struct rc_vault_session *session;
	struct rc_net_http_request *http;
	char *method, *path, *body;
	bool is_retried; /* after a 403 with an old token */
	rc_vault_done_fn *done;
	void *userdata;
};

struct rc_vault_session {
	struct rc_vault_options options;
	char *server, *name_space, *ca_pem, *mount, *role, *role_id;
	struct rc_net_http_client *http;
	struct rc_vault_request *requests;
	struct rc_net_http_request *login, *renewal;
	bool is_wanting; /* the login's secret was asked for */
	struct rc_secret *token;
	int64_t expires_unix_s; /* INT64_MAX: never */
	bool is_renewable;
	struct rc_error *err; /* why the last login failed */
	unsigned int attempts;
	uint64_t closed_until_ms;
	ev_timer renew, turn;
};

static void send_all(struct rc_vault_session *session);

/* ---- sending ---- */

static struct rc_net_http_request *start(struct rc_vault_session *session, const char *method,
					 const char *path, const char *body,
					 rc_net_http_done_fn *done, void *userdata)
{
	rc_autofree char *url = rc_asprintf("%s/v1/%s", session->server, path);
	struct rc_net_http_header headers[4] = {{"X-Vault-Request", "true"}};
	struct rc_net_tls tls = {.ca_pem = session->ca_pem};
	struct rc_net_http_options options = {
		.method = method,
		.url = url,
		.headers = headers,
		.body = rc_str(body),
		.tls = &tls,
		.timeout_ms = TIMEOUT_MS,
	};
	size_t n = 1;

	if (session->name_space)
		headers[n++] =
			(struct rc_net_http_header){"X-Vault-Namespace", session->name_space};
	if (session->token)
		headers[n++] = (struct rc_net_http_header){"X-Vault-Token",
							   rc_secret_reveal(session->token).p};
	return rc_net_http_client_start(session->http, &options, NULL, done, userdata);
}

/* {"errors": ["..."]} are Vault's words; what else may be in a body is not repeated. */
static int read_failure(const struct rc_net_http_response *response, struct rc_error **err)
{
	json_auto_t *body = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1024);
	json_t *item;
	size_t i;
	int r = response->status == 404	  ? -ENOENT
		: response->status == 403 ? -EACCES
		: response->status == 400 ? -EINVAL
		: response->status == 429 || response->status >= 500 || response->status == 412
			? -EAGAIN
			: -EPROTO;

	rc_json_parse(response->body, "the answer", &body, NULL);
	json_array_foreach (json_object_get(body, "errors"), i, item)
		rc_buf_printf(&text, "%s%.300s", i ? "; " : "", json_string_value(item) ?: "");
	if (text.n > 0)
		return rc_fail(err, r, "Vault answered %d: %s", response->status,
			       rc_buf_text(&text));
	return rc_fail(err, r, "Vault answered %d", response->status);
}

/* *ret_body is NULL for an answer without one (204). */
static int read_answer(int r, const struct rc_net_http_response *response, json_t **ret_body,
		       struct rc_error **err)
{
	*ret_body = NULL;
	if (r < 0)
		return r;
	if (response->status == 204)
		return 0;
	if (response->status < 200 || response->status > 299)
		return read_failure(response, err);
	if (rc_json_parse(response->body, "Vault's answer", ret_body, NULL) < 0)
		return rc_fail(err, -EPROTO, "Vault's answer is not JSON");
	return 0;
}

/* ---- requests ---- */

static void free_request(struct rc_vault_request *request)
{
	DL_DELETE(request->session->requests, request);
	free(request->method);
	free(request->path);
	rc_secret_wipe_text(request->body);
	free(request);
}

static void end(struct rc_vault_request *request, int r, const struct rc_vault_answer *answer,
		struct rc_error *err)
{
	rc_vault_done_fn *done = request->done;
	void *userdata = request->userdata;

	if (r < 0)
		rc_wrap(&err, r, "%s of %s", request->path, request->session->server);
	free_request(request);
	done(userdata, r, answer, err);
}

static void fail_all(struct rc_vault_session *session)
{
	struct rc_vault_request *request, *next;
	rc_autofree char *why = rc_error_format(session->err);
	int code = session->err->code;

	DL_FOREACH_SAFE (session->requests, request, next) {
		struct rc_error *err = NULL;

		if (request->http)
			continue;
		rc_fail(&err, code, "%s", why);
		end(request, code, NULL, err);
	}
}

static void forget_token(struct rc_vault_session *session)
{
	ev_timer_stop(session->options.loop, &session->renew);
	rc_secret_free(rc_steal(&session->token));
	session->expires_unix_s = 0;
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct rc_vault_request *request = userdata;
	struct rc_vault_session *session = request->session;
	struct rc_vault_answer answer = {.lease_id = ""};
	json_auto_t *body = NULL;

	request->http = NULL;
	r = read_answer(r, response, &body, &err);
	answer.status = response->status;
	if (r == -EACCES && !request->is_retried && session->options.auth != RC_VAULT_AUTH_TOKEN) {
		/* The token may have been revoked: once more with a new one. */
		rc_error_free(err);
		request->is_retried = true;
		forget_token(session);
		send_all(session);
		return;
	}
	answer.data = json_object_get(body, "data");
	answer.lease_id = rc_json_text(body, "lease_id", NULL) ?: "";
	answer.lease_duration_s = json_integer_value(json_object_get(body, "lease_duration"));
	answer.renewable = json_is_true(json_object_get(body, "renewable"));
	end(request, r, &answer, err);
}

/* ---- login ---- */

static void schedule_renewal(struct rc_vault_session *session, int64_t seconds)
{
	double wait_s = (double)seconds * 2 / 3;

	ev_timer_stop(session->options.loop, &session->renew);
	if (!session->is_renewable || session->expires_unix_s == INT64_MAX)
		return;
	wait_s -= wait_s * (double)rc_clock_jitter_ms(100) / 1000;
	ev_timer_set(&session->renew, wait_s > RENEW_MIN_S ? wait_s : RENEW_MIN_S, 0);
	ev_timer_start(session->options.loop, &session->renew);
}

static void take_life(struct rc_vault_session *session, const json_t *auth)
{
	int64_t seconds = json_integer_value(json_object_get(auth, "lease_duration"));

	session->is_renewable = json_is_true(json_object_get(auth, "renewable"));
	session->expires_unix_s = seconds > 0 ? rc_clock_unix_s() + seconds : INT64_MAX;
	schedule_renewal(session, seconds);
}

static void login_failed(struct rc_vault_session *session, int r, struct rc_error *err)
{
	uint64_t ms = rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, session->attempts++);

	rc_wrap(&err, r, "logging in to %s", session->server);
	rc_error_free(session->err);
	session->err = err;
	session->closed_until_ms =
		rc_clock_monotonic_ms() + ms / 2 + rc_clock_jitter_ms(ms / 2 + 1);
	fail_all(session);
}

static void login_done(struct rc_vault_session *session)
{
	session->attempts = 0;
	rc_error_free(rc_steal(&session->err));
	send_all(session);
}

static void on_login(void *userdata, int r, const struct rc_net_http_response *response,
		     struct rc_error *err)
{
	struct rc_vault_session *session = userdata;
	json_auto_t *body = NULL;
	const json_t *auth;
	const char *token;

	session->login = NULL;
	r = read_answer(r, response, &body, &err);
	auth = json_object_get(body, "auth");
	token = rc_json_text(auth, "client_token", NULL);
	if (r == 0 && !token)
		r = rc_fail(&err, -EPROTO, "the answer holds no token");
	if (r < 0) {
		login_failed(session, r, err);
		return;
	}
	session->token = rc_secret_new_text(token);
	take_life(session, auth);
	login_done(session);
}

void rc_vault_session_give(struct rc_vault_session *session, int r, const struct rc_secret *secret,
			   struct rc_error *err)
{
	bool is_approle = session->options.auth == RC_VAULT_AUTH_APPROLE;
	rc_autofree char *path = rc_asprintf("auth/%s/login", session->mount ?: "");
	json_auto_t *body = NULL;
	char *text;

	session->is_wanting = false;
	if (r < 0) {
		login_failed(session, r, err);
		return;
	}
	if (session->options.auth == RC_VAULT_AUTH_TOKEN) {
		struct rc_str token = rc_secret_reveal(secret);

		session->token = rc_secret_new(token.p, token.n);
		session->expires_unix_s = INT64_MAX;
		login_done(session);
		return;
	}
	body = json_pack("{s:s, s:s}", is_approle ? "role_id" : "role",
			 is_approle ? session->role_id : session->role,
			 is_approle ? "secret_id" : "jwt", rc_secret_reveal(secret).p);
	text = json_dumps(body, JSON_COMPACT);
	session->login = start(session, "POST", path, text, on_login, session);
	rc_secret_wipe_text(text);
}

static void want_token(struct rc_vault_session *session)
{
	if (session->is_wanting || session->login)
		return;
	if (session->err && rc_clock_monotonic_ms() < session->closed_until_ms) {
		fail_all(session);
		return;
	}
	session->is_wanting = true;
	session->options.want(session->options.userdata, session);
}

static void on_renewed(void *userdata, int r, const struct rc_net_http_response *response,
		       struct rc_error *err)
{
	struct rc_vault_session *session = userdata;
	json_auto_t *body = NULL;

	session->renewal = NULL;
	r = read_answer(r, response, &body, &err);
	rc_error_free(err);
	if (r == 0) {
		take_life(session, json_object_get(body, "auth"));
		return;
	}
	if (!rc_error_is_transient(r)) {
		forget_token(session); /* the next request logs in */
		return;
	}
	schedule_renewal(session, session->expires_unix_s - rc_clock_unix_s());
}

static void on_renew(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_session *session = rc_container_of(timer, struct rc_vault_session, renew);

	(void)loop;
	(void)events;
	if (!session->renewal && session->token)
		session->renewal =
			start(session, "PUT", "auth/token/renew-self", "{}", on_renewed, session);
}

/* ---- the session ---- */

static void send_all(struct rc_vault_session *session)
{
	struct rc_vault_request *request, *next;

	if (!session->requests)
		return;
	if (session->token && rc_clock_unix_s() >= session->expires_unix_s)
		forget_token(session);
	if (!session->token) {
		want_token(session);
		return;
	}
	DL_FOREACH_SAFE (session->requests, request, next)
		if (!request->http)
			request->http = start(session, request->method, request->path,
					      request->body, on_answer, request);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	send_all(rc_container_of(timer, struct rc_vault_session, turn));
}

struct rc_vault_session *rc_vault_session_new(const struct rc_vault_options *options)
{
	struct rc_vault_session *session = rc_new0(struct rc_vault_session);
	size_t n = strlen(options->server);

	session->options = *options;
	session->server = rc_strdup(options->server);
	while (n > 0 && session->server[n - 1] == '/')
		session->server[--n] = '\0';
	session->name_space = rc_strdup(options->name_space);
	session->ca_pem = rc_strdup(options->ca_pem);
	session->mount = rc_strdup(options->mount);
	session->role = rc_strdup(options->role);
	session->role_id = rc_strdup(options->role_id);
	session->http = rc_net_http_client_new(options->loop, "reconciled");
	ev_timer_init(&session->renew, on_renew, 0, 0);
	ev_timer_init(&session->turn, on_turn, 0, 0);
	return session;
}

void rc_vault_session_free(struct rc_vault_session *session)
{
	if (!session)
		return;
	if (session->is_wanting && session->options.cancel)
		session->options.cancel(session->options.userdata);
	while (session->requests)
		free_request(session->requests);
	ev_timer_stop(session->options.loop, &session->turn);
	forget_token(session);
	rc_net_http_client_free(session->http);
	rc_error_free(session->err);
	free(session->server);
	free(session->name_space);
	free(session->ca_pem);
	free(session->mount);
	free(session->role);
	free(session->role_id);
	free(session);
}

struct rc_vault_request *rc_vault_session_ask(struct rc_vault_session *session, const char *method,
					      const char *path, const json_t *body,
					      rc_vault_done_fn *done, void *userdata)
{
	struct rc_vault_request *request = rc_new0(struct rc_vault_request);

	request->session = session;
	request->method = rc_strdup(method);
	request->path = rc_strdup(path);
	request->body = body ? json_dumps(body, JSON_COMPACT) : rc_strdup("");
	request->done = done;
	request->userdata = userdata;
	DL_APPEND(session->requests, request);
	ev_timer_stop(session->options.loop, &session->turn);
	ev_timer_set(&session->turn, 0, 0);
	ev_timer_start(session->options.loop, &session->turn);
	return request;
}

void rc_vault_session_cancel(struct rc_vault_request *request)
{
	if (!request)
		return;
	rc_net_http_request_cancel(request->http);
	free_request(request);
}

int64_t rc_vault_session_get_expiry(const struct rc_vault_session *session)
{
	return session->token ? session->expires_unix_s : 0;
}

const struct rc_error *rc_vault_session_get_error(const struct rc_vault_session *session)
{
	return session->err;
}
