/*
 * A long operation as a list of steps that is read top to bottom.
 *
 * A step does bounded work and says how to go on: RC_NEXT to the next step at once, RC_WAIT until
 * rc_flow_resume() and then the next step, RC_WAIT_AGAIN until rc_flow_resume() and then the same
 * step again, or a negative errno value with *err set: the flow ends with it. Each step has its
 * time; when it is over the flow ends with -ETIMEDOUT. done is called once, from the loop, and
 * never after rc_flow_cancel().
 */
#pragma once

#include <stdbool.h>

#include <ev.h>

#include "base/error.h"

struct rc_flow;

enum {
	RC_NEXT = 0,
	RC_WAIT = 1,
	RC_WAIT_AGAIN = 2,
	RC_FINISH = 3, /* skip the steps that are left and end well */
};

typedef int rc_step_fn(struct rc_flow *flow, struct rc_error **err);

struct rc_step {
	const char *name;
	rc_step_fn *run;
	unsigned int timeout_s; /* for the step with all its waits; 0: no limit */
};

/* Takes ownership of err, which is NULL when r is 0. */
typedef void rc_flow_done_fn(struct rc_flow *flow, int r, struct rc_error *err);

/* A member of the operation's struct; find that with rc_container_of(). Fields are private. */
struct rc_flow {
	struct ev_loop *loop;
	const struct rc_step *steps; /* ends with a NULL name */
	rc_flow_done_fn *done;
	const struct rc_step *at; /* NULL: not started, or ended */
	ev_timer turn;		  /* the next step, from the loop */
	ev_timer deadline;
	int advance; /* what the pending resume does to at */
	bool waiting;
	int result;
	struct rc_error *err;
};

void rc_flow_init(struct rc_flow *flow, struct ev_loop *loop, const struct rc_step *steps,
		  rc_flow_done_fn *done);
/* Run from the first step, or from the one named; the first step runs from the loop. */
void rc_flow_start(struct rc_flow *flow);
void rc_flow_start_at(struct rc_flow *flow, const char *step);
/* What the flow waited for is there (r = 0), or failed (r < 0, takes ownership of err). */
void rc_flow_resume(struct rc_flow *flow, int r, struct rc_error *err);
/* Let the step that waits have at most this much longer, from now; 0: no limit. */
void rc_flow_extend(struct rc_flow *flow, unsigned int timeout_s);
/* Stop where it is; done is not called. Also the destructor: always safe to call. */
void rc_flow_cancel(struct rc_flow *flow);
bool rc_flow_is_running(const struct rc_flow *flow);
/* The current step's name, or NULL. Static text. */
const char *rc_flow_get_step(const struct rc_flow *flow);
