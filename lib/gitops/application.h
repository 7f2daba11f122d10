/*
 * What an Argo CD Application manifest asks for, as plain data.
 *
 * Every field of argoproj.io/v1alpha1 is known: what we honour is decoded, what we do not is an
 * error by its name (kustomize, plugin, jsonnet, sourceHydrator), never passed over; what has no
 * effect on us (info) is accepted. Quirks of the peer that users rely on are kept: sources wins
 * over source, valuesObject over values, automated without retry retries 5 times.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "gitops/application-stacks.h"

struct rc_application_parameter {
	const char *name, *value;
	bool force_string;
};

struct rc_application_source {
	const char *repo_url;
	const char *target_revision; /* "" : HEAD */
	const char *target_text;     /* the same as it is written */
	const char *path;	     /* "." : the repository's root, or the chart's */
	const char *chart;	     /* of a Helm repository or registry; NULL: files of Git */
	const char *ref;	     /* alias for $ref/... in other sources' value files; or NULL */
	struct {
		const char *release_name; /* NULL: the application's name */
		const char *name_space;	  /* NULL: the destination's */
		const char *values;	  /* YAML text (valuesObject as JSON); NULL: none */
		const char *kube_version; /* NULL: the cluster's */
		const char **value_files, **api_versions; /* NULL: none */
		size_t n_value_files, n_api_versions;
		struct rc_application_parameter *parameters, *file_parameters;
		size_t n_parameters, n_file_parameters;
		bool ignore_missing_value_files, skip_crds, skip_tests, skip_schema_validation;
		bool pass_credentials; /* to other hosts than the repository's, for its charts */
	} helm;
	struct {
		const char *include, *exclude; /* globs, or NULL */
		bool recurse;
		bool all_files; /* not only .yaml, .yml and .json */
	} directory;
	bool is_helm, is_directory; /* said so by its block; neither: found out from the files */
};

/* The sync options of the application; those of one resource are in gitops/traits.h. */
struct rc_application_options {
	bool create_namespace;
	bool no_prune, prune_confirm, prune_last;
	bool no_validate, skip_dry_run_on_missing;
	bool replace, force;
	bool apply_out_of_sync_only, fail_on_shared_resource;
	bool no_delete, delete_confirm; /* when the application is deleted with its resources */
	bool client_side;		/* ServerSideApply=false */
	bool no_migration;		/* ClientSideApplyMigration=false */
	bool ignored_differences_are_applied; /* RespectIgnoreDifferences=false was said */
	const char *prune_propagation;	      /* "Foreground", "Background", "Orphan" */
	/* Annotations of the application. */
	bool no_dry_run_compare, compare_webhooks; /* compare-options */
	const char *migration_manager; /* whose fields become ours as kubectl's do; or NULL */
	const char *deletion_approved; /* when what waits for a person was approved; or NULL */
	bool answers_lookup;	       /* lookup finds what is in the cluster */
	uint64_t wave_timeout_ms;      /* 0: the configuration's */
};

struct rc_application {
	const char *name;	/* what it is known by: its own, or "<namespace>_<name>" */
	const char *own_name;	/* metadata.name */
	const char *name_space; /* of the Application object itself; "argocd" when it has none */
	const char *project;
	struct rc_application_source *sources;
	size_t n_sources; /* at least 1 */
	struct {
		const char *server, *name; /* one of both is set */
		const char *name_space;	   /* "" : none */
	} destination;
	struct {
		bool on, prune, self_heal, allow_empty;
	} automated;
	struct {
		int limit; /* retries after the first attempt; -1: for ever */
		uint64_t duration_ms, max_duration_ms;
		double factor;
		bool refresh; /* ours: true; a retry takes the newest commit */
	} retry;
	struct rc_application_options options;
	struct rc_application_stacks stacks;
	const json_t *ignore_differences;	  /* the list as it stands, or NULL */
	const json_t *managed_namespace_metadata; /* or NULL */
	unsigned int revision_history_limit;	  /* 10 */
	bool has_finalizer;			  /* delete its resources with it */
	const char *delete_propagation;
	json_t *warnings;	/* array of text: fields that are not known; owned */
	bool is_suspended;	/* annotation argocd.argoproj.io/skip-reconcile: "true" */
	json_t *manifest;	/* the whole; owned */
	struct rc_arena *arena; /* all texts live here */
};

/*
 * Decode one manifest (borrowed); where is named in errors ("argocd/judge.yaml: "). -EINVAL names
 * every field that is wrong, one clause each. Not an Application: -EINVAL too.
 */
int rc_application_parse(const json_t *manifest, const char *where,
			 struct rc_application **ret_application, struct rc_error **err);
/* As a live object: outside the control namespace it is known by both its names, as in Argo CD. */
void rc_application_qualify(struct rc_application *application, const char *control_namespace);
void rc_application_free(struct rc_application *application);
RC_DEFINE_FREEP(struct rc_application, rc_application_free)

/* Wait before retry number n (from 0), in milliseconds: duration * factor^n up to the maximum. */
uint64_t rc_application_get_retry_ms(const struct rc_application *application, unsigned int n);
/* Both describe the same thing: nothing that a comparison or sync depends on differs. */
bool rc_application_equal(const struct rc_application *a, const struct rc_application *b);
