/* Comparing what is remembered of contents with what is there. */
#include "secrets/follow.h"

#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/manager-private.h"
#include "secrets/reload.h"
#include "secrets/roll.h"
#include "secrets/workload.h"

#define SETTLE_S       0.5 /* what changes together is rolled together */
#define BACKOFF_MS     2000
#define BACKOFF_MAX_MS 300000
#define STATE	       "contents" /* {"Secret/app": hash} for each workload */

/* One workload that asks. */
struct follower {
	UT_hash_handle hh; /* by label */
	struct secrets_follow *follow;
	const struct rc_secrets_roll_kind *kind;
	char *label; /* "cluster/namespace/Kind/name" */
	json_t *object;
	json_t *record; /* what it runs with */
	json_t *next;	/* the same, when it was rolled */
	struct rc_secrets_roll *roll;
	unsigned int attempts;
	ev_timer look;
};

struct secrets_follow {
	struct rc_secrets_manager *manager;
	struct rc_kube_cache *workloads;
	struct rc_secrets_roll_options options;
	struct follower *followers;
	json_t *records; /* {label: what is stored of it} */
};

static void look_in(struct follower *follower, double seconds)
{
	struct ev_loop *loop = follower->follow->manager->options.loop;

	ev_timer_stop(loop, &follower->look);
	ev_now_update(loop);
	ev_timer_set(&follower->look, seconds, 0);
	ev_timer_start(loop, &follower->look);
}

/* ---- what it follows, and how that is ---- */

/* The Secret of an ExternalSecret of ours. */
static bool is_target(const struct secrets_follow *follow, const char *name_space, const char *name)
{
	const struct secrets_entry *entry;

	for (entry = follow->manager->entries; entry; entry = entry->hh.next)
		if (entry->external && !entry->external->manifest && !entry->is_foreign &&
		    !entry->is_gone && strcmp(entry->external->target, name) == 0 &&
		    strcmp(entry->name_space, name_space) == 0)
			return true;
	return false;
}

struct scan {
	const char *kind, *name_space;
	json_t *names;
};

static void add_any(void *userdata, const struct rc_kube_live *live)
{
	struct scan *scan = userdata;

	if (strcmp(live->key.kind, scan->kind) == 0 &&
	    strcmp(live->key.name_space, scan->name_space) == 0)
		json_object_set_new(scan->names, live->key.name, json_true());
}

static void add_content(const struct follower *follower, const char *kind, const char *name,
			json_t *to)
{
	struct rc_secrets_manager *manager = follower->follow->manager;
	const char *name_space = rc_kube_object_get_meta(follower->object, "namespace");
	rc_autofree char *label = rc_asprintf("%s/%s", kind, name);
	json_t *before = json_object_get(follower->record, label);
	char sealed[RC_SECRETS_SEAL_MAX];
	json_auto_t *object = rc_secrets_manager_load_content(manager, kind, name_space, name);

	if (!object && before) { /* it may come again as it was */
		json_object_set(to, label, before);
		return;
	}
	if (!object ||
	    !rc_secrets_reload_wants(follower->object, kind, name,
				     rc_json_get(object, "metadata", "annotations", NULL), false))
		return;
	if (strcmp(kind, "Secret") == 0 && is_target(follower->follow, name_space, name))
		return;
	rc_secrets_seal(manager->seal, rc_kube_object_get_annotation(object, SECRETS_CONTENT) ?: "",
			sealed);
	json_object_set_new(to, label, json_string(sealed));
}

/* {"Secret/app": hash} of all that it follows. */
static json_t *find_contents(const struct follower *follower)
{
	static const char *const kinds[] = {"Secret", "ConfigMap"};
	json_t *found = json_object();

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		json_auto_t *names = json_object();
		struct scan scan = {kinds[i],
				    rc_kube_object_get_meta(follower->object, "namespace"), names};
		bool has_patterns;
		const char *name;
		json_t *value;

		rc_secrets_reload_add_names(follower->object, kinds[i], names, &has_patterns);
		if (has_patterns)
			rc_kube_cache_each(follower->follow->manager->contents, NULL, add_any,
					   &scan);
		json_object_foreach (names, name, value)
			add_content(follower, kinds[i], name, found);
	}
	return found;
}

