/*
 * The feed of events: what just happened, kept in memory for those who look, and sent on to those
 * who follow. It is a window, no history: a restart begins a new one.
 */
#pragma once

#include "daemon.h"

struct api_client;
struct daemon_events;

/* Borrowed; what is NULL is not said. */
struct daemon_event {
	const char *type, *app, *subject, *message, *revision;
};

struct daemon_events *daemon_events_new(struct rc_daemon *daemon);
/* Followers are told good-bye. */
void daemon_events_free(struct daemon_events *events);
void daemon_events_add(struct daemon_events *events, const struct daemon_event *event);
/* What changed of an application since it was last seen, as events. */
void daemon_events_on_app(struct daemon_events *events, const struct rc_app *app);
void daemon_events_forget_app(struct daemon_events *events, const char *name);

/* Those after the one numbered since, of app (NULL: all), that client may see (NULL: all):
 * {"items":
 * [{id, at, type, app?, subject?, message?, revision?}]}. The caller's. */
json_t *daemon_events_list(const struct daemon_events *events, json_int_t since, const char *app,
			   const struct api_client *client);
/* Answer with those, a line of JSON each, and then with what comes, until the other end goes. */
void daemon_events_follow(struct daemon_events *events, struct rc_net_http_exchange *exchange,
			  json_int_t since, const char *app, const struct api_client *client);
