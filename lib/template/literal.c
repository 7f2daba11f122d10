/* Literals. */
#include "template/literal.h"

#include <errno.h>
#include <math.h>

#include "data/number.h"
#include "data/quote.h"
#include "data/utf8.h"

int rc_template_literal_unquote(struct rc_arena *arena, struct rc_str text, struct rc_str *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	int r;

	/* What holds no escape needs no copy. */
	if (text.n >= 2 && !memchr(text.p, '\\', text.n) && !memchr(text.p, '\r', text.n) &&
	    (text.p[0] == '`' || rc_utf8_is_valid(text))) {
		*ret = (struct rc_str){text.p + 1, text.n - 2};
		return 0;
	}
	r = rc_quote_undo(text, &out);
	if (r == 0)
		*ret = rc_arena_str(arena, rc_buf_str(&out));
	return r;
}

/* strconv.UnquoteChar, and nothing behind it but the closing quote. */
static int char_constant(struct rc_template_node *node, struct rc_error **err)
{
	struct rc_str text = {node->text.p + 1, node->text.n - 1};
	uint32_t rune;
	size_t n;

	if (rc_quote_undo_char(text, '\'', &rune, &n) < 0)
		return rc_fail(err, -EINVAL, "invalid syntax");
	if (text.n != n + 1)
		return rc_fail(err, -EINVAL, "malformed character constant: %.*s",
			       (int)node->text.n, node->text.p);
	node->is_int = node->is_uint = node->is_float = true;
	node->integer = rune;
	node->natural = rune;
	node->real = rune;
	return 0;
}

static int fail_quoted(struct rc_error **err, const char *what, struct rc_str text)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&quoted, text, false);
	return rc_fail(err, -EINVAL, "%s: %s", what, rc_buf_text(&quoted));
}

static bool contains_any(struct rc_str text, const char *any)
{
	for (; *any; any++)
		if (rc_str_index(text, *any) >= 0)
			return true;
	return false;
}

/* What a float is, too: a whole number can be an int. */
static void set_float(struct rc_template_node *node, double real)
{
	node->is_float = true;
	node->real = real;
	if (real == trunc(real) && real >= -0x1p63 && real < 0x1p63) {
		node->is_int = true;
		node->integer = (int64_t)real;
	}
	if (real == trunc(real) && real >= 0 && real < 0x1p64) {
		node->is_uint = true;
		node->natural = (uint64_t)real;
	}
}

/* A whole number with an exponent can be an int, too; digits alone that are too many cannot. */
static int read_float(struct rc_template_node *node, struct rc_error **err)
{
	double real;

	if (rc_number_parse_float(node->text, &real) < 0)
		return 0;
	if (!contains_any(node->text, ".eEpP"))
		return fail_quoted(err, "integer overflow", node->text);
	set_float(node, real);
	return 0;
}

/* Where the second half of "1+2i" begins; 0: there is only one. */
static size_t find_second(struct rc_str text)
{
	bool hexadecimal = text.n > 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x';

	for (size_t i = 1; i < text.n; i++)
		if ((text.p[i] == '+' || text.p[i] == '-') &&
		    !strchr(hexadecimal ? "pP" : "eEpP", text.p[i - 1]))
			return i;
	return 0;
}

/* "2i", "1+2i": the other kinds, too, where the imaginary part is 0. */
static int read_complex(struct rc_template_node *node, struct rc_error **err)
{
	size_t second = find_second(node->text);
	struct rc_str real = {node->text.p, second};
	struct rc_str imaginary = {node->text.p + second, node->text.n - second - 1};

	if ((second > 0 && rc_number_parse_float(real, &node->real) < 0) ||
	    rc_number_parse_float(imaginary, &node->imaginary) < 0)
		return second > 0 ? rc_fail(err, -EINVAL, "syntax error scanning complex number")
				  : fail_quoted(err, "illegal number syntax", node->text);
	node->is_complex = true;
	if (node->imaginary == 0)
		set_float(node, node->real);
	return 0;
}

bool rc_template_literal_is_float(const struct rc_template_node *node)
{
	struct rc_str text = node->text;
	bool hexadecimal = text.n > 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x' &&
			   !contains_any(text, "pP");

	return node->is_float && !hexadecimal && text.p[0] != '\'' && contains_any(text, ".eEpP");
}

int rc_template_literal_number(struct rc_template_node *node, bool is_char, struct rc_error **err)
{
	if (is_char)
		return char_constant(node, err);
	if (rc_str_has_suffix(node->text, RC_STR("i")))
		return read_complex(node, err);
	node->is_uint = rc_number_parse_uint(node->text, 0, &node->natural) == 0;
	node->is_int = rc_number_parse_int(node->text, 0, &node->integer) == 0;
	if (node->is_int && node->integer == 0)
		node->is_uint = true;
	if (node->is_int || node->is_uint) {
		node->is_float = true;
		node->real = node->is_int ? (double)node->integer : (double)node->natural;
	} else if (read_float(node, err) < 0) {
		return -EINVAL;
	}
	if (!node->is_int && !node->is_uint && !node->is_float)
		return fail_quoted(err, "illegal number syntax", node->text);
	return 0;
}
