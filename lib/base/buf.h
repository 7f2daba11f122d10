/* Text to build: grows to a limit that is given at birth, then fails for good. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct rc_buf {
	char *p;       /* NUL-terminated; NULL when empty and fresh */
	size_t n;      /* bytes in use, without the NUL */
	size_t size;   /* bytes allocated */
	size_t max;    /* n never passes this */
	bool overflow; /* something did not fit; what was added since is lost */
};

#define RC_BUF_UNLIMITED ((size_t)-1 / 4)

/* For a declaration: with rc_autobuf a buffer must be initialised before any return. */
#define RC_BUF_INIT(max_bytes) ((struct rc_buf){.max = (max_bytes)})

void rc_buf_init(struct rc_buf *buf, size_t max_bytes);
void rc_buf_done(struct rc_buf *buf);
void rc_buf_clear(struct rc_buf *buf); /* empty for reuse; keeps memory */

/* All add functions return 0 or -E2BIG, which is also remembered in overflow. */
int rc_buf_add(struct rc_buf *buf, const void *bytes, size_t n);
int rc_buf_add_str(struct rc_buf *buf, struct rc_str s);
int rc_buf_puts(struct rc_buf *buf, const char *text);
int rc_buf_putc(struct rc_buf *buf, char c);
int rc_buf_fill(struct rc_buf *buf, char c, size_t n);
int rc_buf_printf(struct rc_buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int rc_buf_vprintf(struct rc_buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* A code point as UTF-8: into bytes, returning how many; or appended. */
size_t rc_buf_encode_rune(unsigned int rune, char bytes[4]);
int rc_buf_put_rune(struct rc_buf *buf, unsigned int rune);

/* Make room for n more bytes; NULL when that is over the limit. Follow with rc_buf_commit(). */
char *rc_buf_reserve(struct rc_buf *buf, size_t n);
void rc_buf_commit(struct rc_buf *buf, size_t n);
void rc_buf_truncate(struct rc_buf *buf, size_t n);
/* Drop n bytes at the front. */
void rc_buf_consume(struct rc_buf *buf, size_t n);

static inline struct rc_str rc_buf_str(const struct rc_buf *buf)
{
	return (struct rc_str){buf->p ? buf->p : "", buf->n};
}
/* The text, never NULL; borrowed. */
const char *rc_buf_text(const struct rc_buf *buf);
/* Move the text out, never NULL; the caller's to free. The buffer is empty then. */
char *rc_buf_take(struct rc_buf *buf);

#define rc_autobuf rc_cleanup(rc_buf_done)
