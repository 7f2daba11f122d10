/* Directives, anchors, aliases and tags. */
#include "data/yaml-scan-private.h"

#define VERSION_DIGITS 2

static bool is_word(const char *p)
{
	return rc_yaml_source_is(p, RC_YAML_IS_WORD);
}

/* Appends the word at p. */
static bool scan_word(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;
	const char *start = source->p;

	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	while (is_word(source->p))
		source->p++;
	rc_buf_add(&scanner->scratch, start, (size_t)(source->p - start));
	return rc_yaml_scan_need(scanner, 1);
}

static bool skip_blanks(struct rc_yaml_scanner *scanner)
{
	while (rc_yaml_source_is_blank(scanner->source.p))
		scanner->source.p++;
	return rc_yaml_scan_need(scanner, 1);
}

/* ---- anchors ---- */

bool rc_yaml_scan_anchor(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_yaml_source *source = &scanner->source;

	token->kind = *source->p++ == '*' ? RC_YAML_TOKEN_ALIAS : RC_YAML_TOKEN_ANCHOR;
	rc_buf_clear(&scanner->scratch);
	if (!scan_word(scanner))
		return false;
	if (scanner->scratch.n == 0 ||
	    (!rc_yaml_source_is_blankz(source->p) && !strchr("?:,]}%@`", *source->p)))
		return rc_yaml_scan_fail(scanner,
					 "did not find expected alphabetic or numeric character");
	token->text = rc_yaml_scan_keep(scanner);
	return true;
}

/* ---- tags ---- */

/* "!", "!word!" or, in a tag, what is no handle after all: "!word". */
static bool scan_handle(struct rc_yaml_scanner *scanner, bool is_directive)
{
	struct rc_yaml_source *source = &scanner->source;
	struct rc_buf *out = &scanner->scratch;

	rc_buf_clear(out);
	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	if (*source->p != '!')
		return rc_yaml_scan_fail(scanner, "did not find expected '!'");
	rc_buf_putc(out, *source->p++);
	if (!scan_word(scanner))
		return false;
	if (*source->p == '!')
		rc_buf_putc(out, *source->p++);
	else if (is_directive && out->n > 1)
		return rc_yaml_scan_fail(scanner, "did not find expected '!'");
	return true;
}

/* One character as "%c3%a4". */
static bool scan_uri_escapes(struct rc_yaml_scanner *scanner)
{
	struct rc_yaml_source *source = &scanner->source;
	size_t left = 0;

	do {
		int high, low;
		unsigned int octet;

		if (!rc_yaml_scan_need(scanner, 3))
			return false;
		high = *source->p == '%' ? rc_yaml_source_hex(source->p[1]) : -1;
		low = high >= 0 ? rc_yaml_source_hex(source->p[2]) : -1;
		if (low < 0)
			return rc_yaml_scan_fail(scanner, "did not find URI escaped octet");
		octet = (unsigned int)(high << 4 | low);
		if (left > 0 && (octet & 0xc0) != 0x80)
			return rc_yaml_scan_fail(scanner,
						 "found an incorrect trailing UTF-8 octet");
		if (left == 0)
			left = rc_yaml_source_width(octet);
		if (left == 0)
			return rc_yaml_scan_fail(scanner, "found an incorrect leading UTF-8 octet");
		rc_buf_putc(&scanner->scratch, (char)octet);
		source->p += 3;
	} while (--left > 0);
	return true;
}

/* Appends a URI to scratch; is_enough: nothing more has to follow what is there. */
static bool scan_uri(struct rc_yaml_scanner *scanner, bool is_enough)
{
	struct rc_yaml_source *source = &scanner->source;

	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	while (rc_yaml_source_is(source->p, RC_YAML_IS_URI)) {
		is_enough = true;
		if (*source->p != '%')
			rc_buf_putc(&scanner->scratch, *source->p++);
		else if (!scan_uri_escapes(scanner))
			return false;
		if (!rc_yaml_scan_need(scanner, 1))
			return false;
	}
	return is_enough || rc_yaml_scan_fail(scanner, "did not find expected tag URI");
}

