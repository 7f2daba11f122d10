/*
 * Whether a wave is well. The answer comes from the watch cache alone; only when an object keeps
 * us waiting are its pods and the Events about it asked for, to say why.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/health.h"
#include "gitops/sync-private.h"

#define EXPLAIN_AFTER_MS 1500
#define EXPLAIN_EVERY_MS 5000
#define LOST_MAX	 3     /* then whoever deletes it has won */
#define DEGRADED_MS	 15000 /* so long it must last: autoscalers flap when they begin */

static void forget_why(struct rc_sync *sync)
{
	free(sync->pods);
	free(sync->event);
	sync->pods = NULL;
	sync->event = NULL;
}

void rc_sync_health_set_blocked(struct rc_sync *sync, size_t task, const char *text)
{
	rc_autofree char *before = sync->blocked;
	rc_autofree char *name = NULL;
	const char *why;

	if (task != sync->blocker) {
		forget_why(sync);
	}
	sync->blocker = task;
	sync->blocked = NULL;
	if (task < sync->plan->n) {
		name = rc_kube_object_format_key(&sync->plan->tasks[task].key);
		why = sync->pods ?: sync->event;
		sync->blocked = rc_asprintf("blocked by %s: %s%s%s", name, text, why ? ": " : "",
					    why ?: "");
	}
	if (rc_text_equal(before, sync->blocked))
		return;
	if (sync->blocked)
		rc_log_info(sync->options.log, "%s", sync->blocked);
	if (sync->options.changed)
		sync->options.changed(sync->options.userdata, sync);
}

static json_t *load(struct rc_sync *sync, const struct rc_task *task)
{
	struct rc_kube_key key = task->key;

	if (task->name)
		key.name = task->name;
	return rc_kube_cache_load(rc_destination_get_cache(sync->options.destination), &key);
}

/* ---- why something is not well ---- */

static bool is_blocker(const struct rc_sync *sync, const struct rc_task *task)
{
	return sync->blocker < sync->plan->n && task == &sync->plan->tasks[sync->blocker];
}

/* "a=b,c=d" of a workload's selector; NULL when it has none that is so simple. */
static char *format_selector(const json_t *object)
{
	const json_t *labels = rc_json_get(object, "spec", "selector", "matchLabels", NULL);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	const char *name;
	json_t *value;

	if (json_object_size(labels) == 0)
		return NULL;
	json_object_foreach ((json_t *)(uintptr_t)labels, name, value)
		rc_buf_printf(&text, "%s%s=%s", text.n ? "," : "", name,
			      json_string_value(value) ?: "");
	return rc_buf_take(&text);
}

static void ask(struct rc_sync *sync, struct rc_task *task, const char *kind,
		const char *label_selector, const char *field_selector, sync_call_fn *done)
{
	const struct rc_kube_resource *resource = rc_kube_discovery_find(
		rc_destination_get_discovery(sync->options.destination), "", kind, NULL);
	struct sync_call *call;

	if (!resource)
		return;
	call = rc_sync_call_new(sync, task, done);
	rc_sync_call_set(call,
			 rc_kube_apply_list(rc_destination_get_cluster(sync->options.destination),
					    resource, task->key.name_space, label_selector,
					    field_selector, rc_sync_call_on_done, call));
}

static void on_events(struct rc_sync *sync, struct rc_task *task, int r,
		      const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_error_free(err);
	if (r < 0 || !is_blocker(sync, task))
		return;
	free(sync->event);
	sync->event = rc_health_explain_events(answer->object);
}

static void ask_events(struct rc_sync *sync, struct rc_task *task, const json_t *live)
{
	rc_autofree char *fields =
		rc_asprintf("involvedObject.uid=%s", rc_kube_object_get_meta(live, "uid"));

	if (*task->key.name_space)
		ask(sync, task, "Event", NULL, fields, on_events);
}

