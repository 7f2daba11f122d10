/* The checks of the configuration, wired to applications: when they run, and what follows. */
#pragma once

#include <jansson.h>

#include "daemon.h"
#include "net/http-server.h"
#include "validate/app.h"

struct daemon_validation;

/* NULL where the configuration has no checks. */
struct daemon_validation *daemon_validation_new(struct rc_daemon *daemon);
void daemon_validation_free(struct daemon_validation *validation);
/* An application's state changed. NULL is fine. */
void daemon_validation_on_app(struct daemon_validation *validation, struct rc_app *app);
/* Those that have checks, NULL-terminated; validation may be NULL. */
struct rc_validate_app *const *daemon_validation_list(const struct daemon_validation *validation);
/* NULL: it has none. */
struct rc_validate_app *daemon_validation_find(const struct daemon_validation *validation,
					       const char *name);
