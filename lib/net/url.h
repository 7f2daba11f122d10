/* URLs of http and https, taken apart and put together by RFC 3986. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* What reference means at base, itself when it is absolute; the caller's. -EINVAL. */
int rc_net_url_resolve(const char *base, const char *reference, char **ret_url,
		       struct rc_error **err);
/* Scheme, host and port are the same, whether the port is said or the scheme's own. */
bool rc_net_url_same_origin(const char *a, const char *b);
/* Without user, query and fragment, which may hold what no message shall show; the caller's. */
char *rc_net_url_redact(const char *url);
/* As a query argument or form field. The caller's. */
char *rc_net_url_escape(const char *text);
/* Put a user and a password into the value of an Authorization header; the caller's to wipe. */
char *rc_net_url_basic(const char *username, const char *password);
