/*
 * sprig's keys and certificates: fresh ones at every render. What they hold and how it is laid out
 * is Go's crypto/x509, since charts count lines and bytes of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "data/base64.h"
#include "data/quote.h"
#include "template/func.h"
#include "template/late-crypto.h"

#define fail(call, ...) rc_fail((call)->err, -EINVAL, __VA_ARGS__)

#define RSA_BITS     2048
#define SERIAL_BITS  128
#define PEM_MAX	     ((size_t)1 << 20)
#define DSA_BITS     2048
#define DSA_Q_BITS   256
#define RSA_KEY_BITS 4096 /* of genPrivateKey */

static void key_free(EVP_PKEY **key)
{
	if (*key)
		EVP_PKEY_free(*key);
}

static void x509_free(X509 **x509)
{
	if (*x509)
		X509_free(*x509);
}

static void bio_free(BIO **bio)
{
	BIO_free(*bio);
}

/* A certificate and its key, both as PEM. */
struct certificate {
	struct rc_str cert, key;
};

static bool certificate_get(const void *object, struct rc_str name, struct rc_arena *arena,
			    struct rc_value *ret)
{
	const struct certificate *certificate = object;

	(void)arena;
	if (!rc_str_is(name, "Cert") && !rc_str_is(name, "Key"))
		return false;
	*ret = rc_value_str(rc_str_is(name, "Cert") ? certificate->cert : certificate->key);
	return true;
}

static void certificate_print(const void *object, struct rc_buf *buf)
{
	const struct certificate *certificate = object;

	rc_buf_putc(buf, '{');
	rc_buf_add_str(buf, certificate->cert);
	rc_buf_putc(buf, ' ');
	rc_buf_add_str(buf, certificate->key);
	rc_buf_putc(buf, '}');
}

static struct rc_value certificate_expand(const void *object, struct rc_arena *arena)
{
	const struct certificate *certificate = object;
	struct rc_value map = rc_value_map_new(arena, RC_VALUE_ANY, 2);

	rc_value_map_set(arena, map.map, RC_STR("Cert"), rc_value_str(certificate->cert));
	rc_value_map_set(arena, map.map, RC_STR("Key"), rc_value_str(certificate->key));
	return map;
}

static const struct rc_value_type certificate_type = {
	.name = "sprig.certificate",
	.get = certificate_get,
	.print = certificate_print,
	.expand = certificate_expand,
};

static struct rc_str bio_text(struct rc_arena *arena, BIO *bio)
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);

	return rc_arena_str(arena, (struct rc_str){bytes, n > 0 ? (size_t)n : 0});
}

/* PKCS#1, SEC 1 or the old form of DSA, as Go's marshallers have them; PKCS#8 for the others. */
static struct rc_str key_text(struct rc_arena *arena, EVP_PKEY *key)
{
	rc_cleanup(bio_free) BIO *bio = BIO_new(BIO_s_mem());

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL);
	return bio_text(arena, bio);
}

static EVP_PKEY *new_dsa_key(void)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL);
	EVP_PKEY *parameters = NULL, *key = NULL;

	if (context && EVP_PKEY_paramgen_init(context) > 0 &&
	    EVP_PKEY_CTX_set_dsa_paramgen_bits(context, DSA_BITS) > 0 &&
	    EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context, DSA_Q_BITS) > 0)
		EVP_PKEY_paramgen(context, &parameters);
	EVP_PKEY_CTX_free(context);
	context = parameters ? EVP_PKEY_CTX_new(parameters, NULL) : NULL;
	if (context && EVP_PKEY_keygen_init(context) > 0)
		EVP_PKEY_keygen(context, &key);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(parameters);
	return key;
}

static int run_private_key(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_str type = call->args[0].text;
	rc_cleanup(key_free) EVP_PKEY *key = NULL;

	if (rc_template_late_crypto_load(call->err) < 0)
		return -EINVAL;
	if (type.n == 0 || rc_str_is(type, "rsa"))
		key = EVP_RSA_gen(RSA_KEY_BITS);
	else if (rc_str_is(type, "dsa"))
		key = new_dsa_key();
	else if (rc_str_is(type, "ecdsa"))
		key = EVP_EC_gen("P-256");
	else if (rc_str_is(type, "ed25519"))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		*ret = rc_value_text(
			rc_arena_printf(call->arena, "Unknown type %.*s", (int)type.n, type.p));
	if (key)
		*ret = rc_value_str(key_text(call->arena, key));
	else if (ret->kind != RC_VALUE_STRING)
		return fail(call, "the key could not be made");
	return 0;
}

