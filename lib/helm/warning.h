/* What Helm says on stderr while it goes on: collected, so that the caller decides where it goes.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

struct rc_helm_warning {
	const char *text; /* "coalesce.go:298: warning: ..." */
};

struct rc_helm_warnings {
	struct rc_arena *arena; /* borrowed; holds the texts */
	struct rc_helm_warning *at;
	size_t n, room;
};

/* place is Helm's "file.go:line", or NULL for a line without one. */
void rc_helm_warning_add(struct rc_helm_warnings *warnings, const char *place, const char *format,
			 ...) __attribute__((format(printf, 3, 4)));
