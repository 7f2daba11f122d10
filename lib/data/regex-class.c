/* Character classes. */
#include "data/regex-class.h"

#include <errno.h>

#include "data/unicode.h"
#include "data/utf8.h"

/* What a class is made of where Go and PCRE2 do not agree: Perl's \s has a vertical tab. */
static const struct {
	char name;
	const char *text;
} perl[] = {
	{'d', "0-9"},
	{'D', "\\x00-\\x2f\\x3a-\\x{10ffff}"},
	{'s', "\\t\\n\\f\\r\\x20"},
	{'S', "\\x00-\\x08\\x0b\\x0e-\\x1f\\x21-\\x{10ffff}"},
	{'w', "0-9A-Z_a-z"},
	{'W', "\\x00-\\x2f\\x3a-\\x40\\x5b-\\x5e\\x60\\x7b-\\x{10ffff}"},
};

static const char *const posix[] = {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph",
				    "lower", "print", "punct", "space", "upper", "word",  "xdigit"};

static const char *const categories[] = {
	"C",  "Cc", "Cf", "Co", "Cs", "L",  "Ll", "Lm", "Lo", "Lt", "Lu", "M",
	"Mc", "Me", "Mn", "N",	"Nd", "Nl", "No", "P",	"Pc", "Pd", "Pe", "Pf",
	"Pi", "Po", "Ps", "S",	"Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp", "Zs",
};

static void advance(struct rc_str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static struct rc_str until(struct rc_str start, struct rc_str rest)
{
	return (struct rc_str){start.p, start.n - rest.n};
}

static uint32_t take_rune(struct rc_str *rest)
{
	size_t n;
	uint32_t rune = rc_utf8_decode(*rest, &n);

	advance(rest, n);
	return rune;
}

static int hex_value(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return (int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (int)(c - 'a' + 10) : -1;
}

static bool take_octal(struct rc_str *rest, uint32_t first, uint32_t *ret)
{
	uint32_t value = first - '0';
	bool has_more = rest->n > 0 && *rest->p >= '0' && *rest->p <= '7';

	if (first != '0' && !has_more)
		return false;
	for (int i = 1; i < 3 && rest->n > 0 && *rest->p >= '0' && *rest->p <= '7'; i++) {
		value = value * 8 + (uint32_t)(*rest->p - '0');
		advance(rest, 1);
	}
	*ret = value;
	return true;
}

static bool take_hex(struct rc_str *rest, uint32_t *ret)
{
	uint32_t value = 0, c;
	int x, y, digits = 0;

	if (rest->n == 0)
		return false;
	c = take_rune(rest);
	if (c != '{') {
		x = hex_value(c);
		if (rest->n == 0)
			return false;
		y = hex_value(take_rune(rest));
		*ret = (uint32_t)(x * 16 + y);
		return x >= 0 && y >= 0;
	}
	for (; rest->n > 0; digits++) {
		c = take_rune(rest);
		if (c == '}') {
			*ret = value;
			return digits > 0;
		}
		x = hex_value(c);
		if (x < 0)
			return false;
		value = value * 16 + (uint32_t)x;
		if (value > 0x10ffff)
			return false;
	}
	return false;
}

int rc_regex_class_take_escape(struct rc_str *rest, uint32_t *ret_rune, struct rc_error **err)
{
	static const char names[] = "afnrtv", values[] = "\a\f\n\r\t\v";
	struct rc_str start = *rest;
	const char *at;
	uint32_t c;

	advance(rest, 1);
	if (rest->n == 0)
		return rc_fail(err, -EINVAL,
			       "error parsing regexp: trailing backslash at end of expression: ``");
	c = take_rune(rest);
	at = c > 0 && c < 0x80 ? strchr(names, (char)c) : NULL;
	if (at) {
		*ret_rune = (unsigned char)values[at - names];
		return 0;
	}
	if (c < 0x80 && !rc_unicode_is_letter(c) && !rc_unicode_is_digit(c)) {
		*ret_rune = c;
		return 0;
	}
	if (c >= '0' && c <= '7' && take_octal(rest, c, ret_rune))
		return 0;
	if (c == 'x' && take_hex(rest, ret_rune))
		return 0;
	return rc_regex_refuse(err, "invalid escape sequence", until(start, *rest));
}

static bool is_category(struct rc_str name)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(categories); i++)
		if (rc_str_is(name, categories[i]))
			return true;
	return false;
}

/* Scripts are "Greek", "Old_Italic"; whether there is such a one PCRE2 knows. */
static bool is_script(struct rc_str name)
{
	if (name.n < 2 || *name.p < 'A' || *name.p > 'Z')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c >= 0x80 || (c != '_' && !rc_unicode_is_letter(c)))
			return false;
	}
	return true;
}

