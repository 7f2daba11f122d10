/*
 * What the schema of a CustomResourceDefinition does to its objects: unknown fields are dropped,
 * defaults filled in, what is not valid is refused. Of OpenAPI v3 so much as definitions commonly
 * use.
 */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kubeapi.h"

static bool keeps_unknown(const json_t *schema)
{
	return json_is_true(json_object_get(schema, "x-kubernetes-preserve-unknown-fields"));
}

static void prune(const json_t *schema, json_t *json)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *others = json_object_get(schema, "additionalProperties");
	const char *key;
	json_t *value;
	void *next;
	size_t i;

	if (json_is_array(json)) {
		json_array_foreach (json, i, value)
			prune(json_object_get(schema, "items"), value);
		return;
	}
	json_object_foreach_safe (json, next, key, value) {
		const json_t *known = json_object_get(properties, key);

		if (known)
			prune(known, value);
		else if (json_is_object(others))
			prune(others, value);
		else if (!others && !keeps_unknown(schema))
			json_object_del(json, key);
	}
}

static void fill_in(const json_t *schema, json_t *json)
{
	json_t *properties = json_object_get(schema, "properties"), *known, *value;
	const char *key;
	size_t i;

	if (json_is_array(json)) {
		json_array_foreach (json, i, value)
			fill_in(json_object_get(schema, "items"), value);
		return;
	}
	if (!json_is_object(json))
		return;
	json_object_foreach (properties, key, known) {
		json_t *given = json_object_get(known, "default");

		value = json_object_get(json, key);
		if (given && (!value || (json_is_null(value) &&
					 !json_is_true(json_object_get(known, "nullable")))))
			json_object_set_new(json, key, json_deep_copy(given));
		fill_in(known, json_object_get(json, key));
	}
}

static bool is_of_type(const json_t *json, const char *type)
{
	if (strcmp(type, "integer") == 0)
		return json_is_integer(json);
	return strcmp(type, "object") == 0    ? json_is_object(json)
	       : strcmp(type, "array") == 0   ? json_is_array(json)
	       : strcmp(type, "string") == 0  ? json_is_string(json)
	       : strcmp(type, "boolean") == 0 ? json_is_boolean(json)
	       : strcmp(type, "number") == 0  ? json_is_number(json)
					      : true;
}

static char *check_value(const json_t *schema, const json_t *json, const char *path)
{
	const char *type = rc_json_text(schema, "type", NULL);
	const json_t *allowed = json_object_get(schema, "enum");
	const json_t *minimum = json_object_get(schema, "minimum");
	const json_t *maximum = json_object_get(schema, "maximum");
	bool found = allowed == NULL;

	if (json_is_true(json_object_get(schema, "x-kubernetes-int-or-string")))
		return json_is_integer(json) || json_is_string(json)
			       ? NULL
			       : rc_asprintf("%s: Invalid value", path);
	if (type && !is_of_type(json, type))
		return rc_asprintf("%s: Invalid value: must be of type %s", path, type);
	for (size_t i = 0; i < json_array_size(allowed); i++)
		found = found || json_equal(json_array_get(allowed, i), json);
	if (!found)
		return rc_asprintf("%s: Unsupported value", path);
	if (json_is_number(json) &&
	    ((minimum && json_number_value(json) < json_number_value(minimum)) ||
	     (maximum && json_number_value(json) > json_number_value(maximum))))
		return rc_asprintf("%s: Invalid value: it is out of bounds", path);
	return NULL;
}

static char *check(const json_t *schema, const json_t *json, const char *path)
{
	char *why = json_is_null(json) ? NULL : check_value(schema, json, path);
	json_t *known, *value, *name;
	const char *key;
	size_t i;

	json_array_foreach (json_object_get(schema, "required"), i, name)
		if (!why && json_is_object(json) && !json_object_get(json, json_string_value(name)))
			why = rc_asprintf("%s.%s: Required value", path, json_string_value(name));
	json_object_foreach (json_object_get(schema, "properties"), key, known) {
		rc_autofree char *inner = rc_asprintf("%s.%s", path, key);

		value = json_object_get(json, key);
		if (!why && value)
			why = check(known, value, inner);
	}
	json_array_foreach (json, i, value) {
		rc_autofree char *inner = rc_asprintf("%s[%zu]", path, i);

		if (!why)
			why = check(json_object_get(schema, "items"), value, inner);
	}
	return why;
}

void kubeapi_schema_apply(const struct kubeapi_kind *kind, json_t *object)
{
	static const char *const always[] = {"apiVersion", "kind", "metadata"};
	json_t *kept[RC_ARRAY_SIZE(always)];

	if (!kind->schema)
		return;
	for (size_t i = 0; i < RC_ARRAY_SIZE(always); i++)
		kept[i] = json_incref(json_object_get(object, always[i]));
	prune(kind->schema, object);
	for (size_t i = 0; i < RC_ARRAY_SIZE(always); i++)
		if (kept[i])
			json_object_set_new(object, always[i], kept[i]);
	fill_in(kind->schema, object);
}

char *kubeapi_schema_check(const struct kubeapi_kind *kind, const json_t *object)
{
	char *why;

	if (!kind->schema)
		return NULL;
	why = check(kind->schema, object, "");
	if (why && *why == '.')
		memmove(why, why + 1, strlen(why));
	return why;
}
