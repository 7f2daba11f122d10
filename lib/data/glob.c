/* Globs: gobwas patterns become a regular expression, filepath.Match is walked by hand. */
#include "data/glob.h"

#include <errno.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/regex.h"
#include "data/utf8.h"

#define DEPTH_MAX 32 /* of {a,{b,c}} */

struct rc_glob {
	struct rc_regex *regex;
};

static void put_rune(struct rc_buf *out, struct rc_str *rest)
{
	size_t n;
	uint32_t rune = rc_utf8_decode(*rest, &n);

	rc_buf_printf(out, "\\x{%x}", rune);
	rest->p += n;
	rest->n -= n;
}

/* "any but the separator" */
static void put_any(struct rc_buf *out, char separator)
{
	if (separator)
		rc_buf_printf(out, "[^\\x%02x]", (unsigned char)separator);
	else
		rc_buf_puts(out, "(?s:.)");
}

/* [abc], [!a-z]; rest stands behind the bracket. */
static int put_list(struct rc_str *rest, struct rc_buf *out)
{
	bool negative = rest->n > 0 && *rest->p == '!', seen = false;

	if (negative) {
		rest->p++;
		rest->n--;
	}
	rc_buf_puts(out, negative ? "[^" : "[");
	for (; rest->n > 0 && *rest->p != ']'; seen = true) {
		if (*rest->p == '-' && seen && rest->n > 1 && rest->p[1] != ']') {
			rc_buf_putc(out, '-');
			rest->p++;
			rest->n--;
		}
		if (*rest->p == '\\' && rest->n > 1) {
			rest->p++;
			rest->n--;
		}
		put_rune(out, rest);
	}
	if (rest->n == 0 || !seen)
		return -EINVAL;
	rest->p++;
	rest->n--;
	rc_buf_putc(out, ']');
	return 0;
}

static int put_star(struct rc_str *rest, char separator, struct rc_buf *out)
{
	bool crosses = rest->n > 0 && *rest->p == '*';

	if (crosses) {
		rest->p++;
		rest->n--;
	}
	put_any(out, crosses ? '\0' : separator);
	return rc_buf_putc(out, '*');
}

/* '{', ',' and '}' of alternatives. */
static int put_group(char c, int *depth, struct rc_buf *out)
{
	if (c == ',')
		return rc_buf_putc(out, '|');
	if (c == '{')
		return (*depth)++ < DEPTH_MAX ? rc_buf_puts(out, "(?:") : -EINVAL;
	(*depth)--;
	return rc_buf_putc(out, ')');
}

static int translate(struct rc_str rest, char separator, bool closes, struct rc_buf *out)
{
	int depth = 0, r = 0;

	rc_buf_puts(out, "\\A(?:");
	while (rest.n > 0 && r == 0) {
		char c = *rest.p;

		if (!strchr("*?[{},\\", c) || c == '\0' || (depth == 0 && (c == ',' || c == '}'))) {
			put_rune(out, &rest);
			continue;
		}
		rest.p++;
		rest.n--;
		if (c == '*') {
			r = put_star(&rest, separator, out);
		} else if (c == '?') {
			put_any(out, separator);
		} else if (c == '[') {
			r = put_list(&rest, out);
		} else if (c != '\\') {
			r = put_group(c, &depth, out);
		} else if (rest.n > 0) {
			put_rune(out, &rest);
		} else {
			r = -EINVAL;
		}
	}
	rc_buf_fill(out, ')', (size_t)depth);
	rc_buf_puts(out, ")\\z");
	return depth > 0 && !closes ? -EINVAL : r;
}

static int compile(struct rc_str pattern, char separator, bool closes, struct rc_glob **ret_glob,
		   struct rc_error **err)
{
	rc_cleanup(rc_glob_freep) struct rc_glob *glob = rc_new0(struct rc_glob);
	rc_autobuf struct rc_buf regex;

	rc_buf_init(&regex, RC_BUF_UNLIMITED);
	if (!rc_utf8_is_valid(pattern) || translate(pattern, separator, closes, &regex) < 0 ||
	    rc_regex_compile(rc_buf_str(&regex), &glob->regex, NULL) < 0)
		return rc_fail(err, -EINVAL, "'%.*s' is not a valid pattern", (int)pattern.n,
			       pattern.p ? pattern.p : "");
	*ret_glob = rc_steal(&glob);
	return 0;
}

int rc_glob_compile(struct rc_str pattern, char separator, struct rc_glob **ret_glob,
		    struct rc_error **err)
{
	return compile(pattern, separator, false, ret_glob, err);
}

int rc_glob_compile_open(struct rc_str pattern, char separator, struct rc_glob **ret_glob,
			 struct rc_error **err)
{
	return compile(pattern, separator, true, ret_glob, err);
}

void rc_glob_free(struct rc_glob *glob)
{
	if (!glob)
		return;
	rc_regex_free(glob->regex);
	free(glob);
}

