/* sprig's arithmetic over int64, which wraps, and float64. */
#include <errno.h>
#include <math.h>

#include "base/buf.h"
#include "data/number.h"
#include "template/cast.h"
#include "template/func.h"

#define COUNT_MAX 10000000 /* items of a sequence */

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

static int64_t int_arg(const struct rc_value_call *call, size_t i)
{
	return rc_template_cast_int(call->args[i]);
}

static double float_arg(const struct rc_value_call *call, size_t i)
{
	return rc_template_cast_float(call->args[i]);
}

static int run_int(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int(int_arg(call, 0));
	return 0;
}

static int run_int64(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int64(int_arg(call, 0));
	return 0;
}

static int run_float64(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_float(float_arg(call, 0));
	return 0;
}

/* Over the range: the nearest there is. */
static int run_atoi(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str text = call->args[0].text;
	int64_t value = 0;
	int r = rc_number_parse_int(text, 10, &value);

	if (r == -ERANGE)
		value = *text.p == '-' ? INT64_MIN : INT64_MAX;
	*ret = rc_value_int(r == 0 || r == -ERANGE ? value : 0);
	return 0;
}

static int run_to_decimal(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str text = rc_value_format(call->arena, call->args[0]);
	int64_t value;

	*ret = rc_value_int64(rc_number_parse_int(text, 8, &value) == 0 ? value : 0);
	return 0;
}

/* Go's integers wrap around; unsigned arithmetic is how C says that. */
static int run_add(struct rc_value_call *call, struct rc_value *ret)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < call->n_args; i++)
		sum += (uint64_t)int_arg(call, i);
	*ret = rc_value_int64((int64_t)sum);
	return 0;
}

static int run_add1(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int64((int64_t)((uint64_t)int_arg(call, 0) + 1));
	return 0;
}

static int run_sub(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int64((int64_t)((uint64_t)int_arg(call, 0) - (uint64_t)int_arg(call, 1)));
	return 0;
}

static int run_mul(struct rc_value_call *call, struct rc_value *ret)
{
	uint64_t product = 1;

	for (size_t i = 0; i < call->n_args; i++)
		product *= (uint64_t)int_arg(call, i);
	*ret = rc_value_int64((int64_t)product);
	return 0;
}

static int run_div(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t a = int_arg(call, 0), b = int_arg(call, 1);

	if (b == 0)
		return fail(call, "runtime error: integer divide by zero");
	*ret = rc_value_int64(b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b);
	return 0;
}

static int run_mod(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t a = int_arg(call, 0), b = int_arg(call, 1);

	if (b == 0)
		return fail(call, "runtime error: integer divide by zero");
	*ret = rc_value_int64(b == -1 ? 0 : a % b);
	return 0;
}

static int run_max(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t best = int_arg(call, 0);

	for (size_t i = 1; i < call->n_args; i++)
		if (int_arg(call, i) > best)
			best = int_arg(call, i);
	*ret = rc_value_int64(best);
	return 0;
}

static int run_min(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t best = int_arg(call, 0);

	for (size_t i = 1; i < call->n_args; i++)
		if (int_arg(call, i) < best)
			best = int_arg(call, i);
	*ret = rc_value_int64(best);
	return 0;
}

/* math.Max and math.Min: NaN wins, but for an infinity. */
static int run_maxf(struct rc_value_call *call, struct rc_value *ret)
{
	double best = float_arg(call, 0);

	for (size_t i = 1; i < call->n_args; i++) {
		double next = float_arg(call, i);

		if (!isnan(best) && (isnan(next) || next > best))
			best = next;
	}
	*ret = rc_value_float(best);
	return 0;
}

static int run_minf(struct rc_value_call *call, struct rc_value *ret)
{
	double best = float_arg(call, 0);

	for (size_t i = 1; i < call->n_args; i++) {
		double next = float_arg(call, i);

		if (!isnan(best) && (isnan(next) || next < best))
			best = next;
	}
	*ret = rc_value_float(best);
	return 0;
}

