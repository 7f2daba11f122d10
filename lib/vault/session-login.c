/* Logging in, and the tokens of a session: the one in use, and those that leases live under. */
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "vault/session-private.h"

#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 60000

/* ---- tokens ---- */

static void unlink_token(struct rc_vault_session *session, struct rc_vault_token *token)
{
	struct rc_vault_token *at = session->tokens, *before = NULL;
	struct rc_vault_request *request;

	while (at != token) {
		before = at;
		at = rc_vault_token_get_next(at);
	}
	if (before)
		rc_vault_token_set_next(before, rc_vault_token_get_next(token));
	else
		session->tokens = rc_vault_token_get_next(token);
	DL_FOREACH (session->requests, request)
		if (request->token == token)
			request->token = NULL;
	if (session->current == token)
		session->current = NULL;
}

void rc_vault_session_free_token(struct rc_vault_session *session, struct rc_vault_token *token)
{
	unlink_token(session, token);
	rc_vault_token_free(token);
}

static void on_token_revoked(void *userdata, struct rc_vault_token *token)
{
	struct rc_vault_session *session = userdata;

	rc_vault_session_free_token(session, token);
	rc_vault_session_wake(session);
}

/* A token that is used no longer: kept while somebody holds it, else revoked. */
void rc_vault_session_retire(struct rc_vault_session *session, struct rc_vault_token *token)
{
	if (session->current == token)
		session->current = NULL;
	if (rc_vault_token_is_held(token))
		return;
	if (rc_vault_token_can_be_revoked(token))
		rc_vault_token_revoke(token);
	else
		rc_vault_session_free_token(session, token);
}

static void on_token_released(void *userdata, struct rc_vault_token *token)
{
	struct rc_vault_session *session = userdata;

	if (session->current != token)
		rc_vault_session_retire(session, token);
}

static void on_token_renewed(void *userdata, struct rc_vault_token *token)
{
	struct rc_vault_session *session = userdata;

	if (rc_vault_token_is_held(token) && session->options.renewed)
		session->options.renewed(session->options.userdata, session);
}

/* It is dead: whoever holds it must know. */
void rc_vault_session_lose(struct rc_vault_session *session, struct rc_vault_token *token)
{
	if (session->current == token)
		session->current = NULL;
	if (!rc_vault_token_is_held(token)) {
		rc_vault_session_free_token(session, token);
		return;
	}
	rc_vault_token_set_lost(token);
	if (session->options.lost)
		session->options.lost(session->options.userdata, session);
}

static void on_token_ended(void *userdata, struct rc_vault_token *token, bool is_lost)
{
	struct rc_vault_session *session = userdata;

	if (is_lost)
		rc_vault_session_lose(session, token);
	else
		rc_vault_session_retire(session, token);
}

/* ---- login ---- */

static void login_failed(struct rc_vault_session *session, int r, struct rc_error *err)
{
	uint64_t ms = rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, session->attempts++);

	/* What is not there of a login is no secret that is missing. */
	if (r == -ENOENT)
		r = -EAGAIN;
	rc_wrap(&err, r, "logging in to %s", rc_vault_server_get_url(session->options.server));
	rc_error_free(session->err);
	session->err = err;
	session->closed_until_ms =
		rc_clock_monotonic_ms() + ms / 2 + rc_clock_jitter_ms(ms / 2 + 1);
	rc_vault_session_fail_waiting(session);
}

static void login_done(struct rc_vault_session *session)
{
	session->attempts = 0;
	session->logged_in_unix_s = rc_clock_unix_s();
	rc_error_free(rc_steal(&session->err));
	rc_vault_session_wake(session);
}

static void take_token(struct rc_vault_session *session, const struct rc_secret *secret,
		       const json_t *auth, bool is_given)
{
	struct rc_vault_token_options options = {
		.loop = session->options.loop,
		.server = session->options.server,
		.name_space =
			session->login_name_space ? session->login_name_space : session->name_space,
		.tls = &session->tls,
		.headers = session->headers,
		.ended = on_token_ended,
		.revoked = on_token_revoked,
		.released = on_token_released,
		.renewed = on_token_renewed,
		.userdata = session,
	};

	session->current = rc_vault_token_new(&options, secret, auth, is_given);
	rc_vault_token_set_next(session->current, session->tokens);
	session->tokens = session->current;
	login_done(session);
}

static void on_login(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_vault_session *session = userdata;
	const char *text = rc_json_text(answer->auth, "client_token", NULL);
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_secret_new_text(text);

	session->login = NULL;
	if (r == 0 && json_is_object(json_object_get(answer->auth, "mfa_requirement")))
		r = rc_fail(&err, -EACCES, "this login wants a second factor, which we have not");
	else if (r == 0 && (!text || !*text))
		r = rc_fail(&err, -EPROTO, "the answer holds no token");
	if (r < 0)
		login_failed(session, r, err);
	else
		take_token(session, secret, answer->auth, false);
}

/* A token that was given to us: how long it lives. */
static void on_given(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_vault_session *session = userdata;
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_steal(&session->given);

	session->login = NULL;
	if (r < 0)
		login_failed(session, r, err);
	else
		take_token(session, secret, answer->data, true);
}

void rc_vault_session_give(struct rc_vault_session *session, int r,
			   const struct rc_vault_login *login, struct rc_error *err)
{
	struct rc_str given = rc_secret_reveal(login ? login->token : NULL);
	char *body;

	session->is_wanting = false;
	session->n_logins++;
	if (r < 0) {
		login_failed(session, r, err);
	} else if (login->token) {
		rc_secret_free(session->given);
		session->given = rc_secret_new(given.p, given.n);
		session->login = rc_vault_session_start(session, "GET", "auth/token/lookup-self",
							NULL, session->given, on_given, session);
	} else if (login->path) {
		body = login->body ? json_dumps(login->body, JSON_COMPACT) : rc_strdup("{}");
		session->login = rc_vault_session_start(session, "PUT", login->path, body, NULL,
							on_login, session);
		rc_secret_wipe_text(body);
	} else {
		session->is_open = true;
		login_done(session);
	}
}

void rc_vault_session_want(struct rc_vault_session *session)
{
	if (session->is_wanting || session->login)
		return;
	if (!session->options.want && !session->err)
		rc_fail(&session->err, -EAGAIN, "who it logs in as is not known yet");
	if (session->err &&
	    (!session->options.want || rc_clock_monotonic_ms() < session->closed_until_ms)) {
		rc_vault_session_fail_waiting(session);
		return;
	}
	session->is_wanting = true;
	session->options.want(session->options.userdata, session);
}
