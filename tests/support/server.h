/* Starting a stand-in server that says where it listens, and telling it how to behave. */
#pragma once

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/spawn.h"
#include "support/check.h"

/* Start argv, which ends with NULL and dies with us; returns its port on the loopback. */
static inline unsigned int rc_server_start(const char *const *argv, pid_t *ret_pid)
{
	struct rc_spawn_options options = {.argv = argv, .die_with_parent = true};
	struct rc_error *err = NULL;
	const char *colon;
	char text[256] = "";
	int out[2], pidfd;
	size_t n = 0;

	ck_assert_int_eq(pipe(out), 0);
	options.fds[0] = options.fds[3] = -1;
	options.fds[1] = out[1];
	options.fds[2] = 2;
	rc_check_ok(rc_spawn(&options, ret_pid, &pidfd, &err), err);
	close(pidfd);
	close(out[1]);
	while (!(colon = strstr(text, "127.0.0.1:")) || !strchr(colon, '\n')) {
		ssize_t got = read(out[0], text + n, sizeof(text) - 1 - n);

		ck_assert_msg(got > 0, "%s does not start: %s", argv[0], text);
		n += (size_t)got;
	}
	close(out[0]);
	return (unsigned int)strtoul(colon + strlen("127.0.0.1:"), NULL, 10);
}

/* Post body to /_control; what it answers, with its head, is the caller's. */
static inline char *rc_server_control(unsigned int port, const char *body)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	rc_autofree char *request =
		rc_asprintf("POST /_control HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			    "Content-Length: %zu\r\n\r\n%s",
			    strlen(body), body);
	rc_autoclose int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t n = 0, size = 1 << 20;
	char *answer = rc_calloc(1, size);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	for (ssize_t got = 1; got > 0 && n < size - 1; n += (size_t)got) {
		got = read(fd, answer + n, size - 1 - n);
		ck_assert_int_ge(got, 0);
	}
	return answer;
}
