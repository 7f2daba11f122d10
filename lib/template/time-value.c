/* time.Time with the methods and fields that Go's reflection shows of it. */
#include "template/time-value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/quote.h"
#include "data/zone.h"
#include "template/func.h"
#include "template/time-part.h"

#define RFC_3339 RC_STR("2006-01-02T15:04:05.999999999Z07:00")

static const struct rc_value_type time_type, location_type;

static const struct rc_template_time *time_of(const void *object)
{
	return object;
}

static void give_text(struct rc_value_call *call, const struct rc_buf *out, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(out)));
}

static void give_bytes(struct rc_value_call *call, const struct rc_buf *out, struct rc_value *ret)
{
	give_text(call, out, ret);
	ret->kind = RC_VALUE_BYTES;
}

static int give_time(struct rc_value_call *call, struct rc_template_time time, struct rc_value *ret)
{
	*ret = rc_template_time_value(call->arena, &time);
	return 1;
}

/* ---- *time.Location ---- */

/* What Go calls the process's zone, by TZ. */
static const char *local_name(void)
{
	const char *tz = getenv("TZ");

	if (!tz)
		return "Local";
	tz += *tz == ':';
	if (*tz == '/')
		return strcmp(tz, "/etc/localtime") == 0 ? "Local" : tz;
	return rc_zone_is_known(tz) ? tz : "UTC";
}

/* A location is known by a time that is shown in it. */
static const char *location_name(const struct rc_template_time *time)
{
	switch (time->place) {
	case RC_TEMPLATE_TIME_UTC:
		return "UTC";
	case RC_TEMPLATE_TIME_LOCAL:
		return local_name();
	case RC_TEMPLATE_TIME_FIXED:
		return time->zone;
	}
	return "";
}

static void print_location(const void *object, struct rc_buf *buf)
{
	rc_buf_puts(buf, location_name(object));
}

static int call_location(const void *object, struct rc_str name, struct rc_value_call *call,
			 struct rc_value *ret)
{
	(void)name;
	(void)call;
	*ret = rc_value_text(location_name(object));
	return 1;
}

static struct rc_value expand_location(const void *object, struct rc_arena *arena)
{
	(void)object;
	return rc_value_map_new(arena, RC_VALUE_ANY, 0);
}

static const struct rc_value_method location_methods[] = {{"String", "", NULL}, {NULL, NULL, NULL}};

static const struct rc_value_type location_type = {
	.name = "*time.Location",
	.methods = location_methods,
	.call = call_location,
	.print = print_location,
	.is_stringer = true,
	.expand = expand_location,
	.hidden = " name zone tx extend cacheStart cacheEnd cacheZone ",
};

/* ---- time.Time ---- */

static void print_time(const void *object, struct rc_buf *buf)
{
	rc_template_time_format(buf, object, RC_STR("2006-01-02 15:04:05.999999999 -0700 MST"));
}

/* "time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC)". */
static void print_go(const void *object, struct rc_buf *buf)
{
	const struct rc_template_time *time = object;
	struct rc_template_time_civil civil = rc_template_time_to_civil(time);

	rc_buf_printf(buf, "time.Date(%lld, time.", (long long)civil.year);
	rc_template_time_format(buf, time, RC_STR("January"));
	rc_buf_printf(buf, ", %d, %d, %d, %d, %d, time.", civil.day, civil.hour, civil.minute,
		      civil.second, time->nanosecond);
	if (time->place != RC_TEMPLATE_TIME_FIXED) {
		rc_buf_puts(buf, time->place == RC_TEMPLATE_TIME_UTC ? "UTC)" : "Local)");
		return;
	}
	rc_buf_puts(buf, "Location(");
	rc_quote_string(buf, rc_str(location_name(time)), false);
	rc_buf_puts(buf, "))");
}

static int run_text(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	print_time(object, &out);
	give_text(call, &out, ret);
	return 1;
}

static int run_go_text(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	print_go(object, &out);
	give_text(call, &out, ret);
	return 1;
}

static int run_format(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_time_format(&out, object, call->args[0].text);
	give_text(call, &out, ret);
	return 1;
}

static int run_append_format(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (call->args[0].kind == RC_VALUE_BYTES)
		rc_buf_add_str(&out, call->args[0].text);
	rc_template_time_format(&out, object, call->args[1].text);
	give_bytes(call, &out, ret);
	return 1;
}

/* What RFC 3339 has no room for, in Go's words; NULL: it has room. */
static const char *beyond_rfc3339(const struct rc_template_time *time)
{
	int64_t year = rc_template_time_to_civil(time).year;

	if (year < 0 || year > 9999)
		return "year outside of range [0,9999]";
	if (time->offset_s <= -86400 || time->offset_s >= 86400)
		return "timezone hour outside of range [0,23]";
	return NULL;
}

