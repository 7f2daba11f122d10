/* Rules, and the objects they are about. */
#include "gitops/ignore.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/ignore-private.h"
#include "kube/fields.h"
#include "kube/object.h"

struct rule {
	const char *group, *kind, *name, *name_space;
	struct ignore_path *paths;
	const char **programs, **managers;
	size_t n_paths, n_programs, n_managers;
};

struct rc_ignore {
	struct rc_arena *arena;
	struct rule *rules;
	size_t n;
};

/* ---- compiling ---- */

static const char *copy_text(struct rc_arena *arena, const json_t *rule, const char *key)
{
	const char *text = rc_json_text(rule, key, NULL);

	return rc_arena_strdup(arena, text ? text : "");
}

/* What is no plain path is a program; whether it is one at all the worker says. */
static int compile_expression(struct rc_arena *arena, const char *text, struct rule *rule,
			      struct rc_error **err)
{
	struct rc_error *why = NULL;
	struct ignore_path path;

	if (text[strspn(text, " \t\r\n.")] == '\0')
		return rc_fail(err, -EINVAL, "jqPathExpressions: '%s' names the whole object",
			       text);
	if (rc_ignore_path_parse(arena, text, &path, &why) == 0)
		rule->paths[rule->n_paths++] = path;
	else
		rule->programs[rule->n_programs++] = rc_arena_strdup(arena, text);
	rc_error_free(why);
	return 0;
}

static int compile_rule(struct rc_arena *arena, const json_t *json, struct rule *rule,
			struct rc_error **err)
{
	const json_t *pointers = json_object_get(json, "jsonPointers");
	const json_t *expressions = json_object_get(json, "jqPathExpressions");
	const json_t *managers = json_object_get(json, "managedFieldsManagers");
	size_t n = json_array_size(pointers) + json_array_size(expressions), i;
	json_t *item;
	int r = 0;

	rule->group = copy_text(arena, json, "group");
	rule->kind = copy_text(arena, json, "kind");
	rule->name = copy_text(arena, json, "name");
	rule->name_space = copy_text(arena, json, "namespace");
	rule->paths = rc_arena_alloc(arena, (n + 1) * sizeof(*rule->paths));
	rule->programs = rc_arena_alloc(arena, (n + 1) * sizeof(*rule->programs));
	rule->managers =
		rc_arena_alloc(arena, (json_array_size(managers) + 1) * sizeof(*rule->managers));
	json_array_foreach (pointers, i, item)
		if (r == 0)
			r = rc_ignore_path_parse_pointer(arena, json_string_value(item) ?: "",
							 &rule->paths[rule->n_paths++], err);
	json_array_foreach (expressions, i, item)
		if (r == 0)
			r = compile_expression(arena, json_string_value(item) ?: "", rule, err);
	json_array_foreach (managers, i, item)
		rule->managers[rule->n_managers++] =
			rc_arena_strdup(arena, json_string_value(item) ?: "");
	return r;
}

int rc_ignore_compile(const json_t *common, const json_t *own, struct rc_ignore **ret_ignore,
		      struct rc_error **err)
{
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	size_t n_common = json_array_size(common), n = n_common + json_array_size(own);

	*ret_ignore = NULL;
	if (n == 0)
		return 0;
	ignore = rc_new0(struct rc_ignore);
	ignore->arena = rc_arena_new(0);
	ignore->rules = rc_arena_alloc(ignore->arena, n * sizeof(*ignore->rules));
	while (ignore->n < n) {
		size_t i = ignore->n++;
		const json_t *json = i < n_common ? json_array_get(common, i)
						  : json_array_get(own, i - n_common);
		int r = compile_rule(ignore->arena, json, &ignore->rules[i], err);

		if (r < 0 && i < n_common)
			return rc_wrap(err, r, "customizations, ignoreDifferences of %s/%s",
				       ignore->rules[i].group, ignore->rules[i].kind);
		if (r < 0)
			return rc_wrap(err, r, "ignoreDifferences[%zu]", i - n_common);
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

/* The next rule about an object, from *at on, or NULL. */
static const struct rule *next_rule(const struct rc_ignore *ignore, const struct rc_kube_key *key,
				    size_t *at)
{
	while (ignore && *at < ignore->n) {
		const struct rule *rule = &ignore->rules[(*at)++];

		if (matches(rule, key))
			return rule;
	}
	return NULL;
}

bool rc_ignore_concerns(const struct rc_ignore *ignore, const json_t *object)
{
	rc_autofree struct rc_kube_key *key = NULL;
	size_t at = 0;

	return ignore && rc_kube_object_get_key(object, &key, NULL) == 0 &&
	       next_rule(ignore, key, &at) != NULL;
}

json_t *rc_ignore_list_programs(const struct rc_ignore *ignore, const struct rc_kube_key *key)
{
	const struct rule *rule;
	json_t *programs = NULL;
	size_t at = 0;

	while ((rule = next_rule(ignore, key, &at)))
		for (size_t i = 0; i < rule->n_programs; i++) {
			if (!programs)
				programs = json_array();
			json_array_append_new(programs, json_string(rule->programs[i]));
		}
	return programs;
}

void rc_ignore_each_manager(const struct rc_ignore *ignore,
			    void (*fn)(void *userdata, const char *manager), void *userdata)
{
	for (size_t i = 0; ignore && i < ignore->n; i++)
		for (size_t j = 0; j < ignore->rules[i].n_managers; j++)
			fn(userdata, ignore->rules[i].managers[j]);
}

/* ---- what is done about it ---- */

static bool is_replicas_ignored(const struct rc_ignore_view *view, const json_t *desired,
				const json_t *live)
{
	const json_t *a = rc_json_get(desired, "spec", "replicas", NULL);
	const json_t *b = rc_json_get(live, "spec", "replicas", NULL);

	return view->is_scaled && a && !(json_is_integer(a) && json_integer_value(a) == 0) &&
	       !(json_is_integer(b) && json_integer_value(b) == 0);
}

static const struct ignore_step replicas[] = {
	{.kind = IGNORE_STEP_KEY, .key = "spec"},
	{.kind = IGNORE_STEP_KEY, .key = "replicas"},
};
static const struct ignore_path replicas_path = {replicas, RC_ARRAY_SIZE(replicas)};

bool rc_ignore_view_concerns(const struct rc_ignore_view *view, const json_t *object)
{
	return view && (view->is_scaled || rc_ignore_concerns(view->ignore, object));
}

/* paths come from the end to the beginning, so that places in lists stay true. */
static void walk_found(const json_t *paths, json_t *object, const json_t *live, enum ignore_how how)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = NULL;
	json_t *json;
	size_t i;

	if (json_array_size(paths) == 0)
		return;
	arena = rc_arena_new(0);
	json_array_foreach (paths, i, json) {
		struct ignore_path path = rc_ignore_path_take(arena, json);

		rc_ignore_path_walk(&path, object, live, how);
	}
}

static void walk_rules(const struct rc_ignore *ignore, json_t *object, const json_t *live,
		       enum ignore_how how)
{
	rc_autofree struct rc_kube_key *key = NULL;
	const struct rule *rule;
	size_t at = 0;

