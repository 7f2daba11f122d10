/* Cookies and their tokens. */
#include "web/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "api/client.h"
#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "net/hmac.h"
#include "net/http-server.h"
#include "store/store.h"

#define SESSIONS_MAX 256
#define IDLE_S	     (8 * 3600)
#define LIFE_S	     (24 * 3600)
#define NOTED_S	     600 /* how exactly the store knows when one was seen last */
#define STORE_KIND   "page-session"
#define CSRF_PREFIX  "csrf "
/* Over TLS the browser itself keeps the name from being set by anything but this host. */
#define COOKIE_TLS    "__Host-reconciled"
#define COOKIE_SOCKET "reconciled"

struct web_sessions {
	struct rc_store *store;
	struct web_session *all;
	size_t n;
};

static void clear(struct web_session *session)
{
	free(session->client);
	explicit_bzero(session, sizeof(*session));
}

/* A store that fails costs a login, no more. */
static void note(const struct web_sessions *sessions, const struct web_session *session)
{
	json_auto_t *json = json_pack(
		"{s:s*, s:s, s:I, s:I, s:I}", "client", session->client, "credential",
		session->credential, "uid", (json_int_t)session->uid, "begun",
		(json_int_t)session->begun_unix_s, "seen", (json_int_t)session->seen_unix_s);

	rc_store_put(sessions->store, STORE_KIND, session->digest, json, NULL);
}

static void load(struct web_session *session, const char *digest, const json_t *json)
{
	const char *client = rc_json_text(json, "client", NULL);

	*session = (struct web_session){
		.client = client ? rc_strdup(client) : NULL,
		.uid = (uid_t)json_integer_value(json_object_get(json, "uid")),
		.begun_unix_s = json_integer_value(json_object_get(json, "begun")),
		.seen_unix_s = json_integer_value(json_object_get(json, "seen")),
	};
	snprintf(session->digest, sizeof(session->digest), "%s", digest);
	snprintf(session->credential, sizeof(session->credential), "%s",
		 rc_json_text(json, "credential", NULL) ?: "");
}

struct web_sessions *web_sessions_new(struct rc_store *store)
{
	struct web_sessions *sessions = rc_new0(struct web_sessions);
	json_auto_t *stored = NULL;
	const char *digest;
	json_t *json;

	sessions->store = store;
	if (rc_store_list(store, STORE_KIND, &stored, NULL) < 0)
		return sessions;
	sessions->all = rc_calloc(json_object_size(stored) + 1, sizeof(*sessions->all));
	json_object_foreach (stored, digest, json)
		load(&sessions->all[sessions->n++], digest, json);
	return sessions;
}

static void drop(struct web_sessions *sessions, size_t i)
{
	rc_store_put(sessions->store, STORE_KIND, sessions->all[i].digest, NULL, NULL);
	clear(&sessions->all[i]);
	memmove(&sessions->all[i], &sessions->all[i + 1],
		(sessions->n - i - 1) * sizeof(*sessions->all));
	sessions->n--;
}

void web_sessions_free(struct web_sessions *sessions)
{
	if (!sessions)
		return;
	for (size_t i = 0; i < sessions->n; i++)
		clear(&sessions->all[i]);
	free(sessions->all);
	free(sessions);
}

/* ---- cookies ---- */

static const char *get_cookie_name(struct rc_net_http_exchange *exchange)
{
	return rc_net_http_exchange_get_peer_uid(exchange) == (uid_t)-1 ? COOKIE_TLS
									: COOKIE_SOCKET;
}

/* The value in "a=b; NAME=value; c=d"; the caller's. NULL: there is none of that name. */
static char *take_cookie(struct rc_net_http_exchange *exchange)
{
	const char *text = rc_net_http_exchange_get_header(exchange, "Cookie");
	const char *name = get_cookie_name(exchange);
	size_t n = strlen(name);

	while (text && *text) {
		size_t length = strcspn(text, ";");

		if (length > n && strncmp(text, name, n) == 0 && text[n] == '=')
			return rc_str_dup((struct rc_str){text + n + 1, length - n - 1});
		text += length;
		text += strspn(text, "; ");
	}
	return NULL;
}

static void set_cookie(struct rc_net_http_exchange *exchange, const char *value, int64_t life_s)
{
	const char *name = get_cookie_name(exchange);
	bool is_tls = strcmp(name, COOKIE_TLS) == 0;
	rc_autofree char *text =
		rc_asprintf("%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s", name, value,
			    (long long)life_s, is_tls ? "; Secure" : "");

	rc_net_http_exchange_set_header(exchange, "Set-Cookie", text);
}

