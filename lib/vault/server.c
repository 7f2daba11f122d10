/* Sending, waiting and the breaker. */
#include "vault/server.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"

#define PAUSE_MS      1000
#define PAUSE_MAX_MS  60000
#define TIMEOUT_MS    30000
#define IN_FLIGHT_MAX 16
#define SICK_MAX      5 /* failures of 500 in a row that speak for the server, not the path */
#define BEHIND_TRIES  5
#define BEHIND_MS     40
#define HEADERS_MAX   24

const double rc_vault_server_bounds[RC_VAULT_SERVER_BUCKETS - 1] = {0.005, 0.01, 0.05, 0.1,
								    0.5,   1,	 5};

struct rc_vault_call {
	struct rc_vault_call *prev, *next;
	struct rc_vault_server *server;
	struct rc_net_http_request *http; /* NULL: it waits for its turn */
	struct rc_vault_call_options options;
	char *method, *path, *body, *name_space, *index, *url;
	struct rc_secret *token;
	ev_timer again;
	unsigned int tries;
	bool is_redirected;
	uint64_t sent_ms;
	rc_vault_done_fn *done;
	void *userdata;
};

struct rc_vault_server {
	struct ev_loop *loop;
	char *url;
	struct rc_net_http_client *http;
	struct rc_vault_call *calls;
	unsigned int in_flight;
	unsigned int attempts; /* pauses in a row; 0: it is well */
	unsigned int n_sick;
	uint64_t closed_until_ms;
	struct rc_error *err;
	char *answer_index;
	ev_timer turn;
	struct rc_vault_server_numbers numbers;
	rc_vault_server_changed_fn *changed;
	void *userdata;
};

static void wake(struct rc_vault_server *server, double seconds)
{
	ev_timer_stop(server->loop, &server->turn);
	ev_timer_set(&server->turn, seconds, 0);
	ev_timer_start(server->loop, &server->turn);
}

/* ---- calls ---- */

static void free_call(struct rc_vault_call *call)
{
	struct rc_vault_server *server = call->server;

	if (call->http)
		server->in_flight--;
	rc_net_http_request_cancel(call->http);
	ev_timer_stop(server->loop, &call->again);
	DL_DELETE(server->calls, call);
	free(call->method);
	free(call->path);
	rc_secret_wipe_text(call->body);
	free(call->name_space);
	free(call->index);
	free(call->url);
	rc_secret_free(call->token);
	free(call);
}

static void end(struct rc_vault_call *call, int r, const struct rc_vault_answer *answer,
		struct rc_error *err)
{
	rc_vault_done_fn *done = call->done;
	void *userdata = call->userdata;

	if (r < 0)
		rc_wrap(&err, r, "%s of %s", call->path, call->server->url);
	free_call(call);
	done(userdata, r, answer, err);
}

/* ---- the breaker ---- */

static void open_breaker(struct rc_vault_server *server, uint64_t least_ms,
			 const struct rc_error *err)
{
	bool was_well = server->attempts == 0;
	uint64_t ms = rc_clock_backoff_ms(PAUSE_MS, 2, PAUSE_MAX_MS, server->attempts);
	rc_autofree char *why = rc_error_format(err);

	if (rc_clock_monotonic_ms() < server->closed_until_ms)
		return; /* several were under way: they failed of the same */
	ms = ms / 2 + rc_clock_jitter_ms(ms / 2 + 1);
	server->attempts++;
	server->n_sick = 0;
	server->closed_until_ms = rc_clock_monotonic_ms() + (ms > least_ms ? ms : least_ms);
	rc_error_free(rc_steal(&server->err));
	rc_fail(&server->err, -EAGAIN, "%s", why);
	wake(server, 0); /* those that wait are told */
	if (was_well && server->changed)
		server->changed(server->userdata, server);
}

static void close_breaker(struct rc_vault_server *server)
{
	bool was_away = server->attempts > 0;

	server->attempts = server->n_sick = 0;
	server->closed_until_ms = 0;
	rc_error_free(rc_steal(&server->err));
	if (was_away && server->changed)
		server->changed(server->userdata, server);
}

