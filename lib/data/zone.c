/* Time zones. */
#include "data/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define ZONEINFO "/usr/share/zoneinfo/"

static void set_tz(const char *value)
{
	if (value)
		setenv("TZ", value, 1);
	else
		unsetenv("TZ");
	tzset();
}

/* A name of the zone database, which is not a way out of its folder. */
static bool has_zone(const char *name)
{
	rc_autofree char *path = rc_asprintf(ZONEINFO "%s", name);

	return *name && *name != '/' && !strstr(name, "..") && !strchr(name, '\\') &&
	       access(path, R_OK) == 0;
}

bool rc_zone_is_known(const char *name)
{
	return strcmp(name, "UTC") == 0 || has_zone(name);
}

int32_t rc_zone_get_local_offset(int64_t unix_s, char abbreviation[RC_ZONE_MAX])
{
	time_t seconds = unix_s;
	struct tm local = {.tm_gmtoff = 0};

	if (!localtime_r(&seconds, &local)) {
		if (abbreviation)
			*abbreviation = '\0';
		return 0;
	}
	if (abbreviation)
		snprintf(abbreviation, RC_ZONE_MAX, "%s", local.tm_zone);
	return (int32_t)local.tm_gmtoff;
}

bool rc_zone_is_local_dst(int64_t unix_s)
{
	time_t seconds = unix_s;
	struct tm local = {.tm_isdst = 0};

	return localtime_r(&seconds, &local) && local.tm_isdst > 0;
}

int32_t rc_zone_get_offset(const char *name, int64_t unix_s, char abbreviation[RC_ZONE_MAX])
{
	rc_autofree char *old = NULL;
	int32_t offset_s;

	if (strcmp(name, "UTC") == 0 || !has_zone(name)) {
		if (abbreviation)
			snprintf(abbreviation, RC_ZONE_MAX, "UTC");
		return 0;
	}
	/* The C library knows one zone at a time; we are alone in the process. */
	old = rc_strdup(getenv("TZ"));
	set_tz(name);
	offset_s = rc_zone_get_local_offset(unix_s, abbreviation);
	set_tz(old);
	return offset_s;
}
