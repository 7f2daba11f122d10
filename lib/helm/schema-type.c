/* Keywords about values of one type, in gojsonschema's order. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/number.h"
#include "data/utf8.h"
#include "helm/encode.h"
#include "helm/schema-format.h"
#include "helm/schema-private.h"

#define NUMBER_TEXT 64

/* ---- any type ---- */

static bool same_list(const struct rc_value_list *a, const struct rc_value_list *b);
static bool same_map(const struct rc_value_map *a, const struct rc_value_map *b);

/* As JSON: numbers by what they are, not by how Go keeps them. */
static bool same(struct rc_value a, struct rc_value b)
{
	if (rc_helm_schema_is_number(a) && rc_helm_schema_is_number(b))
		return rc_helm_schema_number(a) == rc_helm_schema_number(b);
	if (a.kind == RC_VALUE_LIST && b.kind == RC_VALUE_LIST)
		return same_list(a.list, b.list);
	if (a.kind == RC_VALUE_MAP && b.kind == RC_VALUE_MAP)
		return same_map(a.map, b.map);
	return rc_value_equal(a, b);
}

static bool same_list(const struct rc_value_list *a, const struct rc_value_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool same_map(const struct rc_value_map *a, const struct rc_value_map *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!rc_str_equal(a->entries[i].key, b->entries[i].key) ||
		    !same(a->entries[i].value, b->entries[i].value))
			return false;
	return true;
}

static void check_const(struct rc_value wanted, struct rc_value node,
			const struct rc_helm_schema_path *path,
			struct rc_helm_schema_result *result)
{
	rc_autobuf struct rc_buf allowed = RC_BUF_INIT(1 << 16), field = RC_BUF_INIT(1 << 16);

	if (wanted.kind == RC_VALUE_INVALID || same(wanted, node))
		return;
	rc_helm_encode_json(&allowed, wanted, true, NULL);
	rc_helm_schema_put_path(&field, path);
	rc_helm_schema_add(result, path, "%s does not match: %s", rc_buf_text(&field),
			   rc_buf_text(&allowed));
}

static void check_enum(const struct rc_value_list *list, struct rc_value node,
		       const struct rc_helm_schema_path *path, struct rc_helm_schema_result *result)
{
	rc_autobuf struct rc_buf allowed = RC_BUF_INIT(1 << 16), field = RC_BUF_INIT(1 << 16);

	for (size_t i = 0; i < list->n; i++)
		if (same(list->items[i], node))
			return;
	for (size_t i = 0; i < list->n; i++) {
		rc_buf_puts(&allowed, i ? ", " : "");
		rc_helm_encode_json(&allowed, list->items[i], true, NULL);
	}
	rc_helm_schema_put_path(&field, path);
	rc_helm_schema_add(result, path, "%s must be one of the following: %s", rc_buf_text(&field),
			   rc_buf_text(&allowed));
}

static void check_common(const struct rc_helm_schema_keywords *schema, struct rc_value node,
			 const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	struct rc_value list = rc_helm_schema_get(schema, RC_HELM_SCHEMA_ENUM);
	struct rc_value format = rc_helm_schema_get(schema, RC_HELM_SCHEMA_FORMAT);

	check_const(rc_helm_schema_get(schema, RC_HELM_SCHEMA_CONST), node, path, result);
	if (list.kind == RC_VALUE_LIST && list.list->n > 0)
		check_enum(list.list, node, path, result);
	if (format.kind == RC_VALUE_STRING && node.kind == RC_VALUE_STRING &&
	    !rc_helm_schema_format_matches(format.text.p, node.text.p))
		rc_helm_schema_add(result, path, "Does not match format '%s'", format.text.p);
	result->score++;
}

/* ---- numbers ---- */

static const char *number_text(double number, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%.10g", number);
	return text;
}

/* A limit that is a number; *ret is it. */
static bool limit_of(const struct rc_helm_schema_keywords *schema, enum rc_helm_schema_keyword key,
		     double *ret)
{
	struct rc_value limit = rc_helm_schema_get(schema, key);

	if (!rc_helm_schema_is_number(limit))
		return false;
	*ret = rc_helm_schema_number(limit);
	return true;
}

static bool is_true(struct rc_value value)
{
	return value.kind == RC_VALUE_BOOL && value.truth;
}

