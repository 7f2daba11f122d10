/* Walking trees. */
#include "git/tree.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/sort.h"
#include "git/mirror-private.h"

#define FILES_DEFAULT 20000
#define BYTES_DEFAULT ((size_t)64 << 20)
#define DEPTH_MAX     64
#define LINKS_MAX     8

struct reader {
	git_repository *repository;
	git_tree *root;
	struct rc_git_tree_limits limits;
	struct rc_git_files *files;
	size_t size;
};

char *rc_git_tree_normalise(const char *folder, const char *path)
{
	rc_autofree char *whole = rc_asprintf("%s/%s", *path == '/' ? "" : folder, path);
	rc_autofree const char **parts = rc_calloc(strlen(whole) + 1, sizeof(*parts));
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char *rest = whole, *part;
	size_t n = 0;

	while ((part = strsep(&rest, "/"))) {
		if (!*part || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") != 0)
			parts[n++] = part;
		else if (n-- == 0)
			return NULL;
	}
	for (size_t i = 0; i < n; i++)
		rc_buf_printf(&out, "%s%s", i ? "/" : "", parts[i]);
	return rc_buf_take(&out);
}

static int open_root(struct reader *reader, const char *commit, struct rc_error **err)
{
	git_commit *object = NULL;
	git_oid id;
	int r;

	if (git_oid_fromstr(&id, commit) < 0)
		return rc_fail(err, -EINVAL, "'%s' is no commit in full", commit);
	r = git_commit_lookup(&object, reader->repository, &id);
	if (r == 0)
		r = git_commit_tree(&reader->root, object);
	git_commit_free(object);
	return r < 0 ? rc_git_mirror_fail(r, err, "reading the commit") : 0;
}

/* ---- one blob ---- */

/* Before it is read: it would be in memory as a whole. */
static int check_size(struct reader *reader, const git_oid *id, struct rc_error **err)
{
	size_t before = reader->files ? reader->files->bytes : 0, n;
	git_odb *odb = NULL;
	git_object_t type;
	int r = git_repository_odb(&odb, reader->repository);

	if (r == 0)
		r = git_odb_read_header(&n, &type, odb, id);
	git_odb_free(odb);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "reading a file");
	if (n > reader->limits.max_bytes - before)
		return rc_fail(err, -E2BIG, "the files are larger than %zu bytes together",
			       reader->limits.max_bytes);
	return 0;
}

static int read_blob(struct reader *reader, const git_oid *id, char **ret_bytes, size_t *ret_n,
		     struct rc_error **err)
{
	git_blob *blob = NULL;
	int r = check_size(reader, id, err);
	size_t n;

	if (r < 0)
		return r;
	r = git_blob_lookup(&blob, reader->repository, id);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "reading a file");
	n = (size_t)git_blob_rawsize(blob);
	*ret_bytes = rc_malloc(n + 1);
	memcpy(*ret_bytes, git_blob_rawcontent(blob), n);
	(*ret_bytes)[n] = '\0';
	*ret_n = n;
	git_blob_free(blob);
	return 0;
}

/* The first link on the way to path, or what it names; *ret_n is how much of path leads to it. */
static int look_up(struct reader *reader, const char *path, git_tree_entry **ret_entry,
		   size_t *ret_n)
{
	for (size_t n = strcspn(path, "/");; n += 1 + strcspn(path + n + 1, "/")) {
		rc_autofree char *prefix = rc_strndup(path, n);
		git_tree_entry *entry = NULL;

		if (git_tree_entry_bypath(&entry, reader->root, prefix) < 0)
			return -ENOENT;
		if (!path[n] || git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK) {
			*ret_entry = entry;
			*ret_n = n;
			return 0;
		}
		git_tree_entry_free(entry);
	}
}

