/* sprig's numbers: whole ones are int64 with silent overflow, others float64. */
#include <errno.h>
#include <math.h>

#include "data/number.h"
#include "template/cast.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)
#define LIST_MAX	10000000 /* elements; more would only fill the memory */

static int run_int(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int(rc_template_cast_int(call->args[0]));
	return 0;
}

static int run_int64(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int64(rc_template_cast_int(call->args[0]));
	return 0;
}

static int run_float64(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_float(rc_template_cast_float(call->args[0]));
	return 0;
}

static int run_atoi(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t value = 0;

	if (rc_number_parse_int(call->args[0].text, 10, &value) < 0)
		value = 0;
	*ret = rc_value_int(value);
	return 0;
}

static int run_to_decimal(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t value = 0;

	if (rc_number_parse_int(rc_value_format(call->arena, call->args[0]), 8, &value) < 0)
		value = 0;
	*ret = rc_value_int64(value);
	return 0;
}

static int run_add(struct rc_value_call *call, struct rc_value *ret)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < call->n_args; i++)
		sum += (uint64_t)rc_template_cast_int(call->args[i]);
	*ret = rc_value_int64((int64_t)sum);
	return 0;
}

static int run_add1(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int64((int64_t)((uint64_t)rc_template_cast_int(call->args[0]) + 1));
	return 0;
}

static int run_sub(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_int64((int64_t)((uint64_t)rc_template_cast_int(call->args[0]) -
					(uint64_t)rc_template_cast_int(call->args[1])));
	return 0;
}

static int run_mul(struct rc_value_call *call, struct rc_value *ret)
{
	uint64_t product = (uint64_t)rc_template_cast_int(call->args[0]);

	for (size_t i = 1; i < call->n_args; i++)
		product *= (uint64_t)rc_template_cast_int(call->args[i]);
	*ret = rc_value_int64((int64_t)product);
	return 0;
}

static int run_div(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t by = rc_template_cast_int(call->args[1]);

	if (by == 0)
		return fail(call, "runtime error: integer divide by zero");
	/* The one quotient that does not fit wraps, as in Go. */
	*ret = rc_value_int64(by == -1
				      ? (int64_t)(0 - (uint64_t)rc_template_cast_int(call->args[0]))
				      : rc_template_cast_int(call->args[0]) / by);
	return 0;
}

static int run_mod(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t by = rc_template_cast_int(call->args[1]);

	if (by == 0)
		return fail(call, "runtime error: integer divide by zero");
	*ret = rc_value_int64(by == -1 ? 0 : rc_template_cast_int(call->args[0]) % by);
	return 0;
}

static int run_max(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t best = rc_template_cast_int(call->args[0]);

	for (size_t i = 1; i < call->n_args; i++)
		if (rc_template_cast_int(call->args[i]) > best)
			best = rc_template_cast_int(call->args[i]);
	*ret = rc_value_int64(best);
	return 0;
}

static int run_min(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t best = rc_template_cast_int(call->args[0]);

	for (size_t i = 1; i < call->n_args; i++)
		if (rc_template_cast_int(call->args[i]) < best)
			best = rc_template_cast_int(call->args[i]);
	*ret = rc_value_int64(best);
	return 0;
}

static int run_maxf(struct rc_value_call *call, struct rc_value *ret)
{
	double best = rc_template_cast_float(call->args[0]);

	for (size_t i = 1; i < call->n_args; i++)
		best = fmax(best, rc_template_cast_float(call->args[i]));
	*ret = rc_value_float(best);
	return 0;
}

static int run_minf(struct rc_value_call *call, struct rc_value *ret)
{
	double best = rc_template_cast_float(call->args[0]);

	for (size_t i = 1; i < call->n_args; i++)
		best = fmin(best, rc_template_cast_float(call->args[i]));
	*ret = rc_value_float(best);
	return 0;
}

static int run_ceil(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_float(ceil(rc_template_cast_float(call->args[0])));
	return 0;
}

static int run_floor(struct rc_value_call *call, struct rc_value *ret)
{
	*ret = rc_value_float(floor(rc_template_cast_float(call->args[0])));
	return 0;
}

static int run_round(struct rc_value_call *call, struct rc_value *ret)
{
	double on = call->n_args > 2 ? call->args[2].real : .5, whole;
	double power = pow(10, (double)call->args[1].integer);
	double digit = power * rc_template_cast_float(call->args[0]);
	double rest = modf(digit, &whole);

	if (digit < 0)
		digit = rest <= -on ? floor(digit) : ceil(digit);
	else
		digit = rest >= on ? ceil(digit) : floor(digit);
	*ret = rc_value_float(digit / power);
	return 0;
}

static int steps(struct rc_value_call *call, int64_t from, int64_t to, int64_t step,
		 struct rc_value *ret)
{
	*ret = rc_value_list_new(call->arena, RC_VALUE_INTS, 0);
	if (step == 0 || (to < from && step > 0) || (to > from && step < 0))
		return 0;
	for (int64_t i = from; step > 0 ? i < to : i > to; i += step) {
		if (ret->list->n == LIST_MAX)
			return fail(call, "a list of more than %d numbers", LIST_MAX);
		rc_value_list_add(call->arena, *ret, rc_value_int(i));
	}
	return 0;
}

static int run_until(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t to = call->args[0].integer;

	return steps(call, 0, to, to < 0 ? -1 : 1, ret);
}

static int run_until_step(struct rc_value_call *call, struct rc_value *ret)
{
	return steps(call, call->args[0].integer, call->args[1].integer, call->args[2].integer,
		     ret);
}

static int put_steps(struct rc_value_call *call, struct rc_value list, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; i < list.list->n; i++)
		rc_buf_printf(&out, "%s%lld", i ? " " : "", (long long)list.list->items[i].integer);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 0;
}

/* seq LAST, FIRST LAST, FIRST STEP LAST; the last one is included. */
static int run_seq(struct rc_value_call *call, struct rc_value *ret)
{
	int64_t from = 1, to = 0, step = 1;
	struct rc_value list;
	int r;

	if (call->n_args == 0 || call->n_args > 3) {
		*ret = rc_value_str(RC_STR(""));
		return 0;
	}
	to = call->args[call->n_args - 1].integer;
	if (call->n_args > 1)
		from = call->args[0].integer;
	if (call->n_args == 3)
		step = call->args[1].integer;
	else if (to < from)
		step = -1;
	/* The first beyond the end is left out again. */
	r = steps(call, from, step < 0 ? to - 1 : to + 1, step, &list);
	return r < 0 ? r : put_steps(call, list, ret);
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
