/* YAML, JWK, RSA and what External Secrets' own copy of sprig has otherwise. */
#include "secrets/template-function.h"

#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "base/buf.h"
#include "data/base64.h"
#include "data/json.h"
#include "helm/encode.h"
#include "helm/value.h"
#include "secrets/template-pem-private.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

#define TEXT_MAX ((size_t)1 << 20)

static struct rc_value give(struct rc_value_call *call, const struct rc_buf *buf)
{
	return rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

/* ---- YAML ---- */

static int run_to_yaml(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	rc_helm_encode_yaml(&out, call->args[0]);
	*ret = give(call, &out);
	return 0;
}

static int run_from_yaml(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *text = NULL;

	if (rc_helm_value_parse_table(call->arena, call->args[0].text, ret, &err) == 0) {
		if (rc_value_is_nil(*ret))
			*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 0);
		return 0;
	}
	text = rc_error_format(err);
	*ret = rc_value_map_new(call->arena, RC_VALUE_ANY, 1);
	rc_value_map_set(call->arena, ret->map, RC_STR("Error"),
			 rc_value_text(rc_arena_strdup(call->arena, text)));
	return 0;
}

/* ---- sprig's, otherwise ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int run_hexdec(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str text = call->args[0].text;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);

	for (size_t i = 0; i + 1 < text.n || i < text.n; i += 2) {
		int high = hex_digit(text.p[i]);
		int low = i + 1 < text.n ? hex_digit(text.p[i + 1]) : -2;
		char bad = high < 0 ? text.p[i] : low == -1 ? text.p[i + 1] : '\0';

		if (bad)
			rc_buf_clear(&out);
		if (bad)
			rc_buf_printf(&out, "encoding/hex: invalid byte: U+%04X '%c'",
				      (unsigned int)(unsigned char)bad, bad);
		else if (low == -2)
			rc_buf_clear(&out);
		if (!bad && low == -2)
			rc_buf_puts(&out, "encoding/hex: odd length hex string");
		if (bad || low == -2)
			break;
		rc_buf_putc(&out, (char)(high << 4 | low));
	}
	*ret = give(call, &out);
	return 0;
}

/* The third argument says how: "sha", else bcrypt, which is sprig's. */
static int run_htpasswd(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str user = call->args[0].text, password = call->args[1].text;
	const struct rc_template_func *sprig = rc_template_func_crypto;
	struct rc_value_call two = *call;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	unsigned char digest[SHA_DIGEST_LENGTH];

	if (!rc_str_is(call->args[2].text, "sha") || rc_str_index(user, ':') >= 0) {
		while (strcmp(sprig->name, "htpasswd") != 0)
			sprig++;
		two.n_args = 2;
		return sprig->run(&two, ret);
	}
	EVP_Digest(password.n ? password.p : "", password.n, digest, NULL, EVP_sha1(), NULL);
	rc_buf_add_str(&out, user);
	rc_buf_puts(&out, ":{SHA}");
	rc_base64_encode((struct rc_str){(const char *)digest, sizeof(digest)}, &out);
	*ret = give(call, &out);
	return 0;
}

/* ---- RSA ---- */

static const EVP_MD *find_hash(struct rc_str name)
{
	if (rc_str_is(name, "SHA1"))
		return EVP_sha1();
	return rc_str_is(name, "SHA512") ? EVP_sha512() : EVP_sha256();
}

static int decrypt_oaep(EVP_PKEY *key, const EVP_MD *md, struct rc_str in, struct rc_buf *out)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	const unsigned char *bytes = (const unsigned char *)(in.p ? in.p : "");
	size_t n = 0;
	int r = -EINVAL;

	if (context && EVP_PKEY_decrypt_init(context) > 0 &&
	    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(context, md) > 0 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) > 0 &&
	    EVP_PKEY_decrypt(context, NULL, &n, bytes, in.n) > 0) {
		char *room = rc_buf_reserve(out, n);

		if (room && EVP_PKEY_decrypt(context, (unsigned char *)room, &n, bytes, in.n) > 0) {
			rc_buf_commit(out, n);
			r = 0;
		}
	}
	EVP_PKEY_CTX_free(context);
	ERR_clear_error();
	return r;
}