/* Where a link leads, and from there on along rest; NULL: out of the repository. */
static char *follow(const char *link, size_t link_n, const char *target, const char *rest)
{
	rc_autofree char *folder = rc_strndup(link, link_n), *there = NULL;
	char *slash = strrchr(folder, '/');

	*(slash ? slash : folder) = '\0';
	there = *target == '/' ? NULL : rc_git_tree_normalise(folder, target);
	if (!there || !*rest)
		return rc_steal(&there);
	return *there ? rc_asprintf("%s%s", there, rest) : rc_strdup(rest + 1);
}

/* The entry that path names, links followed; the caller's. */
static int find(struct reader *reader, const char *path, git_tree_entry **ret_entry,
		char **ret_real, struct rc_error **err)
{
	rc_autofree char *now = rc_strdup(path);

	for (unsigned int links = 0; links < LINKS_MAX; links++) {
		git_tree_entry *entry = NULL;
		rc_autofree char *target = NULL, *next = NULL;
		size_t n, target_n;
		int r = look_up(reader, now, &entry, &n);

		if (r < 0)
			return rc_fail(err, -ENOENT, "%s is not in the commit", path);
		if (git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK) {
			*ret_entry = entry;
			if (ret_real)
				*ret_real = rc_steal(&now);
			return 0;
		}
		r = read_blob(reader, git_tree_entry_id(entry), &target, &target_n, err);
		git_tree_entry_free(entry);
		if (r < 0)
			return r;
		next = follow(now, n, target, now + n);
		if (!next || !*next)
			return rc_fail(err, -EINVAL, "%s is a link out of the repository", path);
		free(now);
		now = rc_steal(&next);
	}
	return rc_fail(err, -EINVAL, "%s is a link in a circle", path);
}