/* The key in a PEM text; on failure the message follows what. */
static EVP_PKEY *parse_key(struct rc_value_call *call, struct rc_str text, const char *what)
{
	rc_cleanup(bio_free) BIO *bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	if (!key)
		fail(call, "%s: %s", what,
		     memmem(text.p, text.n, "-----BEGIN ", 11) ? "the PEM data holds no private key"
							       : "no PEM data in input");
	ERR_clear_error();
	return key;
}

static X509 *parse_certificate(struct rc_str text)
{
	rc_cleanup(bio_free) BIO *bio = BIO_new_mem_buf(text.p ? text.p : "", (int)text.n);
	X509 *x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	ERR_clear_error();
	return x509;
}

static bool set_serial(X509 *x509)
{
	BIGNUM *number = BN_new();
	bool ok = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
		  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));

	BN_free(number);
	return ok;
}

/* Go writes a PrintableString where the characters allow it. */
static bool is_printable(struct rc_str text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789 '()+,-./:=?*&";

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '\0' || !strchr(allowed, text.p[i]))
			return false;
	return true;
}

static void set_subject(X509 *x509, struct rc_str name)
{
	X509_NAME *subject = X509_get_subject_name(x509);

	if (name.n > 0)
		X509_NAME_add_entry_by_NID(subject, NID_commonName,
					   is_printable(name) ? V_ASN1_PRINTABLESTRING
							      : V_ASN1_UTF8STRING,
					   (const unsigned char *)name.p, (int)name.n, -1, 0);
}

static bool add_extension(X509 *x509, X509 *issuer, int nid, const char *text)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool ok;

	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
	ok = extension && X509_add_ext(x509, extension, -1);
	X509_EXTENSION_free(extension);
	return ok;
}

static bool add_general_name(GENERAL_NAMES *names, int type, const void *bytes, int n)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	ASN1_STRING_set(string, bytes, n);
	GENERAL_NAME_set0_value(name, type, string);
	return sk_GENERAL_NAME_push(names, name) > 0;
}

static int add_address(struct rc_value_call *call, GENERAL_NAMES *names, struct rc_value ip)
{
	unsigned char bytes[16];
	const char *text;

	if (ip.kind != RC_VALUE_STRING)
		return fail(call, "error parsing ip: %s is not a string",
			    rc_value_format(call->arena, ip).p);
	text = rc_arena_strndup(call->arena, ip.text.p, ip.text.n);
	if (inet_pton(AF_INET, text, bytes) == 1)
		add_general_name(names, GEN_IPADD, bytes, 4);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		add_general_name(names, GEN_IPADD, bytes, 16);
	else
		return fail(call, "error parsing ip: %s", text);
	return 0;
}

/* What X.509 has for names is ASCII; Go looks when all the rest is right. */
static int check_names(struct rc_value_call *call, struct rc_value dns)
{
	rc_autobuf struct rc_buf shown = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (size_t i = 0; dns.kind == RC_VALUE_LIST && i < dns.list->n; i++) {
		struct rc_str name = dns.list->items[i].text;

		for (size_t j = 0; j < name.n; j++) {
			if ((unsigned char)name.p[j] < 0x80)
				continue;
			rc_quote_string(&shown, name, false);
			return fail(call,
				    "error creating certificate: x509: %s cannot be encoded as "
				    "an IA5String",
				    rc_buf_text(&shown));
		}
	}
	return 0;
}

