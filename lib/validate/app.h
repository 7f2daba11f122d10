/*
 * What is known of one application by its checks: when they are run, and what they said last.
 *
 * After a sync they are tried until they pass or their patience is over; on the timer a few times;
 * when somebody asks, once.
 */
#pragma once

#include "validate/run.h"

struct rc_validate_app;

enum rc_validate_trigger { RC_VALIDATE_TIMER, RC_VALIDATE_SYNC };

struct rc_validate_app_options {
	struct rc_validate_services *services;
	const char *name;			       /* copied */
	const struct rc_validate_check *const *checks; /* borrowed, the array copied */
	size_t n;
	uint64_t interval_ms; /* of the timer */
	uint64_t settle_ms;   /* how long after a sync what fails is tried again */
	/* Where the application is now; false: that is not known. */
	bool (*locate)(void *userdata, const char *name, struct rc_validate_subject *ret_subject);
	/* A run that trigger began has ended. May be NULL. */
	void (*ended)(void *userdata, struct rc_validate_app *app,
		      enum rc_validate_trigger trigger);
	void *userdata;
};

struct rc_validate_app *rc_validate_app_new(const struct rc_validate_app_options *options);
/* Whoever asked and has no answer yet is given what is known. */
void rc_validate_app_free(struct rc_validate_app *app);

const char *rc_validate_app_get_name(const struct rc_validate_app *app);
/* It was synced: run all, also when a run is under way. */
void rc_validate_app_on_sync(struct rc_validate_app *app);
/* The last results, one for each check; borrowed. */
const struct rc_validate_result *rc_validate_app_get_results(const struct rc_validate_app *app,
							     size_t *ret_n);
/* {app, outcome, running, checks: [...]}, of one check or (NULL) all; the caller's. */
json_t *rc_validate_app_describe(const struct rc_validate_app *app, const char *check);

typedef void rc_validate_app_answer_fn(void *userdata, json_t *description);
/* Run a check or (NULL) all now; answered is called once, its json is given away. -ENOENT. */
int rc_validate_app_ask(struct rc_validate_app *app, const char *check,
			rc_validate_app_answer_fn *answered, void *userdata, struct rc_error **err);
