/* What a session is made of; for session.c and session-login.c. */
#pragma once

#include "vault/session.h"

struct rc_vault_request {
	struct rc_vault_request *prev, *next;
	struct rc_vault_session *session;
	struct rc_vault_call *call;
	struct rc_vault_token *token; /* it was sent under; NULL after that one was freed */
	char *method, *path, *body;
	bool is_refused; /* with 403: it waits for a look at the token */
	bool is_retried; /* with another token */
	struct rc_error *err;
	rc_vault_done_fn *done;
	void *userdata;
};

struct rc_vault_session {
	struct rc_vault_options options;
	struct rc_net_tls tls;
	char *name_space, *login_name_space, *ca_pem, *certificate_pem;
	struct rc_secret *key_pem;
	json_t *headers;
	struct rc_vault_request *requests;
	struct rc_vault_call *login, *look;
	struct rc_secret *given;
	bool is_wanting; /* what to log in with was asked for */
	bool is_open;	 /* no token is needed */
	struct rc_vault_token *tokens, *current;
	int64_t logged_in_unix_s;
	char *index;
	struct rc_error *err; /* why the last login failed */
	unsigned int attempts;
	uint64_t closed_until_ms, n_logins;
	ev_timer turn;
	rc_vault_session_closed_fn *closed; /* NULL: it is not closing */
	void *closed_userdata;
};

/* ---- session.c ---- */
void rc_vault_session_wake(struct rc_vault_session *session);
/* What waits for a login that failed is told. */
void rc_vault_session_fail_waiting(struct rc_vault_session *session);
struct rc_vault_call *rc_vault_session_start(struct rc_vault_session *session, const char *method,
					     const char *path, const char *body,
					     const struct rc_secret *token, rc_vault_done_fn *done,
					     void *userdata);

/* ---- session-login.c ---- */
/* Ask for a login, if it may be tried now; what waits is sent or told. */
void rc_vault_session_want(struct rc_vault_session *session);
/* A token that is used no longer: kept while somebody holds it, else revoked. */
void rc_vault_session_retire(struct rc_vault_session *session, struct rc_vault_token *token);
/* It is dead: whoever holds it is told. */
void rc_vault_session_lose(struct rc_vault_session *session, struct rc_vault_token *token);
void rc_vault_session_free_token(struct rc_vault_session *session, struct rc_vault_token *token);
