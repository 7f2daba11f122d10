/*
 * The live state, kept by watches.
 *
 * A kind's objects are in no list of their own, so a new list of a kind marks them by a counter and
 * sweeps those that were not told again.
 *
 * A kind has one feed, of all namespaces, or, where the cluster is limited to some, one for each.
 */
#include "kube/cache.h"

#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/cluster.h"
#include "kube/shelf.h"
#include "kube/watch.h"

struct feed {
	struct feed *prev, *next;
	struct kind *kind;
	struct rc_kube_watch *watch;
	char *name_space;  /* NULL: all */
	unsigned int list; /* counts up with each list */
	bool is_synced;
	struct rc_error *err;
};

struct kind {
	struct kind *prev, *next;
	struct rc_kube_cache *cache;
	struct feed *feeds;
	char *group, *name, *version;
};

struct rc_kube_cache {
	struct rc_kube_cluster *cluster;
	struct rc_kube_cache_options options;
	char *label;
	struct rc_kube_shelf shelf;
	struct kind *kinds;
	unsigned int trims;
};

/* ---- objects ---- */

static bool keeps_manager(const struct rc_kube_cache *cache, const char *manager)
{
	return rc_text_equal(manager, RC_KUBE_FIELD_MANAGER) ||
	       (manager && cache->options.keeps_manager &&
		cache->options.keeps_manager(cache->options.userdata, manager));
}

/* Field ownership of others is nobody's business here. */
static void trim_managed_fields(const struct rc_kube_cache *cache, json_t *object)
{
	json_t *entries = rc_json_get(object, "metadata", "managedFields", NULL), *entry;

	for (size_t i = json_array_size(entries); i > 0; i--) {
		entry = json_array_get(entries, i - 1);
		if (!keeps_manager(cache, rc_json_text(entry, "manager", NULL)))
			json_array_remove(entries, i - 1);
	}
	if (entries && json_array_size(entries) == 0)
		json_object_del(json_object_get(object, "metadata"), "managedFields");
}

static struct kind *find_kind(const struct rc_kube_cache *cache, const char *group,
			      const char *name)
{
	struct kind *kind;

	DL_FOREACH (cache->kinds, kind)
		if (strcmp(kind->name, name) == 0 && strcmp(kind->group, group) == 0)
			return kind;
	return NULL;
}

/* a is not newer than b. Versions are numbers wherever we were so far; else they only differ. */
static bool is_stale(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	if (strspn(a, "0123456789") != n || strspn(b, "0123456789") != m)
		return false;
	return n != m ? n < m : strcmp(a, b) < 0;
}

static void forget(struct rc_kube_cache *cache, struct rc_kube_shelved *object)
{
	rc_kube_shelf_take_out(&cache->shelf, object);
	free(object);
}

static void take(struct feed *feed, json_t *json)
{
	struct rc_kube_cache *cache = feed->kind->cache;
	const char *version = rc_kube_object_get_meta(json, "resourceVersion"), *label;
	rc_autofree struct rc_kube_key *key = NULL;
	struct rc_kube_shelved *before, *object;

	if (rc_kube_object_get_key(json, &key, NULL) < 0)
		return;
	before = rc_kube_shelf_find(&cache->shelf, key);
	if (before && (is_stale(version, before->live.resource_version) ||
		       (before->trims == cache->trims &&
			strcmp(version, before->live.resource_version) == 0))) {
		before->seen = feed->list;
		return;
	}
	trim_managed_fields(cache, json);
	if (cache->options.trim)
		cache->options.trim(cache->options.userdata, json);
	label = cache->label ? rc_kube_object_get_label(json, cache->label) : NULL;
	object = rc_kube_shelf_pack(key, json, label ?: "");
	object->seen = feed->list;
	object->trims = cache->trims;
	if (before)
		forget(cache, before);
	rc_kube_shelf_insert(&cache->shelf, object);
	if (cache->options.changed)
		cache->options.changed(cache->options.userdata, &object->live, false);
}

static void drop(struct rc_kube_cache *cache, struct rc_kube_shelved *object)
{
	rc_kube_shelf_take_out(&cache->shelf, object);
	if (cache->options.changed)
		cache->options.changed(cache->options.userdata, &object->live, true);
	free(object);
}

/* ---- what a watch tells ---- */

static void on_begin(void *userdata)
{
	struct feed *feed = userdata;

	feed->list++;
}

static void on_changed(void *userdata, json_t *object)
{
	take(userdata, object);
}

