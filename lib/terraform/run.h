/*
 * One run of a stack: from a commit to an applied plan, or to a report of drift.
 *
 * A run is a record (JSON, kept in the store) and a folder (checkout, plan, log) beside it. The
 * record says at every moment what is being done, and is written before it is done: after a crash
 * it tells how far the run came. Only the waiting for approval is gone on with after a restart; a
 * run that was cut anywhere else is reported as interrupted, and planned anew.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "base/worker.h"
#include "store/store.h"
#include "terraform/approval.h"
#include "terraform/stack-options.h"

struct rc_terraform_run;

/*
 * The record: {"id", "stack", "kind": "plan"|"drift"|"unlock"|"state"|"outputs"|"restore", "phase",
 * "step", "commit", "author", "mail", "subject", "by", "startedAt", "finishedAt"?, "digest"?,
 * "plan"? (terraform/plan.h), "approvals", "waitsFor"?, "refused"?, "reason"?, "lock"?, "pid"?,
 * "backup"?, "outputs"?, "pinned"?, "addresses"? (of kind "state"), "restore"? {"backup", "force",
 * "serial", "lineage", "currentSerial", "currentLineage"}}
 *
 * phase: initialising, validating, planning, awaiting-approval, backing-up, applying, verifying;
 * at the end one of those of rc_terraform_run_is_over().
 */
struct rc_terraform_run_options {
	struct ev_loop *loop;
	struct rc_store *store;
	struct rc_worker_pool *git_pool, *plan_pool;
	const struct rc_terraform_stack_options *stack; /* outlives the run */
	const char *mirror;				/* of its repository */
	const char *folder;				/* of the run: made when it begins */
	const char *plugin_cache;
	const char *backups;		    /* the stack's folder of state back-ups */
	const struct rc_secret *backup_key; /* 32 bytes; NULL: state is not backed up */
	unsigned int backups_kept;
	const char *copies; /* the stack's folder of the second place, one a day; or NULL */
	unsigned int copies_kept;
	/* Copy a back-up of this name to a place that takes asking; rc_terraform_run_copied()
	 * tells, later. False: there is none. */
	bool (*copy)(void *userdata, struct rc_terraform_run *run, const char *name);
	const char *program; /* path of terraform or tofu */
	/*
	 * Ask for the values that take asking. 0: there are none; 1: rc_terraform_run_give() tells,
	 * later. Asked again when a run waited long for its approval. leave: none is needed any
	 * more; also called when nothing was gathered.
	 */
	int (*gather)(void *userdata, struct rc_terraform_run *run, struct rc_error **err);
	void (*leave)(void *userdata, struct rc_terraform_run *run);
	int (*resolve)(void *userdata, struct rc_terraform_run *run,
		       const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		       struct rc_error **err);
	/* One init at a time uses the plugin cache: false means wait for rc_terraform_run_wake().
	 */
	bool (*take_cache)(void *userdata, struct rc_terraform_run *run);
	void (*leave_cache)(void *userdata, struct rc_terraform_run *run);
	/* The outputs were read, {name: {"value", "sensitive"}}: borrowed, and secret. May be NULL.
	 */
	void (*outputs)(void *userdata, const json_t *outputs);
	/* Nothing is applied anywhere while this answers a reason. */
	const char *(*get_freeze)(void *userdata);
	void (*changed)(void *userdata, struct rc_terraform_run *run);
	/* It is over; the record says how. Called once, from the loop. */
	void (*done)(void *userdata, struct rc_terraform_run *run);
	void *userdata;
};

/* record is taken over; a new one has id, stack, kind, revision, by. One that awaits its approval
 * goes on there. */
struct rc_terraform_run *rc_terraform_run_start(const struct rc_terraform_run_options *options,
						json_t *record);
/* Kills what runs; the record stays as it is, for the next daemon. */
void rc_terraform_run_free(struct rc_terraform_run *run);
RC_DEFINE_FREEP(struct rc_terraform_run, rc_terraform_run_free)

/* What gather asked for is there, or r < 0 with err, which is taken over. */
void rc_terraform_run_give(struct rc_terraform_run *run, int r, struct rc_error *err);
/* The copy was made, or (r < 0, err is taken over) not: that is told, and holds up nothing. */
void rc_terraform_run_copied(struct rc_terraform_run *run, int r, struct rc_error *err);
/* Borrowed. */
const struct rc_terraform_stack_options *
rc_terraform_run_get_stack(const struct rc_terraform_run *run);
const json_t *rc_terraform_run_get_record(const struct rc_terraform_run *run);
/* The plugin cache is free, or the freeze was lifted. */
void rc_terraform_run_wake(struct rc_terraform_run *run);
/* As rc_terraform_approval_add(); -EBUSY: it waits for no approval. */
int rc_terraform_run_approve(struct rc_terraform_run *run, const struct rc_terraform_yes *yes,
			     struct rc_error **err);
/* Somebody's yes was not taken; why is shown as the record's "refused" until one is. */
void rc_terraform_run_note_refusal(struct rc_terraform_run *run, const char *why);
/* End a run that is not applying; phase is static text: "discarded", "superseded", "expired". It is
 * over when done is called. -EBUSY: it is applying. */
int rc_terraform_run_discard(struct rc_terraform_run *run, const char *phase, const char *reason,
			     struct rc_error **err);
/* Ask the program to stop, also an apply; the run ends when it has. False: nothing runs. */
bool rc_terraform_run_stop(struct rc_terraform_run *run);
/* A program runs now. */
bool rc_terraform_run_is_live(const struct rc_terraform_run *run);

/* The phase is an end: no-change, policy-denied, applied, failed, interrupted, superseded, expired,
 * discarded, drifted, in-sync, unlocked, listed, read, restored. */
bool rc_terraform_run_is_over(const json_t *record);
/* Write the record to the store. */
void rc_terraform_run_save(struct rc_store *store, const json_t *record);
