/*
 * .helmignore: which files of a directory are no part of the chart, by Helm's rules (not git's: a
 * negated rule ignores all that it does not match).
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "helm/file.h"

struct rc_helm_ignore;

/*
 * Read the rules of text (which may be empty: the default rule templates/.?* remains). Text and
 * rules live as long as arena. Returns 0 or -EINVAL with Helm's words.
 */
int rc_helm_ignore_parse(struct rc_arena *arena, struct rc_str text, struct rc_helm_ignore **ret,
			 struct rc_error **err);
/* Whether the rules name path; an ignored directory is skipped with all below it. */
bool rc_helm_ignore_matches(const struct rc_helm_ignore *rules, struct rc_str path,
			    bool is_directory);
/*
 * For readers that list files without walking directories: drop from files what the .helmignore
 * among them names.
 */
int rc_helm_ignore_apply(struct rc_helm_files *files, struct rc_error **err);
