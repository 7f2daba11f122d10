/* Time. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

uint64_t rc_clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t rc_clock_unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t rc_clock_unix_s(void)
{
	return rc_clock_unix_ms() / 1000;
}

const char *rc_clock_format_rfc3339(int64_t unix_s, char text[RC_CLOCK_RFC3339_MAX])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(text, RC_CLOCK_RFC3339_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	return text;
}

static int parse_offset(const char *at, int64_t *ret_s)
{
	int hours, minutes, n = 0;

	if (strcmp(at, "Z") == 0 || strcmp(at, "z") == 0) {
		*ret_s = 0;
		return 0;
	}
	if ((at[0] != '+' && at[0] != '-') ||
	    sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &n) != 2 || n != 5 || at[6] != '\0')
		return -EINVAL;
	*ret_s = (hours * 3600 + minutes * 60) * (at[0] == '-' ? -1 : 1);
	return 0;
}

int rc_clock_parse_rfc3339(const char *text, int64_t *ret_unix_s)
{
	struct tm tm = {0};
	const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t offset_s;

	if (!at)
		return -EINVAL;
	if (*at == '.') {
		size_t digits = strspn(at + 1, "0123456789");

		if (digits == 0)
			return -EINVAL;
		at += 1 + digits;
	}
	if (parse_offset(at, &offset_s) < 0)
		return -EINVAL;
	*ret_unix_s = (int64_t)timegm(&tm) - offset_s;
	return 0;
}

uint64_t rc_clock_backoff_ms(uint64_t base_ms, double factor, uint64_t max_ms, unsigned attempt)
{
	double wait = (double)base_ms;

	for (unsigned i = 0; i < attempt && wait < (double)max_ms; i++)
		wait *= factor;
	return wait < (double)max_ms ? (uint64_t)wait : max_ms;
}

uint64_t rc_clock_jitter_ms(uint64_t max_ms)
{
	uint64_t random = 0;

	if (max_ms == 0 || getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return 0;
	return random % max_ms;
}
