/*
 * Workers answer, fail, hang and die; each costs its own job only. The test is its own worker:
 * run with "--worker" it serves requests on descriptor 3.
 */
#include "support/check.h"

#include <errno.h>
#include "base/loop.h"
#include <signal.h>

#include "base/memory.h"
#include "base/process.h"
#include "base/worker.h"

static const char *self;
static struct ev_loop *loop;

static void make_loop(void)
{
	loop = rc_loop_new();
}

static void free_loop(void)
{
	rc_loop_free(loop);
}

static int handle(void *userdata, const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	const char *op = json_string_value(json_object_get(request, "op"));

	(void)userdata;
	if (strcmp(op, "fail") == 0) {
		rc_fail(err, -ENOENT, "no such chart");
		rc_hint(err, "look elsewhere");
		return rc_wrap(err, -EINVAL, "rendering");
	}
	if (strcmp(op, "hang") == 0)
		for (;;)
			pause();
	if (strcmp(op, "die") == 0)
		raise(SIGKILL);
	if (strcmp(op, "eat") == 0)
		rc_memory_fail(1);
	if (strcmp(op, "crash") == 0)
		raise(SIGUSR1);
	if (strcmp(op, "leave") == 0)
		_exit(3);
	*ret_reply = json_pack("{s:O}", "echo", json_object_get(request, "text"));
	return 0;
}

struct outcome {
	int r, calls;
	char *echo, *error;
};

static void on_done(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct outcome *outcome = userdata;
	const char *echo = json_string_value(json_object_get(reply, "echo"));

	outcome->r = r;
	outcome->calls++;
	outcome->echo = echo ? strdup(echo) : NULL;
	outcome->error = err ? rc_error_format(err) : NULL;
	rc_error_free(err);
	ev_break(loop, EVBREAK_ALL);
}

static struct outcome ask(struct rc_worker_pool *pool, const char *op, uint64_t timeout_ms)
{
	struct outcome outcome = {.r = 0};
	json_auto_t *request = json_pack("{s:s, s:s}", "op", op, "text", "hello");

	rc_worker_submit(pool, request, timeout_ms, on_done, &outcome, NULL);
	ck_assert_int_eq(outcome.calls, 0);
	ev_run(loop, 0);
	ck_assert_int_eq(outcome.calls, 1);
	return outcome;
}

static void clear(struct outcome *outcome)
{
	free(outcome->echo);
	free(outcome->error);
	*outcome = (struct outcome){.r = 0};
}

START_TEST(test_worker_round)
{
	const char *const argv[] = {self, "--worker", NULL};
	struct rc_worker_options options = {.argv = argv, .max_workers = 2};
	rc_cleanup(rc_worker_pool_freep) struct rc_worker_pool *pool =
		rc_worker_pool_new(loop, &options);
	struct outcome got;

	got = ask(pool, "echo", 5000);
	ck_assert_int_eq(got.r, 0);
	ck_assert_str_eq(got.echo, "hello");
	clear(&got);
	got = ask(pool, "fail", 5000);
	ck_assert_int_eq(got.r, -EINVAL);
	ck_assert_str_eq(got.error, "rendering: no such chart");
	clear(&got);
	got = ask(pool, "hang", 50);
	ck_assert_int_eq(got.r, -ETIMEDOUT);
	clear(&got);
	got = ask(pool, "die", 5000);
	ck_assert_int_eq(got.r, -EPIPE);
	clear(&got);
	got = ask(pool, "echo", 5000);
	ck_assert_int_eq(got.r, 0);
	ck_assert_uint_eq(rc_worker_pool_count(pool), 1);
	clear(&got);
}
END_TEST

/* Why a worker is no more, in words, and what to do about it. */
START_TEST(test_worker_ends)
{
	static const struct {
		const char *op;
		int r;
		const char *error;
	} cases[] = {
		{"eat", -E2BIG, "the --worker worker needed more memory than its limit of 5 MiB"},
		{"hang", -ETIMEDOUT,
		 "the --worker worker was killed: not done within its limit of 0.2 s"},
		{"die", -EPIPE, "the --worker worker was killed"},
		{"crash", -EPIPE, "the --worker worker died of signal 10 (User defined signal 1)"},
		{"leave", -EPIPE, "the --worker worker ended with status 3"},
		{"echo", 0, NULL},
	};
	const char *const argv[] = {self, "--worker", NULL};
	struct rc_worker_options options = {.argv = argv, .memory_mib = 5, .limits = "limits"};
	rc_cleanup(rc_worker_pool_freep) struct rc_worker_pool *pool =
		rc_worker_pool_new(loop, &options);
	struct outcome got = ask(pool, cases[_i].op, strcmp(cases[_i].op, "hang") ? 60000 : 200);

	ck_assert_int_eq(got.r, cases[_i].r);
	if (cases[_i].error)
		ck_assert_ptr_nonnull(strstr(got.error, cases[_i].error));
	clear(&got);
	/* The next one has another worker. */
	got = ask(pool, "echo", 60000);
	ck_assert_str_eq(got.echo, "hello");
	clear(&got);
}
END_TEST

