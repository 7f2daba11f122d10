/* sprig's float arithmetic, which is decimal: 0.1 + 0.2 is 0.3; division gives 16 places. */
#include <errno.h>
#include <math.h>

#include "data/number.h"
#include "template/cast.h"
#include "template/func.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

/* 128 bits hold the product of two numbers of 18 digits. */
struct decimal {
	__int128 digits;
	int scale; /* decimal places */
};

/* The shortest digits of a float64, as decimal.NewFromFloat takes them. */
static struct decimal from_real(double real)
{
	struct decimal d = {0, 0};
	char text[RC_NUMBER_MAX];
	bool negative, fraction = false;

	rc_number_format_f(real, text);
	negative = text[0] == '-';
	for (const char *p = text + negative; *p && d.scale < 18; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		d.digits = d.digits * 10 + (*p - '0');
		d.scale += fraction;
	}
	if (negative)
		d.digits = -d.digits;
	return d;
}

static __int128 power(int n)
{
	__int128 p = 1;

	while (n-- > 0)
		p *= 10;
	return p;
}

static double to_double(struct decimal d)
{
	char text[96];
	bool negative = d.digits < 0;
	__int128 rest = negative ? -d.digits : d.digits;
	size_t at = sizeof(text) - 16;
	double real;

	snprintf(text + at, 16, "e-%d", d.scale);
	do {
		text[--at] = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest > 0);
	if (rc_number_parse_float(rc_str(text + at), &real) < 0)
		return 0;
	return negative ? -real : real;
}

static void align(struct decimal *a, struct decimal *b)
{
	if (a->scale < b->scale) {
		a->digits *= power(b->scale - a->scale);
		a->scale = b->scale;
	} else {
		b->digits *= power(a->scale - b->scale);
		b->scale = a->scale;
	}
}

static int divide(struct rc_value_call *call, struct decimal *a, struct decimal b)
{
	__int128 quotient, rest, size;

	if (b.digits == 0)
		return fail(call, "decimal division by 0");
	align(a, &b);
	/* 16 places, rounded half away from zero. */
	quotient = a->digits / b.digits;
	rest = a->digits % b.digits;
	for (int i = 0; i < 16; i++) {
		rest *= 10;
		quotient = quotient * 10 + rest / b.digits;
		rest %= b.digits;
	}
	size = rest < 0 ? -rest : rest;
	if (size * 2 >= (b.digits < 0 ? -b.digits : b.digits))
		quotient += (a->digits < 0) == (b.digits < 0) ? 1 : -1;
	*a = (struct decimal){quotient, 16};
	return 0;
}

enum operation { ADD, SUB, MUL, DIV };

static int combine(struct rc_value_call *call, enum operation operation, struct decimal *a,
		   struct decimal b)
{
	switch (operation) {
	case ADD:
	case SUB:
		align(a, &b);
		a->digits += operation == ADD ? b.digits : -b.digits;
		return 0;
	case MUL:
		a->digits *= b.digits;
		a->scale += b.scale;
		return 0;
	case DIV:
		return divide(call, a, b);
	}
	return 0;
}

static int run(struct rc_value_call *call, enum operation operation, struct rc_value *ret)
{
	struct decimal result;
	double plain;

	if (call->n_args == 0) {
		*ret = rc_value_float(0);
		return 0;
	}
	plain = rc_template_cast_float(call->args[0]);
	result = from_real(plain);
	for (size_t i = 1; i < call->n_args; i++) {
		int r = combine(call, operation, &result,
				from_real(rc_template_cast_float(call->args[i])));

		if (r < 0)
			return r;
		/* Back to a float64's digits, so that long chains keep within their room. */
		result = from_real(to_double(result));
	}
	*ret = rc_value_float(to_double(result));
	return 0;
}

static int run_addf(struct rc_value_call *call, struct rc_value *ret)
{
	return run(call, ADD, ret);
}

static int run_subf(struct rc_value_call *call, struct rc_value *ret)
{
	return run(call, SUB, ret);
}

static int run_mulf(struct rc_value_call *call, struct rc_value *ret)
{
	return run(call, MUL, ret);
}

static int run_divf(struct rc_value_call *call, struct rc_value *ret)
{
	return run(call, DIV, ret);
}

static int run_add1f(struct rc_value_call *call, struct rc_value *ret)
{
	struct decimal result = from_real(rc_template_cast_float(call->args[0]));
	struct decimal one = {1, 0};

	align(&result, &one);
	result.digits += one.digits;
	*ret = rc_value_float(to_double(result));
	return 0;
}

const struct rc_template_func rc_template_func_decimal[] = {
	{"addf", "a*", run_addf},  {"subf", "aa*", run_subf}, {"mulf", "aa*", run_mulf},
	{"divf", "aa*", run_divf}, {"add1f", "a", run_add1f}, {NULL, NULL, NULL},
};
