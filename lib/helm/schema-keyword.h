/* The keywords of a schema, found in one pass over its members. */
#pragma once

#include "template/value.h"

/* clang-format off */
/* The shorter ones first. */
#define RC_HELM_SCHEMA_KEYWORDS(X) \
	X(RC_HELM_SCHEMA_ID, "id") \
	X(RC_HELM_SCHEMA_IF, "if") \
	X(RC_HELM_SCHEMA_DOLLAR_ID, "$id") \
	X(RC_HELM_SCHEMA_NOT, "not") \
	X(RC_HELM_SCHEMA_DOLLAR_REF, "$ref") \
	X(RC_HELM_SCHEMA_ELSE, "else") \
	X(RC_HELM_SCHEMA_ENUM, "enum") \
	X(RC_HELM_SCHEMA_THEN, "then") \
	X(RC_HELM_SCHEMA_TYPE, "type") \
	X(RC_HELM_SCHEMA_ALL_OF, "allOf") \
	X(RC_HELM_SCHEMA_ANY_OF, "anyOf") \
	X(RC_HELM_SCHEMA_CONST, "const") \
	X(RC_HELM_SCHEMA_ITEMS, "items") \
	X(RC_HELM_SCHEMA_ONE_OF, "oneOf") \
	X(RC_HELM_SCHEMA_TITLE, "title") \
	X(RC_HELM_SCHEMA_FORMAT, "format") \
	X(RC_HELM_SCHEMA_MAXIMUM, "maximum") \
	X(RC_HELM_SCHEMA_MINIMUM, "minimum") \
	X(RC_HELM_SCHEMA_PATTERN, "pattern") \
	X(RC_HELM_SCHEMA_CONTAINS, "contains") \
	X(RC_HELM_SCHEMA_MAX_ITEMS, "maxItems") \
	X(RC_HELM_SCHEMA_MIN_ITEMS, "minItems") \
	X(RC_HELM_SCHEMA_REQUIRED, "required") \
	X(RC_HELM_SCHEMA_MAX_LENGTH, "maxLength") \
	X(RC_HELM_SCHEMA_MIN_LENGTH, "minLength") \
	X(RC_HELM_SCHEMA_MULTIPLE_OF, "multipleOf") \
	X(RC_HELM_SCHEMA_PROPERTIES, "properties") \
	X(RC_HELM_SCHEMA_DEFINITIONS, "definitions") \
	X(RC_HELM_SCHEMA_DESCRIPTION, "description") \
	X(RC_HELM_SCHEMA_UNIQUE_ITEMS, "uniqueItems") \
	X(RC_HELM_SCHEMA_DEPENDENCIES, "dependencies") \
	X(RC_HELM_SCHEMA_MAX_PROPERTIES, "maxProperties") \
	X(RC_HELM_SCHEMA_MIN_PROPERTIES, "minProperties") \
	X(RC_HELM_SCHEMA_PROPERTY_NAMES, "propertyNames") \
	X(RC_HELM_SCHEMA_ADDITIONAL_ITEMS, "additionalItems") \
	X(RC_HELM_SCHEMA_EXCLUSIVE_MAXIMUM, "exclusiveMaximum") \
	X(RC_HELM_SCHEMA_EXCLUSIVE_MINIMUM, "exclusiveMinimum") \
	X(RC_HELM_SCHEMA_PATTERN_PROPERTIES, "patternProperties") \
	X(RC_HELM_SCHEMA_ADDITIONAL_PROPERTIES, "additionalProperties")
/* clang-format on */

enum rc_helm_schema_keyword {
#define X(keyword, name) keyword,
	RC_HELM_SCHEMA_KEYWORDS(X)
#undef X
		RC_HELM_SCHEMA_KEYWORDS_N
};

/* Where their values are, in the schema; NULL: it does not have the keyword. */
struct rc_helm_schema_keywords {
	const struct rc_value *at[RC_HELM_SCHEMA_KEYWORDS_N];
};

void rc_helm_schema_keywords_find(const struct rc_value_map *schema,
				  struct rc_helm_schema_keywords *ret);
const char *rc_helm_schema_keyword_name(enum rc_helm_schema_keyword keyword);

/* A keyword's value, or no value. */
static inline struct rc_value rc_helm_schema_get(const struct rc_helm_schema_keywords *schema,
						 enum rc_helm_schema_keyword keyword)
{
	return schema->at[keyword] ? *schema->at[keyword] : rc_value_invalid();
}
