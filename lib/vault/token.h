/* The life of one token: who holds it, when it ends, renewing it, revoking it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "vault/server.h"

struct rc_vault_token;

/* What a token needs of its session; outlives it. */
struct rc_vault_token_options {
	struct ev_loop *loop;
	struct rc_vault_server *server;
	const char *name_space;
	const struct rc_net_tls *tls;
	const json_t *headers;
	/* All are called from the loop, and may free the token. ended: it can be renewed no longer
	 * and ends soon, or (is_lost) was found dead. revoked: it was, or cannot be. released:
	 * nobody holds it any more; called from rc_vault_token_drop(). */
	void (*ended)(void *userdata, struct rc_vault_token *token, bool is_lost);
	void (*revoked)(void *userdata, struct rc_vault_token *token);
	void (*released)(void *userdata, struct rc_vault_token *token);
	/* It lives longer now; must not free it. May be NULL. */
	void (*renewed)(void *userdata, struct rc_vault_token *token);
	void *userdata;
};

/* auth is a login's "auth", or the "data" of a look at the token itself; secret is copied.
 * is_given: somebody else made it, we never revoke it. */
struct rc_vault_token *rc_vault_token_new(const struct rc_vault_token_options *options,
					  const struct rc_secret *secret, const json_t *auth,
					  bool is_given);
void rc_vault_token_free(struct rc_vault_token *token);

/* A lease lives under it: it is renewed and not revoked until each hold is dropped. */
void rc_vault_token_hold(struct rc_vault_token *token);
void rc_vault_token_drop(struct rc_vault_token *token);
bool rc_vault_token_is_held(const struct rc_vault_token *token);

const struct rc_secret *rc_vault_token_get_secret(const struct rc_vault_token *token);
/* "" when the server did not say. */
const char *rc_vault_token_get_accessor(const struct rc_vault_token *token);
/* Unix seconds; INT64_MAX: never. */
int64_t rc_vault_token_get_expiry(const struct rc_vault_token *token);
/* Its end cannot be put off: it is not renewable, or a renewal came back shorter. */
bool rc_vault_token_is_last(const struct rc_vault_token *token);
/* Somebody else made it. */
bool rc_vault_token_is_given(const struct rc_vault_token *token);
/* It is dead, and its leases with it. */
bool rc_vault_token_is_lost(const struct rc_vault_token *token);
void rc_vault_token_set_lost(struct rc_vault_token *token);
/* Ours, of a kind that can be, and not held. */
bool rc_vault_token_can_be_revoked(const struct rc_vault_token *token);
/* Ends in the revoked callback. */
void rc_vault_token_revoke(struct rc_vault_token *token);
bool rc_vault_token_is_being_revoked(const struct rc_vault_token *token);

/* The session's: its tokens are a list. */
struct rc_vault_token *rc_vault_token_get_next(const struct rc_vault_token *token);
void rc_vault_token_set_next(struct rc_vault_token *token, struct rc_vault_token *next);
