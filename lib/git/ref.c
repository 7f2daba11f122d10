/* Revisions: names tried in the order git has, then commits, then ranges of versions. */
#include "git/ref.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/semver.h"
#include "git/mirror-private.h"

#define SHORT_MIN 7

/* The commit behind whatever id names. */
static int peel(git_repository *repository, const git_oid *id, git_oid *ret_id)
{
	git_object *object = NULL, *commit = NULL;
	int r = git_object_lookup(&object, repository, id, GIT_OBJECT_ANY);

	if (r == 0)
		r = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (r == 0)
		git_oid_cpy(ret_id, git_object_id(commit));
	git_object_free(commit);
	git_object_free(object);
	return r;
}

static bool resolve_name(git_repository *repository, const char *revision, git_oid *ret_id)
{
	git_oid id;

	if (strcmp(revision, "HEAD") == 0 || rc_text_has_prefix(revision, "refs/"))
		return git_reference_name_to_id(&id, repository, revision) == 0 &&
		       peel(repository, &id, ret_id) == 0;
	for (size_t i = 0; i < 2; i++) {
		rc_autofree char *name = i == 0 ? rc_asprintf("refs/heads/%s", revision)
						: rc_asprintf("refs/tags/%s", revision);

		if (git_reference_name_to_id(&id, repository, name) == 0)
			return peel(repository, &id, ret_id) == 0;
	}
	return false;
}

static bool resolve_commit(git_repository *repository, const char *revision, git_oid *ret_id)
{
	size_t n = strlen(revision);
	git_object *object = NULL;
	git_oid id;
	bool found;

	if (n < SHORT_MIN || n > GIT_OID_HEXSZ || strspn(revision, "0123456789abcdefABCDEF") != n ||
	    git_oid_fromstrn(&id, revision, n) < 0)
		return false;
	if (git_object_lookup_prefix(&object, repository, &id, n, GIT_OBJECT_ANY) < 0)
		return false;
	found = peel(repository, git_object_id(object), ret_id) == 0;
	git_object_free(object);
	return found;
}

/* The highest tag that meets the range. */
static bool resolve_range(git_repository *repository, const char *range, git_oid *ret_id)
{
	git_strarray tags = {NULL, 0};
	struct rc_semver best = {.major = 0}, version;
	const char *name = NULL;
	bool found = false;

	/* "v1" or "1.2" is a tag of just this name, as in Argo CD. */
	if (rc_semver_parse(rc_str(range), &version) == 0 || git_tag_list(&tags, repository) < 0)
		return false;
	for (size_t i = 0; i < tags.count; i++) {
		bool matches = false;

		if (rc_semver_parse(rc_str(tags.strings[i]), &version) < 0 ||
		    rc_semver_matches(rc_str(range), &version, &matches, NULL) < 0 || !matches ||
		    (name && rc_semver_compare(&version, &best) <= 0))
			continue;
		best = version;
		name = tags.strings[i];
	}
	if (name)
		found = resolve_name(repository, name, ret_id);
	git_strarray_dispose(&tags);
	return found;
}

int rc_git_ref_resolve(struct rc_git_mirror *mirror, const char *revision, char id[RC_GIT_ID_MAX],
		       struct rc_error **err)
{
	const char *name = *revision ? revision : "HEAD";
	/* As in git, all digits are always the commit: no branch of that name moves a pinned one.
	 */
	bool is_whole = strlen(name) == GIT_OID_HEXSZ &&
			strspn(name, "0123456789abcdefABCDEF") == GIT_OID_HEXSZ;
	git_oid oid;

	if ((is_whole || !resolve_name(mirror->repository, name, &oid)) &&
	    !resolve_commit(mirror->repository, name, &oid) &&
	    !resolve_range(mirror->repository, name, &oid)) {
		rc_fail(err, -ENOENT, "there is no branch, tag or commit '%s'", name);
		return -ENOENT;
	}
	git_oid_tostr(id, RC_GIT_ID_MAX, &oid);
	return 0;
}

bool rc_git_ref_is_forced(struct rc_git_mirror *mirror, const char *old_id, const char *new_id)
{
	git_oid a, b;

	if (git_oid_fromstr(&a, old_id) < 0 || git_oid_fromstr(&b, new_id) < 0 ||
	    git_oid_equal(&a, &b))
		return false;
	return git_graph_descendant_of(mirror->repository, &b, &a) == 0;
}

int rc_git_ref_describe(struct rc_git_mirror *mirror, const char *id, json_t **ret_json,
			struct rc_error **err)
{
	char date[RC_CLOCK_RFC3339_MAX];
	git_commit *commit = NULL;
	const git_signature *author;
	git_oid oid;
	int r = git_oid_fromstr(&oid, id);

	if (r == 0)
		r = git_commit_lookup(&commit, mirror->repository, &oid);
	if (r < 0)
		return rc_git_mirror_fail(r, err, "reading a commit");
	author = git_commit_author(commit);
	*ret_json = json_object();
	/* Commits may hold any bytes; what is no UTF-8 is left out. */
	if (author) {
		json_object_set_new(*ret_json, "author", json_string(author->name));
		json_object_set_new(*ret_json, "mail", json_string(author->email));
	}
	json_object_set_new(*ret_json, "subject", json_string(git_commit_summary(commit)));
	json_object_set_new(*ret_json, "date",
			    json_string(rc_clock_format_rfc3339(git_commit_time(commit), date)));
	git_commit_free(commit);
	return 0;
}
