/* SSHKey: a key pair as OpenSSH writes it (openssh-key-v1, not encrypted). */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "secrets/generator-instant.h"
#include "secrets/shape.h"

#define BLOB_MAX ((size_t)1 << 16)
#define LINE	 70
#define BLOCK	 8 /* to whose multiple the private part is padded */

/* ---- the wire format of SSH ---- */

static void put_uint(struct rc_buf *out, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		rc_buf_putc(out, (char)(value >> shift));
}

static void put_string(struct rc_buf *out, struct rc_str bytes)
{
	put_uint(out, (uint32_t)bytes.n);
	rc_buf_add_str(out, bytes);
}

/* A number: big-endian, with a zero before a set top bit. */
static void put_number(struct rc_buf *out, EVP_PKEY *key, const char *param)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(BLOB_MAX);
	BIGNUM *number = NULL;
	char *room;
	int n;

	if (EVP_PKEY_get_bn_param(key, param, &number) != 1)
		return;
	n = BN_num_bytes(number);
	if (BN_num_bits(number) % 8 == 0)
		rc_buf_putc(&bytes, 0);
	room = rc_buf_reserve(&bytes, (size_t)n);
	BN_bn2bin(number, (unsigned char *)room);
	rc_buf_commit(&bytes, (size_t)n);
	put_string(out, rc_buf_str(&bytes));
	BN_clear_free(number);
}

static void put_octets(struct rc_buf *out, EVP_PKEY *key, const char *param)
{
	unsigned char bytes[256];
	size_t n = 0;

	EVP_PKEY_get_octet_string_param(key, param, bytes, sizeof(bytes), &n);
	put_string(out, (struct rc_str){(const char *)bytes, n});
}

/* ---- kinds of keys ---- */

static void put_rsa_public(struct rc_buf *out, EVP_PKEY *key, const char *curve)
{
	(void)curve;
	put_number(out, key, OSSL_PKEY_PARAM_RSA_E);
	put_number(out, key, OSSL_PKEY_PARAM_RSA_N);
}

static void put_rsa_private(struct rc_buf *out, EVP_PKEY *key, const char *curve)
{
	(void)curve;
	put_number(out, key, OSSL_PKEY_PARAM_RSA_N);
	put_number(out, key, OSSL_PKEY_PARAM_RSA_E);
	put_number(out, key, OSSL_PKEY_PARAM_RSA_D);
	put_number(out, key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
	put_number(out, key, OSSL_PKEY_PARAM_RSA_FACTOR1);
	put_number(out, key, OSSL_PKEY_PARAM_RSA_FACTOR2);
}

static void put_ec_public(struct rc_buf *out, EVP_PKEY *key, const char *curve)
{
	put_string(out, rc_str(curve));
	put_octets(out, key, OSSL_PKEY_PARAM_PUB_KEY);
}

static void put_ec_private(struct rc_buf *out, EVP_PKEY *key, const char *curve)
{
	put_ec_public(out, key, curve);
	put_number(out, key, OSSL_PKEY_PARAM_PRIV_KEY);
}

static void put_ed_public(struct rc_buf *out, EVP_PKEY *key, const char *curve)
{
	(void)curve;
	put_octets(out, key, OSSL_PKEY_PARAM_PUB_KEY);
}

/* Seed and public key, one after the other. */
static void put_ed_private(struct rc_buf *out, EVP_PKEY *key, const char *curve)
{
	unsigned char both[64];
	size_t n = 32, m = 32;

	put_ed_public(out, key, curve);
	EVP_PKEY_get_raw_private_key(key, both, &n);
	EVP_PKEY_get_raw_public_key(key, both + 32, &m);
	put_string(out, (struct rc_str){(const char *)both, sizeof(both)});
	OPENSSL_cleanse(both, sizeof(both));
}

struct kind {
	const char *type; /* keyType */
	long size;	  /* keySize */
	bool is_default;
	const char *name, *curve, *group;
	void (*put_public)(struct rc_buf *out, EVP_PKEY *key, const char *curve);
	void (*put_private)(struct rc_buf *out, EVP_PKEY *key, const char *curve);
};

static const struct kind kinds[] = {
	{"rsa", 2048, true, "ssh-rsa", NULL, NULL, put_rsa_public, put_rsa_private},
	{"rsa", 3072, false, "ssh-rsa", NULL, NULL, put_rsa_public, put_rsa_private},
	{"rsa", 4096, false, "ssh-rsa", NULL, NULL, put_rsa_public, put_rsa_private},
	{"ecdsa", 256, true, "ecdsa-sha2-nistp256", "nistp256", "P-256", put_ec_public,
	 put_ec_private},
	{"ecdsa", 384, false, "ecdsa-sha2-nistp384", "nistp384", "P-384", put_ec_public,
	 put_ec_private},
	{"ecdsa", 521, false, "ecdsa-sha2-nistp521", "nistp521", "P-521", put_ec_public,
	 put_ec_private},
	{"ed25519", 0, true, "ssh-ed25519", NULL, NULL, put_ed_public, put_ed_private},
};

static const struct kind *find_kind(const json_t *spec, struct rc_error **err)
{
	const char *type = rc_json_text(spec, "keyType", NULL) ?: "rsa";
	const json_t *size = json_object_get(spec, "keySize");

	if (!*type)
		type = "rsa";
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].type, type) != 0)
			continue;
		if (kinds[i].size == 0 ||
		    (json_is_integer(size) ? json_integer_value(size) == kinds[i].size
					   : kinds[i].is_default))
			return &kinds[i];
	}
	rc_fail(err, -EINVAL,
		"keyType '%s', keySize %lld: rsa with 2048, 3072 or 4096, ecdsa with 256, 384 or "
		"521, and ed25519 can be made",
		type, (long long)json_integer_value(size));
	return NULL;
}

