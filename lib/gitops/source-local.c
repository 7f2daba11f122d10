/* Files that came with the request: what somebody has not committed yet, to see what it would do.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/sort.h"
#include "data/base64.h"
#include "data/json.h"
#include "gitops/source-private.h"

#define FILES_MAX 20000
#define BYTES_MAX ((size_t)64 << 20)

const json_t *rc_source_local_get(const struct source_job *job, size_t i)
{
	return json_object_get(json_array_get(json_object_get(job->request, "at"), i), "files");
}

char *rc_source_local_make_key(const json_t *files)
{
	char hex[RC_JSON_HASH_MAX];

	return rc_asprintf("local %s", rc_json_hash(files, hex));
}

static int compare_files(const void *a, const void *b)
{
	const struct rc_git_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int take_file(const json_t *file, struct rc_git_files *files, struct rc_error **err)
{
	const char *path = rc_json_text(file, "path", NULL);
	const char *content = rc_json_text(file, "content", NULL);
	rc_autofree char *normal = path ? rc_git_tree_normalise("", path) : NULL;
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(BYTES_MAX);
	struct rc_git_file *to = &files->at[files->n];
	int r;

	if (!normal || !content || *path == '/')
		return rc_fail(err, -EINVAL,
			       "files: 'path' below the folder, and 'content' are wanted");
	r = rc_base64_decode(rc_str(content), &bytes);
	if (r < 0)
		return rc_fail(err, r, "files: %s: the content is no Base64, or too much", path);
	to->bytes.n = bytes.n;
	files->bytes += bytes.n;
	to->bytes.p = rc_buf_take(&bytes);
	to->path = rc_steal(&normal);
	files->n++;
	return files->bytes > BYTES_MAX
		       ? rc_fail(err, -E2BIG, "the files are more than %zu bytes", BYTES_MAX)
		       : 0;
}

int rc_source_local_read(const json_t *list, struct rc_git_files *files, struct rc_error **err)
{
	json_t *file;
	size_t i;
	int r;

	if (json_array_size(list) > FILES_MAX)
		return rc_fail(err, -E2BIG, "there are more than %d files", FILES_MAX);
	files->at = rc_calloc(json_array_size(list) + 1, sizeof(*files->at));
	json_array_foreach (list, i, file) {
		r = take_file(file, files, err);
		if (r < 0)
			return r;
	}
	rc_sort(files->at, files->n, sizeof(*files->at), compare_files);
	return 0;
}

const char *rc_source_local_find_path(const struct source_chart *chart, size_t index,
				      const char *path)
{
	rc_autofree char *folder = rc_git_tree_normalise("", chart->source->path);
	size_t n = folder ? strlen(folder) : 0;

	if (!folder || index != chart->index || !rc_source_local_get(chart->job, index))
		return NULL;
	if (n == 0 || strcmp(folder, ".") == 0)
		return path;
	if (strncmp(path, folder, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return ".";
	return path[n] == '/' ? path + n + 1 : NULL;
}
