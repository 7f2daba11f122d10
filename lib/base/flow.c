/* Running a list of steps on the loop. */
#include "base/flow.h"

#include <errno.h>
#include <string.h>

static void take_turn(struct rc_flow *flow)
{
	ev_timer_stop(flow->loop, &flow->turn);
	ev_timer_set(&flow->turn, 0., 0.);
	ev_timer_start(flow->loop, &flow->turn);
}

static void set_deadline(struct rc_flow *flow, unsigned int timeout_s)
{
	ev_timer_stop(flow->loop, &flow->deadline);
	if (timeout_s == 0)
		return;
	ev_now_update(flow->loop);
	ev_timer_set(&flow->deadline, timeout_s, 0.);
	ev_timer_start(flow->loop, &flow->deadline);
}

static void end(struct rc_flow *flow, int r, struct rc_error *err)
{
	ev_timer_stop(flow->loop, &flow->turn);
	ev_timer_stop(flow->loop, &flow->deadline);
	flow->at = NULL;
	flow->waiting = false;
	flow->done(flow, r, err);
}

static bool enter_next(struct rc_flow *flow)
{
	/* A resume that came while the step went on by itself must not skip the next one. */
	ev_timer_stop(flow->loop, &flow->turn);
	flow->result = 0;
	rc_error_free(rc_steal(&flow->err));
	flow->at++;
	if (!flow->at->name)
		return false;
	set_deadline(flow, flow->at->timeout_s);
	return true;
}

/* Run steps until one waits or the list ends. */
static void run(struct rc_flow *flow)
{
	for (;;) {
		struct rc_error *err = NULL;
		int r = flow->at->run(flow, &err);

		if (!flow->at)
			return; /* the step cancelled its own flow */
		if (r == RC_WAIT || r == RC_WAIT_AGAIN) {
			flow->advance = r == RC_WAIT ? 1 : 0;
			return;
		}
		if (r < 0 || r == RC_FINISH) {
			end(flow, r < 0 ? r : 0, err);
			return;
		}
		if (!enter_next(flow)) {
			end(flow, 0, NULL);
			return;
		}
		flow->waiting = true;
	}
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_flow *flow = rc_container_of(timer, struct rc_flow, turn);

	(void)events;
	ev_timer_stop(loop, timer);
	if (flow->result < 0) {
		struct rc_error *err = rc_steal(&flow->err);

		if (!err)
			rc_fail(&err, flow->result, "%s: %s", flow->at->name,
				strerror(-flow->result));
		end(flow, flow->result, err);
		return;
	}
	if (flow->advance && !enter_next(flow)) {
		end(flow, 0, NULL);
		return;
	}
	flow->waiting = true;
	run(flow);
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_flow *flow = rc_container_of(timer, struct rc_flow, deadline);
	struct rc_error *err = NULL;

	(void)loop;
	(void)events;
	rc_error_free(rc_steal(&flow->err));
	rc_fail(&err, -ETIMEDOUT, "%s: not done after %u s", flow->at->name, flow->at->timeout_s);
	end(flow, -ETIMEDOUT, err);
}

void rc_flow_init(struct rc_flow *flow, struct ev_loop *loop, const struct rc_step *steps,
		  rc_flow_done_fn *done)
{
	*flow = (struct rc_flow){.loop = loop, .steps = steps, .done = done};
	ev_timer_init(&flow->turn, on_turn, 0., 0.);
	ev_timer_init(&flow->deadline, on_deadline, 0., 0.);
}

static void start(struct rc_flow *flow, const struct rc_step *step)
{
	flow->at = step;
	flow->advance = 0;
	flow->result = 0;
	flow->waiting = false;
	set_deadline(flow, step->timeout_s);
	take_turn(flow);
}

void rc_flow_start(struct rc_flow *flow)
{
	start(flow, flow->steps);
}

void rc_flow_start_at(struct rc_flow *flow, const char *step)
{
	const struct rc_step *s = flow->steps;

	while (s->name && strcmp(s->name, step) != 0)
		s++;
	start(flow, s->name ? s : flow->steps);
}

void rc_flow_resume(struct rc_flow *flow, int r, struct rc_error *err)
{
	/* Ended meanwhile, or resumed twice before its turn: the first word counts. */
	if (!flow->at || !flow->waiting) {
		rc_error_free(err);
		return;
	}
	flow->waiting = false;
	flow->result = r;
	rc_error_free(flow->err);
	flow->err = err;
	take_turn(flow);
}

void rc_flow_extend(struct rc_flow *flow, unsigned int timeout_s)
{
	if (flow->at)
		set_deadline(flow, timeout_s);
}

void rc_flow_cancel(struct rc_flow *flow)
{
	if (!flow->loop)
		return;
	ev_timer_stop(flow->loop, &flow->turn);
	ev_timer_stop(flow->loop, &flow->deadline);
	rc_error_free(rc_steal(&flow->err));
	flow->at = NULL;
	flow->waiting = false;
}

bool rc_flow_is_running(const struct rc_flow *flow)
{
	return flow->at != NULL;
}

const char *rc_flow_get_step(const struct rc_flow *flow)
{
	return flow->at ? flow->at->name : NULL;
}
