/* One request at a time on a loop of our own. */
#include "registry/session.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/secret.h"
#include "data/json.h"
#include "data/utf8.h"
#include "net/http-client.h"
#include "net/url.h"

#define PEM_MAX	       ((size_t)1 << 20)
#define REDIRECTS_MAX  10
#define REQUEST_MAX_MS 600000
#define SAID_MAX       200 /* characters of what a server says of an error */
#define HEADERS_MAX    8

struct rc_registry_session {
	const struct rc_registry_access *access;
	struct ev_loop *loop;
	struct rc_net_http_client *client;
	char *origin;	     /* URL whose origin may have the credentials */
	char *authorization; /* the repository's own; NULL: none */
	struct rc_buf ca, certificate;
	struct rc_secret *key;
	uint64_t deadline_ms;
};

struct waiting {
	struct rc_registry_response *response;
	struct rc_error *err;
	char *location;
	size_t max_bytes;
	int r;
	bool ended;
};

/* ---- the session ---- */

static int read_pem(const char *path, struct rc_buf *buf, struct rc_error **err)
{
	rc_buf_init(buf, PEM_MAX);
	return path ? rc_file_read(path, buf, err) : 0;
}

static int read_files(struct rc_registry_session *session, struct rc_error **err)
{
	const struct rc_registry_access *access = session->access;
	struct rc_buf key;
	int r = read_pem(access->ca, &session->ca, err);

	if (r == 0)
		r = read_pem(access->certificate, &session->certificate, err);
	if (r < 0 || !access->key)
		return r;
	r = read_pem(access->key, &key, err);
	if (r == 0)
		session->key = rc_secret_new(key.p, key.n);
	if (key.p)
		explicit_bzero(key.p, key.size);
	rc_buf_done(&key);
	return r;
}

static void make_authorization(struct rc_registry_session *session)
{
	const struct rc_registry_access *access = session->access;

	if (!access->password)
		return;
	session->authorization = access->username
					 ? rc_net_url_basic(access->username, access->password)
					 : rc_asprintf("Bearer %s", access->password);
}

int rc_registry_session_new(const struct rc_registry_access *access, uint64_t deadline_ms,
			    struct rc_registry_session **ret_session, struct rc_error **err)
{
	rc_cleanup(rc_registry_session_freep) struct rc_registry_session *session =
		rc_new0(struct rc_registry_session);
	const char *rest = strstr(access->url, "://");
	bool is_http = rc_text_has_prefix(access->url, "http://") ||
		       rc_text_has_prefix(access->url, "https://");
	int r;

	session->access = access;
	session->deadline_ms = deadline_ms;
	session->loop = rc_loop_new();
	session->client = rc_net_http_client_new(session->loop, "reconciled");
	rc_buf_init(&session->certificate, PEM_MAX);
	session->origin = is_http ? rc_strdup(access->url)
				  : rc_asprintf("%s://%s", access->plain_http ? "http" : "https",
						rest ? rest + 3 : access->url);
	r = read_files(session, err);
	if (r < 0)
		return r;
	make_authorization(session);
	*ret_session = rc_steal(&session);
	return 0;
}

void rc_registry_session_free(struct rc_registry_session *session)
{
	if (!session)
		return;
	rc_net_http_client_free(session->client);
	rc_loop_free(session->loop);
	rc_buf_done(&session->ca);
	rc_buf_done(&session->certificate);
	rc_secret_free(session->key);
	rc_secret_wipe_text(session->authorization);
	free(session->origin);
	free(session);
}

const struct rc_registry_access *
rc_registry_session_get_access(const struct rc_registry_session *session)
{
	return session->access;
}

uint64_t rc_registry_session_get_deadline(const struct rc_registry_session *session)
{
	return session->deadline_ms;
}

/* ---- responses ---- */

void rc_registry_response_done(struct rc_registry_response *response)
{
	rc_buf_done(&response->body);
	free(response->url);
	free(response->content_type);
	free(response->etag);
	free(response->last_modified);
	free(response->link);
	free(response->digest);
	for (size_t i = 0; i < RC_ARRAY_SIZE(response->challenges); i++)
		free(response->challenges[i]);
	*response = (struct rc_registry_response){.status = 0};
}

static char *copy_header(const struct rc_net_http_response *response, const char *name)
{
	return rc_strdup(rc_net_http_response_get(response, name, 0));
}

