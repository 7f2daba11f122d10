/* Renewing and revoking. */
#include "vault/token.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

#define RENEW_MIN_S 1
#define AGAIN_S	    5

struct rc_vault_token {
	struct rc_vault_token *next;
	struct rc_vault_token_options options;
	struct rc_secret *secret;
	char *accessor;
	int64_t duration_s, expires_unix_ms; /* INT64_MAX: never */
	bool is_renewable, is_given, is_batch, is_last, is_lost, is_being_revoked;
	unsigned int n_holds;
	struct rc_vault_call *call;
	ev_timer timer;
};

static void schedule(struct rc_vault_token *token, double seconds)
{
	ev_timer_stop(token->options.loop, &token->timer);
	ev_now_update(token->options.loop);
	ev_timer_set(&token->timer, seconds > RENEW_MIN_S ? seconds : RENEW_MIN_S, 0);
	ev_timer_start(token->options.loop, &token->timer);
}

static double left_s(const struct rc_vault_token *token)
{
	return (double)(token->expires_unix_ms - rc_clock_unix_ms()) / 1000;
}

/* At two thirds of what is left; what cannot be renewed is told of shortly before its end. */
static void schedule_renewal(struct rc_vault_token *token)
{
	double wait_s = left_s(token) * 2 / 3;

	if (token->expires_unix_ms == INT64_MAX)
		return;
	if (token->is_renewable && !token->is_last)
		wait_s -= wait_s * (double)rc_clock_jitter_ms(100) / 1000;
	schedule(token, wait_s);
}

static void take_life(struct rc_vault_token *token, const json_t *auth)
{
	int64_t asked = token->duration_s;
	json_t *duration = json_object_get(auth, "lease_duration") ?: json_object_get(auth, "ttl");

	token->duration_s = json_integer_value(duration);
	token->is_renewable = json_is_true(json_object_get(auth, "renewable"));
	token->expires_unix_ms =
		token->duration_s > 0 ? rc_clock_unix_ms() + token->duration_s * 1000 : INT64_MAX;
	token->is_last = !token->is_renewable || token->is_batch ||
			 (asked > 0 && token->duration_s < asked - asked / 10 - 1);
	if (asked > token->duration_s)
		token->duration_s = asked; /* what a whole life is */
	schedule_renewal(token);
}

static void on_renewed(void *userdata, int r, const struct rc_vault_answer *answer,
		       struct rc_error *err)
{
	struct rc_vault_token *token = userdata;

	token->call = NULL;
	rc_error_free(err);
	if (r == 0) {
		take_life(token, answer->auth);
		if (token->options.renewed)
			token->options.renewed(token->options.userdata, token);
	} else if (rc_error_is_transient(r) || r == -EPROTO) {
		schedule(token, left_s(token) < 2 * AGAIN_S ? RENEW_MIN_S : AGAIN_S);
	} else {
		token->options.ended(token->options.userdata, token, true);
	}
}

static void ask(struct rc_vault_token *token, const char *path, rc_vault_done_fn *done)
{
	struct rc_vault_call_options call = {
		.method = "PUT",
		.path = path,
		.body = RC_STR("{}"),
		.name_space = token->options.name_space,
		.token = token->secret,
		.tls = token->options.tls,
		.headers = token->options.headers,
	};

	rc_vault_server_cancel(token->call);
	token->call = rc_vault_server_ask(token->options.server, &call, done, token);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_token *token = rc_container_of(timer, struct rc_vault_token, timer);

	(void)loop;
	(void)events;
	if (left_s(token) <= 0) {
		token->options.ended(token->options.userdata, token, true);
	} else if (token->is_last) {
		schedule(token, left_s(token));
		token->options.ended(token->options.userdata, token, false);
	} else if (!token->call) {
		ask(token, "auth/token/renew-self", on_renewed);
	}
}

struct rc_vault_token *rc_vault_token_new(const struct rc_vault_token_options *options,
					  const struct rc_secret *secret, const json_t *auth,
					  bool is_given)
{
	struct rc_vault_token *token = rc_new0(struct rc_vault_token);
	struct rc_str bytes = rc_secret_reveal(secret);
	const char *type =
		rc_json_text(auth, "token_type", NULL) ?: rc_json_text(auth, "type", NULL);

	token->options = *options;
	token->secret = rc_secret_new(bytes.p, bytes.n);
	token->accessor = rc_strdup(rc_json_text(auth, "accessor", NULL) ?: "");
	token->is_given = is_given;
	token->is_batch = rc_text_equal(type, "batch");
	ev_timer_init(&token->timer, on_timer, 0, 0);
	take_life(token, auth);
	return token;
}

void rc_vault_token_free(struct rc_vault_token *token)
{
	if (!token)
		return;
	rc_vault_server_cancel(token->call);
	ev_timer_stop(token->options.loop, &token->timer);
	rc_secret_free(token->secret);
	free(token->accessor);
	free(token);
}

void rc_vault_token_hold(struct rc_vault_token *token)
{
	token->n_holds++;
}

void rc_vault_token_drop(struct rc_vault_token *token)
{
	if (--token->n_holds == 0)
		token->options.released(token->options.userdata, token);
}

bool rc_vault_token_is_held(const struct rc_vault_token *token)
{
	return token->n_holds > 0;
}

const struct rc_secret *rc_vault_token_get_secret(const struct rc_vault_token *token)
{
	return token->secret;
}

const char *rc_vault_token_get_accessor(const struct rc_vault_token *token)
{
	return token->accessor;
}

int64_t rc_vault_token_get_expiry(const struct rc_vault_token *token)
{
	return token->expires_unix_ms == INT64_MAX ? INT64_MAX : token->expires_unix_ms / 1000;
}

bool rc_vault_token_is_last(const struct rc_vault_token *token)
{
	return token->is_last && token->expires_unix_ms != INT64_MAX;
}

bool rc_vault_token_is_given(const struct rc_vault_token *token)
{
	return token->is_given;
}

bool rc_vault_token_is_lost(const struct rc_vault_token *token)
{
	return token->is_lost;
}

void rc_vault_token_set_lost(struct rc_vault_token *token)
{
	token->is_lost = true;
	ev_timer_stop(token->options.loop, &token->timer);
}

bool rc_vault_token_can_be_revoked(const struct rc_vault_token *token)
{
	return !token->is_given && !token->is_batch && !token->is_lost && token->n_holds == 0;
}

static void on_revoked(void *userdata, int r, const struct rc_vault_answer *answer,
		       struct rc_error *err)
{
	struct rc_vault_token *token = userdata;

	(void)r;
	(void)answer;
	token->call = NULL;
	rc_error_free(err); /* then it ends by itself */
	token->options.revoked(token->options.userdata, token);
}

void rc_vault_token_revoke(struct rc_vault_token *token)
{
	if (token->is_being_revoked)
		return;
	token->is_being_revoked = true;
	ev_timer_stop(token->options.loop, &token->timer);
	ask(token, "auth/token/revoke-self", on_revoked);
}

bool rc_vault_token_is_being_revoked(const struct rc_vault_token *token)
{
	return token->is_being_revoked;
}

struct rc_vault_token *rc_vault_token_get_next(const struct rc_vault_token *token)
{
	return token->next;
}

void rc_vault_token_set_next(struct rc_vault_token *token, struct rc_vault_token *next)
{
	token->next = next;
}
