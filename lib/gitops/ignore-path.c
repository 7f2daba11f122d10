/* Paths into objects: reading them, and going along them. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "data/json.h"
#include "gitops/ignore-private.h"
#include "kube/apply.h"
#include "kube/fields.h"

#define STEPS_MAX 64

/* ---- parsing ---- */

struct parser {
	struct rc_arena *arena;
	const char *text, *at;
	struct ignore_step steps[STEPS_MAX];
	size_t n;
};

static int refuse(const struct parser *parser, struct rc_error **err)
{
	rc_fail(err, -EINVAL, "jqPathExpressions: '%s' is not understood from '%.20s' on",
		parser->text, parser->at);
	rc_hint(err, "paths such as .spec.replicas or .spec.template.spec.containers[] | "
		     "select(.name == \"x\") | .image are");
	return -EINVAL;
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool eat(struct parser *parser, const char *text)
{
	size_t n = strlen(text);

	skip_blanks(parser);
	if (strncmp(parser->at, text, n) != 0)
		return false;
	parser->at += n;
	return true;
}

static int add_step(struct parser *parser, struct ignore_step step, struct rc_error **err)
{
	if (parser->n == STEPS_MAX)
		return rc_fail(err, -E2BIG, "'%s' has more than %d steps", parser->text, STEPS_MAX);
	parser->steps[parser->n++] = step;
	return 0;
}

/* A name, or a text in quotes; NULL when neither is there. */
static const char *take_name(struct parser *parser)
{
	const char *start = parser->at;
	size_t n;

	if (*start == '"') {
		n = strcspn(start + 1, "\"\\");
		if (start[n + 1] != '"')
			return NULL;
		parser->at = start + n + 2;
		return rc_arena_strndup(parser->arena, start + 1, n);
	}
	n = 0;
	while (isalnum((unsigned char)start[n]) || start[n] == '_')
		n++;
	if (n == 0 || isdigit((unsigned char)*start))
		return NULL;
	parser->at += n;
	return rc_arena_strndup(parser->arena, start, n);
}

static int parse_select(struct parser *parser, struct rc_error **err)
{
	struct ignore_step step = {.kind = IGNORE_STEP_SELECT};

	if (!eat(parser, "(") || !eat(parser, "."))
		return refuse(parser, err);
	step.key = take_name(parser);
	if (!step.key || !eat(parser, "=="))
		return refuse(parser, err);
	skip_blanks(parser);
	step.value = *parser->at == '"' ? take_name(parser) : NULL;
	if (!step.value || !eat(parser, ")"))
		return refuse(parser, err);
	return add_step(parser, step, err);
}

static int parse_bracket(struct parser *parser, struct rc_error **err)
{
	struct ignore_step step = {.kind = IGNORE_STEP_EACH};
	char *end;

	skip_blanks(parser);
	if (*parser->at == '"') {
		step.kind = IGNORE_STEP_KEY;
		step.key = take_name(parser);
		if (!step.key)
			return refuse(parser, err);
	} else if (isdigit((unsigned char)*parser->at)) {
		step.kind = IGNORE_STEP_INDEX;
		step.index = strtoul(parser->at, &end, 10);
		parser->at = end;
	}
	return eat(parser, "]") ? add_step(parser, step, err) : refuse(parser, err);
}

static int parse_step(struct parser *parser, struct rc_error **err)
{
	struct ignore_step step = {.kind = IGNORE_STEP_KEY};

	if (eat(parser, "|")) {
		skip_blanks(parser);
		return *parser->at ? 0 : refuse(parser, err);
	}
	/* What is not there is no error here anyway. */
	if (parser->n > 0 && eat(parser, "?"))
		return 0;
	if (eat(parser, "select"))
		return parse_select(parser, err);
	if (eat(parser, "["))
		return parse_bracket(parser, err);
	if (!eat(parser, "."))
		return refuse(parser, err);
	if (*parser->at == '[' || *parser->at == '\0' || *parser->at == ' ')
		return 0;
	step.key = take_name(parser);
	return step.key ? add_step(parser, step, err) : refuse(parser, err);
}

static void take_path(struct parser *parser, struct ignore_path *path)
{
	path->steps = rc_arena_memdup(parser->arena, parser->steps,
				      parser->n * sizeof(*parser->steps) + 1);
	path->n = parser->n;
}

int rc_ignore_path_parse(struct rc_arena *arena, const char *text, struct ignore_path *path,
			 struct rc_error **err)
{
	struct parser parser = {.arena = arena, .text = text, .at = text};
	int r = 0;

	skip_blanks(&parser);
	while (r == 0 && *parser.at) {
		r = parse_step(&parser, err);
		skip_blanks(&parser);
	}
	if (r == 0 && parser.n == 0)
		return refuse(&parser, err);
	if (r == 0)
		take_path(&parser, path);
	return r;
}

int rc_ignore_path_parse_pointer(struct rc_arena *arena, const char *text, struct ignore_path *path,
				 struct rc_error **err)
{
	struct parser parser = {.arena = arena, .text = text, .at = text};

	if (*text != '/')
		return rc_fail(err, -EINVAL, "jsonPointers: '%s' does not begin with '/'", text);
	while (*parser.at == '/') {
		size_t n = strcspn(++parser.at, "/"), out = 0;
		char *key = rc_arena_strndup(arena, parser.at, n);
		struct ignore_step step = {.kind = IGNORE_STEP_KEY_OR_INDEX, .key = key};
		int r;

		for (size_t i = 0; i < n; i++) {
			bool escaped = key[i] == '~' && (key[i + 1] == '0' || key[i + 1] == '1');

			key[out++] = escaped ? (key[++i] == '0' ? '~' : '/') : key[i];
		}
		key[out] = '\0';
		r = add_step(&parser, step, err);
		if (r < 0)
			return r;
		parser.at += n;
	}
	take_path(&parser, path);
	return 0;
}

struct ignore_path rc_ignore_path_take(struct rc_arena *arena, const json_t *json)
{
	size_t n = json_array_size(json), i;
	struct ignore_step *steps = rc_arena_alloc(arena, (n + 1) * sizeof(*steps));
	json_t *item;

	json_array_foreach (json, i, item) {
		steps[i].kind = json_is_string(item) ? IGNORE_STEP_KEY : IGNORE_STEP_INDEX;
		steps[i].key = rc_arena_strdup(arena, json_string_value(item) ?: "");
		steps[i].index = (size_t)json_integer_value(item);
	}
	return (struct ignore_path){steps, n};
}

/* ---- walking ---- */

/*
 * One place: json in the object that is changed, live the same place in the other one, owned what
 * of it our entry of managedFields names (NULL: nothing; {}: it, with all below).
 */
struct at {
	json_t *json;
	const json_t *live, *owned;
	enum ignore_how how;
};

static void walk(struct at at, const struct ignore_step *steps, size_t n);

static struct at enter(const struct at *at, const char *key)
{
	return (struct at){json_object_get(at->json, key), json_object_get(at->live, key),
			   rc_kube_fields_enter(at->owned, key), at->how};
}

/* The same element in the other object: by its name, else by its place. */
static const json_t *pick(const json_t *live, const json_t *element, size_t i)
{
	const char *name = rc_json_text(element, "name", NULL);
	json_t *item;
	size_t j;

	if (!name)
		return json_array_get(live, i);
	json_array_foreach (live, j, item)
		if (rc_text_equal(rc_json_text(item, "name", NULL), name))
			return item;
	return NULL;
}

static struct at enter_element(const struct at *at, size_t i)
{
	json_t *element = json_array_get(at->json, i);

	return (struct at){element, pick(at->live, element, i),
			   rc_kube_fields_enter_element(at->owned, element), at->how};
}

static bool is_selected(const json_t *element, const struct ignore_step *step)
{
	return rc_text_equal(rc_json_text(element, step->key, NULL), step->value);
}

/* Whether the value of live is to stand there. */
static bool takes_live(const struct at *at)
{
	switch (at->how) {
	case IGNORE_REMOVE:
		return false;
	case IGNORE_KEEP:
		return at->live && at->owned;
	case IGNORE_KEEP_WHOLE:
		return at->live != NULL;
	}
	return false;
}

static void end_at_element(json_t *list, size_t i, const struct at *element)
{
	if (takes_live(element))
		json_array_set_new(list, i, json_deep_copy(element->live));
	else
		json_array_remove(list, i);
}

static void end_at_key(json_t *json, const char *key, const struct at *value)
{
	if (takes_live(value))
		json_object_set_new(json, key, json_deep_copy(value->live));
	else
		json_object_del(json, key);
}

static void walk_each(const struct at *at, const struct ignore_step *steps, size_t n)
{
	const struct ignore_step *select =
		n > 1 && steps[1].kind == IGNORE_STEP_SELECT ? &steps[1] : NULL;
	size_t used = select ? 2 : 1;
	const char *key;
	json_t *value;
	void *next;

	if (json_is_object(at->json)) {
		json_object_foreach_safe (at->json, next, key, value) {
			struct at inner = enter(at, key);

			if (n > 1)
				walk(inner, steps + 1, n - 1);
			else
				end_at_key(at->json, key, &inner);
		}
		return;
	}
	for (size_t i = json_array_size(at->json); i > 0; i--) {
		struct at element = enter_element(at, i - 1);

		if (select && !is_selected(element.json, select))
			continue;
		if (n > used)
			walk(element, steps + used, n - used);
		else
			end_at_element(at->json, i - 1, &element);
	}
}

static void walk_index(const struct at *at, size_t index, const struct ignore_step *steps, size_t n)
{
	struct at element = enter_element(at, index);

	if (index >= json_array_size(at->json))
		return;
	if (n > 1)
		walk(element, steps + 1, n - 1);
	else
		end_at_element(at->json, index, &element);
}

static void walk_key(const struct at *at, const struct ignore_step *steps, size_t n)
{
	struct at inner = enter(at, steps->key);

	if (!json_is_object(at->json))
		return;
	if (n > 1)
		walk(inner, steps + 1, n - 1);
	else
		end_at_key(at->json, steps->key, &inner);
}

static bool is_index(const char *key)
{
	return *key && key[strspn(key, "0123456789")] == '\0';
}

static void walk(struct at at, const struct ignore_step *steps, size_t n)
{
	if (!at.json || n == 0)
		return;
	switch (steps->kind) {
	case IGNORE_STEP_KEY_OR_INDEX:
		if (!json_is_array(at.json))
			walk_key(&at, steps, n);
		else if (is_index(steps->key))
			walk_index(&at, strtoul(steps->key, NULL, 10), steps, n);
		return;
	case IGNORE_STEP_KEY:
		walk_key(&at, steps, n);
		return;
	case IGNORE_STEP_INDEX:
		walk_index(&at, steps->index, steps, n);
		return;
	case IGNORE_STEP_EACH:
		walk_each(&at, steps, n);
		return;
	case IGNORE_STEP_SELECT:
		if (is_selected(at.json, steps))
			walk(at, steps + 1, n - 1);
		return;
	}
}

void rc_ignore_path_walk(const struct ignore_path *path, json_t *object, const json_t *live,
			 enum ignore_how how)
{
	struct at root = {object, live, NULL, how};

	if (how == IGNORE_KEEP)
		root.owned = rc_kube_fields_get(live, RC_KUBE_FIELD_MANAGER, "Apply");

	walk(root, path->steps, path->n);
}
