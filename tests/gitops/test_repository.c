/*
 * Repositories: which URLs are one, and what is known of revisions while the remote comes and goes.
 *
 * The test is its own worker: run with "--worker" it answers a poll with what the file at the
 * mirror's path says, a line "revision commit" each, or fails when there is a line "error text".
 */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/repository.h"

static const char *self;
static char folder[] = "/tmp/rc-repository-XXXXXX";

/* ---- the remote ---- */

static char *find_commit(const char *text, const char *name)
{
	rc_autofree char *copy = rc_strdup(text);
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *space = strchr(line, ' ');

		if (!space)
			continue;
		*space = '\0';
		if (strcmp(line, *name ? name : "HEAD") == 0)
			return rc_strdup(space + 1);
	}
	return NULL;
}

static json_t *answer(const json_t *ref, const char *text, const char *password)
{
	const char *name = rc_json_text(ref, "name", NULL);
	rc_autofree char *commit = find_commit(text, name);
	struct rc_error *err = NULL;
	json_t *error;

	if (password)
		return json_pack("{s:s, s:s}", "name", name, "commit", password);
	if (commit && strcmp(commit, "unknown") == 0)
		return json_pack("{s:s}", "name", name);
	if (commit)
		return json_pack("{s:s, s:s, s:s}", "name", name, "commit", commit, "subject", "s");
	rc_fail(&err, -ENOENT, "there is no revision '%s'", name);
	error = rc_error_to_json(err);
	rc_error_free(err);
	return json_pack("{s:s, s:o}", "name", name, "error", error);
}

static int handle(void *userdata, const json_t *request, json_t **ret_reply, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(65536);
	const char *password = rc_json_text(request, "auth", "password", NULL);
	rc_autofree char *error = NULL, *partly = NULL;
	json_t *refs, *ref;
	size_t i;
	const char *mirror = rc_json_text(request, "mirror", NULL);
	int r = rc_file_read(mirror ? mirror : rc_json_text(request, "cache", NULL), &text, err);

	(void)userdata;
	if (r < 0)
		return r;
	error = find_commit(rc_buf_text(&text), "error");
	if (error)
		return rc_fail(err, -EHOSTUNREACH, "%s", error);
	refs = json_array();
	json_array_foreach (json_object_get(request, "refs"), i, ref)
		json_array_append_new(refs, answer(ref, rc_buf_text(&text), password));
	*ret_reply = json_pack("{s:o}", "refs", refs);
	partly = find_commit(rc_buf_text(&text), "partly");
	if (partly) {
		struct rc_error *why = NULL;

		rc_fail(&why, -EAGAIN, "%s", partly);
		json_object_set_new(*ret_reply, "error", rc_error_to_json(why));
		rc_error_free(why);
	}
	return 0;
}

/* ---- the world ---- */

struct world {
	struct ev_loop *loop;
	struct rc_worker_pool *pool;
	struct rc_store *store;
	struct rc_repository *repository;
	char *mirror, *database;
	int changes;
	const char *password, *refusal;
};

static struct world world;

static void say(const char *text)
{
	FILE *file = fopen(world.mirror, "w");

	fputs(text, file);
	fclose(file);
}

static void on_changed(void *userdata, struct rc_repository *repository)
{
	ck_assert_ptr_eq(userdata, &world);
	ck_assert_ptr_eq(repository, world.repository);
	world.changes++;
}

static json_t *get_auth(void *userdata, struct rc_error **err)
{
	ck_assert_ptr_eq(userdata, &world);
	if (world.refusal)
		rc_fail(err, -EACCES, "%s", world.refusal);
	return world.password ? json_pack("{s:s}", "password", world.password) : NULL;
}

static void make_repository_of(const char *type, const char *url)
{
	struct rc_repository_options options = {
		.name = "apps",
		.url = url,
		.type = type,
		.mirror = world.mirror,
		.interval_ms = 3600 * 1000,
		.timeout_ms = 10000,
		.loop = world.loop,
		.pool = world.pool,
		.store = world.store,
		.get_auth = get_auth,
		.auth_userdata = &world,
		.changed = on_changed,
		.userdata = &world,
	};

	world.repository = rc_repository_new(&options);
}

