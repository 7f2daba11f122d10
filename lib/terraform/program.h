/* Which terraform or tofu a stack is run with, and whether its version is one the stack takes. */
#pragma once

#include "base/error.h"
#include "base/str.h"

/* name: a path, or what to look up in PATH; NULL: terraform, else tofu. *ret_path is the caller's.
 * -ENOENT. */
int rc_terraform_program_find(const char *name, char **ret_path, struct rc_error **err);
/*
 * printed: what `version` prints. constraint: ">= 1.9, < 2", or NULL: any. *ret_version ("1.10.6")
 * is the caller's. -EPROTO: it tells no version; -EINVAL: its version is another, or the constraint
 * is none.
 */
int rc_terraform_program_check(struct rc_str printed, const char *constraint, char **ret_version,
			       struct rc_error **err);
