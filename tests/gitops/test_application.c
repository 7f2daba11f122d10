/* Argo CD Applications: defaults, every field that is honoured, and errors that name the field. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/json.h"
#include "gitops/application.h"
#include "gitops/manifest.h"

/* The least that is a whole one; spec goes on with lines indented by two blanks. */
#define HEAD                                 \
	"apiVersion: argoproj.io/v1alpha1\n" \
	"kind: Application\n"                \
	"metadata: {name: shop}\n"           \
	"spec:\n"                            \
	"  destination: {name: in-cluster, namespace: shop}\n"
#define SOURCE "  source: {repoURL: 'https://git.example/a.git', path: deploy}\n"
#define WHOLE  HEAD SOURCE

static struct rc_application *parse(const char *text)
{
	json_auto_t *manifest = manifest_read(text);
	struct rc_application *application = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_application_parse(manifest, "a.yaml", &application, &err), err);
	return application;
}

#define autoapplication rc_cleanup(rc_application_freep) struct rc_application

START_TEST(test_defaults)
{
	autoapplication *application = parse(WHOLE);
	const struct rc_application_options *options = &application->options;

	ck_assert_str_eq(application->name, "shop");
	ck_assert_str_eq(application->name_space, "argocd");
	ck_assert_str_eq(application->project, "default");
	ck_assert_uint_eq(application->n_sources, 1);
	ck_assert_str_eq(application->sources[0].repo_url, "https://git.example/a.git");
	ck_assert_str_eq(application->sources[0].target_revision, "");
	ck_assert_str_eq(application->sources[0].path, "deploy");
	ck_assert_ptr_null(application->sources[0].ref);
	ck_assert(!application->sources[0].is_helm && !application->sources[0].is_directory);
	ck_assert_str_eq(application->destination.name, "in-cluster");
	ck_assert_ptr_null(application->destination.server);
	ck_assert_str_eq(application->destination.name_space, "shop");
	ck_assert(!application->automated.on && !application->automated.prune);
	ck_assert(!application->automated.self_heal && !application->automated.allow_empty);
	ck_assert(!options->create_namespace && !options->no_prune && !options->prune_last);
	ck_assert(!options->replace && !options->force && !options->no_validate);
	ck_assert(!options->apply_out_of_sync_only && !options->fail_on_shared_resource);
	ck_assert_str_eq(options->prune_propagation, "Foreground");
	ck_assert_ptr_null(application->ignore_differences);
	ck_assert_ptr_null(application->managed_namespace_metadata);
	ck_assert_uint_eq(application->revision_history_limit, 10);
	ck_assert(!application->has_finalizer && !application->is_suspended);
	ck_assert_uint_eq(json_array_size(application->warnings), 0);
}
END_TEST

/* ---- automated, retry ---- */

static const struct {
	const char *policy; /* lines of spec.syncPolicy */
	bool on, prune, self_heal, allow_empty;
} automated[] = {
	{"", false, false, false, false},
	{"    automated: null\n", false, false, false, false},
	/* Its presence alone turns it on. */
	{"    automated: {}\n", true, false, false, false},
	{"    automated: {enabled: true}\n", true, false, false, false},
	/* The rest keeps its settings. */
	{"    automated: {enabled: false, prune: true, selfHeal: true}\n", false, true, true,
	 false},
	{"    automated: {prune: true}\n", true, true, false, false},
	{"    automated: {selfHeal: true}\n", true, false, true, false},
	{"    automated: {allowEmpty: true}\n", true, false, false, true},
	{"    automated: {prune: true, selfHeal: true, allowEmpty: true}\n", true, true, true,
	 true},
	{"    automated: {prune: false, selfHeal: false, allowEmpty: false}\n", true, false, false,
	 false},
};

