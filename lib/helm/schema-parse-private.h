/* The reader of schemas: keywords that hold schemas (schema-parse.c), and those that do not. */
#pragma once

#include <errno.h>

#include "helm/schema-private.h"

enum rc_helm_schema_draft {
	RC_HELM_SCHEMA_DRAFT_4 = 4,
	RC_HELM_SCHEMA_DRAFT_6 = 6,
	RC_HELM_SCHEMA_DRAFT_7 = 7,
	RC_HELM_SCHEMA_DRAFT_HYBRID = 100, /* no $schema that is known: all keywords count */
};

/* A reference that was followed already. */
struct rc_helm_schema_seen {
	struct rc_str reference;
	struct rc_helm_schema_seen *next;
};

struct rc_helm_schema_parser {
	struct rc_helm_schema_run *run; /* whose root references are looked up in */
	enum rc_helm_schema_draft draft;
	unsigned int depth;
	struct rc_helm_schema_seen *seen;
	struct rc_buf *problem;
};

/* What is wrong, in gojsonschema's words: -EINVAL. */
#define rc_helm_schema_fail(parse, ...) (rc_buf_printf((parse)->problem, __VA_ARGS__), -EINVAL)
int rc_helm_schema_fail_type(struct rc_helm_schema_parser *parse, const char *expected,
			     const char *given);

bool rc_helm_schema_is_pattern(struct rc_str text);
int rc_helm_schema_parse_type(struct rc_helm_schema_parser *parse,
			      const struct rc_helm_schema_keywords *schema);
/* multipleOf, and the bounds. */
int rc_helm_schema_parse_number(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema);
/* Two keywords that are counts; is_ordered: the first must not be larger. */
int rc_helm_schema_parse_counts(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema,
				enum rc_helm_schema_keyword min_key,
				enum rc_helm_schema_keyword max_key, bool is_ordered);
int rc_helm_schema_parse_string(struct rc_helm_schema_parser *parse,
				const struct rc_helm_schema_keywords *schema);
int rc_helm_schema_parse_required(struct rc_helm_schema_parser *parse,
				  const struct rc_helm_schema_keywords *schema);
int rc_helm_schema_parse_enum(struct rc_helm_schema_parser *parse,
			      const struct rc_helm_schema_keywords *schema);
