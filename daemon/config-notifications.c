/* The section "notifications": its keys, and what each type of receiver needs. */
#include "config-schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define TEXT(owner, member, key)                                                      \
	{                                                                             \
		.name = (key), .type = CONFIG_TEXT, .offset = offsetof(owner, member) \
	}
#define TEXTS(member, key)                                              \
	{                                                               \
		.name = (key), .type = CONFIG_TEXTS,                    \
		.offset = offsetof(struct rc_config_sink, member),      \
		.offset_n = offsetof(struct rc_config_sink, n_##member) \
	}

static const struct config_field secret_fields[] = {
	TEXT(struct rc_config_auth, credential, "credential"),
	TEXT(struct rc_config_auth, file, "file"),
	TEXT(struct rc_config_auth, env, "env"),
	{.name = NULL},
};
static const struct config_struct secret = {secret_fields, 0, 0};

static const char *const types[] = {"alertmanager", "email", "pagerduty", "slack", "webhook", NULL};
static const char *const events[] = {"sync-succeeded",	"sync-failed",	     "health-degraded",
				     "health-restored", "validation-failed", "validation-passed",
				     "config-rejected", "config-accepted",   NULL};

static const struct config_field sink_fields[] = {
	{.name = "name",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_sink, name),
	 .required = true},
	{.name = "type",
	 .type = CONFIG_TEXT,
	 .offset = offsetof(struct rc_config_sink, type),
	 .words = types,
	 .required = true},
	TEXT(struct rc_config_sink, url, "url"),
	TEXT(struct rc_config_sink, ca, "ca"),
	{.name = "secret",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_sink, secret),
	 .target = &secret},
	TEXT(struct rc_config_sink, from, "from"),
	TEXT(struct rc_config_sink, username, "username"),
	TEXT(struct rc_config_sink, template, "template"),
	TEXTS(to, "to"),
	{.name = "events",
	 .type = CONFIG_TEXTS,
	 .offset = offsetof(struct rc_config_sink, events),
	 .offset_n = offsetof(struct rc_config_sink, n_events),
	 .words = events},
	TEXTS(apps, "applications"),
	{.name = NULL},
};
const struct config_struct config_sink = {sink_fields, sizeof(struct rc_config_sink),
					  offsetof(struct rc_config_sink, place)};

static bool has_url_of(const struct rc_config_sink *sink, const char *a, const char *b)
{
	return sink->url && (rc_text_has_prefix(sink->url, a) || rc_text_has_prefix(sink->url, b));
}

static bool has_address(const struct rc_config_sink *sink)
{
	for (size_t i = 0; i < sink->n_to; i++)
		if (!strchr(sink->to[i], '@') || strpbrk(sink->to[i], "\r\n <>,"))
			return false;
	return sink->from && strchr(sink->from, '@') && !strpbrk(sink->from, "\r\n <>,") &&
	       sink->n_to > 0;
}

static const char *find_mail_problem(const struct rc_config_sink *sink)
{
	if (!has_url_of(sink, "smtp://", "smtps://"))
		return "type email needs a 'url' that begins with smtp:// or smtps://";
	return has_address(sink) ? NULL
				 : "type email needs 'from' and 'to', bare addresses with an @";
}

static const char *find_problem(const struct rc_config_sink *sink)
{
	int n_sources = !!sink->secret.credential + !!sink->secret.file + !!sink->secret.env;

	if (n_sources > 1)
		return "secret: one of 'credential', 'file' and 'env' is enough";
	if (strcmp(sink->type, "email") == 0)
		return find_mail_problem(sink);
	if (sink->from || sink->to || sink->username)
		return "'from', 'to' and 'username' are for type email";
	if (sink->url && !has_url_of(sink, "https://", "http://"))
		return "'url' begins with https:// or http://";
	if (strcmp(sink->type, "slack") == 0)
		return !!sink->url + n_sources == 1 ? NULL
						    : "type slack needs its webhook's URL, as "
						      "'secret' (or 'url', for all to read)";
	if (strcmp(sink->type, "pagerduty") == 0)
		return n_sources == 1 ? NULL : "type pagerduty needs its routing key as 'secret'";
	return sink->url ? NULL : "'url' is missing";
}

int config_notifications_check(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_sinks; i++) {
		const struct rc_config_sink *sink = &config->sinks[i];
		const char *problem = find_problem(sink);

		if (!problem)
			continue;
		rc_buf_printf(messages, "%s:%u:%u: error: notification '%s': %s\n",
			      sink->place.file, sink->place.line, sink->place.column, sink->name,
			      problem);
		r = -EINVAL;
	}
	return r;
}
