/* TLS 1.2 or later over a socket that is connected, by the system's OpenSSL. Blocks. */
#pragma once

#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"
#include "ctl/target.h"

struct ctl_tls;

/* Shake hands as target says; fd stays the caller's. -EACCES: the other end is not who it should
 * be; -EPROTO; -EINVAL: a file of target; -ENOENT: no OpenSSL. */
int ctl_tls_open(const struct ctl_target *target, int fd, struct ctl_tls **ret_tls,
		 struct rc_error **err);
/* NULL is allowed. */
void ctl_tls_free(struct ctl_tls *tls);
RC_DEFINE_FREEP(struct ctl_tls, ctl_tls_free)

/* As send() and recv(): a number of bytes, 0 at the end, -1 with errno. */
ssize_t ctl_tls_send(struct ctl_tls *tls, struct rc_str bytes);
ssize_t ctl_tls_receive(struct ctl_tls *tls, void *to, size_t n);
