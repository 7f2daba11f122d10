/* OpenSSL, loaded when the daemon is asked over TLS: most runs of this program never do. */
#include "ctl/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/late.h"
#include "base/memory.h"

/* The version whose headers these are; it brings libcrypto. */
#define LIBRARY "libssl.so.3"

/* clang-format off */
#define FUNCTIONS(X) \
	X(SSL_CTX_new) X(SSL_CTX_free) X(SSL_CTX_ctrl) X(SSL_CTX_set_verify) \
	X(SSL_CTX_load_verify_file) X(SSL_CTX_set_default_verify_paths) \
	X(SSL_CTX_use_certificate_chain_file) X(SSL_CTX_use_PrivateKey_file) \
	X(SSL_CTX_check_private_key) X(SSL_new) X(SSL_free) X(SSL_ctrl) X(SSL_set_fd) \
	X(SSL_set1_host) X(SSL_get0_param) X(SSL_connect) X(SSL_get_verify_result) \
	X(SSL_read_ex) X(SSL_write_ex) X(SSL_get_error) X(SSL_shutdown) \
	X(TLS_client_method) X(ERR_get_error) X(ERR_clear_error) \
	X(ERR_reason_error_string) X(X509_VERIFY_PARAM_set1_ip_asc) \
	X(X509_verify_cert_error_string)
/* clang-format on */

/* The library's own types, so that the compiler checks each call. */
static struct {
#define X(name) __typeof__(&(name)) name;
	FUNCTIONS(X)
#undef X
} openssl;

/* What macros of its headers call. */
#define SSL_ctrl     openssl.SSL_ctrl
#define SSL_CTX_ctrl openssl.SSL_CTX_ctrl

struct ctl_tls {
	const struct ctl_target *target;
	SSL_CTX *context;
	SSL *ssl;
};

static int load(struct rc_error **err)
{
	static const char *const names[] = {
#define X(name) #name,
		FUNCTIONS(X)
#undef X
	};

	return openssl.SSL_new ? 0
			       : rc_late_load(LIBRARY, names, RC_ARRAY_SIZE(names), &openssl, err);
}

static const char *reason(void)
{
	unsigned long code = openssl.ERR_get_error();
	const char *text = code ? openssl.ERR_reason_error_string(code) : NULL;

	openssl.ERR_clear_error();
	return text ? text : "the connection was closed";
}

static int load_files(SSL_CTX *context, const struct ctl_target *target, struct rc_error **err)
{
	if (target->ca) {
		if (openssl.SSL_CTX_load_verify_file(context, target->ca) != 1)
			return rc_fail(err, -EINVAL, "%s: no certificates in PEM: %s", target->ca,
				       reason());
	} else if (openssl.SSL_CTX_set_default_verify_paths(context) != 1) {
		return rc_fail(err, -EINVAL, "the system's certificate authorities: %s", reason());
	}
	if (!target->certificate)
		return 0;
	if (openssl.SSL_CTX_use_certificate_chain_file(context, target->certificate) != 1)
		return rc_fail(err, -EINVAL, "%s: no certificate in PEM: %s", target->certificate,
			       reason());
	if (openssl.SSL_CTX_use_PrivateKey_file(context, target->key, SSL_FILETYPE_PEM) != 1 ||
	    openssl.SSL_CTX_check_private_key(context) != 1)
		return rc_fail(err, -EINVAL, "%s: not the key of %s: %s", target->key,
			       target->certificate, reason());
	return 0;
}

static bool is_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool set_name(SSL *ssl, const char *name)
{
	if (is_address(name))
		return openssl.X509_VERIFY_PARAM_set1_ip_asc(openssl.SSL_get0_param(ssl), name) ==
		       1;
	return SSL_set_tlsext_host_name(ssl, name) == 1 && openssl.SSL_set1_host(ssl, name) == 1;
}

/* Why the handshake failed, and what to do. */
static int explain(const struct ctl_tls *tls, struct rc_error **err)
{
	const struct ctl_target *target = tls->target;
	long verdict = openssl.SSL_get_verify_result(tls->ssl);

	if (verdict == X509_V_OK)
		return rc_fail(err, -EPROTO, "%s: TLS: %s", target->authority, reason());
	openssl.ERR_clear_error();
	rc_fail(err, -EACCES, "%s: its certificate is not to be trusted: %s", target->authority,
		openssl.X509_verify_cert_error_string(verdict));
	if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
		rc_hint(err,
			"it does not bear the name %s; --tls-server-name NAME if it bears another",
			target->name);
	else if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID)
		rc_hint(err, "renew it, and have the daemon read it: it is api.tls.certificate");
	else
		rc_hint(err,
			"--certificate-authority FILE, or certificateAuthority of the context, "
			"names the one that signed it");
	return -EACCES;
}

int ctl_tls_open(const struct ctl_target *target, int fd, struct ctl_tls **ret_tls,
		 struct rc_error **err)
{
	rc_cleanup(ctl_tls_freep) struct ctl_tls *tls = NULL;
	int r = load(err);

	if (r < 0)
		return r;
	tls = rc_new0(struct ctl_tls);
	tls->target = target;
	tls->context = openssl.SSL_CTX_new(openssl.TLS_client_method());
	if (!tls->context)
		return rc_fail(err, -EIO, "TLS: %s", reason());
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	openssl.SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
	r = load_files(tls->context, target, err);
	if (r < 0)
		return r;
	tls->ssl = openssl.SSL_new(tls->context);
	if (!tls->ssl || openssl.SSL_set_fd(tls->ssl, fd) != 1 || !set_name(tls->ssl, target->name))
		return rc_fail(err, -EIO, "TLS: %s", reason());
	if (openssl.SSL_connect(tls->ssl) != 1)
		return explain(tls, err);
	*ret_tls = rc_steal(&tls);
	return 0;
}

void ctl_tls_free(struct ctl_tls *tls)
{
	if (!tls)
		return;
	if (tls->ssl)
		openssl.SSL_shutdown(tls->ssl);
	openssl.SSL_free(tls->ssl);
	openssl.SSL_CTX_free(tls->context);
	free(tls);
}

ssize_t ctl_tls_send(struct ctl_tls *tls, struct rc_str bytes)
{
	size_t n = 0;

	errno = ECONNRESET;
	return openssl.SSL_write_ex(tls->ssl, bytes.p, bytes.n, &n) == 1 ? (ssize_t)n : -1;
}

ssize_t ctl_tls_receive(struct ctl_tls *tls, void *to, size_t n)
{
	size_t got = 0;

	errno = 0;
	if (openssl.SSL_read_ex(tls->ssl, to, n, &got) == 1)
		return (ssize_t)got;
	/* An end without a good-bye: whether all is there, the answer's length tells. */
	if (openssl.SSL_get_error(tls->ssl, 0) == SSL_ERROR_ZERO_RETURN || errno == 0)
		return 0;
	return -1;
}
