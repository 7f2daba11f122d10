/*
 * A validator in the manner of gojsonschema: keywords are looked at in its order, combinators
 * report themselves and then the branch that came nearest, which a score decides.
 */
#include "helm/schema.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"
#include "data/json-read.h"
#include "data/json.h"
#include "data/regex.h"
#include "data/utf8.h"
#include "helm/encode.h"
#include "helm/schema-format.h"

#define DEPTH_MAX    200
#define MESSAGES_MAX ((size_t)1 << 20)
#define NUMBER_TEXT  64

/* What one validation found. */
struct result {
	struct rc_buf messages;
	unsigned int n_errors;
	int score;
};

struct validation {
	struct rc_arena *arena;
	const json_t *root;
	unsigned int depth;
};

static void validate(struct validation *v, const json_t *schema, const json_t *node,
		     const char *path, struct result *result);

static void add(struct result *result, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct result *result, const char *path, const char *format, ...)
{
	va_list args;

	rc_buf_printf(&result->messages, "- %s: ", *path ? path : "(root)");
	va_start(args, format);
	rc_buf_vprintf(&result->messages, format, args);
	va_end(args);
	rc_buf_putc(&result->messages, '\n');
	result->n_errors++;
	result->score -= 2;
}

static void merge(struct result *result, const struct result *other)
{
	rc_buf_add_str(&result->messages, rc_buf_str(&other->messages));
	result->n_errors += other->n_errors;
	result->score += other->score;
}

static void result_done(struct result *result)
{
	rc_buf_done(&result->messages);
}

#define RESULT(name) \
	rc_cleanup(result_done) struct result name = {.messages = RC_BUF_INIT(MESSAGES_MAX)}

static const char *below(struct validation *v, const char *path, const char *name)
{
	return *path ? rc_arena_printf(v->arena, "%s.%s", path, name)
		     : rc_arena_strdup(v->arena, name);
}

static bool is_whole(const json_t *node)
{
	return json_is_integer(node) ||
	       (json_is_real(node) && json_real_value(node) == trunc(json_real_value(node)));
}

static const char *type_of(const json_t *node)
{
	switch (json_typeof(node)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
	case JSON_REAL:
		return is_whole(node) ? "integer" : "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NULL:
		return "null";
	}
	return "";
}

static bool fits_type(const char *type, const json_t *node)
{
	return strcmp(type, type_of(node)) == 0 ||
	       (strcmp(type, "number") == 0 && json_is_number(node));
}

static bool check_type(const json_t *types, const json_t *node, const char *path,
		       struct result *result)
{
	rc_autobuf struct rc_buf expected = RC_BUF_INIT(1024);
	json_t *type;
	size_t i;

	if (json_is_string(types)) {
		if (fits_type(json_string_value(types), node))
			return true;
		rc_buf_puts(&expected, json_string_value(types));
	} else if (json_is_array(types)) {
		json_array_foreach (types, i, type) {
			if (json_is_string(type) && fits_type(json_string_value(type), node))
				return true;
			rc_buf_printf(&expected, "%s%s", i ? "," : "", json_string_value(type));
		}
		if (json_array_size(types) == 0)
			return true;
	} else {
		return true;
	}
	if (json_is_array(types) && json_array_size(types) > 1)
		add(result, path, "Invalid type. Expected: [%s], given: %s", rc_buf_text(&expected),
		    type_of(node));
	else
		add(result, path, "Invalid type. Expected: %s, given: %s", rc_buf_text(&expected),
		    type_of(node));
	return false;
}

/* Keep the better of two failed branches in best. */
static void keep_better(struct result *best, bool *has_best, struct result *candidate)
{
	if (*has_best && candidate->score <= best->score)
		return;
	rc_buf_done(&best->messages);
	*best = *candidate;
	candidate->messages = RC_BUF_INIT(MESSAGES_MAX);
	*has_best = true;
}

static void check_any_of(struct validation *v, const json_t *list, const json_t *node,
			 const char *path, struct result *result)
{
	bool has_best = false;
	RESULT(best);
	json_t *schema;
	size_t i;

	json_array_foreach (list, i, schema) {
		RESULT(own);

		validate(v, schema, node, path, &own);
		if (own.n_errors == 0)
			return;
		keep_better(&best, &has_best, &own);
	}
	add(result, path, "Must validate at least one schema (anyOf)");
	merge(result, &best);
}

