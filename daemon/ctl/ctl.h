/* What all commands of reconcilectl share: how they are found, how they ask, how they end. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

/* Exit codes, as Argo CD's command has them; `diff` and `lint` end in 1 when they find something.
 */
enum {
	CTL_OK = 0,
	CTL_DIFFERS = 1,
	CTL_UNKNOWN = 2, /* validate: a check could not look */
	CTL_USAGE = 64,
	CTL_CONFIG = 78,
	CTL_CONNECTION = 11,
	CTL_REFUSED = 12,
	CTL_NOT_FOUND = 13,
	CTL_ERROR = 20,
};

struct ctl_command {
	const char *name;
	const char *arguments; /* for the usage line */
	const char *summary;   /* one line */
	/* argv[0] is the command's name; returns the exit code. */
	int (*run)(int argc, char **argv);
};

int ctl_render(int argc, char **argv);
int ctl_lint(int argc, char **argv);
int ctl_dependency(int argc, char **argv);
int ctl_config(int argc, char **argv);
int ctl_config_schema(int argc, char **argv);
int ctl_status(int argc, char **argv);
int ctl_backup(int argc, char **argv);
int ctl_restore(int argc, char **argv);
int ctl_events(int argc, char **argv);
int ctl_app(int argc, char **argv);
int ctl_repository(int argc, char **argv);
int ctl_secret(int argc, char **argv);
int ctl_terraform(int argc, char **argv);
int ctl_ui(int argc, char **argv);
int ctl_validate(int argc, char **argv);

/* Find argv[1] in a table that ends with a NULL name and run it, or print how to. */
int ctl_dispatch(const char *program, const struct ctl_command *commands, int argc, char **argv);

/* Print "reconcilectl: chain" and the hint to stderr; returns the exit code that fits. */
int ctl_fail(struct rc_error *err);