static int collect_names(struct rc_value_call *call, struct rc_value ips, struct rc_value dns,
			 GENERAL_NAMES *names)
{
	size_t n_ips = ips.kind == RC_VALUE_LIST ? ips.list->n : 0;
	size_t n_dns = dns.kind == RC_VALUE_LIST ? dns.list->n : 0;
	int r = 0;

	for (size_t i = 0; i < n_dns; i++) {
		struct rc_value name = dns.list->items[i];

		if (name.kind != RC_VALUE_STRING)
			return fail(call, "error processing alternate dns name: %s is not a string",
				    rc_value_format(call->arena, name).p);
		add_general_name(names, GEN_DNS, name.text.p, (int)name.text.n);
	}
	for (size_t i = 0; i < n_ips && r == 0; i++)
		r = add_address(call, names, ips.list->items[i]);
	return r < 0 ? r : check_names(call, dns);
}

static void names_free(GENERAL_NAMES **names)
{
	GENERAL_NAMES_free(*names);
}

static int add_names(struct rc_value_call *call, X509 *x509, struct rc_value ips,
		     struct rc_value dns)
{
	rc_cleanup(names_free) GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool is_nameless = X509_NAME_entry_count(X509_get_subject_name(x509)) == 0;
	int r = collect_names(call, ips, dns, names);

	if (r == 0 && sk_GENERAL_NAME_num(names) > 0)
		X509_add1_ext_i2d(x509, NID_subject_alt_name, names, is_nameless,
				  X509V3_ADD_DEFAULT);
	return r;
}

/* What a certificate is made of; issuer and issuer_key are NULL when it signs itself. */
struct request {
	struct rc_str name;
	struct rc_value ips, dns;
	int64_t days;
	bool is_ca;
	X509 *issuer;
	EVP_PKEY *key, *issuer_key;
};

static void set_times(X509 *x509, int64_t days)
{
	time_t now = time(NULL);

	X509_time_adj_ex(X509_getm_notBefore(x509), 0, 0, &now);
	X509_time_adj_ex(X509_getm_notAfter(x509), (int)days, 0, &now);
}

static bool add_extensions(const struct request *request, X509 *x509, X509 *issuer)
{
	bool is_other = X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_subject_name(x509));
	const char *usage = request->is_ca ? "critical,digitalSignature,keyEncipherment,keyCertSign"
					   : "critical,digitalSignature,keyEncipherment";
	const char *constraints = request->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE";

	if (!add_extension(x509, issuer, NID_key_usage, usage) ||
	    !add_extension(x509, issuer, NID_ext_key_usage, "serverAuth,clientAuth") ||
	    !add_extension(x509, issuer, NID_basic_constraints, constraints))
		return false;
	if (request->is_ca && !add_extension(x509, issuer, NID_subject_key_identifier, "hash"))
		return false;
	return !is_other || !X509_get0_subject_key_id(issuer) ||
	       add_extension(x509, issuer, NID_authority_key_identifier, "keyid");
}

static int sign(struct rc_value_call *call, const struct request *request, X509 *x509)
{
	X509 *issuer = request->issuer ? request->issuer : x509;
	EVP_PKEY *key = request->issuer_key ? request->issuer_key : request->key;
	const EVP_MD *digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	int r;

	if (!X509_set_issuer_name(x509, X509_get_subject_name(issuer)) ||
	    !add_extensions(request, x509, issuer))
		return fail(call, "error creating certificate");
	r = add_names(call, x509, request->ips, request->dns);
	if (r < 0)
		return r;
	if (X509_sign(x509, key, digest) == 0)
		return fail(call, "error creating certificate");
	return 0;
}

static int give_certificate(struct rc_value_call *call, const struct request *request,
			    struct rc_value *ret)
{
	rc_cleanup(x509_free) X509 *x509 = X509_new();
	rc_cleanup(bio_free) BIO *bio = BIO_new(BIO_s_mem());
	struct certificate *certificate = rc_arena_new0(call->arena, struct certificate);
	int r;

	if (!x509 || !bio || !set_serial(x509) || X509_set_version(x509, X509_VERSION_3) != 1 ||
	    X509_set_pubkey(x509, request->key) != 1)
		return fail(call, "error creating certificate");
	set_times(x509, request->days);
	set_subject(x509, request->name);
	r = sign(call, request, x509);
	if (r < 0)
		return r;
	PEM_write_bio_X509(bio, x509);
	certificate->cert = bio_text(call->arena, bio);
	certificate->key = key_text(call->arena, request->key);
	*ret = rc_value_object(&certificate_type, certificate);
	return 0;
}

