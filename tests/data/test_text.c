/* Quoting, quantities and durations: small texts with Go's and Kubernetes' rules. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/duration.h"
#include "data/quantity.h"
#include "data/quote.h"
#include "data/unicode.h"

static const struct {
	const char *text, *quoted, *ascii;
} quotes[] = {
	{"a\"b\\c", "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
	{"\n\t\a\x7f", "\"\\n\\t\\a\\x7f\"", "\"\\n\\t\\a\\x7f\""},
	{"\u00e9", "\"\u00e9\"", "\"\\u00e9\""},
	{"\u00ad", "\"\\u00ad\"", "\"\\u00ad\""},
	{"\U0001f600", "\"\U0001f600\"", "\"\\U0001f600\""},
	{"\xff", "\"\\xff\"", "\"\\xff\""},
};

START_TEST(test_quote)
{
	struct rc_str text = rc_str(quotes[_i].text);
	rc_autobuf struct rc_buf out, back;

	rc_buf_init(&out, 256);
	rc_buf_init(&back, 256);
	ck_assert_int_eq(rc_quote_string(&out, text, false), 0);
	ck_assert_str_eq(rc_buf_text(&out), quotes[_i].quoted);
	ck_assert_int_eq(rc_quote_undo(rc_buf_str(&out), &back), 0);
	ck_assert(rc_str_equal(rc_buf_str(&back), text));
	rc_buf_clear(&out);
	rc_quote_string(&out, text, true);
	ck_assert_str_eq(rc_buf_text(&out), quotes[_i].ascii);
}
END_TEST

START_TEST(test_unquote_refuses)
{
	static const char *const wrong[] = {"",	    "\"",	"\"a",	  "a",	   "\"\\q\"",
					    "'ab'", "\"a\"b\"", "\"\n\"", "`a`b`", "\"\\u12\""};
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, 256);
	for (size_t i = 0; i < RC_ARRAY_SIZE(wrong); i++)
		ck_assert_int_eq(rc_quote_undo(rc_str(wrong[i]), &out), -EINVAL);
}
END_TEST

START_TEST(test_unicode)
{
	ck_assert_uint_eq(rc_unicode_to_upper(0xe9), 0xc9);
	ck_assert_uint_eq(rc_unicode_to_title(0x1c6), 0x1c5);
	ck_assert_uint_eq(rc_unicode_to_lower(0x130), 'i');
	ck_assert_uint_eq(rc_unicode_to_upper(0x101), 0x100);
	ck_assert(rc_unicode_is_letter(0x65e5) && rc_unicode_is_digit(0x661));
	ck_assert(rc_unicode_is_space(0x3000) && !rc_unicode_is_print(0xad));
}
END_TEST

static const struct {
	const char *text, *canonical; /* NULL: refused */
} quantities[] = {
	{"0", "0"},	      {"1000m", "1"},	  {"0.1", "100m"},
	{"1.5Gi", "1536Mi"},  {"1024", "1024"},	  {"1024Ki", "1Mi"},
	{"0.5Ki", "512"},     {"100Mi", "100Mi"}, {"12e6", "12e6"},
	{"12E6", "12e6"},     {"1E", "1E"},	  {"-500m", "-500m"},
	{"1000k", "1M"},      {"0.0001n", "1n"},  {"1.0000000001", "1000000001n"},
	{"+5", "5"},	      {".5", "500m"},	  {"5.", "5"},
	{"0.1Ki", "102400m"}, {"1e-3", "1e-3"},	  {"9223372036854775808", "9223372036854775807"},
	{"", NULL},	      {"a", NULL},	  {"1.2.3", NULL},
	{"1 Gi", NULL},	      {"1gi", NULL},	  {"1Kim", NULL},
	{"--1", NULL},	      {"1e", NULL},
};

START_TEST(test_quantity)
{
	char text[RC_QUANTITY_MAX];
	struct rc_quantity quantity;
	struct rc_error *err = NULL;
	int r = rc_quantity_parse(rc_str(quantities[_i].text), &quantity, &err);

	if (!quantities[_i].canonical) {
		rc_check_fails(r, -EINVAL, err, "quantities must match");
		return;
	}
	rc_check_ok(r, err);
	ck_assert_uint_eq(rc_quantity_format(&quantity, text), strlen(text));
	ck_assert_str_eq(text, quantities[_i].canonical);
}
END_TEST

START_TEST(test_quantity_equality)
{
	ck_assert(rc_quantity_text_equal(RC_STR("1"), RC_STR("1000m")));
	ck_assert(rc_quantity_text_equal(RC_STR("1Gi"), RC_STR("1073741824")));
	ck_assert(!rc_quantity_text_equal(RC_STR("1Gi"), RC_STR("1G")));
	ck_assert(!rc_quantity_text_equal(RC_STR("x"), RC_STR("x")));
}
END_TEST

static const struct {
	const char *text, *printed, *error;
} durations[] = {
	{"0", "0s", NULL},
	{"1h30m", "1h30m0s", NULL},
	{"-1.5s", "-1.5s", NULL},
	{"100us", "100\u00b5s", NULL},
	{"1.5ms", "1.5ms", NULL},
	{"12ns", "12ns", NULL},
	{"2562047h47m16.854775807s", "2562047h47m16.854775807s", NULL},
	{"90m", "1h30m0s", NULL},
	{"", NULL, "time: invalid duration \"\""},
	{"5", NULL, "time: missing unit in duration \"5\""},
	{"5d", NULL, "time: unknown unit \"d\" in duration \"5d\""},
	{".s", NULL, "time: invalid duration \".s\""},
	{"9999999h", NULL, "time: invalid duration \"9999999h\""},
};

START_TEST(test_duration)
{
	char text[RC_DURATION_MAX];
	struct rc_error *err = NULL;
	int64_t ns;
	int r = rc_duration_parse(rc_str(durations[_i].text), &ns, &err);

	if (durations[_i].error) {
		rc_check_fails(r, -EINVAL, err, durations[_i].error);
		return;
	}
	rc_check_ok(r, err);
	rc_duration_format(ns, text);
	ck_assert_str_eq(text, durations[_i].printed);
}
END_TEST

START_TEST(test_config_duration)
{
	struct rc_error *err = NULL;
	uint64_t ms;

	rc_check_ok(rc_duration_parse_config(RC_STR("1d12h"), &ms, &err), err);
	ck_assert_uint_eq(ms, UINT64_C(129600000));
	rc_check_fails(rc_duration_parse_config(RC_STR("30"), &ms, &err), -EINVAL, err,
		       "missing unit");
	rc_check_fails(rc_duration_parse_config(RC_STR("-30s"), &ms, &err), -EINVAL, err,
		       "no sign");
	rc_check_fails(rc_duration_parse_config(RC_STR("10us"), &ms, &err), -EINVAL, err,
		       "at least a millisecond");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");

	tcase_add_loop_test(tcase, test_quote, 0, RC_ARRAY_SIZE(quotes));
	tcase_add_test(tcase, test_unquote_refuses);
	tcase_add_test(tcase, test_unicode);
	tcase_add_loop_test(tcase, test_quantity, 0, RC_ARRAY_SIZE(quantities));
	tcase_add_test(tcase, test_quantity_equality);
	tcase_add_loop_test(tcase, test_duration, 0, RC_ARRAY_SIZE(durations));
	tcase_add_test(tcase, test_config_duration);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