int rc_git_tree_read_file(struct rc_git_mirror *mirror, const char *commit, const char *path,
			  char **ret_bytes, size_t *ret_n, struct rc_error **err)
{
	struct reader reader = {.repository = mirror->repository,
				.limits.max_bytes = BYTES_DEFAULT};
	git_tree_entry *entry = NULL;
	int r = open_root(&reader, commit, err);

	if (r == 0)
		r = find(&reader, path, &entry, NULL, err);
	if (r == 0 && git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
		r = rc_fail(err, -ENOENT, "%s is no file", path);
	if (r == 0)
		r = read_blob(&reader, git_tree_entry_id(entry), ret_bytes, ret_n, err);
	git_tree_entry_free(entry);
	git_tree_free(reader.root);
	return r;
}

/* ---- a folder ---- */

static int add_file(struct reader *reader, const git_tree_entry *entry, const char *path,
		    struct rc_error **err)
{
	struct rc_git_files *files = reader->files;
	char *bytes;
	size_t n;
	int r;

	if (files->n >= reader->limits.max_files)
		return rc_fail(err, -E2BIG, "there are more than %zu files",
			       reader->limits.max_files);
	r = read_blob(reader, git_tree_entry_id(entry), &bytes, &n, err);
	if (r < 0)
		return rc_wrap(err, r, "%s", path);
	if (files->n == reader->size) {
		reader->size = reader->size ? 2 * reader->size : 64;
		files->at = rc_realloc(files->at, reader->size * sizeof(*files->at));
	}
	files->at[files->n++] = (struct rc_git_file){rc_strdup(path), {bytes, n}};
	files->bytes += n;
	return 0;
}

static int read_folder(struct reader *reader, const git_tree *tree, const char *real,
		       const char *shown, unsigned int depth, struct rc_error **err);

static int read_entry(struct reader *reader, const git_tree_entry *entry, const char *real,
		      const char *shown, unsigned int depth, struct rc_error **err)
{
	git_tree *tree = NULL;
	int r;

	if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
		return add_file(reader, entry, shown, err);
	if (git_tree_entry_type(entry) != GIT_OBJECT_TREE || reader->limits.only_here)
		return 0; /* a submodule, or a folder that nobody asked for */
	r = git_tree_lookup(&tree, reader->repository, git_tree_entry_id(entry));
	if (r < 0)
		return rc_git_mirror_fail(r, err, "reading a folder");
	r = read_folder(reader, tree, real, shown, depth + 1, err);
	git_tree_free(tree);
	return r;
}

static int read_link(struct reader *reader, const char *real, const char *shown, unsigned int depth,
		     struct rc_error **err)
{
	rc_autofree char *target = NULL;
	git_tree_entry *entry = NULL;
	int r = find(reader, real, &entry, &target, err);

	if (r == 0)
		r = read_entry(reader, entry, target, shown, depth, err);
	git_tree_entry_free(entry);
	return r;
}

static int read_folder(struct reader *reader, const git_tree *tree, const char *real,
		       const char *shown, unsigned int depth, struct rc_error **err)
{
	if (depth > DEPTH_MAX)
		return rc_fail(err, -E2BIG, "%s: folders are deeper than %d", real, DEPTH_MAX);
	for (size_t i = 0; i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		const char *name = git_tree_entry_name(entry);
		rc_autofree char *its_real = rc_asprintf("%s%s%s", real, *real ? "/" : "", name);
		rc_autofree char *its_shown = rc_asprintf("%s%s%s", shown, *shown ? "/" : "", name);
		int r = git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK
				? read_link(reader, its_real, its_shown, depth, err)
				: read_entry(reader, entry, its_real, its_shown, depth, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_files(const void *a, const void *b)
{
	const struct rc_git_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int open_folder(struct reader *reader, const char *folder, git_tree **ret_tree,
		       char **ret_real, struct rc_error **err)
{
	rc_autofree char *path = rc_git_tree_normalise("", folder);
	git_tree_entry *entry = NULL;
	int r;

	if (!path)
		return rc_fail(err, -EINVAL, "path '%s' leaves the repository", folder);
	if (!*path) {
		*ret_real = rc_strdup("");
		return git_object_dup((git_object **)ret_tree, (git_object *)reader->root);
	}
	r = find(reader, path, &entry, ret_real, err);
	if (r < 0)
		return r;
	if (git_tree_entry_type(entry) != GIT_OBJECT_TREE)
		r = rc_fail(err, -ENOENT, "%s is no folder", folder);
	else if (git_tree_lookup(ret_tree, reader->repository, git_tree_entry_id(entry)) < 0)
		r = rc_git_mirror_fail(-1, err, "reading a folder");
	git_tree_entry_free(entry);
	return r;
}

int rc_git_tree_read(struct rc_git_mirror *mirror, const char *commit, const char *folder,
		     const struct rc_git_tree_limits *limits, struct rc_git_files *ret_files,
		     struct rc_error **err)
{
	struct rc_git_files files = {NULL, 0, 0};
	struct reader reader = {.repository = mirror->repository, .files = &files};
	rc_autofree char *real = NULL;
	git_tree *tree = NULL;
	int r;

	if (limits)
		reader.limits = *limits;
	if (!reader.limits.max_files)
		reader.limits.max_files = FILES_DEFAULT;
	if (!reader.limits.max_bytes)
		reader.limits.max_bytes = BYTES_DEFAULT;
	r = open_root(&reader, commit, err);
	if (r == 0)
		r = open_folder(&reader, folder, &tree, &real, err);
	if (r == 0)
		r = read_folder(&reader, tree, real, "", 0, err);
	git_tree_free(tree);
	git_tree_free(reader.root);
	if (r < 0) {
		rc_git_tree_files_done(&files);
		return r;
	}
	rc_sort(files.at, files.n, sizeof(*files.at), compare_files);
	*ret_files = files;
	return 0;
}

void rc_git_tree_files_done(struct rc_git_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->at[i].path);
		free((char *)(uintptr_t)files->at[i].bytes.p);
	}
	free(files->at);
	*files = (struct rc_git_files){NULL, 0, 0};
}
