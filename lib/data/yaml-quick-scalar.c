/* Scalars of everyday YAML, undone in place: what a scalar means is never longer than its text. */
#include "base/buf.h"
#include "data/utf8.h"
#include "data/yaml-quick-private.h"

/* libyaml takes a key of 1024 characters; whatever is near that is not everyday. */
#define KEY_MAX 1000

/* Indentation is most of many documents. There are bytes to read behind the end. */
static char *skip_blanks(char *p)
{
	static const char blanks[8] = "        ";

	if (*p != ' ')
		return p;
	while (memcmp(p, blanks, sizeof(blanks)) == 0)
		p += sizeof(blanks);
	while (*p == ' ')
		p++;
	return p;
}

bool rc_yaml_quick_skip(struct rc_yaml_quick_state *state, bool *ret_fresh)
{
	char *p = state->p;
	bool blank = p == state->line || p[-1] == ' ';

	*ret_fresh = p == state->line;
	for (;; p++) {
		char *solid = skip_blanks(p);

		blank = blank || solid > p;
		p = solid;
		if (*p == '#' && blank)
			p = memchr(p, '\n', (size_t)(state->end - p)) ?: state->end;
		if (*p != '\n')
			break;
		state->line = p + 1;
		state->number++;
		*ret_fresh = blank = true;
	}
	state->p = p;
	if (p == state->end)
		*ret_fresh = true;
	return *p != '\t' && *p != '#';
}

unsigned int rc_yaml_quick_column(const struct rc_yaml_quick_state *state)
{
	size_t n = (size_t)(state->p - state->line);
	const char *line = state->source + (state->line - state->copy);

	return 1 + (unsigned int)(state->is_ascii ? n : rc_utf8_count((struct rc_str){line, n}));
}

static void mark(const struct rc_yaml_quick_state *state, struct rc_yaml_quick_scalar *scalar)
{
	scalar->line = state->number;
	scalar->column = rc_yaml_quick_column(state);
}

/* ---- line ends within a scalar ---- */

/*
 * p is at the end of a line of a flow scalar: go to the next one that holds something, folding the
 * line ends between to *to. Leading blanks are no part of the text.
 */
static char *fold(struct rc_yaml_quick_state *state, char *p, char *to)
{
	size_t breaks = 0;

	while (*p == '\n' || *p == ' ' || *p == '\t') {
		if (*p++ != '\n')
			continue;
		state->line = p;
		state->number++;
		if (breaks++ > 0)
			*to++ = '\n';
	}
	if (breaks == 1)
		*to++ = ' ';
	state->p = p;
	return to;
}

/* ---- quoted ---- */

