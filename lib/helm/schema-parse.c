/*
 * What makes a schema unusable before any value is looked at: keywords are read in gojsonschema's
 * order, and the first misfit is the answer. Those that hold schemas are here.
 */
#include <errno.h>
#include <string.h>

#include "data/go-url.h"
#include "helm/schema-parse-private.h"

#define DEPTH_MAX 200

static int parse_schema(struct rc_helm_schema_parser *parse, struct rc_value schema);

static bool is_schema(struct rc_value value)
{
	return value.kind == RC_VALUE_MAP || value.kind == RC_VALUE_BOOL;
}

static int parse_text(struct rc_helm_schema_parser *parse,
		      const struct rc_helm_schema_keywords *schema, enum rc_helm_schema_keyword key)
{
	const struct rc_value *value = schema->at[key];

	return value && value->kind != RC_VALUE_STRING
		       ? rc_helm_schema_fail_type(parse, "string", rc_helm_schema_keyword_name(key))
		       : 0;
}

static int parse_id(struct rc_helm_schema_parser *parse,
		    const struct rc_helm_schema_keywords *schema)
{
	bool is_old = parse->draft == RC_HELM_SCHEMA_DRAFT_4 ||
		      (parse->draft == RC_HELM_SCHEMA_DRAFT_HYBRID &&
		       schema->at[RC_HELM_SCHEMA_ID] != NULL);

	return parse_text(parse, schema, is_old ? RC_HELM_SCHEMA_ID : RC_HELM_SCHEMA_DOLLAR_ID);
}

static int parse_definitions(struct rc_helm_schema_parser *parse,
			     const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_DEFINITIONS];
	int r = 0;

	if (!value)
		return 0;
	if (value->kind == RC_VALUE_BOOL)
		return rc_helm_schema_fail(
			parse, "unable to validate schema: interface conversion: interface {} "
			       "is bool, not map[string]interface {}");
	if (value->kind != RC_VALUE_MAP)
		return rc_helm_schema_fail_type(parse, "array of schemas", "definitions");
	for (size_t i = 0; i < value->map->n && r == 0; i++)
		r = is_schema(value->map->entries[i].value)
			    ? parse_schema(parse, value->map->entries[i].value)
			    : rc_helm_schema_fail_type(parse, "array of schemas", "definitions");
	return r;
}

static int follow(struct rc_helm_schema_parser *parse, struct rc_str pointer, struct rc_value *ret)
{
	*ret = parse->run->root;
	while (pointer.n > 0) {
		struct rc_str token = rc_helm_schema_take_token(parse->run->arena, &pointer);
		const struct rc_value *found = NULL;

		if (ret->kind == RC_VALUE_MAP) {
			found = rc_value_map_get(ret->map, token);
			if (!found)
				return rc_helm_schema_fail(parse, "Object has no key '%.*s'",
							   (int)token.n, token.p);
		} else if (ret->kind == RC_VALUE_LIST) {
			size_t index = strtoul(token.p, NULL, 10);

			if (strspn(token.p, "0123456789") != token.n || token.n == 0)
				return rc_helm_schema_fail(parse, "Invalid array index '%.*s'",
							   (int)token.n, token.p);
			if (index >= ret->list->n)
				return rc_helm_schema_fail(parse,
							   "Out of bound array[0,%zu] index '%zu'",
							   ret->list->n, index);
			found = &ret->list->items[index];
		} else {
			return rc_helm_schema_fail(parse, "Invalid token reference '%.*s'",
						   (int)token.n, token.p);
		}
		*ret = *found;
	}
	return 0;
}

