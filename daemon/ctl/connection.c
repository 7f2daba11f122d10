/* Sockets, and TLS over them. */
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

#include "base/memory.h"
#include "ctl/tls.h"

#define CONNECT_MS 10000
#define SILENCE_S  150 /* longer than anything the daemon takes to answer */

struct ctl_connection {
	int fd;
	struct ctl_tls *tls; /* NULL: a Unix socket */
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

/* ---- both ---- */

int ctl_connection_open(const struct ctl_target *target, struct ctl_connection **ret_connection,
			struct rc_error **err)
{
	rc_cleanup(ctl_connection_freep) struct ctl_connection *connection =
		rc_new0(struct ctl_connection);
	int r = 0;

	if (target->socket) {
		connection->fd = dial_socket(target->socket, err);
		r = connection->fd < 0 ? connection->fd : 0;
	} else {
		connection->fd = -1;
		signal(SIGPIPE, SIG_IGN); /* TLS writes, it does not send */
		r = dial_host(target, &connection->fd, err);
		if (r == 0)
			r = ctl_tls_open(target, connection->fd, &connection->tls, err);
	}
	if (r == 0)
		*ret_connection = rc_steal(&connection);
	return r;
}

void ctl_connection_free(struct ctl_connection *connection)
{
	if (!connection)
		return;
	ctl_tls_free(connection->tls);
	if (connection->fd >= 0)
		close(connection->fd);
	free(connection);
}

static ssize_t send_some(struct ctl_connection *connection, struct rc_str bytes)
{
	if (connection->tls)
		return ctl_tls_send(connection->tls, bytes);
	return send(connection->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
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
	if (connection->tls)
		return ctl_tls_receive(connection->tls, to, n);
	return recv(connection->fd, to, n, 0);
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
