/* A check of JSON's grammar alone, which finds what Go's scanner would have objected to. */
#include "data/json-scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "data/json-read.h"
#include "data/utf8.h"

#define DEPTH_MAX 10000

struct scan {
	struct rc_str s;
	size_t at;
	unsigned int depth;
	struct rc_error **err;
};

static int fail_end(struct scan *scan)
{
	return rc_fail(scan->err, -EINVAL, "unexpected end of JSON input");
}

/* At the end Go's scanner sees a blank, which some places take: then the end is what is wrong. */
static bool takes_blank(const char *context)
{
	return strncmp(context, "looking", 7) == 0 || strncmp(context, "after a", 7) == 0 ||
	       strncmp(context, "after o", 7) == 0 || strcmp(context, "in string literal") == 0;
}

static int fail_char(struct scan *scan, const char *context)
{
	size_t n;
	uint32_t rune;

	if (scan->at >= scan->s.n && takes_blank(context))
		return fail_end(scan);
	if (scan->at >= scan->s.n)
		return rc_fail(scan->err, -EINVAL, "invalid character ' ' %s", context);
	rune = rc_utf8_decode((struct rc_str){scan->s.p + scan->at, scan->s.n - scan->at}, &n);
	if (rune == '\'' || rune == '"')
		return rc_fail(scan->err, -EINVAL, "invalid character %s %s",
			       rune == '"' ? "'\"'" : "'\\''", context);
	if (rune == '\n' || rune == '\t' || rune == '\r')
		return rc_fail(scan->err, -EINVAL, "invalid character '\\%c' %s",
			       rune == '\n'   ? 'n'
			       : rune == '\t' ? 't'
					      : 'r',
			       context);
	if (rune < 0x20)
		return rc_fail(scan->err, -EINVAL, "invalid character '\\x%02x' %s", rune, context);
	/* Go looks at bytes: of a longer rune it names the first one. */
	if (rune >= 0x80)
		return rc_fail(
			scan->err, -EINVAL, "invalid character '%.*s' %s", 2,
			(const char[]){(char)(0xc0 | (unsigned char)scan->s.p[scan->at] >> 6),
				       (char)(0x80 | (scan->s.p[scan->at] & 0x3f)), 0},
			context);
	return rc_fail(scan->err, -EINVAL, "invalid character '%c' %s", (char)rune, context);
}

static void skip_space(struct scan *scan)
{
	const char *p = scan->s.p;
	size_t at = scan->at;

	while (at < scan->s.n && (p[at] == ' ' || p[at] == '\n' || p[at] == '\t' || p[at] == '\r'))
		at++;
	scan->at = at;
}

static bool sees(const struct scan *scan, char c)
{
	return scan->at < scan->s.n && scan->s.p[scan->at] == c;
}

static int scan_value(struct scan *scan);

/* Bytes that stand for themselves, from p on. */
static size_t count_plain(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '"' && p[i] != '\\' && (unsigned char)p[i] >= 0x20)
		i++;
	return i;
}

static int scan_string(struct scan *scan)
{
	for (scan->at++;; scan->at++) {
		scan->at += count_plain(scan->s.p + scan->at, scan->s.n - scan->at);
		if (scan->at == scan->s.n)
			return fail_end(scan);
		if (scan->s.p[scan->at] == '"') {
			scan->at++;
			return 0;
		}
		if (scan->s.p[scan->at] != '\\')
			return fail_char(scan, "in string literal");
		if (++scan->at == scan->s.n)
			return fail_char(scan, "in string escape code");
		if (scan->s.p[scan->at] == 'u') {
			for (int i = 0; i < 4; i++) {
				scan->at++;
				if (scan->at == scan->s.n ||
				    !isxdigit((unsigned char)scan->s.p[scan->at]))
					return fail_char(scan,
							 "in \\u hexadecimal character escape");
			}
		} else if (!scan->s.p[scan->at] || !strchr("\"\\/bfnrt", scan->s.p[scan->at])) {
			return fail_char(scan, "in string escape code");
		}
	}
}

static size_t skip_digits(struct scan *scan)
{
	size_t from = scan->at;

	while (scan->at < scan->s.n && isdigit((unsigned char)scan->s.p[scan->at]))
		scan->at++;
	return scan->at - from;
}