/* A size as its shortest decimal text has it: digits, 17 at most, and a power of ten. */
static void to_decimal(double size, uint64_t *ret_digits, int *ret_exponent)
{
	rc_uninitialized char text[RC_NUMBER_MAX];
	unsigned __int128 digits = 0;
	bool point = false;
	char *p = text;

	rc_number_format_g(size, 64, text);
	*ret_exponent = 0;
	for (; *p && *p != 'e'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		digits = digits * 10 + (unsigned int)(*p - '0');
		*ret_exponent -= point;
	}
	if (*p == 'e')
		*ret_exponent += (int)strtol(p + 1, NULL, 10);
	for (; digits > 0 && digits % 10 == 0; digits /= 10)
		++*ret_exponent;
	*ret_digits = (uint64_t)digits;
}

/* By the decimal texts, without rounding: 1 is a multiple of 0.1. */
static bool is_multiple(double value, double of)
{
	uint64_t digits, divisor, rest;
	int exponent, divisor_exponent;

	to_decimal(fabs(value), &digits, &exponent);
	to_decimal(fabs(of), &divisor, &divisor_exponent);
	if (divisor == 0)
		return false;
	for (; divisor_exponent > exponent; divisor_exponent--) {
		if (divisor > digits)
			return digits == 0;
		divisor *= 10;
	}
	rest = digits % divisor;
	for (; exponent > divisor_exponent && rest != 0; exponent--)
		rest = (uint64_t)((unsigned __int128)rest * 10 % divisor);
	return rest == 0;
}

static void check_number(const struct rc_helm_schema_keywords *schema, double value,
			 const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	/* Draft 4 has booleans beside the limits. */
	bool below = is_true(rc_helm_schema_get(schema, RC_HELM_SCHEMA_EXCLUSIVE_MAXIMUM));
	bool above = is_true(rc_helm_schema_get(schema, RC_HELM_SCHEMA_EXCLUSIVE_MINIMUM));
	char text[NUMBER_TEXT];
	double limit;

	if (limit_of(schema, RC_HELM_SCHEMA_MULTIPLE_OF, &limit) && !is_multiple(value, limit))
		rc_helm_schema_add(result, path, "Must be a multiple of %s",
				   number_text(limit, text));
	if (!below && limit_of(schema, RC_HELM_SCHEMA_MAXIMUM, &limit) && value > limit)
		rc_helm_schema_add(result, path, "Must be less than or equal to %s",
				   number_text(limit, text));
	if (limit_of(schema, below ? RC_HELM_SCHEMA_MAXIMUM : RC_HELM_SCHEMA_EXCLUSIVE_MAXIMUM,
		     &limit) &&
	    value >= limit)
		rc_helm_schema_add(result, path, "Must be less than %s", number_text(limit, text));
	if (!above && limit_of(schema, RC_HELM_SCHEMA_MINIMUM, &limit) && value < limit)
		rc_helm_schema_add(result, path, "Must be greater than or equal to %s",
				   number_text(limit, text));
	if (limit_of(schema, above ? RC_HELM_SCHEMA_MINIMUM : RC_HELM_SCHEMA_EXCLUSIVE_MINIMUM,
		     &limit) &&
	    value <= limit)
		rc_helm_schema_add(result, path, "Must be greater than %s",
				   number_text(limit, text));
	result->score++;
}

/* ---- texts ---- */

static void check_string(struct rc_helm_schema_run *run,
			 const struct rc_helm_schema_keywords *schema, struct rc_str text,
			 const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	struct rc_value pattern = rc_helm_schema_get(schema, RC_HELM_SCHEMA_PATTERN);
	char number[NUMBER_TEXT];
	double limit;

	if (limit_of(schema, RC_HELM_SCHEMA_MIN_LENGTH, &limit) &&
	    (double)rc_utf8_count(text) < limit)
		rc_helm_schema_add(result, path,
				   "String length must be greater than or equal to %s",
				   number_text(limit, number));
	if (limit_of(schema, RC_HELM_SCHEMA_MAX_LENGTH, &limit) &&
	    (double)rc_utf8_count(text) > limit)
		rc_helm_schema_add(result, path, "String length must be less than or equal to %s",
				   number_text(limit, number));
	if (pattern.kind == RC_VALUE_STRING && !rc_helm_schema_matches(run, pattern.text, text))
		rc_helm_schema_add(result, path, "Does not match pattern '%.*s'",
				   (int)pattern.text.n, pattern.text.p);
	result->score++;
}

/* ---- lists ---- */

static void check_items(struct rc_helm_schema_run *run,
			const struct rc_helm_schema_keywords *schema,
			const struct rc_value_list *list, const struct rc_helm_schema_path *path,
			struct rc_helm_schema_result *result)
{
	struct rc_value items = rc_helm_schema_get(schema, RC_HELM_SCHEMA_ITEMS);
	struct rc_value more = rc_helm_schema_get(schema, RC_HELM_SCHEMA_ADDITIONAL_ITEMS);
	size_t listed = items.kind == RC_VALUE_LIST ? items.list->n : 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct rc_helm_schema_path below = {.above = path, .index = i};

