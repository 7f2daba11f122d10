/* spec.syncWindows: when the interval of an ExternalSecret may have it refreshed, in UTC. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* windows: {kind: allow|deny, windows: [{schedule, duration}]}, or NULL. A schedule that cannot be
 * read is as if it were not there. */
bool rc_secrets_window_allows(const json_t *windows, int64_t unix_s);
