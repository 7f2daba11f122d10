/* A chart with its subcharts. */
#include "helm/chart.h"

#include <errno.h>
#include <string.h>

#include "helm/archive.h"
#include "helm/decode.h"
#include "helm/value.h"

#define NESTING_MAX 32 /* archives in archives: no chart needs more */

/* The files of one entry of charts/. */
struct group {
	struct rc_str name;
	struct rc_helm_files files;
	struct group *next;
};

struct loading {
	struct rc_arena *arena;
	struct rc_helm_warnings *warnings;
	struct rc_helm_chart *chart;
	struct group *groups, **tail;
	int nesting;
};

static int load(struct loading *outer, const struct rc_helm_files *files,
		struct rc_helm_chart **ret, struct rc_error **err);

static bool has_suffix(struct rc_str name, const char *suffix)
{
	return rc_str_has_suffix(name, rc_str(suffix));
}

static struct rc_helm_metadata *metadata_of(struct loading *loading)
{
	struct rc_helm_chart *chart = loading->chart;

	if (!chart->metadata)
		chart->metadata = rc_arena_new0(loading->arena, struct rc_helm_metadata);
	return chart->metadata;
}

/* One clause in front of a message that is shown as a whole. */
static int wrap(struct loading *loading, struct rc_error **err, int r, const char *what)
{
	char *text = err ? rc_arena_printf(loading->arena, "%s: %s", what, (*err)->message) : NULL;

	return text ? rc_fail(err, r, "%s", text) : r;
}

static int load_metadata(struct loading *loading, const struct rc_helm_files *files,
			 struct rc_error **err)
{
	for (size_t i = 0; i < files->n; i++) {
		struct rc_helm_metadata *metadata;
		int r;

		if (!rc_str_is(files->at[i].name, "Chart.yaml"))
			continue;
		metadata = metadata_of(loading);
		r = rc_helm_metadata_parse(loading->arena, files->at[i].bytes, metadata, err);
		if (r < 0)
			return wrap(loading, err, r, "cannot load Chart.yaml");
		if (metadata->api_version.n == 0)
			metadata->api_version = RC_STR("v1");
	}
	return 0;
}

static int load_lock(struct loading *loading, const struct rc_helm_file *file,
		     struct rc_error **err)
{
	static const struct rc_helm_decode_field fields[] = {
		{NULL, RC_HELM_DECODE_TEXT, 0, 0, NULL}};
	static const struct rc_helm_decode_struct target = {"Lock", "chart.Lock", 0, fields};
	int r = rc_helm_decode_text(loading->arena, file->bytes, &target, NULL, err);

	return r < 0 ? wrap(loading, err, r,
			    rc_arena_printf(loading->arena, "cannot load %.*s", (int)file->name.n,
					    file->name.p))
		     : 0;
}

static int load_values(struct loading *loading, const struct rc_helm_file *file,
		       struct rc_error **err)
{
	int r = rc_helm_value_parse_table(loading->arena, file->bytes, &loading->chart->values,
					  err);

	return r < 0 ? wrap(loading, err, r, "cannot load values.yaml") : 0;
}

/* requirements.yaml and its lock: Helm 2's, read all the same. */
static int load_requirements(struct loading *loading, const struct rc_helm_file *file,
			     struct rc_error **err)
{
	struct rc_helm_metadata *metadata = metadata_of(loading);
	bool is_lock = has_suffix(file->name, ".lock");
	bool is_v1 = rc_str_is(metadata->api_version, "v1");
	int r;

	if (!is_v1 && is_lock)
		rc_helm_warning_add(
			loading->warnings, "load.go:138",
			"Warning: Dependency locking is handled in Chart.lock since apiVersion "
			"\"v2\". We recommend migrating to Chart.lock.");
	else if (!is_v1)
		rc_helm_warning_add(
			loading->warnings, "load.go:120",
			"Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". "
			"We recommend migrating dependencies to Chart.yaml.");
	if (is_lock) {
		r = load_lock(loading, file, err);
	} else {
		r = rc_helm_metadata_parse(loading->arena, file->bytes, metadata, err);
		if (r < 0)
			wrap(loading, err, r, "cannot load requirements.yaml");
	}
	if (r < 0 || !is_v1)
		return r;
	return rc_helm_file_add(&loading->chart->files, file->name, file->bytes, err);
}

