/*
 * What is to be rolled for a Secret is remembered before the Secret is written, and forgotten when
 * it was done: a crash in between, or an API server that fails, leaves no pods with credentials
 * that will end.
 */
#include <errno.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/refresh-private.h"
#include "secrets/target.h"

#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 60000

/* "cluster/namespace/secret" */
static char *name_of(const struct secrets_entry *entry)
{
	return rc_asprintf("%s/%s/%s", entry->manager->options.name, entry->name_space,
			   entry->external->target);
}

static int store(struct secrets_entry *entry, struct rc_error **err)
{
	rc_autofree char *name = name_of(entry);
	json_auto_t *document =
		entry->roll_for ? json_pack("{s:s}", "hash", entry->roll_for) : NULL;

	return rc_store_put(entry->manager->options.store, "restart", name, document, err);
}

int rc_secrets_pending_note(struct secrets_entry *entry, const char *hash, struct rc_error **err)
{
	char sealed[RC_SECRETS_SEAL_MAX];

	free(entry->roll_for);
	entry->roll_for =
		hash ? rc_strdup(rc_secrets_seal(entry->manager->seal, hash, sealed)) : NULL;
	entry->is_roll_known = true;
	entry->roll_attempts = 0;
	entry->roll_at_unix_s = 0;
	return store(entry, err);
}

static void load(struct secrets_entry *entry)
{
	rc_autofree char *name = name_of(entry);
	json_auto_t *document = NULL;

	if (entry->is_roll_known)
		return;
	entry->is_roll_known = true;
	rc_store_get(entry->manager->options.store, "restart", name, &document, NULL);
	entry->roll_for = rc_strdup(rc_json_text(document, "hash", NULL));
	rc_store_get(entry->manager->options.store, "restarted", name, &entry->restarted, NULL);
}

/* The Secret was written as it was noted: if it was not, its pods must not be rolled for it. */
static bool is_written(const struct secrets_entry *entry, const json_t *secret)
{
	const char *hash =
		secret ? rc_kube_object_get_annotation(secret, RC_SECRETS_HASH_NOTE) : NULL;
	char sealed[RC_SECRETS_SEAL_MAX];

	return hash &&
	       rc_text_equal(entry->roll_for, rc_secrets_seal(entry->manager->seal, hash, sealed));
}

static struct rc_secrets_restart *start(struct secrets_entry *entry, const json_t *secret,
					rc_secrets_restart_done_fn *done, void *userdata)
{
	const struct rc_secrets_manager_options *options = &entry->manager->options;

	return rc_secrets_restart_start(options->cluster, options->discovery, entry->name_space,
					entry->external->target,
					rc_json_get(secret, "metadata", "annotations", NULL),
					entry->roll_for, &entry->log, done, userdata);
}

/* Which were rolled, and when, is told also after a restart of ours. */
static void note_rolled(struct secrets_entry *entry, const json_t *rolled)
{
	rc_autofree char *name = name_of(entry);
	char now[RC_CLOCK_RFC3339_MAX];
	struct rc_error *err = NULL;

	if (json_array_size(rolled) == 0)
		return;
	rc_log_info(&entry->log, "%zu workloads read the changed secret", json_array_size(rolled));
	json_decref(entry->restarted);
	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	entry->restarted = json_pack("{s:s, s:O}", "time", now, "workloads", rolled);
	if (rc_store_put(entry->manager->options.store, "restarted", name, entry->restarted, &err) <
	    0)
		rc_log_error(&entry->log, LOG_WARNING, err, "remembering what was rolled");
	rc_error_free(err);
}

/* ---- as the last step of a refresh ---- */

static void on_rolled(void *userdata, int r, const json_t *rolled, struct rc_error *err)
{
	struct secrets_refresh *refresh = userdata;
	struct secrets_entry *entry = refresh->entry;

	refresh->restart = NULL;
	if (r < 0)
		rc_wrap(&err, r, "rolling what reads secret '%s'", entry->external->target);
	note_rolled(entry, rolled);
	if (r == 0)
		rc_secrets_pending_note(entry, NULL, NULL);
	rc_flow_resume(&refresh->flow, r, err);
}

int rc_secrets_refresh_restart(struct rc_flow *flow, struct rc_error **err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	struct secrets_entry *entry = refresh->entry;
	json_auto_t *live = NULL;

	load(entry);
	if (!entry->roll_for)
		return RC_NEXT;
	rc_secrets_pending_cancel(entry);
	if (!is_written(entry, refresh->secret)) {
		rc_secrets_pending_note(entry, NULL, err);
		return RC_NEXT;
	}
	live = rc_secrets_manager_load_content(entry->manager, "Secret", entry->name_space,
					       entry->external->target);
	refresh->restart = start(entry, live, on_rolled, refresh);
	return refresh->restart ? RC_WAIT : RC_NEXT;
}

/* ---- by itself ---- */

static void on_resumed(void *userdata, int r, const json_t *rolled, struct rc_error *err)
{
	struct secrets_entry *entry = userdata;

	entry->rolling = NULL;
	note_rolled(entry, rolled);
	if (r < 0) {
		rc_log_error(&entry->log, LOG_WARNING, err, "rolling what reads secret '%s'",
			     entry->external->target);
		entry->roll_at_unix_s = rc_clock_unix_s() + 1 +
					(int64_t)(rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS,
								      entry->roll_attempts++) /
						  1000);
	} else {
		rc_secrets_pending_note(entry, NULL, NULL);
	}
	rc_error_free(err);
	rc_secrets_queue_wake(entry, 0);
}

void rc_secrets_pending_resume(struct secrets_entry *entry)
{
	json_auto_t *live = NULL;

	load(entry);
	if (!entry->roll_for || entry->rolling || entry->refresh ||
	    entry->roll_at_unix_s > rc_clock_unix_s())
		return;
	entry->roll_at_unix_s = 0;
	live = rc_secrets_manager_load_content(entry->manager, "Secret", entry->name_space,
					       entry->external->target);
	if (is_written(entry, live))
		entry->rolling = start(entry, live, on_resumed, entry);
}

void rc_secrets_pending_cancel(struct secrets_entry *entry)
{
	rc_secrets_restart_cancel(rc_steal(&entry->rolling));
}
