/* What the files of a run share. */
#pragma once

#include "base/flow.h"
#include "base/log.h"
#include "terraform/command.h"
#include "terraform/environment.h"
#include "terraform/run.h"

struct rc_terraform_run {
	struct rc_terraform_run_options options; /* texts owned */
	json_t *record;
	struct rc_log scope;
	struct rc_terraform_log *log;
	struct rc_terraform_environment *environment;
	struct rc_flow flow;
	struct rc_worker_job *job;
	struct rc_terraform_command *command;
	struct rc_process *policy;
	ev_timer expiry;
	int lock_fd; /* held by us and by what we start */
	bool has_cache;
	bool is_given;	       /* what was gathered is there */
	bool has_waited;       /* for its approval: what was gathered may be old */
	char *root;	       /* the module's folder in the checkout */
	const char *end;       /* the phase it ends with when its flow does; static */
	bool is_denied;	       /* by the policy command */
	bool is_read;	       /* the plan: what its module calls sensitive is known */
	const char *discarded; /* the phase somebody ends it with, or NULL; static */
};

/* ---- run.c ---- */
/* The phase is another: remembered before anything is done in it. */
void rc_terraform_run_enter(struct rc_terraform_run *run, const char *phase);
void rc_terraform_run_set_text(struct rc_terraform_run *run, const char *key, const char *text);
/* Below the run's folder; the caller's to free. */
char *rc_terraform_run_path(const struct rc_terraform_run *run, const char *name);
/* Start the program with these arguments (NULL-terminated, without the program itself); what the
 * step returns then: RC_WAIT, as done goes on with the flow. */
struct rc_terraform_run_command {
	const char *const *args;
	uint64_t timeout_ms;
	enum rc_terraform_output output;
	const char *out_path, *spool_path;
	size_t max_bytes;
	bool may_write; /* to the state: it is given time to end well */
	rc_terraform_command_done_fn *done;
};
int rc_terraform_run_command(struct rc_terraform_run *run,
			     const struct rc_terraform_run_command *command, struct rc_error **err);
/* The error of a command that ended otherwise than wanted, its lock remembered; err (of done) is
 * taken over. 0 when it ended with status 0, or with also. */
int rc_terraform_run_judge(struct rc_terraform_run *run, int r,
			   const struct rc_terraform_command_result *result, int also,
			   struct rc_error **err);

/* ---- run-values.c ---- */
/* The environment is made, or made anew after a wait. */
int rc_terraform_run_values(struct rc_flow *flow, struct rc_error **err);
/* ---- the steps: run-plan.c ---- */
int rc_terraform_run_checkout(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_version(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_init(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_workspace(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_validate(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_plan(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_unlock(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_export(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_print(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_read(struct rc_flow *flow, struct rc_error **err);
/* ---- run-apply.c ---- */
int rc_terraform_run_policy(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_await(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_backup(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_apply(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_outputs(struct rc_flow *flow, struct rc_error **err);
/* ---- run-state.c ---- */
int rc_terraform_run_list(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_inspect(struct rc_flow *flow, struct rc_error **err);
int rc_terraform_run_push(struct rc_flow *flow, struct rc_error **err);
/* -ESTALE: a restore was shown over another state than this one, which is there now. */
int rc_terraform_run_check_current(const struct rc_terraform_run *run, struct rc_str state,
				   struct rc_error **err);
/* The approvals that are there suffice; else the record's "waitsFor" says what for. */
bool rc_terraform_run_is_approved(struct rc_terraform_run *run);
