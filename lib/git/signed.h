/* Documents of a folder, each with who signed the commit that brought it as it is. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "git/mirror.h"
#include "git/signature.h"

/*
 * Of each YAML or JSON file below folder: {"path", "commit", "document"?, "by", "kind", "key",
 * "time"} or, when its signature is none we believe or it cannot be read, {"path", "commit"?,
 * "document"?, "error"}. The array is the caller's; it is empty when there is no such folder. A
 * merge that leaves a file as one side had it did not bring it. Blocks; for a worker process.
 * -E2BIG: more than 500 files or 4 MiB.
 */
int rc_git_signed_list(struct rc_git_mirror *mirror, const char *commit, const char *folder,
		       const struct rc_git_signers *signers, json_t **ret_list,
		       struct rc_error **err);
