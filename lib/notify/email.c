/* E-mail (RFC 5322). No line of ours comes from data unencoded, so that none can add a header. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/digest.h"
#include "notify/kinds-private.h"

#define SUBJECT_MAX 200
#define LINE_BYTES  57 /* 76 characters of base64 */

static void put_base64(struct rc_buf *out, struct rc_str text)
{
	while (text.n > 0) {
		size_t n = text.n < LINE_BYTES ? text.n : LINE_BYTES;

		rc_base64_encode((struct rc_str){text.p, n}, out);
		rc_buf_puts(out, "\r\n");
		text = (struct rc_str){text.p + n, text.n - n};
	}
}

/* An encoded word (RFC 2047) a line, each of whole characters. */
static void put_subject(struct rc_buf *out, const char *text)
{
	size_t left = strlen(text);

	left = left > SUBJECT_MAX ? SUBJECT_MAX : left;
	rc_buf_puts(out, "Subject:");
	while (left > 0) {
		size_t n = left < 45 ? left : 45;

		while (n > 1 && n < left && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
		rc_buf_puts(out, " =?UTF-8?B?");
		rc_base64_encode((struct rc_str){text, n}, out);
		rc_buf_puts(out, "?=\r\n");
		text += n;
		left -= n;
	}
}

static void make(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		 const char *text, struct rc_notify_message *message)
{
	const char *family = rc_notify_event_get(event, "family");
	time_t now = (time_t)rc_clock_unix_s();
	struct rc_buf *out = &message->body;
	char date[64], thread[RC_DIGEST_MAX];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	rc_digest_sha256(rc_str(family), thread);
	message->url = rc_strdup(sink->url);
	rc_buf_printf(out, "Date: %s\r\nFrom: %s\r\nTo: ", date, sink->from);
	for (const char *const *to = sink->to; *to; to++)
		rc_buf_printf(out, "%s%s", to == sink->to ? "" : ",\r\n ", *to);
	rc_buf_puts(out, "\r\n");
	put_subject(out, text);
	/* What begins and what ends the same thing stand together. */
	rc_buf_printf(out,
		      "Message-ID: <%.32s@reconciled>\r\nReferences: <%.32s@reconciled>\r\n"
		      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		      "Content-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: base64\r\n\r\n",
		      id, thread);
	put_base64(out, rc_str(text));
}

const struct rc_notify_kind rc_notify_email_kind = {.name = "email", .make = make};
