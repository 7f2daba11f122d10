/*
 * An HTTP/1.1 server on the loop: libmicrohttpd in its external epoll mode.
 *
 * The handler answers at once, later, or with a stream that it writes to over time (a watch).
 * Used by the daemon's control API and metrics, and by the stand-in servers of the tests.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/str.h"

struct rc_net_http_server;
struct rc_net_http_exchange; /* one request and its answer; opaque */

/* The head of a request is there, its body is not: how large that may be, in bytes. */
typedef size_t rc_net_http_admit_fn(void *userdata, struct rc_net_http_exchange *exchange);

struct rc_net_http_server_options {
	const char *listen;	     /* "127.0.0.1:8443", "[::1]:0", or the path of a Unix socket */
	int fd;			     /* listens already, and is taken over; 0: none does */
	mode_t socket_mode;	     /* of a Unix socket; 0: 0600 */
	const char *certificate_pem; /* with key_pem: TLS */
	const char *key_pem;
	const char *client_ca_pem;    /* ask clients for a certificate that this signed */
	size_t max_body_bytes;	      /* 0: 64 MiB; more is answered 413 */
	unsigned int idle_timeout_s;  /* then a connection is closed; 0: never */
	unsigned int max_connections; /* more wait to be taken; 0: hundreds */
	unsigned int max_per_address; /* of one IP address; more are closed at once; 0: no limit */
	unsigned int request_timeout_s; /* for a whole request to come, however steady; 0: ever */
	rc_net_http_admit_fn *admit;	/* instead of max_body_bytes; with the handler's userdata */
};

/* Called from the loop with the whole body there. Every exchange must be answered once. */
typedef void rc_net_http_handler_fn(void *userdata, struct rc_net_http_exchange *exchange);

/* options is copied. -EADDRINUSE, -EACCES, -EINVAL (address, certificate). */
int rc_net_http_server_new(struct ev_loop *loop, const struct rc_net_http_server_options *options,
			   rc_net_http_handler_fn *handler, void *userdata,
			   struct rc_net_http_server **ret_server, struct rc_error **err);
/* Closes all connections; streams get their closed callback. */
void rc_net_http_server_free(struct rc_net_http_server *server);
RC_DEFINE_FREEP(struct rc_net_http_server, rc_net_http_server_free)
/* The TCP port that is listened on, for "port 0"; 0 for a Unix socket. */
unsigned int rc_net_http_server_get_port(const struct rc_net_http_server *server);

/* What was asked. All borrowed, until the exchange is answered. */
const char *rc_net_http_exchange_get_method(const struct rc_net_http_exchange *exchange);
const char *rc_net_http_exchange_get_path(const struct rc_net_http_exchange *exchange);
/* A query argument, decoded; NULL when absent, "" when without a value. */
const char *rc_net_http_exchange_get_query(struct rc_net_http_exchange *exchange, const char *name);
const char *rc_net_http_exchange_get_header(struct rc_net_http_exchange *exchange,
					    const char *name);
struct rc_str rc_net_http_exchange_get_body(const struct rc_net_http_exchange *exchange);
/* The user at the other end of a Unix socket; -1 elsewhere. */
uid_t rc_net_http_exchange_get_peer_uid(struct rc_net_http_exchange *exchange);
/* The address at the other end, "127.0.0.1"; the caller's. */
char *rc_net_http_exchange_name_peer(struct rc_net_http_exchange *exchange);
/* The common name of the certificate the client showed, if client_ca_pem signed it for clients and
 * it is good today; the caller's. NULL: there is none. */
char *rc_net_http_exchange_name_certificate(struct rc_net_http_exchange *exchange);

/* A header of the answer; before reply or stream. */
void rc_net_http_exchange_set_header(struct rc_net_http_exchange *exchange, const char *name,
				     const char *value);
/* Answer; the exchange is not to be used afterwards. */
void rc_net_http_exchange_reply(struct rc_net_http_exchange *exchange, int status,
				const char *content_type, struct rc_str body);
/* Answer with JSON; json is borrowed. */
void rc_net_http_exchange_reply_json(struct rc_net_http_exchange *exchange, int status,
				     const json_t *json);
/* Drop the connection without an answer: by a reset, or in the middle of the body given. */
void rc_net_http_exchange_reset(struct rc_net_http_exchange *exchange);
void rc_net_http_exchange_reply_half(struct rc_net_http_exchange *exchange, int status,
				     const char *content_type, struct rc_str body);

/* The peer went away, or the server is freed; the exchange is gone after it returns. */
typedef void rc_net_http_closed_fn(void *userdata);

/* Begin an answer whose body comes over time. closed is not called after
 * rc_net_http_exchange_end(). */
void rc_net_http_exchange_stream(struct rc_net_http_exchange *exchange, int status,
				 const char *content_type, rc_net_http_closed_fn *closed,
				 void *userdata);
void rc_net_http_exchange_write(struct rc_net_http_exchange *exchange, struct rc_str bytes);
/* How many bytes of it the other end has not taken yet. */
size_t rc_net_http_exchange_get_waiting(const struct rc_net_http_exchange *exchange);
void rc_net_http_exchange_end(struct rc_net_http_exchange *exchange);
