/*
 * Decoding an Application. Each wrong field is noted with its path; all of them make one error, so
 * that a person repairs a manifest in one go.
 */
#include "gitops/application.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/application-options.h"
#include "gitops/application-source.h"
#include "gitops/fields.h"

#define HISTORY_DEFAULT 10
#define RETRY_DEFAULT	5

/* ---- the rest of the spec ---- */

static void read_destination(struct rc_application *application, struct rc_fields *fields,
			     const json_t *spec)
{
	static const char *const known[] = {"server", "name", "namespace", NULL};
	const json_t *json = rc_fields_object(fields, spec, "spec", "destination");

	rc_fields_check(fields, json, "spec.destination", known);
	application->destination.server =
		rc_fields_text(fields, json, "spec.destination", "server", NULL);
	application->destination.name =
		rc_fields_text(fields, json, "spec.destination", "name", NULL);
	application->destination.name_space =
		rc_fields_text(fields, json, "spec.destination", "namespace", "");
	if (!application->destination.server == !application->destination.name)
		rc_fields_complain(fields,
				   "spec.destination: exactly one of server and name is wanted");
}

static void read_option(struct rc_application *application, struct rc_fields *fields,
			const char *text)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	int r = rc_application_options_read(&application->options, text, &err);
	rc_autofree char *why = r < 0 ? rc_error_format(err) : NULL;

	if (r == -ENOENT)
		json_array_append_new(application->warnings,
				      json_sprintf("spec.syncPolicy.syncOptions: %s", why));
	else if (r < 0)
		rc_fields_complain(fields, "spec.syncPolicy.syncOptions: %s", why);
}

static void read_annotations(struct rc_application *application, struct rc_fields *fields,
			     const json_t *annotations)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *why = NULL;

	if (rc_application_options_read_annotations(&application->options, application->arena,
						    annotations, &err) == 0 &&
	    rc_application_stacks_read(&application->stacks, application->arena, annotations,
				       &err) == 0)
		return;
	why = rc_error_format(err);
	rc_fields_complain(fields, "metadata.annotations: %s", why);
}

static void read_automated(struct rc_application *application, struct rc_fields *fields,
			   const json_t *policy)
{
	static const char where[] = "spec.syncPolicy.automated";
	static const char *const known[] = {"enabled", "prune", "selfHeal", "allowEmpty", NULL};
	const json_t *json = rc_fields_object(fields, policy, "spec.syncPolicy", "automated");

	if (!json)
		return;
	rc_fields_check(fields, json, where, known);
	application->automated.on = rc_fields_bool(fields, json, where, "enabled", true);
	application->automated.prune = rc_fields_bool(fields, json, where, "prune", false);
	application->automated.self_heal = rc_fields_bool(fields, json, where, "selfHeal", false);
	application->automated.allow_empty =
		rc_fields_bool(fields, json, where, "allowEmpty", false);
}

static void read_retry(struct rc_application *application, struct rc_fields *fields,
		       const json_t *policy)
{
	static const char where[] = "spec.syncPolicy.retry";
	static const char inner[] = "spec.syncPolicy.retry.backoff";
	static const char *const known[] = {"limit", "backoff", "refresh", NULL};
	static const char *const backoff_known[] = {"duration", "factor", "maxDuration", NULL};
	const json_t *json = rc_fields_object(fields, policy, "spec.syncPolicy", "retry");
	const json_t *backoff = rc_fields_object(fields, json, where, "backoff");

	rc_fields_check(fields, json, where, known);
	rc_fields_check(fields, backoff, inner, backoff_known);
	application->retry.limit =
		(int)rc_fields_integer(fields, json, where, "limit",
				       !json && application->automated.on ? RETRY_DEFAULT : 0);
	application->retry.refresh = rc_fields_bool(fields, json, where, "refresh", true);
	application->retry.duration_ms =
		rc_fields_duration(fields, backoff, inner, "duration", 5000);
	application->retry.max_duration_ms =
		rc_fields_duration(fields, backoff, inner, "maxDuration", 180000);
	application->retry.factor = (double)rc_fields_integer(fields, backoff, inner, "factor", 2);
	if (application->retry.factor < 1)
		rc_fields_complain(fields, "%s.factor: at least 1 is wanted", inner);
}

