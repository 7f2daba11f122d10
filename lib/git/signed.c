/* Files and the signatures behind them. */
#include "git/signed.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/yaml.h"
#include "git/mirror-private.h"
#include "git/ref.h"
#include "git/tree.h"

#define FILES_MAX 500
#define BYTES_MAX ((size_t)4 << 20)
#define STEPS_MAX 20000 /* of history */
#define NODES_MAX 10000

/* What a commit has at path; false: nothing. */
static bool get_blob(git_commit *commit, const char *path, git_oid *ret_id)
{
	git_tree *tree = NULL;
	git_tree_entry *entry = NULL;
	bool found = git_commit_tree(&tree, commit) == 0 &&
		     git_tree_entry_bypath(&entry, tree, path) == 0;

	if (found)
		git_oid_cpy(ret_id, git_tree_entry_id(entry));
	git_tree_entry_free(entry);
	git_tree_free(tree);
	return found;
}

/* A parent that has the same file; NULL: there is none. The caller's. */
static git_commit *find_parent(git_commit *commit, const char *path, const git_oid *blob)
{
	for (unsigned int i = 0; i < git_commit_parentcount(commit); i++) {
		git_commit *parent = NULL;
		git_oid id;

		if (git_commit_parent(&parent, commit, i) == 0 && get_blob(parent, path, &id) &&
		    git_oid_equal(&id, blob))
			return parent;
		git_commit_free(parent);
	}
	return NULL;
}

static int find_origin(struct rc_git_mirror *mirror, const char *commit, const char *path,
		       char id[RC_GIT_ID_MAX], struct rc_error **err)
{
	git_commit *at = NULL, *parent;
	git_oid oid, blob;
	size_t steps = 0;
	int r = git_oid_fromstr(&oid, commit);

	if (r == 0)
		r = git_commit_lookup(&at, mirror->repository, &oid);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "reading a commit");
	if (!get_blob(at, path, &blob)) {
		git_commit_free(at);
		return rc_fail(err, -ENOENT, "it is not in commit %.12s", commit);
	}
	while (steps++ < STEPS_MAX && (parent = find_parent(at, path, &blob)) != NULL) {
		git_commit_free(at);
		at = parent;
	}
	git_oid_tostr(id, RC_GIT_ID_MAX, git_commit_id(at));
	git_commit_free(at);
	return steps > STEPS_MAX ? rc_fail(err, -E2BIG, "its commit is too far back") : 0;
}

static int read_document(const struct rc_git_file *file, json_t **ret_document,
			 struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_options options = {.file = file->path, .max_nodes = NODES_MAX};
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(arena, file->bytes, &options, &node, err);

	return r < 0 ? r : rc_yaml_to_json(node, ret_document, err);
}

static json_t *describe(struct rc_git_mirror *mirror, const char *commit, const char *folder,
			const struct rc_git_file *file, const struct rc_git_signers *signers)
{
	rc_autofree char *path = rc_git_tree_normalise(folder, file->path);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	json_auto_t *document = NULL, *signer = NULL;
	json_t *item = json_pack("{s:s*}", "path", path);
	char id[RC_GIT_ID_MAX];
	int r = path ? find_origin(mirror, commit, path, id, &err)
		     : rc_fail(&err, -EINVAL, "its name leaves the repository");

	if (r == 0) {
		json_object_set_new(item, "commit", json_string(id));
		r = read_document(file, &document, &err);
	}
	if (document)
		json_object_set(item, "document", document);
	if (r == 0)
		r = rc_git_signature_verify_commit(mirror, id, signers, &signer, &err);
	if (r == 0) {
		json_object_update(item, signer);
	} else {
		rc_autofree char *chain = rc_error_format(err);

		json_object_set_new(item, "error", json_string(chain) ?: json_string("?"));
	}
	return item;
}

static bool is_document(const char *path)
{
	return rc_text_has_suffix(path, ".yaml") || rc_text_has_suffix(path, ".yml") ||
	       rc_text_has_suffix(path, ".json");
}

int rc_git_signed_list(struct rc_git_mirror *mirror, const char *commit, const char *folder,
		       const struct rc_git_signers *signers, json_t **ret_list,
		       struct rc_error **err)
{
	struct rc_git_tree_limits limits = {.max_files = FILES_MAX, .max_bytes = BYTES_MAX};
	struct rc_git_files files = {NULL, 0, 0};
	json_t *list = json_array();
	int r = rc_git_tree_read(mirror, commit, folder, &limits, &files, err);

	if (r == -ENOENT) {
		rc_error_free(rc_steal(err));
		r = 0;
	}
	for (size_t i = 0; r == 0 && i < files.n; i++)
		if (is_document(files.at[i].path))
			json_array_append_new(
				list, describe(mirror, commit, folder, &files.at[i], signers));
	rc_git_tree_files_done(&files);
	if (r < 0)
		json_decref(list);
	else
		*ret_list = list;
	return r;
}
