/* PagerDuty's Events API v2: what begins triggers, what is over resolves, by the same key. */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/digest.h"
#include "notify/kinds-private.h"

#define URL	    "https://events.pagerduty.com/v2/enqueue"
#define SUMMARY_MAX 1024

static const char *severity_of(const json_t *event)
{
	const char *severity = rc_notify_event_get(event, "severity");

	return strcmp(severity, "critical") == 0  ? "critical"
	       : strcmp(severity, "warning") == 0 ? "warning"
						  : "info";
}

static void make(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		 const char *text, struct rc_notify_message *message)
{
	const char *family = rc_notify_event_get(event, "family");
	rc_autofree char *summary = rc_strndup(text, SUMMARY_MAX), *body = NULL;
	char key[RC_DIGEST_MAX];
	json_auto_t *json =
		json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:O}}", "routing_key",
			  rc_secret_reveal(sink->secret).p, "event_action",
			  rc_notify_event_is_resolved(event) ? "resolve" : "trigger", "dedup_key",
			  rc_digest_sha256(rc_str(family), key), "payload", "summary", summary,
			  "source", "reconciled", "severity", severity_of(event), "timestamp",
			  rc_notify_event_get(event, "at"), "component",
			  rc_notify_event_get(event, "app"), "custom_details", event);

	(void)id;
	body = json_dumps(json, JSON_COMPACT);
	message->url = rc_strdup(sink->url ?: URL);
	message->content_type = "application/json";
	rc_buf_puts(&message->body, body);
	rc_secret_wipe_text(rc_steal(&body));
}

const struct rc_notify_kind rc_notify_pagerduty_kind = {.name = "pagerduty", .make = make};