static void on_done(void *userdata, int r, const struct rc_net_http_response *response,
		    struct rc_error *err)
{
	struct waiting *waiting = userdata;
	struct rc_registry_response *to = waiting->response;

	waiting->ended = true;
	waiting->r = r;
	waiting->err = err;
	if (r < 0)
		return;
	to->status = response->status;
	rc_buf_init(&to->body, waiting->max_bytes);
	rc_buf_add_str(&to->body, response->body);
	to->content_type = copy_header(response, "Content-Type");
	to->etag = copy_header(response, "ETag");
	to->last_modified = copy_header(response, "Last-Modified");
	to->link = copy_header(response, "Link");
	to->digest = copy_header(response, "Docker-Content-Digest");
	for (size_t i = 0; i < RC_ARRAY_SIZE(to->challenges); i++)
		to->challenges[i] =
			rc_strdup(rc_net_http_response_get(response, "WWW-Authenticate", i));
	waiting->location = copy_header(response, "Location");
}

/* ---- asking ---- */

static int set_time(const struct rc_registry_session *session, struct rc_net_http_options *options,
		    struct rc_error **err)
{
	uint64_t now = rc_clock_monotonic_ms();

	options->timeout_ms = REQUEST_MAX_MS;
	if (session->deadline_ms == 0)
		return 0;
	if (now >= session->deadline_ms)
		return rc_fail(err, -ETIMEDOUT, "%s: the time for the poll is over",
			       session->access->url);
	if (session->deadline_ms - now < options->timeout_ms)
		options->timeout_ms = session->deadline_ms - now;
	return 0;
}

static void add_header(struct rc_net_http_header headers[HEADERS_MAX], const char *name,
		       const char *value)
{
	size_t n = 0;

	while (headers[n].name)
		n++;
	if (value)
		headers[n] = (struct rc_net_http_header){name, value};
}

/* One exchange, whatever it answers. */
static int ask_once(struct rc_registry_session *session, const struct rc_registry_request *request,
		    const char *url, bool is_ours, struct waiting *waiting, struct rc_error **err)
{
	struct rc_net_http_header headers[HEADERS_MAX] = {{NULL, NULL}};
	struct rc_net_tls tls = {
		.ca_pem = session->ca.n ? rc_buf_text(&session->ca) : NULL,
		.insecure = session->access->insecure && is_ours,
		.with_system_roots = !is_ours,
	};
	struct rc_net_http_options options = {
		.url = url,
		.headers = headers,
		.tls = &tls,
		.max_body_bytes = request->max_bytes,
		.compressed = request->compressed,
	};
	int r = set_time(session, &options, err);

	if (r < 0)
		return r;
	if (is_ours && session->certificate.n > 0) {
		tls.certificate_pem = rc_buf_text(&session->certificate);
		tls.key_pem = session->key;
	}
	if (request->form.n > 0) {
		options.method = "POST";
		options.body = request->form;
		add_header(headers, "Content-Type", "application/x-www-form-urlencoded");
	}
	add_header(headers, "Accept", request->accept);
	add_header(headers, "If-None-Match", request->etag);
	add_header(headers, "If-Modified-Since", request->last_modified);
	if (request->authorization)
		add_header(headers, "Authorization", request->authorization);
	else if (is_ours && !request->anonymous)
		add_header(headers, "Authorization", session->authorization);
	waiting->max_bytes = request->max_bytes;
	rc_net_http_client_start(session->client, &options, NULL, on_done, waiting);
	while (!waiting->ended)
		ev_run(session->loop, EVRUN_ONCE);
	return waiting->r < 0 ? rc_error_move(err, waiting->err) : 0;
}

