/* Times as values of a template. */
#pragma once

#include "template/time.h"
#include "template/value.h"

struct rc_value rc_template_func_date_new(struct rc_arena *arena,
					  const struct rc_template_time *time);
