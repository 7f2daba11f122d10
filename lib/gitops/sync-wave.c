/*
 * One wave: delete what is to go and see it gone, clear what an earlier run's hooks left, write
 * kind by kind (each kind's objects side by side), wait until all are well. Then the next.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/sync-private.h"

static struct rc_kube_cluster *cluster_of(const struct rc_sync *sync)
{
	return rc_destination_get_cluster(sync->options.destination);
}

static struct rc_kube_cache *cache_of(const struct rc_sync *sync)
{
	return rc_destination_get_cache(sync->options.destination);
}

/* ---- writing ---- */

void rc_sync_wave_delete(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done)
{
	const struct rc_kube_resource *resource = rc_sync_call_resource(sync, task);
	struct rc_kube_key key = task->key;
	struct rc_kube_delete_options options = {
		.propagation = task->action == RC_ACTION_PRUNE ? sync->how.prune_propagation
							       : "Background",
	};
	struct sync_call *call;

	if (task->name)
		key.name = task->name;
	if (!resource) { /* a kind that is not served has no objects */
		rc_task_set_state(task, RC_TASK_DONE);
		return;
	}
	call = rc_sync_call_new(sync, task, done);
	rc_sync_call_set(call, rc_kube_apply_delete(cluster_of(sync), resource, &key, &options,
						    rc_sync_call_on_done, call));
}

static void fail_task(struct rc_sync *sync, struct rc_task *task, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	free(task->message);
	task->message = rc_error_format(err);
	rc_task_set_state(task, RC_TASK_FAILED);
	if (sync->failure) {
		rc_error_free(err);
		return;
	}
	sync->failure = err;
	rc_wrap(&sync->failure, err->code, "%s %s",
		task->action == RC_ACTION_PRUNE ? "deleting" : "applying", name);
}

static void on_cleared(struct rc_sync *sync, struct rc_task *task, int r,
		       const struct rc_kube_answer *answer, struct rc_error *err)
{
	(void)answer;
	if (r < 0 && r != -ENOENT) {
		fail_task(sync, task, err);
		return;
	}
	rc_error_free(err);
	task->is_created = true; /* pending again: written when the cache sees it gone */
}

void rc_sync_wave_on_written(struct rc_sync *sync, struct rc_task *task, int r,
			     const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	if (!task->is_created && rc_sync_write_is_forced(sync, task, r, err)) {
		rc_log_notice(sync->options.log, "%s cannot be changed in place; replacing it",
			      name);
		rc_error_free(err);
		rc_sync_wave_delete(sync, task, on_cleared);
		return;
	}
	if (r < 0) {
		fail_task(sync, task, err);
		return;
	}
	rc_kube_cache_note(cache_of(sync), answer->object);
	free(task->uid);
	task->uid = rc_strdup(rc_kube_object_get_meta(answer->object, "uid"));
	rc_task_set_state(task, RC_TASK_RUNNING);
	rc_log_notice(sync->options.log, "%s %s", task->is_created ? "created" : "configured",
		      name);
	if (task->action == RC_ACTION_HOOK && rc_sync_hook_note(sync, task, "running", 0, &err) < 0)
		fail_task(sync, task, err);
}

/* ---- stages ---- */

static void on_deleted(struct rc_sync *sync, struct rc_task *task, int r,
		       const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	(void)answer;
	if (r < 0 && r != -ENOENT) {
		fail_task(sync, task, err);
		return;
	}
	rc_error_free(err);
	rc_log_notice(sync->options.log, "pruned %s", name);
}

static void start_prunes(struct rc_sync *sync)
{
	for (size_t i = sync->begin; i < sync->end; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (task->action != RC_ACTION_PRUNE || task->state != RC_TASK_PENDING)
			continue;
		rc_task_set_state(task, RC_TASK_RUNNING);
		rc_sync_wave_delete(sync, task, on_deleted);
	}
}

static bool is_gone(struct rc_sync *sync, const struct rc_task *task)
{
	struct rc_kube_key key = task->key;

	if (task->name)
		key.name = task->name;
	return rc_kube_cache_find(cache_of(sync), &key) == NULL;
}

/* Whether everything that was deleted in this wave is gone; names what is not. */
static bool are_gone(struct rc_sync *sync)
{
	for (size_t i = sync->begin; i < sync->end; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (task->action != RC_ACTION_PRUNE || task->state != RC_TASK_RUNNING)
			continue;
		if (!is_gone(sync, task)) {
			rc_sync_health_set_blocked(sync, i, "is being deleted, but is still there");
			return false;
		}
		rc_task_set_state(task, RC_TASK_DONE);
	}
	return true;
}

