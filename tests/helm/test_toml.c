/* TOML in: values and the words of the library for what is none. */
#include "support/check.h"

#include <stdlib.h>

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
	{"a = \"\\U0001F600\"", "map[a:\360\237\230\200]"},
	{"a = '''x'''''", "map[a:x'']"},
	{"a = '''\nx'y''z'''", "map[a:x'y''z]"},
	{"a = '''\r\nx'''", "map[a:x]"},
	{"a = \"\"\"\nx\\\"\"\"\"\"", "map[a:x\"\"]"},
	{"a = \"\"\"x\\  \n  y\"\"\"", "map[a:xy]"},
	{"a = \"\"\"\\b\\t\\n\\f\\r\\\"\\\\\"\"\"", "map[a:\010\t\n\014\r\"\\]"},
	{"a = 0b101", "map[a:5]"},
	{"a = 0o17", "map[a:15]"},
	{"a = 0", "map[a:0]"},
	{"a = +0", "map[a:0]"},
	{"a = -0", "map[a:0]"},
	{"a = 0.5", "map[a:0.5]"},
	{"a = 0e1", "map[a:0]"},
	{"a = 1e5", "map[a:100000]"},
	{"a = 1e-400", "map[a:0]"},
	{"a = 1_0.5_0", "map[a:10.5]"},
	{"a = nan", "map[a:NaN]"},
	{"a = +nan", "map[a:NaN]"},
	{"a = -nan", "map[a:NaN]"},
	{"a = +inf", "map[a:+Inf]"},
	{"a = -inf", "map[a:-Inf]"},
	{"a = 2020-01-02", "map[a:2020-01-02 00:00:00 +0000 date-local]"},
	{"a = 2020-01-02T03:04:05", "map[a:2020-01-02 03:04:05 +0000 datetime-local]"},
	{"a = 2020-01-02 03:04:05.123", "map[a:2020-01-02 03:04:05.123 +0000 datetime-local]"},
	{"a = 03:04:05", "map[a:0000-01-01 03:04:05 +0000 time-local]"},
	{"a = 2020-01-02T03:04:05+02:00", "map[a:2020-01-02 03:04:05 +0200 +0200]"},
	{"a = 2020-01-02T03:04:05Z", "map[a:2020-01-02 03:04:05 +0000 UTC]"},
	{"a = 2020-01-02t03:04:05z", "map[a:2020-01-02 03:04:05 +0000 UTC]"},
	{"a = [1\n,\n2 # c\n]", "map[a:[1 2]]"},
	{"a = [[1], [2, [3]]]", "map[a:[[1] [2 [3]]]]"},
	{"a = [{b = 1}, {c = 2}]", "map[a:[map[b:1] map[c:2]]]"},
	{"a = {b.c = 1, b.d = 2}", "map[a:map[b:map[c:1 d:2]]]"},
	{"a = {b = {c = {d = 1}}}", "map[a:map[b:map[c:map[d:1]]]]"},
	{"a = {}\na.b = 1", "map[a:map[b:1]]"},
	{"a = {b = 1}\n[a.c]", "map[a:map[b:1 c:map[]]]"},
	{"[ a . b ]\nc = 1", "map[a:map[b:map[c:1]]]"},
	{"[\"a b\".'c']\nd = 1", "map[a b:map[c:map[d:1]]]"},
	{"[a.b]\n[a]\nc = 1", "map[a:map[b:map[] c:1]]"},
	{"[a]\nb.c = 1\n[a.b]\nd = 2", "map[a:map[b:map[c:1 d:2]]]"},
	{"[[a]]\nb = 1\n[[a.c]]\nd = 1\n[[a.c]]\n[a.e]\nf = 2",
	 "map[a:[map[b:1 c:[map[d:1] map[]] e:map[f:2]]]]"},
	{"a.b = 1\n[a]\nc = 2", "map[a:map[b:1 c:2]]"},
	{"\"\" = 1", "map[:1]"},
	{"'' = 1", "map[:1]"},
	{"\"a\".b.'c' = 1", "map[a:map[b:map[c:1]]]"},
	{"a-b_c9 = 1", "map[a-b_c9:1]"},
	{"1 = 2", "map[1:2]"},
	{"1.2 = 3", "map[1:map[2:3]]"},
	{"a.\"b\" . c = 1", "map[a:map[b:map[c:1]]]"},
	{"a = 1\r\nb = 2\r\n", "map[a:1 b:2]"},
	{"# only\n", "map[]"},
	{"\357\273\277a = 1", "map[a:1]"},
	{"a = 1\n\n\n[b] # c\n", "map[a:1 b:map[]]"},
	{"a = \"\t\"", "map[a:\t]"},
	{"\ta\t=\t1\t", "map[a:1]"},
	{"a = '\\'", "map[a:\\]"},
	{"\"a\\u00e9\" = 1", "map[a\303\251:1]"},
	{"a = 9223372036854775807", "map[a:9223372036854775807]"},
	{"a = -9223372036854775808", "map[a:-9223372036854775808]"},
	{"a = 1\nA = 2", "map[A:2 a:1]"},
	{"a = \"\"\"a\r\nb\"\"\"", "map[a:a\r\nb]"},
};

