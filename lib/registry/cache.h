/*
 * What was downloaded, by its digest: archives of charts, and beside them the indexes of
 * repositories and what dependencies were resolved to.
 *
 * Files come into being whole. Reading one marks it as used; what was not used for longest goes
 * first when all together are larger than the limit. Several processes may work in one folder.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "data/digest.h"

#define RC_REGISTRY_CACHE_MAX	((uint64_t)1 << 30) /* bytes of all files */
#define RC_REGISTRY_ARCHIVE_MAX ((size_t)64 << 20)  /* bytes of one archive */

/* Where the archive of this digest is, or would be; the caller's. */
char *rc_registry_cache_path(const char *folder, const char *digest);
/* It is there; marks it as used. */
bool rc_registry_cache_has(const char *folder, const char *digest);
/* Keep an archive; its digest goes to digest. */
int rc_registry_cache_add(const char *folder, struct rc_str archive, char digest[RC_DIGEST_MAX],
			  struct rc_error **err);
/* Read one and see that it is what it is named after. -ENOENT, -EPROTO (damaged: it is removed). */
int rc_registry_cache_read(const char *folder, const char *digest, struct rc_buf *buf,
			   struct rc_error **err);

/* The same for a file with a name of its own ("index-..."): written over, not checked. */
int rc_registry_cache_put(const char *folder, const char *name, struct rc_str bytes,
			  struct rc_error **err);
int rc_registry_cache_get(const char *folder, const char *name, struct rc_buf *buf,
			  struct rc_error **err);

/* Remove what was used longest ago until at most max_bytes are left, and what a killed writer left.
 */
void rc_registry_cache_trim(const char *folder, uint64_t max_bytes);
