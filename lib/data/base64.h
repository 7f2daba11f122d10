/* Base64, standard alphabet with padding (RFC 4648 section 4). */
#pragma once

#include "base/buf.h"

int rc_base64_encode(struct rc_str bytes, struct rc_buf *buf);
/*
 * As Go's StdEncoding: line breaks are skipped. 0, -E2BIG, or -EINVAL; the offset of the first bad
 * byte is not kept, see rc_base64_decode_at().
 */
int rc_base64_decode(struct rc_str text, struct rc_buf *buf);
/* The same; on -EINVAL *ret_offset is the "illegal base64 data at input byte N" of Go. */
int rc_base64_decode_at(struct rc_str text, struct rc_buf *buf, size_t *ret_offset);
