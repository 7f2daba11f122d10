/*
 * The live state, kept by watches.
 *
 * One block an object: the struct, its key's texts, its versions, then the JSON text. A hash table
 * finds it, and a list holds those with the same label; a kind's objects are in no list of their
 * own, so a new list of a kind marks them by a counter and sweeps those that were not told again.
 *
 * A kind has one feed, of all namespaces, or, where the cluster is limited to some, one for each.
 */
#include "kube/cache.h"

#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "base/memory.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/cluster.h"
#include "kube/watch.h"

struct object {
	UT_hash_handle hh; /* by the key's texts: group, kind, namespace, name, each with its NUL */
	struct group *group; /* those with its label */
	struct object *prev, *next;
	struct rc_kube_live live;
	unsigned int seen;  /* the feed's list that told it last */
	unsigned int trims; /* how often trimming had changed when it was made */
	char text[];	    /* key, uid, resourceVersion, label, JSON */
};

/* The objects whose label has one value; there as long as there is one. */
struct group {
	UT_hash_handle hh; /* by label */
	struct object *objects;
	size_t n;
	char label[];
};

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
	struct object *objects;
	struct group *groups;
	struct kind *kinds;
	size_t bytes;
	unsigned int trims;
};

/* ---- objects ---- */

/* The four texts of a key, each with its NUL; the caller's to free. */
static char *flatten(const struct rc_kube_key *key, size_t *ret_n)
{
	const char *parts[] = {key->group, key->kind, key->name_space, key->name};
	size_t n = 0, at = 0;
	char *flat;

	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++)
		n += strlen(parts[i]) + 1;
	flat = rc_malloc(n);
	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++) {
		size_t length = strlen(parts[i]) + 1;

		memcpy(flat + at, parts[i], length);
		at += length;
	}
	*ret_n = n;
	return flat;
}

static struct object *find(const struct rc_kube_cache *cache, const struct rc_kube_key *key)
{
	struct object *object;
	size_t n;
	rc_autofree char *flat = flatten(key, &n);

	HASH_FIND(hh, cache->objects, flat, n, object);
	return object;
}

static struct group *find_group(const struct rc_kube_cache *cache, const char *label)
{
	struct group *group;

	HASH_FIND_STR(cache->groups, label, group);
	return group;
}

static void insert(struct rc_kube_cache *cache, struct object *object)
{
	const char *label = object->live.label;
	struct group *group = find_group(cache, label);

	if (!group) {
		group = rc_calloc(1, sizeof(*group) + strlen(label) + 1);
		memcpy(group->label, label, strlen(label) + 1);
		HASH_ADD_KEYPTR(hh, cache->groups, group->label, strlen(label), group);
	}
	object->group = group;
	group->n++;
	DL_APPEND(group->objects, object);
	HASH_ADD_KEYPTR(hh, cache->objects, object->text, (size_t)(object->live.uid - object->text),
			object);
	cache->bytes += object->live.size_bytes;
}

/* Out of the cache; it is the caller's now. */
static void take_out(struct rc_kube_cache *cache, struct object *object)
{
	struct group *group = object->group;

	HASH_DEL(cache->objects, object);
	DL_DELETE(group->objects, object);
	if (--group->n == 0) {
		HASH_DEL(cache->groups, group);
		free(group);
	}
	cache->bytes -= object->live.size_bytes;
}

static void forget(struct rc_kube_cache *cache, struct object *object)
{
	take_out(cache, object);
	free(object);
}

static const char *put(char **at, const char *text)
{
	size_t n = strlen(text) + 1;
	char *start = *at;

	memcpy(start, text, n);
	*at += n;
	return start;
}

