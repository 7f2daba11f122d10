/* Building what a commit's chart depends on, and remembering it. */
#include "gitops/dependencies.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "git/tree.h"
#include "helm/ignore.h"
#include "registry/build.h"
#include "registry/cache.h"
#include "registry/worker.h"

#define REMEMBERED_MAX ((size_t)1 << 20)

struct job {
	const json_t *request, *need;
	const char *cache, *commit, *path;
	struct rc_git_mirror *mirror;
	struct rc_arena *arena;
	uint64_t deadline_ms;
};

/* ---- the files ---- */

static int read_folder(const struct job *job, const char *folder, struct rc_helm_files *files,
		       struct rc_error **err)
{
	rc_cleanup(rc_git_tree_files_done) struct rc_git_files found = {NULL, 0, 0};
	int r = rc_git_tree_read(job->mirror, job->commit, folder, NULL, &found, err);

	for (size_t i = 0; r == 0 && i < found.n; i++)
		r = rc_helm_file_add(files, rc_arena_str(job->arena, rc_str(found.at[i].path)),
				     rc_arena_str(job->arena, found.at[i].bytes), err);
	return r < 0 ? r : rc_helm_ignore_apply(files, err);
}

/* "file://../x" is a folder of the same commit, whatever the machine has there. */
static int on_read_folder(void *userdata, const char *path, struct rc_helm_files *files,
			  struct rc_error **err)
{
	const struct job *job = userdata;
	rc_autofree char *folder = *path == '/' ? NULL : rc_git_tree_normalise(job->path, path);

	if (!folder)
		return rc_fail(err, -EINVAL, "the folder is not in the repository");
	return read_folder(job, *folder ? folder : ".", files, err);
}

/* ---- the repositories ---- */

static int read_repositories(const struct job *job,
			     struct rc_registry_build_repository **ret_repositories, size_t *ret_n,
			     struct rc_error **err)
{
	const json_t *all = json_object_get(job->need, "repositories");
	struct rc_registry_build_repository *repositories =
		rc_arena_alloc(job->arena, (json_object_size(all) + 1) * sizeof(*repositories));
	size_t n = 0;
	const char *text;
	json_t *access;

	json_object_foreach ((json_t *)(uintptr_t)all, text, access) {
		int r = rc_registry_worker_read_access(access, &repositories[n].access,
						       &repositories[n].type, err);

		if (r < 0)
			return r;
		repositories[n++].text = text;
	}
	*ret_repositories = repositories;
	*ret_n = n;
	return 0;
}

/* ---- remembering ---- */

/* Of what the result is made: the commit, and where the names of repositories lead. */
static char *make_name(const struct job *job)
{
	const json_t *all = json_object_get(job->need, "repositories");
	json_auto_t *key = json_pack("[s, s]", job->commit, job->path);
	char digest[RC_JSON_HASH_MAX];
	const char *text;
	json_t *access;

	json_object_foreach ((json_t *)(uintptr_t)all, text, access)
		json_array_append_new(
			key, json_pack("[s, s*]", text, rc_json_text(access, "url", NULL)));
	return rc_asprintf("built-%s.json", rc_json_hash(key, digest));
}

/* NULL: it was not built before, or not all of it is there any more. */
static json_t *remember(const struct job *job)
{
	rc_autofree char *name = make_name(job);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(REMEMBERED_MAX);
	json_auto_t *built = NULL;
	json_t *archive;
	size_t i;

	if (json_is_true(json_object_get(job->request, "fresh")) ||
	    rc_registry_cache_get(job->cache, name, &text, NULL) < 0 ||
	    rc_json_parse(rc_buf_str(&text), name, &built, NULL) < 0)
		return NULL;
	json_array_foreach (json_object_get(built, "add"), i, archive) {
		const char *digest = rc_json_text(archive, "digest", NULL);

		if (!digest || !rc_registry_cache_has(job->cache, digest))
			return NULL;
	}
	return json_incref(built);
}

static int keep(const struct job *job, const json_t *built, struct rc_error **err)
{
	rc_autofree char *name = make_name(job);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(REMEMBERED_MAX);

	rc_json_write(&text, built);
	return text.overflow ? 0 : rc_registry_cache_put(job->cache, name, rc_buf_str(&text), err);
}