static EVP_PKEY *make_key(const struct kind *kind)
{
	if (strcmp(kind->type, "rsa") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)kind->size);
	if (kind->group)
		return EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind->group);
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

/* ---- files ---- */

static void make_private(const struct kind *kind, EVP_PKEY *key, struct rc_str public_blob,
			 const char *comment, struct rc_buf *out)
{
	rc_autobuf struct rc_buf blob = RC_BUF_INIT(BLOB_MAX), inner = RC_BUF_INIT(BLOB_MAX);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(2 * BLOB_MAX);
	uint32_t check;

	if (getrandom(&check, sizeof(check), 0) != sizeof(check))
		abort();
	put_uint(&inner, check);
	put_uint(&inner, check);
	put_string(&inner, rc_str(kind->name));
	kind->put_private(&inner, key, kind->curve);
	put_string(&inner, rc_str(comment));
	for (char pad = 1; inner.n % BLOCK != 0; pad++)
		rc_buf_putc(&inner, pad);
	rc_buf_add(&blob, "openssh-key-v1", sizeof("openssh-key-v1"));
	put_string(&blob, RC_STR("none"));
	put_string(&blob, RC_STR("none"));
	put_string(&blob, RC_STR(""));
	put_uint(&blob, 1);
	put_string(&blob, public_blob);
	put_string(&blob, rc_buf_str(&inner));
	rc_base64_encode(rc_buf_str(&blob), &text);
	rc_buf_puts(out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	for (size_t i = 0; i < text.n; i += LINE)
		rc_buf_printf(out, "%.*s\n", (int)(text.n - i < LINE ? text.n - i : LINE),
			      text.p + i);
	rc_buf_puts(out, "-----END OPENSSH PRIVATE KEY-----\n");
}

int rc_secrets_generator_make_ssh_key(const json_t *spec, json_t *values, struct rc_error **err)
{
	const char *comment = rc_json_text(spec, "comment", NULL) ?: "";
	const struct kind *kind = find_kind(spec, err);
	rc_autobuf struct rc_buf blob = RC_BUF_INIT(BLOB_MAX), line = RC_BUF_INIT(2 * BLOB_MAX);
	rc_autobuf struct rc_buf file = RC_BUF_INIT(2 * BLOB_MAX);
	EVP_PKEY *key;

	if (!kind)
		return -EINVAL;
	key = make_key(kind);
	if (!key) {
		ERR_clear_error();
		return rc_fail(err, -EAGAIN, "the key could not be made");
	}
	put_string(&blob, rc_str(kind->name));
	kind->put_public(&blob, key, kind->curve);
	rc_buf_printf(&line, "%s ", kind->name);
	rc_base64_encode(rc_buf_str(&blob), &line);
	if (*comment)
		rc_buf_printf(&line, " %s", comment);
	make_private(kind, key, rc_buf_str(&blob), comment, &file);
	EVP_PKEY_free(key);
	json_object_set_new(values, "privateKey", rc_secrets_shape_bytes(rc_buf_str(&file)));
	json_object_set_new(values, "publicKey", rc_secrets_shape_bytes(rc_buf_str(&line)));
	return 0;
}
