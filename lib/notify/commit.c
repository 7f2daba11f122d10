/*
 * The state of a commit, as forges take it. The sink's URL is the repository's in the forge's API
 * ("https://api.github.com/repos/owner/name"), its secret a token of the forge; the event has
 * revision, app and state ("pending", "success", "failure").
 */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/digest.h"
#include "notify/kinds-private.h"

#define DESCRIPTION_MAX 140 /* what GitHub takes; the others take more */
#define KEY_MAX		40  /* Bitbucket's */

/* At most max bytes, and whole characters. */
static char *shorten(const char *text, size_t max)
{
	size_t n = strlen(text);

	if (n > max)
		for (n = max; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	return rc_strndup(text, n);
}

static const char *state_of(const json_t *event, const char *pending, const char *success,
			    const char *failure)
{
	const char *state = rc_notify_event_get(event, "state");

	return strcmp(state, "success") == 0   ? success
	       : strcmp(state, "failure") == 0 ? failure
					       : pending;
}

static void finish(const struct rc_notify_sink *sink, struct rc_notify_message *message,
		   const json_t *json, char *url)
{
	rc_autofree char *body = json_dumps(json, JSON_COMPACT);

	(void)sink;
	message->url = url;
	message->content_type = "application/json";
	rc_buf_puts(&message->body, body);
}

static json_t *make_github_body(const json_t *event, const char *pending)
{
	rc_autofree char *context = rc_asprintf("reconciled/%s", rc_notify_event_get(event, "app"));
	rc_autofree char *description =
		shorten(rc_notify_event_get(event, "message"), DESCRIPTION_MAX);

	return json_pack("{s:s, s:s, s:s}", "state", state_of(event, pending, "success", "failure"),
			 "context", context, "description", description);
}

static void make_github(const struct rc_notify_sink *sink, const json_t *event, const char *id,
			const char *text, struct rc_notify_message *message)
{
	json_auto_t *json = make_github_body(event, "pending");

	(void)id;
	(void)text;
	message->bearer = sink->secret;
	rc_notify_message_add_header(message, "Accept", rc_strdup("application/vnd.github+json"));
	rc_notify_message_add_header(message, "X-GitHub-Api-Version", rc_strdup("2022-11-28"));
	finish(sink, message, json,
	       rc_asprintf("%s/statuses/%s", sink->url, rc_notify_event_get(event, "revision")));
}

static void make_gitea(const struct rc_notify_sink *sink, const json_t *event, const char *id,
		       const char *text, struct rc_notify_message *message)
{
	json_auto_t *json = make_github_body(event, "pending");

	(void)id;
	(void)text;
	rc_notify_message_add_header(
		message, "Authorization",
		rc_asprintf("token %s", sink->secret ? rc_secret_reveal(sink->secret).p : ""));
	finish(sink, message, json,
	       rc_asprintf("%s/statuses/%s", sink->url, rc_notify_event_get(event, "revision")));
}

static void make_gitlab(const struct rc_notify_sink *sink, const json_t *event, const char *id,
			const char *text, struct rc_notify_message *message)
{
	rc_autofree char *name = rc_asprintf("reconciled/%s", rc_notify_event_get(event, "app"));
	rc_autofree char *description =
		shorten(rc_notify_event_get(event, "message"), DESCRIPTION_MAX);
	json_auto_t *json = json_pack("{s:s, s:s, s:s}", "state",
				      state_of(event, "pending", "success", "failed"), "name", name,
				      "description", description);

	(void)id;
	(void)text;
	rc_notify_message_add_header(
		message, "PRIVATE-TOKEN",
		rc_strdup(sink->secret ? rc_secret_reveal(sink->secret).p : ""));
	finish(sink, message, json,
	       rc_asprintf("%s/statuses/%s", sink->url, rc_notify_event_get(event, "revision")));
}

/* Bitbucket's keys are short: a long name is told by its digest. */
static char *make_key(const char *app)
{
	char digest[RC_DIGEST_MAX];
	char *key = rc_asprintf("reconciled/%s", app);

	if (strlen(key) <= KEY_MAX)
		return key;
	free(key);
	return rc_asprintf("reconciled/%.24s", rc_digest_sha256(rc_str(app), digest));
}

/* A token, or "user:password" of an app password. */
static void add_bitbucket_login(const struct rc_notify_sink *sink,
				struct rc_notify_message *message)
{
	rc_autobuf struct rc_buf encoded = RC_BUF_INIT((size_t)64 << 10);

	if (!sink->secret || !strchr(rc_secret_reveal(sink->secret).p, ':')) {
		message->bearer = sink->secret;
		return;
	}
	rc_base64_encode(rc_secret_reveal(sink->secret), &encoded);
	rc_notify_message_add_header(message, "Authorization",
				     rc_asprintf("Basic %s", rc_buf_text(&encoded)));
	explicit_bzero(encoded.p, encoded.size);
}

static json_t *make_bitbucket_body(const struct rc_notify_sink *sink, const json_t *event)
{
	const char *app = rc_notify_event_get(event, "app");
	rc_autofree char *name = rc_asprintf("reconciled/%s", app), *key = make_key(app);
	rc_autofree char *description =
		shorten(rc_notify_event_get(event, "message"), DESCRIPTION_MAX);
	const char *link = rc_notify_event_get(event, "link");

	/* It does not take a state without a link. */
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "state",
			 state_of(event, "INPROGRESS", "SUCCESSFUL", "FAILED"), "key", key, "name",
			 name, "url", *link ? link : sink->url, "description", description);
}

static void make_bitbucket(const struct rc_notify_sink *sink, const json_t *event, const char *id,
			   const char *text, struct rc_notify_message *message)
{
	json_auto_t *json = make_bitbucket_body(sink, event);

	(void)id;
	(void)text;
	add_bitbucket_login(sink, message);
	finish(sink, message, json,
	       rc_asprintf("%s/commit/%s/statuses/build", sink->url,
			   rc_notify_event_get(event, "revision")));
}

static void make_bitbucket_server(const struct rc_notify_sink *sink, const json_t *event,
				  const char *id, const char *text,
				  struct rc_notify_message *message)
{
	json_auto_t *json = make_bitbucket_body(sink, event);

	(void)id;
	(void)text;
	add_bitbucket_login(sink, message);
	finish(sink, message, json,
	       rc_asprintf("%s/commits/%s/builds", sink->url,
			   rc_notify_event_get(event, "revision")));
}

const struct rc_notify_kind rc_notify_github_kind = {.name = "github", .make = make_github};
const struct rc_notify_kind rc_notify_gitea_kind = {.name = "gitea", .make = make_gitea};
const struct rc_notify_kind rc_notify_gitlab_kind = {.name = "gitlab", .make = make_gitlab};
const struct rc_notify_kind rc_notify_bitbucket_kind = {.name = "bitbucket",
							.make = make_bitbucket};
const struct rc_notify_kind rc_notify_bitbucket_server_kind = {.name = "bitbucket-server",
							       .make = make_bitbucket_server};
