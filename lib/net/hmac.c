/* By libcrypto. */
#include "net/hmac.h"

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

const char *rc_net_hmac_sha256(const struct rc_secret *key, struct rc_str bytes,
			       char text[RC_NET_HMAC_MAX])
{
	struct rc_str secret = rc_secret_reveal(key);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	HMAC(EVP_sha256(), secret.p, (int)secret.n, (const unsigned char *)(bytes.n ? bytes.p : ""),
	     bytes.n, digest, &n);
	for (unsigned int i = 0; i < n && 2 * i + 2 < RC_NET_HMAC_MAX; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", digest[i]);
	return text;
}

bool rc_net_hmac_equal(struct rc_str a, struct rc_str b)
{
	return a.n == b.n && a.n > 0 && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}
