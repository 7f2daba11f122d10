/*
 * Hooks. Each carries the id of the run that made it and our finalizer, so that neither a crash of
 * ours nor a Job that removes itself makes us lose its end; the journal notes its end before
 * anything is built on it. That is what "not run twice" rests on.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/sync-private.h"
#include "gitops/tracking.h"

#define FINALIZER "reconciled.io/hook"

static char *name_of(const struct rc_task *task)
{
	rc_autofree char *key = rc_kube_object_format_key(&task->key);

	return rc_asprintf("%s %s%s%s", rc_phase_to_string(task->phase), key, task->name ? " " : "",
			   task->name ?: "");
}

int rc_sync_hook_save_journal(struct rc_sync *sync, struct rc_error **err)
{
	return rc_store_put(sync->options.store, "run", sync->options.application->name,
			    sync->journal, err);
}

static const json_t *recall(const struct rc_sync *sync, const struct rc_task *task)
{
	rc_autofree char *name = name_of(task);

	return rc_json_get(sync->journal, "hooks", name, NULL);
}

const char *rc_sync_hook_recall(const struct rc_sync *sync, const struct rc_task *task)
{
	return rc_json_text(recall(sync, task), "state", NULL);
}

int rc_sync_hook_note(struct rc_sync *sync, struct rc_task *task, const char *state, double seconds,
		      struct rc_error **err)
{
	rc_autofree char *name = name_of(task);

	json_object_set_new(json_object_get(sync->journal, "hooks"), name,
			    json_pack("{s:s, s:s, s:f}", "uid", task->uid ?: "", "state", state,
				      "seconds", seconds));
	return rc_sync_hook_save_journal(sync, err);
}

json_t *rc_sync_list_hooks(const struct rc_sync *sync)
{
	json_t *hooks = json_array();

	for (size_t i = 0; i < sync->plan->n; i++) {
		const struct rc_task *task = &sync->plan->tasks[i];
		const char *prefix = task->item ? task->item->generate_name : NULL;
		const json_t *note = task->action == RC_ACTION_HOOK ? recall(sync, task) : NULL;
		const char *state = rc_json_text(note, "state", NULL);
		const json_t *seconds = json_object_get(note, "seconds");

		/* The journal of an older version has no time. */
		if (!seconds || rc_text_equal(state, "running"))
			continue;
		json_array_append_new(
			hooks, json_pack("{s:s, s:s, s:s, s:O}", "phase",
					 rc_phase_to_string(task->phase), "kind", task->key.kind,
					 "name", prefix ?: task->key.name, "seconds", seconds));
	}
	return hooks;
}

/* A hook of two phases is made twice. */
static char *name_run(const struct rc_sync *sync, const struct rc_task *task)
{
	return rc_asprintf("%s/%s", sync->id, rc_phase_to_string(task->phase));
}

bool rc_sync_hook_is_of_run(const struct rc_sync *sync, const struct rc_task *task,
			    const json_t *live)
{
	rc_autofree char *run = name_run(sync, task);

	return rc_text_equal(rc_kube_object_get_annotation(live, RC_SYNC_RUN), run);
}

json_t *rc_sync_hook_make(const struct rc_sync *sync, const struct rc_task *task)
{
	json_t *object = rc_desired_item_load(task->item);
	json_t *metadata = json_object_get(object, "metadata"), *finalizers;
	struct rc_kube_key key = task->key;
	rc_autofree char *run = NULL;

	if (task->name) {
		json_object_del(metadata, "generateName");
		json_object_set_new(metadata, "name", json_string(task->name));
		key.name = task->name;
		rc_tracking_set(object, sync->options.instance, sync->options.application->name,
				&key);
	}
	run = name_run(sync, task);
	rc_kube_object_set_annotation(object, RC_SYNC_RUN, run);
	finalizers = json_object_get(metadata, "finalizers");
	if (!finalizers) {
		finalizers = json_array();
		json_object_set_new(metadata, "finalizers", finalizers);
	}
	json_array_append_new(finalizers, json_string(FINALIZER));
	return object;
}

/* ---- the end of their days ---- */

static void on_released(struct rc_sync *sync, struct rc_task *task, int r,
			const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	(void)answer;
	if (r < 0 && r != -ENOENT)
		rc_log_error(sync->options.log, LOG_WARNING, err, "letting hook %s go", name);
	rc_error_free(err);
}

void rc_sync_hook_release(struct rc_sync *sync, struct rc_task *task, const json_t *live)
{
	const struct rc_kube_resource *resource = rc_sync_call_resource(sync, task);
	const json_t *finalizers = rc_json_get(live, "metadata", "finalizers", NULL);
	json_auto_t *patch = NULL;
	json_t *kept = json_array(), *finalizer;
	struct rc_kube_key key = task->key;
	struct sync_call *call;
	size_t i;

	json_array_foreach (finalizers, i, finalizer)
		if (strcmp(json_string_value(finalizer) ?: "", FINALIZER) != 0)
			json_array_append(kept, finalizer);
	patch = json_pack("{s:{s:o}}", "metadata", "finalizers", kept);
	if (!resource || json_array_size(kept) == json_array_size(finalizers))
		return;
	if (task->name)
		key.name = task->name;
	call = rc_sync_call_new(sync, task, on_released);
	rc_sync_call_set(call,
			 rc_kube_apply_patch(rc_destination_get_cluster(sync->options.destination),
					     resource, &key, patch, NULL, NULL,
					     rc_sync_call_on_done, call));
}

/* What the outcome of the whole run says about a hook that was made. */
static bool is_to_go(const struct rc_sync *sync, const struct rc_task *task)
{
	const struct rc_traits *traits = &task->item->traits;

	if (sync->stop && task->state == RC_TASK_RUNNING)
		return true;
	return sync->failure ? traits->delete_on_failure : traits->delete_on_success;
}

int rc_sync_hook_clean(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);
	bool is_asked = sync->group == (size_t)-1;

	(void)err;
	if (sync->n_calls > 0)
		return RC_WAIT_AGAIN;
	if (is_asked)
		return RC_NEXT;
	sync->group = (size_t)-1;
	for (size_t i = 0; i < sync->plan->n; i++) {
		struct rc_task *task = &sync->plan->tasks[i];
		struct rc_kube_key key = task->key;
		json_auto_t *live = NULL;

		if (task->action != RC_ACTION_HOOK)
			continue;
		if (task->name)
			key.name = task->name;
		live = rc_kube_cache_load(rc_destination_get_cache(sync->options.destination),
					  &key);
		if (!live || !rc_sync_hook_is_of_run(sync, task, live))
			continue;
		rc_sync_hook_release(sync, task, live);
		if (is_to_go(sync, task))
			rc_sync_wave_delete(sync, task, on_released);
	}
	return sync->n_calls > 0 ? RC_WAIT_AGAIN : RC_NEXT;
}
