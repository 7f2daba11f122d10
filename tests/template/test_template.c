/* The language: tables of templates with what Go prints, or says. */
#include "support/check.h"

#include <errno.h>

#include "template/template.h"

static struct rc_template_funcs *funcs;

static void setup(void)
{
	funcs = rc_template_funcs_new();
	rc_template_funcs_add(funcs, rc_template_builtins);
	rc_template_funcs_add(funcs, rc_template_func_list);
	rc_template_funcs_add(funcs, rc_template_func_map);
	rc_template_funcs_add(funcs, rc_template_func_logic);
}

static void teardown(void)
{
	rc_template_funcs_free(funcs);
}

/* {"s": "text", "n": 1e6, "i": 7, "l": ["a", "b"], "m": {"x": 1.5, "z": nil}} */
static struct rc_value make_data(struct rc_arena *arena)
{
	struct rc_value data = rc_value_map_new(arena, RC_VALUE_ANY, 0);
	struct rc_value list = rc_value_list_new(arena, RC_VALUE_ANY, 0);
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_ANY, 0);

	rc_value_list_add(arena, list, rc_value_text("a"));
	rc_value_list_add(arena, list, rc_value_text("b"));
	rc_value_map_set(arena, map.map, RC_STR("z"), rc_value_nil());
	rc_value_map_set(arena, map.map, RC_STR("x"), rc_value_float(1.5));
	rc_value_map_set(arena, data.map, RC_STR("s"), rc_value_text("text"));
	rc_value_map_set(arena, data.map, RC_STR("n"), rc_value_float(1e6));
	rc_value_map_set(arena, data.map, RC_STR("i"), rc_value_int(7));
	rc_value_map_set(arena, data.map, RC_STR("l"), list);
	rc_value_map_set(arena, data.map, RC_STR("m"), map);
	return data;
}

static int run(const char *text, struct rc_buf *out, struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, funcs, NULL);
	struct rc_template_exec exec = {
		.arena = arena, .set = set, .limits = {.max_steps = 100000}};
	int r = rc_template_set_parse(set, RC_STR("t"), rc_str(text), err);

	if (r < 0)
		return r;
	return rc_template_execute(&exec, rc_template_set_find(set, RC_STR("t")), make_data(arena),
				   out, err);
}

static const struct {
	const char *text, *out;
} good[] = {
	{"{{ merge nil .m (dict \"y\" 2) }} {{ mergeOverwrite nil nil (dict \"y\" 2) }}",
	 "map[x:1.5 y:2] map[y:2]"},
	{"{{ printf \"%05d|%-4s|%4q|%#x|%+d\" 7 \"a\" \"b\" 255 3 }}", "00007|a   | \"b\"|0xff|+3"},
	{"{{ printf \"%#08x|%05s|%x|% x\" 255 \"ab\" 1.5 \"hi\" }}",
	 "0x000000ff|000ab|0x1.8p+00|68 69"},
	{"{{ printf \"%5d\" \"x\" }}{{ printf \"%.\" 1 }}{{ printf \"%[\" 1 }}",
	 "%!d(string=    x)%!.(int=1)%!(NOVERB)"},
	{"{{ printf \"%#v\" .m }}", "map[string]interface {}{\"x\":1.5, \"z\":interface {}(nil)}"},
	{"{{ printf \"%[2]*[1]d|%6.2f|%#g|%b\" 12 6 }}",
	 "    12|%!f(int=    06)|%!g(MISSING)|%!b(MISSING)"},
	{"{{/* a\nb */}}{{ '\\x41' }} {{ 1_000 }} {{ 0x1p4 }} {{ 18446744073709551615.0 }}",
	 "65 1000 16 1.8446744073709552e+19"},
	{"plain", "plain"},
	{"a {{- .s -}} b", "atextb"},
	{"{{/* c */}}x{{- /* d */ -}} y", "xy"},
	{"{{.n}} {{.i}} {{.m}} {{.l}}", "1e+06 7 map[x:1.5 z:<nil>] [a b]"},
	{"{{.none}} {{.m.z}}", "<no value> <no value>"},
	{"{{if .none}}a{{else if .s}}b{{else}}c{{end}}", "b"},
	{"{{with .m}}{{.x}}{{$.i}}{{end}}{{with .none}}x{{else with .i}}{{.}}{{end}}", "1.577"},
	{"{{range $i, $e := .l}}{{$i}}={{$e}} {{end}}", "0=a 1=b "},
	{"{{range .none}}x{{else}}empty{{end}}", "empty"},
	{"{{range $k, $v := .m}}{{$k}}:{{$v}};{{end}}", "x:1.5;z:<no value>;"},
	{"{{range .l}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"},
	{"{{range .l}}{{if eq . \"a\"}}{{continue}}{{end}}{{.}}{{end}}", "b"},
	{"{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"},
	{"{{define \"d\"}}[{{.}}]{{end}}{{template \"d\" .s}}{{template \"d\"}}",
	 "[text][<no value>]"},
	{"{{block \"b\" .i}}<{{.}}>{{end}}", "<7>"},
	{"{{printf \"%05d|%-4s|%q|%v|%x\" 42 \"a\" \"b\\n\" 1.0 \"hi\"}}",
	 "00042|a   |\"b\\n\"|1|6869"},
	{"{{printf \"%s %d\" 1 \"x\"}}{{printf \"%d\"}}{{printf \"x\" 1}}",
	 "%!s(int=1) %!d(string=x)%!d(MISSING)x%!(EXTRA int=1)"},
	{"{{eq 1 2 1}} {{ne 1 2}} {{lt 1 2}} {{ge 2.5 2.5}} {{not 1}}",
	 "true true true true false"},
	{"{{index .l 1}} {{index .m \"x\"}} {{len .l}} {{index \"abc\" 1}}", "b 1.5 2 98"},
	{"{{html \"<a&'\\\"\"}} {{urlquery \"a b/c\"}}", "&lt;a&amp;&#39;&#34; a+b%2Fc"},
	{"{{print 1 2 \"x\" 3}}", "1 2x3"},
	{"{{(index .l 0) | printf \"%s-%s\" \"p\"}}", "p-a"},
	{"{{0x10}} {{'a'}} {{1e3}} {{1_000}} {{.5}}", "16 97 1000 1000 0.5"},
	{"{{(.none).x}}", "<no value>"},
	{"{{`raw\"s`}}", "raw\"s"},
	{"{{2i}} {{1-2.5i}} {{0+0i | not}} {{eq 2i 0+2i 3}}", "(0+2i) (1-2.5i) true true"},
	{"{{printf \"%.1f %6.1f %T\" 2i 1+2i 3i}}", "(0.0+2.0i) (   1.0  +2.0i) complex128"},
	{"{{chunk 2+0i .l}} {{typeOf 0i}} {{kindOf 1i}}", "[[a b]] complex128 complex128"},
};

