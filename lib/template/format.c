/* fmt.Sprintf. */
#include "template/format.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "data/number.h"
#include "data/quote.h"
#include "data/utf8.h"

#define WIDTH_MAX 1000000

/* One %-directive. */
struct verb {
	bool minus, plus, sharp, space, zero;
	bool has_width, has_precision;
	int width, precision;
	uint32_t rune;
};

struct formatter {
	struct rc_buf *out;
	const struct rc_value *args;
	size_t n, next;
	bool reordered, bad_index;
};

static void put_padded(struct rc_buf *out, const struct verb *verb, struct rc_str text)
{
	size_t runes = rc_utf8_count(text);
	size_t pad =
		verb->has_width && (size_t)verb->width > runes ? (size_t)verb->width - runes : 0;

	if (!verb->minus)
		rc_buf_fill(out, ' ', pad);
	rc_buf_add_str(out, text);
	if (verb->minus)
		rc_buf_fill(out, ' ', pad);
}

/* Digits with sign and prefix; zeros fill up between them and the number. */
static void put_number(struct rc_buf *out, const struct verb *verb, const char *prefix,
		       struct rc_str digits)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n = strlen(prefix) + digits.n, zeros = 0;

	if (verb->has_precision && digits.n < (size_t)verb->precision)
		zeros = (size_t)verb->precision - digits.n;
	else if (verb->zero && !verb->minus && !verb->has_precision && verb->has_width &&
		 n < (size_t)verb->width)
		zeros = (size_t)verb->width - n;
	rc_buf_puts(&text, prefix);
	rc_buf_fill(&text, '0', zeros);
	rc_buf_add_str(&text, digits);
	put_padded(out, verb, rc_buf_str(&text));
}

static void bad_verb(struct rc_buf *out, const struct verb *verb, struct rc_value value)
{
	rc_buf_puts(out, "%!");
	rc_buf_put_rune(out, verb->rune);
	rc_buf_putc(out, '(');
	if (!rc_value_is_nil(value))
		rc_buf_printf(out, "%s=", rc_value_type_name(value));
	rc_value_print(out, value);
	rc_buf_putc(out, ')');
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

static void format_rune(struct rc_buf *out, const struct verb *verb, int64_t value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(64);
	uint32_t rune = value < 0 || value > 0x10ffff ? RC_UTF8_ERROR : (uint32_t)value;

	if (verb->rune == 'q')
		rc_quote_rune(&text, rune, verb->plus);
	else
		rc_buf_put_rune(&text, rune);
	put_padded(out, verb, rc_buf_str(&text));
}

static void format_integer(struct rc_buf *out, const struct verb *verb, struct rc_value value)
{
	bool negative = value.integer < 0;
	uint64_t size = negative ? 0 - (uint64_t)value.integer : (uint64_t)value.integer;
	const char *sign = negative ? "-" : verb->plus ? "+" : verb->space ? " " : "";
	const char *base_prefix = "";
	char digits[72], prefix[8];
	unsigned int base = 10;

	switch (verb->rune) {
	case 'v':
	case 'd':
		break;
	case 'b':
		base = 2;
		base_prefix = verb->sharp ? "0b" : "";
		break;
	case 'o':
	case 'O':
		base = 8;
		base_prefix = verb->rune == 'O' ? "0o" : verb->sharp ? "0" : "";
		break;
	case 'x':
	case 'X':
		base = 16;
		base_prefix = !verb->sharp ? "" : verb->rune == 'x' ? "0x" : "0X";
		break;
	case 'c':
	case 'q':
		format_rune(out, verb, value.integer);
		return;
	case 'U':
		snprintf(digits, sizeof(digits), "U+%04llX", (unsigned long long)size);
		put_padded(out, verb, rc_str(digits));
		return;
	default:
		bad_verb(out, verb, value);
		return;
	}
	snprintf(prefix, sizeof(prefix), "%s%s", sign, base_prefix);
	put_number(out, verb, prefix,
		   (struct rc_str){digits, to_base(size, base, verb->rune == 'X', digits)});
}

/* The number without its sign. */
static size_t float_digits(const struct verb *verb, double size, char *text, size_t room)
{
	int precision = verb->has_precision && verb->precision < 300 ? verb->precision : 6;
	char format[16];

	if ((verb->rune == 'v' || verb->rune == 'g') && !verb->has_precision)
		return rc_number_format_g(size, 64, text);
	snprintf(format, sizeof(format), "%%.*%c", verb->rune == 'v' ? 'g' : (char)verb->rune);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	return (size_t)snprintf(text, room, format, precision, size);
#pragma GCC diagnostic pop
}

static void format_float(struct rc_buf *out, const struct verb *verb, struct rc_value value)
{
	char text[RC_NUMBER_MAX + 320];
	const char *sign = "";
	size_t n;

	/* A verb may be NUL, which strchr() finds in any text. */
	if (verb->rune == 0 || verb->rune > 0x7f || !strchr("veEfFgG", (int)verb->rune)) {
		bad_verb(out, verb, value);
		return;
	}
	n = float_digits(verb, fabs(value.real), text, sizeof(text));
	if (signbit(value.real) && !isnan(value.real))
		sign = "-";
	else if (verb->plus)
		sign = "+";
	else if (verb->space)
		sign = " ";
	if (!isfinite(value.real)) {
		snprintf(text, sizeof(text), "%s%s",
			 *sign		     ? sign
			 : isnan(value.real) ? ""
					     : "+",
			 isnan(value.real) ? "NaN" : "Inf");
		put_padded(out, verb, rc_str(text));
		return;
	}
	put_number(out,
		   &(struct verb){.minus = verb->minus,
				  .zero = verb->zero,
				  .has_width = verb->has_width,
				  .width = verb->width},
		   sign, (struct rc_str){text, n});
}

static void put_hex(struct rc_buf *out, const struct verb *verb, struct rc_str text)
{
	rc_autobuf struct rc_buf hex = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (verb->sharp && text.n > 0)
		rc_buf_puts(&hex, verb->rune == 'x' ? "0x" : "0X");
	for (size_t i = 0; i < text.n; i++) {
		if (verb->space && i > 0)
			rc_buf_putc(&hex, ' ');
		rc_buf_printf(&hex, verb->rune == 'x' ? "%02x" : "%02X",
			      (unsigned int)(unsigned char)text.p[i]);
	}
	put_padded(out, verb, rc_buf_str(&hex));
}

static struct rc_str cut(const struct verb *verb, struct rc_str text)
{
	struct rc_str rest = text;

	if (!verb->has_precision)
		return text;
	for (int i = 0; i < verb->precision && rest.n > 0; i++) {
		size_t n;

		rc_utf8_decode(rest, &n);
		rest.p += n;
		rest.n -= n;
	}
	text.n -= rest.n;
	return text;
}

static void format_text(struct rc_buf *out, const struct verb *verb, struct rc_value value)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str text = cut(verb, value.text);

	switch (verb->rune) {
	case 'v':
		if (!verb->sharp) {
			put_padded(out, verb, text);
			return;
		}
		rc_quote_string(&quoted, text, false);
		put_padded(out, verb, rc_buf_str(&quoted));
		return;
	case 's':
		put_padded(out, verb, text);
		return;
	case 'q':
		if (verb->sharp)
			rc_quote_string_raw(&quoted, text);
		else
			rc_quote_string(&quoted, text, verb->plus);
		put_padded(out, verb, rc_buf_str(&quoted));
		return;
	case 'x':
	case 'X':
		put_hex(out, verb, text);
		return;
	default:
		bad_verb(out, verb, value);
		return;
	}
}

