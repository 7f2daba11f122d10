/* PEM blocks and chains of certificates, as External Secrets filters them. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/memory.h"
#include "secrets/template-pem-private.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

#define PEM_MAX ((size_t)1 << 20)

static const char begin_mark[] = "-----BEGIN";

struct rc_str rc_secrets_template_pem_trim(struct rc_str text)
{
	const char *at = memmem(text.p ? text.p : "", text.n, begin_mark, sizeof(begin_mark) - 1);

	return at ? (struct rc_str){at, text.n - (size_t)(at - text.p)} : text;
}

/* Append what OpenSSL wrote. */
static void add_bio(struct rc_buf *out, BIO *bio)
{
	char *bytes = NULL;
	long n = BIO_get_mem_data(bio, &bytes);

	if (n > 0)
		rc_buf_add(out, bytes, (size_t)n);
}

void rc_secrets_template_pem_write(struct rc_buf *out, const char *type, const unsigned char *der,
				   long n)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio(bio, type, "", der, n);
	add_bio(out, bio);
	BIO_free(bio);
}

void rc_secrets_template_pem_write_certificate(struct rc_buf *out, X509 *certificate)
{
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);

	if (n > 0)
		rc_secrets_template_pem_write(out, "CERTIFICATE", der, n);
	OPENSSL_free(der);
}

static int run_filter_pem(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autofree char *type = rc_str_dup(call->args[0].text);
	struct rc_str text = rc_secrets_template_pem_trim(call->args[1].text);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(PEM_MAX);
	BIO *bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	size_t rest = text.n; /* behind the last block */
	long n;

	while (PEM_read_bio(bio, &name, &header, &der, &n) == 1) {
		rest = BIO_ctrl_pending(bio);
		if (strcasecmp(name, type) == 0)
			rc_secrets_template_pem_write(&out, name, der, n);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)n);
	}
	ERR_clear_error();
	BIO_free(bio);
	/* A block that is not at the start of a line is none. */
	if (out.n == 0 && rest > 0)
		return fail(call, "error filtering pem: found junk");
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 0;
}

/* ---- chains ---- */