static void make_repository(const char *url)
{
	make_repository_of(NULL, url);
}

static void set_up(void)
{
	const char *const argv[] = {self, "--worker", NULL};
	struct rc_worker_options options = {.argv = argv};
	struct rc_error *err = NULL;

	rc_log_set_level(LOG_ERR); /* failures are what is tested */
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	world = (struct world){.loop = rc_loop_new()};
	world.mirror = rc_asprintf("%s/mirror", folder);
	world.database = rc_asprintf("%s/state.db", folder);
	world.pool = rc_worker_pool_new(world.loop, &options);
	rc_check_ok(rc_store_open(world.database, "main", &world.store, NULL, &err), err);
	make_repository("https://git.example/a.git");
}

static void tear_down(void)
{
	rc_repository_free(world.repository);
	rc_worker_pool_free(world.pool);
	rc_store_close(world.store);
	rc_loop_free(world.loop);
	unlink(world.mirror);
	unlink(world.database);
	ck_assert_int_eq(rmdir(folder), 0);
	free(world.mirror);
	free(world.database);
}

/* Until the poll that is under way or due has ended. */
static void wait_for_poll(void)
{
	for (int i = 0; i < 1000 && rc_repository_is_polling(world.repository); i++)
		ev_run(world.loop, EVRUN_ONCE);
	ck_assert(!rc_repository_is_polling(world.repository));
}

static void poll_once(void)
{
	rc_repository_poll(world.repository);
	ck_assert(rc_repository_is_polling(world.repository));
	wait_for_poll();
}

static void expect(const char *revision, const char *wanted)
{
	const char *commit = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_repository_resolve(world.repository, revision, &commit, &err), err);
	ck_assert_str_eq(commit, wanted);
}

static void expect_error(const char *revision, int code, const char *part)
{
	const char *commit;
	struct rc_error *err = NULL;

	rc_check_fails(rc_repository_resolve(world.repository, revision, &commit, &err), code, err,
		       part);
}

/* ---- URLs; the first are Argo CD's own examples ---- */

static const struct {
	const char *a, *b;
	bool same;
} urls[] = {
	{"git@GITHUB.com:argoproj/test", "git@github.com:argoproj/test.git", true},
	{"git@GITHUB.com:argoproj/test.git", "git@github.com:argoproj/test.git", true},
	{"git@GITHUB.com:test", "git@github.com:test.git", true},
	{"https://GITHUB.com/argoproj/test", "https://github.com/argoproj/test.git", true},
	{"https://github.com/FOO", "https://github.com/foo", true},
	{"https://github.com/TEST", "https://github.com/TEST.git", true},
	{"https://github.com/TEST.GIT", "https://github.com/test", true},
	{"https://github.com:4443/TEST", "https://github.com:4443/TEST.git", true},
	{"https://github.com:4443/TEST.git", "https://github.com:4443/TEST", true},
	{"ssh://git@GITHUB.com/argoproj/test", "git@github.com:argoproj/test.git", true},
	{"ssh://git@GITHUB.com/test.git", "git@github.com:test.git", true},
	{" https://github.com/argoproj/test ", "https://github.com/argoproj/test.git", true},
	{"\thttps://github.com/argoproj/test\n", "https://github.com/argoproj/test.git", true},
	{"https://dev.azure.com/1234/myproj/_git/myrepo",
	 "https://dev.azure.com/1234/myproj/_git/myrepo", true},
	/* Ours. */
	{"https://github.com/a/b/", "https://github.com/a/b", true},
	{"https://token@github.com/a/b", "https://github.com/a/b", true},
	{"https://me:secret@github.com/a/b", "https://github.com/a/b", true},
	{"https://github.com/a/b", "https://github.com/a/bc", false},
	{"https://github.com/a/b", "https://github.com/a", false},
	{"https://github.com/a/b", "https://gitlab.com/a/b", false},
	{"https://github.com/a/b", "https://github.com:4443/a/b", false},
	{"git@github.com:a/b", "git@github.com:a/c", false},
	{"https://github.com/a/b.git.git", "https://github.com/a/b", false},
	{"file:///srv/git/A", "file:///srv/git/a", false},
	{"file:///srv/git/a.git", "/srv/git/a", true},
};

