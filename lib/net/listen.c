/* Unix and TCP sockets. */
#include "net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"

#define BACKLOG 128

int rc_net_listen_unix(const char *path, mode_t mode, struct rc_error **err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	rc_autoclose int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return rc_fail(err, -errno, "socket: %s", strerror(errno));
	if (strlen(path) >= sizeof(address.sun_path))
		return rc_fail(err, -EINVAL, "%s: longer than a socket's path can be", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* A socket that a killed predecessor left; that nobody else listens is our lock's matter.
	 */
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, mode ? mode : 0600) < 0 || listen(fd, BACKLOG) < 0)
		return rc_fail(err, -errno, "listening on %s: %s", path, strerror(errno));
	return rc_steal_fd(&fd);
}

static int bind_one(const struct addrinfo *info)
{
	rc_autoclose int fd =
		socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0)
		return -errno;
	return rc_steal_fd(&fd);
}

int rc_net_listen_tcp(const char *text, struct rc_error **err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
	rc_autofree char *host = rc_strdup(text);
	char *colon = strrchr(host, ':'), *name = host;
	int r;

	if (!colon)
		return rc_fail(err, -EINVAL, "%s: not an address with a port, as 127.0.0.1:8443",
			       text);
	*colon = '\0';
	if (*name == '[' && colon > name + 1 && colon[-1] == ']') {
		colon[-1] = '\0';
		name++;
	}
	r = getaddrinfo(*name ? name : NULL, colon + 1, &hints, &found);
	if (r != 0)
		return rc_fail(err, -EINVAL, "%s: %s", text, gai_strerror(r));
	r = bind_one(found);
	freeaddrinfo(found);
	if (r < 0)
		return rc_fail(err, r, "listening on %s: %s", text, strerror(-r));
	return r;
}

unsigned int rc_net_listen_get_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t n = sizeof(address);
	char port[8];

	if (getsockname(fd, (struct sockaddr *)&address, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&address, n, NULL, 0, port, sizeof(port),
			NI_NUMERICSERV) != 0)
		return 0;
	return (unsigned int)strtoul(port, NULL, 10);
}
