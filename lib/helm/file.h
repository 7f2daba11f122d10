/*
 * The files of a chart: whatever reads them (a directory, an archive, a Git tree) makes such a
 * list, and the loader needs no more.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define RC_HELM_FILE_MAX  ((size_t)32 << 20)  /* bytes of one file */
#define RC_HELM_FILES_MAX ((size_t)256 << 20) /* bytes of all files of a chart, unpacked */

struct rc_helm_file {
	struct rc_str name; /* below the chart's folder, with '/': "templates/a.yaml" */
	struct rc_str bytes;
};

struct rc_helm_files {
	struct rc_arena *arena; /* borrowed; holds the list, and names and bytes put into it */
	struct rc_helm_file *at;
	size_t n, room;
	size_t size_bytes; /* of all files */
};

/*
 * Append a file, without its byte order mark; name and bytes are borrowed. -E2BIG over the limits.
 */
int rc_helm_file_add(struct rc_helm_files *files, struct rc_str name, struct rc_str bytes,
		     struct rc_error **err);
