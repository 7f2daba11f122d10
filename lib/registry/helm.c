/* Chart repositories of Helm: an index.yaml, and archives that it names. */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "net/url.h"
#include "registry/backend.h"
#include "registry/cache.h"
#include "registry/index.h"

#define META_MAX ((size_t)16 << 10)

struct state {
	struct rc_buf text; /* of the index */
	struct rc_registry_index *index;
};

/* What reference means below the repository; its own query stays, as Helm has it. */
static int locate(const struct rc_registry_backend *backend, const char *reference, char **ret_url,
		  struct rc_error **err)
{
	const char *url = rc_registry_session_get_access(backend->session)->url;
	size_t n = strcspn(url, "?#");
	const char *query = url + n;
	rc_autofree char *base = NULL;

	while (n > 0 && url[n - 1] == '/')
		n--;
	base = rc_asprintf("%.*s/", (int)n, url);
	if (*query == '?' && !strstr(reference, "://")) {
		rc_autofree char *with_query =
			rc_asprintf("%.*s%.*s", (int)strcspn(reference, "?#"), reference,
				    (int)strcspn(query, "#"), query);

		return rc_net_url_resolve(base, with_query, ret_url, err);
	}
	return rc_net_url_resolve(base, reference, ret_url, err);
}

/* ---- the copy of the index that the last poll left ---- */

static char *name_copy(const char *url, const char *suffix)
{
	char digest[RC_DIGEST_MAX];

	return rc_asprintf("index-%s%s", rc_digest_sha256(rc_str(url), digest), suffix);
}

/* Both halves must be there and belong together. */
static bool load_copy(const struct rc_registry_backend *backend, const char *url,
		      struct rc_buf *text, json_t **ret_meta)
{
	rc_autofree char *name = name_copy(url, ".yaml"), *meta_name = name_copy(url, ".json");
	rc_autobuf struct rc_buf meta_text = RC_BUF_INIT(META_MAX);
	json_auto_t *meta = NULL;
	char digest[RC_DIGEST_MAX];

	if (rc_registry_cache_get(backend->cache, meta_name, &meta_text, NULL) < 0 ||
	    rc_json_parse(rc_buf_str(&meta_text), meta_name, &meta, NULL) < 0 ||
	    rc_registry_cache_get(backend->cache, name, text, NULL) < 0)
		return false;
	rc_digest_sha256(rc_buf_str(text), digest);
	if (!rc_text_equal(rc_json_text(meta, "digest", NULL), digest))
		return false;
	*ret_meta = json_incref(meta);
	return true;
}

/* A copy that cannot be kept costs a download, nothing else. */
static void save_copy(const struct rc_registry_backend *backend, const char *url,
		      const struct rc_registry_response *response)
{
	rc_autofree char *name = name_copy(url, ".yaml"), *meta_name = name_copy(url, ".json");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(META_MAX);
	json_auto_t *meta = json_pack("{s:s, s:s*, s:s*}", "digest", backend->token, "etag",
				      response->etag, "lastModified", response->last_modified);

	if (!response->etag && !response->last_modified)
		return;
	rc_json_write(&text, meta);
	if (!text.overflow &&
	    rc_registry_cache_put(backend->cache, name, rc_buf_str(&response->body), NULL) == 0)
		rc_registry_cache_put(backend->cache, meta_name, rc_buf_str(&text), NULL);
}

/* ---- the index ---- */

static int ask_for_index(struct rc_registry_backend *backend, const char *url, struct rc_buf *text,
			 struct rc_error **err)
{
	struct rc_registry_request request = {
		.url = url, .max_bytes = RC_REGISTRY_INDEX_MAX, .compressed = true};
	rc_cleanup(rc_registry_response_done) struct rc_registry_response response = {.status = 0};
	rc_autobuf struct rc_buf copy = RC_BUF_INIT(RC_REGISTRY_INDEX_MAX);
	json_auto_t *meta = NULL;
	int r;

