/* The feed of events. */
#include "events.h"

#include <errno.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"
#include "remote.h"

#define KEPT	      1000
#define UNREAD_MAX    ((size_t)1 << 20)
#define FOLLOWERS_MAX 64
#define HEARTBEAT_S   10 /* below the idle limit of any listener */

/* An application as it was last seen. */
struct seen {
	UT_hash_handle hh;
	char *name;
	const char *sync, *health, *phase; /* static texts of their enums */
	char *revision;
};

struct follower {
	struct follower *prev, *next;
	struct daemon_events *events;
	struct rc_net_http_exchange *exchange;
	char *app;    /* NULL: all */
	char *client; /* its name, looked up each time: a reload may take it away; NULL: the socket
		       */
};

struct daemon_events {
	struct rc_daemon *daemon;
	json_t *ring[KEPT]; /* event number n is at n % KEPT */
	json_int_t next;
	struct seen *seen;
	struct follower *followers;
	unsigned int n_followers;
	ev_timer heartbeat;
};

/* ---- who may see what ---- */

static bool is_visible(const struct daemon_events *events, const json_t *event, const char *app,
		       const struct api_client *client)
{
	const char *name = rc_json_text(event, "app", NULL);
	const struct rc_app *known;

	if (app && !rc_text_equal(app, name))
		return false;
	if (!client || !api_client_is_confined(client))
		return true;
	known = name ? rc_engine_find_app(events->daemon->engine, name) : NULL;
	return known && api_client_sees(client, known);
}

/* ---- followers ---- */

static void write_line(struct rc_net_http_exchange *exchange, const json_t *event)
{
	rc_autofree char *text = json_dumps(event, JSON_COMPACT);
	rc_autofree char *line = rc_asprintf("%s\n", text);

	rc_net_http_exchange_write(exchange, rc_str(line));
}

static void free_follower(struct follower *follower)
{
	DL_DELETE(follower->events->followers, follower);
	follower->events->n_followers--;
	free(follower->app);
	free(follower->client);
	free(follower);
}

static void on_closed(void *userdata)
{
	free_follower(userdata);
}

static void send_away(struct follower *follower)
{
	struct rc_net_http_exchange *exchange = follower->exchange;

	free_follower(follower);
	rc_net_http_exchange_end(exchange);
}

static void send_to(struct follower *follower, const json_t *event)
{
	const struct daemon_events *events = follower->events;
	const struct api_client *client = NULL;

	if (follower->client)
		client = daemon_remote_find_client(events->daemon->remote, follower->client);
	/* It is known no more, or does not read. */
	if ((follower->client && !client) ||
	    rc_net_http_exchange_get_waiting(follower->exchange) > UNREAD_MAX)
		send_away(follower);
	else if (is_visible(events, event, follower->app, client))
		write_line(follower->exchange, event);
}

static void send_on(struct daemon_events *events, const json_t *event)
{
	struct follower *follower, *next;

	DL_FOREACH_SAFE (events->followers, follower, next)
		send_to(follower, event);
}

static void on_heartbeat(struct ev_loop *loop, ev_timer *timer, int watched)
{
	struct daemon_events *events = rc_container_of(timer, struct daemon_events, heartbeat);
	struct follower *follower, *next;

	(void)watched;
	if (events->n_followers == 0)
		ev_timer_stop(loop, timer);
	DL_FOREACH_SAFE (events->followers, follower, next)
		rc_net_http_exchange_write(follower->exchange, RC_STR("\n"));
}

static json_int_t first_kept(const struct daemon_events *events)
{
	return events->next > KEPT ? events->next - KEPT : 1;
}

void daemon_events_follow(struct daemon_events *events, struct rc_net_http_exchange *exchange,
			  json_int_t since, const char *app, const struct api_client *client)
{
	json_int_t at = since + 1 > first_kept(events) ? since + 1 : first_kept(events);
	struct follower *follower;
	struct rc_error *err = NULL;

	if (events->n_followers == FOLLOWERS_MAX) {
		rc_fail(&err, -EAGAIN, "%d follow the events already", FOLLOWERS_MAX);
		api_reply_error(exchange, err);
		return;
	}
	follower = rc_new0(struct follower);
	follower->events = events;
	follower->exchange = exchange;
	follower->app = app ? rc_strdup(app) : NULL;
	follower->client = client ? rc_strdup(api_client_get_name(client)) : NULL;
	DL_APPEND(events->followers, follower);
	events->n_followers++;
	rc_net_http_exchange_stream(exchange, 200, "application/x-ndjson", on_closed, follower);
	for (; at < events->next; at++)
		if (is_visible(events, events->ring[at % KEPT], app, client))
			write_line(exchange, events->ring[at % KEPT]);
	if (!ev_is_active(&events->heartbeat))
		ev_timer_again(events->daemon->loop, &events->heartbeat);
}

