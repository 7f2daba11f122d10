/* Objects, the history of what happened to them, and who watches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

#define BOOKMARK_S 5.0

struct entry {
	struct kubeapi_object object; /* first */
	struct entry *prev, *next;    /* of its kind */
	char *key;
	UT_hash_handle hh;
};

struct event {
	uint64_t version;
	const char *type;
	struct kubeapi_kind *kind;
	json_t *json, *before; /* before may be NULL */
};

struct kubeapi_watcher {
	struct kubeapi_watcher *prev, *next;
	struct kubeapi_kind *kind;
	char *name_space, *label_selector, *field_selector;
	struct rc_net_http_exchange *exchange;
	ev_timer timeout, bookmark;
};

static struct {
	struct ev_loop *loop;
	struct entry *entries;
	struct event *events; /* a ring */
	size_t n_events, first, max_events;
	uint64_t version, compacted; /* events up to compacted are forgotten */
	struct kubeapi_watcher *watchers;
} store;

void kubeapi_store_init(struct ev_loop *loop, size_t history)
{
	store.loop = loop;
	store.max_events = history;
	store.events = rc_calloc(history, sizeof(*store.events));
	store.version = 1000;
	store.compacted = store.version;
}

uint64_t kubeapi_store_version(void)
{
	return store.version;
}

const char *kubeapi_meta(const json_t *object, const char *field)
{
	return rc_json_text(object, "metadata", field, NULL) ?: "";
}

static char *make_key(const struct kubeapi_kind *kind, const char *name_space, const char *name)
{
	return rc_asprintf("%s/%s|%s|%s", kind->group, kind->plural, name_space, name);
}

struct kubeapi_object *kubeapi_store_find(const struct kubeapi_kind *kind, const char *name_space,
					  const char *name)
{
	rc_autofree char *key = make_key(kind, name_space, name);
	struct entry *entry;

	HASH_FIND_STR(store.entries, key, entry);
	return entry ? &entry->object : NULL;
}

/* ---- selectors ---- */

/* "a in (b,c)", "a notin (b,c)". *ret_result is set when it is one. */
static bool selects_set(const char *text, const json_t *labels, bool *ret_result)
{
	const char *open = strchr(text, '('), *space = strchr(text, ' ');
	rc_autofree char *name = space ? rc_strndup(text, (size_t)(space - text)) : NULL;
	const char *value = name ? json_string_value(json_object_get(labels, name)) : NULL;
	rc_autofree char *list = open ? rc_strndup(open + 1, strcspn(open + 1, ")")) : NULL;
	char *rest = list, *part;
	bool found = false;

	if (!open || !space)
		return false;
	while ((part = strsep(&rest, ",")))
		found = found || (value && strcmp(part + strspn(part, " "), value) == 0);
	*ret_result = strstr(text, " notin ") ? !found : found;
	return true;
}

/* The length of the first term: a comma inside parentheses ends none. */
static size_t term_length(struct rc_str rest)
{
	int depth = 0;
	size_t n = 0;

	for (; n < rest.n && !(depth == 0 && rest.p[n] == ','); n++)
		depth += rest.p[n] == '(' ? 1 : rest.p[n] == ')' ? -1 : 0;
	return n;
}

/* "a=b", "a==b", "a!=b", "a", "!a", "a in (b,c)"; joined by commas. */
static bool selects_one(struct rc_str term, const json_t *labels)
{
	rc_autofree char *text = rc_str_dup(rc_str_trim(term, " "));
	bool result;
	char *equals = strchr(text, '=');
	bool negated = equals && equals > text && equals[-1] == '!';
	const char *value;

	if (selects_set(text, labels, &result))
		return result;
	if (!equals && *text == '!')
		return json_object_get(labels, text + 1) == NULL;
	if (!equals)
		return json_object_get(labels, text) != NULL;
	equals[negated ? -1 : 0] = '\0';
	equals += equals[1] == '=' ? 2 : 1;
	value = json_string_value(json_object_get(labels, text));
	return negated ? !value || strcmp(value, equals) != 0 : value && strcmp(value, equals) == 0;
}

