/* Choosing a version from a list by Helm's rules. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * The version that Helm takes for range out of versions: the newest that meets the constraint, of
 * equal ones the first; "" is "*". With prefer_exact one that is written exactly so comes before:
 * as charts are installed, not as dependencies are resolved. Texts that are no versions are passed
 * over. 1 with *ret_i, 0: there is none, -EINVAL: range is no constraint.
 */
int rc_registry_version_choose(const char *const *versions, size_t n, const char *range,
			       bool prefer_exact, size_t *ret_i, struct rc_error **err);