/* *ret_done: the reference was new, and what stands beside it does not count. */
static int parse_reference(struct rc_helm_schema_parser *parse,
			   const struct rc_helm_schema_keywords *schema, bool *ret_done)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_DOLLAR_REF];
	struct rc_value target;
	struct rc_go_url url;
	struct rc_helm_schema_seen *seen;
	int r = parse_text(parse, schema, RC_HELM_SCHEMA_DOLLAR_REF);

	if (r < 0 || !value)
		return r;
	if (rc_go_url_parse(parse->run->arena, value->text, &url, &err) < 0)
		return rc_helm_schema_fail(parse, "%s", err->message);
	if (value->text.n > 0 && value->text.p[0] != '#')
		return rc_helm_schema_fail(parse,
					   "%.*s: a reference to another document is not followed",
					   (int)value->text.n, value->text.p);
	for (seen = parse->seen; seen; seen = seen->next)
		if (rc_str_equal(seen->reference, value->text))
			return 0;
	seen = rc_arena_new0(parse->run->arena, struct rc_helm_schema_seen);
	*seen = (struct rc_helm_schema_seen){.reference = value->text, .next = parse->seen};
	parse->seen = seen;
	*ret_done = true;
	if (!rc_str_has_prefix(url.fragment, RC_STR("/")))
		url.fragment.n = 0;
	r = follow(parse, url.fragment, &target);
	if (r < 0)
		return r;
	if (!is_schema(target))
		return rc_helm_schema_fail(parse, "valid schema must be of type object");
	return parse_schema(parse, target);
}

static int parse_members(struct rc_helm_schema_parser *parse, const struct rc_value_map *map)
{
	int r = 0;

	for (size_t i = 0; i < map->n && r == 0; i++)
		r = parse_schema(parse, map->entries[i].value);
	return r;
}

static int parse_properties(struct rc_helm_schema_parser *parse,
			    const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_PROPERTIES];

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_MAP)
		return rc_helm_schema_fail(parse, "properties must be of type object");
	return parse_members(parse, value->map);
}

/* additionalProperties, additionalItems */
static int parse_additional(struct rc_helm_schema_parser *parse,
			    const struct rc_helm_schema_keywords *schema,
			    enum rc_helm_schema_keyword key)
{
	const struct rc_value *value = schema->at[key];

	if (!value || value->kind == RC_VALUE_BOOL)
		return 0;
	return value->kind == RC_VALUE_MAP
		       ? parse_schema(parse, *value)
		       : rc_helm_schema_fail_type(parse, "boolean/valid schema",
						  rc_helm_schema_keyword_name(key));
}

static int parse_pattern_properties(struct rc_helm_schema_parser *parse,
				    const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_PATTERN_PROPERTIES];
	int r = 0;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_MAP)
		return rc_helm_schema_fail_type(parse, "valid schema", "patternProperties");
	for (size_t i = 0; i < value->map->n && r == 0; i++) {
		struct rc_str key = value->map->entries[i].key;

		if (!rc_helm_schema_is_pattern(key))
			return rc_helm_schema_fail(parse, "Invalid regex pattern '%.*s'",
						   (int)key.n, key.p);
		r = parse_schema(parse, value->map->entries[i].value);
	}
	return r;
}

static int parse_property_names(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_PROPERTY_NAMES];

	if (!value || parse->draft < RC_HELM_SCHEMA_DRAFT_6)
		return 0;
	return is_schema(*value)
		       ? parse_schema(parse, *value)
		       : rc_helm_schema_fail_type(parse, "valid schema", "patternProperties");
}

static int parse_dependency(struct rc_helm_schema_parser *parse, struct rc_value dependency)
{
	static const char text[] = "dependency must be of type schema or array of strings";

	if (is_schema(dependency))
		return parse_schema(parse, dependency);
	if (dependency.kind != RC_VALUE_LIST)
		return rc_helm_schema_fail(parse, "%s", text);
	for (size_t i = 0; i < dependency.list->n; i++)
		if (dependency.list->items[i].kind != RC_VALUE_STRING)
			return rc_helm_schema_fail(parse, "%s", text);
	return 0;
}

static int parse_dependencies(struct rc_helm_schema_parser *parse,
			      const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_DEPENDENCIES];
	int r = 0;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_MAP)
		return rc_helm_schema_fail(parse, "dependencies must be of type object");
	for (size_t i = 0; i < value->map->n && r == 0; i++)
		r = parse_dependency(parse, value->map->entries[i].value);
	return r;
}

