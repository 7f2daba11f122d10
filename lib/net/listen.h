/* Sockets that are listened on: what a server is given. */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/*
 * A socket at path with mode (0: 0600); one that a killed predecessor left there is replaced.
 * Returns the descriptor, the caller's, or -EINVAL, -EACCES and what else bind(2) knows.
 */
int rc_net_listen_unix(const char *path, mode_t mode, struct rc_error **err);
/* "127.0.0.1:8443", "[::1]:0"; port 0 is any. Returns as rc_net_listen_unix(). */
int rc_net_listen_tcp(const char *text, struct rc_error **err);
/* The TCP port fd listens on; 0: none. */
unsigned int rc_net_listen_get_port(int fd);
