/* Go's regexp syntax, checked and spelled as PCRE2 reads it. */
#pragma once

#include "base/buf.h"
#include "base/error.h"

/* The names of capture groups, index 0 is group 1; an unnamed group has p == NULL. */
struct rc_regex_syntax {
	struct rc_buf pattern; /* for PCRE2 */
	struct rc_str *names;  /* point into the source; the array is the caller's to free */
	unsigned int n_groups;
};

/* 0 or -EINVAL with Go's text; what was made must be released in both cases. */
int rc_regex_syntax_translate(struct rc_str source, struct rc_regex_syntax *ret,
			      struct rc_error **err);
