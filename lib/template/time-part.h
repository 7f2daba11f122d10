/* The numbers in a time.Time, and the named types of some: time.Month, Weekday, Duration. */
#pragma once

#include "template/time.h"
#include "template/value.h"

/* What the method of that name gives: Year, Month, Unix, IsZero ...; invalid where none does. */
struct rc_value rc_template_time_part(const struct rc_template_time *time, struct rc_str name);
struct rc_value rc_template_time_part_duration(int64_t ns);
