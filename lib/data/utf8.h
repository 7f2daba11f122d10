/* UTF-8: one code point at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define RC_UTF8_ERROR 0xfffdU

/*
 * The code point at s.p (s.n > 0) and its length in *ret_n. Bytes that are no UTF-8 (also
 * surrogates, overlong forms) give RC_UTF8_ERROR and length 1, as Go's utf8.DecodeRune.
 */
uint32_t rc_utf8_decode(struct rc_str s, size_t *ret_n);
bool rc_utf8_is_valid(struct rc_str s);
/* Code points; an invalid byte counts as one. */
size_t rc_utf8_count(struct rc_str s);
