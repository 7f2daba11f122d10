/* A validator in the manner of gojsonschema: keywords are looked at in its order. */
#include "helm/schema.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>

#include <uthash.h>

#include "base/memory.h"
#include "data/regex.h"
#include "helm/schema-private.h"
#include "helm/value.h"

#define DEPTH_MAX 200
#define STEPS_MAX 5000000 /* values looked at, each as often as a branch asks for it */

struct rc_helm_schema_pattern {
	UT_hash_handle hh;
	struct rc_regex *regex; /* NULL: it does not compile */
	char text[];
};

/* ---- results ---- */

void rc_helm_schema_put_path(struct rc_buf *buf, const struct rc_helm_schema_path *path)
{
	if (!path->above) {
		rc_buf_puts(buf, "(root)");
		return;
	}
	if (path->above->above) {
		rc_helm_schema_put_path(buf, path->above);
		rc_buf_putc(buf, '.');
	}
	if (path->name.p)
		rc_buf_add_str(buf, path->name);
	else
		rc_buf_printf(buf, "%zu", path->index);
}

void rc_helm_schema_add(struct rc_helm_schema_result *result,
			const struct rc_helm_schema_path *path, const char *format, ...)
{
	va_list args;

	rc_buf_puts(&result->messages, "- ");
	rc_helm_schema_put_path(&result->messages, path);
	rc_buf_puts(&result->messages, ": ");
	va_start(args, format);
	rc_buf_vprintf(&result->messages, format, args);
	va_end(args);
	rc_buf_putc(&result->messages, '\n');
	result->n_errors++;
	result->score -= 2;
}

void rc_helm_schema_merge(struct rc_helm_schema_result *result,
			  const struct rc_helm_schema_result *other)
{
	rc_buf_add_str(&result->messages, rc_buf_str(&other->messages));
	result->n_errors += other->n_errors;
	result->score += other->score;
}

void rc_helm_schema_result_done(struct rc_helm_schema_result *result)
{
	rc_buf_done(&result->messages);
}

/* ---- patterns ---- */

bool rc_helm_schema_matches(struct rc_helm_schema_run *run, struct rc_str pattern,
			    struct rc_str text)
{
	struct rc_helm_schema_pattern *found;
	const struct rc_regex_span *spans;

	HASH_FIND(hh, run->patterns, pattern.p, pattern.n, found);
	if (!found) {
		found = rc_calloc(1, sizeof(*found) + pattern.n + 1);
		memcpy(found->text, pattern.p, pattern.n);
		if (rc_regex_compile(pattern, &found->regex, NULL) < 0)
			found->regex = NULL;
		HASH_ADD_KEYPTR(hh, run->patterns, found->text, pattern.n, found);
	}
	return found->regex && rc_regex_find(found->regex, text, 0, &spans, NULL) == 1;
}

static void run_done(struct rc_helm_schema_run *run)
{
	struct rc_helm_schema_pattern *pattern, *next;

	HASH_ITER (hh, run->patterns, pattern, next) {
		HASH_DEL(run->patterns, pattern);
		rc_regex_free(pattern->regex);
		free(pattern);
	}
}

/* ---- types ---- */

static const char *type_of(struct rc_value node)
{
	switch (node.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		return "null";
	case RC_VALUE_BOOL:
		return "boolean";
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		return "integer";
	case RC_VALUE_FLOAT:
		return node.real == trunc(node.real) ? "integer" : "number";
	case RC_VALUE_COMPLEX:
		return "number"; /* no document holds one */
	case RC_VALUE_STRING:
	case RC_VALUE_BYTES:
		return "string";
	case RC_VALUE_LIST:
		return "array";
	case RC_VALUE_MAP:
	case RC_VALUE_OBJECT:
		return "object";
	}
	return "";
}

static bool fits_type(struct rc_value type, struct rc_value node)
{
	return type.kind == RC_VALUE_STRING &&
	       (rc_str_is(type.text, type_of(node)) ||
		(rc_str_is(type.text, "number") && rc_helm_schema_is_number(node)));
}

static bool fits_one_of(const struct rc_value_list *types, struct rc_value node)
{
	for (size_t i = 0; i < types->n; i++)
		if (fits_type(types->items[i], node))
			return true;
	return types->n == 0;
}

static bool check_type(struct rc_value types, struct rc_value node,
		       const struct rc_helm_schema_path *path, struct rc_helm_schema_result *result)
{
	rc_autobuf struct rc_buf expected = RC_BUF_INIT(1024);
	bool is_list = types.kind == RC_VALUE_LIST, many = is_list && types.list->n > 1;

	if (is_list ? fits_one_of(types.list, node)
		    : types.kind != RC_VALUE_STRING || fits_type(types, node))
		return true;
	for (size_t i = 0; is_list && i < types.list->n; i++) {
		rc_buf_puts(&expected, i ? "," : "");
		rc_value_print(&expected, types.list->items[i]);
	}
	if (!is_list)
		rc_buf_add_str(&expected, types.text);
	rc_helm_schema_add(result, path, "Invalid type. Expected: %s%s%s, given: %s",
			   many ? "[" : "", rc_buf_text(&expected), many ? "]" : "", type_of(node));
	return false;
}

/* ---- references ---- */

