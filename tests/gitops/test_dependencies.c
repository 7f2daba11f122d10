/* What a commit's chart depends on: folders of the commit, what is remembered, what is refused. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "git/mirror.h"
#include "gitops/dependencies.h"

static char folder[64], commit[80];

static void run(const char *script, char *ret_line)
{
	rc_autofree char *whole = rc_asprintf("set -e; cd %s; %s", folder, script);
	FILE *out = popen(whole, "r");

	if (ret_line)
		ck_assert_int_eq(fscanf(out, "%79s", ret_line), 1);
	ck_assert_int_eq(pclose(out), 0);
}

static void set_up(void)
{
	strcpy(folder, "/tmp/rc-dependencies-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	run("chart() { mkdir -p $1; printf 'apiVersion: v2\\nname: %s\\nversion: %s\\n"
	    "dependencies: %s\\n' $2 $3 \"$4\" >$1/Chart.yaml; }; "
	    "git init -q -b main work; cd work; "
	    "chart apps/web web 1.0.0 \"[{name: base, version: 0.x, repository: "
	    "'file://../../libs/base'}]\"; "
	    "chart libs/base base 0.3.1 '[]'; mkdir libs/base/templates; "
	    "echo 'kind: A' >libs/base/templates/a.yaml; "
	    "chart out out 1.0.0 \"[{name: x, version: 1.x, repository: 'file://../../x'}]\"; "
	    "chart abs abs 1.0.0 \"[{name: x, version: 1.x, repository: 'file:///etc'}]\"; "
	    "chart far far 1.0.0 \"[{name: x, version: 1.x, repository: "
	    "'http://127.0.0.1:1/c'}]\"; "
	    "git add -A; git -c user.name=a -c user.email=a@b commit -q -m one; "
	    "git clone -q --bare . ../mirror",
	    NULL);
	run("git -C mirror rev-parse HEAD", commit);
	rc_git_mirror_init();
}

static void tear_down(void)
{
	rc_file_remove_tree(folder, NULL);
}

static int ask(const char *path, bool is_fresh, json_t **ret_reply, struct rc_error **err)
{
	rc_autofree char *mirror = rc_path_join(folder, "mirror");
	rc_autofree char *cache = rc_path_join(folder, "cache");
	json_auto_t *request = json_pack("{s:s, s:s, s:i, s:b, s:[{s:i, s:s, s:s, s:s, s:{}}]}",
					 "op", "dependencies", "cache", cache, "timeoutMs", 10000,
					 "fresh", is_fresh, "needs", "source", 2, "mirror", mirror,
					 "commit", commit, "path", path, "repositories");

	return rc_dependencies_handle(NULL, request, ret_reply, err);
}

START_TEST(test_folder)
{
	json_auto_t *reply = NULL, *again = NULL, *third = NULL;
	const json_t *chart, *archive;
	struct rc_error *err = NULL;

	rc_check_ok(ask("apps/web", false, &reply, &err), err);
	chart = json_array_get(json_object_get(reply, "charts"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(chart, "source")), 2);
	ck_assert_uint_eq(json_array_size(json_object_get(chart, "remove")), 0);
	archive = json_array_get(json_object_get(chart, "add"), 0);
	ck_assert_str_eq(rc_json_text(archive, "path", NULL), "charts/base-0.3.1.tgz");
	ck_assert(rc_text_has_suffix(rc_json_text(archive, "archive", NULL), ".tgz"));
	/* Remembered: the mirror is not even looked into. */
	run("mv mirror elsewhere", NULL);
	rc_check_ok(ask("apps/web", false, &again, &err), err);
	ck_assert(json_equal(reply, again));
	rc_check_fails(ask("apps/web", true, &third, &err), -ENOENT, err, "chart apps/web");
	/* Only as long as all of it is there. */
	run("rm cache/*.tgz", NULL);
	rc_check_fails(ask("apps/web", false, &third, &err), -ENOENT, err, "chart apps/web");
	run("mv elsewhere mirror", NULL);
	rc_check_ok(ask("apps/web", false, &third, &err), err);
	ck_assert(json_equal(reply, third));
}
END_TEST

static const struct {
	const char *path, *error;
	int r;
} refused[] = {
	{"out", "file://../../x: the folder is not in the repository", -EINVAL},
	{"abs", "file:///etc: the folder is not in the repository", -EINVAL},
	{"far", "dependency x: reading the index: http://127.0.0.1:1", -ECONNREFUSED},
	{"none", "chart none: none is not in the commit", -ENOENT},
};

START_TEST(test_refused)
{
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(ask(refused[_i].path, false, &reply, &err), refused[_i].r, err,
		       refused[_i].error);
}
END_TEST

START_TEST(test_nonsense)
{
	static const char *const requests[] = {
		"{}",
		"{\"cache\": \"/x\"}",
		"{\"cache\": \"/x\", \"needs\": [{}]}",
		"{\"cache\": \"/x\", \"needs\": [{\"source\": 0, \"mirror\": \"m\"}]}",
		"{\"needs\": []}",
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(requests); i++) {
		json_auto_t *request = NULL;
		json_t *reply = NULL;

		ck_assert_int_eq(rc_json_parse(rc_str(requests[i]), "it", &request, NULL), 0);
		ck_assert_msg(rc_dependencies_handle(NULL, request, &reply, NULL) == -EINVAL, "%s",
			      requests[i]);
		ck_assert_ptr_null(reply);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("dependencies");
	TCase *tcase = tcase_create("dependencies");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_folder);
	tcase_add_loop_test(tcase, test_refused, 0, RC_ARRAY_SIZE(refused));
	tcase_add_test(tcase, test_nonsense);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
