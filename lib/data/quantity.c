/* resource.Quantity. */
#include "data/quantity.h"

#include <errno.h>
#include <stdio.h>

#define NANO	 1000000000
#define MAX_NANO ((__int128)INT64_MAX * NANO)

/* The suffixes; nano = value * factor. Powers of 1000 from n, of 1024 from Ki. */
static const struct {
	const char *text;
	int power_of_ten; /* -9 ... 18 */
	int power_of_two;
} suffixes[] = {
	{"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"", 0, 0},    {"k", 3, 0},   {"M", 6, 0},
	{"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
	{"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
};

static int refuse(struct rc_str text, struct rc_error **err)
{
	rc_fail(err, -EINVAL,
		"quantities must match the regular expression "
		"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': '%.*s'",
		(int)(text.n < 64 ? text.n : 64), text.p ? text.p : "");
	rc_hint(err, "write an amount such as 500m, 2, 1.5Gi or 12e6");
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* value * 10^power, rounded away from zero; caps at MAX_NANO as Kubernetes does. */
static __int128 scale(__int128 value, int power)
{
	bool rounded = false;

	for (; power > 0 && value <= MAX_NANO; power--)
		value *= 10;
	for (; power < 0 && value > 0; power++) {
		rounded = rounded || value % 10 != 0;
		value /= 10;
	}
	value += rounded;
	return value > MAX_NANO ? MAX_NANO : value;
}

/* value << power, with value counted in units of 10^-places; the result is in nanos. */
static __int128 scale_binary(__int128 value, int power, int places)
{
	bool rounded = false;

	/* The fraction is cut first where value is too large for both to fit. */
	while (places > 9) {
		rounded = rounded || value % 10 != 0;
		value /= 10;
		places--;
	}
	for (; power > 0; power--) {
		if (value > MAX_NANO)
			return MAX_NANO;
		value *= 2;
	}
	value = scale(value, 9 - places);
	return value + (rounded && value < MAX_NANO);
}

struct number {
	__int128 digits;
	int places; /* of digits that are a fraction */
	bool negative, is_huge;
};

/* The sign, the digits and the point; returns their length, 0 when there are none. */
static size_t take_number(struct rc_str text, struct number *number)
{
	bool seen_point = false, seen_digit = false, exact = true;
	size_t i = 0;

	if (i < text.n && (text.p[i] == '+' || text.p[i] == '-'))
		number->negative = text.p[i++] == '-';
	for (; i < text.n && (is_digit(text.p[i]) || (text.p[i] == '.' && !seen_point)); i++) {
		if (text.p[i] == '.') {
			seen_point = true;
			continue;
		}
		seen_digit = true;
		if (number->places < 18 && number->digits <= MAX_NANO) {
			number->digits = number->digits * 10 + (text.p[i] - '0');
			number->places += seen_point;
		} else if (!seen_point) {
			number->is_huge = true;
		} else if (exact && text.p[i] != '0') {
			/* What is too fine to keep still rounds up. */
			number->digits++;
			exact = false;
		}
	}
	return seen_digit ? i : 0;
}

/* "e3", "E-6": a decimal exponent. "E" alone is a suffix. */
static bool take_exponent(struct rc_str suffix, int *ret)
{
	size_t i = 1;
	bool negative = false;
	int value = 0;

	if (suffix.n < 2 || (suffix.p[0] != 'e' && suffix.p[0] != 'E'))
		return false;
	if (suffix.p[i] == '+' || suffix.p[i] == '-')
		negative = suffix.p[i++] == '-';
	if (i == suffix.n)
		return false;
	for (; i < suffix.n; i++) {
		if (!is_digit(suffix.p[i]))
			return false;
		if (value < 10000)
			value = value * 10 + (suffix.p[i] - '0');
	}
	*ret = negative ? -value : value;
	return true;
}

int rc_quantity_parse(struct rc_str text, struct rc_quantity *ret, struct rc_error **err)
{
	struct number number = {0};
	size_t n = take_number(text, &number);
	struct rc_str suffix = {text.p + n, text.n - n};
	enum rc_quantity_format format = RC_QUANTITY_DECIMAL_SI;
	int ten = 0, two = 0;
	__int128 nano;

	if (n == 0)
		return refuse(text, err);
	if (take_exponent(suffix, &ten)) {
		format = RC_QUANTITY_DECIMAL_EXPONENT;
	} else {
		size_t i = 0;

		while (i < RC_ARRAY_SIZE(suffixes) && !rc_str_is(suffix, suffixes[i].text))
			i++;
		if (i == RC_ARRAY_SIZE(suffixes))
			return refuse(text, err);
		ten = suffixes[i].power_of_ten;
		two = suffixes[i].power_of_two;
		if (two > 0)
			format = RC_QUANTITY_BINARY_SI;
	}
	if (number.is_huge)
		nano = MAX_NANO;
	else if (two > 0)
		nano = scale_binary(number.digits, two, number.places);
	else
		nano = scale(number.digits, ten + 9 - number.places);
	*ret = (struct rc_quantity){number.negative ? -nano : nano, format};
	return 0;
}

static size_t put_digits(__int128 value, bool negative, char *text)
{
	char digits[48];
	size_t n = 0, at = 0;

	do {
		digits[n++] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value > 0);
	if (negative)
		text[at++] = '-';
	while (n > 0)
		text[at++] = digits[--n];
	text[at] = '\0';
	return at;
}

static size_t put_suffix(char *text, size_t n, int ten, int two, bool exponent)
{
	if (exponent)
		return n + (ten ? (size_t)snprintf(text + n, RC_QUANTITY_MAX - n, "e%d", ten) : 0);
	for (size_t i = 0; i < RC_ARRAY_SIZE(suffixes); i++)
		if (suffixes[i].power_of_ten == ten && suffixes[i].power_of_two == two)
			return n + (size_t)snprintf(text + n, RC_QUANTITY_MAX - n, "%s",
						    suffixes[i].text);
	return n;
}

size_t rc_quantity_format(const struct rc_quantity *quantity, char text[RC_QUANTITY_MAX])
{
	bool negative = quantity->nano < 0, binary = quantity->format == RC_QUANTITY_BINARY_SI;
	__int128 value = negative ? -quantity->nano : quantity->nano;
	int ten = -9, two = 0;

	if (value == 0)
		return put_digits(0, false, text);
	/* Small and broken amounts lose nothing in decimal form, and are easier to read. */
	if (binary && value >= (__int128)1024 * NANO && value % NANO == 0) {
		value /= NANO;
		for (; two < 60 && value % 1024 == 0; two += 10)
			value /= 1024;
		return put_suffix(text, put_digits(value, negative, text), 0, two, false);
	}
	for (; ten < 18 && value % 1000 == 0; ten += 3)
		value /= 1000;
	return put_suffix(text, put_digits(value, negative, text), ten, 0,
			  quantity->format == RC_QUANTITY_DECIMAL_EXPONENT);
}

int rc_quantity_compare(const struct rc_quantity *a, const struct rc_quantity *b)
{
	return (a->nano > b->nano) - (a->nano < b->nano);
}

bool rc_quantity_text_equal(struct rc_str a, struct rc_str b)
{
	struct rc_quantity x, y;

	return rc_quantity_parse(a, &x, NULL) == 0 && rc_quantity_parse(b, &y, NULL) == 0 &&
	       rc_quantity_compare(&x, &y) == 0;
}
