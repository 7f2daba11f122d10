/* From files and values to manifests. */
#include "helm/render.h"

#include <errno.h>
#include <fnmatch.h>
#include <strings.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/semver.h"
#include "helm/chart.h"
#include "helm/coalesce.h"
#include "helm/dependency.h"
#include "helm/functions.h"
#include "helm/manifest.h"
#include "helm/objects.h"
#include "helm/schema.h"
#include "helm/user-values.h"
#include "helm/value.h"

#define NAME_MAX_BYTES 53
#define BLANKS	       " \t\n\v\f\r"
#define OUTPUT_MAX     ((size_t)256 << 20)

/* One template of one chart, with the context it is run in. */
struct unit {
	struct rc_str path, text;
	size_t depth;		 /* slashes in path */
	struct rc_value context; /* shared by all templates of a chart */
	const char *base_path;
};

struct units {
	struct unit *at;
	size_t n, room;
};

struct rc_helm_render {
	struct rc_helm_render_options options;
	struct rc_arena *arena;
	struct rc_helm_files files;
	struct rc_helm_warnings warnings;
	struct rc_helm_capabilities capabilities;
	struct rc_helm_chart *chart;
	struct rc_value user;
	struct rc_helm_manifests crds, plain, hooks, all;
	struct rc_str notes;
	bool has_begun, lacks_dependencies;
};

struct rc_helm_render *rc_helm_render_new(const struct rc_helm_render_options *options)
{
	struct rc_helm_render *render = rc_new0(struct rc_helm_render);

	render->options = *options;
	render->arena = rc_arena_new(0);
	render->files.arena = render->arena;
	render->warnings.arena = render->arena;
	return render;
}

void rc_helm_render_free(struct rc_helm_render *render)
{
	if (!render)
		return;
	rc_arena_free(render->arena);
	free(render);
}

struct rc_helm_files *rc_helm_render_files(struct rc_helm_render *render)
{
	return &render->files;
}

struct rc_helm_warnings *rc_helm_render_warnings(struct rc_helm_render *render)
{
	return &render->warnings;
}

bool rc_helm_render_has_begun(const struct rc_helm_render *render)
{
	return render->has_begun;
}

bool rc_helm_render_lacks_dependencies(const struct rc_helm_render *render)
{
	return render->lacks_dependencies;
}

const struct rc_helm_manifest *rc_helm_render_manifests(const struct rc_helm_render *render,
							size_t *ret_n)
{
	*ret_n = render->all.n;
	return render->all.at;
}

struct rc_str rc_helm_render_notes(const struct rc_helm_render *render)
{
	return render->notes;
}

