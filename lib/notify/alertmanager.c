/*
 * Alertmanager's API v2. What tells alerts apart is in the labels, so nothing is there that changes
 * while one lasts; what is over has an end.
 */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "notify/kinds-private.h"

#define PATH "/api/v2/alerts"

static void make(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		 const char *text, struct rc_notify_message *message)
{
	const char *at = rc_notify_event_get(event, "at");
	const char *subject = rc_notify_event_get(event, "subject");
	json_auto_t *json = json_pack(
		"[{s:{s:s, s:s, s:s*, s:s}, s:{s:s, s:s, s:s}, s:s*}]", "labels", "alertname",
		rc_notify_event_get(event, "alert"), "app", rc_notify_event_get(event, "app"),
		"subject", *subject ? subject : NULL, "job", "reconciled", "annotations", "summary",
		text, "description", rc_notify_event_get(event, "message"), "revision",
		rc_notify_event_get(event, "revision"),
		rc_notify_event_is_resolved(event) ? "endsAt" : "startsAt", at);
	rc_autofree char *body = json_dumps(json, JSON_COMPACT);
	bool has_path = rc_text_has_suffix(sink->url, PATH);

	(void)id;
	message->url = rc_asprintf("%s%s", sink->url, has_path ? "" : PATH);
	message->content_type = "application/json";
	message->bearer = sink->secret;
	rc_buf_puts(&message->body, body);
}

const struct rc_notify_kind rc_notify_alertmanager_kind = {.name = "alertmanager", .make = make};
