/* Constraints against what Helm's semverCompare answered. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>

#include "data/corpus.h"
#include "data/semver.h"

static int bad;

static void check_line(const json_t *line)
{
	const char *constraint = json_string_value(json_object_get(line, "constraint"));
	const char *text = json_string_value(json_object_get(line, "version"));
	const char *error = json_string_value(json_object_get(line, "error"));
	bool wanted = json_is_true(json_object_get(line, "match")), matches = false;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_semver version;
	int r = rc_semver_parse(rc_str(text), &version);

	if (r == 0 || !error || strstr(error, "constraint"))
		r = r < 0 ? r : rc_semver_matches(rc_str(constraint), &version, &matches, &err);
	if ((r < 0) == (error != NULL) && (error || matches == wanted) &&
	    (!err || strstr(error, err->message)))
		return;
	bad++;
	fprintf(stderr, "%s on %s: %d %d, wanted %s %d\n", constraint, text, r, matches,
		error ? error : "", wanted);
}

START_TEST(test_semver_probes)
{
	if (corpus_each("helm-probes/semver.jsonl", check_line) < 0)
		printf("skip: the corpus is not there (RC_CORPUS)\n");
	ck_assert_int_eq(bad, 0);
}
END_TEST

static const struct {
	const char *constraint, *version;
	int matches; /* -1: no constraint */
} cases[] = {
	{">=1.19-0", "1.25.4-gke.3", 1},
	{">=1.20", "1.25.4-gke.3", 0},
	{"1.2 - 1.4", "1.4.9", 1},
	{"~1.2.3", "1.2.9", 1},
	{"^0.2", "0.3.0", 0},
	{"1.x || >=3", "3.1.0", 1},
	{"nonsense", "1.0.0", -1},
	{"", "1.0.0", -1},
	{"*", "2.0.0", 1},
	/* Ranges are put in place as text: before one there must be a comma, or nothing. */
	{"1.2 - 1.4, !=1.3.0", "1.3.0", 0},
	{">1.0, 1.2 - 1.4", "1.3.0", 1},
	{">1.0 1.2 - 1.4", "1.3.0", -1},
	{"1.0 - 2.0 || 3.0 - 4.0", "3.5.0", 1},
	{"1.0 - 2.0 ||3.0 - 4.0", "3.5.0", -1},
	{"\t>=1.0\n", "1.3.0", 1},
	/* "Not this one" says nothing of prereleases, unless parts are left open. */
	{"!=2.9.0", "3.0.0-alpha.1", 1},
	{"!=2.9.0", "2.9.0-alpha.1", 1},
	{"!=2.9", "3.0.0-alpha.1", 0},
	{"!=2.9.x-rc", "2.9.0-rc", 0},
	{"!=2.9.x-rc", "2.9.0-beta", 1},
};

START_TEST(test_matches)
{
	struct rc_semver version;
	bool matches = false;
	int r;

	ck_assert_int_eq(rc_semver_parse(rc_str(cases[_i].version), &version), 0);
	r = rc_semver_matches(rc_str(cases[_i].constraint), &version, &matches, NULL);
	ck_assert_int_eq(r < 0 ? -1 : matches, cases[_i].matches);
}
END_TEST

static const struct {
	const char *text;
	bool is_strict;
} strict[] = {
	{"1.2.3", true},       {"0.0.0-rc.1+b.2", true}, {"10.20.30", true}, {"v1.2.3", false},
	{"1.2", false},	       {"1.02.3", false},	 {"01.2.3", false},  {"1.2.3-01", false},
	{"1.2.3-a.b.c", true}, {"1.2.3.4", false},	 {"", false},	     {"latest", false},
};

START_TEST(test_strict)
{
	ck_assert_msg(rc_semver_is_strict(rc_str(strict[_i].text)) == strict[_i].is_strict, "%s",
		      strict[_i].text);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("semver");
	TCase *tcase = tcase_create("semver");

	tcase_add_test(tcase, test_semver_probes);
	tcase_add_loop_test(tcase, test_matches, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_strict, 0, RC_ARRAY_SIZE(strict));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
