/*
 * Sockets that the service manager made and passes to us (sd_listen_fds(3)), by the names of their
 * FileDescriptorName=.
 */
#pragma once

#include "base/error.h"

/* Look at what is passed, once, before any child is started. names, NULL-terminated, are those that
 * may come. -EINVAL: there is one of another name, or one that is no listening stream socket. */
int rc_passed_init(const char *const *names, struct rc_error **err);
/* The socket of that name, the caller's to close; -1: none is passed. */
int rc_passed_take(const char *name);
