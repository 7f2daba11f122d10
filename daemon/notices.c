/* What was told already, and to whom what is new goes. */
#include "notices-private.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "commits.h"
#include "data/json.h"
#include "events.h"

#define STORE_KIND "noticed" /* per subject {sync, health, validation...}: what was told last */
#define CA_MAX	   ((size_t)1 << 20)

/* ---- what was told ---- */

/* Borrowed. Applications change all the time: the store is asked once about each. */
static json_t *get_told(struct daemon_notices *notices, const char *subject)
{
	json_t *told = json_object_get(notices->told, subject);

	if (told)
		return told;
	if (rc_store_get(notices->daemon->store, STORE_KIND, subject, &told, NULL) < 0 || !told)
		told = json_object();
	json_object_set_new(notices->told, subject, told);
	return told;
}

bool daemon_notices_was_told(struct daemon_notices *notices, const char *subject,
			     const char *family, const char *token)
{
	return rc_text_equal(rc_json_text(get_told(notices, subject), family, NULL), token);
}

const char *daemon_notices_get_told(struct daemon_notices *notices, const char *subject,
				    const char *family)
{
	return rc_json_text(get_told(notices, subject), family, NULL);
}

static json_t *make_event(const struct notices_change *change, const char *family, const char *at)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s*, s:s*}", "type",
			 change->type, "alert", change->alert, "app", change->app ?: "", "subject",
			 change->app ? "" : change->subject, "revision", change->revision ?: "",
			 "message", change->message ?: "", "severity", change->severity, "resolved",
			 change->is_resolved, "family", family, "at", at, "state", change->state,
			 "link", change->link);
}

/* Both are stored before the first is sent. */
static void send_and_remember(struct daemon_notices *notices, const struct notices_change *change,
			      const json_t *told)
{
	rc_autofree char *family = rc_asprintf("%s/%s/%s", notices->daemon->config->instance,
					       change->subject, change->family);
	char at[RC_CLOCK_RFC3339_MAX];
	json_auto_t *event = NULL;
	rc_autofree char *key = NULL;
	struct rc_error *err = NULL;

	if (notices->n_sinks == 0)
		return;
	rc_clock_format_rfc3339(rc_clock_unix_s(), at);
	key = rc_asprintf("%s\n%s\n%s", family, change->token, at);
	event = make_event(change, family, at);
	if (event && !change->is_silent)
		rc_notify_queue_add(notices->queue, event, key);
	if (rc_store_put(notices->daemon->store, STORE_KIND, change->subject, told, &err) < 0)
		rc_log_error(NULL, LOG_ERR, err, "remembering what was told");
	rc_error_free(err);
}

void daemon_notices_tell(struct daemon_notices *notices, const struct notices_change *change)
{
	json_t *told = get_told(notices, change->subject);

	if (daemon_notices_was_told(notices, change->subject, change->family, change->token))
		return;
	json_object_set_new(told, change->family, json_string(change->token));
	send_and_remember(notices, change, told);
	/* Of applications the feed has more than this. */
	if (!change->is_silent && !change->is_followed)
		daemon_events_add(notices->daemon->events,
				  &(struct daemon_event){
					  .type = change->type,
					  .app = change->app,
					  .subject = change->app ? NULL : change->subject,
					  .message = change->message,
					  .revision = change->revision,
				  });
}

/* ---- life ---- */

int daemon_notices_check(const struct rc_config *config, struct rc_buf *messages)
{
	json_auto_t *sample = json_object();
	int r = 0;

	for (size_t i = 0; i < config->n_sinks; i++) {
		const struct rc_config_sink *sink = &config->sinks[i];
		rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;
		rc_autobuf struct rc_buf text = RC_BUF_INIT((size_t)64 << 10);
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
		rc_autofree char *why = NULL;

		if (rc_notify_text_make(sink->template, sample, &text, &err) == 0 &&
		    daemon_auth_read_secret(&sink->secret, &secret, &err) == 0)
			continue;
		why = rc_error_format(err);
		r = rc_config_refuse(messages, sink->place, "notification '%s': %s", sink->name,
				     why);
	}
	return r;
}

