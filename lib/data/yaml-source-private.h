/*
 * The text of a YAML stream as UTF-8, and the place that the scanner has come to.
 *
 * goyaml reads its input in pieces of 512 bytes and finds a byte that is no text when it decodes
 * the piece that holds it, not when it comes to it. So a bad byte behind a document may spoil it,
 * and one behind a fault may hide it. Texts that hold such bytes are followed piece by piece.
 */
#pragma once

#include "data/yaml.h"

#define RC_YAML_SOURCE_SLACK 16 /* NULs behind the end */

struct rc_yaml_source {
	char *text;
	bool is_kept; /* text is in the arena that nodes go to: they may refer to it */
	const char *p, *end;
	const char *line;    /* where the current line begins */
	unsigned int number; /* of the current line, from 0 */
	bool is_ascii;
	bool is_clean; /* text to its end, with no byte order mark in it */
	bool is_unix;  /* lines end in '\n' only */
	const char *counted;
	unsigned int n_counted; /* characters of the line before counted */

	/* Only of a text that is not clean. */
	const char **pieces; /* where each piece ends that could be decoded */
	size_t n_pieces, at_piece;
	const char *seen;    /* the scanner may look as far as here ... */
	size_t n_nuls;	     /* ... and at so many NULs behind the end */
	const char *window;  /* what goyaml's buffer begins with */
	const char *checked; /* how far rc_yaml_source_need() was asked */
	const char *problem; /* of the piece behind the last one, or NULL */
	unsigned int problem_line, problem_column;
};

/* keep: the text is copied to that arena; NULL: it is gone with source. */
void rc_yaml_source_init(struct rc_yaml_source *source, struct rc_str text, struct rc_arena *keep,
			 bool no_shortcuts);
void rc_yaml_source_done(struct rc_yaml_source *source);
/* The slow half of rc_yaml_source_need(). */
bool rc_yaml_source_look(struct rc_yaml_source *source, size_t n);
/* Whether goyaml takes what is at p for a byte order mark: it looks at its buffer's beginning. */
bool rc_yaml_source_is_mark(const struct rc_yaml_source *source);
/* Of p in its line, in characters. */
unsigned int rc_yaml_source_count(struct rc_yaml_source *source);

/*
 * n characters at p are about to be looked at, all of what is before p has been asked for, too.
 * False when one of them cannot be decoded.
 */
static inline bool rc_yaml_source_need(struct rc_yaml_source *source, size_t n)
{
	return source->is_clean || rc_yaml_source_look(source, n);
}

static inline unsigned int rc_yaml_source_column(struct rc_yaml_source *source)
{
	return source->is_ascii ? (unsigned int)(source->p - source->line)
				: rc_yaml_source_count(source);
}

/* What a byte may be. */
enum {
	RC_YAML_IS_BLANK = 1,
	RC_YAML_IS_END = 2,  /* may begin a break, or is the end of the text */
	RC_YAML_IS_FLOW = 4, /* ends a plain scalar within brackets */
	RC_YAML_IS_COLON = 8,
	RC_YAML_IS_WORD = 16,  /* letters, digits, '_' and '-' */
	RC_YAML_IS_QUOTE = 32, /* what a quoted scalar has to look at */
	RC_YAML_IS_URI = 64,
};
extern const unsigned char rc_yaml_source_class[256];

static inline bool rc_yaml_source_is(const char *p, unsigned char what)
{
	return rc_yaml_source_class[(unsigned char)*p] & what;
}

/* Indentation is most of many documents. There are bytes to read behind the end. */
static inline const char *rc_yaml_source_skip_spaces(const char *p)
{
	if (*p != ' ')
		return p;
	while (memcmp(p, "        ", 8) == 0)
		p += 8;
	while (*p == ' ')
		p++;
	return p;
}

/* The length of the line break at p, 0 when there is none. */
static inline size_t rc_yaml_source_break(const char *p)
{
	if (*p == '\n')
		return 1;
	if (*p == '\r')
		return p[1] == '\n' ? 2 : 1;
	if (*p == '\xc2' && p[1] == '\x85')
		return 2;
	return *p == '\xe2' && p[1] == '\x80' && (p[2] == '\xa8' || p[2] == '\xa9') ? 3 : 0;
}

static inline bool rc_yaml_source_is_breakz(const char *p)
{
	return rc_yaml_source_is(p, RC_YAML_IS_END) && (*p == '\0' || rc_yaml_source_break(p) > 0);
}

static inline bool rc_yaml_source_is_blank(const char *p)
{
	return *p == ' ' || *p == '\t';
}

static inline bool rc_yaml_source_is_blankz(const char *p)
{
	return rc_yaml_source_is_blank(p) || rc_yaml_source_is_breakz(p);
}

/* Of the character that begins with octet; 0 when none does. */
static inline size_t rc_yaml_source_width(unsigned int octet)
{
	if (octet < 0x80)
		return 1;
	if ((octet & 0xe0) == 0xc0)
		return 2;
	if ((octet & 0xf0) == 0xe0)
		return 3;
	return (octet & 0xf8) == 0xf0 ? 4 : 0;
}

/* The value of a hexadecimal digit, or -1. */
static inline int rc_yaml_source_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Over the break of n bytes at p. */
static inline void rc_yaml_source_next_line(struct rc_yaml_source *source, size_t n)
{
	source->p += n;
	source->line = source->counted = source->p;
	source->n_counted = 0;
	source->number++;
}
