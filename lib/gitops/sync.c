/*
 * The journey of a run: journal the intent, make the namespace, look at what is there untracked,
 * check the whole plan with a dry run, then wave by wave, then tidy up. The steps are the list
 * below; each is level-triggered: whatever wakes it, it looks at the state and goes on from there.
 *
 * When a step fails, the hooks of phase SyncFail run as a second, shorter list, and the run ends
 * with the first failure.
 */
#include "gitops/sync-private.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"

#define TICK_S	   1.0
#define RIVALS_MAX 4096

static const struct rc_step steps[] = {
	{"rivals", rc_sync_rivals_run, 30},  /* of a self-heal that comes back: whom it fights */
	{"journal", rc_sync_check_open, 10}, /* the intent, before the first write */
	{"namespace", rc_sync_check_namespace, 60}, /* the dry runs need it to be there */
	{"look", rc_sync_check_look, 300},  /* which of the new objects are there, untracked */
	{"ignore", rc_sync_ignore_run, 60}, /* which fields ignoreDifferences means, by programs */
	{"check", rc_sync_check_run, 300},  /* a dry run of everything */
	{"waves", rc_sync_wave_run, 0},	    /* each wave has its own time */
	{"clean", rc_sync_hook_clean, 120}, /* hooks by their delete policies */
	{NULL, NULL, 0},
};

static const struct rc_step fail_steps[] = {
	{"sync-fail", rc_sync_wave_run_failed, 0},
	{"clean", rc_sync_hook_clean, 120},
	{NULL, NULL, 0},
};

static void finish(struct rc_sync *sync, int r, struct rc_error *err)
{
	ev_timer_stop(sync->options.loop, &sync->tick);
	ev_timer_stop(sync->options.loop, &sync->again);
	rc_sync_call_cancel_all(sync);
	rc_sync_ignore_cancel(sync);
	rc_sync_health_set_blocked(sync, sync->plan->n, NULL);
	sync->options.done(sync->options.userdata, sync, r, err);
}

static void on_failed_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);
	struct rc_error *failure = rc_steal(&sync->failure);

	if (r < 0)
		rc_log_error(sync->options.log, LOG_WARNING, err, "after the failed sync");
	rc_error_free(err);
	finish(sync, failure->code, failure);
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);

	if (r == 0) {
		finish(sync, 0, NULL);
		return;
	}
	if (r == -ECANCELED && !sync->is_stopping) {
		finish(sync, r, err);
		return;
	}
	sync->failure = err;
	rc_flow_init(&sync->flow, sync->options.loop, fail_steps, on_failed_done);
	rc_flow_start(&sync->flow);
}

/* Time passes: waits have limits, and pods say more after a while. */
static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_sync *sync = rc_container_of(timer, struct rc_sync, tick);

	(void)loop;
	(void)events;
	rc_sync_live_changed(sync);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	rc_sync_live_changed(rc_container_of(timer, struct rc_sync, again));
}

static void make_id(struct rc_sync *sync)
{
	unsigned char bytes[8];
	const char *known = rc_json_text(sync->options.journal, "id", NULL);

	if (known && strlen(known) == sizeof(sync->id) - 1) {
		memcpy(sync->id, known, sizeof(sync->id));
		return;
	}
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		abort();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(sync->id + 2 * i, 3, "%02x", bytes[i]);
}

static int make_plan(struct rc_sync *sync, struct rc_error **err)
{
	const struct rc_application *application = sync->options.application;
	struct rc_plan_options options = {
		.prune = sync->options.prune || sync->request.prune,
		.no_prune = sync->how.no_prune,
		.prune_confirm = sync->how.prune_confirm,
		.prune_budget = sync->options.prune_budget,
		.prune_last = sync->how.prune_last,
		.request = &sync->request,
		.no_hooks = sync->options.partial || sync->request.no_hooks ||
			    rc_request_is_partial(&sync->request),
		.only_out_of_sync = sync->options.partial || sync->how.apply_out_of_sync_only,
		.trusts_predictions = sync->options.partial,
		.create_namespace = sync->how.create_namespace,
		.name_space = application->destination.name_space,
		.revision = sync->options.revision,
		.started_unix_s = json_integer_value(json_object_get(sync->journal, "startedUnix")),
		.namespace_metadata = application->managed_namespace_metadata,
	};

	return rc_plan_make(sync->options.desired, sync->options.live, sync->options.n_live,
			    &options, &sync->plan, err);
}

