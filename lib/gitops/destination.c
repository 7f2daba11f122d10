/*
 * What a server serves is asked at the start until it answers, then every ten minutes, and at once
 * when a kind is missing that somebody wants; so that a CRD applied a moment ago is found.
 */
#include "gitops/destination.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "gitops/health.h"
#include "gitops/judge.h"
#include "gitops/migrate.h"
#include "gitops/three-way.h"
#include "gitops/tracking.h"
#include "kube/apply.h"
#include "kube/fields.h"

#define REDISCOVER_MS	  (10 * 60 * 1000)
#define REDISCOVER_MIN_MS 2000
#define BACKOFF_MS	  1000
#define BACKOFF_MAX_MS	  30000

struct rc_destination {
	struct rc_destination_options options;
	char *name;
	struct rc_log log;
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	struct rc_kube_cache *cache;
	struct rc_kube_events *events;
	ev_timer timer, relist;
	json_t *managers; /* {name: true}: whose ownership is kept of live objects */
	bool is_asking;
	unsigned int attempts, generation;
	uint64_t asked_ms;
	struct rc_error *err;	      /* why discovery fails, or NULL */
	int64_t failing_since_unix_s; /* 0: all is well */
};

static void schedule(struct rc_destination *destination, uint64_t ms)
{
	ev_timer_stop(destination->options.loop, &destination->timer);
	ev_timer_set(&destination->timer, (double)ms / 1000.0, 0);
	ev_timer_start(destination->options.loop, &destination->timer);
}

static void tell(struct rc_destination *destination)
{
	destination->options.state_changed(destination->options.userdata, destination);
}

/* Said once when the first thing fails and once when nothing does any more: an API server that goes
 * away takes all watches with it. */
static void note_failure(struct rc_destination *destination)
{
	bool was_failing = destination->failing_since_unix_s != 0;
	rc_autofree char *why = NULL;

	if (destination->err || rc_kube_cache_get_failure(destination->cache, NULL)) {
		if (was_failing)
			return;
		destination->failing_since_unix_s = rc_clock_unix_s();
		why = rc_destination_describe_failure(destination, NULL);
		rc_log_warning(&destination->log, "%s", why);
	} else if (was_failing) {
		rc_log_notice(&destination->log, "the cluster answers again, after %lld s",
			      (long long)(rc_clock_unix_s() - destination->failing_since_unix_s));
		destination->failing_since_unix_s = 0;
	}
}

static void on_discovered(void *userdata, int r, struct rc_error *err)
{
	struct rc_destination *destination = userdata;
	bool had_failed = destination->err != NULL;
	unsigned int generation;

	destination->is_asking = false;
	if (r < 0) {
		rc_error_free(destination->err);
		destination->err = err;
		schedule(destination, rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS,
							  destination->attempts++) +
					      rc_clock_jitter_ms(BACKOFF_MS));
	} else {
		rc_error_free(destination->err);
		destination->err = NULL;
		destination->attempts = 0;
		schedule(destination, REDISCOVER_MS + rc_clock_jitter_ms(REDISCOVER_MS / 10));
	}
	note_failure(destination);
	generation = rc_kube_discovery_get_generation(destination->discovery);
	if (generation != destination->generation || had_failed != (r < 0)) {
		destination->generation = generation;
		tell(destination);
	}
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_destination *destination = rc_container_of(timer, struct rc_destination, timer);

	(void)loop;
	(void)events;
	destination->is_asking = true;
	destination->asked_ms = rc_clock_monotonic_ms();
	rc_kube_discovery_refresh(destination->discovery, on_discovered, destination);
}

/* Of status what health reads is kept; the rest is never looked at. */
static void cache_trim(void *userdata, json_t *object)
{
	const struct rc_destination *destination = userdata;
	rc_autofree struct rc_kube_key *key = NULL;

	/* What we wrote without the server's help is merged by this; of all others it is a burden.
	 */
	if (!rc_kube_fields_get(object, RC_KUBE_FIELD_MANAGER, "Update") ||
	    rc_kube_fields_get(object, RC_KUBE_FIELD_MANAGER, "Apply"))
		rc_kube_object_set_annotation(object, RC_THREE_WAY_ANNOTATION, NULL);
	if (rc_kube_object_get_key(object, &key, NULL) == 0 &&
	    !rc_judge_has_script(destination->options.judge, key->group, key->kind))
		rc_health_trim(object);
}

static bool cache_keeps_manager(void *userdata, const char *manager)
{
	const struct rc_destination *destination = userdata;

	return json_object_get(destination->managers, manager) != NULL;
}

static void cache_on_changed(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	struct rc_destination *destination = userdata;

	destination->options.live_changed(destination->options.userdata, destination, live,
					  is_gone);
}

static void cache_on_state(void *userdata, const char *group, const char *kind, int r,
			   const struct rc_error *err)
{
	struct rc_destination *destination = userdata;

	note_failure(destination);
	if (r < 0)
		rc_log_error(&destination->log, LOG_DEBUG, err, "watching %s%s%s", group,
			     *group ? "/" : "", kind);
	else
		rc_log_debug(&destination->log, "%s%s%s is up to date", group, *group ? "/" : "",
			     kind);
	tell(destination);
}

/* From the loop, as whoever asks may be called by a watch. */
static void on_relist(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_destination *destination = rc_container_of(timer, struct rc_destination, relist);

	(void)events;
	ev_timer_stop(loop, timer);
	rc_kube_cache_relist(destination->cache);
}

