/*
 * What makes a schema unusable before any value is looked at: keywords are read in gojsonschema's
 * order, and the first misfit is the answer.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "data/go-url.h"
#include "data/regex.h"
#include "helm/schema-private.h"

#define DEPTH_MAX 200

enum draft {
	DRAFT_4 = 4,
	DRAFT_6 = 6,
	DRAFT_7 = 7,
	DRAFT_HYBRID = 100, /* no $schema that is known: all keywords count */
};

/* A reference that was followed already. */
struct seen {
	struct rc_str reference;
	struct seen *next;
};

struct parse {
	struct rc_helm_schema_run *run; /* whose root references are looked up in */
	enum draft draft;
	unsigned int depth;
	struct seen *seen;
	struct rc_buf *problem;
};

static int parse_schema(struct parse *parse, struct rc_value schema);

#define fail(parse, ...) (rc_buf_printf((parse)->problem, __VA_ARGS__), -EINVAL)

static int fail_type(struct parse *parse, const char *expected, const char *key)
{
	return fail(parse, "Invalid type. Expected: %s, given: %s", expected, key);
}

static bool is_schema(struct rc_value value)
{
	return value.kind == RC_VALUE_MAP || value.kind == RC_VALUE_BOOL;
}

static const struct rc_value *find(struct rc_value schema, const char *key)
{
	return rc_value_map_get(schema.map, rc_str(key));
}

static int parse_text(struct parse *parse, struct rc_value schema, const char *key)
{
	const struct rc_value *value = find(schema, key);

	return value && value->kind != RC_VALUE_STRING ? fail_type(parse, "string", key) : 0;
}

static int parse_id(struct parse *parse, struct rc_value schema)
{
	bool is_old = parse->draft == DRAFT_4 ||
		      (parse->draft == DRAFT_HYBRID && find(schema, "id") != NULL);

	return parse_text(parse, schema, is_old ? "id" : "$id");
}

static int parse_definitions(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "definitions");
	int r = 0;

	if (!value)
		return 0;
	if (value->kind == RC_VALUE_BOOL)
		return fail(parse, "unable to validate schema: interface conversion: interface {} "
				   "is bool, not map[string]interface {}");
	if (value->kind != RC_VALUE_MAP)
		return fail_type(parse, "array of schemas", "definitions");
	for (size_t i = 0; i < value->map->n && r == 0; i++)
		r = is_schema(value->map->entries[i].value)
			    ? parse_schema(parse, value->map->entries[i].value)
			    : fail_type(parse, "array of schemas", "definitions");
	return r;
}

static int follow(struct parse *parse, struct rc_str pointer, struct rc_value *ret)
{
	*ret = parse->run->root;
	while (pointer.n > 0) {
		struct rc_str token = rc_helm_schema_take_token(parse->run->arena, &pointer);
		const struct rc_value *found = NULL;

		if (ret->kind == RC_VALUE_MAP) {
			found = rc_value_map_get(ret->map, token);
			if (!found)
				return fail(parse, "Object has no key '%.*s'", (int)token.n,
					    token.p);
		} else if (ret->kind == RC_VALUE_LIST) {
			size_t index = strtoul(token.p, NULL, 10);

			if (strspn(token.p, "0123456789") != token.n || token.n == 0)
				return fail(parse, "Invalid array index '%.*s'", (int)token.n,
					    token.p);
			if (index >= ret->list->n)
				return fail(parse, "Out of bound array[0,%zu] index '%zu'",
					    ret->list->n, index);
			found = &ret->list->items[index];
		} else {
			return fail(parse, "Invalid token reference '%.*s'", (int)token.n, token.p);
		}
		*ret = *found;
	}
	return 0;
}

/* *ret_done: the reference was new, and what stands beside it does not count. */
static int parse_reference(struct parse *parse, struct rc_value schema, bool *ret_done)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const struct rc_value *value = find(schema, "$ref");
	struct rc_value target;
	struct rc_go_url url;
	struct seen *seen;
	int r = parse_text(parse, schema, "$ref");

	if (r < 0 || !value)
		return r;
	if (rc_go_url_parse(parse->run->arena, value->text, &url, &err) < 0)
		return fail(parse, "%s", err->message);
	if (value->text.n > 0 && value->text.p[0] != '#')
		return fail(parse, "%.*s: a reference to another document is not followed",
			    (int)value->text.n, value->text.p);
	for (seen = parse->seen; seen; seen = seen->next)
		if (rc_str_equal(seen->reference, value->text))
			return 0;
	seen = rc_arena_new0(parse->run->arena, struct seen);
	*seen = (struct seen){.reference = value->text, .next = parse->seen};
	parse->seen = seen;
	*ret_done = true;
	if (!rc_str_has_prefix(url.fragment, RC_STR("/")))
		url.fragment.n = 0;
	r = follow(parse, url.fragment, &target);
	if (r < 0)
		return r;
	if (!is_schema(target))
		return fail(parse, "valid schema must be of type object");
	return parse_schema(parse, target);
}

