/*
 * Regular expressions as Go's regexp package (RE2 syntax, leftmost-first) has them, run by PCRE2.
 *
 * The pattern is parsed by Go's grammar first: what RE2 lacks (look-around, back-references,
 * possessive quantifiers) is refused with Go's words, what both spell differently is translated.
 * \d \w \s \b are ASCII; '$' without (?m) is the end of the text. Bytes that are no UTF-8 match
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

struct rc_regex;

/*
 * Returns 0 with *ret_regex the caller's, or -EINVAL; the message is Go's, "error parsing regexp:
 * missing closing ): `(`".
 */
int rc_regex_compile(struct rc_str pattern, struct rc_regex **ret_regex, struct rc_error **err);
void rc_regex_free(struct rc_regex *regex);
RC_DEFINE_FREEP(struct rc_regex, rc_regex_free)

/* Capture groups, without the whole match. */
unsigned int rc_regex_count_groups(const struct rc_regex *regex);

/* Byte offsets of the whole match and of each group; groups that took no part have start -1. */
struct rc_regex_span {
	ptrdiff_t start, end;
};

/*
 * Find the first match at or after byte from. *ret_spans has count_groups + 1 entries, belongs to
 * regex and is valid until its next match. 1: found, 0: none, -E2BIG: over the match limit.
 */
int rc_regex_find(struct rc_regex *regex, struct rc_str text, size_t from,
		  const struct rc_regex_span **ret_spans, struct rc_error **err);

/* Walk over all matches by Go's rule: an empty match right after another match does not count. */
struct rc_regex_walk {
	struct rc_regex *regex;
	struct rc_str text;
	size_t at;
	ptrdiff_t last_end;
};
void rc_regex_walk_init(struct rc_regex_walk *walk, struct rc_regex *regex, struct rc_str text);
/* As rc_regex_find(). */
int rc_regex_walk_next(struct rc_regex_walk *walk, const struct rc_regex_span **ret_spans,
		       struct rc_error **err);

/*
 * Append text with all matches replaced, as ReplaceAllString does: in replacement $1, ${1} and
 * ${name} are expanded, $$ is a dollar sign; with literal nothing is. 0 or -E2BIG.
 */
int rc_regex_replace_all(struct rc_regex *regex, struct rc_str text, struct rc_str replacement,
			 bool literal, struct rc_buf *out, struct rc_error **err);

/* regexp.QuoteMeta. */
int rc_regex_quote_meta(struct rc_str text, struct rc_buf *out);
