/*
 * The configuration that is kept in Git: a commit comes into force when it is signed by whom the
 * local file believes, is no step back, and is without a fault. Any other is refused with file,
 * line and column, and the one before stays; that one is kept for a start without Git.
 */
#pragma once

#include "daemon.h"

struct daemon_configuration;

struct daemon_configuration *daemon_configuration_new(struct rc_daemon *daemon);
void daemon_configuration_free(struct daemon_configuration *configuration);
/* The repositories may be others from now on; until bound again nothing is looked at. */
void daemon_configuration_unbind(struct daemon_configuration *configuration);
void daemon_configuration_bind(struct daemon_configuration *configuration);
void daemon_configuration_on_repository(struct daemon_configuration *configuration,
					const struct rc_repository *repository);
/* Why the newest commit is not in force; NULL: it is, or there is none. Borrowed. */
const char *daemon_configuration_get_error(const struct daemon_configuration *configuration);
/* {repository, revision, commit?, by?, refused?, error?}, or NULL: it is not in Git. The caller's.
 */
json_t *daemon_configuration_describe(const struct daemon_configuration *configuration);
