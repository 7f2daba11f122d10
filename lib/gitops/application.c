/*
 * Decoding an Application. Each wrong field is noted with its path; all of them make one error, so
 * that a person repairs a manifest in one go.
 */
#include "gitops/application.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"
#include "gitops/application-options.h"

#define HISTORY_DEFAULT 10
#define RETRY_DEFAULT	5
#define MESSAGES_MAX	16384

struct reader {
	struct rc_application *application;
	struct rc_arena *arena;
	struct rc_buf problems;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reader *reader,
							   const char *format, ...)
{
	va_list args;

	if (reader->problems.n > 0)
		rc_buf_puts(&reader->problems, "; ");
	va_start(args, format);
	rc_buf_vprintf(&reader->problems, format, args);
	va_end(args);
}

static const char *describe(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "a mapping";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		return "nothing";
	}
	return "";
}

/* ---- scalars; absent and null leave the default ---- */

static json_t *get(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

static void wrong(struct reader *reader, const char *where, const char *key, const json_t *found,
		  const char *wanted)
{
	complain(reader, "%s.%s: %s is wanted, found %s", where, key, wanted, describe(found));
}

static const char *read_text(struct reader *reader, const json_t *object, const char *where,
			     const char *key, const char *otherwise)
{
	json_t *value = get(object, key);

	if (!value)
		return otherwise;
	if (!json_is_string(value)) {
		wrong(reader, where, key, value, "text");
		return otherwise;
	}
	return rc_arena_strdup(reader->arena, json_string_value(value));
}

static bool read_bool(struct reader *reader, const json_t *object, const char *where,
		      const char *key, bool otherwise)
{
	json_t *value = get(object, key);

	if (!value)
		return otherwise;
	if (!json_is_boolean(value))
		wrong(reader, where, key, value, "true or false");
	return json_is_true(value);
}

static int64_t read_integer(struct reader *reader, const json_t *object, const char *where,
			    const char *key, int64_t otherwise)
{
	json_t *value = get(object, key);

	if (!value)
		return otherwise;
	if (!json_is_integer(value)) {
		wrong(reader, where, key, value, "a whole number");
		return otherwise;
	}
	return json_integer_value(value);
}

/* "5s", "3m"; a bare number is seconds. */
static uint64_t read_duration(struct reader *reader, const json_t *object, const char *where,
			      const char *key, uint64_t otherwise)
{
	json_t *value = get(object, key);
	const char *text = json_string_value(value);
	int64_t ns;

	if (!value)
		return otherwise;
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return (uint64_t)json_integer_value(value) * 1000;
	if (text && *text && strspn(text, "0123456789") == strlen(text))
		return strtoull(text, NULL, 10) * 1000;
	if (!text || rc_duration_parse(rc_str(text), &ns, NULL) < 0 || ns < 0) {
		complain(reader, "%s.%s: a duration such as 5s or 3m is wanted", where, key);
		return otherwise;
	}
	return (uint64_t)ns / 1000000;
}

static const json_t *read_object(struct reader *reader, const json_t *object, const char *where,
				 const char *key)
{
	json_t *value = get(object, key);

	if (value && !json_is_object(value)) {
		wrong(reader, where, key, value, "a mapping");
		return NULL;
	}
	return value;
}

static const json_t *read_array(struct reader *reader, const json_t *object, const char *where,
				const char *key)
{
	json_t *value = get(object, key);

	if (value && !json_is_array(value)) {
		wrong(reader, where, key, value, "a list");
		return NULL;
	}
	return value;
}

static const char **read_texts(struct reader *reader, const json_t *object, const char *where,
			       const char *key, size_t *ret_n)
{
	const json_t *list = read_array(reader, object, where, key);
	const char **texts =
		rc_arena_alloc(reader->arena, (json_array_size(list) + 1) * sizeof(*texts));
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			complain(reader, "%s.%s[%zu]: text is wanted, found %s", where, key, i,
				 describe(item));
		texts[i] = rc_arena_strdup(reader->arena, json_string_value(item) ?: "");
	}
	*ret_n = json_array_size(list);
	return texts;
}

