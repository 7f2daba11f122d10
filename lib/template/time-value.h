/* Times as values of a template: time.Time and what its methods give. */
#pragma once

#include "template/time.h"
#include "template/value.h"

/* A copy of time in the arena, as a time.Time. */
struct rc_value rc_template_time_value(struct rc_arena *arena, const struct rc_template_time *time);
bool rc_template_time_is_value(struct rc_value value);
