/* Passed sockets. */
#include "base/passed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <systemd/sd-daemon.h>

#include "base/memory.h"

#define PASSED_MAX 8

static struct {
	const char *name;
	int fd;
} passed[PASSED_MAX];

static const char *find(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return *names;
	return NULL;
}

static int take_one(size_t i, const char *const *names, const char *name, struct rc_error **err)
{
	int fd = SD_LISTEN_FDS_START + (int)i;

	if (i >= PASSED_MAX)
		return rc_fail(err, -EINVAL, "more than %d sockets are passed", PASSED_MAX);
	passed[i].name = find(names, name);
	passed[i].fd = fd;
	if (!passed[i].name) {
		rc_fail(err, -EINVAL, "a socket '%s' is passed, and nothing here is called so",
			name);
		rc_hint(err, "say FileDescriptorName=control, metrics or tls in the socket unit");
		return -EINVAL;
	}
	if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
		return rc_fail(err, -EINVAL, "the socket '%s' that is passed listens to no stream",
			       name);
	/* The manager may have made it blocking; an accept must never wait. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return 0;
}

int rc_passed_init(const char *const *names, struct rc_error **err)
{
	char **given = NULL;
	int n = sd_listen_fds_with_names(1, &given), r = 0;

	if (n < 0)
		return rc_fail(err, n, "LISTEN_FDS: %s", strerror(-n));
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = take_one((size_t)i, names, given[i], err);
		free(given[i]);
	}
	free(given);
	return r;
}

int rc_passed_take(const char *name)
{
	for (size_t i = 0; i < PASSED_MAX; i++)
		if (passed[i].name && strcmp(passed[i].name, name) == 0) {
			passed[i].name = NULL;
			return passed[i].fd;
		}
	return -1;
}