/* What is remembered and is another now, as notes for the workload. */
static json_t *find_changed(const struct follower *follower, const json_t *contents)
{
	json_t *notes = json_object(), *hash;
	const char *label;

	json_object_foreach ((json_t *)(uintptr_t)contents, label, hash) {
		json_t *before = json_object_get(follower->record, label);
		rc_autofree char *kind = rc_strndup(label, strcspn(label, "/"));
		rc_autofree char *note = rc_secrets_roll_note(kind, strchr(label, '/') + 1);

		if (before && !json_equal(before, hash))
			json_object_set(notes, note, hash);
	}
	return notes;
}

/* ---- one workload ---- */

/* One that goes, or asks no more, begins anew when it comes again. Most never asked. */
static void forget(struct secrets_follow *follow, const char *label)
{
	if (json_object_del(follow->records, label) == 0)
		rc_store_put(follow->manager->options.store, STATE, label, NULL, NULL);
}

/* Takes record over. */
static void remember(struct follower *follower, json_t *record)
{
	struct rc_secrets_manager *manager = follower->follow->manager;
	struct rc_error *err = NULL;

	if (json_equal(record, follower->record)) {
		json_decref(record);
		return;
	}
	json_decref(follower->record);
	follower->record = record;
	if (json_object_size(record) == 0) {
		forget(follower->follow, follower->label);
		return;
	}
	json_object_set(follower->follow->records, follower->label, record);
	if (rc_store_put(manager->options.store, STATE, follower->label, record, &err) < 0)
		rc_log_error(&manager->log, LOG_ERR, err, "remembering what %s runs with",
			     follower->label);
	rc_error_free(err);
}

static void fail(struct follower *follower, int r, struct rc_error *err)
{
	(void)r;
	rc_log_error(&follower->follow->manager->log,
		     follower->attempts == 0 ? LOG_WARNING : LOG_DEBUG, err, "rolling %s",
		     follower->label);
	rc_error_free(err);
	look_in(follower,
		(double)rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, follower->attempts++) /
			1000);
}

static void on_rolled(void *userdata, int r, bool is_rolled, struct rc_error *err)
{
	struct follower *follower = userdata;

	(void)is_rolled;
	follower->roll = NULL;
	if (r < 0) {
		json_decref(rc_steal(&follower->next));
		fail(follower, r, err);
		return;
	}
	follower->attempts = 0;
	if (follower->next)
		remember(follower, rc_steal(&follower->next));
	look_in(follower, SETTLE_S);
}

/* Returns whether it is resumed now, or will be. */
static bool mind_pause(struct follower *follower)
{
	int64_t end = rc_secrets_roll_get_pause_end(follower->object);
	int64_t left_s = end - rc_clock_unix_s();

	if (end == 0)
		return false;
	if (left_s > 0) {
		look_in(follower, (double)left_s);
		return false;
	}
	follower->roll = rc_secrets_roll_resume(&follower->follow->options, follower->object,
						on_rolled, follower);
	return follower->roll != NULL;
}

static void evaluate(struct follower *follower)
{
	json_auto_t *notes = NULL;
	json_t *contents;

	if (follower->roll || !rc_secrets_manager_is_ready(follower->follow->manager))
		return;
	if (mind_pause(follower))
		return;
	contents = find_contents(follower);
	notes = find_changed(follower, contents);
	if (json_object_size(notes) > 0)
		follower->roll =
			rc_secrets_roll_start(&follower->follow->options, follower->kind,
					      follower->object, notes, on_rolled, follower);
	if (follower->roll)
		follower->next = contents;
	else
		remember(follower, contents);
}

static void on_look(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	evaluate(rc_container_of(timer, struct follower, look));
}

static void drop(struct follower *follower)
{
	HASH_DEL(follower->follow->followers, follower);
	ev_timer_stop(follower->follow->manager->options.loop, &follower->look);
	rc_secrets_roll_cancel(follower->roll);
	json_decref(follower->object);
	json_decref(follower->record);
	json_decref(follower->next);
	free(follower->label);
	free(follower);
}

/* ---- what the watches tell ---- */

