/* Sockets, and OpenSSL over them. */
#include "ctl/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/memory.h"

#define CONNECT_MS 10000
#define SILENCE_S  150 /* longer than anything the daemon takes to answer */

struct ctl_connection {
	const struct ctl_target *target;
	int fd;
	SSL_CTX *context;
	SSL *tls; /* NULL: a Unix socket */
};

/* ---- sockets ---- */

static int dial_socket(const char *path, struct rc_error **err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	rc_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return rc_fail(err, -errno, "socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return rc_fail(err, -EINVAL, "%s: longer than a socket's path can be", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return rc_steal_fd(&fd);
	r = errno == ENOENT ? -ECONNREFUSED : -errno;
	rc_fail(err, r, "asking the daemon at %s: %s", path, strerror(errno));
	if (errno == EACCES)
		rc_hint(err, "join the group 'reconciled', or run this as root");
	else
		rc_hint(err, "is it running? systemctl status reconciled");
	return r;
}

/* 0, or what connect() would have said. */
static int wait_connected(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	socklen_t n = sizeof(int);
	int problem = 0, ready;

	do {
		ready = poll(&poll_fd, 1, CONNECT_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		return -ETIMEDOUT;
	if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &n) < 0)
		return -errno;
	return -problem;
}

static int dial_address(const struct addrinfo *address, int *ret_fd)
{
	const struct timeval silence = {.tv_sec = SILENCE_S};
	rc_autoclose int fd =
		socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
		r = errno == EINPROGRESS ? wait_connected(fd) : -errno;
	if (r < 0)
		return r;
	if (fcntl(fd, F_SETFL, 0) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence)) < 0)
		return -errno;
	*ret_fd = rc_steal_fd(&fd);
	return 0;
}

static int dial_host(const struct ctl_target *target, int *ret_fd, struct rc_error **err)
{
	const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *addresses;
	int r = getaddrinfo(target->host, target->port, &wanted, &addresses);

	if (r != 0)
		return rc_fail(err, -ECONNREFUSED, "asking the daemon at %s: %s", target->authority,
			       gai_strerror(r));
	for (const struct addrinfo *one = addresses; one; one = one->ai_next) {
		r = dial_address(one, ret_fd);
		if (r == 0)
			break;
	}
	freeaddrinfo(addresses);
	if (r == 0)
		return 0;
	rc_fail(err, r == -ETIMEDOUT ? r : -ECONNREFUSED, "asking the daemon at %s: %s",
		target->authority, strerror(-r));
	rc_hint(err, "api.tls.listen of its configuration says where it is reached over TLS");
	return r;
}

/* ---- TLS ---- */

static const char *tls_reason(void)
{
	unsigned long code = ERR_get_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return reason ? reason : "the connection was closed";
}

static int load_files(SSL_CTX *context, const struct ctl_target *target, struct rc_error **err)
{
	if (target->ca) {
		if (SSL_CTX_load_verify_file(context, target->ca) != 1)
			return rc_fail(err, -EINVAL, "%s: no certificates in PEM: %s", target->ca,
				       tls_reason());
	} else if (SSL_CTX_set_default_verify_paths(context) != 1) {
		return rc_fail(err, -EINVAL, "the system's certificate authorities: %s",
			       tls_reason());
	}
	if (!target->certificate)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(context, target->certificate) != 1)
		return rc_fail(err, -EINVAL, "%s: no certificate in PEM: %s", target->certificate,
			       tls_reason());
	if (SSL_CTX_use_PrivateKey_file(context, target->key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(context) != 1)
		return rc_fail(err, -EINVAL, "%s: not the key of %s: %s", target->key,
			       target->certificate, tls_reason());
	return 0;
}

static bool is_address(const char *name)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool set_name(SSL *tls, const char *name)
{
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), name) == 1;
	return SSL_set_tlsext_host_name(tls, name) == 1 && SSL_set1_host(tls, name) == 1;
}