START_TEST(test_url)
{
	rc_repository_free(world.repository);
	make_repository(urls[_i].a);
	ck_assert_msg(rc_repository_is_at(world.repository, urls[_i].b) == urls[_i].same, "%s %s",
		      urls[_i].a, urls[_i].b);
	rc_repository_free(world.repository);
	make_repository(urls[_i].b);
	ck_assert_msg(rc_repository_is_at(world.repository, urls[_i].a) == urls[_i].same, "%s %s",
		      urls[_i].b, urls[_i].a);
}
END_TEST

/* ---- polls ---- */

START_TEST(test_poll)
{
	say("HEAD c1\nmain c1\nv1 c0\n");
	expect_error("main", -EAGAIN, "was not polled yet");
	rc_repository_want(world.repository, "main");
	rc_repository_want(world.repository, "");
	expect_error("main", -EAGAIN, "was not polled yet");
	wait_for_poll();
	ck_assert_int_eq(world.changes, 1);
	expect("main", "c1");
	expect("", "c1");
	/* Nothing new. */
	poll_once();
	ck_assert_int_eq(world.changes, 1);
	say("HEAD c1\nmain c2\n");
	poll_once();
	ck_assert_int_eq(world.changes, 2);
	expect("main", "c2");
	expect("", "c1");
	expect_error("v1", -EAGAIN, "was not polled yet");
}
END_TEST

START_TEST(test_no_such_revision)
{
	say("main c1\n");
	rc_repository_want(world.repository, "main");
	rc_repository_want(world.repository, "nope");
	wait_for_poll();
	expect("main", "c1");
	expect_error("nope", -ENOENT, "there is no revision 'nope'");
	ck_assert_int_eq(world.changes, 1);
	ck_assert_ptr_null(rc_repository_get_error(world.repository, NULL));
	poll_once();
	ck_assert_int_eq(world.changes, 1);
	/* It comes. */
	say("main c1\nnope c3\n");
	poll_once();
	ck_assert_int_eq(world.changes, 2);
	expect("nope", "c3");
}
END_TEST

/* What was learnt stays in force while the remote is away. */
START_TEST(test_remote_is_away)
{
	struct rc_repository_counts counts;
	const struct rc_error *error;
	rc_autofree char *text = NULL;
	int64_t since = 0;

	say("main c1\n");
	rc_repository_want(world.repository, "main");
	wait_for_poll();
	say("error no route\n");
	poll_once();
	ck_assert_int_eq(world.changes, 2);
	expect("main", "c1");
	error = rc_repository_get_error(world.repository, &since);
	ck_assert_ptr_nonnull(error);
	text = rc_error_format(error);
	ck_assert_ptr_nonnull(strstr(text, "no route"));
	ck_assert_int_gt(since, 1600000000);
	rc_repository_want(world.repository, "other");
	expect_error("other", -EAGAIN, "no route");
	wait_for_poll();
	ck_assert_int_eq(world.changes, 2); /* the same failure again */
	say("main c1\nother c4\n");
	poll_once();
	ck_assert_int_eq(world.changes, 3);
	ck_assert_ptr_null(rc_repository_get_error(world.repository, NULL));
	expect("other", "c4");
	rc_repository_get_counts(world.repository, &counts);
	ck_assert_uint_eq(counts.polls, 4);
	ck_assert_uint_eq(counts.failures, 2);
}
END_TEST

START_TEST(test_restart_while_away)
{
	say("main c1\n");
	rc_repository_want(world.repository, "main");
	wait_for_poll();
	rc_repository_free(world.repository);
	say("error no route\n");
	make_repository("https://git.example/a.git");
	rc_repository_want(world.repository, "main");
	expect("main", "c1");
	wait_for_poll();
	expect("main", "c1");
}
END_TEST

START_TEST(test_want_and_unwant)
{
	say("main c1\n");
	rc_repository_want(world.repository, "main");
	rc_repository_want(world.repository, "main");
	wait_for_poll();
	rc_repository_unwant(world.repository, "main");
	expect("main", "c1");
	rc_repository_unwant(world.repository, "main");
	expect_error("main", -EAGAIN, "was not polled yet");
	rc_repository_unwant(world.repository, "main");
	rc_repository_unwant(world.repository, "never");
}
END_TEST

