/*
 * The parser follows the order of checks of Go's regexp/syntax, since the first complaint is the
 * one users see. Flags m, s and U are resolved here, so that PCRE2 is told of (?i) only.
 */
#include "data/regex-syntax.h"

#include <errno.h>

#include "base/memory.h"
#include "data/regex-class.h"
#include "data/unicode.h"
#include "data/utf8.h"

#define REPEAT_MAX 1000 /* of one {n,m}, and of all nested ones multiplied */
#define HEIGHT_MAX 1000

enum { FOLD = 1, MULTI_LINE = 2, DOT_ALL = 4, UNGREEDY = 8 };

/* One open group. */
struct level {
	unsigned int flags; /* to restore behind it */
	int weight;	    /* largest product of the repeat counts in it */
};

struct parser {
	struct rc_str whole, rest;
	struct rc_buf *out;
	struct rc_regex_syntax *result;
	struct level levels[HEIGHT_MAX + 1];
	size_t depth;
	unsigned int flags;
	bool has_operand; /* what stands before can be repeated */
	int weight;	  /* of that operand */
	struct rc_str last_repeat;
	struct rc_error **err;
};

int rc_regex_refuse(struct rc_error **err, const char *what, struct rc_str part)
{
	return rc_fail(err, -EINVAL, "error parsing regexp: %s: `%.*s`", what, (int)part.n,
		       part.p ? part.p : "");
}

static struct rc_str until(struct rc_str start, struct rc_str rest)
{
	return (struct rc_str){start.p, start.n - rest.n};
}

static void advance(struct rc_str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static bool next_is(const struct parser *parser, size_t offset, char c)
{
	return parser->rest.n > offset && parser->rest.p[offset] == c;
}

static void set_operand(struct parser *parser, int weight)
{
	struct level *level = &parser->levels[parser->depth];

	parser->has_operand = true;
	parser->weight = weight;
	if (weight > level->weight)
		level->weight = weight;
}

static void put_literal(struct parser *parser, uint32_t rune)
{
	if (rune < 0x80 && !rc_unicode_is_letter(rune) && !rc_unicode_is_digit(rune))
		rc_buf_printf(parser->out, "\\x%02x", rune);
	else if (rune >= 0xd800 && rune < 0xe000)
		rc_buf_puts(parser->out, "[^\\x00-\\x{10ffff}]"); /* no text holds a surrogate */
	else
		rc_buf_put_rune(parser->out, rune);
	set_operand(parser, 1);
}

/* An assertion or a set, wrapped so that a quantifier may follow whatever it is. */
static void put_item(struct parser *parser, const char *text)
{
	rc_buf_printf(parser->out, "(?:%s)", text);
	set_operand(parser, 1);
}

static int open_group(struct parser *parser, bool captures, struct rc_str name)
{
	struct rc_regex_syntax *result = parser->result;

	if (parser->depth == HEIGHT_MAX)
		return rc_regex_refuse(parser->err, "expression nests too deeply", parser->whole);
	if (captures) {
		result->names =
			rc_realloc(result->names, (result->n_groups + 1) * sizeof(*result->names));
		result->names[result->n_groups++] = name;
	}
	rc_buf_puts(parser->out, captures ? "(" : "(?:");
	parser->levels[++parser->depth] = (struct level){parser->flags, 1};
	parser->has_operand = false;
	return 0;
}

static int close_group(struct parser *parser)
{
	struct level *level = &parser->levels[parser->depth];

	if (parser->depth == 0)
		return rc_regex_refuse(parser->err, "unexpected )", parser->whole);
	rc_buf_putc(parser->out, ')');
	parser->flags = level->flags;
	parser->depth--;
	set_operand(parser, level->weight);
	advance(&parser->rest, 1);
	return 0;
}

static bool is_name(struct rc_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c >= 0x80 || (c != '_' && !rc_unicode_is_letter(c) && !rc_unicode_is_digit(c)))
			return false;
	}
	return name.n > 0;
}

static int open_named(struct parser *parser, size_t skip)
{
	ptrdiff_t end = rc_str_index(parser->rest, '>');
	struct rc_str name, capture = parser->rest;

	if (end < 0)
		return rc_regex_refuse(parser->err, "invalid named capture", capture);
	capture.n = (size_t)end + 1;
	name = (struct rc_str){capture.p + skip, capture.n - skip - 1};
	if (!is_name(name))
		return rc_regex_refuse(parser->err, "invalid named capture", capture);
	advance(&parser->rest, capture.n);
	return open_group(parser, true, name);
}

