/*
 * Keyed hashes of contents, for where people can read who may not read Secrets: whoever guesses a
 * value cannot try his guess. The key is made once and kept in the state.
 */
#pragma once

#include "base/secret.h"
#include "store/store.h"

#define RC_SECRETS_SEAL_MAX 41

/* The key of this state, made when there is none. It is the caller's. */
struct rc_secret *rc_secrets_seal_load_key(struct rc_store *store);
/* Of a text, mostly a hash; into text, which is returned. */
const char *rc_secrets_seal(const struct rc_secret *key, const char *content,
			    char text[RC_SECRETS_SEAL_MAX]);