static void check_one_of(struct validation *v, const json_t *list, const json_t *node,
			 const char *path, struct result *result)
{
	bool has_best = false;
	unsigned int passed = 0;
	RESULT(best);
	json_t *schema;
	size_t i;

	json_array_foreach (list, i, schema) {
		RESULT(own);

		validate(v, schema, node, path, &own);
		if (own.n_errors == 0)
			passed++;
		else
			keep_better(&best, &has_best, &own);
	}
	if (passed == 1)
		return;
	add(result, path, "Must validate one and only one schema (oneOf)");
	if (passed == 0)
		merge(result, &best);
}

static void check_all_of(struct validation *v, const json_t *list, const json_t *node,
			 const char *path, struct result *result)
{
	bool all = true;
	json_t *schema;
	size_t i;

	json_array_foreach (list, i, schema) {
		RESULT(own);

		validate(v, schema, node, path, &own);
		all = all && own.n_errors == 0;
		merge(result, &own);
	}
	if (!all)
		add(result, path, "Must validate all the schemas (allOf)");
}

static void check_dependencies(struct validation *v, const json_t *dependencies, const json_t *node,
			       const char *path, struct result *result)
{
	const char *key;
	json_t *value, *wanted;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)node, key, value) {
		const json_t *dependency = json_object_get(dependencies, key);

		json_array_foreach (dependency, i, wanted)
			if (!json_object_get(node, json_string_value(wanted)))
				add(result, path, "Has a dependency on %s",
				    json_string_value(wanted));
		if (json_is_object(dependency))
			validate(v, dependency, node, path, result);
	}
}

static void check_condition(struct validation *v, const json_t *schema, const json_t *node,
			    const char *path, struct result *result)
{
	const json_t *then = json_object_get(schema, "then");
	const json_t *otherwise = json_object_get(schema, "else");
	RESULT(test);
	RESULT(branch);

	validate(v, json_object_get(schema, "if"), node, path, &test);
	if (test.n_errors == 0 && then) {
		validate(v, then, node, path, &branch);
		if (branch.n_errors > 0)
			add(result, path, "Must validate \"then\" as \"if\" was valid");
	} else if (test.n_errors > 0 && otherwise) {
		validate(v, otherwise, node, path, &branch);
		if (branch.n_errors > 0)
			add(result, path, "Must validate \"else\" as \"if\" was not valid");
	}
	if (branch.n_errors > 0)
		merge(result, &branch);
}

static void check_combinators(struct validation *v, const json_t *schema, const json_t *node,
			      const char *path, struct result *result)
{
	const json_t *found = json_object_get(schema, "anyOf");

	if (json_array_size(found) > 0)
		check_any_of(v, found, node, path, result);
	found = json_object_get(schema, "oneOf");
	if (json_array_size(found) > 0)
		check_one_of(v, found, node, path, result);
	found = json_object_get(schema, "allOf");
	if (json_array_size(found) > 0)
		check_all_of(v, found, node, path, result);
	found = json_object_get(schema, "not");
	if (found) {
		RESULT(own);

		validate(v, found, node, path, &own);
		if (own.n_errors == 0)
			add(result, path, "Must not validate the schema (not)");
	}
	found = json_object_get(schema, "dependencies");
	if (json_is_object(found) && json_is_object(node))
		check_dependencies(v, found, node, path, result);
	if (json_object_get(schema, "if"))
		check_condition(v, schema, node, path, result);
	result->score++;
}

