/*
 * What an AppProject allows its applications: sources, destinations, kinds, times.
 *
 * Every field of argoproj.io/v1alpha1 is known. roles has no effect on us (it is about Argo CD's
 * API). What would have to be enforced and is not (signatureKeys, sourceIntegrity,
 * destinationServiceAccounts, permitOnlyProjectScopedClusters) makes the project one whose
 * applications are not synced, never one that allows too much.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "gitops/application.h"
#include "gitops/patterns.h"
#include "gitops/window.h"

#define RC_PROJECT_DEFAULT "default"

/* A destination that is allowed, or with '!' forbidden. */
struct rc_project_destination {
	struct rc_pattern server, name, name_space;
};

/* Go's path patterns; name is NULL for any. */
struct rc_project_kind {
	const char *group, *kind, *name;
};

struct rc_project_kinds {
	struct rc_project_kind *list;
	size_t n;
	bool is_set; /* the manifest has the list, if only an empty one */
};

struct rc_project {
	const char *name;
	const char *description;
	const char *refusal; /* why its applications are not synced at all; NULL: they are */
	struct rc_pattern *sources;
	size_t n_sources;
	struct rc_project_destination *destinations;
	size_t n_destinations;
	struct rc_project_kinds cluster_allowed, cluster_denied; /* cluster-scoped kinds */
	struct rc_project_kinds namespaced_allowed, namespaced_denied;
	const char **source_namespaces; /* globs, and "/regular expressions/" */
	size_t n_source_namespaces;
	struct rc_windows windows;
	struct {
		bool on, warn;
		struct rc_project_kind *ignore; /* globs here; "" : any, but for group */
		size_t n_ignore;
	} orphaned;
	json_t *warnings; /* array of text; owned */
	json_t *manifest; /* the whole; owned */
	struct rc_arena *arena;
};

/* Decode one manifest (borrowed); as rc_application_parse(). */
int rc_project_parse(const json_t *manifest, const char *where, struct rc_project **ret_project,
		     struct rc_error **err);
/* The project "default" where nobody defines it: it allows everything. */
struct rc_project *rc_project_new_default(void);
/* One that cannot be read: why says what its applications are told. */
struct rc_project *rc_project_new_broken(const char *name, const char *why);
void rc_project_free(struct rc_project *project);
RC_DEFINE_FREEP(struct rc_project, rc_project_free)

/* A cluster as rules see it; both may be NULL. */
struct rc_project_cluster {
	const char *name, *server;
};

bool rc_project_allows_source(const struct rc_project *project, const char *url);
bool rc_project_allows_destination(const struct rc_project *project,
				   const struct rc_project_cluster *cluster,
				   const char *name_space);
bool rc_project_allows_kind(const struct rc_project *project, const char *group, const char *kind,
			    const char *name, bool is_namespaced);
/* Whether Applications may lie in that namespace; control_namespace always may. */
bool rc_project_allows_app_namespace(const struct rc_project *project, const char *name_space,
				     const char *control_namespace);
/* Whether it is left out of the reports of orphaned resources. */
bool rc_project_ignores_orphan(const struct rc_project *project, const char *group,
			       const char *kind, const char *name_space, const char *name);

/*
 * Everything the application says by itself, in Argo CD's words; cluster is the one it names. 0, or
 * -EACCES with all that is not allowed, one clause each.
 */
int rc_project_check(const struct rc_project *project, const struct rc_application *application,
		     const struct rc_project_cluster *cluster, struct rc_error **err);
/* One object of the application: its kind, and its namespace ("" : it is cluster-scoped). -EACCES.
 */
int rc_project_check_object(const struct rc_project *project,
			    const struct rc_project_cluster *cluster, const char *group,
			    const char *kind, const char *name_space, const char *name,
			    struct rc_error **err);
