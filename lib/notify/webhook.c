/*
 * A webhook of anybody's: the event as JSON with its text and id. With a key it is signed over time
 * and body, so that the receiver can refuse what is forged or played again.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "net/hmac.h"
#include "notify/kinds-private.h"

static void sign(const struct rc_notify_sink *sink, struct rc_notify_message *message)
{
	rc_autobuf struct rc_buf what = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char digest[RC_NET_HMAC_MAX];
	char *now = rc_asprintf("%lld", (long long)rc_clock_unix_s());

	rc_buf_printf(&what, "%s.", now);
	rc_buf_add_str(&what, rc_buf_str(&message->body));
	rc_net_hmac_sha256(sink->secret, rc_buf_str(&what), digest);
	rc_notify_message_add_header(message, "X-Reconciled-Timestamp", now);
	rc_notify_message_add_header(message, "X-Signature", rc_asprintf("sha256=%s", digest));
}

static void make(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		 const char *text, struct rc_notify_message *message)
{
	json_auto_t *json = json_copy((json_t *)(uintptr_t)event);
	rc_autofree char *body = NULL;

	json_object_set_new(json, "text", json_string(text));
	json_object_set_new(json, "id", json_string(id));
	body = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	message->url = rc_strdup(sink->url);
	message->content_type = "application/json";
	rc_buf_puts(&message->body, body);
	rc_notify_message_add_header(message, "X-Reconciled-Delivery", rc_strdup(id));
	if (sink->secret)
		sign(sink, message);
}

const struct rc_notify_kind rc_notify_webhook_kind = {.name = "webhook", .make = make};
