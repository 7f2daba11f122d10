/* Checking out of a bare mirror. */
#include "git/checkout.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "git/mirror-private.h"

#define FILES_MAX 50000
#define BYTES_MAX ((size_t)512 << 20)

struct measure {
	git_odb *odb;
	size_t files, bytes;
	bool is_over;
};

/* Sizes come from the objects' headers: nothing is read yet. */
static int on_entry(const char *root, const git_tree_entry *entry, void *userdata)
{
	struct measure *measure = userdata;
	git_object_t type;
	size_t n = 0;

	(void)root;
	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
		return 0;
	if (git_odb_read_header(&n, &type, measure->odb, git_tree_entry_id(entry)) < 0)
		return -1;
	measure->files++;
	measure->bytes += n;
	measure->is_over = measure->files > FILES_MAX || measure->bytes > BYTES_MAX;
	return measure->is_over ? -1 : 0;
}

static int check_size(git_repository *repository, const git_tree *tree, struct rc_error **err)
{
	struct measure measure = {.files = 0};
	int r = git_repository_odb(&measure.odb, repository);

	if (r == 0)
		r = git_tree_walk(tree, GIT_TREEWALK_PRE, on_entry, &measure);
	git_odb_free(measure.odb);
	if (measure.is_over)
		return rc_fail(err, -E2BIG, "the commit has more than %d files or %zu MiB",
			       FILES_MAX, BYTES_MAX >> 20);
	return r < 0 ? rc_git_mirror_fail(r, err, "reading the commit") : 0;
}

static int make_empty(const char *folder, struct rc_error **err)
{
	int r = rc_file_make_directory(folder, 0700, err);

	if (r < 0)
		return r;
	/* rmdir() of what is not empty fails: a cheap way to ask. */
	if (rmdir(folder) < 0)
		return rc_fail(err, -EEXIST, "%s is not empty", folder);
	if (mkdir(folder, 0700) < 0)
		return rc_fail(err, -errno, "%s: %s", folder, strerror(errno));
	return 0;
}

static int write_tree(git_repository *repository, git_tree *tree, const char *folder,
		      struct rc_error **err)
{
	git_checkout_options options;
	int r = git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);

	if (r < 0)
		return rc_git_mirror_fail(r, err, "writing the commit's files");
	options.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_UPDATE_INDEX;
	options.target_directory = folder;
	r = git_checkout_tree(repository, (git_object *)tree, &options);
	return r < 0 ? rc_git_mirror_fail(r, err, "writing the commit's files") : 0;
}

int rc_git_checkout_write(struct rc_git_mirror *mirror, const char *commit, const char *folder,
			  struct rc_error **err)
{
	git_commit *object = NULL;
	git_tree *tree = NULL;
	git_oid id;
	int r;

	if (git_oid_fromstr(&id, commit) < 0)
		return rc_fail(err, -EINVAL, "'%s' is no commit in full", commit);
	r = git_commit_lookup(&object, mirror->repository, &id);
	if (r == 0)
		r = git_commit_tree(&tree, object);
	git_commit_free(object);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "reading the commit");
	r = check_size(mirror->repository, tree, err);
	if (r == 0)
		r = make_empty(folder, err);
	if (r == 0)
		r = write_tree(mirror->repository, tree, folder, err);
	git_tree_free(tree);
	return r;
}