static void make_token(char text[WEB_TOKEN_MAX])
{
	unsigned char bytes[(WEB_TOKEN_MAX - 1) / 2];

	/* The kernel's generator answers this much always, once it is seeded. */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++) {
		text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	text[WEB_TOKEN_MAX - 1] = '\0';
}

/* ---- sessions ---- */

static size_t find_oldest(const struct web_sessions *sessions)
{
	size_t oldest = 0;

	for (size_t i = 1; i < sessions->n; i++)
		if (sessions->all[i].seen_unix_s < sessions->all[oldest].seen_unix_s)
			oldest = i;
	return oldest;
}

/* Who does not have the cookie cannot make it, and nothing of it has to be stored. */
static void make_csrf(struct web_session *session, const char *cookie)
{
	rc_autofree char *text = rc_asprintf(CSRF_PREFIX "%s", cookie);

	rc_digest_sha256(rc_str(text), session->csrf);
	explicit_bzero(text, strlen(text));
}

const struct web_session *web_sessions_begin(struct web_sessions *sessions,
					     struct rc_net_http_exchange *exchange,
					     const struct api_client *client)
{
	char token[WEB_TOKEN_MAX];
	struct web_session *session;

	if (sessions->n >= SESSIONS_MAX)
		drop(sessions, find_oldest(sessions));
	sessions->all = rc_realloc(sessions->all, (sessions->n + 1) * sizeof(*sessions->all));
	session = &sessions->all[sessions->n++];
	*session = (struct web_session){
		.client = client ? rc_strdup(client->name) : NULL,
		.uid = rc_net_http_exchange_get_peer_uid(exchange),
		.begun_unix_s = rc_clock_unix_s(),
		.seen_unix_s = rc_clock_unix_s(),
	};
	if (client)
		memcpy(session->credential, client->digest, sizeof(session->credential));
	make_token(token);
	rc_digest_sha256(rc_str(token), session->digest);
	make_csrf(session, token);
	note(sessions, session);
	set_cookie(exchange, token, LIFE_S);
	explicit_bzero(token, sizeof(token));
	return session;
}

static struct web_session *find(struct web_sessions *sessions,
				struct rc_net_http_exchange *exchange)
{
	rc_autofree char *cookie = take_cookie(exchange);
	int64_t now = rc_clock_unix_s();
	struct web_session *found = NULL;
	char digest[RC_DIGEST_MAX];

	if (!cookie)
		return NULL;
	rc_digest_sha256(rc_str(cookie), digest);
	for (size_t i = sessions->n; i-- > 0;) {
		struct web_session *session = &sessions->all[i];

		if (now - session->seen_unix_s > IDLE_S || now - session->begun_unix_s > LIFE_S) {
			drop(sessions, i);
			if (found)
				found--;
		} else if (rc_net_hmac_equal(rc_str(session->digest), rc_str(digest))) {
			found = session;
		}
	}
	if (!found)
		return NULL;
	make_csrf(found, cookie);
	if (now - found->seen_unix_s > NOTED_S) {
		found->seen_unix_s = now;
		note(sessions, found);
	}
	return found;
}

const struct web_session *web_sessions_find(struct web_sessions *sessions,
					    struct rc_net_http_exchange *exchange)
{
	return find(sessions, exchange);
}

void web_sessions_end(struct web_sessions *sessions, struct rc_net_http_exchange *exchange)
{
	const struct web_session *session = find(sessions, exchange);

	if (session)
		drop(sessions, (size_t)(session - sessions->all));
	set_cookie(exchange, "", 0);
}

bool web_session_is_of(const struct web_session *session, struct rc_net_http_exchange *exchange,
		       const struct api_client *client)
{
	if (!client)
		return !session->client &&
		       session->uid == rc_net_http_exchange_get_peer_uid(exchange);
	return session->client && strcmp(session->client, client->name) == 0 &&
	       strcmp(session->credential, client->digest) == 0;
}

int web_sessions_check_change(struct web_sessions *sessions, struct rc_net_http_exchange *exchange,
			      const struct api_client *client, struct rc_error **err)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-CSRF-Token");
	rc_autofree char *cookie = take_cookie(exchange);
	const struct web_session *session;
	int r;

	if (rc_net_http_exchange_get_header(exchange, "Authorization") ||
	    (!cookie && !rc_net_http_exchange_get_header(exchange, "Origin") &&
	     !rc_net_http_exchange_get_header(exchange, "Sec-Fetch-Site")))
		return 0;
	session = find(sessions, exchange);
	if (session && token && web_session_is_of(session, exchange, client) &&
	    rc_net_hmac_equal(rc_str(session->csrf), rc_str(token)))
		return 0;
	r = rc_fail(err, -EACCES, "a page asked for this change without its session's token");
	rc_hint(err, "load the page again; it may have been open over a restart");
	return r;
}
