/* The elements of Go's time layouts. */
#pragma once

#include "base/str.h"

enum rc_template_time_element {
	RC_TIME_NONE,
	RC_TIME_LONG_MONTH,
	RC_TIME_MONTH,
	RC_TIME_NUM_MONTH,
	RC_TIME_ZERO_MONTH,
	RC_TIME_LONG_WEEKDAY,
	RC_TIME_WEEKDAY,
	RC_TIME_DAY,
	RC_TIME_UNDER_DAY,
	RC_TIME_ZERO_DAY,
	RC_TIME_UNDER_YEAR_DAY,
	RC_TIME_ZERO_YEAR_DAY,
	RC_TIME_HOUR,
	RC_TIME_HOUR12,
	RC_TIME_ZERO_HOUR12,
	RC_TIME_MINUTE,
	RC_TIME_ZERO_MINUTE,
	RC_TIME_SECOND,
	RC_TIME_ZERO_SECOND,
	RC_TIME_LONG_YEAR,
	RC_TIME_YEAR,
	RC_TIME_PM,
	RC_TIME_SMALL_PM,
	RC_TIME_ZONE,	  /* MST */
	RC_TIME_OFFSET,	  /* -0700, -07:00:00, Z07:00 …; see the text for its shape */
	RC_TIME_FRACTION, /* .000 or ,999 */
};

/*
 * Split layout at its first element: *ret_prefix is what stands before, *ret_element its text,
 * *layout what is behind. RC_TIME_NONE: there is none, all is prefix.
 */
enum rc_template_time_element rc_template_time_layout_next(struct rc_str *layout,
							   struct rc_str *ret_prefix,
							   struct rc_str *ret_element);
