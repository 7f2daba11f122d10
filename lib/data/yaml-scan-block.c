/* Literal and folded scalars. */
#include "data/yaml-scan-private.h"

struct block {
	bool is_literal;
	int chomp;	     /* -1: no break at the end, 1: all of them */
	unsigned int indent; /* 0: to be found */
	/* The break behind the line before, and the empty lines that followed it. */
	const char *leading, *trailing, *trailing_end;
	size_t n_leading;
	bool leading_blank; /* that line began with a blank */
};

static bool take_chomp(struct rc_yaml_source *source, struct block *block)
{
	if (*source->p != '+' && *source->p != '-')
		return false;
	block->chomp = *source->p++ == '+' ? 1 : -1;
	return true;
}

static bool take_increment(struct rc_yaml_scanner *scanner, unsigned int *ret)
{
	struct rc_yaml_source *source = &scanner->source;

	if (*source->p < '0' || *source->p > '9')
		return true;
	if (*source->p == '0')
		return rc_yaml_scan_fail(scanner, "found an indentation indicator equal to 0");
	*ret = (unsigned int)(*source->p++ - '0');
	return true;
}

/* What stands behind the indicator, in either order. */
static bool scan_header(struct rc_yaml_scanner *scanner, struct block *block)
{
	struct rc_yaml_source *source = &scanner->source;
	unsigned int increment = 0;
	bool is_first;

	block->is_literal = *source->p++ == '|';
	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	is_first = take_chomp(source, block);
	if (!rc_yaml_scan_need(scanner, 1) || !take_increment(scanner, &increment) ||
	    !rc_yaml_scan_need(scanner, 1))
		return false;
	if (!is_first && increment > 0)
		take_chomp(source, block);
	if (increment > 0)
		block->indent =
			increment + (scanner->indent > 0 ? (unsigned int)scanner->indent : 0);
	return rc_yaml_scan_need(scanner, 1) &&
	       rc_yaml_scan_line_end(scanner, "did not find expected comment or line break");
}

/* Over the indentation of a line, to to at most; NULL: all of it. */
static bool skip_indentation(struct rc_yaml_scanner *scanner, const char *to)
{
	struct rc_yaml_source *source = &scanner->source;
	const char *p = rc_yaml_source_skip_spaces(source->p);

	if (to && p > to)
		p = to > source->p ? to : source->p;
	source->p = p;
	if (!rc_yaml_scan_need(scanner, 1))
		return false;
	if (*p == '\t' && (!to || p < to))
		return rc_yaml_scan_fail(
			scanner, "found a tab character where an indentation space is expected");
	return true;
}

/* Over empty lines, and over the indentation of one that is not. */
static bool scan_breaks(struct rc_yaml_scanner *scanner, struct block *block)
{
	struct rc_yaml_source *source = &scanner->source;
	unsigned int most = 0, least = (unsigned int)(scanner->indent + 1);

	block->trailing = source->p;
	for (;;) {
		size_t n;

		if (!skip_indentation(scanner, block->indent ? source->line + block->indent : NULL))
			return false;
		if (source->p - source->line > (ptrdiff_t)most)
			most = (unsigned int)(source->p - source->line);
		n = rc_yaml_source_break(source->p);
		if (n == 0)
			break;
		if (!rc_yaml_scan_need(scanner, 2))
			return false;
		rc_yaml_source_next_line(source, n);
		block->trailing_end = source->p;
	}
	if (block->indent == 0) {
		block->indent = most > least ? most : least;
		if (block->indent == 0)
			block->indent = 1;
	}
	return true;
}

static void put_break(struct rc_buf *out, const char *p, size_t n)
{
	if (n == 3)
		rc_buf_add(out, p, n);
	else if (n > 0)
		rc_buf_putc(out, '\n');
}

static void put_trailing(struct rc_buf *out, const struct block *block)
{
	for (const char *p = block->trailing; p < block->trailing_end;) {
		size_t n = rc_yaml_source_break(p);

		put_break(out, p, n);
		p += n > 0 ? n : 1;
	}
}

static void join_lines(struct rc_buf *out, const struct block *block, bool trailing_blank)
{
	bool folds = !block->is_literal && !block->leading_blank && !trailing_blank &&
		     block->n_leading > 0 && block->n_leading < 3;

	if (block->n_leading == 3 || !folds)
		put_break(out, block->leading, block->n_leading);
	else if (block->trailing >= block->trailing_end)
		rc_buf_putc(out, ' ');
	put_trailing(out, block);
}

static bool scan_line(struct rc_yaml_scanner *scanner, struct block *block)
{
	struct rc_yaml_source *source = &scanner->source;
	const char *start = source->p, *p = start;

	join_lines(&scanner->scratch, block, rc_yaml_source_is_blank(p));
	block->leading_blank = rc_yaml_source_is_blank(p);
	if (source->is_unix)
		p = memchr(p, '\n', (size_t)(source->end - p)) ?: source->end;
	else
		while (!rc_yaml_source_is_breakz(p))
			p++;
	source->p = p;
	rc_buf_add(&scanner->scratch, start, (size_t)(p - start));
	if (!rc_yaml_scan_need(scanner, 2))
		return false;
	block->leading = p;
	block->n_leading = rc_yaml_source_break(p);
	if (block->n_leading > 0)
		rc_yaml_source_next_line(source, block->n_leading);
	block->trailing_end = NULL;
	return scan_breaks(scanner, block);
}

bool rc_yaml_scan_block(struct rc_yaml_scanner *scanner, struct rc_yaml_token *token)
{
	struct rc_yaml_source *source = &scanner->source;
	struct block block = {.chomp = 0};

	rc_buf_clear(&scanner->scratch);
	token->is_plain = false;
	if (!scan_header(scanner, &block) || !scan_breaks(scanner, &block))
		return false;
	while (source->p - source->line == (ptrdiff_t)block.indent && *source->p != '\0')
		if (!scan_line(scanner, &block))
			return false;
	if (block.chomp != -1)
		put_break(&scanner->scratch, block.leading, block.n_leading);
	if (block.chomp == 1)
		put_trailing(&scanner->scratch, &block);
	token->text = rc_yaml_scan_keep(scanner);
	return true;
}
