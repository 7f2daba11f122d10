/*
 * The daemon: one loop, one engine, what feeds it and what speaks for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

#include "base/worker.h"
#include "config.h"
#include "gitops/engine.h"
#include "net/http-server.h"
#include "store/store.h"

struct daemon_ask;
struct daemon_catalog;
struct daemon_configuration;
struct daemon_events;
struct daemon_changes;
struct daemon_live;
struct daemon_remote;
struct daemon_secrets;
struct daemon_notices;
struct daemon_terraform;
struct daemon_validation;
struct daemon_vault;
struct daemon_web;
struct daemon_webhooks;

struct rc_daemon {
	struct ev_loop *loop;
	const char *config_path;
	struct rc_config *config;
	struct rc_config **retired; /* those before, which parts may still refer to */
	size_t n_retired;
	struct daemon_configuration *configuration; /* what of it is in Git */
	struct rc_store *store;
	struct rc_worker_pool *git_pool, *render_pool, *script_pool;
	struct rc_customizations *customizations;
	struct rc_engine *engine;
	char *charts; /* folder of archives */
	struct daemon_live *lives;
	struct daemon_catalog *catalogs; /* one per entry of 'applications' */
	struct daemon_secrets *secrets;
	struct daemon_terraform *terraform; /* the same over reloads */
	struct daemon_webhooks *webhooks;   /* NULL: nobody may tell us */
	struct daemon_notices *notices;
	struct daemon_events *events;	      /* the same over reloads */
	struct daemon_validation *validation; /* NULL: no checks */
	struct daemon_vault *vaults; /* logins of each cluster's secrets; a reload keeps them */
	unsigned int n_closing;
	struct rc_net_http_server *control, *metrics;
	struct daemon_remote *remote; /* the API over TLS; NULL: only the socket */
	struct daemon_web *web;	      /* the page, and who looks at it */
	struct daemon_ask *asks;
	struct daemon_changes *changes; /* who is told of changes */
	char *config_error;		/* why the last reload was refused, or NULL */
	int64_t started_unix_s;
	ev_signal hangup, terminate, interrupt;
	ev_timer watchdog, last; /* last: the end comes, whatever it waits for */
};

/* Build everything config asks for. What was made is freed by daemon_done(), also after an error.
 */
int daemon_init(struct rc_daemon *daemon, struct rc_error **err);
void daemon_done(struct rc_daemon *daemon);
/* What depends on the configuration's details. */
int daemon_make_parts(struct rc_daemon *daemon, struct rc_error **err);
void daemon_free_parts(struct rc_daemon *daemon);
void daemon_set_log(const struct rc_config *config);

/* ---- reload.c ---- */
/* Read the configuration again; a broken one changes nothing. */
void daemon_reload(struct rc_daemon *daemon);
void daemon_reload_free_retired(struct rc_daemon *daemon);
/* Why what was asked for last is not in force; NULL: it is. Borrowed. */
const char *daemon_get_config_error(const struct rc_daemon *daemon);

/* ---- catalog.c: where Applications come from ---- */
void daemon_catalog_make_all(struct rc_daemon *daemon);
void daemon_catalog_free_all(struct rc_daemon *daemon);
/* A repository brought something new. */
void daemon_catalog_on_repository(struct rc_daemon *daemon, const struct rc_repository *repository);
/* [{origin, error?, revision?}]; the caller's. */
json_t *daemon_catalog_describe(const struct rc_daemon *daemon);

/* ---- customizations.c ---- */
/* What is wrong goes to messages, a line each. */
int daemon_customizations_make(const struct rc_config *config,
			       struct rc_customizations **ret_customizations,
			       struct rc_buf *messages);

/* ---- live.c: Applications that are objects ---- */
void daemon_live_make_all(struct rc_daemon *daemon);
void daemon_live_free_all(struct rc_daemon *daemon);
void daemon_live_on_destination(struct rc_daemon *daemon, const struct rc_destination *destination);
void daemon_live_on_app(struct rc_daemon *daemon, const struct rc_app *app);
void daemon_live_on_deleted(struct rc_daemon *daemon, const struct rc_app *app);
/* Append theirs to those of daemon_catalog_describe(). */
void daemon_live_describe(const struct rc_daemon *daemon, json_t *sources);

/* ---- auth.c: credentials by name ---- */
/* The "auth" of git/worker.h or registry/worker.h for a repository; NULL without *err: none is
 * configured. */
json_t *daemon_auth_make(const struct rc_config_repository *repository, struct rc_error **err);

struct rc_secret;
/* What one of credential, file and env names; *ret_secret is NULL when none is said. */
int daemon_auth_read_secret(const struct rc_config_auth *config, struct rc_secret **ret_secret,
			    struct rc_error **err);

/* ---- api/server.c, metrics.c ---- */
int daemon_api_init(struct rc_daemon *daemon, struct rc_error **err);
void daemon_metrics_write(const struct rc_daemon *daemon, struct rc_buf *out);
