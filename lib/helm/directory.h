/* A chart's files from a directory, as Helm walks it. */
#pragma once

#include "helm/file.h"
#include "helm/warning.h"

/*
 * Append all files below path that .helmignore leaves, in byte order per directory, symbolic links
 * followed. Returns 0, -EINVAL (bad rules, a device or socket, a chain of links), -E2BIG or the
 * errno of what could not be read.
 */
int rc_helm_directory_load(const char *path, struct rc_helm_files *files,
			   struct rc_helm_warnings *warnings, struct rc_error **err);
