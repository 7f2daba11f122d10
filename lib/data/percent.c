/* Percent-encoding. */
#include "data/percent.h"

#include <string.h>

static bool is_plain(char c, const char *also)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	return c != '\0' && (strchr(plain, c) || (also && strchr(also, c)));
}

int rc_percent_encode(struct rc_buf *buf, struct rc_str text, const char *also)
{
	int r = 0;

	for (size_t i = 0; i < text.n && r == 0; i++)
		r = is_plain(text.p[i], also)
			    ? rc_buf_putc(buf, text.p[i])
			    : rc_buf_printf(buf, "%%%02X", (unsigned int)(unsigned char)text.p[i]);
	return r;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int rc_percent_decode(struct rc_buf *buf, struct rc_str text)
{
	int r = 0;

	for (size_t i = 0; i < text.n && r == 0; i++) {
		bool is_code = text.p[i] == '%' && i + 2 < text.n && digit_of(text.p[i + 1]) >= 0 &&
			       digit_of(text.p[i + 2]) >= 0;

		r = rc_buf_putc(buf, is_code ? (char)(16 * digit_of(text.p[i + 1]) +
						      digit_of(text.p[i + 2]))
					     : text.p[i]);
		i += is_code ? 2 : 0;
	}
	return r;
}
