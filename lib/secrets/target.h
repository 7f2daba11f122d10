/* From what was fetched to the Secret to write. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "secrets/external.h"

#define RC_SECRETS_MANAGED_LABEL "reconcile.external-secrets.io/managed"
#define RC_SECRETS_HASH_NOTE	 "reconcile.external-secrets.io/data-hash"

/* The Secret of values ({key: text}) and the texts of templateFrom (compose.h), or the object that
 * target.manifest names, with labels, annotations, owner and hash; the caller's. */
int rc_secrets_target_make(const struct rc_secrets_external *external, const json_t *values,
			   const json_t *texts, json_t **ret_object, struct rc_error **err);
/*
 * What others keep in a Secret that is merged into counts for its hash. live may be NULL. Before
 * it is compared with live.
 */
void rc_secrets_target_adapt(const struct rc_secrets_external *external, const json_t *live,
			     json_t *secret);
/*
 * A merge patch that takes what others put into the data of live, or NULL; the caller's. Applying
 * secret does not: it leaves alone what others own, and the Secret would never be valid.
 */
json_t *rc_secrets_target_prune(const struct rc_secrets_external *external, const json_t *live,
				const json_t *secret);
/* live (NULL: absent) is as it was written: label, hash note and data agree. */
bool rc_secrets_target_is_valid(const json_t *live);
/* -EACCES: another controller owns live; -EINVAL: it is immutable and would change. */
int rc_secrets_target_check(const struct rc_secrets_external *external, const json_t *live,
			    const json_t *secret, struct rc_error **err);
/* Whether writing object would change live. */
bool rc_secrets_target_differs(const json_t *live, const json_t *object);
/* The field manager that writes for an ExternalSecret; the caller's to free. */
char *rc_secrets_target_manager(const struct rc_secrets_external *external);
