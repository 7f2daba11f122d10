/* What the parts of the stand-in Vault share. */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "net/http-client.h"
#include "net/http-server.h"

struct vault_state {
	struct ev_loop *loop;
	struct rc_net_http_client *http;
	const char *root, *kube, *kube_token;
	struct rc_buf kube_ca; /* PEM, or empty */
	json_t *mounts;	       /* path -> type: kv1, kv2, database */
	json_t *values;	       /* mount/data/key -> [data of each version]; null: deleted */
	json_t *metadata;      /* mount/key -> custom metadata */
	json_t *roles;	 /* kubernetes role -> {namespace, account, ttl}; database/role, aws/role */
	json_t *aws;	 /* auth/aws/config/client: {sts_endpoint, iam_server_id_header_value} */
	json_t *tokens;	 /* token -> {accessor, expiry, ttl}; expiry 0: never */
	json_t *leases;	 /* id -> {user, expiry, issued, ttl, max, token} */
	json_t *statics; /* role -> {password, rotated, period} */
	json_t *fault, *log, *times;
	unsigned int latency_ms;
	unsigned long long index; /* of writes */
};
extern struct vault_state vault_state;

void vault_reply(struct rc_net_http_exchange *exchange, int status, json_t *json);
void vault_refuse(struct rc_net_http_exchange *exchange, int status, const char *why);
char *vault_random_text(const char *prefix);
long long vault_number(const json_t *object, const char *key, long long otherwise);

/* ---- tokens.c ---- */
bool vault_tokens_is_allowed(struct rc_net_http_exchange *exchange);
/* Of a token that ended nothing lives. */
bool vault_tokens_is_alive(const char *token);
/* Logins, and calls about oneself; false: it is none of these. */
bool vault_tokens_serve_login(struct rc_net_http_exchange *exchange, const char *path,
			      const json_t *body);
bool vault_tokens_serve(struct rc_net_http_exchange *exchange, const char *path);
/* Answer a login with a token that lives for ttl_s seconds; 0: for ever. */
void vault_tokens_make(struct rc_net_http_exchange *exchange, long long ttl_s);

/* ---- aws.c: logins by a signed request of STS ---- */
void vault_aws_login(struct rc_net_http_exchange *exchange, const json_t *body);

/* ---- leases.c: the database engine ---- */
void vault_leases_serve(struct rc_net_http_exchange *exchange, const char *rest);
bool vault_leases_serve_sys(struct rc_net_http_exchange *exchange, const char *path,
			    const json_t *body);
/* Users that live now; the caller's. */
json_t *vault_leases_list(void);

/* ---- values.c: the key-value engines ---- */
void vault_values_serve(struct rc_net_http_exchange *exchange, const char *mount, const char *rest,
			bool is_v2, const json_t *body);
