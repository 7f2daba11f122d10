/* Commits that may be believed. */
#include "git/trusted.h"

#include <errno.h>

#include "base/str.h"
#include "data/json.h"
#include "git/ref.h"
#include "git/tree.h"

#define FILES_MAX 500
#define BYTES_MAX ((size_t)4 << 20)

static int check_since(struct rc_git_mirror *mirror, const char *since, const char *commit,
		       struct rc_error **err)
{
	char id[RC_GIT_ID_MAX];
	int r;

	/* One that is gone was rewound, too. */
	if (rc_git_ref_resolve(mirror, since, id, NULL) == 0 && rc_text_equal(id, since) &&
	    !rc_git_ref_is_forced(mirror, since, commit))
		return 0;
	r = rc_fail(err, -EACCES, "it does not descend from %.12s, which is trusted", since);
	rc_hint(err, "put commits on top instead of rewinding the branch; to go back, revert");
	return r;
}

static int check_signature(struct rc_git_mirror *mirror,
			   const struct rc_git_trusted_options *options, json_t **ret_signer,
			   struct rc_error **err)
{
	int r;

	if (!options->signers)
		return 0;
	r = rc_git_signature_verify_commit(mirror, options->commit, options->signers, ret_signer,
					   err);
	/* It is all the same to whoever waits for it: it may not come into force. */
	return r == -ENOENT ? rc_wrap(err, -EACCES, "its signature") : r;
}

static bool is_yaml(const char *path)
{
	return path[0] != '.' &&
	       (rc_text_has_suffix(path, ".yaml") || rc_text_has_suffix(path, ".yml"));
}

static int collect(const struct rc_git_files *files, json_t *to, struct rc_error **err)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct rc_git_file *file = &files->at[i];
		json_t *text;

		if (!is_yaml(file->path))
			continue;
		text = json_stringn(file->bytes.p ? file->bytes.p : "", file->bytes.n);
		if (!text)
			return rc_fail(err, -EINVAL, "%s: is no UTF-8 text", file->path);
		json_array_append_new(to,
				      json_pack("{s:s, s:o}", "path", file->path, "text", text));
	}
	return json_array_size(to) > 0 ? 0 : rc_fail(err, -ENOENT, "there is no YAML file in it");
}

int rc_git_trusted_read(struct rc_git_mirror *mirror, const struct rc_git_trusted_options *options,
			json_t **ret_reply, struct rc_error **err)
{
	struct rc_git_tree_limits limits = {
		.max_files = FILES_MAX, .max_bytes = BYTES_MAX, .only_here = true};
	struct rc_git_files files = {NULL, 0, 0};
	json_auto_t *signer = NULL, *list = json_array();
	const json_t *since;
	size_t i;
	int r = 0;

	json_array_foreach (options->since, i, since)
		if (r == 0 && json_string_length(since) > 0)
			r = check_since(mirror, json_string_value(since), options->commit, err);
	if (r == 0)
		r = check_signature(mirror, options, &signer, err);
	if (r == 0)
		r = rc_git_tree_read(mirror, options->commit, options->folder, &limits, &files,
				     err);
	if (r < 0)
		return r;
	r = collect(&files, list, err);
	rc_git_tree_files_done(&files);
	if (r == 0)
		*ret_reply = json_pack("{s:O, s:s*}", "files", list, "by",
				       rc_json_text(signer, "by", NULL));
	return r;
}
