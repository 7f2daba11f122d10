/* Job memory: allocate freely, free once. Everything lives exactly as long as the arena. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct rc_arena;

/* max_bytes 0: no limit. Over the limit rc_arena_alloc() calls the overflow handler, else aborts.
 */
struct rc_arena *rc_arena_new(size_t max_bytes);
void rc_arena_free(struct rc_arena *arena);
RC_DEFINE_FREEP(struct rc_arena, rc_arena_free)

/* Everything goes, some memory stays for reuse. */
void rc_arena_clear(struct rc_arena *arena);

/* Called when the limit is passed; must not return (longjmp to the job's start). */
typedef void rc_arena_overflow_fn(void *userdata);
void rc_arena_set_overflow(struct rc_arena *arena, rc_arena_overflow_fn *overflow, void *userdata);

/* Zeroed, aligned for any type. */
void *rc_arena_alloc(struct rc_arena *arena, size_t size) __attribute__((returns_nonnull));
/* Grow a block that holds n_old bytes; in place when it was the last one. The rest is not zeroed.
 */
void *rc_arena_grow(struct rc_arena *arena, void *block, size_t n_old, size_t n_new)
	__attribute__((returns_nonnull));
void *rc_arena_memdup(struct rc_arena *arena, const void *bytes, size_t n);
char *rc_arena_strdup(struct rc_arena *arena, const char *text);
char *rc_arena_strndup(struct rc_arena *arena, const char *text, size_t n);
/* Room for a text of n bytes to fill in; only the NUL behind it is there. */
char *rc_arena_text(struct rc_arena *arena, size_t n) __attribute__((returns_nonnull));
/* A NUL-terminated copy as rc_str. */
struct rc_str rc_arena_str(struct rc_arena *arena, struct rc_str s);
char *rc_arena_printf(struct rc_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *rc_arena_vprintf(struct rc_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* What mmap() gave is unmapped with everything else, and counts. */
void rc_arena_keep_mapping(struct rc_arena *arena, void *at, size_t size);
size_t rc_arena_get_used(const struct rc_arena *arena); /* bytes handed out */

#define rc_arena_new0(arena, type) ((type *)rc_arena_alloc((arena), sizeof(type)))
