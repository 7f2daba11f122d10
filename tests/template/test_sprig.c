/* sprig's text, numbers, dates, regular expressions and encodings: what the real one prints. */
#include "support/check.h"

#include <errno.h>

#include "template/template.h"

static const struct {
	const char *text, *out;
} good[] = {
	{"{{snakecase \"HTTP20xOK\"}} {{kebabcase \"ABCDef12Gh\"}}", "http_20x_ok abc-def12-gh"},
	{"{{camelcase \"http_server\"}} {{title \"o'neil foo_bar\"}}", "HttpServer O'Neil Foo_bar"},
	{"{{abbrev 5 \"hello world\"}}|{{abbrevboth 5 10 \"1234 5678 9123\"}}", "he...|...5678..."},
	{"{{wrap 5 \"hello world\"}}|{{wrapWith 3 \"-\" \"abcdefg\"}}", "hello\nworld|abc-def-g"},
	{"{{substr -1 3 \"hello\"}} {{trunc -2 \"hello\"}} {{initials \"a bc d\"}}", "hel lo abd"},
	{"{{quote 1 nil \"a\\n\"}} {{squote \"x\"}} {{cat 1 nil \"b\"}}", "\"1\" \"a\\n\" 'x' 1 b"},
	{"{{splitn \".\" 2 \"a.b.c\"}} {{join \",\" (list 1 nil \"b\")}}", "map[_0:a _1:b.c] 1,b"},
	{"{{int \"0x10\"}} {{int \"1_000\"}} {{int \"3.9\"}} {{int64 2.9}}", "16 1000 0 2"},
	{"{{addf 0.1 0.2}} {{divf 1 3}} {{addf nil 1e300}} {{subf 1 0.9}}",
	 "0.3 0.3333333333333333 1e+300 0.1"},
	{"{{round -2.5 0}} {{ceil -0.5}} {{seq 0 -2 -5}} {{until 3}}", "-3 -0 0 -2 -4 [0 1 2]"},
	{"{{dateInZone \"Mon Jan _2 15:04:05.000 MST 2006\" (int64 1709600000) \"UTC\"}}",
	 "Tue Mar  5 00:53:20.000 UTC 2024"},
	{"{{dateInZone \"2006-002 03PM -07:00\" (int64 -1) \"no such zone\"}}",
	 "1969-365 11PM +00:00"},
	{"{{toDate \"2006-01-02T15:04:05Z07:00\" \"2024-02-29T10:11:12.5Z\"}}",
	 "2024-02-29 10:11:12.5 +0000 UTC"},
	{"{{toDate \"2006-01-02\" \"2023-02-29\"}}", "0001-01-01 00:00:00 +0000 UTC"},
	{"{{dateModify \"-1h\" (toDate \"2006 MST\" \"2024 UTC\") | unixEpoch}}", "1704063600"},
	{"{{duration \"95\"}} {{durationRound \"25h\"}} {{duration 95}}", "1m35s 1d 0s"},
	{"{{regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\"}}", "-W-xxW-"},
	{"{{regexSplit \"z+\" \"pizza\" -1}} {{regexMatch \"(\" \"x\"}}", "[pi a] false"},
	{"{{b32enc \"abc\"}} {{b32dec \"MFRGG===\"}} {{b64dec \"YQ\"}}",
	 "MFRGG=== abc illegal base64 data at input byte 0"},
};

static const struct {
	const char *text, *error;
} bad[] = {
	{"{{repeat -1 \"x\"}}", "strings: negative Repeat count"},
	{"{{substr 3 2 \"hello\"}}", "runtime error: slice bounds out of range [3:2]"},
	{"{{div 1 0}}", "runtime error: integer divide by zero"},
	{"{{divf 1 0}}", "decimal division by 0"},
	{"{{addf 1 \"inf\"}}", "Cannot create a Decimal from +Inf"},
	{"{{regexFind \"(\" \"\"}}", "error calling regexFind: regexp: Compile(`(`): error parsing "
				     "regexp: missing closing ): `(`"},
	{"{{mustRegexFind \"(\" \"\"}}",
	 "error calling mustRegexFind: error parsing regexp: missing closing ): `(`"},
	{"{{mustToDate \"2006-01-02\" \"2024-1-02\"}}",
	 "parsing time \"2024-1-02\" as \"2006-01-02\": cannot parse \"1-02\" as \"01\""},
	{"{{mustToDate \"2006-01-02\" \"2023-02-29\"}}",
	 "parsing time \"2023-02-29\": day out of range"},
};

static int run(const char *text, struct rc_buf *out, struct rc_error **err)
{
	rc_cleanup(rc_template_funcs_freep) struct rc_template_funcs *funcs =
		rc_template_funcs_new();
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_template_set_freep) struct rc_template_set *set =
		rc_template_set_new(arena, funcs, NULL);
	struct rc_template_exec exec = {.arena = arena, .set = set};
	int r;

	rc_template_funcs_add(funcs, rc_template_builtins);
	rc_template_funcs_add(funcs, rc_template_func_list);
	rc_template_funcs_add(funcs, rc_template_func_text);
	rc_template_funcs_add(funcs, rc_template_func_join);
	rc_template_funcs_add(funcs, rc_template_func_number);
	rc_template_funcs_add(funcs, rc_template_func_decimal);
	rc_template_funcs_add(funcs, rc_template_func_date);
	rc_template_funcs_add(funcs, rc_template_func_regex);
	rc_template_funcs_add(funcs, rc_template_func_encode);
	r = rc_template_set_parse(set, RC_STR("t"), rc_str(text), err);
	if (r < 0)
		return r;
	return rc_template_execute(&exec, rc_template_set_find(set, RC_STR("t")), rc_value_nil(),
				   out, err);
}

START_TEST(test_good)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(65536);
	struct rc_error *err = NULL;

	rc_check_ok(run(good[_i].text, &out, &err), err);
	ck_assert_str_eq(rc_buf_text(&out), good[_i].out);
}
END_TEST

START_TEST(test_bad)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(65536);
	struct rc_error *err = NULL;
	int r = run(bad[_i].text, &out, &err);

	rc_check_fails(r, -EINVAL, err, bad[_i].error);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sprig");
	TCase *tcase = tcase_create("sprig");

	tcase_add_loop_test(tcase, test_good, 0, RC_ARRAY_SIZE(good));
	tcase_add_loop_test(tcase, test_bad, 0, RC_ARRAY_SIZE(bad));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