bool rc_glob_match(struct rc_glob *glob, struct rc_str name)
{
	const struct rc_regex_span *spans;

	return rc_regex_find(glob->regex, name, 0, &spans, NULL) == 1;
}

/* A part of a path pattern without stars in it, with the star before it taken off. */
static struct rc_str take_chunk(struct rc_str *pattern, bool *ret_star)
{
	struct rc_str chunk;
	bool in_range = false;
	size_t i = 0;

	*ret_star = false;
	for (; pattern->n > 0 && *pattern->p == '*'; pattern->p++, pattern->n--)
		*ret_star = true;
	for (; i < pattern->n; i++) {
		char c = pattern->p[i];

		if (c == '\\')
			i += i + 1 < pattern->n;
		else if (c == '[')
			in_range = true;
		else if (c == ']')
			in_range = false;
		else if (c == '*' && !in_range)
			break;
	}
	chunk = (struct rc_str){pattern->p, i};
	pattern->p += i;
	pattern->n -= i;
	return chunk;
}

/* One possibly escaped rune of a range; there must be more behind it. */
static int take_bound(struct rc_str *chunk, uint32_t *ret)
{
	size_t n;

	if (chunk->n == 0 || *chunk->p == '-' || *chunk->p == ']')
		return -EINVAL;
	if (*chunk->p == '\\') {
		chunk->p++;
		chunk->n--;
		if (chunk->n == 0)
			return -EINVAL;
	}
	*ret = rc_utf8_decode(*chunk, &n);
	if (*ret == RC_UTF8_ERROR && n == 1)
		return -EINVAL;
	chunk->p += n;
	chunk->n -= n;
	return chunk->n == 0 ? -EINVAL : 0;
}

/* chunk stands behind '['. 1: rune is in it, 0: it is not. */
static int match_range(struct rc_str *chunk, uint32_t rune)
{
	bool negative = chunk->n > 0 && *chunk->p == '^', found = false;

	if (negative) {
		chunk->p++;
		chunk->n--;
	}
	for (int count = 0;; count++) {
		uint32_t lo, hi;

		if (chunk->n > 0 && *chunk->p == ']' && count > 0)
			break;
		if (take_bound(chunk, &lo) < 0)
			return -EINVAL;
		hi = lo;
		if (*chunk->p == '-') {
			chunk->p++;
			chunk->n--;
			if (take_bound(chunk, &hi) < 0)
				return -EINVAL;
		}
		found = found || (lo <= rune && rune <= hi);
	}
	chunk->p++;
	chunk->n--;
	return found != negative;
}

/*
 * Match chunk at the front of name. 1: yes, *ret_rest is what is left; 0: no. The whole chunk is
 * read in any case, so that a syntax error in it is found.
 */
static int match_chunk(struct rc_str chunk, struct rc_str name, struct rc_str *ret_rest)
{
	bool failed = false;

	while (chunk.n > 0) {
		char c = *chunk.p;
		uint32_t rune = 0;
		size_t n = 0;
		int r = 1;

		failed = failed || name.n == 0;
		if (!failed)
			rune = rc_utf8_decode(name, &n);
		chunk.p++;
		chunk.n--;
		if (c == '[') {
			r = match_range(&chunk, rune);
		} else if (c == '?') {
			r = !failed && *name.p != '/';
		} else {
			if (c == '\\') {
				if (chunk.n == 0)
					return -EINVAL;
				c = *chunk.p;
				chunk.p++;
				chunk.n--;
			}
			r = !failed && *name.p == c;
			n = 1;
		}
		if (r < 0)
			return r;
		failed = failed || r == 0;
		if (!failed) {
			name.p += n;
			name.n -= n;
		}
	}
	*ret_rest = name;
	return !failed;
}

/* A chunk behind a star: at the first place where it fits and, when it is the last, ends the name.
 */
static int match_after_star(struct rc_str chunk, bool is_last, struct rc_str *name)
{
	for (size_t i = 0; i < name->n && name->p[i] != '/'; i++) {
		struct rc_str rest;
		int r = match_chunk(chunk, (struct rc_str){name->p + i + 1, name->n - i - 1},
				    &rest);

		if (r < 0)
			return r;
		if (r == 0 || (is_last && rest.n > 0))
			continue;
		*name = rest;
		return 1;
	}
	return 0;
}

int rc_glob_match_path(struct rc_str pattern, struct rc_str name)
{
	while (pattern.n > 0) {
		bool star;
		struct rc_str rest, chunk = take_chunk(&pattern, &star);
		int r;

		if (star && chunk.n == 0)
			return rc_str_index(name, '/') < 0;
		r = match_chunk(chunk, name, &rest);
		if (r < 0)
			return r;
		if (r > 0 && (rest.n == 0 || pattern.n > 0)) {
			name = rest;
			continue;
		}
		r = star ? match_after_star(chunk, pattern.n == 0, &name) : 0;
		if (r < 0)
			return r;
		if (r == 0)
			return 0;
	}
	return name.n == 0;
}
