/*
 * One run of the terraform or tofu program.
 *
 * It is in a session of its own and is stopped as Terraform wants to be: SIGINT to the program
 * alone (its providers ignore that, and die of anything else), then it saves its state and lets go
 * of its lock. Only one that does not end long after a second SIGINT is killed with all it started.
 * It holds a lock file open as descriptor 3, so that a daemon that comes after us sees it live.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "terraform/log.h"

struct rc_terraform_command;

enum rc_terraform_output {
	RC_TERRAFORM_OUTPUT_LOG,  /* lines of stdout go to the log */
	RC_TERRAFORM_OUTPUT_UI,	  /* one JSON object a line (-json): their messages go to the log */
	RC_TERRAFORM_OUTPUT_FILE, /* stdout goes to a file */
	RC_TERRAFORM_OUTPUT_VALUE, /* stdout is kept for the result, and nowhere else */
};

struct rc_terraform_command_result {
	int exit_status;     /* -1: a signal ended it */
	int signal;	     /* or 0 */
	struct rc_str value; /* OUTPUT_VALUE; may be secret */
	const char *problem; /* the first error it told, masked; "" when none */
	const json_t *lock;  /* {id, who, operation, created, path, info} when the state was locked
			      * by somebody, or NULL */
};

/*
 * Called once, from the loop. r: 0 when it ran and ended, whatever its status; -ETIMEDOUT (it was
 * stopped at its time), -ECANCELED (rc_terraform_command_stop()), -E2BIG (more output than the
 * file or value may have), -ENOENT (no such program). err is taken over. The result is borrowed.
 */
typedef void rc_terraform_command_done_fn(void *userdata, int r,
					  const struct rc_terraform_command_result *result,
					  struct rc_error *err);

struct rc_terraform_command_options {
	struct ev_loop *loop;
	const char *const *argv; /* the program's path first; NULL-terminated */
	const char *const *env;	 /* the whole environment */
	const char *directory;
	int lock_fd;	     /* 0: none */
	uint64_t timeout_ms; /* 0: no limit */
	uint64_t grace_ms;   /* between SIGINT and the next means; 0: 2 minutes */
	enum rc_terraform_output output;
	const char *out_path; /* OUTPUT_FILE; made with mode 0600 */
	/* Lines go through this file (0600), so that the program goes on when we are gone: one that
	 * writes to a pipe without a reader dies. NULL: through pipes. */
	const char *spool_path;
	size_t max_bytes;	      /* OUTPUT_FILE and OUTPUT_VALUE */
	struct rc_terraform_log *log; /* borrowed, as all else until done */
	const char *step;
	/* Something happened that a waiting person would like to know (OUTPUT_UI). May be NULL. */
	void (*progress)(void *userdata, const json_t *line);
	rc_terraform_command_done_fn *done;
	void *userdata;
};

/* options is copied, its strings are not needed after the call. */
int rc_terraform_command_start(const struct rc_terraform_command_options *options,
			       struct rc_terraform_command **ret_command, struct rc_error **err);
/* Ask it to end; done is called with -ECANCELED when it has. */
void rc_terraform_command_stop(struct rc_terraform_command *command);
/* After done, or to kill it at once. NULL is fine. */
void rc_terraform_command_free(struct rc_terraform_command *command);
RC_DEFINE_FREEP(struct rc_terraform_command, rc_terraform_command_free)
pid_t rc_terraform_command_get_pid(const struct rc_terraform_command *command);
