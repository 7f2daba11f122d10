/* The page's routes: its document, the files it loads, and the way in and out. */
#include "web/web.h"

#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "api/client.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/percent.h"
#include "web/assets.h"
#include "web/session.h"

#define PAGE_MAX   ((size_t)16 << 20)
#define ROOT	   "/ui/"
#define STATIC	   "/ui/static/"
#define LOGIN	   "/ui/login"
#define LOGOUT	   "/ui/logout"
#define TOKEN_FORM "token="
/* Nothing but what this program itself serves, and nobody's frame. */
#define POLICY                                                                      \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " \
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

struct daemon_web *daemon_web_new(struct rc_store *store)
{
	struct daemon_web *web = rc_new0(struct daemon_web);

	web->sessions = web_sessions_new(store);
	return web;
}

void daemon_web_free(struct daemon_web *web)
{
	if (!web)
		return;
	web_sessions_free(web->sessions);
	free(web);
}

/* ---- answers ---- */

static void set_headers(struct rc_net_http_exchange *exchange)
{
	rc_net_http_exchange_set_header(exchange, "Content-Security-Policy", POLICY);
	rc_net_http_exchange_set_header(exchange, "X-Content-Type-Options", "nosniff");
	rc_net_http_exchange_set_header(exchange, "Referrer-Policy", "same-origin");
	rc_net_http_exchange_set_header(exchange, "Cross-Origin-Opener-Policy", "same-origin");
	rc_net_http_exchange_set_header(exchange, "Cross-Origin-Resource-Policy", "same-origin");
	rc_net_http_exchange_set_header(exchange, "Cache-Control", "no-store");
}

static void redirect(struct rc_net_http_exchange *exchange, const char *to)
{
	set_headers(exchange);
	rc_net_http_exchange_set_header(exchange, "Location", to);
	rc_net_http_exchange_reply(exchange, 303, "text/plain", RC_STR("see there\n"));
}

static void reply_html(struct rc_net_http_exchange *exchange, int status, const struct rc_buf *html)
{
	set_headers(exchange);
	rc_net_http_exchange_reply(exchange, status, "text/html; charset=utf-8", rc_buf_str(html));
}

static void serve_static(struct rc_net_http_exchange *exchange, const char *name)
{
	const struct web_asset *asset = web_asset_find(name);
	const char *known = rc_net_http_exchange_get_header(exchange, "If-None-Match");
	char digest[RC_DIGEST_MAX];
	rc_autofree char *tag = NULL;

	set_headers(exchange);
	if (!asset) {
		rc_net_http_exchange_reply(exchange, 404, "text/plain",
					   RC_STR("there is no such file\n"));
		return;
	}
	tag = rc_asprintf("\"%s\"", rc_digest_sha256(web_asset_get_bytes(asset), digest));
	rc_net_http_exchange_set_header(exchange, "Cache-Control", "no-cache");
	rc_net_http_exchange_set_header(exchange, "ETag", tag);
	if (known && strcmp(known, tag) == 0)
		rc_net_http_exchange_reply(exchange, 304, NULL, RC_STR(""));
	else
		rc_net_http_exchange_reply(exchange, 200, asset->content_type,
					   web_asset_get_bytes(asset));
}

/* ---- the document ---- */

static void put_attribute(struct rc_buf *html, const char *name, const char *value)
{
	rc_buf_printf(html, " data-%s=\"", name);
	daemon_web_escape(html, value);
	rc_buf_puts(html, "\"");
}

/* A document of static/, where the line <!--NAME--> stands for what comes from here. */
static void put_document(struct rc_buf *html, const char *name, const char *mark,
			 struct rc_str insertion)
{
	const struct web_asset *asset = web_asset_find(name);
	struct rc_str all = web_asset_get_bytes(asset);
	const char *at = memmem(all.p, all.n, mark, strlen(mark));
	size_t before = at ? (size_t)(at - all.p) : all.n;

	rc_buf_add(html, all.p, before);
	rc_buf_add_str(html, insertion);
	if (at)
		rc_buf_add(html, at + strlen(mark), all.n - before - strlen(mark));
}

static void serve_document(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
			   const struct api_client *client)
{
	rc_autobuf struct rc_buf html = RC_BUF_INIT(PAGE_MAX), inner = RC_BUF_INIT(PAGE_MAX);
	struct api_call call = {.daemon = daemon, .exchange = exchange, .client = client};
	rc_autofree char *caller = api_name_caller(&call);
	struct web_sessions *sessions = daemon->web->sessions;
	const struct web_session *session = web_sessions_find(sessions, exchange);

	if (!session || !web_session_is_of(session, exchange, client))
		session = web_sessions_begin(sessions, exchange, client);
	rc_buf_puts(&inner, "<div id=\"session\" hidden");
	put_attribute(&inner, "token", session->csrf);
	put_attribute(&inner, "who", caller);
	put_attribute(&inner, "role", api_name_role(&call));
	put_attribute(&inner, "version", RC_VERSION);
	put_attribute(&inner, "confined", client && client->n_projects > 0 ? "yes" : "");
	rc_buf_puts(&inner, "></div>\n<noscript>\n");
	daemon_web_write_overview(daemon, client, &inner);
	rc_buf_puts(&inner, "</noscript>");
	put_document(&html, "index.html", "<!--page-->", rc_buf_str(&inner));
	reply_html(exchange, 200, &html);
}

