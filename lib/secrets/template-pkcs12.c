/* PKCS#12 in and out, as External Secrets' templates have it. */
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "base/buf.h"
#include "data/base64.h"
#include "secrets/template-pem-private.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

#define PEM_MAX	   ((size_t)1 << 20)
#define ITERATIONS 2048
/* What makes a certificate trusted in a Java key store: any purpose. */
#define JAVA_TRUSTED "2.16.840.1.113894.746875.1.1"
#define ANY_PURPOSE  "2.5.29.37.0"

static struct rc_value give(struct rc_value_call *call, const struct rc_buf *buf)
{
	return rc_value_str(rc_arena_str(call->arena, rc_buf_str(buf)));
}

/* ---- in ---- */

/* Old stores are encrypted by RC2, which OpenSSL has set aside: it is taken out for this alone. */
static int parse_old(PKCS12 *store, const char *password, EVP_PKEY **ret_key,
		     X509 **ret_certificate, STACK_OF(X509) * *ret_others)
{
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_try_load(NULL, "legacy", 1);
	int r = legacy ? PKCS12_parse(store, password, ret_key, ret_certificate, ret_others) : 0;

	if (legacy)
		OSSL_PROVIDER_unload(legacy);
	return r;
}

/* 0, or why not. *ret_key, *ret_certificate and *ret_others are the caller's. */
static const char *parse(struct rc_str bytes, const char *password, EVP_PKEY **ret_key,
			 X509 **ret_certificate, STACK_OF(X509) * *ret_others)
{
	const unsigned char *at = (const unsigned char *)(bytes.p ? bytes.p : "");
	PKCS12 *store = d2i_PKCS12(NULL, &at, (long)bytes.n);
	int r = store ? PKCS12_parse(store, password, ret_key, ret_certificate, ret_others) : 0;

	if (store && r != 1)
		r = parse_old(store, password, ret_key, ret_certificate, ret_others);
	PKCS12_free(store);
	ERR_clear_error();
	if (r == 1)
		return NULL;
	return store ? "it does not open with this password" : "it is no PKCS#12";
}

static int give_key(struct rc_value_call *call, const char *password, struct rc_str bytes,
		    struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(PEM_MAX);
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	STACK_OF(X509) *others = NULL;
	const char *why = parse(bytes, password, &key, &certificate, &others);
	PKCS8_PRIV_KEY_INFO *info = key ? EVP_PKEY2PKCS8(key) : NULL;
	unsigned char *der = NULL;
	int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;

	if (n > 0)
		rc_secrets_template_pem_write(&out, "PRIVATE KEY", der, n);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	X509_free(certificate);
	sk_X509_pop_free(others, X509_free);
	if (why || n <= 0)
		return fail(call, "unable to decode pkcs12: %s", why ?: "it holds no key");
	*ret = give(call, &out);
	return 0;
}

/* Leaf first; as they are when they make no chain. */
static void write_chain(struct rc_buf *out, X509 *certificate, STACK_OF(X509) * others)
{
	STACK_OF(X509) *all = sk_X509_new_null(), *chain = NULL, *list;

	sk_X509_push(all, certificate);
	for (int i = 0; i < sk_X509_num(others); i++)
		sk_X509_push(all, sk_X509_value(others, i));
	list = rc_secrets_template_pem_order(all, &chain) ? all : chain;
	for (int i = 0; i < sk_X509_num(list); i++)
		rc_secrets_template_pem_write_certificate(out, sk_X509_value(list, i));
	sk_X509_free(chain);
	sk_X509_free(all);
}

static int give_certificates(struct rc_value_call *call, const char *password, struct rc_str bytes,
			     struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(PEM_MAX);
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	STACK_OF(X509) *others = NULL;
	const char *why = parse(bytes, password, &key, &certificate, &others);

	if (certificate)
		write_chain(&out, certificate, others);
	EVP_PKEY_free(key);
	X509_free(certificate);
	sk_X509_pop_free(others, X509_free);
	if (why || out.n == 0)
		return fail(call, "unable to decode pkcs12: %s", why ?: "it holds no certificate");
	*ret = give(call, &out);
	return 0;
}

static const char *text_of(struct rc_value_call *call, size_t i)
{
	return rc_arena_str(call->arena, call->args[i].text).p;
}

static int run_key(struct rc_value_call *call, struct rc_value *ret)
{
	return give_key(call, "", call->args[0].text, ret);
}

static int run_key_pass(struct rc_value_call *call, struct rc_value *ret)
{
	return give_key(call, text_of(call, 0), call->args[1].text, ret);
}

static int run_cert(struct rc_value_call *call, struct rc_value *ret)
{
	return give_certificates(call, "", call->args[0].text, ret);
}

static int run_cert_pass(struct rc_value_call *call, struct rc_value *ret)
{
	return give_certificates(call, text_of(call, 0), call->args[1].text, ret);
}

/* ---- out ---- */

static int give_store(struct rc_value_call *call, PKCS12 *store, struct rc_value *ret)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(PEM_MAX);
	unsigned char *der = NULL;
	int n = store ? i2d_PKCS12(store, &der) : 0;

	if (n > 0)
		rc_base64_encode((struct rc_str){(const char *)der, (size_t)n}, &out);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	PKCS12_free(store);
	ERR_clear_error();
	if (n <= 0)
		return fail(call, "the key does not fit the certificate");
	*ret = give(call, &out);
	return 0;
}

