/* Job memory in blocks that double up to a mebibyte. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/memory.h"

#define ALIGNMENT   8 /* nothing of ours asks for more */
#define BLOCK_FIRST ((size_t)8 << 10)
#define BLOCK_MAX   ((size_t)1 << 20)

struct block {
	struct block *next;
	size_t size;
	_Alignas(ALIGNMENT) char data[];
};

struct mapping {
	struct mapping *next;
	void *at;
	size_t size;
};

struct rc_arena {
	char *at, *end;	      /* what the newest block has left, as far as the limit allows */
	struct block *blocks; /* the newest first */
	struct mapping *mappings;
	size_t next_size;
	size_t used; /* of the older blocks, and mapped */
	size_t max;
	rc_arena_overflow_fn *overflow;
	void *userdata;
};

struct rc_arena *rc_arena_new(size_t max_bytes)
{
	struct rc_arena *arena = rc_new0(struct rc_arena);

	arena->max = max_bytes;
	arena->next_size = BLOCK_FIRST;
	return arena;
}

static void unmap_all(struct rc_arena *arena)
{
	struct mapping *next;

	for (struct mapping *m = arena->mappings; m; m = next) {
		next = m->next;
		munmap(m->at, m->size);
		free(m);
	}
	arena->mappings = NULL;
}

void rc_arena_free(struct rc_arena *arena)
{
	struct block *next;

	if (!arena)
		return;
	unmap_all(arena);
	for (struct block *b = arena->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

size_t rc_arena_get_used(const struct rc_arena *arena)
{
	return arena->used + (arena->blocks ? (size_t)(arena->at - arena->blocks->data) : 0);
}

static void set_end(struct rc_arena *arena)
{
	size_t left = arena->max - rc_arena_get_used(arena);

	arena->end = arena->blocks->data + arena->blocks->size;
	if (arena->max > 0 && left < (size_t)(arena->end - arena->at))
		arena->end = arena->at + left;
}

void rc_arena_clear(struct rc_arena *arena)
{
	struct block *next;

	unmap_all(arena);
	arena->used = 0;
	if (!arena->blocks)
		return;
	/* The newest block is the largest that was needed. */
	for (struct block *b = arena->blocks->next; b; b = next) {
		next = b->next;
		free(b);
	}
	arena->blocks->next = NULL;
	arena->at = arena->blocks->data;
	set_end(arena);
}

void rc_arena_set_overflow(struct rc_arena *arena, rc_arena_overflow_fn *overflow, void *userdata)
{
	arena->overflow = overflow;
	arena->userdata = userdata;
}

static void check_limit(struct rc_arena *arena, size_t size)
{
	if (arena->max == 0 || size <= arena->max - rc_arena_get_used(arena))
		return;
	if (arena->overflow)
		arena->overflow(arena->userdata);
	fprintf(stderr, "arena: over its limit of %zu bytes\n", arena->max);
	abort();
}

void rc_arena_keep_mapping(struct rc_arena *arena, void *at, size_t size)
{
	struct mapping *mapping = rc_new0(struct mapping);

	*mapping = (struct mapping){arena->mappings, at, size};
	arena->mappings = mapping;
	check_limit(arena, size);
	arena->used += size;
	if (arena->blocks)
		set_end(arena);
}

static size_t round_up(size_t size)
{
	return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static void add_block(struct rc_arena *arena, size_t size)
{
	size_t room = arena->next_size > size ? arena->next_size : size;
	struct block *b = rc_malloc(sizeof(*b) + room);

	arena->used = rc_arena_get_used(arena);
	b->size = room;
	b->next = arena->blocks;
	arena->blocks = b;
	arena->at = b->data;
	set_end(arena);
	if (arena->next_size < BLOCK_MAX)
		arena->next_size *= 2;
}

static __attribute__((noinline)) void *take_from_new_block(struct rc_arena *arena, size_t size)
{
	char *p;

	if (size > SIZE_MAX / 2)
		abort();
	check_limit(arena, size);
	add_block(arena, size);
	p = arena->at;
	arena->at += size;
	return p;
}

/* Bytes of whatever value. Texts (without is_aligned) stand side by side. */
static inline void *take(struct rc_arena *arena, size_t size, bool is_aligned)
{
	size_t gap = is_aligned ? -(uintptr_t)arena->at & (ALIGNMENT - 1) : 0;
	size_t left = (size_t)(arena->end - arena->at);
	char *p = arena->at;

	if (left < gap || left - gap < size)
		return take_from_new_block(arena, size);
	arena->at += gap + size;
	return p + gap;
}

void *rc_arena_alloc(struct rc_arena *arena, size_t size)
{
	size = size ? round_up(size) : ALIGNMENT;
	return memset(take(arena, size, true), 0, size);
}

void *rc_arena_grow(struct rc_arena *arena, void *block, size_t n_old, size_t n_new)
{
	size_t old = n_old ? round_up(n_old) : ALIGNMENT;
	size_t new = n_new ? round_up(n_new) : ALIGNMENT;
	void *copy;

	if (block && new <= old)
		return block;
	if (block && (char *)block + old == arena->at &&
	    new - old <= (size_t)(arena->end - arena->at)) {
		arena->at += new - old;
		return block;
	}
	copy = take(arena, new, true);
	if (block && n_old)
		memcpy(copy, block, n_old);
	return copy;
}

void *rc_arena_memdup(struct rc_arena *arena, const void *bytes, size_t n)
{
	void *copy = take(arena, n ? round_up(n) : ALIGNMENT, true);

	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

char *rc_arena_text(struct rc_arena *arena, size_t n)
{
	char *text = take(arena, n + 1, false);

	text[n] = '\0';
	return text;
}

char *rc_arena_strndup(struct rc_arena *arena, const char *text, size_t n)
{
	char *copy = rc_arena_text(arena, n);

	if (n)
		memcpy(copy, text, n);
	return copy;
}

char *rc_arena_strdup(struct rc_arena *arena, const char *text)
{
	return rc_arena_strndup(arena, text, strlen(text));
}

struct rc_str rc_arena_str(struct rc_arena *arena, struct rc_str s)
{
	return (struct rc_str){rc_arena_strndup(arena, s.p, s.n), s.n};
}

char *rc_arena_vprintf(struct rc_arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		abort();
	text = take(arena, (size_t)n + 1, false);
	vsnprintf(text, (size_t)n + 1, format, args);
	return text;
}

char *rc_arena_printf(struct rc_arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = rc_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}
