/* Which subcharts take part. */
#include "helm/dependency.h"

#include <errno.h>

#include "base/buf.h"
#include "data/quote.h"
#include "data/semver.h"
#include "helm/coalesce.h"
#include "helm/value.h"

struct run {
	struct rc_arena *arena;
	struct rc_helm_warnings *warnings;
	struct rc_error **err;
};

int rc_helm_dependency_check(struct rc_arena *arena, const struct rc_helm_chart *chart,
			     struct rc_error **err)
{
	const struct rc_helm_metadata *metadata = chart->metadata;
	const char *missing = NULL;

	for (size_t i = 0; i < metadata->n_dependencies; i++) {
		struct rc_str name = metadata->dependencies[i]->name;
		bool found = false;

		for (size_t j = 0; j < chart->n_children && !found; j++)
			found = rc_str_equal(chart->children[j]->metadata->name, name);
		if (!found)
			missing = rc_arena_printf(arena, "%s%s%.*s", missing ? missing : "",
						  missing ? ", " : "", (int)name.n, name.p);
	}
	if (!missing)
		return 0;
	return rc_fail(err, -EINVAL,
		       "An error occurred while checking for chart dependencies. You may need to "
		       "run `helm dependency build` to fetch missing dependencies: found in "
		       "Chart.yaml, but missing in charts/ directory: %s",
		       missing);
}

static bool is_compatible(struct rc_str constraint, struct rc_str version)
{
	struct rc_semver parsed;
	bool matches = false;

	return rc_semver_parse(version, &parsed) == 0 &&
	       rc_semver_matches(constraint, &parsed, &matches, NULL) == 0 && matches;
}

static bool fits(const struct rc_helm_dependency *dependency, const struct rc_helm_chart *chart)
{
	return rc_str_equal(chart->metadata->name, dependency->name) &&
	       is_compatible(dependency->version, chart->metadata->version);
}

/*
 * The subcharts in the order they are worked on: first those that no entry of the list fits, then
 * per entry a copy of the first that does, under the alias. What lies below a copy stays shared, as
 * in Helm.
 */
static void select_children(struct run *run, struct rc_helm_chart *chart)
{
	const struct rc_helm_metadata *metadata = chart->metadata;
	struct rc_helm_chart old = *chart;

	chart->children = NULL;
	chart->n_children = chart->room_children = 0;
	for (size_t i = 0; i < old.n_children; i++) {
		bool is_listed = false;

		for (size_t j = 0; j < metadata->n_dependencies && !is_listed; j++)
			is_listed = fits(metadata->dependencies[j], old.children[i]);
		if (!is_listed)
			rc_helm_chart_add(run->arena, chart, old.children[i]);
	}
	for (size_t j = 0; j < metadata->n_dependencies; j++) {
		struct rc_helm_dependency *dependency = metadata->dependencies[j];
		struct rc_helm_chart *copy = NULL;

		for (size_t i = 0; i < old.n_children && !copy; i++)
			if (fits(dependency, old.children[i]))
				copy = rc_arena_memdup(run->arena, old.children[i], sizeof(*copy));
		if (copy) {
			copy->metadata = rc_arena_memdup(run->arena, copy->metadata,
							 sizeof(*copy->metadata));
			if (dependency->alias.n > 0)
				copy->metadata->name = dependency->alias;
			/* Adding to the copy must not write into the original's list. */
			copy->room_children = copy->n_children;
			rc_helm_chart_add(run->arena, chart, copy);
		}
		if (dependency->alias.n > 0)
			dependency->name = dependency->alias;
	}
}

/* The value at a dotted path, the last step of which is no table; NULL: there is none. */
static const struct rc_value *path_value(struct rc_value values, struct rc_str path)
{
	const struct rc_value *found = &values;

	for (;;) {
		ptrdiff_t dot = rc_str_index(path, '.');
		struct rc_str key = {path.p, dot < 0 ? path.n : (size_t)dot};

		if (!rc_helm_value_is_table(*found))
			return NULL;
		found = rc_value_map_get(found->map, key);
		if (!found)
			return NULL;
		if (dot < 0)
			return rc_helm_value_is_table(*found) ? NULL : found;
		path = (struct rc_str){path.p + dot + 1, path.n - (size_t)dot - 1};
	}
}

static void apply_tags(struct run *run, struct rc_helm_dependency *dependency,
		       struct rc_value values)
{
	const struct rc_value *tags = rc_value_map_get(values.map, RC_STR("tags"));
	bool has_true = false, has_false = false;