static void format_value(struct rc_buf *out, const struct verb *verb, struct rc_value value);

static void format_list(struct rc_buf *out, const struct verb *verb,
			const struct rc_value_list *list)
{
	rc_buf_putc(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			rc_buf_putc(out, ' ');
		format_value(out, verb, list->items[i]);
	}
	rc_buf_putc(out, ']');
}

static void format_map(struct rc_buf *out, const struct verb *verb, const struct rc_value_map *map)
{
	rc_buf_puts(out, "map[");
	for (size_t i = 0; i < map->n; i++) {
		if (i > 0)
			rc_buf_putc(out, ' ');
		format_text(out, verb, rc_value_str(map->entries[i].key));
		rc_buf_putc(out, ':');
		format_value(out, verb, map->entries[i].value);
	}
	rc_buf_putc(out, ']');
}

static void format_object(struct rc_buf *out, const struct verb *verb, struct rc_value value)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	value.type->print(value.object, &text);
	if (verb->rune == 'v' || value.type->is_stringer)
		format_text(out, verb, rc_value_str(rc_buf_str(&text)));
	else
		bad_verb(out, verb, value);
}

static void format_value(struct rc_buf *out, const struct verb *verb, struct rc_value value)
{
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		if (verb->rune == 'v')
			put_padded(out, verb, RC_STR("<nil>"));
		else
			bad_verb(out, verb, value);
		return;
	case RC_VALUE_BOOL:
		if (verb->rune == 't' || verb->rune == 'v')
			put_padded(out, verb, value.truth ? RC_STR("true") : RC_STR("false"));
		else
			bad_verb(out, verb, value);
		return;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
		format_integer(out, verb, value);
		return;
	case RC_VALUE_FLOAT:
		format_float(out, verb, value);
		return;
	case RC_VALUE_STRING:
		format_text(out, verb, value);
		return;
	case RC_VALUE_BYTES:
		if (verb->rune == 'v' || verb->rune == 'd')
			rc_value_print(out, value);
		else
			format_text(out, verb, value);
		return;
	case RC_VALUE_LIST:
		format_list(out, verb, value.list);
		return;
	case RC_VALUE_MAP:
		format_map(out, verb, value.map);
		return;
	case RC_VALUE_OBJECT:
		format_object(out, verb, value);
		return;
	}
}

static void format_one(struct formatter *formatter, const struct verb *verb)
{
	struct rc_value value = formatter->args[formatter->next++];

	if (verb->rune == 'T')
		put_padded(formatter->out, verb, rc_str(rc_value_type_name(value)));
	else if (verb->rune == 'p')
		bad_verb(formatter->out, verb, value);
	else
		format_value(formatter->out, verb, value);
}

