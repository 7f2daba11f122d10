/* The key, and HMAC. */
#include "secrets/seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"
#include "data/json.h"
#include "net/hmac.h"

#define KEY_BYTES 32

static void make_key(char text[2 * KEY_BYTES + 1])
{
	unsigned char bytes[KEY_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

struct rc_secret *rc_secrets_seal_load_key(struct rc_store *store)
{
	json_auto_t *document = NULL;
	char text[2 * KEY_BYTES + 1];
	const char *known;

	rc_store_get(store, "key", "contents", &document, NULL);
	known = rc_json_text(document, "key", NULL);
	if (known)
		return rc_secret_new_text(known);
	make_key(text);
	json_decref(document);
	document = json_pack("{s:s}", "key", text);
	/* One that cannot be kept is good until the restart: then contents are recorded anew. */
	rc_store_put(store, "key", "contents", document, NULL);
	return rc_secret_new_text(text);
}

const char *rc_secrets_seal(const struct rc_secret *key, const char *content,
			    char text[RC_SECRETS_SEAL_MAX])
{
	char whole[RC_NET_HMAC_MAX];

	rc_net_hmac_sha256(key, rc_str(content), whole);
	memcpy(text, whole, RC_SECRETS_SEAL_MAX - 1);
	text[RC_SECRETS_SEAL_MAX - 1] = '\0';
	return text;
}
