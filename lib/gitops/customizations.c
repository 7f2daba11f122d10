/* Reading argocd-cm's keys. */
#include "gitops/customizations.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/glob.h"
#include "data/json.h"
#include "data/yaml.h"

#define PREFIX "resource.customizations"

struct health {
	char *group, *kind;
	struct rc_glob *group_glob, *kind_glob; /* NULL: no patterns */
	char *script;
};

struct rc_customizations {
	struct health *health;
	size_t n_health;
	json_t *ignore;
};

/* ---- reading ---- */

static int read_yaml(const char *key, const char *text, json_t **ret_json, struct rc_error **err)
{
	struct rc_yaml_options options = {.file = key};
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_node *node;
	json_auto_t *json = NULL;
	int r = rc_yaml_parse(arena, rc_str(text), &options, &node, err);

	if (r == 0)
		r = rc_yaml_to_json(node, &json, err);
	if (r == 0 && !json_is_object(json))
		r = rc_fail(err, -EINVAL, "%s: a mapping is wanted", key);
	if (r == 0)
		*ret_json = json_incref(json);
	return r;
}

/* "apps_Deployment", "Service", "argoproj.io_*"; group and kind are the caller's. */
static void split_kind(const char *text, char separator, char **ret_group, char **ret_kind)
{
	const char *at = strchr(text, separator);

	*ret_group = at ? rc_strndup(text, (size_t)(at - text)) : rc_strdup("");
	*ret_kind = rc_strdup(at ? at + 1 : text);
}

static int compile_pattern(const char *text, struct rc_glob **ret_glob, struct rc_error **err)
{
	return strpbrk(text, "*?[{") ? rc_glob_compile(rc_str(text), '\0', ret_glob, err) : 0;
}

static int add_health(struct rc_customizations *all, const char *kind, char separator,
		      const char *script, struct rc_error **err)
{
	struct health *health;
	int r;

	all->health = rc_realloc(all->health, (all->n_health + 1) * sizeof(*all->health));
	health = &all->health[all->n_health++];
	*health = (struct health){.script = rc_strdup(script)};
	split_kind(kind, separator, &health->group, &health->kind);
	r = compile_pattern(health->group, &health->group_glob, err);
	return r < 0 ? r : compile_pattern(health->kind, &health->kind_glob, err);
}

static int add_ignore(struct rc_customizations *all, const char *kind, char separator,
		      const json_t *what, struct rc_error **err)
{
	static const char *const known[] = {"jsonPointers", "jqPathExpressions",
					    "managedFieldsManagers"};
	rc_autofree char *group = NULL, *name = NULL;
	const char *key;
	json_t *value, *rule;

	if (strcmp(kind, "all") == 0 || strcmp(kind, "*/*") == 0) {
		group = rc_strdup("*");
		name = rc_strdup("*");
	} else {
		split_kind(kind, separator, &group, &name);
	}
	rule = json_pack("{s:s, s:s}", "group", group, "kind", name);
	json_array_append_new(all->ignore, rule);
	json_object_foreach ((json_t *)(uintptr_t)what, key, value) {
		bool is_known = false;

		for (size_t i = 0; i < RC_ARRAY_SIZE(known); i++)
			is_known = is_known || strcmp(known[i], key) == 0;
		if (!is_known || !json_is_array(value))
			return rc_fail(err, -EINVAL,
				       "'%s' is none of the lists jsonPointers, jqPathExpressions, "
				       "managedFieldsManagers",
				       key);
		json_object_set(rule, key, value);
	}
	return 0;
}

static int read_ignore(struct rc_customizations *all, const char *key, const char *kind,
		       char separator, const char *text, struct rc_error **err)
{
	json_auto_t *json = NULL;
	int r = read_yaml(key, text, &json, err);

	return r < 0 ? r : add_ignore(all, kind, separator, json, err);
}

/* {"group/kind": {health.lua: ..., ignoreDifferences: ...}} */
static int read_old_form(struct rc_customizations *all, const char *key, const char *text,
			 struct rc_error **err)
{
	json_auto_t *json = NULL;
	const char *kind, *script, *ignore;
	json_t *what;
	int r = read_yaml(key, text, &json, err);