static STACK_OF(X509) * read_certificates(struct rc_str text)
{
	BIO *bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
	STACK_OF(X509) *list = sk_X509_new_null();
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	bool is_good = true;
	long n;

	while (is_good && PEM_read_bio(bio, &name, &header, &der, &n) == 1) {
		const unsigned char *at = der;
		X509 *certificate = d2i_X509(NULL, &at, n);

		is_good = certificate && sk_X509_push(list, certificate) > 0;
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	ERR_clear_error();
	BIO_free(bio);
	if (is_good)
		return list;
	sk_X509_pop_free(list, X509_free);
	return NULL;
}

STACK_OF(X509) * rc_secrets_template_pem_read(struct rc_str text)
{
	return read_certificates(text);
}

static bool is_same_id(const ASN1_OCTET_STRING *a, const ASN1_OCTET_STRING *b)
{
	if (!a || !b)
		return !a && !b;
	return ASN1_OCTET_STRING_cmp(a, b) == 0;
}

static bool is_root(X509 *certificate)
{
	const ASN1_OCTET_STRING *authority = X509_get0_authority_key_id(certificate);

	return !authority || is_same_id(authority, X509_get0_subject_key_id(certificate));
}

/* The parent of each is who has the key id that it names; no signature is looked at. */
static void find_parents(STACK_OF(X509) * list, int *parents, bool *is_parent)
{
	int n = sk_X509_num(list);

	for (int i = 0; i < n; i++) {
		parents[i] = -1;
		for (int j = 0; j < n && parents[i] < 0; j++)
			if (i != j && is_same_id(X509_get0_authority_key_id(sk_X509_value(list, i)),
						 X509_get0_subject_key_id(sk_X509_value(list, j))))
				parents[i] = j;
		if (parents[i] >= 0)
			is_parent[parents[i]] = true;
	}
}

const char *rc_secrets_template_pem_order(STACK_OF(X509) * list, STACK_OF(X509) * *ret_chain)
{
	int n = sk_X509_num(list), leaf = -1, steps = 0;
	rc_autofree int *parents = rc_calloc((size_t)n + 1, sizeof(*parents));
	rc_autofree bool *is_parent = rc_calloc((size_t)n + 1, sizeof(*is_parent));
	STACK_OF(X509) * chain;

	find_parents(list, parents, is_parent);
	for (int i = 0; i < n; i++) {
		if (is_parent[i])
			continue;
		if (leaf >= 0)
			return "certificate chain is not valid: found multiple leaf or disjunct "
			       "certificates";
		leaf = i;
	}
	if (leaf < 0)
		return "certificate chain is not valid: no leaf certificate found";
	chain = sk_X509_new_null();
	for (; leaf >= 0; leaf = parents[leaf]) {
		if (++steps > n) {
			sk_X509_free(chain);
			return "certificate chain is not valid: it goes in circles";
		}
		sk_X509_push(chain, sk_X509_value(list, leaf));
	}
	*ret_chain = chain;
	return NULL;
}

static void filter_chain(STACK_OF(X509) * chain, struct rc_str type, struct rc_buf *out)
{
	int n = sk_X509_num(chain);
	X509 *first = sk_X509_value(chain, 0), *last = sk_X509_value(chain, n - 1);

	if (rc_str_is(type, "leaf")) {
		if (!is_root(first))
			rc_secrets_template_pem_write_certificate(out, first);
	} else if (rc_str_is(type, "intermediate")) {
		for (int i = 1; i < n && !is_root(sk_X509_value(chain, i)); i++)
			rc_secrets_template_pem_write_certificate(out, sk_X509_value(chain, i));
	} else if (rc_str_is(type, "root") && is_root(last)) {
		rc_secrets_template_pem_write_certificate(out, last);
	}
}

static int run_filter_chain(struct rc_value_call *call, struct rc_value *ret)
{
	STACK_OF(X509) *list = read_certificates(call->args[1].text), *chain = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(PEM_MAX);
	const char *why =
		list ? rc_secrets_template_pem_order(list, &chain) : "a block holds no certificate";

	if (chain)
		filter_chain(chain, call->args[0].text, &out);
	sk_X509_free(chain);
	sk_X509_pop_free(list, X509_free);
	if (why)
		return fail(call, "%s", why);
	*ret = rc_value_str(rc_arena_str(call->arena, rc_buf_str(&out)));
	return 0;
}

/* ---- names ---- */

static void add_name(struct rc_value_call *call, struct rc_value list, const void *bytes, int n)
{
	struct rc_str text = {bytes, n > 0 ? (size_t)n : 0};

	rc_value_list_add(call->arena, list, rc_value_str(rc_arena_str(call->arena, text)));
}

static void add_address(struct rc_value_call *call, struct rc_value list,
			const ASN1_OCTET_STRING *address)
{
	char text[INET6_ADDRSTRLEN] = "";
	int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;

	if (inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof(text)))
		add_name(call, list, text, (int)strlen(text));
}

/* In the order DNS, IP, email, URI. */
static void add_names(struct rc_value_call *call, struct rc_value list, const GENERAL_NAMES *names)
{
	static const int types[] = {GEN_DNS, GEN_IPADD, GEN_EMAIL, GEN_URI};

	for (size_t t = 0; t < RC_ARRAY_SIZE(types); t++)
		for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
			const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

			if (name->type != types[t])
				continue;
			if (name->type == GEN_IPADD)
				add_address(call, list, name->d.iPAddress);
			else
				add_name(call, list, ASN1_STRING_get0_data(name->d.ia5),
					 ASN1_STRING_length(name->d.ia5));
		}
}

static int run_sans(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str text = rc_secrets_template_pem_trim(call->args[0].text);
	BIO *bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	GENERAL_NAMES *names;

	ERR_clear_error();
	BIO_free(bio);
	if (!certificate)
		return fail(call, "failed to decode PEM block");
	*ret = rc_value_list_new(call->arena, RC_VALUE_STRINGS, 0);
	names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	add_names(call, *ret, names);
	GENERAL_NAMES_free(names);
	X509_free(certificate);
	return 0;
}

const struct rc_template_func rc_secrets_template_pem_functions[] = {
	{"filterPEM", "ss", run_filter_pem},
	{"filterCertChain", "ss", run_filter_chain},
	{"certSANs", "s", run_sans},
	{NULL, NULL, NULL},
};
