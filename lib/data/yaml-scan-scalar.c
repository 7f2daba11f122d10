/* Plain and quoted scalars. */
#include "data/yaml-scan-private.h"

#define SIMPLE_KEY_MAX 256 /* far from the longest key that is one */

/* ---- line ends within a scalar ---- */

/* Over blanks and breaks; *ret_has_break: a line has ended. */
static void skip_white(struct rc_yaml_source *source, bool *ret_has_break)
{
	*ret_has_break = false;
	for (;;) {
		size_t n;

		while (rc_yaml_source_is_blank(source->p))
			source->p++;
		n = rc_yaml_source_break(source->p);
		if (n == 0)
			return;
		rc_yaml_source_next_line(source, n);
		*ret_has_break = true;
	}
}

static void put_break(struct rc_buf *out, const char *p, size_t n)
{
	/* The separators of lines and paragraphs stay what they are. */
	if (n == 3)
		rc_buf_add(out, p, n);
	else
		rc_buf_putc(out, '\n');
}

/*
 * The breaks of [from, to) become a part of the text: one is a blank, of more the first is left
 * out. An escaped break in front takes the place of that first one.
 */
static void fold(struct rc_buf *out, const char *from, const char *to, bool is_escaped)
{
	size_t n_breaks = 0, first = 0;

	for (const char *p = from; p < to;) {
		size_t n = rc_yaml_source_break(p);

		if (*p == ' ') {
			p = rc_yaml_source_skip_spaces(p);
			continue;
		}
		if (n > 0 && n_breaks++ == 0)
			first = n;
		if (n > 0 && (n_breaks > 1 || is_escaped || n == 3))
			put_break(out, p, n);
		p += n > 0 ? n : 1;
	}
	if (n_breaks == 1 && first != 3 && !is_escaped)
		rc_buf_putc(out, ' ');
}

/* ---- plain ---- */

/*
 * The end of the characters that belong together in any case. A single blank between two words is
 * one of them, unless every character has to be asked for.
 */
static const char *find_plain_end(const struct rc_yaml_source *source, bool in_flow)
{
	const unsigned char flow = in_flow ? RC_YAML_IS_FLOW : 0;
	const unsigned char stops = RC_YAML_IS_BLANK | RC_YAML_IS_END | RC_YAML_IS_COLON | flow;
	const char *p = source->p;

	for (;; p++) {
		while (!rc_yaml_source_is(p, stops))
			p++;
		if (*p == ' ' && p[1] != '#' && source->is_clean &&
		    !rc_yaml_source_is(p + 1, stops))
			continue;
		if (*p == ':' && !rc_yaml_source_is_blankz(p + 1))
			continue;
		/* What only looks as if a break began there. */
		if ((*p & 0x80) && rc_yaml_source_break(p) == 0)
			continue;
		return p;
	}
}

/* White space behind a plain scalar's word: it may not be indented by tabs. */
static bool skip_plain_white(struct rc_yaml_scanner *scanner, unsigned int indent,
			     bool *ret_has_break)
{
	struct rc_yaml_source *source = &scanner->source;

	*ret_has_break = false;
	for (;;) {
		size_t n;

		source->p = rc_yaml_source_skip_spaces(source->p);
		if (*source->p == '\t') {
			if (*ret_has_break && (size_t)(source->p - source->line) < indent)
				return rc_yaml_scan_fail(
					scanner, "found a tab character that violates indentation");
			source->p++;
			continue;
		}
		n = rc_yaml_source_break(source->p);
		if (n == 0)
			return rc_yaml_scan_need(scanner, 1);
		rc_yaml_source_next_line(source, n);
		*ret_has_break = true;
	}
}

size_t rc_yaml_scan_simple_key(const char *p)
{
	const char *end = p;

	while (rc_yaml_source_is(end, RC_YAML_IS_WORD) || *end == '.' || *end == '/')
		end++;
	return *end == ':' && rc_yaml_source_is_blankz(end + 1) && end - p < SIMPLE_KEY_MAX
		       ? (size_t)(end - p)
		       : 0;
}

/* Whether what follows a line or a blank is no part of a plain scalar. */
static bool ends_plain(const struct rc_yaml_source *source)
{
	return *source->p == '#' ||
	       (source->p == source->line && rc_yaml_scan_is_document(source->p));
}

bool rc_yaml_scan_plain(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_yaml_source *source = &scanner->source;
	struct rc_buf *out = &scanner->scratch;
	unsigned int indent = (unsigned int)(scanner->indent + 1);
	/* [from, to) is what has been read and is not in out. */
	const char *from = source->p, *to = from;
	bool in_flow = scanner->flow_level > 0, has_break = false;

	rc_buf_clear(out);
	token->is_plain = true;
	for (;;) {
		const char *word = source->p;

		if (!rc_yaml_scan_need(scanner, 4))
			return false;
		if (ends_plain(source))
			break;
		source->p = find_plain_end(source, in_flow);
		if (source->p > word) {
			if (has_break) {
				rc_buf_add(out, from, (size_t)(to - from));
				fold(out, to, word, false);
				from = word;
				has_break = false;
			}
			to = source->p;
			if (!rc_yaml_scan_need(scanner, 2))
				return false;
		}
		if (!rc_yaml_source_is_blank(source->p) && rc_yaml_source_break(source->p) == 0)
			break;
		if (!skip_plain_white(scanner, indent, &has_break))
			return false;
		if (!in_flow && (size_t)(source->p - source->line) < indent)
			break;
	}
	scanner->may_be_key = has_break || scanner->may_be_key;
	if (out->n == 0) {
		rc_yaml_scan_borrow(scanner, token, from, (size_t)(to - from));
		return true;
	}
	rc_buf_add(out, from, (size_t)(to - from));
	token->text = rc_yaml_scan_keep(scanner);
	return true;
}

