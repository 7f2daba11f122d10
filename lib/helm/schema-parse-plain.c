/* Keywords of a schema that hold no schemas. */
#include <math.h>

#include "data/regex.h"
#include "helm/schema-parse-private.h"

int rc_helm_schema_fail_type(struct rc_helm_schema_parser *parse, const char *expected,
			     const char *given)
{
	return rc_helm_schema_fail(parse, "Invalid type. Expected: %s, given: %s", expected, given);
}

static int parse_type_name(struct rc_helm_schema_parser *parse, struct rc_value type)
{
	static const char *const names[] = {"array", "boolean", "integer", "number",
					    "null",  "object",	"string"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		if (rc_str_is(type.text, names[i]))
			return 0;
	return rc_helm_schema_fail(
		parse,
		"has a primitive type that is NOT VALID -- given: /%.*s/ Expected valid values "
		"are:[array boolean integer number null object string]",
		(int)type.text.n, type.text.p);
}

static int parse_type_list(struct rc_helm_schema_parser *parse, const struct rc_value_list *types)
{
	for (size_t i = 0; i < types->n; i++) {
		struct rc_value type = types->items[i];
		int r;

		if (rc_helm_schema_is_number(type))
			return rc_helm_schema_fail(
				parse, "unable to validate schema: interface conversion: "
				       "interface {} is json.Number, not string");
		if (type.kind != RC_VALUE_STRING)
			return rc_helm_schema_fail_type(parse, "string/array of strings", "type");
		r = parse_type_name(parse, type);
		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (rc_str_equal(types->items[j].text, type.text))
				return rc_helm_schema_fail(parse, "%.*s type is duplicated",
							   (int)type.text.n, type.text.p);
	}
	return 0;
}

int rc_helm_schema_parse_type(struct rc_helm_schema_parser *parse,
			      const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_TYPE];

	if (!value)
		return 0;
	if (value->kind == RC_VALUE_STRING)
		return parse_type_name(parse, *value);
	if (value->kind == RC_VALUE_LIST)
		return parse_type_list(parse, value->list);
	return rc_helm_schema_fail_type(parse, "string/array of strings", "type");
}

static int parse_multiple(struct rc_helm_schema_parser *parse,
			  const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_MULTIPLE_OF];

	if (!value)
		return 0;
	if (!rc_helm_schema_is_number(*value))
		return rc_helm_schema_fail_type(parse, "number", "multipleOf");
	if (rc_helm_schema_number(*value) <= 0)
		return rc_helm_schema_fail(parse, "multipleOf must be strictly greater than 0");
	return 0;
}

/* minimum with exclusiveMinimum, and the same of the maximum. */
static int parse_bound(struct rc_helm_schema_parser *parse,
		       const struct rc_helm_schema_keywords *schema,
		       enum rc_helm_schema_keyword key, enum rc_helm_schema_keyword exclusive)
{
	const struct rc_value *bound = schema->at[key], *value = schema->at[exclusive];
	bool may_be_bool = parse->draft == RC_HELM_SCHEMA_DRAFT_4 ||
			   parse->draft == RC_HELM_SCHEMA_DRAFT_HYBRID;
	bool may_be_number = parse->draft != RC_HELM_SCHEMA_DRAFT_4;

	if (bound && !rc_helm_schema_is_number(*bound))
		return rc_helm_schema_fail(parse, "%s must be of a number",
					   rc_helm_schema_keyword_name(key));
	if (!value || (may_be_number && rc_helm_schema_is_number(*value)))
		return 0;
	if (!may_be_bool || value->kind != RC_VALUE_BOOL)
		return rc_helm_schema_fail_type(parse,
						!may_be_bool	? "number"
						: may_be_number ? "boolean/number"
								: "boolean",
						rc_helm_schema_keyword_name(exclusive));
	return bound ? 0
		     : rc_helm_schema_fail(parse, "%s cannot be used without %s",
					   rc_helm_schema_keyword_name(exclusive),
					   rc_helm_schema_keyword_name(key));
}