	if (!tags || !rc_helm_value_is_table(*tags) || dependency->tags.kind != RC_VALUE_LIST)
		return;
	for (size_t i = 0; i < dependency->tags.list->n; i++) {
		struct rc_str tag = dependency->tags.list->items[i].text;
		const struct rc_value *value = rc_value_map_get(tags->map, tag);

		if (!value)
			continue;
		if (value->kind == RC_VALUE_BOOL) {
			has_true = has_true || value->truth;
			has_false = has_false || !value->truth;
		} else {
			rc_helm_warning_add(run->warnings, "dependencies.go:94",
					    "Warning: Tag '%.*s' for chart %.*s returned non-bool "
					    "value",
					    (int)tag.n, tag.p, (int)dependency->name.n,
					    dependency->name.p);
		}
	}
	dependency->enabled = has_true || !has_false;
}

/* The first of the comma-separated paths that leads to a bool decides. */
static void apply_condition(struct run *run, struct rc_helm_dependency *dependency,
			    struct rc_value values, const char *prefix)
{
	struct rc_str rest = rc_str_trim(dependency->condition, " \t\n\v\f\r");

	while (rest.n > 0) {
		ptrdiff_t comma = rc_str_index(rest, ',');
		struct rc_str path = {rest.p, comma < 0 ? rest.n : (size_t)comma};
		size_t used = path.n + (comma < 0 ? 0 : 1);
		const struct rc_value *value = NULL;

		if (path.n > 0)
			value = path_value(values,
					   rc_str(rc_arena_printf(run->arena, "%s%.*s", prefix,
								  (int)path.n, path.p)));
		if (value && value->kind == RC_VALUE_BOOL) {
			dependency->enabled = value->truth;
			return;
		}
		if (value)
			rc_helm_warning_add(run->warnings, "dependencies.go:63",
					    "Warning: Condition path '%.*s' for chart %.*s "
					    "returned non-bool value",
					    (int)path.n, path.p, (int)dependency->name.n,
					    dependency->name.p);
		rest = (struct rc_str){rest.p + used, rest.n - used};
	}
}

static bool is_off(const struct rc_helm_metadata *metadata, struct rc_str name)
{
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		if (!metadata->dependencies[i]->enabled &&
		    rc_str_equal(metadata->dependencies[i]->name, name))
			return true;
	return false;
}

/* Drop from the chart's children and list what is off. */
static void drop_disabled(struct run *run, struct rc_helm_chart *chart)
{
	struct rc_helm_metadata *metadata = chart->metadata;
	struct rc_helm_dependency **kept;
	size_t n = 0, n_children = 0;

	for (size_t i = 0; i < chart->n_children; i++)
		if (!is_off(metadata, chart->children[i]->metadata->name))
			chart->children[n_children++] = chart->children[i];
	chart->n_children = n_children;

	/* A copy under another alias shares the list: it gets one of its own. */
	kept = rc_arena_alloc(run->arena,
			      (metadata->n_dependencies + 1) * sizeof(struct rc_helm_dependency *));
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		if (!is_off(metadata, metadata->dependencies[i]->name))
			kept[n++] = metadata->dependencies[i];
	metadata->dependencies = kept;
	metadata->n_dependencies = n;
	metadata->has_dependencies = n > 0;
}

static int enable(struct run *run, struct rc_helm_chart *chart, struct rc_value values,
		  const char *prefix)
{
	struct rc_helm_coalesce coalesce = {.arena = run->arena, .warnings = run->warnings};
	struct rc_helm_metadata *metadata = chart->metadata;
	struct rc_value all;
	int r;

	if (!metadata->has_dependencies)
		return 0;
	select_children(run, chart);
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		metadata->dependencies[i]->enabled = true;
	r = rc_helm_coalesce_values(&coalesce, chart, values, &all, run->err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		apply_tags(run, metadata->dependencies[i], all);
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		apply_condition(run, metadata->dependencies[i], all, prefix);
	drop_disabled(run, chart);
	for (size_t i = 0; i < chart->n_children && r == 0; i++) {
		struct rc_str name = chart->children[i]->metadata->name;

		r = enable(run, chart->children[i], all,
			   rc_arena_printf(run->arena, "%s%.*s.", prefix, (int)name.n, name.p));
	}
	return r;
}

/* The table at a dotted path; *ret_missing is the step that is none. */
static const struct rc_value *table_at(struct rc_value values, struct rc_str path,
				       struct rc_value *held, struct rc_str *ret_missing)
{
	*held = values;
	for (;;) {
		ptrdiff_t dot = rc_str_index(path, '.');
		struct rc_str key = {path.p, dot < 0 ? path.n : (size_t)dot};
		const struct rc_value *found = rc_value_map_get(held->map, key);

		*ret_missing = key;
		if (!found || !rc_helm_value_is_table(*found))
			return NULL;
		*held = *found;
		if (dot < 0)
			return held;
		path = (struct rc_str){path.p + dot + 1, path.n - (size_t)dot - 1};
	}
}

/* {a: {b: table}} for the path a.b; "." is the table itself. */
static struct rc_value wrap_in_path(struct run *run, struct rc_str path, struct rc_value table)
{
	if (rc_str_is(path, "."))
		return table;
	for (;;) {
		const char *dot = memrchr(path.p, '.', path.n);
		size_t at = dot ? (size_t)(dot - path.p) + 1 : 0;
		struct rc_value outer = rc_value_map_new(run->arena, RC_VALUE_ANY, 1);

		rc_value_map_set(run->arena, outer.map, (struct rc_str){path.p + at, path.n - at},
				 table);
		table = outer;
		if (!dot)
			return table;
		path.n = at - 1;
	}
}

static void warn_missing(struct run *run, struct rc_str chart, bool is_pair, struct rc_str key)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&quoted, key, false);
	if (is_pair)
		rc_helm_warning_add(run->warnings, "dependencies.go:269",
				    "Warning: ImportValues missing table from chart %.*s: %s is "
				    "not a table",
				    (int)chart.n, chart.p, rc_buf_text(&quoted));
	else
		rc_helm_warning_add(run->warnings, "dependencies.go:286",
				    "Warning: ImportValues missing table: %s is not a table",
				    rc_buf_text(&quoted));
}