/* "!<uri>" */
static bool scan_verbatim(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_yaml_source *source = &scanner->source;

	source->p += 2;
	rc_buf_clear(&scanner->scratch);
	if (!scan_uri(scanner, false))
		return false;
	if (*source->p != '>')
		return rc_yaml_scan_fail(scanner, "did not find the expected '>'");
	source->p++;
	token->text = RC_STR("");
	token->suffix = rc_yaml_scan_keep(scanner);
	return true;
}

/* "!handle!suffix", "!suffix" or "!" alone. */
static bool scan_shorthand(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_buf *out = &scanner->scratch;
	bool is_handle;

	if (!scan_handle(scanner, false))
		return false;
	is_handle = out->n > 1 && out->p[out->n - 1] == '!';
	token->text = is_handle ? rc_yaml_scan_keep(scanner) : RC_STR("!");
	rc_buf_consume(out, is_handle ? out->n : 1);
	if (!scan_uri(scanner, !is_handle))
		return false;
	token->suffix = rc_yaml_scan_keep(scanner);
	if (!is_handle && token->suffix.n == 0) {
		token->text = RC_STR("");
		token->suffix = RC_STR("!");
	}
	return true;
}

bool rc_yaml_scan_tag(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	token->kind = RC_YAML_TOKEN_TAG;
	if (!rc_yaml_scan_need(scanner, 2))
		return false;
	if (!(scanner->source.p[1] == '<' ? scan_verbatim(scanner, token)
					  : scan_shorthand(scanner, token)) ||
	    !rc_yaml_scan_need(scanner, 1))
		return false;
	return rc_yaml_source_is_blankz(scanner->source.p) ||
	       rc_yaml_scan_fail(scanner, "did not find expected whitespace or line break");
}

/* ---- directives ---- */

static bool scan_version_number(struct rc_yaml_scanner *scanner, unsigned char *ret)
{
	struct rc_yaml_source *source = &scanner->source;
	const char *start = source->p;

	*ret = 0;
	for (; *source->p >= '0' && *source->p <= '9'; source->p++) {
		if (source->p - start == VERSION_DIGITS)
			return rc_yaml_scan_fail(scanner, "found extremely long version number");
		*ret = (unsigned char)(*ret * 10 + (*source->p - '0'));
	}
	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	return source->p > start ||
	       rc_yaml_scan_fail(scanner, "did not find expected version number");
}

static bool scan_version(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	if (!skip_blanks(scanner) || !scan_version_number(scanner, &token->major))
		return false;
	if (*scanner->source.p != '.')
		return rc_yaml_scan_fail(scanner, "did not find expected digit or '.' character");
	scanner->source.p++;
	return scan_version_number(scanner, &token->minor);
}

static bool scan_tag_directive(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	token->kind = RC_YAML_TOKEN_TAG_DIRECTIVE;
	if (!skip_blanks(scanner) || !scan_handle(scanner, true) || !rc_yaml_scan_need(scanner, 1))
		return false;
	token->text = rc_yaml_scan_keep(scanner);
	if (!rc_yaml_source_is_blank(scanner->source.p))
		return rc_yaml_scan_fail(scanner, "did not find expected whitespace");
	rc_buf_clear(&scanner->scratch);
	if (!skip_blanks(scanner) || !scan_uri(scanner, false))
		return false;
	token->suffix = rc_yaml_scan_keep(scanner);
	return rc_yaml_source_is_blankz(scanner->source.p) ||
	       rc_yaml_scan_fail(scanner, "did not find expected whitespace or line break");
}

bool rc_yaml_scan_directive(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_str name;
	bool ok;

	scanner->source.p++;
	rc_buf_clear(&scanner->scratch);
	if (!scan_word(scanner))
		return false;
	if (scanner->scratch.n == 0)
		return rc_yaml_scan_fail(scanner, "could not find expected directive name");
	if (!rc_yaml_source_is_blankz(scanner->source.p))
		return rc_yaml_scan_fail(scanner, "found unexpected non-alphabetical character");
	name = rc_buf_str(&scanner->scratch);
	if (rc_str_is(name, "YAML"))
		ok = scan_version(scanner, token);
	else if (rc_str_is(name, "TAG"))
		ok = scan_tag_directive(scanner, token);
	else
		return rc_yaml_scan_fail(scanner, "found unknown directive name");
	return ok && rc_yaml_scan_need(scanner, 1) &&
	       rc_yaml_scan_line_end(scanner, "did not find expected comment or line break");
}
