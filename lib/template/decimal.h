/* Exact decimal arithmetic, as shopspring/decimal gives it to addf, subf, mulf and divf. */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"

struct rc_template_decimal; /* coefficient * 10^exponent */

/* The shortest decimal that reads back as value; -EINVAL with decimal's words for NaN and Inf. */
int rc_template_decimal_new(double value, struct rc_template_decimal **ret, struct rc_error **err);
void rc_template_decimal_free(struct rc_template_decimal *decimal);
RC_DEFINE_FREEP(struct rc_template_decimal, rc_template_decimal_free)

enum rc_template_decimal_op {
	RC_TEMPLATE_DECIMAL_ADD,
	RC_TEMPLATE_DECIMAL_SUB,
	RC_TEMPLATE_DECIMAL_MUL,
	RC_TEMPLATE_DECIMAL_DIV, /* to 16 places, halves away from zero */
};

/* a = a op b. 0, -EINVAL (division by zero) or -E2BIG (too many digits). */
int rc_template_decimal_apply(struct rc_template_decimal *a, enum rc_template_decimal_op op,
			      const struct rc_template_decimal *b, struct rc_error **err);
/* The nearest float64. */
double rc_template_decimal_to_float(const struct rc_template_decimal *decimal);