static int marshal(const struct rc_template_time *time, struct rc_value_call *call,
		   const char *method, const char *quote, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *refusal = beyond_rfc3339(time);

	if (refusal)
		return rc_fail(call->err, -EINVAL, "Time.%s: %s", method, refusal);
	rc_buf_puts(&out, quote);
	rc_template_time_format(&out, time, RFC_3339);
	rc_buf_puts(&out, quote);
	give_bytes(call, &out, ret);
	return 1;
}

static int run_marshal_text(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	return marshal(object, call, "MarshalText", "", ret);
}

static int run_marshal_json(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	return marshal(object, call, "MarshalJSON", "\"", ret);
}

static void put_big_endian(struct rc_buf *out, uint64_t value, int bytes)
{
	while (bytes-- > 0)
		rc_buf_putc(out, (char)(value >> (8 * bytes)));
}

/* Version, seconds since year 1, nanoseconds, the offset's minutes (-1: UTC) and seconds. */
static int run_marshal_binary(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_template_time *time = object;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int minutes = time->offset_s / 60, seconds = time->offset_s % 60;

	if (time->place == RC_TEMPLATE_TIME_UTC)
		minutes = -1;
	else if (minutes < INT16_MIN || minutes == -1 || minutes > INT16_MAX)
		return rc_fail(call->err, -EINVAL, "Time.MarshalBinary: unexpected zone offset");
	rc_buf_putc(&out, seconds ? 2 : 1);
	put_big_endian(&out, (uint64_t)(time->unix_s - RC_TEMPLATE_TIME_ZERO_S), 8);
	put_big_endian(&out, (uint64_t)time->nanosecond, 4);
	put_big_endian(&out, (uint64_t)minutes, 2);
	if (seconds)
		put_big_endian(&out, (uint64_t)seconds, 1);
	give_bytes(call, &out, ret);
	return 1;
}

static int run_add(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	return give_time(call, rc_template_time_add(object, call->args[0].integer), ret);
}

static int run_sub(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_template_time_part_duration(rc_template_time_sub(object, call->args[0].object));
	return 1;
}

static int run_truncate(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	return give_time(call, rc_template_time_truncate(object, call->args[0].integer), ret);
}

static int run_round(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	return give_time(call, rc_template_time_round(object, call->args[0].integer), ret);
}

static int run_add_date(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	return give_time(call,
			 rc_template_time_add_date(object, call->args[0].integer,
						   call->args[1].integer, call->args[2].integer),
			 ret);
}

static int run_in(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_template_time *time = object;

	if (rc_value_is_nil(call->args[0]))
		return rc_fail(call->err, -EINVAL, "time: missing Location in call to Time.In");
	return give_time(call, rc_template_time_like(time, time_of(call->args[0].object)), ret);
}

static int run_utc(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_template_time *time = object;

	return give_time(
		call, rc_template_time_in_zone(time->unix_s, time->nanosecond, RC_STR("UTC")), ret);
}

static int run_local(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	const struct rc_template_time *time = object;

	return give_time(call, rc_template_time_local(time->unix_s, time->nanosecond), ret);
}

static int run_location(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_object(&location_type, rc_arena_memdup(call->arena, object,
							       sizeof(struct rc_template_time)));
	return 1;
}

static int run_before(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_template_time_compare(object, call->args[0].object) < 0);
	return 1;
}

static int run_after(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_template_time_compare(object, call->args[0].object) > 0);
	return 1;
}

static int run_equal(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_bool(rc_template_time_compare(object, call->args[0].object) == 0);
	return 1;
}

static int run_compare(const void *object, struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int(rc_template_time_compare(object, call->args[0].object));
	return 1;
}

/* Methods of one number are rc_template_time_part's. */
static const struct {
	const char *name;
	int (*run)(const void *object, struct rc_value_call *call, struct rc_value *ret);
} runs[] = {
	{"Add", run_add},
	{"AddDate", run_add_date},
	{"After", run_after},
	{"AppendFormat", run_append_format},
	{"Before", run_before},
	{"Compare", run_compare},
	{"Equal", run_equal},
	{"Format", run_format},
	{"GoString", run_go_text},
	{"GobEncode", run_marshal_binary},
	{"In", run_in},
	{"Local", run_local},
	{"Location", run_location},
	{"MarshalBinary", run_marshal_binary},
	{"MarshalJSON", run_marshal_json},
	{"MarshalText", run_marshal_text},
	{"Round", run_round},
	{"String", run_text},
	{"Sub", run_sub},
	{"Truncate", run_truncate},
	{"UTC", run_utc},
};

