/* fmt.Sprintf. */
#include "template/format.h"

#include <ctype.h>
#include <stdlib.h>

#include "data/utf8.h"
#include "template/format-verb.h"

#define WIDTH_MAX 1000000
#define DEPTH_MAX 500

struct formatter {
	struct rc_buf *out;
	const struct rc_value *args;
	size_t n, next;
	bool reordered, bad_index;
	bool after_index; /* the last thing in the directive was "[n]" */
};

static void put_value(struct rc_buf *out, const struct rc_template_format_verb *verb,
		      struct rc_value value, unsigned int depth);

/* "%!d(string=x)": the value as %v with the directive's flags and width. */
static void bad_verb(struct rc_buf *out, const struct rc_template_format_verb *verb,
		     struct rc_value value)
{
	struct rc_template_format_verb plain = *verb;

	plain.rune = 'v';
	plain.complains = true;
	rc_buf_puts(out, "%!");
	rc_buf_put_rune(out, verb->rune);
	rc_buf_putc(out, '(');
	if (rc_value_is_nil(value)) {
		rc_buf_puts(out, "<nil>");
	} else {
		rc_buf_printf(out, "%s=", rc_value_type_name(value));
		put_value(out, &plain, value, 0);
	}
	rc_buf_putc(out, ')');
}

static bool is_text_verb(uint32_t rune)
{
	return rune == 's' || rune == 'q' || rune == 'x' || rune == 'X';
}

static void put_bytes(struct rc_buf *out, const struct rc_template_format_verb *verb,
		      struct rc_str bytes, unsigned int depth)
{
	bool sharp = verb->sharp_v && verb->rune == 'v';

	if (is_text_verb(verb->rune)) {
		rc_template_format_verb_text(out, verb, bytes);
		return;
	}
	if (sharp)
		rc_buf_puts(out, depth == 0 ? "[]byte" : "[]uint8");
	if (sharp && !bytes.p) {
		rc_buf_puts(out, "(nil)");
		return;
	}
	rc_buf_putc(out, sharp ? '{' : '[');
	for (size_t i = 0; i < bytes.n; i++) {
		struct rc_value byte = {.kind = RC_VALUE_UINT8,
					.integer = (unsigned char)bytes.p[i]};

		if (i > 0)
			rc_buf_puts(out, sharp ? ", " : " ");
		put_value(out, verb, byte, depth + 1);
	}
	rc_buf_putc(out, sharp ? '}' : ']');
}

/* An element: nil in a list or map of anything is <nil> whatever the verb. */
static void put_element(struct rc_buf *out, const struct rc_template_format_verb *verb,
			struct rc_value value, unsigned int depth)
{
	if (rc_value_is_nil(value))
		rc_buf_puts(out, verb->sharp_v ? "interface {}(nil)" : "<nil>");
	else
		put_value(out, verb, value, depth + 1);
}

static void put_list(struct rc_buf *out, const struct rc_template_format_verb *verb,
		     struct rc_value value, unsigned int depth)
{
	const struct rc_value_list *list = value.list;

	if (verb->sharp_v)
		rc_buf_puts(out, rc_value_type_name(value));
	if (verb->sharp_v && list->is_nil) {
		rc_buf_puts(out, "(nil)");
		return;
	}
	rc_buf_putc(out, verb->sharp_v ? '{' : '[');
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			rc_buf_puts(out, verb->sharp_v ? ", " : " ");
		put_element(out, verb, list->items[i], depth);
	}
	rc_buf_putc(out, verb->sharp_v ? '}' : ']');
}

static void put_map(struct rc_buf *out, const struct rc_template_format_verb *verb,
		    struct rc_value value, unsigned int depth)
{
	const struct rc_value_map *map = value.map;

