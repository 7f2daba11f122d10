/* Merging three objects, field by field. */
#include "gitops/three-way.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/compare.h"
#include "kube/lists.h"
#include "kube/object.h"

struct merge {
	bool has_keys; /* of a built-in kind: its lists are known */
};

static void merge_object(const struct merge *how, json_t *live, const json_t *last,
			 const json_t *desired);

static size_t find(const json_t *list, const json_t *element, const char *const *keys)
{
	json_t *item;
	size_t i;

	if (keys[0])
		return rc_kube_list_find(list, 0, element, keys);
	json_array_foreach (list, i, item)
		if (json_equal(item, element))
			return i;
	return json_array_size(list);
}

static bool has(const json_t *list, const json_t *element, const char *const *keys)
{
	return find(list, element, keys) < json_array_size(list);
}

/* What was applied last and is not wanted any more goes; what is wanted is merged or added. */
static void merge_keyed(const struct merge *how, json_t *live, const json_t *last,
			const json_t *desired, const char *const *keys)
{
	json_t *element;
	size_t i;

	for (i = json_array_size(live); i > 0; i--) {
		element = json_array_get(live, i - 1);
		if (has(last, element, keys) && !has(desired, element, keys))
			json_array_remove(live, i - 1);
	}
	json_array_foreach (desired, i, element) {
		size_t at = find(live, element, keys);

		if (at == json_array_size(live))
			json_array_append_new(live, json_deep_copy(element));
		else if (json_is_object(element))
			merge_object(how, json_array_get(live, at),
				     json_array_get(last, find(last, element, keys)), element);
	}
}

static void merge_value(const struct merge *how, json_t *live, const char *key, const json_t *last,
			const json_t *desired)
{
	json_t *its = json_object_get(live, key);
	const char *const *keys = rc_kube_list_get_keys(key, json_array_get(desired, 0));
	bool is_merged = how->has_keys && (keys[0] || rc_kube_list_is_set(key));

	if (json_is_object(desired) && json_is_object(its))
		merge_object(how, its, last, desired);
	else if (json_is_array(desired) && json_is_array(its) && is_merged)
		merge_keyed(how, its, last, desired, keys);
	else
		json_object_set_new(live, key, json_deep_copy(desired));
}

static void merge_object(const struct merge *how, json_t *live, const json_t *last,
			 const json_t *desired)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)last, key, value)
		if (!json_object_get(desired, key))
			json_object_del(live, key);
	json_object_foreach ((json_t *)(uintptr_t)desired, key, value) {
		if (json_is_null(value))
			json_object_del(live, key);
		else
			merge_value(how, live, key, json_object_get(last, key), value);
	}
}

void rc_three_way_remember(json_t *object, const json_t *desired)
{
	json_auto_t *copy = json_deep_copy(desired);
	rc_autofree char *text = NULL;

	rc_kube_object_set_annotation(copy, RC_THREE_WAY_ANNOTATION, NULL);
	text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
	rc_kube_object_set_annotation(object, RC_THREE_WAY_ANNOTATION, text);
}

json_t *rc_three_way_merge(const json_t *desired, const json_t *live)
{
	const char *text = rc_kube_object_get_annotation(live, RC_THREE_WAY_ANNOTATION);
	rc_autofree char *group = NULL;
	json_auto_t *last = text ? json_loads(text, 0, NULL) : NULL;
	json_auto_t *wanted = json_deep_copy(desired);
	struct merge how;
	json_t *object = json_deep_copy(live);

	rc_kube_object_split_version(rc_json_text(desired, "apiVersion", NULL) ?: "", &group);
	how.has_keys = !strchr(group, '.') || rc_text_has_suffix(group, ".k8s.io");
	rc_compare_fold_secret(wanted);
	rc_compare_fold_secret(last);
	merge_object(&how, object, last, wanted);
	rc_three_way_remember(object, desired);
	return object;
}
