/*
 * The control API: JSON over a Unix socket. server.c answers what is asked, call.c has what all
 * answers need, and each noun of the API has a file of its own.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "daemon.h"
#include "net/http-server.h"

#define API_PARTS_MAX 6

struct api_client;

/* One request; it lives until its handler returns, the exchange until it is answered. */
struct api_call {
	struct rc_daemon *daemon;
	struct rc_net_http_exchange *exchange;
	const char *parts[API_PARTS_MAX]; /* of the path, after /v1 */
	size_t n;
	const struct api_client *client; /* of the TLS listener; NULL: a user of the socket */
};

/* ---- call.c ---- */
/* err is taken over; its code decides the status. */
void api_reply_error(struct rc_net_http_exchange *exchange, struct rc_error *err);
/* json is given away. */
void api_reply(struct api_call *call, json_t *json);
void api_reply_done(struct api_call *call);
bool api_is_post(const struct api_call *call);
/* The body as JSON (the caller's), NULL when there is none. -EINVAL. */
int api_read_body(struct api_call *call, json_t **ret_body, struct rc_error **err);
/* The user who asks; the caller's to free. */
char *api_name_caller(struct api_call *call);
/* "read", "sync", "approve" or "admin"; static. */
const char *api_name_role(struct api_call *call);
/* Whether he may change things; -EACCES is in *err when not. */
bool api_may_change(struct api_call *call, struct rc_error **err);

/* ---- server.c ---- */
/* Answer what is asked at the exchange's path. */
void api_serve(struct rc_daemon *daemon, struct rc_net_http_exchange *exchange,
	       const struct api_client *client);

/* ---- client.c: what a client of the TLS listener may ---- */
/* -EACCES, or -ENOENT for what it may not know of. */
int api_client_check(const struct api_client *client, const struct api_call *call,
		     struct rc_error **err);
bool api_client_sees(const struct api_client *client, const struct rc_app *app);
/* To projects. */
bool api_client_is_confined(const struct api_client *client);
const char *api_client_get_name(const struct api_client *client);
const char *api_client_get_role(const struct api_client *client);

/* ---- the nouns: GET and POST below /v1/NOUN ---- */
void api_backup_serve(struct api_call *call);
void api_restore_serve(struct api_call *call);
void api_config_serve(struct api_call *call);
void api_events_serve(struct api_call *call);
/* ---- of one application's resources ---- */
/* Whether an object is among nodes, or what these made; see rc_app_tree(). */
bool api_tree_has(const json_t *nodes, const struct rc_kube_key *key);
/* What happened to one of them; the log of one of its pods. */
void api_object_events_serve(struct api_call *call, struct rc_app *app);
void api_logs_serve(struct api_call *call, struct rc_app *app);
void api_changes_serve(struct api_call *call);
void api_status_serve(struct api_call *call);
void api_apps_serve(struct api_call *call);
void api_repositories_serve(struct api_call *call);
void api_secrets_serve(struct api_call *call);
void api_secret_stores_serve(struct api_call *call);
void api_validation_serve(struct api_call *call);
void api_terraform_serve(struct api_call *call);
void api_freeze_serve(struct api_call *call); /* of /v1/terraform-freeze */
