/* A flow's steps run in order, wait, repeat, time out, fail and are cancelled. */
#include "support/check.h"

#include <errno.h>
#include "base/loop.h"

#include "base/flow.h"

static struct ev_loop *loop;

static void make_loop(void)
{
	loop = rc_loop_new();
}

static void free_loop(void)
{
	rc_loop_free(loop);
}

struct job {
	struct rc_flow flow;
	ev_timer later;
	int first, again, last, done_calls, r;
	struct rc_error *err;
	int resume_with;
};

static void on_later(struct ev_loop *ours, ev_timer *timer, int events)
{
	struct job *job = rc_container_of(timer, struct job, later);
	struct rc_error *err = NULL;

	(void)events;
	ev_timer_stop(ours, timer);
	if (job->resume_with < 0)
		rc_fail(&err, job->resume_with, "the peer went away");
	rc_flow_resume(&job->flow, job->resume_with, err);
}

static void later(struct job *job)
{
	ev_timer_init(&job->later, on_later, 0.001, 0.);
	ev_timer_start(loop, &job->later);
}

static int step_first(struct rc_flow *flow, struct rc_error **err)
{
	struct job *job = rc_container_of(flow, struct job, flow);

	(void)err;
	job->first++;
	later(job);
	return RC_WAIT;
}

static int step_again(struct rc_flow *flow, struct rc_error **err)
{
	struct job *job = rc_container_of(flow, struct job, flow);

	(void)err;
	if (++job->again == 3)
		return RC_NEXT;
	later(job);
	return RC_WAIT_AGAIN;
}

static int step_last(struct rc_flow *flow, struct rc_error **err)
{
	struct job *job = rc_container_of(flow, struct job, flow);

	job->last++;
	if (job->resume_with == 1)
		return rc_fail(err, -EIO, "last one failed");
	return RC_NEXT;
}

static int step_stuck(struct rc_flow *flow, struct rc_error **err)
{
	(void)flow;
	(void)err;
	return RC_WAIT;
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct job *job = rc_container_of(flow, struct job, flow);

	job->done_calls++;
	job->r = r;
	job->err = err;
	ev_break(loop, EVBREAK_ALL);
}

static const struct rc_step good[] = {{"first", step_first, 0},
				      {"again", step_again, 0},
				      {"last", step_last, 0},
				      {NULL, NULL, 0}};
static const struct rc_step stuck[] = {{"stuck", step_stuck, 1}, {NULL, NULL, 0}};

START_TEST(test_flow_order)
{
	struct job job = {.first = 0};

	rc_flow_init(&job.flow, loop, good, on_done);
	rc_flow_start(&job.flow);
	ck_assert_int_eq(job.first, 0);
	ck_assert_str_eq(rc_flow_get_step(&job.flow), "first");
	ev_run(loop, 0);
	ck_assert_int_eq(job.first, 1);
	ck_assert_int_eq(job.again, 3);
	ck_assert_int_eq(job.last, 1);
	ck_assert_int_eq(job.done_calls, 1);
	ck_assert_int_eq(job.r, 0);
	ck_assert(!rc_flow_is_running(&job.flow));
}
END_TEST

START_TEST(test_flow_resumed_with_error)
{
	struct job job = {.resume_with = -ECONNRESET};

	rc_flow_init(&job.flow, loop, good, on_done);
	rc_flow_start(&job.flow);
	ev_run(loop, 0);
	ck_assert_int_eq(job.last, 0);
	rc_check_fails(job.r, -ECONNRESET, job.err, "went away");
}
END_TEST

START_TEST(test_flow_step_fails)
{
	struct job job = {.resume_with = 1};

	rc_flow_init(&job.flow, loop, good, on_done);
	rc_flow_start_at(&job.flow, "last");
	ev_run(loop, 0);
	ck_assert_int_eq(job.first, 0);
	rc_check_fails(job.r, -EIO, job.err, "last one failed");
}
END_TEST

START_TEST(test_flow_times_out)
{
	struct job job = {.first = 0};

	rc_flow_init(&job.flow, loop, stuck, on_done);
	rc_flow_start(&job.flow);
	ev_run(loop, 0);
	rc_check_fails(job.r, -ETIMEDOUT, job.err, "stuck: not done after 1 s");
}
END_TEST

START_TEST(test_flow_cancel)
{
	struct job job = {.first = 0};

	rc_flow_init(&job.flow, loop, good, on_done);
	rc_flow_start(&job.flow);
	ev_run(loop, EVRUN_ONCE);
	rc_flow_cancel(&job.flow);
	rc_flow_cancel(&job.flow);
	ev_run(loop, 0);
	ck_assert_int_eq(job.done_calls, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("flow");
	TCase *tcase = tcase_create("flow");

	tcase_add_checked_fixture(tcase, make_loop, free_loop);
	tcase_add_test(tcase, test_flow_order);
	tcase_add_test(tcase, test_flow_resumed_with_error);
	tcase_add_test(tcase, test_flow_step_fails);
	tcase_add_test(tcase, test_flow_times_out);
	tcase_add_test(tcase, test_flow_cancel);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
