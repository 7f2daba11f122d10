/* For tests: what the signature is made over. */
#pragma once

#include "base/buf.h"
#include "net/aws-sigv4.h"

/* As rc_net_aws_sigv4_presign() signs it, or for expires_s 0 as rc_net_aws_sigv4_sign() does. The
 * caller's. */
char *rc_net_aws_sigv4_canonical(const struct rc_net_aws_request *request,
				 const struct rc_net_aws_keys *keys, unsigned int expires_s);
