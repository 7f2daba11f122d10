/*
 * Messages on their way: each is stored before it is sent and forgotten when it was accepted, so
 * that a crash loses none.
 *
 * Each sink is served in order, one message at a time. What is refused for good (a 4xx) is dropped
 * and counted; everything else is tried again with back-off, for a day.
 */
#pragma once

#include <ev.h>

#include "notify/sink.h"
#include "store/store.h"

struct rc_notify_queue;

struct rc_notify_queue_options {
	struct ev_loop *loop;
	struct rc_store *store;		    /* borrowed */
	const struct rc_notify_sink *sinks; /* borrowed */
	size_t n_sinks;
	uint64_t again_ms; /* the first wait before another try; 0: 2 s */
};

struct rc_notify_sink_counts {
	uint64_t n_sent, n_failed, n_dropped; /* failed: tries; dropped: messages */
	size_t n_waiting;
	const char *error; /* of the last try, or NULL; borrowed */
};

/* What a process before left unsent is taken up; of sinks that are gone it is forgotten. */
struct rc_notify_queue *rc_notify_queue_new(const struct rc_notify_queue_options *options);
void rc_notify_queue_free(struct rc_notify_queue *queue);
RC_DEFINE_FREEP(struct rc_notify_queue, rc_notify_queue_free)

/* To each sink that wants to hear of it. key tells this event from every other, over restarts:
 * while a message of the same key is on its way, there is no second one. */
void rc_notify_queue_add(struct rc_notify_queue *queue, const json_t *event, const char *key);
struct rc_notify_sink_counts rc_notify_queue_get_counts(const struct rc_notify_queue *queue,
							size_t sink);
