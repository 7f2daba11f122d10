/* Value files of a chart: which ones an Application names, and in which order they count. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/glob.h"
#include "gitops/source-private.h"

#define SEGMENTS_MAX 64

/* Where a value file is: source's own tree, or that of the source it names by $ref. */
static int find_source(const struct source_chart *chart, const char *name, size_t *ret_index,
		       char **ret_path, struct rc_error **err)
{
	const struct rc_application *application = chart->job->application;
	const char *slash = strchr(name, '/');

	if (*name == '$' && slash) {
		for (size_t i = 0; i < application->n_sources; i++) {
			const char *ref = application->sources[i].ref;

			if (!ref || strlen(ref) != (size_t)(slash - name - 1) ||
			    strncmp(ref, name + 1, strlen(ref)) != 0)
				continue;
			*ret_index = i;
			*ret_path = rc_git_tree_normalise("", slash + 1);
			return *ret_path
				       ? 0
				       : rc_fail(err, -EINVAL, "'%s' leaves its repository", name);
		}
		return rc_fail(err, -EINVAL, "'%s': no source has that ref", name);
	}
	if (strstr(name, "://")) {
		rc_fail(err, -EINVAL, "'%s': value files from the network are not supported", name);
		rc_hint(err, "put it into a repository and name that as a second source with ref");
		return -EINVAL;
	}
	*ret_index = chart->index;
	*ret_path = rc_git_tree_normalise(*name == '/' ? "" : chart->source->path, name);
	return *ret_path ? 0 : rc_fail(err, -EINVAL, "'%s' leaves the repository", name);
}

/* A file of the packed chart itself, or of those that came with the request. */
static int read_packed(const struct source_chart *chart, const char *path, struct rc_str *ret_bytes,
		       struct rc_error **err)
{
	for (size_t i = 0; i < chart->files->n; i++) {
		if (strcmp(chart->files->at[i].path, path) != 0)
			continue;
		*ret_bytes = chart->files->at[i].bytes;
		return 0;
	}
	return rc_fail(err, -ENOENT, "%s is not in the chart", path);
}

/* The file's bytes in the arena; -ENOENT when it is not there. */
static int read_named(const struct source_chart *chart, const char *name, struct rc_str *ret_bytes,
		      struct rc_error **err)
{
	rc_autofree char *path = NULL, *bytes = NULL;
	struct rc_git_mirror *mirror;
	const char *local;
	size_t index = 0, n;
	int r = find_source(chart, name, &index, &path, err);

	if (r < 0)
		return r;
	local = rc_source_local_find_path(chart, index, path);
	if (local)
		return read_packed(chart, local, ret_bytes, err);
	if (index == chart->index && chart->job->archives[index])
		return read_packed(chart, path, ret_bytes, err);
	if (chart->job->archives[index])
		return rc_fail(err, -EINVAL, "'%s': value files come from Git, not from a chart",
			       name);
	r = rc_source_open_mirror(chart->job, index, &mirror, err);
	if (r == 0)
		r = rc_git_tree_read_file(mirror, chart->job->commits[index], path, &bytes, &n,
					  err);
	if (r < 0)
		return r;
	ret_bytes->p = rc_arena_strndup(chart->arena, bytes, n);
	ret_bytes->n = n;
	return 0;
}

int rc_source_values_read(void *userdata, const char *path, struct rc_buf *out,
			  struct rc_error **err)
{
	struct rc_str bytes;
	int r = read_named(userdata, path, &bytes, err);

	return r < 0 ? r : rc_buf_add_str(out, bytes);
}

void rc_source_values_add(struct source_chart *chart, const char *name, struct rc_str text)
{
	if (chart->n_values == chart->size_values) {
		chart->size_values = chart->size_values ? 2 * chart->size_values : 8;
		chart->values =
			rc_realloc(chart->values, chart->size_values * sizeof(*chart->values));
	}
	chart->values[chart->n_values++] = (struct rc_helm_values_text){name, text};
}

/* ---- patterns, as doublestar has them: "**" is any number of folders, also none ---- */

static bool is_pattern(const char *path)
{
	return strpbrk(path, "*?[{") != NULL;
}

struct segments {
	struct rc_str at[SEGMENTS_MAX];
	size_t n;
};

static int split(const char *path, struct segments *segments, struct rc_error **err)
{
	*segments = (struct segments){.n = 0};
	for (;;) {
		size_t n = strcspn(path, "/");

		if (segments->n == SEGMENTS_MAX)
			return rc_fail(err, -EINVAL, "'%s' has more than %d folders", path,
				       SEGMENTS_MAX);
		segments->at[segments->n++] = (struct rc_str){path, n};
		if (!path[n])
			return 0;
		path += n + 1;
	}
}

static bool is_segment(struct rc_str pattern, struct rc_str name)
{
	struct rc_glob *glob = NULL;
	bool matches = rc_glob_compile(pattern, '/', &glob, NULL) == 0 && rc_glob_match(glob, name);

	rc_glob_free(glob);
	return matches;
}

static bool is_match(const struct segments *pattern, size_t i, const struct segments *name,
		     size_t j)
{
	for (; i < pattern->n; i++, j++) {
		if (rc_str_is(pattern->at[i], "**")) {
			for (size_t k = j; k <= name->n; k++)
				if (is_match(pattern, i + 1, name, k))
					return true;
			return false;
		}
		if (j == name->n || !is_segment(pattern->at[i], name->at[j]))
			return false;
	}
	return j == name->n;
}

/* The folders before the first one that is a pattern; "." : none. In the arena. */
static const char *fixed_folder(const struct source_chart *chart, const char *path)
{
	size_t n = strcspn(path, "*?[{");

	while (n > 0 && path[n - 1] != '/')
		n--;
	return n > 1 ? rc_arena_strndup(chart->arena, path, n - 1) : ".";
}

