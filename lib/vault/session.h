/*
 * One login to one Vault for one identity, and requests under it.
 *
 * Logins are single flight. The token is renewed at two thirds of its life and never revoked by
 * us: the leases it minted, database users among them, would die with it. After failures requests
 * are answered at once with the last reason until a back-off is over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"

struct rc_vault_session;
struct rc_vault_request; /* one under way; opaque */

enum rc_vault_auth { RC_VAULT_AUTH_TOKEN, RC_VAULT_AUTH_APPROLE, RC_VAULT_AUTH_KUBERNETES };

/* Give what logging in needs: the secret (borrowed), or r < 0 with err, which is taken over. */
void rc_vault_session_give(struct rc_vault_session *session, int r, const struct rc_secret *secret,
			   struct rc_error *err);

struct rc_vault_options {
	struct ev_loop *loop;	/* borrowed; all texts are copied */
	const char *server;	/* "https://vault:8200" */
	const char *name_space; /* Vault Enterprise's, or NULL */
	const char *ca_pem;	/* NULL: the system's roots */
	enum rc_vault_auth auth;
	const char *mount;   /* of the auth method: "kubernetes" */
	const char *role;    /* of kubernetes */
	const char *role_id; /* of approle */
	/*
	 * The login's secret is wanted: a token, a secret id, or a service account's token. Asked
	 * at each login; answered by rc_vault_session_give(), now or later. cancel: no longer
	 * wanted.
	 */
	void (*want)(void *userdata, struct rc_vault_session *session);
	void (*cancel)(void *userdata);
	void *userdata;
};

struct rc_vault_session *rc_vault_session_new(const struct rc_vault_options *options);
/* Requests under way are dropped without done. */
void rc_vault_session_free(struct rc_vault_session *session);
RC_DEFINE_FREEP(struct rc_vault_session, rc_vault_session_free)

/* What came back; borrowed until done returns. All of it may be secret. */
struct rc_vault_answer {
	int status;
	const json_t *data;   /* "data" of the answer, or NULL */
	const char *lease_id; /* "" when there is none */
	int64_t lease_duration_s;
	bool renewable;
};

/*
 * r is 0; -ENOENT (404); -EACCES (403, also after logging in anew); -EINVAL (400); -EAGAIN (429,
 * 5xx, sealed); or as rc_net_http_done_fn says. The chain holds Vault's own words, never a value.
 * Called once, from the loop; err is taken over.
 */
typedef void rc_vault_done_fn(void *userdata, int r, const struct rc_vault_answer *answer,
			      struct rc_error *err);

/* method "GET", "LIST", "PUT", "POST"; path without /v1/: "secret/data/app". body may be NULL. */
struct rc_vault_request *rc_vault_session_ask(struct rc_vault_session *session, const char *method,
					      const char *path, const json_t *body,
					      rc_vault_done_fn *done, void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_vault_session_cancel(struct rc_vault_request *request);

/* When the token ends, unix seconds; 0: there is none, INT64_MAX: never. */
int64_t rc_vault_session_get_expiry(const struct rc_vault_session *session);
/* Why it cannot log in now; NULL when it can, or was not asked to. Borrowed. */
const struct rc_error *rc_vault_session_get_error(const struct rc_vault_session *session);
