/* Which repository a dependency means, and which version its range. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/semver.h"
#include "registry/build-private.h"

#define FILE_SCHEME "file://"
#define OCI_SCHEME  "oci://"

/* ---- repositories ---- */

static bool begins(struct rc_str text, const char *prefix)
{
	return rc_str_has_prefix(text, rc_str(prefix));
}

static bool is_alias(struct rc_str text)
{
	return begins(text, "@") || begins(text, "alias:");
}

static const struct rc_registry_build_repository *find_configured(const struct build *build,
								  struct rc_str text)
{
	for (size_t i = 0; i < build->options->n_repositories; i++)
		if (rc_str_is(text, build->options->repositories[i].text))
			return &build->options->repositories[i];
	return NULL;
}

/* After names were put in place, the URL of one that was found by its alias. */
static const struct rc_registry_build_repository *find_by_url(const struct build *build,
							      struct rc_str url)
{
	const struct rc_registry_build_repository *found = find_configured(build, url);

	for (size_t i = 0; !found && i < build->options->n_repositories; i++)
		if (rc_str_is(rc_str_trim(url, "/"), build->options->repositories[i].access.url) ||
		    rc_str_is(url, build->options->repositories[i].access.url))
			found = &build->options->repositories[i];
	return found;
}

int rc_registry_build_resolve_names(struct build *build, struct rc_error **err)
{
	const struct rc_helm_metadata *metadata = build->chart->metadata;
	rc_autobuf struct rc_buf missing = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < metadata->n_dependencies; i++) {
		struct rc_helm_dependency *dependency = metadata->dependencies[i];
		const struct rc_registry_build_repository *found;

		if (dependency->repository.n == 0 ||
		    memmem(dependency->repository.p, dependency->repository.n, "://", 3))
			continue;
		found = is_alias(dependency->repository)
				? find_configured(build, dependency->repository)
				: NULL;
		if (found)
			dependency->repository = rc_str(found->access.url);
		else
			rc_buf_printf(&missing, "%s%.*s", missing.n ? ", " : "",
				      (int)dependency->repository.n, dependency->repository.p);
	}
	if (missing.n == 0)
		return 0;
	rc_fail(err, -EINVAL,
		"no repository definition for %s. Please add them via 'helm repo add'",
		rc_buf_text(&missing));
	rc_hint(err,
		"here: under 'repositories' in reconciled.yaml, with that name and type: helm");
	return -EINVAL;
}

/* A repository that nobody configured is read without credentials. */
static const char *make_access(const struct build *build, struct rc_str text,
			       struct rc_registry_access *access)
{
	const struct rc_registry_build_repository *found = find_by_url(build, text);
	const char *url = rc_arena_strndup(build->arena, text.p, text.n);
	bool is_oci = begins(text, OCI_SCHEME);

	if (!found) {
		*access = (struct rc_registry_access){.url = url};
		return is_oci ? "oci" : "helm";
	}
	*access = found->access;
	/* What is configured of a registry holds for all that lies below. */
	if (is_oci)
		access->url = url;
	return found->type;
}

int rc_registry_build_open(struct build *build, struct rc_str text,
			   struct rc_registry_backend **ret_backend, struct rc_error **err)
{
	struct build_open *open = build->open;
	const char *type;
	int r;

	while (open && !rc_str_equal(open->text, text))
		open = open->next;
	if (open) {
		*ret_backend = open->backend;
		return 0;
	}
	open = rc_arena_new0(build->arena, struct build_open);
	open->text = text;
	type = make_access(build, text, &open->access);
	r = rc_registry_backend_open(type, &open->access, build->options->cache,
				     build->options->deadline_ms, &open->backend, err);
	if (r < 0)
		return r;
	open->backend->is_loose = true;
	open->next = build->open;
	build->open = open;
	*ret_backend = open->backend;
	return 0;
}

/* ---- charts that need no network ---- */

const struct rc_helm_chart *rc_registry_build_find_local(const struct build *build,
							 struct rc_str name)
{
	for (size_t i = 0; i < build->chart->n_children; i++)
		if (rc_str_equal(build->chart->children[i]->metadata->name, name))
			return build->chart->children[i];
	return NULL;
}

int rc_registry_build_load_folder(struct build *build, struct rc_str repository,
				  struct rc_helm_files *files, struct rc_helm_chart **ret_chart,
				  struct rc_error **err)
{
	const struct rc_registry_build_options *options = build->options;
	size_t n = strlen(FILE_SCHEME);
	const char *path = rc_arena_strndup(build->arena, repository.p + n, repository.n - n);
	int r;

	if (!options->read_folder)
		return rc_fail(err, -EINVAL, "%s%s: there is no folder to read here", FILE_SCHEME,
			       path);
	r = options->read_folder(options->read_folder_userdata, path, files, err);
	if (r == 0)
		r = rc_helm_chart_load(files, &build->warnings, ret_chart, err);
	return r < 0 ? rc_wrap(err, r, "%s%s", FILE_SCHEME, path) : 0;
}

