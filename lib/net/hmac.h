/* Keyed digests of messages (RFC 2104), and comparing what must not be guessed by timing. */
#pragma once

#include <stdbool.h>

#include "base/secret.h"

#define RC_NET_HMAC_MAX 65

/* HMAC-SHA256 in 64 hexadecimal digits, into text, which is returned. */
const char *rc_net_hmac_sha256(const struct rc_secret *key, struct rc_str bytes,
			       char text[RC_NET_HMAC_MAX]);
/* Takes as long whatever they hold; only a difference of their lengths shows. */
bool rc_net_hmac_equal(struct rc_str a, struct rc_str b);
