/* GnuTLS, which libmicrohttpd speaks TLS with, about the client's certificate. */
#include "net/http-peer.h"

#include <netdb.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define NAME_MAX_BYTES 256

char *rc_net_http_peer_name(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;
	char name[64];
	socklen_t n = address && address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
								: sizeof(struct sockaddr_in);

	if (!address || (address->sa_family != AF_INET && address->sa_family != AF_INET6) ||
	    getnameinfo(address, n, name, sizeof(name), NULL, 0, NI_NUMERICHOST) != 0)
		return rc_strdup("a local user");
	return rc_strdup(name);
}

static bool is_trusted(gnutls_session_t session)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	unsigned int problems = 0;

	return gnutls_certificate_verify_peers(session, &purpose, 1, &problems) == 0 &&
	       problems == 0;
}

static char *name_subject(const gnutls_datum_t *der)
{
	char name[NAME_MAX_BYTES];
	size_t n = sizeof(name);
	gnutls_x509_crt_t certificate;
	int r;

	if (gnutls_x509_crt_init(&certificate) < 0)
		return NULL;
	r = gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER);
	if (r == 0)
		r = gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0,
						  name, &n);
	gnutls_x509_crt_deinit(certificate);
	/* A name with a NUL in it would be read as another one. */
	return r == 0 && n > 0 && n < sizeof(name) && strlen(name) == n ? rc_strdup(name) : NULL;
}

char *rc_net_http_peer_name_certificate(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	gnutls_session_t session = info ? info->tls_session : NULL;
	const gnutls_datum_t *chain;
	unsigned int n = 0;

	if (!session || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
		return NULL;
	chain = gnutls_certificate_get_peers(session, &n);
	return chain && n > 0 && is_trusted(session) ? name_subject(&chain[0]) : NULL;
}
