/* sprig's dates: time.Time as an object, formatted by Go's layouts. */
#include "template/func-date.h"

#include <errno.h>
#include <time.h>

#include "data/duration.h"
#include "data/number.h"
#include "template/func.h"
#include "template/time.h"

#define NS_PER_SECOND INT64_C(1000000000)

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static const struct rc_value_type time_type;

static void print_time(const void *object, struct rc_buf *buf)
{
	const struct rc_template_time *time = object;

	rc_template_time_format(buf, time, RC_STR("2006-01-02 15:04:05.999999999 -0700 MST"));
}

struct rc_value rc_template_func_date_new(struct rc_arena *arena,
					  const struct rc_template_time *time)
{
	return rc_value_object(&time_type, rc_arena_memdup(arena, time, sizeof(*time)));
}

static struct rc_value make_time(struct rc_value_call *call, struct rc_template_time time)
{
	return rc_template_func_date_new(call->arena, &time);
}

static struct rc_template_time get_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return rc_template_time_local(now.tv_sec, (int32_t)now.tv_nsec);
}

static bool is_time(struct rc_value value)
{
	return value.kind == RC_VALUE_OBJECT && value.type == &time_type;
}

/* Times and whole seconds since 1970; anything else, also text and floats, means now. */
static struct rc_template_time to_time(struct rc_value value)
{
	if (is_time(value))
		return *(const struct rc_template_time *)value.object;
	if (value.kind == RC_VALUE_INT || value.kind == RC_VALUE_INT64)
		return rc_template_time_local(value.integer, 0);
	return get_now();
}

/* t + ns, shown in the same place. */
static struct rc_template_time add_ns(const struct rc_template_time *time, int64_t ns)
{
	int64_t unix_s = time->unix_s + ns / NS_PER_SECOND;
	int64_t nanosecond = time->nanosecond + ns % NS_PER_SECOND;
	struct rc_template_time sum = *time;

	if (nanosecond < 0) {
		nanosecond += NS_PER_SECOND;
		unix_s--;
	} else if (nanosecond >= NS_PER_SECOND) {
		nanosecond -= NS_PER_SECOND;
		unix_s++;
	}
	if (time->place == RC_TEMPLATE_TIME_LOCAL)
		return rc_template_time_local(unix_s, (int32_t)nanosecond);
	sum.unix_s = unix_s;
	sum.nanosecond = (int32_t)nanosecond;
	return sum;
}

/* a - b, held within what a duration can be. */
static int64_t subtract(const struct rc_template_time *a, const struct rc_template_time *b)
{
	__int128 ns =
		((__int128)a->unix_s - b->unix_s) * NS_PER_SECOND + a->nanosecond - b->nanosecond;

	return ns > INT64_MAX ? INT64_MAX : ns < INT64_MIN ? INT64_MIN : (int64_t)ns;
}

static int give_text(struct rc_value_call *call, const struct rc_buf *out, struct rc_value *ret)
{
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(out)));
	return 0;
}

static int give_format(struct rc_value_call *call, struct rc_template_time time,
		       struct rc_str layout, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_time_format(&out, &time, layout);
	return give_text(call, &out, ret);
}

static bool get_part(const struct rc_template_time *time, struct rc_str name, struct rc_value *ret)
{
	struct rc_template_time_civil civil = rc_template_time_to_civil(time);
	const struct {
		const char *name;
		int64_t value;
	} parts[] = {
		{"Year", civil.year},	     {"Day", civil.day},
		{"Hour", civil.hour},	     {"Minute", civil.minute},
		{"Second", civil.second},    {"Nanosecond", time->nanosecond},
		{"YearDay", civil.year_day},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++) {
		if (!rc_str_is(name, parts[i].name))
			continue;
		*ret = rc_value_int(parts[i].value);
		return true;
	}
	if (rc_str_is(name, "Unix"))
		*ret = rc_value_int64(time->unix_s);
	else if (rc_str_is(name, "UnixMilli"))
		*ret = rc_value_int64(time->unix_s * 1000 + time->nanosecond / 1000000);
	else if (rc_str_is(name, "UnixNano"))
		*ret = rc_value_int64((int64_t)((uint64_t)time->unix_s * NS_PER_SECOND +
						(uint64_t)time->nanosecond));
	else if (rc_str_is(name, "IsZero"))
		*ret = rc_value_bool(time->unix_s == RC_TEMPLATE_TIME_ZERO_S &&
				     time->nanosecond == 0);
	else
		return false;
	return true;
}

/* The methods that charts use. */
static const struct rc_value_method time_methods[] = {
	{"Format", "s"},    {"Year", ""},	{"Day", ""},	 {"Hour", ""},	  {"Minute", ""},
	{"Second", ""},	    {"Nanosecond", ""}, {"YearDay", ""}, {"Unix", ""},	  {"UnixMilli", ""},
	{"UnixNano", ""},   {"IsZero", ""},	{"Month", ""},	 {"Weekday", ""}, {"UTC", ""},
	{"Local", ""},	    {"String", ""},	{"After", "t"},	 {"Before", "t"}, {"Equal", "t"},
	{"AddDate", "iii"}, {NULL, NULL},
};

