/* Rules and the paths they are made of. */
#include "gitops/ignore.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/object.h"

#define STEPS_MAX 64

enum step_kind { STEP_KEY, STEP_INDEX, STEP_EACH, STEP_SELECT, STEP_KEY_OR_INDEX };

/* One step of a path; a select keeps the elements whose key has that value. */
struct step {
	enum step_kind kind;
	const char *key;
	const char *value;
	size_t index;
};

struct path {
	struct step *steps;
	size_t n;
};

struct rule {
	const char *group, *kind, *name, *name_space;
	struct path *paths;
	size_t n_paths;
};

struct rc_ignore {
	struct rc_arena *arena;
	struct rule *rules;
	size_t n;
};

/* ---- parsing ---- */

struct parser {
	struct rc_arena *arena;
	const char *text, *at;
	struct step steps[STEPS_MAX];
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

static int add_step(struct parser *parser, struct step step, struct rc_error **err)
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
	struct step step = {.kind = STEP_SELECT};

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
	struct step step = {.kind = STEP_EACH};
	char *end;

	skip_blanks(parser);
	if (*parser->at == '"') {
		step.kind = STEP_KEY;
		step.key = take_name(parser);
		if (!step.key)
			return refuse(parser, err);
	} else if (isdigit((unsigned char)*parser->at)) {
		step.kind = STEP_INDEX;
		step.index = strtoul(parser->at, &end, 10);
		parser->at = end;
	}
	return eat(parser, "]") ? add_step(parser, step, err) : refuse(parser, err);
}

