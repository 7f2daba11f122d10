/*
 * The key-value engines: paths, and what an answer holds.
 *
 * mount NULL or "": keys are whole paths. With version 2 "data" is put behind the mount, or,
 * without one, behind the first part of a key that does not have it already.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "vault/answer.h"

/* Percent-encoded, the caller's to free; version may be NULL. */
char *rc_vault_kv_read_path(const char *mount, bool is_v2, const char *key, const char *version);
/* -EINVAL: version 1 has no metadata, or nothing says where the mount ends. */
int rc_vault_kv_metadata_path(const char *mount, bool is_v2, const char *key, char **ret_path,
			      struct rc_error **err);
/* What lies in a folder ("" or "a/"); to be asked by LIST. */
char *rc_vault_kv_list_path(const char *mount, bool is_v2, const char *folder);

/*
 * The values of a read that ended with r; *ret_values is borrowed from the answer. -ENOENT: a real
 * 404, or a version that was deleted; nothing else is. err is looked at and set.
 */
int rc_vault_kv_take(int r, const struct rc_vault_answer *answer, bool is_v2,
		     const json_t **ret_values, struct rc_error **err);
/* The metadata of a read of a metadata path: {name: text}; the caller's. */
json_t *rc_vault_kv_take_metadata(const struct rc_vault_answer *answer);
