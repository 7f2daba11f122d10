/* Go's time.Time: an instant and the zone it is shown in; its layouts ("2006-01-02 15:04"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum rc_template_time_place {
	RC_TEMPLATE_TIME_UTC,
	RC_TEMPLATE_TIME_LOCAL,
	RC_TEMPLATE_TIME_FIXED
};

struct rc_template_time {
	int64_t unix_s;
	int32_t nanosecond; /* 0 to 999999999 */
	int32_t offset_s;   /* east of UTC */
	char zone[16];	    /* "CET"; "" where it has no name */
	enum rc_template_time_place place;
};

/* The zero Time: January 1 of year 1, UTC. */
#define RC_TEMPLATE_TIME_ZERO_S (-INT64_C(62135596800))

/* Civil date and time of day in the time's zone. */
struct rc_template_time_civil {
	int64_t year;
	int month, day, hour, minute, second;
	int weekday;  /* 0: Sunday */
	int year_day; /* from 1 */
};
struct rc_template_time_civil rc_template_time_to_civil(const struct rc_template_time *time);
/* Seconds since 1970 of a civil time without zone. */
int64_t rc_template_time_from_civil(const struct rc_template_time_civil *civil);
int rc_template_time_days_in(int month, int64_t year);

/* In the process's zone (TZ). */
struct rc_template_time rc_template_time_local(int64_t unix_s, int32_t nanosecond);
/* In a zone of the IANA database, "UTC" or "Local"; in UTC where there is no such zone. */
struct rc_template_time rc_template_time_in_zone(int64_t unix_s, int32_t nanosecond,
						 struct rc_str zone);
/* A civil time of the process's zone as an instant. */
struct rc_template_time rc_template_time_from_local(const struct rc_template_time_civil *civil,
						    int32_t nanosecond);

/* <0, 0, >0: which instant is earlier, whatever the zones. */
int rc_template_time_compare(const struct rc_template_time *a, const struct rc_template_time *b);
/* time + ns, shown in the same place. */
struct rc_template_time rc_template_time_add(const struct rc_template_time *time, int64_t ns);
/* a - b in nanoseconds, held within what a duration can be. */
int64_t rc_template_time_sub(const struct rc_template_time *a, const struct rc_template_time *b);
/* To a multiple of ns since year 1: down, or to the nearest, halves up; ns < 1: unchanged. */
struct rc_template_time rc_template_time_truncate(const struct rc_template_time *time, int64_t ns);
struct rc_template_time rc_template_time_round(const struct rc_template_time *time, int64_t ns);
/* By the calendar: a 31st of June is the 1st of July. */
struct rc_template_time rc_template_time_add_date(const struct rc_template_time *time,
						  int64_t years, int64_t months, int64_t days);
/* The instant of time, shown where place is. */
struct rc_template_time rc_template_time_like(const struct rc_template_time *time,
					      const struct rc_template_time *place);

/* Time.Format. */
void rc_template_time_format(struct rc_buf *out, const struct rc_template_time *time,
			     struct rc_str layout);
/* time.ParseInLocation(layout, text, time.Local); -EINVAL with Go's words. */
int rc_template_time_parse(struct rc_str layout, struct rc_str text, struct rc_template_time *ret,
			   struct rc_error **err);
