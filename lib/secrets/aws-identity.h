/*
 * Who asks AWS: from a block {auth, role, additionalRoles, externalID, sessionTags, region} to keys
 * that all share who are the same.
 *
 * auth.secretRef: lasting keys from Secrets. auth.jwt: the role that a service account is annotated
 * with, by a token of that account. Neither: where AWS's own tools would find keys on this host.
 * Roles are assumed with that, one after the other. What it is made of is part of who it is, by its
 * stamp: when it changes, the next use is another identity.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "net/aws-sigv4.h"
#include "secrets/context.h"

struct rc_secrets_aws_identity;
struct rc_secrets_aws_wait; /* somebody who waits for keys; opaque */

struct rc_secrets_aws_identities *rc_secrets_aws_identity_new_set(void);
void rc_secrets_aws_identity_free_set(struct rc_secrets_aws_identities *identities);

/* block is borrowed. where is how a store's reader knows its auth ("auth"), a constant: -EINVAL
 * names the field below it. Ends with rc_secrets_aws_identity_unuse(). */
int rc_secrets_aws_identity_use(const struct rc_secrets_context *context, const json_t *block,
				const char *where, const struct rc_secrets_scope *scope,
				struct rc_secrets_aws_identity **ret_identity,
				struct rc_error **err);
void rc_secrets_aws_identity_unuse(struct rc_secrets_aws_identity *identity); /* NULL is fine */

/* keys and region are borrowed until it returns. r is never -ENOENT. Called once, from the loop;
 * err is taken over. */
typedef void rc_secrets_aws_keys_fn(void *userdata, int r, const struct rc_net_aws_keys *keys,
				    const char *region, struct rc_error *err);
struct rc_secrets_aws_wait *rc_secrets_aws_identity_get(struct rc_secrets_aws_identity *identity,
							rc_secrets_aws_keys_fn *done,
							void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_secrets_aws_identity_cancel(struct rc_secrets_aws_wait *wait);
/* A service refused the keys: new ones are gotten for the next. */
void rc_secrets_aws_identity_forget(struct rc_secrets_aws_identity *identity);

/* A text that is another when anything of it is. */
const char *rc_secrets_aws_identity_get_key(const struct rc_secrets_aws_identity *identity);
/* A reference of it has no namespace: it is found beside each ExternalSecret. */
bool rc_secrets_aws_identity_is_referent(const struct rc_secrets_aws_identity *identity);
