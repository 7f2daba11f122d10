/* libcurl's URL interface. */
#include "net/url.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/memory.h"
#include "base/secret.h"
#include "data/base64.h"

static void done(CURLU **url)
{
	curl_url_cleanup(*url);
}

static CURLU *open_url(const char *text)
{
	CURLU *url = curl_url();

	if (!url)
		abort();
	if (text && curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		return NULL;
	}
	return url;
}

/* A part in our own memory; NULL when it is not there. */
static char *take(CURLU *url, CURLUPart part, unsigned int flags)
{
	char *text = NULL, *copy;

	if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
		return NULL;
	copy = rc_strdup(text);
	curl_free(text);
	return copy;
}

int rc_net_url_resolve(const char *base, const char *reference, char **ret_url,
		       struct rc_error **err)
{
	rc_cleanup(done) CURLU *url = open_url(base);
	rc_autofree char *shown = NULL, *scheme = NULL;
	char *text = NULL;

	if (!url)
		return rc_fail(err, -EINVAL, "'%s' is no URL", base);
	if (curl_url_set(url, CURLUPART_URL, reference, 0) == CURLUE_OK)
		text = take(url, CURLUPART_URL, 0);
	scheme = take(url, CURLUPART_SCHEME, 0);
	if (!text || (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)) {
		free(text);
		shown = rc_net_url_redact(reference);
		return rc_fail(err, -EINVAL, "'%s' is no http or https URL", shown);
	}
	*ret_url = text;
	return 0;
}

bool rc_net_url_same_origin(const char *a, const char *b)
{
	static const CURLUPart parts[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT};
	rc_cleanup(done) CURLU *x = open_url(a), *y = NULL;

	y = open_url(b);
	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++) {
		rc_autofree char *ours = x ? take(x, parts[i], CURLU_DEFAULT_PORT) : NULL;
		rc_autofree char *theirs = y ? take(y, parts[i], CURLU_DEFAULT_PORT) : NULL;

		if (!ours || !theirs || strcasecmp(ours, theirs) != 0)
			return false;
	}
	return true;
}

char *rc_net_url_redact(const char *url)
{
	const char *start = strstr(url, "://");
	size_t scheme = start ? (size_t)(start + 3 - url) : 0;
	struct rc_str rest = {url + scheme, strcspn(url + scheme, "?#")};
	struct rc_str server = {rest.p, strcspn(rest.p, "/?#")};
	const char *at = memrchr(server.p, '@', server.n);

	if (at) {
		rest.n -= (size_t)(at + 1 - rest.p);
		rest.p = at + 1;
	}
	return rc_asprintf("%.*s%.*s", (int)scheme, url, (int)rest.n, rest.p);
}

char *rc_net_url_escape(const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, (int)strlen(text)), *copy;

	if (!escaped)
		abort();
	copy = rc_strdup(escaped);
	curl_free(escaped);
	return copy;
}

char *rc_net_url_basic(const char *username, const char *password)
{
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char *plain = rc_asprintf("%s:%s", username, password), *value;

	rc_base64_encode(rc_str(plain), &encoded);
	rc_secret_wipe_text(plain);
	value = rc_asprintf("Basic %s", rc_buf_text(&encoded));
	explicit_bzero(encoded.p, encoded.size);
	return value;
}
