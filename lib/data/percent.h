/* Percent-encoding (RFC 3986 section 2.1) of the parts of a URL. */
#pragma once

#include "base/buf.h"

/*
 * Append text with every byte encoded but letters, digits, "-._~" and those in also; also may be
 * NULL.
 */
int rc_percent_encode(struct rc_buf *buf, struct rc_str text, const char *also);
/* Append text decoded; a '%' without two digits stays as it is, and so does '+'. */
int rc_percent_decode(struct rc_buf *buf, struct rc_str text);