	if (load_copy(backend, url, &copy, &meta)) {
		request.etag = rc_json_text(meta, "etag", NULL);
		request.last_modified = rc_json_text(meta, "lastModified", NULL);
	}
	r = rc_registry_session_ask(backend->session, &request, &response, err);
	if (r == 0)
		r = rc_registry_session_check(&response, err);
	if (r < 0)
		return r;
	if (response.status == 304) {
		if (!meta)
			return rc_fail(err, -EPROTO, "%s: 304 Not Modified, but nothing is known",
				       url);
		memcpy(backend->token, rc_json_text(meta, "digest", NULL), RC_DIGEST_MAX);
		*text = copy;
		rc_buf_init(&copy, 0);
		return 0;
	}
	rc_digest_sha256(rc_buf_str(&response.body), backend->token);
	save_copy(backend, url, &response);
	*text = response.body;
	rc_buf_init(&response.body, 0);
	return 0;
}

static int helm_open(struct rc_registry_backend *backend, struct rc_error **err)
{
	struct state *state = rc_arena_new0(backend->arena, struct state);
	rc_autofree char *url = NULL;
	int r = locate(backend, "index.yaml", &url, err);

	backend->state = state;
	if (r == 0)
		r = ask_for_index(backend, url, &state->text, err);
	return r < 0 ? rc_wrap(err, r, "reading the index") : 0;
}

static int helm_choose(struct rc_registry_backend *backend, const char *chart, const char *range,
		       struct rc_registry_chart *ret_chart, struct rc_error **err)
{
	struct state *state = backend->state;
	struct rc_registry_index_entry entry;
	int r = 0;

	/* Not before somebody asks: when nothing is new, nobody does. */
	if (!state->index)
		r = rc_registry_index_parse(backend->arena, rc_buf_str(&state->text), &state->index,
					    err);
	if (r == 0)
		r = rc_registry_index_find(state->index, chart, range, !backend->is_loose, &entry,
					   err);
	if (r < 0)
		return r;
	*ret_chart = (struct rc_registry_chart){.name = entry.name,
						.version = entry.version,
						.description = entry.description,
						.digest = entry.digest,
						.location = entry.url};
	return 0;
}

/*
 * "oci://host/path/name:tag": an index may point into a registry. The repository's credentials are
 * not that registry's.
 */
static int pull_from_registry(struct rc_registry_backend *backend,
			      const struct rc_registry_chart *chart, struct rc_buf *archive,
			      struct rc_error **err)
{
	struct rc_registry_access access = *rc_registry_session_get_access(backend->session);
	rc_cleanup(rc_registry_backend_closep) struct rc_registry_backend *other = NULL;
	const char *slash = strrchr(chart->location, '/'), *mark = strpbrk(slash, ":@");
	rc_autofree char *url = rc_strndup(chart->location, mark ? (size_t)(mark - chart->location)
								 : strlen(chart->location));
	struct rc_registry_chart there;
	char digest[RC_DIGEST_MAX];
	int r;

	access.url = url;
	if (!access.pass_credentials)
		access.username = access.password = access.certificate = access.key = NULL;
	r = rc_registry_backend_open("oci", &access, backend->cache,
				     rc_registry_session_get_deadline(backend->session), &other,
				     err);
	if (r == 0)
		r = rc_registry_backend_choose(other, "", mark ? mark + 1 : chart->version, &there,
					       err);
	if (r == 0)
		r = rc_registry_backend_fetch(other, &there, digest, err);
	return r < 0 ? r : rc_registry_cache_read(backend->cache, digest, archive, err);
}

static int helm_pull(struct rc_registry_backend *backend, const struct rc_registry_chart *chart,
		     struct rc_buf *archive, struct rc_error **err)
{
	rc_cleanup(rc_registry_response_done) struct rc_registry_response response = {.status = 0};
	struct rc_registry_request request = {.accept = "application/gzip,application/octet-stream",
					      .max_bytes = archive->max};
	rc_autofree char *url = NULL;
	int r;

	if (rc_text_has_prefix(chart->location, "oci://"))
		return pull_from_registry(backend, chart, archive, err);
	r = locate(backend, chart->location, &url, err);
	if (r < 0)
		return r;
	request.url = url;
	r = rc_registry_session_ask(backend->session, &request, &response, err);
	if (r == 0)
		r = rc_registry_session_check(&response, err);
	return r < 0 ? r : rc_buf_add_str(archive, rc_buf_str(&response.body));
}

static void helm_close(struct rc_registry_backend *backend)
{
	struct state *state = backend->state;

	if (state)
		rc_buf_done(&state->text);
}

const struct rc_registry_ops rc_registry_helm_ops = {
	.type = "helm",
	.open = helm_open,
	.choose = helm_choose,
	.pull = helm_pull,
	.close = helm_close,
};
