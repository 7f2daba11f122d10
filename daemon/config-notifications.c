/* The section "notifications": its keys, and what each type of receiver needs. */
#include "config-schema.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

static const char *const types[] = {"alertmanager", "email", "pagerduty", "slack", "webhook", NULL};
static const char *const events[] = {
	"sync-succeeded",    "sync-failed",	     "health-degraded",
	"health-restored",   "validation-failed",    "validation-passed",
	"config-rejected",   "config-accepted",	     "terraform-approval",
	"terraform-decided", "terraform-failed",     "terraform-succeeded",
	"terraform-drift",   "terraform-drift-gone", "store-not-ready",
	"store-ready",	     "secret-failed",	     "rotation-failed",
	"secret-expires",    "secret-restored",	     NULL};

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
	CONFIG_FIELD_TEXT(struct rc_config_sink, url, "url"),
	CONFIG_FIELD_TEXT(struct rc_config_sink, ca, "ca"),
	{.name = "secret",
	 .type = CONFIG_STRUCT,
	 .offset = offsetof(struct rc_config_sink, secret),
	 .target = &config_secret},
	CONFIG_FIELD_TEXT(struct rc_config_sink, from, "from"),
	CONFIG_FIELD_TEXT(struct rc_config_sink, username, "username"),
	CONFIG_FIELD_TEXT(struct rc_config_sink, template, "template"),
	CONFIG_FIELD_TEXTS(struct rc_config_sink, to, "to"),
	{.name = "events",
	 .type = CONFIG_TEXTS,
	 .offset = offsetof(struct rc_config_sink, events),
	 .offset_n = offsetof(struct rc_config_sink, n_events),
	 .words = events},
	CONFIG_FIELD_TEXTS(struct rc_config_sink, apps, "applications"),
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
	unsigned int n_sources = config_count_sources(&sink->secret);

	if (n_sources > 1)
		return "secret: one of 'credential', 'file' and 'env' is enough";
	if (strcmp(sink->type, "email") == 0)
		return find_mail_problem(sink);
	if (sink->from || sink->to || sink->username)
		return "'from', 'to' and 'username' are for type email";
	if (sink->url && !has_url_of(sink, "https://", "http://"))
		return "'url' begins with https:// or http://";
	if (strcmp(sink->type, "slack") == 0)
		return (sink->url != NULL) + n_sources == 1
			       ? NULL
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

		if (problem)
			r = rc_config_refuse(messages, sink->place, "notification '%s': %s",
					     sink->name, problem);
	}
	return r;
}
