/*
 * HTTP on the loop: libcurl's multi interface, driven by libev.
 *
 * One client keeps and shares its connections; where the peer offers HTTP/2, requests and watches
 * to it run over one. Headers that carry credentials appear in no error and no log.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"

struct rc_net_http_client;
struct rc_net_http_request; /* one under way; opaque */

/* How to trust and be trusted; all texts are PEM and borrowed until the call returns. */
struct rc_net_tls {
	const char *ca_pem;	     /* trusted instead of the system's roots; NULL: the system's */
	const char *certificate_pem; /* our client certificate chain, or NULL */
	const struct rc_secret *key_pem; /* its key */
	bool insecure;			 /* check nothing; only when the operator says so */
	bool with_system_roots;		 /* trust these too, beside ca_pem */
};

struct rc_net_http_header {
	const char *name;
	const char *value;
};

/* A message to be handed to a mail server: the URL is smtp:// (then STARTTLS is demanded, except of
 * the loopback) or smtps://, the body the whole message. All borrowed until the call returns. */
struct rc_net_mail {
	const char *from;
	const char *const *to; /* NULL at the end */
	const char *username;  /* NULL: no login */
	const struct rc_secret *password;
};

struct rc_net_http_options {
	const char *method; /* NULL: "GET" */
	const char *url;
	const struct rc_net_http_header *headers; /* ends with a NULL name; may be NULL */
	const struct rc_secret *bearer;		  /* Authorization: Bearer ...; may be NULL */
	struct rc_str body;			  /* copied */
	const struct rc_net_tls *tls;		  /* NULL: the system's roots */
	uint64_t timeout_ms;		/* for the whole exchange; 0: 30 s, streams: none */
	uint64_t connect_timeout_ms;	/* 0: 10 s */
	uint64_t idle_timeout_ms;	/* streams: nothing came for so long; 0: 5 min */
	size_t max_body_bytes;		/* 0: 64 MiB; a stream has no limit */
	bool compressed;		/* ask for gzip; the body is what it unpacks to */
	const struct rc_net_mail *mail; /* NULL: it is HTTP */
	bool certificates;		/* look how long the peer's certificates are good */
};

struct rc_net_http_response {
	int status;
	struct rc_str body;		     /* empty for a stream */
	const char *content_type;	     /* "" when there is none */
	uint64_t retry_after_s;		     /* at most a day; 0: the peer did not say */
	struct rc_net_http_request *request; /* for rc_net_http_response_get() */
	int64_t certificate_end_unix_s;	     /* of the first to end in its chain; 0: not looked */
	const char *certificate_problem;     /* why its certificate was refused (r < 0), or NULL */
};

/* The nth header of a name, without regard to case, or NULL; borrowed until done returns. */
const char *rc_net_http_response_get(const struct rc_net_http_response *response, const char *name,
				     size_t nth);

/*
 * The answer is there (r = 0, whatever its status), or r is -ECONNREFUSED, -ECONNRESET,
 * -EHOSTUNREACH, -ETIMEDOUT, -EPROTO (TLS, or not HTTP), -E2BIG, -ECANCELED. Called once, from
 * the loop; response is borrowed until it returns, err is taken over. The request is freed
 * after it returns.
 */
typedef void rc_net_http_done_fn(void *userdata, int r, const struct rc_net_http_response *response,
				 struct rc_error *err);

/* Bytes of a stream's body as they come, only of answers with status 200; first of all none, when
 * the answer has begun. */
typedef void rc_net_http_chunk_fn(void *userdata, struct rc_str bytes);

struct rc_net_http_client *rc_net_http_client_new(struct ev_loop *loop, const char *user_agent);
/* Cancels what is under way. */
void rc_net_http_client_free(struct rc_net_http_client *client);
RC_DEFINE_FREEP(struct rc_net_http_client, rc_net_http_client_free)

/* options is copied. chunk is NULL unless the body is to be streamed. */
struct rc_net_http_request *rc_net_http_client_start(struct rc_net_http_client *client,
						     const struct rc_net_http_options *options,
						     rc_net_http_chunk_fn *chunk,
						     rc_net_http_done_fn *done, void *userdata);
/* Stop it; done is not called. NULL is fine; never from inside its own done. */
void rc_net_http_request_cancel(struct rc_net_http_request *request);
