/* A connection to the daemon: bytes over its Unix socket, or over TLS. Blocks. */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "ctl/target.h"

struct ctl_connection;

/* -ECONNREFUSED, -ETIMEDOUT; -EACCES: the other end is not who it should be, or the socket is not
 * for this user. */
int ctl_connection_open(const struct ctl_target *target, struct ctl_connection **ret_connection,
			struct rc_error **err);
void ctl_connection_free(struct ctl_connection *connection);
RC_DEFINE_FREEP(struct ctl_connection, ctl_connection_free)

int ctl_connection_send(struct ctl_connection *connection, struct rc_str bytes,
			struct rc_error **err);
/* How many bytes came; 0 at the end. */
ssize_t ctl_connection_receive(struct ctl_connection *connection, void *to, size_t n,
			       struct rc_error **err);