/* ---- quoted ---- */

static const char *find_quoted_end(const char *p)
{
	while (!rc_yaml_source_is(p, RC_YAML_IS_QUOTE | RC_YAML_IS_BLANK))
		p++;
	return p;
}

/* The whole of a scalar that is as it stands there; false when it has to be looked at. */
static bool scan_simple(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_yaml_source *source = &scanner->source;
	const char *start = source->p + 1, *p = start;
	char quote = *source->p;

	while (!rc_yaml_source_is(p, RC_YAML_IS_QUOTE))
		p++;
	if (!source->is_clean || *p != quote || (quote == '\'' && p[1] == quote))
		return false;
	source->p = p + 1;
	rc_yaml_scan_borrow(scanner, token, start, (size_t)(p - start));
	return true;
}

/* n digits at p. */
static bool scan_code(struct rc_yaml_scanner *scanner, size_t n)
{
	struct rc_yaml_source *source = &scanner->source;
	uint32_t code = 0;

	if (!rc_yaml_scan_need(scanner, n))
		return false;
	for (size_t i = 0; i < n; i++) {
		int digit = rc_yaml_source_hex(source->p[i]);

		if (digit < 0)
			return rc_yaml_scan_fail(scanner,
						 "did not find expected hexdecimal number");
		code = code << 4 | (uint32_t)digit;
	}
	if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff)
		return rc_yaml_scan_fail(scanner, "found invalid Unicode character escape code");
	rc_buf_put_rune(&scanner->scratch, code);
	source->p += n;
	return true;
}

/* The escape at p, which is no escaped break. */
static bool scan_escape(struct rc_yaml_scanner *scanner)
{
	static const char names[] = "0abt\tnvfre \"'\\";
	static const char values[] = "\0\a\b\t\t\n\v\f\r\x1b \"'\\";
	struct rc_yaml_source *source = &scanner->source;
	struct rc_buf *out = &scanner->scratch;
	const char c = source->p[1];
	const char *name = c ? strchr(names, c) : NULL;
	size_t n_digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;

	if (name)
		rc_buf_putc(out, values[name - names]);
	else if (c == 'N')
		rc_buf_puts(out, "\xc2\x85");
	else if (c == '_')
		rc_buf_puts(out, "\xc2\xa0");
	else if (c == 'L')
		rc_buf_puts(out, "\xe2\x80\xa8");
	else if (c == 'P')
		rc_buf_puts(out, "\xe2\x80\xa9");
	else if (n_digits == 0)
		return rc_yaml_scan_fail(scanner, "found unknown escape character");
	source->p += 2;
	return n_digits == 0 || scan_code(scanner, n_digits);
}

/*
 * Up to the closing quote, to white space or to the end; *ret_is_escaped: over an escaped break.
 */
static bool scan_quoted_word(struct rc_yaml_scanner *scanner, char quote, bool *ret_is_escaped)
{
	struct rc_yaml_source *source = &scanner->source;
	struct rc_buf *out = &scanner->scratch;

	*ret_is_escaped = false;
	while (!rc_yaml_source_is_blankz(source->p)) {
		const char *p = find_quoted_end(source->p);

		if (p > source->p) {
			rc_buf_add(out, source->p, (size_t)(p - source->p));
			source->p = p;
		} else if (*p == quote) {
			if (quote == '"' || p[1] != quote)
				return true;
			rc_buf_putc(out, quote);
			source->p += 2;
		} else if (quote == '"' && *p == '\\') {
			size_t n = rc_yaml_source_break(p + 1);

			if (n > 0) {
				if (!rc_yaml_scan_need(scanner, 3))
					return false;
				rc_yaml_source_next_line(source, 1 + n);
				*ret_is_escaped = true;
				return true;
			}
			if (!scan_escape(scanner))
				return false;
		} else {
			/* Another quote, or what only looks as if a break began there. */
			rc_buf_putc(out, *source->p++);
			while ((*source->p & 0xc0) == 0x80)
				rc_buf_putc(out, *source->p++);
		}
		if (!rc_yaml_scan_need(scanner, 2))
			return false;
	}
	return true;
}

bool rc_yaml_scan_quoted(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_yaml_source *source = &scanner->source;
	struct rc_buf *out = &scanner->scratch;
	char quote = *source->p;

	token->is_plain = false;
	if (scan_simple(scanner, token))
		return true;
	rc_buf_clear(out);
	source->p++;
	for (;;) {
		const char *white;
		bool has_break, is_escaped;

		if (!rc_yaml_scan_need(scanner, 4))
			return false;
		if (source->p == source->line && rc_yaml_scan_is_document(source->p))
			return rc_yaml_scan_fail(scanner, "found unexpected document indicator");
		if (*source->p == '\0')
			return rc_yaml_scan_fail(scanner, "found unexpected end of stream");
		if (!scan_quoted_word(scanner, quote, &is_escaped) ||
		    !rc_yaml_scan_need(scanner, 1))
			return false;
		if (*source->p == quote)
			break;
		white = source->p;
		skip_white(source, &has_break);
		if (!rc_yaml_scan_need(scanner, 1))
			return false;
		if (has_break || is_escaped)
			fold(out, white, source->p, is_escaped);
		else
			rc_buf_add(out, white, (size_t)(source->p - white));
	}
	source->p++;
	token->text = rc_yaml_scan_keep(scanner);
	return true;
}
