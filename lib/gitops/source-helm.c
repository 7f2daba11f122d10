/* A Helm chart, of a commit's tree or packed, with the values an Application gives it. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/source-private.h"
#include "helm/ignore.h"
#include "helm/render.h"

/* ---- parameters ---- */

/* Argo CD escapes commas, unless the value is a {list}. */
static char *make_set(const struct source_chart *chart, const char *name, const char *text)
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

static void add_sets(struct source_chart *chart)
{
	const struct rc_application_source *source = chart->source;
	size_t n = source->helm.n_parameters + source->helm.n_file_parameters;

	chart->sets = rc_arena_alloc(chart->arena, (n + 1) * sizeof(*chart->sets));
	for (size_t i = 0; i < source->helm.n_parameters; i++) {
		const struct rc_application_parameter *parameter = &source->helm.parameters[i];

		chart->sets[chart->n_sets++] = (struct rc_helm_set){
			parameter->force_string ? RC_HELM_SET_STRING : RC_HELM_SET_VALUE,
			make_set(chart, parameter->name,
				 rc_source_expand(chart, parameter->value))};
	}
	for (size_t i = 0; i < source->helm.n_file_parameters; i++) {
		const struct rc_application_parameter *parameter = &source->helm.file_parameters[i];

		chart->sets[chart->n_sets++] = (struct rc_helm_set){
			RC_HELM_SET_FILE, make_set(chart, parameter->name,
						   rc_source_expand_path(chart, parameter->value))};
	}
}

/* ---- rendering ---- */

/* The chart of the tree with what was fetched for it, from the last time or new. */
static int prepare(struct source_chart *chart, struct rc_helm_prepared **ret, struct rc_error **err)
{
	rc_cleanup(rc_helm_prepared_freep) struct rc_helm_prepared *prepared = NULL;
	const json_t *fetched = chart->job->charts[chart->index];
	rc_autofree char *key = fetched ? json_dumps(fetched, JSON_COMPACT) : rc_strdup("");
	struct rc_source_tree *tree = chart->tree;
	int r;

	*ret = tree->chart;
	if (tree->chart && strcmp(tree->chart_key, key) == 0)
		return 0;
	rc_source_cache_drop_chart(tree);
	prepared = rc_helm_prepared_new();
	r = rc_source_fetched_add(chart, rc_helm_prepared_files(prepared), err);
	/* What was packed is what is meant; .helmignore was heard when it was. */
	if (r == 0 && !chart->job->archives[chart->index])
		r = rc_helm_ignore_apply(rc_helm_prepared_files(prepared), err);
	if (r < 0)
		return r;
	*ret = tree->chart = rc_steal(&prepared);
	tree->chart_key = rc_steal(&key);
	return 0;
}

/* A file of crds/, from the cache or into it. */
static int take_crd(struct source_chart *chart, const struct rc_helm_manifest *manifest,
		    struct rc_error **err)
{
	struct source_objects *to = chart->job->manifests;
	size_t start = to->text.n, before = to->n, n;
	struct rc_str json;
	int r;

	if (rc_source_cache_get_crd(chart->tree, manifest->text.p, &json, &n))
		return rc_source_add_objects(to, json, n, err);
	r = rc_source_read_documents(manifest->text, manifest->path, false, to, err);
	if (r < 0)
		return r;
	json = rc_buf_str(&to->text);
	start += before > 0 && to->n > before; /* the comma */
	rc_source_cache_add_crd(chart->tree, manifest->text.p,
				(struct rc_str){json.p + start, json.n - start}, to->n - before);
	return 0;
}

/* A document; of one that is the same as the last time, what was made of it then. */
static int take_rendered(struct source_chart *chart, const struct rc_helm_manifest *manifest,
			 struct rc_error **err)
{
	struct source_objects *to = chart->job->manifests;
	struct rc_helm_document *document = manifest->document;
	size_t start = to->text.n, before = to->n;
	int r;

	if (document && document->json.p)
		return rc_source_add_objects(to, document->json, 1, err);
	r = manifest->node
		    ? rc_source_add_document(manifest->node, manifest->path, false, to, err)
		    : rc_source_read_documents(manifest->text, manifest->path, false, to, err);
	if (r == 0 && document && to->n == before + 1) {
		start += before > 0;
		rc_helm_documents_set_json(rc_helm_prepared_documents(chart->tree->chart), document,
					   (struct rc_str){to->text.p + start, to->text.n - start});
	}
	return r;
}