struct found {
	const char *key; /* "<source> <path>" */
	struct rc_str bytes;
};

struct list {
	struct found *at;
	size_t n, size;
};

static const char *key_of(const struct source_chart *chart, size_t index, const char *path)
{
	return rc_arena_printf(chart->arena, "%zu %s", index, path);
}

static void list_add(struct list *list, struct found found)
{
	if (list->n == list->size) {
		list->size = list->size ? 2 * list->size : 16;
		list->at = rc_realloc(list->at, list->size * sizeof(*list->at));
	}
	list->at[list->n++] = found;
}

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return strcmp(x->key, y->key);
}

/* Those files below folder that match; their bytes go to the arena. */
static int match_files(const struct source_chart *chart, size_t index, const char *folder,
		       const struct rc_git_files *files, const struct segments *pattern,
		       struct list *list, struct rc_error **err)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct rc_git_file *file = &files->at[i];
		const char *path = strcmp(folder, ".") == 0 ? file->path
							    : rc_arena_printf(chart->arena, "%s/%s",
									      folder, file->path);
		struct segments name;
		int r = split(path, &name, err);

		if (r < 0)
			return r;
		if (is_match(pattern, 0, &name, 0))
			list_add(list, (struct found){key_of(chart, index, path),
						      {rc_arena_strndup(chart->arena, file->bytes.p,
									file->bytes.n),
						       file->bytes.n}});
	}
	rc_sort(list->at, list->n, sizeof(*list->at), compare_found);
	return 0;
}

static int find_files(const struct source_chart *chart, size_t index, const char *path,
		      struct list *list, struct rc_error **err)
{
	rc_cleanup(rc_git_tree_files_done) struct rc_git_files files = {NULL, 0, 0};
	const char *folder = fixed_folder(chart, path);
	struct rc_git_mirror *mirror;
	struct segments pattern;
	int r = split(path, &pattern, err);

	if (r < 0)
		return r;
	if (chart->job->archives[index] && index != chart->index)
		return rc_fail(err, -EINVAL, "value files come from Git, not from a chart");
	if (chart->job->archives[index])
		return match_files(chart, index, ".", chart->files, &pattern, list, err);
	if (rc_source_local_find_path(chart, index, folder))
		return match_files(chart, index, chart->source->path, chart->files, &pattern, list,
				   err);
	r = rc_source_open_mirror(chart->job, index, &mirror, err);
	if (r == 0)
		r = rc_git_tree_read(mirror, chart->job->commits[index], folder, NULL, &files,
				     NULL);
	if (r < 0) /* no such folder: nothing in it matches */
		return r == -ENOENT ? 0 : rc_fail(err, r, "reading %s", folder);
	return match_files(chart, index, folder, &files, &pattern, list, err);
}

/* ---- the list ---- */

static bool has_key(const char *const *keys, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* Files that are named by themselves keep that place, whatever pattern matches them too. */
static const char **list_named(const struct source_chart *chart, size_t *ret_n)
{
	size_t n = chart->source->helm.n_value_files;
	const char **keys = rc_arena_alloc(chart->arena, (n + 1) * sizeof(*keys));

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		const char *name = rc_source_expand_path(chart, chart->source->helm.value_files[i]);
		rc_autofree char *path = NULL;
		size_t index;

		if (find_source(chart, name, &index, &path, NULL) == 0 && !is_pattern(path))
			keys[(*ret_n)++] = key_of(chart, index, path);
	}
	return keys;
}

/* A file counts at the first place that names it. */
static void add_once(struct source_chart *chart, const char *key, struct rc_str bytes)
{
	const char *path = strchr(key, ' ') + 1;

	if (json_object_get(chart->seen, key))
		return;
	json_object_set_new(chart->seen, key, json_true());
	rc_source_values_add(chart, path, bytes);
}

static int add_pattern(struct source_chart *chart, size_t index, const char *path,
		       const char *pattern, struct rc_error **err)
{
	struct list list = {NULL, 0, 0};
	size_t n_named;
	const char **named = list_named(chart, &n_named);
	int r = find_files(chart, index, path, &list, err);

	if (r == 0 && list.n == 0 && !chart->source->helm.ignore_missing_value_files)
		r = rc_fail(err, -ENOENT, "valueFiles: nothing matches '%s'", pattern);
	for (size_t i = 0; r == 0 && i < list.n; i++)
		if (!has_key(named, n_named, list.at[i].key))
			add_once(chart, list.at[i].key, list.at[i].bytes);
	free(list.at);
	return r;
}

static int add_file(struct source_chart *chart, const char *text, struct rc_error **err)
{
	const char *name = rc_source_expand_path(chart, text);
	rc_autofree char *path = NULL;
	struct rc_error *why = NULL;
	struct rc_str bytes;
	size_t index;
	int r = find_source(chart, name, &index, &path, err);

	if (r < 0)
		return rc_wrap(err, r, "valueFiles: %s", name);
	if (is_pattern(path))
		return add_pattern(chart, index, path, name, err);
	r = read_named(chart, name, &bytes, &why);
	if (r == -ENOENT && chart->source->helm.ignore_missing_value_files) {
		rc_error_free(why);
		return 0;
	}
	if (r < 0) {
		rc_error_move(err, why);
		return rc_wrap(err, r, "valueFiles: %s", name);
	}
	add_once(chart, key_of(chart, index, path), bytes);
	return 0;
}

int rc_source_values_add_files(struct source_chart *chart, struct rc_error **err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < chart->source->helm.n_value_files; i++)
		r = add_file(chart, chart->source->helm.value_files[i], err);
	return r;
}