struct rc_destination *rc_destination_new(const struct rc_destination_options *options)
{
	struct rc_destination *destination = rc_new0(struct rc_destination);
	struct rc_kube_cache_options cache = {
		.label = RC_TRACKING_LABEL,
		.trim = cache_trim,
		.keeps_manager = cache_keeps_manager,
		.changed = cache_on_changed,
		.state = cache_on_state,
		.userdata = destination,
	};

	destination->options = *options;
	destination->name = rc_strdup(options->name);
	destination->managers = json_object();
	destination->log = (struct rc_log){NULL, "RC_CLUSTER", destination->name};
	destination->cluster = rc_kube_cluster_new(options->loop, options->kubeconfig);
	if (options->max_in_flight > 0)
		rc_kube_cluster_set_max_in_flight(destination->cluster, options->max_in_flight);
	rc_kube_cluster_set_namespaces(destination->cluster, options->namespaces,
				       options->n_namespaces);
	destination->discovery = rc_kube_discovery_new(destination->cluster);
	destination->cache = rc_kube_cache_new(destination->cluster, &cache);
	destination->events = rc_kube_events_new(destination->cluster, "reconciled");
	ev_timer_init(&destination->timer, on_timer, 0, 0);
	ev_timer_init(&destination->relist, on_relist, 0, 0);
	for (const char *const *name = rc_migrate_managers; *name; name++)
		json_object_set_new(destination->managers, *name, json_true());
	schedule(destination, 0);
	return destination;
}

void rc_destination_free(struct rc_destination *destination)
{
	if (!destination)
		return;
	ev_timer_stop(destination->options.loop, &destination->timer);
	ev_timer_stop(destination->options.loop, &destination->relist);
	rc_kube_events_free(destination->events);
	rc_kube_cache_free(destination->cache);
	rc_kube_discovery_free(destination->discovery);
	rc_kube_cluster_free(destination->cluster);
	rc_error_free(destination->err);
	json_decref(destination->managers);
	free(destination->name);
	free(destination);
}

const char *rc_destination_get_name(const struct rc_destination *destination)
{
	return destination->name;
}

struct rc_kube_cluster *rc_destination_get_cluster(const struct rc_destination *destination)
{
	return destination->cluster;
}

struct rc_kube_discovery *rc_destination_get_discovery(const struct rc_destination *destination)
{
	return destination->discovery;
}

struct rc_kube_cache *rc_destination_get_cache(const struct rc_destination *destination)
{
	return destination->cache;
}

struct rc_kube_events *rc_destination_get_events(const struct rc_destination *destination)
{
	return destination->events;
}

void rc_destination_keep_manager(struct rc_destination *destination, const char *manager)
{
	if (json_object_get(destination->managers, manager))
		return;
	json_object_set_new(destination->managers, manager, json_true());
	ev_timer_start(destination->options.loop, &destination->relist);
}

void rc_destination_rediscover(struct rc_destination *destination)
{
	uint64_t since_ms = rc_clock_monotonic_ms() - destination->asked_ms;

	if (destination->is_asking || destination->err)
		return;
	schedule(destination, since_ms < REDISCOVER_MIN_MS ? REDISCOVER_MIN_MS - since_ms : 0);
}

bool rc_destination_is_new(const struct rc_destination *destination)
{
	return !destination->err && !rc_kube_discovery_is_known(destination->discovery);
}

int rc_destination_check(const struct rc_destination *destination, struct rc_error **err)
{
	rc_autofree char *why = NULL;

	if (rc_kube_discovery_is_known(destination->discovery))
		return 0;
	if (rc_destination_is_new(destination))
		return rc_fail(err, -EAGAIN, "cluster '%s' was not asked yet", destination->name);
	why = rc_error_format(destination->err);
	return rc_fail(err, -EAGAIN, "cluster '%s' does not answer: %s", destination->name, why);
}

char *rc_destination_describe_failure(const struct rc_destination *destination,
				      int64_t *ret_since_unix_s)
{
	size_t n;
	const struct rc_error *failure = rc_kube_cache_get_failure(destination->cache, &n);
	rc_autofree char *why = NULL;

	if (ret_since_unix_s)
		*ret_since_unix_s = destination->failing_since_unix_s;
	if (!destination->err && !failure)
		return NULL;
	why = rc_error_format(destination->err ?: failure);
	if (destination->err)
		return rc_asprintf("asking what cluster '%s' serves: %s", destination->name, why);
	return rc_asprintf("%zu of %zu kinds cannot be watched: %s", n,
			   rc_kube_cache_count_kinds(destination->cache), why);
}

json_t *rc_destination_describe(const struct rc_destination *destination)
{
	bool is_known = rc_kube_discovery_is_known(destination->discovery);
	char since[RC_CLOCK_RFC3339_MAX];
	rc_autofree char *failure = NULL;
	int64_t since_unix_s;
	json_t *json;

	failure = rc_destination_describe_failure(destination, &since_unix_s);
	json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "name", destination->name, "server",
			 rc_kube_cluster_get_server(destination->cluster), "state",
			 failure    ? "failing"
			 : is_known ? "ok"
				    : "pending",
			 "version", rc_kube_discovery_get_version(destination->discovery),
			 "watches", (json_int_t)rc_kube_cache_count_kinds(destination->cache),
			 "objects", (json_int_t)rc_kube_cache_count(destination->cache), "bytes",
			 (json_int_t)rc_kube_cache_get_bytes(destination->cache));
	if (failure) {
		json_object_set_new(json, "reason", json_string(failure));
		json_object_set_new(json, "since",
				    json_string(rc_clock_format_rfc3339(since_unix_s, since)));
	}
	return json;
}
