/* One child process: started without a shell, its output read with a limit, killed at a deadline.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <ev.h>

#include "base/buf.h"
#include "base/error.h"

struct rc_process;

struct rc_process_options {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
	const char *const *env;	 /* NULL-terminated, the child's whole environment; NULL: ours */
	const char *directory;	 /* to run in; NULL: ours */
	struct rc_str input;	 /* for its standard input, copied */
	bool no_input;		 /* its standard input is /dev/null, not a pipe */
	uint64_t timeout_ms;	 /* then SIGKILL to its process group; 0: no limit */
	size_t max_output_bytes; /* for stdout and stderr each; 0: 1 MiB; more ends in -E2BIG */
	bool own_session;	 /* setsid(): our group's signals do not reach it */
	int pass_fd;		 /* the child has it as its descriptor 3; 0: none */
	int out_fd;		 /* its stdout and stderr, instead of pipes to us; 0: pipes */
	/* Told of what it prints as it comes; that is then neither collected nor limited. May be
	 * NULL. */
	void (*output)(void *userdata, bool is_error, struct rc_str chunk);
};

struct rc_process_result {
	int exit_status; /* when it exited; else -1 */
	int signal;	 /* when a signal ended it; else 0 */
	struct rc_str out;
	struct rc_str error_out; /* both borrowed until done returns */
};

/*
 * Called once, from the loop. r is 0 when the child ran and ended by itself, whatever its status;
 * -ETIMEDOUT, -E2BIG, -ENOENT (no such program) else. Takes ownership of err.
 */
typedef void rc_process_done_fn(struct rc_process *process, int r,
				const struct rc_process_result *result, struct rc_error *err,
				void *userdata);

/* options is copied. On success *ret_process is the caller's, to free (also after done). */
int rc_process_start(struct ev_loop *loop, const struct rc_process_options *options,
		     rc_process_done_fn *done, void *userdata, struct rc_process **ret_process,
		     struct rc_error **err);
/* Kill it if it still runs; done is then not called. */
void rc_process_free(struct rc_process *process);
RC_DEFINE_FREEP(struct rc_process, rc_process_free)

pid_t rc_process_get_pid(const struct rc_process *process);
/* Send it a signal: the program alone, not what it started. Nothing when it has ended. */
void rc_process_signal(const struct rc_process *process, int signal);
