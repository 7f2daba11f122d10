/* SHA-256. */
#include "data/digest.h"

#include <stdio.h>

#include <openssl/evp.h>

const char *rc_digest_sha256(struct rc_str bytes, char text[RC_DIGEST_MAX])
{
	unsigned char digest[32];

	EVP_Digest(bytes.p, bytes.n, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

bool rc_digest_is_sha256(const char *text)
{
	return strlen(text) == RC_DIGEST_MAX - 1 &&
	       strspn(text, "0123456789abcdef") == RC_DIGEST_MAX - 1;
}