/* ---- fields that are not known, and those that are but not honoured ---- */

/* known ends with NULL. A field like a known one is a slip; any other is told and let be. */
static void check_keys(struct reader *reader, const json_t *object, const char *where,
		       const char *const *known)
{
	const char *key;
	json_t *value;
	size_t n = 0;

	while (known[n])
		n++;
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		const char *nearest;
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found = found || strcmp(known[i], key) == 0;
		if (found)
			continue;
		nearest = rc_text_nearest(key, known, n);
		if (nearest)
			complain(reader, "%s.%s: there is no such field; did you mean '%s'?", where,
				 key, nearest);
		else
			json_array_append_new(
				reader->application->warnings,
				json_sprintf("%s.%s is not known and has no effect", where, key));
	}
}

static void refuse(struct reader *reader, const json_t *object, const char *where, const char *key,
		   const char *hint)
{
	if (get(object, key))
		complain(reader, "%s.%s is not supported%s%s", where, key, *hint ? ": " : "", hint);
}

/* ---- source ---- */

static struct rc_application_parameter *read_parameters(struct reader *reader, const json_t *helm,
							const char *where, const char *key,
							const char *value_key, size_t *ret_n)
{
	const json_t *list = read_array(reader, helm, where, key);
	struct rc_application_parameter *parameters =
		rc_arena_alloc(reader->arena, (json_array_size(list) + 1) * sizeof(*parameters));
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		rc_autofree char *inner = rc_asprintf("%s.%s[%zu]", where, key, i);

		parameters[i].name = read_text(reader, item, inner, "name", "");
		parameters[i].value = read_text(reader, item, inner, value_key, "");
		parameters[i].force_string = read_bool(reader, item, inner, "forceString", false);
		if (!*parameters[i].name)
			complain(reader, "%s.name is missing", inner);
	}
	*ret_n = json_array_size(list);
	return parameters;
}

static const char *read_values(struct reader *reader, const json_t *helm, const char *where)
{
	const json_t *object = read_object(reader, helm, where, "valuesObject");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!object)
		return read_text(reader, helm, where, "values", NULL);
	rc_json_write(&text, object);
	return rc_arena_strdup(reader->arena, rc_buf_text(&text));
}

static void read_helm(struct reader *reader, const json_t *helm, const char *where,
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

	check_keys(reader, helm, where, known);
	source->is_helm = true;
	source->helm.release_name = read_text(reader, helm, where, "releaseName", NULL);
	source->helm.name_space = read_text(reader, helm, where, "namespace", NULL);
	source->helm.kube_version = read_text(reader, helm, where, "kubeVersion", NULL);
	source->helm.values = read_values(reader, helm, where);
	source->helm.value_files =
		read_texts(reader, helm, where, "valueFiles", &source->helm.n_value_files);
	source->helm.api_versions =
		read_texts(reader, helm, where, "apiVersions", &source->helm.n_api_versions);
	source->helm.parameters = read_parameters(reader, helm, where, "parameters", "value",
						  &source->helm.n_parameters);
	source->helm.file_parameters = read_parameters(reader, helm, where, "fileParameters",
						       "path", &source->helm.n_file_parameters);
	source->helm.ignore_missing_value_files =
		read_bool(reader, helm, where, "ignoreMissingValueFiles", false);
	source->helm.skip_crds = read_bool(reader, helm, where, "skipCrds", false);
	source->helm.skip_tests = read_bool(reader, helm, where, "skipTests", false);
	source->helm.skip_schema_validation =
		read_bool(reader, helm, where, "skipSchemaValidation", false);
}

static void read_directory(struct reader *reader, const json_t *directory, const char *where,
			   struct rc_application_source *source)
{
	static const char *const known[] = {
		"recurse", "include", "exclude", "jsonnet", "disableExtensionFilter", NULL};
	const json_t *jsonnet = read_object(reader, directory, where, "jsonnet");