static int scan_number(struct scan *scan)
{
	if (sees(scan, '-'))
		scan->at++;
	if (sees(scan, '0'))
		scan->at++;
	else if (skip_digits(scan) == 0)
		return fail_char(scan, "in numeric literal");
	if (sees(scan, '.')) {
		scan->at++;
		if (skip_digits(scan) == 0)
			return fail_char(scan, "after decimal point in numeric literal");
	}
	if (sees(scan, 'e') || sees(scan, 'E')) {
		scan->at++;
		if (sees(scan, '+') || sees(scan, '-'))
			scan->at++;
		if (skip_digits(scan) == 0)
			return fail_char(scan, "in exponent of numeric literal");
	}
	return 0;
}

static int scan_word(struct scan *scan, const char *word)
{
	for (size_t i = 0; word[i]; i++, scan->at++) {
		char context[64];

		if (sees(scan, word[i]))
			continue;
		snprintf(context, sizeof(context), "in literal %s (expecting '%c')", word, word[i]);
		return fail_char(scan, context);
	}
	return 0;
}

/* Past the byte that opens a collection and, when it is empty, the one that closes it. */
static bool is_empty(struct scan *scan, char closing)
{
	scan->at++;
	skip_space(scan);
	if (!sees(scan, closing))
		return false;
	scan->at++;
	return true;
}

/* Behind a member: past a comma (1), or past the closing byte (0). */
static int scan_next(struct scan *scan, char closing, const char *context)
{
	bool is_last;

	skip_space(scan);
	is_last = sees(scan, closing);
	if (!is_last && !sees(scan, ','))
		return fail_char(scan, context);
	scan->at++;
	return !is_last;
}

static int scan_member(struct scan *scan)
{
	int r;

	skip_space(scan);
	if (!sees(scan, '"'))
		return fail_char(scan, "looking for beginning of object key string");
	r = scan_string(scan);
	if (r < 0)
		return r;
	skip_space(scan);
	if (!sees(scan, ':'))
		return fail_char(scan, "after object key");
	scan->at++;
	return scan_value(scan);
}

static int scan_object(struct scan *scan)
{
	int r = !is_empty(scan, '}');

	while (r > 0) {
		r = scan_member(scan);
		if (r == 0)
			r = scan_next(scan, '}', "after object key:value pair");
	}
	return r;
}

static int scan_array(struct scan *scan)
{
	int r = !is_empty(scan, ']');

	while (r > 0) {
		r = scan_value(scan);
		if (r == 0)
			r = scan_next(scan, ']', "after array element");
	}
	return r;
}

static int scan_value(struct scan *scan)
{
	int r;

	skip_space(scan);
	if (scan->at == scan->s.n)
		return fail_end(scan);
	if (++scan->depth > DEPTH_MAX)
		return rc_fail(scan->err, -EINVAL, "exceeded max depth");
	switch (scan->s.p[scan->at]) {
	case '{':
		r = scan_object(scan);
		break;
	case '[':
		r = scan_array(scan);
		break;
	case '"':
		r = scan_string(scan);
		break;
	case 't':
		r = scan_word(scan, "true");
		break;
	case 'f':
		r = scan_word(scan, "false");
		break;
	case 'n':
		r = scan_word(scan, "null");
		break;
	default:
		if (sees(scan, '-') || isdigit((unsigned char)scan->s.p[scan->at]))
			r = scan_number(scan);
		else
			r = fail_char(scan, "looking for beginning of value");
		break;
	}
	scan->depth--;
	return r;
}

/* The place Go's SyntaxError has: behind what it read last. */
static size_t offset_of(const struct scan *scan)
{
	return scan->at + (scan->at < scan->s.n ? 1 : 0);
}

int rc_json_scan(struct rc_str text, size_t *ret_offset, struct rc_error **err)
{
	struct scan scan = {.s = text, .err = err};
	int r = scan_value(&scan);

	if (r == 0) {
		skip_space(&scan);
		if (scan.at < text.n)
			r = fail_char(&scan, "after top-level value");
	}
	if (r < 0 && ret_offset)
		*ret_offset = offset_of(&scan);
	return r;
}

int rc_json_first(struct rc_str text, size_t *ret_end, size_t *ret_offset, struct rc_error **err)
{
	struct scan scan = {.s = text, .err = err};
	int r;

	skip_space(&scan);
	if (scan.at == text.n)
		return rc_fail(err, -ENODATA, "EOF");
	r = scan_value(&scan);
	if (r < 0 && ret_offset)
		*ret_offset = offset_of(&scan);
	if (r < 0 && scan.at >= text.n)
		return rc_fail(err, -EINVAL, "unexpected EOF");
	if (r == 0)
		*ret_end = scan.at;
	return r;
}
