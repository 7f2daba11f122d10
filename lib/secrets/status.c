/* What an ExternalSecret says of itself in the cluster: conditions and events, as External Secrets
 * writes them. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/manager-private.h"

#define EXPIRES_S 900 /* less is left of credentials that cannot be replaced */

static void on_status(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_secrets_manager *manager = userdata;

	(void)answer;
	if (r < 0 && r != -ENOENT)
		rc_log_error(&manager->log, LOG_WARNING, err, "writing an ExternalSecret's status");
	rc_error_free(err);
}

static void write_patch(struct secrets_entry *entry, const json_t *patch)
{
	const struct rc_kube_resource *resource =
		rc_secrets_manager_resource(entry->manager, "ExternalSecret");
	struct rc_kube_key key = {SECRETS_GROUP, "ExternalSecret", entry->name_space, entry->name};

	if (resource)
		rc_kube_apply_patch(entry->manager->options.cluster, resource, &key, patch,
				    "status", NULL, on_status, entry->manager);
	/* Not to be waited for: what we know counts until the watch tells it. */
	rc_json_merge(entry->object, patch);
	if (entry->external)
		rc_json_merge(entry->external->object, patch);
}

static void write_status(struct secrets_entry *entry, bool is_ready, const char *version,
			 const char *reason, const char *message)
{
	const json_t *before =
		json_array_get(rc_json_get(entry->object, "status", "conditions", NULL), 0);
	const char *status = is_ready ? "True" : "False";
	bool flips = !rc_text_equal(rc_json_text(before, "status", NULL), status);
	char now[RC_CLOCK_RFC3339_MAX], refreshed[RC_CLOCK_RFC3339_MAX];
	json_auto_t *patch = NULL;
	json_t *to;

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	if (!is_ready && !flips && rc_text_equal(rc_json_text(before, "message", NULL), message))
		return;
	patch = json_pack(
		"{s:{s:[{s:s, s:s, s:s, s:s, s:s}]}}", "status", "conditions", "type", "Ready",
		"status", status, "reason", reason, "message", message, "lastTransitionTime",
		flips ? now : rc_json_text(before, "lastTransitionTime", NULL) ?: now);
	if (is_ready) {
		to = json_object_get(patch, "status");
		json_object_set_new(
			to, "refreshTime",
			json_string(rc_clock_format_rfc3339(entry->started_unix_s, refreshed)));
		json_object_set_new(to, "syncedResourceVersion", json_string(version));
		json_object_set_new(to, "binding",
				    json_pack("{s:s}", "name", entry->external->target));
	}
	write_patch(entry, patch);
}

static void tell(const struct secrets_entry *entry, bool is_ready, const char *message)
{
	const struct rc_secrets_manager_options *options = &entry->manager->options;
	int64_t end = rc_secrets_lease_get_soonest_end(&entry->record);
	json_auto_t *what = NULL;

	if (!options->changed)
		return;
	what = json_pack("{s:s, s:s, s:s, s:b, s:s, s:b, s:b}", "kind", "ExternalSecret",
			 "namespace", entry->name_space, "name", entry->name, "ready", is_ready,
			 "message", message, "rotates", end != 0, "expires",
			 !is_ready && end != 0 && end - rc_clock_unix_s() < EXPIRES_S);
	if (what)
		options->changed(options->userdata, what);
}

void rc_secrets_status_success(struct secrets_entry *entry, const char *version, bool is_changed,
			       const char *reason, const char *message)
{
	if (entry->error)
		rc_log_notice(&entry->log, "in sync again");
	entry->attempts = 0;
	entry->synced_unix_s = rc_clock_unix_s();
	rc_error_free(rc_steal(&entry->error));
	write_status(entry, true, version, reason, message);
	tell(entry, true, message);
	if (is_changed)
		rc_kube_events_record(entry->manager->options.events, entry->object, false,
				      "Updated", message);
}

void rc_secrets_status_failure(struct secrets_entry *entry, struct rc_error *err)
{
	rc_autofree char *before = entry->error ? rc_error_format(entry->error) : NULL;
	rc_autofree char *now = rc_error_format(err);

	entry->attempts++;
	entry->n_errors++;
	/* Manifests come in any order: a store may be a moment behind those who name it. */
	if (entry->attempts == 1 && err->code == -ENOENT) {
		rc_log_info(&entry->log, "%s", now);
	} else if (entry->attempts == 2 || !rc_text_equal(before, now)) {
		rc_log_error(&entry->log, LOG_WARNING, err, "refreshing");
		rc_kube_events_record(entry->manager->options.events, entry->object, true,
				      "UpdateFailed", now);
	}
	rc_error_free(entry->error);
	entry->error = err;
	write_status(entry, false, NULL,
		     entry->external && entry->external->manifest ? "ResourceSyncedError"
								  : "SecretSyncedError",
		     now);
	if (entry->attempts > 1 || err->code != -ENOENT)
		tell(entry, false, now);
}
