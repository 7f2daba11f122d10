/* What happens becomes messages (notices-events.c), and those go out once (notices.c). */
#pragma once

#include "notices.h"
#include "notify/queue.h"

struct daemon_notices {
	struct rc_daemon *daemon;
	json_t *told; /* {subject: its document in the store}, of those that were asked about */
	struct rc_notify_sink *sinks;
	struct rc_buf *authorities; /* PEM, one a sink */
	size_t n_sinks;
	struct rc_notify_queue *queue;
};

/* What happened to a subject. */
struct notices_change {
	const char *subject, *app, *family, *token; /* token: the state that was reached */
	const char *type, *alert, *severity, *message, *revision;
	const char *state, *link; /* of a commit; else NULL */
	bool is_resolved;
	bool is_silent;	  /* remembered, not told */
	bool is_followed; /* the feed of events has it from elsewhere */
};

/* Nothing happens while the family's token stays the same. */
void daemon_notices_tell(struct daemon_notices *notices, const struct notices_change *change);
/* The token that was told last; borrowed, NULL: none was. */
const char *daemon_notices_get_told(struct daemon_notices *notices, const char *subject,
				    const char *family);
bool daemon_notices_was_told(struct daemon_notices *notices, const char *subject,
			     const char *family, const char *token);
