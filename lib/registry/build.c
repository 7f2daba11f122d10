/* From the lock to archives in the cache. */
#include "registry/build.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "helm/archive.h"
#include "helm/package.h"
#include "registry/build-private.h"
#include "registry/cache.h"

#define FILE_SCHEME RC_STR("file://")

/* ---- does the lock fit? ---- */

static bool is_v1(const struct build *build)
{
	return rc_str_is(build->chart->metadata->api_version, "v1");
}

static int fail_sync(const struct build *build, struct rc_error **err)
{
	rc_fail(err, -EINVAL,
		is_v1(build)
			? "the lock file (requirements.lock) is out of sync with the dependencies "
			  "file (requirements.yaml). Please update the dependencies"
			: "the lock file (Chart.lock) is out of sync with the dependencies file "
			  "(Chart.yaml). Please update the dependencies");
	rc_hint(err, "run `helm dependency update` and commit the lock");
	return -EINVAL;
}

/* The very text of the configuration, put in place of an alias. */
static bool is_configured_url(const struct build *build, const char *url)
{
	for (size_t i = 0; i < build->options->n_repositories; i++)
		if (build->options->repositories[i].access.url == url)
			return true;
	return false;
}

/* Where the lock was made an alias may have meant the same URL with or without a slash. */
static bool fits_with_slash(struct build *build, const char *digest)
{
	const struct rc_helm_metadata *metadata = build->chart->metadata;
	char text[RC_REGISTRY_LOCK_DIGEST_MAX] = "";

	for (size_t i = 0; i < metadata->n_dependencies; i++) {
		struct rc_str *url = &metadata->dependencies[i]->repository;

		if (!is_configured_url(build, url->p))
			continue;
		if (rc_str_has_suffix(*url, RC_STR("/")))
			url->n--;
		else if (url->n > 0)
			*url = rc_str(rc_arena_printf(build->arena, "%.*s/", (int)url->n, url->p));
	}
	return rc_registry_lock_hash(metadata, build->lock, text, NULL) == 0 &&
	       strcmp(text, digest) == 0;
}

static int check_lock(struct build *build, const char *v2_digest, struct rc_error **err)
{
	const char *digest =
		rc_arena_strndup(build->arena, build->lock->digest.p, build->lock->digest.n);
	char text[RC_REGISTRY_LOCK_DIGEST_MAX] = "";
	int r = rc_registry_lock_hash(build->chart->metadata, build->lock, text, err);

	if (r < 0)
		return r;
	if (strcmp(text, digest) == 0 || (is_v1(build) && strcmp(v2_digest, digest) == 0) ||
	    fits_with_slash(build, digest))
		return 0;
	return fail_sync(build, err);
}

static int prepare_lock(struct build *build, struct rc_error **err)
{
	char v2_digest[RC_REGISTRY_LOCK_DIGEST_MAX] = "";
	int r;

	/* Helm 2 hashed before it put URLs in place of aliases. */
	r = rc_registry_lock_hash_v2(build->chart->metadata, v2_digest, err);
	if (r == 0)
		r = rc_registry_build_resolve_names(build, err);
	if (r < 0)
		return r;
	build->built.is_locked = build->lock && !build->options->update;
	return build->built.is_locked ? check_lock(build, v2_digest, err)
				      : rc_registry_build_resolve_versions(build, err);
}

/* What a lock of this build would say. */
static int describe_lock(struct build *build, struct rc_str old_digest, struct rc_error **err)
{
	struct rc_registry_built *built = &build->built;
	char digest[RC_REGISTRY_LOCK_DIGEST_MAX];
	int r = rc_registry_lock_hash(build->chart->metadata, build->lock, digest, err);

	if (r < 0)
		return r;
	built->lock = build->lock;
	built->lock_digest = rc_arena_strdup(build->arena, digest);
	built->lock_file = is_v1(build) ? "requirements.lock" : "Chart.lock";
	built->is_lock_current = built->is_locked || rc_str_is(old_digest, digest);
	return 0;
}

/* ---- bringing what it names ---- */