static void on_deleted(void *userdata, json_t *json)
{
	struct feed *feed = userdata;
	rc_autofree struct rc_kube_key *key = NULL;
	struct rc_kube_shelved *object;

	if (rc_kube_object_get_key(json, &key, NULL) < 0)
		return;
	object = rc_kube_shelf_find(&feed->kind->cache->shelf, key);
	/* A note of our own write may be ahead: an object of that name was made anew. */
	if (object && strcmp(object->live.uid, rc_kube_object_get_meta(json, "uid")) == 0)
		drop(feed->kind->cache, object);
}

static bool is_of(const struct rc_kube_shelved *object, const struct kind *kind)
{
	return strcmp(object->live.key.kind, kind->name) == 0 &&
	       strcmp(object->live.key.group, kind->group) == 0;
}

static bool is_fed(const struct feed *feed, const char *name_space)
{
	return !feed->name_space || strcmp(feed->name_space, name_space) == 0;
}

static const struct rc_error *error_of(const struct kind *kind)
{
	const struct feed *feed;

	DL_FOREACH (kind->feeds, feed)
		if (feed->err)
			return feed->err;
	return NULL;
}

static bool is_synced(const struct kind *kind)
{
	const struct feed *feed;

	DL_FOREACH (kind->feeds, feed)
		if (!feed->is_synced)
			return false;
	return true;
}

static void tell_state(struct kind *kind, int r, const struct rc_error *err)
{
	struct rc_kube_cache *cache = kind->cache;

	if (cache->options.state)
		cache->options.state(cache->options.userdata, kind->group, kind->name, r, err);
}

static void on_synced(void *userdata)
{
	struct feed *feed = userdata;
	struct rc_kube_shelved *object, *next;

	HASH_ITER (hh, feed->kind->cache->shelf.objects, object, next)
		if (object->seen != feed->list && is_of(object, feed->kind) &&
		    is_fed(feed, object->live.key.name_space))
			drop(feed->kind->cache, object);
	feed->is_synced = true;
	rc_error_free(rc_steal(&feed->err));
	if (is_synced(feed->kind) && !error_of(feed->kind))
		tell_state(feed->kind, 0, NULL);
}

static void on_state(void *userdata, int r, const struct rc_error *err)
{
	struct feed *feed = userdata;
	bool was_behind = feed->err != NULL;

	rc_error_free(rc_steal(&feed->err));
	if (r < 0) {
		rc_autofree char *text = rc_error_format(err);

		rc_fail(&feed->err, r, "%s", text);
		tell_state(feed->kind, r, feed->err);
	} else if (was_behind && is_synced(feed->kind) && !error_of(feed->kind)) {
		tell_state(feed->kind, 0, NULL);
	}
}

static const struct rc_kube_watch_events events = {
	.begin = on_begin,
	.changed = on_changed,
	.deleted = on_deleted,
	.synced = on_synced,
	.state = on_state,
};

/* ---- the cache ---- */

struct rc_kube_cache *rc_kube_cache_new(struct rc_kube_cluster *cluster,
					const struct rc_kube_cache_options *options)
{
	struct rc_kube_cache *cache = rc_new0(struct rc_kube_cache);

	cache->cluster = cluster;
	cache->options = *options;
	cache->label = rc_strdup(options->label);
	return cache;
}

static void add_feed(struct kind *kind, const struct rc_kube_resource *resource,
		     const char *name_space, const char *field_selector)
{
	struct rc_kube_cache *cache = kind->cache;
	struct rc_kube_watch_options options = {
		.resource = resource,
		.name_space = name_space,
		.label_selector = cache->label,
		.field_selector = field_selector,
	};
	struct feed *feed = rc_new0(struct feed);

	feed->kind = kind;
	feed->name_space = rc_strdup(name_space);
	DL_APPEND(kind->feeds, feed);
	feed->watch = rc_kube_watch_new(cache->cluster, &options, &events, feed);
}

static void free_feed(struct feed *feed)
{
	rc_kube_watch_free(feed->watch);
	DL_DELETE(feed->kind->feeds, feed);
	rc_error_free(feed->err);
	free(feed->name_space);
	free(feed);
}

static void free_kind(struct kind *kind)
{
	struct rc_kube_shelved *object, *next;

	while (kind->feeds)
		free_feed(kind->feeds);
	HASH_ITER (hh, kind->cache->shelf.objects, object, next)
		if (is_of(object, kind))
			forget(kind->cache, object);
	DL_DELETE(kind->cache->kinds, kind);
	free(kind->group);
	free(kind->name);
	free(kind->version);
	free(kind);
}

void rc_kube_cache_free(struct rc_kube_cache *cache)
{
	struct kind *kind, *next;

	if (!cache)
		return;
	DL_FOREACH_SAFE (cache->kinds, kind, next)
		free_kind(kind);
	free(cache->label);
	free(cache);
}