		if (items.kind == RC_VALUE_MAP || items.kind == RC_VALUE_BOOL)
			rc_helm_schema_validate(run, items, list->items[i], &below, result);
		else if (i < listed)
			rc_helm_schema_validate(run, items.list->items[i], list->items[i], &below,
						result);
		else if (listed > 0 && more.kind == RC_VALUE_MAP)
			rc_helm_schema_validate(run, more, list->items[i], &below, result);
	}
	if (listed > 0 && list->n > listed && more.kind == RC_VALUE_BOOL && !more.truth)
		rc_helm_schema_add(result, path, "No additional items allowed on array");
}

static void check_unique(struct rc_helm_schema_run *run, const struct rc_value_list *list,
			 const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	for (size_t i = 0; i < list->n; i++) {
		run->steps += i;
		for (size_t j = 0; j < i; j++) {
			if (!same(list->items[i], list->items[j]))
				continue;
			rc_helm_schema_add(result, path, "array items[%zu,%zu] must be unique", j,
					   i);
			break;
		}
	}
}

static void check_contains(struct rc_helm_schema_run *run, struct rc_value schema,
			   const struct rc_value_list *list, const struct rc_helm_schema_path *path,
			   struct rc_helm_schema_result *result)
{
	RC_HELM_SCHEMA_RESULT(best);
	bool has_best = false;

	for (size_t i = 0; i < list->n; i++) {
		const struct rc_helm_schema_path below = {.above = path, .index = i};
		RC_HELM_SCHEMA_RESULT(own);

		rc_helm_schema_validate(run, schema, list->items[i], &below, &own);
		if (own.n_errors == 0)
			return;
		if (has_best && own.score <= best.score)
			continue;
		rc_buf_done(&best.messages);
		best = own;
		own.messages = RC_BUF_INIT(RC_HELM_SCHEMA_MESSAGES_MAX);
		has_best = true;
	}
	rc_helm_schema_add(result, path, "At least one of the items must match");
	rc_helm_schema_merge(result, &best);
}

static void check_list(struct rc_helm_schema_run *run, const struct rc_helm_schema_keywords *schema,
		       const struct rc_value_list *list, const struct rc_helm_schema_path *path,
		       struct rc_helm_schema_result *result)
{
	struct rc_value contains = rc_helm_schema_get(schema, RC_HELM_SCHEMA_CONTAINS);
	char text[NUMBER_TEXT];
	double limit;

	check_items(run, schema, list, path, result);
	if (limit_of(schema, RC_HELM_SCHEMA_MIN_ITEMS, &limit) && (double)list->n < limit)
		rc_helm_schema_add(result, path, "Array must have at least %s items",
				   number_text(limit, text));
	if (limit_of(schema, RC_HELM_SCHEMA_MAX_ITEMS, &limit) && (double)list->n > limit)
		rc_helm_schema_add(result, path, "Array must have at most %s items",
				   number_text(limit, text));
	if (is_true(rc_helm_schema_get(schema, RC_HELM_SCHEMA_UNIQUE_ITEMS)))
		check_unique(run, list, path, result);
	if (contains.kind != RC_VALUE_INVALID)
		check_contains(run, contains, list, path, result);
	result->score++;
}

/* ---- objects ---- */

/* Whether a pattern describes the property; it is validated against all that do. */
static bool check_patterns(struct rc_helm_schema_run *run, struct rc_value patterns,
			   const struct rc_value_entry *entry,
			   const struct rc_helm_schema_path *path,
			   struct rc_helm_schema_result *result)
{
	const struct rc_helm_schema_path below = {.above = path, .name = entry->key};
	bool matched = false;

	for (size_t i = 0; patterns.kind == RC_VALUE_MAP && i < patterns.map->n; i++) {
		if (!rc_helm_schema_matches(run, patterns.map->entries[i].key, entry->key))
			continue;
		matched = true;
		rc_helm_schema_validate(run, patterns.map->entries[i].value, entry->value, &below,
					result);
	}
	result->score += matched;
	return matched;
}

static void check_names(struct rc_helm_schema_run *run, struct rc_value schema,
			const struct rc_value_map *map, const struct rc_helm_schema_path *path,
			struct rc_helm_schema_result *result)
{
	for (size_t i = 0; i < map->n; i++) {
		struct rc_str key = map->entries[i].key;
		RC_HELM_SCHEMA_RESULT(own);

		rc_helm_schema_validate(run, schema, rc_value_str(key), path, &own);
		if (own.n_errors == 0)
			continue;
		rc_helm_schema_add(result, path, "Property name of \"%.*s\" does not match",
				   (int)key.n, key.p);
		rc_helm_schema_merge(result, &own);
	}
}