static int run_rsa_decrypt(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str scheme = call->args[0].text, pem = call->args[3].text;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	EVP_PKEY *key;
	BIO *bio;
	int r;

	if (rc_str_is(scheme, "None")) {
		*ret = call->args[2];
		return 0;
	}
	if (!rc_str_is(scheme, "RSA-OAEP"))
		return fail(call, "decryption scheme %.*s is not supported", (int)scheme.n,
			    scheme.p);
	bio = BIO_new_mem_buf(pem.p ? pem.p : "", (int)pem.n);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
		EVP_PKEY_free(key);
		ERR_clear_error();
		return fail(call, "there is no RSA key");
	}
	r = decrypt_oaep(key, find_hash(call->args[1].text), call->args[2].text, &out);
	EVP_PKEY_free(key);
	if (r < 0)
		return fail(call, "error decrypting data with RSA");
	*ret = give(call, &out);
	return 0;
}

/* ---- JWK ---- */

/* A number of a JWK: base64url without padding. */
static int read_bytes(const json_t *jwk, const char *name, struct rc_buf *out)
{
	const char *text = rc_json_text(jwk, name, NULL);
	rc_autobuf struct rc_buf base64 = RC_BUF_INIT(1 << 16);

	if (!text)
		return -ENOENT;
	for (; *text && *text != '='; text++)
		rc_buf_putc(&base64, *text == '-' ? '+' : *text == '_' ? '/' : *text);
	while (base64.n % 4 != 0)
		rc_buf_putc(&base64, '=');
	return rc_base64_decode(rc_buf_str(&base64), out) < 0 ? -EINVAL : 0;
}

static int push_number(OSSL_PARAM_BLD *build, const json_t *jwk, const char *name,
		       const char *param, BIGNUM **ret_number)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 14);
	int r = read_bytes(jwk, name, &bytes);

	if (r < 0)
		return r;
	*ret_number = BN_bin2bn((const unsigned char *)rc_buf_text(&bytes), (int)bytes.n, NULL);
	return OSSL_PARAM_BLD_push_BN(build, param, *ret_number) == 1 ? 0 : -EINVAL;
}

static EVP_PKEY *finish(OSSL_PARAM_BLD *build, const char *type, bool is_private)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params && context && EVP_PKEY_fromdata_init(context) > 0)
		EVP_PKEY_fromdata(context, &key,
				  is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	ERR_clear_error();
	return key;
}

