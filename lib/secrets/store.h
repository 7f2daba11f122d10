/* Who may use a store, and whose it is. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/*
 * spec.controller: a store of another class is somebody else's, and so is every ExternalSecret that
 * names it. Ours are "reconciled", and, unless External Secrets runs beside us, "" and "default".
 */
bool rc_secrets_store_is_ours(const json_t *store, bool has_rival);

/*
 * spec.conditions of a ClusterSecretStore: whether the ExternalSecrets of name_space may use it;
 * labels are those of the namespace, or NULL. -EACCES; -EINVAL: a pattern is none.
 */
int rc_secrets_store_check_use(const json_t *store, const char *name_space, const json_t *labels,
			       struct rc_error **err);