	if (!ignore || rc_kube_object_get_key(object, &key, NULL) < 0)
		return;
	while ((rule = next_rule(ignore, key, &at)))
		for (size_t i = 0; i < rule->n_paths; i++)
			rc_ignore_path_walk(&rule->paths[i], object, live, how);
}

static void remove_managed(const struct rc_ignore *ignore, json_t *desired, json_t *live)
{
	rc_autofree struct rc_kube_key *key = NULL;
	const struct rule *rule;
	size_t at = 0;

	if (!ignore || rc_kube_object_get_key(live, &key, NULL) < 0)
		return;
	while ((rule = next_rule(ignore, key, &at)))
		for (size_t i = 0; i < rule->n_managers; i++) {
			const json_t *fields;
			size_t entry = 0;

			while ((fields =
					rc_kube_fields_next(live, rule->managers[i], NULL, &entry)))
				rc_ignore_managers_remove(desired, live, fields);
		}
}

void rc_ignore_remove(const struct rc_ignore_view *view, json_t *desired, json_t *live)
{
	bool scaled;

	if (!view)
		return;
	scaled = is_replicas_ignored(view, desired, live);
	remove_managed(view->ignore, desired, live);
	walk_found(view->desired_paths, desired, NULL, IGNORE_REMOVE);
	walk_found(view->live_paths, live, NULL, IGNORE_REMOVE);
	walk_rules(view->ignore, desired, NULL, IGNORE_REMOVE);
	walk_rules(view->ignore, live, NULL, IGNORE_REMOVE);
	if (!scaled)
		return;
	rc_ignore_path_walk(&replicas_path, desired, NULL, IGNORE_REMOVE);
	rc_ignore_path_walk(&replicas_path, live, NULL, IGNORE_REMOVE);
}

static void keep_managed(const struct rc_ignore *ignore, json_t *object, const json_t *live,
			 enum ignore_how how)
{
	rc_autofree struct rc_kube_key *key = NULL;
	const struct rule *rule;
	size_t at = 0;

	if (!ignore || rc_kube_object_get_key(object, &key, NULL) < 0)
		return;
	while ((rule = next_rule(ignore, key, &at)))
		for (size_t i = 0; i < rule->n_managers; i++) {
			const json_t *fields;
			size_t entry = 0;

			while ((fields =
					rc_kube_fields_next(live, rule->managers[i], NULL, &entry)))
				rc_ignore_managers_keep(object, live, fields, how);
		}
}

/* Places in live's lists are not places in ours: only paths without any are walked from there. */
static void keep_found(const struct rc_ignore_view *view, json_t *object, const json_t *live,
		       enum ignore_how how)
{
	json_auto_t *others = json_array();
	json_t *path, *step;
	size_t i, j;

	walk_found(view->desired_paths, object, live, how);
	json_array_foreach (view->live_paths, i, path) {
		bool is_plain = true;

		json_array_foreach (path, j, step)
			is_plain = is_plain && json_is_string(step);
		if (is_plain)
			json_array_append(others, path);
	}
	walk_found(others, object, live, how);
}

void rc_ignore_keep(const struct rc_ignore_view *view, json_t *object, const json_t *live,
		    bool is_whole)
{
	enum ignore_how how = is_whole ? IGNORE_KEEP_WHOLE : IGNORE_KEEP;
	bool scaled;

	if (!view)
		return;
	scaled = is_replicas_ignored(view, object, live);
	keep_managed(view->ignore, object, live, how);
	keep_found(view, object, live, how);
	walk_rules(view->ignore, object, live, how);
	if (scaled)
		rc_ignore_path_walk(&replicas_path, object, live, how);
}
