/*
 * Server-side apply. Who owns what is kept as the API has it: managedFields with FieldsV1 trees,
 * "f:name" for a field, "k:{...}" for an element of a keyed list, "v:..." for one of a set.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

/* ---- lists ---- */

static const struct {
	const char *list;
	const char *keys[2];
} keyed[] = {
	{"containers", {"name"}}, {"initContainers", {"name"}},	   {"env", {"name"}},
	{"volumes", {"name"}},	  {"volumeMounts", {"mountPath"}}, {"imagePullSecrets", {"name"}},
	{"conditions", {"type"}}, {"ownerReferences", {"uid"}},	   {"hostAliases", {"ip"}},
	{"secrets", {"name"}},
};

static const char *const none[2];

/* What schemas of custom resources said: list name -> [keys]. */
static json_t *learnt;

void kubeapi_apply_learn(const json_t *schema)
{
	const char *name;
	json_t *known;

	if (!learnt)
		learnt = json_object();
	json_object_foreach (json_object_get(schema, "properties"), name, known) {
		json_t *keys = json_object_get(known, "x-kubernetes-list-map-keys");

		if (keys)
			json_object_set(learnt, name, keys);
		kubeapi_apply_learn(known);
		kubeapi_apply_learn(json_object_get(known, "items"));
	}
}

static const char *const *find_learnt(const char *list)
{
	static const char *keys[2];
	const json_t *known = json_object_get(learnt, list);

	keys[0] = json_string_value(json_array_get(known, 0));
	keys[1] = json_string_value(json_array_get(known, 1));
	return known ? keys : none;
}

static const char *const *find_keys(const char *list, const json_t *element)
{
	static const char *const container_port[2] = {"containerPort", "protocol"};
	static const char *const service_port[2] = {"port", "protocol"};

	if (!json_is_object(element))
		return none;
	if (strcmp(list, "ports") == 0)
		return json_object_get(element, "containerPort") ? container_port
		       : json_object_get(element, "port")	 ? service_port
								 : none;
	for (size_t i = 0; i < RC_ARRAY_SIZE(keyed); i++)
		if (strcmp(keyed[i].list, list) == 0)
			return keyed[i].keys;
	return find_learnt(list);
}

static bool is_set(const char *list)
{
	return strcmp(list, "finalizers") == 0;
}

/* A selector is one value. */
static bool is_atomic(const char *field)
{
	return strcmp(field, "selector") == 0 || strcmp(field, "nodeSelector") == 0;
}

static bool same_key(const char *key, const json_t *a, const json_t *b)
{
	if (strcmp(key, "protocol") == 0)
		return strcmp(json_string_value(a) ?: "TCP", json_string_value(b) ?: "TCP") == 0;
	return a && b && json_equal(a, b);
}

static json_t *find_element(const json_t *list, const json_t *like, const char *const *keys,
			    size_t *ret_i)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		bool same = keys[0] != NULL;

		for (size_t k = 0; k < 2 && keys[k]; k++)
			same = same && same_key(keys[k], json_object_get(item, keys[k]),
						json_object_get(like, keys[k]));
		if (same) {
			if (ret_i)
				*ret_i = i;
			return item;
		}
	}
	return NULL;
}

/* ---- field sets ---- */

static char *name_element(const json_t *element, const char *const *keys)
{
	json_auto_t *key = json_object();
	rc_autofree char *text = NULL;

	for (size_t k = 0; k < 2 && keys[k]; k++) {
		json_t *value = json_object_get(element, keys[k]);

		if (!value && strcmp(keys[k], "protocol") == 0)
			json_object_set_new(key, keys[k], json_string("TCP"));
		else if (value)
			json_object_set(key, keys[k], value);
	}
	text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
	return rc_asprintf("k:%s", text);
}

static json_t *fields_of(const json_t *json, const char *list);

static json_t *fields_of_array(const json_t *json, const char *list)
{
	const char *const *keys = find_keys(list, json_array_get(json, 0));
	json_t *fields = json_object(), *element;
	size_t i;

	json_array_foreach (json, i, element) {
		rc_autofree char *name = NULL;

		if (is_set(list)) {
			rc_autofree char *text = json_dumps(element, JSON_ENCODE_ANY);

			name = rc_asprintf("v:%s", text);
			json_object_set_new(fields, name, json_object());
		} else if (keys[0]) {
			json_t *inner = fields_of(element, "");

			name = name_element(element, keys);
			json_object_set_new(inner, ".", json_object());
			json_object_set_new(fields, name, inner);
		}
	}
	return fields;
}

