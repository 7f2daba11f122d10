/* Templates: their order, what they see, and running them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helm/functions.h"
#include "base/memory.h"
#include "base/sort.h"
#include "helm/render-private.h"

/* One template of one chart, with the context it is run in. */
struct unit {
	struct rc_str path, text;
	size_t depth;		 /* slashes in path */
	size_t number;		 /* of those collected */
	struct rc_value context; /* shared by all templates of a chart */
	const char *base_path;
};

struct units {
	struct unit *at;
	size_t n, room;
};

static struct rc_value release_value(struct rc_helm_render *render)
{
	const struct rc_helm_render_options *options = &render->options;
	struct rc_value release = rc_value_map_new(render->arena, RC_VALUE_ANY, 6);
	struct rc_value_map *map = release.map;
	const char *name = options->release_name ? options->release_name : "release-name";
	const char *namespace = options->release_namespace ? options->release_namespace : "default";

	rc_value_map_set(render->arena, map, RC_STR("IsInstall"),
			 rc_value_bool(!options->is_upgrade && !options->is_lint));
	rc_value_map_set(render->arena, map, RC_STR("IsUpgrade"),
			 rc_value_bool(options->is_upgrade));
	rc_value_map_set(render->arena, map, RC_STR("Name"), rc_value_text(name));
	rc_value_map_set(render->arena, map, RC_STR("Namespace"), rc_value_text(namespace));
	rc_value_map_set(render->arena, map, RC_STR("Revision"),
			 rc_value_int(options->is_lint ? 0 : 1));
	rc_value_map_set(render->arena, map, RC_STR("Service"), rc_value_text("Helm"));
	return release;
}

bool rc_helm_render_is_library(const struct rc_helm_chart *chart)
{
	return rc_str_is(chart->metadata->type, "library");
}

static size_t count_slashes(struct rc_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '/';
	return n;
}

static void add_unit(struct rc_arena *arena, struct units *units, struct unit unit)
{
	if (units->n == units->room) {
		size_t room = units->room ? units->room * 2 : 64;

		units->at = rc_arena_grow(arena, units->at, units->n * sizeof(*units->at),
					  room * sizeof(*units->at));
		units->room = room;
	}
	unit.depth = count_slashes(unit.path);
	unit.number = units->n;
	units->at[units->n++] = unit;
}

static struct rc_str base_name(struct rc_str path)
{
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;

	return slash ? (struct rc_str){slash + 1, path.n - (size_t)(slash + 1 - path.p)} : path;
}

static bool is_partial(struct rc_str path)
{
	return rc_str_has_prefix(base_name(path), RC_STR("_"));
}

/* The context of a chart and of all below it, and their templates. */
static struct rc_value collect(struct rc_helm_render *render, struct rc_helm_chart *chart,
			       struct rc_value values, struct rc_value release,
			       struct rc_value capabilities, struct units *units)
{
	struct rc_arena *arena = render->arena;
	struct rc_value context = rc_value_map_new(arena, RC_VALUE_ANY, 8);
	struct rc_value subcharts = rc_value_map_new(arena, RC_VALUE_ANY, chart->n_children);
	const char *path = rc_helm_chart_path(arena, chart);
	const char *base = rc_arena_printf(arena, "%s/templates", path);

	rc_value_map_set(arena, context.map, RC_STR("Capabilities"), capabilities);
	rc_value_map_set(arena, context.map, RC_STR("Chart"), rc_helm_objects_chart(arena, chart));
	rc_value_map_set(arena, context.map, RC_STR("Files"),
			 rc_helm_objects_files(arena, &chart->files));
	rc_value_map_set(arena, context.map, RC_STR("Release"), release);
	rc_value_map_set(arena, context.map, RC_STR("Subcharts"), subcharts);
	rc_value_map_set(arena, context.map, RC_STR("Values"), rc_helm_objects_values(values));
	for (size_t i = 0; i < chart->n_children; i++) {
		struct rc_str name = chart->children[i]->metadata->name;
		const struct rc_value *found = rc_value_map_get(values.map, name);
		struct rc_value child = found && found->kind == RC_VALUE_MAP
						? *found
						: rc_value_map_new(arena, RC_VALUE_ANY, 0);

		rc_value_map_set(
			arena, subcharts.map, name,
			collect(render, chart->children[i], child, release, capabilities, units));
	}
	for (size_t i = 0; i < chart->templates.n; i++) {
		const struct rc_helm_file *file = &chart->templates.at[i];

		if (rc_helm_render_is_library(chart) && !is_partial(file->name))
			continue;
		add_unit(arena, units,
			 (struct unit){
				 .path = rc_str(rc_arena_printf(arena, "%s/%.*s", path,
								(int)file->name.n, file->name.p)),
				 .text = file->bytes,
				 .context = rc_helm_objects_values(context),
				 .base_path = base});
	}
	return context;
}

/* Deepest first, among equals in reverse byte order; of one path the last collected first. */
static int by_depth(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	int c;

	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	c = rc_str_compare(y->path, x->path);
	return c != 0 ? c : x->number > y->number ? -1 : 1;
}

/*
 * In their order, and one of each path: charts below a chart that has two aliases are there twice,
 * under the path of the last.
 */
static void sort_units(struct units *units)
{
	size_t to = 0;

	if (units->n == 0)
		return;
	rc_sort(units->at, units->n, sizeof(*units->at), by_depth);
	for (size_t i = 0; i < units->n; i++)
		if (to == 0 || !rc_str_equal(units->at[to - 1].path, units->at[i].path))
			units->at[to++] = units->at[i];
	units->n = to;
}

