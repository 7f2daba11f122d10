/* Scope-bound ownership: every return is a clean exit. */
#pragma once

/*
 * For large arrays in hot functions that write what they read: no zeroes first, which
 * -ftrivial-auto-var-init would give them.
 */
#define rc_uninitialized __attribute__((uninitialized))

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define rc_cleanup(function) __attribute__((cleanup(function)))

/* Define x_freep() for x_free(), for use with rc_cleanup(). */
#define RC_DEFINE_FREEP(type, function)          \
	static inline void function##p(type **p) \
	{                                        \
		if (*p)                          \
			function(*p);            \
		*p = NULL;                       \
	}

static inline void rc_cleanup_free(void *p)
{
	void *memory = *(void **)p;

	free(memory);
}

static inline void rc_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void rc_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define rc_autofree   rc_cleanup(rc_cleanup_free)
#define rc_autoclose  rc_cleanup(rc_cleanup_close)
#define rc_autofclose rc_cleanup(rc_cleanup_fclose)

/* Move ownership out of a scope-bound pointer. */
#define rc_steal(p)                                 \
	({                                          \
		__typeof__(*(p)) rc_stolen_ = *(p); \
		*(p) = NULL;                        \
		rc_stolen_;                         \
	})

/* Move ownership out of a scope-bound descriptor. */
static inline int rc_steal_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define rc_container_of(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#define RC_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