static unsigned int flag_of(char c)
{
	switch (c) {
	case 'i':
		return FOLD;
	case 'm':
		return MULTI_LINE;
	case 's':
		return DOT_ALL;
	case 'U':
		return UNGREEDY;
	default:
		return 0;
	}
}

/* "(?i-s:" or "(?i)"; rest stands at the parenthesis. */
static int parse_flags(struct parser *parser)
{
	struct rc_str start = parser->rest;
	unsigned int flags = parser->flags, old = parser->flags;
	bool negative = false, seen = false;
	int r = 0;

	advance(&parser->rest, 2);
	while (parser->rest.n > 0) {
		size_t n;
		char c = *parser->rest.p;
		unsigned int flag = flag_of(c);

		rc_utf8_decode(parser->rest, &n);
		advance(&parser->rest, n);
		if (flag) {
			flags = negative ? flags & ~flag : flags | flag;
			seen = true;
		} else if (c == '-' && !negative) {
			negative = true;
			seen = false;
		} else if ((c == ':' || c == ')') && (!negative || seen)) {
			if (c == ':')
				r = open_group(parser, false, (struct rc_str){NULL, 0});
			parser->flags = flags;
			if ((flags ^ old) & FOLD)
				rc_buf_puts(parser->out, flags & FOLD ? "(?i)" : "(?-i)");
			return r;
		} else {
			break;
		}
	}
	return rc_regex_refuse(parser->err, "invalid or unsupported Perl syntax",
			       until(start, parser->rest));
}

static int parse_open(struct parser *parser)
{
	if (!next_is(parser, 1, '?')) {
		advance(&parser->rest, 1);
		return open_group(parser, true, (struct rc_str){NULL, 0});
	}
	if (parser->rest.n > 4 && next_is(parser, 2, 'P') && next_is(parser, 3, '<'))
		return open_named(parser, 4);
	if (parser->rest.n > 3 && next_is(parser, 2, '<'))
		return open_named(parser, 3);
	return parse_flags(parser);
}

static bool parse_int(struct rc_str *rest, int *ret)
{
	struct rc_str s = *rest;
	int value = 0;

	if (s.n == 0 || *s.p < '0' || *s.p > '9')
		return false;
	if (s.n >= 2 && s.p[0] == '0' && s.p[1] >= '0' && s.p[1] <= '9')
		return false;
	for (; s.n > 0 && *s.p >= '0' && *s.p <= '9'; advance(&s, 1))
		if (value <= REPEAT_MAX)
			value = value * 10 + (*s.p - '0');
	*rest = s;
	*ret = value;
	return true;
}

/* "{2}", "{2,}", "{2,3}"; max -1: no end. false: the brace is a literal. */
static bool parse_counts(struct rc_str *rest, int *ret_min, int *ret_max)
{
	struct rc_str s = *rest;

	advance(&s, 1);
	if (!parse_int(&s, ret_min) || s.n == 0)
		return false;
	*ret_max = *ret_min;
	if (*s.p == ',') {
		advance(&s, 1);
		if (s.n == 0)
			return false;
		if (*s.p == '}')
			*ret_max = -1;
		else if (!parse_int(&s, ret_max))
			return false;
	}
	if (s.n == 0 || *s.p != '}')
		return false;
	advance(&s, 1);
	*rest = s;
	return true;
}

/* The operator stands between before and parser->rest; min -1 for '*', '+' and '?'. */
static int put_repeat(struct parser *parser, struct rc_str before, int min, int max)
{
	struct rc_str op = until(before, parser->rest);
	bool lazy = parser->flags & UNGREEDY;
	int count = max < 0 ? min : max;

	if (next_is(parser, 0, '?')) {
		lazy = !lazy;
		advance(&parser->rest, 1);
	}
	if (parser->last_repeat.p)
		return rc_regex_refuse(parser->err, "invalid nested repetition operator",
				       until(parser->last_repeat, parser->rest));
	if (!parser->has_operand)
		return rc_regex_refuse(parser->err, "missing argument to repetition operator",
				       until(before, parser->rest));
	rc_buf_add_str(parser->out, op);
	if (lazy)
		rc_buf_putc(parser->out, '?');
	if (count > 0)
		set_operand(parser, parser->weight * count);
	if ((min >= 2 || max >= 2) && parser->weight > REPEAT_MAX)
		return rc_regex_refuse(parser->err, "invalid repeat count",
				       until(before, parser->rest));
	parser->last_repeat = before;
	return 0;
}

