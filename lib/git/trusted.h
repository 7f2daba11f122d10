/* The files of a commit that may be believed: signed by whom we trust, and no step back. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "git/mirror.h"
#include "git/signature.h"

struct rc_git_trusted_options {
	const char *commit;		      /* its whole id */
	const char *folder;		      /* "." : the root */
	const struct rc_git_signers *signers; /* NULL: signatures are not asked for */
	const json_t *since; /* array of ids of commits; each must be the commit, or before it */
};

/*
 * {"files": [{"path", "text"}], "by"?} of the YAML files right in the folder; the caller's.
 * -EACCES: it is not signed as it must be, or it is no descendant of what is trusted. -EINVAL: a
 * file is no text. -ENOENT: there is no such folder, or no YAML file in it. Blocks; for a worker
 * process.
 */
int rc_git_trusted_read(struct rc_git_mirror *mirror, const struct rc_git_trusted_options *options,
			json_t **ret_reply, struct rc_error **err);