int rc_helm_render_values(struct rc_helm_render *render, struct rc_error **err)
{
	const struct rc_helm_render_options *options = &render->options;
	int r = rc_helm_objects_capabilities(render->arena, options->kube_version,
					     options->api_versions, options->n_api_versions,
					     &render->capabilities, err);

	if (r < 0)
		return r;
	return rc_helm_user_values_build(render->arena, options, &render->user, err);
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Labels between dots: [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static bool is_release_name(const char *name)
{
	if (strlen(name) > NAME_MAX_BYTES)
		return false;
	for (;;) {
		size_t n = strcspn(name, ".");

		if (n == 0 || !is_plain(name[0]) || !is_plain(name[n - 1]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (!is_plain(name[i]) && name[i] != '-')
				return false;
		if (name[n] == '\0')
			return true;
		name += n + 1;
	}
}

static int check_release_name(const struct rc_helm_render *render, struct rc_error **err)
{
	const char *name =
		render->options.release_name ? render->options.release_name : "release-name";

	if (is_release_name(name))
		return 0;
	return rc_fail(err, -EINVAL,
		       "release name \"%s\": invalid release name, must match regex "
		       "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the "
		       "length must not be longer than 53",
		       name);
}

static int check_kube_version(const struct rc_helm_render *render, struct rc_error **err)
{
	struct rc_str range = render->chart->metadata->kube_version;
	struct rc_semver version;
	bool matches = false;

	if (range.n == 0)
		return 0;
	if (rc_semver_parse(render->capabilities.kube_version, &version) == 0 &&
	    rc_semver_matches(range, &version, &matches, NULL) == 0 && matches)
		return 0;
	return rc_fail(
		err, -EINVAL,
		"chart requires kubeVersion: %.*s which is incompatible with Kubernetes %.*s",
		(int)range.n, range.p, (int)render->capabilities.kube_version.n,
		render->capabilities.kube_version.p);
}

static struct rc_value release_value(struct rc_helm_render *render)
{
	const struct rc_helm_render_options *options = &render->options;
	struct rc_value release = rc_value_map_new(render->arena, RC_VALUE_ANY, 6);
	struct rc_value_map *map = release.map;
	const char *name = options->release_name ? options->release_name : "release-name";
	const char *namespace = options->release_namespace ? options->release_namespace : "default";

	rc_value_map_set(render->arena, map, RC_STR("IsInstall"),
			 rc_value_bool(!options->is_upgrade));
	rc_value_map_set(render->arena, map, RC_STR("IsUpgrade"),
			 rc_value_bool(options->is_upgrade));
	rc_value_map_set(render->arena, map, RC_STR("Name"), rc_value_text(name));
	rc_value_map_set(render->arena, map, RC_STR("Namespace"), rc_value_text(namespace));
	rc_value_map_set(render->arena, map, RC_STR("Revision"), rc_value_int(1));
	rc_value_map_set(render->arena, map, RC_STR("Service"), rc_value_text("Helm"));
	return release;
}

static bool is_library(const struct rc_helm_chart *chart)
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

		if (is_library(chart) && !is_partial(file->name))
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

/* Deepest first, among equals in reverse byte order. */
static int by_depth(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;
	if (x->depth != y->depth)
		return x->depth > y->depth ? -1 : 1;
	return rc_str_compare(y->path, x->path);
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
	struct rc_helm_rendered *rendered =
		rc_arena_alloc(render->arena, (units->n + 1) * sizeof(*rendered));
	rc_autobuf struct rc_buf out = RC_BUF_INIT(OUTPUT_MAX);
	size_t n = 0;

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
		rendered[n++] = (struct rc_helm_rendered){units->at[i].path, text};
	}
	return rc_helm_manifest_sort(render->arena, rendered, n, &render->warnings, &render->plain,
				     &render->hooks, err);
}

static int render_templates(struct rc_helm_render *render, struct rc_value values,
			    struct rc_error **err)
{
	rc_cleanup(rc_template_funcs_freep) struct rc_template_funcs *funcs =
		rc_helm_functions_new();
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(render->arena, funcs, NULL);
	struct rc_helm_functions functions = {.funcs = funcs, .root = set};
	struct units units = {.n = 0};
	int r = 0;

	collect(render, render->chart, values, release_value(render),
		rc_helm_objects_capabilities_value(render->arena, &render->capabilities), &units);
	if (units.n > 0)
		qsort(units.at, units.n, sizeof(*units.at), by_depth);
	for (size_t i = 0; r == 0 && i < units.n; i++) {
		r = rc_template_set_parse(set, units.at[i].path, units.at[i].text, err);
		if (r < 0)
			return fail_parse(render, err);
	}
	r = execute_all(render, &units, set, &functions, err);
	rc_helm_functions_done(&functions);
	return r;
}

static bool is_crd(struct rc_str name)
{
	static const char *const extensions[] = {".yaml", ".yml", ".json"};

	if (!rc_str_has_prefix(name, RC_STR("crds/")))
		return false;
	for (size_t i = 0; i < RC_ARRAY_SIZE(extensions); i++) {
		size_t n = strlen(extensions[i]);

		if (name.n > n && strncasecmp(name.p + name.n - n, extensions[i], n) == 0)
			return true;
	}
	return false;
}

static void collect_crds(struct rc_helm_render *render, const struct rc_helm_chart *chart)
{
	const char *path = rc_helm_chart_path(render->arena, chart);

	for (size_t i = 0; i < chart->files.n; i++) {
		const struct rc_helm_file *file = &chart->files.at[i];

		if (!is_crd(file->name))
			continue;
		rc_helm_manifest_add(
			render->arena, &render->crds,
			(struct rc_helm_manifest){.path = rc_arena_printf(render->arena, "%s/%.*s",
									  path, (int)file->name.n,
									  file->name.p),
						  .text = file->bytes,
						  .kind = "CustomResourceDefinition",
						  .name = "",
						  .is_crd = true});
	}
	for (size_t i = 0; i < chart->n_children; i++)
		collect_crds(render, chart->children[i]);
}

static void list_all(struct rc_helm_render *render)
{
	const struct rc_helm_render_options *options = &render->options;

	for (size_t i = 0; options->include_crds && i < render->crds.n; i++)
		rc_helm_manifest_add(render->arena, &render->all, render->crds.at[i]);
	for (size_t i = 0; i < render->plain.n; i++)
		rc_helm_manifest_add(render->arena, &render->all, render->plain.at[i]);
	for (size_t i = 0; !options->no_hooks && i < render->hooks.n; i++)
		if (!options->skip_tests || !render->hooks.at[i].is_test)
			rc_helm_manifest_add(render->arena, &render->all, render->hooks.at[i]);
}

static int check_schemas(struct rc_helm_render *render, const struct rc_helm_chart *chart,
			 struct rc_value values, struct rc_buf *messages)
{
	if (chart->schema) {
		rc_autobuf struct rc_buf own = RC_BUF_INIT(1 << 20);

		rc_helm_schema_check(render->arena, *chart->schema, &values, &own);
		if (own.n > 0)
			rc_buf_printf(messages, "%.*s:\n%s", (int)chart->metadata->name.n,
				      chart->metadata->name.p, rc_buf_text(&own));
	}
	for (size_t i = 0; i < chart->n_children; i++) {
		const struct rc_value *found =
			rc_value_map_get(values.map, chart->children[i]->metadata->name);

		if (found && found->kind == RC_VALUE_MAP)
			check_schemas(render, chart->children[i], *found, messages);
	}
	return messages->n > 0 ? -EINVAL : 0;
}

static int load_chart(struct rc_helm_render *render, struct rc_error **err)
{
	int r = rc_helm_chart_load(&render->files, &render->warnings, &render->chart, err);

	if (r < 0)
		return r;
	if (is_library(render->chart))
		return rc_fail(err, -EINVAL, "library charts are not installable");
	if (render->chart->metadata->deprecated)
		rc_helm_warning_add(&render->warnings, NULL, "WARNING: This chart is deprecated");
	r = rc_helm_dependency_check(render->arena, render->chart, err);
	render->lacks_dependencies = r < 0;
	return r;
}

static int make_values(struct rc_helm_render *render, struct rc_value *ret, struct rc_error **err)
{
	const struct rc_helm_coalesce coalesce = {.arena = render->arena,
						  .warnings = &render->warnings};
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	int r = rc_helm_dependency_process(render->arena, render->chart, render->user,
					   &render->warnings, err);

	if (r < 0)
		return r;
	r = rc_helm_coalesce_values(&coalesce, render->chart, render->user, ret, err);
	if (r < 0 || render->options.skip_schema_validation)
		return r;
	if (check_schemas(render, render->chart, *ret, &messages) < 0)
		return rc_fail(err, -EINVAL,
			       "values don't meet the specifications of the schema(s) in the "
			       "following chart(s):\n%s",
			       rc_buf_text(&messages));
	return 0;
}

int rc_helm_render_run(struct rc_helm_render *render, struct rc_error **err)
{
	struct rc_value values;
	int r = load_chart(render, err);

	if (r == 0)
		r = check_release_name(render, err);
	if (r == 0)
		r = make_values(render, &values, err);
	if (r < 0)
		return r;
	render->has_begun = true;
	r = check_kube_version(render, err);
	if (r == 0)
		r = render_templates(render, values, err);
	if (r < 0)
		return r;
	render->has_begun = false;
	collect_crds(render, render->chart);
	list_all(render);
	return 0;
}

struct sink {
	rc_helm_write_fn *write;
	void *userdata;
};

static void put(const struct sink *sink, struct rc_str text)
{
	if (text.n > 0)
		sink->write(sink->userdata, text);
}

/* What comes before the last text is trimmed with it: then a blank one leaves no empty line. */
static void write_one(const struct sink *sink, const struct rc_helm_manifest *manifest, bool trims)
{
	struct rc_str text = manifest->text;

	if (trims)
		while (text.n > 0 && strchr(BLANKS, text.p[text.n - 1]))
			text.n--;
	put(sink, RC_STR("---\n# Source: "));
	put(sink, rc_str(manifest->path));
	put(sink, trims && text.n == 0 ? RC_STR("") : RC_STR("\n"));
	put(sink, text);
	put(sink, RC_STR("\n"));
}

static void write_all(const struct rc_helm_render *render, const struct sink *sink)
{
	size_t i = 0;

	for (; i < render->all.n && !render->all.at[i].hook; i++)
		write_one(sink, &render->all.at[i],
			  i + 1 == render->all.n || render->all.at[i + 1].hook);
	if (i == 0)
		put(sink, RC_STR("\n"));
	for (; i < render->all.n; i++)
		write_one(sink, &render->all.at[i], false);
}

static void into_buffer(void *userdata, struct rc_str text)
{
	rc_buf_add_str(userdata, text);
}

struct showing {
	const char *glob;
	struct rc_buf *out;
	bool found;
};

/* "# Source: chart/templates/x.yaml" without the root chart's name. */
static int show_piece(void *userdata, struct rc_str piece, struct rc_error **err)
{
	static const char head[] = "# Source: ";
	struct showing *showing = userdata;
	ptrdiff_t end = rc_str_index(piece, '\n');
	rc_autofree char *line = rc_strndup(piece.p, end < 0 ? piece.n : (size_t)end);
	const char *path;

	(void)err;
	if (!rc_text_has_prefix(line, head))
		return 0;
	path = strchr(line + strlen(head), '/');
	if (!path || fnmatch(showing->glob, path + 1, FNM_PATHNAME) != 0)
		return 0;
	showing->found = true;
	rc_buf_puts(showing->out, "---\n");
	rc_buf_add_str(showing->out, piece);
	rc_buf_putc(showing->out, '\n');
	return 0;
}

/* The whole is split again, as Helm does, and the pieces are chosen by what they say they are. */
static int show_only(const struct rc_helm_render *render, struct rc_buf *out, struct rc_error **err)
{
	const struct rc_helm_render_options *options = &render->options;
	rc_autobuf struct rc_buf all = RC_BUF_INIT(OUTPUT_MAX);
	const struct sink sink = {into_buffer, &all};

	write_all(render, &sink);
	for (size_t i = 0; i < options->n_show_only; i++) {
		struct showing showing = {.glob = options->show_only[i], .out = out};

		rc_helm_manifest_split(rc_buf_str(&all), show_piece, &showing, err);
		if (!showing.found)
			return rc_fail(err, -EINVAL, "could not find template %s in chart",
				       options->show_only[i]);
	}
	return out->overflow ? rc_fail(err, -E2BIG, "the output is larger than %zu bytes", out->max)
			     : 0;
}

int rc_helm_render_print(const struct rc_helm_render *render, rc_helm_write_fn *write,
			 void *userdata, struct rc_error **err)
{
	rc_autobuf struct rc_buf shown = RC_BUF_INIT(OUTPUT_MAX);
	const struct sink sink = {write, userdata};
	int r = 0;

	if (render->options.n_show_only == 0)
		write_all(render, &sink);
	else
		r = show_only(render, &shown, err);
	if (r == 0)
		put(&sink, rc_buf_str(&shown));
	return r;
}

int rc_helm_render_write(const struct rc_helm_render *render, struct rc_buf *out,
			 struct rc_error **err)
{
	int r = rc_helm_render_print(render, into_buffer, out, err);

	return r == 0 && out->overflow ? -E2BIG : r;
}
