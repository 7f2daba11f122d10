/* Go's fmt for the plain kinds. */
#include "template/format-verb.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/number.h"
#include "data/quote.h"
#include "data/unicode.h"
#include "data/utf8.h"

#define FLOAT_MAX	    1500 /* bytes of the longest: 309 digits, a point and what precision asks for */
#define FLOAT_PRECISION_MAX 1100

void rc_template_format_verb_pad(struct rc_buf *out, const struct rc_template_format_verb *verb,
				 struct rc_str text)
{
	size_t runes = verb->has_width ? rc_utf8_count(text) : 0;
	size_t n = verb->has_width && (size_t)verb->width > runes ? (size_t)verb->width - runes : 0;

	if (!verb->minus)
		rc_buf_fill(out, verb->zero ? '0' : ' ', n);
	rc_buf_add_str(out, text);
	if (verb->minus)
		rc_buf_fill(out, ' ', n);
}

static void pad_blank(struct rc_buf *out, const struct rc_template_format_verb *verb,
		      struct rc_str text)
{
	struct rc_template_format_verb blank = *verb;

	blank.zero = false;
	rc_template_format_verb_pad(out, &blank, text);
}

/* The code points that the precision leaves. */
static struct rc_str cut(const struct rc_template_format_verb *verb, struct rc_str text)
{
	struct rc_str rest = text;

	for (int i = 0; verb->has_precision && i < verb->precision && rest.n > 0; i++) {
		size_t n;

		rc_utf8_decode(rest, &n);
		rest.p += n;
		rest.n -= n;
	}
	if (verb->has_precision)
		text.n -= rest.n;
	return text;
}

static void put_hex(struct rc_buf *out, const struct rc_template_format_verb *verb,
		    struct rc_str text)
{
	rc_autobuf struct rc_buf hex = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *prefix = !verb->sharp ? "" : verb->rune == 'x' ? "0x" : "0X";

	if (verb->has_precision && (size_t)verb->precision < text.n)
		text.n = (size_t)verb->precision;
	for (size_t i = 0; i < text.n; i++) {
		if (verb->space && i > 0)
			rc_buf_putc(&hex, ' ');
		if (i == 0 || verb->space)
			rc_buf_puts(&hex, prefix);
		rc_buf_printf(&hex, verb->rune == 'x' ? "%02x" : "%02X",
			      (unsigned int)(unsigned char)text.p[i]);
	}
	rc_template_format_verb_pad(out, verb, rc_buf_str(&hex));
}

bool rc_template_format_verb_text(struct rc_buf *out, const struct rc_template_format_verb *verb,
				  struct rc_str text)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (verb->rune == 'x' || verb->rune == 'X') {
		put_hex(out, verb, text);
		return true;
	}
	text = cut(verb, text);
	if (verb->rune == 's' || (verb->rune == 'v' && !verb->sharp_v)) {
		rc_template_format_verb_pad(out, verb, text);
		return true;
	}
	if (verb->rune != 'q' && verb->rune != 'v')
		return false;
	if (verb->sharp)
		rc_quote_string_raw(&quoted, text);
	else
		rc_quote_string(&quoted, text, verb->plus);
	rc_template_format_verb_pad(out, verb, rc_buf_str(&quoted));
	return true;
}

static void put_rune(struct rc_buf *out, const struct rc_template_format_verb *verb, uint64_t value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(64);
	uint32_t rune = value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? RC_UTF8_ERROR
										: (uint32_t)value;

	if (verb->rune == 'q')
		rc_quote_rune(&text, rune, verb->plus);
	else
		rc_buf_put_rune(&text, rune);
	rc_template_format_verb_pad(out, verb, rc_buf_str(&text));
}

/* U+0041, and with '#' the character itself. */
static void put_unicode(struct rc_buf *out, const struct rc_template_format_verb *verb,
			uint64_t value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int precision = verb->has_precision && verb->precision > 4 ? verb->precision : 4;

	rc_buf_printf(&text, "U+%0*llX", precision, (unsigned long long)value);
	if (verb->sharp && value <= 0x10ffff && rc_unicode_is_print((uint32_t)value)) {
		rc_buf_puts(&text, " '");
		rc_buf_put_rune(&text, (uint32_t)value);
		rc_buf_putc(&text, '\'');
	}
	pad_blank(out, verb, rc_buf_str(&text));
}

static size_t to_base(uint64_t value, unsigned int base, bool upper, char digits[72])
{
	const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[72];
	size_t n = 0;

	do {
		reversed[n++] = alphabet[value % base];
		value /= base;
	} while (value > 0);
	for (size_t i = 0; i < n; i++)
		digits[i] = reversed[n - 1 - i];
	return n;
}

