/* Numbers of a time. */
#include "template/time-part.h"

#include <string.h>

#include "base/memory.h"
#include "data/duration.h"
#include "data/zone.h"
#include "template/func.h"

#define NS_PER_SECOND INT64_C(1000000000)

static int64_t number_of(const void *object)
{
	return *(const int64_t *)object;
}

static struct rc_value named(enum rc_value_kind kind, int64_t number,
			     const struct rc_value_type *type)
{
	return (struct rc_value){
		.kind = kind, .named = true, .integer = number, .integer_type = type};
}

/* String, by what print writes. */
static int call_string(const void *object, void (*print)(const void *object, struct rc_buf *buf),
		       struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	print(object, &out);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 1;
}

static const struct rc_value_method string_method[] = {{"String", "", NULL}, {NULL, NULL, NULL}};

/* ---- time.Month, time.Weekday ---- */

/* Months begin with 1970, weekdays with its first Sunday. */
static void print_month(const void *object, struct rc_buf *buf)
{
	struct rc_template_time_civil civil = {
		.year = 1970, .month = (int)number_of(object), .day = 1};
	struct rc_template_time time = {.unix_s = rc_template_time_from_civil(&civil)};

	rc_template_time_format(buf, &time, RC_STR("January"));
}

static void print_weekday(const void *object, struct rc_buf *buf)
{
	struct rc_template_time time = {.unix_s = (3 + number_of(object)) * 86400};

	rc_template_time_format(buf, &time, RC_STR("Monday"));
}

static int call_month(const void *object, struct rc_str name, struct rc_value_call *call,
		      struct rc_value *ret)
{
	(void)name;
	return call_string(object, print_month, call, ret);
}

static int call_weekday(const void *object, struct rc_str name, struct rc_value_call *call,
			struct rc_value *ret)
{
	(void)name;
	return call_string(object, print_weekday, call, ret);
}

static const struct rc_value_type month_type = {.name = "time.Month",
						.methods = string_method,
						.call = call_month,
						.print = print_month,
						.is_stringer = true};
static const struct rc_value_type weekday_type = {.name = "time.Weekday",
						  .methods = string_method,
						  .call = call_weekday,
						  .print = print_weekday,
						  .is_stringer = true};

/* ---- time.Duration ---- */

static void print_duration(const void *object, struct rc_buf *buf)
{
	char text[RC_DURATION_MAX];

	rc_buf_add(buf, text, rc_duration_format(number_of(object), text));
}

/* Whole units and what is left, as Go divides them. */
static struct rc_value float_of(int64_t ns, int64_t unit_ns)
{
	return rc_value_float((double)(ns / unit_ns) + (double)(ns % unit_ns) / (double)unit_ns);
}

/* To a multiple of unit, halves away from zero; past what there is room for: the last there is. */
static int64_t round_duration(int64_t ns, int64_t unit)
{
	int64_t rest = unit > 0 ? ns % unit : 0, size = rest < 0 ? -rest : rest;
	__int128 rounded = (__int128)ns - rest;

	if (unit <= 0)
		return ns;
	if (size >= unit - size)
		rounded += ns < 0 ? -unit : unit;
	return rounded > INT64_MAX ? INT64_MAX : rounded < INT64_MIN ? INT64_MIN : (int64_t)rounded;
}

static int64_t absolute(int64_t ns)
{
	return ns == INT64_MIN ? INT64_MAX : ns < 0 ? -ns : ns;
}

static int call_duration(const void *object, struct rc_str name, struct rc_value_call *call,
			 struct rc_value *ret)
{
	int64_t ns = number_of(object), unit = call->n_args ? call->args[0].integer : 0;

	if (rc_str_is(name, "String"))
		return call_string(object, print_duration, call, ret);
	if (rc_str_is(name, "Hours"))
		*ret = float_of(ns, 3600 * NS_PER_SECOND);
	else if (rc_str_is(name, "Minutes"))
		*ret = float_of(ns, 60 * NS_PER_SECOND);
	else if (rc_str_is(name, "Seconds"))
		*ret = float_of(ns, NS_PER_SECOND);
	else if (rc_str_is(name, "Milliseconds"))
		*ret = rc_value_int64(ns / 1000000);
	else if (rc_str_is(name, "Microseconds"))
		*ret = rc_value_int64(ns / 1000);
	else if (rc_str_is(name, "Nanoseconds"))
		*ret = rc_value_int64(ns);
	else if (rc_str_is(name, "Abs"))
		*ret = rc_template_time_part_duration(absolute(ns));
	else if (rc_str_is(name, "Round"))
		*ret = rc_template_time_part_duration(round_duration(ns, unit));
	else /* Truncate */
		*ret = rc_template_time_part_duration(unit > 0 ? ns - ns % unit : ns);
	return 1;
}

static const struct rc_value_method duration_methods[] = {
	{"Abs", "", NULL},	    {"Hours", "", NULL},   {"Microseconds", "", NULL},
	{"Milliseconds", "", NULL}, {"Minutes", "", NULL}, {"Nanoseconds", "", NULL},
	{"Round", "d", NULL},	    {"Seconds", "", NULL}, {"String", "", NULL},
	{"Truncate", "d", NULL},    {NULL, NULL, NULL},
};

static const struct rc_value_type duration_type = {.name = "time.Duration",
						   .methods = duration_methods,
						   .call = call_duration,
						   .print = print_duration,
						   .is_stringer = true};

struct rc_value rc_template_time_part_duration(int64_t ns)
{
	return named(RC_VALUE_INT64, ns, &duration_type);
}

/* ---- parts ---- */

static bool is_dst(const struct rc_template_time *time)
{
	return time->place == RC_TEMPLATE_TIME_LOCAL && rc_zone_is_local_dst(time->unix_s);
}

/* Seconds and nanoseconds in units of which there are so many in a second; what is too large wraps.
 */
static struct rc_value unix_in(const struct rc_template_time *time, int64_t per_second)
{
	return rc_value_int64(
		(int64_t)((uint64_t)time->unix_s * (uint64_t)per_second +
			  (uint64_t)(time->nanosecond / (NS_PER_SECOND / per_second))));
}

struct rc_value rc_template_time_part(const struct rc_template_time *time, struct rc_str name)
{
	struct rc_template_time_civil civil = rc_template_time_to_civil(time);
	bool is_zero = time->unix_s == RC_TEMPLATE_TIME_ZERO_S && time->nanosecond == 0;
	const struct {
		const char *name;
		struct rc_value value;
	} parts[] = {
		{"Year", rc_value_int(civil.year)},
		{"Month", named(RC_VALUE_INT, civil.month, &month_type)},
		{"Day", rc_value_int(civil.day)},
		{"Hour", rc_value_int(civil.hour)},
		{"Minute", rc_value_int(civil.minute)},
		{"Second", rc_value_int(civil.second)},
		{"Nanosecond", rc_value_int(time->nanosecond)},
		{"Weekday", named(RC_VALUE_INT, civil.weekday, &weekday_type)},
		{"YearDay", rc_value_int(civil.year_day)},
		{"Unix", unix_in(time, 1)},
		{"UnixMilli", unix_in(time, 1000)},
		{"UnixMicro", unix_in(time, 1000000)},
		{"UnixNano", unix_in(time, NS_PER_SECOND)},
		{"IsZero", rc_value_bool(is_zero)},
		{"IsDST", rc_value_bool(is_dst(time))},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++)
		if (rc_str_is(name, parts[i].name))
			return parts[i].value;
	return rc_value_invalid();
}
