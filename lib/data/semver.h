/* Versions and constraints as Masterminds/semver 3.3 reads them, leniently: "v1.2" is 1.2.0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct rc_semver {
	uint64_t major, minor, patch;
	struct rc_str prerelease, metadata; /* borrowed from the text */
	struct rc_str original;
};

/*
 * 0, or -EINVAL ("Invalid Semantic Version" in Go), -ERANGE (a number past 64 bits), -EDOM (a
 * number in the prerelease begins with 0); text is borrowed as long as the version.
 */
int rc_semver_parse(struct rc_str text, struct rc_semver *ret);
/* As the specification has it: three numbers without leading zeros, no "v". */
bool rc_semver_is_strict(struct rc_str text);
/* <0, 0, >0; metadata does not count. */
int rc_semver_compare(const struct rc_semver *a, const struct rc_semver *b);
/* Whether version meets constraint; -EINVAL with "improper constraint: ..." when it is none. */
int rc_semver_matches(struct rc_str constraint, const struct rc_semver *version, bool *ret_matches,
		      struct rc_error **err);
