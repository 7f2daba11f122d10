/*
 * Which engine lies under a path, asked when Vault says that nothing is there.
 *
 * An engine of version 1 answers a path of version 2 with a plain 404. That is no missing secret:
 * it must never empty a Secret.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "vault/answer.h"

/* Where the engine of a path is told; the caller's to free. */
char *rc_secrets_vault_mount_path(const char *path);
/*
 * r and answer are those of that question; *err is taken over. 0: nothing speaks against it that
 * the secret is missing (also when the question is not allowed or not known to the server);
 * -EINVAL: the engine is of another version than is_v2 says; else it could not be found out.
 */
int rc_secrets_vault_mount_judge(int r, const struct rc_vault_answer *answer, bool is_v2,
				 struct rc_error **err);
