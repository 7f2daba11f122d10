/* Base64. */
#include "data/base64.h"

#include <errno.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int rc_base64_encode(struct rc_str bytes, struct rc_buf *buf)
{
	const unsigned char *p = (const unsigned char *)bytes.p;

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t left = bytes.n - i;
		unsigned int group = (unsigned int)p[i] << 16 |
				     (left > 1 ? (unsigned int)p[i + 1] << 8 : 0) |
				     (left > 2 ? p[i + 2] : 0);
		char out[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63],
			       left > 1 ? alphabet[group >> 6 & 63] : '=',
			       left > 2 ? alphabet[group & 63] : '='};

		if (rc_buf_add(buf, out, 4) < 0)
			return -E2BIG;
	}
	return 0;
}

static int value_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* After one or two '=' nothing but line breaks may come. */
static int check_padding(struct rc_str text, size_t at, int digits, size_t *ret_offset)
{
	size_t first = at;

	if (digits < 2) {
		*ret_offset = at;
		return -EINVAL;
	}
	if (digits == 2) {
		do
			at++;
		while (at < text.n && is_break(text.p[at]));
		if (at == text.n) {
			*ret_offset = text.n;
			return -EINVAL;
		}
		if (text.p[at] != '=') {
			*ret_offset = first;
			return -EINVAL;
		}
	}
	do
		at++;
	while (at < text.n && is_break(text.p[at]));
	*ret_offset = at;
	return at < text.n ? -EINVAL : 0;
}

int rc_base64_decode_at(struct rc_str text, struct rc_buf *buf, size_t *ret_offset)
{
	unsigned int group = 0;
	int digits = 0, r = 0;

	for (size_t i = 0; i < text.n; i++) {
		int value = value_of(text.p[i]);
		char out[3];

		if (is_break(text.p[i]))
			continue;
		if (text.p[i] == '=') {
			r = check_padding(text, i, digits, ret_offset);
			break;
		}
		if (value < 0) {
			*ret_offset = i;
			return -EINVAL;
		}
		group = group << 6 | (unsigned int)value;
		if (++digits < 4)
			continue;
		out[0] = (char)(group >> 16);
		out[1] = (char)(group >> 8);
		out[2] = (char)group;
		if (rc_buf_add(buf, out, 3) < 0)
			return -E2BIG;
		group = 0;
		digits = 0;
		if (i + 1 == text.n)
			return 0;
	}
	if (r < 0)
		return r;
	if (digits == 0)
		return 0;
	if (text.n == 0 || !memchr(text.p, '=', text.n)) {
		*ret_offset = text.n - (size_t)digits;
		return -EINVAL;
	}
	rc_buf_putc(buf, (char)(digits == 2 ? group >> 4 : group >> 10));
	if (digits == 3)
		rc_buf_putc(buf, (char)(group >> 2));
	return buf->overflow ? -E2BIG : 0;
}

int rc_base64_decode(struct rc_str text, struct rc_buf *buf)
{
	size_t offset;

	return rc_base64_decode_at(text, buf, &offset);
}