static void make_sink(struct daemon_notices *notices, size_t i)
{
	const struct rc_config_sink *from = &notices->daemon->config->sinks[i];
	struct rc_notify_sink *sink = &notices->sinks[i];
	struct rc_secret *secret = NULL;
	struct rc_error *err = NULL;

	if (daemon_auth_read_secret(&from->secret, &secret, &err) < 0 ||
	    (from->ca && rc_file_read(from->ca, &notices->authorities[i], &err) < 0))
		rc_log_error(NULL, LOG_ERR, err, "notification '%s'", from->name);
	rc_error_free(err);
	/* The configuration's lists have room for the NULL at their end. */
	*sink = (struct rc_notify_sink){
		.name = from->name,
		.type = from->type,
		.url = from->url,
		.secret = secret,
		.ca_pem = from->ca ? rc_buf_text(&notices->authorities[i]) : NULL,
		.from = from->from,
		.username = from->username,
		.to = from->to,
		.template = from->template,
		.events = from->events,
		.apps = from->apps,
	};
}

struct daemon_notices *daemon_notices_new(struct rc_daemon *daemon)
{
	struct daemon_notices *notices;
	struct rc_notify_queue_options options = {.loop = daemon->loop, .store = daemon->store};

	notices = rc_new0(struct daemon_notices);
	notices->daemon = daemon;
	notices->told = json_object();
	notices->n_sinks = daemon->config->n_sinks + daemon_commits_count(daemon->config);
	notices->sinks = rc_calloc(notices->n_sinks + 1, sizeof(*notices->sinks));
	notices->authorities = rc_calloc(notices->n_sinks + 1, sizeof(*notices->authorities));
	for (size_t i = 0; i < notices->n_sinks; i++) {
		notices->authorities[i] = RC_BUF_INIT(CA_MAX);
		if (i < daemon->config->n_sinks)
			make_sink(notices, i);
		else
			daemon_commits_make_sink(daemon->config, i - daemon->config->n_sinks,
						 &notices->authorities[i], &notices->sinks[i]);
	}
	options.sinks = notices->sinks;
	options.n_sinks = notices->n_sinks;
	notices->queue = rc_notify_queue_new(&options);
	return notices;
}

void daemon_notices_free(struct daemon_notices *notices)
{
	if (!notices)
		return;
	rc_notify_queue_free(notices->queue);
	for (size_t i = 0; i < notices->n_sinks; i++) {
		rc_secret_free((struct rc_secret *)(uintptr_t)notices->sinks[i].secret);
		rc_buf_done(&notices->authorities[i]);
	}
	json_decref(notices->told);
	free(notices->authorities);
	free(notices->sinks);
	free(notices);
}

void daemon_notices_write_metrics(const struct daemon_notices *notices, struct rc_buf *out)
{
	static const char *const results[] = {"sent", "failed", "dropped"};

	rc_buf_puts(out, "# HELP reconciled_notify_total Messages by what became of them.\n"
			 "# TYPE reconciled_notify_total counter\n");
	for (size_t i = 0; notices && i < notices->n_sinks; i++) {
		struct rc_notify_sink_counts counts = rc_notify_queue_get_counts(notices->queue, i);
		const uint64_t numbers[] = {counts.n_sent, counts.n_failed, counts.n_dropped};

		for (size_t j = 0; j < RC_ARRAY_SIZE(results); j++)
			rc_buf_printf(
				out, "reconciled_notify_total{target=\"%s\",result=\"%s\"} %llu\n",
				notices->sinks[i].name, results[j], (unsigned long long)numbers[j]);
	}
	rc_buf_puts(out, "# HELP reconciled_notify_waiting Messages that were not accepted yet.\n"
			 "# TYPE reconciled_notify_waiting gauge\n");
	for (size_t i = 0; notices && i < notices->n_sinks; i++)
		rc_buf_printf(out, "reconciled_notify_waiting{target=\"%s\"} %zu\n",
			      notices->sinks[i].name,
			      rc_notify_queue_get_counts(notices->queue, i).n_waiting);
}
