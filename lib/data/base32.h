/* Base32, standard alphabet with padding (RFC 4648 section 6). */
#pragma once

#include "base/buf.h"

int rc_base32_encode(struct rc_str bytes, struct rc_buf *buf);
/*
 * As Go's StdEncoding: line breaks are skipped. 0, -E2BIG, or -EINVAL with *ret_offset the "illegal
 * base32 data at input byte N" of Go, which counts without the line breaks.
 */
int rc_base32_decode(struct rc_str text, struct rc_buf *buf, size_t *ret_offset);
