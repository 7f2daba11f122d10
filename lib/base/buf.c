/* Growing text with a limit. */
#include "base/buf.h"

#include <errno.h>
#include <stdint.h>

#include "base/memory.h"

void rc_buf_init(struct rc_buf *buf, size_t max_bytes)
{
	*buf = (struct rc_buf){.max = max_bytes};
}

void rc_buf_done(struct rc_buf *buf)
{
	free(buf->p);
	*buf = (struct rc_buf){.max = buf->max};
}

void rc_buf_clear(struct rc_buf *buf)
{
	buf->n = 0;
	buf->overflow = false;
	if (buf->p)
		buf->p[0] = '\0';
}

char *rc_buf_reserve(struct rc_buf *buf, size_t n)
{
	size_t need;

	if (buf->overflow || n > buf->max - buf->n) {
		buf->overflow = true;
		return NULL;
	}
	need = buf->n + n + 1;
	if (need > buf->size) {
		size_t size = buf->size ? buf->size * 2 : 64;

		if (size < need)
			size = need;
		if (size > buf->max + 1)
			size = buf->max + 1;
		buf->p = rc_realloc(buf->p, size);
		buf->size = size;
		buf->p[buf->n] = '\0'; /* nothing may come of the room */
	}
	return buf->p + buf->n;
}

void rc_buf_commit(struct rc_buf *buf, size_t n)
{
	buf->n += n;
	buf->p[buf->n] = '\0';
}

int rc_buf_add(struct rc_buf *buf, const void *bytes, size_t n)
{
	char *to = rc_buf_reserve(buf, n);

	if (!to)
		return -E2BIG;
	if (n)
		memcpy(to, bytes, n);
	rc_buf_commit(buf, n);
	return 0;
}

int rc_buf_add_str(struct rc_buf *buf, struct rc_str s)
{
	return rc_buf_add(buf, s.p, s.n);
}

int rc_buf_puts(struct rc_buf *buf, const char *text)
{
	return rc_buf_add(buf, text, strlen(text));
}

int rc_buf_putc(struct rc_buf *buf, char c)
{
	return rc_buf_add(buf, &c, 1);
}

int rc_buf_fill(struct rc_buf *buf, char c, size_t n)
{
	char *to = rc_buf_reserve(buf, n);

	if (!to)
		return -E2BIG;
	memset(to, c, n);
	rc_buf_commit(buf, n);
	return 0;
}

int rc_buf_vprintf(struct rc_buf *buf, const char *format, va_list args)
{
	size_t room = buf->p && !buf->overflow ? buf->size - buf->n : 0;
	va_list again;
	char *to;
	int n;

	/* Mostly it fits into what is there. */
	va_copy(again, args);
	n = vsnprintf(room ? buf->p + buf->n : NULL, room, format, again);
	va_end(again);
	if (n < 0)
		return -EINVAL;
	if ((size_t)n < room && (size_t)n <= buf->max - buf->n) {
		rc_buf_commit(buf, (size_t)n);
		return 0;
	}
	if (room)
		buf->p[buf->n] = '\0';
	to = rc_buf_reserve(buf, (size_t)n);
	if (!to)
		return -E2BIG;
	vsnprintf(to, (size_t)n + 1, format, args);
	rc_buf_commit(buf, (size_t)n);
	return 0;
}

int rc_buf_printf(struct rc_buf *buf, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = rc_buf_vprintf(buf, format, args);
	va_end(args);
	return r;
}

size_t rc_buf_encode_rune(unsigned int rune, char bytes[4])
{
	size_t n;

	if (rune < 0x80) {
		bytes[0] = (char)rune;
		n = 1;
	} else if (rune < 0x800) {
		bytes[0] = (char)(0xc0 | rune >> 6);
		bytes[1] = (char)(0x80 | (rune & 0x3f));
		n = 2;
	} else if (rune < 0x10000) {
		bytes[0] = (char)(0xe0 | rune >> 12);
		bytes[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (rune & 0x3f));
		n = 3;
	} else {
		bytes[0] = (char)(0xf0 | (rune >> 18 & 7));
		bytes[1] = (char)(0x80 | (rune >> 12 & 0x3f));
		bytes[2] = (char)(0x80 | (rune >> 6 & 0x3f));
		bytes[3] = (char)(0x80 | (rune & 0x3f));
		n = 4;
	}
	return n;
}

int rc_buf_put_rune(struct rc_buf *buf, unsigned int rune)
{
	char bytes[4];

	return rc_buf_add(buf, bytes, rc_buf_encode_rune(rune, bytes));
}

void rc_buf_truncate(struct rc_buf *buf, size_t n)
{
	if (n >= buf->n)
		return;
	buf->n = n;
	buf->p[n] = '\0';
}

void rc_buf_consume(struct rc_buf *buf, size_t n)
{
	if (n == 0)
		return;
	memmove(buf->p, buf->p + n, buf->n - n);
	buf->n -= n;
	buf->p[buf->n] = '\0';
}

const char *rc_buf_text(const struct rc_buf *buf)
{
	return buf->p ? buf->p : "";
}

char *rc_buf_take(struct rc_buf *buf)
{
	char *text = buf->p ? buf->p : rc_strdup("");

	*buf = (struct rc_buf){.max = buf->max};
	return text;
}