/* What its pods do not explain may be among the Events about it: that none could be made. */
static void on_pods(struct rc_sync *sync, struct rc_task *task, int r,
		    const struct rc_kube_answer *answer, struct rc_error *err)
{
	json_auto_t *live = NULL;

	rc_error_free(err);
	if (!is_blocker(sync, task))
		return;
	if (r == 0) {
		free(sync->pods);
		sync->pods = rc_health_explain_pods(answer->object);
	}
	if (sync->pods)
		return;
	live = load(sync, task);
	if (live)
		ask_events(sync, task, live);
}

/* Its pods tell it best; what has none may have Events. */
static void ask_why(struct rc_sync *sync, struct rc_task *task, const json_t *live)
{
	uint64_t now_ms = rc_clock_monotonic_ms();
	rc_autofree char *labels = format_selector(live);

	if (now_ms - sync->wave_since_ms < EXPLAIN_AFTER_MS ||
	    now_ms - sync->explained_ms < EXPLAIN_EVERY_MS)
		return;
	sync->explained_ms = now_ms;
	if (labels)
		ask(sync, task, "Pod", labels, NULL, on_pods);
	else
		ask_events(sync, task, live);
}

/* ---- one task ---- */

enum verdict { WELL, WAITING, DEGRADED, ENDED_BADLY };

/* A hook that has a rule must end; without one, being there is enough. */
static enum verdict judge_hook(enum rc_health health)
{
	switch (health) {
	case RC_HEALTH_NONE:
	case RC_HEALTH_HEALTHY:
		return WELL;
	case RC_HEALTH_DEGRADED:
	case RC_HEALTH_UNKNOWN:
		return ENDED_BADLY;
	case RC_HEALTH_SUSPENDED:
	case RC_HEALTH_PROGRESSING:
	case RC_HEALTH_MISSING:
		break;
	}
	return WAITING;
}

static enum verdict judge_resource(const struct rc_task *task, enum rc_health health)
{
	if (task->item && task->item->traits.ignore_health)
		return WELL;
	switch (health) {
	case RC_HEALTH_NONE:
	case RC_HEALTH_HEALTHY:
		return WELL;
	case RC_HEALTH_DEGRADED:
		return DEGRADED;
	case RC_HEALTH_UNKNOWN:
	case RC_HEALTH_SUSPENDED:
	case RC_HEALTH_PROGRESSING:
	case RC_HEALTH_MISSING:
		break;
	}
	return WAITING;
}

/* The kind's rule reads what the watch brings; what was written and is not there yet is waited
 * for, unless nothing watches it (the namespace of CreateNamespace). */
static enum verdict judge(struct rc_sync *sync, struct rc_task *task, json_t **ret_live,
			  char **ret_message)
{
	json_t *live = load(sync, task);
	enum rc_health health;
	bool is_pending;

	*ret_live = live;
	if (!live) {
		*ret_message = rc_strdup("is not there yet");
		return WAITING;
	}
	health = rc_judge_assess(sync->options.judge, sync->options.destination, live, ret_message,
				 &is_pending);
	if (is_pending)
		return WAITING;
	if (task->action == RC_ACTION_HOOK)
		return judge_hook(health);
	return judge_resource(task, health);
}

/* From its making until it ended, as a Job says it, else until now. */
static double measure_hook(const json_t *live)
{
	const char *end = rc_json_text(live, "status", "completionTime", NULL);
	const char *begin = rc_json_text(live, "metadata", "creationTimestamp", NULL);
	int64_t from = 0, to = rc_clock_unix_s();

	if (!begin || rc_clock_parse_rfc3339(begin, &from) < 0)
		return 0;
	if (end)
		rc_clock_parse_rfc3339(end, &to);
	return to > from ? (double)(to - from) : 0;
}

