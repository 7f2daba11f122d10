/*
 * SHA-1, SHA-256 and SHA-512 (FIPS 180-4), of bytes at hand. Our own, because loading libcrypto and
 * looking up its digests takes longer than rendering a chart that has a checksum in it.
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum rc_digest_kind { RC_DIGEST_SHA1, RC_DIGEST_SHA256, RC_DIGEST_SHA512 };

#define RC_DIGEST_BYTES_MAX 64
#define RC_DIGEST_TEXT_MAX  (2 * RC_DIGEST_BYTES_MAX + 1)
#define RC_DIGEST_MAX	    65 /* of SHA-256 as text */

/* The digest of bytes, into digest; returns how many bytes it has. */
size_t rc_digest_compute(enum rc_digest_kind kind, struct rc_str bytes,
			 unsigned char digest[RC_DIGEST_BYTES_MAX]);
/* The same in hexadecimal digits; returns text. */
const char *rc_digest_format(enum rc_digest_kind kind, struct rc_str bytes,
			     char text[RC_DIGEST_TEXT_MAX]);

/* The SHA-256 of bytes in 64 hexadecimal digits, into text; returns it. */
const char *rc_digest_sha256(struct rc_str bytes, char text[RC_DIGEST_MAX]);
/* 64 lower-case hexadecimal digits and nothing else. */
bool rc_digest_is_sha256(const char *text);
