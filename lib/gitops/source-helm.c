/* A Helm chart, of a commit's tree or packed, with the values an Application gives it. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/glob.h"
#include "data/json.h"
#include "gitops/source-private.h"
#include "helm/ignore.h"
#include "helm/render.h"
#include "registry/worker.h"

struct chart {
	struct source_job *job;
	size_t index;
	const struct rc_application_source *source;
	const struct rc_git_files *files;
	struct rc_arena *arena;
	struct rc_helm_values_text *values;
	size_t n_values, size_values;
	struct rc_helm_set *sets;
	size_t n_sets;
};

/* ---- the build environment: $ARGOCD_APP_NAME and its sisters ---- */

/* The commit, or the version of a packed chart. */
static const char *revision_of(const struct chart *chart)
{
	const char *commit = chart->job->commits[chart->index];
	rc_autofree char *version =
		chart->job->archives[chart->index] ? rc_registry_worker_get_version(commit) : NULL;

	return version ? rc_arena_strdup(chart->arena, version) : commit;
}

static const char *look_up(const struct chart *chart, struct rc_str name)
{
	const struct rc_application *application = chart->job->application;
	const char *commit = revision_of(chart);
	const struct {
		const char *name, *value;
		int n; /* of value; -1: all */
	} table[] = {
		{"ARGOCD_APP_NAME", application->name, -1},
		{"ARGOCD_APP_NAMESPACE", application->destination.name_space, -1},
		{"ARGOCD_APP_PROJECT_NAME", application->project, -1},
		{"ARGOCD_APP_REVISION", commit, -1},
		{"ARGOCD_APP_REVISION_SHORT", commit, 7},
		{"ARGOCD_APP_REVISION_SHORT_8", commit, 8},
		{"ARGOCD_APP_SOURCE_PATH", chart->source->path, -1},
		{"ARGOCD_APP_SOURCE_REPO_URL", chart->source->repo_url, -1},
		{"ARGOCD_APP_SOURCE_TARGET_REVISION", chart->source->target_revision, -1},
		{"KUBE_VERSION", rc_json_text(chart->job->request, "kubeVersion", NULL), -1},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(table); i++)
		if (rc_str_is(name, table[i].name))
			return table[i].n < 0 ? table[i].value
					      : rc_arena_strndup(chart->arena, table[i].value,
								 (size_t)table[i].n);
	return NULL;
}

static bool is_special(char c)
{
	return c && strchr("*#$@!?-0123456789", c);
}

/*
 * What a '$' at text names, as Go's os.Expand reads it; returns where the rest begins. name.p is
 * NULL when it names nothing and is to stay; an empty name is a mistake that is swallowed.
 */
static const char *take_variable(const char *text, struct rc_str *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "_0123456789";

	*name = (struct rc_str){text + 1, 1};
	if (is_special(text[1]))
		return text + 2;
	if (text[1] == '{') {
		const char *end = strchr(text, '}');

		*name = (struct rc_str){text + 2, end ? (size_t)(end - text - 2) : 0};
		return end ? end + 1 : text + 2;
	}
	name->n = strspn(text + 1, letters);
	if (name->n == 0)
		name->p = NULL;
	return text + 1 + name->n;
}

/* $NAME and ${NAME} of the table; "$$" is a dollar; any other becomes nothing. */
static const char *expand(const struct chart *chart, const char *text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!strchr(text, '$'))
		return text;
	while (*text) {
		struct rc_str name;

		if (*text != '$') {
			rc_buf_putc(&out, *text++);
			continue;
		}
		text = take_variable(text, &name);
		if (!name.p || rc_str_is(name, "$"))
			rc_buf_putc(&out, '$');
		else
			rc_buf_puts(&out, look_up(chart, name) ?: "");
	}
	return rc_arena_strdup(chart->arena, rc_buf_text(&out));
}