/* Why the handshake failed, and what to do. */
static int explain(const struct ctl_connection *connection, struct rc_error **err)
{
	const struct ctl_target *target = connection->target;
	long verdict = SSL_get_verify_result(connection->tls);

	if (verdict == X509_V_OK)
		return rc_fail(err, -EPROTO, "%s: TLS: %s", target->authority, tls_reason());
	ERR_clear_error();
	rc_fail(err, -EACCES, "%s: its certificate is not to be trusted: %s", target->authority,
		X509_verify_cert_error_string(verdict));
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

static int begin_tls(struct ctl_connection *connection, struct rc_error **err)
{
	int r;

	connection->context = SSL_CTX_new(TLS_client_method());
	if (!connection->context)
		return rc_fail(err, -EIO, "TLS: %s", tls_reason());
	SSL_CTX_set_min_proto_version(connection->context, TLS1_2_VERSION);
	SSL_CTX_set_verify(connection->context, SSL_VERIFY_PEER, NULL);
	r = load_files(connection->context, connection->target, err);
	if (r < 0)
		return r;
	connection->tls = SSL_new(connection->context);
	if (!connection->tls || SSL_set_fd(connection->tls, connection->fd) != 1 ||
	    !set_name(connection->tls, connection->target->name))
		return rc_fail(err, -EIO, "TLS: %s", tls_reason());
	return SSL_connect(connection->tls) == 1 ? 0 : explain(connection, err);
}

/* ---- both ---- */

int ctl_connection_open(const struct ctl_target *target, struct ctl_connection **ret_connection,
			struct rc_error **err)
{
	rc_cleanup(ctl_connection_freep) struct ctl_connection *connection =
		rc_new0(struct ctl_connection);
	int r = 0;

	connection->target = target;
	if (target->socket) {
		connection->fd = dial_socket(target->socket, err);
		r = connection->fd < 0 ? connection->fd : 0;
	} else {
		connection->fd = -1;
		signal(SIGPIPE, SIG_IGN); /* OpenSSL writes, it does not send */
		r = dial_host(target, &connection->fd, err);
		if (r == 0)
			r = begin_tls(connection, err);
	}
	if (r == 0)
		*ret_connection = rc_steal(&connection);
	return r;
}

void ctl_connection_free(struct ctl_connection *connection)
{
	if (!connection)
		return;
	if (connection->tls)
		SSL_shutdown(connection->tls);
	SSL_free(connection->tls);
	SSL_CTX_free(connection->context);
	if (connection->fd >= 0)
		close(connection->fd);
	free(connection);
}

static ssize_t send_some(struct ctl_connection *connection, struct rc_str bytes)
{
	size_t n = 0;

	if (!connection->tls)
		return send(connection->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
	errno = ECONNRESET;
	return SSL_write_ex(connection->tls, bytes.p, bytes.n, &n) == 1 ? (ssize_t)n : -1;
}

int ctl_connection_send(struct ctl_connection *connection, struct rc_str bytes,
			struct rc_error **err)
{
	while (bytes.n > 0) {
		ssize_t n = send_some(connection, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rc_fail(err, -errno, "asking the daemon: %s", strerror(errno));
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return 0;
}

static ssize_t receive_some(struct ctl_connection *connection, void *to, size_t n)
{
	size_t got = 0;

	if (!connection->tls)
		return recv(connection->fd, to, n, 0);
	errno = 0;
	if (SSL_read_ex(connection->tls, to, n, &got) == 1)
		return (ssize_t)got;
	/* An end without a good-bye: whether all is there, the answer's length tells. */
	if (SSL_get_error(connection->tls, 0) == SSL_ERROR_ZERO_RETURN || errno == 0)
		return 0;
	return -1;
}

ssize_t ctl_connection_receive(struct ctl_connection *connection, void *to, size_t n,
			       struct rc_error **err)
{
	for (;;) {
		ssize_t got = receive_some(connection, to, n);

		if (got >= 0)
			return got;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return rc_fail(err, -ETIMEDOUT, "the daemon has not answered for %d s",
				       SILENCE_S);
		return rc_fail(err, -errno, "reading the daemon's answer: %s", strerror(errno));
	}
}