	rc_buf_puts(out, verb->sharp_v ? rc_value_type_name(value) : "map");
	if (verb->sharp_v && map->is_nil) {
		rc_buf_puts(out, "(nil)");
		return;
	}
	rc_buf_putc(out, verb->sharp_v ? '{' : '[');
	for (size_t i = 0; i < map->n; i++) {
		if (i > 0)
			rc_buf_puts(out, verb->sharp_v ? ", " : " ");
		put_value(out, verb, rc_value_str(map->entries[i].key), depth + 1);
		rc_buf_putc(out, ':');
		put_element(out, verb, map->entries[i].value, depth);
	}
	rc_buf_putc(out, verb->sharp_v ? '}' : ']');
}

/* Where something lies in memory; all of ours is at one place. */
#define ADDRESS UINT64_C(0xc000000000)

static bool put_pointer(struct rc_buf *out, const struct rc_template_format_verb *verb,
			struct rc_value value)
{
	struct rc_template_format_verb number = *verb;

	if (verb->rune == 'v' && verb->sharp_v) {
		rc_buf_printf(out, "(%s)(0x%llx)", value.type->name, (unsigned long long)ADDRESS);
		return true;
	}
	if (verb->rune == 'v') {
		number.rune = 'x';
		number.sharp = !verb->sharp;
	} else if (verb->rune > 0x7f || verb->rune == 0 || !strchr("bodxX", (int)verb->rune)) {
		return false;
	}
	return rc_template_format_verb_integer(out, &number, ADDRESS, false);
}

static bool put_nil_pointer(struct rc_buf *out, const struct rc_template_format_verb *verb,
			    struct rc_value value)
{
	if (verb->rune == 'v' && verb->sharp_v)
		rc_buf_printf(out, "(%s)(nil)", value.type->name);
	else if (verb->rune == 'v')
		rc_template_format_verb_pad(out, verb, RC_STR("<nil>"));
	else if (verb->rune < 0x80 && verb->rune && strchr("bodxX", (int)verb->rune))
		return rc_template_format_verb_integer(out, verb, 0, false);
	else
		return false;
	return true;
}

static void put_fields(struct rc_buf *out, const struct rc_template_format_verb *verb,
		       struct rc_value value, unsigned int depth)
{
	bool is_pointer = value.type->name[0] == '*';
	struct rc_value_field field;

	if (is_pointer)
		rc_buf_putc(out, '&');
	if (verb->sharp_v)
		rc_buf_puts(out, value.type->name + is_pointer);
	rc_buf_putc(out, '{');
	for (size_t i = 0; value.type->field(value.object, i, &field); i++) {
		if (i > 0)
			rc_buf_puts(out, verb->sharp_v ? ", " : " ");
		if (verb->sharp_v || verb->plus_v)
			rc_buf_printf(out, "%s:", field.name);
		put_value(out, verb, field.value, depth + 1 + is_pointer);
	}
	rc_buf_putc(out, '}');
}

/* What a Stringer or a GoStringer says of itself, but not where a verb is complained about. */
static bool put_by_method(struct rc_buf *out, const struct rc_template_format_verb *verb,
			  const struct rc_value_type *type, const void *object)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (verb->complains)
		return false;
	if (verb->sharp_v && type->go_string) {
		struct rc_template_format_verb plain = *verb;

		plain.rune = 's';
		plain.sharp_v = false;
		type->go_string(object, &text);
		return rc_template_format_verb_text(out, &plain, rc_buf_str(&text));
	}
	if (verb->sharp_v || !type->is_stringer || (verb->rune != 'v' && !is_text_verb(verb->rune)))
		return false;
	type->print(object, &text);
	return rc_template_format_verb_text(out, verb, rc_buf_str(&text));
}

static bool put_object(struct rc_buf *out, const struct rc_template_format_verb *verb,
		       struct rc_value value, unsigned int depth)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (!value.object)
		return put_nil_pointer(out, verb, value);
	if (put_by_method(out, verb, value.type, value.object))
		return true;
	if (depth > 0 && value.type->name[0] == '*')
		return put_pointer(out, verb, value);
	if (value.type->field) {
		put_fields(out, verb, value, depth);
		return true;
	}
	if (verb->rune != 'v' && verb->rune != 's')
		return false;
	value.type->print(value.object, &text);
	rc_buf_add_str(out, rc_buf_str(&text));
	return true;
}