static bool is_before(const struct rc_template_time *a, const struct rc_template_time *b)
{
	return a->unix_s != b->unix_s ? a->unix_s < b->unix_s : a->nanosecond < b->nanosecond;
}

static void compare_times(const struct rc_template_time *a, const struct rc_template_time *b,
			  struct rc_str name, struct rc_value *ret)
{
	if (rc_str_is(name, "Before"))
		*ret = rc_value_bool(is_before(a, b));
	else if (rc_str_is(name, "After"))
		*ret = rc_value_bool(is_before(b, a));
	else
		*ret = rc_value_bool(!is_before(a, b) && !is_before(b, a));
}

/* Years, months and days on, by the calendar: a 31st of June is the 1st of July. */
static struct rc_template_time add_date(const struct rc_template_time *time,
					const struct rc_value *args)
{
	struct rc_template_time_civil civil = rc_template_time_to_civil(time);
	int64_t month = civil.month - 1 + args[1].integer % 12;
	int64_t day = (int64_t)civil.day - 1 + args[2].integer;
	struct rc_template_time sum = *time;

	civil.year += args[0].integer + args[1].integer / 12 + (month < 0 ? -1 : month / 12);
	civil.month = (int)((month + 12) % 12) + 1;
	civil.day = 1;
	sum.unix_s = rc_template_time_from_civil(&civil) + day * 86400;
	if (time->place != RC_TEMPLATE_TIME_LOCAL) {
		sum.unix_s -= time->offset_s;
		return sum;
	}
	sum.offset_s = 0;
	sum.place = RC_TEMPLATE_TIME_UTC;
	civil = rc_template_time_to_civil(&sum);
	return rc_template_time_from_local(&civil, time->nanosecond);
}

static int call_time(const void *object, struct rc_str name, struct rc_value_call *call,
		     struct rc_value *ret)
{
	const struct rc_template_time *time = object;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (rc_str_is(name, "Format")) {
		give_format(call, *time, call->args[0].text, ret);
		return 1;
	}
	if (rc_str_is(name, "AddDate")) {
		*ret = make_time(call, add_date(time, call->args));
		return 1;
	}
	if (call->n_args > 0) {
		compare_times(time, call->args[0].object, name, ret);
		return 1;
	}
	if (get_part(time, name, ret))
		return 1;
	if (rc_str_is(name, "Month") || rc_str_is(name, "Weekday")) {
		give_format(call, *time,
			    rc_str_is(name, "Month") ? RC_STR("January") : RC_STR("Monday"), ret);
		return 1;
	}
	if (rc_str_is(name, "UTC") || rc_str_is(name, "Local")) {
		*ret = make_time(call,
				 rc_template_time_in_zone(time->unix_s, time->nanosecond, name));
		return 1;
	}
	print_time(time, &out);
	give_text(call, &out, ret);
	return 1;
}

/* RFC 3339, as encoding/json writes it. */
static struct rc_value expand_time(const void *object, struct rc_arena *arena)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_template_time_format(&out, object, RC_STR("2006-01-02T15:04:05.999999999Z07:00"));
	return rc_value_str(rc_arena_str(arena, rc_buf_str(&out)));
}

static const struct rc_value_type time_type = {
	.name = "time.Time",
	.expand = expand_time,
	.methods = time_methods,
	.call = call_time,
	.print = print_time,
	.is_stringer = true,
	.hidden = " wall ext loc ",
};

static int run_now(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = make_time(call, get_now());
	return 0;
}

static int format_in(struct rc_value_call *call, struct rc_str layout, struct rc_value value,
		     struct rc_str zone, struct rc_value *ret)
{
	struct rc_template_time time = to_time(value);

	return give_format(call, rc_template_time_in_zone(time.unix_s, time.nanosecond, zone),
			   layout, ret);
}

static int run_date(struct rc_value_call *call, struct rc_value *ret)
{
	return format_in(call, call->args[0].text, call->args[1], RC_STR("Local"), ret);
}

static int run_date_in_zone(struct rc_value_call *call, struct rc_value *ret)
{
	return format_in(call, call->args[0].text, call->args[1], call->args[2].text, ret);
}

static int run_html_date(struct rc_value_call *call, struct rc_value *ret)
{
	return format_in(call, RC_STR("2006-01-02"), call->args[0], RC_STR("Local"), ret);
}

static int run_html_date_in_zone(struct rc_value_call *call, struct rc_value *ret)
{
	return format_in(call, RC_STR("2006-01-02"), call->args[0], call->args[1].text, ret);
}

static int give_duration(struct rc_value_call *call, int64_t ns, struct rc_value *ret)
{
	char text[RC_DURATION_MAX];

	rc_duration_format(ns, text);
	*ret = rc_value_text(rc_arena_strdup(call->arena, text));
	return 0;
}