static int parse_step(struct parser *parser, struct rc_error **err)
{
	struct step step = {.kind = STEP_KEY};

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

static void take_path(struct parser *parser, struct path *path)
{
	path->steps = rc_arena_memdup(parser->arena, parser->steps,
				      parser->n * sizeof(*parser->steps) + 1);
	path->n = parser->n;
}

static int parse_jq(struct rc_arena *arena, const char *text, struct path *path,
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

static int parse_pointer(struct rc_arena *arena, const char *text, struct path *path,
			 struct rc_error **err)
{
	struct parser parser = {.arena = arena, .text = text, .at = text};

	if (*text != '/')
		return rc_fail(err, -EINVAL, "jsonPointers: '%s' does not begin with '/'", text);
	while (*parser.at == '/') {
		size_t n = strcspn(++parser.at, "/"), out = 0;
		char *key = rc_arena_strndup(arena, parser.at, n);
		struct step step = {.kind = STEP_KEY_OR_INDEX, .key = key};
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

static const char *copy_text(struct rc_arena *arena, const json_t *rule, const char *key)
{
	const char *text = rc_json_text(rule, key, NULL);

	return rc_arena_strdup(arena, text ? text : "");
}

static int compile_rule(struct rc_arena *arena, const json_t *json, struct rule *rule,
			struct rc_error **err)
{
	const json_t *pointers = json_object_get(json, "jsonPointers");
	const json_t *expressions = json_object_get(json, "jqPathExpressions");
	size_t n = json_array_size(pointers) + json_array_size(expressions), i;
	json_t *item;
	int r = 0;

	if (json_array_size(json_object_get(json, "managedFieldsManagers")) > 0)
		return rc_fail(err, -EINVAL, "managedFieldsManagers is not supported");
	rule->group = copy_text(arena, json, "group");
	rule->kind = copy_text(arena, json, "kind");
	rule->name = copy_text(arena, json, "name");
	rule->name_space = copy_text(arena, json, "namespace");
	rule->paths = rc_arena_alloc(arena, (n + 1) * sizeof(*rule->paths));
	json_array_foreach (pointers, i, item)
		if (r == 0)
			r = parse_pointer(arena, json_string_value(item) ?: "",
					  &rule->paths[rule->n_paths++], err);
	json_array_foreach (expressions, i, item)
		if (r == 0)
			r = parse_jq(arena, json_string_value(item) ?: "",
				     &rule->paths[rule->n_paths++], err);
	return r;
}

int rc_ignore_compile(const json_t *list, struct rc_ignore **ret_ignore, struct rc_error **err)
{
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	json_t *item;
	size_t i;

	*ret_ignore = NULL;
	if (json_array_size(list) == 0)
		return 0;
	ignore = rc_new0(struct rc_ignore);
	ignore->arena = rc_arena_new(0);
	ignore->rules =
		rc_arena_alloc(ignore->arena, json_array_size(list) * sizeof(*ignore->rules));
	json_array_foreach (list, i, item) {
		int r = compile_rule(ignore->arena, item, &ignore->rules[ignore->n++], err);

		if (r < 0)
			return rc_wrap(err, r, "ignoreDifferences[%zu]", i);
	}
	*ret_ignore = rc_steal(&ignore);
	return 0;
}

void rc_ignore_free(struct rc_ignore *ignore)
{
	if (!ignore)
		return;
	rc_arena_free(ignore->arena);
	free(ignore);
}

/* ---- which object ---- */

static bool matches(const struct rule *rule, const struct rc_kube_key *key)
{
	return fnmatch(rule->group, key->group, 0) == 0 && fnmatch(rule->kind, key->kind, 0) == 0 &&
	       (!*rule->name || strcmp(rule->name, key->name) == 0) &&
	       (!*rule->name_space || strcmp(rule->name_space, key->name_space) == 0);
}

bool rc_ignore_concerns(const struct rc_ignore *ignore, const json_t *object)
{
	rc_autofree struct rc_kube_key *key = NULL;

	if (!ignore || rc_kube_object_get_key(object, &key, NULL) < 0)
		return false;
	for (size_t i = 0; i < ignore->n; i++)
		if (matches(&ignore->rules[i], key))
			return true;
	return false;
}

/* ---- walking ---- */

/* live is the same place in the other object, or NULL: take out. */
static void walk(json_t *json, const json_t *live, const struct step *steps, size_t n, bool keeps);

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

static bool is_selected(const json_t *element, const struct step *step)
{
	return rc_text_equal(rc_json_text(element, step->key, NULL), step->value);
}

static void end_at_element(json_t *list, size_t i, const json_t *live, bool keeps)
{
	if (keeps && live)
		json_array_set_new(list, i, json_deep_copy(live));
	else
		json_array_remove(list, i);
}

static void walk_each(json_t *json, const json_t *live, const struct step *steps, size_t n,
		      bool keeps)
{
	const struct step *select = n > 1 && steps[1].kind == STEP_SELECT ? &steps[1] : NULL;
	size_t used = select ? 2 : 1;
	const char *key;
	json_t *value;
	void *next;

	if (json_is_object(json)) {
		json_object_foreach_safe (json, next, key, value)
			walk(value, json_object_get(live, key), steps + 1, n - 1, keeps);
		return;
	}
	for (size_t i = json_array_size(json); i > 0; i--) {
		json_t *element = json_array_get(json, i - 1);

		if (select && !is_selected(element, select))
			continue;
		if (n > used)
			walk(element, pick(live, element, i - 1), steps + used, n - used, keeps);
		else
			end_at_element(json, i - 1, pick(live, element, i - 1), keeps);
	}
}

static void end_at_key(json_t *json, const json_t *live, const char *key, bool keeps)
{
	json_t *value = keeps ? json_object_get(live, key) : NULL;

	if (value)
		json_object_set_new(json, key, json_deep_copy(value));
	else
		json_object_del(json, key);
}

static void walk_index(json_t *json, const json_t *live, size_t index, const struct step *steps,
		       size_t n, bool keeps)
{
	json_t *value = json_array_get(live, index);

	if (n > 1)
		walk(json_array_get(json, index), value, steps + 1, n - 1, keeps);
	else
		end_at_element(json, index, value, keeps);
}

static bool is_index(const char *key)
{
	return *key && key[strspn(key, "0123456789")] == '\0';
}

static void walk(json_t *json, const json_t *live, const struct step *steps, size_t n, bool keeps)
{
	const struct step *step = steps;

	if (!json || n == 0)
		return;
	switch (step->kind) {
	case STEP_KEY_OR_INDEX:
		if (json_is_array(json)) {
			if (is_index(step->key))
				walk_index(json, live, strtoul(step->key, NULL, 10), steps, n,
					   keeps);
			return;
		}
		__attribute__((fallthrough));
	case STEP_KEY:
		if (!json_is_object(json))
			return;
		if (n == 1)
			end_at_key(json, live, step->key, keeps);
		else
			walk(json_object_get(json, step->key), json_object_get(live, step->key),
			     steps + 1, n - 1, keeps);
		return;
	case STEP_INDEX:
		walk_index(json, live, step->index, steps, n, keeps);
		return;
	case STEP_EACH:
		walk_each(json, live, steps, n, keeps);
		return;
	case STEP_SELECT:
		if (is_selected(json, step))
			walk(json, live, steps + 1, n - 1, keeps);
		return;
	}
}

static void apply(const struct rc_ignore *ignore, json_t *object, const json_t *live, bool keeps)
{
	rc_autofree struct rc_kube_key *key = NULL;

	if (!ignore || rc_kube_object_get_key(object, &key, NULL) < 0)
		return;
	for (size_t i = 0; i < ignore->n; i++) {
		const struct rule *rule = &ignore->rules[i];

		if (!matches(rule, key))
			continue;
		for (size_t j = 0; j < rule->n_paths; j++)
			walk(object, live, rule->paths[j].steps, rule->paths[j].n, keeps);
	}
}

void rc_ignore_remove(const struct rc_ignore *ignore, json_t *object)
{
	apply(ignore, object, NULL, false);
}

void rc_ignore_keep(const struct rc_ignore *ignore, json_t *object, const json_t *live)
{
	apply(ignore, object, live, true);
}
