/* Asking. */
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "vault/session-private.h"

#define POLICY_S 600 /* between logins that only look for other policies */

void rc_vault_session_wake(struct rc_vault_session *session)
{
	ev_timer_stop(session->options.loop, &session->turn);
	ev_timer_set(&session->turn, 0, 0);
	ev_timer_start(session->options.loop, &session->turn);
}

struct rc_vault_call *rc_vault_session_start(struct rc_vault_session *session, const char *method,
					     const char *path, const char *body,
					     const struct rc_secret *token, rc_vault_done_fn *done,
					     void *userdata)
{
	bool is_login = !token && !session->is_open;
	struct rc_vault_call_options call = {
		.method = method,
		.path = path,
		.body = rc_str(body),
		.name_space = is_login && session->login_name_space ? session->login_name_space
								    : session->name_space,
		.token = token,
		.tls = &session->tls,
		.headers = session->headers,
		.index = session->options.reads_own_writes ? session->index : NULL,
		.forward_inconsistent = session->options.forward_inconsistent,
	};

	return rc_vault_server_ask(session->options.server, &call, done, userdata);
}

/* ---- requests ---- */

static void free_request(struct rc_vault_request *request)
{
	DL_DELETE(request->session->requests, request);
	rc_error_free(request->err);
	free(request->method);
	free(request->path);
	rc_secret_wipe_text(request->body);
	free(request);
}

static void end(struct rc_vault_request *request, int r, const struct rc_vault_answer *answer,
		struct rc_error *err)
{
	static const struct rc_vault_answer none = {.lease_id = ""};
	rc_vault_done_fn *done = request->done;
	void *userdata = request->userdata;

	free_request(request);
	done(userdata, r, answer ? answer : &none, err);
}

void rc_vault_session_fail_waiting(struct rc_vault_session *session)
{
	struct rc_vault_request *request, *next;
	rc_autofree char *why = rc_error_format(session->err);
	int code = session->err->code;

	DL_FOREACH_SAFE (session->requests, request, next) {
		struct rc_error *err = NULL;

		if (request->call || request->is_refused)
			continue;
		rc_fail(&err, code, "%s", why);
		end(request, code, NULL, err);
	}
}

/* What was refused: sent again under another token, or told. */
static void resolve_refused(struct rc_vault_session *session, bool try_again)
{
	struct rc_vault_request *request, *next;

	DL_FOREACH_SAFE (session->requests, request, next) {
		struct rc_error *err;

		if (!request->is_refused)
			continue;
		request->is_refused = false;
		err = rc_steal(&request->err);
		if (try_again) {
			rc_error_free(err);
			request->is_retried = true;
		} else {
			end(request, -EACCES, NULL, err);
		}
	}
	rc_vault_session_wake(session);
}

static bool may_look_for_policies(const struct rc_vault_session *session)
{
	return session->current && !rc_vault_token_is_given(session->current) &&
	       rc_clock_unix_s() - session->logged_in_unix_s >= POLICY_S;
}

static void on_looked(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct rc_vault_session *session = userdata;
	bool try_again = r == -EACCES;

	(void)answer;
	session->look = NULL;
	rc_error_free(err);
	if (r == -EACCES && session->current) {
		/* One that was given to us is dead for good: there is nothing to try again with. */
		try_again = !rc_vault_token_is_given(session->current);
		rc_vault_session_lose(session, session->current);
	} else if (r == 0 && may_look_for_policies(session)) {
		rc_vault_session_retire(session, session->current);
		try_again = true;
	}
	resolve_refused(session, try_again);
}

/* The token may be dead, or a policy refuses: one look tells for all that were refused. */
static void look(struct rc_vault_session *session)
{
	if (session->look || !session->current)
		return;
	session->look = rc_vault_session_start(session, "GET", "auth/token/lookup-self", NULL,
					       rc_vault_token_get_secret(session->current),
					       on_looked, session);
}

static void on_answer(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct rc_vault_request *request = userdata;
	struct rc_vault_session *session = request->session;
	struct rc_vault_answer told = *answer;
	const char *index = rc_vault_server_get_index(session->options.server);

	request->call = NULL;
	if (*index) {
		free(session->index);
		session->index = rc_strdup(index);
	}
	if (r == -EACCES && !request->is_retried && request->token) {
		request->is_refused = true;
		request->err = err;
		if (request->token == session->current)
			look(session);
		else
			resolve_refused(session, true); /* it was replaced meanwhile */
		return;
	}
	told.token = request->token;
	end(request, r, &told, err);
}

/* ---- the session ---- */

static void send_all(struct rc_vault_session *session)
{
	struct rc_vault_request *request, *next;
	const struct rc_secret *secret;

	if (!session->requests)
		return;
	if (!session->current && !session->is_open) {
		rc_vault_session_want(session);
		return;
	}
	secret = session->current ? rc_vault_token_get_secret(session->current) : NULL;
	DL_FOREACH_SAFE (session->requests, request, next) {
		if (request->call || request->is_refused)
			continue;
		request->token = session->current;
		request->call = rc_vault_session_start(session, request->method, request->path,
						       request->body, secret, on_answer, request);
	}
}