static int take_unicode(struct rc_str *rest, struct rc_buf *out, struct rc_error **err)
{
	struct rc_str start = *rest, name, seq;
	bool negative = rest->p[1] == 'P';
	const char *script;

	advance(rest, 2);
	if (rest->n == 0)
		return rc_regex_refuse(err, "invalid character class range", start);
	if (*rest->p == '{') {
		ptrdiff_t end = rc_str_index(*rest, '}');

		if (end < 0)
			return rc_regex_refuse(err, "invalid character class range", start);
		name = (struct rc_str){rest->p + 1, (size_t)end - 1};
		advance(rest, (size_t)end + 1);
	} else {
		name.p = rest->p;
		take_rune(rest);
		name.n = (size_t)(rest->p - name.p);
	}
	seq = until(start, *rest);
	if (name.n > 0 && *name.p == '^') {
		negative = !negative;
		advance(&name, 1);
	}
	if (!is_category(name) && !rc_str_is(name, "Any") && !is_script(name))
		return rc_regex_refuse(err, "invalid character class range", seq);
	script = is_category(name) || rc_str_is(name, "Any") ? "" : "sc:";
	rc_buf_printf(out, "\\%c{%s%.*s}", negative ? 'P' : 'p', script, (int)name.n, name.p);
	return 1;
}

int rc_regex_class_take_group(struct rc_str *rest, struct rc_buf *out, struct rc_error **err)
{
	if (rest->n < 2 || *rest->p != '\\')
		return 0;
	if (rest->p[1] == 'p' || rest->p[1] == 'P')
		return take_unicode(rest, out, err);
	for (size_t i = 0; i < RC_ARRAY_SIZE(perl); i++) {
		if (rest->p[1] != perl[i].name)
			continue;
		rc_buf_puts(out, perl[i].text);
		advance(rest, 2);
		return 1;
	}
	return 0;
}

/* "[:alpha:]" or "[:^alpha:]", spelled the same in both. 1: taken. */
static int take_posix(struct rc_str *rest, struct rc_buf *out, struct rc_error **err)
{
	struct rc_str inner = {rest->p + 2, rest->n - 2}, whole;
	size_t end = 0;

	while (end + 1 < inner.n && !(inner.p[end] == ':' && inner.p[end + 1] == ']'))
		end++;
	if (end + 1 >= inner.n)
		return 0;
	inner.n = end;
	whole = (struct rc_str){rest->p, end + 4};
	if (inner.n > 0 && *inner.p == '^')
		advance(&inner, 1);
	for (size_t i = 0; i < RC_ARRAY_SIZE(posix); i++) {
		if (!rc_str_is(inner, posix[i]))
			continue;
		rc_buf_add_str(out, whole);
		advance(rest, whole.n);
		return 1;
	}
	return rc_regex_refuse(err, "invalid character class range", whole);
}

static int take_char(struct rc_str *rest, struct rc_str whole, uint32_t *ret, struct rc_error **err)
{
	if (rest->n == 0)
		return rc_regex_refuse(err, "missing closing ]", whole);
	if (*rest->p == '\\')
		return rc_regex_class_take_escape(rest, ret, err);
	*ret = take_rune(rest);
	return 0;
}

static int take_range(struct rc_str *rest, struct rc_str whole, struct rc_buf *out,
		      struct rc_error **err)
{
	struct rc_str start = *rest;
	uint32_t lo, hi;
	int r = take_char(rest, whole, &lo, err);

	if (r < 0)
		return r;
	hi = lo;
	if (rest->n >= 2 && rest->p[0] == '-' && rest->p[1] != ']') {
		advance(rest, 1);
		r = take_char(rest, whole, &hi, err);
		if (r < 0)
			return r;
		if (hi < lo)
			return rc_regex_refuse(err, "invalid character class range",
					       until(start, *rest));
	}
	/* PCRE2 refuses surrogates as ends of a range; no text holds one. */
	if (lo >= 0xd800 && lo < 0xe000)
		lo = 0xe000;
	if (hi >= 0xd800 && hi < 0xe000)
		hi = 0xd7ff;
	if (lo <= hi)
		rc_buf_printf(out, "\\x{%x}-\\x{%x}", lo, hi);
	return 0;
}

static int take_item(struct rc_str *rest, struct rc_str whole, struct rc_buf *out,
		     struct rc_error **err)
{
	int r = 0;

	if (rest->n > 2 && rest->p[0] == '[' && rest->p[1] == ':')
		r = take_posix(rest, out, err);
	if (r == 0)
		r = rc_regex_class_take_group(rest, out, err);
	if (r == 0)
		r = take_range(rest, whole, out, err);
	return r < 0 ? r : 0;
}

int rc_regex_class_take(struct rc_str *rest, struct rc_buf *out, struct rc_error **err)
{
	struct rc_str whole = *rest;
	bool first = true, negative;
	size_t start;
	int r = 0;

	advance(rest, 1);
	negative = rest->n > 0 && *rest->p == '^';
	if (negative)
		advance(rest, 1);
	rc_buf_puts(out, negative ? "[^" : "[");
	start = out->n;
	while (r == 0 && (rest->n == 0 || *rest->p != ']' || first)) {
		first = false;
		r = take_item(rest, whole, out, err);
	}
	if (r < 0)
		return r;
	advance(rest, 1);
	/* Only surrogates were in it: nothing matches that, and everything matches the rest. */
	if (out->n == start) {
		rc_buf_truncate(out, start - (negative ? 2 : 1));
		rc_buf_puts(out, negative ? "[\\x00-\\x{10ffff}" : "[^\\x00-\\x{10ffff}");
	}
	rc_buf_putc(out, ']');
	return 0;
}
