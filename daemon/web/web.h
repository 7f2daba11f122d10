/*
 * The page: what a browser is given. Below /ui/ lie its views, all the same document, and
 * /ui/static/ holds what that loads, which is part of the program. Everything the page shows it
 * asks of the API, in the name of who looks at it.
 *
 * It is served on the control socket (reconcilectl ui forwards it to a browser), and over TLS where
 * api.tls.page says so.
 */
#pragma once

#include "daemon.h"

struct api_client;

struct daemon_web {
	struct web_sessions *sessions;
};

struct daemon_web *daemon_web_new(struct rc_store *store);
void daemon_web_free(struct daemon_web *web);

/* Answer when the path is one of the page's, for somebody who is known (client NULL: a user of the
 * socket); false: it is none of the page's. */
bool daemon_web_serve(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
		      const struct api_client *client);
/* The same for somebody who is not known, over TLS: the way in. find_token tells who has a token.
 */
typedef const struct api_client *daemon_web_find_token_fn(void *userdata, const char *token);
bool daemon_web_serve_stranger(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
			       daemon_web_find_token_fn *find_token, void *userdata);

/* ---- overview.c ---- */
/* The overview as HTML, for whoever has no JavaScript. */
void daemon_web_write_overview(const struct rc_daemon *daemon, const struct api_client *client,
			       struct rc_buf *out);
/* Text as it may stand in HTML, between tags and in quoted attributes. */
void daemon_web_escape(struct rc_buf *out, const char *text);
