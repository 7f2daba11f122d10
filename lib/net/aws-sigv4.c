/*
 * Signature Version 4, in the order of its documentation: the canonical request, the string to
 * sign, the key that is derived, the signature.
 */
#include "net/aws-sigv4.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/memory.h"
#include "data/percent.h"
#include "net/aws-sigv4-private.h"

#define ALGORITHM   "AWS4-HMAC-SHA256"
#define DIGEST_SIZE 32
#define HEX_MAX	    (2 * DIGEST_SIZE + 1)
#define DATE_MAX    32

/* One header or query argument, both texts owned. */
struct pair {
	char *name, *value;
};

struct pairs {
	struct pair *list;
	size_t n;
};

/* A request on its way to a signature. */
struct signing {
	const struct rc_net_aws_request *request;
	const struct rc_net_aws_keys *keys;
	char date[DATE_MAX]; /* "20150830T123600Z" */
	char *scope;	     /* "20150830/us-east-1/sts/aws4_request" */
	char digest[HEX_MAX];
	struct rc_str host, path, query; /* of the URL */
	struct pairs headers, arguments;
	char *signed_headers; /* "host;x-amz-date" */
};

/* ---- digests ---- */

static const char *hex(const unsigned char *bytes, char text[HEX_MAX])
{
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

static const char *digest_of(struct rc_str bytes, char text[HEX_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};

	EVP_Digest(bytes.n ? bytes.p : "", bytes.n, digest, NULL, EVP_sha256(), NULL);
	return hex(digest, text);
}

static void mac(const unsigned char *key, size_t key_n, const char *text,
		unsigned char ret[DIGEST_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE] = {0};

	HMAC(EVP_sha256(), key, (int)key_n, (const unsigned char *)text, strlen(text), digest,
	     NULL);
	memcpy(ret, digest, DIGEST_SIZE);
	explicit_bzero(digest, sizeof(digest));
}

/* ---- pairs ---- */

static void add(struct pairs *pairs, char *name, char *value)
{
	pairs->list = rc_realloc(pairs->list, (pairs->n + 1) * sizeof(*pairs->list));
	pairs->list[pairs->n++] = (struct pair){name, value};
}

static void pairs_done(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		free(pairs->list[i].name);
		rc_secret_wipe_text(pairs->list[i].value);
	}
	free(pairs->list);
}

static void swap(struct pair *a, struct pair *b)
{
	struct pair kept = *a;

	*a = *b;
	*b = kept;
}

/* By name, and by value where by_value; what is equal stays in its order. */
static void sort(struct pairs *pairs, bool by_value)
{
	for (size_t i = 1; i < pairs->n; i++)
		for (size_t j = i; j > 0; j--) {
			struct pair *a = &pairs->list[j - 1], *b = &pairs->list[j];
			int order = strcmp(a->name, b->name);

			if (order < 0 ||
			    (order == 0 && (!by_value || strcmp(a->value, b->value) <= 0)))
				break;
			swap(a, b);
		}
}

/* ---- the URL ---- */

static struct rc_str cut(struct rc_str *rest, const char *end)
{
	size_t n = 0;

	while (n < rest->n && !strchr(end, rest->p[n]))
		n++;
	*rest = (struct rc_str){rest->p + n, rest->n - n};
	return (struct rc_str){rest->p - n, n};
}

static void take_apart(struct signing *s)
{
	const char *host = strstr(s->request->url, "://");
	struct rc_str rest = rc_str(host ? host + 3 : s->request->url);

	s->host = cut(&rest, "/?#");
	s->path = cut(&rest, "?#");
	if (rest.n > 0 && *rest.p == '?') {
		rest = (struct rc_str){rest.p + 1, rest.n - 1};
		s->query = cut(&rest, "#");
	}
}

static char *recode(struct rc_str text)
{
	rc_autobuf struct rc_buf plain = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_buf coded = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_percent_decode(&plain, text);
	rc_percent_encode(&coded, rc_buf_str(&plain), NULL);
	return rc_buf_take(&coded);
}

