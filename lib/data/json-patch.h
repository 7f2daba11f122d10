/* Changes to JSON documents: JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386) made and
 * applied. */
#pragma once

#include <jansson.h>

#include "base/error.h"

/*
 * Apply an RFC 6902 patch (an array of operations) to *document, which is changed only when all
 * operations succeed. Returns 0, -EINVAL (not a patch), -ENOENT (a path is not there) or -ESTALE (a
 * test failed); the message names the operation by its number.
 */
int rc_json_patch_apply(json_t **document, const json_t *patch, struct rc_error **err);

/* The RFC 7386 patch that makes to out of from: {} when they are equal. The caller's. */
json_t *rc_json_patch_diff(const json_t *from, const json_t *to);
