/*
 * Who logs in to which Vault: from a store's block to a session that all share who are the same.
 *
 * What a login is made of (Secrets, ConfigMaps, service accounts) is part of who it is, by its
 * stamp: when one of them changes, the next use is another identity and logs in anew. Trust (CA,
 * client certificate) is read once, what is secret in a login at each.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "secrets/context.h"
#include "vault/session.h"

struct rc_secrets_vault_identity;
struct rc_secrets_vault_ask; /* a request, under way; opaque */

struct rc_secrets_identities *rc_secrets_vault_identity_new_set(void);
void rc_secrets_vault_identity_free_set(struct rc_secrets_identities *identities);

/* vault: spec.provider.vault of a store, or a generator's provider block; borrowed. Ends with
 * rc_secrets_vault_identity_unuse(). */
int rc_secrets_vault_identity_use(const struct rc_secrets_context *context, const json_t *vault,
				  const struct rc_secrets_scope *scope,
				  struct rc_secrets_vault_identity **ret_identity,
				  struct rc_error **err);
void rc_secrets_vault_identity_unuse(struct rc_secrets_vault_identity *identity);

/* As rc_vault_session_ask(), after what the session needs was read. */
struct rc_secrets_vault_ask *
rc_secrets_vault_identity_ask(struct rc_secrets_vault_identity *identity, const char *method,
			      const char *path, const json_t *body, rc_vault_done_fn *done,
			      void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_secrets_vault_identity_cancel(struct rc_secrets_vault_ask *ask);

/* A text that is another when anything of it is. */
const char *rc_secrets_vault_identity_get_key(const struct rc_secrets_vault_identity *identity);
/* A reference of it has no namespace: it is found beside each ExternalSecret. */
bool rc_secrets_vault_identity_is_referent(const struct rc_secrets_vault_identity *identity);
/* NULL before the first request could be sent. */
struct rc_vault_session *
rc_secrets_vault_identity_get_session(const struct rc_secrets_vault_identity *identity);
struct rc_vault_server *
rc_secrets_vault_identity_get_server(const struct rc_secrets_vault_identity *identity);
