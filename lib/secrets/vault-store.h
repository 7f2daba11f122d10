/* What the store of Vault and the generator of it share: a client, and requests of it. */
#pragma once

#include "secrets/provider.h"
#include "secrets/vault-identity.h"

struct rc_secrets_vault_client {
	struct rc_secrets_client head;
	struct ev_loop *loop;
	struct rc_secrets_vault_identity *identity;
	char *path;
	bool is_v2;
	bool must_check; /* writes name the version that they follow */
	json_t *spec;	 /* of a generator, or NULL */
};

struct rc_secrets_vault_call {
	struct rc_secrets_call head;
	struct rc_secrets_vault_client *client;
	struct rc_secrets_vault_ask *ask;
	char *path; /* that is read, or NULL */
	bool is_metadata;
	ev_timer turn; /* tells of what could not be asked */
	int r;
	struct rc_error *err;
	struct rc_secrets_vault_find *find; /* of vault-find.c */
	struct rc_secrets_vault_push *push; /* of vault-push.c */
	rc_secrets_call_fn *done;
	void *userdata;
};

/* block is a provider's block; ops are those of the family. */
int rc_secrets_vault_store_open_as(const struct rc_secrets_provider_ops *ops,
				   const struct rc_secrets_context *context, const json_t *block,
				   const struct rc_secrets_scope *scope,
				   struct rc_secrets_vault_client **ret_client,
				   struct rc_error **err);
void rc_secrets_vault_store_close(struct rc_secrets_client *head);
struct rc_secrets_vault_call *rc_secrets_vault_store_make_call(struct rc_secrets_client *client,
							       rc_secrets_call_fn *done,
							       void *userdata);
/* call->r and call->err are told from the loop. */
void rc_secrets_vault_store_end_later(struct rc_secrets_vault_call *call);
/* Tell and free it. */
void rc_secrets_vault_store_end(struct rc_secrets_vault_call *call, int r,
				const struct rc_secrets_answer *answer, struct rc_error *err);
void rc_secrets_vault_store_cancel(struct rc_secrets_call *head);
struct rc_secrets_call *rc_secrets_vault_store_renew(struct rc_secrets_client *client,
						     const char *lease_id, int64_t duration_s,
						     rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_vault_store_revoke(struct rc_secrets_client *client,
						      const char *lease_id,
						      rc_secrets_call_fn *done, void *userdata);
struct rc_vault_server *rc_secrets_vault_store_get_server(struct rc_secrets_client *head);
struct rc_vault_session *rc_secrets_vault_store_get_session(struct rc_secrets_client *head);
const char *rc_secrets_vault_store_get_identity(struct rc_secrets_client *head);
bool rc_secrets_vault_store_is_referent(struct rc_secrets_client *head);
/* ---- vault-find.c ---- */
struct rc_secrets_call *rc_secrets_vault_find_start(struct rc_secrets_client *head,
						    const struct rc_secrets_find *wanted,
						    rc_secrets_call_fn *done, void *userdata);
void rc_secrets_vault_find_free(struct rc_secrets_vault_find *find); /* NULL is fine */

/* ---- vault-push.c ---- */
struct rc_secrets_call *rc_secrets_vault_push_start(struct rc_secrets_client *head,
						    const struct rc_secrets_push *wanted,
						    rc_secrets_call_fn *done, void *userdata);
struct rc_secrets_call *rc_secrets_vault_push_remove(struct rc_secrets_client *head,
						     const struct rc_secrets_push *wanted,
						     rc_secrets_call_fn *done, void *userdata);
void rc_secrets_vault_push_free(struct rc_secrets_vault_push *push); /* NULL is fine */

/* Of an answer to a read: lease, token, and when a static role changes. */
void rc_secrets_vault_store_take_lease(const struct rc_vault_answer *answer, const json_t *values,
				       struct rc_secrets_answer *told);