static int take_manifest(struct source_chart *chart, const struct rc_helm_manifest *manifest,
			 struct rc_error **err)
{
	if (manifest->is_crd)
		return take_crd(chart, manifest, err);
	return take_rendered(chart, manifest, err);
}

static int take_manifests(struct source_chart *chart, struct rc_helm_render *render,
			  struct rc_error **err)
{
	struct rc_helm_warnings *warnings = rc_helm_render_warnings(render);
	size_t n;
	const struct rc_helm_manifest *manifests = rc_helm_render_manifests(render, &n);

	for (size_t i = 0; i < n; i++) {
		int r = take_manifest(chart, &manifests[i], err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < warnings->n; i++)
		json_array_append_new(chart->job->warnings, json_string(warnings->at[i].text));
	return 0;
}

static const char **list_versions(const struct source_chart *chart, size_t *ret_n)
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

static int render(struct source_chart *chart, struct rc_error **err)
{
	const struct rc_application *application = chart->job->application;
	const struct rc_application_source *source = chart->source;
	const char *version = rc_json_text(chart->job->request, "kubeVersion", NULL);
	struct rc_helm_render_options options = {
		.release_name = source->helm.release_name ?: application->own_name,
		.release_namespace = source->helm.name_space ?: application->destination.name_space,
		.kube_version = source->helm.kube_version ?: (version && *version ? version : NULL),
		.values_files = chart->values,
		.n_values_files = chart->n_values,
		.sets = chart->sets,
		.n_sets = chart->n_sets,
		.read_file = rc_source_values_read,
		.read_file_userdata = chart,
		.include_crds = !source->helm.skip_crds,
		.skip_tests = source->helm.skip_tests,
		.skip_schema_validation = source->helm.skip_schema_validation,
	};
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render = NULL;
	struct rc_helm_prepared *prepared;
	struct rc_error *why = NULL;
	int r;

	if (application->options.answers_lookup) {
		options.lookup = rc_source_lookup;
		options.lookup_userdata = chart->job;
	}
	options.api_versions = list_versions(chart, &options.n_api_versions);
	render = rc_helm_render_new(&options);
	r = rc_helm_render_values(render, err);
	if (r == 0)
		r = prepare(chart, &prepared, err);
	if (r == 0) {
		rc_helm_render_use(render, prepared);
		r = rc_helm_render_run(render, &why);
	}
	if (why && rc_source_fetched_can_need(chart, render)) {
		rc_error_free(why);
		return rc_source_fetched_add_need(chart, render, err);
	}
	if (why)
		rc_error_move(err, why);
	return r < 0 ? r : take_manifests(chart, render, err);
}

/* What stacks give: values that main looked up. */
static void add_outputs(struct source_chart *chart)
{
	const json_t *values = json_object_get(chart->job->request, "values");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!values)
		return;
	rc_json_write(&text, values);
	rc_source_values_add(chart, "reconciled.io/values-from",
			     rc_str(rc_arena_strdup(chart->arena, rc_buf_text(&text))));
}

int rc_source_render_chart(struct source_job *job, size_t i, struct rc_source_tree *tree,
			   struct rc_error **err)
{
	const struct rc_application_source *source = &job->application->sources[i];
	struct source_chart chart = {
		.job = job,
		.index = i,
		.source = source,
		.tree = tree,
		.files = &tree->files,
		.arena = rc_arena_new(0),
		.seen = json_object(),
	};
	int r = 0;

	r = rc_source_values_add_files(&chart, err);
	if (r == 0 && source->helm.values)
		rc_source_values_add(&chart, "spec.source.helm.values",
				     rc_str(source->helm.values));
	if (r == 0)
		add_outputs(&chart);
	if (r == 0) {
		add_sets(&chart);
		r = render(&chart, err);
	}
	/* One that could not be loaded would be loaded over what is left of it. */
	if (r < 0 && tree->chart && !rc_helm_prepared_is_loaded(tree->chart))
		rc_source_cache_drop_chart(tree);
	free(chart.values);
	json_decref(chart.seen);
	rc_arena_free(chart.arena);
	return r < 0 ? rc_wrap(err, r, "chart %s", source->chart ? source->chart : source->path)
		     : 0;
}
