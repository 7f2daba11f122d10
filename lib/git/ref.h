/* What revisions of a mirror mean. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "git/mirror.h"

#define RC_GIT_ID_MAX 41 /* 40 hex digits and the NUL */

/*
 * The commit a revision names: branch, tag (annotated ones are followed), refs/..., a commit in
 * full or its first 7 digits and more, "" or HEAD, or a range of versions over the tags (">=1.2
 * <2"). -ENOENT: there is none.
 */
int rc_git_ref_resolve(struct rc_git_mirror *mirror, const char *revision, char id[RC_GIT_ID_MAX],
		       struct rc_error **err);
/* Whether the way from old to new is no fast-forward; false too when old is gone. */
bool rc_git_ref_is_forced(struct rc_git_mirror *mirror, const char *old_id, const char *new_id);
/* {author, mail, date, subject} of a commit; the caller's. */
int rc_git_ref_describe(struct rc_git_mirror *mirror, const char *id, json_t **ret_json,
			struct rc_error **err);
