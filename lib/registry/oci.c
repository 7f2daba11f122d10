/*
 * Registries of the OCI distribution specification: a chart is a manifest whose one layer is the
 * archive, its versions are tags, in which '+' is written '_'.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "data/json.h"
#include "data/semver.h"
#include "net/url.h"
#include "registry/backend.h"
#include "registry/token.h"
#include "registry/version.h"

#define MANIFEST_MAX ((size_t)4 << 20)
#define PAGE_MAX     ((size_t)16 << 20)
#define PAGES_MAX    1000
#define TAGS_MAX     200000
#define NAME_MAX_N   255
#define TAG_MAX_N    128
#define SCHEME	     "oci://"
#define CONFIG_TYPE  "application/vnd.cncf.helm.config.v1+json"
#define LAYER_TYPE   "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
#define LAYER_OLD    "application/tar+gzip"
#define MANIFEST_OCI "application/vnd.oci.image.manifest.v1+json"
#define MANIFEST_OLD "application/vnd.docker.distribution.manifest.v2+json"
#define VERSION_KEY  "org.opencontainers.image.version"
#define ABOUT_KEY    "org.opencontainers.image.description"

struct state {
	const char *root;    /* "https://host" */
	const char *path;    /* below the host: "org/charts", or "" */
	const char *name;    /* of the repository that authorization is for */
	char *authorization; /* NULL: none was asked for yet */
};

/* ---- names ---- */

/* [a-z0-9]+([._-]+[a-z0-9]+)* between slashes, as the specification has it. */
static bool is_name(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(name);

	if (n == 0 || n > NAME_MAX_N ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-/") != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr(plain, name[i]) && (i == 0 || i + 1 == n ||
						(name[i] == '/' && (!strchr(plain, name[i - 1]) ||
								    !strchr(plain, name[i + 1])))))
			return false;
	return true;
}

static bool is_tag(const char *tag)
{
	size_t n = strlen(tag);

	return n > 0 && n <= TAG_MAX_N && *tag != '.' && *tag != '-' &&
	       strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       n;
}

static char *swap(struct rc_arena *arena, const char *text, char from, char to)
{
	char *copy = rc_arena_strdup(arena, text);

	for (char *c = copy; *c; c++)
		if (*c == from)
			*c = to;
	return copy;
}

/* The hexadecimal half of "sha256:..."; NULL for anything else. */
static const char *hex_of(const char *digest)
{
	if (!digest || !rc_text_has_prefix(digest, "sha256:"))
		return NULL;
	digest += strlen("sha256:");
	return rc_digest_is_sha256(digest) ? digest : NULL;
}

/* ---- asking ---- */

/* Ask as we are let in so far; when that is not enough, get let in and ask again. */
static int ask(struct rc_registry_backend *backend, const char *name,
	       const struct rc_registry_request *request, struct rc_registry_response *ret_response,
	       struct rc_error **err)
{
	struct state *state = backend->state;
	struct rc_registry_request with = *request;
	struct rc_registry_response response = {.status = 0};
	rc_autofree char *scope = rc_asprintf("repository:%s:pull", name);
	char *value = NULL;
	int r;

	if (state->name && strcmp(state->name, name) == 0)
		with.authorization = state->authorization;
	with.anonymous = true;
	r = rc_registry_session_ask(backend->session, &with, &response, err);
	if (r == 0 && response.status == 401 && !with.authorization &&
	    rc_net_url_same_origin(response.url, state->root)) {
		r = rc_registry_token_get(backend->session, &response, scope, &value, err);
		rc_registry_response_done(&response);
		if (r < 0)
			return r;
		rc_secret_wipe_text(state->authorization);
		state->authorization = value;
		state->name = rc_arena_strdup(backend->arena, name);
		with.authorization = value;
		r = rc_registry_session_ask(backend->session, &with, &response, err);
	}
	if (r == 0)
		r = rc_registry_session_check(&response, err);
	if (r < 0) {
		rc_registry_response_done(&response);
		return r;
	}
	*ret_response = response;
	return 0;
}