static int parse_type_name(struct parse *parse, struct rc_value type)
{
	static const char *const names[] = {"array", "boolean", "integer", "number",
					    "null",  "object",	"string"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		if (rc_str_is(type.text, names[i]))
			return 0;
	return fail(parse,
		    "has a primitive type that is NOT VALID -- given: /%.*s/ Expected valid values "
		    "are:[array boolean integer number null object string]",
		    (int)type.text.n, type.text.p);
}

static int parse_type_list(struct parse *parse, const struct rc_value_list *types)
{
	for (size_t i = 0; i < types->n; i++) {
		struct rc_value type = types->items[i];
		int r;

		if (rc_helm_schema_is_number(type))
			return fail(parse, "unable to validate schema: interface conversion: "
					   "interface {} is json.Number, not string");
		if (type.kind != RC_VALUE_STRING)
			return fail_type(parse, "string/array of strings", "type");
		r = parse_type_name(parse, type);
		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (rc_str_equal(types->items[j].text, type.text))
				return fail(parse, "%.*s type is duplicated", (int)type.text.n,
					    type.text.p);
	}
	return 0;
}

static int parse_type(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "type");

	if (!value)
		return 0;
	if (value->kind == RC_VALUE_STRING)
		return parse_type_name(parse, *value);
	if (value->kind == RC_VALUE_LIST)
		return parse_type_list(parse, value->list);
	return fail_type(parse, "string/array of strings", "type");
}

static int parse_members(struct parse *parse, const struct rc_value_map *map)
{
	int r = 0;

	for (size_t i = 0; i < map->n && r == 0; i++)
		r = parse_schema(parse, map->entries[i].value);
	return r;
}

static int parse_properties(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "properties");

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_MAP)
		return fail(parse, "properties must be of type object");
	return parse_members(parse, value->map);
}

/* additionalProperties, additionalItems */
static int parse_additional(struct parse *parse, struct rc_value schema, const char *key)
{
	const struct rc_value *value = find(schema, key);

	if (!value || value->kind == RC_VALUE_BOOL)
		return 0;
	return value->kind == RC_VALUE_MAP ? parse_schema(parse, *value)
					   : fail_type(parse, "boolean/valid schema", key);
}

static bool is_pattern(struct rc_str text)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;

	return rc_regex_compile(text, &regex, NULL) == 0;
}

static int parse_pattern_properties(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "patternProperties");
	int r = 0;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_MAP)
		return fail_type(parse, "valid schema", "patternProperties");
	for (size_t i = 0; i < value->map->n && r == 0; i++) {
		struct rc_str key = value->map->entries[i].key;

		if (!is_pattern(key))
			return fail(parse, "Invalid regex pattern '%.*s'", (int)key.n, key.p);
		r = parse_schema(parse, value->map->entries[i].value);
	}
	return r;
}

static int parse_property_names(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "propertyNames");

	if (!value || parse->draft < DRAFT_6)
		return 0;
	return is_schema(*value) ? parse_schema(parse, *value)
				 : fail_type(parse, "valid schema", "patternProperties");
}

static int parse_dependency(struct parse *parse, struct rc_value dependency)
{
	static const char text[] = "dependency must be of type schema or array of strings";

	if (is_schema(dependency))
		return parse_schema(parse, dependency);
	if (dependency.kind != RC_VALUE_LIST)
		return fail(parse, "%s", text);
	for (size_t i = 0; i < dependency.list->n; i++)
		if (dependency.list->items[i].kind != RC_VALUE_STRING)
			return fail(parse, "%s", text);
	return 0;
}

static int parse_dependencies(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "dependencies");
	int r = 0;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_MAP)
		return fail(parse, "dependencies must be of type object");
	for (size_t i = 0; i < value->map->n && r == 0; i++)
		r = parse_dependency(parse, value->map->entries[i].value);
	return r;
}

static int parse_items(struct parse *parse, struct rc_value schema)
{
	static const char expected[] = "valid schema/array of schemas";
	const struct rc_value *value = find(schema, "items");
	int r = 0;

	if (!value)
		return 0;
	if (is_schema(*value))
		return parse_schema(parse, *value);
	if (value->kind != RC_VALUE_LIST)
		return fail_type(parse, expected, "items");
	for (size_t i = 0; i < value->list->n && r == 0; i++)
		r = is_schema(value->list->items[i]) ? parse_schema(parse, value->list->items[i])
						     : fail_type(parse, expected, "items");
	return r;
}