/* r is HTTP's own: whether there was an answer. */
static void judge(struct rc_vault_server *server, int r,
		  const struct rc_net_http_response *response, const struct rc_error *err)
{
	switch (rc_vault_answer_judge(r, response->status)) {
	case RC_VAULT_WELL:
		close_breaker(server);
		break;
	case RC_VAULT_SICK:
		if (++server->n_sick >= SICK_MAX)
			open_breaker(server, 0, err);
		break;
	case RC_VAULT_BUSY:
		server->numbers.refused_429++;
		open_breaker(server, response->retry_after_s * 1000, err);
		break;
	case RC_VAULT_AWAY:
		server->numbers.refused_503 += r == 0 && response->status == 503;
		server->numbers.unreached += r < 0;
		open_breaker(server, response->retry_after_s * 1000, err);
		break;
	}
}

static void count_time(struct rc_vault_server *server, const struct rc_vault_call *call)
{
	double seconds = (double)(rc_clock_monotonic_ms() - call->sent_ms) / 1000;
	size_t i = 0;

	while (i < RC_ARRAY_SIZE(rc_vault_server_bounds) && seconds > rc_vault_server_bounds[i])
		i++;
	server->numbers.seconds_in[i]++;
	server->numbers.seconds += seconds;
}

/* ---- sending ---- */

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_call *call = rc_container_of(timer, struct rc_vault_call, again);

	(void)loop;
	(void)events;
	wake(call->server, 0);
}

/* A node that lacks what was written catches up within moments. */
static bool tries_again(struct rc_vault_call *call, const struct rc_net_http_response *response)
{
	uint64_t ms;

	if (response->status != 412 || ++call->tries >= BEHIND_TRIES)
		return false;
	ms = rc_clock_backoff_ms(BEHIND_MS, 2, 500, call->tries - 1);
	ev_timer_set(&call->again, (double)(ms + rc_clock_jitter_ms(ms / 2)) / 1000, 0);
	ev_timer_start(call->server->loop, &call->again);
	return true;
}

/* A standby that does not forward names the active node. The token goes nowhere without TLS that
 * came with TLS. */
static bool follows(struct rc_vault_call *call, const struct rc_net_http_response *response)
{
	struct rc_str where = rc_str(rc_net_http_response_get(response, "Location", 0));
	bool is_safe = rc_str_has_prefix(where, RC_STR("https://")) ||
		       (rc_str_has_prefix(where, RC_STR("http://")) &&
			rc_text_has_prefix(call->server->url, "http://"));

	if (response->status != 307 || call->is_redirected || !is_safe)
		return false;
	call->is_redirected = true;
	free(call->url);
	call->url = rc_str_dup(where);
	wake(call->server, 0);
	return true;
}

static void on_answer(void *userdata, int r, const struct rc_net_http_response *response,
		      struct rc_error *err)
{
	struct rc_vault_call *call = userdata;
	struct rc_vault_server *server = call->server;
	struct rc_vault_answer answer;
	json_auto_t *body = NULL;
	int sent = r;

	call->http = NULL;
	server->in_flight--;
	count_time(server, call);
	if (r == 0 && (tries_again(call, response) || follows(call, response)))
		return;
	free(server->answer_index);
	server->answer_index =
		rc_strdup(rc_net_http_response_get(response, "X-Vault-Index", 0) ?: "");
	r = rc_vault_answer_read(r, response, &body, &answer, &err);
	judge(server, sent, response, err);
	wake(server, 0);
	end(call, r, &answer, err);
}

static size_t fill_headers(const struct rc_vault_call *call, struct rc_net_http_header *headers)
{
	size_t n = 0;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)call->options.headers, name, value)
		if (n < HEADERS_MAX - 8 && json_is_string(value))
			headers[n++] = (struct rc_net_http_header){name, json_string_value(value)};
	headers[n++] = (struct rc_net_http_header){"X-Vault-Request", "true"};
	if (call->body && *call->body)
		headers[n++] = (struct rc_net_http_header){"Content-Type", "application/json"};
	if (call->name_space && *call->name_space)
		headers[n++] = (struct rc_net_http_header){"X-Vault-Namespace", call->name_space};
	if (call->token)
		headers[n++] = (struct rc_net_http_header){"X-Vault-Token",
							   rc_secret_reveal(call->token).p};
	if (call->index && *call->index)
		headers[n++] = (struct rc_net_http_header){"X-Vault-Index", call->index};
	if (call->index && *call->index && call->options.forward_inconsistent)
		headers[n++] =
			(struct rc_net_http_header){"X-Vault-Inconsistent", "forward-active-node"};
	return n;
}