/* Dates without a zone are shown in the process's. */
static void setup(void)
{
	setenv("TZ", "UTC", 1);
}

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
	{"a = \377", "toml: line 1 (last key \"a\"): invalid UTF-8 byte: 0xff"},
	{"a = \"\377\"", "toml: line 1 (last key \"a\"): invalid UTF-8 byte: 0xff"},
	{"\377 = 1", "toml: line 1: invalid UTF-8 byte: 0xff"},
	{"a = 'x\303'", "toml: line 1 (last key \"a\"): invalid UTF-8 byte: 0xc3"},
	{"a = 1 # \377", "toml: line 1: invalid UTF-8 byte: 0xff"},
	{"a = \"\\u12\"", "toml: line 1 (last key \"a\"): expected four hexadecimal digits after "
			  "'\\u', but got \"\\\\u12\\\"\" instead"},
	{"a = \"\\u12zz\"", "toml: line 1 (last key \"a\"): expected four hexadecimal digits after "
			    "'\\u', but got \"\\\\u12z\" instead"},
	{"a = \"\\U00110000\"",
	 "toml: line 1 (last key \"a\"): Escaped character '\\u00110000' is not valid UTF-8."},
	{"a = \"\\ud800\"",
	 "toml: line 1 (last key \"a\"): Escaped character '\\ud800' is not valid UTF-8."},
	{"a = \"x\ny\"", "toml: line 1 (last key \"a\"): strings cannot contain newlines"},
	{"a = 'x\ny'", "toml: line 1 (last key \"a\"): strings cannot contain newlines"},
	{"a = \"x", "toml: line 0 (last key \"a\"): unexpected EOF; expected '\"'"},
	{"a = 'x", "toml: line 0 (last key \"a\"): unexpected EOF; expected \"'\""},
	{"a = \"\"\"x", "toml: line 0 (last key \"a\"): unexpected EOF; expected '\"\"\"'"},
	{"a = '''x", "toml: line 0 (last key \"a\"): unexpected EOF; expected \"'''\""},
	{"a = \"\"\"x\"\"\"\"\"\"", "toml: line 1 (last key \"a\"): unexpected '\"\"\"\"\"\"'"},
	{"a = '''x''''''", "toml: line 1 (last key \"a\"): unexpected \"''''''\""},
	{"a = \"\"\"x\\z\"\"\"", "toml: line 1 (last key \"a\"): invalid escape in string '\\z'"},
	{"a = \"\"\"x\\ y\"\"\"", "toml: line 1 (last key \"a\"): invalid escape: '\\ '"},
	{"a = \"\\b\\t\\n\\f\\r\\\"\\\\\\/\"",
	 "toml: line 1 (last key \"a\"): invalid escape in string '\\/'"},
	{"a = \"\\e\"", "toml: line 1 (last key \"a\"): invalid escape in string '\\e'"},
	{"a = 0b102", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		      "EOF, but got '2' instead"},
	{"a = 0o18", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		     "EOF, but got '8' instead"},
	{"a = 0xfg", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		     "EOF, but got 'g' instead"},
	{"a = 0x", "toml: line 1 (last key \"a\"): not a hexidecimal number: '0x\000'"},
	{"a = 00",
	 "toml: line 1 (last key \"a\"): Invalid integer \"00\": cannot have leading zeroes"},
	{"a = 0_1",
	 "toml: line 1 (last key \"a\"): Invalid integer \"0_1\": cannot have leading zeroes"},
	{"a = 1__0", "toml: line 1 (last key \"a\"): Invalid integer \"1__0\": underscores must be "
		     "surrounded by digits"},
	{"a = _1", "toml: line 1 (last key \"a\"): expected value but found '_' instead"},
	{"a = 1_", "toml: line 1 (last key \"a\"): Invalid integer \"1_\": underscores must be "
		   "surrounded by digits"},
	{"a = +0x1",
	 "toml: line 1 (last key \"a\"): cannot use sign with non-decimal numbers: '+0x'"},
	{"a = -0b1",
	 "toml: line 1 (last key \"a\"): cannot use sign with non-decimal numbers: '-0b'"},
	{"a = 01.5",
	 "toml: line 1 (last key \"a\"): Invalid float \"01.5\": cannot have leading zeroes"},
	{"a = 1.e5", "toml: line 1 (last key \"a\"): Invalid float \"1.e5\": '.' must be followed "
		     "by one or more digits"},
	{"a = 1e", "toml: line 1 (last key \"a\"): Invalid float value: \"1e\""},
	{"a = 1e+", "toml: line 1 (last key \"a\"): Invalid float \"1e+\": underscores must be "
		    "surrounded by digits"},
	{"a = .5", "toml: line 1 (last key \"a\"): floats must start with a digit, not '.'"},
	{"a = +.5", "toml: line 1 (last key \"a\"): floats must start with a digit, not '.'"},
	{"a = +a", "toml: line 1 (last key \"a\"): expected a digit but got 'a'"},
	{"a = -", "toml: line 0 (last key \"a\"): expected a digit but got '\\x00'"},
	{"a = 1e400", "toml: line 1 (last key \"a\"): 1e400 is out of range for float64"},
	{"a = -1e400", "toml: line 1 (last key \"a\"): -1e400 is out of range for float64"},
	{"a = 1._5", "toml: line 1 (last key \"a\"): Invalid float \"1._5\": underscores must be "
		     "surrounded by digits"},
	{"a = 1_.5", "toml: line 1 (last key \"a\"): Invalid float \"1_.5\": underscores must be "
		     "surrounded by digits"},
	{"a = infx", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		     "EOF, but got 'x' instead"},
	{"a = +in", "toml: line 1 (last key \"a\"): invalid float: '+in'"},
	{"a = -na", "toml: line 1 (last key \"a\"): invalid float: '-na'"},
	{"a = nax", "toml: line 1 (last key \"a\"): expected value but found \"ax\" instead"},
	{"a = tru", "toml: line 1 (last key \"a\"): expected value but found \"tru\" instead"},
	{"a = True", "toml: line 1 (last key \"a\"): expected value but found \"True\" instead"},
	{"a = falsey",
	 "toml: line 1 (last key \"a\"): expected value but found \"falsey\" instead"},
	{"a = x", "toml: line 1 (last key \"a\"): expected value but found \"x\" instead"},
	{"a = ?", "toml: line 1 (last key \"a\"): expected value but found '?' instead"},
	{"a = @@", "toml: line 1 (last key \"a\"): expected value but found '@' instead"},
	{"a = =", "toml: line 1 (last key \"a\"): expected value but found '=' instead"},
	{"a = ]", "toml: line 1 (last key \"a\"): expected value but found ']' instead"},
	{"a = 2020-1-02", "toml: line 1 (last key \"a\"): invalid datetime: \"2020-1-02\""},
	{"a = 03:04", "toml: line 1 (last key \"a\"): invalid datetime: \"03:04\""},
	{"a = 2020-01-02T25:04:05Z",
	 "toml: line 1 (last key \"a\"): invalid datetime: \"2020-01-02T25:04:05Z\""},
	{"a = 2020-02-30", "toml: line 1 (last key \"a\"): invalid datetime: \"2020-02-30\""},
	{"a = 0-1", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		    "EOF, but got '-' instead"},
	{"a = 0:1", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		    "EOF, but got ':' instead"},
	{"a = 12:3x", "toml: line 1 (last key \"a\"): invalid datetime: \"12:3\""},
	{"a = 2020-01-02 x", "toml: line 1: expected a top-level item to end with a newline, "
			     "comment, or EOF, but got 'x' instead"},
	{"a = [", "toml: line 0 (last key \"a\"): unexpected EOF; expected value"},
	{"a = [1", "toml: line 0 (last key \"a\"): expected a comma (',') or array terminator "
		   "(']'), but got end of file"},
	{"a = [1,", "toml: line 0 (last key \"a\"): unexpected EOF; expected value"},
	{"a = [,", "toml: line 1 (last key \"a\"): unexpected comma"},
	{"a = [1,,2]", "toml: line 1 (last key \"a\"): unexpected comma"},
	{"a = [1 # \n", "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator "
			"(']'), but got end of file"},
	{"a = [1]]", "toml: line 1: expected a top-level item to end with a newline, comment, or "
		     "EOF, but got ']' instead"},
	{"a = {", "toml: line 1 (last key \"a\"): unexpected '=': key name appears blank"},
	{"a = {b", "toml: line 0 (last key \"a\"): unexpected EOF; expected key separator '='"},
	{"a = {b =", "toml: line 0 (last key \"a.b\"): unexpected EOF; expected value"},
	{"a = {b = 1", "toml: line 0 (last key \"a.b\"): expected a comma or an inline table "
		       "terminator '}', but got end of file instead"},
	{"a = {b = 1,\n c = 2}",
	 "toml: line 1 (last key \"a.b\"): newlines not allowed within inline tables"},
	{"a = {\nb = 1}",
	 "toml: line 1 (last key \"a\"): newlines not allowed within inline tables"},
	{"a = {b = 1 # c\n}",
	 "toml: line 1 (last key \"a.b\"): newlines not allowed within inline tables"},
	{"a = {b = 1 c = 2}", "toml: line 1 (last key \"a.b\"): expected a comma or an inline "
			      "table terminator '}', but got 'c' instead"},
	{"a = {, b = 1}", "toml: line 1 (last key \"a\"): unexpected comma"},
	{"a = {b = 1,, c = 2}", "toml: line 1 (last key \"a.b\"): unexpected comma"},
	{"a = {b = 1, b.c = 2}",
	 "toml: line 1 (last key \"a.b.c\"): Key 'a.b' has already been defined."},
	{"a = {b = 1, b = 2}",
	 "toml: line 1 (last key \"a.b\"): Key 'a.b' has already been defined."},
	{"a = {}\n[a]", "toml: line 2: Key 'a' has already been defined."},
	{"[a", "toml: line 0: expected '.' or ']' to end table name, but got '\\x00' instead"},
	{"[a]]", "toml: line 1 (last key \"a\"): expected a top-level item to end with a newline, "
		 "comment, or EOF, but got ']' instead"},
	{"[[a]",
	 "toml: line 0: expected end of table array name delimiter ']', but got '\\x00' instead"},
	{"[[a] ]",
	 "toml: line 1: expected end of table array name delimiter ']', but got ' ' instead"},
	{"[a]x", "toml: line 1 (last key \"a\"): expected a top-level item to end with a newline, "
		 "comment, or EOF, but got 'x' instead"},
	{"[[a]]x", "toml: line 1 (last key \"a\"): expected a top-level item to end with a "
		   "newline, comment, or EOF, but got 'x' instead"},
	{"[a.]", "toml: line 1: unexpected end of table name (table names cannot be empty)"},
	{"[.a]", "toml: line 1: unexpected table separator (table names cannot be empty)"},
	{"[a..b]", "toml: line 1: unexpected table separator (table names cannot be empty)"},
	{"[a\nb]", "toml: line 2: expected '.' or ']' to end table name, but got '\\n' instead"},
	{"[[]]", "toml: line 1: unexpected end of table name (table names cannot be empty)"},
	{"[a]\n[a]", "toml: line 2: Key 'a' has already been defined."},
	{"[[a]]\n[a]", "toml: line 2: Key 'a' has already been defined."},
	{"[a]\n[[a]]", "toml: line 2: Key 'a' was already created and cannot be used as an array."},
	{"a = []\n[[a]]",
	 "toml: line 2: Key 'a' was already created and cannot be used as an array."},
	{"a = 1\na.b = 2", "toml: line 2 (last key \"a.b\"): Key 'a' has already been defined."},
	{"[a]\nb = 1\n[a.b.c]",
	 "toml: line 3 (last key \"a\"): Key 'a.b' was already created as a hash."},
	{"[[a.b]]\n[a]\nb = 2",
	 "toml: line 3 (last key \"a.b\"): Key 'a.b' has already been defined."},
	{"= 1", "toml: line 1: unexpected '=': key name appears blank"},
	{". = 1", "toml: line 1: unexpected '.': keys cannot start with a '.'"},
	{"a. = 1", "toml: line 1: unexpected '='"},
	{"a..b = 1", "toml: line 1: unexpected '.'"},
	{"a b = 1", "toml: line 1: expected '.' or '=', but got 'b' instead"},
	{"a 1", "toml: line 1: expected '.' or '=', but got '1' instead"},
	{"a\n= 1", "toml: line 2: expected '.' or '=', but got '\\n' instead"},
	{"a =\n1", "toml: line 2 (last key \"a\"): expected value but found '\\n' instead"},
	{"\"a\nb\" = 1", "toml: line 1: strings cannot contain newlines"},
	{"\"\"\"a\"\"\" = 1", "toml: line 1: expected '.' or '=', but got '\"' instead"},
	{"\303\251 = 1", "toml: line 1: expected '.' or '=', but got '\303\251' instead"},
	{"a.\303\251 = 1", "toml: line 1: expected '.' or '=', but got '\303\251' instead"},
	{"[\303\251]",
	 "toml: line 1: expected '.' or ']' to end table name, but got '\303\251' instead"},
	{"a = 1\rb = 2",
	 "toml: line 1 (last key \"a\"): TOML files cannot contain control characters: '0x0d'"},
	{"#\001\n", "toml: line 1: TOML files cannot contain control characters: '0x01'"},
	{"a = \"\177\"",
	 "toml: line 1 (last key \"a\"): TOML files cannot contain control characters: '0x7f'"},
	{"a = 1 b = 2", "toml: line 1: expected a top-level item to end with a newline, comment, "
			"or EOF, but got 'b' instead"},
	{"a = \"\\\"", "toml: line 0 (last key \"a\"): unexpected EOF; expected '\"'"},
	{"\"\\x\" = 1", "toml: line 1: invalid escape in string '\\x'"},
	{"a = 0xffffffffffffffff",
	 "toml: line 1 (last key \"a\"): 0xffffffffffffffff is out of range for int64"},
	{"a = '''\001'''",
	 "toml: line 1 (last key \"a\"): TOML files cannot contain control characters: '0x01'"},
	{"a = \"\"\"\001\"\"\"",
	 "toml: line 1 (last key \"a\"): TOML files cannot contain control characters: '0x01'"},
	{"a = \"\"\"\r\"\"\"",
	 "toml: line 1 (last key \"a\"): TOML files cannot contain control characters: '0x0d'"},
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

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, reads, 0, RC_ARRAY_SIZE(good));
	tcase_add_loop_test(tcase, refuses, 0, RC_ARRAY_SIZE(bad));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
