/* Revisions mean what git says they mean, and ranges of versions what Argo CD says. */
#include "support/check.h"

#include <errno.h>

#include "base/memory.h"
#include "git/ref.h"
#include "scene.h"

/* main: first - second; feature: first - third; tags of all sorts. */
static void setup(void)
{
	scene_setup();
	scene_do("cd work; git tag v1.1.0; git tag v2.1.0-rc.1; git tag not-a-version;"
		 "git checkout -q -b feature; echo 3 >three; git add -A; git commit -q -m third;"
		 "git tag -a -m annotated v1.10.0; git tag -a -m nested nested v1.10.0 2>/dev/null;"
		 "git checkout -q main; echo 2 >two; git add -A; git commit -q -m second;"
		 "git tag v1.9.0; git tag 2.0.0; git tag same; git branch same feature;"
		 "git update-ref refs/pull/7/head HEAD; git tag tree HEAD^{tree}");
	ck_assert(scene_update(NULL));
}

static const struct {
	const char *revision, *spec; /* NULL: there is no such revision */
} names[] = {
	{"", "HEAD"},
	{"HEAD", "main"},
	{"main", "main"},
	{"feature", "feature"},
	{"refs/heads/feature", "feature"},
	{"refs/tags/v1.9.0", "v1.9.0"},
	{"v1.9.0", "main"},
	{"v1.10.0", "feature"}, /* annotated: the commit, not the tag object */
	{"refs/tags/v1.10.0", "feature"},
	{"nested", "feature"},
	{"same", "refs/heads/same"}, /* of both names the branch, as in Argo CD */
	{"refs/tags/same", "refs/tags/same"},
	{"not-a-version", "v1.1.0"},
	{"tree", NULL}, /* no commit */
	{"nothing", NULL},
	{"refs/heads/nothing", NULL},
	{"refs/pull/7/head", NULL}, /* not mirrored */
	{"heads/main/", NULL},
	{"../HEAD", NULL},
	{"-x", NULL},
	{"main~1", NULL}, /* names, not expressions */
	{"v1", NULL},	  /* a version is a pin, no range */
	{"1.9", NULL},
	{"v2.0.0", NULL}, /* the tag is 2.0.0 */
	{"deadbeef", NULL},
	{"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", NULL},
};

START_TEST(test_ref_name)
{
	scene_check_revision(names[_i].revision, names[_i].spec);
}
END_TEST

static const struct {
	const char *range, *spec;
} ranges[] = {
	{">=1.2 <2", "v1.10.0"}, /* by number, not by letter */
	{">=1.2.0, <2.0.0", "v1.10.0"},
	{"1.x", "v1.10.0"},
	{"1.*", "v1.10.0"},
	{"~1.9", "v1.9.0"},
	{"~1.9.0", "v1.9.0"},
	{"^1.1.0", "v1.10.0"},
	{"*", "2.0.0"}, /* no pre-release unless asked for */
	{">=2.0.0-0", "v2.1.0-rc.1"},
	{"<1.5 || >=2", "2.0.0"},
	{"1.1 - 1.9", "v1.9.0"},
	{"!=2.0.0", "v2.1.0-rc.1"}, /* of the plain comparisons it alone takes a pre-release */
	{">=3", NULL},
	{">>1", NULL},
};

START_TEST(test_ref_range)
{
	scene_check_revision(ranges[_i].range, ranges[_i].spec);
}
END_TEST

START_TEST(test_ref_commit)
{
	rc_autofree char *id = scene_run("git -C work rev-parse feature");
	rc_autofree char *tag = scene_run("git -C work rev-parse v1.10.0");
	rc_autofree char *tree = scene_run("git -C work rev-parse feature^{tree}");
	rc_autofree char *upper = scene_run("git -C work rev-parse feature | tr a-f A-F");
	rc_autofree char *longer = rc_asprintf("%s0", id);

	scene_check_revision(id, "feature");
	scene_check_revision(upper, "feature");
	scene_check_revision(tag, "feature");
	scene_check_revision(tree, NULL);
	scene_check_revision(longer, NULL);
	id[12] = '\0';
	scene_check_revision(id, "feature");
	id[7] = '\0';
	scene_check_revision(id, "feature");
	id[6] = '\0';
	scene_check_revision(id, NULL);
}
END_TEST

