/*
 * Fields that programs of ignoreDifferences name, of all objects that are there and will be
 * written: asked of a worker once, before the run begins.
 */
#include <utlist.h>

#include "base/memory.h"
#include "gitops/script.h"
#include "gitops/sync-private.h"

struct sync_question {
	struct rc_sync *sync;
	struct rc_task *task;
	struct rc_worker_job *job;
	struct sync_question *prev, *next;
};

void rc_sync_ignore_cancel(struct rc_sync *sync)
{
	struct sync_question *question, *next;

	DL_FOREACH_SAFE (sync->questions, question, next) {
		rc_worker_cancel(question->job);
		DL_DELETE(sync->questions, question);
		free(question);
	}
}

static void on_paths(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	rc_autofree struct sync_question *question = userdata;
	struct rc_sync *sync = question->sync;
	struct rc_task *task = question->task;
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	DL_DELETE(sync->questions, question);
	if (r < 0 && !sync->failure) {
		sync->failure = err;
		rc_wrap(&sync->failure, r, "ignoreDifferences, for %s", name);
	} else {
		rc_error_free(err);
	}
	json_decref(task->paths);
	task->paths = json_incref(reply);
	if (!sync->questions)
		rc_sync_live_changed(sync);
}

static void ask(struct rc_sync *sync, struct rc_task *task)
{
	json_auto_t *programs =
		task->item ? rc_ignore_list_programs(sync->options.ignore, &task->key) : NULL;
	json_auto_t *desired = NULL, *live = NULL, *request = NULL;
	const json_t *objects[2];
	struct sync_question *question;

	if (!programs || task->action != RC_ACTION_APPLY)
		return;
	live = rc_kube_cache_load(rc_destination_get_cache(sync->options.destination), &task->key);
	desired = rc_desired_item_load(task->item);
	objects[0] = desired;
	objects[1] = live ? live : task->live;
	if (!objects[1])
		return;
	request = rc_script_ask_paths(programs, objects, RC_ARRAY_SIZE(objects));
	question = rc_new0(struct sync_question);
	question->sync = sync;
	question->task = task;
	DL_APPEND(sync->questions, question);
	rc_worker_submit(sync->options.script_pool, request, RC_SCRIPT_TIMEOUT_MS, on_paths,
			 question, &question->job);
}

int rc_sync_ignore_run(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);
	struct rc_error *failure;

	if (sync->questions)
		return RC_WAIT_AGAIN;
	if (!sync->is_ignore_asked && sync->options.script_pool &&
	    !sync->how.ignored_differences_are_applied) {
		sync->is_ignore_asked = true;
		for (size_t i = 0; i < sync->plan->n; i++)
			ask(sync, &sync->plan->tasks[i]);
		if (sync->questions)
			return RC_WAIT_AGAIN;
	}
	failure = rc_steal(&sync->failure);
	return failure ? rc_error_move(err, failure) : RC_NEXT;
}
