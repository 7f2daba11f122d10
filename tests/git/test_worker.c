/*
 * The git worker as the daemon uses it: polls by HTTP against a server that misbehaves, credentials
 * and deadlines. The test is its own worker: run with "--worker" it serves on descriptor 3.
 */
#include "support/check.h"

#include <errno.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/worker.h"
#include "data/json.h"
#include "git/worker.h"
#include "scene.h"

#define LONG_MS 20000

static const char *self;

static struct {
	struct ev_loop *loop;
	struct rc_worker_pool *pool;
} world;

static void setup(void)
{
	const char *const argv[] = {self, "--worker", NULL};
	struct rc_worker_options options = {.argv = argv};

	scene_setup();
	world.loop = rc_loop_new();
	world.pool = rc_worker_pool_new(world.loop, &options);
}

static void teardown(void)
{
	rc_worker_pool_free(world.pool);
	rc_loop_free(world.loop);
	scene_teardown();
}

struct outcome {
	int r, calls;
	json_t *reply;
	struct rc_error *err;
};

static void outcome_done(struct outcome *outcome)
{
	json_decref(outcome->reply);
	rc_error_free(outcome->err);
}

static void on_done(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct outcome *outcome = userdata;

	*outcome = (struct outcome){
		.r = r, .calls = outcome->calls + 1, .reply = json_incref(reply), .err = err};
	ev_break(world.loop, EVBREAK_ALL);
}

/* Ask for a poll of url; auth and refs are taken over. */
static void poll_url(const char *url, json_t *auth, json_t *refs, uint64_t timeout_ms,
		     struct outcome *outcome)
{
	json_auto_t *request = json_pack("{s:s, s:s, s:s, s:o*, s:o*}", "op", "poll", "mirror",
					 scene_mirror(), "url", url, "auth", auth, "refs", refs);

	*outcome = (struct outcome){.r = 0};
	rc_worker_submit(world.pool, request, timeout_ms, on_done, outcome, NULL);
	ev_run(world.loop, 0);
	ck_assert_int_eq(outcome->calls, 1);
}

/* The poll must succeed; its reply, to be released. */
static json_t *poll_ok(const char *url, json_t *auth, json_t *refs)
{
	struct outcome outcome;

	poll_url(url, auth, refs, LONG_MS, &outcome);
	rc_check_ok(outcome.r, outcome.err);
	return outcome.reply;
}

static void check_reply(json_t *reply, const char *wanted)
{
	json_auto_t *got = reply;
	rc_autofree char *text = json_dumps(got, JSON_SORT_KEYS | JSON_COMPACT);

	ck_assert_str_eq(text, wanted);
}

static json_t *one_ref(const char *name, const char *known)
{
	return json_pack("[{s:s, s:s*}]", "name", name, "known", known);
}

START_TEST(test_worker_reply)
{
	rc_autofree char *first = scene_run("git -C work rev-parse HEAD");
	rc_autofree char *wanted = rc_asprintf(
		"{\"changed\":true,\"refs\":[{\"author\":\"Ada Author\",\"commit\":\"%s\","
		"\"date\":\"2026-01-02T03:04:06Z\",\"mail\":\"a@b.c\",\"name\":\"main\","
		"\"subject\":\"first "
		"subject\"}]}",
		first);
	rc_autofree char *second = NULL, *third = NULL;
	json_auto_t *unknown = NULL, *forced = NULL, *forward = NULL;
	json_t *ref;

	check_reply(poll_ok(scene_url(), NULL, NULL), "{\"changed\":true,\"refs\":[]}");
	scene_do("rm -rf mirror");
	check_reply(poll_ok(scene_url(), NULL, one_ref("main", NULL)), wanted);

	unknown = poll_ok(scene_url(), NULL, one_ref("nope", NULL));
	ck_assert(json_is_false(json_object_get(unknown, "changed")));
	ref = json_array_get(json_object_get(unknown, "refs"), 0);
	ck_assert_str_eq(rc_json_text(ref, "name", NULL), "nope");
	ck_assert_ptr_null(json_object_get(ref, "commit"));
	ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(ref, "error"), "code")),
			 -ENOENT);

	second = scene_run("cd work; git commit -q --allow-empty -m 2; git rev-parse HEAD");
	forward = poll_ok(scene_url(), NULL, one_ref("main", first));
	ref = json_array_get(json_object_get(forward, "refs"), 0);
	ck_assert_str_eq(rc_json_text(ref, "commit", NULL), second);
	ck_assert_ptr_null(json_object_get(ref, "forced"));

	third = scene_run("cd work; git commit -q --amend --allow-empty -m 3; git rev-parse HEAD");
	forced = poll_ok(scene_url(), NULL, one_ref("", second));
	ck_assert(json_is_true(json_object_get(forced, "changed")));
	ref = json_array_get(json_object_get(forced, "refs"), 0);
	ck_assert_str_eq(rc_json_text(ref, "commit", NULL), third);
	ck_assert_str_eq(rc_json_text(ref, "subject", NULL), "3");
	ck_assert(json_is_true(json_object_get(ref, "forced")));
}
END_TEST

