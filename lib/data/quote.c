/* Go's quoting. */
#include "data/quote.h"

#include <errno.h>

#include "data/unicode.h"
#include "data/utf8.h"

static const char escapes[] = "abfnrtv";
static const char escaped[] = "\a\b\f\n\r\t\v";

static void put_escape(struct rc_buf *out, uint32_t rune)
{
	const char *at = rune && rune < 0x20 ? strchr(escaped, (char)rune) : NULL;

	if (at)
		rc_buf_printf(out, "\\%c", escapes[at - escaped]);
	else if (rune < 0x20 || rune == 0x7f)
		rc_buf_printf(out, "\\x%02x", rune);
	else if (rune < 0x10000)
		rc_buf_printf(out, "\\u%04x", rune);
	else
		rc_buf_printf(out, "\\U%08x", rune);
}

static void put_rune(struct rc_buf *out, uint32_t rune, char quote, bool ascii)
{
	if (rune == (unsigned char)quote || rune == '\\') {
		rc_buf_putc(out, '\\');
		rc_buf_putc(out, (char)rune);
	} else if (ascii ? rune < 0x80 && rc_unicode_is_print(rune) : rc_unicode_is_print(rune)) {
		rc_buf_put_rune(out, rune);
	} else {
		put_escape(out, rune);
	}
}

static bool is_simple(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

int rc_quote_string(struct rc_buf *out, struct rc_str text, bool ascii)
{
	size_t start = 0, i = 0, n;

	rc_buf_putc(out, '"');
	while (i < text.n && !out->overflow) {
		struct rc_str rest = {text.p + i, text.n - i};
		uint32_t rune;

		if (is_simple(text.p[i])) {
			i++;
			continue;
		}
		rc_buf_add(out, text.p + start, i - start);
		rune = rc_utf8_decode(rest, &n);
		if (rune == RC_UTF8_ERROR && n == 1)
			rc_buf_printf(out, "\\x%02x", (unsigned char)text.p[i]);
		else
			put_rune(out, rune, '"', ascii);
		i += n;
		start = i;
	}
	rc_buf_add(out, text.p + start, i - start);
	rc_buf_putc(out, '"');
	return out->overflow ? -E2BIG : 0;
}

/* strconv.CanBackquote: one line, no control but tab, no backquote, no BOM, valid. */
static bool can_backquote(struct rc_str text)
{
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n) {
		uint32_t rune = rc_utf8_decode(text, &n);

		if (n > 1 ? rune == 0xfeff
			  : rune == RC_UTF8_ERROR || (rune < ' ' && rune != '\t') || rune == '`' ||
				    rune == 0x7f)
			return false;
	}
	return true;
}

int rc_quote_string_raw(struct rc_buf *out, struct rc_str text)
{
	if (!can_backquote(text))
		return rc_quote_string(out, text, false);
	rc_buf_putc(out, '`');
	rc_buf_add_str(out, text);
	rc_buf_putc(out, '`');
	return out->overflow ? -E2BIG : 0;
}

int rc_quote_rune(struct rc_buf *out, uint32_t rune, bool ascii)
{
	if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
		rune = RC_UTF8_ERROR;
	rc_buf_putc(out, '\'');
	put_rune(out, rune, '\'', ascii);
	rc_buf_putc(out, '\'');
	return out->overflow ? -E2BIG : 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static int take_digits(struct rc_str *rest, size_t count, int base, uint32_t *ret)
{
	uint32_t value = 0;

	if (rest->n < count)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		int digit = hex_value(rest->p[i]);

		if (digit >= base)
			return -EINVAL;
		value = value * (uint32_t)base + (uint32_t)digit;
	}
	rest->p += count;
	rest->n -= count;
	*ret = value;
	return 0;
}

