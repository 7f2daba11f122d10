/* Chart.lock: which versions Chart.yaml's dependencies were resolved to, and whether it still fits.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "helm/file.h"
#include "helm/metadata.h"

#define RC_REGISTRY_LOCK_DIGEST_MAX 72 /* "sha256:" and 64 digits */

/* Lives in the arena it was read into. */
struct rc_registry_lock {
	const char *file;     /* "Chart.lock", "requirements.lock" */
	struct rc_str digest; /* of both lists, "sha256:..." */
	struct rc_helm_dependency **dependencies;
	size_t n_dependencies;
};

/* The lock among a chart's files; *ret_lock is NULL when there is none. -EINVAL. */
int rc_registry_lock_find(const struct rc_helm_files *files, struct rc_registry_lock **ret_lock,
			  struct rc_error **err);
/*
 * The digest that Helm 3 writes into a lock: of the dependencies as Chart.yaml has them, aliases of
 * repositories resolved, and as they are locked.
 */
int rc_registry_lock_hash(const struct rc_helm_metadata *metadata,
			  const struct rc_registry_lock *lock,
			  char text[RC_REGISTRY_LOCK_DIGEST_MAX], struct rc_error **err);
/* The text of a lock file with that digest, made at this time. */
void rc_registry_lock_write(const struct rc_registry_lock *lock, const char *digest,
			    int64_t made_unix_s, struct rc_buf *out);
/* The one that Helm 2 wrote: of the former only, aliases as they are. */
int rc_registry_lock_hash_v2(const struct rc_helm_metadata *metadata,
			     char text[RC_REGISTRY_LOCK_DIGEST_MAX], struct rc_error **err);