/* {} is a leaf: an atomic list or a scalar. */
static json_t *fields_of(const json_t *json, const char *list)
{
	json_t *fields, *value;
	const char *key;

	if (json_is_array(json))
		return fields_of_array(json, list);
	fields = json_object();
	json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
		rc_autofree char *name = rc_asprintf("f:%s", key);

		json_object_set_new(fields, name,
				    is_atomic(key) ? json_object() : fields_of(value, key));
	}
	return fields;
}

/* What is never owned. */
static json_t *fields_of_object(const json_t *object, bool with_status)
{
	static const char *const identity[] = {"f:name",	  "f:namespace",
					       "f:uid",		  "f:resourceVersion",
					       "f:generation",	  "f:creationTimestamp",
					       "f:managedFields", "f:deletionTimestamp",
					       "f:generateName",  "f:deletionGracePeriodSeconds"};
	json_t *fields = fields_of(object, ""), *metadata;

	json_object_del(fields, "f:apiVersion");
	json_object_del(fields, "f:kind");
	if (!with_status)
		json_object_del(fields, "f:status");
	metadata = json_object_get(fields, "f:metadata");
	for (size_t i = 0; i < RC_ARRAY_SIZE(identity); i++)
		json_object_del(metadata, identity[i]);
	if (metadata && json_object_size(metadata) == 0)
		json_object_del(fields, "f:metadata");
	return fields;
}

/* Take out of a what is in b; what is empty then goes. */
static void subtract(json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe (a, next, key, value) {
		const json_t *other = json_object_get(b, key);

		if (!other)
			continue;
		if (json_object_size(value) > 0 && json_object_size(other) > 0) {
			subtract(value, other);
			if (json_object_size(value) > 0 &&
			    !(json_object_size(value) == 1 && json_object_get(value, ".")))
				continue;
		}
		json_object_del(a, key);
	}
}

static void unite(json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)b, key, value) {
		json_t *own = json_object_get(a, key);

		if (own)
			unite(own, value);
		else
			json_object_set_new(a, key, json_deep_copy(value));
	}
}

/* ---- the place a field name means ---- */

static json_t *step_into(const json_t *json, const char *name, size_t *ret_index)
{
	json_auto_t *key = NULL;
	json_t *element, *value;
	const char *field;
	size_t i;

	if (strncmp(name, "f:", 2) == 0)
		return json_object_get(json, name + 2);
	key = json_loads(name + 2, JSON_DECODE_ANY, NULL);
	json_array_foreach (json, i, element) {
		bool same = true;

		if (name[0] == 'v')
			same = json_equal(element, key);
		else
			json_object_foreach (key, field, value)
				same = same &&
				       same_key(field, json_object_get(element, field), value);
		if (same) {
			*ret_index = i;
			return element;
		}
	}
	return NULL;
}

/* Remove from json what fields names and keep does not. */
static void remove_fields(json_t *json, const json_t *fields, const json_t *keep)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner) {
		const json_t *kept = json_object_get(keep, name);
		size_t index = 0;
		json_t *at;

		if (strcmp(name, ".") == 0)
			continue;
		at = step_into(json, name, &index);
		if (!at)
			continue;
		if (kept) {
			remove_fields(at, inner, kept);
			continue;
		}
		if (json_is_object(json))
			json_object_del(json, name + 2);
		else
			json_array_remove(json, index);
	}
}

/* ---- merging ---- */

static void merge(json_t *target, const json_t *applied);

static json_t *merge_array(json_t *target, const json_t *applied, const char *list)
{
	const char *const *keys = find_keys(list, json_array_get(applied, 0));
	json_t *element;
	size_t i;

	if (!json_is_array(target) || (!keys[0] && !is_set(list)))
		return json_deep_copy(applied);
	json_array_foreach (applied, i, element) {
		json_t *own = keys[0] ? find_element(target, element, keys, NULL) : NULL;
		bool found = false;

		if (own) {
			merge(own, element);
			continue;
		}
		for (size_t j = 0; is_set(list) && j < json_array_size(target); j++)
			found = found || json_equal(json_array_get(target, j), element);
		if (!found)
			json_array_append_new(target, json_deep_copy(element));
	}
	return json_incref(target);
}

static void merge(json_t *target, const json_t *applied)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)applied, key, value) {
		json_t *own = json_object_get(target, key);

		if (json_is_null(value))
			json_object_del(target, key);
		else if (json_is_array(value))
			json_object_set_new(target, key, merge_array(own, value, key));
		else if (json_is_object(value) && json_is_object(own) && !is_atomic(key))
			merge(own, value);
		else
			json_object_set_new(target, key, json_deep_copy(value));
	}
}