static bool selects_one_field(const char *selector, const json_t *object)
{
	const char *equals = strchr(selector, '=');
	rc_autofree char *path = NULL;
	const json_t *at = object;
	bool negated = equals && equals > selector && equals[-1] == '!';
	char *rest, *part;

	if (!equals)
		return true;
	path = rc_strndup(selector, (size_t)(equals - selector) - negated);
	rest = path;
	while ((part = strsep(&rest, ".")))
		at = json_object_get(at, part);
	return (strcmp(json_string_value(at) ?: "", equals + 1) == 0) != negated;
}

static bool selects_fields(const char *selector, const json_t *object)
{
	rc_autofree char *text = rc_strdup(selector);
	char *rest = text, *one;

	while ((one = strsep(&rest, ",")))
		if (!selects_one_field(one, object))
			return false;
	return true;
}

bool kubeapi_selects(const char *label_selector, const char *field_selector, const json_t *object)
{
	const json_t *labels = rc_json_get(object, "metadata", "labels", NULL);
	struct rc_str rest = rc_str(label_selector ? label_selector : "");

	while (rest.n > 0) {
		size_t n = term_length(rest);

		if (!selects_one((struct rc_str){rest.p, n}, labels))
			return false;
		n += n < rest.n ? 1 : 0;
		rest.p += n;
		rest.n -= n;
	}
	return !field_selector || selects_fields(field_selector, object);
}

/* ---- watchers ---- */

static void write_event(struct kubeapi_watcher *watcher, const char *type, const json_t *object)
{
	rc_autofree char *text = json_dumps(object, JSON_COMPACT);
	rc_autofree char *line = rc_asprintf("{\"type\":\"%s\",\"object\":%s}\n", type, text);

	rc_net_http_exchange_write(watcher->exchange, rc_str(line));
}

static void tell(struct kubeapi_watcher *watcher, const struct event *event)
{
	bool now, before;
	const char *type = event->type;

	if (event->kind != watcher->kind)
		return;
	if (watcher->name_space &&
	    strcmp(watcher->name_space, kubeapi_meta(event->json, "namespace")) != 0)
		return;
	now = kubeapi_selects(watcher->label_selector, watcher->field_selector, event->json);
	before = event->before &&
		 kubeapi_selects(watcher->label_selector, watcher->field_selector, event->before);
	if (strcmp(type, "MODIFIED") == 0)
		type = now && before ? "MODIFIED" : now ? "ADDED" : before ? "DELETED" : NULL;
	else if (!now)
		type = NULL;
	if (!type)
		return;
	/* What no longer matches is told as it was when it did. */
	if (!now && event->before && strcmp(event->type, "MODIFIED") == 0) {
		json_auto_t *last = json_deep_copy(event->before);

		json_object_set(json_object_get(last, "metadata"), "resourceVersion",
				rc_json_get(event->json, "metadata", "resourceVersion", NULL));
		write_event(watcher, type, last);
	} else {
		write_event(watcher, type, event->json);
	}
}

static void free_watcher(struct kubeapi_watcher *watcher)
{
	ev_timer_stop(store.loop, &watcher->timeout);
	ev_timer_stop(store.loop, &watcher->bookmark);
	DL_DELETE(store.watchers, watcher);
	free(watcher->name_space);
	free(watcher->label_selector);
	free(watcher->field_selector);
	free(watcher);
}

static void on_closed(void *userdata)
{
	free_watcher(userdata);
}

static void on_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct kubeapi_watcher *watcher = rc_container_of(timer, struct kubeapi_watcher, timeout);
	struct rc_net_http_exchange *exchange = watcher->exchange;

	(void)loop;
	(void)events;
	free_watcher(watcher);
	rc_net_http_exchange_end(exchange);
}

