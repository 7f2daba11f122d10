/* Events, made of changes of state. */
#include "notices.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "data/json.h"
#include "notify/queue.h"

#define STORE_KIND "noticed" /* per subject {sync, health, validation...}: what was told last */
#define CONFIG	   ":config" /* the subject of the configuration: no application can be named so */
#define CA_MAX	   ((size_t)1 << 20)

struct daemon_notices {
	struct rc_daemon *daemon;
	json_t *told; /* {subject: its document in the store}, of those that were asked about */
	struct rc_notify_sink *sinks;
	struct rc_buf *authorities; /* PEM, one a sink */
	size_t n_sinks;
	struct rc_notify_queue *queue;
};

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

static bool was_told(struct daemon_notices *notices, const char *subject, const char *family,
		     const char *token)
{
	return rc_text_equal(rc_json_text(get_told(notices, subject), family, NULL), token);
}

struct change {
	const char *subject, *app, *family, *token; /* token: the state that was reached */
	const char *type, *alert, *severity, *message, *revision;
	bool is_resolved;
	bool is_silent; /* remembered, not told */
};

/* Nothing happens while the family's token stays the same. */
static void tell(struct daemon_notices *notices, const struct change *change)
{
	json_t *told = get_told(notices, change->subject);
	json_auto_t *event = NULL;
	rc_autofree char *family = NULL, *key = NULL;
	char at[RC_CLOCK_RFC3339_MAX];
	struct rc_error *err = NULL;

	if (was_told(notices, change->subject, change->family, change->token))
		return;
	family = rc_asprintf("%s/%s/%s", notices->daemon->config->instance, change->subject,
			     change->family);
	rc_clock_format_rfc3339(rc_clock_unix_s(), at);
	key = rc_asprintf("%s\n%s\n%s", family, change->token, at);
	event = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s}", "type", change->type,
			  "alert", change->alert, "app", change->app ?: "", "revision",
			  change->revision ?: "", "message", change->message ?: "", "severity",
			  change->severity, "resolved", change->is_resolved, "family", family, "at",
			  at);
	/* Both are stored before the first is sent. */
	if (event && !change->is_silent)
		rc_notify_queue_add(notices->queue, event, key);
	json_object_set_new(told, change->family, json_string(change->token));
	if (rc_store_put(notices->daemon->store, STORE_KIND, change->subject, told, &err) < 0)
		rc_log_error(NULL, LOG_ERR, err, "remembering what was told");
	rc_error_free(err);
}

/* ---- applications ---- */

static void on_sync(struct daemon_notices *notices, const struct rc_app *app,
		    const struct rc_app_counts *counts)
{
	bool has_failed = strcmp(counts->operation_phase, "Failed") == 0;
	json_auto_t *description = NULL;
	rc_autofree char *token = NULL;

	if (!has_failed && strcmp(counts->operation_phase, "Succeeded") != 0)
		return;
	/* It has ended, but what came of it was not looked at. */
	if (counts->is_operation_open)
		return;
	token = rc_asprintf("%s %s", counts->operation_phase, counts->operation_revision);
	if (was_told(notices, rc_app_get_name(app), "sync", token))
		return;
	description = rc_app_describe(app);
	tell(notices, &(struct change){
			      .subject = rc_app_get_name(app),
			      .app = rc_app_get_name(app),
			      .family = "sync",
			      .token = token,
			      .type = has_failed ? "sync-failed" : "sync-succeeded",
			      .alert = "ReconciledSyncFailed",
			      .severity = has_failed ? "critical" : "info",
			      .message = rc_json_text(description, "status", "operationState",
						      "message", NULL),
			      .revision = counts->operation_revision,
			      .is_resolved = !has_failed,
			      .is_silent = !has_failed && counts->n_syncs_succeeded == 0,
		      });
}

static void on_health(struct daemon_notices *notices, const struct rc_app *app,
		      const struct rc_app_counts *counts)
{
	bool is_degraded = strcmp(counts->health_status, "Degraded") == 0;
	json_auto_t *description = NULL;
	bool is_first;

	if (!is_degraded && strcmp(counts->health_status, "Healthy") != 0)
		return;
	if (was_told(notices, rc_app_get_name(app), "health", counts->health_status))
		return;
	is_first = !json_object_get(get_told(notices, rc_app_get_name(app)), "health");
	description = rc_app_describe(app);
	tell(notices,
	     &(struct change){
		     .subject = rc_app_get_name(app),
		     .app = rc_app_get_name(app),
		     .family = "health",
		     .token = counts->health_status,
		     .type = is_degraded ? "health-degraded" : "health-restored",
		     .alert = "ReconciledAppDegraded",
		     .severity = is_degraded ? "warning" : "info",
		     .message = rc_json_text(description, "status", "health", "message", NULL),
		     .revision = rc_json_text(description, "status", "sync", "revision", NULL),
		     .is_resolved = !is_degraded,
		     .is_silent = !is_degraded && is_first,
	     });
}

void daemon_notices_on_app(struct daemon_notices *notices, struct rc_app *app)
{
	struct rc_app_counts counts;

	if (!notices)
		return;
	rc_app_get_counts(app, &counts);
	if (strcmp(counts.operation_phase, "Running") == 0)
		return;
	on_sync(notices, app, &counts);
	on_health(notices, app, &counts);
}

void daemon_notices_on_validation(struct daemon_notices *notices, const struct rc_app *app,
				  const char *check, const char *evidence)
{
	rc_autofree char *token = NULL, *message = NULL;

	if (!notices)
		return;
	token = check ? rc_asprintf("fail %s", check) : rc_strdup("pass");
	message =
		check ? rc_asprintf("%s: %s", check, evidence ?: "") : rc_strdup("all checks pass");
	tell(notices, &(struct change){
			      .subject = rc_app_get_name(app),
			      .app = rc_app_get_name(app),
			      .family = "validation",
			      .token = token,
			      .type = check ? "validation-failed" : "validation-passed",
			      .alert = "ReconciledValidationFailed",
			      .severity = check ? "critical" : "info",
			      .message = message,
			      .is_resolved = !check,
		      });
}

void daemon_notices_on_config(struct daemon_notices *notices, const char *why)
{
	bool is_first;

	if (!notices)
		return;
	is_first = !json_object_get(get_told(notices, CONFIG), "config");
	tell(notices, &(struct change){
			      .subject = CONFIG,
			      .family = "config",
			      .token = why ?: "accepted",
			      .type = why ? "config-rejected" : "config-accepted",
			      .alert = "ReconciledConfigRejected",
			      .severity = why ? "warning" : "info",
			      .message = why,
			      .is_resolved = !why,
			      .is_silent = !why && is_first,
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

	notices->authorities[i] = RC_BUF_INIT(CA_MAX);
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

	if (daemon->config->n_sinks == 0)
		return NULL;
	notices = rc_new0(struct daemon_notices);
	notices->daemon = daemon;
	notices->told = json_object();
	notices->n_sinks = daemon->config->n_sinks;
	notices->sinks = rc_calloc(notices->n_sinks, sizeof(*notices->sinks));
	notices->authorities = rc_calloc(notices->n_sinks, sizeof(*notices->authorities));
	for (size_t i = 0; i < notices->n_sinks; i++)
		make_sink(notices, i);
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
