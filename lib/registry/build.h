/*
 * `helm dependency build`: the archives that a chart's charts/ is to hold, by its lock, or where it
 * has none by the ranges in its Chart.yaml.
 *
 * Nothing is written but the cache: the caller is told which files of charts/ go and which come.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "data/digest.h"
#include "helm/file.h"
#include "registry/session.h"

/* A repository that is configured, under a text that the chart has for it. */
struct rc_registry_build_repository {
	const char *text; /* "https://...", "@name", "alias:name", "oci://..." */
	const char *type; /* "helm", "oci" */
	struct rc_registry_access access;
};

/* Append the files of the folder that a "file://" of the chart names, without what .helmignore
 * leaves out. path is what follows the scheme. */
typedef int rc_registry_build_read_fn(void *userdata, const char *path, struct rc_helm_files *files,
				      struct rc_error **err);

/* Borrowed for the time of the build. */
struct rc_registry_build_options {
	const struct rc_helm_files *files; /* of the chart, without what .helmignore leaves out */
	const char *cache;		   /* folder of archives */
	const struct rc_registry_build_repository *repositories;
	size_t n_repositories;
	rc_registry_build_read_fn *read_folder; /* NULL: "file://" is refused */
	void *read_folder_userdata;
	uint64_t deadline_ms; /* of the monotonic clock; 0: none */
	bool update;	      /* resolve the ranges, whatever the lock says */
};

struct rc_registry_lock;

struct rc_registry_build_archive {
	const char *path; /* in the chart: "charts/web-1.2.0.tgz" */
	char digest[RC_DIGEST_MAX];
	const char *name, *version, *repository; /* for people */
};

/* Lives in the arena of the files. */
struct rc_registry_built {
	struct rc_registry_build_archive *archives;
	size_t n_archives;
	const char **removed; /* paths of archives that are no longer asked for */
	size_t n_removed;
	bool is_locked;		 /* the versions are those of a lock */
	const char *lock_file;	 /* where the lock is, or would be */
	const char *lock_digest; /* of what was built */
	const struct rc_registry_lock *lock;
	bool is_lock_current; /* the chart's lock has that digest */
};

/*
 * Returns 0, -EINVAL (lock and Chart.yaml do not agree, a repository is not known by name; Helm's
 * words), -ENODATA (no version meets a range), -ENOENT, or why a repository could not be read.
 */
int rc_registry_build(const struct rc_registry_build_options *options,
		      struct rc_registry_built *ret_built, struct rc_error **err);
/* The texts that name the chart's repositories, each once; files and folders left out. -EINVAL. */
int rc_registry_build_list_repositories(const struct rc_helm_files *files, json_t *to,
					struct rc_error **err);