/* ---- tags ---- */

struct tags {
	const char **at;
	size_t n, room;
};

static int take_tags(struct rc_registry_backend *backend, struct rc_str text, struct tags *tags,
		     struct rc_error **err)
{
	json_auto_t *json = NULL;
	json_t *tag;
	size_t i;
	int r = rc_json_parse(text, "the list of tags", &json, err);

	if (r < 0)
		return rc_wrap(err, -EPROTO, "reading the tags");
	json_array_foreach (json_object_get(json, "tags"), i, tag) {
		const char *version = json_string_value(tag);

		if (!version)
			continue;
		version = swap(backend->arena, version, '_', '+');
		if (!rc_semver_is_strict(rc_str(version)))
			continue;
		if (tags->n == TAGS_MAX)
			return rc_fail(err, -E2BIG, "there are more than %d tags", TAGS_MAX);
		if (tags->n == tags->room) {
			size_t room = tags->room ? 2 * tags->room : 64;

			tags->at =
				rc_arena_grow(backend->arena, tags->at, tags->n * sizeof(*tags->at),
					      room * sizeof(*tags->at));
			tags->room = room;
		}
		tags->at[tags->n++] = version;
	}
	return 0;
}

/* "<https://host/v2/name/tags/list?last=x>; rel=\"next\"": where the next page is; NULL: the last
 * one. */
static int next_page(const struct state *state, const struct rc_registry_response *response,
		     char **ret_url, struct rc_error **err)
{
	const char *start = response->link ? strchr(response->link, '<') : NULL;
	const char *end = start ? strchr(start, '>') : NULL;
	rc_autofree char *reference = NULL, *url = NULL;
	int r;

	*ret_url = NULL;
	if (!end || !strstr(end, "next"))
		return 0;
	reference = rc_strndup(start + 1, (size_t)(end - start - 1));
	r = rc_net_url_resolve(response->url, reference, &url, err);
	if (r == 0 && !rc_net_url_same_origin(url, state->root))
		r = rc_fail(err, -EPROTO, "the next page of tags is at another host");
	if (r == 0)
		*ret_url = rc_steal(&url);
	return r;
}

static int list_tags(struct rc_registry_backend *backend, const char *name, struct tags *tags,
		     struct rc_error **err)
{
	const struct state *state = backend->state;
	rc_autofree char *url = rc_asprintf("%s/v2/%s/tags/list", state->root, name);

	for (unsigned int page = 0; url; page++) {
		rc_cleanup(rc_registry_response_done) struct rc_registry_response response = {
			.status = 0};
		struct rc_registry_request request = {.url = url, .max_bytes = PAGE_MAX};
		char *next = NULL;
		int r = page < PAGES_MAX
				? ask(backend, name, &request, &response, err)
				: rc_fail(err, -E2BIG, "there are more than %d pages", PAGES_MAX);

		if (r == 0)
			r = take_tags(backend, rc_buf_str(&response.body), tags, err);
		if (r == 0)
			r = next_page(state, &response, &next, err);
		if (r < 0)
			return rc_wrap(err, r, "listing the tags of %s", name);
		free(url);
		url = next;
	}
	return 0;
}

/* ---- manifests ---- */

/* The bytes are what the reference, and what the registry says of them, want them to be. */
static int check_manifest(const struct rc_registry_response *response, const char *reference,
			  struct rc_error **err)
{
	const char *wanted[] = {hex_of(reference), hex_of(response->digest)};
	char found[RC_DIGEST_MAX];

	rc_digest_sha256(rc_buf_str(&response->body), found);
	for (size_t i = 0; i < RC_ARRAY_SIZE(wanted); i++)
		if (wanted[i] && strcmp(wanted[i], found) != 0)
			return rc_fail(err, -EPROTO,
				       "the manifest has the digest sha256:%s, the registry says "
				       "it has sha256:%s",
				       found, wanted[i]);
	return 0;
}

