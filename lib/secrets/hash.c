/* SHA3-224. */
#include "secrets/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/base64.h"

#define DIGEST 28

const char *rc_secrets_hash_text(struct rc_str text, char hash[RC_SECRETS_HASH_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (EVP_Digest(text.n ? text.p : "", text.n, digest, &n, EVP_sha3_224(), NULL) != 1 ||
	    n != DIGEST)
		abort();
	for (unsigned int i = 0; i < n; i++)
		snprintf(hash + (size_t)2 * i, 3, "%02x", digest[i]);
	return hash;
}

static int compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void add_bytes(struct rc_buf *out, const char *base64)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_base64_decode(rc_str(base64), &bytes);
	rc_buf_putc(out, '[');
	for (size_t i = 0; i < bytes.n; i++)
		rc_buf_printf(out, "%s%u", i ? " " : "", (unsigned char)bytes.p[i]);
	rc_buf_putc(out, ']');
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
}

const char *rc_secrets_hash_data(const json_t *data, char hash[RC_SECRETS_HASH_MAX])
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t n = 0;
	rc_autofree const char **keys = rc_calloc(json_object_size(data) + 1, sizeof(*keys));
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)data, key, value)
		keys[n++] = key;
	rc_sort(keys, n, sizeof(*keys), compare);
	rc_buf_puts(&text, "map[");
	for (size_t i = 0; i < n; i++) {
		rc_buf_printf(&text, "%s%s:", i ? " " : "", keys[i]);
		add_bytes(&text, json_string_value(json_object_get(data, keys[i])) ?: "");
	}
	rc_buf_putc(&text, ']');
	rc_secrets_hash_text(rc_buf_str(&text), hash);
	explicit_bzero(text.p, text.size);
	return hash;
}
