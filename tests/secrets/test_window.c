/* Windows of periodic refreshes. */
#include "support/check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sample.h"
#include "secrets/window.h"

static const struct {
	const char *name, *windows, *now;
	bool allows;
} cases[] = {
	{"none", "{}", "2026-11-26T02:00:00Z", true},
	{"allowed, at its first second",
	 "{kind: allow, windows: [{schedule: '0 2 * * *', duration: 1h}]}", "2026-11-26T02:00:00Z",
	 true},
	{"allowed, before it", "{kind: allow, windows: [{schedule: '0 2 * * *', duration: 1h}]}",
	 "2026-11-26T01:59:59Z", false},
	{"allowed, near its end", "{kind: allow, windows: [{schedule: '0 2 * * *', duration: 1h}]}",
	 "2026-11-26T02:59:59Z", true},
	{"allowed, after it", "{kind: allow, windows: [{schedule: '0 2 * * *', duration: 1h}]}",
	 "2026-11-26T03:00:02Z", false},
	{"denied", "{kind: deny, windows: [{schedule: '@daily', duration: 2h}]}",
	 "2026-11-26T01:00:00Z", false},
	{"denied, outside", "{kind: deny, windows: [{schedule: '@daily', duration: 2h}]}",
	 "2026-11-26T03:00:00Z", true},
	{"across midnight", "{kind: allow, windows: [{schedule: '0 23 * * *', duration: 3h}]}",
	 "2026-11-26T01:30:00Z", true},
	{"a weekday", "{kind: allow, windows: [{schedule: '0 0 * * 4', duration: 24h}]}",
	 "2026-11-26T12:00:00Z", true},
	{"another weekday", "{kind: allow, windows: [{schedule: '0 0 * * 3', duration: 12h}]}",
	 "2026-11-26T12:30:00Z", false},
	{"the second of two",
	 "{kind: allow, windows: [{schedule: '0 5 * * *', duration: 1h}, {schedule: '0 2 * * *', "
	 "duration: 1h}]}",
	 "2026-11-26T02:30:00Z", true},
	{"a schedule that cannot be read never begins",
	 "{kind: allow, windows: [{schedule: nonsense, duration: 1h}]}", "2026-11-26T02:30:00Z",
	 false},
	{"nor does it deny", "{kind: deny, windows: [{schedule: nonsense, duration: 1h}]}",
	 "2026-11-26T02:30:00Z", true},
	{"all the time", "{kind: allow, windows: [{schedule: '@every 1h', duration: 1h}]}",
	 "2026-11-26T02:30:00Z", true},
};

START_TEST(test_allows)
{
	json_auto_t *windows = sample_read(cases[_i].windows);
	int64_t now;

	ck_assert_int_eq(rc_clock_parse_rfc3339(cases[_i].now, &now), 0);
	ck_assert_msg(rc_secrets_window_allows(windows, now) == cases[_i].allows, "%s",
		      cases[_i].name);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("window");
	TCase *tcase = tcase_create("windows");

	tcase_add_loop_test(tcase, test_allows, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