static struct rc_registry_build_archive *
add_archive(struct build *build, const struct rc_helm_dependency *dependency, const char *version)
{
	struct rc_registry_built *built = &build->built;
	struct rc_registry_build_archive *archive;
	const char *path = rc_arena_printf(build->arena, "charts/%.*s-%s.tgz",
					   (int)dependency->name.n, dependency->name.p, version);

	for (size_t i = 0; i < built->n_archives; i++)
		if (strcmp(built->archives[i].path, path) == 0)
			return &built->archives[i];
	built->archives = rc_arena_grow(build->arena, built->archives,
					built->n_archives * sizeof(*built->archives),
					(built->n_archives + 1) * sizeof(*built->archives));
	archive = &built->archives[built->n_archives++];
	*archive = (struct rc_registry_build_archive){
		.path = path,
		.name = rc_arena_strndup(build->arena, dependency->name.p, dependency->name.n),
		.version = rc_arena_strdup(build->arena, version),
		.repository = rc_arena_strndup(build->arena, dependency->repository.p,
					       dependency->repository.n)};
	return archive;
}

/* Without a repository it lies in charts/, in the version that is wanted. */
static int check_local(struct build *build, const struct rc_helm_dependency *dependency,
		       struct rc_error **err)
{
	const struct rc_helm_chart *chart = rc_registry_build_find_local(build, dependency->name);
	struct rc_str name = dependency->name, wanted = dependency->version, is;
	bool matches = false;
	int r;

	if (!chart)
		return rc_fail(err, -EINVAL,
			       "unable to load chart 'charts/%.*s': it names no repository and is "
			       "not there",
			       (int)name.n, name.p);
	is = chart->metadata->version;
	r = rc_registry_build_check_range(dependency, is, &matches, err);
	if (r == 0 && !matches)
		r = rc_fail(err, -EINVAL,
			    "dependency %.*s at version %.*s does not satisfy the constraint %.*s",
			    (int)name.n, name.p, (int)is.n, is.p, (int)wanted.n, wanted.p);
	return r;
}

static int pack_folder(struct build *build, const struct rc_helm_dependency *dependency,
		       struct rc_error **err)
{
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(RC_REGISTRY_ARCHIVE_MAX);
	struct rc_helm_files files = {.arena = build->arena};
	struct rc_str name = dependency->name, version;
	struct rc_helm_chart *chart;
	bool matches = false;
	int r = rc_registry_build_load_folder(build, dependency->repository, &files, &chart, err);

	if (r == 0)
		r = rc_registry_build_check_range(dependency, chart->metadata->version, &matches,
						  err);
	if (r == 0 && !matches)
		return rc_fail(err, -EINVAL, "can't get a valid version for dependency %.*s",
			       (int)name.n, name.p);
	if (r == 0)
		r = rc_helm_package_write(&packed, chart->metadata->name, &files, err);
	if (r < 0)
		return r;
	version = chart->metadata->version;
	return rc_registry_cache_add(
		build->options->cache, rc_buf_str(&packed),
		add_archive(build, dependency, rc_arena_strndup(build->arena, version.p, version.n))
			->digest,
		err);
}

static int download(struct build *build, const struct rc_helm_dependency *dependency,
		    struct rc_error **err)
{
	const char *name = rc_arena_strndup(build->arena, dependency->name.p, dependency->name.n);
	const char *version =
		rc_arena_strndup(build->arena, dependency->version.p, dependency->version.n);
	struct rc_registry_backend *backend;
	struct rc_registry_build_archive *archive;
	struct rc_registry_chart chart;
	int r = rc_registry_build_open(build, dependency->repository, &backend, err);

	if (r == 0)
		r = rc_registry_backend_choose(backend, name, version, &chart, err);
	if (r < 0)
		return r;
	archive = add_archive(build, dependency, chart.version);
	if (*archive->digest)
		return 0; /* the same chart under two aliases */
	return rc_registry_backend_fetch(backend, &chart, archive->digest, err);
}

static int bring(struct build *build, const struct rc_helm_dependency *dependency,
		 struct rc_error **err)
{
	int r;

