/* Files and paths. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* "a/b"; doubled slashes are not made. The caller's to free. */
char *rc_path_join(const char *directory, const char *name);
/* The part after the last '/'; borrowed. */
const char *rc_path_base(const char *path);

/* Whole file into buf, which has its limit; -E2BIG when larger. */
int rc_file_read(const char *path, struct rc_buf *buf, struct rc_error **err);
/*
 * Whole regular file as text of arena; -E2BIG when larger than max_bytes. A large one is mapped:
 * for files that are not cut shorter by others meanwhile.
 */
int rc_file_load(struct rc_arena *arena, const char *path, size_t max_bytes, struct rc_str *ret,
		 struct rc_error **err);
/* Write beside, fsync, rename: readers see the old file or the new one. */
int rc_file_write_atomic(const char *path, const void *bytes, size_t n, mode_t mode,
			 struct rc_error **err);
/* mkdir -p */
int rc_file_make_directory(const char *path, mode_t mode, struct rc_error **err);
/* rm -rf below and including path; absent is fine. */
int rc_file_remove_tree(const char *path, struct rc_error **err);
/* Remove the files below path whose names end in suffix; what cannot be removed stays. */
void rc_file_remove_matching(const char *path, const char *suffix);