START_TEST(test_automated)
{
	rc_autofree char *text = NULL;
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;

	ck_assert_int_gt(asprintf(&text, "%s  syncPolicy:\n    syncOptions: []\n%s", WHOLE,
				  automated[_i].policy),
			 0);
	application = parse(text);
	ck_assert_int_eq(application->automated.on, automated[_i].on);
	ck_assert_int_eq(application->automated.prune, automated[_i].prune);
	ck_assert_int_eq(application->automated.self_heal, automated[_i].self_heal);
	ck_assert_int_eq(application->automated.allow_empty, automated[_i].allow_empty);
}
END_TEST

/* Argo CD's page writes "" for what nobody gave. */
START_TEST(test_empty_is_absent)
{
	autoapplication *application = parse(
		"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
		"spec: {project: '', source: {repoURL: u, path: '', targetRevision: '', ref: '',"
		" chart: '', helm: {releaseName: '', kubeVersion: '', values: ''}},"
		" destination: {name: '', server: s, namespace: ''}}\n");

	ck_assert_ptr_null(application->destination.name);
	ck_assert_str_eq(application->destination.server, "s");
	ck_assert_str_eq(application->project, "default");
	ck_assert_str_eq(application->sources[0].path, ".");
	ck_assert_ptr_null(application->sources[0].ref);
	ck_assert_ptr_null(application->sources[0].chart);
	ck_assert_ptr_null(application->sources[0].helm.release_name);
	ck_assert_ptr_null(application->sources[0].helm.kube_version);
	ck_assert_ptr_null(application->sources[0].helm.values);
}
END_TEST

static const struct {
	const char *policy;
	int limit;
	uint64_t duration_ms, max_ms;
	double factor;
} retries[] = {
	{"syncOptions: []", 0, 5000, 180000, 2},
	/* Auto-sync without a block of its own tries 5 times more. */
	{"automated: {}", 5, 5000, 180000, 2},
	{"{automated: {}, retry: {}}", 0, 5000, 180000, 2},
	{"{automated: {}, retry: {limit: 2}}", 2, 5000, 180000, 2},
	{"retry: {limit: -1}", -1, 5000, 180000, 2},
	{"retry: {limit: 3, backoff: {duration: 10s, factor: 3, maxDuration: 5m}}", 3, 10000,
	 300000, 3},
	{"retry: {limit: 3, backoff: {duration: 1m30s, maxDuration: 1h}}", 3, 90000, 3600000, 2},
	{"retry: {limit: 3, backoff: {duration: 500ms}}", 3, 500, 180000, 2},
	/* Bare numbers are seconds. */
	{"retry: {limit: 3, backoff: {duration: 7, maxDuration: '60'}}", 3, 7000, 60000, 2},
};

START_TEST(test_retry)
{
	rc_autofree char *text = NULL;
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;
	const char *policy = retries[_i].policy;

	ck_assert_int_gt(
		asprintf(&text, *policy == '{' ? "%s  syncPolicy: %s\n" : "%s  syncPolicy: {%s}\n",
			 WHOLE, policy),
		0);
	application = parse(text);
	ck_assert_int_eq(application->retry.limit, retries[_i].limit);
	ck_assert_uint_eq(application->retry.duration_ms, retries[_i].duration_ms);
	ck_assert_uint_eq(application->retry.max_duration_ms, retries[_i].max_ms);
	ck_assert_double_eq_tol(application->retry.factor, retries[_i].factor, 1e-9);
}
END_TEST

START_TEST(test_retry_waits)
{
	autoapplication *application = parse(WHOLE "  syncPolicy: {automated: {}}\n");
	static const uint64_t waits[] = {5000, 10000, 20000, 40000, 80000, 160000, 180000, 180000};

	for (unsigned int i = 0; i < RC_ARRAY_SIZE(waits); i++)
		ck_assert_uint_eq(rc_application_get_retry_ms(application, i), waits[i]);
	ck_assert_uint_eq(rc_application_get_retry_ms(application, 100000), 180000);
}
END_TEST

