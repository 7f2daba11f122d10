/* Fields by who owns them: trees as kube/fields.h has them. */
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "gitops/ignore-private.h"
#include "kube/fields.h"

/* The key of an element is what it is found by: it stays, whoever owns it. The caller's. */
static json_t *without_key(const json_t *inner, const char *name)
{
	json_t *rest = json_copy((json_t *)(uintptr_t)inner), *value;
	json_auto_t *key = json_loads(name + 2, JSON_DECODE_ANY, NULL);
	const char *field;

	json_object_foreach (key, field, value) {
		rc_autofree char *owned = rc_asprintf("f:%s", field);

		json_object_del(rest, owned);
	}
	return rest;
}

/* ---- out of both ---- */

static void drop_if_empty(json_t *json, const char *key, const json_t *other)
{
	const json_t *value = json_object_get(json, key);

	if (json_is_object(value) && json_object_size(value) == 0 && !json_object_get(other, key))
		json_object_del(json, key);
}

static void remove_field(json_t *a, json_t *b, const char *key, const json_t *inner)
{
	if (json_object_size(inner) == 0) {
		json_object_del(a, key);
		json_object_del(b, key);
		return;
	}
	rc_ignore_managers_remove(json_object_get(a, key), json_object_get(b, key), inner);
	drop_if_empty(a, key, b);
	drop_if_empty(b, key, a);
}

/* An element that only one of both has goes when the manager has made it. */
static void remove_element(json_t *a, json_t *b, const char *name, const json_t *inner)
{
	size_t i = rc_kube_fields_find(a, name), j = rc_kube_fields_find(b, name);
	bool is_in_a = i < json_array_size(a), is_in_b = j < json_array_size(b);

	if (is_in_a && is_in_b && name[0] == 'k') {
		json_auto_t *rest = without_key(inner, name);

		rc_ignore_managers_remove(json_array_get(a, i), json_array_get(b, j), rest);
		return;
	}
	if (name[0] == 'k' && !json_object_get(inner, "."))
		return;
	if (is_in_a)
		json_array_remove(a, i);
	if (is_in_b)
		json_array_remove(b, j);
}

void rc_ignore_managers_remove(json_t *a, json_t *b, const json_t *fields)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner) {
		if (strcmp(name, ".") == 0)
			continue;
		if (rc_text_has_prefix(name, "f:"))
			remove_field(a, b, name + 2, inner);
		else
			remove_element(a, b, name, inner);
	}
}

/* ---- left as they are ---- */

static void keep_field(json_t *object, const json_t *live, const char *key, const json_t *inner,
		       enum ignore_how how)
{
	json_t *value = json_object_get(object, key);
	json_t *its = json_object_get(live, key);

	if (json_object_size(inner) > 0 && value) {
		rc_ignore_managers_keep(value, its, inner, how);
		if (how == IGNORE_KEEP && json_is_object(value) && json_object_size(value) == 0)
			json_object_del(object, key);
	} else if (how == IGNORE_KEEP_WHOLE && its) {
		json_object_set_new(object, key, json_deep_copy(its));
	} else if (json_object_size(inner) == 0) {
		json_object_del(object, key);
	}
}

static void keep_element(json_t *list, const json_t *live, const char *name, const json_t *inner,
			 enum ignore_how how)
{
	size_t i = rc_kube_fields_find(list, name);
	const json_t *its = json_array_get(live, rc_kube_fields_find(live, name));

	if (i < json_array_size(list) && name[0] == 'k') {
		json_auto_t *rest = without_key(inner, name);

		rc_ignore_managers_keep(json_array_get(list, i), its, rest, how);
	} else if (i == json_array_size(list) && its && how == IGNORE_KEEP_WHOLE) {
		json_array_append_new(list, json_deep_copy(its));
	}
}

void rc_ignore_managers_keep(json_t *object, const json_t *live, const json_t *fields,
			     enum ignore_how how)
{
	const char *name;
	json_t *inner;

	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner) {
		if (strcmp(name, ".") == 0)
			continue;
		if (rc_text_has_prefix(name, "f:"))
			keep_field(object, live, name + 2, inner, how);
		else
			keep_element(object, live, name, inner, how);
	}
}
