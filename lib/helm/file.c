/* The files of a chart. */
#include "helm/file.h"

#include <errno.h>

int rc_helm_file_add(struct rc_helm_files *files, struct rc_str name, struct rc_str bytes,
		     struct rc_error **err)
{
	if (rc_str_has_prefix(bytes, RC_STR("\xef\xbb\xbf")))
		bytes = (struct rc_str){bytes.p + 3, bytes.n - 3};
	if (bytes.n > RC_HELM_FILE_MAX)
		return rc_fail(err, -E2BIG, "file '%.*s' is larger than %zu bytes", (int)name.n,
			       name.p, RC_HELM_FILE_MAX);
	files->size_bytes += bytes.n;
	if (files->size_bytes > RC_HELM_FILES_MAX)
		return rc_fail(err, -E2BIG, "the chart's files are larger than %zu bytes together",
			       RC_HELM_FILES_MAX);
	if (files->n == files->room) {
		size_t room = files->room ? files->room * 2 : 32;

		files->at = rc_arena_grow(files->arena, files->at, files->n * sizeof(*files->at),
					  room * sizeof(*files->at));
		files->room = room;
	}
	files->at[files->n++] = (struct rc_helm_file){name, bytes};
	return 0;
}
