/*
 * Kinds that a plan's own CustomResourceDefinitions bring: not served when the run begins, nor
 * followed by a watch. Their objects wait until both are so.
 */
#include <errno.h>

#include "gitops/desired.h"
#include "gitops/sync-private.h"

bool rc_sync_kind_is_promised(const struct rc_sync *sync, const struct rc_task *task)
{
	for (size_t i = 0; i < sync->plan->n; i++)
		if (rc_desired_item_defines(sync->plan->tasks[i].item, &task->key))
			return true;
	return false;
}

/* The server may serve a kind a moment after it said that the definition is established. */
static int wait_served(struct rc_sync *sync, size_t i)
{
	if (!rc_sync_kind_is_promised(sync, &sync->plan->tasks[i]))
		return 0; /* writing it says what is wrong */
	rc_destination_rediscover(sync->options.destination);
	rc_sync_health_set_blocked(sync, i, "its kind is not served yet");
	return 1;
}

int rc_sync_kind_wait(struct rc_sync *sync, size_t i, struct rc_error **err)
{
	struct rc_kube_cache *cache = rc_destination_get_cache(sync->options.destination);
	const struct rc_task *task = &sync->plan->tasks[i];
	const struct rc_kube_resource *resource = rc_sync_call_resource(sync, task);
	const struct rc_error *why;

	if (!task->item || (task->action != RC_ACTION_APPLY && task->action != RC_ACTION_HOOK))
		return 0;
	if (!resource)
		return wait_served(sync, i);
	if (!resource->can_list || !resource->can_watch)
		return 0;
	rc_kube_cache_want(cache, resource);
	if (rc_kube_cache_is_current(cache, task->key.group, task->key.kind))
		return 0;
	why = rc_kube_cache_get_error(cache, task->key.group, task->key.kind);
	if (why) {
		rc_autofree char *text = rc_error_format(why);

		return rc_fail(err, -EAGAIN, "the live %s cannot be watched: %s", task->key.kind,
			       text);
	}
	rc_sync_health_set_blocked(sync, i, "its kind is not followed yet");
	return 1;
}
