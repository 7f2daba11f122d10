/*
 * Files of a commit, read straight from the object store.
 *
 * Links are followed as long as they stay in the repository; submodules are passed over. What a
 * commit may make us read is limited.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/str.h"
#include "git/mirror.h"

struct rc_git_file {
	char *path; /* below the folder asked for */
	struct rc_str bytes;
};

struct rc_git_files {
	struct rc_git_file *at; /* in byte order of their paths */
	size_t n;
	size_t bytes; /* of all together */
};

struct rc_git_tree_limits {
	size_t max_files, max_bytes; /* 0: 20,000 and 64 MiB */
	bool only_here;		     /* nothing from folders below */
};

/* All files below folder ("." : the root). -ENOENT: there is no such folder in the commit;
 * -E2BIG: over a limit. limits may be NULL. */
int rc_git_tree_read(struct rc_git_mirror *mirror, const char *commit, const char *folder,
		     const struct rc_git_tree_limits *limits, struct rc_git_files *ret_files,
		     struct rc_error **err);
void rc_git_tree_files_done(struct rc_git_files *files);

/* One file; *ret_bytes is the caller's to free, NUL-terminated. -ENOENT, -E2BIG (64 MiB). */
int rc_git_tree_read_file(struct rc_git_mirror *mirror, const char *commit, const char *path,
			  char **ret_bytes, size_t *ret_n, struct rc_error **err);

/* "a/./b/../c" -> "a/c"; NULL when it leaves the repository. The caller's to free. */
char *rc_git_tree_normalise(const char *folder, const char *path);