START_TEST(test_retry_refresh)
{
	autoapplication *plain = parse(WHOLE "  syncPolicy: {retry: {limit: 1}}\n");
	autoapplication *pinned =
		parse(WHOLE "  syncPolicy: {retry: {limit: 1, refresh: false}}\n");

	ck_assert(plain->retry.refresh); /* unlike Argo CD: a fix is taken */
	ck_assert(!pinned->retry.refresh);
}
END_TEST

/* ---- sync options ---- */

static const struct {
	const char *text;
	size_t offset;
} options[] = {
#define OPTION(text, member)                                          \
	{                                                             \
		text, offsetof(struct rc_application_options, member) \
	}
	OPTION("CreateNamespace=true", create_namespace),
	OPTION("Prune=false", no_prune),
	OPTION("Prune=confirm", prune_confirm),
	OPTION("PruneLast=true", prune_last),
	OPTION("Validate=false", no_validate),
	OPTION("SkipDryRunOnMissingResource=true", skip_dry_run_on_missing),
	OPTION("Replace=true", replace),
	OPTION("Force=true", force),
	OPTION("ApplyOutOfSyncOnly=true", apply_out_of_sync_only),
	OPTION("FailOnSharedResource=true", fail_on_shared_resource),
	OPTION("RespectIgnoreDifferences=false", ignored_differences_are_applied),
#undef OPTION
};

/* Each sets its own and no other. */
START_TEST(test_option)
{
	rc_autofree char *text = NULL;
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;

	ck_assert_int_gt(
		asprintf(&text, "%s  syncPolicy: {syncOptions: [%s]}\n", WHOLE, options[_i].text),
		0);
	application = parse(text);
	ck_assert_uint_eq(json_array_size(application->warnings), 0);
	for (size_t i = 0; i < RC_ARRAY_SIZE(options); i++)
		ck_assert_msg(*((bool *)&application->options + options[i].offset) ==
				      (i == (size_t)_i),
			      "%s: %s", options[_i].text, options[i].text);
}
END_TEST

START_TEST(test_options_without_effect)
{
	autoapplication *application =
		parse(WHOLE "  syncPolicy:\n"
			    "    syncOptions: [CreateNamespace=false, Validate=true, Prune=true,\n"
			    "      ServerSideApply=true, RespectIgnoreDifferences=true]\n");

	ck_assert_uint_eq(json_array_size(application->warnings), 0);
	ck_assert(!application->options.create_namespace && !application->options.no_validate);
	ck_assert(!application->options.no_prune);
}
END_TEST

static const struct {
	const char *text, *propagation;
} propagations[] = {
	{"PrunePropagationPolicy=foreground", "Foreground"},
	{"PrunePropagationPolicy=background", "Background"},
	{"PrunePropagationPolicy=orphan", "Orphan"},
};

START_TEST(test_propagation)
{
	rc_autofree char *text = NULL;
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;

	ck_assert_int_gt(asprintf(&text, "%s  syncPolicy: {syncOptions: [%s]}\n", WHOLE,
				  propagations[_i].text),
			 0);
	application = parse(text);
	ck_assert_str_eq(application->options.prune_propagation, propagations[_i].propagation);
}
END_TEST

/* ---- sources ---- */

