/*
 * All sessions with all Vaults of one reconciler: one for each identity, one breaker for each
 * server. A session that nobody uses any more is closed after a while: what it logged in with is
 * revoked.
 */
#pragma once

#include <ev.h>

#include "vault/session.h"

struct rc_vault_pool;

/* A server came to be away, or is back. */
typedef void rc_vault_pool_changed_fn(void *userdata, struct rc_vault_server *server);

/* changed may be NULL. */
struct rc_vault_pool *rc_vault_pool_new(struct ev_loop *loop, rc_vault_pool_changed_fn *changed,
					void *userdata);
/* Nothing is revoked. */
void rc_vault_pool_free(struct rc_vault_pool *pool);
RC_DEFINE_FREEP(struct rc_vault_pool, rc_vault_pool_free)

/* The server of a URL, made when it is new; the pool's. */
struct rc_vault_server *rc_vault_pool_get_server(struct rc_vault_pool *pool, const char *url);

/*
 * The session of an identity: key is all that makes it different from others. options.server and
 * loop are filled in; the other options count when it is new, the callbacks always. Each open is
 * to be ended with rc_vault_pool_unuse().
 */
struct rc_vault_session *rc_vault_pool_use(struct rc_vault_pool *pool, const char *url,
					   const char *key, const struct rc_vault_options *options);
/* The session of a key, or NULL; not a use. */
struct rc_vault_session *rc_vault_pool_find(const struct rc_vault_pool *pool, const char *key);
void rc_vault_pool_unuse(struct rc_vault_pool *pool, struct rc_vault_session *session);

/*
 * A token by its accessor, or NULL. pin: it is held by the pool for ten minutes, so that leases
 * outlive whoever looks after them when others come for that (a reload).
 */
struct rc_vault_token *rc_vault_pool_find_token(const struct rc_vault_pool *pool,
						const char *accessor);
void rc_vault_pool_pin(struct rc_vault_pool *pool, struct rc_vault_token *token);

/* Whoever made the sessions goes; they stay for who comes (a reload). changed NULL: nobody. */
void rc_vault_pool_attach(struct rc_vault_pool *pool, rc_vault_pool_changed_fn *changed,
			  void *userdata);
typedef void rc_vault_pool_closed_fn(void *userdata);
/* Revoke all tokens that hold no leases. closed is called once, from the loop. */
void rc_vault_pool_close(struct rc_vault_pool *pool, rc_vault_pool_closed_fn *closed,
			 void *userdata);

void rc_vault_pool_each_server(const struct rc_vault_pool *pool,
			       void (*fn)(void *userdata, struct rc_vault_server *server),
			       void *userdata);
void rc_vault_pool_each_session(const struct rc_vault_pool *pool,
				void (*fn)(void *userdata, struct rc_vault_session *session),
				void *userdata);
/* Logins that were tried, since the start. */
uint64_t rc_vault_pool_count_logins(const struct rc_vault_pool *pool);