static void write_bookmark(struct kubeapi_watcher *watcher, bool ends_initial)
{
	json_auto_t *object = NULL;
	char version[24];

	snprintf(version, sizeof(version), "%llu", (unsigned long long)store.version);
	object = json_pack("{s:s, s:o, s:{s:s}}", "kind", watcher->kind->kind, "apiVersion",
			   json_sprintf("%s%s%s", watcher->kind->group,
					*watcher->kind->group ? "/" : "", watcher->kind->version),
			   "metadata", "resourceVersion", version);
	if (ends_initial)
		json_object_set_new(json_object_get(object, "metadata"), "annotations",
				    json_pack("{s:s}", "k8s.io/initial-events-end", "true"));
	write_event(watcher, "BOOKMARK", object);
}

static void on_bookmark(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	write_bookmark(rc_container_of(timer, struct kubeapi_watcher, bookmark), false);
}

void kubeapi_store_cut(void)
{
	struct kubeapi_watcher *watcher, *next;

	DL_FOREACH_SAFE (store.watchers, watcher, next)
		rc_net_http_exchange_reset(watcher->exchange);
}

/* What is there now, as if it had just come. */
static void tell_all(struct kubeapi_watcher *watcher)
{
	rc_autofree struct kubeapi_object **all =
		kubeapi_store_list(watcher->kind, watcher->name_space);

	for (size_t i = 0; all[i]; i++)
		if (kubeapi_selects(watcher->label_selector, watcher->field_selector, all[i]->json))
			write_event(watcher, "ADDED", all[i]->json);
}

bool kubeapi_store_watch(struct kubeapi_kind *kind, const char *name_space,
			 const char *label_selector, const char *field_selector, uint64_t version,
			 unsigned int timeout_s, bool bookmarks, bool initial,
			 struct rc_net_http_exchange *exchange)
{
	struct kubeapi_watcher *watcher;

	if (version && version < store.compacted)
		return false;
	watcher = rc_new0(struct kubeapi_watcher);
	watcher->kind = kind;
	watcher->name_space = rc_strdup(name_space);
	watcher->label_selector = rc_strdup(label_selector);
	watcher->field_selector = rc_strdup(field_selector);
	watcher->exchange = exchange;
	DL_APPEND(store.watchers, watcher);
	rc_net_http_exchange_stream(exchange, 200, "application/json", on_closed, watcher);
	ev_timer_init(&watcher->timeout, on_timeout, timeout_s ? timeout_s : 300, 0);
	ev_timer_start(store.loop, &watcher->timeout);
	ev_timer_init(&watcher->bookmark, on_bookmark, BOOKMARK_S, BOOKMARK_S);
	if (bookmarks)
		ev_timer_start(store.loop, &watcher->bookmark);
	if (version == 0 || initial) {
		tell_all(watcher);
		if (initial)
			write_bookmark(watcher, true);
		return true;
	}
	for (size_t i = 0; i < store.n_events; i++) {
		const struct event *event = &store.events[(store.first + i) % store.max_events];

		if (event->version > version)
			tell(watcher, event);
	}
	return true;
}

/* ---- events ---- */

static void forget_first(void)
{
	struct event *event = &store.events[store.first];

	store.compacted = event->version;
	json_decref(event->json);
	json_decref(event->before);
	store.first = (store.first + 1) % store.max_events;
	store.n_events--;
}

void kubeapi_store_compact(void)
{
	while (store.n_events > 0)
		forget_first();
	store.compacted = store.version;
}

static void happen(const char *type, struct kubeapi_kind *kind, json_t *json, json_t *before)
{
	struct kubeapi_watcher *watcher, *next;
	struct event *event;

	if (store.n_events == store.max_events)
		forget_first();
	event = &store.events[(store.first + store.n_events++) % store.max_events];
	*event = (struct event){store.version, type, kind, json_incref(json),
				before ? json_incref(before) : NULL};
	DL_FOREACH_SAFE (store.watchers, watcher, next)
		tell(watcher, event);
	kubeapi_controllers_wake();
}

static void set_version(json_t *json)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)++store.version);
	json_object_set_new(json_object_get(json, "metadata"), "resourceVersion",
			    json_string(text));
}

struct kubeapi_object *kubeapi_store_put(struct kubeapi_kind *kind, json_t *json)
{
	rc_autofree char *key =
		make_key(kind, kubeapi_meta(json, "namespace"), kubeapi_meta(json, "name"));
	json_auto_t *before = NULL;
	struct entry *entry;

