/* Literals. */
#include "template/literal.h"

#include <errno.h>
#include <math.h>

#include "data/number.h"
#include "data/utf8.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_digits(struct rc_str *s, size_t n, int base, uint32_t *ret)
{
	*ret = 0;
	if (s->n < n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int digit = hex_value(s->p[i]);

		if (digit < 0 || digit >= base)
			return -EINVAL;
		*ret = *ret * (uint32_t)base + (uint32_t)digit;
	}
	s->p += n;
	s->n -= n;
	return 0;
}

static int simple_escape(char c, char quote)
{
	static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	const char *at = c ? strchr(names, c) : NULL;

	if (at)
		return values[at - names];
	return c == quote && (c == '"' || c == '\'') ? c : -1;
}

/* One escape behind its backslash; bytes (octal, \x) go out as they are, runes as UTF-8. */
static int take_escape(struct rc_str *s, char quote, struct rc_buf *out)
{
	uint32_t value;
	int simple;
	char c;

	if (s->n == 0)
		return -EINVAL;
	c = s->p[0];
	simple = simple_escape(c, quote);
	if (simple >= 0) {
		s->p++;
		s->n--;
		return rc_buf_putc(out, (char)simple);
	}
	if (c >= '0' && c <= '7') {
		if (take_digits(s, 3, 8, &value) < 0 || value > 255)
			return -EINVAL;
		return rc_buf_putc(out, (char)value);
	}
	s->p++;
	s->n--;
	if (c == 'x')
		return take_digits(s, 2, 16, &value) < 0 ? -EINVAL : rc_buf_putc(out, (char)value);
	if ((c != 'u' && c != 'U') || take_digits(s, c == 'u' ? 4 : 8, 16, &value) < 0)
		return -EINVAL;
	if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return -EINVAL;
	return rc_buf_put_rune(out, value);
}

int rc_template_literal_unquote(struct rc_arena *arena, struct rc_str text, struct rc_str *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_str s;
	char quote;

	if (text.n < 2)
		return -EINVAL;
	quote = text.p[0];
	s = (struct rc_str){text.p + 1, text.n - 2};
	if (quote == '`' || !s.n || !memchr(s.p, '\\', s.n)) {
		/* Go drops carriage returns from raw text. */
		if (quote == '`' && s.n && memchr(s.p, '\r', s.n)) {
			for (size_t i = 0; i < s.n; i++)
				if (s.p[i] != '\r')
					rc_buf_putc(&out, s.p[i]);
			s = rc_arena_str(arena, rc_buf_str(&out));
		}
		*ret = s;
		return 0;
	}
	while (s.n > 0) {
		char c = *s.p++;

		s.n--;
		if (c != '\\')
			rc_buf_putc(&out, c);
		else if (take_escape(&s, quote, &out) < 0)
			return -EINVAL;
	}
	*ret = rc_arena_str(arena, rc_buf_str(&out));
	return 0;
}

static int char_constant(struct rc_template_node *node, struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(64);
	struct rc_str s = {node->text.p + 1, node->text.n - 2};
	uint32_t rune;
	size_t n;

	if (s.n > 0 && s.p[0] == '\\') {
		bool byte = s.n > 1 && (s.p[1] == 'x' || (s.p[1] >= '0' && s.p[1] <= '7'));

		s.p++;
		s.n--;
		if (take_escape(&s, '\'', &out) < 0 || s.n > 0)
			return rc_fail(err, -EINVAL, "malformed character constant: %.*s",
				       (int)node->text.n, node->text.p);
		rune = byte ? (unsigned char)out.p[0] : rc_utf8_decode(rc_buf_str(&out), &n);
	} else {
		rune = s.n ? rc_utf8_decode(s, &n) : 0;
		if (s.n == 0 || n != s.n)
			return rc_fail(err, -EINVAL, "malformed character constant: %.*s",
				       (int)node->text.n, node->text.p);
	}
	node->is_int = node->is_uint = node->is_float = true;
	node->integer = rune;
	node->natural = rune;
	node->real = rune;
	return 0;
}

static struct rc_str without_underscores(struct rc_str text, char copy[128])
{
	struct rc_str s = {copy, 0};

	for (size_t i = 0; i < text.n && s.n + 1 < 128; i++)
		if (text.p[i] != '_')
			copy[s.n++] = text.p[i];
	return s;
}

int rc_template_literal_number(struct rc_template_node *node, bool is_char, struct rc_error **err)
{
	char copy[128];
	struct rc_str s;

	if (is_char)
		return char_constant(node, err);
	s = without_underscores(node->text, copy);
	if (rc_number_parse_int(s, 0, &node->integer) == 0)
		node->is_int = true;
	if (s.n > 0 && s.p[0] != '-' && s.p[0] != '+' &&
	    rc_number_parse_uint(s, 0, &node->natural) == 0)
		node->is_uint = true;
	if (node->is_int) {
		node->is_float = true;
		node->real = (double)node->integer;
	} else if (node->is_uint) {
		node->is_float = true;
		node->real = (double)node->natural;
	} else if (rc_number_parse_float(s, &node->real) == 0) {
		/* A whole number with an exponent can be an int, too; one that is too large cannot.
		 */
		if (!memchr(s.p, '.', s.n) && !memchr(s.p, 'e', s.n) && !memchr(s.p, 'E', s.n))
			return rc_fail(err, -EINVAL, "integer overflow: \"%.*s\"",
				       (int)node->text.n, node->text.p);
		node->is_float = true;
		if (node->real == trunc(node->real) && fabs(node->real) < 9.2e18) {
			node->is_int = true;
			node->integer = (int64_t)node->real;
		}
	}
	if (!node->is_int && !node->is_uint && !node->is_float)
		return rc_fail(err, -EINVAL, "illegal number syntax: \"%.*s\"", (int)node->text.n,
			       node->text.p);
	return 0;
}
