/* Whether a text is JSON, before anything is made of it: json-read.h is the interface. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/str.h"

/* The whole text is one value: 0, or -EINVAL as rc_json_read() has it. */
int rc_json_scan(struct rc_str text, size_t *ret_offset, struct rc_error **err);
