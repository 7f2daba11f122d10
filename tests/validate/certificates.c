/* Certificates by libcrypto. */
#include "certificates.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

#define DAY_S 86400L

static char *take(BIO *bio)
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);
	char *text = rc_strndup(bytes, (size_t)n);

	BIO_free(bio);
	return text;
}

static BIO *open_text(const char *text)
{
	return BIO_new_mem_buf(text, (int)strlen(text));
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
}

struct certificate certificate_make(const struct certificate *authority, const char *name, int days)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *signer = key;
	X509 *x509 = X509_new(), *issuer = x509;
	BIO *pem = BIO_new(BIO_s_mem()), *key_pem = BIO_new(BIO_s_mem());
	static long serial;
	X509_NAME *subject;

	if (authority) {
		BIO *in = open_text(authority->pem), *key_in = open_text(authority->key_pem);

		issuer = PEM_read_bio_X509(in, NULL, NULL, NULL);
		signer = PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL);
		BIO_free(in);
		BIO_free(key_in);
	}
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(x509), -DAY_S * 30);
	X509_gmtime_adj(X509_getm_notAfter(x509), DAY_S * days + 3600);
	X509_set_pubkey(x509, key);
	subject = X509_get_subject_name(x509);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(x509, X509_get_subject_name(issuer));
	if (authority)
		add_extension(x509, issuer, NID_subject_alt_name, name);
	else
		add_extension(x509, issuer, NID_basic_constraints, "critical,CA:TRUE");
	X509_sign(x509, signer, EVP_sha256());
	PEM_write_bio_X509(pem, x509);
	PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL);
	if (authority) {
		X509_free(issuer);
		EVP_PKEY_free(signer);
	}
	X509_free(x509);
	EVP_PKEY_free(key);
	return (struct certificate){take(pem), take(key_pem)};
}

void certificate_done(struct certificate *certificate)
{
	free(certificate->pem);
	free(certificate->key_pem);
}
