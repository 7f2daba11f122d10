/* Values as sprig takes them: spf13/cast's numbers, strval's text. What does not fit becomes 0. */
#pragma once

#include "base/arena.h"
#include "template/value.h"

int64_t rc_template_cast_int(struct rc_value value);
double rc_template_cast_float(struct rc_value value);
/* Text of any value: bytes as they are, all else as %v prints it. */
struct rc_str rc_template_cast_text(struct rc_arena *arena, struct rc_value value);
/* []string of a list without its nils; of anything else the one text; of nil none. */
struct rc_value rc_template_cast_strings(struct rc_arena *arena, struct rc_value value);
