/* From files and values to manifests. */
#include "helm/render.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "data/semver.h"
#include "helm/coalesce.h"
#include "helm/dependency.h"
#include "helm/render-private.h"
#include "helm/schema.h"
#include "helm/user-values.h"

#define NAME_MAX_BYTES 53

struct rc_helm_render *rc_helm_render_new(const struct rc_helm_render_options *options)
{
	struct rc_helm_render *render = rc_new0(struct rc_helm_render);

	render->options = *options;
	render->arena = rc_arena_new(0);
	render->prepared = rc_helm_prepared_new();
	render->owns_prepared = true;
	render->warnings.arena = render->arena;
	return render;
}

void rc_helm_render_free(struct rc_helm_render *render)
{
	if (!render)
		return;
	if (render->owns_prepared)
		rc_helm_prepared_free(render->prepared);
	rc_arena_free(render->arena);
	free(render);
}

struct rc_helm_files *rc_helm_render_files(struct rc_helm_render *render)
{
	return rc_helm_prepared_files(render->prepared);
}

void rc_helm_render_use(struct rc_helm_render *render, struct rc_helm_prepared *prepared)
{
	if (render->owns_prepared)
		rc_helm_prepared_free(render->prepared);
	render->prepared = prepared;
	render->owns_prepared = false;
}

struct rc_helm_warnings *rc_helm_render_warnings(struct rc_helm_render *render)
{
	return &render->warnings;
}

struct rc_helm_documents *rc_helm_render_documents(const struct rc_helm_render *render)
{
	return render->owns_prepared ? NULL : rc_helm_prepared_documents(render->prepared);
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

		rc_helm_schema_check(render->arena, chart->schema, &values, &own);
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

int rc_helm_render_check_schemas(struct rc_helm_render *render, struct rc_value values,
				 struct rc_error **err)
{
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	if (render->options.skip_schema_validation ||
	    check_schemas(render, render->chart, values, &messages) == 0)
		return 0;
	return rc_fail(err, -EINVAL,
		       "values don't meet the specifications of the schema(s) in the following "
		       "chart(s):\n%s",
		       rc_buf_text(&messages));
}

static int load_chart(struct rc_helm_render *render, struct rc_error **err)
{
	int r = rc_helm_prepared_load(render->prepared, render->arena, &render->warnings,
				      &render->chart, err);

	if (r < 0)
		return r;
	if (rc_helm_render_is_library(render->chart))
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
	int r = rc_helm_dependency_process(render->arena, render->chart, render->user,
					   &render->warnings, err);

	if (r < 0)
		return r;
	r = rc_helm_coalesce_values(&coalesce, render->chart, render->user, ret, err);
	return r < 0 ? r : rc_helm_render_check_schemas(render, *ret, err);
}

int rc_helm_render_run(struct rc_helm_render *render, struct rc_error **err)
{
	struct rc_helm_documents *documents = rc_helm_render_documents(render);
	struct rc_value values;
	int r;

	if (documents)
		rc_helm_documents_begin(documents, render->options.release_name ?: "",
					render->options.release_namespace ?: "");
	r = load_chart(render, err);

	if (r == 0)
		r = check_release_name(render, err);
	if (r == 0)
		r = make_values(render, &values, err);
	if (r < 0)
		return r;
	render->has_begun = true;
	r = check_kube_version(render, err);
	if (r == 0)
		r = rc_helm_render_templates(render, values, err);
	if (r == 0)
		r = rc_helm_manifest_sort(render->arena, render->rendered, render->n_rendered,
					  documents, &render->warnings, &render->plain,
					  &render->hooks, err);
	if (r < 0)
		return r;
	render->has_begun = false;
	collect_crds(render, render->chart);
	list_all(render);
	return 0;
}