static int parse_multiple(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "multipleOf");

	if (!value)
		return 0;
	if (!rc_helm_schema_is_number(*value))
		return fail_type(parse, "number", "multipleOf");
	if (rc_helm_schema_number(*value) <= 0)
		return fail(parse, "multipleOf must be strictly greater than 0");
	return 0;
}

/* minimum with exclusiveMinimum, and the same of the maximum. */
static int parse_bound(struct parse *parse, struct rc_value schema, const char *key,
		       const char *exclusive)
{
	const struct rc_value *bound = find(schema, key), *value = find(schema, exclusive);
	bool may_be_bool = parse->draft == DRAFT_4 || parse->draft == DRAFT_HYBRID;
	bool may_be_number = parse->draft != DRAFT_4;

	if (bound && !rc_helm_schema_is_number(*bound))
		return fail(parse, "%s must be of a number", key);
	if (!value || (may_be_number && rc_helm_schema_is_number(*value)))
		return 0;
	if (!may_be_bool || value->kind != RC_VALUE_BOOL)
		return fail_type(parse,
				 !may_be_bool	 ? "number"
				 : may_be_number ? "boolean/number"
						 : "boolean",
				 exclusive);
	return bound ? 0 : fail(parse, "%s cannot be used without %s", exclusive, key);
}

static int parse_count(struct parse *parse, struct rc_value schema, const char *key, double *ret)
{
	const struct rc_value *value = find(schema, key);

	*ret = -1;
	if (!value)
		return 0;
	if (rc_helm_schema_is_number(*value))
		*ret = rc_helm_schema_number(*value);
	if (!rc_helm_schema_is_number(*value) || *ret != trunc(*ret))
		return fail(parse, "%s must be of an integer", key);
	if (*ret < 0)
		return fail(parse, "%s must be greater than or equal to 0", key);
	return 0;
}

static int parse_counts(struct parse *parse, struct rc_value schema, const char *min_key,
			const char *max_key, bool is_ordered)
{
	double min, max;
	int r = parse_count(parse, schema, min_key, &min);

	if (r == 0)
		r = parse_count(parse, schema, max_key, &max);
	if (r == 0 && is_ordered && min >= 0 && max >= 0 && min > max)
		return fail(parse, "%s cannot be greater than %s", min_key, max_key);
	return r;
}

static int parse_string(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *pattern = find(schema, "pattern"), *format = find(schema, "format");
	int r = parse_counts(parse, schema, "minLength", "maxLength", true);

	if (r < 0)
		return r;
	if (pattern && pattern->kind != RC_VALUE_STRING)
		return fail(parse, "pattern must be of a string");
	if (pattern && !is_pattern(pattern->text))
		return fail(parse, "pattern must be a valid regex");
	if (format && format->kind != RC_VALUE_STRING)
		return fail(parse, "format must be of type string");
	return 0;
}

static int parse_required(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "required");

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_LIST)
		return fail(parse, "required must be of an array");
	for (size_t i = 0; i < value->list->n; i++) {
		if (value->list->items[i].kind != RC_VALUE_STRING)
			return fail(parse, "required items must be string");
		for (size_t j = 0; j < i; j++)
			if (rc_str_equal(value->list->items[j].text, value->list->items[i].text))
				return fail(parse, "required items must be unique");
	}
	return 0;
}

static int parse_array(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *unique = find(schema, "uniqueItems");
	const struct rc_value *contains = find(schema, "contains");
	int r = parse_counts(parse, schema, "minItems", "maxItems", false);

	if (r < 0)
		return r;
	if (unique && unique->kind != RC_VALUE_BOOL)
		return fail(parse, "uniqueItems must be of a boolean");
	return contains && parse->draft >= DRAFT_6 ? parse_schema(parse, *contains) : 0;
}

static int parse_enum(struct parse *parse, struct rc_value schema)
{
	const struct rc_value *value = find(schema, "enum");

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_LIST)
		return fail(parse, "enum must be of an array");
	for (size_t i = 0; i < value->list->n; i++)
		for (size_t j = 0; j < i; j++)
			if (rc_value_equal(value->list->items[j], value->list->items[i]))
				return fail(parse, "enum items must be unique");
	return 0;
}

/* oneOf, anyOf, allOf; the last complains under the name of the second. */
static int parse_branches(struct parse *parse, struct rc_value schema, const char *key,
			  const char *shown)
{
	const struct rc_value *value = find(schema, key);
	int r = 0;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_LIST)
		return fail(parse, "%s must be of an array", shown);
	for (size_t i = 0; i < value->list->n && r == 0; i++)
		r = parse_schema(parse, value->list->items[i]);
	return r;
}