/* "parse error at (PLACE): WHAT", both cut out of Go's message. */
static int fail_parse(struct rc_helm_render *render, struct rc_error **err)
{
	char *text = rc_arena_strdup(render->arena, err && *err ? (*err)->message : "");
	char *place = strstr(text, ": "), *what, *next;

	if (!place)
		return -EINVAL;
	place += 2;
	what = place;
	while ((next = strstr(what, ": ")))
		what = next + 2;
	next = strstr(place, ": ");
	if (next)
		*next = '\0';
	return rc_fail(err, -EINVAL, "parse error at (%s): %s", place, what);
}

/* required and fail: the outermost place and their own text are all that is left. */
static int fail_execute(struct rc_helm_render *render, struct rc_error **err)
{
	char *text = rc_arena_strdup(render->arena, err && *err ? (*err)->message : "");
	char *place = strstr(text, ": "), *rest, *start, *end, *last = NULL;

	/* What ends Go's execution itself; inside of an include it has a place. */
	if (rc_str_has_prefix(rc_str(text), RC_STR("runtime error: ")))
		return rc_fail(err, -EINVAL, "rendering template failed: %s", text);
	rest = place ? strstr(place + 2, ": ") : NULL;
	start = rest ? strstr(rest, RC_HELM_MARK_START) : NULL;
	if (!start)
		return -EINVAL;
	start += strlen(RC_HELM_MARK_START);
	for (end = strstr(start, RC_HELM_MARK_END); end; end = strstr(end + 1, RC_HELM_MARK_END))
		last = end;
	if (!last)
		return -EINVAL;
	*last = '\0';
	*rest = '\0';
	return rc_fail(err, -EINVAL, "execution error at (%s): %s", place + 2, start);
}

/* out is for all templates in turn: what each gave is copied, no larger than it is. */
static int execute_one(struct rc_helm_render *render, struct rc_template_exec *exec,
		       const struct unit *unit, struct rc_buf *out, struct rc_str *ret,
		       struct rc_error **err)
{
	struct rc_value info = rc_value_map_new(render->arena, RC_VALUE_ANY, 2);
	int r;

	rc_value_map_set(render->arena, info.map, RC_STR("BasePath"),
			 rc_value_text(unit->base_path));
	rc_value_map_set(render->arena, info.map, RC_STR("Name"), rc_value_str(unit->path));
	rc_value_map_set(render->arena, unit->context.map, RC_STR("Template"),
			 rc_helm_objects_values(info));
	rc_buf_clear(out);
	r = rc_template_execute(exec, rc_template_set_find(exec->set, unit->path), unit->context,
				out, err);
	if (r < 0)
		return fail_execute(render, err);
	rc_helm_functions_strip(out, 0);
	*ret = rc_arena_str(render->arena, rc_buf_str(out));
	return 0;
}

static int execute_all(struct rc_helm_render *render, struct units *units,
		       const struct rc_template_set *set, struct rc_helm_functions *functions,
		       struct rc_error **err)
{
	struct rc_template_exec exec = {.arena = render->arena,
					.set = set,
					.userdata = functions,
					.limits = render->options.limits};
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_HELM_OUTPUT_MAX);

	render->rendered =
		rc_arena_alloc(render->arena, (units->n + 1) * sizeof(struct rc_helm_rendered));
	for (size_t i = 0; i < units->n; i++) {
		struct rc_str text;
		int r;

		if (is_partial(units->at[i].path))
			continue;
		r = execute_one(render, &exec, &units->at[i], &out, &text, err);
		if (r < 0)
			return r;
		if (rc_str_has_suffix(units->at[i].path, RC_STR("NOTES.txt"))) {
			if (count_slashes(units->at[i].path) == 2)
				render->notes = text;
			continue;
		}
		render->rendered[render->n_rendered++] =
			(struct rc_helm_rendered){units->at[i].path, text};
	}
	return 0;
}

static int parse_all(struct rc_helm_render *render, const struct units *units,
		     struct rc_template_set *set, struct rc_error **err)
{
	for (size_t i = 0; i < units->n; i++) {
		const struct rc_template_file *file;

		if (rc_helm_prepared_parse(render->prepared, units->at[i].path, units->at[i].text,
					   &file, err) < 0)
			return fail_parse(render, err);
		rc_template_set_add(set, file);
	}
	return 0;
}

int rc_helm_render_templates(struct rc_helm_render *render, struct rc_value values,
			     struct rc_error **err)
{
	const struct rc_template_funcs *funcs = rc_helm_prepared_funcs(render->prepared);
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(render->arena, funcs, NULL);
	struct rc_helm_functions functions = {
		.funcs = funcs,
		.root = set,
		.lookup = render->options.lookup,
		.lookup_userdata = render->options.lookup_userdata,
		.lint = render->options.is_lint ? &render->warnings : NULL,
	};
	struct units units = {.n = 0};
	int r;

	collect(render, render->chart, values, release_value(render),
		rc_helm_objects_capabilities_value(render->arena, &render->capabilities), &units);
	sort_units(&units);
	r = parse_all(render, &units, set, err);
	if (r == 0)
		r = execute_all(render, &units, set, &functions, err);
	rc_helm_functions_done(&functions);
	return r;
}