/* Who may push branches must not be able to move what is pinned to a commit. */
START_TEST(test_ref_branch_named_as_commit)
{
	rc_autofree char *id = scene_run("git -C work rev-parse feature");

	scene_do("cd work; git update-ref refs/heads/%s main", id);
	ck_assert(scene_update(NULL));
	scene_check_revision(id, "refs/tags/v1.10.0");
}
END_TEST

START_TEST(test_ref_forced)
{
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	rc_autofree char *first = scene_run("git -C work rev-parse v1.1.0");
	rc_autofree char *main_id = scene_run("git -C work rev-parse main");
	rc_autofree char *feature = scene_run("git -C work rev-parse feature");

	rc_check_ok(rc_git_mirror_open(scene_mirror(), &mirror, NULL), NULL);
	ck_assert(!rc_git_ref_is_forced(mirror, first, main_id));
	ck_assert(!rc_git_ref_is_forced(mirror, main_id, main_id));
	ck_assert(rc_git_ref_is_forced(mirror, main_id, first));
	ck_assert(rc_git_ref_is_forced(mirror, main_id, feature));
	ck_assert(!rc_git_ref_is_forced(mirror, "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", first));
	ck_assert(!rc_git_ref_is_forced(mirror, "", first));
	ck_assert(!rc_git_ref_is_forced(mirror, "nonsense", first));
}
END_TEST

START_TEST(test_ref_describe)
{
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	rc_autofree char *id =
		scene_run("cd work; printf 'a subject\\n over two lines\\n\\na body\\n' >m;"
			  "git commit -q --allow-empty --author='\316\221da <x@y.z>' -F m; git "
			  "rev-parse HEAD");
	rc_autofree char *other = scene_run(
		"cd work; printf 'bad \\377 bytes' >m;"
		"git -c i18n.commitEncoding=x commit -q --allow-empty -F m; git rev-parse HEAD");
	json_auto_t *about = NULL, *about_other = NULL, *none = NULL;
	struct rc_error *err = NULL;

	ck_assert(scene_update(NULL));
	rc_check_ok(rc_git_mirror_open(scene_mirror(), &mirror, &err), err);
	rc_check_ok(rc_git_ref_describe(mirror, id, &about, &err), err);
	ck_assert_str_eq(json_string_value(json_object_get(about, "subject")),
			 "a subject over two lines");
	ck_assert_str_eq(json_string_value(json_object_get(about, "author")), "\316\221da");
	ck_assert_str_eq(json_string_value(json_object_get(about, "date")), "2026-01-02T03:04:06Z");
	rc_check_ok(rc_git_ref_describe(mirror, other, &about_other, &err), err);
	ck_assert_ptr_null(json_object_get(about_other, "subject"));
	ck_assert_str_eq(json_string_value(json_object_get(about_other, "author")), "Ada Author");
	rc_check_fails(rc_git_ref_describe(mirror, "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
					   &none, &err),
		       -ENOENT, err, "reading a commit");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("ref");
	TCase *tcase = tcase_create("ref");

	tcase_add_checked_fixture(tcase, setup, scene_teardown);
	tcase_add_loop_test(tcase, test_ref_name, 0, RC_ARRAY_SIZE(names));
	tcase_add_loop_test(tcase, test_ref_range, 0, RC_ARRAY_SIZE(ranges));
	tcase_add_test(tcase, test_ref_commit);
	tcase_add_test(tcase, test_ref_branch_named_as_commit);
	tcase_add_test(tcase, test_ref_forced);
	tcase_add_test(tcase, test_ref_describe);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
