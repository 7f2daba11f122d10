/*
 * Schedules of five fields (minute, hour, day of the month, month, day of the week), as Argo CD and
 * Kubernetes read them: *, ?, lists, ranges, steps, names of months and days. A day is one of the
 * schedule when both of its fields say so; when neither is a star, one of them is enough.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Plain data: a bit per value. */
struct rc_cron {
	uint64_t minutes, hours, days, months, weekdays;
	bool is_any_day, is_any_weekday; /* the field is a star */
};

#define RC_CRON_NEVER INT64_MAX

/* -EINVAL names the field and what is wrong with it. */
int rc_cron_parse(struct rc_str text, struct rc_cron *ret_cron, struct rc_error **err);
/*
 * The first whole minute after local_s that is of the schedule; RC_CRON_NEVER when the next five
 * years have none. Both are seconds since 1970 as a clock on the wall shows them: the caller adds
 * and takes off the zone's offset.
 */
int64_t rc_cron_next(const struct rc_cron *cron, int64_t local_s);