static void check_properties(struct rc_helm_schema_run *run,
			     const struct rc_helm_schema_keywords *schema,
			     const struct rc_value_map *map, const struct rc_helm_schema_path *path,
			     struct rc_helm_schema_result *result)
{
	struct rc_value properties = rc_helm_schema_get(schema, RC_HELM_SCHEMA_PROPERTIES);
	struct rc_value patterns = rc_helm_schema_get(schema, RC_HELM_SCHEMA_PATTERN_PROPERTIES);
	struct rc_value more = rc_helm_schema_get(schema, RC_HELM_SCHEMA_ADDITIONAL_PROPERTIES);

	for (size_t i = 0; i < map->n; i++) {
		const struct rc_value_entry *entry = &map->entries[i];
		const struct rc_helm_schema_path below = {.above = path, .name = entry->key};
		bool known = properties.kind == RC_VALUE_MAP &&
			     rc_value_map_get(properties.map, entry->key);

		known = check_patterns(run, patterns, entry, path, result) || known;
		if (known)
			continue;
		if (more.kind == RC_VALUE_BOOL && !more.truth)
			rc_helm_schema_add(result, path, "Additional property %.*s is not allowed",
					   (int)entry->key.n, entry->key.p);
		else if (more.kind == RC_VALUE_MAP)
			rc_helm_schema_validate(run, more, entry->value, &below, result);
	}
}

static void check_required(struct rc_value required, const struct rc_value_map *map,
			   const struct rc_helm_schema_path *path,
			   struct rc_helm_schema_result *result)
{
	for (size_t i = 0; required.kind == RC_VALUE_LIST && i < required.list->n; i++) {
		struct rc_value name = required.list->items[i];

		if (name.kind != RC_VALUE_STRING)
			continue;
		if (rc_value_map_get(map, name.text))
			result->score++;
		else
			rc_helm_schema_add(result, path, "%.*s is required", (int)name.text.n,
					   name.text.p);
	}
}

static void check_map(struct rc_helm_schema_run *run, const struct rc_helm_schema_keywords *schema,
		      const struct rc_value_map *map, const struct rc_helm_schema_path *path,
		      struct rc_helm_schema_result *result)
{
	struct rc_value properties = rc_helm_schema_get(schema, RC_HELM_SCHEMA_PROPERTIES);
	struct rc_value names = rc_helm_schema_get(schema, RC_HELM_SCHEMA_PROPERTY_NAMES);
	char text[NUMBER_TEXT];
	double limit;

	if (limit_of(schema, RC_HELM_SCHEMA_MIN_PROPERTIES, &limit) && (double)map->n < limit)
		rc_helm_schema_add(result, path, "Must have at least %s properties",
				   number_text(limit, text));
	if (limit_of(schema, RC_HELM_SCHEMA_MAX_PROPERTIES, &limit) && (double)map->n > limit)
		rc_helm_schema_add(result, path, "Must have at most %s properties",
				   number_text(limit, text));
	check_required(rc_helm_schema_get(schema, RC_HELM_SCHEMA_REQUIRED), map, path, result);
	check_properties(run, schema, map, path, result);
	if (names.kind != RC_VALUE_INVALID)
		check_names(run, names, map, path, result);
	result->score++;
	for (size_t i = 0; properties.kind == RC_VALUE_MAP && i < properties.map->n; i++) {
		const struct rc_value_entry *entry = &properties.map->entries[i];
		const struct rc_value *child = rc_value_map_get(map, entry->key);
		const struct rc_helm_schema_path below = {.above = path, .name = entry->key};

		if (child)
			rc_helm_schema_validate(run, entry->value, *child, &below, result);
	}
}

void rc_helm_schema_check_type(struct rc_helm_schema_run *run,
			       const struct rc_helm_schema_keywords *schema, struct rc_value node,
			       const struct rc_helm_schema_path *path,
			       struct rc_helm_schema_result *result)
{
	if (node.kind == RC_VALUE_LIST)
		check_list(run, schema, node.list, path, result);
	else if (rc_helm_schema_is_number(node))
		check_number(schema, rc_helm_schema_number(node), path, result);
	check_common(schema, node, path, result);
	if (node.kind == RC_VALUE_STRING)
		check_string(run, schema, node.text, path, result);
	else if (node.kind == RC_VALUE_MAP)
		check_map(run, schema, node.map, path, result);
}