/* ---- building ---- */

static json_t *describe(const struct rc_registry_built *built)
{
	json_t *add = json_array(), *removed = json_array();

	for (size_t i = 0; i < built->n_archives; i++)
		json_array_append_new(add, json_pack("{s:s, s:s}", "path", built->archives[i].path,
						     "digest", built->archives[i].digest));
	for (size_t i = 0; i < built->n_removed; i++)
		json_array_append_new(removed, json_string(built->removed[i]));
	return json_pack("{s:o, s:o}", "add", add, "remove", removed);
}

static int build(struct job *job, json_t **ret_built, struct rc_error **err)
{
	struct rc_helm_files files = {.arena = job->arena};
	struct rc_registry_build_repository *repositories = NULL;
	struct rc_registry_build_options options = {.files = &files,
						    .cache = job->cache,
						    .read_folder = on_read_folder,
						    .read_folder_userdata = job,
						    .deadline_ms = job->deadline_ms};
	struct rc_registry_built built;
	json_auto_t *described = NULL;
	int r = read_repositories(job, &repositories, &options.n_repositories, err);

	options.repositories = repositories;
	if (r == 0)
		r = read_folder(job, job->path, &files, err);
	if (r == 0)
		r = rc_registry_build(&options, &built, err);
	if (r < 0)
		return r;
	described = describe(&built);
	r = keep(job, described, err);
	if (r == 0)
		*ret_built = json_incref(described);
	return r;
}

/* Paths instead of digests: what the render worker is told. */
static json_t *make_answer(const struct job *job, const json_t *built)
{
	json_t *add = json_array(), *archive;
	size_t i;

	json_array_foreach (json_object_get(built, "add"), i, archive) {
		rc_autofree char *path =
			rc_registry_cache_path(job->cache, rc_json_text(archive, "digest", NULL));

		json_array_append_new(add,
				      json_pack("{s:O, s:s}", "path",
						json_object_get(archive, "path"), "archive", path));
	}
	return json_pack("{s:O, s:o, s:O}", "source", json_object_get(job->need, "source"), "add",
			 add, "remove", json_object_get(built, "remove"));
}

static int handle_one(struct job *job, json_t *to, struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	const char *path = rc_json_text(job->need, "mirror", NULL);
	json_auto_t *built = NULL;
	int r = 0;

	job->arena = arena;
	job->commit = rc_json_text(job->need, "commit", NULL);
	job->path = rc_json_text(job->need, "path", NULL);
	if (!path || !job->commit || !job->path || !json_object_get(job->need, "source"))
		return rc_fail(err, -EINVAL, "the request names no chart of a commit");
	built = remember(job);
	if (!built) {
		r = rc_git_mirror_open(path, &mirror, err);
		job->mirror = mirror;
		if (r == 0)
			r = build(job, &built, err);
	}
	if (r < 0)
		return rc_wrap(err, r, "chart %s", job->path);
	json_array_append_new(to, make_answer(job, built));
	return 0;
}

int rc_dependencies_handle(void *userdata, const json_t *request, json_t **ret_reply,
			   struct rc_error **err)
{
	json_int_t timeout_ms = json_integer_value(json_object_get(request, "timeoutMs"));
	struct job job = {.request = request, .cache = rc_json_text(request, "cache", NULL)};
	const json_t *needs = json_object_get(request, "needs");
	json_auto_t *charts = json_array();

	(void)userdata;
	if (!job.cache || !json_is_array(needs))
		return rc_fail(err, -EINVAL, "the request is not understood");
	if (timeout_ms > 0)
		job.deadline_ms = rc_clock_monotonic_ms() + (uint64_t)timeout_ms;
	for (size_t i = 0; i < json_array_size(needs); i++) {
		int r;

		job.need = json_array_get(needs, i);
		r = handle_one(&job, charts, err);
		if (r < 0)
			return r;
	}
	*ret_reply = json_pack("{s:O}", "charts", charts);
	return 0;
}