static int load_below_charts(struct loading *loading, const struct rc_helm_file *file,
			     struct rc_error **err)
{
	struct rc_str name = {file->name.p + 7, file->name.n - 7};
	ptrdiff_t slash = rc_str_index(name, '/');
	struct rc_str first = {name.p, slash < 0 ? name.n : (size_t)slash};
	struct group *group = loading->groups;

	if (has_suffix(file->name, ".prov"))
		return rc_helm_file_add(&loading->chart->files, file->name, file->bytes, err);
	while (group && !rc_str_equal(group->name, first))
		group = group->next;
	if (!group) {
		group = rc_arena_new0(loading->arena, struct group);
		group->name = first;
		group->files.arena = loading->arena;
		*loading->tail = group;
		loading->tail = &group->next;
	}
	return rc_helm_file_add(&group->files, name, file->bytes, err);
}

static int load_file(struct loading *loading, const struct rc_helm_file *file,
		     struct rc_error **err)
{
	struct rc_helm_chart *chart = loading->chart;
	struct rc_str name = file->name;

	if (rc_str_is(name, "Chart.yaml"))
		return 0;
	if (rc_str_is(name, "Chart.lock"))
		return load_lock(loading, file, err);
	if (rc_str_is(name, "values.yaml"))
		return load_values(loading, file, err);
	if (rc_str_is(name, "values.schema.json")) {
		chart->schema = rc_helm_schema_new(loading->arena, file->bytes);
		return 0;
	}
	if (rc_str_is(name, "requirements.yaml") || rc_str_is(name, "requirements.lock"))
		return load_requirements(loading, file, err);
	if (rc_str_has_prefix(name, RC_STR("templates/")))
		return rc_helm_file_add(&chart->templates, name, file->bytes, err);
	if (rc_str_has_prefix(name, RC_STR("charts/")))
		return load_below_charts(loading, file, err);
	return rc_helm_file_add(&chart->files, name, file->bytes, err);
}

/* The files of a chart directory below charts/, without the directory's name. */
static void strip_directory(struct group *group)
{
	size_t n = 0;

	for (size_t i = 0; i < group->files.n; i++) {
		struct rc_helm_file *file = &group->files.at[i];
		size_t skip = group->name.n + 1;

		if (file->name.n < skip)
			continue;
		file->name = (struct rc_str){file->name.p + skip, file->name.n - skip};
		group->files.at[n++] = *file;
	}
	group->files.n = n;
}

static int load_group(struct loading *loading, struct group *group, struct rc_helm_chart **ret,
		      struct rc_error **err)
{
	struct rc_helm_files unpacked = {.arena = loading->arena};
	int r;

	if (!has_suffix(group->name, ".tgz")) {
		strip_directory(group);
		return load(loading, &group->files, ret, err);
	}
	r = rc_helm_archive_load(group->files.at[0].bytes, &unpacked, err);
	if (r < 0)
		return r;
	return load(loading, &unpacked, ret, err);
}

static int load_group_named(struct loading *loading, struct group *group, struct rc_error **err)
{
	struct rc_str parent = loading->chart->metadata->name;
	struct rc_str name = group->name;
	struct rc_helm_chart *child;
	int r;

	if (name.n > 0 && (name.p[0] == '_' || name.p[0] == '.'))
		return 0;
	if (has_suffix(name, ".tgz") && !rc_str_equal(group->files.at[0].name, name))
		return rc_fail(err, -EINVAL,
			       "error unpacking subchart tar in %.*s: expected %.*s, got %.*s",
			       (int)parent.n, parent.p, (int)name.n, name.p,
			       (int)group->files.at[0].name.n, group->files.at[0].name.p);
	r = load_group(loading, group, &child, err);
	if (r < 0)
		return wrap(loading, err, r,
			    rc_arena_printf(loading->arena, "error unpacking subchart %.*s in %.*s",
					    (int)name.n, name.p, (int)parent.n, parent.p));
	rc_helm_chart_add(loading->arena, loading->chart, child);
	return 0;
}

