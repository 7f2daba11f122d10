/* Base32. */
#include "data/base32.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define GROUP 8 /* characters for 5 bytes */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

int rc_base32_encode(struct rc_str bytes, struct rc_buf *buf)
{
	for (size_t at = 0; at < bytes.n; at += 5) {
		size_t n = bytes.n - at < 5 ? bytes.n - at : 5, used = (n * 8 + 4) / 5;
		uint64_t bits = 0;

		for (size_t i = 0; i < 5; i++)
			bits = bits << 8 | (i < n ? (unsigned char)bytes.p[at + i] : 0);
		for (size_t i = 0; i < GROUP; i++)
			rc_buf_putc(buf, i < used ? alphabet[bits >> (35 - 5 * i) & 31] : '=');
	}
	return buf->overflow ? -E2BIG : 0;
}

/* The padding that begins at byte at, of a last group with n characters; offsets are Go's. */
static int check_padding(struct rc_str text, size_t at, size_t n, size_t *ret_offset)
{
	size_t needed = GROUP - n;

	*ret_offset = text.n;
	if (text.n - at < needed)
		return -EINVAL;
	for (size_t i = 1; i < needed; i++) {
		*ret_offset = at + i - 1;
		if (text.p[at + i] != '=')
			return -EINVAL;
	}
	/* 3 and 6 characters do not end at a byte. */
	*ret_offset = at;
	return n == 3 || n == 6 ? -EINVAL : 0;
}

static int decode(struct rc_str text, struct rc_buf *buf, size_t *ret_offset)
{
	for (size_t at = 0; at < text.n;) {
		uint64_t bits = 0;
		size_t n = 0;
		bool is_last = false;

		for (; n < GROUP; n++) {
			const char *found;

			*ret_offset = at - n;
			if (at == text.n)
				return -EINVAL;
			*ret_offset = at;
			is_last = text.p[at] == '=' && n >= 2 && text.n - at <= GROUP;
			found = text.p[at] ? strchr(alphabet, text.p[at]) : NULL;
			if (is_last)
				break;
			if (!found)
				return -EINVAL;
			bits |= (uint64_t)(found - alphabet) << (35 - 5 * n);
			at++;
		}
		if (is_last && check_padding(text, at, n, ret_offset) < 0)
			return -EINVAL;
		for (size_t i = 0; i < n * 5 / 8; i++)
			rc_buf_putc(buf, (char)(bits >> (32 - 8 * i)));
		if (is_last)
			break;
	}
	return buf->overflow ? -E2BIG : 0;
}

int rc_base32_decode(struct rc_str text, struct rc_buf *buf, size_t *ret_offset)
{
	rc_autobuf struct rc_buf joined;

	rc_buf_init(&joined, RC_BUF_UNLIMITED);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '\r' && text.p[i] != '\n')
			rc_buf_putc(&joined, text.p[i]);
	return decode(rc_buf_str(&joined), buf, ret_offset);
}
