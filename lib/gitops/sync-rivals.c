/*
 * Self-heal that has to come back again and again fights somebody. The server knows whom: an apply
 * that takes nothing from anybody is refused with the name of each manager and his fields.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "gitops/sync-private.h"

#define ASKED_MAX 3

static void on_probed(struct rc_sync *sync, struct rc_task *task, int r,
		      const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	const struct rc_error *words = err;

	(void)answer;
	while (words && words->cause)
		words = words->cause; /* the server's own */
	if (r == -ESTALE && words) {
		rc_buf_printf(&sync->rivals, "%s%s is changed again and again: %.400s",
			      sync->rivals.n ? "; " : "", name, words->message);
		rc_log_warning(sync->options.log, "%s is changed again and again: %s", name,
			       words->message);
	}
	rc_error_free(err);
}

int rc_sync_rivals_run(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);
	unsigned int n = 0;

	(void)err;
	if (sync->n_calls > 0)
		return RC_WAIT_AGAIN;
	if (sync->are_rivals_asked || !sync->options.names_rivals)
		return RC_NEXT;
	sync->are_rivals_asked = true;
	for (size_t i = 0; i < sync->plan->n && n < ASKED_MAX; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (task->action != RC_ACTION_APPLY || task->is_created || !task->item ||
		    !rc_sync_call_resource(sync, task))
			continue;
		n++;
		rc_sync_write_probe(sync, task, on_probed);
	}
	return sync->n_calls > 0 ? RC_WAIT_AGAIN : RC_NEXT;
}