static void send(struct rc_vault_call *call)
{
	struct rc_vault_server *server = call->server;
	struct rc_net_http_header headers[HEADERS_MAX] = {{0}};
	struct rc_net_http_options options = {
		.method = call->method,
		.url = call->url,
		.headers = headers,
		.body = rc_str(call->body),
		.tls = call->options.tls,
		.timeout_ms = TIMEOUT_MS,
		.max_body_bytes = RC_VAULT_ANSWER_MAX,
	};

	fill_headers(call, headers);
	server->in_flight++;
	server->numbers.requests++;
	call->sent_ms = rc_clock_monotonic_ms();
	call->http = rc_net_http_client_start(server->http, &options, NULL, on_answer, call);
}

static struct rc_vault_call *find_waiting(const struct rc_vault_server *server)
{
	struct rc_vault_call *call;

	DL_FOREACH (server->calls, call)
		if (!call->http && !ev_is_active(&call->again))
			return call;
	return NULL;
}

static void refuse(struct rc_vault_call *call)
{
	struct rc_vault_answer answer = {.lease_id = ""};
	rc_autofree char *why = rc_error_format(call->server->err);
	struct rc_error *err = NULL;

	rc_fail(&err, -EAGAIN, "not asked again yet: %s", why);
	end(call, -EAGAIN, &answer, err);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_vault_server *server = rc_container_of(timer, struct rc_vault_server, turn);
	struct rc_vault_call *call = find_waiting(server);

	(void)loop;
	(void)events;
	if (!call)
		return;
	if (rc_vault_server_get_pause_ms(server) > 0) {
		wake(server, 0); /* done may free the server: nothing after it */
		refuse(call);
		return;
	}
	for (; call; call = find_waiting(server)) {
		if (server->in_flight >= (server->attempts > 0 ? 1 : IN_FLIGHT_MAX))
			return;
		send(call);
	}
}

struct rc_vault_call *rc_vault_server_ask(struct rc_vault_server *server,
					  const struct rc_vault_call_options *options,
					  rc_vault_done_fn *done, void *userdata)
{
	struct rc_vault_call *call = rc_new0(struct rc_vault_call);
	struct rc_str token = rc_secret_reveal(options->token);

	call->server = server;
	call->options = *options;
	call->method = rc_strdup(options->method);
	call->path = rc_strndup(options->path, strcspn(options->path, "?"));
	call->url = rc_asprintf("%s/v1/%s", server->url, options->path);
	call->body = options->body.n ? rc_str_dup(options->body) : NULL;
	call->name_space = rc_strdup(options->name_space);
	call->index = rc_strdup(options->index);
	call->token = options->token ? rc_secret_new(token.p, token.n) : NULL;
	call->done = done;
	call->userdata = userdata;
	ev_timer_init(&call->again, on_again, 0, 0);
	DL_APPEND(server->calls, call);
	wake(server, 0);
	return call;
}

void rc_vault_server_cancel(struct rc_vault_call *call)
{
	if (!call)
		return;
	wake(call->server, 0);
	free_call(call);
}

/* ---- the server ---- */

struct rc_vault_server *rc_vault_server_new(struct ev_loop *loop, const char *url,
					    rc_vault_server_changed_fn *changed, void *userdata)
{
	struct rc_vault_server *server = rc_new0(struct rc_vault_server);
	size_t n = strlen(url);

	server->loop = loop;
	server->url = rc_strdup(url);
	while (n > 0 && server->url[n - 1] == '/')
		server->url[--n] = '\0';
	server->http = rc_net_http_client_new(loop, "reconciled");
	server->answer_index = rc_strdup("");
	server->changed = changed;
	server->userdata = userdata;
	ev_timer_init(&server->turn, on_turn, 0, 0);
	return server;
}

void rc_vault_server_free(struct rc_vault_server *server)
{
	if (!server)
		return;
	while (server->calls)
		free_call(server->calls);
	ev_timer_stop(server->loop, &server->turn);
	rc_net_http_client_free(server->http);
	rc_error_free(server->err);
	free(server->answer_index);
	free(server->url);
	free(server);
}

const char *rc_vault_server_get_url(const struct rc_vault_server *server)
{
	return server->url;
}

const char *rc_vault_server_get_index(const struct rc_vault_server *server)
{
	return server->answer_index;
}

uint64_t rc_vault_server_get_pause_ms(const struct rc_vault_server *server)
{
	uint64_t now = rc_clock_monotonic_ms();

	return now < server->closed_until_ms ? server->closed_until_ms - now : 0;
}

const struct rc_error *rc_vault_server_get_error(const struct rc_vault_server *server)
{
	return server->err;
}

const struct rc_vault_server_numbers *
rc_vault_server_get_numbers(const struct rc_vault_server *server)
{
	return &server->numbers;
}