	check_keys(reader, directory, where, known);
	source->is_directory = true;
	source->directory.recurse = read_bool(reader, directory, where, "recurse", false);
	source->directory.include = read_text(reader, directory, where, "include", NULL);
	source->directory.exclude = read_text(reader, directory, where, "exclude", NULL);
	if (json_object_size(jsonnet) > 0)
		complain(reader, "%s.jsonnet is not supported", where);
}

static void read_chart(struct reader *reader, const json_t *json, const char *where,
		       struct rc_application_source *source)
{
	const char *chart = read_text(reader, json, where, "chart", "");
	const char *path = read_text(reader, json, where, "path", "");

	if (!*chart)
		return;
	source->chart = chart;
	source->path = ".";
	if (*path && strcmp(path, ".") != 0)
		complain(reader, "%s: 'chart' and 'path' exclude each other", where);
	if (source->ref)
		complain(reader,
			 "%s.ref: value files come from Git, not from the chart '%s'; give the "
			 "ref to a source of its own",
			 where, chart);
	if (strchr(chart, '@'))
		complain(reader, "%s.chart: '%s' is no name of a chart", where, chart);
}

static void read_source(struct reader *reader, const json_t *json, const char *where,
			struct rc_application_source *source)
{
	static const char *const known[] = {"repoURL", "targetRevision", "path",      "chart",
					    "ref",     "helm",		 "kustomize", "directory",
					    "plugin",  "name",		 "tagPrefix", NULL};
	rc_autofree char *helm_where = rc_asprintf("%s.helm", where);
	rc_autofree char *directory_where = rc_asprintf("%s.directory", where);
	const json_t *helm, *directory;

	check_keys(reader, json, where, known);
	source->repo_url = read_text(reader, json, where, "repoURL", "");
	source->target_revision = read_text(reader, json, where, "targetRevision", "");
	if (strcmp(source->target_revision, "HEAD") == 0)
		source->target_revision = "";
	source->ref = read_text(reader, json, where, "ref", NULL);
	source->path = read_text(reader, json, where, "path", source->ref ? NULL : ".");
	if (!*source->repo_url)
		complain(reader, "%s.repoURL is missing", where);
	read_chart(reader, json, where, source);
	refuse(reader, json, where, "kustomize", "render it into Git, or use a Helm chart");
	refuse(reader, json, where, "plugin", "");
	refuse(reader, json, where, "tagPrefix", "");
	helm = read_object(reader, json, where, "helm");
	if (helm)
		read_helm(reader, helm, helm_where, source);
	directory = read_object(reader, json, where, "directory");
	if (directory)
		read_directory(reader, directory, directory_where, source);
}

static void read_sources(struct reader *reader, const json_t *spec)
{
	struct rc_application *application = reader->application;
	const json_t *list = read_array(reader, spec, "spec", "sources");
	const json_t *one = read_object(reader, spec, "spec", "source");
	size_t n = json_array_size(list), i;
	json_t *item;

	application->n_sources = n ? n : 1;
	application->sources = rc_arena_alloc(reader->arena, application->n_sources *
								     sizeof(*application->sources));
	json_array_foreach (list, i, item) {
		rc_autofree char *where = rc_asprintf("spec.sources[%zu]", i);

		read_source(reader, item, where, &application->sources[i]);
	}
	if (n > 0)
		return;
	if (!one)
		complain(reader, "spec.source is missing");
	read_source(reader, one, "spec.source", &application->sources[0]);
}

/* ---- the rest of the spec ---- */

static void read_destination(struct reader *reader, const json_t *spec)
{
	static const char *const known[] = {"server", "name", "namespace", NULL};
	const json_t *json = read_object(reader, spec, "spec", "destination");
	struct rc_application *application = reader->application;

	check_keys(reader, json, "spec.destination", known);
	application->destination.server =
		read_text(reader, json, "spec.destination", "server", NULL);
	application->destination.name = read_text(reader, json, "spec.destination", "name", NULL);
	application->destination.name_space =
		read_text(reader, json, "spec.destination", "namespace", "");
	if (!application->destination.server == !application->destination.name)
		complain(reader, "spec.destination: exactly one of server and name is wanted");
}