static void on_left_over_deleted(struct rc_sync *sync, struct rc_task *task, int r,
				 const struct rc_kube_answer *answer, struct rc_error *err)
{
	(void)answer;
	if (r < 0 && r != -ENOENT)
		fail_task(sync, task, err);
	else
		rc_error_free(err);
}

/*
 * A hook's object is still there. Made by this run, before a crash: go on with it. By an earlier
 * one: it goes first. Returns whether the wave has to wait.
 */
static bool clear_hook(struct rc_sync *sync, size_t i)
{
	struct rc_task *task = &sync->plan->tasks[i];
	struct rc_kube_key key = task->key;
	const char *recalled = rc_sync_hook_recall(sync, task);
	json_auto_t *live = NULL;

	if (recalled && strcmp(recalled, "done") == 0) {
		rc_task_set_state(task, RC_TASK_DONE);
		return false;
	}
	if (task->name)
		key.name = task->name;
	live = rc_kube_cache_load(cache_of(sync), &key);
	if (!live)
		return false;
	if (rc_sync_hook_is_of_run(sync, task, live)) {
		rc_task_set_state(task, RC_TASK_RUNNING);
		return false;
	}
	rc_sync_health_set_blocked(sync, i, "is left from an earlier sync and being deleted");
	if (task->uid && strcmp(task->uid, rc_kube_object_get_meta(live, "uid")) == 0)
		return true; /* its deletion was asked for */
	free(task->uid);
	task->uid = rc_strdup(rc_kube_object_get_meta(live, "uid"));
	rc_sync_hook_release(sync, task, live);
	rc_sync_wave_delete(sync, task, on_left_over_deleted);
	return true;
}

static bool are_hooks_clear(struct rc_sync *sync)
{
	bool clear = true;

	for (size_t i = sync->begin; i < sync->end; i++)
		if (sync->plan->tasks[i].action == RC_ACTION_HOOK &&
		    sync->plan->tasks[i].state == RC_TASK_PENDING && clear_hook(sync, i))
			clear = false;
	return clear;
}

/* Write the tasks of the next kind; returns where the one after begins. */
static size_t start_group(struct rc_sync *sync)
{
	const struct rc_kube_key *first = &sync->plan->tasks[sync->group].key;
	size_t i = sync->group;

	for (; i < sync->end; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (strcmp(task->key.kind, first->kind) != 0 ||
		    strcmp(task->key.group, first->group) != 0)
			break;
		if (task->state != RC_TASK_PENDING)
			continue;
		if (task->action == RC_ACTION_KEEP)
			rc_task_set_state(task, RC_TASK_RUNNING);
		else if (task->action != RC_ACTION_PRUNE)
			rc_sync_write_start(sync, task, false, rc_sync_wave_on_written);
	}
	return i;
}

/* Tasks that were put back to pending by a forced replacement: returns whether to wait. */
static bool retry_replaced(struct rc_sync *sync)
{
	bool waits = false;

	for (size_t i = sync->begin; i < sync->end; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (task->state != RC_TASK_PENDING || task->action != RC_ACTION_APPLY)
			continue;
		waits = true;
		if (is_gone(sync, task))
			rc_sync_write_start(sync, task, false, rc_sync_wave_on_written);
		else
			rc_sync_health_set_blocked(sync, i, "is being replaced");
	}
	return waits;
}

/* A CRD of this wave brings kinds that the next one may need. */
static void look_for_new_kinds(struct rc_sync *sync)
{
	for (size_t i = sync->begin; i < sync->end; i++)
		if (strcmp(sync->plan->tasks[i].key.kind, "CustomResourceDefinition") == 0 &&
		    sync->plan->tasks[i].action == RC_ACTION_APPLY)
			rc_destination_rediscover(sync->options.destination);
}

/* Between waves the run may be told to wait; that is nobody's delay. */
static bool is_held(struct rc_sync *sync)
{
	char *why = sync->options.hold ? sync->options.hold(sync->options.userdata) : NULL;

	if (!why)
		return false;
	rc_sync_health_set_blocked(sync, sync->plan->n, NULL);
	sync->blocked = why;
	sync->wave_since_ms = rc_clock_monotonic_ms();
	return true;
}