json_t *daemon_events_list(const struct daemon_events *events, json_int_t since, const char *app,
			   const struct api_client *client)
{
	json_int_t at = since + 1 > first_kept(events) ? since + 1 : first_kept(events);
	json_t *items = json_array();

	for (; at < events->next; at++)
		if (is_visible(events, events->ring[at % KEPT], app, client))
			json_array_append(items, events->ring[at % KEPT]);
	return json_pack("{s:o}", "items", items);
}

/* ---- what happens ---- */

void daemon_events_add(struct daemon_events *events, const struct daemon_event *event)
{
	json_int_t id = events->next++;
	json_t **place = &events->ring[id % KEPT];
	char at[RC_CLOCK_RFC3339_MAX];

	json_decref(*place);
	*place = json_pack("{s:I, s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "id", id, "at",
			   rc_clock_format_rfc3339(rc_clock_unix_s(), at), "type", event->type,
			   "app", event->app, "subject", event->subject, "message", event->message,
			   "revision", event->revision);
	if (!*place) /* text that is not UTF-8 */
		*place = json_pack("{s:I, s:s, s:s}", "id", id, "at", at, "type", event->type);
	send_on(events, *place);
}

static struct seen *find_seen(struct daemon_events *events, const char *name)
{
	struct seen *seen;

	HASH_FIND_STR(events->seen, name, seen);
	if (seen)
		return seen;
	seen = rc_new0(struct seen);
	seen->name = rc_strdup(name);
	seen->sync = seen->health = seen->phase = "";
	HASH_ADD_KEYPTR(hh, events->seen, seen->name, strlen(seen->name), seen);
	return seen;
}

static void add_change(struct daemon_events *events, const struct rc_app *app, const char *type,
		       const char *word, const char *why, const char *revision)
{
	rc_autofree char *message = rc_asprintf("%s%s%s", word, why && *why ? ": " : "", why ?: "");

	daemon_events_add(events, &(struct daemon_event){.type = type,
							 .app = rc_app_get_name(app),
							 .message = message,
							 .revision = revision});
}

static void note_operation(struct daemon_events *events, const struct rc_app *app,
			   const struct rc_app_counts *counts, struct seen *seen,
			   const json_t *description)
{
	if (!*counts->operation_phase ||
	    (strcmp(seen->phase, counts->operation_phase) == 0 &&
	     rc_text_equal(seen->revision, counts->operation_revision)))
		return;
	/* What came of one that ended before we began is no news. */
	if (*seen->phase || strcmp(counts->operation_phase, "Running") == 0)
		add_change(events, app, "operation", counts->operation_phase,
			   rc_json_text(description, "status", "operationState", "message", NULL),
			   counts->operation_revision);
	seen->phase = counts->operation_phase;
	free(seen->revision);
	seen->revision = rc_strdup(counts->operation_revision);
}

void daemon_events_on_app(struct daemon_events *events, const struct rc_app *app)
{
	struct seen *seen = find_seen(events, rc_app_get_name(app));
	json_auto_t *description = NULL;
	struct rc_app_counts counts;

	rc_app_get_counts(app, &counts);
	if (strcmp(seen->sync, counts.sync_status) == 0 &&
	    strcmp(seen->health, counts.health_status) == 0 &&
	    strcmp(seen->phase, counts.operation_phase) == 0 &&
	    rc_text_equal(seen->revision, counts.operation_revision))
		return;
	description = rc_app_describe(app);
	note_operation(events, app, &counts, seen, description);
	if (strcmp(seen->sync, counts.sync_status) != 0)
		add_change(events, app, "sync-status", counts.sync_status,
			   rc_json_text(description, "status", "reason", NULL),
			   rc_json_text(description, "status", "sync", "revision", NULL));
	if (strcmp(seen->health, counts.health_status) != 0)
		add_change(events, app, "health-status", counts.health_status,
			   rc_json_text(description, "status", "health", "message", NULL), NULL);
	seen->sync = counts.sync_status;
	seen->health = counts.health_status;
}

static void free_seen(struct daemon_events *events, struct seen *seen)
{
	HASH_DEL(events->seen, seen);
	free(seen->name);
	free(seen->revision);
	free(seen);
}

void daemon_events_forget_app(struct daemon_events *events, const char *name)
{
	struct seen *seen;

	HASH_FIND_STR(events->seen, name, seen);
	if (!seen)
		return;
	daemon_events_add(events, &(struct daemon_event){.type = "deleted", .app = name});
	free_seen(events, seen);
}

/* ---- life ---- */

struct daemon_events *daemon_events_new(struct rc_daemon *daemon)
{
	struct daemon_events *events = rc_new0(struct daemon_events);

	events->daemon = daemon;
	events->next = 1;
	ev_timer_init(&events->heartbeat, on_heartbeat, HEARTBEAT_S, HEARTBEAT_S);
	return events;
}

void daemon_events_free(struct daemon_events *events)
{
	if (!events)
		return;
	ev_timer_stop(events->daemon->loop, &events->heartbeat);
	while (events->followers)
		send_away(events->followers);
	while (events->seen)
		free_seen(events, events->seen);
	for (size_t i = 0; i < KEPT; i++)
		json_decref(events->ring[i]);
	free(events);
}
