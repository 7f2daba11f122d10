/* The user's values. */
#include "helm/user-values.h"

#include "helm/strvals.h"
#include "helm/value.h"

/* Tables merge, everything else replaces, null too. */
static struct rc_value merge(struct rc_arena *arena, struct rc_value a, struct rc_value b)
{
	struct rc_value out = rc_value_map_new(arena, RC_VALUE_ANY, a.map->n + b.map->n);

	for (size_t i = 0; i < a.map->n; i++)
		rc_value_map_set(arena, out.map, a.map->entries[i].key, a.map->entries[i].value);
	for (size_t i = 0; i < b.map->n; i++) {
		struct rc_value value = b.map->entries[i].value;
		const struct rc_value *found = rc_value_map_get(a.map, b.map->entries[i].key);

		if (found && rc_helm_value_is_table(*found) && rc_helm_value_is_table(value))
			value = merge(arena, *found, value);
		rc_value_map_set(arena, out.map, b.map->entries[i].key, value);
	}
	return out;
}

static int add_files(struct rc_arena *arena, const struct rc_helm_render_options *options,
		     struct rc_value *values, struct rc_error **err)
{
	for (size_t i = 0; i < options->n_values_files; i++) {
		rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
		struct rc_value table;
		int r = rc_helm_value_parse_table(arena, options->values_files[i].text, &table,
						  &cause);

		if (r < 0)
			return rc_fail(err, r, "failed to parse %s: %s",
				       options->values_files[i].name, cause->message);
		if (table.kind == RC_VALUE_MAP)
			*values = merge(arena, *values, table);
	}
	return 0;
}

static const struct {
	enum rc_helm_set_kind kind;
	enum rc_helm_strvals_kind grammar;
	const char *flag;
} kinds[] = {
	{RC_HELM_SET_JSON, RC_HELM_STRVALS_JSON, "--set-json"},
	{RC_HELM_SET_VALUE, RC_HELM_STRVALS_TYPED, "--set"},
	{RC_HELM_SET_STRING, RC_HELM_STRVALS_STRING, "--set-string"},
	{RC_HELM_SET_FILE, RC_HELM_STRVALS_FILE, "--set-file"},
	{RC_HELM_SET_LITERAL, RC_HELM_STRVALS_STRING, "--set-literal"},
};

static int add_set(struct rc_arena *arena, const struct rc_helm_render_options *options,
		   const struct rc_helm_set *set, size_t kind, struct rc_value values,
		   struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	struct rc_helm_strvals strvals = {
		.arena = arena,
		.kind = kinds[kind].grammar,
		.read = options->read_file,
		.read_userdata = options->read_file_userdata,
	};
	struct rc_str text = rc_str(rc_arena_strdup(arena, set->text));
	int r;

	if (set->kind == RC_HELM_SET_LITERAL)
		r = rc_helm_strvals_parse_literal(&strvals, text, values, &cause);
	else
		r = rc_helm_strvals_parse(&strvals, text, values, &cause);
	if (r == 0)
		return 0;
	if (set->kind == RC_HELM_SET_JSON)
		return rc_fail(err, r, "failed parsing --set-json data %s", set->text);
	return rc_fail(err, r, "failed parsing %s data: %s", kinds[kind].flag, cause->message);
}

int rc_helm_user_values_build(struct rc_arena *arena, const struct rc_helm_render_options *options,
			      struct rc_value *ret, struct rc_error **err)
{
	struct rc_value values = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	int r = add_files(arena, options, &values, err);

	for (size_t kind = 0; kind < RC_ARRAY_SIZE(kinds); kind++)
		for (size_t i = 0; i < options->n_sets && r == 0; i++)
			if (options->sets[i].kind == kinds[kind].kind)
				r = add_set(arena, options, &options->sets[i], kind, values, err);
	if (r == 0)
		*ret = values;
	return r;
}