static bool same(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

static void put_json(struct rc_buf *buf, const json_t *json)
{
	rc_json_write(buf, json);
}

static const char *field_of(const char *path)
{
	return *path ? path : "(root)";
}

static void check_common(const json_t *schema, const json_t *node, const char *path,
			 struct result *result)
{
	const json_t *found = json_object_get(schema, "const"), *list;
	rc_autobuf struct rc_buf allowed = RC_BUF_INIT(1 << 16);
	bool listed = false;
	json_t *item;
	size_t i;

	if (found && !same(found, node)) {
		put_json(&allowed, found);
		add(result, path, "%s does not match: %s", field_of(path), rc_buf_text(&allowed));
	}
	rc_buf_clear(&allowed);
	list = json_object_get(schema, "enum");
	json_array_foreach (list, i, item) {
		listed = listed || same(item, node);
		rc_buf_puts(&allowed, i ? ", " : "");
		put_json(&allowed, item);
	}
	if (json_array_size(list) > 0 && !listed)
		add(result, path, "%s must be one of the following: %s", field_of(path),
		    rc_buf_text(&allowed));
	found = json_object_get(schema, "format");
	if (json_is_string(found) && json_is_string(node) &&
	    !rc_helm_schema_format_matches(json_string_value(found), json_string_value(node)))
		add(result, path, "Does not match format '%s'", json_string_value(found));
	result->score++;
}

static const char *number_text(const json_t *number, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%.10g", json_number_value(number));
	return text;
}

static void check_number(const json_t *schema, const json_t *node, const char *path,
			 struct result *result)
{
	const json_t *most = json_object_get(schema, "maximum");
	const json_t *below_most = json_object_get(schema, "exclusiveMaximum");
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *above_least = json_object_get(schema, "exclusiveMinimum");
	const json_t *multiple = json_object_get(schema, "multipleOf");
	double value = json_number_value(node);
	char text[NUMBER_TEXT];

	/* Draft 4 has booleans beside the limits. */
	if (json_is_true(below_most)) {
		below_most = most;
		most = NULL;
	}
	if (json_is_true(above_least)) {
		above_least = least;
		least = NULL;
	}
	if (json_is_number(multiple) && fmod(value, json_number_value(multiple)) != 0)
		add(result, path, "Must be a multiple of %s", number_text(multiple, text));
	if (json_is_number(most) && value > json_number_value(most))
		add(result, path, "Must be less than or equal to %s", number_text(most, text));
	if (json_is_number(below_most) && value >= json_number_value(below_most))
		add(result, path, "Must be less than %s", number_text(below_most, text));
	if (json_is_number(least) && value < json_number_value(least))
		add(result, path, "Must be greater than or equal to %s", number_text(least, text));
	if (json_is_number(above_least) && value <= json_number_value(above_least))
		add(result, path, "Must be greater than %s", number_text(above_least, text));
	result->score++;
}

static bool matches_pattern(const char *pattern, struct rc_str text)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;

	return rc_regex_compile(rc_str(pattern), &regex, NULL) == 0 &&
	       rc_regex_find(regex, text, 0, &spans, NULL) == 1;
}

static void check_string(const json_t *schema, const json_t *node, const char *path,
			 struct result *result)
{
	const json_t *least = json_object_get(schema, "minLength");
	const json_t *most = json_object_get(schema, "maxLength");
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	struct rc_str text = {json_string_value(node), json_string_length(node)};
	double n = (double)rc_utf8_count(text);
	char number[NUMBER_TEXT];

	if (json_is_number(least) && n < json_number_value(least))
		add(result, path, "String length must be greater than or equal to %s",
		    number_text(least, number));
	if (json_is_number(most) && n > json_number_value(most))
		add(result, path, "String length must be less than or equal to %s",
		    number_text(most, number));
	if (pattern && !matches_pattern(pattern, text))
		add(result, path, "Does not match pattern '%s'", pattern);
	result->score++;
}

static const char *index_below(struct validation *v, const char *path, size_t i)
{
	return below(v, path, rc_arena_printf(v->arena, "%zu", i));
}

static void check_items(struct validation *v, const json_t *schema, const json_t *node,
			const char *path, struct result *result)
{
	const json_t *items = json_object_get(schema, "items");
	const json_t *more = json_object_get(schema, "additionalItems");
	size_t listed = json_array_size(items), i;
	json_t *item;

	json_array_foreach (node, i, item) {
		if (json_is_object(items) || json_is_boolean(items))
			validate(v, items, item, index_below(v, path, i), result);
		else if (i < listed)
			validate(v, json_array_get(items, i), item, index_below(v, path, i),
				 result);
		else if (listed > 0 && json_is_object(more))
			validate(v, more, item, index_below(v, path, i), result);
	}
	if (listed > 0 && json_array_size(node) > listed && json_is_false(more))
		add(result, path, "No additional items allowed on array");
}

static void check_unique(const json_t *node, const char *path, struct result *result)
{
	json_t *item;
	size_t i;

	json_array_foreach (node, i, item) {
		for (size_t j = 0; j < i; j++) {
			if (!same(item, json_array_get(node, j)))
				continue;
			add(result, path, "array items[%zu,%zu] must be unique", j, i);
			break;
		}
	}
}