static int parse_items(struct rc_helm_schema_parser *parse,
		       const struct rc_helm_schema_keywords *schema)
{
	static const char expected[] = "valid schema/array of schemas";
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_ITEMS];
	int r = 0;

	if (!value)
		return 0;
	if (is_schema(*value))
		return parse_schema(parse, *value);
	if (value->kind != RC_VALUE_LIST)
		return rc_helm_schema_fail_type(parse, expected, "items");
	for (size_t i = 0; i < value->list->n && r == 0; i++)
		r = is_schema(value->list->items[i])
			    ? parse_schema(parse, value->list->items[i])
			    : rc_helm_schema_fail_type(parse, expected, "items");
	return r;
}

static int parse_array(struct rc_helm_schema_parser *parse,
		       const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *unique = schema->at[RC_HELM_SCHEMA_UNIQUE_ITEMS];
	const struct rc_value *contains = schema->at[RC_HELM_SCHEMA_CONTAINS];
	int r = rc_helm_schema_parse_counts(parse, schema, RC_HELM_SCHEMA_MIN_ITEMS,
					    RC_HELM_SCHEMA_MAX_ITEMS, false);

	if (r < 0)
		return r;
	if (unique && unique->kind != RC_VALUE_BOOL)
		return rc_helm_schema_fail(parse, "uniqueItems must be of a boolean");
	return contains && parse->draft >= RC_HELM_SCHEMA_DRAFT_6 ? parse_schema(parse, *contains)
								  : 0;
}

/* oneOf, anyOf, allOf; the last complains under the name of the second. */
static int parse_branches(struct rc_helm_schema_parser *parse,
			  const struct rc_helm_schema_keywords *schema,
			  enum rc_helm_schema_keyword key, enum rc_helm_schema_keyword shown)
{
	const struct rc_value *value = schema->at[key];
	int r = 0;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_LIST)
		return rc_helm_schema_fail(parse, "%s must be of an array",
					   rc_helm_schema_keyword_name(shown));
	for (size_t i = 0; i < value->list->n && r == 0; i++)
		r = parse_schema(parse, value->list->items[i]);
	return r;
}

static int parse_branch(struct rc_helm_schema_parser *parse,
			const struct rc_helm_schema_keywords *schema,
			enum rc_helm_schema_keyword key)
{
	const struct rc_value *value = schema->at[key];

	if (!value)
		return 0;
	return is_schema(*value) ? parse_schema(parse, *value)
				 : rc_helm_schema_fail(parse, "%s must be of an object",
						       rc_helm_schema_keyword_name(key));
}

static int parse_own(struct rc_helm_schema_parser *parse,
		     const struct rc_helm_schema_keywords *schema)
{
	int r = rc_helm_schema_parse_type(parse, schema);

	if (r == 0)
		r = parse_properties(parse, schema);
	if (r == 0)
		r = parse_additional(parse, schema, RC_HELM_SCHEMA_ADDITIONAL_PROPERTIES);
	if (r == 0)
		r = parse_pattern_properties(parse, schema);
	if (r == 0)
		r = parse_property_names(parse, schema);
	if (r == 0)
		r = parse_dependencies(parse, schema);
	if (r == 0)
		r = parse_items(parse, schema);
	if (r == 0)
		r = parse_additional(parse, schema, RC_HELM_SCHEMA_ADDITIONAL_ITEMS);
	if (r == 0)
		r = rc_helm_schema_parse_number(parse, schema);
	if (r == 0)
		r = rc_helm_schema_parse_string(parse, schema);
	if (r == 0)
		r = rc_helm_schema_parse_counts(parse, schema, RC_HELM_SCHEMA_MIN_PROPERTIES,
						RC_HELM_SCHEMA_MAX_PROPERTIES, true);
	return r;
}