static int load(struct loading *outer, const struct rc_helm_files *files,
		struct rc_helm_chart **ret, struct rc_error **err)
{
	struct rc_helm_chart *chart = rc_arena_new0(outer->arena, struct rc_helm_chart);
	struct loading loading = {
		.arena = outer->arena,
		.warnings = outer->warnings,
		.chart = chart,
		.nesting = outer->nesting + 1,
	};
	int r;

	if (loading.nesting > NESTING_MAX)
		return rc_fail(err, -E2BIG, "charts nest deeper than %d levels", NESTING_MAX);
	loading.tail = &loading.groups;
	chart->templates.arena = outer->arena;
	chart->files.arena = outer->arena;
	chart->values = rc_value_nil();
	r = load_metadata(&loading, files, err);
	for (size_t i = 0; i < files->n && r == 0; i++)
		r = load_file(&loading, &files->at[i], err);
	if (r < 0)
		return r;
	if (!chart->metadata)
		return rc_fail(err, -EINVAL, "Chart.yaml file is missing");
	r = rc_helm_metadata_validate(outer->arena, chart->metadata, err);
	for (struct group *group = loading.groups; group && r == 0; group = group->next)
		r = load_group_named(&loading, group, err);
	if (r == 0)
		*ret = chart;
	return r;
}

int rc_helm_chart_load(const struct rc_helm_files *files, struct rc_helm_warnings *warnings,
		       struct rc_helm_chart **ret, struct rc_error **err)
{
	struct loading loading = {.arena = files->arena, .warnings = warnings};

	return load(&loading, files, ret, err);
}

void rc_helm_chart_add(struct rc_arena *arena, struct rc_helm_chart *chart,
		       struct rc_helm_chart *child)
{
	if (chart->n_children == chart->room_children) {
		size_t room = chart->room_children ? chart->room_children * 2 : 4;

		chart->children = rc_arena_grow(arena, chart->children,
						chart->n_children * sizeof(struct rc_helm_chart *),
						room * sizeof(struct rc_helm_chart *));
		chart->room_children = room;
	}
	child->parent = chart;
	chart->children[chart->n_children++] = child;
}

static struct rc_helm_metadata *copy_metadata(struct rc_arena *arena,
					      const struct rc_helm_metadata *metadata)
{
	struct rc_helm_metadata *copy = rc_arena_memdup(arena, metadata, sizeof(*copy));
	size_t n = metadata->n_dependencies;

	copy->dependencies = rc_arena_alloc(arena, (n + 1) * sizeof(struct rc_helm_dependency *));
	for (size_t i = 0; i < n; i++)
		copy->dependencies[i] = rc_arena_memdup(arena, metadata->dependencies[i],
							sizeof(struct rc_helm_dependency));
	return copy;
}

struct rc_helm_chart *rc_helm_chart_copy(struct rc_arena *arena, const struct rc_helm_chart *chart)
{
	struct rc_helm_chart *copy = rc_arena_memdup(arena, chart, sizeof(*copy));

	copy->metadata = copy_metadata(arena, chart->metadata);
	copy->parent = NULL;
	copy->children = NULL;
	copy->n_children = copy->room_children = 0;
	for (size_t i = 0; i < chart->n_children; i++)
		rc_helm_chart_add(arena, copy, rc_helm_chart_copy(arena, chart->children[i]));
	return copy;
}

const char *rc_helm_chart_path(struct rc_arena *arena, const struct rc_helm_chart *chart)
{
	struct rc_str name = chart->metadata->name;

	if (!chart->parent)
		return rc_arena_strndup(arena, name.p, name.n);
	return rc_arena_printf(arena, "%s/charts/%.*s", rc_helm_chart_path(arena, chart->parent),
			       (int)name.n, name.p);
}
