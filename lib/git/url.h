/* URLs of repositories: which we take, and whose they are. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* file, http, https, ssh, or git@host:path, without a password. -EINVAL. */
int rc_git_url_check(const char *url, struct rc_error **err);

/*
 * Whether credentials for ours may be given to theirs, where a redirect led to: the same host and
 * port, and no https given up.
 */
bool rc_git_url_is_same_server(const char *ours, const char *theirs);
