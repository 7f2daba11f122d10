/*
 * One collection followed: LIST in pages, then WATCH with bookmarks, for ever.
 *
 * A broken watch goes on from the last resourceVersion; 410 Gone means list again, after which
 * objects that are no longer there are told as deleted. Failures are retried with jittered
 * back-off (0.8 s to 30 s) and told once each time the reason changes.
 */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "kube/discovery.h"

struct rc_kube_cluster;
struct rc_kube_watch;

struct rc_kube_watch_options {
	const struct rc_kube_resource *resource; /* copied */
	const char *name_space;			 /* NULL: all; copied */
	const char *label_selector;		 /* NULL: everything; copied */
	const char *field_selector;		 /* NULL: everything; copied */
	unsigned int page_size;			 /* 0: 500 */
};

struct rc_kube_watch_events {
	/* A list begins: what is not told again before synced is gone. */
	void (*begin)(void *userdata);
	/* object is borrowed; its apiVersion and kind are always set. */
	void (*changed)(void *userdata, json_t *object);
	void (*deleted)(void *userdata, json_t *object);
	/* A list is complete. */
	void (*synced)(void *userdata);
	/* r < 0: it is behind because of err (borrowed); 0: it is up to date again. May be NULL. */
	void (*state)(void *userdata, int r, const struct rc_error *err);
};

/* events is borrowed (a const table); callbacks come from the loop. */
struct rc_kube_watch *rc_kube_watch_new(struct rc_kube_cluster *cluster,
					const struct rc_kube_watch_options *options,
					const struct rc_kube_watch_events *events, void *userdata);
/* List again soon, as after 410 Gone. */
void rc_kube_watch_relist(struct rc_kube_watch *watch);
/* Never from inside its own callbacks. */
void rc_kube_watch_free(struct rc_kube_watch *watch);
RC_DEFINE_FREEP(struct rc_kube_watch, rc_kube_watch_free)