/* Of "$ref/..." only what comes behind: the first part names a source, not a variable. */
static const char *expand_path(const struct chart *chart, const char *path)
{
	const char *slash = strchr(path, '/');
	rc_autofree char *whole = NULL;
	struct rc_str name;

	if (*path != '$' || !slash)
		return expand(chart, path);
	take_variable(path, &name);
	if (name.p && look_up(chart, name))
		return expand(chart, path);
	whole = rc_asprintf("%.*s%s", (int)(slash - path), path, expand(chart, slash));
	return rc_arena_strdup(chart->arena, whole);
}

/* ---- files that values name ---- */

/* Where a value file is: source's own tree, or that of the source it names by $ref. */
static int find_source(const struct chart *chart, const char *name, size_t *ret_index,
		       char **ret_path, struct rc_error **err)
{
	const struct rc_application *application = chart->job->application;
	const char *slash = strchr(name, '/');

	if (*name == '$' && slash) {
		for (size_t i = 0; i < application->n_sources; i++) {
			const char *ref = application->sources[i].ref;

			if (!ref || strlen(ref) != (size_t)(slash - name - 1) ||
			    strncmp(ref, name + 1, strlen(ref)) != 0)
				continue;
			*ret_index = i;
			*ret_path = rc_git_tree_normalise("", slash + 1);
			return *ret_path
				       ? 0
				       : rc_fail(err, -EINVAL, "'%s' leaves its repository", name);
		}
		return rc_fail(err, -EINVAL, "'%s': no source has that ref", name);
	}
	if (strstr(name, "://")) {
		rc_fail(err, -EINVAL, "'%s': value files from the network are not supported", name);
		rc_hint(err, "put it into a repository and name that as a second source with ref");
		return -EINVAL;
	}
	*ret_index = chart->index;
	*ret_path = rc_git_tree_normalise(*name == '/' ? "" : chart->source->path, name);
	return *ret_path ? 0 : rc_fail(err, -EINVAL, "'%s' leaves the repository", name);
}

/* A file of the packed chart itself. */
static int read_packed(const struct chart *chart, const char *path, struct rc_str *ret_bytes,
		       struct rc_error **err)
{
	for (size_t i = 0; i < chart->files->n; i++) {
		if (strcmp(chart->files->at[i].path, path) != 0)
			continue;
		*ret_bytes = chart->files->at[i].bytes;
		return 0;
	}
	return rc_fail(err, -ENOENT, "%s is not in the chart", path);
}

/* The file's bytes in the arena; -ENOENT when it is not there. */
static int read_named(const struct chart *chart, const char *name, struct rc_str *ret_bytes,
		      struct rc_error **err)
{
	rc_autofree char *path = NULL, *bytes = NULL;
	size_t index = 0, n;
	int r = find_source(chart, name, &index, &path, err);

	if (r < 0)
		return r;
	if (index == chart->index && chart->job->archives[index])
		return read_packed(chart, path, ret_bytes, err);
	if (chart->job->archives[index])
		return rc_fail(err, -EINVAL, "'%s': value files come from Git, not from a chart",
			       name);
	r = rc_git_tree_read_file(chart->job->mirrors[index], chart->job->commits[index], path,
				  &bytes, &n, err);
	if (r < 0)
		return r;
	ret_bytes->p = rc_arena_strndup(chart->arena, bytes, n);
	ret_bytes->n = n;
	return 0;
}

static int on_read(void *userdata, const char *path, struct rc_buf *out, struct rc_error **err)
{
	struct rc_str bytes;
	int r = read_named(userdata, path, &bytes, err);

	return r < 0 ? r : rc_buf_add_str(out, bytes);
}

static void add_values(struct chart *chart, const char *name, struct rc_str text)
{
	if (chart->n_values == chart->size_values) {
		chart->size_values = chart->size_values ? 2 * chart->size_values : 8;
		chart->values =
			rc_realloc(chart->values, chart->size_values * sizeof(*chart->values));
	}
	chart->values[chart->n_values++] = (struct rc_helm_values_text){name, text};
}

static bool is_pattern(const char *name)
{
	return strpbrk(name, "*?[{") != NULL && *name != '$';
}

