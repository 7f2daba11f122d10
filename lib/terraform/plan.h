/*
 * What a saved plan would do, read from `show -json` (format 1.x), for people and for approval.
 *
 * Terraform prints sensitive values in the clear there. Everything that leaves these functions is
 * masked by before_sensitive and after_sensitive first. The input is as large as its state, so it
 * is read in the confined plan worker; the daemon sees only the summary.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

#define RC_TERRAFORM_PLAN_MASK "(sensitive value)"

/*
 * The summary of a plan (borrowed), the caller's:
 *
 * {"digest": HEX, "terraformVersion", "isEmptied"?, "isErrored"?,
 *  "counts": {"create", "update", "replace", "delete", "read", "forget", "import", "move",
 *             "other"},
 *  "changes": [{"address", "type", "action", "actions", "previousAddress"?, "reason"?,
 *               "replacePaths"?, "isImport"?,
 *               "diff": [{"path", "before"?, "after"?, "isUnknown"?, "isSensitive"?}],
 *               "omitted"?: N}],
 *  "outputs": [{"name", "action", "before"?, "after"?}],
 *  "drift": [{"address", "type", "action"}], "omitted"?: N,
 *  "sensitive": [TEXT...]}
 *
 * "changes" leaves out what stays as it is. action is one of create, update, replace, delete,
 * read, forget, no-op, or "other" for actions this version does not know, which are dangerous.
 * "sensitive" is to be taken out before the rest is kept or shown. "isEmptied": the configuration
 * holds nothing and everything would go. The digest covers all of it, also what the lists omit, and
 * salt (commit and workspace, so that a plan of another commit is another plan). -EPROTO: it is no
 * plan, or of a format with another major version.
 */
int rc_terraform_plan_summarise(const json_t *plan, const char *salt, json_t **ret_summary,
				struct rc_error **err);

/* Nothing would be changed, outputs included. */
bool rc_terraform_plan_is_noop(const json_t *summary);
/* "2 to add, 1 to change, 0 to destroy"; the caller's to free. */
char *rc_terraform_plan_describe(const json_t *summary);
