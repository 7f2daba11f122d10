/*
 * The checks of one application, all of them or one, looked at once or until they pass or their
 * time is over.
 */
#pragma once

#include "validate/probe.h"

struct rc_validate_run;

/* results are borrowed until done returns; the run is to be freed after it. */
typedef void rc_validate_run_done_fn(void *userdata, struct rc_validate_run *run,
				     const struct rc_validate_result *results, size_t n);

struct rc_validate_run_options {
	struct rc_validate_services *services;
	struct rc_validate_subject subject; /* its texts are copied; what they point to lives on */
	const struct rc_validate_check *const *checks; /* borrowed, the array copied */
	size_t n;
	/* What does not pass is looked at again until then; what waits as long as it says so. 0:
	 * a single look. */
	uint64_t patience_ms;
};

struct rc_validate_run *rc_validate_run_start(const struct rc_validate_run_options *options,
					      rc_validate_run_done_fn *done, void *userdata);
/* done is not called any more. NULL is fine. */
void rc_validate_run_free(struct rc_validate_run *run);
