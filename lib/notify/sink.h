/*
 * Where messages go, and how each kind of receiver wants them.
 *
 * An event is {type, app?, subject?, revision?, message, severity ("critical", "warning", "info"),
 * resolved, family, at}: its family names what begins and ends ("health of app shop"), so that a
 * receiver can close what it opened.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/secret.h"

/* Plain data, borrowed from whoever makes it. */
struct rc_notify_sink {
	const char *name, *type;
	const char *url;		/* NULL: it is the secret (Slack) */
	const struct rc_secret *secret; /* a URL, a token, a key or a password; may be NULL */
	const char *ca_pem;
	const char *from, *username; /* email */
	const char *const *to;	     /* email; NULL at the end */
	const char *template;	     /* of the message's text; NULL: the usual one */
	const char *const *events;   /* subscribed to; NULL at the end; none: all */
	const char *const *apps;     /* the same of applications */
};

#define RC_NOTIFY_HEADERS_MAX 4

/* What is sent; members are owned. */
struct rc_notify_message {
	char *url;
	struct rc_buf body;
	const char *content_type; /* static */
	struct {
		const char *name; /* static */
		char *value;
	} headers[RC_NOTIFY_HEADERS_MAX];
	size_t n_headers;
	const struct rc_secret *bearer; /* borrowed from the sink */
};

void rc_notify_message_done(struct rc_notify_message *message);
/* value is taken over. */
void rc_notify_message_add_header(struct rc_notify_message *message, const char *name, char *value);

struct rc_notify_kind {
	const char *name;
	/* id tells one message from another, and is the same however often it is tried. */
	void (*make)(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		     const char *text, struct rc_notify_message *message);
	/* Whether an answer that is a success by its status is one. May be NULL: it is. */
	bool (*is_accepted)(struct rc_str body);
};

const struct rc_notify_kind *rc_notify_kind_find(const char *type);
/* The sink wants to hear of it. */
bool rc_notify_sink_wants(const struct rc_notify_sink *sink, const json_t *event);
/* An event's text, never NULL. */
const char *rc_notify_event_get(const json_t *event, const char *key);
bool rc_notify_event_is_resolved(const json_t *event);

/*
 * The text of a message: template (Go's, with .type, .app, .subject, .revision, .message,
 * .severity, .resolved and .at) executed for event. -EINVAL.
 */
int rc_notify_text_make(const char *template, const json_t *event, struct rc_buf *out,
			struct rc_error **err);