START_TEST(test_helm)
{
	autoapplication *application = parse(
		HEAD "  source:\n"
		     "    repoURL: ssh://git@git.example/a\n"
		     "    targetRevision: v1.2\n"
		     "    path: chart\n"
		     "    helm:\n"
		     "      releaseName: r\n"
		     "      namespace: other\n"
		     "      kubeVersion: v1.30.0\n"
		     "      apiVersions: [a/v1/B, v1]\n"
		     "      valueFiles: [a.yaml, ../b.yaml]\n"
		     "      ignoreMissingValueFiles: true\n"
		     "      skipCrds: true\n"
		     "      skipTests: true\n"
		     "      skipSchemaValidation: true\n"
		     "      values: 'a: 1'\n"
		     "      version: v3\n"
		     "      passCredentials: true\n"
		     "      parameters: [{name: x, value: 'true', forceString: true}, {name: w}]\n"
		     "      fileParameters: [{name: z, path: z.txt}]\n");
	const struct rc_application_source *source = &application->sources[0];

	ck_assert(source->is_helm && !source->is_directory);
	ck_assert_str_eq(source->target_revision, "v1.2");
	ck_assert_str_eq(source->path, "chart");
	ck_assert_str_eq(source->helm.release_name, "r");
	ck_assert_str_eq(source->helm.name_space, "other");
	ck_assert_str_eq(source->helm.kube_version, "v1.30.0");
	ck_assert_str_eq(source->helm.values, "a: 1");
	ck_assert_uint_eq(source->helm.n_api_versions, 2);
	ck_assert_str_eq(source->helm.api_versions[0], "a/v1/B");
	ck_assert_uint_eq(source->helm.n_value_files, 2);
	ck_assert_str_eq(source->helm.value_files[1], "../b.yaml");
	ck_assert(source->helm.ignore_missing_value_files && source->helm.skip_crds);
	ck_assert(source->helm.skip_tests && source->helm.skip_schema_validation);
	ck_assert_uint_eq(source->helm.n_parameters, 2);
	ck_assert_str_eq(source->helm.parameters[0].name, "x");
	ck_assert_str_eq(source->helm.parameters[0].value, "true");
	ck_assert(source->helm.parameters[0].force_string);
	ck_assert_str_eq(source->helm.parameters[1].value, "");
	ck_assert(!source->helm.parameters[1].force_string);
	ck_assert_uint_eq(source->helm.n_file_parameters, 1);
	ck_assert_str_eq(source->helm.file_parameters[0].value, "z.txt");
	ck_assert_uint_eq(json_array_size(application->warnings), 0);
}
END_TEST

/* valuesObject replaces values. */
START_TEST(test_values_object)
{
	autoapplication *application =
		parse(HEAD "  source:\n"
			   "    repoURL: https://git.example/a\n"
			   "    helm: {values: 'a: 1', valuesObject: {b: {c: [1, x]}}}\n");
	json_auto_t *values = json_loads(application->sources[0].helm.values, 0, NULL);
	json_auto_t *wanted = json_pack("{s:{s:[i,s]}}", "b", "c", 1, "x");

	ck_assert(json_equal(values, wanted));
	ck_assert_str_eq(application->sources[0].path, ".");
}
END_TEST

START_TEST(test_directory)
{
	autoapplication *application =
		parse(HEAD "  source:\n"
			   "    repoURL: https://git.example/a\n"
			   "    targetRevision: HEAD\n"
			   "    directory: {recurse: true, include: '*.yaml', exclude: '{a,b}/*',\n"
			   "      jsonnet: {}}\n");
	const struct rc_application_source *source = &application->sources[0];

	ck_assert(source->is_directory && !source->is_helm);
	ck_assert(source->directory.recurse);
	ck_assert_str_eq(source->directory.include, "*.yaml");
	ck_assert_str_eq(source->directory.exclude, "{a,b}/*");
	ck_assert_str_eq(source->target_revision, "");
}
END_TEST

/* sources wins over source; one with ref and no path renders nothing. */
START_TEST(test_sources)
{
	autoapplication *application = parse(
		WHOLE "  sources:\n"
		      "  - {repoURL: 'https://git.example/chart', path: chart, helm: {valueFiles: "
		      "[$values/prod.yaml]}}\n"
		      "  - {repoURL: 'https://git.example/values', ref: values}\n");

	ck_assert_uint_eq(application->n_sources, 2);
	ck_assert_str_eq(application->sources[0].repo_url, "https://git.example/chart");
	ck_assert_str_eq(application->sources[0].helm.value_files[0], "$values/prod.yaml");
	ck_assert_str_eq(application->sources[1].ref, "values");
	ck_assert_ptr_null(application->sources[1].path);
}
END_TEST

