/* Lengths of time: Go's time.Duration texts, and those of our configuration. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define RC_DURATION_MAX 32 /* bytes of any text rc_duration_format() makes, with the NUL */

/* time.ParseDuration: "1h30m", "-1.5s", "0". 0, or -EINVAL with Go's words. */
int rc_duration_parse(struct rc_str text, int64_t *ret_ns, struct rc_error **err);
/* Duration.String(): "1h30m0s", "1.5ms", "0s"; returns its length. */
size_t rc_duration_format(int64_t ns, char text[RC_DURATION_MAX]);

/*
 * For configuration: as Go's, and days ("7d", "1d12h"); a bare number other than 0, a sign and
 * parts of a millisecond are refused. 0 or -EINVAL with a hint.
 */
int rc_duration_parse_config(struct rc_str text, uint64_t *ret_ms, struct rc_error **err);