	HASH_FIND_STR(store.entries, key, entry);
	set_version(json);
	if (entry) {
		before = entry->object.json;
		entry->object.json = json;
	} else {
		entry = rc_new0(struct entry);
		entry->key = rc_steal(&key);
		entry->object = (struct kubeapi_object){kind, json, rc_clock_monotonic_ms()};
		HASH_ADD_KEYPTR(hh, store.entries, entry->key, strlen(entry->key), entry);
		DL_APPEND(kind->entries, entry);
	}
	if (strcmp(kind->plural, "customresourcedefinitions") == 0)
		kubeapi_kinds_define(json);
	happen(before ? "MODIFIED" : "ADDED", kind, json, before);
	return &entry->object;
}

static bool is_owned_by(const json_t *json, const char *uid)
{
	json_t *owner;
	size_t i;

	json_array_foreach (rc_json_get(json, "metadata", "ownerReferences", NULL), i, owner)
		if (rc_text_equal(rc_json_text(owner, "uid", NULL), uid))
			return true;
	return false;
}

static void collect_garbage(const char *uid)
{
	rc_autofree struct kubeapi_object **all = kubeapi_store_list(NULL, NULL);

	for (size_t i = 0; all[i]; i++)
		if (is_owned_by(all[i]->json, uid) &&
		    !*kubeapi_meta(all[i]->json, "deletionTimestamp")) {
			kubeapi_gc_delete(all[i], NULL);
			collect_garbage(uid); /* the list is stale now */
			return;
		}
}

/* A kind that is no longer defined takes its objects along. */
static void forget_kind(const char *definition)
{
	struct kubeapi_kind *kind = kubeapi_kinds_first();

	while (kind && !rc_text_equal(kind->definition, definition))
		kind = kind->next;
	while (kind && kind->entries)
		kubeapi_store_remove(&kind->entries->object);
	kubeapi_kinds_undefine(definition);
}

void kubeapi_store_remove(struct kubeapi_object *object)
{
	struct entry *entry = rc_container_of(object, struct entry, object);
	rc_autofree char *uid = rc_strdup(kubeapi_meta(object->json, "uid"));
	json_auto_t *last = json_deep_copy(object->json);
	json_auto_t *before = object->json;
	struct kubeapi_kind *kind = object->kind;

	HASH_DEL(store.entries, entry);
	DL_DELETE(kind->entries, entry);
	free(entry->key);
	free(entry);
	set_version(last);
	happen("DELETED", kind, last, before);
	if (strcmp(kind->plural, "customresourcedefinitions") == 0)
		forget_kind(kubeapi_meta(last, "name"));
	collect_garbage(uid);
}

static int compare(const void *a, const void *b)
{
	const struct kubeapi_object *const *x = a, *const *y = b;
	int r = strcmp(kubeapi_meta((*x)->json, "namespace"),
		       kubeapi_meta((*y)->json, "namespace"));

	return r ? r : strcmp(kubeapi_meta((*x)->json, "name"), kubeapi_meta((*y)->json, "name"));
}

static bool is_in(const struct entry *entry, const char *name_space)
{
	return !name_space ||
	       strcmp(name_space, kubeapi_meta(entry->object.json, "namespace")) == 0;
}

struct kubeapi_object **kubeapi_store_list(const struct kubeapi_kind *kind, const char *name_space)
{
	struct kubeapi_object **list;
	struct entry *entry, *next;
	size_t n = 0;

	if (kind)
		DL_FOREACH (kind->entries, entry)
			n += is_in(entry, name_space);
	list = rc_calloc((kind ? n : HASH_COUNT(store.entries)) + 1, sizeof(*list));
	n = 0;
	if (kind) {
		DL_FOREACH (kind->entries, entry)
			if (is_in(entry, name_space))
				list[n++] = &entry->object;
	} else {
		HASH_ITER (hh, store.entries, entry, next)
			if (is_in(entry, name_space))
				list[n++] = &entry->object;
	}
	qsort(list, n, sizeof(*list), compare);
	return list;
}
