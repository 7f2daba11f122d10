/*
 * Whom to ask: the daemon's control socket on this host, or its API over TLS.
 *
 * What is given by a flag goes before the environment, and that before the file of contexts. A
 * token never comes by a flag: every user of the host could read it.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "base/secret.h"

struct ctl_target {
	const char *socket;	       /* NULL: over TLS, by what follows */
	const char *host, *port;       /* without the brackets of an IPv6 address */
	const char *authority;	       /* "host:port", for people and for the header Host */
	const char *name;	       /* the server's certificate bears it */
	const char *ca;		       /* a PEM file; NULL: the system's */
	const char *certificate, *key; /* PEM files, or NULL */
	const struct rc_secret *token; /* or NULL */
};

/* The flags ("--server"), each of which takes a value; NULL after the last. */
const char *ctl_target_get_flag(unsigned int i);
/* The value of one, borrowed. One that is given twice has its last value. */
void ctl_target_set_flag(const char *name, const char *value);

/* *ret_target lives as long as the program. -EINVAL, or of a file that is named and cannot be
 * read. */
int ctl_target_find(const struct ctl_target **ret_target, struct rc_error **err);
