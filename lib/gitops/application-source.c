/* Decoding the sources of an Application. */
#include "gitops/application-source.h"

#include <string.h>

#include "base/memory.h"
#include "data/json.h"

/* ---- source ---- */

static struct rc_application_parameter *read_parameters(struct rc_fields *fields,
							const json_t *helm, const char *where,
							const char *key, const char *value_key,
							size_t *ret_n)
{
	const json_t *list = rc_fields_array(fields, helm, where, key);
	struct rc_application_parameter *parameters =
		rc_arena_alloc(fields->arena, (json_array_size(list) + 1) * sizeof(*parameters));
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		rc_autofree char *inner = rc_asprintf("%s.%s[%zu]", where, key, i);

		parameters[i].name = rc_fields_text(fields, item, inner, "name", "");
		parameters[i].value = rc_fields_text(fields, item, inner, value_key, "");
		parameters[i].force_string =
			rc_fields_bool(fields, item, inner, "forceString", false);
		if (!*parameters[i].name)
			rc_fields_complain(fields, "%s.name is missing", inner);
	}
	*ret_n = json_array_size(list);
	return parameters;
}

static const char *read_values(struct rc_fields *fields, const json_t *helm, const char *where)
{
	const json_t *object = rc_fields_object(fields, helm, where, "valuesObject");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!object)
		return rc_fields_text(fields, helm, where, "values", NULL);
	rc_json_write(&text, object);
	return rc_arena_strdup(fields->arena, rc_buf_text(&text));
}

static void read_helm(struct rc_fields *fields, const json_t *helm, const char *where,
		      struct rc_application_source *source)
{
	static const char *const known[] = {"valueFiles",
					    "ignoreMissingValueFiles",
					    "values",
					    "valuesObject",
					    "parameters",
					    "fileParameters",
					    "releaseName",
					    "passCredentials",
					    "skipCrds",
					    "skipTests",
					    "skipSchemaValidation",
					    "version",
					    "namespace",
					    "kubeVersion",
					    "apiVersions",
					    NULL};

	rc_fields_check(fields, helm, where, known);
	source->is_helm = true;
	source->helm.release_name = rc_fields_text(fields, helm, where, "releaseName", NULL);
	source->helm.name_space = rc_fields_text(fields, helm, where, "namespace", NULL);
	source->helm.kube_version = rc_fields_text(fields, helm, where, "kubeVersion", NULL);
	source->helm.values = read_values(fields, helm, where);
	source->helm.value_files =
		rc_fields_texts(fields, helm, where, "valueFiles", &source->helm.n_value_files);
	source->helm.api_versions =
		rc_fields_texts(fields, helm, where, "apiVersions", &source->helm.n_api_versions);
	source->helm.parameters = read_parameters(fields, helm, where, "parameters", "value",
						  &source->helm.n_parameters);
	source->helm.file_parameters = read_parameters(fields, helm, where, "fileParameters",
						       "path", &source->helm.n_file_parameters);
	source->helm.ignore_missing_value_files =
		rc_fields_bool(fields, helm, where, "ignoreMissingValueFiles", false);
	source->helm.pass_credentials =
		rc_fields_bool(fields, helm, where, "passCredentials", false);
	source->helm.skip_crds = rc_fields_bool(fields, helm, where, "skipCrds", false);
	source->helm.skip_tests = rc_fields_bool(fields, helm, where, "skipTests", false);
	source->helm.skip_schema_validation =
		rc_fields_bool(fields, helm, where, "skipSchemaValidation", false);
}

static void read_directory(struct rc_fields *fields, const json_t *directory, const char *where,
			   struct rc_application_source *source)
{
	static const char *const known[] = {
		"recurse", "include", "exclude", "jsonnet", "disableExtensionFilter", NULL};
	const json_t *jsonnet = rc_fields_object(fields, directory, where, "jsonnet");