static const char *const nonsense[] = {
	"{}",
	"[]",
	"{\"op\":\"poll\"}",
	"{\"op\":\"poll\",\"mirror\":\"/nonexistent\"}",
	"{\"op\":\"x\",\"mirror\":\"/nonexistent\",\"url\":\"file:///x\"}",
	"{\"op\":\"poll\",\"mirror\":7,\"url\":\"file:///x\"}",
};

START_TEST(test_worker_nonsense)
{
	json_auto_t *request = json_loads(nonsense[_i], 0, NULL);
	struct rc_error *err = NULL;
	json_t *reply = NULL;

	rc_check_fails(rc_git_worker_handle(NULL, request, &reply, &err), -EINVAL, err,
		       "not understood");
	ck_assert_ptr_null(reply);
}
END_TEST

/* ---- HTTP ---- */

static json_t *make_auth(const char *user, const char *password)
{
	return json_pack("{s:s*, s:s*}", "username", user, "password", password);
}

static const struct {
	const char *user, *password;
	int r;
} logins[] = {
	{"ada", "s3cret", 0},	    {"ada", "wrong-one", -EACCES},
	{"eve", "s3cret", -EACCES}, {NULL, "s3cret", -EACCES}, /* as "git" */
	{NULL, NULL, -EACCES},	    {"ada", NULL, -EACCES},
};

START_TEST(test_worker_login)
{
	rc_autofree char *url = NULL;
	struct outcome outcome;

	scene_start_http("ada:s3cret");
	url = scene_http_url("work");
	poll_url(url, make_auth(logins[_i].user, logins[_i].password), one_ref("main", NULL),
		 LONG_MS, &outcome);
	ck_assert_int_eq(outcome.r, logins[_i].r);
	if (outcome.r < 0) {
		rc_autofree char *text = rc_error_format(outcome.err);

		ck_assert_ptr_nonnull(strstr(text, url));
		ck_assert_ptr_nonnull(strstr(text, "authentication"));
		ck_assert_ptr_null(strstr(text, "s3cret"));
		ck_assert_ptr_null(strstr(text, "wrong-one"));
		ck_assert_ptr_nonnull(rc_error_get_hint(outcome.err));
		/* Once without and once with: a locked account is nobody's wish. */
		ck_assert_int_le(scene_set_http_mode("ok", -1), 2);
	}
	outcome_done(&outcome);
	/* The worker keeps nothing of who asked before. */
	poll_url(url, NULL, NULL, LONG_MS, &outcome);
	ck_assert_int_eq(outcome.r, -EACCES);
	outcome_done(&outcome);
	json_decref(poll_ok(url, make_auth("ada", "s3cret"), NULL));
	scene_check_revision("", "main");
}
END_TEST

START_TEST(test_worker_login_default_user)
{
	rc_autofree char *url = NULL;

	scene_start_http("git:t0ken");
	url = scene_http_url("work");
	json_decref(poll_ok(url, make_auth(NULL, "t0ken"), NULL));
	scene_check_revision("", "main");
}
END_TEST

static const struct {
	const char *mode;
	int r;
	const char *text;
} modes[] = {
	{"reset", -ECONNRESET, ""}, {"half", -ECONNRESET, ""}, {"500", -EAGAIN, "500"},
	{"502", -EAGAIN, "502"},    {"503", -EAGAIN, "503"},   {"429", -EAGAIN, "429"},
	{"403", -EACCES, "403"},    {"404", -ENOENT, "404"},   {"garbage", -EPROTO, ""},
	{"stall", -ETIMEDOUT, ""},
};

START_TEST(test_worker_mode)
{
	bool stalls = modes[_i].r == -ETIMEDOUT;
	rc_autofree char *url = NULL, *text = NULL;
	struct outcome outcome;

	scene_start_http(NULL);
	url = scene_http_url("work");
	json_decref(poll_ok(url, NULL, NULL));
	scene_do("cd work; git commit -q --allow-empty -m 2");
	scene_set_http_mode(modes[_i].mode, -1);
	poll_url(url, NULL, one_ref("main", NULL), stalls ? 300 : LONG_MS, &outcome);
	text = outcome.err ? rc_error_format(outcome.err) : rc_strdup("none");
	ck_assert_msg(outcome.r == modes[_i].r, "%s: %d (%s)", modes[_i].mode, outcome.r, text);
	ck_assert_msg(strstr(text, modes[_i].text) != NULL, "%s: %s", modes[_i].mode, text);
	ck_assert(stalls || strstr(text, url));
	outcome_done(&outcome);
	scene_set_http_mode("ok", -1);
	json_decref(poll_ok(url, NULL, NULL));
	scene_check_revision("", "main");
}
END_TEST