	if (r < 0)
		return r;
	json_object_foreach (json, kind, what) {
		script = rc_json_text(what, "health.lua", NULL);
		ignore = rc_json_text(what, "ignoreDifferences", NULL);
		if (script)
			r = add_health(all, kind, '/', script, err);
		if (r == 0 && ignore)
			r = read_ignore(all, key, kind, '/', ignore, err);
		if (r < 0)
			return rc_wrap(err, r, "%s", kind);
	}
	return 0;
}

static int read_compare_options(struct rc_customizations *all, const char *key, const char *text,
				struct rc_error **err)
{
	json_auto_t *json = NULL, *what = NULL;
	int r = read_yaml(key, text, &json, err);

	if (r < 0 || !json_is_true(json_object_get(json, "ignoreAggregatedRoles")))
		return r;
	what = json_pack("{s:[s]}", "jqPathExpressions",
			 "if .aggregationRule then .rules else empty end");
	return add_ignore(all, "rbac.authorization.k8s.io_ClusterRole", '_', what, err);
}

static bool has_no_effect(const char *rest)
{
	static const char *const known[] = {"useOpenLibs.", "ignoreResourceUpdates.",
					    "knownTypeFields.", "actions."};

	for (size_t i = 0; i < RC_ARRAY_SIZE(known); i++)
		if (rc_text_has_prefix(rest, known[i]))
			return true;
	return false;
}

static int read_entry(struct rc_customizations *all, const char *key, const char *text,
		      struct rc_error **err)
{
	const char *rest = key + strlen(PREFIX) + 1;

	if (strcmp(key, "resource.compareoptions") == 0)
		return read_compare_options(all, key, text, err);
	if (strcmp(key, PREFIX) == 0)
		return read_old_form(all, key, text, err);
	if (!rc_text_has_prefix(key, PREFIX ".")) {
		rc_fail(err, -EINVAL, "there is no such key");
		rc_hint(err, "keys are those of Argo CD, such as " PREFIX ".health.<group>_<kind>");
		return -EINVAL;
	}
	if (rc_text_has_prefix(rest, "health."))
		return add_health(all, rest + strlen("health."), '_', text, err);
	if (rc_text_has_prefix(rest, "ignoreDifferences."))
		return read_ignore(all, key, rest + strlen("ignoreDifferences."), '_', text, err);
	if (has_no_effect(rest))
		return 0;
	rc_fail(err, -EINVAL, "there is no such key");
	rc_hint(err, "below " PREFIX " there are health, ignoreDifferences, useOpenLibs, "
		     "ignoreResourceUpdates, knownTypeFields and actions");
	return -EINVAL;
}

int rc_customizations_parse(const json_t *entries, struct rc_customizations **ret_customizations,
			    struct rc_error **err)
{
	rc_cleanup(rc_customizations_freep) struct rc_customizations *all =
		rc_new0(struct rc_customizations);
	const char *key;
	json_t *text;

	all->ignore = json_array();
	json_object_foreach ((json_t *)(uintptr_t)entries, key, text) {
		int r = read_entry(all, key, json_string_value(text) ?: "", err);

		if (r < 0)
			return rc_wrap(err, r, "%s", key);
	}
	*ret_customizations = rc_steal(&all);
	return 0;
}

void rc_customizations_free(struct rc_customizations *customizations)
{
	if (!customizations)
		return;
	for (size_t i = 0; i < customizations->n_health; i++) {
		struct health *health = &customizations->health[i];

		rc_glob_free(health->group_glob);
		rc_glob_free(health->kind_glob);
		free(health->group);
		free(health->kind);
		free(health->script);
	}
	free(customizations->health);
	json_decref(customizations->ignore);
	free(customizations);
}

/* ---- asking ---- */

static bool matches(const char *text, struct rc_glob *glob, const char *name)
{
	return glob ? rc_glob_match(glob, rc_str(name)) : strcmp(text, name) == 0;
}

const char *rc_customizations_find_health(const struct rc_customizations *customizations,
					  const char *group, const char *kind)
{
	const char *found = NULL;

	for (size_t i = 0; customizations && i < customizations->n_health; i++) {
		const struct health *health = &customizations->health[i];

		if (!matches(health->group, health->group_glob, group) ||
		    !matches(health->kind, health->kind_glob, kind))
			continue;
		if (!health->group_glob && !health->kind_glob)
			return health->script;
		found = found ? found : health->script;
	}
	return found;
}

const json_t *rc_customizations_get_ignore(const struct rc_customizations *customizations)
{
	return customizations ? customizations->ignore : NULL;
}