static json_t *make_journal(const struct rc_sync *sync)
{
	const struct rc_sync_options *options = &sync->options;
	json_t *request = rc_request_to_json(&sync->request);

	return json_pack("{s:s, s:s, s:s, s:I, s:b, s:b, s:o, s:{}}", "id", sync->id, "revision",
			 options->revision, "initiatedBy", options->initiated_by, "startedUnix",
			 (json_int_t)rc_clock_unix_s(), "partial", options->partial, "deletion",
			 options->plan != NULL, "request", request, "hooks");
}

/* What was asked: of a run that is gone on with the journal tells it. */
static int take_request(struct rc_sync *sync, struct rc_error **err)
{
	json_auto_t *asked = NULL;
	int r;

	if (sync->options.journal)
		asked = json_incref(json_object_get(sync->options.journal, "request"));
	else if (sync->options.request)
		asked = rc_request_to_json(sync->options.request);
	r = rc_request_parse(asked, &sync->request, err);
	sync->how = sync->options.application->options;
	rc_request_apply(&sync->request, &sync->how);
	sync->options.request = NULL;
	return r;
}

int rc_sync_start(const struct rc_sync_options *options, struct rc_sync **ret_sync,
		  struct rc_error **err)
{
	rc_cleanup(rc_sync_freep) struct rc_sync *sync = rc_new0(struct rc_sync);
	int r;

	sync->options = *options;
	rc_flow_init(&sync->flow, options->loop, steps, on_done);
	ev_timer_init(&sync->tick, on_tick, TICK_S, TICK_S);
	ev_timer_init(&sync->again, on_again, 0., 0.);
	rc_buf_init(&sync->rivals, RIVALS_MAX);
	make_id(sync);
	sync->plan = options->plan;
	r = take_request(sync, err);
	if (r < 0)
		return r;
	if (sync->plan)
		sync->how.prune_propagation = options->application->delete_propagation;
	sync->journal = options->journal ? json_deep_copy(options->journal) : make_journal(sync);
	r = sync->plan ? 0 : make_plan(sync, err);
	if (r < 0)
		return r;
	sync->options.live = NULL;
	sync->options.journal = NULL;
	sync->blocker = sync->plan->n;
	rc_flow_start(&sync->flow);
	ev_timer_start(options->loop, &sync->tick);
	*ret_sync = rc_steal(&sync);
	return 0;
}

void rc_sync_free(struct rc_sync *sync)
{
	if (!sync)
		return;
	rc_flow_cancel(&sync->flow);
	ev_timer_stop(sync->options.loop, &sync->tick);
	ev_timer_stop(sync->options.loop, &sync->again);
	rc_sync_call_cancel_all(sync);
	rc_sync_ignore_cancel(sync);
	free(sync->writes);
	rc_request_done(&sync->request);
	rc_buf_done(&sync->rivals);
	rc_plan_free(sync->plan);
	json_decref(sync->journal);
	rc_error_free(sync->failure);
	free(sync->stop);
	free(sync->blocked);
	free(sync->pods);
	free(sync->event);
	free(sync);
}

void rc_sync_live_changed(struct rc_sync *sync)
{
	if (sync->n_calls == 0)
		rc_flow_resume(&sync->flow, 0, NULL);
}

void rc_sync_terminate(struct rc_sync *sync, const char *why)
{
	free(sync->stop);
	sync->stop = rc_strdup(why);
	sync->is_stopping = true;
	rc_sync_live_changed(sync);
}

static bool is_hook_running(const struct rc_sync *sync)
{
	for (size_t i = 0; i < sync->plan->n; i++)
		if (sync->plan->tasks[i].action == RC_ACTION_HOOK &&
		    sync->plan->tasks[i].state == RC_TASK_RUNNING)
			return true;
	return false;
}