/* FNV-1a; only for telling one's own texts apart. */
static uint64_t hash_text(struct rc_str text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Of managedFields those of others that are kept, without their times. The caller's; NULL: none. */
static json_t *list_others(const json_t *metadata)
{
	json_t *others = NULL, *entry;
	size_t i;

	json_array_foreach (json_object_get(metadata, "managedFields"), i, entry) {
		json_t *copy;

		if (rc_text_equal(rc_json_text(entry, "manager", NULL), RC_KUBE_FIELD_MANAGER))
			continue;
		copy = json_copy(entry);
		json_object_del(copy, "time");
		others = others ? others : json_array();
		json_array_append_new(others, copy);
	}
	return others;
}

/* What a change means: everything but the counters and what controllers report. */
static uint64_t hash_object(const json_t *object)
{
	json_auto_t *copy = json_copy((json_t *)(uintptr_t)object);
	json_auto_t *metadata = json_copy(json_object_get(object, "metadata"));
	json_t *others;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	json_object_del(copy, "status");
	json_object_del(metadata, "resourceVersion");
	others = list_others(metadata);
	json_object_del(metadata, "managedFields");
	if (others)
		json_object_set_new(metadata, "managedFields", others);
	json_object_set(copy, "metadata", metadata);
	rc_json_write(&text, copy);
	return hash_text(rc_buf_str(&text));
}

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

static struct object *make(const struct rc_kube_cache *cache, const struct rc_kube_key *key,
			   json_t *json)
{
	const char *uid = rc_kube_object_get_meta(json, "uid");
	const char *version = rc_kube_object_get_meta(json, "resourceVersion");
	const char *label = cache->label ? rc_kube_object_get_label(json, cache->label) : NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autofree char *flat = NULL;
	struct object *object;
	size_t n_key, n;
	char *at;

	rc_json_write(&text, json);
	flat = flatten(key, &n_key);
	n = n_key + strlen(uid) + strlen(version) + strlen(label ?: "") + 3 + text.n + 1;
	object = rc_calloc(1, sizeof(*object) + n);
	memcpy(object->text, flat, n_key);
	at = object->text;
	object->live.key.group = at;
	object->live.key.kind = at += strlen(at) + 1;
	object->live.key.name_space = at += strlen(at) + 1;
	object->live.key.name = at += strlen(at) + 1;
	at += strlen(at) + 1;
	object->live.uid = put(&at, uid);
	object->live.resource_version = put(&at, version);
	object->live.label = put(&at, label ?: "");
	object->live.hash = hash_object(json);
	object->live.size_bytes = text.n + 1;
	memcpy(at, rc_buf_text(&text), text.n + 1);
	return object;
}

static const char *json_of(const struct object *object)
{
	return object->live.label + strlen(object->live.label) + 1;
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

static void take(struct feed *feed, json_t *json)
{
	struct rc_kube_cache *cache = feed->kind->cache;
	const char *version = rc_kube_object_get_meta(json, "resourceVersion");
	rc_autofree struct rc_kube_key *key = NULL;
	struct object *before, *object;

	if (rc_kube_object_get_key(json, &key, NULL) < 0)
		return;
	before = find(cache, key);
	if (before && (is_stale(version, before->live.resource_version) ||
		       (before->trims == cache->trims &&
			strcmp(version, before->live.resource_version) == 0))) {
		before->seen = feed->list;
		return;
	}
	trim_managed_fields(cache, json);
	if (cache->options.trim)
		cache->options.trim(cache->options.userdata, json);
	object = make(cache, key, json);
	object->seen = feed->list;
	object->trims = cache->trims;
	if (before)
		forget(cache, before);
	insert(cache, object);
	if (cache->options.changed)
		cache->options.changed(cache->options.userdata, &object->live, false);
}

static void drop(struct rc_kube_cache *cache, struct object *object)
{
	take_out(cache, object);
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
	struct object *object;

	if (rc_kube_object_get_key(json, &key, NULL) < 0)
		return;
	object = find(feed->kind->cache, key);
	/* A note of our own write may be ahead: an object of that name was made anew. */
	if (object && strcmp(object->live.uid, rc_kube_object_get_meta(json, "uid")) == 0)
		drop(feed->kind->cache, object);
}

static bool is_of(const struct object *object, const struct kind *kind)
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
	struct object *object, *next;

	HASH_ITER (hh, feed->kind->cache->objects, object, next)
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
	struct object *object, *next;

	while (kind->feeds)
		free_feed(kind->feeds);
	HASH_ITER (hh, kind->cache->objects, object, next)
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
	const struct object *object = find(cache, key);

	return object ? &object->live : NULL;
}

json_t *rc_kube_cache_load(const struct rc_kube_cache *cache, const struct rc_kube_key *key)
{
	const struct object *object = find(cache, key);

	return object ? json_loads(json_of(object), JSON_DECODE_ANY, NULL) : NULL;
}

static int compare_objects(const void *a, const void *b)
{
	const struct object *const *x = a, *const *y = b;

	return rc_kube_object_compare_keys(&(*x)->live.key, &(*y)->live.key);
}

void rc_kube_cache_each(const struct rc_kube_cache *cache, const char *value,
			void (*fn)(void *userdata, const struct rc_kube_live *live), void *userdata)
{
	const struct group *group = value ? find_group(cache, value) : NULL;
	size_t max = value ? (group ? group->n : 0) : HASH_COUNT(cache->objects), n = 0;
	rc_autofree struct object **sorted = rc_calloc(max + 1, sizeof(*sorted));
	struct object *object, *next;

	if (!value)
		HASH_ITER (hh, cache->objects, object, next)
			sorted[n++] = object;
	else if (group)
		DL_FOREACH (group->objects, object)
			sorted[n++] = object;
	rc_sort(sorted, n, sizeof(*sorted), compare_objects);
	for (size_t i = 0; i < n; i++)
		fn(userdata, &sorted[i]->live);
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
	return HASH_COUNT(cache->objects);
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
	return cache->bytes;
}
