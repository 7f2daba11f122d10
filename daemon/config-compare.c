/* Whether two configurations say the same, and what one says, both by the tables. */
#include <string.h>

#include "base/str.h"
#include "config-schema.h"

static const void *at(const void *object, size_t offset)
{
	return (const char *)object + offset;
}

static bool is_same_struct(const struct config_struct *target, const void *a, const void *b);

static bool is_same_list(const struct config_field *field, const void *a, const void *b)
{
	const size_t *n = at(a, field->offset_n), *m = at(b, field->offset_n);
	const char *const *x = at(a, field->offset), *const *y = at(b, field->offset);

	if (*n != *m)
		return false;
	for (size_t i = 0; i < *n; i++) {
		if (field->type == CONFIG_TEXTS) {
			const char *const *p = at(*x, 0), *const *q = at(*y, 0);

			if (!rc_text_equal(p[i], q[i]))
				return false;
		} else if (field->type == CONFIG_PAIRS) {
			const struct rc_config_pair *p = at(*x, 0), *q = at(*y, 0);

			if (!rc_text_equal(p[i].key, q[i].key) ||
			    !rc_text_equal(p[i].text, q[i].text))
				return false;
		} else if (!is_same_struct(field->target, *x + i * field->target->size,
					   *y + i * field->target->size)) {
			return false;
		}
	}
	return true;
}

static bool is_same_field(const struct config_field *field, const void *a, const void *b)
{
	const void *x = at(a, field->offset), *y = at(b, field->offset);

	switch (field->type) {
	case CONFIG_TEXT:
		return rc_text_equal(*(const char *const *)x, *(const char *const *)y);
	case CONFIG_DURATION:
	case CONFIG_NUMBER:
		return *(const int64_t *)x == *(const int64_t *)y;
	case CONFIG_FLAG:
		return *(const bool *)x == *(const bool *)y;
	case CONFIG_TEXTS:
	case CONFIG_PAIRS:
	case CONFIG_STRUCTS:
		return is_same_list(field, a, b);
	case CONFIG_STRUCT:
		return is_same_struct(field->target, x, y);
	case CONFIG_LATER:
		return true;
	}
	return false;
}

static bool is_same_struct(const struct config_struct *target, const void *a, const void *b)
{
	for (const struct config_field *field = target->fields; field->name; field++)
		if (!is_same_field(field, a, b))
			return false;
	return true;
}

bool rc_config_is_same(const struct rc_config *a, const struct rc_config *b, const char *key)
{
	for (const struct config_field *field = config_root.fields; field->name; field++)
		if (strcmp(field->name, key) == 0)
			return is_same_field(field, a, b);
	return false;
}

bool rc_config_is_same_repository(const struct rc_config_repository *a,
				  const struct rc_config_repository *b)
{
	return is_same_struct(&config_repository, a, b);
}

const char *rc_config_find_change(const struct rc_config *a, const struct rc_config *b, size_t *i)
{
	for (const struct config_field *field; (field = &config_root.fields[*i])->name;) {
		++*i;
		if (!is_same_field(field, a, b))
			return field->name;
	}
	return NULL;
}

/* ---- as JSON ---- */

static json_t *describe_struct(const struct config_struct *target, const void *object);

static json_t *describe_list(const struct config_field *field, const void *object)
{
	size_t n = *(const size_t *)at(object, field->offset_n);
	const char *items = *(const char *const *)at(object, field->offset);
	json_t *list = field->type == CONFIG_PAIRS ? json_object() : json_array();

	for (size_t i = 0; i < n; i++) {
		if (field->type == CONFIG_TEXTS) {
			json_array_append_new(list,
					      json_string(((const char *const *)at(items, 0))[i]));
		} else if (field->type == CONFIG_PAIRS) {
			const struct rc_config_pair *pair = at(items, i * sizeof(*pair));

			json_object_set_new(list, pair->key, json_string(pair->text));
		} else {
			json_array_append_new(
				list,
				describe_struct(field->target, items + i * field->target->size));
		}
	}
	return list;
}

/* NULL: it is not said. */
static json_t *describe_field(const struct config_field *field, const void *object)
{
	const void *from = at(object, field->offset);
	const char *text;

	switch (field->type) {
	case CONFIG_TEXT:
		text = *(const char *const *)from;
		return text ? json_string(text) : NULL;
	case CONFIG_DURATION:
		if (*(const int64_t *)from == 0)
			return NULL;
		return json_sprintf(*(const int64_t *)from % 1000 ? "%lldms" : "%llds",
				    (long long)(*(const int64_t *)from % 1000
							? *(const int64_t *)from
							: *(const int64_t *)from / 1000));
	case CONFIG_NUMBER:
		return json_integer(*(const int64_t *)from);
	case CONFIG_FLAG:
		return json_boolean(*(const bool *)from);
	case CONFIG_TEXTS:
	case CONFIG_PAIRS:
	case CONFIG_STRUCTS:
		return describe_list(field, object);
	case CONFIG_STRUCT:
		return describe_struct(field->target, from);
	case CONFIG_LATER:
		return NULL;
	}
	return NULL;
}

static bool is_empty(const json_t *value)
{
	return !value || (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static json_t *describe_struct(const struct config_struct *target, const void *object)
{
	json_t *json = json_object();

	for (const struct config_field *field = target->fields; field->name; field++) {
		json_t *value = describe_field(field, object);

		if (is_empty(value))
			json_decref(value);
		else
			json_object_set_new(json, field->name, value);
	}
	return json;
}

json_t *rc_config_describe(const struct rc_config *config)
{
	return describe_struct(&config_root, config);
}