static EVP_PKEY *make_rsa(const json_t *jwk, bool is_private)
{
	static const struct {
		const char *name, *param;
	} numbers[] = {
		{"n", OSSL_PKEY_PARAM_RSA_N},	       {"e", OSSL_PKEY_PARAM_RSA_E},
		{"d", OSSL_PKEY_PARAM_RSA_D},	       {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
		{"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
		{"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}};
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *made[RC_ARRAY_SIZE(numbers)] = {NULL};
	EVP_PKEY *key = NULL;
	size_t n = is_private ? RC_ARRAY_SIZE(numbers) : 2;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		r = push_number(build, jwk, numbers[i].name, numbers[i].param, &made[i]);
		if (r == -ENOENT && i > 2)
			r = 0;
	}
	if (r == 0)
		key = finish(build, "RSA", is_private);
	for (size_t i = 0; i < n; i++)
		BN_clear_free(made[i]);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static const char *curve_of(const json_t *jwk)
{
	static const char *const curves[][2] = {
		{"P-256", "prime256v1"}, {"P-384", "secp384r1"}, {"P-521", "secp521r1"}};
	const char *name = rc_json_text(jwk, "crv", NULL) ?: "";

	for (size_t i = 0; i < RC_ARRAY_SIZE(curves); i++)
		if (strcmp(curves[i][0], name) == 0)
			return curves[i][1];
	return NULL;
}

/* The point as octets: 4, x, y, each as long as the field. */
static int push_point(OSSL_PARAM_BLD *build, const json_t *jwk, struct rc_buf *point)
{
	rc_autobuf struct rc_buf x = RC_BUF_INIT(256), y = RC_BUF_INIT(256);

	if (read_bytes(jwk, "x", &x) < 0 || read_bytes(jwk, "y", &y) < 0 || x.n != y.n)
		return -EINVAL;
	rc_buf_putc(point, 4);
	rc_buf_add_str(point, rc_buf_str(&x));
	rc_buf_add_str(point, rc_buf_str(&y));
	return OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point->p,
						point->n) == 1
		       ? 0
		       : -EINVAL;
}

static EVP_PKEY *make_ec(const json_t *jwk, bool is_private)
{
	const char *curve = curve_of(jwk);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	rc_autobuf struct rc_buf point = RC_BUF_INIT(1024);
	BIGNUM *secret = NULL;
	EVP_PKEY *key = NULL;

	if (curve &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
	    push_point(build, jwk, &point) == 0 &&
	    (!is_private || push_number(build, jwk, "d", OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 0))
		key = finish(build, "EC", is_private);
	BN_clear_free(secret);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *make_okp(const json_t *jwk, bool is_private)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(256);
	const char *curve = rc_json_text(jwk, "crv", NULL) ?: "";

	if (strcmp(curve, "Ed25519") != 0 || read_bytes(jwk, is_private ? "d" : "x", &bytes) < 0)
		return NULL;
	return is_private ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
							 (const unsigned char *)bytes.p, bytes.n)
			  : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
							(const unsigned char *)bytes.p, bytes.n);
}

static int give_jwk(struct rc_value_call *call, bool is_private, struct rc_value *ret)
{
	struct rc_str text = call->args[0].text;
	json_auto_t *jwk = json_loadb(text.p ? text.p : "", text.n, 0, NULL);
	const char *type = rc_json_text(jwk, "kty", NULL) ?: "";
	EVP_PKEY *key = strcmp(type, "RSA") == 0  ? make_rsa(jwk, is_private)
			: strcmp(type, "EC") == 0 ? make_ec(jwk, is_private)
						  : make_okp(jwk, is_private);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(TEXT_MAX);
	PKCS8_PRIV_KEY_INFO *info = key && is_private ? EVP_PKEY2PKCS8(key) : NULL;
	unsigned char *der = NULL;
	int n = 0;

	if (key)
		n = is_private ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : i2d_PUBKEY(key, &der);
	if (n > 0)
		rc_secrets_template_pem_write(&out, is_private ? "PRIVATE KEY" : "PUBLIC KEY", der,
					      n);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (n <= 0)
		return fail(call, "it is no JWK that holds a %s key",
			    is_private ? "private" : "public");
	*ret = give(call, &out);
	return 0;
}

static int run_jwk_public(struct rc_value_call *call, struct rc_value *ret)
{
	return give_jwk(call, false, ret);
}

static int run_jwk_private(struct rc_value_call *call, struct rc_value *ret)
{
	return give_jwk(call, true, ret);
}

/* Sprig's: any value, and nothing for what is no JSON. */
static int run_from_json(struct rc_value_call *call, struct rc_value *ret)
{
	if (rc_helm_value_parse_json(call->arena, call->args[0].text, ret, NULL) < 0)
		*ret = rc_value_nil();
	return 0;
}

const struct rc_template_func rc_secrets_template_functions[] = {
	{"fromJson", "s", run_from_json},
	{"toYaml", "a", run_to_yaml},
	{"fromYaml", "s", run_from_yaml},
	{"hexdec", "s", run_hexdec},
	{"htpasswd", "sss", run_htpasswd},
	{"rsaDecrypt", "ssss", run_rsa_decrypt},
	{"jwkPublicKeyPem", "s", run_jwk_public},
	{"jwkPrivateKeyPem", "s", run_jwk_private},
	{NULL, NULL, NULL},
};
