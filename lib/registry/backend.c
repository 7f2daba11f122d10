/* Opening, choosing and fetching, whatever the kind. */
#include "registry/backend.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "registry/cache.h"

const struct rc_registry_ops *rc_registry_backend_find_ops(const char *type)
{
	static const struct rc_registry_ops *const all[] = {&rc_registry_helm_ops,
							    &rc_registry_oci_ops};

	for (size_t i = 0; i < RC_ARRAY_SIZE(all); i++)
		if (rc_text_equal(all[i]->type, type))
			return all[i];
	return NULL;
}

int rc_registry_backend_open(const char *type, const struct rc_registry_access *access,
			     const char *cache, uint64_t deadline_ms,
			     struct rc_registry_backend **ret_backend, struct rc_error **err)
{
	rc_cleanup(rc_registry_backend_closep) struct rc_registry_backend *backend =
		rc_new0(struct rc_registry_backend);
	int r;

	backend->arena = rc_arena_new(0);
	backend->cache = cache;
	backend->ops = rc_registry_backend_find_ops(type);
	if (!backend->ops)
		return rc_fail(err, -EINVAL, "there are no repositories of type '%s'", type);
	r = rc_registry_session_new(access, deadline_ms, &backend->session, err);
	if (r == 0)
		r = backend->ops->open(backend, err);
	if (r < 0)
		return r;
	*ret_backend = rc_steal(&backend);
	return 0;
}

void rc_registry_backend_close(struct rc_registry_backend *backend)
{
	if (!backend)
		return;
	if (backend->ops && backend->ops->close)
		backend->ops->close(backend);
	rc_registry_session_free(backend->session);
	rc_arena_free(backend->arena);
	free(backend);
}

int rc_registry_backend_choose(struct rc_registry_backend *backend, const char *chart,
			       const char *range, struct rc_registry_chart *ret_chart,
			       struct rc_error **err)
{
	return backend->ops->choose(backend, chart, range, ret_chart, err);
}

int rc_registry_backend_fetch(struct rc_registry_backend *backend,
			      const struct rc_registry_chart *chart, char digest[RC_DIGEST_MAX],
			      struct rc_error **err)
{
	rc_autobuf struct rc_buf archive = RC_BUF_INIT(RC_REGISTRY_ARCHIVE_MAX);
	int r;

	if (chart->digest && rc_registry_cache_has(backend->cache, chart->digest)) {
		memcpy(digest, chart->digest, RC_DIGEST_MAX);
		return 0;
	}
	if (chart->size > RC_REGISTRY_ARCHIVE_MAX)
		return rc_fail(err, -E2BIG, "chart %s %s is larger than %zu bytes", chart->name,
			       chart->version, RC_REGISTRY_ARCHIVE_MAX);
	r = backend->ops->pull(backend, chart, &archive, err);
	if (r < 0)
		return rc_wrap(err, r, "downloading chart %s %s", chart->name, chart->version);
	rc_digest_sha256(rc_buf_str(&archive), digest);
	if (chart->size && chart->size != archive.n)
		return rc_fail(err, -EPROTO,
			       "chart %s %s: %zu bytes came, the repository says it has %llu",
			       chart->name, chart->version, archive.n,
			       (unsigned long long)chart->size);
	if (chart->digest && strcmp(chart->digest, digest) != 0)
		return rc_fail(err, -EPROTO,
			       "chart %s %s has the digest sha256:%s, the repository says it has "
			       "sha256:%s",
			       chart->name, chart->version, digest, chart->digest);
	return rc_registry_cache_add(backend->cache, rc_buf_str(&archive), digest, err);
}
