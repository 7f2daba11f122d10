/*
 * Stores: from a SecretStore or ClusterSecretStore to a session with its Vault, shared by all that
 * log in as the same identity.
 */
#pragma once

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "kube/cluster.h"
#include "kube/discovery.h"
#include "vault/session.h"

struct rc_secrets_providers;

struct rc_secrets_providers *rc_secrets_providers_new(struct ev_loop *loop,
						      struct rc_kube_cluster *cluster,
						      struct rc_kube_discovery *discovery);
void rc_secrets_providers_free(struct rc_secrets_providers *providers);
RC_DEFINE_FREEP(struct rc_secrets_providers, rc_secrets_providers_free)

/* Where in a Vault a store looks. Texts are borrowed from the store object. */
struct rc_secrets_store {
	struct rc_vault_session *session; /* the providers' */
	const char *path;		  /* of the engine; "" : keys are whole paths */
	bool is_v2;
};

/*
 * The store as name_space uses it. store is borrowed. -EINVAL names the field that is wrong, or the
 * provider or login that is not supported.
 */
int rc_secrets_providers_open(struct rc_secrets_providers *providers, const json_t *store,
			      const char *name_space, struct rc_secrets_store *ret_store,
			      struct rc_error **err);
/* The path to read for a key: KV v2 puts "data" after the engine. The caller's to free. */
char *rc_secrets_store_path(const struct rc_secrets_store *store, const char *key,
			    const char *version);
