/* Time: the monotonic clock for waiting, the wall clock for people, RFC 3339 for the wire. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t rc_clock_monotonic_ms(void);
int64_t rc_clock_unix_s(void);
int64_t rc_clock_unix_ms(void);

#define RC_CLOCK_RFC3339_MAX 32
/* "2026-11-24T00:50:08Z" into text, which is returned. */
const char *rc_clock_format_rfc3339(int64_t unix_s, char text[RC_CLOCK_RFC3339_MAX]);
/* RFC 3339 with optional fraction and any offset; returns 0 or -EINVAL. */
int rc_clock_parse_rfc3339(const char *text, int64_t *ret_unix_s);

/* Exponential back-off: base * factor^attempt, capped; attempt counts from 0. */
uint64_t rc_clock_backoff_ms(uint64_t base_ms, double factor, uint64_t max_ms, unsigned attempt);
/* A random value in [0, max_ms); for spreading polls. */
uint64_t rc_clock_jitter_ms(uint64_t max_ms);
