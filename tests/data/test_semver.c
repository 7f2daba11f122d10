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
	struct rc_semver version;
	int r = rc_semver_parse(rc_str(text), &version);

	if (r == 0 || !error || strstr(error, "constraint"))
		r = r < 0 ? r : rc_semver_matches(rc_str(constraint), &version, &matches, NULL);
	if ((r < 0) == (error != NULL) && (error || matches == wanted))
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

static Suite *make_suite(void)
{
	Suite *suite = suite_create("semver");
	TCase *tcase = tcase_create("semver");

	tcase_add_test(tcase, test_semver_probes);
	tcase_add_loop_test(tcase, test_matches, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