static int undo_numeric(struct rc_str *rest, char kind, uint32_t *ret)
{
	int r;

	if (kind == 'x')
		return take_digits(rest, 2, 16, ret);
	if (kind == 'u' || kind == 'U') {
		r = take_digits(rest, kind == 'u' ? 4 : 8, 16, ret);
		if (r == 0 && (*ret > 0x10ffff || (*ret >= 0xd800 && *ret < 0xe000)))
			return -EINVAL;
		return r;
	}
	rest->p--;
	rest->n++;
	r = take_digits(rest, 3, 8, ret);
	return r == 0 && *ret > 255 ? -EINVAL : r;
}

/* One escape; rest stands behind the backslash. */
static int undo_escape(struct rc_str *rest, char quote, uint32_t *ret)
{
	const char *at;
	char c;

	if (rest->n == 0)
		return -EINVAL;
	c = *rest->p++;
	rest->n--;
	at = c ? strchr(escapes, c) : NULL;
	if (at)
		*ret = (uint32_t)escaped[at - escapes];
	else if (c == '\\' || ((c == '"' || c == '\'') && c == quote))
		*ret = (uint32_t)c;
	else if (c == 'x' || c == 'u' || c == 'U' || (c >= '0' && c <= '7'))
		return undo_numeric(rest, c, ret);
	else
		return -EINVAL;
	return 0;
}

int rc_quote_undo_char(struct rc_str text, char quote, uint32_t *ret_rune, size_t *ret_n)
{
	struct rc_str rest = {text.p + 1, text.n - 1};
	int r;

	if (text.n == 0 || *text.p == quote)
		return -EINVAL;
	if (*text.p != '\\') {
		*ret_rune = rc_utf8_decode(text, ret_n);
		return 0;
	}
	r = undo_escape(&rest, quote, ret_rune);
	*ret_n = text.n - rest.n;
	return r;
}

static int undo_raw(struct rc_str inner, char **to)
{
	if (rc_str_index(inner, '`') >= 0)
		return -EINVAL;
	while (inner.n > 0) {
		ptrdiff_t at = rc_str_index(inner, '\r');
		size_t n = at < 0 ? inner.n : (size_t)at, skip = at < 0 ? n : n + 1;

		*to = mempcpy(*to, inner.p, n);
		inner.p += skip;
		inner.n -= skip;
	}
	return 0;
}

static bool is_byte_escape(struct rc_str rest)
{
	return rest.n > 1 && rest.p[0] == '\\' &&
	       (rest.p[1] == 'x' || (rest.p[1] >= '0' && rest.p[1] <= '7'));
}

static int undo_quoted(struct rc_str rest, char quote, char **to)
{
	size_t n, runes = 0;

	for (; rest.n > 0; runes++, rest.p += n, rest.n -= n) {
		uint32_t rune;

		if (*rest.p == '\n' || rc_quote_undo_char(rest, quote, &rune, &n) < 0)
			return -EINVAL;
		if (rune < 0x80 || is_byte_escape(rest))
			*(*to)++ = (char)rune;
		else
			*to += rc_buf_encode_rune(rune, *to);
	}
	return quote == '\'' && runes != 1 ? -EINVAL : 0;
}

int rc_quote_undo(struct rc_str quoted, struct rc_buf *out)
{
	struct rc_str inner;
	char *from, *to;
	int r;

	if (quoted.n < 2 || quoted.p[0] != quoted.p[quoted.n - 1] || *quoted.p == '\0' ||
	    !strchr("`\"'", *quoted.p))
		return -EINVAL;
	inner = (struct rc_str){quoted.p + 1, quoted.n - 2};
	/* A byte that is no UTF-8 becomes three; all else is no longer than what stood there. */
	from = to = rc_buf_reserve(out, 3 * inner.n);
	if (!to)
		return -E2BIG;
	r = *quoted.p == '`' ? undo_raw(inner, &to) : undo_quoted(inner, *quoted.p, &to);
	rc_buf_commit(out, r < 0 ? 0 : (size_t)(to - from));
	return r;
}