#define THREE(name)                                                                   \
	{                                                                             \
#name, "", "function " #name " has 3 return values; should be 1 or 2" \
	}
#define TWO(name, type)                                                   \
	{                                                                 \
#name, "",                                                \
			"invalid function signature for " #name           \
			": second return value should be error; is " type \
	}

static const struct rc_value_method time_methods[] = {
	{"Add", "d", NULL},
	{"AddDate", "iii", NULL},
	{"After", "t", NULL},
	{"AppendFormat", "ys", NULL},
	{"Before", "t", NULL},
	THREE(Clock),
	{"Compare", "t", NULL},
	THREE(Date),
	{"Day", "", NULL},
	{"Equal", "t", NULL},
	{"Format", "s", NULL},
	{"GoString", "", NULL},
	{"GobEncode", "", NULL},
	{"Hour", "", NULL},
	TWO(ISOWeek, "int"),
	{"In", "z", NULL},
	{"IsDST", "", NULL},
	{"IsZero", "", NULL},
	{"Local", "", NULL},
	{"Location", "", NULL},
	{"MarshalBinary", "", NULL},
	{"MarshalJSON", "", NULL},
	{"MarshalText", "", NULL},
	{"Minute", "", NULL},
	{"Month", "", NULL},
	{"Nanosecond", "", NULL},
	{"Round", "d", NULL},
	{"Second", "", NULL},
	{"String", "", NULL},
	{"Sub", "t", NULL},
	{"Truncate", "d", NULL},
	{"UTC", "", NULL},
	{"Unix", "", NULL},
	{"UnixMicro", "", NULL},
	{"UnixMilli", "", NULL},
	{"UnixNano", "", NULL},
	{"Weekday", "", NULL},
	{"Year", "", NULL},
	{"YearDay", "", NULL},
	TWO(Zone, "int"),
	TWO(ZoneBounds, "time.Time"),
	{NULL, NULL, NULL},
};

static int call_time(const void *object, struct rc_str name, struct rc_value_call *call,
		     struct rc_value *ret)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(runs); i++)
		if (rc_str_is(name, runs[i].name))
			return runs[i].run(object, call, ret);
	*ret = rc_template_time_part(object, name);
	return 1;
}

/* Go holds seconds since year 1, and no location where that is UTC. */
static bool time_field(const void *object, size_t i, struct rc_value_field *ret)
{
	const struct rc_template_time *time = object;
	bool is_utc = time->place == RC_TEMPLATE_TIME_UTC;
	const struct rc_value_field fields[] = {
		{"wall", {.kind = RC_VALUE_UINT64, .integer = time->nanosecond}},
		{"ext", rc_value_int64(time->unix_s - RC_TEMPLATE_TIME_ZERO_S)},
		{"loc", rc_value_object(&location_type, is_utc ? NULL : (void *)(uintptr_t)object)},
	};

	if (i >= RC_ARRAY_SIZE(fields))
		return false;
	*ret = fields[i];
	return true;
}

static struct rc_value expand_time(const void *object, struct rc_arena *arena)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_time_format(&out, object, RFC_3339);
	return rc_value_str(rc_arena_str(arena, rc_buf_str(&out)));
}

static const char *refuse_json(const void *object)
{
	const char *refusal = beyond_rfc3339(object);

	if (!refusal)
		return NULL;
	return *refusal == 'y' ? "Time.MarshalJSON: year outside of range [0,9999]"
			       : "Time.MarshalJSON: timezone hour outside of range [0,23]";
}

static bool times_equal(const void *a, const void *b)
{
	const struct rc_template_time *x = a, *y = b;

	return rc_template_time_compare(x, y) == 0 && x->place == y->place &&
	       x->offset_s == y->offset_s && strcmp(location_name(x), location_name(y)) == 0;
}

static const struct rc_value_type time_type = {
	.name = "time.Time",
	.expand = expand_time,
	.refuse_json = refuse_json,
	.methods = time_methods,
	.call = call_time,
	.print = print_time,
	.is_stringer = true,
	.go_string = print_go,
	.field = time_field,
	.equal = times_equal,
	.hidden = " wall ext loc ",
};

struct rc_value rc_template_time_value(struct rc_arena *arena, const struct rc_template_time *time)
{
	return rc_value_object(&time_type, rc_arena_memdup(arena, time, sizeof(*time)));
}

bool rc_template_time_is_value(struct rc_value value)
{
	return value.kind == RC_VALUE_OBJECT && value.type == &time_type;
}