/* The key of argument i when there is such an argument, else a new one. */
static EVP_PKEY *key_of(struct rc_value_call *call, size_t i)
{
	EVP_PKEY *key;

	if (rc_template_late_crypto_load(call->err) < 0)
		return NULL;
	if (i < call->n_args)
		return parse_key(call, call->args[i].text, "parsing private key");
	key = EVP_RSA_gen(RSA_BITS);
	if (!key)
		fail(call, "error generating rsa key");
	return key;
}

/* genCA NAME DAYS [KEY] */
static int run_ca(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(key_free) EVP_PKEY *key = key_of(call, 2);
	struct request request = {
		.name = call->args[0].text,
		.days = call->args[1].integer,
		.is_ca = true,
		.key = key,
	};

	return key ? give_certificate(call, &request, ret) : -EINVAL;
}

/* genSelfSignedCert NAME IPS DNS DAYS [KEY] */
static int run_self_signed(struct rc_value_call *call, struct rc_value *ret)
{
	rc_cleanup(key_free) EVP_PKEY *key = key_of(call, 4);
	struct request request = {
		.name = call->args[0].text,
		.ips = call->args[1],
		.dns = call->args[2],
		.days = call->args[3].integer,
		.key = key,
	};

	return key ? give_certificate(call, &request, ret) : -EINVAL;
}

/* genSignedCert NAME IPS DNS DAYS CA [KEY] */
static int run_signed(struct rc_value_call *call, struct rc_value *ret)
{
	struct rc_value ca = call->args[4];
	rc_cleanup(key_free) EVP_PKEY *key = NULL, *issuer_key = NULL;
	rc_cleanup(x509_free) X509 *issuer = NULL;
	const struct certificate *certificate = ca.object;
	struct request request = {
		.name = call->args[0].text,
		.ips = call->args[1],
		.dns = call->args[2],
		.days = call->args[3].integer,
	};

	key = key_of(call, 5);
	if (!key)
		return -EINVAL;
	issuer = parse_certificate(certificate->cert);
	if (!issuer)
		return fail(call, "unable to decode certificate");
	issuer_key = parse_key(call, certificate->key, "error parsing private key");
	if (!issuer_key)
		return -EINVAL;
	request.key = key;
	request.issuer = issuer;
	request.issuer_key = issuer_key;
	return give_certificate(call, &request, ret);
}

/* buildCustomCert CERT KEY: both base64 of PEM. */
static int run_build(struct rc_value_call *call, struct rc_value *ret)
{
	rc_autobuf struct rc_buf cert = RC_BUF_INIT(PEM_MAX), key = RC_BUF_INIT(PEM_MAX);
	rc_cleanup(x509_free) X509 *x509 = NULL;
	rc_cleanup(key_free) EVP_PKEY *parsed = NULL;
	struct certificate *certificate = rc_arena_new0(call->arena, struct certificate);

	if (rc_template_late_crypto_load(call->err) < 0)
		return -EINVAL;
	if (rc_base64_decode(call->args[0].text, &cert) < 0)
		return fail(call, "unable to decode base64 certificate");
	if (rc_base64_decode(call->args[1].text, &key) < 0)
		return fail(call, "unable to decode base64 private key");
	x509 = parse_certificate(rc_buf_str(&cert));
	if (!x509)
		return fail(call, "unable to decode certificate");
	parsed = parse_key(call, rc_buf_str(&key), "error parsing private key");
	if (!parsed)
		return -EINVAL;
	certificate->cert = rc_arena_str(call->arena, rc_buf_str(&cert));
	certificate->key = rc_arena_str(call->arena, rc_buf_str(&key));
	*ret = rc_value_object(&certificate_type, certificate);
	return 0;
}

const struct rc_template_func rc_template_func_certificate[] = {
	{"genPrivateKey", "s", run_private_key},
	{"genCA", "si", run_ca},
	{"genCAWithKey", "sis", run_ca},
	{"genSelfSignedCert", "sLLi", run_self_signed},
	{"genSelfSignedCertWithKey", "sLLis", run_self_signed},
	{"genSignedCert", "sLLic", run_signed},
	{"genSignedCertWithKey", "sLLics", run_signed},
	{"buildCustomCert", "ss", run_build},
	{NULL, NULL, NULL},
};