START_TEST(test_no_sources_falls_back)
{
	autoapplication *application = parse(WHOLE "  sources: []\n");

	ck_assert_uint_eq(application->n_sources, 1);
	ck_assert_str_eq(application->sources[0].path, "deploy");
}
END_TEST

/* ---- the rest ---- */

START_TEST(test_others)
{
	autoapplication *application = parse(
		"apiVersion: argoproj.io/v1alpha1\n"
		"kind: Application\n"
		"metadata:\n"
		"  name: shop\n"
		"  namespace: team\n"
		"  annotations: {argocd.argoproj.io/skip-reconcile: 'true'}\n"
		"  finalizers: [resources-finalizer.argocd.argoproj.io/background]\n"
		"spec:\n"
		"  project: p\n"
		"  source: {repoURL: 'https://git.example/a'}\n"
		"  destination: {server: 'https://kubernetes.default.svc'}\n"
		"  revisionHistoryLimit: 3\n"
		"  info: [{name: a, value: b}]\n"
		"  ignoreDifferences: [{group: apps, kind: Deployment, jsonPointers: [/spec/x]}]\n"
		"  syncPolicy: {managedNamespaceMetadata: {labels: {a: b}}}\n"
		"status: {sync: {status: Synced}}\n"
		"operation: {sync: {}}\n");

	ck_assert_str_eq(application->name_space, "team");
	ck_assert_str_eq(application->project, "p");
	ck_assert_str_eq(application->destination.server, "https://kubernetes.default.svc");
	ck_assert_ptr_null(application->destination.name);
	ck_assert_str_eq(application->destination.name_space, "");
	ck_assert_uint_eq(application->revision_history_limit, 3);
	ck_assert_uint_eq(json_array_size(application->ignore_differences), 1);
	ck_assert_str_eq(rc_json_text(application->managed_namespace_metadata, "labels", "a", NULL),
			 "b");
	ck_assert(application->has_finalizer && application->is_suspended);
	ck_assert_str_eq(application->delete_propagation, "Background");
	ck_assert_uint_eq(json_array_size(application->warnings), 0);
	/* What the cluster keeps is no part of what is asked for. */
	ck_assert_ptr_null(json_object_get(application->manifest, "status"));
	ck_assert_ptr_null(json_object_get(application->manifest, "operation"));
}
END_TEST

START_TEST(test_finalizers)
{
	static const struct {
		const char *finalizer, *propagation;
		bool has;
	} table[] = {
		{"resources-finalizer.argocd.argoproj.io", "Foreground", true},
		{"resources-finalizer.argocd.argoproj.io/foreground", "Foreground", true},
		{"resources-finalizer.argocd.argoproj.io/background", "Background", true},
		{"post-delete-finalizer.argocd.argoproj.io", "Foreground", false},
		{"foregroundDeletion", "Foreground", false},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(table); i++) {
		autoapplication *application = NULL;
		rc_autofree char *text = NULL;

		ck_assert_int_gt(asprintf(&text,
					  "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
					  "metadata: {name: a, finalizers: [%s]}\n"
					  "spec: {source: {repoURL: u}, destination: {name: c}}\n",
					  table[i].finalizer),
				 0);
		application = parse(text);
		ck_assert_msg(application->has_finalizer == table[i].has, "%s", table[i].finalizer);
		ck_assert_str_eq(application->delete_propagation, table[i].propagation);
	}
}
END_TEST

START_TEST(test_unknown_fields_are_told)
{
	autoapplication *application =
		parse(WHOLE "  colour: red\n  syncPolicy: {syncOptions: [Colour=red]}\n");

	ck_assert_uint_eq(json_array_size(application->warnings), 2);
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_array_get(application->warnings, 0)), "spec.colour"));
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_array_get(application->warnings, 1)), "Colour=red"));
}
END_TEST