/* The listing comes, the pack does not: the clone is none, and the next one is whole. */
START_TEST(test_worker_clone_cut)
{
	static const char *const cuts[] = {"half", "reset", "stall"};
	rc_autofree char *url = NULL;
	struct outcome outcome;

	scene_start_http(NULL);
	url = scene_http_url("work");
	for (size_t i = 0; i < RC_ARRAY_SIZE(cuts); i++) {
		scene_set_http_mode(cuts[i], -1);
		poll_url(url, NULL, NULL, strcmp(cuts[i], "stall") == 0 ? 300 : LONG_MS, &outcome);
		ck_assert_int_lt(outcome.r, 0);
		ck_assert(rc_error_is_transient(outcome.r));
		outcome_done(&outcome);
	}
	scene_set_http_mode("ok", -1);
	check_reply(poll_ok(url, NULL, NULL), "{\"changed\":true,\"refs\":[]}");
	scene_check_revision("", "main");
	scene_do("git -C mirror fsck 2>/dev/null; test ! -e mirror.corrupt");
}
END_TEST

/* Slow is no failure until the deadline; the worker that was killed for it is replaced. */
START_TEST(test_worker_slow)
{
	rc_autofree char *url = NULL;
	struct outcome outcome;

	scene_start_http("ada:s3cret");
	url = scene_http_url("work");
	scene_set_http_mode("slow", -1);
	poll_url(url, make_auth("ada", "s3cret"), NULL, 50, &outcome);
	ck_assert_int_eq(outcome.r, -ETIMEDOUT);
	outcome_done(&outcome);
	json_decref(poll_ok(url, make_auth("ada", "s3cret"), NULL));
	scene_check_revision("", "main");
}
END_TEST

/* An unchanged poll is one request: it is made every three minutes, for every repository. */
START_TEST(test_worker_unchanged_is_cheap)
{
	rc_autofree char *url = NULL;
	int before;

	scene_start_http(NULL);
	url = scene_http_url("work");
	json_decref(poll_ok(url, NULL, NULL));
	before = scene_set_http_mode("ok", -1);
	check_reply(poll_ok(url, NULL, NULL), "{\"changed\":false,\"refs\":[]}");
	ck_assert_int_eq(scene_set_http_mode("ok", -1), before + 1);
}
END_TEST

/* Credentials are for the host that was configured, wherever it sends us. */
START_TEST(test_worker_redirect)
{
	rc_autofree char *url = NULL, *local = NULL;
	struct outcome outcome;

	scene_start_http("ada:s3cret");
	url = scene_http_url("work");
	scene_set_http_mode("redirect", 1);
	poll_url(url, make_auth("ada", "s3cret"), NULL, LONG_MS, &outcome);
	rc_check_fails(outcome.r, -EREMCHG, outcome.err, "cannot redirect");
	outcome_done(&outcome);
	json_decref(poll_ok(url, make_auth("ada", "s3cret"), NULL));
	/* On the same host it is fine: GitLab sends to the name with .git. */
	local = scene_run("echo '%s' | sed s/127.0.0.1/localhost/", url);
	scene_set_http_mode("redirect", 1);
	json_decref(poll_ok(local, make_auth("ada", "s3cret"), NULL));
}
END_TEST

/* Without any there is nothing to give away. */
START_TEST(test_worker_redirect_without_auth)
{
	rc_autofree char *url = NULL;

	scene_start_http(NULL);
	url = scene_http_url("work");
	scene_set_http_mode("redirect", 1);
	json_decref(poll_ok(url, NULL, NULL));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("git worker");
	TCase *tcase = tcase_create("git worker");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_worker_reply);
	tcase_add_loop_test(tcase, test_worker_nonsense, 0, RC_ARRAY_SIZE(nonsense));
	tcase_add_loop_test(tcase, test_worker_login, 0, RC_ARRAY_SIZE(logins));
	tcase_add_test(tcase, test_worker_login_default_user);
	tcase_add_loop_test(tcase, test_worker_mode, 0, RC_ARRAY_SIZE(modes));
	tcase_add_test(tcase, test_worker_clone_cut);
	tcase_add_test(tcase, test_worker_slow);
	tcase_add_test(tcase, test_worker_unchanged_is_cheap);
	tcase_add_test(tcase, test_worker_redirect);
	tcase_add_test(tcase, test_worker_redirect_without_auth);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(int argc, char **argv)
{
	SRunner *runner;
	int failed;

	self = argv[0];
	if (argc > 1 && strcmp(argv[1], "--worker") == 0) {
		rc_git_mirror_init();
		return rc_worker_serve(RC_WORKER_FD, rc_git_worker_handle, NULL) < 0;
	}
	runner = srunner_create(make_suite());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