bool rc_sync_supersede(struct rc_sync *sync, const char *why)
{
	if (sync->stop || sync->stage != SYNC_STAGE_HEALTH || sync->failure ||
	    is_hook_running(sync))
		return false;
	free(sync->stop);
	sync->stop = rc_strdup(why);
	rc_sync_live_changed(sync);
	return true;
}

void rc_sync_forget_journal(struct rc_sync *sync)
{
	struct rc_error *err = NULL;

	if (rc_store_put(sync->options.store, "run", sync->options.application->name, NULL, &err) <
	    0)
		rc_log_error(sync->options.log, LOG_ERR, err, "closing the journal of a run");
	rc_error_free(err);
}

const char *rc_sync_get_id(const struct rc_sync *sync)
{
	return sync->id;
}

const char *rc_sync_get_revision(const struct rc_sync *sync)
{
	return sync->options.revision;
}

const char *rc_sync_get_blocked(const struct rc_sync *sync)
{
	return sync->blocked;
}

char *rc_sync_describe_rivals(const struct rc_sync *sync)
{
	return sync->rivals.n ? rc_strdup(rc_buf_text(&sync->rivals)) : NULL;
}

json_t *rc_sync_list_waiting(const struct rc_sync *sync)
{
	json_t *waiting = NULL;

	for (size_t i = 0; i < sync->plan->n; i++) {
		const struct rc_task *task = &sync->plan->tasks[i];
		rc_autofree char *name = NULL;

		if (!task->is_waiting)
			continue;
		name = rc_kube_object_format_key(&task->key);
		waiting = waiting ? waiting : json_object();
		json_object_set_new(waiting, name, json_string(task->message ?: ""));
	}
	return waiting;
}

static const char *describe_state(const struct rc_task *task)
{
	switch (task->state) {
	case RC_TASK_PENDING:
		return "Pending";
	case RC_TASK_RUNNING:
		return "Running";
	case RC_TASK_DONE:
		return task->action == RC_ACTION_PRUNE ? "Pruned" : "Synced";
	case RC_TASK_FAILED:
		return "SyncFailed";
	case RC_TASK_SKIPPED:
		return task->action == RC_ACTION_PRUNE ? "PruneSkipped" : "Skipped";
	}
	return "";
}

static void put_time(json_t *json, const char *name, int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	if (unix_s)
		json_object_set_new(json, name, json_string(rc_clock_format_rfc3339(unix_s, text)));
}

static json_t *describe_task(const struct rc_task *task)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "group", task->key.group,
				 "kind", task->key.kind, "namespace", task->key.name_space, "name",
				 task->name ?: task->key.name, "syncPhase",
				 rc_phase_to_string(task->phase), "syncWave", task->wave, "status",
				 describe_state(task));

	if (task->action == RC_ACTION_HOOK)
		json_object_set_new(json, "hookPhase", json_string(describe_state(task)));
	if (task->message)
		json_object_set_new(json, "message", json_string(task->message));
	put_time(json, "startedAt", task->begun_unix_s);
	put_time(json, "finishedAt", task->ended_unix_s);
	return json;
}

json_t *rc_sync_describe(const struct rc_sync *sync)
{
	json_t *resources = json_array();
	json_t *json = json_pack("{s:s, s:s, s:o}", "step", rc_flow_get_step(&sync->flow) ?: "",
				 "id", sync->id, "resources", resources);

	for (size_t i = 0; i < sync->plan->n; i++)
		if (sync->plan->tasks[i].action != RC_ACTION_KEEP)
			json_array_append_new(resources, describe_task(&sync->plan->tasks[i]));
	if (sync->stage > SYNC_STAGE_BEGIN && sync->begin < sync->plan->n) {
		const struct rc_task *task = &sync->plan->tasks[sync->begin];

		json_object_set_new(json, "phase", json_string(rc_phase_to_string(task->phase)));
		json_object_set_new(json, "wave", json_integer(task->wave));
	}
	if (sync->blocked && sync->blocker < sync->plan->n) {
		const struct rc_kube_key *key = &sync->plan->tasks[sync->blocker].key;

		json_object_set_new(json, "blockedBy",
				    json_pack("{s:s, s:s, s:s, s:s, s:s}", "group", key->group,
					      "kind", key->kind, "namespace", key->name_space,
					      "name", key->name, "message", sync->blocked));
	}
	return json;
}