static int parse_further(struct rc_helm_schema_parser *parse,
			 const struct rc_helm_schema_keywords *schema)
{
	int r = rc_helm_schema_parse_required(parse, schema);

	if (r == 0)
		r = parse_array(parse, schema);
	if (r == 0)
		r = rc_helm_schema_parse_enum(parse, schema);
	if (r == 0)
		r = parse_branches(parse, schema, RC_HELM_SCHEMA_ONE_OF, RC_HELM_SCHEMA_ONE_OF);
	if (r == 0)
		r = parse_branches(parse, schema, RC_HELM_SCHEMA_ANY_OF, RC_HELM_SCHEMA_ANY_OF);
	if (r == 0)
		r = parse_branches(parse, schema, RC_HELM_SCHEMA_ALL_OF, RC_HELM_SCHEMA_ANY_OF);
	if (r == 0)
		r = parse_branch(parse, schema, RC_HELM_SCHEMA_NOT);
	if (r == 0 && parse->draft >= RC_HELM_SCHEMA_DRAFT_7)
		r = parse_branch(parse, schema, RC_HELM_SCHEMA_IF);
	if (r == 0 && parse->draft >= RC_HELM_SCHEMA_DRAFT_7)
		r = parse_branch(parse, schema, RC_HELM_SCHEMA_THEN);
	if (r == 0 && parse->draft >= RC_HELM_SCHEMA_DRAFT_7)
		r = parse_branch(parse, schema, RC_HELM_SCHEMA_ELSE);
	return r;
}

static int parse_map(struct rc_helm_schema_parser *parse, const struct rc_value_map *map)
{
	struct rc_helm_schema_keywords schema;
	bool is_done = false;
	int r;

	rc_helm_schema_keywords_find(map, &schema);
	r = parse_id(parse, &schema);
	if (r == 0)
		r = parse_definitions(parse, &schema);
	if (r == 0)
		r = parse_text(parse, &schema, RC_HELM_SCHEMA_TITLE);
	if (r == 0)
		r = parse_text(parse, &schema, RC_HELM_SCHEMA_DESCRIPTION);
	if (r == 0)
		r = parse_reference(parse, &schema, &is_done);
	if (r == 0 && !is_done)
		r = parse_own(parse, &schema);
	if (r == 0 && !is_done)
		r = parse_further(parse, &schema);
	return r;
}

static int parse_schema(struct rc_helm_schema_parser *parse, struct rc_value schema)
{
	int r;

	if (schema.kind == RC_VALUE_BOOL && parse->draft >= RC_HELM_SCHEMA_DRAFT_6)
		return 0;
	if (schema.kind != RC_VALUE_MAP)
		return rc_helm_schema_fail(parse, "Expected: valid schema, given: Invalid JSON");
	if (++parse->depth > DEPTH_MAX)
		return rc_helm_schema_fail(parse, "the schema is nested deeper than %d levels",
					   DEPTH_MAX);
	r = parse_map(parse, schema.map);
	parse->depth--;
	return r;
}

static int find_draft(struct rc_helm_schema_parser *parse, struct rc_value schema)
{
	static const struct {
		const char *url;
		enum rc_helm_schema_draft draft;
	} drafts[] = {
		{"http://json-schema.org/draft-04/schema", RC_HELM_SCHEMA_DRAFT_4},
		{"http://json-schema.org/draft-06/schema", RC_HELM_SCHEMA_DRAFT_6},
		{"http://json-schema.org/draft-07/schema", RC_HELM_SCHEMA_DRAFT_7},
	};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const struct rc_value *value = rc_value_map_get(schema.map, RC_STR("$schema"));
	struct rc_go_url url;
	struct rc_str text;

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_STRING)
		return rc_helm_schema_fail(parse, "$schema must be of type string");
	text = value->text;
	if (rc_go_url_parse(parse->run->arena, text, &url, &err) < 0)
		return rc_helm_schema_fail(parse, "%s", err->message);
	if (text.n > 0 && text.p[text.n - 1] == '#')
		text.n--;
	for (size_t i = 0; i < RC_ARRAY_SIZE(drafts); i++)
		if (rc_str_is(text, drafts[i].url))
			parse->draft = drafts[i].draft;
	return 0;
}

int rc_helm_schema_parse(struct rc_helm_schema_run *run, struct rc_buf *problem)
{
	struct rc_helm_schema_parser parse = {
		.run = run, .draft = RC_HELM_SCHEMA_DRAFT_HYBRID, .problem = problem};
	int r;

	if (run->root.kind == RC_VALUE_BOOL)
		return 0;
	if (run->root.kind != RC_VALUE_MAP)
		return rc_helm_schema_fail(&parse, "schema is invalid");
	r = find_draft(&parse, run->root);
	return r < 0 ? r : parse_schema(&parse, run->root);
}
