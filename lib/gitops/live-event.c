/*
 * Kubernetes Events about an Application, with Argo CD's reasons and words: what kubectl describe
 * shows, and what people's alerts look for. They tell what a write of the status changes, so that a
 * restart tells nothing twice.
 */
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/live-private.h"
#include "kube/events.h"

static void tell(const struct live_item *item, bool is_warning, const char *reason,
		 const char *message)
{
	json_auto_t *about = json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "apiVersion", LIVE_GROUP "/v1alpha1", "kind",
		"Application", "metadata", "name", item->name, "namespace", item->name_space, "uid",
		item->uid ?: "", "resourceVersion", item->resource_version ?: "");

	rc_kube_events_record(rc_destination_get_events(item->live->options.destination), about,
			      is_warning, reason, message);
}

/* "sync" or "health" is another than before. */
static void tell_word(const struct live_item *item, const json_t *now, const char *key)
{
	const char *from = rc_json_text(item->status, key, "status", NULL) ?: "";
	const char *to = rc_json_text(now, key, "status", NULL) ?: "";
	rc_autofree char *message = NULL;

	if (strcmp(from, to) == 0)
		return;
	message = rc_asprintf("Updated %s status: %s -> %s", key, from, to);
	tell(item, false, "ResourceUpdated", message);
}

/* The commit, or the commits, of a sync or of its result. */
static char *name_revision(const json_t *of)
{
	const json_t *list = json_object_get(of, "revisions");
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	json_t *one;
	size_t i;

	rc_buf_add_str(&text, rc_str(rc_json_text(of, "revision", NULL) ?: ""));
	json_array_foreach (list, i, one)
		rc_buf_printf(&text, "%s%s", i ? " " : "", json_string_value(one) ?: "");
	return rc_buf_take(&text);
}

static void tell_start(const struct live_item *item, const json_t *state)
{
	const json_t *by = rc_json_get(state, "operation", "initiatedBy", NULL);
	const char *user = rc_json_text(by, "username", NULL);
	rc_autofree char *revision = name_revision(json_object_get(state, "syncResult"));
	rc_autofree char *message =
		json_is_true(json_object_get(by, "automated"))
			? rc_asprintf("Initiated automated sync to '%s'", revision)
			: rc_asprintf("%s initiated sync to %s",
				      user && *user ? user : "Unknown user", revision);

	tell(item, false, "OperationStarted", message);
}

static void tell_end(const struct live_item *item, const json_t *state)
{
	bool is_partial =
		json_array_size(rc_json_get(state, "operation", "sync", "resources", NULL)) > 0;
	bool is_good = rc_text_equal(rc_json_text(state, "phase", NULL), "Succeeded");
	rc_autofree char *revision = name_revision(json_object_get(state, "syncResult"));
	rc_autofree char *message =
		rc_asprintf("%s operation to %s %s%s", is_partial ? "Partial sync" : "Sync",
			    revision, is_good ? "succeeded" : "failed: ",
			    is_good ? "" : rc_json_text(state, "message", NULL) ?: "");

	tell(item, !is_good, "OperationCompleted", message);
}

static void tell_operation(const struct live_item *item, const json_t *now)
{
	const json_t *before = json_object_get(item->status, "operationState");
	bool is_same = rc_text_equal(rc_json_text(before, "startedAt", NULL),
				     rc_json_text(now, "startedAt", NULL));
	bool had_ended = is_same && json_object_get(before, "finishedAt");

	if (!now)
		return;
	if (!is_same)
		tell_start(item, now);
	if (json_object_get(now, "finishedAt") && !had_ended)
		tell_end(item, now);
}

void rc_live_event_tell(const struct live_item *item, const json_t *status)
{
	tell_word(item, status, "sync");
	tell_word(item, status, "health");
	tell_operation(item, json_object_get(status, "operationState"));
}