static int run_ceil(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_float(ceil(float_arg(call, 0)));
	return 0;
}

static int run_floor(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_float(floor(float_arg(call, 0)));
	return 0;
}

static int run_round(struct rc_value_call *call, struct rc_value *ret)
{
	double round_on = call->n_args > 2 ? call->args[2].real : 0.5;
	double power = pow(10, (double)call->args[1].integer);
	double digit = power * float_arg(call, 0), whole;
	double fraction = modf(digit, &whole);

	*ret = rc_value_float((fraction >= round_on ? ceil(digit) : floor(digit)) / power);
	return 0;
}

/* []int from start to before stop; empty when step leads nowhere. */
static int make_sequence(struct rc_value_call *call, int64_t start, int64_t stop, int64_t step,
			 struct rc_value *ret)
{
	__extension__ __int128 distance = (__int128)stop - start;

	*ret = rc_value_list_new(call->arena, RC_VALUE_INTS, 0);
	if (step == 0 || distance == 0 || (distance < 0) != (step < 0))
		return 0;
	if (distance / step > COUNT_MAX)
		return fail(call, "a sequence of more than %d numbers", COUNT_MAX);
	for (__int128 i = start; step > 0 ? i < stop : i > stop; i += step)
		rc_value_list_add(call->arena, *ret, rc_value_int((int64_t)i));
	rc_value_list_appended(*ret, 0, false);
	return 0;
}

static int run_until(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t count = call->args[0].integer;

	return make_sequence(call, 0, count, count < 0 ? -1 : 1, ret);
}

static int run_until_step(struct rc_value_call *call, struct rc_value *ret)
{
	return make_sequence(call, call->args[0].integer, call->args[1].integer,
			     call->args[2].integer, ret);
}

static int join_numbers(struct rc_value_call *call, struct rc_value list, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out;

	rc_buf_init(&out, RC_BUF_UNLIMITED);
	for (size_t i = 0; i < list.list->n; i++)
		rc_buf_printf(&out, i ? " %lld" : "%lld", (long long)list.list->items[i].integer);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 0;
}

/* As the shell's seq: LAST, FIRST LAST, or FIRST STEP LAST. */
static int run_seq(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t start = 1, end, step, increment = 1;
	struct rc_value list;
	int r;

	*ret = rc_value_text("");
	if (call->n_args == 0 || call->n_args > 3)
		return 0;
	if (call->n_args > 1)
		start = call->args[0].integer;
	end = call->args[call->n_args - 1].integer;
	if (end < start)
		increment = -1;
	step = call->n_args == 3 ? call->args[1].integer : increment;
	if (call->n_args == 3 && end < start && step > 0)
		return 0;
	r = make_sequence(call, start, end + increment, step, &list);
	return r < 0 ? r : join_numbers(call, list, ret);
}

const struct rc_template_func rc_template_func_number[] = {
	{"int", "a", run_int},
	{"int64", "a", run_int64},
	{"float64", "a", run_float64},
	{"atoi", "s", run_atoi},
	{"toDecimal", "a", run_to_decimal},
	{"add", "a*", run_add},
	{"add1", "a", run_add1},
	{"sub", "aa", run_sub},
	{"mul", "aa*", run_mul},
	{"div", "aa", run_div},
	{"mod", "aa", run_mod},
	{"max", "aa*", run_max},
	{"biggest", "aa*", run_max},
	{"min", "aa*", run_min},
	{"maxf", "aa*", run_maxf},
	{"minf", "aa*", run_minf},
	{"ceil", "a", run_ceil},
	{"floor", "a", run_floor},
	{"round", "aif*", run_round},
	{"until", "i", run_until},
	{"untilStep", "iii", run_until_step},
	{"seq", "i*", run_seq},
	{NULL, NULL, NULL},
};