START_TEST(test_equal)
{
	autoapplication *a = parse(WHOLE "status: {a: 1}\n");
	autoapplication *b = parse(WHOLE);
	autoapplication *c = parse(WHOLE "  project: other\n");

	ck_assert(rc_application_equal(a, b));
	ck_assert(!rc_application_equal(a, c));
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
	const char *text, *part;
} errors[] = {
	{"apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: a}\n", "AppProject"},
	{"apiVersion: argoproj.io/v1\nkind: Application\nmetadata: {name: a}\n", "argoproj.io/v1"},
	{"kind: Application\n", "no version"},
	{"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n",
	 "spec is missing"},
	{"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {}\n"
	 "spec: {source: {repoURL: u}, destination: {name: c}}\n",
	 "metadata.name is missing"},
	{HEAD, "spec.source is missing"},
	{HEAD "  source: {path: a}\n", "spec.source.repoURL is missing"},
	{HEAD "  sources: [{repoURL: u}, {path: a}]\n", "spec.sources[1].repoURL is missing"},
	{HEAD "  source: here\n", "spec.source: a mapping is wanted, found text"},
	{HEAD "  source: {repoURL: 5}\n", "spec.source.repoURL: text is wanted, found a number"},
	{HEAD "  source: {repoURL: u, targetRevision: 1.0}\n", "spec.source.targetRevision"},
	{HEAD "  source: {repoURL: u, chart: redis, path: x}\n",
	 "spec.source: 'chart' and 'path' exclude each other"},
	{HEAD "  sources: [{repoURL: u, chart: redis, ref: v}]\n",
	 "spec.sources[0].ref: value files come from Git, not from the chart 'redis'"},
	{HEAD "  source: {repoURL: u, chart: redis@7}\n",
	 "spec.source.chart: 'redis@7' is no name of a chart"},
	{HEAD "  source: {repoURL: u, kustomize: {namePrefix: a}}\n",
	 "spec.source.kustomize is not supported"},
	{HEAD "  source: {repoURL: u, plugin: {name: a}}\n", "spec.source.plugin is not supported"},
	{HEAD "  source: {repoURL: u, directory: {jsonnet: {libs: [a]}}}\n",
	 "spec.source.directory.jsonnet is not supported"},
	{WHOLE "  sourceHydrator: {}\n", "spec.sourceHydrator is not supported"},
	{HEAD "  source: {repoURL: u, helm: {valueFiles: a.yaml}}\n",
	 "spec.source.helm.valueFiles: a list is wanted"},
	{HEAD "  source: {repoURL: u, helm: {valueFiles: [a, 1]}}\n",
	 "spec.source.helm.valueFiles[1]: text is wanted"},
	{HEAD "  source: {repoURL: u, helm: {parameters: [{value: a}]}}\n",
	 "spec.source.helm.parameters[0].name is missing"},
	{HEAD "  source: {repoURL: u, helm: {parameters: [{name: a, value: 1}]}}\n",
	 "spec.source.helm.parameters[0].value: text is wanted, found a number"},
	{HEAD "  source: {repoURL: u, helm: {skipCrds: 'yes'}}\n",
	 "spec.source.helm.skipCrds: true or false is wanted"},
	{HEAD "  sources: [{repoURL: u, helm: {valuesObject: text}}]\n",
	 "spec.sources[0].helm.valuesObject"},
	{WHOLE "  syncPolicy: {automated: {prune: 'yes'}}\n",
	 "spec.syncPolicy.automated.prune: true or false is wanted, found text"},
	{WHOLE "  syncPolicy: {automated: true}\n", "spec.syncPolicy.automated"},
	{WHOLE "  syncPolicy: {retry: {limit: many}}\n", "spec.syncPolicy.retry.limit"},
	{WHOLE "  syncPolicy: {retry: {backoff: {duration: soon}}}\n",
	 "spec.syncPolicy.retry.backoff.duration"},
	{WHOLE "  syncPolicy: {retry: {backoff: {duration: -5s}}}\n",
	 "spec.syncPolicy.retry.backoff.duration"},
	{WHOLE "  syncPolicy: {retry: {backoff: {factor: 0}}}\n",
	 "spec.syncPolicy.retry.backoff.factor"},
	{WHOLE "  syncPolicy: {syncOptions: [PrunePropagationPolicy=never]}\n", "'never'"},
	{WHOLE "  syncPolicy: {syncOptions: [1]}\n", "spec.syncPolicy.syncOptions[0]"},
	{WHOLE "  ignoreDifferences: {}\n", "spec.ignoreDifferences: a list is wanted"},
	{WHOLE "  revisionHistoryLimit: -1\n", "spec.revisionHistoryLimit"},
	{WHOLE "  revisionHistoryLimit: ten\n", "spec.revisionHistoryLimit"},
	{"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
	 "spec: {source: {repoURL: u}, destination: {namespace: n}}\n",
	 "spec.destination: exactly one of server and name"},
	{"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
	 "spec: {source: {repoURL: u}, destination: {name: c, server: s}}\n",
	 "spec.destination: exactly one of server and name"},
	{"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
	 "spec: {source: {repoURL: u}}\n",
	 "spec.destination"},
	/* A slip is no unknown field. */
	{WHOLE "  syncPolicy: {automated: {selfheal: true}}\n", "'selfHeal'"},
	{WHOLE "  syncPolicies: {}\n", "'syncPolicy'"},
	{HEAD "  source: {repoUrl: u}\n", "'repoURL'"},
};