static const char *sign_of(const struct rc_template_format_verb *verb, bool negative)
{
	return negative ? "-" : verb->plus ? "+" : verb->space ? " " : "";
}

/* How many digits there must be; %08d leaves room for its sign. */
static size_t least_digits(const struct rc_template_format_verb *verb, bool sign)
{
	if (verb->has_precision)
		return (size_t)verb->precision;
	if (!verb->zero || verb->minus || !verb->has_width)
		return 0;
	return (size_t)verb->width - (sign && verb->width > 0);
}

static const char *base_prefix(const struct rc_template_format_verb *verb, unsigned int base)
{
	if (base == 2)
		return "0b";
	if (base == 16)
		return verb->rune == 'X' ? "0X" : "0x";
	return "";
}

/* Zeros stand behind the sign and behind 0x, which make the number longer than its width. */
static void put_integer(struct rc_buf *out, const struct rc_template_format_verb *verb,
			uint64_t value, bool is_signed, unsigned int base, bool sharp)
{
	bool negative = is_signed && (int64_t)value < 0;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *sign = sign_of(verb, negative);
	size_t n, least = least_digits(verb, *sign);
	char digits[72];

	if (verb->has_precision && least == 0 && value == 0) {
		rc_buf_fill(out, ' ', verb->has_width ? (size_t)verb->width : 0);
		return;
	}
	n = to_base(negative ? 0 - value : value, base, verb->rune == 'X', digits);
	rc_buf_puts(&text, sign);
	rc_buf_puts(&text, verb->rune == 'O' ? "0o" : "");
	rc_buf_puts(&text, sharp ? base_prefix(verb, base) : "");
	if (sharp && base == 8 && n >= least && digits[0] != '0')
		rc_buf_putc(&text, '0');
	rc_buf_fill(&text, '0', n < least ? least - n : 0);
	rc_buf_add(&text, digits, n);
	pad_blank(out, verb, rc_buf_str(&text));
}

bool rc_template_format_verb_integer(struct rc_buf *out, const struct rc_template_format_verb *verb,
				     uint64_t value, bool is_signed)
{
	switch (verb->rune) {
	case 'v':
		if (verb->sharp_v && !is_signed)
			put_integer(out, verb, value, false, 16, true);
		else
			put_integer(out, verb, value, is_signed, 10, verb->sharp);
		return true;
	case 'd':
		put_integer(out, verb, value, is_signed, 10, verb->sharp);
		return true;
	case 'b':
		put_integer(out, verb, value, is_signed, 2, verb->sharp);
		return true;
	case 'o':
	case 'O':
		put_integer(out, verb, value, is_signed, 8, verb->sharp);
		return true;
	case 'x':
	case 'X':
		put_integer(out, verb, value, is_signed, 16, verb->sharp);
		return true;
	case 'c':
	case 'q':
		put_rune(out, verb, value);
		return true;
	case 'U':
		put_unicode(out, verb, value);
		return true;
	default:
		return false;
	}
}

bool rc_template_format_verb_bool(struct rc_buf *out, const struct rc_template_format_verb *verb,
				  bool value)
{
	if (verb->rune != 't' && verb->rune != 'v')
		return false;
	rc_template_format_verb_pad(out, verb, value ? RC_STR("true") : RC_STR("false"));
	return true;
}

/* Mantissa and power of two, both in decimal. */
static void put_binary(double size, char text[FLOAT_MAX])
{
	uint64_t bits, mantissa;
	int exponent;

	memcpy(&bits, &size, sizeof(bits));
	mantissa = bits & ((UINT64_C(1) << 52) - 1);
	exponent = (int)(bits >> 52 & 0x7ff);
	if (exponent == 0)
		exponent = 1;
	else
		mantissa |= UINT64_C(1) << 52;
	snprintf(text, FLOAT_MAX, "%llup%+d", (unsigned long long)mantissa, exponent - 1023 - 52);
}

/* C writes an exponent of one digit, Go of two. */
static void widen_exponent(char text[FLOAT_MAX], char letter)
{
	char *at = strchr(text, letter);

	if (at && strlen(at) == 3) {
		at[4] = '\0';
		at[3] = at[2];
		at[2] = '0';
	}
}

static int precision_of(const struct rc_template_format_verb *verb, char letter)
{
	int usual = letter == 'f' || (letter | 0x20) == 'e' ? 6 : -1;
	int precision = verb->has_precision ? verb->precision : usual;

	return precision > FLOAT_PRECISION_MAX ? FLOAT_PRECISION_MAX : precision;
}

