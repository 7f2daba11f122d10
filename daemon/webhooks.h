/*
 * A listener for forges, off unless it is configured: a push that is told and proved makes its
 * repository be polled at once. What the message says decides nothing else.
 */
#pragma once

#include "daemon.h"

struct daemon_webhooks;

/* NULL where nothing is to be listened on; what goes wrong is logged, and polling goes on. */
struct daemon_webhooks *daemon_webhooks_new(struct rc_daemon *daemon);
void daemon_webhooks_free(struct daemon_webhooks *webhooks);
/* NULL is fine. */
void daemon_webhooks_write_metrics(const struct daemon_webhooks *webhooks, struct rc_buf *out);
