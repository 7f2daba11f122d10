/* Slack's incoming webhooks: the URL is the secret, the answer is "ok". */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "notify/kinds-private.h"

/* Slack's own markup takes three characters. */
static char *escape(const char *text)
{
	struct rc_buf buf = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (; *text; text++)
		if (*text == '&')
			rc_buf_puts(&buf, "&amp;");
		else if (*text == '<')
			rc_buf_puts(&buf, "&lt;");
		else if (*text == '>')
			rc_buf_puts(&buf, "&gt;");
		else
			rc_buf_putc(&buf, *text);
	return rc_buf_take(&buf);
}

static const char *colour_of(const json_t *event)
{
	const char *severity = rc_notify_event_get(event, "severity");

	if (rc_notify_event_is_resolved(event) || strcmp(severity, "info") == 0)
		return "good";
	return strcmp(severity, "warning") == 0 ? "warning" : "danger";
}

static void make(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		 const char *text, struct rc_notify_message *message)
{
	rc_autofree char *escaped = escape(text);
	json_auto_t *json = json_pack("{s:[{s:s, s:s, s:s}]}", "attachments", "color",
				      colour_of(event), "text", escaped, "fallback", escaped);
	rc_autofree char *body = json_dumps(json, JSON_COMPACT);

	(void)id;
	message->url = rc_strdup(sink->url ?: rc_secret_reveal(sink->secret).p);
	message->content_type = "application/json";
	rc_buf_puts(&message->body, body);
}

static bool is_accepted(struct rc_str body)
{
	return rc_str_is(rc_str_trim(body, " \r\n"), "ok") || body.n == 0;
}

const struct rc_notify_kind rc_notify_slack_kind = {
	.name = "slack", .make = make, .is_accepted = is_accepted};
