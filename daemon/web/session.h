/*
 * Sessions of browsers: a cookie that stands for a client of the API over TLS, or for a user of the
 * control socket, and a token that every change from a page has to carry (it keeps other pages from
 * asking in the reader's name). They outlive a restart: what is stored is the cookie's digest,
 * whose session it is, and since when.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "data/digest.h"

#define WEB_TOKEN_MAX 65 /* 32 random bytes in hexadecimal digits */

struct api_client;
struct rc_store;
struct rc_net_http_exchange;

struct web_session {
	char digest[RC_DIGEST_MAX];	/* of the cookie */
	char csrf[RC_DIGEST_MAX];	/* made of the cookie, where that is at hand */
	char *client;			/* its name; NULL: a user of the socket */
	char credential[RC_DIGEST_MAX]; /* the digest of the client's token when it began */
	uid_t uid;
	int64_t begun_unix_s, seen_unix_s;
};

struct web_sessions;

/* With those that the store has; it is borrowed. */
struct web_sessions *web_sessions_new(struct rc_store *store);
void web_sessions_free(struct web_sessions *sessions);

/* Begin one for who asks (client NULL: the user of the socket), and give the browser its cookie
 * with the answer of this exchange. Borrowed, until one ends. */
const struct web_session *web_sessions_begin(struct web_sessions *sessions,
					     struct rc_net_http_exchange *exchange,
					     const struct api_client *client);
/* The one whose cookie came with the exchange, if it has not ended; NULL: there is none. */
const struct web_session *web_sessions_find(struct web_sessions *sessions,
					    struct rc_net_http_exchange *exchange);
/* End it, and take the cookie back. */
void web_sessions_end(struct web_sessions *sessions, struct rc_net_http_exchange *exchange);

/* Whether client (NULL: the user of the socket) is still the one it was begun for. */
bool web_session_is_of(const struct web_session *session, struct rc_net_http_exchange *exchange,
		       const struct api_client *client);

/*
 * A change asked for by a page needs its session's token in the header X-CSRF-Token. What came with
 * a bearer token, or from a program without a cookie, is no page's. -EACCES.
 */
int web_sessions_check_change(struct web_sessions *sessions, struct rc_net_http_exchange *exchange,
			      const struct api_client *client, struct rc_error **err);
