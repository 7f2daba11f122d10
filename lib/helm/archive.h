/* A packed chart: a gzip-compressed tar archive. */
#pragma once

#include "helm/file.h"

/*
 * Append the files of the archive, their first path element dropped. Contents are copied into the
 * list's arena. Returns 0, -EINVAL with Helm's words, or -E2BIG.
 */
int rc_helm_archive_load(struct rc_str archive, struct rc_helm_files *files, struct rc_error **err);