static char *encode(const char *text)
{
	struct rc_buf coded = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_percent_encode(&coded, rc_str(text), NULL);
	return rc_buf_take(&coded);
}

static void add_arguments(struct signing *s)
{
	struct rc_str rest = s->query;

	while (rest.n > 0) {
		struct rc_str value = cut(&rest, "&"), name = cut(&value, "=");

		if (value.n > 0)
			value = (struct rc_str){value.p + 1, value.n - 1};
		if (name.n > 0 || value.n > 0)
			add(&s->arguments, recode(name), recode(value));
		if (rest.n > 0)
			rest = (struct rc_str){rest.p + 1, rest.n - 1};
	}
}

static void drop_segment(struct rc_buf *path)
{
	while (path->n > 0) {
		bool is_start = path->p[path->n - 1] == '/';

		rc_buf_truncate(path, path->n - 1);
		if (is_start)
			return;
	}
}

/* Without empty and dot segments; each ".." takes the segment before it along. */
static void put_normal_path(struct rc_str path, struct rc_buf *buf)
{
	rc_autobuf struct rc_buf normal = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str rest = path;
	bool is_folder = true;

	while (rest.n > 0) {
		struct rc_str segment;

		rest = (struct rc_str){rest.p + 1, rest.n - 1};
		segment = cut(&rest, "/");
		is_folder = segment.n == 0 || rc_str_is(segment, ".") || rc_str_is(segment, "..");
		if (rc_str_is(segment, ".."))
			drop_segment(&normal);
		if (is_folder)
			continue;
		rc_buf_putc(&normal, '/');
		rc_percent_encode(&normal, segment, NULL);
	}
	if (is_folder)
		rc_buf_putc(&normal, '/');
	rc_buf_add_str(buf, rc_buf_str(&normal));
}

static void put_path(const struct signing *s, struct rc_buf *buf)
{
	if (!s->request->is_path_exact)
		put_normal_path(s->path, buf);
	else if (s->path.n > 0)
		rc_percent_encode(buf, s->path, "/%");
	else
		rc_buf_putc(buf, '/');
}

static void put_query(const struct signing *s, struct rc_buf *buf)
{
	for (size_t i = 0; i < s->arguments.n; i++)
		rc_buf_printf(buf, "%s%s=%s", i ? "&" : "", s->arguments.list[i].name,
			      s->arguments.list[i].value);
}

/* ---- headers ---- */

static char *lower(const char *name)
{
	char *text = rc_strdup(name);

	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return text;
}

/* Blanks around it go, and those inside shrink to one. */
static char *squeeze(struct rc_str value)
{
	struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	value = rc_str_trim(value, " \t\r\n");
	for (size_t i = 0; i < value.n; i++) {
		bool is_blank = strchr(" \t\r\n", value.p[i]) != NULL;

		if (!is_blank)
			rc_buf_putc(&buf, value.p[i]);
		else if (buf.p[buf.n - 1] != ' ')
			rc_buf_putc(&buf, ' ');
	}
	return rc_buf_take(&buf);
}

/* What proxies and clients change on the way. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {"authorization", "connection", "expect", "user-agent",
					    "x-amzn-trace-id"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void add_header(struct signing *s, const char *name, struct rc_str value)
{
	char *key = lower(name);

	if (is_left_out(key))
		free(key);
	else
		add(&s->headers, key, squeeze(value));
}

/* Of one name there is one line: its values in their order, by commas. */
static void join(struct pairs *pairs)
{
	size_t kept = 0;

	for (size_t i = 1; i < pairs->n; i++) {
		struct pair *last = &pairs->list[kept], *next = &pairs->list[i];
		char *joined;

		if (strcmp(last->name, next->name) != 0) {
			pairs->list[++kept] = *next;
			continue;
		}
		joined = rc_asprintf("%s,%s", last->value, next->value);
		free(next->name);
		rc_secret_wipe_text(next->value);
		rc_secret_wipe_text(last->value);
		last->value = joined;
	}
	pairs->n = kept + 1;
}