START_TEST(test_worker_cancel)
{
	const char *const argv[] = {self, "--worker", NULL};
	struct rc_worker_options options = {.argv = argv};
	rc_cleanup(rc_worker_pool_freep) struct rc_worker_pool *pool =
		rc_worker_pool_new(loop, &options);
	json_auto_t *request = json_pack("{s:s}", "op", "hang");
	struct outcome never = {.r = 0}, got;
	struct rc_worker_job *running, *queued;

	rc_worker_submit(pool, request, 0, on_done, &never, &running);
	rc_worker_submit(pool, request, 0, on_done, &never, &queued);
	ev_run(loop, EVRUN_ONCE);
	rc_worker_cancel(queued);
	rc_worker_cancel(running);
	got = ask(pool, "echo", 5000);
	ck_assert_int_eq(got.r, 0);
	ck_assert_int_eq(never.calls, 0);
	clear(&got);
}
END_TEST

START_TEST(test_worker_missing_program)
{
	const char *const argv[] = {"/nonexistent/program", "--worker", NULL};
	struct rc_worker_options options = {.argv = argv};
	rc_cleanup(rc_worker_pool_freep) struct rc_worker_pool *pool =
		rc_worker_pool_new(loop, &options);
	struct outcome got = ask(pool, "echo", 0);

	ck_assert_int_eq(got.r, -ENOENT);
	ck_assert_ptr_nonnull(strstr(got.error, "/nonexistent/program"));
	clear(&got);
}
END_TEST

struct ran {
	int r, status, calls;
	char out[64], error_out[64];
};

static void on_ran(struct rc_process *process, int r, const struct rc_process_result *result,
		   struct rc_error *err, void *userdata)
{
	struct ran *ran = userdata;

	(void)process;
	ran->r = r;
	ran->calls++;
	ran->status = result->exit_status;
	snprintf(ran->out, sizeof(ran->out), "%.*s", (int)result->out.n, result->out.p);
	snprintf(ran->error_out, sizeof(ran->error_out), "%.*s", (int)result->error_out.n,
		 result->error_out.p);
	rc_error_free(err);
	ev_break(loop, EVBREAK_ALL);
}

static const struct {
	const char *name, *script;
	uint64_t timeout_ms;
	int r, status;
	const char *out, *error_out;
} process_cases[] = {
	{"both ends", "cat; echo bad >&2; exit 3", 5000, 0, 3, "input", "bad\n"},
	{"deadline", "sleep 60", 50, -ETIMEDOUT, -1, "", ""},
	{"flood", "yes", 5000, -E2BIG, -1, NULL, ""},
	{"orphan holds the pipe", "sleep 60 & echo x", 300, -ETIMEDOUT, 0, "x\n", ""},
};

START_TEST(test_process)
{
	const char *const argv[] = {"sh", "-c", process_cases[_i].script, NULL};
	struct rc_process_options options = {.argv = argv,
					     .input = RC_STR("input"),
					     .timeout_ms = process_cases[_i].timeout_ms,
					     .max_output_bytes = 1000};
	rc_cleanup(rc_process_freep) struct rc_process *process = NULL;
	struct rc_error *err = NULL;
	struct ran ran = {0};

	rc_check_ok(rc_process_start(loop, &options, on_ran, &ran, &process, &err), err);
	ck_assert_int_eq(ran.calls, 0);
	ev_run(loop, 0);
	ck_assert_int_eq(ran.calls, 1);
	ck_assert_int_eq(ran.r, process_cases[_i].r);
	ck_assert_int_eq(ran.status, process_cases[_i].status);
	if (process_cases[_i].out)
		ck_assert_str_eq(ran.out, process_cases[_i].out);
	ck_assert_str_eq(ran.error_out, process_cases[_i].error_out);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = tcase_create("worker");

	tcase_add_checked_fixture(tcase, make_loop, free_loop);
	tcase_add_test(tcase, test_worker_round);
	tcase_add_loop_test(tcase, test_worker_ends, 0, 6);
	tcase_add_test(tcase, test_worker_cancel);
	tcase_add_test(tcase, test_worker_missing_program);
	tcase_add_loop_test(tcase, test_process, 0, RC_ARRAY_SIZE(process_cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(int argc, char **argv)
{
	SRunner *runner;
	int failed;

	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "--worker") == 0)
		return rc_worker_serve(RC_WORKER_FD, handle, NULL) < 0;
	runner = srunner_create(make_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
