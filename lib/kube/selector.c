/* Matching labels. */
#include "kube/selector.h"

#include <string.h>

#include "base/str.h"
#include "data/json.h"

static bool is_in(const json_t *values, const char *value)
{
	json_t *item;
	size_t i;

	json_array_foreach (values, i, item)
		if (rc_text_equal(json_string_value(item), value))
			return true;
	return false;
}

/* NotIn and DoesNotExist hold for an absent label, too. */
static bool holds(const json_t *expression, const json_t *labels)
{
	const char *key = rc_json_text(expression, "key", NULL) ?: "";
	const char *operator= rc_json_text(expression, "operator", NULL) ?: "";
	const char *value = json_string_value(json_object_get(labels, key));
	const json_t *values = json_object_get(expression, "values");

	if (strcmp(operator, "In") == 0)
		return value && is_in(values, value);
	if (strcmp(operator, "NotIn") == 0)
		return !value || !is_in(values, value);
	if (strcmp(operator, "Exists") == 0)
		return value != NULL;
	return strcmp(operator, "DoesNotExist") == 0 && !value;
}

bool rc_kube_selector_matches(const json_t *selector, const json_t *labels)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach (json_object_get(selector, "matchLabels"), key, item)
		if (!rc_text_equal(json_string_value(json_object_get(labels, key)),
				   json_string_value(item)))
			return false;
	json_array_foreach (json_object_get(selector, "matchExpressions"), i, item)
		if (!holds(item, labels))
			return false;
	return true;
}
