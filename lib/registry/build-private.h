/* What the files of a build share. */
#pragma once

#include "base/arena.h"
#include "helm/chart.h"
#include "registry/backend.h"
#include "registry/build.h"
#include "registry/lock.h"

/* A repository that is open, as a dependency names it. */
struct build_open {
	struct build_open *next;
	struct rc_str text;
	struct rc_registry_access access;
	struct rc_registry_backend *backend;
};

struct build {
	const struct rc_registry_build_options *options;
	struct rc_arena *arena;
	struct rc_helm_warnings warnings; /* of loading charts; nobody asks for them */
	struct rc_helm_chart *chart;
	struct rc_registry_lock *lock; /* as it is, or as it was made */
	struct build_open *open;
	struct rc_registry_built built;
};

/* ---- build-resolve.c ---- */
/* The repository of a dependency, opened once. */
int rc_registry_build_open(struct build *build, struct rc_str text,
			   struct rc_registry_backend **ret_backend, struct rc_error **err);
/* Put URLs in place of "@name" and "alias:name". */
int rc_registry_build_resolve_names(struct build *build, struct rc_error **err);
/* Make a lock of the ranges, as `helm dependency update` does. */
int rc_registry_build_resolve_versions(struct build *build, struct rc_error **err);
/* A chart in a folder of the repository. */
int rc_registry_build_load_folder(struct build *build, struct rc_str repository,
				  struct rc_helm_files *files, struct rc_helm_chart **ret_chart,
				  struct rc_error **err);
/* A subchart that lies in charts/, or NULL. */
const struct rc_helm_chart *rc_registry_build_find_local(const struct build *build,
							 struct rc_str name);
/* version meets range; -EINVAL with Helm's words when range is none. */
int rc_registry_build_check_range(const struct rc_helm_dependency *dependency,
				  struct rc_str version, bool *ret_matches, struct rc_error **err);
