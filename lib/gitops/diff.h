/*
 * Differences for people: a unified diff of two objects as YAML.
 *
 * What no comparison looks at (managedFields, resourceVersion, status, ...) is left out. Values of
 * Secrets are masked so that only "changed" and "unchanged" can be seen.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/* Append the diff of live to wanted, NULL for absent; nothing when they are equal. 0 or -E2BIG. */
int rc_diff_write(struct rc_buf *out, const json_t *live, const json_t *wanted);
/* The same of two texts with n lines of context around each change. */
int rc_diff_write_text(struct rc_buf *out, struct rc_str before, struct rc_str after,
		       unsigned int context);