static int parse_repeat(struct parser *parser)
{
	struct rc_str before = parser->rest;
	int min = -1, max = -1;

	if (*before.p != '{') {
		advance(&parser->rest, 1);
		return put_repeat(parser, before, -1, -1);
	}
	if (!parse_counts(&parser->rest, &min, &max)) {
		advance(&parser->rest, 1);
		put_literal(parser, '{');
		return 0;
	}
	if (min > REPEAT_MAX || max > REPEAT_MAX || (max >= 0 && min > max))
		return rc_regex_refuse(parser->err, "invalid repeat count",
				       until(before, parser->rest));
	return put_repeat(parser, before, min, max);
}

/* \Q...\E: all literal. */
static int parse_quoted(struct parser *parser)
{
	size_t n;

	for (advance(&parser->rest, 2); parser->rest.n > 0; advance(&parser->rest, n)) {
		if (next_is(parser, 0, '\\') && next_is(parser, 1, 'E')) {
			advance(&parser->rest, 2);
			break;
		}
		put_literal(parser, rc_utf8_decode(parser->rest, &n));
	}
	return 0;
}

static const char *find_assertion(char c)
{
	switch (c) {
	case 'A':
		return "\\A";
	case 'b':
		return "\\b";
	case 'B':
		return "\\B";
	case 'z':
		return "\\z";
	default:
		return NULL;
	}
}

static int parse_backslash(struct parser *parser)
{
	char c = parser->rest.n > 1 ? parser->rest.p[1] : '\0';
	const char *assertion = find_assertion(c);
	uint32_t rune;
	int r;

	if (assertion) {
		advance(&parser->rest, 2);
		put_item(parser, assertion);
		return 0;
	}
	if (c == 'C')
		return rc_regex_refuse(parser->err, "invalid escape sequence",
				       (struct rc_str){parser->rest.p, 2});
	if (c == 'Q')
		return parse_quoted(parser);
	rc_buf_putc(parser->out, '[');
	r = rc_regex_class_take_group(&parser->rest, parser->out, parser->err);
	if (r < 0)
		return r;
	if (r > 0) {
		rc_buf_putc(parser->out, ']');
		set_operand(parser, 1);
		return 0;
	}
	rc_buf_truncate(parser->out, parser->out->n - 1);
	r = rc_regex_class_take_escape(&parser->rest, &rune, parser->err);
	if (r < 0)
		return r;
	put_literal(parser, rune);
	return 0;
}

static int parse_class(struct parser *parser)
{
	int r = rc_regex_class_take(&parser->rest, parser->out, parser->err);

	if (r == 0)
		set_operand(parser, 1);
	return r;
}

static int parse_simple(struct parser *parser)
{
	uint32_t rune;
	size_t n;

	switch (*parser->rest.p) {
	case '^':
		put_item(parser, parser->flags & MULTI_LINE ? "(?m:^)" : "\\A");
		break;
	case '$':
		put_item(parser, parser->flags & MULTI_LINE ? "(?m:$)" : "\\z");
		break;
	case '.':
		rc_buf_puts(parser->out, parser->flags & DOT_ALL ? "(?s:.)" : "[^\\n]");
		set_operand(parser, 1);
		break;
	default:
		rune = rc_utf8_decode(parser->rest, &n);
		put_literal(parser, rune);
		advance(&parser->rest, n);
		return 0;
	}
	advance(&parser->rest, 1);
	return 0;
}

static int parse_one(struct parser *parser)
{
	switch (*parser->rest.p) {
	case '(':
		return parse_open(parser);
	case ')':
		return close_group(parser);
	case '|':
		rc_buf_putc(parser->out, '|');
		parser->has_operand = false;
		advance(&parser->rest, 1);
		return 0;
	case '[':
		return parse_class(parser);
	case '*':
	case '+':
	case '?':
	case '{':
		return parse_repeat(parser);
	case '\\':
		return parse_backslash(parser);
	default:
		return parse_simple(parser);
	}
}

int rc_regex_syntax_translate(struct rc_str source, struct rc_regex_syntax *ret,
			      struct rc_error **err)
{
	rc_autofree struct parser *parser = rc_new0(struct parser);
	int r = 0;

	*ret = (struct rc_regex_syntax){0};
	rc_buf_init(&ret->pattern, RC_BUF_UNLIMITED);
	parser->whole = parser->rest = source;
	parser->out = &ret->pattern;
	parser->result = ret;
	parser->err = err;
	parser->levels[0].weight = 1;
	if (!rc_utf8_is_valid(source))
		return rc_regex_refuse(err, "invalid UTF-8", source);
	while (parser->rest.n > 0 && r == 0) {
		struct rc_str last = parser->last_repeat;

		r = parse_one(parser);
		if (parser->last_repeat.p == last.p)
			parser->last_repeat.p = NULL;
	}
	if (r == 0 && parser->depth > 0)
		return rc_regex_refuse(err, "missing closing )", source);
	return r;
}
