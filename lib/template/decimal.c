/* Decimals over OpenSSL's big numbers. */
#include "template/decimal.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/number.h"
#include "template/late-crypto.h"

#define PLACES_OF_DIVISION 16
#define SIZE_MAX_DIGITS	   20000

struct rc_template_decimal {
	BIGNUM *coefficient;
	long exponent;
};

/* OpenSSL's allocation fails only without memory, where we do not go on. */
static void must(int ok)
{
	if (!ok)
		abort();
}

int rc_template_decimal_new(double value, struct rc_template_decimal **ret, struct rc_error **err)
{
	rc_cleanup(rc_template_decimal_freep) struct rc_template_decimal *decimal =
		rc_new0(struct rc_template_decimal);
	char text[RC_NUMBER_MAX], digits[RC_NUMBER_MAX];
	size_t n = 0;
	char *point, *e;
	int r = rc_template_late_crypto_load(err);

	if (r < 0)
		return r;
	if (isnan(value))
		return rc_fail(err, -EINVAL, "Cannot create a Decimal from NaN");
	if (isinf(value))
		return rc_fail(err, -EINVAL, "Cannot create a Decimal from %cInf",
			       value > 0 ? '+' : '-');
	rc_number_format_g(value, 64, text);
	e = strchr(text, 'e');
	if (e) {
		decimal->exponent = strtol(e + 1, NULL, 10);
		*e = '\0';
	}
	point = strchr(text, '.');
	if (point)
		decimal->exponent -= (long)strlen(point + 1);
	for (const char *p = text; *p; p++)
		if (*p != '.')
			digits[n++] = *p;
	digits[n] = '\0';
	must(BN_dec2bn(&decimal->coefficient, digits) > 0);
	*ret = rc_steal(&decimal);
	return 0;
}

void rc_template_decimal_free(struct rc_template_decimal *decimal)
{
	if (!decimal)
		return;
	if (decimal->coefficient)
		BN_free(decimal->coefficient);
	free(decimal);
}

/* number *= 10^power */
static void scale_up(BIGNUM *number, long power, BN_CTX *context)
{
	BIGNUM *ten = BN_new(), *exponent = BN_new();

	must(ten && exponent && BN_set_word(ten, 10) &&
	     BN_set_word(exponent, (unsigned long)power) && BN_exp(ten, ten, exponent, context) &&
	     BN_mul(number, number, ten, context));
	BN_free(ten);
	BN_free(exponent);
}

/* Both to the smaller of the two exponents; other is a copy of b's coefficient. */
static void align(struct rc_template_decimal *a, BIGNUM *other, long exponent, BN_CTX *context)
{
	if (a->exponent > exponent) {
		scale_up(a->coefficient, a->exponent - exponent, context);
		a->exponent = exponent;
	} else if (a->exponent < exponent) {
		scale_up(other, exponent - a->exponent, context);
	}
}

/* x * 10^p / (y * 10^q) = x / y * 10^(p - q), rounded to 16 places. */
static void divide(struct rc_template_decimal *a, BIGNUM *other, long exponent, BN_CTX *context)
{
	long shift = a->exponent - exponent + PLACES_OF_DIVISION;
	bool negative = BN_is_negative(a->coefficient) != BN_is_negative(other);
	BIGNUM *rest = BN_new(), *quotient = BN_new();

	must(rest && quotient);
	if (shift >= 0)
		scale_up(a->coefficient, shift, context);
	else
		scale_up(other, -shift, context);
	BN_set_negative(a->coefficient, 0);
	BN_set_negative(other, 0);
	must(BN_div(quotient, rest, a->coefficient, other, context) && BN_lshift1(rest, rest));
	if (BN_cmp(rest, other) >= 0)
		must(BN_add_word(quotient, 1));
	BN_set_negative(quotient, negative);
	BN_free(rest);
	BN_free(a->coefficient);
	a->coefficient = quotient;
	a->exponent = -PLACES_OF_DIVISION;
}

int rc_template_decimal_apply(struct rc_template_decimal *a, enum rc_template_decimal_op op,
			      const struct rc_template_decimal *b, struct rc_error **err)
{
	BIGNUM *other;
	BN_CTX *context;

	if (op == RC_TEMPLATE_DECIMAL_DIV && BN_is_zero(b->coefficient))
		return rc_fail(err, -EINVAL, "decimal division by 0");
	if (labs(a->exponent - b->exponent) + BN_num_bits(a->coefficient) > SIZE_MAX_DIGITS)
		return rc_fail(err, -E2BIG, "a decimal of too many digits");
	context = BN_CTX_new();
	other = BN_dup(b->coefficient);
	must(context && other);
	switch (op) {
	case RC_TEMPLATE_DECIMAL_ADD:
		align(a, other, b->exponent, context);
		must(BN_add(a->coefficient, a->coefficient, other));
		break;
	case RC_TEMPLATE_DECIMAL_SUB:
		align(a, other, b->exponent, context);
		must(BN_sub(a->coefficient, a->coefficient, other));
		break;
	case RC_TEMPLATE_DECIMAL_MUL:
		must(BN_mul(a->coefficient, a->coefficient, other, context));
		a->exponent += b->exponent;
		break;
	case RC_TEMPLATE_DECIMAL_DIV:
		divide(a, other, b->exponent, context);
		break;
	}
	BN_free(other);
	BN_CTX_free(context);
	return 0;
}

double rc_template_decimal_to_float(const struct rc_template_decimal *decimal)
{
	char *digits = BN_bn2dec(decimal->coefficient);
	rc_autofree char *text = NULL;
	double value = 0;

	must(digits != NULL);
	text = rc_asprintf("%se%ld", digits, decimal->exponent);
	OPENSSL_free(digits);
	/* Over the range of float64 the value is infinite, as in Go. */
	(void)rc_number_parse_float(rc_str(text), &value);
	return value;
}
