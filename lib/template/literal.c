/* Literals. */
#include "template/literal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "data/number.h"
#include "data/quote.h"
#include "data/utf8.h"

int rc_template_literal_unquote(struct rc_arena *arena, struct rc_str text, struct rc_str *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r;

	/* What holds no escape needs no copy. */
	if (text.n >= 2 && !memchr(text.p, '\\', text.n) && !memchr(text.p, '\r', text.n)) {
		*ret = (struct rc_str){text.p + 1, text.n - 2};
		return 0;
	}
	r = rc_quote_undo(text, &out);
	if (r == 0)
		*ret = rc_arena_str(arena, rc_buf_str(&out));
	return r;
}

static int char_constant(struct rc_template_node *node, struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(64);
	bool is_byte =
		node->text.n > 3 && node->text.p[1] == '\\' &&
		(node->text.p[2] == 'x' || (node->text.p[2] >= '0' && node->text.p[2] <= '7'));
	uint32_t rune;
	size_t n;

	if (rc_quote_undo(node->text, &out) < 0 || out.n == 0)
		return rc_fail(err, -EINVAL, "malformed character constant: %.*s",
			       (int)node->text.n, node->text.p);
	rune = is_byte ? (unsigned char)out.p[0] : rc_utf8_decode(rc_buf_str(&out), &n);
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

/* "0x1p60"; the text ends with a NUL, and no locale has another mark than 'p'. */
static bool is_hexadecimal(struct rc_str s)
{
	size_t sign = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');

	return s.n > sign + 2 && s.p[sign] == '0' && (s.p[sign + 1] | 0x20) == 'x' &&
	       (memchr(s.p, 'p', s.n) || memchr(s.p, 'P', s.n));
}

/* A whole number with an exponent can be an int, too; digits alone that are too many cannot. */
static int read_float(struct rc_template_node *node, struct rc_str s, struct rc_error **err)
{
	if (is_hexadecimal(s))
		node->real = strtod(s.p, NULL);
	else if (rc_number_parse_float(s, &node->real) < 0)
		return 0;
	if (!is_hexadecimal(s) && !memchr(s.p, '.', s.n) && !memchr(s.p, 'e', s.n) &&
	    !memchr(s.p, 'E', s.n))
		return rc_fail(err, -EINVAL, "integer overflow: \"%.*s\"", (int)node->text.n,
			       node->text.p);
	node->is_float = true;
	if (node->real == trunc(node->real) && fabs(node->real) < 9.2e18) {
		node->is_int = true;
		node->integer = (int64_t)node->real;
	}
	return 0;
}

int rc_template_literal_number(struct rc_template_node *node, bool is_char, struct rc_error **err)
{
	char copy[128];
	struct rc_str s;

	if (is_char)
		return char_constant(node, err);
	s = without_underscores(node->text, copy);
	copy[s.n] = '\0';
	if (rc_number_parse_int(s, 0, &node->integer) == 0)
		node->is_int = true;
	if (s.n > 0 && s.p[0] != '-' && s.p[0] != '+' &&
	    rc_number_parse_uint(s, 0, &node->natural) == 0)
		node->is_uint = true;
	if (node->is_int || node->is_uint) {
		node->is_float = true;
		node->real = node->is_int ? (double)node->integer : (double)node->natural;
	} else if (read_float(node, s, err) < 0) {
		return -EINVAL;
	}
	if (!node->is_int && !node->is_uint && !node->is_float)
		return rc_fail(err, -EINVAL, "illegal number syntax: \"%.*s\"", (int)node->text.n,
			       node->text.p);
	return 0;
}
