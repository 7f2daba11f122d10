/* Character classes and escapes of Go's regexp syntax; for the translator. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/* "error parsing regexp: what: `part`"; returns -EINVAL. */
int rc_regex_refuse(struct rc_error **err, const char *what, struct rc_str part);

/* All of these take text off the front of rest. */

/* "[...]" with its brackets, appended as PCRE2 spells it. */
int rc_regex_class_take(struct rc_str *rest, struct rc_buf *out, struct rc_error **err);
/* \d or \p{Greek}, appended as what may stand in brackets. 1: taken, 0: it is none of these. */
int rc_regex_class_take_group(struct rc_str *rest, struct rc_buf *out, struct rc_error **err);
/* \n, \x{1f}, \., ...: one code point. */
int rc_regex_class_take_escape(struct rc_str *rest, uint32_t *ret_rune, struct rc_error **err);
