/* One validation's state, shared by the keywords of types (schema-type.c) and of combinations. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "helm/schema-keyword.h"
#include "template/value.h"

/* What one validation found. */
struct rc_helm_schema_result {
	struct rc_buf messages;
	unsigned int n_errors;
	int score; /* how near a failed branch came */
};

void rc_helm_schema_result_done(struct rc_helm_schema_result *result);

#define RC_HELM_SCHEMA_MESSAGES_MAX ((size_t)1 << 20)
#define RC_HELM_SCHEMA_RESULT(name)                                                  \
	rc_cleanup(rc_helm_schema_result_done) struct rc_helm_schema_result name = { \
		.messages = RC_BUF_INIT(RC_HELM_SCHEMA_MESSAGES_MAX)}

/* Where in the values: only a failure makes text of it. */
struct rc_helm_schema_path {
	const struct rc_helm_schema_path *above; /* NULL: the root, which has no name */
	struct rc_str name;			 /* of a property; with p NULL index counts */
	size_t index;
};

struct rc_helm_schema_pattern;

struct rc_helm_schema_run {
	struct rc_arena *arena;
	struct rc_value root; /* the schema; what references are looked up in */
	unsigned int depth;
	bool is_endless; /* deeper than any schema has to be: nothing is looked at any more */
	uint64_t steps;
	struct rc_helm_schema_pattern *patterns; /* compiled so far */
};

void rc_helm_schema_validate(struct rc_helm_schema_run *run, struct rc_value schema,
			     struct rc_value node, const struct rc_helm_schema_path *path,
			     struct rc_helm_schema_result *result);
/* anyOf, oneOf, allOf, not, dependencies, if. */
void rc_helm_schema_combine(struct rc_helm_schema_run *run,
			    const struct rc_helm_schema_keywords *schema, struct rc_value node,
			    const struct rc_helm_schema_path *path,
			    struct rc_helm_schema_result *result);
/* const, enum, format, and what numbers, texts, lists and objects have of their own. */
void rc_helm_schema_check_type(struct rc_helm_schema_run *run,
			       const struct rc_helm_schema_keywords *schema, struct rc_value node,
			       const struct rc_helm_schema_path *path,
			       struct rc_helm_schema_result *result);
/* Whether text matches the regular expression; one that does not compile matches nothing. */
bool rc_helm_schema_matches(struct rc_helm_schema_run *run, struct rc_str pattern,
			    struct rc_str text);

/* The token that a JSON pointer begins with ("/a~1b"), which goes on behind it; in arena. */
struct rc_str rc_helm_schema_take_token(struct rc_arena *arena, struct rc_str *pointer);
/* Whether run's root is a schema: 0, or -EINVAL with gojsonschema's words appended to problem. */
int rc_helm_schema_parse(struct rc_helm_schema_run *run, struct rc_buf *problem);

/* "a.b.0", or "(root)". */
void rc_helm_schema_put_path(struct rc_buf *buf, const struct rc_helm_schema_path *path);
/* "- PATH: TEXT\n". */
void rc_helm_schema_add(struct rc_helm_schema_result *result,
			const struct rc_helm_schema_path *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void rc_helm_schema_merge(struct rc_helm_schema_result *result,
			  const struct rc_helm_schema_result *other);

static inline bool rc_helm_schema_is_number(struct rc_value value)
{
	return value.kind == RC_VALUE_FLOAT || rc_value_is_integer(value);
}

static inline double rc_helm_schema_number(struct rc_value value)
{
	return value.kind == RC_VALUE_FLOAT ? value.real : (double)value.integer;
}
