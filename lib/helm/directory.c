/* A chart's files from a directory. */
#include "helm/directory.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "helm/ignore.h"

#define DEPTH_MAX 64 /* a link to a directory above itself ends here */

struct walk {
	size_t n_top; /* bytes of "<path>/" in front of every name */
	struct rc_helm_files *files;
	struct rc_helm_warnings *warnings;
	const struct rc_helm_ignore *rules;
};

static int walk_path(struct walk *walk, const char *path, int depth, struct rc_error **err);

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int walk_directory(struct walk *walk, const char *path, int depth, struct rc_error **err)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, not_dots, by_bytes);
	int r = 0;

	if (n < 0)
		return rc_fail(err, -errno, "open %s: %m", path);
	for (int i = 0; i < n; i++) {
		rc_autofree char *inner = rc_path_join(path, entries[i]->d_name);

		if (r == 0)
			r = walk_path(walk, inner, depth + 1, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int read_file(struct walk *walk, const char *path, struct rc_str name, struct rc_error **err)
{
	struct rc_arena *arena = walk->files->arena;
	struct rc_str bytes;
	int r = rc_file_load(arena, path, RC_HELM_FILE_MAX, &bytes, err);

	if (r < 0)
		return rc_wrap(err, r, "error reading %.*s", (int)name.n, name.p);
	return rc_helm_file_add(walk->files, rc_arena_str(arena, name), bytes, err);
}

/* Go's own words for what the system tells. */
static const char *go_words(int code)
{
	return code == ENOENT	? "no such file or directory"
	       : code == ELOOP	? "too many links"
	       : code == EACCES ? "permission denied"
				: strerror(code);
}

static int resolve(struct walk *walk, const char *path, struct stat *ret, struct rc_error **err)
{
	char resolved[PATH_MAX];

	if (!S_ISLNK(ret->st_mode))
		return 0;
	if (!realpath(path, resolved))
		return rc_fail(err, -errno, "error evaluating symlink %s: lstat %s: %s", path,
			       resolved, go_words(errno));
	rc_helm_warning_add(walk->warnings, "walk.go:75",
			    "found symbolic link in path: %s resolves to %s. Contents of linked "
			    "file included and used",
			    path, resolved);
	if (stat(resolved, ret) < 0)
		return rc_fail(err, -errno, "lstat %s: %m", resolved);
	return 0;
}

static int walk_path(struct walk *walk, const char *path, int depth, struct rc_error **err)
{
	struct rc_str name = rc_str(path);
	struct stat info;
	int r;

	if (depth > DEPTH_MAX)
		return rc_fail(err, -EINVAL, "%s: directories nest deeper than %d levels", path,
			       DEPTH_MAX);
	if (lstat(path, &info) < 0)
		return rc_fail(err, -errno, "lstat %s: %m", path);
	r = resolve(walk, path, &info, err);
	if (r < 0)
		return r;
	name = (struct rc_str){name.p + walk->n_top, name.n - walk->n_top};
	if (rc_helm_ignore_matches(walk->rules, name, S_ISDIR(info.st_mode)))
		return 0;
	if (S_ISDIR(info.st_mode))
		return walk_directory(walk, path, depth, err);
	if (!S_ISREG(info.st_mode))
		return rc_fail(err, -EINVAL,
			       "cannot load irregular file %s as it has file mode type bits set",
			       path);
	return read_file(walk, path, name, err);
}

static int load_rules(const char *top, struct rc_arena *arena, struct rc_helm_ignore **ret,
		      struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_HELM_FILE_MAX);
	rc_autofree char *path = rc_path_join(top, ".helmignore");

	if (access(path, F_OK) == 0) {
		int r = rc_file_read(path, &text, err);

		if (r < 0)
			return r;
	}
	return rc_helm_ignore_parse(arena, rc_arena_str(arena, rc_buf_str(&text)), ret, err);
}

int rc_helm_directory_load(const char *path, struct rc_helm_files *files,
			   struct rc_helm_warnings *warnings, struct rc_error **err)
{
	struct walk walk = {.files = files, .warnings = warnings};
	char top[PATH_MAX];
	struct rc_helm_ignore *rules;
	int r;

	if (!realpath(path, top))
		return rc_fail(err, -errno, "stat %s: %m", path);
	walk.n_top = strlen(top) + 1;
	r = load_rules(top, files->arena, &rules, err);
	if (r < 0)
		return r;
	walk.rules = rules;
	return walk_directory(&walk, top, 0, err);
}