static void add_headers(struct signing *s)
{
	struct rc_buf names = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const struct rc_net_http_header *header = s->request->headers;
	bool has_host = false;

	for (; header && header->name; header++) {
		add_header(s, header->name, rc_str(header->value));
		has_host = has_host || strcasecmp(header->name, "host") == 0;
	}
	if (!has_host)
		add_header(s, "host", s->host);
	sort(&s->headers, false);
	join(&s->headers);
	for (size_t i = 0; i < s->headers.n; i++)
		rc_buf_printf(&names, "%s%s", i ? ";" : "", s->headers.list[i].name);
	s->signed_headers = rc_buf_take(&names);
}

/* ---- a signing ---- */

static void signing_init(struct signing *s, const struct rc_net_aws_request *request,
			 const struct rc_net_aws_keys *keys)
{
	time_t now = request->unix_s;
	struct tm tm;

	*s = (struct signing){.request = request, .keys = keys};
	gmtime_r(&now, &tm);
	strftime(s->date, sizeof(s->date), "%Y%m%dT%H%M%SZ", &tm);
	s->scope =
		rc_asprintf("%.8s/%s/%s/aws4_request", s->date, request->region, request->service);
	if (request->is_unsigned_body)
		snprintf(s->digest, sizeof(s->digest), "UNSIGNED-PAYLOAD");
	else
		digest_of(request->body, s->digest);
	take_apart(s);
	add_arguments(s);
}

static void signing_done(struct signing *s)
{
	free(s->scope);
	free(s->signed_headers);
	pairs_done(&s->headers);
	pairs_done(&s->arguments);
}

static char *make_canonical(const struct signing *s)
{
	struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_buf_printf(&buf, "%s\n", s->request->method ? s->request->method : "GET");
	put_path(s, &buf);
	rc_buf_putc(&buf, '\n');
	put_query(s, &buf);
	rc_buf_putc(&buf, '\n');
	for (size_t i = 0; i < s->headers.n; i++)
		rc_buf_printf(&buf, "%s:%s\n", s->headers.list[i].name, s->headers.list[i].value);
	rc_buf_printf(&buf, "\n%s\n%s", s->signed_headers, s->digest);
	return rc_buf_take(&buf);
}

static void derive_key(const struct signing *s, unsigned char key[DIGEST_SIZE])
{
	struct rc_str secret = rc_secret_reveal(s->keys->secret_access_key);
	char *first = rc_asprintf("AWS4%.*s", (int)secret.n, secret.p);
	rc_autofree char *date = rc_strndup(s->date, 8);

	mac((const unsigned char *)first, strlen(first), date, key);
	mac(key, DIGEST_SIZE, s->request->region, key);
	mac(key, DIGEST_SIZE, s->request->service, key);
	mac(key, DIGEST_SIZE, "aws4_request", key);
	rc_secret_wipe_text(first);
}

static const char *make_signature(const struct signing *s, char text[HEX_MAX])
{
	char *canonical = make_canonical(s);
	char digest[HEX_MAX];
	rc_autofree char *to_sign = rc_asprintf(ALGORITHM "\n%s\n%s\n%s", s->date, s->scope,
						digest_of(rc_str(canonical), digest));
	unsigned char key[DIGEST_SIZE], signature[DIGEST_SIZE];

	derive_key(s, key);
	mac(key, sizeof(key), to_sign, signature);
	explicit_bzero(key, sizeof(key));
	rc_secret_wipe_text(canonical);
	return hex(signature, text);
}

/* ---- by headers ---- */

static void prepare_headers(struct signing *s)
{
	add_header(s, "x-amz-date", rc_str(s->date));
	if (s->keys->session_token)
		add_header(s, "x-amz-security-token", rc_secret_reveal(s->keys->session_token));
	if (s->request->with_digest)
		add_header(s, "x-amz-content-sha256", rc_str(s->digest));
	add_headers(s);
	sort(&s->arguments, true);
}

