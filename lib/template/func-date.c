/* sprig's dates: times, formatted by Go's layouts. */
#include <errno.h>
#include <time.h>

#include "data/duration.h"
#include "data/number.h"
#include "template/func.h"
#include "template/time-value.h"

#define NS_PER_SECOND INT64_C(1000000000)

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static struct rc_value make_time(struct rc_value_call *call, struct rc_template_time time)
{
	return rc_template_time_value(call->arena, &time);
}

static struct rc_template_time get_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return rc_template_time_local(now.tv_sec, (int32_t)now.tv_nsec);
}

/* Times and whole seconds since 1970; anything else, also text and floats, means now. */
static struct rc_template_time to_time(struct rc_value value)
{
	if (rc_template_time_is_value(value))
		return *(const struct rc_template_time *)value.object;
	if ((value.kind == RC_VALUE_INT || value.kind == RC_VALUE_INT64) && !value.named)
		return rc_template_time_local(value.integer, 0);
	return get_now();
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

	return give_duration(call, round_to_second(rc_template_time_sub(&now, &then)), ret);
}

/* Seconds, as text or int64; an int literal is neither. */
static int run_duration(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value value = call->args[0];
	int64_t seconds = 0;

	if (value.kind == RC_VALUE_INT64 && !value.named) {
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

	if (value.kind == RC_VALUE_INT64 && !value.named)
		return value.integer;
	if (value.kind == RC_VALUE_STRING && rc_duration_parse(value.text, &ns, NULL) == 0)
		return ns;
	if (rc_template_time_is_value(value)) {
		struct rc_template_time now = get_now(), then = to_time(value);

		return rc_template_time_sub(&now, &then);
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
	*ret = make_time(call, r < 0 ? time : rc_template_time_add(&time, ns));
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
