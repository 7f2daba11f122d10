/*
 * Misbehaviour on request, and the log of who asked what.
 *
 * POST /_control {"fault", "match", "count", "delayMs"} · DELETE /_control · POST
 * /_control/compact · GET /_control/log?since=N
 */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

#define LOG_MAX 20000

struct fault {
	struct fault *prev, *next;
	char *what, *match;
	long long count; /* -1: for ever */
	double delay_s;
};

struct stall {
	struct rc_net_http_exchange *exchange;
	ev_timer timer;
};

static struct fault *faults;
static json_t *entries;
static long long n_entries;

/* A creation's path does not say what is created; its body does. */
static char *created_name(struct rc_net_http_exchange *exchange)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	json_auto_t *json = NULL;

	if (strcmp(rc_net_http_exchange_get_method(exchange), "POST") != 0 ||
	    rc_json_parse(body, "the body", &json, NULL) < 0)
		return rc_strdup("");
	return rc_strdup(rc_json_text(json, "metadata", "name", NULL) ?: "");
}

/* How a deletion is to spread; "" when it is none, or does not say. */
static char *asked_propagation(struct rc_net_http_exchange *exchange)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	json_auto_t *json = NULL;

	if (strcmp(rc_net_http_exchange_get_method(exchange), "DELETE") == 0 && body.n > 0)
		json = json_loadb(body.p, body.n, 0, NULL);
	return rc_strdup(rc_json_text(json, "propagationPolicy", NULL) ?: "");
}

void kubeapi_control_log(struct rc_net_http_exchange *exchange)
{
	rc_autofree char *name = created_name(exchange);
	rc_autofree char *propagation = asked_propagation(exchange);

	if (!entries)
		entries = json_array();
	if (json_array_size(entries) >= LOG_MAX)
		json_array_remove(entries, 0);
	json_array_append_new(
		entries,
		json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "n",
			  (json_int_t)++n_entries, "atMs", (json_int_t)rc_clock_monotonic_ms(),
			  "method", rc_net_http_exchange_get_method(exchange), "path",
			  rc_net_http_exchange_get_path(exchange), "name", name, "agent",
			  rc_net_http_exchange_get_header(exchange, "User-Agent") ?: "", "dryRun",
			  rc_net_http_exchange_get_query(exchange, "dryRun") ?: "", "validation",
			  rc_net_http_exchange_get_query(exchange, "fieldValidation") ?: "",
			  "propagation", propagation));
}

static void clear(void)
{
	struct fault *fault, *next;

	DL_FOREACH_SAFE (faults, fault, next) {
		DL_DELETE(faults, fault);
		free(fault->what);
		free(fault->match);
		free(fault);
	}
}

static void add(const json_t *body)
{
	struct fault *fault = rc_new0(struct fault);
	json_t *count = json_object_get(body, "count");

	fault->what = rc_strdup(rc_json_text(body, "fault", NULL) ?: "500");
	fault->match = rc_strdup(rc_json_text(body, "match", NULL) ?: "");
	fault->count = count ? json_integer_value(count) : -1;
	fault->delay_s =
		(double)json_integer_value(json_object_get(body, "delayMs") ?: json_null()) / 1000;
	DL_APPEND(faults, fault);
}

static void reply_log(struct rc_net_http_exchange *exchange)
{
	const char *text = rc_net_http_exchange_get_query(exchange, "since");
	long long since = text ? strtoll(text, NULL, 10) : 0;
	json_auto_t *answer = NULL;
	json_t *list = json_array(), *entry;
	size_t i;

	json_array_foreach (entries, i, entry)
		if (json_integer_value(json_object_get(entry, "n")) > since)
			json_array_append(list, entry);
	answer = json_pack("{s:I, s:o}", "last", (json_int_t)n_entries, "requests", list);
	rc_net_http_exchange_reply_json(exchange, 200, answer);
}

bool kubeapi_control_handle(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	const char *method = rc_net_http_exchange_get_method(exchange);
	json_auto_t *body = NULL;

	if (strncmp(path, "/_control", 9) != 0)
		return false;
	if (strcmp(path, "/_control/log") == 0) {
		reply_log(exchange);
		return true;
	}
	if (strcmp(path, "/_control/compact") == 0)
		kubeapi_store_compact();
	else if (strcmp(path, "/_control/cut") == 0)
		kubeapi_store_cut();
	else if (strcmp(method, "DELETE") == 0)
		clear();
	else if (rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL) ==
		 0)
		add(body);
	rc_net_http_exchange_reply(exchange, 200, "application/json", RC_STR("{}\n"));
	return true;
}

