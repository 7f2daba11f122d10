/*
 * Stores: one family of operations a kind of provider, found by the key under spec.provider.
 *
 * A client is a store as one namespace uses it; opening it asks nothing of anybody. A document is
 * what lies under one key: a map of values, or one text. Properties are taken out of it by the
 * caller (shape.h), so that each key is read once, however many entries name it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "secrets/context.h"

struct rc_secrets_provider_ops;

/* The head of every provider's own struct. */
struct rc_secrets_client {
	const struct rc_secrets_provider_ops *ops;
};
struct rc_secrets_call {
	const struct rc_secrets_provider_ops *ops;
};

struct rc_secrets_query {
	const char *key;
	const char *version; /* or NULL */
	bool is_metadata;    /* what is told about the secret, not its values */
};

struct rc_secrets_find {
	const char *path;   /* the folder to look in; NULL: all */
	const char *name;   /* regular expression of names; or NULL */
	const json_t *tags; /* {name: value}; or NULL */
};

/* Borrowed until done returns. All of it may be secret; texts may be any bytes. */
struct rc_secrets_answer {
	const json_t *document; /* a map, or a text; of a find: {name: document} */
	const char *lease_id;	/* "" when it has none */
	int64_t lease_duration_s;
	bool renewable;
	int64_t changes_in_s;	      /* by itself, a static role's password; 0: not known */
	struct rc_vault_token *token; /* that the lease lives under; NULL: none */
};

/*
 * r is -ENOENT only for what is really not there (a 404, a deleted version): that may empty a
 * Secret; any other error never does. Called once, from the loop; err is taken over.
 */
typedef void rc_secrets_call_fn(void *userdata, int r, const struct rc_secrets_answer *answer,
				struct rc_error *err);

/* What to write where: to one property of a secret, or (NULL) as the whole. All borrowed. */
struct rc_secrets_push {
	const char *key, *property;
	const json_t *values;	/* {key: text} of what is pushed; texts may be any bytes */
	const char *source_key; /* which of them; NULL: all, as a map */
	const json_t *source;	/* the Secret: its type, labels and annotations; or NULL */
	const json_t *metadata; /* of the PushSecret's entry, or NULL */
	bool only_if_absent;	/* what is there already stays as it is */
};

struct rc_secrets_provider_ops {
	const char *name; /* under spec.provider */
	/* Mandatory. block is spec.provider.<name>. -EINVAL names a field. */
	int (*open)(const struct rc_secrets_context *context, const json_t *block,
		    const struct rc_secrets_scope *scope, struct rc_secrets_client **ret_client,
		    struct rc_error **err);
	void (*close)(struct rc_secrets_client *client);
	struct rc_secrets_call *(*read)(struct rc_secrets_client *client,
					const struct rc_secrets_query *query,
					rc_secrets_call_fn *done, void *userdata);
	void (*cancel)(struct rc_secrets_call *call);
	/* Optional: without it the store is valid when it can be opened. */
	struct rc_secrets_call *(*validate)(struct rc_secrets_client *client,
					    rc_secrets_call_fn *done, void *userdata);
	/* Optional, as all that follow. */
	struct rc_secrets_call *(*find)(struct rc_secrets_client *client,
					const struct rc_secrets_find *find,
					rc_secrets_call_fn *done, void *userdata);
	/* -EACCES: what is there was made by somebody else. */
	struct rc_secrets_call *(*push)(struct rc_secrets_client *client,
					const struct rc_secrets_push *push,
					rc_secrets_call_fn *done, void *userdata);
	/* What is gone already, or somebody else's, is none of ours: 0. */
	struct rc_secrets_call *(*remove)(struct rc_secrets_client *client,
					  const struct rc_secrets_push *push,
					  rc_secrets_call_fn *done, void *userdata);
	struct rc_secrets_call *(*renew)(struct rc_secrets_client *client, const char *lease_id,
					 int64_t duration_s, rc_secrets_call_fn *done,
					 void *userdata);
	struct rc_secrets_call *(*revoke)(struct rc_secrets_client *client, const char *lease_id,
					  rc_secrets_call_fn *done, void *userdata);
	/* The server that is asked, for pacing; NULL: it is not paced. */
	struct rc_vault_server *(*get_server)(struct rc_secrets_client *client);
	/* Its session, of Vault only; NULL before the first answer. */
	struct rc_vault_session *(*get_session)(struct rc_secrets_client *client);
	/* Who logs in, as a text that is another when anything of it is; NULL: nobody. */
	const char *(*get_identity)(struct rc_secrets_client *client);
	/* Its references are followed beside each ExternalSecret: it cannot be tried by itself. */
	bool (*is_referent)(struct rc_secrets_client *client);
	const char *capabilities; /* as the status of a store says: "ReadWrite", "ReadOnly" */
};

extern const struct rc_secrets_provider_ops rc_secrets_vault_store_ops;
extern const struct rc_secrets_provider_ops rc_secrets_kubernetes_store_ops;
extern const struct rc_secrets_provider_ops rc_secrets_aws_store_ops;
extern const struct rc_secrets_provider_ops rc_secrets_fake_store_ops;

/*
 * Open a store (the whole object, borrowed) as name_space uses it. -EINVAL: a field is wrong, or
 * the provider is not one of ours; -EACCES: its conditions do not let name_space use it.
 */
int rc_secrets_provider_open(const struct rc_secrets_context *context, const json_t *store,
			     const char *name_space, struct rc_secrets_client **ret_client,
			     struct rc_error **err);
void rc_secrets_provider_close(struct rc_secrets_client *client); /* NULL is fine */
void rc_secrets_provider_cancel(struct rc_secrets_call *call);	  /* NULL is fine */
/* Both log in as the same. other may be NULL. */
bool rc_secrets_provider_is_same(struct rc_secrets_client *client, struct rc_secrets_client *other);
/* Who logs in, or "". */
const char *rc_secrets_provider_get_identity(struct rc_secrets_client *client);
/* "Vault": for people. */
const char *rc_secrets_provider_get_name(const struct rc_secrets_client *client);