static bool is_redirect(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where a redirect leads, or why not there. */
static int follow(const char *from, const char *location, char **ret_url, struct rc_error **err)
{
	rc_autofree char *shown = rc_net_url_redact(from), *there = NULL, *url = NULL;
	int r;

	if (!location)
		return rc_fail(err, -EPROTO, "%s redirects, but not to where", shown);
	r = rc_net_url_resolve(from, location, &url, err);
	if (r < 0)
		return rc_wrap(err, -EPROTO, "%s redirects", shown);
	if (rc_text_has_prefix(from, "https://") && !rc_text_has_prefix(url, "https://")) {
		there = rc_net_url_redact(url);
		return rc_fail(err, -EPROTO, "%s redirects to %s, which is not encrypted", shown,
			       there);
	}
	*ret_url = rc_steal(&url);
	return 0;
}

int rc_registry_session_ask(struct rc_registry_session *session,
			    const struct rc_registry_request *request,
			    struct rc_registry_response *ret_response, struct rc_error **err)
{
	rc_autofree char *url = rc_strdup(request->url), *shown = rc_net_url_redact(request->url);
	struct rc_registry_request next = *request;

	for (unsigned int n = 0; n < REDIRECTS_MAX; n++) {
		bool is_ours = rc_net_url_same_origin(url, session->origin) ||
			       (n == 0 && session->access->pass_credentials);
		struct rc_registry_response response = {.status = 0};
		struct waiting waiting = {.response = &response};
		rc_autofree char *location = NULL;
		char *there = NULL;
		int r = ask_once(session, &next, url, is_ours, &waiting, err);

		location = waiting.location;
		if (r == 0 && is_redirect(response.status) && next.form.n == 0)
			r = follow(url, location, &there, err);
		if (r < 0) {
			rc_registry_response_done(&response);
			return r;
		}
		if (!there) {
			response.url = rc_steal(&url);
			*ret_response = response;
			return 0;
		}
		rc_registry_response_done(&response);
		if (!rc_net_url_same_origin(url, there)) {
			next.authorization = NULL;
			next.anonymous = true;
		}
		free(url);
		url = there;
	}
	return rc_fail(err, -EPROTO, "%s redirects more than %d times", shown, REDIRECTS_MAX);
}

/* ---- what a status means ---- */

static const struct {
	int status, r;
	const char *text, *hint;
} statuses[] = {
	{401, -EACCES, "401 Unauthorized", "are 'auth' and 'username' of the repository right?"},
	{403, -EACCES, "403 Forbidden", "may these credentials read it?"},
	{404, -ENOENT, "404 Not Found", NULL},
	{410, -ENOENT, "410 Gone", NULL},
	{429, -EAGAIN, "429 Too Many Requests", NULL},
	{500, -EAGAIN, "500 Internal Server Error", NULL},
	{502, -EAGAIN, "502 Bad Gateway", NULL},
	{503, -EAGAIN, "503 Service Unavailable", NULL},
	{504, -EAGAIN, "504 Gateway Timeout", NULL},
};

/* "MANIFEST_UNKNOWN: manifest unknown" out of a registry's JSON, printable; "" when it says none.
 */
static void add_said(const struct rc_registry_response *response, struct rc_buf *out)
{
	json_auto_t *json = NULL;
	const json_t *error;
	const char *code, *message;

	if (!response->content_type || !strstr(response->content_type, "json") ||
	    rc_json_parse(rc_buf_str(&response->body), "the answer", &json, NULL) < 0)
		return;
	error = json_array_get(json_object_get(json, "errors"), 0);
	code = rc_json_text(error, "code", NULL);
	message = rc_json_text(error, "message", NULL);
	if (!code && !message)
		return;
	rc_buf_puts(out, ": ");
	for (const char *c = code ? code : message; *c && out->n < SAID_MAX; c++)
		rc_buf_putc(out, (unsigned char)*c < ' ' ? ' ' : *c);
	if (!code || !message)
		return;
	rc_buf_puts(out, ": ");
	for (const char *c = message; *c && out->n < SAID_MAX; c++)
		rc_buf_putc(out, (unsigned char)*c < ' ' ? ' ' : *c);
}

int rc_registry_session_check(const struct rc_registry_response *response, struct rc_error **err)
{
	rc_autofree char *shown = NULL;
	rc_autobuf struct rc_buf said = RC_BUF_INIT(2 * SAID_MAX);
	int r = response->status >= 500 ? -EAGAIN : -EPROTO;

	if (response->status < 300 || response->status == 304)
		return 0;
	shown = rc_net_url_redact(response->url);
	add_said(response, &said);
	for (size_t i = 0; i < RC_ARRAY_SIZE(statuses); i++) {
		if (statuses[i].status != response->status)
			continue;
		r = rc_fail(err, statuses[i].r, "%s: %s%s", shown, statuses[i].text,
			    rc_buf_text(&said));
		if (statuses[i].hint)
			rc_hint(err, "%s", statuses[i].hint);
		return r;
	}
	return rc_fail(err, r, "%s: status %d%s", shown, response->status, rc_buf_text(&said));
}
