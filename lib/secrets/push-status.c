/* What a PushSecret says of itself in the cluster, as External Secrets writes it; and its metrics.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/push-private.h"

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct rc_secrets_manager *manager = userdata;

	(void)answer;
	if (r < 0 && r != -ENOENT)
		rc_log_error(&manager->log, LOG_WARNING, err, "writing a PushSecret's status");
	rc_error_free(err);
}

/* The merge patch that makes from into to; what is only in from becomes null. The caller's. */
static json_t *find_patch(const json_t *from, const json_t *to)
{
	json_t *patch = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)from, key, value)
		if (!json_object_get(to, key))
			json_object_set_new(patch, key, json_null());
	json_object_foreach ((json_t *)(uintptr_t)to, key, value) {
		const json_t *old = json_object_get(from, key);

		if (json_is_object(old) && json_is_object(value))
			json_object_set_new(patch, key, find_patch(old, value));
		else
			json_object_set(patch, key, value);
	}
	return patch;
}

static void write_status(struct push *push, json_t *status)
{
	struct rc_secrets_manager *manager = push->pushes->manager;
	const struct rc_kube_resource *resource = rc_secrets_manager_resource(manager, PUSH_KIND);
	struct rc_kube_key key = {SECRETS_GROUP, PUSH_KIND, push->name_space, push->name};
	const json_t *before = json_object_get(push->object, "status");
	json_auto_t *patch = NULL;

	if (!json_equal(before, status) && resource) {
		patch = json_pack("{s:o}", "status", find_patch(before, status));
		rc_kube_apply_patch(manager->options.cluster, resource, &key, patch, "status", NULL,
				    on_written, manager);
		json_object_set(push->object, "status", status);
	}
	json_decref(status);
}

/* The status as it is, with another condition; the caller's. */
static json_t *with_condition(const struct push *push, bool is_ready, const char *reason,
			      const char *message)
{
	const json_t *status = json_object_get(push->object, "status");
	const json_t *before = json_array_get(json_object_get(status, "conditions"), 0);
	const char *word = is_ready ? "True" : "False";
	const char *since = rc_json_text(before, "lastTransitionTime", NULL);
	bool flips = !rc_text_equal(rc_json_text(before, "status", NULL), word);
	json_t *after = status ? json_deep_copy(status) : json_object();
	char now[RC_CLOCK_RFC3339_MAX];

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	json_object_set_new(after, "conditions",
			    json_pack("[{s:s, s:s, s:s, s:s, s:s}]", "type", "Ready", "status",
				      word, "reason", reason, "message", message,
				      "lastTransitionTime", flips ? now : since ?: now));
	return after;
}

void rc_secrets_push_tell_done(struct push *push, const char *version, const json_t *synced)
{
	bool keeps = rc_text_equal(rc_json_text(push->object, "spec", "updatePolicy", NULL),
				   "IfNotExists");
	const char *message = keeps ? "PushSecret synced successfully. Existing secrets in "
				      "providers unchanged."
				    : "PushSecret synced successfully";
	json_t *status = with_condition(push, true, "Synced", message);
	char began[RC_CLOCK_RFC3339_MAX];

	json_object_set_new(status, "refreshTime",
			    json_string(rc_clock_format_rfc3339(push->started_unix_s, began)));
	json_object_set_new(status, "syncedResourceVersion", json_string(version));
	json_object_set(status, "syncedPushSecrets", (json_t *)(uintptr_t)synced);
	if (push->error)
		rc_log_notice(&push->log, "pushed again");
	rc_kube_events_record(push->pushes->manager->options.events, push->object, false, "Synced",
			      message);
	write_status(push, status);
}

void rc_secrets_push_tell_source_gone(struct push *push)
{
	static const char message[] = "source secret deleted; provider secrets cleaned up";
	json_t *status = with_condition(push, false, "SourceDeleted", message);

	json_object_del(status, "syncedPushSecrets");
	rc_kube_events_record(push->pushes->manager->options.events, push->object, false,
			      "SourceDeleted", message);
	write_status(push, status);
}

void rc_secrets_push_tell_failure(struct push *push, const struct rc_error *err,
				  const json_t *synced)
{
	rc_autofree char *before = push->error ? rc_error_format(push->error) : NULL;
	rc_autofree char *now = rc_error_format(err);
	json_t *status = with_condition(push, false, "Errored", now);

	if (synced)
		json_object_set(status, "syncedPushSecrets", (json_t *)(uintptr_t)synced);
	/* Manifests come in any order: a store may be a moment behind those who name it. */
	if (push->attempts == 0 && err->code == -ENOENT) {
		rc_log_info(&push->log, "%s", now);
	} else if (push->attempts == 1 || !rc_text_equal(before, now)) {
		rc_log_error(&push->log, LOG_WARNING, err, "pushing");
		rc_kube_events_record(push->pushes->manager->options.events, push->object, true,
				      "Errored", now);
	}
	write_status(push, status);
}

/* ---- metrics ---- */

static void write_sample(const struct push *push, bool is_duration, struct rc_buf *out)
{
	static const char *const states[] = {"True", "False"};
	const json_t *condition =
		json_array_get(rc_json_get(push->object, "status", "conditions", NULL), 0);
	const char *ready = rc_json_text(condition, "status", NULL);

	if (is_duration) {
		rc_buf_printf(out,
			      "pushsecret_reconcile_duration{name=\"%s\",namespace=\"%s\"} %g\n",
			      push->name, push->name_space, (double)push->duration_ns);
		return;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(states); i++)
		rc_buf_printf(out,
			      "pushsecret_status_condition{name=\"%s\",namespace=\"%s\","
			      "condition=\"Ready\",status=\"%s\"} %d\n",
			      push->name, push->name_space, states[i],
			      rc_text_equal(ready, states[i]));
}

void rc_secrets_push_write_samples(const struct secrets_pushes *pushes, const char *metric,
				   struct rc_buf *out)
{
	bool is_duration = strcmp(metric, "pushsecret_reconcile_duration") == 0;

	if (!is_duration && strcmp(metric, "pushsecret_status_condition") != 0)
		return;
	for (const struct push *push = pushes->all; push; push = push->hh.next)
		write_sample(push, is_duration, out);
}
