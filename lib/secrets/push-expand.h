/*
 * What a PushSecret pushes to one store: its data, and its dataTo as entries of data, one for each
 * key that fits. Pure.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/* A store that is pushed to; all borrowed. */
struct rc_secrets_push_store {
	const char *kind, *name;
	const json_t *labels; /* or NULL */
};

/* A store is one that ref ({kind, name} or {kind, labelSelector}) means. */
bool rc_secrets_push_expand_means(const json_t *ref, const struct rc_secrets_push_store *store);

/*
 * [{data, values}]: an entry as spec.data has it, and {key: text} of what it takes its values from.
 * values are those of the source. -EINVAL: a key is not there, two go to the same place, or a rule
 * makes no sense. The caller's.
 */
int rc_secrets_push_expand(const json_t *spec, const struct rc_secrets_push_store *store,
			   const json_t *values, json_t **ret_items, struct rc_error **err);

/* "app/password", "app": where an entry goes. The caller's. */
char *rc_secrets_push_expand_place(const json_t *data);
