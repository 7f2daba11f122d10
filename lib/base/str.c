/* Looking at text. */
#include "base/str.h"

#include "base/memory.h"

int rc_str_compare(struct rc_str a, struct rc_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool rc_str_has_prefix(struct rc_str s, struct rc_str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool rc_str_has_suffix(struct rc_str s, struct rc_str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

ptrdiff_t rc_str_index(struct rc_str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

struct rc_str rc_str_trim(struct rc_str s, const char *cutset)
{
	while (s.n > 0 && s.p[0] != '\0' && strchr(cutset, s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] != '\0' && strchr(cutset, s.p[s.n - 1]))
		s.n--;
	return s;
}

char *rc_str_dup(struct rc_str s)
{
	char *copy = rc_malloc(s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

bool rc_text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool rc_text_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool rc_text_has_suffix(const char *text, const char *suffix)
{
	return rc_str_has_suffix(rc_str(text), rc_str(suffix));
}

#define WORD_MAX 64

static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t row[WORD_MAX + 1];

	for (size_t j = 0; j <= n_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= n_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n_b; j++) {
			size_t above = row[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[n_b];
}

const char *rc_text_nearest(const char *word, const char *const *candidates, size_t n)
{
	size_t n_word = strlen(word), best = n_word / 3 + 1;
	const char *nearest = NULL;

	if (n_word == 0 || n_word > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(candidates[i]), d;

		if (length > WORD_MAX)
			continue;
		d = distance(word, n_word, candidates[i], length);
		if (d < best || (d == best && !nearest)) {
			best = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