/* One move; RC_NEXT: the wave moved on, look again; RC_WAIT_AGAIN; or an error. */
static int move(struct rc_sync *sync, struct rc_error **err)
{
	int r;

	switch (sync->stage) {
	case SYNC_STAGE_BEGIN:
		if (is_held(sync))
			return RC_WAIT_AGAIN;
		sync->end = rc_plan_next_wave(sync->plan, sync->begin);
		sync->stage = SYNC_STAGE_PRUNE;
		sync->wave_since_ms = rc_clock_monotonic_ms();
		return RC_NEXT;
	case SYNC_STAGE_PRUNE:
		start_prunes(sync);
		sync->stage = SYNC_STAGE_GONE;
		return RC_NEXT;
	case SYNC_STAGE_GONE:
		if (!are_gone(sync))
			return RC_WAIT_AGAIN;
		sync->stage = SYNC_STAGE_CLEAN;
		return RC_NEXT;
	case SYNC_STAGE_CLEAN:
		if (!are_hooks_clear(sync))
			return RC_WAIT_AGAIN;
		sync->stage = SYNC_STAGE_APPLY;
		sync->group = sync->begin;
		return RC_NEXT;
	case SYNC_STAGE_APPLY:
		if (sync->group < sync->end) {
			r = rc_sync_kind_wait(sync, sync->group, err);
			if (r != 0)
				return r < 0 ? r : RC_WAIT_AGAIN;
			sync->group = start_group(sync);
			return RC_NEXT;
		}
		if (retry_replaced(sync))
			return RC_WAIT_AGAIN;
		look_for_new_kinds(sync);
		sync->stage = SYNC_STAGE_HEALTH;
		sync->wave_since_ms = rc_clock_monotonic_ms();
		return RC_NEXT;
	case SYNC_STAGE_HEALTH:
		r = rc_sync_health_judge(sync, err);
		if (sync->stage == SYNC_STAGE_APPLY)
			return RC_NEXT;
		if (r != 0)
			return r < 0 ? r : RC_WAIT_AGAIN;
		sync->begin = sync->end;
		sync->stage = SYNC_STAGE_BEGIN;
		return RC_NEXT;
	}
	return RC_NEXT;
}

static int fail_overdue(const struct rc_sync *sync, struct rc_error **err)
{
	return rc_fail(err, -EINVAL, "wave %d of %s: after %llu s still %s",
		       sync->plan->tasks[sync->begin].wave,
		       rc_phase_to_string(sync->plan->tasks[sync->begin].phase),
		       (unsigned long long)sync->options.wave_timeout_ms / 1000,
		       sync->blocked ?: "waiting");
}

/* Something failed, or it was told to stop, perhaps by who was told of the last move. */
static int check_end(struct rc_sync *sync, struct rc_error **err)
{
	if (sync->stop)
		return rc_fail(err, -ECANCELED, "%s", sync->stop);
	if (sync->failure)
		return rc_error_move(err, rc_steal(&sync->failure));
	return 0;
}

static int run_waves(struct rc_sync *sync, enum rc_phase first, enum rc_phase last,
		     struct rc_error **err)
{
	for (;;) {
		int r;

		if (sync->n_calls > 0)
			return RC_WAIT_AGAIN;
		r = last < RC_PHASE_SYNC_FAIL ? check_end(sync, err) : 0;
		if (r < 0)
			return r;
		if (sync->begin >= sync->plan->n || sync->plan->tasks[sync->begin].phase > last) {
			rc_sync_health_set_blocked(sync, sync->plan->n, NULL);
			return RC_NEXT;
		}
		if (sync->plan->tasks[sync->begin].phase < first) {
			sync->begin++;
			continue;
		}
		r = move(sync, err);
		if (r == RC_WAIT_AGAIN &&
		    rc_clock_monotonic_ms() - sync->wave_since_ms > sync->options.wave_timeout_ms)
			return fail_overdue(sync, err);
		if (r != RC_NEXT)
			return r;
		if (sync->options.changed)
			sync->options.changed(sync->options.userdata, sync);
	}
}

int rc_sync_wave_run(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);

	return run_waves(sync, RC_PHASE_PRE_SYNC, RC_PHASE_POST_SYNC, err);
}

int rc_sync_wave_run_failed(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);

	if (sync->n_calls == 0 && sync->begin < sync->plan->n &&
	    sync->plan->tasks[sync->begin].phase < RC_PHASE_SYNC_FAIL) {
		sync->stage = SYNC_STAGE_BEGIN;
		while (sync->begin < sync->plan->n &&
		       sync->plan->tasks[sync->begin].phase < RC_PHASE_SYNC_FAIL)
			sync->begin++;
	}
	return run_waves(sync, RC_PHASE_SYNC_FAIL, RC_PHASE_SYNC_FAIL, err);
}
