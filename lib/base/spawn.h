/* Start a program: the one place where we fork. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct rc_spawn_options {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *env;	 /* NULL-terminated, the whole environment; NULL: ours */
	const char *directory;	 /* NULL: ours */
	int fds[4];		 /* what the child has as 0..3; -1: /dev/null (0..2), none (3) */
	bool own_session;	 /* setsid(); else a process group of its own */
	bool die_with_parent;	 /* SIGKILL when we are gone */
};

/*
 * *ret_pid is the child; *ret_pidfd a descriptor that becomes readable when it ends, the
 * caller's to close. Returns 0, -ENOENT (no such program), or what exec answered.
 */
int rc_spawn(const struct rc_spawn_options *options, pid_t *ret_pid, int *ret_pidfd,
	     struct rc_error **err);
