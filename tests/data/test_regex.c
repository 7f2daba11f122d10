/* Regular expressions as Go reads and runs them, and the globs built on them. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/glob.h"
#include "data/regex.h"

static const struct {
	const char *pattern, *error;
} bad[] = {
	{"(", "missing closing ): `(`"},
	{"a)", "unexpected ): `a)`"},
	{"a**", "invalid nested repetition operator: `**`"},
	{"a{2}{3}", "invalid nested repetition operator: `{2}{3}`"},
	{"*a", "missing argument to repetition operator: `*`"},
	{"(|*)", "missing argument to repetition operator: `*`"},
	{"a{1001}", "invalid repeat count: `{1001}`"},
	{"(a{100}){100}", "invalid repeat count: `{100}`"},
	{"a{2,1}", "invalid repeat count: `{2,1}`"},
	{"(?=a)", "invalid or unsupported Perl syntax: `(?=`"},
	{"(?<!a)", "invalid named capture: `(?<!a)`"},
	{"(?P<a-b>x)", "invalid named capture: `(?P<a-b>`"},
	{"(?x)a", "invalid or unsupported Perl syntax: `(?x`"},
	{"[a", "missing closing ]: `[a`"},
	{"[z-a]", "invalid character class range: `z-a`"},
	{"[[:foo:]]", "invalid character class range: `[:foo:]`"},
	{"\\p{Nosuch", "invalid character class range: `\\p{Nosuch`"},
	{"\\1", "invalid escape sequence: `\\1`"},
	{"\\Z", "invalid escape sequence: `\\Z`"},
	{"\\C", "invalid escape sequence: `\\C`"},
	{"\\x{110000}", "invalid escape sequence: `\\x{110000`"},
	{"a\\", "trailing backslash at end of expression: ``"},
	{"\xff", "invalid UTF-8"},
};

START_TEST(test_refused)
{
	struct rc_regex *regex = NULL;
	struct rc_error *err = NULL;
	int r = rc_regex_compile(rc_str(bad[_i].pattern), &regex, &err);

	rc_check_fails(r, -EINVAL, err, bad[_i].error);
	ck_assert_ptr_null(regex);
}
END_TEST

static const struct {
	const char *pattern, *text, *replacement, *out;
} replaced[] = {
	{"a+", "caat", "<$0>", "c<aa>t"},
	{"", "abc", "-", "-a-b-c-"},
	{"x*", "axb", "-", "-a-b-"},
	{"(a)(b)?", "ab a", "[$1|$2]", "[a|b] [a|]"},
	{"(?P<n>b)", "abc", "${n}${n}", "abbc"},
	{"(b)", "abc", "$1W", "ac"},
	{"b", "abc", "$$", "a$c"},
	{"b", "abc", "$", "a$c"},
	{"$", "a\n", "!", "a\n!"},
	{"(?m)$", "a\nb", "!", "a!\nb!"},
	{"(?m)^", "a\nb\n", ">", ">a\n>b\n>"},
	{"\\s", "a\vb c", "_", "a\vb_c"},
	{"\\d", "1\u0661", "#", "#\u0661"},
	{"(?i)\u00e9", "\u00c9\u00e9", "e", "ee"},
	{"\\p{Greek}+", "a\u03b1\u03b2", "g", "ag"},
	{"[^a]", "a\nb", "x", "axx"},
	{"(?s).", "a\n", "x", "xx"},
	{".", "a\n", "x", "x\n"},
	{"(?U)a+", "aaa", "x", "xxx"},
	{"a{,2}", "a{,2}", "x", "x"},
	{"\\Qa.b\\E", "a.b axb", "x", "x axb"},
	{"[[:^digit:]]", "1a", "x", "1x"},
	{"(a|ab)(c|bcd)", "abcd", "<$1><$2>", "<a><bcd>"},
};

START_TEST(test_replaced)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	rc_autobuf struct rc_buf out;
	struct rc_error *err = NULL;

	rc_buf_init(&out, 4096);
	rc_check_ok(rc_regex_compile(rc_str(replaced[_i].pattern), &regex, &err), err);
	rc_check_ok(rc_regex_replace_all(regex, rc_str(replaced[_i].text),
					 rc_str(replaced[_i].replacement), false, &out, &err),
		    err);
	ck_assert_str_eq(rc_buf_text(&out), replaced[_i].out);
}
END_TEST

/* A pattern that backtracks for ever is stopped. */
START_TEST(test_match_limit)
{
	rc_cleanup(rc_regex_freep) struct rc_regex *regex = NULL;
	const struct rc_regex_span *spans;
	struct rc_error *err = NULL;
	char text[64];

	memset(text, 'a', sizeof(text));
	rc_check_ok(rc_regex_compile(RC_STR("^(a|aa)+$"), &regex, &err), err);
	text[sizeof(text) - 1] = 'b';
	rc_check_fails(rc_regex_find(regex, (struct rc_str){text, sizeof(text)}, 0, &spans, &err),
		       -E2BIG, err, "takes too long");
}
END_TEST

static const struct {
	const char *pattern, *name;
	int glob, path; /* -1: not a pattern, -2: not asked */
} globs[] = {
	{"*.yaml", "a.yaml", 1, 1},
	{"*.yaml", "d/a.yaml", 0, 0},
	{"**.yaml", "d/a.yaml", 1, -2},
	{"**/*.yaml", "d/e/a.yaml", 1, -2},
	{"?.txt", "/.txt", 0, 0},
	{"[!a].txt", "b.txt", 1, -2},
	{"[^a].txt", "b.txt", -2, 1},
	{"[a-c]x", "bx", 1, 1},
	{"{a,b{c,d}}.x", "bd.x", 1, -2},
	{"{a,b}.x", "c.x", 0, -2},
	{"\\*", "*", 1, 1},
	{"\\*", "a", 0, 0},
	{".*", ".hidden", 1, 1},
	{"a*b*c", "aXbYc", 1, 1},
	{"a*b", "aXbY", 0, 0},
	{"", "", 1, 1},
	{"[", "a", -1, -1},
	{"[]", "a", -1, -1},
	{"a\\", "a\\", -1, -1},
	{"{a", "a", -1, -2},
	{"[a-]", "a", -2, -1},
	{"a[", "b", -1, -1},
};

START_TEST(test_globs)
{
	struct rc_str pattern = rc_str(globs[_i].pattern), name = rc_str(globs[_i].name);
	rc_cleanup(rc_glob_freep) struct rc_glob *glob = NULL;
	struct rc_error *err = NULL;
	int r;

	if (globs[_i].path != -2)
		ck_assert_int_eq(rc_glob_match_path(pattern, name),
				 globs[_i].path == -1 ? -EINVAL : globs[_i].path);
	if (globs[_i].glob == -2)
		return;
	r = rc_glob_compile(pattern, '/', &glob, &err);
	if (globs[_i].glob == -1) {
		rc_check_fails(r, -EINVAL, err, "is not a valid pattern");
		return;
	}
	rc_check_ok(r, err);
	ck_assert_int_eq(rc_glob_match(glob, name), globs[_i].glob);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("regex");
	TCase *tcase = tcase_create("regex");

	tcase_add_loop_test(tcase, test_refused, 0, RC_ARRAY_SIZE(bad));
	tcase_add_loop_test(tcase, test_replaced, 0, RC_ARRAY_SIZE(replaced));
	tcase_add_test(tcase, test_match_limit);
	tcase_add_loop_test(tcase, test_globs, 0, RC_ARRAY_SIZE(globs));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