	if (dependency->repository.n == 0)
		r = check_local(build, dependency, err);
	else if (rc_str_has_prefix(dependency->repository, FILE_SCHEME))
		r = pack_folder(build, dependency, err);
	else
		r = download(build, dependency, err);
	return r < 0 ? rc_wrap(err, r, "dependency %.*s", (int)dependency->name.n,
			       dependency->name.p)
		     : 0;
}

/* ---- what charts/ has too much ---- */

static bool is_local(const struct build *build, struct rc_str name)
{
	for (size_t i = 0; i < build->lock->n_dependencies; i++)
		if (build->lock->dependencies[i]->repository.n == 0 &&
		    rc_str_equal(build->lock->dependencies[i]->name, name))
			return true;
	return false;
}

/* Archives that nobody names go; what is no chart, and folders, stay. */
static bool is_outdated(struct build *build, const struct rc_helm_file *file)
{
	struct rc_helm_files files = {.arena = build->arena};
	struct rc_helm_chart *chart;

	if (!rc_str_has_prefix(file->name, RC_STR("charts/")) ||
	    memchr(file->name.p + 7, '/', file->name.n - 7))
		return false;
	for (size_t i = 0; i < build->built.n_archives; i++)
		if (rc_str_is(file->name, build->built.archives[i].path))
			return false;
	return rc_helm_archive_load(file->bytes, &files, NULL) == 0 &&
	       rc_helm_chart_load(&files, &build->warnings, &chart, NULL) == 0 &&
	       !is_local(build, chart->metadata->name);
}

static void list_removed(struct build *build)
{
	const struct rc_helm_files *files = build->options->files;
	struct rc_registry_built *built = &build->built;

	built->removed = rc_arena_alloc(build->arena, (files->n + 1) * sizeof(char *));
	for (size_t i = 0; i < files->n; i++)
		if (is_outdated(build, &files->at[i]))
			built->removed[built->n_removed++] = rc_arena_strndup(
				build->arena, files->at[i].name.p, files->at[i].name.n);
}

/* ---- the whole ---- */

static void close_all(struct build *build)
{
	for (struct build_open *open = build->open; open; open = open->next)
		rc_registry_backend_close(open->backend);
}

static int load(struct build *build, struct rc_error **err)
{
	int r = rc_helm_chart_load(build->options->files, &build->warnings, &build->chart, err);

	return r < 0 ? r : rc_registry_lock_find(build->options->files, &build->lock, err);
}

int rc_registry_build(const struct rc_registry_build_options *options,
		      struct rc_registry_built *ret_built, struct rc_error **err)
{
	struct build build = {.options = options, .arena = options->files->arena};
	struct rc_str old_digest = RC_STR("");
	int r;

	build.warnings.arena = build.arena;
	r = load(&build, err);
	if (r == 0 && build.lock)
		old_digest = build.lock->digest;
	if (r == 0)
		r = prepare_lock(&build, err);
	for (size_t i = 0; r == 0 && i < build.lock->n_dependencies; i++)
		r = bring(&build, build.lock->dependencies[i], err);
	close_all(&build);
	if (r == 0)
		r = describe_lock(&build, old_digest, err);
	if (r < 0)
		return r;
	list_removed(&build);
	*ret_built = build.built;
	return 0;
}

static void list_one(const struct rc_helm_dependency *dependency, json_t *to)
{
	json_t *text = json_stringn(dependency->repository.p, dependency->repository.n), *other;
	bool found = dependency->repository.n == 0 ||
		     rc_str_has_prefix(dependency->repository, FILE_SCHEME);
	size_t i;

	json_array_foreach (to, i, other)
		found = found || json_equal(other, text);
	if (found || !text)
		json_decref(text);
	else
		json_array_append_new(to, text);
}

int rc_registry_build_list_repositories(const struct rc_helm_files *files, json_t *to,
					struct rc_error **err)
{
	struct rc_registry_build_options options = {.files = files};
	struct build build = {.options = &options, .arena = files->arena};
	int r;

	build.warnings.arena = files->arena;
	r = load(&build, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < build.chart->metadata->n_dependencies; i++)
		list_one(build.chart->metadata->dependencies[i], to);
	for (size_t i = 0; build.lock && i < build.lock->n_dependencies; i++)
		list_one(build.lock->dependencies[i], to);
	return 0;
}
