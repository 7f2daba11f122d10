/* Sessions by identity, servers by URL. */
#include "vault/pool.h"

#include <string.h>

#include <utlist.h>

#include "base/memory.h"

#define LINGER_S 30 /* who comes back within that finds its session */
#define PIN_S	 600

struct server {
	struct server *prev, *next;
	struct rc_vault_server *server;
	char *url;
};

struct member {
	struct member *prev, *next;
	struct rc_vault_pool *pool;
	struct rc_vault_session *session;
	char *key;
	unsigned int n_uses;
	bool is_closing, is_closed;
	ev_timer linger;
};

struct pin {
	struct pin *prev, *next;
	struct rc_vault_token *token;
};

struct rc_vault_pool {
	struct ev_loop *loop;
	struct server *servers;
	struct member *members;
	struct pin *pins;
	ev_timer unpin;
	uint64_t n_logins; /* of sessions that are gone */
	rc_vault_pool_changed_fn *changed;
	rc_vault_pool_closed_fn *closed;
	void *userdata, *closed_userdata;
	ev_timer turn;
};

/* ---- servers ---- */

static void on_server(void *userdata, struct rc_vault_server *server)
{
	struct rc_vault_pool *pool = userdata;

	if (pool->changed)
		pool->changed(pool->userdata, server);
}

struct rc_vault_server *rc_vault_pool_get_server(struct rc_vault_pool *pool, const char *url)
{
	struct server *server;

	DL_FOREACH (pool->servers, server)
		if (strcmp(server->url, url) == 0)
			return server->server;
	server = rc_new0(struct server);
	server->url = rc_strdup(url);
	server->server = rc_vault_server_new(pool->loop, url, on_server, pool);
	DL_APPEND(pool->servers, server);
	return server->server;
}

/* ---- sessions ---- */

static struct member *find(const struct rc_vault_pool *pool, const char *key)
{
	struct member *member;

	DL_FOREACH (pool->members, member)
		if (strcmp(member->key, key) == 0 && !member->is_closing)
			return member;
	return NULL;
}

static void free_member(struct member *member)
{
	struct rc_vault_pool *pool = member->pool;

	DL_DELETE(pool->members, member);
	ev_timer_stop(pool->loop, &member->linger);
	pool->n_logins += rc_vault_session_get_logins(member->session);
	rc_vault_session_free(member->session);
	free(member->key);
	free(member);
}

static void wake(struct rc_vault_pool *pool)
{
	ev_timer_stop(pool->loop, &pool->turn);
	ev_timer_set(&pool->turn, 0, 0);
	ev_timer_start(pool->loop, &pool->turn);
}

/* Closed, used by nobody, and nobody holds one of its tokens: all others have it in hand still. */
static void free_when_over(struct member *member)
{
	if (member->is_closed && member->n_uses == 0 && !rc_vault_session_is_held(member->session))
		free_member(member);
}

static void on_session_closed(void *userdata)
{
	struct member *member = userdata;
	struct rc_vault_pool *pool = member->pool;

	member->is_closed = true;
	free_when_over(member);
	wake(pool);
}

static void on_linger(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct member *member = rc_container_of(timer, struct member, linger);

	(void)events;
	if (rc_vault_session_is_held(member->session)) {
		ev_timer_set(timer, LINGER_S, 0);
		ev_timer_start(loop, timer);
		return;
	}
	member->is_closing = true;
	rc_vault_session_close(member->session, on_session_closed, member);
}

struct rc_vault_session *rc_vault_pool_use(struct rc_vault_pool *pool, const char *url,
					   const char *key, const struct rc_vault_options *options)
{
	struct member *member = find(pool, key);
	struct rc_vault_options all = *options;

	if (!member) {
		all.loop = pool->loop;
		all.server = rc_vault_pool_get_server(pool, url);
		member = rc_new0(struct member);
		member->pool = pool;
		member->key = rc_strdup(key);
		member->session = rc_vault_session_new(&all);
		ev_timer_init(&member->linger, on_linger, LINGER_S, 0);
		DL_APPEND(pool->members, member);
	} else {
		ev_timer_stop(pool->loop, &member->linger);
		rc_vault_session_attach(member->session, options);
	}
	member->n_uses++;
	return member->session;
}

struct rc_vault_session *rc_vault_pool_find(const struct rc_vault_pool *pool, const char *key)
{
	struct member *member = find(pool, key);

	return member ? member->session : NULL;
}

void rc_vault_pool_unuse(struct rc_vault_pool *pool, struct rc_vault_session *session)
{
	struct member *member;

	DL_FOREACH (pool->members, member)
		if (member->session == session)
			break;
	if (!member || --member->n_uses > 0)
		return;
	if (member->is_closing) {
		free_when_over(member);
		return;
	}
	ev_timer_set(&member->linger, LINGER_S, 0);
	ev_timer_start(pool->loop, &member->linger);
}

