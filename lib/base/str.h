/* A look at bytes that somebody else owns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct rc_str {
	const char *p; /* not NUL-terminated; may be NULL when n is 0 */
	size_t n;
};

#define RC_STR(literal) ((struct rc_str){(literal), sizeof(literal) - 1})

static inline struct rc_str rc_str(const char *text)
{
	return (struct rc_str){text, text ? strlen(text) : 0};
}

static inline bool rc_str_equal(struct rc_str a, struct rc_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool rc_str_is(struct rc_str a, const char *b)
{
	return rc_str_equal(a, rc_str(b));
}

/* Byte order, shorter first on a common prefix: <0, 0, >0. */
int rc_str_compare(struct rc_str a, struct rc_str b);

bool rc_str_has_prefix(struct rc_str s, struct rc_str prefix);
bool rc_str_has_suffix(struct rc_str s, struct rc_str suffix);
/* Index of the first c, or -1. */
ptrdiff_t rc_str_index(struct rc_str s, char c);
struct rc_str rc_str_trim(struct rc_str s, const char *cutset);
/* A NUL-terminated copy; the caller's to free. */
char *rc_str_dup(struct rc_str s);

/* Text helpers over C strings. */
bool rc_text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool rc_text_has_prefix(const char *text, const char *prefix);
bool rc_text_has_suffix(const char *text, const char *suffix);

/* The candidate nearest to word (Levenshtein, at most a third of its length), or NULL. */
const char *rc_text_nearest(const char *word, const char *const *candidates, size_t n);