static void shortest(double size, char letter, char text[FLOAT_MAX])
{
	char *exponent;

	rc_number_format_g(size, 64, text);
	exponent = strchr(text, 'e');
	if (letter == 'G' && exponent)
		*exponent = 'E';
}

/* C's printf; without precision %a gives as many digits as there are. */
static void by_printf(double size, char letter, int precision, char text[FLOAT_MAX])
{
	char format[16];

	snprintf(format, sizeof(format), precision < 0 ? "%%%c" : "%%.*%c", letter);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (precision < 0)
		snprintf(text, FLOAT_MAX, format, size);
	else
		snprintf(text, FLOAT_MAX, format, precision, size);
#pragma GCC diagnostic pop
}

/* A size, never negative, as strconv.FormatFloat writes it. */
static void float_digits(const struct rc_template_format_verb *verb, double size,
			 char text[FLOAT_MAX])
{
	char letter = verb->rune == 'v' ? 'g' : verb->rune == 'F' ? 'f' : (char)verb->rune;
	int precision = precision_of(verb, letter);

	if (letter == 'b') {
		put_binary(size, text);
	} else if ((letter | 0x20) == 'g' && precision < 0) {
		shortest(size, letter, text);
	} else if ((letter | 0x20) == 'x') {
		by_printf(size, letter == 'x' ? 'a' : 'A', precision, text);
		widen_exponent(text, letter == 'x' ? 'p' : 'P');
	} else {
		by_printf(size, letter, precision, text);
	}
}

/* %#g keeps the point and the zeros that the precision has room for. */
static void keep_point(const struct rc_template_format_verb *verb, char text[FLOAT_MAX])
{
	bool hex = (verb->rune | 0x20) == 'x', seen = false, point = strchr(text, '.') != NULL;
	size_t body = strcspn(text, hex ? "pP" : "eE");
	char tail[16] = "", *end = text + body;
	int digits = 0;

	if (verb->rune == 'v' || (verb->rune | 0x20) == 'g' || verb->rune == 'x')
		digits = verb->has_precision ? verb->precision : 6;
	snprintf(tail, sizeof(tail), "%s", end);
	for (const char *p = text; p < end; p++) {
		if (*p == '.')
			continue;
		seen = seen || *p != '0';
		digits -= seen;
	}
	if (!point) {
		digits -= body == 1 && text[0] == '0';
		*end++ = '.';
	}
	for (; digits > 0 && end < text + FLOAT_MAX - sizeof(tail); digits--)
		*end++ = '0';
	memcpy(end, tail, sizeof(tail));
}

static void put_special(struct rc_buf *out, const struct rc_template_format_verb *verb,
			double value)
{
	const char *sign = verb->plus ? "+" : verb->space ? " " : "";

	if (isnan(value)) {
		rc_autobuf struct rc_buf text = RC_BUF_INIT(16);

		rc_buf_printf(&text, "%sNaN", sign);
		pad_blank(out, verb, rc_buf_str(&text));
		return;
	}
	pad_blank(out, verb,
		  value < 0	 ? RC_STR("-Inf")
		  : *sign == ' ' ? RC_STR(" Inf")
				 : RC_STR("+Inf"));
}

bool rc_template_format_verb_float(struct rc_buf *out, const struct rc_template_format_verb *verb,
				   double value)
{
	const char *sign = signbit(value) ? "-" : verb->plus ? "+" : verb->space ? " " : "";
	rc_autobuf struct rc_buf number = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char text[FLOAT_MAX];
	size_t n;

	/* A verb may be NUL, which strchr() finds in any text. */
	if (verb->rune == 0 || verb->rune > 0x7f || !strchr("vbgGxXfFeE", (int)verb->rune))
		return false;
	if (!isfinite(value)) {
		put_special(out, verb, value);
		return true;
	}
	float_digits(verb, fabs(value), text);
	if (verb->sharp && verb->rune != 'b')
		keep_point(verb, text);
	n = strlen(text) + 1;
	if (*sign && verb->zero && !verb->minus && verb->has_width && (size_t)verb->width > n) {
		rc_buf_puts(out, sign);
		rc_buf_fill(out, '0', (size_t)verb->width - n);
		rc_buf_puts(out, text);
		return true;
	}
	rc_buf_puts(&number, sign);
	rc_buf_puts(&number, text);
	rc_template_format_verb_pad(out, verb, rc_buf_str(&number));
	return true;
}
