/* A commit's files on disk. */
#include "support/check.h"

#include <errno.h>

#include "base/memory.h"
#include "git/checkout.h"
#include "git/ref.h"
#include "scene.h"

static struct {
	struct rc_git_mirror *mirror;
	char id[RC_GIT_ID_MAX];
	char *folder;
} world;

static void setup(void)
{
	struct rc_error *err = NULL;

	scene_setup();
	scene_do("cd work; mkdir -p a/b; echo one >a/b/c; printf '#!/bin/sh\\n' >run; chmod +x run;"
		 "ln -s a/b/c link; ln -s /etc/hostname out; git add -A; git commit -q -m x");
	ck_assert(scene_update(NULL));
	rc_check_ok(rc_git_mirror_open(scene_mirror(), &world.mirror, &err), err);
	rc_check_ok(rc_git_ref_resolve(world.mirror, "main", world.id, &err), err);
	world.folder = rc_asprintf("%s/to/here", scene_folder());
}

static void teardown(void)
{
	rc_git_mirror_free(rc_steal(&world.mirror));
	free(world.folder);
	scene_teardown();
}

START_TEST(test_whole)
{
	struct rc_error *err = NULL;

	rc_check_ok(rc_git_checkout_write(world.mirror, world.id, world.folder, &err), err);
	/* Contents, modes and links, as git has them; and nothing beside them. */
	scene_do("rm -rf clone; git clone -q work clone; rm -rf clone/.git; diff -r "
		 "--no-dereference "
		 "clone to/here; test -x to/here/run; test ! -x to/here/a/b/c;"
		 "test \"$(readlink to/here/link)\" = a/b/c; test $(stat -c %%a to/here) = 700");
}
END_TEST

/* An older commit leaves nothing of a newer one behind. */
START_TEST(test_older)
{
	struct rc_error *err = NULL;
	rc_autofree char *older = scene_run("cd work; git rev-parse main~1");

	rc_check_ok(rc_git_checkout_write(world.mirror, older, world.folder, &err), err);
	scene_do("test -e to/here/file; test ! -e to/here/run");
}
END_TEST

START_TEST(test_not_empty)
{
	struct rc_error *err = NULL;

	scene_do("mkdir -p to/here; echo precious >to/here/file");
	rc_check_fails(rc_git_checkout_write(world.mirror, world.id, world.folder, &err), -EEXIST,
		       err, "is not empty");
	scene_do("grep -q precious to/here/file");
}
END_TEST

START_TEST(test_no_commit)
{
	struct rc_error *err = NULL;

	rc_check_fails(rc_git_checkout_write(world.mirror,
					     "0123456789012345678901234567890123456789",
					     world.folder, &err),
		       -ENOENT, err, "reading the commit");
	rc_check_fails(rc_git_checkout_write(world.mirror, "main", world.folder, &err), -EINVAL,
		       err, "no commit in full");
}
END_TEST

/* 50,001 files with two contents: refused before one is written. */
START_TEST(test_limit)
{
	struct rc_error *err = NULL;
	char id[RC_GIT_ID_MAX];

	scene_do("cd work; git checkout -q --orphan many; git rm -qrf .;"
		 "blob=$(echo x | git hash-object -w --stdin);"
		 "tree=$(for i in $(seq 50001); do printf '100644 blob %%s\\tf%%s\\n' $blob $i; "
		 "done |"
		 " git mktree); git update-ref refs/heads/many $(git commit-tree -m m $tree)");
	ck_assert(scene_update(NULL));
	rc_check_ok(rc_git_ref_resolve(world.mirror, "many", id, &err), err);
	rc_check_fails(rc_git_checkout_write(world.mirror, id, world.folder, &err), -E2BIG, err,
		       "more than 50000 files");
	scene_do("test ! -e to");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("checkout");
	TCase *tcase = tcase_create("checkout");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_whole);
	tcase_add_test(tcase, test_older);
	tcase_add_test(tcase, test_not_empty);
	tcase_add_test(tcase, test_no_commit);
	tcase_add_test(tcase, test_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
