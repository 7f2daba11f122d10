/* Shortest digits by trial: correct on every libc, and quick for what documents hold. */
#include "data/number.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define DIGITS_MAX 17

#define WHOLE_MAX 1e15 /* whole numbers below have no shorter digits than their own */

/* 0.d1d2d3... * 10^point */
struct digits {
	char d[DIGITS_MAX + 2];
	int n, point;
	bool negative;
};

/* Our own "C" locale, since the process may have another. */
static locale_t plain_locale(void)
{
	static locale_t c;

	if (!c)
		c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return c;
}

static bool reads_back(const char *text, double value, int bits)
{
	if (bits == 32)
		return strtof_l(text, NULL, plain_locale()) == (float)value;
	return strtod_l(text, NULL, plain_locale()) == value;
}

static void set_digits(struct digits *digits, const char *scientific)
{
	const char *e = strchr(scientific, 'e');

	digits->n = 0;
	for (const char *p = scientific; p < e; p++)
		if (*p >= '0' && *p <= '9')
			digits->d[digits->n++] = *p;
	while (digits->n > 1 && digits->d[digits->n - 1] == '0')
		digits->n--;
	digits->point = (int)strtol(e + 1, NULL, 10) + 1;
}

static void set_whole(uint64_t value, struct digits *digits)
{
	int n = 0;

	for (uint64_t rest = value; rest > 0; rest /= 10)
		n++;
	digits->n = digits->point = n;
	for (; n > 0; value /= 10)
		digits->d[--n] = (char)('0' + value % 10);
	while (digits->n > 1 && digits->d[digits->n - 1] == '0')
		digits->n--;
}

static void find_digits(double value, int bits, struct digits *digits)
{
	char text[40];

	digits->negative = signbit(value);
	value = fabs(value);
	if (value == 0) {
		*digits = (struct digits){"0", 1, 1, digits->negative};
		return;
	}
	if (bits == 64 && value < WHOLE_MAX && value == (double)(uint64_t)value) {
		set_whole((uint64_t)value, digits);
		return;
	}
	/* Up to 15 digits (6 for float32) survive the way there and back: one trial is enough. */
	snprintf(text, sizeof(text), "%.*e", bits == 32 ? 5 : 14, value);
	if (reads_back(text, value, bits)) {
		set_digits(digits, text);
		return;
	}
	for (int precision = bits == 32 ? 6 : 15; precision < DIGITS_MAX; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		if (reads_back(text, value, bits))
			break;
	}
	set_digits(digits, text);
}

static size_t put_special(double value, char *text)
{
	const char *word = isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";

	return (size_t)snprintf(text, RC_NUMBER_MAX, "%s", word);
}

static size_t put_e(const struct digits *digits, char *text, bool two_digits)
{
	int exponent = digits->point - 1, n = 0;

	if (digits->negative)
		text[n++] = '-';
	text[n++] = digits->d[0];
	if (digits->n > 1) {
		text[n++] = '.';
		memcpy(text + n, digits->d + 1, (size_t)digits->n - 1);
		n += digits->n - 1;
	}
	n += snprintf(text + n, 16, two_digits ? "e%c%02d" : "e%c%d", exponent < 0 ? '-' : '+',
		      abs(exponent));
	return (size_t)n;
}

static size_t put_f(const struct digits *digits, char *text)
{
	int n = 0;

	if (digits->negative)
		text[n++] = '-';
	if (digits->point <= 0)
		text[n++] = '0';
	for (int i = 0; i < digits->point; i++)
		text[n++] = i < digits->n ? digits->d[i] : '0';
	if (digits->n > digits->point) {
		text[n++] = '.';
		for (int i = digits->point; i < 0; i++)
			text[n++] = '0';
		for (int i = digits->point > 0 ? digits->point : 0; i < digits->n; i++)
			text[n++] = digits->d[i];
	}
	text[n] = '\0';
	return (size_t)n;
}

size_t rc_number_format_int(int64_t value, char text[RC_NUMBER_MAX])
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	size_t n = value < 0, end;

	for (uint64_t left = rest; left > 9; left /= 10)
		n++;
	end = n + 1;
	for (; rest > 9; rest /= 10)
		text[n--] = (char)('0' + rest % 10);
	text[n] = (char)('0' + rest);
	if (value < 0)
		text[0] = '-';
	text[end] = '\0';
	return end;
}

size_t rc_number_format_g(double value, int bits, char text[RC_NUMBER_MAX])
{
	struct digits digits;
	int exponent;

	if (bits == 32)
		value = (double)(float)value;
	if (!isfinite(value))
		return put_special(value, text);
	find_digits(value, bits, &digits);
	exponent = digits.point - 1;
	if (exponent < -4 || exponent >= 6)
		return put_e(&digits, text, true);
	return put_f(&digits, text);
}

size_t rc_number_format_f(double value, char text[RC_NUMBER_MAX])
{
	struct digits digits;

	if (!isfinite(value))
		return put_special(value, text);
	find_digits(value, 64, &digits);
	return put_f(&digits, text);
}

size_t rc_number_format_json(double value, char text[RC_NUMBER_MAX])
{
	struct digits digits;
	double size = fabs(value);

	if (!isfinite(value))
		return put_special(value, text);
	find_digits(value, 64, &digits);
	if (size != 0 && (size < 1e-6 || size >= 1e21))
		return put_e(&digits, text, size >= 1e21);
	return put_f(&digits, text);
}

