/* The registry: a manifest is made of the archive each time it is asked for. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "charts.h"
#include "data/digest.h"
#include "data/json.h"

#define CONFIG "{}"

static bool is_let_in(struct rc_net_http_exchange *exchange, const char *name)
{
	const char *given = rc_net_http_exchange_get_header(exchange, "Authorization");
	rc_autofree char *token = rc_asprintf("Bearer token-repository:%s:pull", name);

	if (!charts.basic)
		return true;
	return rc_text_equal(given, charts.has_tokens ? token : charts.basic);
}

static void challenge(struct rc_net_http_exchange *exchange, const char *name)
{
	const char *host = rc_net_http_exchange_get_header(exchange, "Host");
	rc_autofree char *bearer =
		rc_asprintf("Bearer realm=\"%s://%s/token\",service=\"charts\",scope="
			    "\"repository:%s:pull\"",
			    charts.is_tls ? "https" : "http", host ? host : "", name);

	rc_net_http_exchange_set_header(exchange, "WWW-Authenticate",
					charts.has_tokens ? bearer : "Basic realm=\"charts\"");
	charts_fail(exchange, 401, "UNAUTHORIZED");
}

/* By GET with the user, or by POST with the refresh token. */
void charts_serve_token(struct rc_net_http_exchange *exchange)
{
	const char *given = rc_net_http_exchange_get_header(exchange, "Authorization");
	const char *scope = rc_net_http_exchange_get_query(exchange, "scope");
	rc_autofree char *form = rc_str_dup(rc_net_http_exchange_get_body(exchange));
	rc_autofree char *refresh = rc_asprintf("refresh_token=%s", charts.password);
	rc_autofree char *token = NULL;
	json_auto_t *body = NULL;
	bool is_post = strcmp(rc_net_http_exchange_get_method(exchange), "POST") == 0;

	if (is_post ? !strstr(form, refresh) : !rc_text_equal(given, charts.basic)) {
		charts_fail(exchange, 401, "UNAUTHORIZED");
		return;
	}
	/* Of a form, "repository%3Aname%3Apull" is all that comes. */
	if (is_post) {
		char *start = strstr(form, "scope=repository%3A"), *end;

		start = start ? start + strlen("scope=repository%3A") : form;
		end = strstr(start, "%3Apull");
		for (char *c = start; (c = strstr(c, "%2F")); end -= 2) {
			*c = '/';
			memmove(c + 1, c + 3, strlen(c + 3) + 1);
		}
		token = rc_asprintf("token-repository:%.*s:pull", end ? (int)(end - start) : 0,
				    start);
	} else {
		token = rc_asprintf("token-%s", scope ? scope : "");
	}
	body = json_pack("{s:s}", "token", token);
	rc_net_http_exchange_reply_json(exchange, 200, body);
}

static int is_archive(const struct dirent *entry)
{
	return rc_text_has_suffix(entry->d_name, ".tgz");
}

static void serve_tags(struct rc_net_http_exchange *exchange, const char *name)
{
	rc_autofree char *folder = rc_path_join(charts.root, name);
	const char *last = rc_net_http_exchange_get_query(exchange, "last");
	json_auto_t *tags = json_array(), *body = NULL;
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, is_archive, alphasort), given = 0;

	for (int i = 0; i < n; i++) {
		rc_autofree char *tag =
			rc_strndup(entries[i]->d_name, strlen(entries[i]->d_name) - 4);

		free(entries[i]);
		if ((last && strcmp(tag, last) <= 0) || (charts.page && given >= charts.page))
			continue;
		json_array_append_new(tags, json_string(tag));
		given++;
		if (charts.page && given == charts.page && i + 1 < n) {
			rc_autofree char *link =
				rc_asprintf("</v2/%s/tags/list?last=%s>; rel=\"next\"", name, tag);

			rc_net_http_exchange_set_header(exchange, "Link", link);
		}
	}
	free(entries);
	if (n < 0) {
		charts_fail(exchange, 404, "NAME_UNKNOWN");
		return;
	}
	body = json_pack("{s:s, s:O}", "name", name, "tags", tags);
	rc_net_http_exchange_reply_json(exchange, 200, body);
}

/* The manifest of an archive as text; the caller's. */
static char *make_manifest(const char *bytes, size_t n)
{
	char digest[RC_DIGEST_MAX], config[RC_DIGEST_MAX];
	rc_autofree char *layer_digest =
		rc_asprintf("sha256:%s", rc_digest_sha256((struct rc_str){bytes, n}, digest));
	rc_autofree char *config_digest =
		rc_asprintf("sha256:%s", rc_digest_sha256(rc_str(CONFIG), config));
	json_auto_t *manifest =
		json_pack("{s:i, s:{s:s, s:s, s:i}, s:[{s:s, s:s, s:I}]}", "schemaVersion", 2,
			  "config", "mediaType", "application/vnd.cncf.helm.config.v1+json",
			  "digest", config_digest, "size", (int)strlen(CONFIG), "layers",
			  "mediaType", "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
			  "digest", layer_digest, "size", (json_int_t)n);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_json_write(&text, manifest);
	return rc_buf_take(&text);
}

