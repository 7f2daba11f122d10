/* sprig's addf and its like: exact decimals inside, a float64 out. */
#include "template/cast.h"
#include "template/decimal.h"
#include "template/func.h"

/* first op args[from] op args[from + 1] ... */
static int run_decimal(struct rc_value_call *call, enum rc_template_decimal_op op, double first,
		       size_t from, struct rc_value *ret)
{
	rc_cleanup(rc_template_decimal_freep) struct rc_template_decimal *result = NULL;
	int r = rc_template_decimal_new(first, &result, call->err);

	for (size_t i = from; i < call->n_args && r == 0; i++) {
		rc_cleanup(rc_template_decimal_freep) struct rc_template_decimal *next = NULL;

		r = rc_template_decimal_new(rc_template_cast_float(call->args[i]), &next,
					    call->err);
		if (r == 0)
			r = rc_template_decimal_apply(result, op, next, call->err);
	}
	if (r == 0)
		*ret = rc_value_float(rc_template_decimal_to_float(result));
	return r;
}

static int run_addf(struct rc_value_call *call, struct rc_value *ret)
{
	return run_decimal(call, RC_TEMPLATE_DECIMAL_ADD, 0, 0, ret);
}

static int run_add1f(struct rc_value_call *call, struct rc_value *ret)
{
	return run_decimal(call, RC_TEMPLATE_DECIMAL_ADD, 1, 0, ret);
}

static int run_subf(struct rc_value_call *call, struct rc_value *ret)
{
	return run_decimal(call, RC_TEMPLATE_DECIMAL_SUB, rc_template_cast_float(call->args[0]), 1,
			   ret);
}

static int run_mulf(struct rc_value_call *call, struct rc_value *ret)
{
	return run_decimal(call, RC_TEMPLATE_DECIMAL_MUL, rc_template_cast_float(call->args[0]), 1,
			   ret);
}

static int run_divf(struct rc_value_call *call, struct rc_value *ret)
{
	return run_decimal(call, RC_TEMPLATE_DECIMAL_DIV, rc_template_cast_float(call->args[0]), 1,
			   ret);
}

const struct rc_template_func rc_template_func_decimal[] = {
	{"addf", "a*", run_addf},  {"subf", "aa*", run_subf}, {"mulf", "aa*", run_mulf},
	{"divf", "aa*", run_divf}, {"add1f", "a", run_add1f}, {NULL, NULL, NULL},
};