static void read_policy(struct rc_application *application, struct rc_fields *fields,
			const json_t *spec)
{
	static const char *const known[] = {"automated", "retry", "managedNamespaceMetadata",
					    "syncOptions", NULL};
	const json_t *policy = rc_fields_object(fields, spec, "spec", "syncPolicy");
	size_t n;
	const char **texts;

	rc_fields_check(fields, policy, "spec.syncPolicy", known);
	read_automated(application, fields, policy);
	read_retry(application, fields, policy);
	application->options.prune_propagation = "Foreground";
	application->managed_namespace_metadata =
		rc_fields_object(fields, policy, "spec.syncPolicy", "managedNamespaceMetadata");
	texts = rc_fields_texts(fields, policy, "spec.syncPolicy", "syncOptions", &n);
	for (size_t i = 0; i < n; i++)
		read_option(application, fields, texts[i]);
}

static void read_metadata(struct rc_application *application, struct rc_fields *fields,
			  const json_t *manifest)
{
	static const char finalizer[] = "resources-finalizer.argocd.argoproj.io";
	const json_t *metadata = rc_fields_object(fields, manifest, "", "metadata");
	const json_t *annotations = rc_fields_object(fields, metadata, "metadata", "annotations");
	json_t *item;
	size_t i;

	application->name = rc_fields_text(fields, metadata, "metadata", "name", "");
	application->own_name = application->name;
	application->name_space =
		rc_fields_text(fields, metadata, "metadata", "namespace", "argocd");
	application->is_suspended = rc_text_equal(
		rc_json_text(annotations, "argocd.argoproj.io/skip-reconcile", NULL), "true");
	read_annotations(application, fields, annotations);
	application->delete_propagation = "Foreground";
	if (!*application->name)
		rc_fields_complain(fields, "metadata.name is missing");
	json_array_foreach (json_object_get(metadata, "finalizers"), i, item) {
		const char *text = json_string_value(item) ?: "";

		if (!rc_text_has_prefix(text, finalizer))
			continue;
		application->has_finalizer = true;
		if (rc_text_has_suffix(text, "/background"))
			application->delete_propagation = "Background";
	}
}

static void read_spec(struct rc_application *application, struct rc_fields *fields,
		      const json_t *manifest)
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
	const json_t *spec = rc_fields_object(fields, manifest, "", "spec");
	int64_t limit;

	if (!spec) {
		rc_fields_complain(fields, "spec is missing");
		return;
	}
	rc_fields_check(fields, spec, "spec", known);
	rc_fields_refuse(fields, spec, "spec", "sourceHydrator", "");
	application->project = rc_fields_text(fields, spec, "spec", "project", "default");
	application->ignore_differences =
		rc_fields_array(fields, spec, "spec", "ignoreDifferences");
	limit = rc_fields_integer(fields, spec, "spec", "revisionHistoryLimit", HISTORY_DEFAULT);
	if (limit < 0 || limit > INT32_MAX)
		rc_fields_complain(fields, "spec.revisionHistoryLimit: 0 or more is wanted");
	application->revision_history_limit = (unsigned int)limit;
	rc_application_source_read_all(application, fields, spec);
	read_destination(application, fields, spec);
	read_policy(application, fields, spec);
}

int rc_application_parse(const json_t *manifest, const char *where,
			 struct rc_application **ret_application, struct rc_error **err)
{
	rc_cleanup(rc_application_freep) struct rc_application *application =
		rc_new0(struct rc_application);
	struct rc_fields fields;
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
	rc_fields_init(&fields, application->arena, application->warnings);
	json_object_del(application->manifest, "status");
	json_object_del(application->manifest, "operation");
	read_metadata(application, &fields, application->manifest);
	read_spec(application, &fields, application->manifest);
	if (fields.problems.n > 0)
		r = rc_fail(err, -EINVAL, "%s: application '%s': %s", where,
			    application->name ?: "", rc_buf_text(&fields.problems));
	rc_fields_done(&fields);
	if (r < 0)
		return r;
	*ret_application = rc_steal(&application);
	return 0;
}

void rc_application_qualify(struct rc_application *application, const char *control_namespace)
{
	application->name = application->own_name;
	if (strcmp(application->name_space, control_namespace) != 0)
		application->name = rc_arena_printf(application->arena, "%s_%s",
						    application->name_space, application->own_name);
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
