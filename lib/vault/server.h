/*
 * One Vault server as all that log in to it share it: its connections, how much is asked of it at
 * once, and a breaker.
 *
 * When it is away, sealed or wants quiet, nothing is sent until a jittered back-off is over (a
 * second to a minute, and at least what Retry-After says); then one request at a time until one is
 * answered. What is asked meanwhile fails at once with the last reason. 412 is tried again a few
 * times within half a second, 307 followed once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

#include "base/secret.h"
#include "net/http-client.h"
#include "vault/answer.h"

struct rc_vault_server;
struct rc_vault_call; /* one under way; opaque */

/* The server came to be away, or is back. */
typedef void rc_vault_server_changed_fn(void *userdata, struct rc_vault_server *server);

/* url: "https://vault:8200"; copied. changed may be NULL. */
struct rc_vault_server *rc_vault_server_new(struct ev_loop *loop, const char *url,
					    rc_vault_server_changed_fn *changed, void *userdata);
/* Calls under way are dropped without done. */
void rc_vault_server_free(struct rc_vault_server *server);
RC_DEFINE_FREEP(struct rc_vault_server, rc_vault_server_free)

struct rc_vault_call_options {
	const char *method;	       /* "GET", "LIST", "PUT", "POST", "DELETE" */
	const char *path;	       /* without /v1/: "secret/data/app" */
	struct rc_str body;	       /* copied; wiped after use */
	const char *name_space;	       /* Vault Enterprise's, or NULL; copied */
	const struct rc_secret *token; /* or NULL; copied */
	const struct rc_net_tls *tls;  /* borrowed until the call has ended */
	const json_t *headers;	       /* {name: value}, or NULL; borrowed until it has ended */
	const char *index;	       /* X-Vault-Index to be met, or NULL; copied */
	bool forward_inconsistent;     /* what this node lacks the active one shall answer */
};

/* ret_index of the answer is given by rc_vault_call_get_index() within done. */
struct rc_vault_call *rc_vault_server_ask(struct rc_vault_server *server,
					  const struct rc_vault_call_options *options,
					  rc_vault_done_fn *done, void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_vault_server_cancel(struct rc_vault_call *call);

const char *rc_vault_server_get_url(const struct rc_vault_server *server);
/* X-Vault-Index of the answer that done is told of; "" when it had none. */
const char *rc_vault_server_get_index(const struct rc_vault_server *server);
/* How long nothing is sent to it, 0: it may be asked. */
uint64_t rc_vault_server_get_pause_ms(const struct rc_vault_server *server);
/* Why it is away; NULL when it is not. Borrowed. */
const struct rc_error *rc_vault_server_get_error(const struct rc_vault_server *server);

#define RC_VAULT_SERVER_BUCKETS 8
/* Upper bounds of the buckets below, in seconds; the last is without one. */
extern const double rc_vault_server_bounds[RC_VAULT_SERVER_BUCKETS - 1];

/* Since the start. */
struct rc_vault_server_numbers {
	uint64_t requests;			      /* sent */
	uint64_t refused_429, refused_503, unreached; /* of these */
	uint64_t seconds_in[RC_VAULT_SERVER_BUCKETS]; /* answers by how long they took */
	double seconds;				      /* of all answers together */
};
const struct rc_vault_server_numbers *
rc_vault_server_get_numbers(const struct rc_vault_server *server);