static void read_option(struct reader *reader, const char *text)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	int r = rc_application_options_read(&reader->application->options, text, &err);
	rc_autofree char *why = r < 0 ? rc_error_format(err) : NULL;

	if (r == -ENOENT)
		json_array_append_new(reader->application->warnings,
				      json_sprintf("spec.syncPolicy.syncOptions: %s", why));
	else if (r < 0)
		complain(reader, "spec.syncPolicy.syncOptions: %s", why);
}

static void read_annotations(struct reader *reader, const json_t *annotations)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *why = NULL;

	if (rc_application_options_read_annotations(&reader->application->options, reader->arena,
						    annotations, &err) == 0)
		return;
	why = rc_error_format(err);
	complain(reader, "metadata.annotations: %s", why);
}

static void read_automated(struct reader *reader, const json_t *policy)
{
	static const char where[] = "spec.syncPolicy.automated";
	static const char *const known[] = {"enabled", "prune", "selfHeal", "allowEmpty", NULL};
	const json_t *json = read_object(reader, policy, "spec.syncPolicy", "automated");
	struct rc_application *application = reader->application;

	if (!json)
		return;
	check_keys(reader, json, where, known);
	application->automated.on = read_bool(reader, json, where, "enabled", true);
	application->automated.prune = read_bool(reader, json, where, "prune", false);
	application->automated.self_heal = read_bool(reader, json, where, "selfHeal", false);
	application->automated.allow_empty = read_bool(reader, json, where, "allowEmpty", false);
}

static void read_retry(struct reader *reader, const json_t *policy)
{
	static const char where[] = "spec.syncPolicy.retry";
	static const char inner[] = "spec.syncPolicy.retry.backoff";
	static const char *const known[] = {"limit", "backoff", "refresh", NULL};
	static const char *const backoff_known[] = {"duration", "factor", "maxDuration", NULL};
	const json_t *json = read_object(reader, policy, "spec.syncPolicy", "retry");
	const json_t *backoff = read_object(reader, json, where, "backoff");
	struct rc_application *application = reader->application;

	check_keys(reader, json, where, known);
	check_keys(reader, backoff, inner, backoff_known);
	application->retry.limit =
		(int)read_integer(reader, json, where, "limit",
				  !json && application->automated.on ? RETRY_DEFAULT : 0);
	application->retry.refresh = read_bool(reader, json, where, "refresh", true);
	application->retry.duration_ms = read_duration(reader, backoff, inner, "duration", 5000);
	application->retry.max_duration_ms =
		read_duration(reader, backoff, inner, "maxDuration", 180000);
	application->retry.factor = (double)read_integer(reader, backoff, inner, "factor", 2);
	if (application->retry.factor < 1)
		complain(reader, "%s.factor: at least 1 is wanted", inner);
}

static void read_policy(struct reader *reader, const json_t *spec)
{
	static const char *const known[] = {"automated", "retry", "managedNamespaceMetadata",
					    "syncOptions", NULL};
	const json_t *policy = read_object(reader, spec, "spec", "syncPolicy");
	size_t n;
	const char **texts;

	check_keys(reader, policy, "spec.syncPolicy", known);
	read_automated(reader, policy);
	read_retry(reader, policy);
	reader->application->options.prune_propagation = "Foreground";
	reader->application->managed_namespace_metadata =
		read_object(reader, policy, "spec.syncPolicy", "managedNamespaceMetadata");
	texts = read_texts(reader, policy, "spec.syncPolicy", "syncOptions", &n);
	for (size_t i = 0; i < n; i++)
		read_option(reader, texts[i]);
}