void kubeapi_merge_strategic(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value, *element;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)patch, key, value) {
		json_t *own = json_object_get(target, key);
		const char *const *keys = find_keys(key, json_array_get(value, 0));

		if (*key == '$')
			continue;
		if (json_is_null(value)) {
			json_object_del(target, key);
		} else if (json_is_object(value) && json_is_object(own)) {
			kubeapi_merge_strategic(own, value);
		} else if (json_is_array(value) && json_is_array(own) && keys[0]) {
			json_array_foreach (value, i, element) {
				size_t at = 0;
				json_t *mine = find_element(own, element, keys, &at);
				const char *how = rc_json_text(element, "$patch", NULL);

				if (how && mine)
					json_array_remove(own, at);
				else if (mine)
					kubeapi_merge_strategic(mine, element);
				else if (!how)
					json_array_append_new(own, json_deep_copy(element));
			}
		} else {
			json_object_set_new(target, key, json_deep_copy(value));
		}
	}
}

/* ---- conflicts ---- */

/* {"name":"one"} -> [name="one"] */
static char *name_path(const char *path, const char *key)
{
	json_auto_t *fields = json_loads(key, JSON_DECODE_ANY, NULL);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *name, *separator = "";
	json_t *value;

	json_object_foreach (fields, name, value) {
		rc_autofree char *shown = json_dumps(value, JSON_ENCODE_ANY);

		rc_buf_printf(&text, "%s%s=%s", separator, name, shown);
		separator = ",";
	}
	return rc_asprintf("%s[%s]", path, rc_buf_text(&text));
}

/* What mine and theirs both name, where the value would be another. take: theirs gives it up. */
static void find_conflicts(const json_t *live, const json_t *applied, const json_t *mine,
			   json_t *theirs, const char *path, const json_t *entry, bool take,
			   json_t *conflicts)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)mine, name, inner) {
		json_t *other = json_object_get(theirs, name);
		rc_autofree char *at = NULL;
		size_t index;
		const json_t *a, *b;

		if (!other || strcmp(name, ".") == 0)
			continue;
		at = *name == 'k' ? name_path(path, name + 2)
				  : rc_asprintf("%s.%s", path, name + 2);
		a = step_into(live, name, &index);
		b = step_into(applied, name, &index);
		if (json_object_size(inner) > 0 && json_object_size(other) > 0) {
			find_conflicts(a, b, inner, other, at, entry, take, conflicts);
			if (take && json_object_size(other) == 0)
				json_object_del(theirs, name);
		} else if (json_object_size(inner) == 0 && json_object_size(other) == 0 &&
			   (!a || !b || !json_equal(a, b))) {
			json_array_append_new(
				conflicts,
				json_pack("{s:s, s:s, s:b}", "field", at, "manager",
					  rc_json_text(entry, "manager", NULL), "applied",
					  rc_text_equal(rc_json_text(entry, "operation", NULL),
							"Apply")));
			if (take)
				json_object_del(theirs, name);
		}
	}
}

static bool is_entry(const json_t *entry, const char *manager, const char *operation,
		     const char *subresource)
{
	return rc_text_equal(rc_json_text(entry, "manager", NULL), manager) &&
	       rc_text_equal(rc_json_text(entry, "operation", NULL), operation) &&
	       strcmp(rc_json_text(entry, "subresource", NULL) ?: "", subresource) == 0;
}

static json_t *take_entries(json_t *object)
{
	json_t *metadata = json_object_get(object, "metadata");
	json_t *entries = json_object_get(metadata, "managedFields");

	if (!json_is_array(entries))
		return json_array();
	json_incref(entries);
	json_object_del(metadata, "managedFields");
	return entries;
}

static void put_entry(json_t *entries, const json_t *object, const char *manager,
		      const char *operation, const char *subresource, json_t *fields)
{
	char time[RC_CLOCK_RFC3339_MAX];
	json_t *entry;

	for (size_t i = json_array_size(entries); i > 0; i--) {
		entry = json_array_get(entries, i - 1);
		if (is_entry(entry, manager, operation, subresource) ||
		    json_object_size(json_object_get(entry, "fieldsV1")) == 0)
			json_array_remove(entries, i - 1);
	}
	if (json_object_size(fields) == 0) {
		json_decref(fields);
		return;
	}
	entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "manager", manager, "operation",
			  operation, "apiVersion", rc_json_text(object, "apiVersion", NULL) ?: "",
			  "time", rc_clock_format_rfc3339(rc_clock_unix_s(), time), "fieldsType",
			  "FieldsV1", "fieldsV1", fields);
	if (*subresource)
		json_object_set_new(entry, "subresource", json_string(subresource));
	json_array_append_new(entries, entry);
}