/* The layer that is the chart. */
static const json_t *find_layer(const json_t *manifest)
{
	static const char *const types[] = {LAYER_TYPE, LAYER_OLD};
	json_t *layer;
	size_t i;

	for (size_t t = 0; t < RC_ARRAY_SIZE(types); t++)
		json_array_foreach (json_object_get(manifest, "layers"), i, layer)
			if (rc_text_equal(rc_json_text(layer, "mediaType", NULL), types[t]))
				return layer;
	return NULL;
}

/* For people; a digest's beginning tells enough. */
static const char *short_reference(struct rc_arena *arena, const char *reference)
{
	const char *hex = hex_of(reference);

	return hex ? rc_arena_strndup(arena, hex, 12) : rc_arena_strdup(arena, reference);
}

/* version is NULL where only the manifest can say it. */
static int read_manifest(struct rc_registry_backend *backend, const json_t *manifest,
			 const char *reference, const char *version,
			 struct rc_registry_chart *chart, struct rc_error **err)
{
	const char *config = rc_json_text(manifest, "config", "mediaType", NULL);
	const char *said = rc_json_text(manifest, "annotations", VERSION_KEY, NULL);
	const char *about = rc_json_text(manifest, "annotations", ABOUT_KEY, NULL);
	const json_t *layer = find_layer(manifest);
	const char *digest = hex_of(rc_json_text(layer, "digest", NULL));
	json_int_t size = json_integer_value(json_object_get(layer, "size"));

	if (json_is_array(json_object_get(manifest, "manifests")))
		return rc_fail(err, -EINVAL, "it is an index of several manifests, not a chart");
	if (!rc_text_equal(config, CONFIG_TYPE))
		return rc_fail(err, -EINVAL,
			       "it is not a chart: its config has the media type '%s', not '%s'",
			       config ?: "", CONFIG_TYPE);
	if (!layer)
		return rc_fail(err, -EINVAL, "manifest does not contain a layer with mediatype %s",
			       LAYER_TYPE);
	if (!digest || size <= 0)
		return rc_fail(err, -EPROTO, "its layer has no sha256 digest, or no size");
	if (!version && said && *said)
		version = said;
	chart->version = version ? rc_arena_strdup(backend->arena, version)
				 : short_reference(backend->arena, reference);
	chart->description = rc_arena_strdup(backend->arena, about ?: "");
	chart->digest = rc_arena_strdup(backend->arena, digest);
	chart->size = (uint64_t)size;
	return 0;
}

static int load_manifest(struct rc_registry_backend *backend, const char *name,
			 const char *reference, const char *version,
			 struct rc_registry_chart *ret_chart, struct rc_error **err)
{
	const struct state *state = backend->state;
	rc_cleanup(rc_registry_response_done) struct rc_registry_response response = {.status = 0};
	rc_autofree char *url = rc_asprintf("%s/v2/%s/manifests/%s", state->root, name, reference);
	struct rc_registry_request request = {
		.url = url, .accept = MANIFEST_OCI "," MANIFEST_OLD, .max_bytes = MANIFEST_MAX};
	struct rc_registry_chart chart = {.name = rc_arena_strdup(backend->arena, name)};
	json_auto_t *manifest = NULL;
	int r = ask(backend, name, &request, &response, err);

	if (r == 0)
		r = check_manifest(&response, reference, err);
	if (r == 0 && rc_json_parse(rc_buf_str(&response.body), "the manifest", &manifest, err) < 0)
		r = -EPROTO;
	if (r == 0)
		r = read_manifest(backend, manifest, reference, version, &chart, err);
	if (r < 0)
		return rc_wrap(err, r, "%s%s%s", name, hex_of(reference) ? "@" : ":", reference);
	chart.location = chart.name;
	*ret_chart = chart;
	return 0;
}

/* ---- the operations ---- */

