/* Reading managedFields. */
#include "kube/fields.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

json_t *rc_kube_fields_next(const json_t *object, const char *manager, const char *operation,
			    size_t *at)
{
	const json_t *entries = rc_json_get(object, "metadata", "managedFields", NULL);

	while (*at < json_array_size(entries)) {
		const json_t *entry = json_array_get(entries, (*at)++);

		if (!rc_text_equal(rc_json_text(entry, "manager", NULL), manager))
			continue;
		if (!operation ||
		    (rc_text_equal(rc_json_text(entry, "operation", NULL), operation) &&
		     !json_object_get(entry, "subresource")))
			return json_object_get(entry, "fieldsV1");
	}
	return NULL;
}

json_t *rc_kube_fields_get(const json_t *object, const char *manager, const char *operation)
{
	size_t at = 0;

	return rc_kube_fields_next(object, manager, operation, &at);
}

/* What is left out of an element counts as its default. */
static bool has_key(const json_t *element, const char *field, const json_t *value)
{
	const json_t *its = json_object_get(element, field);

	if (!its)
		return strcmp(field, "protocol") == 0 &&
		       rc_text_equal(json_string_value(value), "TCP");
	return json_equal(its, value);
}

static bool is_element(char type, const json_t *key, const json_t *element)
{
	const char *field;
	json_t *value;

	if (type == 'v')
		return json_equal(element, key);
	json_object_foreach ((json_t *)(uintptr_t)key, field, value)
		if (!has_key(element, field, value))
			return false;
	return json_object_size(key) > 0;
}

bool rc_kube_fields_means(const char *name, const json_t *element)
{
	json_auto_t *key = strlen(name) > 2 ? json_loads(name + 2, JSON_DECODE_ANY, NULL) : NULL;

	return key && is_element(name[0], key, element);
}

size_t rc_kube_fields_find(const json_t *list, const char *name)
{
	json_auto_t *key = strlen(name) > 2 ? json_loads(name + 2, JSON_DECODE_ANY, NULL) : NULL;
	json_t *element;
	size_t i;

	json_array_foreach (list, i, element)
		if (key && is_element(name[0], key, element))
			return i;
	return json_array_size(list);
}

const json_t *rc_kube_fields_enter(const json_t *fields, const char *key)
{
	rc_autofree char *name = NULL;

	if (!fields || json_object_size(fields) == 0)
		return fields;
	name = rc_asprintf("f:%s", key);
	return json_object_get(fields, name);
}

const json_t *rc_kube_fields_enter_element(const json_t *fields, const json_t *element)
{
	const char *name;
	json_t *inner;

	if (!fields || json_object_size(fields) == 0)
		return fields;
	json_object_foreach ((json_t *)(uintptr_t)fields, name, inner)
		if (name[0] == 'k' && rc_kube_fields_means(name, element))
			return inner;
	return NULL;
}