static void set_entries(json_t *object, json_t *entries)
{
	if (json_array_size(entries) > 0)
		json_object_set(json_object_get(object, "metadata"), "managedFields", entries);
}

int kubeapi_apply(const json_t *live, const json_t *applied, const char *manager, bool force,
		  json_t **ret_object, json_t **ret_conflicts)
{
	json_t *object = json_deep_copy(live ? live : applied), *entry; /* conflicts change it */
	json_auto_t *fields = fields_of_object(applied, false), *keep = json_deep_copy(fields);
	json_auto_t *conflicts = json_array(), *old = json_object(), *entries = NULL;
	size_t i;

	entries = take_entries(object);
	json_array_foreach (entries, i, entry) {
		json_t *theirs = json_object_get(entry, "fieldsV1");

		if (is_entry(entry, manager, "Apply", "")) {
			json_object_update(old, theirs);
			continue;
		}
		find_conflicts(live, applied, fields, theirs, "", entry, force, conflicts);
		unite(keep, theirs);
	}
	if (json_array_size(conflicts) > 0 && !force) {
		json_decref(object);
		*ret_conflicts = rc_steal(&conflicts);
		return -1;
	}
	if (live) {
		remove_fields(object, old, keep);
		merge(object, applied);
	}
	json_object_del(json_object_get(object, "metadata"), "managedFields");
	put_entry(entries, object, manager, "Apply", "", json_incref(fields));
	set_entries(object, entries);
	*ret_object = object;
	return 0;
}

/* Fields of after that before has not, or has with another value. */
static json_t *fields_changed(const json_t *before, const json_t *after, const char *list)
{
	json_t *fields = json_object(), *value;
	const char *key;

	if (!json_is_object(after))
		return fields_of(after, list);
	json_object_foreach ((json_t *)(uintptr_t)after, key, value) {
		const json_t *old = json_object_get(before, key);
		rc_autofree char *name = rc_asprintf("f:%s", key);
		json_t *inner;

		if (old && json_equal(old, value))
			continue;
		if (!json_is_object(value) || !json_is_object(old)) {
			json_object_set_new(fields, name, fields_of(value, key));
			continue;
		}
		inner = fields_changed(old, value, key);
		if (json_object_size(inner) > 0) /* else something was only taken out */
			json_object_set_new(fields, name, inner);
		else
			json_decref(inner);
	}
	return fields;
}

/* Nobody owns what is not there. */
static void keep_existing(json_t *fields, const json_t *json)
{
	const char *name;
	json_t *inner;
	void *next;

	json_object_foreach_safe (fields, next, name, inner) {
		size_t index;
		const json_t *at = strcmp(name, ".") == 0 ? json : step_into(json, name, &index);
		bool had_fields = json_object_size(inner) > 0;

		if (at)
			keep_existing(inner, at);
		if (!at || (had_fields && json_object_size(inner) == 0))
			json_object_del(fields, name);
	}
}

void kubeapi_track_update(const json_t *before, json_t *after, const char *manager,
			  const char *subresource)
{
	json_auto_t *entries = NULL, *all = NULL, *changed = NULL;
	json_t *entry, *own = json_object();
	json_t *sent = rc_json_get(after, "metadata", "managedFields", NULL);
	size_t i;

	/* Without any, those that are there stay; a client may set others, and [{}] clears them. */
	if (before && json_array_size(sent) == 0)
		json_object_set(json_object_get(after, "metadata"), "managedFields",
				rc_json_get(before, "metadata", "managedFields", NULL));
	else if (json_array_size(sent) == 1 && json_object_size(json_array_get(sent, 0)) == 0)
		json_array_clear(sent);
	entries = take_entries(after);
	changed = fields_changed(before, after, "");
	all = fields_of_object(after, true);
	{
		json_auto_t *allowed = json_deep_copy(all);
		json_auto_t *outside = json_deep_copy(changed);

		subtract(outside, allowed);
		subtract(changed, outside);
	}
	json_array_foreach (entries, i, entry) {
		keep_existing(json_object_get(entry, "fieldsV1"), after);
		if (is_entry(entry, manager, "Update", subresource))
			unite(own, json_object_get(entry, "fieldsV1"));
		else
			subtract(json_object_get(entry, "fieldsV1"), changed);
	}
	unite(own, changed);
	put_entry(entries, after, manager, "Update", subresource, own);
	set_entries(after, entries);
}
