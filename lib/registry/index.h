/* index.yaml of a Helm chart repository: which versions of a chart there are, and where. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

#define RC_REGISTRY_INDEX_MAX ((size_t)128 << 20) /* bytes of an index */

/* Everything lives in the arena it was parsed into. */
struct rc_registry_index;

struct rc_registry_index_entry {
	const char *name, *version, *description; /* description may be "" */
	const char *url;			  /* as written: absolute, or below the index */
	const char *digest;			  /* 64 hexadecimal digits, or NULL */
};

/*
 * YAML or JSON; text is borrowed for as long as the index. -EINVAL: it is no index, or one without
 * an apiVersion; -E2BIG.
 */
int rc_registry_index_parse(struct rc_arena *arena, struct rc_str text,
			    struct rc_registry_index **ret_index, struct rc_error **err);

/*
 * The entry that rc_registry_version_choose() takes for range. Entries that are not valid are
 * passed over. -ENOENT: there is no such chart, -ENODATA: none of its versions meets the range,
 * -EINVAL: range is no constraint.
 */
int rc_registry_index_find(const struct rc_registry_index *index, const char *chart,
			   const char *range, bool prefer_exact,
			   struct rc_registry_index_entry *ret_entry, struct rc_error **err);
