/* SHA3-224. */
#include "secrets/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"

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
	rc_autofree const char **keys = rc_json_sort_keys(data);

	rc_buf_puts(&text, "map[");
	for (size_t i = 0; keys[i]; i++) {
		rc_buf_printf(&text, "%s%s:", i ? " " : "", keys[i]);
		add_bytes(&text, json_string_value(json_object_get(data, keys[i])) ?: "");
	}
	rc_buf_putc(&text, ']');
	rc_secrets_hash_text(rc_buf_str(&text), hash);
	explicit_bzero(text.p, text.size);
	return hash;
}

static void add_value(struct rc_buf *out, const json_t *value)
{
	rc_autofree const char **keys = json_is_object(value) ? rc_json_sort_keys(value) : NULL;

	if (keys) {
		rc_buf_puts(out, "map[");
		for (size_t i = 0; keys[i]; i++) {
			rc_buf_printf(out, "%s%s:", i ? " " : "", keys[i]);
			add_value(out, json_object_get(value, keys[i]));
		}
		rc_buf_putc(out, ']');
	} else if (json_is_array(value)) {
		rc_buf_putc(out, '[');
		for (size_t i = 0; i < json_array_size(value); i++) {
			rc_buf_puts(out, i ? " " : "");
			add_value(out, json_array_get(value, i));
		}
		rc_buf_putc(out, ']');
	} else if (json_is_string(value)) {
		rc_buf_add(out, json_string_value(value), json_string_length(value));
	} else if (json_is_null(value)) {
		rc_buf_puts(out, "<nil>");
	} else if (json_is_real(value)) {
		rc_buf_printf(out, "%.17g", json_real_value(value));
	} else if (json_is_integer(value)) {
		rc_buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else {
		rc_buf_puts(out, json_is_true(value) ? "true" : "false");
	}
}

const char *rc_secrets_hash_object(const json_t *value, char hash[RC_SECRETS_HASH_MAX])
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	add_value(&text, value);
	rc_secrets_hash_text(rc_buf_str(&text), hash);
	if (text.p)
		explicit_bzero(text.p, text.size);
	return hash;
}
