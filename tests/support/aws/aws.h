/* What the parts of the stand-in AWS share. */
#pragma once

#include <jansson.h>

#include "net/http-server.h"

/* Who signed, the caller's; NULL: nobody, or not for this service. */
char *aws_signature_check(struct rc_net_http_exchange *exchange, const char *service);
/* The secret access key that belongs to a key id; the caller's. */
char *aws_secret_of(const char *key_id);