static int parse_branch(struct parse *parse, struct rc_value schema, const char *key)
{
	const struct rc_value *value = find(schema, key);

	if (!value)
		return 0;
	return is_schema(*value) ? parse_schema(parse, *value)
				 : fail(parse, "%s must be of an object", key);
}

static int parse_own(struct parse *parse, struct rc_value schema)
{
	int r = parse_type(parse, schema);

	if (r == 0)
		r = parse_properties(parse, schema);
	if (r == 0)
		r = parse_additional(parse, schema, "additionalProperties");
	if (r == 0)
		r = parse_pattern_properties(parse, schema);
	if (r == 0)
		r = parse_property_names(parse, schema);
	if (r == 0)
		r = parse_dependencies(parse, schema);
	if (r == 0)
		r = parse_items(parse, schema);
	if (r == 0)
		r = parse_additional(parse, schema, "additionalItems");
	if (r == 0)
		r = parse_multiple(parse, schema);
	if (r == 0)
		r = parse_bound(parse, schema, "minimum", "exclusiveMinimum");
	if (r == 0)
		r = parse_bound(parse, schema, "maximum", "exclusiveMaximum");
	if (r == 0)
		r = parse_string(parse, schema);
	if (r == 0)
		r = parse_counts(parse, schema, "minProperties", "maxProperties", true);
	return r;
}

static int parse_further(struct parse *parse, struct rc_value schema)
{
	int r = parse_required(parse, schema);

	if (r == 0)
		r = parse_array(parse, schema);
	if (r == 0)
		r = parse_enum(parse, schema);
	if (r == 0)
		r = parse_branches(parse, schema, "oneOf", "oneOf");
	if (r == 0)
		r = parse_branches(parse, schema, "anyOf", "anyOf");
	if (r == 0)
		r = parse_branches(parse, schema, "allOf", "anyOf");
	if (r == 0)
		r = parse_branch(parse, schema, "not");
	if (r == 0 && parse->draft >= DRAFT_7)
		r = parse_branch(parse, schema, "if");
	if (r == 0 && parse->draft >= DRAFT_7)
		r = parse_branch(parse, schema, "then");
	if (r == 0 && parse->draft >= DRAFT_7)
		r = parse_branch(parse, schema, "else");
	return r;
}

static int parse_map(struct parse *parse, struct rc_value schema)
{
	bool is_done = false;
	int r = parse_id(parse, schema);

	if (r == 0)
		r = parse_definitions(parse, schema);
	if (r == 0)
		r = parse_text(parse, schema, "title");
	if (r == 0)
		r = parse_text(parse, schema, "description");
	if (r == 0)
		r = parse_reference(parse, schema, &is_done);
	if (r == 0 && !is_done)
		r = parse_own(parse, schema);
	if (r == 0 && !is_done)
		r = parse_further(parse, schema);
	return r;
}

static int parse_schema(struct parse *parse, struct rc_value schema)
{
	int r;

	if (schema.kind == RC_VALUE_BOOL && parse->draft >= DRAFT_6)
		return 0;
	if (schema.kind != RC_VALUE_MAP)
		return fail(parse, "Expected: valid schema, given: Invalid JSON");
	if (++parse->depth > DEPTH_MAX)
		return fail(parse, "the schema is nested deeper than %d levels", DEPTH_MAX);
	r = parse_map(parse, schema);
	parse->depth--;
	return r;
}

static int find_draft(struct parse *parse, struct rc_value schema)
{
	static const struct {
		const char *url;
		enum draft draft;
	} drafts[] = {
		{"http://json-schema.org/draft-04/schema", DRAFT_4},
		{"http://json-schema.org/draft-06/schema", DRAFT_6},
		{"http://json-schema.org/draft-07/schema", DRAFT_7},
	};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const struct rc_value *value = find(schema, "$schema");
	struct rc_go_url url;
	struct rc_str text;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_STRING)
		return fail(parse, "$schema must be of type string");
	text = value->text;
	if (rc_go_url_parse(parse->run->arena, text, &url, &err) < 0)
		return fail(parse, "%s", err->message);
	if (text.n > 0 && text.p[text.n - 1] == '#')
		text.n--;
	for (size_t i = 0; i < RC_ARRAY_SIZE(drafts); i++)
		if (rc_str_is(text, drafts[i].url))
			parse->draft = drafts[i].draft;
	return 0;
}

int rc_helm_schema_parse(struct rc_helm_schema_run *run, struct rc_buf *problem)
{
	struct parse parse = {.run = run, .draft = DRAFT_HYBRID, .problem = problem};
	int r;

	if (run->root.kind == RC_VALUE_BOOL)
		return 0;
	if (run->root.kind != RC_VALUE_MAP)
		return fail(&parse, "schema is invalid");
	r = find_draft(&parse, run->root);
	return r < 0 ? r : parse_schema(&parse, run->root);
}
