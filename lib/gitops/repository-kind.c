/* Git, Helm, OCI: what is asked of the worker, and which sources are theirs. */
#include <string.h>

#include "base/memory.h"
#include "gitops/repository-private.h"
#include "registry/cache.h"
#include "registry/worker.h"

#define OCI "oci://"

static int add_auth(const struct rc_repository *repository, json_t *to, struct rc_error **err)
{
	struct rc_error *why = NULL;
	json_auto_t *auth =
		repository->options.get_auth
			? repository->options.get_auth(repository->options.auth_userdata, &why)
			: NULL;

	if (why)
		return rc_error_move(err, why);
	if (auth)
		json_object_set(to, "auth", auth);
	return 0;
}

static json_t *make_git_request(struct rc_repository *repository, json_t *refs,
				struct rc_error **err)
{
	json_auto_t *request = json_pack("{s:s, s:s, s:s, s:O}", "op", "poll", "mirror",
					 repository->mirror, "url", repository->url, "refs", refs);

	return add_auth(repository, request, err) < 0 ? NULL : json_incref(request);
}

json_t *rc_repository_make_access(const struct rc_repository *repository, struct rc_error **err)
{
	json_auto_t *access = json_pack("{s:s, s:s, s:s}", "type", repository->kind->type, "name",
					repository->name, "url", repository->url);

	return add_auth(repository, access, err) < 0 ? NULL : json_incref(access);
}

static json_t *make_charts_request(struct rc_repository *repository, json_t *refs,
				   struct rc_error **err)
{
	json_t *access = rc_repository_make_access(repository, err);

	if (!access)
		return NULL;
	return json_pack("{s:s, s:s, s:o, s:I, s:s*, s:O}", "op", "charts", "cache",
			 repository->mirror, "repository", access, "timeoutMs",
			 (json_int_t)repository->options.timeout_ms * 9 / 10, "token",
			 repository->token, "refs", refs);
}

static size_t git_serves(const struct rc_repository *repository, const char *url, const char *chart)
{
	return !chart && rc_repository_is_at(repository, url);
}

static size_t helm_serves(const struct rc_repository *repository, const char *url,
			  const char *chart)
{
	return chart && rc_repository_is_at(repository, url);
}

/* What url has below the registry's path, without a slash before it; NULL: it is not there. */
static const char *below(const struct rc_repository *repository, const char *url)
{
	const char *ours = repository->url;
	size_t n;

	if (rc_text_has_prefix(url, OCI))
		url += strlen(OCI);
	if (rc_text_has_prefix(ours, OCI))
		ours += strlen(OCI);
	n = strlen(ours);
	while (n > 0 && ours[n - 1] == '/')
		n--;
	if (strncmp(url, ours, n) != 0 || (url[n] && url[n] != '/'))
		return NULL;
	return url + n + strspn(url + n, "/");
}

static size_t oci_serves(const struct rc_repository *repository, const char *url, const char *chart)
{
	if (strstr(url, "://") && !rc_text_has_prefix(url, OCI))
		return 0;
	/* Without scheme and chart it is a repository of Git. */
	if (!chart && !rc_text_has_prefix(url, OCI))
		return 0;
	return below(repository, url) ? 1 + strlen(repository->url) : 0;
}

static const struct repository_kind kinds[] = {
	{"git", make_git_request, git_serves},
	{"helm", make_charts_request, helm_serves},
	{"oci", make_charts_request, oci_serves},
};

const struct repository_kind *rc_repository_find_kind(const char *type)
{
	for (size_t i = 0; type && i < RC_ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return &kinds[0];
}

const char *rc_repository_guess_type(const char *url, const char *chart)
{
	bool is_web = rc_text_has_prefix(url, "https://") || rc_text_has_prefix(url, "http://");

	if (strpbrk(url, "@ <>")) /* what names a user has credentials somewhere */
		return NULL;
	if (rc_text_has_prefix(url, OCI))
		return "oci";
	if (!chart)
		return is_web ? "git" : NULL;
	if (is_web)
		return "helm";
	/* A registry goes without its scheme in Argo CD: host/path. */
	return !strstr(url, "://") && strchr(url, '.') ? "oci" : NULL;
}

const char *rc_repository_get_type(const struct rc_repository *repository)
{
	return repository->kind->type;
}

size_t rc_repository_serves(const struct rc_repository *repository, const char *url,
			    const char *chart)
{
	return repository->kind->serves(repository, url, chart);
}

char *rc_repository_make_revision(const struct rc_repository *repository, const char *url,
				  const char *chart, const char *target)
{
	const char *path = strcmp(repository->kind->type, "oci") == 0 ? below(repository, url) : "";
	size_t n = path ? strlen(path) : 0;

	if (strcmp(repository->kind->type, "git") == 0)
		return rc_strdup(target);
	while (n > 0 && path[n - 1] == '/')
		n--;
	return rc_asprintf("%.*s%s%s@%s", (int)n, path ?: "", n > 0 && chart ? "/" : "",
			   chart ?: "", target);
}

char *rc_repository_make_archive_path(const struct rc_repository *repository, const char *commit)
{
	const char *digest = strcmp(repository->kind->type, "git") == 0
				     ? NULL
				     : rc_registry_worker_get_digest(commit);

	return digest ? rc_registry_cache_path(repository->mirror, digest) : NULL;
}
