/*
 * One cluster that applications are brought to: its connection, what it serves, and the live state
 * of what we track there.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "kube/cache.h"
#include "kube/cluster.h"
#include "kube/discovery.h"
#include "kube/events.h"

struct rc_destination;
struct rc_judge;

struct rc_destination_options {
	const char *name; /* copied */
	struct ev_loop *loop;
	struct rc_kube_kubeconfig *kubeconfig; /* taken over */
	struct rc_judge *judge;		       /* says which kinds' status is read whole; or NULL */
	const char *const *namespaces;	       /* to look at, copied */
	size_t n_namespaces;		       /* 0: all */
	unsigned int max_in_flight;	       /* requests at the same time; 0: 32 */
	/* A tracked object came, changed or went. */
	void (*live_changed)(void *userdata, struct rc_destination *destination,
			     const struct rc_kube_live *live, bool is_gone);
	/* Discovery told something new, or a kind can be watched now or no more. */
	void (*state_changed)(void *userdata, struct rc_destination *destination);
	void *userdata;
};

struct rc_destination *rc_destination_new(const struct rc_destination_options *options);
void rc_destination_free(struct rc_destination *destination);
RC_DEFINE_FREEP(struct rc_destination, rc_destination_free)

/* All borrowed. */
const char *rc_destination_get_name(const struct rc_destination *destination);
struct rc_kube_cluster *rc_destination_get_cluster(const struct rc_destination *destination);
struct rc_kube_discovery *rc_destination_get_discovery(const struct rc_destination *destination);
struct rc_kube_cache *rc_destination_get_cache(const struct rc_destination *destination);
struct rc_kube_events *rc_destination_get_events(const struct rc_destination *destination);

/* Keep what manager owns (managedFields) of live objects, from now on. */
void rc_destination_keep_manager(struct rc_destination *destination, const char *manager);

/* Ask the server anew what it serves, at most once in 2 s. */
void rc_destination_rediscover(struct rc_destination *destination);
/* Nothing came of asking yet, neither well nor ill; either is told by state_changed. */
bool rc_destination_is_new(const struct rc_destination *destination);
/* What is served is known; else *err (if not NULL) says why it is not. 0 or -EAGAIN. */
int rc_destination_check(const struct rc_destination *destination, struct rc_error **err);

/* What is wrong with it now and since when (seconds, Unix time; may be NULL), the caller's to free;
 * NULL: nothing. What is known of live objects is then as old as that. */
char *rc_destination_describe_failure(const struct rc_destination *destination,
				      int64_t *ret_since_unix_s);

/* {name, server, state, version, watches, objects, bytes, reason?, since?}; the caller's. */
json_t *rc_destination_describe(const struct rc_destination *destination);