/* Asking during a poll polls once more after it. */
START_TEST(test_poll_during_poll)
{
	struct rc_repository_counts counts;

	say("main c1\n");
	rc_repository_want(world.repository, "main");
	do {
		ev_run(world.loop, EVRUN_NOWAIT);
		rc_repository_get_counts(world.repository, &counts);
	} while (counts.polls == 0);
	rc_repository_poll(world.repository);
	rc_repository_poll(world.repository);
	wait_for_poll();
	rc_repository_get_counts(world.repository, &counts);
	ck_assert_uint_eq(counts.polls, 2);
}
END_TEST

/* Credentials are asked for each time. */
START_TEST(test_auth)
{
	say("main c1\n");
	rc_repository_want(world.repository, "main");
	world.password = "one";
	wait_for_poll();
	expect("main", "one");
	world.password = "two";
	poll_once();
	expect("main", "two");
	world.password = NULL;
	world.refusal = "the credential is gone";
	poll_once();
	expect("main", "two");
	ck_assert_ptr_nonnull(rc_repository_get_error(world.repository, NULL));
	world.refusal = NULL;
	poll_once();
	expect("main", "c1");
}
END_TEST

START_TEST(test_describe)
{
	json_auto_t *pending = rc_repository_describe(world.repository), *ok = NULL,
		    *failing = NULL;

	ck_assert_str_eq(rc_json_text(pending, "name", NULL), "apps");
	ck_assert_str_eq(rc_json_text(pending, "url", NULL), "https://git.example/a.git");
	ck_assert_str_eq(rc_json_text(pending, "state", NULL), "pending");
	say("HEAD c1\n");
	rc_repository_want(world.repository, "");
	wait_for_poll();
	ok = rc_repository_describe(world.repository);
	ck_assert_str_eq(rc_json_text(ok, "state", NULL), "ok");
	ck_assert_str_eq(rc_json_text(ok, "refs", "HEAD", NULL), "c1");
	ck_assert_ptr_nonnull(json_object_get(ok, "polledAt"));
	ck_assert_ptr_null(json_object_get(ok, "reason"));
	say("error no route\n");
	poll_once();
	failing = rc_repository_describe(world.repository);
	ck_assert_str_eq(rc_json_text(failing, "state", NULL), "failing");
	ck_assert_ptr_nonnull(strstr(rc_json_text(failing, "reason", NULL), "no route"));
	ck_assert_ptr_nonnull(json_object_get(failing, "since"));
	ck_assert_str_eq(rc_json_text(failing, "refs", "HEAD", NULL), "c1");
}
END_TEST

/* ---- charts ---- */

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *type, *ours, *url, *chart;
	bool serves;
	const char *revision; /* wanted for the target 1.x */
} sources[] = {
	{"git", "https://h/x.git", "https://h/x", NULL, true, "1.x"},
	{"git", "https://h/x.git", "https://h/x", "web", false, NULL},
	{"helm", "https://h/x", "https://h/x/", "web", true, "web@1.x"},
	{"helm", "https://h/x", "https://h/x", NULL, false, NULL},
	{"helm", "https://h/x", "https://h/y", "web", false, NULL},
	{"oci", "oci://h/org", "oci://h/org", "web", true, "web@1.x"},
	{"oci", "oci://h/org", "h/org", "web", true, "web@1.x"},
	{"oci", "h/org/", "oci://h/org", "web", true, "web@1.x"},
	{"oci", "oci://h/org", "oci://h/org/team/", "web", true, "team/web@1.x"},
	{"oci", "oci://h/org", "oci://h/org/web", NULL, true, "web@1.x"},
	{"oci", "oci://h", "oci://h/org/web", NULL, true, "org/web@1.x"},
	{"oci", "oci://h/org/web", "oci://h/org/web", NULL, true, "@1.x"},
	{"oci", "oci://h/org", "h/org/web", NULL, false, NULL},
	{"oci", "oci://h/org", "oci://h/organic", "web", false, NULL},
	{"oci", "oci://h/org", "https://h/org", "web", false, NULL},
};