static int hex(const char *p, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		int c = p[i] | 0x20;

		if (c >= '0' && c <= '9' && p[i] < 'A')
			value = value << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* The escape at p; NULL when it is one that the careful reader has to see. */
static char *unescape(char **p, char *to)
{
	static const char names[] = "0abt\tnvfre \"\\";
	static const char values[] = "\0\a\b\t\t\n\v\f\r\x1b \"\\";
	const char c = (*p)[1];
	const char *name = c ? strchr(names, c) : NULL;
	int rune, n = c == 'x' ? 2 : 4;

	if (name) {
		*to++ = values[name - names];
		*p += 2;
		return to;
	}
	if (c != 'x' && c != 'u')
		return NULL;
	rune = hex(*p + 2, n);
	if (rune < 0 || (rune >= 0xd800 && rune < 0xe000))
		return NULL;
	*p += 2 + n;
	return to + rc_buf_encode_rune((unsigned int)rune, to);
}

static bool scan_double(struct rc_yaml_quick_state *state, struct rc_str *ret)
{
	char *p = state->p + 1, *to = p, *blanks = to;

	ret->p = p;
	/* blanks: where the text without trailing blanks ends. */
	while (*p != '"') {
		if (*p == '\\') {
			to = unescape(&p, to);
			if (!to)
				return false;
			blanks = to;
		} else if (*p == '\n') {
			to = blanks = fold(state, p, blanks);
			p = state->p;
		} else if (p == state->end) {
			return false;
		} else {
			*to++ = *p;
			if (*p != ' ' && *p != '\t')
				blanks = to;
			p++;
		}
	}
	ret->n = (size_t)(to - ret->p);
	state->p = p + 1;
	rc_yaml_quick_terminate(*ret);
	return true;
}

static bool scan_single(struct rc_yaml_quick_state *state, struct rc_str *ret)
{
	char *p = state->p + 1, *to = p, *blanks = to;

	ret->p = p;
	for (;;) {
		if (*p == '\'') {
			if (p[1] != '\'')
				break;
			p++;
		}
		if (*p == '\n') {
			to = blanks = fold(state, p, blanks);
			p = state->p;
			continue;
		}
		if (p == state->end)
			return false;
		*to++ = *p;
		if (*p != ' ' && *p != '\t')
			blanks = to;
		p++;
	}
	ret->n = (size_t)(to - ret->p);
	state->p = p + 1;
	rc_yaml_quick_terminate(*ret);
	return true;
}

static bool scan_quoted(struct rc_yaml_quick_state *state, struct rc_yaml_quick_scalar *scalar)
{
	scalar->plain = false;
	return *state->p == '"' ? scan_double(state, &scalar->text)
				: scan_single(state, &scalar->text);
}

/* ---- plain ---- */

/*
 * To the end of the text on this line, or to the colon of a key; *ret_n is the text's length
 * without trailing blanks. A comment ends it, too.
 */
static bool scan_line(struct rc_yaml_quick_state *state, size_t *ret_n, bool *ret_is_key)
{
	/* 1: look closer; tabs are not everyday. */
	static const unsigned char special[256] = {
		['\0'] = 1, ['\t'] = 1, ['\n'] = 1, [' '] = 1, [':'] = 1};
	char *start = state->p, *p = start, *last = p;

	*ret_is_key = false;
	for (;; p++) {
		while (!special[(unsigned char)*p])
			p++;
		if (*p == ' ') {
			last = p;
			while (p[1] == ' ')
				p++;
			if (p[1] == '#' || p[1] == '\n' || p[1] == '\0')
				break;
			if (p[1] == ':' && rc_yaml_quick_is_end(p[2])) {
				*ret_is_key = true;
				p++;
				break;
			}
			continue;
		}
		last = p;
		if (*p != ':')
			break;
		if (p[1] == '\t')
			return false;
		if (rc_yaml_quick_is_end(p[1])) {
			*ret_is_key = true;
			break;
		}
	}
	*ret_n = (size_t)(last - start);
	state->p = p;
	return *p != '\t';
}

/* Whether the scalar goes on in a later line: if so p is there. */
static bool has_next_line(struct rc_yaml_quick_state *state, int indent, size_t *ret_breaks)
{
	char *p = state->p, *line = state->line;
	unsigned int number = state->number;

	*ret_breaks = 0;
	for (p = skip_blanks(p); *p == '\n'; p = skip_blanks(line)) {
		line = p + 1;
		number++;
		++*ret_breaks;
	}
	if (*ret_breaks == 0 || p == state->end || *p == '#' || (int)(p - line) <= indent)
		return false;
	state->p = p;
	state->line = line;
	state->number = number;
	return true;
}

/* More lines of a plain scalar of which the first is [start, to). */
static bool scan_more(struct rc_yaml_quick_state *state, int indent, char *to, struct rc_str *text)
{
	size_t breaks, n;
	bool is_key;

	while (has_next_line(state, indent, &breaks)) {
		char *from = state->p;

		if (*from == '\t' || !scan_line(state, &n, &is_key) || is_key)
			return false;
		if (breaks == 1)
			*to++ = ' ';
		for (size_t i = 1; i < breaks; i++)
			*to++ = '\n';
		memmove(to, from, n);
		to += n;
	}
	text->n = (size_t)(to - text->p);
	return true;
}

static bool scan_plain(struct rc_yaml_quick_state *state, int indent,
		       struct rc_yaml_quick_scalar *scalar)
{
	char *start = state->p;

	scalar->plain = true;
	scalar->text.p = start;
	if (strchr("&*!?|>%@`,[]{}#", *start) || (*start == ':' && rc_yaml_quick_is_end(start[1])))
		return false;
	if (!scan_line(state, &scalar->text.n, &scalar->is_key))
		return false;
	return scalar->is_key || scan_more(state, indent, start + scalar->text.n, &scalar->text);
}

static bool is_too_long(const struct rc_yaml_quick_state *state,
			const struct rc_yaml_quick_scalar *scalar)
{
	return state->number != scalar->line || state->p - scalar->text.p > KEY_MAX;
}

bool rc_yaml_quick_scan(struct rc_yaml_quick_state *state, int indent,
			struct rc_yaml_quick_scalar *ret)
{
	char *p;

	mark(state, ret);
	ret->is_key = false;
	if (*state->p != '"' && *state->p != '\'')
		return scan_plain(state, indent, ret) && (!ret->is_key || !is_too_long(state, ret));
	if (!scan_quoted(state, ret))
		return false;
	for (p = state->p; *p == ' ';)
		p++;
	if (*p != ':')
		return true;
	state->p = p;
	ret->is_key = true;
	return rc_yaml_quick_is_end(p[1]) && !is_too_long(state, ret);
}

/* Over what a plain scalar holds inside of brackets. */
static char *skip_flow(char *p)
{
	static const unsigned char special[256] = {
		['\0'] = 1, ['\t'] = 1, ['\n'] = 1, [' '] = 1, [':'] = 1, [','] = 1,
		['?'] = 1,  ['['] = 1,	[']'] = 1,  ['{'] = 1, ['}'] = 1, ['#'] = 1};

	for (;; p++) {
		while (!special[(unsigned char)*p])
			p++;
		if (*p != ':' || strchr(" \n\t,?[]{}", p[1]))
			return p;
	}
}

bool rc_yaml_quick_scan_flow(struct rc_yaml_quick_state *state, struct rc_yaml_quick_scalar *ret)
{
	char *p = state->p;

	mark(state, ret);
	ret->is_key = false;
	if (*p == '"' || *p == '\'')
		return scan_quoted(state, ret) && state->number == ret->line;
	ret->plain = true;
	ret->text.p = p;
	if (strchr("&*!?|>%@`,[]{}#:", *p) || (*p == '-' && (p[1] == ' ' || p[1] == ',')))
		return false;
	p = skip_flow(p);
	ret->text.n = (size_t)(p - ret->text.p);
	while (*p == ' ')
		p++;
	state->p = p;
	/* More than one word, or an end that is none: the careful reader knows. */
	return ret->text.n > 0 && *p != '\0' && strchr(",]}:", *p) &&
	       (*p != ':' || rc_yaml_quick_is_end(p[1]));
}

bool rc_yaml_quick_scan_name(struct rc_yaml_quick_state *state, struct rc_str *ret)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";

	ret->p = state->p + 1;
	ret->n = strspn(ret->p, letters);
	state->p += 1 + ret->n;
	return ret->n > 0;
}