/* ---- tokens ---- */

struct rc_vault_token *rc_vault_pool_find_token(const struct rc_vault_pool *pool,
						const char *accessor)
{
	struct rc_vault_token *token;
	struct member *member;

	DL_FOREACH (pool->members, member) {
		token = *accessor ? rc_vault_session_find_token(member->session, accessor) : NULL;
		if (token)
			return token;
	}
	return NULL;
}

void rc_vault_pool_pin(struct rc_vault_pool *pool, struct rc_vault_token *token)
{
	struct pin *pin = rc_new0(struct pin);

	pin->token = token;
	rc_vault_token_hold(token);
	DL_APPEND(pool->pins, pin);
	ev_timer_stop(pool->loop, &pool->unpin);
	ev_timer_set(&pool->unpin, PIN_S, 0);
	ev_timer_start(pool->loop, &pool->unpin);
}

static void on_unpin(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_pool *pool = rc_container_of(timer, struct rc_vault_pool, unpin);
	struct pin *pin, *next;

	(void)loop;
	(void)events;
	DL_FOREACH_SAFE (pool->pins, pin, next) {
		DL_DELETE(pool->pins, pin);
		rc_vault_token_drop(pin->token);
		free(pin);
	}
}

/* ---- the pool ---- */

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_pool *pool = rc_container_of(timer, struct rc_vault_pool, turn);
	rc_vault_pool_closed_fn *closed = pool->closed;
	struct member *member;

	(void)loop;
	(void)events;
	DL_FOREACH (pool->members, member)
		if (!member->is_closed)
			return;
	if (!closed)
		return;
	pool->closed = NULL;
	closed(pool->closed_userdata);
}

struct rc_vault_pool *rc_vault_pool_new(struct ev_loop *loop, rc_vault_pool_changed_fn *changed,
					void *userdata)
{
	struct rc_vault_pool *pool = rc_new0(struct rc_vault_pool);

	pool->loop = loop;
	ev_timer_init(&pool->turn, on_turn, 0, 0);
	ev_timer_init(&pool->unpin, on_unpin, 0, 0);
	rc_vault_pool_attach(pool, changed, userdata);
	return pool;
}

void rc_vault_pool_free(struct rc_vault_pool *pool)
{
	struct server *server, *next;
	struct pin *pin, *next_pin;

	if (!pool)
		return;
	DL_FOREACH_SAFE (pool->pins, pin, next_pin)
		free(pin);
	ev_timer_stop(pool->loop, &pool->unpin);
	while (pool->members)
		free_member(pool->members);
	DL_FOREACH_SAFE (pool->servers, server, next) {
		rc_vault_server_free(server->server);
		free(server->url);
		free(server);
	}
	ev_timer_stop(pool->loop, &pool->turn);
	free(pool);
}

void rc_vault_pool_attach(struct rc_vault_pool *pool, rc_vault_pool_changed_fn *changed,
			  void *userdata)
{
	struct member *member;

	pool->changed = changed;
	pool->userdata = userdata;
	if (changed)
		return;
	DL_FOREACH (pool->members, member)
		rc_vault_session_attach(member->session, NULL);
}

void rc_vault_pool_close(struct rc_vault_pool *pool, rc_vault_pool_closed_fn *closed,
			 void *userdata)
{
	struct member *member;

	pool->closed = closed;
	pool->closed_userdata = userdata;
	DL_FOREACH (pool->members, member) {
		ev_timer_stop(pool->loop, &member->linger);
		if (!member->is_closing)
			rc_vault_session_close(member->session, on_session_closed, member);
		member->is_closing = true;
	}
	wake(pool);
}

void rc_vault_pool_each_server(const struct rc_vault_pool *pool,
			       void (*fn)(void *userdata, struct rc_vault_server *server),
			       void *userdata)
{
	struct server *server;

	DL_FOREACH (pool->servers, server)
		fn(userdata, server->server);
}

void rc_vault_pool_each_session(const struct rc_vault_pool *pool,
				void (*fn)(void *userdata, struct rc_vault_session *session),
				void *userdata)
{
	struct member *member;

	DL_FOREACH (pool->members, member)
		fn(userdata, member->session);
}

uint64_t rc_vault_pool_count_logins(const struct rc_vault_pool *pool)
{
	uint64_t n = pool->n_logins;
	struct member *member;

	DL_FOREACH (pool->members, member)
		n += rc_vault_session_get_logins(member->session);
	return n;
}
