/* Casts. */
#include "template/cast.h"

#include <errno.h>

#include "data/number.h"

/* "3.00" is "3"; "3.10" stays. */
static struct rc_str trim_zero_decimal(struct rc_str text)
{
	bool seen_zero = false;

	for (size_t i = text.n; i > 0; i--) {
		if (text.p[i - 1] == '0') {
			seen_zero = true;
			continue;
		}
		if (text.p[i - 1] == '.' && seen_zero)
			return (struct rc_str){text.p, i - 1};
		break;
	}
	return text;
}

static int64_t int_of_text(struct rc_str text)
{
	int64_t value;

	text = trim_zero_decimal(text);
	return rc_number_parse_int(text, 0, &value) == 0 ? value : 0;
}

static int64_t int_of_float(double real)
{
	/* What amd64 makes of values that do not fit, and so Go. */
	if (!(real >= -0x1p63 && real < 0x1p63))
		return INT64_MIN;
	return (int64_t)real;
}

/* spf13/cast knows of named numbers only time.Month and time.Weekday. */
static bool is_castable(struct rc_value value)
{
	return rc_value_is_integer(value) && !(value.named && value.kind == RC_VALUE_INT64);
}

int64_t rc_template_cast_int(struct rc_value value)
{
	if (is_castable(value))
		return value.integer;
	if (value.kind == RC_VALUE_FLOAT)
		return int_of_float(value.real);
	if (value.kind == RC_VALUE_STRING)
		return int_of_text(value.text);
	return value.kind == RC_VALUE_BOOL && value.truth;
}

double rc_template_cast_float(struct rc_value value)
{
	double real;

	if (value.kind == RC_VALUE_FLOAT)
		return value.real;
	if (is_castable(value))
		return (double)value.integer;
	if (value.kind == RC_VALUE_STRING)
		return rc_number_parse_float(value.text, &real) == 0 ? real : 0;
	return value.kind == RC_VALUE_BOOL && value.truth;
}

struct rc_str rc_template_cast_text(struct rc_arena *arena, struct rc_value value)
{
	if (value.kind == RC_VALUE_BYTES)
		return value.text;
	return rc_value_format(arena, value);
}

static void add_bytes(struct rc_arena *arena, struct rc_value list, struct rc_str bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		char *digits = rc_arena_printf(arena, "%u", (unsigned char)bytes.p[i]);

		rc_value_list_add(arena, list, rc_value_text(digits));
	}
}

struct rc_value rc_template_cast_strings(struct rc_arena *arena, struct rc_value value)
{
	size_t n = value.kind == RC_VALUE_LIST ? value.list->n : 1;
	struct rc_value list = rc_value_list_new(arena, RC_VALUE_STRINGS, n);

	if (rc_value_is_nil(value))
		return list;
	if (value.kind == RC_VALUE_BYTES) {
		add_bytes(arena, list, value.text);
	} else if (value.kind == RC_VALUE_LIST) {
		for (size_t i = 0; i < n; i++)
			if (!rc_value_is_nil(value.list->items[i]))
				rc_value_list_add(arena, list,
						  rc_value_str(rc_template_cast_text(
							  arena, value.list->items[i])));
		list.list->capacity = n;
	} else {
		rc_value_list_add(arena, list, rc_value_str(rc_template_cast_text(arena, value)));
	}
	return list;
}
