/*
 * One question to the daemon (HTTP/1.1, JSON both ways), wherever target.h says it is.
 *
 * Blocking and without a library for HTTP: the command shall start in milliseconds.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "ctl/connection.h"

/*
 * Ask; body may be NULL. On success *ret_reply is the caller's. The daemon's own errors come back
 * as the chain it sent: -ENOENT for 404, -EACCES for 401 and 403, -EBUSY for 409.
 */
int ctl_client_ask(const char *method, const char *path, const json_t *body, json_t **ret_reply,
		   struct rc_error **err);
/* The same for an answer that is plain text; the caller's to free. */
int ctl_client_ask_text(const char *method, const char *path, const json_t *body, char **ret_text,
			struct rc_error **err);

typedef void ctl_client_event_fn(void *userdata, const json_t *event);
/* Ask for what has no end: lines of JSON, each given to event as it comes. Returns when it cannot
 * go on, with the reason. */
int ctl_client_follow(const char *path, ctl_client_event_fn *event, void *userdata,
		      struct rc_error **err);

/* An answer that is no success, whole with its head: the error in it. */
int ctl_client_refuse(struct rc_buf *answer, struct rc_error **err);
/* Only ask: the answer is still to come over *ret_connection, which is the caller's. */
int ctl_client_open(const char *method, const char *path, const json_t *body,
		    struct ctl_connection **ret_connection, struct rc_error **err);