/* ---- the way in and out ---- */

static void serve_login(struct rc_net_http_exchange *exchange, int status, const char *message)
{
	rc_autobuf struct rc_buf html = RC_BUF_INIT(PAGE_MAX), inner = RC_BUF_INIT(PAGE_MAX);

	if (message) {
		rc_buf_puts(&inner, "<p role=\"alert\" class=\"alert\">");
		daemon_web_escape(&inner, message);
		rc_buf_puts(&inner, "</p>");
	}
	put_document(&html, "login.html", "<!--message-->", rc_buf_str(&inner));
	reply_html(exchange, status, &html);
}

/* The token in the form's body; the caller's to wipe. */
static char *take_token(struct rc_str body)
{
	struct rc_str text = {body.p + strlen(TOKEN_FORM), body.n - strlen(TOKEN_FORM)};
	rc_autobuf struct rc_buf token = RC_BUF_INIT(text.n + 1);

	rc_percent_decode(&token, text);
	return rc_buf_take(&token);
}

/* Another site's form would log a reader in as somebody else. */
static bool is_own_form(struct rc_net_http_exchange *exchange)
{
	const char *site = rc_net_http_exchange_get_header(exchange, "Sec-Fetch-Site");
	const char *origin = rc_net_http_exchange_get_header(exchange, "Origin");
	const char *host = rc_net_http_exchange_get_header(exchange, "Host");
	rc_autofree char *own = rc_asprintf("https://%s", host ? host : "");

	if (site && strcmp(site, "same-origin") != 0)
		return false;
	return !origin || strcmp(origin, own) == 0;
}

static void audit_login(const struct api_client *client)
{
	const struct rc_log scope = {.key = "RC_USER", .value = client->name};

	rc_log_notice(&scope, "audit: %s logs in to the page", client->name);
}

static void log_in(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
		   daemon_web_find_token_fn *find_token, void *userdata)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	const struct api_client *client = NULL;
	char *token = NULL;

	if (is_own_form(exchange) && rc_str_has_prefix(body, rc_str(TOKEN_FORM))) {
		token = take_token(body);
		client = find_token(userdata, token);
		explicit_bzero(token, strlen(token));
		free(token);
	}
	if (!client) {
		serve_login(exchange, 403, "Nobody is known by this token.");
		return;
	}
	audit_login(client);
	web_sessions_begin(daemon->web->sessions, exchange, client);
	redirect(exchange, ROOT);
}

static void log_out(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
		    const struct api_client *client)
{
	struct rc_error *err = NULL;

	if (web_sessions_check_change(daemon->web->sessions, exchange, client, &err) < 0) {
		api_reply_error(exchange, err);
		return;
	}
	web_sessions_end(daemon->web->sessions, exchange);
	redirect(exchange, client ? LOGIN : ROOT);
}

/* ---- routes ---- */

static bool is_of_page(const struct rc_daemon *daemon, const struct rc_net_http_exchange *exchange,
		       bool is_remote)
{
	const char *path = rc_net_http_exchange_get_path(exchange);

	if (is_remote && !daemon->config->api.tls.page)
		return false;
	return strcmp(path, "/") == 0 || strcmp(path, "/ui") == 0 || rc_text_has_prefix(path, ROOT);
}

bool daemon_web_serve(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
		      const struct api_client *client)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	bool is_get = strcmp(rc_net_http_exchange_get_method(exchange), "GET") == 0;

	if (!is_of_page(daemon, exchange, client != NULL))
		return false;
	if (!is_get && strcmp(path, LOGOUT) == 0)
		log_out(daemon, exchange, client);
	else if (rc_text_has_prefix(path, STATIC))
		serve_static(exchange, path + strlen(STATIC));
	else if (!is_get || !rc_text_has_prefix(path, ROOT) || strcmp(path, LOGIN) == 0)
		redirect(exchange, ROOT);
	else
		serve_document(daemon, exchange, client);
	return true;
}

bool daemon_web_serve_stranger(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
			       daemon_web_find_token_fn *find_token, void *userdata)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	bool is_get = strcmp(rc_net_http_exchange_get_method(exchange), "GET") == 0;

	if (!is_of_page(daemon, exchange, true))
		return false;
	if (rc_text_has_prefix(path, STATIC))
		serve_static(exchange, path + strlen(STATIC));
	else if (strcmp(path, LOGIN) != 0)
		redirect(exchange, LOGIN);
	else if (is_get)
		serve_login(exchange, 200, NULL);
	else
		log_in(daemon, exchange, find_token, userdata);
	return true;
}
