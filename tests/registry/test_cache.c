/* The cache: by digest, whole or not at all, and not larger than it may be. */
#include "support/check.h"

#include <errno.h>
#include <unistd.h>

#include "base/memory.h"
#include "registry/cache.h"
#include "scene.h"

static char *add(const char *text)
{
	struct rc_error *err = NULL;
	char digest[RC_DIGEST_MAX];

	rc_check_ok(rc_registry_cache_add(scene_cache(), rc_str(text), digest, &err), err);
	return rc_strdup(digest);
}

START_TEST(test_archives)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(1000);
	rc_autofree char *digest = add("archive"), *path = NULL;
	struct rc_error *err = NULL;
	char other[RC_DIGEST_MAX];

	ck_assert_str_eq(digest,
			 "0eb3e36bfb24dcd9bb1d1bece1531216b59539a8fde17ee80224af0653c92aa3");
	ck_assert(rc_registry_cache_has(scene_cache(), digest));
	rc_check_ok(rc_registry_cache_read(scene_cache(), digest, &buf, &err), err);
	ck_assert_str_eq(rc_buf_text(&buf), "archive");
	ck_assert(!rc_registry_cache_has(scene_cache(), rc_digest_sha256(RC_STR("x"), other)));
	rc_check_fails(rc_registry_cache_read(scene_cache(), other, &buf, &err), -ENOENT, err,
		       other);
	/* A damaged one is found out, and goes. */
	path = rc_registry_cache_path(scene_cache(), digest);
	scene_do("printf else >'%s'", path);
	rc_buf_clear(&buf);
	rc_check_fails(rc_registry_cache_read(scene_cache(), digest, &buf, &err), -EPROTO, err,
		       "is damaged");
	ck_assert(!rc_registry_cache_has(scene_cache(), digest));
}
END_TEST

START_TEST(test_named)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(10);
	struct rc_error *err = NULL;

	rc_check_ok(rc_registry_cache_put(scene_cache(), "index-a", RC_STR("one"), &err), err);
	rc_check_ok(rc_registry_cache_put(scene_cache(), "index-a", RC_STR("two"), &err), err);
	rc_check_ok(rc_registry_cache_get(scene_cache(), "index-a", &buf, &err), err);
	ck_assert_str_eq(rc_buf_text(&buf), "two");
	rc_check_fails(rc_registry_cache_get(scene_cache(), "index-b", &buf, &err), -ENOENT, err,
		       "index-b");
}
END_TEST

START_TEST(test_trim)
{
	rc_autofree char *a = add("aaaaaaaaaa"), *b = add("bbbbbbbbbb"), *c = add("cccccccccc");
	rc_autofree char *d = add("dddddddddd"), *left = NULL;

	scene_do("cd cache; touch -d '4 days ago' %s.tgz; touch -d '3 days ago' %s.tgz; "
		 "touch -d '2 days ago' %s.tgz; touch -d '1 day ago' %s.tgz; "
		 "echo half >x.tgz.AbCdEf; touch -d '2 hours ago' x.tgz.AbCdEf; "
		 "echo new >y.tgz.AbCdEf",
		 a, b, c, d);
	/* What is used stays longer. */
	ck_assert(rc_registry_cache_has(scene_cache(), a));
	rc_registry_cache_trim(scene_cache(), 25);
	left = scene_run("cd cache; echo *");
	ck_assert_ptr_nonnull(strstr(left, a));
	ck_assert_ptr_nonnull(strstr(left, d));
	ck_assert_ptr_null(strstr(left, b));
	ck_assert_ptr_null(strstr(left, c));
	ck_assert_ptr_null(strstr(left, "x.tgz"));
	ck_assert_ptr_nonnull(strstr(left, "y.tgz.AbCdEf"));
	/* Of one that is not there, nothing. */
	rc_registry_cache_trim("/nonexistent/folder", 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cache");
	TCase *tcase = tcase_create("cache");

	tcase_add_checked_fixture(tcase, scene_setup, scene_teardown);
	tcase_add_test(tcase, test_archives);
	tcase_add_test(tcase, test_named);
	tcase_add_test(tcase, test_trim);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
