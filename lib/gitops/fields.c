/* Reading manifests. */
#include "gitops/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"

#define PROBLEMS_MAX 16384

void rc_fields_init(struct rc_fields *fields, struct rc_arena *arena, json_t *warnings)
{
	*fields = (struct rc_fields){.arena = arena, .warnings = warnings};
	rc_buf_init(&fields->problems, PROBLEMS_MAX);
}

void rc_fields_done(struct rc_fields *fields)
{
	rc_buf_done(&fields->problems);
}

void rc_fields_complain(struct rc_fields *fields, const char *format, ...)
{
	va_list args;

	if (fields->problems.n > 0)
		rc_buf_puts(&fields->problems, "; ");
	va_start(args, format);
	rc_buf_vprintf(&fields->problems, format, args);
	va_end(args);
}

static const char *describe(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "a mapping";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		return "nothing";
	}
	return "";
}

/* ---- scalars; absent and null leave the default ---- */

json_t *rc_fields_get(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

static void wrong(struct rc_fields *fields, const char *where, const char *key, const json_t *found,
		  const char *wanted)
{
	rc_fields_complain(fields, "%s.%s: %s is wanted, found %s", where, key, wanted,
			   describe(found));
}

const char *rc_fields_text(struct rc_fields *fields, const json_t *object, const char *where,
			   const char *key, const char *otherwise)
{
	json_t *value = rc_fields_get(object, key);

	if (!value)
		return otherwise;
	if (!json_is_string(value)) {
		wrong(fields, where, key, value, "text");
		return otherwise;
	}
	/* As in Argo CD, whose own page writes "" for what is not given. */
	return *json_string_value(value) ? rc_arena_strdup(fields->arena, json_string_value(value))
					 : otherwise;
}

bool rc_fields_bool(struct rc_fields *fields, const json_t *object, const char *where,
		    const char *key, bool otherwise)
{
	json_t *value = rc_fields_get(object, key);

	if (!value)
		return otherwise;
	if (!json_is_boolean(value))
		wrong(fields, where, key, value, "true or false");
	return json_is_true(value);
}

int64_t rc_fields_integer(struct rc_fields *fields, const json_t *object, const char *where,
			  const char *key, int64_t otherwise)
{
	json_t *value = rc_fields_get(object, key);

	if (!value)
		return otherwise;
	if (!json_is_integer(value)) {
		wrong(fields, where, key, value, "a whole number");
		return otherwise;
	}
	return json_integer_value(value);
}

/* "5s", "3m"; a bare number is seconds. */
uint64_t rc_fields_duration(struct rc_fields *fields, const json_t *object, const char *where,
			    const char *key, uint64_t otherwise)
{
	json_t *value = rc_fields_get(object, key);
	const char *text = json_string_value(value);
	int64_t ns;

	if (!value)
		return otherwise;
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return (uint64_t)json_integer_value(value) * 1000;
	if (text && *text && strspn(text, "0123456789") == strlen(text))
		return strtoull(text, NULL, 10) * 1000;
	if (!text || rc_duration_parse(rc_str(text), &ns, NULL) < 0 || ns < 0) {
		rc_fields_complain(fields, "%s.%s: a duration such as 5s or 3m is wanted", where,
				   key);
		return otherwise;
	}
	return (uint64_t)ns / 1000000;
}

const json_t *rc_fields_object(struct rc_fields *fields, const json_t *object, const char *where,
			       const char *key)
{
	json_t *value = rc_fields_get(object, key);

	if (value && !json_is_object(value)) {
		wrong(fields, where, key, value, "a mapping");
		return NULL;
	}
	return value;
}

const json_t *rc_fields_array(struct rc_fields *fields, const json_t *object, const char *where,
			      const char *key)
{
	json_t *value = rc_fields_get(object, key);

	if (value && !json_is_array(value)) {
		wrong(fields, where, key, value, "a list");
		return NULL;
	}
	return value;
}

const char **rc_fields_texts(struct rc_fields *fields, const json_t *object, const char *where,
			     const char *key, size_t *ret_n)
{
	const json_t *list = rc_fields_array(fields, object, where, key);
	const char **texts =
		rc_arena_alloc(fields->arena, (json_array_size(list) + 1) * sizeof(*texts));
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			rc_fields_complain(fields, "%s.%s[%zu]: text is wanted, found %s", where,
					   key, i, describe(item));
		texts[i] = rc_arena_strdup(fields->arena, json_string_value(item) ?: "");
	}
	*ret_n = json_array_size(list);
	return texts;
}

/* ---- fields that are not known, and those that are but not honoured ---- */

/* known ends with NULL. A field like a known one is a slip; any other is told and let be. */
void rc_fields_check(struct rc_fields *fields, const json_t *object, const char *where,
		     const char *const *known)
{
	const char *key;
	json_t *value;
	size_t n = 0;

	while (known[n])
		n++;
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		const char *nearest;
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found = found || strcmp(known[i], key) == 0;
		if (found)
			continue;
		nearest = rc_text_nearest(key, known, n);
		if (nearest)
			rc_fields_complain(fields,
					   "%s.%s: there is no such field; did you mean '%s'?",
					   where, key, nearest);
		else
			json_array_append_new(
				fields->warnings,
				json_sprintf("%s.%s is not known and has no effect", where, key));
	}
}

void rc_fields_refuse(struct rc_fields *fields, const json_t *object, const char *where,
		      const char *key, const char *hint)
{
	if (rc_fields_get(object, key))
		rc_fields_complain(fields, "%s.%s is not supported%s%s", where, key,
				   *hint ? ": " : "", hint);
}