/* Both parts by the directive, width and all; the imaginary one has always a sign. */
static bool put_complex(struct rc_buf *out, const struct rc_template_format_verb *verb,
			struct rc_value value)
{
	struct rc_template_format_verb imaginary = *verb;
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	imaginary.plus = true;
	rc_buf_putc(&text, '(');
	if (!rc_template_format_verb_float(&text, verb, value.complex.real))
		return false;
	rc_template_format_verb_float(&text, &imaginary, value.complex.imaginary);
	rc_buf_puts(&text, "i)");
	rc_buf_add_str(out, rc_buf_str(&text));
	return true;
}

static void put_value(struct rc_buf *out, const struct rc_template_format_verb *verb,
		      struct rc_value value, unsigned int depth)
{
	bool done = true;

	if (depth > DEPTH_MAX)
		return;
	if (rc_value_is_integer(value) && value.named &&
	    put_by_method(out, verb, value.integer_type, &value.integer))
		return;
	switch (value.kind) {
	case RC_VALUE_INVALID:
	case RC_VALUE_NIL:
		done = verb->rune == 'v';
		if (done)
			rc_template_format_verb_pad(out, verb, RC_STR("<nil>"));
		break;
	case RC_VALUE_BOOL:
		done = rc_template_format_verb_bool(out, verb, value.truth);
		break;
	case RC_VALUE_INT:
	case RC_VALUE_INT64:
		done = rc_template_format_verb_integer(out, verb, (uint64_t)value.integer, true);
		break;
	case RC_VALUE_UINT8:
	case RC_VALUE_UINT32:
	case RC_VALUE_UINT64:
		done = rc_template_format_verb_integer(out, verb, (uint64_t)value.integer, false);
		break;
	case RC_VALUE_FLOAT:
		done = rc_template_format_verb_float(out, verb, value.real);
		break;
	case RC_VALUE_COMPLEX:
		done = put_complex(out, verb, value);
		break;
	case RC_VALUE_STRING:
		done = rc_template_format_verb_text(out, verb, value.text);
		break;
	case RC_VALUE_BYTES:
		put_bytes(out, verb, value.text, depth);
		break;
	case RC_VALUE_LIST:
		put_list(out, verb, value, depth);
		break;
	case RC_VALUE_MAP:
		put_map(out, verb, value, depth);
		break;
	case RC_VALUE_OBJECT:
		done = put_object(out, verb, value, depth);
		break;
	}
	if (!done)
		bad_verb(out, verb, value);
}

static void put_argument(struct formatter *formatter, struct rc_template_format_verb *verb)
{
	struct rc_value value = formatter->args[formatter->next++];
	struct rc_str name = rc_str(rc_value_type_name(value));

	/* %w is %v for its flags, but no verb outside of Errorf. */
	if (verb->rune == 'v' || verb->rune == 'w') {
		verb->sharp_v = verb->sharp;
		verb->plus_v = verb->plus;
		verb->sharp = verb->plus = false;
	}
	if (verb->rune == 'T' && !rc_value_is_nil(value)) {
		verb->rune = 's';
		rc_template_format_verb_text(formatter->out, verb, name);
	} else if (verb->rune == 'T') {
		rc_template_format_verb_pad(formatter->out, verb, RC_STR("<nil>"));
	} else if (verb->rune == 'p' || verb->rune == 'w') {
		bad_verb(formatter->out, verb, value);
	} else {
		put_value(formatter->out, verb, value, 0);
	}
}

static bool take_flag(struct rc_template_format_verb *verb, char c)
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