static void check_contains(struct validation *v, const json_t *schema, const json_t *node,
			   const char *path, struct result *result)
{
	bool has_best = false;
	RESULT(best);
	json_t *item;
	size_t i;

	json_array_foreach (node, i, item) {
		RESULT(own);

		validate(v, schema, item, index_below(v, path, i), &own);
		if (own.n_errors == 0)
			return;
		keep_better(&best, &has_best, &own);
	}
	add(result, path, "At least one of the items must match");
	merge(result, &best);
}

static void check_array(struct validation *v, const json_t *schema, const json_t *node,
			const char *path, struct result *result)
{
	const json_t *least = json_object_get(schema, "minItems");
	const json_t *most = json_object_get(schema, "maxItems");
	const json_t *contains = json_object_get(schema, "contains");
	double n = (double)json_array_size(node);
	char text[NUMBER_TEXT];

	check_items(v, schema, node, path, result);
	if (json_is_number(least) && n < json_number_value(least))
		add(result, path, "Array must have at least %s items", number_text(least, text));
	if (json_is_number(most) && n > json_number_value(most))
		add(result, path, "Array must have at most %s items", number_text(most, text));
	if (json_is_true(json_object_get(schema, "uniqueItems")))
		check_unique(node, path, result);
	if (contains)
		check_contains(v, contains, node, path, result);
	result->score++;
}

/* Whether a pattern describes the property; it is validated against all that do. */
static bool check_patterns(struct validation *v, const json_t *patterns, const char *key,
			   const json_t *value, const char *path, struct result *result)
{
	const char *pattern;
	bool matched = false;
	json_t *schema;

	json_object_foreach ((json_t *)(uintptr_t)patterns, pattern, schema) {
		if (!matches_pattern(pattern, rc_str(key)))
			continue;
		matched = true;
		validate(v, schema, value, below(v, path, key), result);
	}
	return matched;
}

static void check_names(struct validation *v, const json_t *schema, const json_t *node,
			const char *path, struct result *result)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)node, key, value) {
		json_auto_t *name = json_string(key);
		RESULT(own);

		validate(v, schema, name, path, &own);
		if (own.n_errors == 0)
			continue;
		add(result, path, "Property name of \"%s\" does not match", key);
		merge(result, &own);
	}
}

static void check_properties(struct validation *v, const json_t *schema, const json_t *node,
			     const char *path, struct result *result)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *patterns = json_object_get(schema, "patternProperties");
	const json_t *more = json_object_get(schema, "additionalProperties");
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)node, key, value) {
		bool known = json_object_get(properties, key) != NULL;

		known = check_patterns(v, patterns, key, value, path, result) || known;
		if (known)
			continue;
		if (json_is_false(more))
			add(result, path, "Additional property %s is not allowed", key);
		else if (json_is_object(more))
			validate(v, more, value, below(v, path, key), result);
	}
}

static void check_object(struct validation *v, const json_t *schema, const json_t *node,
			 const char *path, struct result *result)
{
	const json_t *least = json_object_get(schema, "minProperties");
	const json_t *most = json_object_get(schema, "maxProperties");
	const json_t *properties = json_object_get(schema, "properties");
	double n = (double)json_object_size(node);
	char text[NUMBER_TEXT];
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_number(least) && n < json_number_value(least))
		add(result, path, "Must have at least %s properties", number_text(least, text));
	if (json_is_number(most) && n > json_number_value(most))
		add(result, path, "Must have at most %s properties", number_text(most, text));
	json_array_foreach (json_object_get(schema, "required"), i, value) {
		if (json_object_get(node, json_string_value(value)))
			result->score++;
		else
			add(result, path, "%s is required", json_string_value(value));
	}
	check_properties(v, schema, node, path, result);
	if (json_object_get(schema, "propertyNames"))
		check_names(v, json_object_get(schema, "propertyNames"), node, path, result);
	result->score++;
	json_object_foreach ((json_t *)(uintptr_t)properties, key, value) {
		const json_t *child = json_object_get(node, key);

		if (child)
			validate(v, value, child, below(v, path, key), result);
	}
}

/* A reference inside of the same document; others are refused when the schema is read. */
static const json_t *follow(const struct validation *v, const char *reference)
{
	if (strcmp(reference, "#") == 0)
		return v->root;
	return rc_text_has_prefix(reference, "#/") ? rc_json_at(v->root, reference + 1) : NULL;
}