int rc_registry_build_check_range(const struct rc_helm_dependency *dependency,
				  struct rc_str version, bool *ret_matches, struct rc_error **err)
{
	struct rc_semver any = {.major = 1}, parsed;
	struct rc_error *why = NULL;
	int r = rc_semver_matches(dependency->version, &any, ret_matches, &why);

	if (r < 0) {
		rc_fail(err, r, "dependency \"%.*s\" has an invalid version/constraint format: %s",
			(int)dependency->name.n, dependency->name.p, why->message);
		rc_error_free(why);
		return r;
	}
	*ret_matches = rc_semver_parse(version, &parsed) == 0 &&
		       rc_semver_matches(dependency->version, &parsed, ret_matches, NULL) == 0 &&
		       *ret_matches;
	return 0;
}

/* ---- ranges ---- */

/* Returns 1 with the version in locked, 0: none meets the range. */
static int resolve_remote(struct build *build, struct rc_helm_dependency *locked,
			  struct rc_error **err)
{
	const char *name = rc_arena_strndup(build->arena, locked->name.p, locked->name.n);
	const char *range = rc_arena_strndup(build->arena, locked->version.p, locked->version.n);
	struct rc_registry_backend *backend;
	struct rc_registry_chart chart;
	struct rc_error *why = NULL;
	struct rc_semver version;
	int r;

	/* One version of a registry is taken at its word; the download will tell. */
	if (begins(locked->repository, OCI_SCHEME) &&
	    rc_semver_parse(locked->version, &version) == 0)
		return 1;
	r = rc_registry_build_open(build, locked->repository, &backend, err);
	if (r < 0)
		return r;
	r = rc_registry_backend_choose(backend, name, range, &chart, &why);
	if (r == -ENODATA)
		rc_error_free(why);
	if (r == -ENODATA && begins(locked->repository, OCI_SCHEME))
		return rc_fail(err, r,
			       "could not download %.*s/%s: Could not locate a version matching "
			       "provided version string %s",
			       (int)locked->repository.n, locked->repository.p, name, range);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return rc_error_move(err, why);
	/* The repository's own arena goes when it is closed. */
	locked->version = rc_arena_str(build->arena, rc_str(chart.version));
	return 1;
}

static int resolve_one(struct build *build, const struct rc_helm_dependency *dependency,
		       struct rc_helm_dependency *locked, struct rc_error **err)
{
	struct rc_helm_files files = {.arena = build->arena};
	struct rc_helm_chart *chart;
	bool matches = false;
	int r = rc_registry_build_check_range(dependency, RC_STR("0"), &matches, err);

	if (r < 0)
		return r;
	if (dependency->repository.n == 0)
		return rc_registry_build_find_local(build, dependency->name)
			       ? 1
			       : rc_fail(err, -EINVAL, "directory charts/%.*s not found",
					 (int)dependency->name.n, dependency->name.p);
	if (!begins(dependency->repository, FILE_SCHEME))
		return resolve_remote(build, locked, err);
	r = rc_registry_build_load_folder(build, dependency->repository, &files, &chart, err);
	if (r == 0)
		r = rc_registry_build_check_range(dependency, chart->metadata->version, &matches,
						  err);
	if (r < 0)
		return r;
	locked->version = chart->metadata->version;
	return matches;
}

int rc_registry_build_resolve_versions(struct build *build, struct rc_error **err)
{
	const struct rc_helm_metadata *metadata = build->chart->metadata;
	struct rc_registry_lock *lock = rc_arena_new0(build->arena, struct rc_registry_lock);
	rc_autobuf struct rc_buf missing = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n_missing = 0;

	lock->dependencies = rc_arena_alloc(build->arena, (metadata->n_dependencies + 1) *
								  sizeof(*lock->dependencies));
	for (size_t i = 0; i < metadata->n_dependencies; i++) {
		const struct rc_helm_dependency *dependency = metadata->dependencies[i];
		struct rc_helm_dependency *locked =
			rc_arena_new0(build->arena, struct rc_helm_dependency);
		int r;

		locked->name = dependency->name;
		locked->version = dependency->version;
		locked->repository = dependency->repository;
		lock->dependencies[lock->n_dependencies++] = locked;
		r = resolve_one(build, dependency, locked, err);
		if (r < 0)
			return rc_wrap(err, r, "dependency %.*s", (int)dependency->name.n,
				       dependency->name.p);
		if (r > 0)
			continue;
		rc_buf_printf(&missing, "%s\"%.*s\" (repository \"%.*s\", version \"%.*s\")",
			      n_missing++ ? ", " : "", (int)dependency->name.n, dependency->name.p,
			      (int)dependency->repository.n, dependency->repository.p,
			      (int)dependency->version.n, dependency->version.p);
	}
	if (n_missing > 0)
		return rc_fail(err, -ENODATA,
			       "can't get a valid version for %zu subchart(s): %s. Make sure a "
			       "matching chart version exists in the repo, or change the version "
			       "constraint in Chart.yaml",
			       n_missing, rc_buf_text(&missing));
	build->lock = lock;
	return 0;
}