/* ---- block ---- */

static bool scan_header(struct rc_yaml_quick_state *state, char *ret_chomp, int *ret_increment)
{
	char *p = state->p + 1;

	*ret_chomp = '\0';
	*ret_increment = 0;
	for (int i = 0; i < 2; i++) {
		if ((*p == '+' || *p == '-') && !*ret_chomp)
			*ret_chomp = *p++;
		else if (*p >= '1' && *p <= '9' && !*ret_increment)
			*ret_increment = *p++ - '0';
	}
	while (*p == ' ')
		p++;
	if (*p == '#')
		p = memchr(p, '\n', (size_t)(state->end - p)) ?: state->end;
	if (*p != '\n')
		return false;
	state->p = state->line = p + 1;
	state->number++;
	return true;
}

/* Over empty lines, to where the indentation ends in a line that holds something. */
static bool scan_breaks(struct rc_yaml_quick_state *state, int *indent, int least,
			size_t *ret_breaks)
{
	int most = 0;

	*ret_breaks = 0;
	for (;;) {
		char *p = state->line;

		while (*p == ' ' && (*indent == 0 || p - state->line < *indent))
			p++;
		if (p - state->line > most)
			most = (int)(p - state->line);
		state->p = p;
		if (*p == '\t' && (*indent == 0 || p - state->line < *indent))
			return false;
		if (*p != '\n')
			break;
		state->line = p + 1;
		state->number++;
		++*ret_breaks;
	}
	if (*indent == 0)
		*indent = most > least ? most : least;
	return true;
}

struct block {
	bool is_literal;
	bool leading_blank, has_leading; /* the line before began with a blank; ended in a break */
	size_t breaks;			 /* empty lines before the current one */
	char *to;
};

static void join_lines(struct block *block, bool trailing_blank)
{
	bool folds = !block->is_literal && block->has_leading && !block->leading_blank &&
		     !trailing_blank;

	if (folds && block->breaks == 0)
		*block->to++ = ' ';
	else if (!folds && block->has_leading)
		*block->to++ = '\n';
	memset(block->to, '\n', block->breaks);
	block->to += block->breaks;
}

static void take_line(struct rc_yaml_quick_state *state, struct block *block)
{
	char *end = memchr(state->p, '\n', (size_t)(state->end - state->p));
	size_t n = (size_t)((end ?: state->end) - state->p);

	block->leading_blank = *state->p == ' ' || *state->p == '\t';
	memmove(block->to, state->p, n);
	block->to += n;
	block->has_leading = end != NULL;
	state->p += n;
	if (!end)
		return;
	state->line = state->p = end + 1;
	state->number++;
}

static bool scan_lines(struct rc_yaml_quick_state *state, int indent, int least,
		       struct block *block)
{
	if (!scan_breaks(state, &indent, least, &block->breaks))
		return false;
	while (state->p - state->line == indent && state->p < state->end) {
		join_lines(block, *state->p == ' ' || *state->p == '\t');
		take_line(state, block);
		block->breaks = 0;
		if (state->p == state->end && !block->has_leading)
			return true;
		if (!scan_breaks(state, &indent, least, &block->breaks))
			return false;
	}
	return true;
}

bool rc_yaml_quick_scan_block(struct rc_yaml_quick_state *state, int indent,
			      struct rc_yaml_quick_scalar *ret)
{
	struct block block = {.is_literal = *state->p == '|', .to = state->p};
	int own;
	char chomp;

	mark(state, ret);
	ret->plain = ret->is_key = false;
	ret->text.p = state->p;
	if (!scan_header(state, &chomp, &own))
		return false;
	if (own > 0 && indent >= 0)
		own += indent;
	if (!scan_lines(state, own, indent >= 0 ? indent + 1 : 1, &block))
		return false;
	if (chomp != '-' && block.has_leading)
		*block.to++ = '\n';
	if (chomp == '+') {
		memset(block.to, '\n', block.breaks);
		block.to += block.breaks;
	}
	ret->text.n = (size_t)(block.to - ret->text.p);
	rc_yaml_quick_terminate(ret->text);
	/* What is left of the line is the caller's, from its beginning if that was no content. */
	if (state->p < state->end || block.has_leading)
		state->p = state->line;
	return true;
}
