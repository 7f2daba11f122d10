/*
 * The worker of users' programs, as the daemon runs it: what is well-behaved is answered, what is
 * not costs the worker a second and no more, and the next request is answered again.
 */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "gitops/script.h"

static struct ev_loop *loop;
static struct rc_worker_pool *pool;
static char *program;

static void make(void)
{
	const char *build = getenv("O");
	const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
	struct rc_worker_options options = {.env = environment};

	program = rc_asprintf("%s/reconciled", build ? build : "build/release");
	const char *const argv[] = {program, "--worker=script", NULL};

	options.argv = argv;
	loop = rc_loop_new();
	pool = rc_worker_pool_new(loop, &options);
}

static void done(void)
{
	rc_worker_pool_free(pool);
	rc_loop_free(loop);
	free(program);
}

struct outcome {
	int r;
	json_t *reply;
	char *error;
};

static void on_done(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct outcome *outcome = userdata;

	outcome->r = r;
	outcome->reply = json_incref(reply);
	outcome->error = err ? rc_error_format(err) : NULL;
	rc_error_free(err);
	ev_break(loop, EVBREAK_ALL);
}

static struct outcome ask(json_t *request)
{
	struct outcome outcome = {.r = 1};

	rc_worker_submit(pool, request, RC_SCRIPT_TIMEOUT_MS, on_done, &outcome, NULL);
	ev_run(loop, 0);
	json_decref(request);
	return outcome;
}

static void clear(struct outcome *outcome)
{
	json_decref(outcome->reply);
	free(outcome->error);
}

static struct outcome ask_health(const char *script)
{
	json_auto_t *object = json_pack("{s:{s:s}}", "status", "phase", "On");

	return ask(rc_script_ask_health(script, object));
}

static struct outcome ask_paths(const char *program_text)
{
	json_auto_t *object = json_pack("{s:{s:i, s:[i, i]}}", "spec", "a", 1, "l", 1, 2);
	json_auto_t *programs = json_pack("[s]", program_text);
	const json_t *objects[] = {object, object};

	return ask(rc_script_ask_paths(programs, objects, 2));
}

static void check_alive(void)
{
	struct outcome got = ask_health("return {status = 'Healthy', message = obj.status.phase}");

	ck_assert_msg(got.r == 0, "%s", got.error ? got.error : "");
	ck_assert_str_eq(json_string_value(json_object_get(got.reply, "message")), "On");
	clear(&got);
	got = ask_paths(".spec.l[0]");
	ck_assert_msg(got.r == 0, "%s", got.error ? got.error : "");
	ck_assert_uint_eq(json_array_size(got.reply), 2);
	ck_assert_uint_eq(json_array_size(json_array_get(got.reply, 1)), 1);
	clear(&got);
}

START_TEST(test_answers)
{
	struct outcome got;

	check_alive();
	got = ask_health("return nil");
	ck_assert_int_eq(got.r, 0);
	ck_assert(json_is_null(got.reply));
	clear(&got);
	got = ask_health("return 'Healthy'");
	ck_assert_int_eq(got.r, -EINVAL);
	ck_assert_ptr_nonnull(strstr(got.error, "did not return a table"));
	clear(&got);
	got = ask_paths(".spec[");
	ck_assert_int_eq(got.r, -EINVAL);
	ck_assert_ptr_nonnull(strstr(got.error, "jqPathExpressions: '.spec['"));
	clear(&got);
	check_alive();
}
END_TEST

static const struct {
	const char *health, *paths;
} hostile[] = {
	{"while true do end", NULL},
	{"local s = 'x'\nwhile true do s = s .. s end", NULL},
	{"return {status = string.rep('x', 1e9)}", NULL},
	{"local t = {}\nfor i = 1, 1e9 do t[i] = {} end", NULL},
	/* A call into a library that does not look at the time. */
	{"return {status = string.find(string.rep('a', 100000), string.rep('a-', 60) .. 'b')}",
	 NULL},
	{NULL, "def f: f; f"},
	{NULL, "[range(1e12)] | .[0]"},
	{NULL, "reduce range(1e9) as $i (.; .) | .spec"},
	{NULL, "[limit(1e9; repeat(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"))] | .[0]"},
	{NULL, "(\"x\" * 1e9) as $x | .spec"},
	{NULL, "def f: 1 + f; f as $x | .spec"},
	{NULL, "(\"a\" * 40 | test(\"^(a+)+$b\")) as $x | .spec"},
};

START_TEST(test_hostile)
{
	uint64_t began_ms = rc_clock_monotonic_ms();
	struct outcome got =
		hostile[_i].health ? ask_health(hostile[_i].health) : ask_paths(hostile[_i].paths);
	const char *what = hostile[_i].health ? hostile[_i].health : hostile[_i].paths;

	ck_assert_msg(rc_clock_monotonic_ms() - began_ms < RC_SCRIPT_TIMEOUT_MS, "%s", what);
	/* Some are refused by a limit of the language's own, and may then name nothing. */
	if (hostile[_i].health)
		ck_assert_msg(got.r < 0, "%s: %d", what, got.r);
	clear(&got);
	check_alive();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("script");
	TCase *tcase = tcase_create("script");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, make, done);
	tcase_add_test(tcase, test_answers);
	tcase_add_loop_test(tcase, test_hostile, 0, RC_ARRAY_SIZE(hostile));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