static void append(struct rc_net_http_header **list, size_t *n, const char *name, char *value)
{
	*list = rc_realloc(*list, (*n + 2) * sizeof(**list));
	(*list)[(*n)++] = (struct rc_net_http_header){rc_strdup(name), value};
	(*list)[*n] = (struct rc_net_http_header){NULL, NULL};
}

struct rc_net_http_header *rc_net_aws_sigv4_sign(const struct rc_net_aws_request *request,
						 const struct rc_net_aws_keys *keys)
{
	const struct rc_net_http_header *header = request->headers;
	struct rc_net_http_header *list = NULL;
	char signature[HEX_MAX];
	struct signing s;
	size_t n = 0;

	signing_init(&s, request, keys);
	prepare_headers(&s);
	make_signature(&s, signature);
	for (; header && header->name; header++)
		append(&list, &n, header->name, rc_strdup(header->value));
	append(&list, &n, "X-Amz-Date", rc_strdup(s.date));
	if (keys->session_token)
		append(&list, &n, "X-Amz-Security-Token",
		       rc_str_dup(rc_secret_reveal(keys->session_token)));
	if (request->with_digest)
		append(&list, &n, "X-Amz-Content-Sha256", rc_strdup(s.digest));
	append(&list, &n, "Authorization",
	       rc_asprintf(ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
			   keys->access_key_id, s.scope, s.signed_headers, signature));
	signing_done(&s);
	return list;
}

void rc_net_aws_sigv4_free(struct rc_net_http_header *headers)
{
	for (struct rc_net_http_header *header = headers; header && header->name; header++) {
		rc_secret_wipe_text((char *)(uintptr_t)header->value);
		free((char *)(uintptr_t)header->name);
	}
	free(headers);
}

/* ---- by the URL ---- */

static void add_argument(struct signing *s, const char *name, char *plain)
{
	add(&s->arguments, rc_strdup(name), encode(plain));
	rc_secret_wipe_text(plain);
}

static void prepare_query(struct signing *s, unsigned int expires_s)
{
	add_headers(s);
	add_argument(s, "X-Amz-Algorithm", rc_strdup(ALGORITHM));
	add_argument(s, "X-Amz-Credential", rc_asprintf("%s/%s", s->keys->access_key_id, s->scope));
	add_argument(s, "X-Amz-Date", rc_strdup(s->date));
	add_argument(s, "X-Amz-Expires", rc_asprintf("%u", expires_s));
	add_argument(s, "X-Amz-SignedHeaders", rc_strdup(s->signed_headers));
	if (s->keys->session_token)
		add_argument(s, "X-Amz-Security-Token",
			     rc_str_dup(rc_secret_reveal(s->keys->session_token)));
	sort(&s->arguments, true);
}

char *rc_net_aws_sigv4_presign(const struct rc_net_aws_request *request,
			       const struct rc_net_aws_keys *keys, unsigned int expires_s)
{
	struct rc_buf url = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char signature[HEX_MAX];
	struct signing s;

	signing_init(&s, request, keys);
	prepare_query(&s, expires_s);
	rc_buf_add(&url, request->url, (size_t)(s.host.p + s.host.n - request->url));
	if (s.path.n > 0)
		rc_buf_add_str(&url, s.path);
	else
		rc_buf_putc(&url, '/');
	rc_buf_putc(&url, '?');
	put_query(&s, &url);
	rc_buf_printf(&url, "&X-Amz-Signature=%s", make_signature(&s, signature));
	signing_done(&s);
	return rc_buf_take(&url);
}

/* ---- for tests ---- */

char *rc_net_aws_sigv4_canonical(const struct rc_net_aws_request *request,
				 const struct rc_net_aws_keys *keys, unsigned int expires_s)
{
	struct signing s;
	char *text;

	signing_init(&s, request, keys);
	if (expires_s > 0)
		prepare_query(&s, expires_s);
	else
		prepare_headers(&s);
	text = make_canonical(&s);
	signing_done(&s);
	return text;
}
