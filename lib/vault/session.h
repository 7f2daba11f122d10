/*
 * One login to one Vault for one identity, and requests under it.
 *
 * Logins are single flight. A token is renewed at two thirds of its life, also one that was
 * replaced while somebody holds it: leases die with the token that minted them. When a request is
 * refused (403), the token is looked at once; a dead one is replaced and the request sent again. A
 * living one means that a policy refuses: the session logs in anew for that (policies may have
 * changed) at most every ten minutes. After a failed login what is asked is answered at once with
 * the last reason until a jittered back-off is over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "vault/answer.h"
#include "vault/server.h"
#include "vault/token.h"

struct rc_vault_session;
struct rc_vault_request; /* one under way; opaque */

/* How to come by a token; all borrowed. */
struct rc_vault_login {
	const struct rc_secret *token; /* it is known already; may be NULL */
	const char *path;	       /* else "auth/kubernetes/login"; NULL: no token is needed */
	const json_t *body;	       /* what to send there */
};

/* Give what logging in needs, or r < 0 with err, which is taken over. */
void rc_vault_session_give(struct rc_vault_session *session, int r,
			   const struct rc_vault_login *login, struct rc_error *err);

/* All copied but what says borrowed. */
struct rc_vault_options {
	struct ev_loop *loop;		/* borrowed */
	struct rc_vault_server *server; /* borrowed */
	const char *name_space;		/* Vault Enterprise's, or NULL */
	const char *login_name_space;	/* of the login alone; NULL: the same */
	const char *ca_pem;		/* NULL: the system's roots */
	const char *certificate_pem;	/* our client certificate, or NULL */
	const struct rc_secret *key_pem;
	const json_t *headers; /* {name: value} more to send, or NULL */
	bool reads_own_writes; /* send X-Vault-Index back */
	bool forward_inconsistent;
	/* A login is wanted: answered by rc_vault_session_give(), now or later. cancel: no longer.
	 */
	void (*want)(void *userdata, struct rc_vault_session *session);
	void (*cancel)(void *userdata);
	/* A token that somebody holds is lost before its end: its leases are dead or dying. */
	void (*lost)(void *userdata, struct rc_vault_session *session);
	/* A token that somebody holds lives longer now. */
	void (*renewed)(void *userdata, struct rc_vault_session *session);
	void *userdata;
};

struct rc_vault_session *rc_vault_session_new(const struct rc_vault_options *options);
/* Requests under way are dropped without done; tokens are forgotten, not revoked. */
void rc_vault_session_free(struct rc_vault_session *session);
RC_DEFINE_FREEP(struct rc_vault_session, rc_vault_session_free)
/* Other callbacks from now on; want NULL: whoever made it is gone, and it cannot log in. */
void rc_vault_session_attach(struct rc_vault_session *session,
			     const struct rc_vault_options *options);

/* path without /v1/: "secret/data/app". body may be NULL. */
struct rc_vault_request *rc_vault_session_ask(struct rc_vault_session *session, const char *method,
					      const char *path, const json_t *body,
					      rc_vault_done_fn *done, void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_vault_session_cancel(struct rc_vault_request *request);

/* The token that is used now, borrowed; NULL: there is none yet. */
struct rc_vault_token *rc_vault_session_get_token(const struct rc_vault_session *session);
/* One of its tokens by its accessor, or NULL. */
struct rc_vault_token *rc_vault_session_find_token(const struct rc_vault_session *session,
						   const char *accessor);
/* Somebody holds one of its tokens. */
bool rc_vault_session_is_held(const struct rc_vault_session *session);
/* Why it cannot log in now; NULL when it can, or was not asked to. Borrowed. */
const struct rc_error *rc_vault_session_get_error(const struct rc_vault_session *session);
const struct rc_vault_server *rc_vault_session_get_server(const struct rc_vault_session *session);
/* When it logged in last; 0: not yet. */
int64_t rc_vault_session_get_login_time(const struct rc_vault_session *session);
/* Logins that were tried, since the start. */
uint64_t rc_vault_session_get_logins(const struct rc_vault_session *session);

typedef void rc_vault_session_closed_fn(void *userdata);
/* Revoke every token that nobody holds; nothing is asked from now on. closed is called once, from
 * the loop, when that is over; not after the session is freed. */
void rc_vault_session_close(struct rc_vault_session *session, rc_vault_session_closed_fn *closed,
			    void *userdata);