START_TEST(test_serves)
{
	rc_autofree char *revision = NULL;

	rc_repository_free(world.repository);
	make_repository_of(sources[_i].type, sources[_i].ours);
	ck_assert_str_eq(rc_repository_get_type(world.repository), sources[_i].type);
	ck_assert_int_eq(
		rc_repository_serves(world.repository, sources[_i].url, sources[_i].chart) > 0,
		sources[_i].serves);
	if (!sources[_i].serves)
		return;
	revision = rc_repository_make_revision(world.repository, sources[_i].url, sources[_i].chart,
					       "1.x");
	ck_assert_str_eq(revision, sources[_i].revision);
}
END_TEST

START_TEST(test_charts)
{
	rc_autofree char *archive = NULL, *none = NULL, *wanted = NULL;
	json_auto_t *description = NULL;

	rc_repository_free(world.repository);
	make_repository_of("helm", "https://h/x");
	say("web@1.x 1.2.0@sha256:" DIGEST "\n");
	rc_repository_want(world.repository, "web@1.x");
	rc_repository_want(world.repository, "web@>3");
	wait_for_poll();
	expect("web@1.x", "1.2.0@sha256:" DIGEST);
	expect_error("web@>3", -ENOENT, "there is no revision 'web@>3'");
	wanted = rc_asprintf("%s/%s.tgz", world.mirror, DIGEST);
	archive = rc_repository_make_archive_path(world.repository, "1.2.0@sha256:" DIGEST);
	ck_assert_str_eq(archive, wanted);
	none = rc_repository_make_archive_path(world.repository, DIGEST);
	ck_assert_ptr_null(none);
	description = rc_repository_describe(world.repository);
	ck_assert_str_eq(rc_json_text(description, "type", NULL), "helm");
}
END_TEST

/* One chart cannot be had: what was learnt of the others counts, and the poll failed. */
START_TEST(test_learnt_partly)
{
	const struct rc_error *error;

	rc_repository_free(world.repository);
	make_repository_of("oci", "oci://h/x");
	say("a@1 c1\nb@1 c1\n");
	rc_repository_want(world.repository, "a@1");
	rc_repository_want(world.repository, "b@1");
	wait_for_poll();
	say("a@1 c2\nb@1 unknown\npartly blob 503\n");
	poll_once();
	expect("a@1", "c2");
	expect("b@1", "c1");
	error = rc_repository_get_error(world.repository, NULL);
	ck_assert_ptr_nonnull(error);
	ck_assert_str_eq(error->message, "blob 503");
	say("a@1 c2\nb@1 c2\n");
	poll_once();
	expect("b@1", "c2");
	ck_assert_ptr_null(rc_repository_get_error(world.repository, NULL));
}
END_TEST

START_TEST(test_access)
{
	json_auto_t *access = NULL, *wanted = NULL;
	struct rc_error *err = NULL;

	rc_repository_free(world.repository);
	make_repository_of("oci", "oci://h/x");
	world.password = "secret";
	access = rc_repository_make_access(world.repository, &err);
	wanted = json_pack("{s:s, s:s, s:s, s:{s:s}}", "type", "oci", "name", "apps", "url",
			   "oci://h/x", "auth", "password", "secret");
	ck_assert(json_equal(access, wanted));
	world.refusal = "the credential is gone";
	ck_assert_ptr_null(rc_repository_make_access(world.repository, &err));
	rc_check_fails(err->code, -EACCES, err, "the credential is gone");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("repository");
	TCase *tcase = tcase_create("repository");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_url, 0, RC_ARRAY_SIZE(urls));
	tcase_add_test(tcase, test_poll);
	tcase_add_test(tcase, test_no_such_revision);
	tcase_add_test(tcase, test_remote_is_away);
	tcase_add_test(tcase, test_restart_while_away);
	tcase_add_test(tcase, test_want_and_unwant);
	tcase_add_test(tcase, test_poll_during_poll);
	tcase_add_test(tcase, test_auth);
	tcase_add_test(tcase, test_describe);
	tcase_add_loop_test(tcase, test_serves, 0, RC_ARRAY_SIZE(sources));
	tcase_add_test(tcase, test_charts);
	tcase_add_test(tcase, test_learnt_partly);
	tcase_add_test(tcase, test_access);
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