static bool take_flag(struct verb *verb, char c)
{
	switch (c) {
	case '-':
		verb->minus = true;
		return true;
	case '+':
		verb->plus = true;
		return true;
	case '#':
		verb->sharp = true;
		return true;
	case ' ':
		verb->space = true;
		return true;
	case '0':
		verb->zero = true;
		return true;
	default:
		return false;
	}
}

/* "[3]": the next argument's number. */
static void take_index(struct formatter *formatter, struct rc_str *s)
{
	size_t i = 1, number = 0;

	if (s->n == 0 || s->p[0] != '[')
		return;
	formatter->reordered = true;
	while (i < s->n && isdigit((unsigned char)s->p[i]) && number < WIDTH_MAX)
		number = number * 10 + (size_t)(s->p[i++] - '0');
	if (i == s->n || s->p[i] != ']' || number < 1 || number > formatter->n) {
		formatter->bad_index = true;
		return;
	}
	formatter->next = number - 1;
	s->p += i + 1;
	s->n -= i + 1;
}

/* A number, or '*' for one among the arguments; false: neither. */
static bool take_size(struct formatter *formatter, struct rc_str *s, int *ret, const char *bad)
{
	bool found = false;

	if (s->n > 0 && s->p[0] == '*') {
		s->p++;
		s->n--;
		if (formatter->next >= formatter->n ||
		    formatter->args[formatter->next].kind != RC_VALUE_INT ||
		    llabs(formatter->args[formatter->next].integer) > WIDTH_MAX) {
			rc_buf_puts(formatter->out, bad);
			formatter->next += formatter->next < formatter->n;
			return false;
		}
		*ret = (int)formatter->args[formatter->next++].integer;
		return true;
	}
	for (*ret = 0; s->n > 0 && isdigit((unsigned char)*s->p); s->p++, s->n--) {
		if (*ret < WIDTH_MAX)
			*ret = *ret * 10 + (*s->p - '0');
		found = true;
	}
	return found;
}

static void take_precision(struct formatter *formatter, struct rc_str *s, struct verb *verb)
{
	if (s->n == 0 || s->p[0] != '.')
		return;
	s->p++;
	s->n--;
	take_index(formatter, s);
	verb->has_precision = true;
	if (!take_size(formatter, s, &verb->precision, "%!(BADPREC)"))
		verb->precision = 0;
	if (verb->precision < 0)
		verb->has_precision = false;
}

/* From behind the '%' to behind the verb. */
static void take_directive(struct formatter *formatter, struct rc_str *s)
{
	struct verb verb = {.rune = 0};
	size_t n;

	formatter->bad_index = false;
	while (s->n > 0 && take_flag(&verb, s->p[0])) {
		s->p++;
		s->n--;
	}
	take_index(formatter, s);
	verb.has_width = take_size(formatter, s, &verb.width, "%!(BADWIDTH)");
	if (verb.width < 0) {
		verb.width = -verb.width;
		verb.minus = true;
	}
	take_precision(formatter, s, &verb);
	take_index(formatter, s);
	if (s->n == 0) {
		rc_buf_puts(formatter->out, "%!(NOVERB)");
		return;
	}
	verb.rune = rc_utf8_decode(*s, &n);
	s->p += n;
	s->n -= n;
	if (verb.rune == '%') {
		rc_buf_putc(formatter->out, '%');
		return;
	}
	if (formatter->bad_index || formatter->next >= formatter->n) {
		rc_buf_puts(formatter->out, "%!");
		rc_buf_put_rune(formatter->out, verb.rune);
		rc_buf_puts(formatter->out, formatter->bad_index ? "(BADINDEX)" : "(MISSING)");
		return;
	}
	format_one(formatter, &verb);
}

void rc_template_format(struct rc_buf *buf, struct rc_str format, const struct rc_value *args,
			size_t n)
{
	struct formatter formatter = {.out = buf, .args = args, .n = n};

	while (format.n > 0) {
		const char *percent = memchr(format.p, '%', format.n);
		size_t plain = percent ? (size_t)(percent - format.p) : format.n;

		rc_buf_add(buf, format.p, plain);
		format.p += plain;
		format.n -= plain;
		if (format.n == 0)
			break;
		format.p++;
		format.n--;
		take_directive(&formatter, &format);
	}
	if (formatter.reordered || formatter.next >= n)
		return;
	rc_buf_puts(buf, "%!(EXTRA ");
	for (size_t i = formatter.next; i < n; i++) {
		if (i > formatter.next)
			rc_buf_puts(buf, ", ");
		if (!rc_value_is_nil(args[i]))
			rc_buf_printf(buf, "%s=", rc_value_type_name(args[i]));
		rc_value_print(buf, args[i]);
	}
	rc_buf_putc(buf, ')');
}

void rc_template_format_print(struct rc_buf *buf, const struct rc_value *args, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && args[i].kind != RC_VALUE_STRING && args[i - 1].kind != RC_VALUE_STRING)
			rc_buf_putc(buf, ' ');
		rc_value_print(buf, args[i]);
	}
}
