/* Instants, zones and Time.Format. */
#include "template/time.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/zone.h"
#include "template/time-layout.h"

#define SECONDS_PER_DAY INT64_C(86400)
#define NS_PER_SECOND	INT64_C(1000000000)

static const char *const months[] = {"January",	  "February", "March",	  "April",
				     "May",	  "June",     "July",	  "August",
				     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				       "Thursday", "Friday", "Saturday"};

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int rc_template_time_days_in(int month, int64_t year)
{
	if (month == 2)
		return is_leap(year) ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01; years are counted from March, so that leap days end them. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = floor_divide(y, 400),
		of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t rc_template_time_from_civil(const struct rc_template_time_civil *civil)
{
	return days_from_civil(civil->year, civil->month, civil->day) * SECONDS_PER_DAY +
	       civil->hour * 3600 + civil->minute * 60 + civil->second;
}

struct rc_template_time_civil rc_template_time_to_civil(const struct rc_template_time *time)
{
	int64_t local = time->unix_s + time->offset_s, days = floor_divide(local, SECONDS_PER_DAY);
	int64_t rest = local - days * SECONDS_PER_DAY, shifted = days + 719468;
	int64_t era = floor_divide(shifted, 146097), of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct rc_template_time_civil civil;

	civil.day = (int)(of_year - (153 * month + 2) / 5 + 1);
	civil.month = (int)(month < 10 ? month + 3 : month - 9);
	civil.year = year + era * 400 + (civil.month <= 2);
	civil.hour = (int)(rest / 3600);
	civil.minute = (int)(rest / 60 % 60);
	civil.second = (int)(rest % 60);
	civil.weekday = (int)(((days + 4) % 7 + 7) % 7);
	civil.year_day = (int)(days - days_from_civil(civil.year, 1, 1) + 1);
	return civil;
}

struct rc_template_time rc_template_time_local(int64_t unix_s, int32_t nanosecond)
{
	struct rc_template_time time = {
		.unix_s = unix_s, .nanosecond = nanosecond, .place = RC_TEMPLATE_TIME_LOCAL};

	time.offset_s = rc_zone_get_local_offset(unix_s, time.zone);
	return time;
}

struct rc_template_time rc_template_time_in_zone(int64_t unix_s, int32_t nanosecond,
						 struct rc_str zone)
{
	struct rc_template_time time = {.unix_s = unix_s,
					.nanosecond = nanosecond,
					.zone = "UTC",
					.place = RC_TEMPLATE_TIME_UTC};
	rc_autofree char *name = rc_str_dup(zone);

	if (rc_str_is(zone, "Local"))
		return rc_template_time_local(unix_s, nanosecond);
	if (zone.n == 0 || rc_str_is(zone, "UTC") || !rc_zone_is_known(name))
		return time;
	time.offset_s = rc_zone_get_offset(name, unix_s, time.zone);
	time.place = RC_TEMPLATE_TIME_FIXED;
	return time;
}

struct rc_template_time rc_template_time_from_local(const struct rc_template_time_civil *civil,
						    int32_t nanosecond)
{
	int64_t unix_s = rc_template_time_from_civil(civil);
	struct rc_template_time guess = rc_template_time_local(unix_s, nanosecond);
	struct rc_template_time found = rc_template_time_local(unix_s - guess.offset_s, nanosecond);

	/* Near a change of the clock the offset of the guess may be the wrong one. */
	if (found.offset_s != guess.offset_s)
		found = rc_template_time_local(unix_s - found.offset_s, nanosecond);
	return found;
}

int rc_template_time_compare(const struct rc_template_time *a, const struct rc_template_time *b)
{
	if (a->unix_s != b->unix_s)
		return a->unix_s < b->unix_s ? -1 : 1;
	return a->nanosecond < b->nanosecond ? -1 : a->nanosecond > b->nanosecond;
}

struct rc_template_time rc_template_time_like(const struct rc_template_time *time,
					      const struct rc_template_time *place)
{
	struct rc_template_time moved = *place;

	if (place->place == RC_TEMPLATE_TIME_LOCAL)
		return rc_template_time_local(time->unix_s, time->nanosecond);
	moved.unix_s = time->unix_s;
	moved.nanosecond = time->nanosecond;
	return moved;
}

struct rc_template_time rc_template_time_add(const struct rc_template_time *time, int64_t ns)
{
	struct rc_template_time sum = *time;
	int64_t nanosecond = time->nanosecond + ns % NS_PER_SECOND;

	sum.unix_s = time->unix_s + ns / NS_PER_SECOND;
	if (nanosecond < 0) {
		nanosecond += NS_PER_SECOND;
		sum.unix_s--;
	} else if (nanosecond >= NS_PER_SECOND) {
		nanosecond -= NS_PER_SECOND;
		sum.unix_s++;
	}
	sum.nanosecond = (int32_t)nanosecond;
	return rc_template_time_like(&sum, time);
}

int64_t rc_template_time_sub(const struct rc_template_time *a, const struct rc_template_time *b)
{
	__int128 ns =
		((__int128)a->unix_s - b->unix_s) * NS_PER_SECOND + a->nanosecond - b->nanosecond;

	return ns > INT64_MAX ? INT64_MAX : ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

/* What is over the last multiple of ns since year 1. */
static int64_t rest_of(const struct rc_template_time *time, int64_t ns)
{
	__int128 since = ((__int128)time->unix_s - RC_TEMPLATE_TIME_ZERO_S) * NS_PER_SECOND +
			 time->nanosecond;
	int64_t rest = (int64_t)(since % ns);

	return rest < 0 ? rest + ns : rest;
}

struct rc_template_time rc_template_time_truncate(const struct rc_template_time *time, int64_t ns)
{
	return ns <= 0 ? *time : rc_template_time_add(time, -rest_of(time, ns));
}

struct rc_template_time rc_template_time_round(const struct rc_template_time *time, int64_t ns)
{
	int64_t rest = ns <= 0 ? 0 : rest_of(time, ns);

	if (ns <= 0)
		return *time;
	return rc_template_time_add(time, rest < ns - rest ? -rest : ns - rest);
}

struct rc_template_time rc_template_time_add_date(const struct rc_template_time *time,
						  int64_t years, int64_t months_on, int64_t days)
{
	struct rc_template_time_civil civil = rc_template_time_to_civil(time);
	int64_t month = civil.month - 1 + months_on % 12;
	struct rc_template_time sum = *time;

	days += (int64_t)civil.day - 1;
	civil.year += years + months_on / 12 + (month < 0 ? -1 : month / 12);
	civil.month = (int)((month + 12) % 12) + 1;
	civil.day = 1;
	sum.unix_s = rc_template_time_from_civil(&civil) + days * SECONDS_PER_DAY;
	if (time->place != RC_TEMPLATE_TIME_LOCAL) {
		sum.unix_s -= time->offset_s;
		return sum;
	}
	sum.offset_s = 0;
	sum.place = RC_TEMPLATE_TIME_UTC;
	civil = rc_template_time_to_civil(&sum);
	return rc_template_time_from_local(&civil, time->nanosecond);
}

/* element is "-07", "Z07:00", ...: its shape says which parts and colons to write. */
static void put_offset(struct rc_buf *out, struct rc_str element, int32_t offset_s)
{
	int32_t size = abs(offset_s);

	if (*element.p == 'Z' && offset_s == 0) {
		rc_buf_putc(out, 'Z');
		return;
	}
	rc_buf_printf(out, "%c%02d", offset_s < 0 ? '-' : '+', size / 3600);
	if (element.n >= 5)
		rc_buf_printf(out, element.p[3] == ':' ? ":%02d" : "%02d", size / 60 % 60);
	if (element.n >= 7)
		rc_buf_printf(out, element.p[3] == ':' ? ":%02d" : "%02d", size % 60);
}

static void put_zone(struct rc_buf *out, const struct rc_template_time *time)
{
	if (time->zone[0])
		rc_buf_puts(out, time->zone);
	else
		put_offset(out, time->offset_s % 60 ? RC_STR("-070000") : RC_STR("-0700"),
			   time->offset_s);
}

/* .000 always has its digits, .999 only as many as are not zero. */
static void put_fraction(struct rc_buf *out, struct rc_str element, int32_t nanosecond)
{
	char digits[16];
	size_t n = element.n > 10 ? 9 : element.n - 1;

	snprintf(digits, sizeof(digits), "%09d", nanosecond);
	if (element.p[1] == '9')
		while (n > 0 && digits[n - 1] == '0')
			n--;
	if (n == 0)
		return;
	rc_buf_putc(out, *element.p);
	rc_buf_add(out, digits, n);
}

static int to_hour12(int hour)
{
	return hour % 12 == 0 ? 12 : hour % 12;
}

static void put_year(struct rc_buf *out, int64_t year)
{
	rc_buf_printf(out, year < 0 ? "-%04lld" : "%04lld", (long long)(year < 0 ? -year : year));
}

static void put_number(struct rc_buf *out, enum rc_template_time_element element,
		       const struct rc_template_time_civil *civil)
{
	const struct {
		char pad; /* '\0': no padding */
		int width, value;
	} numbers[] = {
		[RC_TIME_NUM_MONTH] = {'\0', 0, civil->month},
		[RC_TIME_ZERO_MONTH] = {'0', 2, civil->month},
		[RC_TIME_DAY] = {'\0', 0, civil->day},
		[RC_TIME_UNDER_DAY] = {' ', 2, civil->day},
		[RC_TIME_ZERO_DAY] = {'0', 2, civil->day},
		[RC_TIME_UNDER_YEAR_DAY] = {' ', 3, civil->year_day},
		[RC_TIME_ZERO_YEAR_DAY] = {'0', 3, civil->year_day},
		[RC_TIME_HOUR] = {'0', 2, civil->hour},
		[RC_TIME_HOUR12] = {'\0', 0, to_hour12(civil->hour)},
		[RC_TIME_ZERO_HOUR12] = {'0', 2, to_hour12(civil->hour)},
		[RC_TIME_MINUTE] = {'\0', 0, civil->minute},
		[RC_TIME_ZERO_MINUTE] = {'0', 2, civil->minute},
		[RC_TIME_SECOND] = {'\0', 0, civil->second},
		[RC_TIME_ZERO_SECOND] = {'0', 2, civil->second},
		[RC_TIME_YEAR] = {'0', 2, (int)llabs(civil->year % 100)},
	};

	if (numbers[element].pad == '0')
		rc_buf_printf(out, "%0*d", numbers[element].width, numbers[element].value);
	else
		rc_buf_printf(out, "%*d", numbers[element].width, numbers[element].value);
}

void rc_template_time_format(struct rc_buf *out, const struct rc_template_time *time,
			     struct rc_str layout)
{
	struct rc_template_time_civil civil = rc_template_time_to_civil(time);

	while (layout.n > 0) {
		struct rc_str prefix, text;
		enum rc_template_time_element element =
			rc_template_time_layout_next(&layout, &prefix, &text);

		rc_buf_add_str(out, prefix);
		if (element == RC_TIME_NONE)
			return;
		if (element == RC_TIME_LONG_MONTH)
			rc_buf_puts(out, months[civil.month - 1]);
		else if (element == RC_TIME_MONTH)
			rc_buf_add(out, months[civil.month - 1], 3);
		else if (element == RC_TIME_LONG_WEEKDAY)
			rc_buf_puts(out, weekdays[civil.weekday]);
		else if (element == RC_TIME_WEEKDAY)
			rc_buf_add(out, weekdays[civil.weekday], 3);
		else if (element == RC_TIME_PM)
			rc_buf_puts(out, civil.hour >= 12 ? "PM" : "AM");
		else if (element == RC_TIME_SMALL_PM)
			rc_buf_puts(out, civil.hour >= 12 ? "pm" : "am");
		else if (element == RC_TIME_LONG_YEAR)
			put_year(out, civil.year);
		else if (element == RC_TIME_ZONE)
			put_zone(out, time);
		else if (element == RC_TIME_OFFSET)
			put_offset(out, text, time->offset_s);
		else if (element == RC_TIME_FRACTION)
			put_fraction(out, text, time->nanosecond);
		else
			put_number(out, element, &civil);
	}
}
