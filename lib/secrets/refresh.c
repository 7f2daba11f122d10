/*
 * One refresh: open the store, read all that is asked for (each key once), make the Secret of it,
 * look at the live one, write what differs, roll what reads it. Nothing is written before all of it
 * was read, and an error leaves everything as it is.
 *
 * A lease is remembered as soon as it is known, before the Secret that holds it is written; what
 * was written is told to the lease's record before anything is rolled. So a crash at any moment
 * leaves behind at most what the record knows.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "secrets/refresh-private.h"

static const struct rc_step steps[] = {
	{"load", rc_secrets_refresh_load, 60},	      /* generators, texts of templates */
	{"open", rc_secrets_refresh_open, 10},	      /* stores: which, as whom */
	{"read", rc_secrets_refresh_read, 60},	      /* each key once */
	{"build", rc_secrets_refresh_build, 10},      /* values -> the Secret */
	{"look", rc_secrets_refresh_look, 60},	      /* the live one */
	{"write", rc_secrets_refresh_write, 60},      /* if it differs */
	{"prune", rc_secrets_refresh_prune, 60},      /* what others put into it */
	{"restart", rc_secrets_refresh_restart, 120}, /* what reads it */
	{NULL, NULL, 0},
};

static void release(struct secrets_refresh *refresh)
{
	refresh->entry->refresh = NULL;
	refresh->entry->manager->n_running--;
	rc_flow_cancel(&refresh->flow);
	rc_kube_request_cancel(refresh->request);
	rc_secrets_restart_cancel(refresh->restart);
	rc_secrets_refresh_free_reads(refresh);
	rc_secrets_refresh_free_loads(refresh);
	json_decref(refresh->used);
	json_decref(refresh->values);
	json_decref(refresh->live);
	json_decref(refresh->secret);
	json_decref(refresh->texts);
	rc_error_free(refresh->read_error);
	free(refresh->version);
	free(refresh);
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct secrets_refresh *refresh = rc_secrets_refresh_of(flow);
	struct secrets_entry *entry = refresh->entry;
	struct rc_secrets_manager *manager = entry->manager;

	entry->duration_ns = (rc_clock_monotonic_ms() - refresh->began_ms) * 1000000;
	if (r >= 0 && !refresh->is_promoted)
		rc_secrets_refresh_promote(refresh);
	if (r < 0)
		rc_secrets_status_failure(entry, err);
	else
		rc_secrets_status_success(entry, refresh->version, refresh->is_changed,
					  entry->external->manifest ? "ResourceSynced"
								    : "SecretSynced",
					  "secret synced");
	if (r >= 0 && refresh->mints)
		entry->is_wished = false;
	release(refresh);
	entry->is_dirty = false;
	rc_secrets_manager_catch_up(entry);
	/* From the loop: the watch of the Secret may be a moment behind. */
	rc_secrets_queue_wake(entry, 1);
	rc_secrets_queue_turn(manager);
}

void rc_secrets_refresh_start(struct secrets_entry *entry)
{
	struct secrets_refresh *refresh = rc_new0(struct secrets_refresh);

	refresh->entry = entry;
	refresh->mints = entry->mints;
	refresh->version = rc_secrets_external_version(entry->external->object);
	refresh->began_ms = rc_clock_monotonic_ms();
	refresh->used = json_object();
	entry->refresh = refresh;
	entry->started_unix_s = rc_clock_unix_s();
	entry->n_syncs++;
	entry->manager->n_running++;
	rc_flow_init(&refresh->flow, entry->manager->options.loop, steps, on_done);
	rc_flow_start(&refresh->flow);
}

void rc_secrets_refresh_cancel(struct secrets_entry *entry)
{
	if (entry->refresh)
		release(entry->refresh);
}
