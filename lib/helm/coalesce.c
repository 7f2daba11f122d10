/*
 * Laying values over each other.
 *
 * For each chart, root first: its defaults fill what its table lacks, then each subchart's table
 * (one level down, under the subchart's name) gets the globals and is filled in the same way. A
 * null in the destination deletes the default it meets, once; in a table that belongs to a subchart
 * nulls are kept on the way down, so that they meet the subchart's own default.
 */
#include "helm/coalesce.h"

#include <errno.h>

#include "base/buf.h"
#include "helm/value.h"
#include "template/format.h"

#define PRINTED_MAX ((size_t)64 << 10) /* of a value in a warning */

static const char *join(struct rc_arena *arena, const char *prefix, struct rc_str key)
{
	return rc_arena_printf(arena, "%s%s%.*s", prefix, *prefix ? "." : "", (int)key.n, key.p);
}

static const char *printed(struct rc_arena *arena, struct rc_value value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(PRINTED_MAX);

	rc_value_print(&text, value);
	return rc_arena_strdup(arena, rc_buf_text(&text));
}

static void fill_table(const struct rc_helm_coalesce *coalesce, struct rc_value_map *to,
		       const struct rc_value_map *from, const char *prefix)
{
	for (size_t i = 0; i < from->n; i++) {
		struct rc_str key = from->entries[i].key;
		struct rc_value value = from->entries[i].value;
		struct rc_value *found = rc_value_map_get(to, key);
		const char *path;

		if (!found) {
			rc_value_map_set(coalesce->arena, to, key, value);
			continue;
		}
		if (found->kind == RC_VALUE_NIL && !coalesce->is_merge) {
			rc_value_map_unset(to, key);
			continue;
		}
		if (!rc_helm_value_is_table(value) && !rc_helm_value_is_table(*found))
			continue;
		path = join(coalesce->arena, prefix, key);
		if (rc_helm_value_is_table(value) && rc_helm_value_is_table(*found))
			fill_table(coalesce, found->map, value.map, path);
		else if (rc_helm_value_is_table(value))
			rc_helm_warning_add(
				coalesce->warnings, "coalesce.go:298",
				"warning: cannot overwrite table with non table for %s (%s)", path,
				printed(coalesce->arena, value));
		else if (value.kind != RC_VALUE_NIL)
			rc_helm_warning_add(coalesce->warnings, "coalesce.go:301",
					    "warning: destination for %s is a table. Ignoring "
					    "non-table value (%s)",
					    path, printed(coalesce->arena, value));
	}
}

void rc_helm_coalesce_tables(const struct rc_helm_coalesce *coalesce, struct rc_value destination,
			     struct rc_value source)
{
	fill_table(coalesce, destination.map, source.map, "");
}

static bool is_child(const struct rc_helm_chart *chart, struct rc_str key)
{
	for (size_t i = 0; i < chart->n_children; i++)
		if (rc_str_equal(chart->children[i]->metadata->name, key))
			return true;
	return false;
}

/* The chart's defaults into its table. */
static void fill_defaults(const struct rc_helm_coalesce *coalesce,
			  const struct rc_helm_chart *chart, struct rc_value_map *to,
			  const char *prefix)
{
	struct rc_value defaults = rc_value_copy(coalesce->arena, chart->values);

	if (defaults.kind != RC_VALUE_MAP)
		return;
	for (size_t i = 0; i < defaults.map->n; i++) {
		struct rc_str key = defaults.map->entries[i].key;
		struct rc_value value = defaults.map->entries[i].value;
		struct rc_value *found = rc_value_map_get(to, key);

		if (!found) {
			rc_value_map_set(coalesce->arena, to, key, value);
		} else if (found->kind == RC_VALUE_NIL && !coalesce->is_merge) {
			rc_value_map_unset(to, key);
		} else if (rc_helm_value_is_table(*found) && rc_helm_value_is_table(value)) {
			struct rc_helm_coalesce inner = *coalesce;

			inner.is_merge = inner.is_merge || is_child(chart, key);
			fill_table(&inner, found->map, value.map,
				   join(coalesce->arena, prefix, key));
		} else if (rc_helm_value_is_table(*found) && value.kind != RC_VALUE_NIL) {
			rc_helm_warning_add(coalesce->warnings, "coalesce.go:237",
					    "warning: skipped value for %s.%.*s: Not a table.",
					    prefix, (int)key.n, key.p);
		}
	}
}

static struct rc_value shallow_copy(struct rc_arena *arena, struct rc_value value)
{
	struct rc_value copy = rc_value_map_new(arena, RC_VALUE_ANY, value.map->n);

