/* Buffers keep their limit, text helpers find the nearest word, errors keep their chain. */
#include "support/check.h"

#include <errno.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

START_TEST(test_buf_limit)
{
	rc_autobuf struct rc_buf buf;

	rc_buf_init(&buf, 5);
	ck_assert_int_eq(rc_buf_puts(&buf, "abc"), 0);
	ck_assert_int_eq(rc_buf_puts(&buf, "def"), -E2BIG);
	ck_assert(buf.overflow);
	ck_assert_int_eq(rc_buf_puts(&buf, "d"), -E2BIG);
	ck_assert_str_eq(rc_buf_text(&buf), "abc");
	rc_buf_clear(&buf);
	ck_assert_int_eq(rc_buf_printf(&buf, "%05d", 42), 0);
	ck_assert_str_eq(rc_buf_text(&buf), "00042");
}
END_TEST

/* Room of which nothing came is text, too. */
START_TEST(test_buf_reserve)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(100);

	memset(rc_buf_reserve(&buf, 10), 'x', 10);
	rc_buf_commit(&buf, 0);
	ck_assert_str_eq(rc_buf_text(&buf), "");
	rc_buf_clear(&buf);
	rc_buf_done(&buf);
	rc_buf_reserve(&buf, 10);
	ck_assert_str_eq(rc_buf_text(&buf), "");
}
END_TEST

START_TEST(test_buf_consume_and_take)
{
	rc_autobuf struct rc_buf buf;
	rc_autofree char *text = NULL;

	rc_buf_init(&buf, 100);
	rc_buf_puts(&buf, "hello world");
	rc_buf_consume(&buf, 6);
	ck_assert_str_eq(rc_buf_text(&buf), "world");
	rc_buf_put_rune(&buf, 0x1f600);
	text = rc_buf_take(&buf);
	ck_assert_str_eq(text, "world\xf0\x9f\x98\x80");
	ck_assert_uint_eq(buf.n, 0);
	ck_assert_str_eq(rc_buf_text(&buf), "");
}
END_TEST

static const struct {
	const char *word;
	const char *nearest;
} nearest_cases[] = {
	{"repositores", "repositories"},
	{"intervall", "interval"},
	{"zzz", NULL},
	{"", NULL},
	{"url", "url"},
	{"ur", "url"},
};

START_TEST(test_nearest)
{
	static const char *const words[] = {"interval", "repositories", "url", "name"};

	ck_assert_pstr_eq(rc_text_nearest(nearest_cases[_i].word, words, RC_ARRAY_SIZE(words)),
			  nearest_cases[_i].nearest);
}
END_TEST

START_TEST(test_error_chain)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL, *back = NULL;
	rc_autofree char *text = NULL, *text_back = NULL;
	json_auto_t *json = NULL;

	ck_assert_int_eq(rc_fail(&err, -ENOENT, "Chart.yaml: no such file"), -ENOENT);
	rc_hint(&err, "add one");
	ck_assert_int_eq(rc_wrap(&err, -EINVAL, "loading chart %s", "x"), -EINVAL);
	rc_hint(&err, "not this one");
	text = rc_error_format(err);
	ck_assert_str_eq(text, "loading chart x: Chart.yaml: no such file");
	ck_assert_str_eq(rc_error_get_hint(err), "add one");
	json = rc_error_to_json(err);
	back = rc_error_from_json(json);
	text_back = rc_error_format(back);
	ck_assert_str_eq(text_back, text);
	ck_assert_str_eq(rc_error_get_hint(back), "add one");
	ck_assert_int_eq(back->code, -EINVAL);
	ck_assert_int_eq(rc_fail(NULL, -EIO, "nobody listens"), -EIO);
	ck_assert(rc_error_is_transient(-ECONNRESET) && !rc_error_is_transient(-EINVAL));
}
END_TEST

START_TEST(test_arena)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	char *grown = NULL;
	size_t n = 0;

	for (size_t want = 1; want < 100000; want *= 3) {
		grown = rc_arena_grow(arena, grown, n, want);
		memset(grown + n, 'x', want - n);
		n = want;
	}
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(grown[i], 'x');
	ck_assert_str_eq(rc_arena_printf(arena, "%d-%s", 7, "seven"), "7-seven");
	ck_assert_uint_ge(rc_arena_get_used(arena), n);
}
END_TEST

static const struct {
	const char *text;
	int64_t unix_s;
	int r;
} time_cases[] = {
	{"1970-01-01T00:00:00Z", 0, 0},
	{"2026-11-24T00:50:08Z", 1795481408, 0},
	{"2026-11-24T00:50:08.123456Z", 1795481408, 0},
	{"2026-11-24T02:50:08+02:00", 1795481408, 0},
	{"2026-11-24", 0, -EINVAL},
	{"2026-11-24T00:50:08", 0, -EINVAL},
	{"2026-11-24T00:50:08.Z", 0, -EINVAL},
};

START_TEST(test_rfc3339)
{
	int64_t unix_s = 0;

	ck_assert_int_eq(rc_clock_parse_rfc3339(time_cases[_i].text, &unix_s), time_cases[_i].r);
	ck_assert_int_eq(unix_s, time_cases[_i].unix_s);
}
END_TEST

START_TEST(test_backoff)
{
	char text[RC_CLOCK_RFC3339_MAX];

	ck_assert_uint_eq(rc_clock_backoff_ms(5000, 2, 180000, 0), 5000);
	ck_assert_uint_eq(rc_clock_backoff_ms(5000, 2, 180000, 3), 40000);
	ck_assert_uint_eq(rc_clock_backoff_ms(5000, 2, 180000, 1000), 180000);
	ck_assert_str_eq(rc_clock_format_rfc3339(1795481408, text), "2026-11-24T00:50:08Z");
	for (int i = 0; i < 100; i++)
		ck_assert_uint_lt(rc_clock_jitter_ms(10), 10);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("base");
	TCase *tcase = tcase_create("text");

	tcase_add_test(tcase, test_buf_limit);
	tcase_add_test(tcase, test_buf_reserve);
	tcase_add_test(tcase, test_buf_consume_and_take);
	tcase_add_loop_test(tcase, test_nearest, 0, RC_ARRAY_SIZE(nearest_cases));
	tcase_add_test(tcase, test_error_chain);
	tcase_add_test(tcase, test_arena);
	tcase_add_loop_test(tcase, test_rfc3339, 0, RC_ARRAY_SIZE(time_cases));
	tcase_add_test(tcase, test_backoff);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