static int compare_files(const void *a, const void *b)
{
	const struct rc_git_file *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* A packed chart has an order of its own, patterns have that of the names. */
static const struct rc_git_file **sort_files(const struct chart *chart)
{
	size_t n = chart->files->n;
	const struct rc_git_file **files = rc_arena_alloc(chart->arena, (n + 1) * sizeof(*files));

	for (size_t i = 0; i < n; i++)
		files[i] = &chart->files->at[i];
	qsort(files, n, sizeof(*files), compare_files);
	return files;
}

/* Files of the chart's folder, in order; one that is named by itself too keeps that place. */
static int add_pattern(struct chart *chart, const char *pattern, struct rc_error **err)
{
	rc_cleanup(rc_glob_freep) struct rc_glob *glob = NULL;
	const struct rc_git_file **files = sort_files(chart);
	int r = rc_glob_compile(rc_str(pattern), '/', &glob, err);
	size_t found = 0;

	if (r < 0)
		return rc_wrap(err, r, "valueFiles: '%s'", pattern);
	for (size_t i = 0; i < chart->files->n; i++) {
		const struct rc_git_file *file = files[i];
		bool is_named = false;

		if (!rc_glob_match(glob, rc_str(file->path)))
			continue;
		found++;
		for (size_t j = 0; j < chart->source->helm.n_value_files; j++)
			is_named = is_named ||
				   strcmp(chart->source->helm.value_files[j], file->path) == 0;
		if (!is_named)
			add_values(chart, file->path, file->bytes);
	}
	if (found == 0 && !chart->source->helm.ignore_missing_value_files)
		return rc_fail(err, -ENOENT, "valueFiles: nothing matches '%s'", pattern);
	return 0;
}

static int add_value_file(struct chart *chart, const char *text, struct rc_error **err)
{
	const char *name = expand_path(chart, text);
	struct rc_error *why = NULL;
	struct rc_str bytes;
	int r;

	if (is_pattern(name))
		return add_pattern(chart, name, err);
	r = read_named(chart, name, &bytes, &why);
	if (r == -ENOENT && chart->source->helm.ignore_missing_value_files) {
		rc_error_free(why);
		return 0;
	}
	if (r < 0) {
		rc_error_move(err, why);
		return rc_wrap(err, r, "valueFiles: %s", name);
	}
	add_values(chart, name, bytes);
	return 0;
}

/* ---- parameters ---- */

/* Argo CD escapes commas, unless the value is a {list}. */
static char *make_set(const struct chart *chart, const char *name, const char *text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n = strlen(text);
	bool is_list = n > 1 && text[0] == '{' && text[n - 1] == '}';

	rc_buf_printf(&out, "%s=", name);
	for (; *text; text++) {
		if (*text == ',' && !is_list)
			rc_buf_putc(&out, '\\');
		rc_buf_putc(&out, *text);
	}
	return rc_arena_strdup(chart->arena, rc_buf_text(&out));
}

static void add_sets(struct chart *chart)
{
	const struct rc_application_source *source = chart->source;
	size_t n = source->helm.n_parameters + source->helm.n_file_parameters;

	chart->sets = rc_arena_alloc(chart->arena, (n + 1) * sizeof(*chart->sets));
	for (size_t i = 0; i < source->helm.n_parameters; i++) {
		const struct rc_application_parameter *parameter = &source->helm.parameters[i];

		chart->sets[chart->n_sets++] = (struct rc_helm_set){
			parameter->force_string ? RC_HELM_SET_STRING : RC_HELM_SET_VALUE,
			make_set(chart, parameter->name, expand(chart, parameter->value))};
	}
	for (size_t i = 0; i < source->helm.n_file_parameters; i++) {
		const struct rc_application_parameter *parameter = &source->helm.file_parameters[i];

		chart->sets[chart->n_sets++] = (struct rc_helm_set){
			RC_HELM_SET_FILE,
			make_set(chart, parameter->name, expand_path(chart, parameter->value))};
	}
}

/* ---- rendering ---- */

static int add_files(const struct chart *chart, struct rc_helm_render *render,
		     struct rc_error **err)
{
	struct rc_helm_files *files = rc_helm_render_files(render);

	for (size_t i = 0; i < chart->files->n; i++) {
		int r = rc_helm_file_add(files, rc_str(chart->files->at[i].path),
					 chart->files->at[i].bytes, err);

		if (r < 0)
			return r;
	}
	/* What was packed is what is meant; .helmignore was heard when it was. */
	return chart->job->archives[chart->index] ? 0 : rc_helm_ignore_apply(files, err);
}

static int take_manifests(struct chart *chart, struct rc_helm_render *render, struct rc_error **err)
{
	struct rc_helm_warnings *warnings = rc_helm_render_warnings(render);
	size_t n;
	const struct rc_helm_manifest *manifests = rc_helm_render_manifests(render, &n);

	for (size_t i = 0; i < n; i++) {
		int r = rc_source_read_documents(manifests[i].text, manifests[i].path, false,
						 chart->job->manifests, err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < warnings->n; i++)
		json_array_append_new(chart->job->warnings, json_string(warnings->at[i].text));
	return 0;
}

static const char **list_versions(const struct chart *chart, size_t *ret_n)
{
	const json_t *ours = json_object_get(chart->job->request, "apiVersions");
	const struct rc_application_source *source = chart->source;
	size_t n = source->helm.n_api_versions, i;
	const char **versions;
	json_t *item;

	*ret_n = n ? n : json_array_size(ours);
	if (n)
		return source->helm.api_versions;
	versions = rc_arena_alloc(chart->arena, (*ret_n + 1) * sizeof(*versions));
	json_array_foreach (ours, i, item)
		versions[i] = json_string_value(item) ?: "";
	return versions;
}

static int render(struct chart *chart, struct rc_error **err)
{
	const struct rc_application *application = chart->job->application;
	const struct rc_application_source *source = chart->source;
	const char *version = rc_json_text(chart->job->request, "kubeVersion", NULL);
	struct rc_helm_render_options options = {
		.release_name = source->helm.release_name ?: application->name,
		.release_namespace = source->helm.name_space ?: application->destination.name_space,
		.kube_version = source->helm.kube_version ?: (version && *version ? version : NULL),
		.values_files = chart->values,
		.n_values_files = chart->n_values,
		.sets = chart->sets,
		.n_sets = chart->n_sets,
		.read_file = on_read,
		.read_file_userdata = chart,
		.include_crds = !source->helm.skip_crds,
		.skip_tests = source->helm.skip_tests,
		.skip_schema_validation = source->helm.skip_schema_validation,
	};
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render = NULL;
	int r;

	options.api_versions = list_versions(chart, &options.n_api_versions);
	render = rc_helm_render_new(&options);
	r = rc_helm_render_values(render, err);
	if (r == 0)
		r = add_files(chart, render, err);
	if (r == 0)
		r = rc_helm_render_run(render, err);
	return r < 0 ? r : take_manifests(chart, render, err);
}

int rc_source_render_chart(struct source_job *job, size_t i, const struct rc_git_files *files,
			   struct rc_error **err)
{
	const struct rc_application_source *source = &job->application->sources[i];
	struct chart chart = {
		.job = job,
		.index = i,
		.source = source,
		.files = files,
		.arena = rc_arena_new(0),
	};
	int r = 0;

	for (size_t j = 0; r == 0 && j < source->helm.n_value_files; j++)
		r = add_value_file(&chart, source->helm.value_files[j], err);
	if (r == 0 && source->helm.values)
		add_values(&chart, "spec.source.helm.values", rc_str(source->helm.values));
	if (r == 0) {
		add_sets(&chart);
		r = render(&chart, err);
	}
	free(chart.values);
	rc_arena_free(chart.arena);
	return r < 0 ? rc_wrap(err, r, "chart %s", source->chart ? source->chart : source->path)
		     : 0;
}