/* Of those that ask for nothing only the name is kept. */
static void trim(void *userdata, json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");

	(void)userdata;
	json_object_del(object, "status");
	json_object_del(metadata, "labels");
	rc_kube_object_set_annotation(object, "kubectl.kubernetes.io/last-applied-configuration",
				      NULL);
	if (rc_secrets_reload_asks(object))
		return;
	json_object_del(object, "spec");
	json_object_del(metadata, "annotations");
}

static const struct rc_secrets_roll_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < rc_secrets_roll_n_kinds; i++)
		if (strcmp(rc_secrets_roll_kinds[i].name, name) == 0)
			return &rc_secrets_roll_kinds[i];
	return NULL;
}

static struct follower *add(struct secrets_follow *follow, const char *label, const char *kind)
{
	struct follower *follower = rc_new0(struct follower);
	bool is_first = !follow->followers;

	follower->follow = follow;
	follower->label = rc_strdup(label);
	follower->kind = find_kind(kind);
	follower->record = json_incref(json_object_get(follow->records, label));
	ev_timer_init(&follower->look, on_look, 0, 0);
	HASH_ADD_KEYPTR(hh, follow->followers, follower->label, strlen(follower->label), follower);
	if (is_first)
		rc_secrets_manager_on_discovery(follow->manager);
	return follower;
}

static void on_workload(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	struct secrets_follow *follow = userdata;
	rc_autofree char *label = rc_asprintf("%s/%s/%s/%s", follow->manager->options.name,
					      live->key.name_space, live->key.kind, live->key.name);
	json_auto_t *object = is_gone ? NULL : rc_kube_cache_load(follow->workloads, &live->key);
	struct follower *follower;

	HASH_FIND_STR(follow->followers, label, follower);
	if (!object || !rc_secrets_reload_asks(object)) {
		if (follower)
			drop(follower);
		forget(follow, label);
		return;
	}
	if (!follower)
		follower = add(follow, label, live->key.kind);
	json_decref(follower->object);
	follower->object = rc_steal(&object);
	if (!follower->roll)
		look_in(follower, SETTLE_S);
}

static void on_state(void *userdata, const char *group, const char *kind, int r,
		     const struct rc_error *err)
{
	struct secrets_follow *follow = userdata;

	(void)group;
	if (r < 0)
		rc_log_error(&follow->manager->log, LOG_DEBUG, err, "watching %s", kind);
}

void rc_secrets_follow_note(struct secrets_follow *follow, const char *name_space)
{
	struct follower *follower, *next;

	HASH_ITER (hh, follow->followers, follower, next)
		if (!follower->roll && follower->attempts == 0 &&
		    (!name_space || strcmp(name_space, rc_kube_object_get_meta(follower->object,
									       "namespace")) == 0))
			look_in(follower, SETTLE_S);
}

/* ---- all of them ---- */

bool rc_secrets_follow_is_asked(const struct secrets_follow *follow)
{
	return follow->followers != NULL;
}

struct secrets_follow *rc_secrets_follow_new(struct rc_secrets_manager *manager)
{
	struct secrets_follow *follow = rc_new0(struct secrets_follow);
	struct rc_kube_cache_options options = {
		.trim = trim, .changed = on_workload, .state = on_state, .userdata = follow};

	follow->manager = manager;
	follow->options = (struct rc_secrets_roll_options){
		manager->options.cluster, manager->options.discovery, &manager->log};
	rc_store_list(manager->options.store, STATE, &follow->records, NULL);
	if (!follow->records)
		follow->records = json_object();
	follow->workloads = rc_kube_cache_new(manager->options.cluster, &options);
	return follow;
}

void rc_secrets_follow_free(struct secrets_follow *follow)
{
	struct follower *follower, *next;

	if (!follow)
		return;
	HASH_ITER (hh, follow->followers, follower, next)
		drop(follower);
	rc_kube_cache_free(follow->workloads);
	json_decref(follow->records);
	free(follow);
}

void rc_secrets_follow_on_discovery(struct secrets_follow *follow)
{
	for (size_t i = 0; i < rc_secrets_roll_n_kinds; i++) {
		const struct rc_kube_resource *resource = rc_kube_discovery_find(
			follow->manager->options.discovery, rc_secrets_roll_kinds[i].group,
			rc_secrets_roll_kinds[i].name, NULL);

		if (resource)
			rc_kube_cache_want(follow->workloads, resource);
	}
}