static int oci_open(struct rc_registry_backend *backend, struct rc_error **err)
{
	const struct rc_registry_access *access = rc_registry_session_get_access(backend->session);
	struct state *state = rc_arena_new0(backend->arena, struct state);
	const char *rest = rc_text_has_prefix(access->url, SCHEME) ? access->url + strlen(SCHEME)
								   : access->url;
	size_t n = strcspn(rest, "/");
	const char *host = rc_arena_strndup(backend->arena, rest, n);
	char *path = rc_arena_strdup(backend->arena, rest + n + (rest[n] == '/'));

	backend->state = state;
	if (strstr(rest, "://") || n == 0 || strpbrk(host, "@?#"))
		return rc_fail(err, -EINVAL, "'%s' is no registry: oci://host/path is wanted",
			       access->url);
	while (*path && path[strlen(path) - 1] == '/')
		path[strlen(path) - 1] = '\0';
	/* The name that everybody writes is not the one that answers. */
	if (strcmp(host, "docker.io") == 0)
		host = "registry-1.docker.io";
	state->root = rc_arena_printf(backend->arena, "%s://%s",
				      access->plain_http ? "http" : "https", host);
	state->path = path;
	return 0;
}

/* What a text that is no single version may be. */
static bool is_range(const char *range)
{
	static const struct rc_semver any = {.major = 1};
	bool matches;

	return !*range || rc_semver_matches(rc_str(range), &any, &matches, NULL) == 0;
}

static int choose_tag(struct rc_registry_backend *backend, const char *name, const char *range,
		      struct rc_registry_chart *ret_chart, struct rc_error **err)
{
	struct tags tags = {NULL, 0, 0};
	size_t i = 0;
	int r = list_tags(backend, name, &tags, err);

	if (r == 0)
		r = rc_registry_version_choose(tags.at, tags.n, range, true, &i, err);
	if (r < 0)
		return rc_wrap(err, r, "chart '%s'", name);
	if (r == 0)
		return rc_fail(err, -ENODATA, "no version of chart '%s' meets '%s'", name,
			       *range ? range : "*");
	return load_manifest(backend, name, swap(backend->arena, tags.at[i], '+', '_'), tags.at[i],
			     ret_chart, err);
}

static int oci_choose(struct rc_registry_backend *backend, const char *chart, const char *range,
		      struct rc_registry_chart *ret_chart, struct rc_error **err)
{
	const struct state *state = backend->state;
	const char *name = rc_arena_printf(backend->arena, "%s%s%s", state->path,
					   *state->path && *chart ? "/" : "", chart);
	struct rc_semver version;

	if (!is_name(name))
		return rc_fail(err, -EINVAL, "'%s' is no name of a chart in a registry", name);
	if (hex_of(range))
		return load_manifest(backend, name, range, NULL, ret_chart, err);
	if (rc_semver_parse(rc_str(range), &version) == 0)
		return load_manifest(backend, name, swap(backend->arena, range, '+', '_'), range,
				     ret_chart, err);
	/* "latest" is neither, but a tag all the same. */
	if (!is_range(range) && is_tag(range))
		return load_manifest(backend, name, range, NULL, ret_chart, err);
	return choose_tag(backend, name, range, ret_chart, err);
}

static int oci_pull(struct rc_registry_backend *backend, const struct rc_registry_chart *chart,
		    struct rc_buf *archive, struct rc_error **err)
{
	const struct state *state = backend->state;
	rc_cleanup(rc_registry_response_done) struct rc_registry_response response = {.status = 0};
	rc_autofree char *url = rc_asprintf("%s/v2/%s/blobs/sha256:%s", state->root,
					    chart->location, chart->digest);
	struct rc_registry_request request = {.url = url, .max_bytes = archive->max};
	int r = ask(backend, chart->location, &request, &response, err);

	return r < 0 ? r : rc_buf_add_str(archive, rc_buf_str(&response.body));
}

static void oci_close(struct rc_registry_backend *backend)
{
	struct state *state = backend->state;

	if (state)
		rc_secret_wipe_text(state->authorization);
}

const struct rc_registry_ops rc_registry_oci_ops = {
	.type = "oci",
	.open = oci_open,
	.choose = oci_choose,
	.pull = oci_pull,
	.close = oci_close,
};
