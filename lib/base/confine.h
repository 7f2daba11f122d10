/*
 * A worker gives up what it does not need, for good: no network, no other programs, no writing,
 * no more memory than it is given. What a hostile chart can still do costs one worker.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct rc_confine_options {
	size_t memory_bytes;	     /* of data; 0: no limit */
	const char *const *readable; /* folders that may be read, NULL-terminated; NULL: all.
				      * Only where the kernel has Landlock. */
};

/* Irrevocable. Descriptors that are open stay usable. -EPERM where the kernel refuses. */
int rc_confine_process(const struct rc_confine_options *options, struct rc_error **err);