/* Duration.Round(time.Second): halves away from zero. */
static int64_t round_to_second(int64_t ns)
{
	int64_t rest = ns % NS_PER_SECOND;

	if (rest >= NS_PER_SECOND / 2)
		return ns > INT64_MAX - NS_PER_SECOND ? INT64_MAX : ns - rest + NS_PER_SECOND;
	if (rest <= -NS_PER_SECOND / 2)
		return ns < INT64_MIN + NS_PER_SECOND ? INT64_MIN : ns - rest - NS_PER_SECOND;
	return ns - rest;
}

static int run_ago(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_template_time now = get_now(), then = to_time(call->args[0]);

	return give_duration(call, round_to_second(subtract(&now, &then)), ret);
}

/* Seconds, as text or int64; an int literal is neither. */
static int run_duration(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[0];
	int64_t seconds = 0;

	if (value.kind == RC_VALUE_INT64) {
		seconds = value.integer;
	} else if (value.kind == RC_VALUE_STRING &&
		   rc_number_parse_int(value.text, 10, &seconds) == -ERANGE) {
		seconds = *value.text.p == '-' ? INT64_MIN : INT64_MAX;
	}
	return give_duration(call, (int64_t)((uint64_t)seconds * NS_PER_SECOND), ret);
}

static int64_t to_duration(struct rc_value value)
{
	int64_t ns = 0;

	if (value.kind == RC_VALUE_INT64)
		return value.integer;
	if (value.kind == RC_VALUE_STRING && rc_duration_parse(value.text, &ns, NULL) == 0)
		return ns;
	if (is_time(value)) {
		struct rc_template_time now = get_now(), then = to_time(value);

		return subtract(&now, &then);
	}
	return 0;
}

static int run_duration_round(struct rc_value_call *call, struct rc_value *ret)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = {{"y", 31536000}, {"mo", 2592000}, {"d", 86400},
		     {"h", 3600},     {"m", 60},       {"s", 1}};
	int64_t ns = to_duration(call->args[0]);
	uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	*ret = rc_value_text("0s");
	for (size_t i = 0; i < RC_ARRAY_SIZE(units); i++) {
		uint64_t unit = units[i].seconds * (uint64_t)NS_PER_SECOND;

		if (size <= unit)
			continue;
		*ret = rc_value_text(rc_arena_printf(
			call->arena, "%llu%s", (unsigned long long)(size / unit), units[i].unit));
		break;
	}
	return 0;
}

static int run_unix_epoch(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_text(
		rc_arena_printf(call->arena, "%lld", (long long)to_time(call->args[0]).unix_s));
	return 0;
}

static struct rc_template_time zero_time(void)
{
	return rc_template_time_in_zone(RC_TEMPLATE_TIME_ZERO_S, 0, RC_STR("UTC"));
}

static int run_to_date(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_template_time time;

	if (rc_template_time_parse(call->args[0].text, call->args[1].text, &time, NULL) < 0)
		time = zero_time();
	*ret = make_time(call, time);
	return 0;
}

static int run_must_to_date(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_template_time time;
	int r = rc_template_time_parse(call->args[0].text, call->args[1].text, &time, call->err);

	if (r == 0)
		*ret = make_time(call, time);
	return r;
}

static int modify(struct rc_value_call *call, bool must, struct rc_value *ret)
{
	struct rc_template_time time;
	int64_t ns = 0;
	int r;

	time = to_time(call->args[1]);
	r = rc_duration_parse(call->args[0].text, &ns, must ? call->err : NULL);
	if (r < 0 && must)
		return r;
	*ret = make_time(call, r < 0 ? time : add_ns(&time, ns));
	return 0;
}

static int run_date_modify(struct rc_value_call *call, struct rc_value *ret)
{
	return modify(call, false, ret);
}

static int run_must_date_modify(struct rc_value_call *call, struct rc_value *ret)
{
	return modify(call, true, ret);
}

const struct rc_template_func rc_template_func_date[] = {
	{"now", "", run_now},
	{"date", "sa", run_date},
	{"dateInZone", "sas", run_date_in_zone},
	{"date_in_zone", "sas", run_date_in_zone},
	{"htmlDate", "a", run_html_date},
	{"htmlDateInZone", "as", run_html_date_in_zone},
	{"ago", "a", run_ago},
	{"duration", "a", run_duration},
	{"durationRound", "a", run_duration_round},
	{"unixEpoch", "t", run_unix_epoch},
	{"toDate", "ss", run_to_date},
	{"mustToDate", "ss", run_must_to_date},
	{"dateModify", "st", run_date_modify},
	{"date_modify", "st", run_date_modify},
	{"mustDateModify", "st", run_must_date_modify},
	{"must_date_modify", "st", run_must_date_modify},
	{NULL, NULL, NULL},
};