struct rc_str rc_helm_schema_take_token(struct rc_arena *arena, struct rc_str *pointer)
{
	struct rc_str rest = {pointer->p + 1, pointer->n - 1};
	ptrdiff_t slash = rc_str_index(rest, '/');
	size_t n = slash < 0 ? rest.n : (size_t)slash, to = 0;
	char *text = rc_arena_text(arena, n);

	for (size_t i = 0; i < n; i++) {
		char c = rest.p[i];

		if (c == '~' && i + 1 < n && (rest.p[i + 1] == '0' || rest.p[i + 1] == '1'))
			c = rest.p[++i] == '0' ? '~' : '/';
		text[to++] = c;
	}
	*pointer = (struct rc_str){rest.p + n, rest.n - n};
	return (struct rc_str){text, to};
}

/* A reference inside of the same document; others are refused when the schema is read. */
static struct rc_value follow(struct rc_helm_schema_run *run, struct rc_str reference)
{
	struct rc_value value = run->root;
	struct rc_str pointer = {reference.p + 1, reference.n - 1};

	while (pointer.n > 0 && *pointer.p == '/') {
		struct rc_str token = rc_helm_schema_take_token(run->arena, &pointer);
		const struct rc_value *found = NULL;
		size_t index;

		if (value.kind == RC_VALUE_MAP) {
			found = rc_value_map_get(value.map, token);
		} else if (value.kind == RC_VALUE_LIST) {
			index = strtoul(token.p, NULL, 10);
			found = index < value.list->n ? &value.list->items[index] : NULL;
		}
		if (!found)
			return rc_value_invalid();
		value = *found;
	}
	return pointer.n == 0 ? value : rc_value_invalid();
}

static void validate_map(struct rc_helm_schema_run *run, const struct rc_value_map *map,
			 struct rc_value node, const struct rc_helm_schema_path *path,
			 struct rc_helm_schema_result *result)
{
	struct rc_helm_schema_keywords schema;
	struct rc_value reference;

	rc_helm_schema_keywords_find(map, &schema);
	reference = rc_helm_schema_get(&schema, RC_HELM_SCHEMA_DOLLAR_REF);
	if (reference.kind == RC_VALUE_STRING) {
		rc_helm_schema_validate(run, follow(run, reference.text), node, path, result);
	} else if (check_type(rc_helm_schema_get(&schema, RC_HELM_SCHEMA_TYPE), node, path,
			      result)) {
		rc_helm_schema_combine(run, &schema, node, path, result);
		rc_helm_schema_check_type(run, &schema, node, path, result);
		result->score++;
	}
}

void rc_helm_schema_validate(struct rc_helm_schema_run *run, struct rc_value schema,
			     struct rc_value node, const struct rc_helm_schema_path *path,
			     struct rc_helm_schema_result *result)
{
	if (schema.kind == RC_VALUE_BOOL && !schema.truth)
		rc_helm_schema_add(result, path, "False always fails validation");
	if (schema.kind != RC_VALUE_MAP || run->steps > STEPS_MAX || run->is_endless)
		return;
	run->steps++;
	if (++run->depth > DEPTH_MAX)
		run->is_endless = true;
	else
		validate_map(run, schema.map, node, path, result);
	run->depth--;
}

/* ---- the schema itself ---- */

struct rc_helm_schema {
	struct rc_arena *arena;
	struct rc_str text;
	bool is_read;
	struct rc_value root;
	const char *problem; /* that makes it unusable, or NULL */
};

struct rc_helm_schema *rc_helm_schema_new(struct rc_arena *arena, struct rc_str text)
{
	struct rc_helm_schema *schema = rc_arena_new0(arena, struct rc_helm_schema);

	schema->arena = arena;
	schema->text = text;
	return schema;
}

static void read_schema(struct rc_helm_schema *schema)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf problem = RC_BUF_INIT(RC_HELM_SCHEMA_MESSAGES_MAX);
	struct rc_helm_schema_run run = {.arena = schema->arena};

	schema->is_read = true;
	if (rc_helm_value_parse_json_first(schema->arena, schema->text, &run.root, &err) < 0)
		rc_buf_puts(&problem, err->message);
	else
		rc_helm_schema_parse(&run, &problem);
	schema->root = run.root;
	if (problem.n > 0)
		schema->problem = rc_arena_strdup(schema->arena, rc_buf_text(&problem));
}

int rc_helm_schema_check(struct rc_arena *arena, struct rc_helm_schema *schema,
			 const struct rc_value *values, struct rc_buf *messages)
{
	rc_cleanup(run_done) struct rc_helm_schema_run run = {.arena = arena};
	const struct rc_helm_schema_path root = {.above = NULL};
	RC_HELM_SCHEMA_RESULT(result);

	if (!schema->is_read)
		read_schema(schema);
	if (schema->problem) {
		rc_buf_puts(messages, schema->problem);
		return -EINVAL;
	}
	run.root = schema->root;
	rc_helm_schema_validate(&run, run.root, *values, &root, &result);
	if (run.is_endless) {
		rc_buf_printf(messages,
			      "- (root): the schema refers to itself more than %d times\n",
			      DEPTH_MAX);
		return -E2BIG;
	}
	if (run.steps > STEPS_MAX) {
		rc_buf_printf(messages, "- (root): checking the values takes more than %d steps\n",
			      STEPS_MAX);
		return -E2BIG;
	}
	rc_buf_add_str(messages, rc_buf_str(&result.messages));
	return result.n_errors > 0 ? -EINVAL : 0;
}