/* Call found for each archive below the name until it returns true. */
typedef bool found_fn(struct rc_net_http_exchange *exchange, const char *wanted, const char *bytes,
		      size_t n);

static bool try_each(struct rc_net_http_exchange *exchange, const char *name, const char *wanted,
		     found_fn *found)
{
	rc_autofree char *folder = rc_path_join(charts.root, name);
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_archive, alphasort);
	bool done = false;

	for (int i = 0; i < count; i++) {
		rc_autofree char *path = rc_path_join(name, entries[i]->d_name);
		size_t n = 0;
		rc_autofree char *bytes = done ? NULL : charts_read(path, &n);

		done = done || (bytes && found(exchange, wanted, bytes, n));
		free(entries[i]);
	}
	free(entries);
	return done;
}

static void reply_manifest(struct rc_net_http_exchange *exchange, const char *text)
{
	char digest[RC_DIGEST_MAX];
	rc_autofree char *header = rc_asprintf("sha256:%s", rc_digest_sha256(rc_str(text), digest));

	if (strcmp(charts.trick.mode, "digest") == 0)
		memset(header + strlen("sha256:"), '0', 64);
	rc_net_http_exchange_set_header(exchange, "Docker-Content-Digest", header);
	charts_reply(exchange, "application/vnd.oci.image.manifest.v1+json", rc_str(text));
}

static bool is_manifest(struct rc_net_http_exchange *exchange, const char *wanted,
			const char *bytes, size_t n)
{
	rc_autofree char *text = make_manifest(bytes, n);
	char digest[RC_DIGEST_MAX];

	if (strcmp(rc_digest_sha256(rc_str(text), digest), wanted) != 0)
		return false;
	reply_manifest(exchange, text);
	return true;
}

static bool is_blob(struct rc_net_http_exchange *exchange, const char *wanted, const char *bytes,
		    size_t n)
{
	char digest[RC_DIGEST_MAX];

	if (strcmp(rc_digest_sha256((struct rc_str){bytes, n}, digest), wanted) != 0)
		return false;
	charts_reply(exchange, "application/octet-stream", (struct rc_str){bytes, n});
	return true;
}

static void serve_manifest(struct rc_net_http_exchange *exchange, const char *name,
			   const char *reference)
{
	rc_autofree char *path = rc_asprintf("%s/%s.tgz", name, reference), *text = NULL;
	rc_autofree char *other = rc_asprintf("%s/%s.manifest", name, reference);
	size_t n = 0, other_n = 0;
	rc_autofree char *bytes = charts_read(path, &n), *made = charts_read(other, &other_n);

	if (made) {
		reply_manifest(exchange, made);
	} else if (bytes) {
		text = make_manifest(bytes, n);
		reply_manifest(exchange, text);
	} else if (!rc_text_has_prefix(reference, "sha256:") ||
		   !try_each(exchange, name, reference + strlen("sha256:"), is_manifest)) {
		charts_fail(exchange, 404, "MANIFEST_UNKNOWN");
	}
}

static void serve_blob(struct rc_net_http_exchange *exchange, const char *name,
		       const char *reference)
{
	const char *wanted = reference + strcspn(reference, ":");
	char digest[RC_DIGEST_MAX];

	wanted += *wanted == ':';
	if (strcmp(rc_digest_sha256(rc_str(CONFIG), digest), wanted) == 0)
		charts_reply(exchange, "application/octet-stream", rc_str(CONFIG));
	else if (!try_each(exchange, name, wanted, is_blob))
		charts_fail(exchange, 404, "BLOB_UNKNOWN");
}

void charts_serve_registry(struct rc_net_http_exchange *exchange, const char *path)
{
	static const char *const kinds[] = {"/tags/list", "/manifests/", "/blobs/"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		const char *found = strstr(path, kinds[i]);
		rc_autofree char *name = found ? rc_strndup(path, (size_t)(found - path)) : NULL;
		/* Behind a redirect to a store of blobs nobody asks for tokens. */
		bool is_moved =
			rc_text_has_prefix(rc_net_http_exchange_get_path(exchange), "/moved");

		if (!found)
			continue;
		if (!is_moved && !is_let_in(exchange, name))
			challenge(exchange, name);
		else if (i == 0)
			serve_tags(exchange, name);
		else if (i == 1)
			serve_manifest(exchange, name, found + strlen(kinds[i]));
		else
			serve_blob(exchange, name, found + strlen(kinds[i]));
		return;
	}
	charts_fail(exchange, 404, "UNSUPPORTED");
}