static bool is_revoking(const struct rc_vault_session *session)
{
	for (struct rc_vault_token *token = session->tokens; token;
	     token = rc_vault_token_get_next(token))
		if (rc_vault_token_is_being_revoked(token))
			return true;
	return false;
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_session *session = rc_container_of(timer, struct rc_vault_session, turn);
	rc_vault_session_closed_fn *closed = session->closed;

	(void)loop;
	(void)events;
	if (!closed) {
		send_all(session);
	} else if (!is_revoking(session)) {
		session->closed = NULL;
		closed(session->closed_userdata);
	}
}

struct rc_vault_session *rc_vault_session_new(const struct rc_vault_options *options)
{
	struct rc_vault_session *session = rc_new0(struct rc_vault_session);
	struct rc_str key = rc_secret_reveal(options->key_pem);

	session->options = *options;
	session->name_space = rc_strdup(options->name_space);
	session->login_name_space = rc_strdup(options->login_name_space);
	session->ca_pem = rc_strdup(options->ca_pem);
	session->certificate_pem = rc_strdup(options->certificate_pem);
	session->key_pem = options->key_pem ? rc_secret_new(key.p, key.n) : NULL;
	session->headers = options->headers ? json_deep_copy(options->headers) : NULL;
	session->index = rc_strdup("");
	session->tls = (struct rc_net_tls){.ca_pem = session->ca_pem,
					   .certificate_pem = session->certificate_pem,
					   .key_pem = session->key_pem};
	ev_timer_init(&session->turn, on_turn, 0, 0);
	return session;
}

void rc_vault_session_attach(struct rc_vault_session *session,
			     const struct rc_vault_options *options)
{
	if (session->is_wanting && session->options.cancel)
		session->options.cancel(session->options.userdata);
	session->is_wanting = false;
	session->options.want = options ? options->want : NULL;
	session->options.cancel = options ? options->cancel : NULL;
	session->options.lost = options ? options->lost : NULL;
	session->options.renewed = options ? options->renewed : NULL;
	session->options.userdata = options ? options->userdata : NULL;
}

void rc_vault_session_free(struct rc_vault_session *session)
{
	if (!session)
		return;
	rc_vault_session_attach(session, NULL);
	while (session->requests)
		rc_vault_session_cancel(session->requests);
	rc_vault_server_cancel(session->login);
	rc_vault_server_cancel(session->look);
	while (session->tokens)
		rc_vault_session_free_token(session, session->tokens);
	ev_timer_stop(session->options.loop, &session->turn);
	rc_error_free(session->err);
	rc_secret_free(session->key_pem);
	rc_secret_free(session->given);
	json_decref(session->headers);
	free(session->name_space);
	free(session->login_name_space);
	free(session->ca_pem);
	free(session->certificate_pem);
	free(session->index);
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
	request->body = body ? json_dumps(body, JSON_COMPACT) : NULL;
	request->done = done;
	request->userdata = userdata;
	DL_APPEND(session->requests, request);
	rc_vault_session_wake(session);
	return request;
}

void rc_vault_session_cancel(struct rc_vault_request *request)
{
	if (!request)
		return;
	rc_vault_server_cancel(request->call);
	free_request(request);
}

struct rc_vault_token *rc_vault_session_get_token(const struct rc_vault_session *session)
{
	return session->current;
}

struct rc_vault_token *rc_vault_session_find_token(const struct rc_vault_session *session,
						   const char *accessor)
{
	struct rc_vault_token *token = session->tokens;

	while (token && strcmp(rc_vault_token_get_accessor(token), accessor) != 0)
		token = rc_vault_token_get_next(token);
	return token;
}

bool rc_vault_session_is_held(const struct rc_vault_session *session)
{
	for (struct rc_vault_token *token = session->tokens; token;
	     token = rc_vault_token_get_next(token))
		if (rc_vault_token_is_held(token))
			return true;
	return false;
}

const struct rc_error *rc_vault_session_get_error(const struct rc_vault_session *session)
{
	return session->err;
}

const struct rc_vault_server *rc_vault_session_get_server(const struct rc_vault_session *session)
{
	return session->options.server;
}

int64_t rc_vault_session_get_login_time(const struct rc_vault_session *session)
{
	return session->logged_in_unix_s;
}

uint64_t rc_vault_session_get_logins(const struct rc_vault_session *session)
{
	return session->n_logins;
}

void rc_vault_session_close(struct rc_vault_session *session, rc_vault_session_closed_fn *closed,
			    void *userdata)
{
	struct rc_vault_token *token, *next;

	session->closed = closed;
	session->closed_userdata = userdata;
	rc_vault_server_cancel(rc_steal(&session->login));
	for (token = session->tokens; token; token = next) {
		next = rc_vault_token_get_next(token);
		if (session->current == token)
			session->current = NULL;
		if (rc_vault_token_can_be_revoked(token))
			rc_vault_token_revoke(token);
	}
	rc_vault_session_wake(session);
}
