/* Time zones of the IANA database, as the C library knows them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RC_ZONE_MAX 12 /* bytes of an abbreviation, with the NUL */

/* "Europe/Berlin", "UTC". */
bool rc_zone_is_known(const char *name);
/*
 * Seconds east of UTC at that instant, and what the zone is called then ("CEST", into
 * abbreviation unless that is NULL). UTC where there is no such zone.
 */
int32_t rc_zone_get_offset(const char *name, int64_t unix_s, char abbreviation[RC_ZONE_MAX]);
/* The same for the process's own zone (TZ). */
int32_t rc_zone_get_local_offset(int64_t unix_s, char abbreviation[RC_ZONE_MAX]);
/* Whether the process's own zone has its summer time at that instant. */
bool rc_zone_is_local_dst(int64_t unix_s);