static int make_store(struct rc_value_call *call, bool is_full, const char *password,
		      struct rc_value *ret)
{
	STACK_OF(X509) *list = rc_secrets_template_pem_read(call->args[0].text);
	struct rc_str text = call->args[1].text;
	BIO *bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	X509 *first = sk_X509_num(list) > 0 ? sk_X509_shift(list) : NULL;
	PKCS12 *store = NULL;
	int r;

	BIO_free(bio);
	if (first && key)
		store = PKCS12_create_ex(password, NULL, key, first, is_full ? list : NULL,
					 NID_aes_256_cbc, NID_aes_256_cbc, ITERATIONS, ITERATIONS,
					 0, NULL, NULL);
	if (!first || !key) {
		ERR_clear_error();
		r = fail(call, "%s", first ? "the key is none" : "the certificate is none");
	} else {
		r = give_store(call, store, ret);
	}
	EVP_PKEY_free(key);
	X509_free(first);
	sk_X509_pop_free(list, X509_free);
	return r;
}

static int run_pem(struct rc_value_call *call, struct rc_value *ret)
{
	return make_store(call, false, "", ret);
}

static int run_pem_pass(struct rc_value_call *call, struct rc_value *ret)
{
	return make_store(call, false, text_of(call, 2), ret);
}

static int run_full(struct rc_value_call *call, struct rc_value *ret)
{
	return make_store(call, true, "", ret);
}

static int run_full_pass(struct rc_value_call *call, struct rc_value *ret)
{
	return make_store(call, true, text_of(call, 2), ret);
}

/* ---- trust stores ---- */

static PKCS12_SAFEBAG *add_trusted(STACK_OF(PKCS12_SAFEBAG) * *bags, X509 *certificate)
{
	PKCS12_SAFEBAG *bag = PKCS12_add_cert(bags, certificate);
	ASN1_OBJECT *purpose = OBJ_txt2obj(ANY_PURPOSE, 1), *trusted = OBJ_txt2obj(JAVA_TRUSTED, 1);
	X509_ATTRIBUTE *attribute =
		X509_ATTRIBUTE_create_by_OBJ(NULL, trusted, V_ASN1_OBJECT, purpose, -1);
	STACK_OF(X509_ATTRIBUTE) *attributes =
		bag ? (STACK_OF(X509_ATTRIBUTE) *)(uintptr_t)PKCS12_SAFEBAG_get0_attrs(bag) : NULL;
	char name[256];

	X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof(name));
	if (bag && PKCS12_add_friendlyname_utf8(bag, name, -1) == 1)
		attributes = (STACK_OF(X509_ATTRIBUTE) *)(uintptr_t)PKCS12_SAFEBAG_get0_attrs(bag);
	if (attribute && attributes)
		X509at_add1_attr(&attributes, attribute);
	X509_ATTRIBUTE_free(attribute);
	ASN1_OBJECT_free(trusted);
	ASN1_OBJECT_free(purpose);
	return bag;
}

static int make_trust_store(struct rc_value_call *call, const char *password, struct rc_value *ret)
{
	STACK_OF(X509) *list = rc_secrets_template_pem_read(call->args[0].text);
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	STACK_OF(PKCS7) *safes = NULL;
	PKCS12 *store = NULL;

	if (sk_X509_num(list) <= 0) {
		sk_X509_free(list);
		return fail(call, "there is no certificate");
	}
	for (int i = 0; i < sk_X509_num(list); i++)
		add_trusted(&bags, sk_X509_value(list, i));
	if (bags && PKCS12_add_safe(&safes, bags, NID_aes_256_cbc, ITERATIONS, password) == 1)
		store = PKCS12_add_safes(safes, 0);
	if (store)
		PKCS12_set_mac(store, password, -1, NULL, 0, ITERATIONS, EVP_sha256());
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	sk_X509_pop_free(list, X509_free);
	return give_store(call, store, ret);
}

static int run_trust(struct rc_value_call *call, struct rc_value *ret)
{
	return make_trust_store(call, "", ret);
}

static int run_trust_pass(struct rc_value_call *call, struct rc_value *ret)
{
	return make_trust_store(call, text_of(call, 1), ret);
}

const struct rc_template_func rc_secrets_template_pkcs12_functions[] = {
	{"pkcs12key", "s", run_key},
	{"pkcs12keyPass", "ss", run_key_pass},
	{"pkcs12cert", "s", run_cert},
	{"pkcs12certPass", "ss", run_cert_pass},
	{"pemToPkcs12", "ss", run_pem},
	{"pemToPkcs12Pass", "sss", run_pem_pass},
	{"fullPemToPkcs12", "ss", run_full},
	{"fullPemToPkcs12Pass", "sss", run_full_pass},
	{"pemTruststoreToPKCS12", "s", run_trust},
	{"pemTruststoreToPKCS12Pass", "ss", run_trust_pass},
	{NULL, NULL, NULL},
};