START_TEST(test_error)
{
	json_auto_t *manifest = manifest_read(errors[_i].text);
	struct rc_application *application = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_application_parse(manifest, "a.yaml", &application, &err), -EINVAL, err,
		       errors[_i].part);
	ck_assert_ptr_null(application);
}
END_TEST

/* One error for all that is wrong. */
START_TEST(test_all_errors_at_once)
{
	json_auto_t *manifest = manifest_read(HEAD "  source: {path: 5}\n"
						   "  syncPolicy: {automated: {prune: 1}}\n");
	struct rc_application *application = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *text = NULL;

	ck_assert_int_eq(rc_application_parse(manifest, "dir/a.yaml", &application, &err), -EINVAL);
	text = rc_error_format(err);
	rc_error_free(err);
	ck_assert_ptr_nonnull(strstr(text, "dir/a.yaml: "));
	ck_assert_ptr_nonnull(strstr(text, "'shop'"));
	ck_assert_ptr_nonnull(strstr(text, "spec.source.repoURL"));
	ck_assert_ptr_nonnull(strstr(text, "spec.source.path"));
	ck_assert_ptr_nonnull(strstr(text, "spec.syncPolicy.automated.prune"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("application");
	TCase *tcase = tcase_create("application");

	tcase_add_test(tcase, test_defaults);
	tcase_add_test(tcase, test_empty_is_absent);
	tcase_add_loop_test(tcase, test_automated, 0, RC_ARRAY_SIZE(automated));
	tcase_add_loop_test(tcase, test_retry, 0, RC_ARRAY_SIZE(retries));
	tcase_add_test(tcase, test_retry_waits);
	tcase_add_test(tcase, test_retry_refresh);
	tcase_add_loop_test(tcase, test_option, 0, RC_ARRAY_SIZE(options));
	tcase_add_test(tcase, test_options_without_effect);
	tcase_add_loop_test(tcase, test_propagation, 0, RC_ARRAY_SIZE(propagations));
	tcase_add_test(tcase, test_helm);
	tcase_add_test(tcase, test_values_object);
	tcase_add_test(tcase, test_directory);
	tcase_add_test(tcase, test_sources);
	tcase_add_test(tcase, test_no_sources_falls_back);
	tcase_add_test(tcase, test_others);
	tcase_add_test(tcase, test_finalizers);
	tcase_add_test(tcase, test_unknown_fields_are_told);
	tcase_add_test(tcase, test_equal);
	tcase_add_loop_test(tcase, test_error, 0, RC_ARRAY_SIZE(errors));
	tcase_add_test(tcase, test_all_errors_at_once);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