/* Behind a sign: "0x", "0b", "0o" in either case, which is cut. */
static bool cut_prefix(struct rc_str *text, bool *ret_hex)
{
	if (text->n > 0 && (text->p[0] == '-' || text->p[0] == '+')) {
		text->p++;
		text->n--;
	}
	if (text->n < 2 || text->p[0] != '0' || !text->p[1] || !strchr("bBoOxX", text->p[1]))
		return false;
	*ret_hex = (text->p[1] | 0x20) == 'x';
	text->p += 2;
	text->n -= 2;
	return true;
}

/* strconv's underscoreOK: each between two digits, or between the base's prefix and a digit. */
static bool underscores_are_right(struct rc_str text)
{
	bool hex = false;
	char before = cut_prefix(&text, &hex) ? '0' : '^';

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool digit = hex ? isxdigit((unsigned char)c) : isdigit((unsigned char)c);

		if ((c == '_' && before != '0') || (c != '_' && !digit && before == '_'))
			return false;
		before = digit ? '0' : c == '_' ? '_' : '!';
	}
	return before != '_';
}

static int take_base(struct rc_str *text, int base)
{
	if (base != 0)
		return base;
	if (text->n == 0 || text->p[0] != '0')
		return 10;
	if (text->n >= 3) {
		char c = (char)(text->p[1] | 0x20);
		int found = c == 'x' ? 16 : c == 'b' ? 2 : c == 'o' ? 8 : 0;

		if (found) {
			text->p += 2;
			text->n -= 2;
			return found;
		}
	}
	return 8;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

int rc_number_parse_uint(struct rc_str text, int base, uint64_t *ret)
{
	struct rc_str whole = text;
	uint64_t value = 0;
	bool range = false, any_base = base == 0, underscores = false;

	if (text.n == 0)
		return -EINVAL;
	base = take_base(&text, base);
	for (size_t i = 0; i < text.n; i++) {
		int digit = digit_value(text.p[i]);

		if (any_base && text.p[i] == '_') {
			underscores = true;
			continue;
		}
		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			range = true;
	}
	if (underscores && !underscores_are_right(whole))
		return -EINVAL;
	if (range)
		return -ERANGE;
	*ret = value;
	return 0;
}

int rc_number_parse_int(struct rc_str text, int base, int64_t *ret)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint64_t size;
	int r;

	if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+')) {
		text.p++;
		text.n--;
	}
	r = rc_number_parse_uint(text, base, &size);
	if (r < 0)
		return r;
	if (size > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - size) : (int64_t)size;
	return 0;
}

static size_t skip_digits(struct rc_str *text)
{
	size_t n = 0;

	while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9')
		n++;
	text->p += n;
	text->n -= n;
	return n;
}

static bool skip_char(struct rc_str *text, const char *any)
{
	if (text->n == 0 || text->p[0] == '\0' || !strchr(any, text->p[0]))
		return false;
	text->p++;
	text->n--;
	return true;
}

bool rc_number_is_decimal(struct rc_str text)
{
	size_t digits;

	skip_char(&text, "+-");
	digits = skip_digits(&text);
	if (skip_char(&text, "."))
		digits += skip_digits(&text);
	if (digits == 0)
		return false;
	if (skip_char(&text, "eE")) {
		skip_char(&text, "+-");
		if (skip_digits(&text) == 0)
			return false;
	}
	return text.n == 0;
}

/* 0x1.8p3: the exponent is a must. */
static bool is_hexadecimal(struct rc_str text)
{
	size_t digits = 0;

	skip_char(&text, "+-");
	if (text.n < 3 || text.p[0] != '0' || (text.p[1] | 0x20) != 'x')
		return false;
	text.p += 2;
	text.n -= 2;
	while (skip_char(&text, "0123456789abcdefABCDEF"))
		digits++;
	if (skip_char(&text, "."))
		while (skip_char(&text, "0123456789abcdefABCDEF"))
			digits++;
	if (digits == 0 || !skip_char(&text, "pP"))
		return false;
	skip_char(&text, "+-");
	return skip_digits(&text) > 0 && text.n == 0;
}

/* inf, infinity with a sign or without, nan, in any case. */
static bool is_special(struct rc_str text, double *ret)
{
	bool sign = text.n > 0 && (text.p[0] == '+' || text.p[0] == '-');
	struct rc_str word = {text.p + sign, text.n - sign};

	if ((word.n == 3 && strncasecmp(word.p, "inf", 3) == 0) ||
	    (word.n == 8 && strncasecmp(word.p, "infinity", 8) == 0))
		*ret = text.p[0] == '-' ? -INFINITY : INFINITY;
	else if (!sign && word.n == 3 && strncasecmp(word.p, "nan", 3) == 0)
		*ret = NAN;
	else
		return false;
	return true;
}

int rc_number_parse_float(struct rc_str text, double *ret)
{
	rc_autofree char *copy = NULL;
	char brief[128], *plain = brief;
	size_t n = 0;

	if (text.n >= sizeof(brief))
		plain = copy = rc_malloc(text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			plain[n++] = text.p[i];
	plain[n] = '\0';
	if (n < text.n && !underscores_are_right(text))
		return -EINVAL;
	if (is_special(text, ret))
		return 0;
	if (!rc_number_is_decimal((struct rc_str){plain, n}) &&
	    !is_hexadecimal((struct rc_str){plain, n}))
		return -EINVAL;
	*ret = strtod_l(plain, NULL, plain_locale());
	return isinf(*ret) ? -ERANGE : 0;
}
