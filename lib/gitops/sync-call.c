/* Requests of a run: each belongs to a task, all are counted, the last one wakes the flow. */
#include <utlist.h>

#include "base/memory.h"
#include "gitops/sync-private.h"

struct sync_call {
	struct rc_sync *sync;
	struct rc_task *task;
	sync_call_fn *done;
	struct rc_kube_request *request;
	struct sync_call *prev, *next;
};

struct sync_call *rc_sync_call_new(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done)
{
	struct sync_call *call = rc_new0(struct sync_call);

	call->sync = sync;
	call->task = task;
	call->done = done;
	DL_APPEND(sync->calls, call);
	sync->n_calls++;
	return call;
}

void rc_sync_call_set(struct sync_call *call, struct rc_kube_request *request)
{
	call->request = request;
}

void rc_sync_call_on_done(void *userdata, int r, const struct rc_kube_answer *answer,
			  struct rc_error *err)
{
	struct sync_call *call = userdata;
	struct rc_sync *sync = call->sync;

	DL_DELETE(sync->calls, call);
	sync->n_calls--;
	call->done(sync, call->task, r, answer, err);
	free(call);
	if (sync->options.changed)
		sync->options.changed(sync->options.userdata, sync);
	rc_sync_live_changed(sync);
}

void rc_sync_call_cancel_all(struct rc_sync *sync)
{
	struct sync_call *call, *next;

	DL_FOREACH_SAFE (sync->calls, call, next) {
		rc_kube_request_cancel(call->request);
		DL_DELETE(sync->calls, call);
		free(call);
	}
	sync->n_calls = 0;
}

const struct rc_kube_resource *rc_sync_call_resource(const struct rc_sync *sync,
						     const struct rc_task *task)
{
	const struct rc_kube_discovery *discovery =
		rc_destination_get_discovery(sync->options.destination);
	const char *version = NULL;
	rc_autofree char *group = NULL;

	if (task->item)
		version = rc_kube_object_split_version(task->item->api_version, &group);
	return rc_kube_discovery_find(discovery, task->key.group, task->key.kind, version);
}