static int end_hook(struct rc_sync *sync, struct rc_task *task, const json_t *live, bool is_good,
		    const char *message, struct rc_error **err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);
	int r = rc_sync_hook_note(sync, task, is_good ? "done" : "failed", measure_hook(live), err);

	if (r < 0)
		return r;
	if (is_good) {
		rc_task_set_state(task, RC_TASK_DONE);
		rc_log_info(sync->options.log, "hook %s %s ended well",
			    rc_phase_to_string(task->phase), name);
		return 0;
	}
	rc_task_set_state(task, RC_TASK_FAILED);
	free(task->message);
	task->message = rc_strdup(message);
	return rc_fail(err, -EINVAL, "%s hook %s failed: %s", rc_phase_to_string(task->phase), name,
		       message ?: "it is degraded");
}

static int judge_task(struct rc_sync *sync, size_t i, bool *ret_waits, struct rc_error **err)
{
	struct rc_task *task = &sync->plan->tasks[i];
	rc_autofree char *message = NULL;
	json_auto_t *live = NULL;
	enum verdict verdict = judge(sync, task, &live, &message);

	if (verdict == WELL && task->action == RC_ACTION_HOOK)
		return end_hook(sync, task, live, true, NULL, err);
	if (verdict == ENDED_BADLY)
		return end_hook(sync, task, live, false, message, err);
	if (verdict == WELL) {
		rc_task_set_state(task, RC_TASK_DONE);
		return 0;
	}
	if (verdict == DEGRADED)
		sync->n_degraded++;
	if (!*ret_waits) {
		rc_sync_health_set_blocked(sync, i, message ?: "is not healthy yet");
		if (live)
			ask_why(sync, task, live);
	}
	*ret_waits = true;
	return 0;
}

/* It was there when the run began, or has been written since, and is not any more. */
static bool is_lost(const struct rc_sync *sync, const struct rc_task *task)
{
	struct rc_kube_cache *cache = rc_destination_get_cache(sync->options.destination);

	return task->state == RC_TASK_RUNNING && task->item && task->n_lost < LOST_MAX &&
	       (task->action == RC_ACTION_KEEP || (task->action == RC_ACTION_APPLY && task->uid)) &&
	       rc_kube_cache_is_current(cache, task->key.group, task->key.kind) &&
	       !rc_kube_cache_find(cache, &task->key);
}

/* What somebody deleted meanwhile nobody else will make again: back to the stage that writes. */
static bool put_back_lost(struct rc_sync *sync)
{
	bool is_any = false;

	for (size_t i = sync->begin; i < sync->end; i++) {
		struct rc_task *task = &sync->plan->tasks[i];
		rc_autofree char *name = NULL;

		if (!is_lost(sync, task))
			continue;
		name = rc_kube_object_format_key(&task->key);
		rc_log_notice(sync->options.log, "%s was deleted meanwhile; making it again", name);
		task->action = RC_ACTION_APPLY;
		rc_task_set_state(task, RC_TASK_PENDING);
		task->is_created = true;
		task->n_lost++;
		is_any = true;
	}
	return is_any;
}

int rc_sync_health_judge(struct rc_sync *sync, struct rc_error **err)
{
	size_t was_degraded = sync->n_degraded;
	uint64_t now_ms = rc_clock_monotonic_ms();
	bool waits = false;

	if (put_back_lost(sync)) {
		sync->stage = SYNC_STAGE_APPLY;
		return 1;
	}
	sync->n_degraded = 0;
	for (size_t i = sync->begin; i < sync->end; i++) {
		struct rc_task *task = &sync->plan->tasks[i];
		int r = 0;

		if (task->state == RC_TASK_RUNNING && task->action != RC_ACTION_PRUNE)
			r = judge_task(sync, i, &waits, err);
		if (r < 0)
			return r;
	}
	if (sync->n_degraded > 0 && was_degraded == 0)
		sync->degraded_since_ms = now_ms;
	if (sync->n_degraded > 0 && now_ms - sync->degraded_since_ms > DEGRADED_MS)
		return rc_fail(err, -EINVAL, "wave %d: %s", sync->plan->tasks[sync->begin].wave,
			       sync->blocked);
	return waits ? 1 : 0;
}
