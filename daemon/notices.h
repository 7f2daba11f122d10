/*
 * What happens, told to those who want to hear of it: once for each event, however often it is
 * tried or seen, and over restarts.
 */
#pragma once

#include "daemon.h"

struct daemon_notices;

/* Templates that do not parse, and secrets that cannot be read, a line each. 0 or -EINVAL. */
int daemon_notices_check(const struct rc_config *config, struct rc_buf *messages);
struct daemon_notices *daemon_notices_new(struct rc_daemon *daemon);
void daemon_notices_free(struct daemon_notices *notices);

/* For all below NULL is fine. */
void daemon_notices_on_app(struct daemon_notices *notices, struct rc_app *app);
/* check NULL: all of them passed. */
void daemon_notices_on_validation(struct daemon_notices *notices, const struct rc_app *app,
				  const char *check, const char *evidence);
/* why NULL: the configuration was accepted. */
void daemon_notices_on_config(struct daemon_notices *notices, const char *why);
/* stack: as daemon_terraform_describe() has it. */
void daemon_notices_on_stack(struct daemon_notices *notices, const json_t *stack);
/* what: as rc_secrets_manager_options.changed has it. */
void daemon_notices_on_secret(struct daemon_notices *notices, const char *cluster,
			      const json_t *what);
void daemon_notices_write_metrics(const struct daemon_notices *notices, struct rc_buf *out);
