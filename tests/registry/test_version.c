/* Which version is chosen: Helm's rules, prereleases among them. */
#include "support/check.h"

#include <errno.h>

#include "registry/version.h"

static const char *const versions[] = {
	"1.2.0", "1.10.0", "1.9.3", "v2.0.0",	 "2.1.0-rc.1",	  "not-a-version",
	"0.3.1", "0.3.0",  "0.2.9", "3.0.0-a.1", "1.9.3+build.2", "3.0",
};

static const struct {
	const char *range, *wanted; /* NULL: none */
} cases[] = {
	{"1.9.3", "1.9.3"},
	{"1.9.3+build.2", "1.9.3+build.2"},
	{"1.9.3+other", "1.9.3"},
	{"", "3.0"},
	{"*", "3.0"},
	{"x", "3.0"},
	{"1.x", "1.10.0"},
	{"1", "1.10.0"},
	{"1.9", "1.9.3"},
	{"~1.9.0", "1.9.3"},
	{"^1.2.0", "1.10.0"},
	{">=1.2.0 <1.10.0", "1.9.3"},
	{">=1.2.0, <1.10.0", "1.9.3"},
	{"1.2.0 - 1.9.0", "1.2.0"},
	{"^0.3.0", "0.3.1"},
	{"~0.2", "0.2.9"},
	{"<1 || >=2", "3.0"},
	{"2.0.0", "v2.0.0"},
	{"v2.0.0", "v2.0.0"},
	{"2.x", "v2.0.0"},
	{">2.0.0 <3", NULL},
	{">2.0.0-0 <3.0.0-0", "2.1.0-rc.1"},
	{"~2.1.0-0", "2.1.0-rc.1"},
	{"2.1.0", NULL},
	{"3.0.0-a.1", "3.0.0-a.1"},
	{">=3.0.0-0", "3.0"},
	{"4.x", NULL},
	{"!=3.0", "v2.0.0"},
	{"not-a-version", "not-a-version"},
};

START_TEST(test_choose)
{
	struct rc_error *err = NULL;
	size_t i = 0;
	int r = rc_registry_version_choose(versions, RC_ARRAY_SIZE(versions), cases[_i].range, true,
					   &i, &err);

	rc_check_ok(r, err);
	ck_assert_int_eq(r, cases[_i].wanted != NULL);
	if (cases[_i].wanted)
		ck_assert_msg(strcmp(versions[i], cases[_i].wanted) == 0, "'%s' is %s, wanted %s",
			      cases[_i].range, versions[i], cases[_i].wanted);
}
END_TEST

/* As dependencies are resolved: what is written exactly so is one among equals. */
START_TEST(test_loose)
{
	static const char *const equal[] = {"1.0.0", "1.2.0+b.1", "1.2.0", "v1.2.0"};
	struct rc_error *err = NULL;
	size_t i = 0;

	ck_assert_int_eq(rc_registry_version_choose(equal, 4, "1.2.0", false, &i, &err), 1);
	ck_assert_str_eq(equal[i], "1.2.0+b.1");
	ck_assert_int_eq(rc_registry_version_choose(equal, 4, "1.2.0", true, &i, &err), 1);
	ck_assert_str_eq(equal[i], "1.2.0");
}
END_TEST

START_TEST(test_bad_range)
{
	struct rc_error *err = NULL;
	size_t i;

	rc_check_fails(rc_registry_version_choose(versions, RC_ARRAY_SIZE(versions), "latest", true,
						  &i, &err),
		       -EINVAL, err, "improper constraint: latest");
	ck_assert_int_eq(rc_registry_version_choose(NULL, 0, "1.x", true, &i, &err), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("version");
	TCase *tcase = tcase_create("version");

	tcase_add_loop_test(tcase, test_choose, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_loose);
	tcase_add_test(tcase, test_bad_range);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
