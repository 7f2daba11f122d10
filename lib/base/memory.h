/* Allocation that never returns NULL: out of memory ends the process, systemd restarts us. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* The exit status of a process without memory; a worker's owner tells it from a crash by it. */
#define RC_MEMORY_EXIT 71

_Noreturn void rc_memory_fail(size_t size_bytes);
void *rc_malloc(size_t size) __attribute__((malloc, returns_nonnull));
void *rc_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *rc_realloc(void *memory, size_t size) __attribute__((returns_nonnull));
void *rc_memdup(const void *memory, size_t size) __attribute__((malloc, returns_nonnull));
/* NULL in, NULL out. */
char *rc_strdup(const char *text);
char *rc_strndup(const char *text, size_t n);
char *rc_asprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *rc_vasprintf(const char *format, va_list args)
	__attribute__((format(printf, 1, 0), malloc, returns_nonnull));

/* A zeroed struct of the type. */
#define rc_new0(type) ((type *)rc_calloc(1, sizeof(type)))
