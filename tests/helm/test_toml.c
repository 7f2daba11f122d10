/* TOML in: values and the words of the library for what is none. */
#include "support/check.h"

#include "helm/toml-read.h"

static const struct {
	const char *text, *printed;
} good[] = {
	{"", "map[]"},
	{"a = 1\nb = 'x'\n", "map[a:1 b:x]"},
	{"a = 0x1F\nb = 1_000\nc = -0.5\nd = inf", "map[a:31 b:1000 c:-0.5 d:+Inf]"},
	{"a.b = 1\na.c = 2\n[d]\ne = true # c\n", "map[a:map[b:1 c:2] d:map[e:true]]"},
	{"[[l]]\nx = 1\n[[l]]\n[l.m]\ny = 2", "map[l:[map[x:1] map[m:map[y:2]]]]"},
	{"a = [1, 'b', [2, 3],\n # c\n {d = 4}]", "map[a:[1 b [2 3] map[d:4]]]"},
	{"a = \"\"\"\nx \\\n   y\\u00e9\"\"\"", "map[a:x y\u00e9]"},
	{"a = \"\"\"two \"\" quotes\"\"\"\"\"", "map[a:two \"\" quotes\"\"]"},
	{"a = 1979-05-27T07:32:00Z", "map[a:1979-05-27 07:32:00 +0000 UTC]"},
	{"\"q k\".'l' = {}", "map[q k:map[l:map[]]]"},
};

START_TEST(reads)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);
	struct rc_str error = RC_STR("");
	struct rc_value value;
	int r = rc_helm_toml_read(arena, rc_str(good[_i].text), &value, &error);

	ck_assert_msg(r == 0, "%s: %s", good[_i].text, error.p);
	rc_value_print(&out, value);
	ck_assert_str_eq(rc_buf_text(&out), good[_i].printed);
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{"a", "toml: line 0: unexpected EOF; expected key separator '='"},
	{"a = ", "toml: line 0 (last key \"a\"): unexpected EOF; expected value"},
	{"a = 1\na = 2", "toml: line 2 (last key \"a\"): Key 'a' has already been defined."},
	{"a = 1\n[a.b]", "toml: line 2: Key 'a' was already created as a hash."},
	{"[t]\nx = 017",
	 "toml: line 2 (last key \"t.x\"): Invalid integer \"017\": cannot have leading zeroes"},
	{"a = 1.", "toml: line 1 (last key \"a\"): Invalid float \"1.\": '.' must be followed by "
		   "one or more digits"},
	{"a = \"\\x\"", "toml: line 1 (last key \"a\"): invalid escape in string '\\x'"},
	{"a = {b = 1,}",
	 "toml: line 1 (last key \"a.b\"): trailing comma not allowed in inline tables"},
	{"a = [1 2]", "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator "
		      "(']'), but got '2'"},
	{"a = 1 x", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		    "EOF, but got 'x' instead"},
	{"[]", "toml: line 1: unexpected end of table name (table names cannot be empty)"},
	{"a = 9223372036854775808",
	 "toml: line 1 (last key \"a\"): 9223372036854775808 is out of range for int64"},
	{"a = 2024-13-01", "toml: line 1 (last key \"a\"): invalid datetime: \"2024-13-01\""},
	{"a = '\x01'", "toml: line 1 (last key \"a\"): TOML files cannot contain control "
		       "characters: '0x01'"},
};

START_TEST(refuses)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_str error = RC_STR("");
	struct rc_value value;

	ck_assert_int_lt(rc_helm_toml_read(arena, rc_str(bad[_i].text), &value, &error), 0);
	ck_assert_str_eq(error.p, bad[_i].error);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("toml");
	TCase *tcase = tcase_create("in");

	tcase_add_loop_test(tcase, reads, 0, RC_ARRAY_SIZE(good));
	tcase_add_loop_test(tcase, refuses, 0, RC_ARRAY_SIZE(bad));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
