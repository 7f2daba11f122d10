/* Kinds, and what they share. */
#include "notify/sink.h"

#include <fnmatch.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "notify/kinds-private.h"

#define COMMIT_STATUS "commit-status:"

static const struct rc_notify_kind *const kinds[] = {
	&rc_notify_alertmanager_kind, &rc_notify_email_kind,
	&rc_notify_pagerduty_kind,    &rc_notify_slack_kind,
	&rc_notify_webhook_kind,      &rc_notify_github_kind,
	&rc_notify_gitea_kind,	      &rc_notify_gitlab_kind,
	&rc_notify_bitbucket_kind,    &rc_notify_bitbucket_server_kind,
};

const struct rc_notify_kind *rc_notify_kind_find(const char *type)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i]->name, type) == 0)
			return kinds[i];
	return NULL;
}

void rc_notify_message_done(struct rc_notify_message *message)
{
	rc_secret_wipe_text(message->url);
	rc_buf_done(&message->body);
	for (size_t i = 0; i < message->n_headers; i++)
		rc_secret_wipe_text(message->headers[i].value);
}

void rc_notify_message_add_header(struct rc_notify_message *message, const char *name, char *value)
{
	message->headers[message->n_headers].name = name;
	message->headers[message->n_headers++].value = value;
}

/* Patterns as a shell has them; no patterns let everything through. */
static bool is_among(const char *const *patterns, const char *text)
{
	if (!patterns || !*patterns)
		return true;
	for (; *patterns; patterns++)
		if (fnmatch(*patterns, text, 0) == 0)
			return true;
	return false;
}

bool rc_notify_sink_wants(const struct rc_notify_sink *sink, const json_t *event)
{
	const char *app = rc_notify_event_get(event, "app");

	/* The state of a commit is for its forge alone. */
	if (rc_text_has_prefix(rc_notify_event_get(event, "type"), COMMIT_STATUS) &&
	    (!sink->events || !*sink->events))
		return false;
	return is_among(sink->events, rc_notify_event_get(event, "type")) &&
	       (!*app || is_among(sink->apps, app));
}

const char *rc_notify_event_get(const json_t *event, const char *key)
{
	return rc_json_text(event, key, NULL) ?: "";
}

bool rc_notify_event_is_resolved(const json_t *event)
{
	return json_is_true(json_object_get(event, "resolved"));
}