START_TEST(test_good)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	int r;

	r = run(good[_i].text, &out, &err);
	rc_check_ok(r, err);
	ck_assert_str_eq(rc_buf_text(&out), good[_i].out);
}
END_TEST

static const struct {
	const char *text, *error;
} bad[] = {
	{"a\n{{.x", "template: t:2: unclosed action"},
	{"{{nosuch}}", "template: t:1: function \"nosuch\" not defined"},
	{"{{if .x}}", "template: t:1: unexpected EOF"},
	{"{{end}}", "template: t:1: unexpected {{end}}"},
	{"{{$x}}", "template: t:1: undefined variable \"$x\""},
	{"{{.a-b}}", "template: t:1: bad character U+002D '-'"},
	{"{{if}}{{end}}", "template: t:1: missing value for if"},
	{"{{\"abc}}", "template: t:1: unterminated quoted string"},
	{"{{break}}", "template: t:1: {{break}} outside {{range}}"},
	{"{{1 | 2}}", "template: t:1: non executable command in pipeline stage 2"},
	{"{{(1}}", "template: t:1: unclosed left paren"},
	{"{{\n\n.x", "unclosed action started at t:1"},
	{"{{template}}", "unexpected \"}}\" in template clause"},
	{"x {{.none.y}}",
	 "template: t:1:9: executing \"t\" at <.none.y>: nil pointer evaluating interface {}.y"},
	{"{{.s.y}}",
	 "template: t:1:4: executing \"t\" at <.s.y>: can't evaluate field y in type interface {}"},
	{"{{template \"no\"}}", "at <{{template \"no\"}}>: template \"no\" not defined"},
	{"{{eq .n 1}}",
	 "template: t:1:2: executing \"t\" at <eq .n 1>: error calling eq: incompatible types for "
	 "comparison"},
	{"{{index .l 5}}", "error calling index: index out of range: 5"},
	{"{{chunk .n .l}}", "at <.n>: wrong type for value; expected int; got float64"},
	{"{{hasKey nil 1}}", "at <1>: expected string; found 1"},
	{"{{len}}", "wrong number of args for len: want 1 got 0"},
	{"{{nil}}", "at <nil>: nil is not a command"},
	{"{{range 3}}{{end}}", "at <3>: range can't iterate over 3"},
	{"{{call .s 1}}", "at <call .s 1>: error calling call: non-function .s of type string"},
	{"{{call (len .l)}}", "error calling call: non-function len .l of type int"},
	{"{{call .none}}", "error calling call: call of nil"},
	{"{{1 | call}}", "runtime error: index out of range [0] with length 0"},
	{"{{lt 1i 2i}}", "error calling lt: invalid type for comparison"},
	{"{{eq 1i 1}}", "error calling eq: incompatible types for comparison"},
	{"{{1i+2i}}", "template: t:1: syntax error scanning complex number"},
	{"{{0x1i}}", "template: t:1: illegal number syntax: \"0x1i\""},
	{"{{range 2i}}{{end}}", "at <2i>: range can't iterate over (0+2i)"},
	{"{{.s 1}}", "s is not a method but has arguments"},
	{"{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}",
	 "template: t:1:25: executing \"x\" at <{{template \"x\"}}>: exceeded maximum template "
	 "depth"},
	{"{{define \"x\"}}a{{end}}{{define \"x\"}}b{{end}}", "multiple definition of template"},
};

START_TEST(test_bad)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	int r = run(bad[_i].text, &out, &err);

	rc_check_fails(r, -EINVAL, err, bad[_i].error);
}
END_TEST

START_TEST(test_step_limit)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	int r = run("{{define \"r\"}}{{range .}}{{template \"r\" $}}{{end}}{{end}}"
		    "{{template \"r\" .l}}",
		    &out, &err);

	rc_check_fails(r, -EINVAL, err, "template: t:1:");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("template");
	TCase *tcase = tcase_create("template");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_good, 0, RC_ARRAY_SIZE(good));
	tcase_add_loop_test(tcase, test_bad, 0, RC_ARRAY_SIZE(bad));
	tcase_add_test(tcase, test_step_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