	for (size_t i = 0; i < value.map->n; i++)
		rc_value_map_set(arena, copy.map, value.map->entries[i].key,
				 value.map->entries[i].value);
	return copy;
}

/* One table of the parent's globals into the child's: the parent wins. */
static void push_global_table(const struct rc_helm_coalesce *coalesce, struct rc_value_map *to,
			      struct rc_str key, struct rc_value value, const char *prefix)
{
	struct rc_helm_coalesce merge = *coalesce;
	struct rc_value *found = rc_value_map_get(to, key);
	struct rc_value copy = shallow_copy(coalesce->arena, value);

	merge.is_merge = true;
	if (found && !rc_helm_value_is_table(*found)) {
		rc_helm_warning_add(coalesce->warnings, "coalesce.go:161",
				    "Conflict: cannot merge map onto non-map for \"%.*s\". "
				    "Skipping.",
				    (int)key.n, key.p);
		return;
	}
	if (found)
		fill_table(&merge, copy.map, found->map, join(coalesce->arena, prefix, key));
	rc_value_map_set(coalesce->arena, to, key, copy);
}

/* The table of globals in a chart's values: an empty one when there is none; NULL: it is no table.
 */
static struct rc_value_map *globals_of(const struct rc_helm_coalesce *coalesce,
				       const struct rc_value_map *values)
{
	const struct rc_value *found = rc_value_map_get(values, RC_STR("global"));

	if (!found)
		return rc_value_map_new(coalesce->arena, RC_VALUE_ANY, 0).map;
	return rc_helm_value_is_table(*found) ? found->map : NULL;
}

static void push_globals(const struct rc_helm_coalesce *coalesce, struct rc_value_map *child,
			 const struct rc_value_map *parent, const char *prefix)
{
	struct rc_value_map *to = globals_of(coalesce, child);
	const struct rc_value_map *from = globals_of(coalesce, parent);

	if (!to || !from) {
		rc_helm_warning_add(coalesce->warnings, to ? "coalesce.go:145" : "coalesce.go:138",
				    "warning: skipping globals because %s global is not a table.",
				    to ? "source" : "destination");
		return;
	}
	for (size_t i = 0; i < from->n; i++) {
		struct rc_str key = from->entries[i].key;
		struct rc_value value = from->entries[i].value;
		const struct rc_value *found = rc_value_map_get(to, key);

		if (rc_helm_value_is_table(value))
			push_global_table(coalesce, to, key, value, prefix);
		else if (found && rc_helm_value_is_table(*found))
			rc_helm_warning_add(coalesce->warnings, "coalesce.go:175",
					    "key %.*s is table. Skipping", (int)key.n, key.p);
		else
			rc_value_map_set(coalesce->arena, to, key, value);
	}
	rc_value_map_set(coalesce->arena, child, RC_STR("global"),
			 (struct rc_value){.kind = RC_VALUE_MAP, .map = to});
}

/* "%!t(float64=5)": what Go's Errorf makes of a verb that does not fit. */
static int fail_mismatch(const struct rc_helm_coalesce *coalesce, struct rc_str name,
			 struct rc_value value, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(PRINTED_MAX);

	(void)coalesce;
	rc_template_format(&text, RC_STR("%t"), &value, 1);
	return rc_fail(err, -EINVAL, "type mismatch on %.*s: %s", (int)name.n, name.p,
		       rc_buf_text(&text));
}

static int fill_chart(const struct rc_helm_coalesce *coalesce, const struct rc_helm_chart *chart,
		      struct rc_value_map *to, const char *prefix, struct rc_error **err)
{
	const char *path = join(coalesce->arena, prefix, chart->metadata->name);

	fill_defaults(coalesce, chart, to, path);
	for (size_t i = 0; i < chart->n_children; i++) {
		const struct rc_helm_chart *child = chart->children[i];
		struct rc_str name = child->metadata->name;
		struct rc_value *found = rc_value_map_get(to, name);
		struct rc_value table;
		int r;

		if (found && !rc_helm_value_is_table(*found))
			return fail_mismatch(coalesce, name, *found, err);
		table = found ? *found : rc_value_map_new(coalesce->arena, RC_VALUE_ANY, 0);
		rc_value_map_set(coalesce->arena, to, name, table);
		push_globals(coalesce, table.map, to, path);
		r = fill_chart(coalesce, child, table.map, path, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int rc_helm_coalesce_values(const struct rc_helm_coalesce *coalesce,
			    const struct rc_helm_chart *chart, struct rc_value values,
			    struct rc_value *ret, struct rc_error **err)
{
	struct rc_value copy = rc_value_copy(coalesce->arena, values);
	int r = fill_chart(coalesce, chart, copy.map, "", err);

	if (r == 0)
		*ret = copy;
	return r;
}
