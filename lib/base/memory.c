/* Allocation that never returns NULL. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void rc_memory_fail(size_t size_bytes)
{
	fprintf(stderr, "out of memory: %zu bytes\n", size_bytes);
	_exit(RC_MEMORY_EXIT);
}

static void *check(void *memory, size_t size)
{
	if (!memory)
		rc_memory_fail(size);
	return memory;
}

void *rc_malloc(size_t size)
{
	return check(malloc(size ? size : 1), size);
}

void *rc_calloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1), size);
}

void *rc_realloc(void *memory, size_t size)
{
	return check(realloc(memory, size ? size : 1), size);
}

void *rc_memdup(const void *memory, size_t size)
{
	void *copy = rc_malloc(size);

	if (size)
		memcpy(copy, memory, size);
	return copy;
}

char *rc_strdup(const char *text)
{
	return text ? rc_strndup(text, strlen(text)) : NULL;
}

char *rc_strndup(const char *text, size_t n)
{
	char *copy;

	if (!text)
		return NULL;
	n = strnlen(text, n);
	copy = rc_malloc(n + 1);
	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

char *rc_vasprintf(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	return check(text, 0);
}

char *rc_asprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = rc_vasprintf(format, args);
	va_end(args);
	return text;
}