static const struct rc_value *text_of(struct rc_value map, const char *key)
{
	const struct rc_value *found = rc_value_map_get(map.map, rc_str(key));

	return found && found->kind == RC_VALUE_STRING ? found : NULL;
}

static int import_one(struct run *run, const struct rc_helm_dependency *dependency,
		      struct rc_value entry, struct rc_value values, struct rc_value imported)
{
	struct rc_helm_coalesce merge = {
		.arena = run->arena, .warnings = run->warnings, .is_merge = true};
	bool is_pair = entry.kind == RC_VALUE_MAP;
	struct rc_str child, parent = RC_STR("."), missing;
	struct rc_value table;

	if (is_pair) {
		const struct rc_value *child_text = text_of(entry, "child");
		const struct rc_value *parent_text = text_of(entry, "parent");

		if (!child_text || !parent_text)
			return rc_fail(run->err, -EINVAL,
				       "dependency %.*s: an entry of import-values needs the texts "
				       "'child' and 'parent'",
				       (int)dependency->name.n, dependency->name.p);
		child = child_text->text;
		parent = parent_text->text;
	} else if (entry.kind == RC_VALUE_STRING) {
		child = rc_str(rc_arena_printf(run->arena, "exports.%.*s", (int)entry.text.n,
					       entry.text.p));
	} else {
		return 0;
	}
	child = rc_str(rc_arena_printf(run->arena, "%.*s.%.*s", (int)dependency->name.n,
				       dependency->name.p, (int)child.n, child.p));
	if (!table_at(values, child, &table, &missing)) {
		warn_missing(run, dependency->name, is_pair, missing);
		return 0;
	}
	rc_helm_coalesce_tables(&merge, imported, wrap_in_path(run, parent, table));
	return 0;
}

/* Bottom-up: what children export becomes part of the parent's defaults, where it has none. */
static int import_values(struct run *run, struct rc_helm_chart *chart)
{
	struct rc_helm_coalesce merge = {
		.arena = run->arena, .warnings = run->warnings, .is_merge = true};
	struct rc_value imported = rc_value_map_new(run->arena, RC_VALUE_ANY, 0);
	const struct rc_helm_metadata *metadata = chart->metadata;
	struct rc_value values;
	int r = 0;

	for (size_t i = 0; i < chart->n_children && r == 0; i++)
		r = import_values(run, chart->children[i]);
	if (r < 0 || !metadata->has_dependencies)
		return r;
	r = rc_helm_coalesce_values(&merge, chart, rc_value_map_new(run->arena, RC_VALUE_ANY, 0),
				    &values, run->err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < metadata->n_dependencies; i++) {
		struct rc_helm_dependency *dependency = metadata->dependencies[i];

		if (dependency->import_values.kind != RC_VALUE_LIST)
			continue;
		for (size_t j = 0; j < dependency->import_values.list->n && r == 0; j++)
			r = import_one(run, dependency, dependency->import_values.list->items[j],
				       values, imported);
	}
	if (r < 0)
		return r;
	chart->values = rc_value_copy(run->arena, values);
	rc_helm_coalesce_tables(&merge, chart->values, imported);
	return 0;
}

int rc_helm_dependency_process(struct rc_arena *arena, struct rc_helm_chart *chart,
			       struct rc_value values, struct rc_helm_warnings *warnings,
			       struct rc_error **err)
{
	struct run run = {.arena = arena, .warnings = warnings, .err = err};
	int r = enable(&run, chart, values, "");

	return r < 0 ? r : import_values(&run, chart);
}
