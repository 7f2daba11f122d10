/*
 * One stack: which commit it is at, when it runs, and what its runs came to.
 *
 * Level-triggered like the rest: whatever happens, rc_terraform_stack_consider() looks at the
 * commit, the last run, the stacks it depends on and the clock, and starts a run or says what it
 * waits for.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/worker.h"
#include "store/store.h"
#include "terraform/run.h"

struct rc_terraform_stack;

/* What all stacks share; borrowed, outlives them. */
struct rc_terraform_site {
	struct ev_loop *loop;
	struct rc_store *store;
	struct rc_worker_pool *git_pool, *plan_pool;
	const char *folder; /* of runs and back-ups: <folder>/<stack>/... */
	const char *plugin_cache;
	const struct rc_secret *backup_key; /* or NULL */
	unsigned int backups_kept;
	const char *copies; /* a second place: <copies>/<stack>/..., one a day; or NULL */
	unsigned int copies_kept;
	/* As in rc_terraform_run_options. */
	int (*gather)(void *userdata, struct rc_terraform_run *run, struct rc_error **err);
	void (*leave)(void *userdata, struct rc_terraform_run *run);
	bool (*copy)(void *userdata, struct rc_terraform_run *run, const char *name);
	int (*resolve)(void *userdata, struct rc_terraform_run *run,
		       const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		       struct rc_error **err);
	bool (*take_cache)(void *userdata, struct rc_terraform_run *run);
	void (*leave_cache)(void *userdata, struct rc_terraform_run *run);
	const char *(*get_freeze)(void *userdata);
	/* Another run may begin now; else it is asked again later. */
	bool (*may_run)(void *userdata);
	/* Why the stacks this one depends on are not ready, the caller's to free; or NULL. */
	char *(*await_others)(void *userdata, const struct rc_terraform_stack_options *options);
	void (*changed)(void *userdata, struct rc_terraform_stack *stack);
	/* As rc_terraform_run_options.outputs. */
	void (*outputs)(void *userdata, struct rc_terraform_stack *stack, const json_t *outputs);
	void *userdata;
};

/* options is copied. What an earlier daemon knew of the stack is read from the store. */
struct rc_terraform_stack *rc_terraform_stack_new(const struct rc_terraform_site *site,
						  const struct rc_terraform_stack_options *options);
/* A run that waits for approval is gone on with by the next daemon; one that is cut is told so. */
void rc_terraform_stack_free(struct rc_terraform_stack *stack);
RC_DEFINE_FREEP(struct rc_terraform_stack, rc_terraform_stack_free)

/* Taken on once no run is under way. */
void rc_terraform_stack_set_options(struct rc_terraform_stack *stack,
				    const struct rc_terraform_stack_options *options);
const struct rc_terraform_stack_options *
rc_terraform_stack_get_options(const struct rc_terraform_stack *stack);
/* The commit its revision names in the mirror now; NULL: it is not known, and why (borrowed). */
void rc_terraform_stack_set_commit(struct rc_terraform_stack *stack, const char *mirror,
				   const char *commit, const struct rc_error *why);
void rc_terraform_stack_consider(struct rc_terraform_stack *stack);
/* The run under way, or NULL. */
struct rc_terraform_run *rc_terraform_stack_get_run(const struct rc_terraform_stack *stack);
/* Its last plan was applied, or changed nothing, and it is at the newest commit. */
bool rc_terraform_stack_is_settled(const struct rc_terraform_stack *stack);

/* Plan now: the newest commit, or the one that revision names, at which the stack then stays until
 * it is planned without one. kind is "plan", "drift", "state" or
 * "outputs". -EBUSY: a run is under way;
 * -EAGAIN. */
int rc_terraform_stack_start(struct rc_terraform_stack *stack, const char *kind,
			     const char *revision, const char *by, struct rc_error **err);
/* Free the lock with this id, in a run of its own. */
int rc_terraform_stack_unlock(struct rc_terraform_stack *stack, const char *lock, const char *by,
			      struct rc_error **err);

/* Bring a back-up of its state back, once that is approved. force: also an older one. */
int rc_terraform_stack_restore(struct rc_terraform_stack *stack, const char *backup, bool force,
			       const char *by, struct rc_error **err);

/* Outputs of the last apply, {name: {"value"}|{"sensitive"}}; NULL: it was never applied. */
const json_t *rc_terraform_stack_get_outputs(const struct rc_terraform_stack *stack);
/* {name, repository, path, workspace, commit?, phase, waitsFor?, reason?, run?, drift?, pinned?,
 * approval..}; the caller's. */
json_t *rc_terraform_stack_describe(const struct rc_terraform_stack *stack);
/* Records of its runs, newest first, without their plans; the caller's. */
int rc_terraform_stack_list_runs(const struct rc_terraform_stack *stack, json_t **ret_runs,
				 struct rc_error **err);
/* One record whole; id 0: the newest. The caller's. -ENOENT. */
int rc_terraform_stack_get_record(const struct rc_terraform_stack *stack, json_int_t id,
				  json_t **ret_record, struct rc_error **err);
/* Where the log ("log") or the text of the plan ("plan.txt") of a run is; the caller's. */
char *rc_terraform_stack_get_path(const struct rc_terraform_stack *stack, json_int_t id,
				  const char *name);
