/* Packing a chart: what archive.h unpacks. */
#pragma once

#include "base/buf.h"
#include "helm/file.h"

/*
 * Append a gzip-compressed tar archive of files, each below a folder called name. The same files
 * give the same bytes: no times, no owners. Returns 0, or -E2BIG over the buffer's limit.
 */
int rc_helm_package_write(struct rc_buf *out, struct rc_str name, const struct rc_helm_files *files,
			  struct rc_error **err);