int rc_helm_schema_parse_number(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema)
{
	int r = parse_multiple(parse, schema);

	if (r == 0)
		r = parse_bound(parse, schema, RC_HELM_SCHEMA_MINIMUM,
				RC_HELM_SCHEMA_EXCLUSIVE_MINIMUM);
	if (r == 0)
		r = parse_bound(parse, schema, RC_HELM_SCHEMA_MAXIMUM,
				RC_HELM_SCHEMA_EXCLUSIVE_MAXIMUM);
	return r;
}

static int parse_count(struct rc_helm_schema_parser *parse,
		       const struct rc_helm_schema_keywords *schema,
		       enum rc_helm_schema_keyword key, double *ret)
{
	const struct rc_value *value = schema->at[key];

	*ret = -1;
	if (!value)
		return 0;
	if (rc_helm_schema_is_number(*value))
		*ret = rc_helm_schema_number(*value);
	if (!rc_helm_schema_is_number(*value) || *ret != trunc(*ret))
		return rc_helm_schema_fail(parse, "%s must be of an integer",
					   rc_helm_schema_keyword_name(key));
	if (*ret < 0)
		return rc_helm_schema_fail(parse, "%s must be greater than or equal to 0",
					   rc_helm_schema_keyword_name(key));
	return 0;
}

int rc_helm_schema_parse_counts(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema,
				enum rc_helm_schema_keyword min_key,
				enum rc_helm_schema_keyword max_key, bool is_ordered)
{
	double min, max;
	int r = parse_count(parse, schema, min_key, &min);

	if (r == 0)
		r = parse_count(parse, schema, max_key, &max);
	if (r == 0 && is_ordered && min >= 0 && max >= 0 && min > max)
		return rc_helm_schema_fail(parse, "%s cannot be greater than %s",
					   rc_helm_schema_keyword_name(min_key),
					   rc_helm_schema_keyword_name(max_key));
	return r;
}

bool rc_helm_schema_is_pattern(struct rc_str text)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;

	return rc_regex_compile(text, &regex, NULL) == 0;
}

int rc_helm_schema_parse_string(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *pattern = schema->at[RC_HELM_SCHEMA_PATTERN],
			      *format = schema->at[RC_HELM_SCHEMA_FORMAT];
	int r = rc_helm_schema_parse_counts(parse, schema, RC_HELM_SCHEMA_MIN_LENGTH,
					    RC_HELM_SCHEMA_MAX_LENGTH, true);

	if (r < 0)
		return r;
	if (pattern && pattern->kind != RC_VALUE_STRING)
		return rc_helm_schema_fail(parse, "pattern must be of a string");
	if (pattern && !rc_helm_schema_is_pattern(pattern->text))
		return rc_helm_schema_fail(parse, "pattern must be a valid regex");
	if (format && format->kind != RC_VALUE_STRING)
		return rc_helm_schema_fail(parse, "format must be of type string");
	return 0;
}

int rc_helm_schema_parse_required(struct rc_helm_schema_parser *parse,
				  const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_REQUIRED];

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_LIST)
		return rc_helm_schema_fail(parse, "required must be of an array");
	for (size_t i = 0; i < value->list->n; i++) {
		if (value->list->items[i].kind != RC_VALUE_STRING)
			return rc_helm_schema_fail(parse, "required items must be string");
		for (size_t j = 0; j < i; j++)
			if (rc_str_equal(value->list->items[j].text, value->list->items[i].text))
				return rc_helm_schema_fail(parse, "required items must be unique");
	}
	return 0;
}

int rc_helm_schema_parse_enum(struct rc_helm_schema_parser *parse,
			      const struct rc_helm_schema_keywords *schema)
{
	const struct rc_value *value = schema->at[RC_HELM_SCHEMA_ENUM];

	if (!value)
		return 0;
	if (value->kind != RC_VALUE_LIST)
		return rc_helm_schema_fail(parse, "enum must be of an array");
	for (size_t i = 0; i < value->list->n; i++)
		for (size_t j = 0; j < i; j++)
			if (rc_value_equal(value->list->items[j], value->list->items[i]))
				return rc_helm_schema_fail(parse, "enum items must be unique");
	return 0;
}
