/* JSON in: a scan finds what is wrong in Go's words, then events, or jansson, make of it what it
 * is. */
#include "data/json-read.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/utf8.h"

#define DEPTH_MAX 10000

/* A check of the grammar alone, to find what Go's scanner would have objected to. */
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
	while (scan->at < scan->s.n && strchr(" \t\r\n", scan->s.p[scan->at]) &&
	       scan->s.p[scan->at])
		scan->at++;
}

static bool sees(const struct scan *scan, char c)
{
	return scan->at < scan->s.n && scan->s.p[scan->at] == c;
}

static int scan_value(struct scan *scan);

static int scan_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->s.n; scan->at++) {
		unsigned char c = (unsigned char)scan->s.p[scan->at];

		if (c == '"') {
			scan->at++;
			return 0;
		}
		if (c < 0x20)
			return fail_char(scan, "in string literal");
		if (c != '\\')
			continue;
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
	return fail_end(scan);
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

static int scan_object(struct scan *scan)
{
	int r;

	scan->at++;
	skip_space(scan);
	if (sees(scan, '}')) {
		scan->at++;
		return 0;
	}
	for (;;) {
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
		r = scan_value(scan);
		if (r < 0)
			return r;
		skip_space(scan);
		if (sees(scan, '}')) {
			scan->at++;
			return 0;
		}
		if (!sees(scan, ','))
			return fail_char(scan, "after object key:value pair");
		scan->at++;
	}
}

static int scan_array(struct scan *scan)
{
	scan->at++;
	skip_space(scan);
	if (sees(scan, ']')) {
		scan->at++;
		return 0;
	}
	for (;;) {
		int r = scan_value(scan);

		if (r < 0)
			return r;
		skip_space(scan);
		if (sees(scan, ']')) {
			scan->at++;
			return 0;
		}
		if (!sees(scan, ','))
			return fail_char(scan, "after array element");
		scan->at++;
	}
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

/* The whole text is one value. */
static int scan_all(struct scan *scan)
{
	int r = scan_value(scan);

	if (r < 0)
		return r;
	skip_space(scan);
	return scan->at < scan->s.n ? fail_char(scan, "after top-level value") : 0;
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
		*ret_offset = scan.at + (scan.at < text.n ? 1 : 0);
	if (r < 0 && scan.at >= text.n)
		return rc_fail(err, -EINVAL, "unexpected EOF");
	if (r == 0)
		*ret_end = scan.at;
	return r;
}

int rc_json_read_tree(struct rc_str text, json_t **ret_json, struct rc_error **err)
{
	struct scan scan = {.s = text, .err = err};
	json_error_t where;
	json_t *json;
	int r = scan_all(&scan);

	if (r < 0)
		return r;
	json = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &where);
	/* Numbers beyond 64 bits: a float64 takes them. */
	if (!json)
		json = json_loadb(text.p, text.n,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
				  &where);
	if (!json)
		return rc_fail(err, -EINVAL, "%s", where.text);
	*ret_json = json;
	return 0;
}

/* ---- events: over a text that was scanned, so that nothing is out of place ---- */

struct walk {
	const char *p;
	const struct rc_json_events *events;
	void *userdata;
	struct rc_buf text; /* of the string under way */
};

static void skip_blanks(struct walk *walk)
{
	while (*walk->p == ' ' || (*walk->p >= '\t' && *walk->p <= '\r'))
		walk->p++;
}

static uint32_t hex4(const char *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];

		value = value << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

/* A \u escape at p, two where they make one rune; a half of a pair alone is no character. */
static void put_unicode(struct walk *walk)
{
	uint32_t rune = hex4(walk->p + 2), low;

	walk->p += 6;
	if (rune >= 0xd800 && rune < 0xe000) {
		low = walk->p[0] == '\\' && walk->p[1] == 'u' ? hex4(walk->p + 2) : 0;
		if (rune < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			rune = 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00);
			walk->p += 6;
		} else {
			rune = RC_UTF8_ERROR;
		}
	}
	rc_buf_put_rune(&walk->text, rune);
}

static void put_escape(struct walk *walk)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name = strchr(names, walk->p[1]);

	if (walk->p[1] == 'u') {
		put_unicode(walk);
		return;
	}
	rc_buf_putc(&walk->text, name ? values[name - names] : walk->p[1]);
	walk->p += 2;
}

/* Bytes that stand for themselves; what is no UTF-8 becomes U+FFFD, as in Go. */
static void put_plain(struct walk *walk)
{
	const char *from = walk->p;
	struct rc_str rest;

	while (*walk->p != '"' && *walk->p != '\\')
		walk->p++;
	rest = (struct rc_str){from, (size_t)(walk->p - from)};
	if (rc_utf8_is_valid(rest)) {
		rc_buf_add_str(&walk->text, rest);
		return;
	}
	while (rest.n > 0) {
		size_t n;

		rc_buf_put_rune(&walk->text, rc_utf8_decode(rest, &n));
		rest.p += n;
		rest.n -= n;
	}
}

static struct rc_str take_string(struct walk *walk)
{
	rc_buf_clear(&walk->text);
	for (walk->p++; *walk->p != '"';) {
		if (*walk->p == '\\')
			put_escape(walk);
		else
			put_plain(walk);
	}
	walk->p++;
	return rc_buf_str(&walk->text);
}

static void walk_value(struct walk *walk);

/* Over a comma; false at the closing bracket, which is passed. */
static bool has_more(struct walk *walk, char closing)
{
	skip_blanks(walk);
	if (*walk->p == ',')
		walk->p++;
	skip_blanks(walk);
	if (*walk->p != closing)
		return true;
	walk->p++;
	return false;
}

static void walk_collection(struct walk *walk, bool is_array)
{
	walk->p++;
	walk->events->begin(walk->userdata, is_array);
	while (has_more(walk, is_array ? ']' : '}')) {
		if (!is_array) {
			walk->events->key(walk->userdata, take_string(walk));
			skip_blanks(walk);
			walk->p++; /* ':' */
		}
		walk_value(walk);
	}
	walk->events->end(walk->userdata, is_array);
}

static void walk_value(struct walk *walk)
{
	const char *from;

	skip_blanks(walk);
	from = walk->p;
	switch (*from) {
	case '{':
	case '[':
		walk_collection(walk, *from == '[');
		return;
	case '"':
		walk->events->string(walk->userdata, take_string(walk));
		return;
	case 't':
	case 'f':
		walk->p += *from == 't' ? 4 : 5;
		walk->events->boolean(walk->userdata, *from == 't');
		return;
	case 'n':
		walk->p += 4;
		walk->events->null(walk->userdata);
		return;
	default:
		walk->p += strspn(from, "+-.0123456789eE");
		walk->events->number(walk->userdata,
				     (struct rc_str){from, (size_t)(walk->p - from)});
		return;
	}
}

int rc_json_read(struct rc_str text, const struct rc_json_events *events, void *userdata,
		 size_t *ret_offset, struct rc_error **err)
{
	struct scan scan = {.s = text, .err = err};
	rc_autofree char *copy = NULL;
	struct walk walk = {
		.events = events, .userdata = userdata, .text = RC_BUF_INIT(RC_BUF_UNLIMITED)};
	int r = scan_all(&scan);

	if (r < 0 && ret_offset)
		*ret_offset = scan.at + (scan.at < text.n ? 1 : 0);
	if (r < 0 || !events)
		return r;
	/* A number may be the last of the text: the walk wants to see its end. */
	copy = rc_strndup(text.p, text.n);
	walk.p = copy;
	walk_value(&walk);
	rc_buf_done(&walk.text);
	return 0;
}
