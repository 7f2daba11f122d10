/* What the files of a stack share. */
#pragma once

#include "base/log.h"
#include "terraform/stack.h"

struct rc_arena;

struct rc_terraform_stack {
	const struct rc_terraform_site *site;
	struct rc_arena *arena, *next_arena;
	struct rc_terraform_stack_options *options, *next_options; /* next: after the run */
	struct rc_log scope;

	char *mirror, *commit; /* what its revision names now */
	char *commit_error;    /* why it does not, or NULL */
	char *fingerprint;     /* of that commit; NULL: not known yet */
	struct rc_worker_job *job;
	struct rc_error *error; /* why there is no fingerprint, or NULL */

	json_t *memory; /* what outlives the daemon */
	json_t *last;	/* the record of the last run; NULL: there was none */
	struct rc_terraform_run *run;
	char *run_fingerprint; /* of what it runs */
	bool is_interrupted;   /* the last run was cut: plan anew */
	unsigned int failures; /* in a row */
	uint64_t retry_at_ms;  /* monotonic */
	char *waits_for;       /* or NULL */
};

/* A run that follows an apply which did not end says so in its record: "after". */
void rc_terraform_stack_note_cut(const struct rc_terraform_stack *stack, json_t *record);
