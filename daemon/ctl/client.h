/*
 * One question to the daemon over its control socket (HTTP/1.1, JSON both ways).
 *
 * Blocking and without a library: the command shall start in a millisecond.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"

/* The socket to ask: $RECONCILED_SOCKET, else /run/reconciled/control.sock. */
const char *ctl_client_get_socket(void);
void ctl_client_set_socket(const char *path);

/*
 * Ask; body may be NULL. On success *ret_reply is the caller's. The daemon's own errors come back
 * as the chain it sent: -ENOENT for 404, -EACCES for 403, -EBUSY for 409.
 */
int ctl_client_ask(const char *method, const char *path, const json_t *body, json_t **ret_reply,
		   struct rc_error **err);
/* The same for an answer that is plain text; the caller's to free. */
int ctl_client_ask_text(const char *method, const char *path, const json_t *body, char **ret_text,
			struct rc_error **err);