static void read_metadata(struct reader *reader, const json_t *manifest)
{
	static const char finalizer[] = "resources-finalizer.argocd.argoproj.io";
	struct rc_application *application = reader->application;
	const json_t *metadata = read_object(reader, manifest, "", "metadata");
	const json_t *annotations = read_object(reader, metadata, "metadata", "annotations");
	json_t *item;
	size_t i;

	application->name = read_text(reader, metadata, "metadata", "name", "");
	application->name_space = read_text(reader, metadata, "metadata", "namespace", "argocd");
	application->is_suspended = rc_text_equal(
		rc_json_text(annotations, "argocd.argoproj.io/skip-reconcile", NULL), "true");
	read_annotations(reader, annotations);
	application->delete_propagation = "Foreground";
	if (!*application->name)
		complain(reader, "metadata.name is missing");
	json_array_foreach (json_object_get(metadata, "finalizers"), i, item) {
		const char *text = json_string_value(item) ?: "";

		if (!rc_text_has_prefix(text, finalizer))
			continue;
		application->has_finalizer = true;
		if (rc_text_has_suffix(text, "/background"))
			application->delete_propagation = "Background";
	}
}

static void read_spec(struct reader *reader, const json_t *manifest)
{
	static const char *const known[] = {"source",
					    "sources",
					    "sourceHydrator",
					    "destination",
					    "project",
					    "syncPolicy",
					    "ignoreDifferences",
					    "info",
					    "revisionHistoryLimit",
					    NULL};
	struct rc_application *application = reader->application;
	const json_t *spec = read_object(reader, manifest, "", "spec");
	int64_t limit;

	if (!spec) {
		complain(reader, "spec is missing");
		return;
	}
	check_keys(reader, spec, "spec", known);
	refuse(reader, spec, "spec", "sourceHydrator", "");
	application->project = read_text(reader, spec, "spec", "project", "default");
	application->ignore_differences = read_array(reader, spec, "spec", "ignoreDifferences");
	limit = read_integer(reader, spec, "spec", "revisionHistoryLimit", HISTORY_DEFAULT);
	if (limit < 0 || limit > INT32_MAX)
		complain(reader, "spec.revisionHistoryLimit: 0 or more is wanted");
	application->revision_history_limit = (unsigned int)limit;
	read_sources(reader, spec);
	read_destination(reader, spec);
	read_policy(reader, spec);
}

int rc_application_parse(const json_t *manifest, const char *where,
			 struct rc_application **ret_application, struct rc_error **err)
{
	rc_cleanup(rc_application_freep) struct rc_application *application =
		rc_new0(struct rc_application);
	struct reader reader = {.application = application};
	const char *kind = rc_json_text(manifest, "kind", NULL);
	const char *version = rc_json_text(manifest, "apiVersion", NULL);
	int r = 0;

	if (!rc_text_equal(kind, "Application") || !rc_text_equal(version, "argoproj.io/v1alpha1"))
		return rc_fail(err, -EINVAL,
			       "%s: an Application of argoproj.io/v1alpha1 is wanted, found %s of "
			       "%s",
			       where, kind ?: "nothing", version ?: "no version");
	application->arena = rc_arena_new(0);
	application->manifest = json_deep_copy(manifest);
	application->warnings = json_array();
	reader.arena = application->arena;
	rc_buf_init(&reader.problems, MESSAGES_MAX);
	json_object_del(application->manifest, "status");
	json_object_del(application->manifest, "operation");
	read_metadata(&reader, application->manifest);
	read_spec(&reader, application->manifest);
	if (reader.problems.n > 0)
		r = rc_fail(err, -EINVAL, "%s: application '%s': %s", where,
			    application->name ?: "", rc_buf_text(&reader.problems));
	rc_buf_done(&reader.problems);
	if (r < 0)
		return r;
	*ret_application = rc_steal(&application);
	return 0;
}

void rc_application_free(struct rc_application *application)
{
	if (!application)
		return;
	json_decref(application->manifest);
	json_decref(application->warnings);
	rc_arena_free(application->arena);
	free(application);
}

uint64_t rc_application_get_retry_ms(const struct rc_application *application, unsigned int n)
{
	double ms = (double)application->retry.duration_ms * pow(application->retry.factor, n);

	if (ms > (double)application->retry.max_duration_ms)
		return application->retry.max_duration_ms;
	return (uint64_t)ms;
}

bool rc_application_equal(const struct rc_application *a, const struct rc_application *b)
{
	return json_equal(a->manifest, b->manifest);
}