static void skip(struct rc_str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* Digits: their number, or false when there are none; one that is too large eats all that follows.
 */
static bool take_number(struct rc_str *s, int *ret)
{
	bool found = false;

	for (*ret = 0; s->n > 0 && isdigit((unsigned char)*s->p); skip(s, 1)) {
		if (*ret > WIDTH_MAX) {
			*ret = 0;
			skip(s, s->n);
			return false;
		}
		*ret = *ret * 10 + (*s->p - '0');
		found = true;
	}
	return found;
}

/* "[3]": the next argument's number. */
static void take_index(struct formatter *formatter, struct rc_str *s)
{
	struct rc_str inner;
	ptrdiff_t end;
	int number;
	bool right;

	formatter->after_index = false;
	if (s->n == 0 || s->p[0] != '[')
		return;
	formatter->reordered = true;
	inner = (struct rc_str){s->p + 1, s->n - 1};
	end = s->n < 3 ? -1 : rc_str_index(inner, ']');
	if (end < 0) {
		formatter->bad_index = true;
		skip(s, 1);
		return;
	}
	inner.n = (size_t)end;
	right = take_number(&inner, &number) && inner.n == 0;
	formatter->after_index = right;
	skip(s, (size_t)end + 2);
	if (right && number >= 1 && (size_t)number <= formatter->n)
		formatter->next = (size_t)number - 1;
	else
		formatter->bad_index = true;
}

/* '*': the number is among the arguments. */
static bool take_star(struct formatter *formatter, struct rc_str *s, int *ret, const char *bad)
{
	const struct rc_value *arg = &formatter->args[formatter->next];

	skip(s, 1);
	formatter->after_index = false;
	if (formatter->next < formatter->n) {
		formatter->next++;
		if (rc_value_is_integer(*arg) && llabs(arg->integer) <= WIDTH_MAX) {
			*ret = (int)arg->integer;
			return true;
		}
	}
	rc_buf_puts(formatter->out, bad);
	return false;
}

static void take_width(struct formatter *formatter, struct rc_str *s,
		       struct rc_template_format_verb *verb)
{
	if (s->n == 0 || s->p[0] != '*') {
		verb->has_width = take_number(s, &verb->width);
		if (formatter->after_index && verb->has_width)
			formatter->bad_index = true;
		return;
	}
	verb->has_width = take_star(formatter, s, &verb->width, "%!(BADWIDTH)");
	if (verb->width < 0) {
		verb->width = -verb->width;
		verb->minus = true;
		verb->zero = false;
	}
}

static void take_precision(struct formatter *formatter, struct rc_str *s,
			   struct rc_template_format_verb *verb)
{
	if (s->n < 2 || s->p[0] != '.')
		return;
	skip(s, 1);
	if (formatter->after_index)
		formatter->bad_index = true;
	take_index(formatter, s);
	if (s->n == 0 || s->p[0] != '*') {
		verb->has_precision = true;
		take_number(s, &verb->precision);
		return;
	}
	verb->has_precision = take_star(formatter, s, &verb->precision, "");
	if (verb->precision < 0)
		verb->has_precision = false;
	if (!verb->has_precision) {
		verb->precision = 0;
		rc_buf_puts(formatter->out, "%!(BADPREC)");
	}
}

/* From behind the '%' to behind the verb. */
static void take_directive(struct formatter *formatter, struct rc_str *s)
{
	struct rc_template_format_verb verb = {.rune = 0};
	size_t n;

	formatter->bad_index = false;
	for (; s->n > 0 && take_flag(&verb, s->p[0]); skip(s, 1))
		;
	take_index(formatter, s);
	take_width(formatter, s, &verb);
	take_precision(formatter, s, &verb);
	if (!formatter->after_index)
		take_index(formatter, s);
	if (s->n == 0) {
		rc_buf_puts(formatter->out, "%!(NOVERB)");
		return;
	}
	verb.rune = rc_utf8_decode(*s, &n);
	skip(s, n);
	if (verb.rune == '%') {
		rc_buf_putc(formatter->out, '%');
	} else if (formatter->bad_index || formatter->next >= formatter->n) {
		rc_buf_puts(formatter->out, "%!");
		rc_buf_put_rune(formatter->out, verb.rune);
		rc_buf_puts(formatter->out, formatter->bad_index ? "(BADINDEX)" : "(MISSING)");
	} else {
		put_argument(formatter, &verb);
	}
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
