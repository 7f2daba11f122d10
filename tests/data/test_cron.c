/* Cron schedules, and time zones: what Argo CD's cron library makes of the same, and mistakes. */
#include "support/check.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "data/cron.h"
#include "data/zone.h"

static int64_t at(const char *text)
{
	struct tm tm = {.tm_mday = 1};

	ck_assert_ptr_nonnull(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return timegm(&tm);
}

static const struct {
	const char *schedule, *after, *next; /* NULL: never */
} cases[] = {
	{"0/15 * * * *", "2012-07-09 14:59:59", "2012-07-09 15:00:00"},
	{"0/15 * * * *", "2012-07-09 15:00:00", "2012-07-09 15:15:00"},
	{"0/15 * * * *", "2012-07-09 15:45:00", "2012-07-09 16:00:00"},
	{"5/15 * * * *", "2012-07-09 15:49:59", "2012-07-09 15:50:00"},
	{"0/15 * * Jul *", "2012-06-15 15:00:00", "2012-07-01 00:00:00"},
	{"30 08 ? Jul Sun", "2012-07-15 08:29:00", "2012-07-15 08:30:00"},
	{"30 08 ? Jul Sun", "2012-07-15 08:30:00", "2012-07-22 08:30:00"},
	{"30 08 15 Jul ?", "2012-07-15 08:30:00", "2013-07-15 08:30:00"},
	/* Both days are restricted: one is enough. */
	{"0 0 1,15 * Sun", "2012-07-14 00:00:00", "2012-07-15 00:00:00"},
	{"0 0 1,15 * Sun", "2012-06-14 00:00:00", "2012-06-15 00:00:00"},
	{"0 0 1,15 * Sun", "2012-07-15 00:00:00", "2012-07-22 00:00:00"},
	{"0 0 */10 * Sun", "2012-07-14 00:00:00", "2012-07-15 00:00:00"},
	/* One of them is a star: both have to. */
	{"0 0 * * Mon", "2012-07-15 00:00:00", "2012-07-16 00:00:00"},
	{"0 0 1,15 * *", "2012-07-09 00:00:00", "2012-07-15 00:00:00"},
	/* A star with a step is no star. */
	{"0 0 */2 * Sun", "2012-07-14 00:00:00", "2012-07-15 00:00:00"},
	{"0 0 */5 Apr,Aug,Oct Mon", "2012-07-09 23:35:00", "2012-08-01 00:00:00"},
	{"0 0 */5 Oct Mon", "2012-07-09 23:35:00", "2012-10-01 00:00:00"},
	{"20-35/15 * * * *", "2012-07-09 15:45:00", "2012-07-09 16:20:00"},
	{"20-35/15 1/2 * * *", "2012-07-09 23:35:51", "2012-07-10 01:20:00"},
	{"20-35/15 10-12 * * *", "2012-07-09 23:35:51", "2012-07-10 10:20:00"},
	{"20-35/15 1/2 */2 * *", "2012-07-09 23:35:51", "2012-07-11 01:20:00"},
	{"20-35/15 * 9-20 Jul *", "2012-07-09 23:35:51", "2012-07-10 00:20:00"},
	{"0 0 9 Apr-Oct ?", "2012-07-09 23:35:00", "2012-08-09 00:00:00"},
	{"0 0 * Feb Mon", "2012-07-09 23:35:00", "2013-02-04 00:00:00"},
	{"0 0 * Feb Mon/2", "2012-07-09 23:35:00", "2013-02-01 00:00:00"},
	{"* * * * *", "2012-12-31 23:59:45", "2013-01-01 00:00:00"},
	{"0 0 29 Feb ?", "2012-07-09 23:35:00", "2016-02-29 00:00:00"},
	{"0 0 30 Feb ?", "2012-07-09 23:35:00", NULL},
	{"  0\t0  31 *  * ", "2012-04-01 00:00:00", "2012-05-31 00:00:00"},
	{"59 23 31 12 *", "1969-12-30 00:00:00", "1969-12-31 23:59:00"},
};

START_TEST(next)
{
	struct rc_cron cron;
	struct rc_error *err = NULL;
	int64_t found;

	rc_check_ok(rc_cron_parse(rc_str(cases[_i].schedule), &cron, &err), err);
	found = rc_cron_next(&cron, at(cases[_i].after));
	ck_assert_int_eq(found, cases[_i].next ? at(cases[_i].next) : RC_CRON_NEVER);
}
END_TEST

static const struct {
	const char *schedule, *error;
} mistakes[] = {
	{"", "five fields are wanted"},
	{"* * * *", "five fields are wanted"},
	{"* * * * * *", "five fields are wanted"},
	{"@daily", "five fields are wanted"},
	{"60 * * * *", "minute: '60' is not within 0-59"},
	{"* 24 * * *", "hour: '24' is not within 0-23"},
	{"* * 0 * *", "day of the month: '0' is not within 1-31"},
	{"* * * 13 *", "month: '13' is not within 1-12"},
	{"* * * * 7", "day of the week: '7' is not within 0-6"},
	{"5-3 * * * *", "minute: '5-3' is not within"},
	{"*/0 * * * *", "minute: '*/0' is not within"},
	{"x * * * *", "minute: 'x' is no number"},
	{"-5 * * * *", "minute: '' is no number"},
	{"1,,2 * * * *", "minute: '' is no number"},
	{"* * * Juli *", "month: 'Juli' is no number"},
	{"TZ=Europe/Berlin * * * * *", "goes into timeZone"},
	{"99999999999999999999 * * * *", "is no number"},
};

START_TEST(mistake)
{
	struct rc_cron cron;
	struct rc_error *err = NULL;

	rc_check_fails(rc_cron_parse(rc_str(mistakes[_i].schedule), &cron, &err), -EINVAL, err,
		       mistakes[_i].error);
}
END_TEST

static const struct {
	const char *zone, *when;
	bool is_known;
	int32_t offset_s;
	const char *abbreviation;
} zones[] = {
	{"UTC", "2026-07-01 00:00:00", true, 0, "UTC"},
	{"Europe/Berlin", "2026-01-01 00:00:00", true, 3600, "CET"},
	{"Europe/Berlin", "2026-07-01 00:00:00", true, 7200, "CEST"},
	/* The hour the clocks change: 01:00 UTC. */
	{"Europe/Berlin", "2026-03-29 00:59:59", true, 3600, "CET"},
	{"Europe/Berlin", "2026-03-29 01:00:00", true, 7200, "CEST"},
	{"America/New_York", "2026-01-01 00:00:00", true, -18000, "EST"},
	{"Asia/Kolkata", "2026-01-01 00:00:00", true, 19800, "IST"},
	{"Mars/Olympus", "2026-01-01 00:00:00", false, 0, "UTC"},
	{"../../etc/passwd", "2026-01-01 00:00:00", false, 0, "UTC"},
	{"/etc/passwd", "2026-01-01 00:00:00", false, 0, "UTC"},
	{"", "2026-01-01 00:00:00", false, 0, "UTC"},
};

START_TEST(zone)
{
	char abbreviation[RC_ZONE_MAX];

	ck_assert_int_eq(rc_zone_is_known(zones[_i].zone), zones[_i].is_known);
	ck_assert_int_eq(rc_zone_get_offset(zones[_i].zone, at(zones[_i].when), abbreviation),
			 zones[_i].offset_s);
	ck_assert_str_eq(abbreviation, zones[_i].abbreviation);
	ck_assert_int_eq(rc_zone_get_offset(zones[_i].zone, at(zones[_i].when), NULL),
			 zones[_i].offset_s);
}
END_TEST

/* Asking for another zone leaves the process's own as it was. */
START_TEST(own_zone)
{
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	ck_assert_int_eq(rc_zone_get_offset("Europe/Berlin", 0, NULL), 3600);
	ck_assert_int_eq(rc_zone_get_local_offset(0, NULL), 32400);
	ck_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("data/cron");
	TCase *tcase = tcase_create("cron");

	tcase_add_loop_test(tcase, next, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, mistake, 0, RC_ARRAY_SIZE(mistakes));
	tcase_add_loop_test(tcase, zone, 0, RC_ARRAY_SIZE(zones));
	tcase_add_test(tcase, own_zone);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