static void check_by_type(struct validation *v, const json_t *schema, const json_t *node,
			  const char *path, struct result *result)
{
	if (json_is_array(node))
		check_array(v, schema, node, path, result);
	else if (json_is_number(node))
		check_number(schema, node, path, result);
	check_common(schema, node, path, result);
	if (json_is_string(node))
		check_string(schema, node, path, result);
	else if (json_is_object(node))
		check_object(v, schema, node, path, result);
}

static void validate(struct validation *v, const json_t *schema, const json_t *node,
		     const char *path, struct result *result)
{
	const char *reference = json_string_value(json_object_get(schema, "$ref"));

	if (json_is_false(schema))
		add(result, path, "False always fails validation");
	if (!json_is_object(schema))
		return;
	if (++v->depth > DEPTH_MAX) {
		add(result, path, "the schema refers to itself more than %d times", DEPTH_MAX);
	} else if (reference) {
		validate(v, follow(v, reference), node, path, result);
	} else if (check_type(json_object_get(schema, "type"), node, path, result)) {
		check_combinators(v, schema, node, path, result);
		check_by_type(v, schema, node, path, result);
	}
	v->depth--;
}

static bool is_type_name(const char *name)
{
	static const char *const names[] = {"array", "boolean", "integer", "number",
					    "null",  "object",	"string"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static int check_type_names(const json_t *types, struct rc_buf *messages)
{
	json_t *type;
	size_t i;

	if (json_is_string(types) && !is_type_name(json_string_value(types))) {
		rc_buf_printf(
			messages,
			"has a primitive type that is NOT VALID -- given: /%s/ Expected valid "
			"values are:[array boolean integer number null object string]",
			json_string_value(types));
		return -EINVAL;
	}
	json_array_foreach (types, i, type)
		if (check_type_names(type, messages) < 0)
			return -EINVAL;
	return 0;
}

static int check_schema(const json_t *schema, struct rc_buf *messages);

/* Schemas under the names of an object, or in a list. */
static int check_children(const json_t *children, struct rc_buf *messages)
{
	const char *name;
	json_t *child;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)children, name, child)
		if (check_schema(child, messages) < 0)
			return -EINVAL;
	json_array_foreach (children, i, child)
		if (check_schema(child, messages) < 0)
			return -EINVAL;
	return 0;
}

static bool is_one_of(const char *key, const char *const *words)
{
	while (*words && strcmp(*words, key) != 0)
		words++;
	return *words != NULL;
}

/* What makes a schema unusable before any value is looked at. */
static int check_schema(const json_t *schema, struct rc_buf *messages)
{
	/* Values of these are data; in those "type" may be the name of a property. */
	static const char *const data[] = {"enum", "const", "default", "examples", NULL};
	static const char *const named[] = {"properties", "patternProperties", "definitions",
					    "$defs", NULL};
	const char *reference = json_string_value(json_object_get(schema, "$ref"));
	const char *key;
	json_t *value;

	if (reference && reference[0] != '#') {
		rc_buf_printf(messages, "%s: a reference to another document is not followed",
			      reference);
		return -EINVAL;
	}
	if (check_type_names(json_object_get(schema, "type"), messages) < 0)
		return -EINVAL;
	json_object_foreach ((json_t *)(uintptr_t)schema, key, value) {
		int r = 0;

		if (is_one_of(key, data))
			continue;
		if (json_is_array(value) || is_one_of(key, named))
			r = check_children(value, messages);
		else if (json_is_object(value))
			r = check_schema(value, messages);
		if (r < 0)
			return r;
	}
	return 0;
}

int rc_helm_schema_check(struct rc_arena *arena, struct rc_str schema,
			 const struct rc_value *values, struct rc_buf *messages)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	json_auto_t *root = NULL, *node = NULL;
	struct validation v = {.arena = arena};
	RESULT(result);

	if (rc_json_read_tree(schema, &root, &err) < 0) {
		rc_buf_printf(messages, "%s",
			      strstr(err->message, "unexpected end") ? "unexpected EOF"
								     : err->message);
		return -EINVAL;
	}
	if (check_schema(root, messages) < 0)
		return -EINVAL;
	rc_helm_encode_json(&text, *values, false, NULL);
	if (rc_json_read_tree(rc_buf_str(&text), &node, NULL) < 0)
		return 0;
	v.root = root;
	validate(&v, root, node, "", &result);
	rc_buf_add_str(messages, rc_buf_str(&result.messages));
	return result.n_errors > 0 ? -EINVAL : 0;
}
