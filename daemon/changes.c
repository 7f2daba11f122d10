/* Streams of changes: one list of what is new, written to all who listen. */
#include "changes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "api/api.h"
#include "api/client.h"
#include "base/clock.h"
#include "base/memory.h"

#define GATHER_S  0.05
#define ALIVE_S	  15.
#define KEPT	  4096
#define TEXT_MAX  ((size_t)8 << 20)
#define LAG_BYTES ((size_t)1 << 20) /* who is that far behind comes again */

struct note {
	const char *kind;
	char *name;
};

struct listener {
	struct listener *prev, *next;
	struct daemon_changes *changes;
	struct rc_net_http_exchange *exchange;
	const struct api_client *client; /* NULL: a user of the socket */
};

struct daemon_changes {
	struct rc_daemon *daemon;
	ev_timer gather, alive;
	struct listener *listeners;
	struct note fresh[KEPT]; /* not yet told */
	size_t n_fresh;
	struct note kept[KEPT]; /* a ring; note number n is at n % KEPT */
	uint64_t n;		/* told so far */
};

/* ---- what is told ---- */

static bool may_hear(const struct listener *listener, const struct note *note,
		     const struct rc_app *app)
{
	if (!listener->client || listener->client->n_projects == 0)
		return true;
	return strcmp(note->kind, "app") == 0 && app && api_client_sees(listener->client, app);
}

static void write_event(struct daemon_changes *changes, struct listener *listener,
			const struct note *note, uint64_t number)
{
	struct rc_app *app = strcmp(note->kind, "app") == 0
				     ? rc_engine_find_app(changes->daemon->engine, note->name)
				     : NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TEXT_MAX);
	rc_autofree char *data = NULL;
	json_auto_t *json = NULL;

	if (!may_hear(listener, note, app))
		return;
	json = app ? rc_app_summarize(app) : json_pack("{s:s}", "name", note->name);
	if (!app && strcmp(note->kind, "app") == 0)
		json_object_set_new(json, "isGone", json_true());
	data = json_dumps(json, JSON_COMPACT);
	rc_buf_printf(&text, "id: %" PRId64 "-%" PRIu64 "\nevent: %s\ndata: %s\n\n",
		      changes->daemon->started_unix_s, number, note->kind, data);
	rc_net_http_exchange_write(listener->exchange, rc_buf_str(&text));
}

static void end(struct listener *listener)
{
	DL_DELETE(listener->changes->listeners, listener);
	rc_net_http_exchange_end(listener->exchange);
	free(listener);
}

static void on_gathered(struct ev_loop *loop, ev_timer *timer, int what)
{
	struct daemon_changes *changes = rc_container_of(timer, struct daemon_changes, gather);
	struct listener *listener, *next;

	(void)loop;
	(void)what;
	for (size_t i = 0; i < changes->n_fresh; i++) {
		struct note *kept = &changes->kept[changes->n % KEPT];

		free(kept->name);
		*kept = changes->fresh[i];
		DL_FOREACH (changes->listeners, listener)
			write_event(changes, listener, kept, changes->n);
		changes->n++;
	}
	changes->n_fresh = 0;
	DL_FOREACH_SAFE (changes->listeners, listener, next)
		if (rc_net_http_exchange_get_waiting(listener->exchange) > LAG_BYTES)
			end(listener);
}

/* A proxy between would close what is silent; and a peer that is gone is noticed. */
static void on_alive(struct ev_loop *loop, ev_timer *timer, int what)
{
	struct daemon_changes *changes = rc_container_of(timer, struct daemon_changes, alive);
	struct listener *listener;

	(void)what;
	DL_FOREACH (changes->listeners, listener)
		rc_net_http_exchange_write(listener->exchange, RC_STR(":\n\n"));
	if (!changes->listeners)
		ev_timer_stop(loop, timer);
}

void daemon_changes_tell(struct daemon_changes *changes, const char *kind, const char *name)
{
	for (size_t i = 0; i < changes->n_fresh; i++)
		if (strcmp(changes->fresh[i].kind, kind) == 0 &&
		    strcmp(changes->fresh[i].name, name) == 0)
			return;
	if (changes->n_fresh == KEPT)
		on_gathered(changes->daemon->loop, &changes->gather, 0);
	changes->fresh[changes->n_fresh++] = (struct note){kind, rc_strdup(name)};
	if (ev_is_active(&changes->gather))
		return;
	ev_timer_set(&changes->gather, GATHER_S, 0.);
	ev_timer_start(changes->daemon->loop, &changes->gather);
}

/* ---- who listens ---- */

static void on_closed(void *userdata)
{
	struct listener *listener = userdata;

	DL_DELETE(listener->changes->listeners, listener);
	free(listener);
}

/* What came after the note of this id; or that everything may be different. */
static void catch_up(struct daemon_changes *changes, struct listener *listener, const char *last)
{
	char text[64];
	uint64_t number;
	int64_t started;

	if (last && sscanf(last, "%" SCNd64 "-%" SCNu64, &started, &number) == 2 &&
	    started == changes->daemon->started_unix_s && number < changes->n &&
	    changes->n - number <= KEPT) {
		while (++number < changes->n)
			write_event(changes, listener, &changes->kept[number % KEPT], number);
		return;
	}
	/* Its id is that of the newest note, so that nothing is told twice after it. */
	if (changes->n > 0)
		snprintf(text, sizeof(text), "id: %" PRId64 "-%" PRIu64 "\n",
			 changes->daemon->started_unix_s, changes->n - 1);
	else
		text[0] = '\0';
	rc_net_http_exchange_write(listener->exchange, rc_str(text));
	rc_net_http_exchange_write(listener->exchange, RC_STR("event: reset\ndata: {}\n\n"));
}

void api_changes_serve(struct api_call *call)
{
	struct daemon_changes *changes = call->daemon->changes;
	struct listener *listener = rc_new0(struct listener);
	/* Borrowed until the answer begins. */
	rc_autofree char *last =
		rc_strdup(rc_net_http_exchange_get_header(call->exchange, "Last-Event-ID"));

	listener->changes = changes;
	listener->exchange = call->exchange;
	listener->client = call->client;
	DL_APPEND(changes->listeners, listener);
	rc_net_http_exchange_set_header(call->exchange, "Cache-Control", "no-store");
	rc_net_http_exchange_stream(call->exchange, 200, "text/event-stream", on_closed, listener);
	catch_up(changes, listener, last);
	if (ev_is_active(&changes->alive))
		return;
	ev_timer_set(&changes->alive, ALIVE_S, ALIVE_S);
	ev_timer_start(changes->daemon->loop, &changes->alive);
}

void daemon_changes_end_remote(struct daemon_changes *changes)
{
	struct listener *listener, *next;

	DL_FOREACH_SAFE (changes->listeners, listener, next)
		if (listener->client)
			end(listener);
}

struct daemon_changes *daemon_changes_new(struct rc_daemon *daemon)
{
	struct daemon_changes *changes = rc_new0(struct daemon_changes);

	changes->daemon = daemon;
	ev_timer_init(&changes->gather, on_gathered, 0., 0.);
	ev_timer_init(&changes->alive, on_alive, 0., 0.);
	return changes;
}

void daemon_changes_free(struct daemon_changes *changes)
{
	if (!changes)
		return;
	ev_timer_stop(changes->daemon->loop, &changes->gather);
	ev_timer_stop(changes->daemon->loop, &changes->alive);
	for (size_t i = 0; i < changes->n_fresh; i++)
		free(changes->fresh[i].name);
	for (size_t i = 0; i < KEPT; i++)
		free(changes->kept[i].name);
	free(changes);
}