/* ---- misbehaving ---- */

static void on_stalled(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct stall *stall = rc_container_of(timer, struct stall, timer);
	struct rc_net_http_exchange *exchange = stall->exchange;
	bool is_slow = timer->data != NULL;

	(void)events;
	ev_timer_stop(loop, timer);
	free(stall);
	if (is_slow)
		kubeapi_route(exchange);
	else
		rc_net_http_exchange_reset(exchange);
}

static void stall(struct ev_loop *loop, struct rc_net_http_exchange *exchange, double delay_s,
		  bool is_slow)
{
	struct stall *stalled = rc_new0(struct stall);

	stalled->exchange = exchange;
	ev_timer_init(&stalled->timer, on_stalled, delay_s > 0 ? delay_s : 3600, 0);
	stalled->timer.data = is_slow ? stalled : NULL;
	ev_timer_start(loop, &stalled->timer);
}

static const struct {
	const char *what;
	int status;
	const char *reason;
} statuses[] = {
	{"401", 401, "Unauthorized"},  {"403", 403, "Forbidden"},
	{"404", 404, "NotFound"},      {"409", 409, "Conflict"},
	{"410", 410, "Expired"},       {"429", 429, "TooManyRequests"},
	{"500", 500, "InternalError"}, {"503", 503, "ServiceUnavailable"},
};

/* As the API server words what an account has no right to; the caller's to free. */
static char *describe_forbidden(struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	const char *method = rc_net_http_exchange_get_method(exchange);
	const char *verb = strcmp(method, "POST") == 0			       ? "create"
			   : strcmp(method, "PUT") == 0			       ? "update"
			   : strcmp(method, "PATCH") == 0		       ? "patch"
			   : strcmp(method, "DELETE") == 0		       ? "delete"
			   : rc_net_http_exchange_get_query(exchange, "watch") ? "watch"
									       : "list";
	rc_autofree char *copy = rc_strdup(path);
	char *rest = copy, *part, *parts[8] = {NULL};
	const char *group, *plural;
	size_t n = 0, at;

	while (n < 7 && (part = strsep(&rest, "/")))
		if (*part)
			parts[n++] = part;
	group = n > 1 && strcmp(parts[0], "apis") == 0 ? parts[1] : "";
	at = *group ? 3 : 2;
	if (at + 2 < n && strcmp(parts[at], "namespaces") == 0)
		at += 2;
	plural = at < n ? parts[at] : "";
	if (strcmp(verb, "list") == 0 && at + 1 < n)
		verb = "get";
	return rc_asprintf(
		"%s%s%s is forbidden: User \"test\" cannot %s resource \"%s\" in API group "
		"\"%s\" at the cluster scope",
		plural, *group ? "." : "", group, verb, plural, group);
}

static void reply_status(struct rc_net_http_exchange *exchange, const char *what)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(statuses); i++)
		if (strcmp(statuses[i].what, what) == 0) {
			rc_autofree char *why =
				statuses[i].status == 403
					? describe_forbidden(exchange)
					: rc_asprintf("misbehaving on request: %s", what);
			json_auto_t *status =
				kubeapi_status(statuses[i].status, statuses[i].reason, "%s", why);

			rc_net_http_exchange_reply_json(exchange, statuses[i].status, status);
			return;
		}
	rc_net_http_exchange_reply(exchange, 200, "text/html", RC_STR("<html>garbage"));
}

bool kubeapi_control_misbehave(struct ev_loop *loop, struct rc_net_http_exchange *exchange)
{
	rc_autofree char *line = rc_asprintf("%s %s", rc_net_http_exchange_get_method(exchange),
					     rc_net_http_exchange_get_path(exchange));
	struct fault *fault;

	DL_FOREACH (faults, fault)
		if (fault->count != 0 && strstr(line, fault->match))
			break;
	if (!fault)
		return false;
	if (fault->count > 0)
		fault->count--;
	if (strcmp(fault->what, "reset") == 0)
		rc_net_http_exchange_reset(exchange);
	else if (strcmp(fault->what, "half") == 0)
		rc_net_http_exchange_reply_half(exchange, 200, "application/json",
						RC_STR("{\"kind\":\"List\",\"items\":[{\"meta"));
	else if (strcmp(fault->what, "stall") == 0)
		stall(loop, exchange, fault->delay_s, false);
	else if (strcmp(fault->what, "slow") == 0)
		stall(loop, exchange, fault->delay_s, true);
	else
		reply_status(exchange, fault->what);
	return true;
}
