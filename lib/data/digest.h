/* SHA-256, as content-addressed stores name what they hold. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

#define RC_DIGEST_MAX 65

/* The digest of bytes in 64 hexadecimal digits, into text; returns it. */
const char *rc_digest_sha256(struct rc_str bytes, char text[RC_DIGEST_MAX]);
/* 64 lower-case hexadecimal digits and nothing else. */
bool rc_digest_is_sha256(const char *text);