	rc_fields_check(fields, directory, where, known);
	source->is_directory = true;
	source->directory.recurse = rc_fields_bool(fields, directory, where, "recurse", false);
	source->directory.include = rc_fields_text(fields, directory, where, "include", NULL);
	source->directory.all_files =
		rc_fields_bool(fields, directory, where, "disableExtensionFilter", false);
	source->directory.exclude = rc_fields_text(fields, directory, where, "exclude", NULL);
	if (json_object_size(jsonnet) > 0)
		rc_fields_complain(fields, "%s.jsonnet is not supported: render it into Git",
				   where);
}

static void read_chart(struct rc_fields *fields, const json_t *json, const char *where,
		       struct rc_application_source *source)
{
	const char *chart = rc_fields_text(fields, json, where, "chart", "");
	const char *path = rc_fields_text(fields, json, where, "path", "");

	if (!*chart)
		return;
	source->chart = chart;
	source->path = ".";
	if (*path && strcmp(path, ".") != 0)
		rc_fields_complain(fields, "%s: 'chart' and 'path' exclude each other", where);
	if (source->ref)
		rc_fields_complain(
			fields,
			"%s.ref: value files come from Git, not from the chart '%s'; give the "
			"ref to a source of its own",
			where, chart);
	if (strchr(chart, '@'))
		rc_fields_complain(fields, "%s.chart: '%s' is no name of a chart", where, chart);
}

void rc_application_source_read(struct rc_application_source *source, struct rc_fields *fields,
				const json_t *json, const char *where)
{
	static const char *const known[] = {"repoURL", "targetRevision", "path",      "chart",
					    "ref",     "helm",		 "kustomize", "directory",
					    "plugin",  "name",		 "tagPrefix", NULL};
	rc_autofree char *helm_where = rc_asprintf("%s.helm", where);
	rc_autofree char *directory_where = rc_asprintf("%s.directory", where);
	const json_t *helm, *directory;

	rc_fields_check(fields, json, where, known);
	source->repo_url = rc_fields_text(fields, json, where, "repoURL", "");
	source->target_revision = rc_fields_text(fields, json, where, "targetRevision", "");
	source->target_text = source->target_revision;
	if (strcmp(source->target_revision, "HEAD") == 0)
		source->target_revision = "";
	source->ref = rc_fields_text(fields, json, where, "ref", NULL);
	source->path = rc_fields_text(fields, json, where, "path", source->ref ? NULL : ".");
	if (!*source->repo_url)
		rc_fields_complain(fields, "%s.repoURL is missing", where);
	read_chart(fields, json, where, source);
	rc_fields_refuse(fields, json, where, "kustomize",
			 "render it into Git, or use a Helm chart");
	rc_fields_refuse(fields, json, where, "plugin", "");
	rc_fields_refuse(fields, json, where, "tagPrefix", "");
	helm = rc_fields_object(fields, json, where, "helm");
	if (helm)
		read_helm(fields, helm, helm_where, source);
	directory = rc_fields_object(fields, json, where, "directory");
	if (directory)
		read_directory(fields, directory, directory_where, source);
	if (helm && directory)
		rc_fields_complain(
			fields, "%s: 'helm' and 'directory' exclude each other; it is one of both",
			where);
}

void rc_application_source_read_all(struct rc_application *application, struct rc_fields *fields,
				    const json_t *spec)
{
	const json_t *list = rc_fields_array(fields, spec, "spec", "sources");
	const json_t *one = rc_fields_object(fields, spec, "spec", "source");
	size_t n = json_array_size(list), i;
	json_t *item;

	application->n_sources = n ? n : 1;
	application->sources = rc_arena_alloc(fields->arena, application->n_sources *
								     sizeof(*application->sources));
	json_array_foreach (list, i, item) {
		rc_autofree char *where = rc_asprintf("spec.sources[%zu]", i);

		rc_application_source_read(&application->sources[i], fields, item, where);
	}
	if (n > 0)
		return;
	if (!one)
		rc_fields_complain(fields, "spec.source is missing");
	rc_application_source_read(&application->sources[0], fields, one, "spec.source");
}

const json_t *rc_application_source_get(const struct rc_application *application, size_t i)
{
	const json_t *spec = json_object_get(application->manifest, "spec");
	const json_t *list = json_object_get(spec, "sources");

	return json_array_size(list) > 0 ? json_array_get(list, i)
					 : json_object_get(spec, "source");
}
