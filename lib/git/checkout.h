/*
 * A commit's files on disk, for programs that want to be run among them.
 *
 * Blocks; for a worker process only.
 */
#pragma once

#include "base/error.h"
#include "git/mirror.h"

/*
 * Write the whole tree of commit (40 hex digits) below folder, which is made (0700) and must be
 * empty or absent. Links stay links, submodules are empty folders. -ENOENT: no such commit;
 * -E2BIG: more than 50,000 files or 512 MiB; -EEXIST: the folder is not empty.
 */
int rc_git_checkout_write(struct rc_git_mirror *mirror, const char *commit, const char *folder,
			  struct rc_error **err);
