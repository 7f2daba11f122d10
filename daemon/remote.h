/*
 * The API over TLS, off unless it is configured: who asks is known by a token or by a certificate,
 * and may do what its role and its projects allow. Tokens are stored as their digests, and compared
 * in constant time; whoever is not known is told nothing.
 */
#pragma once

#include "daemon.h"

struct daemon_remote;

/* fd: a socket that the manager passes, taken over; 0: none. *ret_remote is NULL where nothing is
 * to be listened on. */
int daemon_remote_new(struct rc_daemon *daemon, int fd, struct daemon_remote **ret_remote,
		      struct rc_error **err);
void daemon_remote_free(struct daemon_remote *remote);
/* Read the clients again, of the configuration now in force. NULL is fine, as below. */
void daemon_remote_configure(struct daemon_remote *remote);
struct api_client;
/* Borrowed, until the next daemon_remote_configure(); NULL: nobody has this name. */
const struct api_client *daemon_remote_find_client(const struct daemon_remote *remote,
						   const char *name);
void daemon_remote_write_metrics(const struct daemon_remote *remote, struct rc_buf *out);