void rc_kube_cache_want(struct rc_kube_cache *cache, const struct rc_kube_resource *resource)
{
	rc_kube_cache_want_some(cache, resource, NULL);
}

void rc_kube_cache_want_some(struct rc_kube_cache *cache, const struct rc_kube_resource *resource,
			     const char *field_selector)
{
	const char *const *namespaces = rc_kube_cluster_get_namespaces(cache->cluster);
	struct kind *kind = find_kind(cache, resource->group, resource->kind);

	if (kind && strcmp(kind->version, resource->version) == 0)
		return;
	if (kind)
		free_kind(kind);
	kind = rc_new0(struct kind);
	kind->cache = cache;
	kind->group = rc_strdup(resource->group);
	kind->name = rc_strdup(resource->kind);
	kind->version = rc_strdup(resource->version);
	DL_APPEND(cache->kinds, kind);
	if (!namespaces || !resource->namespaced)
		add_feed(kind, resource, NULL, field_selector);
	else
		for (; *namespaces; namespaces++)
			add_feed(kind, resource, *namespaces, field_selector);
}

void rc_kube_cache_drop(struct rc_kube_cache *cache, const char *group, const char *name)
{
	struct kind *kind = find_kind(cache, group, name);

	if (kind)
		free_kind(kind);
}

bool rc_kube_cache_is_current(const struct rc_kube_cache *cache, const char *group,
			      const char *name)
{
	const struct kind *kind = find_kind(cache, group, name);

	return kind && is_synced(kind) && !error_of(kind);
}

const struct rc_error *rc_kube_cache_get_error(const struct rc_kube_cache *cache, const char *group,
					       const char *name)
{
	const struct kind *kind = find_kind(cache, group, name);

	return kind ? error_of(kind) : NULL;
}

const struct rc_kube_live *rc_kube_cache_find(const struct rc_kube_cache *cache,
					      const struct rc_kube_key *key)
{
	const struct rc_kube_shelved *object = rc_kube_shelf_find(&cache->shelf, key);

	return object ? &object->live : NULL;
}

json_t *rc_kube_cache_load(const struct rc_kube_cache *cache, const struct rc_kube_key *key)
{
	const struct rc_kube_shelved *object = rc_kube_shelf_find(&cache->shelf, key);

	return object ? rc_kube_shelf_unpack(object) : NULL;
}

void rc_kube_cache_each(const struct rc_kube_cache *cache, const char *value,
			void (*fn)(void *userdata, const struct rc_kube_live *live), void *userdata)
{
	rc_kube_shelf_each(&cache->shelf, value, fn, userdata);
}

void rc_kube_cache_relist(struct rc_kube_cache *cache)
{
	struct kind *kind;
	struct feed *feed;

	cache->trims++;
	DL_FOREACH (cache->kinds, kind)
		DL_FOREACH (kind->feeds, feed)
			rc_kube_watch_relist(feed->watch);
}

void rc_kube_cache_note(struct rc_kube_cache *cache, const json_t *object)
{
	rc_autofree struct rc_kube_key *key = NULL;
	const struct kind *kind;
	struct feed *feed;
	json_auto_t *copy = NULL;

	if (rc_kube_object_get_key(object, &key, NULL) < 0)
		return;
	kind = find_kind(cache, key->group, key->kind);
	DL_FOREACH (kind ? kind->feeds : NULL, feed)
		if (is_fed(feed, key->name_space))
			break;
	if (!kind || !feed || !feed->is_synced)
		return; /* the list that comes will tell it */
	if (cache->label && !rc_kube_object_get_label(object, cache->label))
		return;
	copy = json_deep_copy(object);
	take(feed, copy);
}

const struct rc_error *rc_kube_cache_get_failure(const struct rc_kube_cache *cache, size_t *ret_n)
{
	const struct rc_error *first = NULL;
	const struct kind *kind;
	size_t n = 0;

	DL_FOREACH (cache->kinds, kind)
		if (error_of(kind)) {
			first = first ?: error_of(kind);
			n++;
		}
	if (ret_n)
		*ret_n = n;
	return first;
}

size_t rc_kube_cache_count(const struct rc_kube_cache *cache)
{
	return HASH_COUNT(cache->shelf.objects);
}

size_t rc_kube_cache_count_kinds(const struct rc_kube_cache *cache)
{
	struct kind *kind;
	size_t n;

	DL_COUNT(cache->kinds, kind, n);
	return n;
}

size_t rc_kube_cache_get_bytes(const struct rc_kube_cache *cache)
{
	return cache->shelf.bytes;
}
