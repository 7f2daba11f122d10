/* What the commands of `reconcilectl app` share. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

#define APP_RESOURCES_MAX 64

struct app_options {
	struct ctl_options common;
	const char *name;
	const char *second; /* what follows the name; or NULL */
	const char *revision, *reason, *until, *local, *strategy, *to;
	unsigned int timeout_s, source;
	bool prune, dry_run, async, health, sync, operation;
	bool force, replace, out_of_sync_only, tree, orphaned;
	const char *resources[APP_RESOURCES_MAX];
	size_t n_resources;
};

/* ---- app-flags.c ---- */
/* Flags and names of argv; -EINVAL after saying what is wrong. */
int ctl_app_parse(int argc, char **argv, struct app_options *options);
/* The same, and a name has to be there; arguments is for the usage line. */
int ctl_app_parse_named(int argc, char **argv, const char *arguments, struct app_options *options);

/* ---- app.c ---- */
/* GET /v1/apps/NAME[/what] */
int ctl_app_ask(const char *name, const char *what, json_t **ret, struct rc_error **err);
/* POST; body may be NULL. Returns the exit code. */
int ctl_app_post(const char *name, const char *what, const json_t *body);
void ctl_app_show(const json_t *app, const struct ctl_options *options);

extern const struct ctl_column ctl_app_resource_columns[];

/* ---- app-tree.c ---- */
int ctl_app_resources(int argc, char **argv);

/* ---- app-diff.c ---- */
int ctl_app_diff(int argc, char **argv);

/* ---- app-sync.c ---- */
int ctl_app_wait(int argc, char **argv);
int ctl_app_sync(int argc, char **argv);
/* Wait as options say, telling what it waits for; returns the exit code. */
int ctl_app_wait_for(const struct app_options *options);

/* ---- app-hold.c ---- */
int ctl_app_suspend(int argc, char **argv);
int ctl_app_resume(int argc, char **argv);
int ctl_app_rollback(int argc, char **argv);
int ctl_app_undo(int argc, char **argv);
int ctl_app_approve(int argc, char **argv);
int ctl_app_terminate(int argc, char **argv);
int ctl_app_refresh(int argc, char **argv);
