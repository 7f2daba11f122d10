/* Hashes as External Secrets writes them: SHA3-224 of Go's text of a value, in hexadecimal. */
#pragma once

#include <jansson.h>

#include "base/str.h"

#define RC_SECRETS_HASH_MAX 57

const char *rc_secrets_hash_text(struct rc_str text, char hash[RC_SECRETS_HASH_MAX]);
/* Of a Secret's data: {key: base64}. NULL is an empty map. */
const char *rc_secrets_hash_data(const json_t *data, char hash[RC_SECRETS_HASH_MAX]);
/* Of what another kind holds, as it is in JSON. */
const char *rc_secrets_hash_object(const json_t *value, char hash[RC_SECRETS_HASH_MAX]);
