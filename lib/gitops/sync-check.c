/*
 * Before the first wave: nothing is written until all of the plan was seen to be acceptable, but
 * for the journal and the namespace, without which a dry run cannot speak.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/sync-private.h"
#include "gitops/tracking.h"

#define SHOWN_MAX      5 /* refusals that are named in one error */
#define STATUS_CREATED 201
#define LEAVING_MS     50 /* between looks at a namespace that is being deleted */
#define LEAVING_MAX_MS 1000

static int fail_task(struct rc_sync *sync, struct rc_task *task, int r, struct rc_error *err,
		     const char *doing)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	free(task->message);
	task->message = rc_error_format(err);
	rc_task_set_state(task, RC_TASK_FAILED);
	if (!sync->failure) {
		sync->failure = err;
		return rc_wrap(&sync->failure, r, "%s %s", doing, name);
	}
	rc_error_free(err);
	return r;
}

/* Requests of this step failed: the first one's chain. */
static int take_failure(struct rc_sync *sync, struct rc_error **err)
{
	struct rc_error *failure = rc_steal(&sync->failure);

	return rc_error_move(err, failure);
}

/* A namespace that the plan itself will make is not there for the dry run. */
static bool is_namespace_planned(const struct rc_sync *sync, const char *name)
{
	for (size_t i = 0; i < sync->plan->n; i++) {
		const struct rc_task *task = &sync->plan->tasks[i];

		if (strcmp(task->key.kind, "Namespace") == 0 && !*task->key.group &&
		    strcmp(task->key.name, name) == 0 && task->is_created &&
		    task->state == RC_TASK_PENDING)
			return true;
	}
	return false;
}

/*
 * ---- look: objects of ours-to-be that exist without being tracked ----
 *
 * One request tells whether an object is there and, if not, whether it would be accepted.
 */

/* Another application has it. */
static void check_owner(struct rc_sync *sync, struct rc_task *task, const char *owner)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);
	struct rc_error *err = NULL;

	if (!sync->how.fail_on_shared_resource) {
		rc_log_warning(sync->options.log, "%s belongs to %s; it is taken over", name,
			       owner);
		return;
	}
	rc_fail(&err, -EINVAL, "it belongs to %s, and FailOnSharedResource=true is set", owner);
	fail_task(sync, task, -EINVAL, err, "taking over");
}

static void on_looked(struct rc_sync *sync, struct rc_task *task, int r,
		      const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_autofree char *owner = NULL;

	if (r == -ENOENT) {
		rc_error_free(err);
		return;
	}
	if (r < 0) {
		fail_task(sync, task, r, err, "looking for");
		return;
	}
	task->is_created = false;
	json_decref(task->live);
	task->live = json_incref(answer->object);
	if (rc_tracking_check(answer->object, sync->options.instance,
			      sync->options.application->name, &owner) != RC_TRACKING_OTHER)
		return;
	check_owner(sync, task, owner);
}

static void look(struct rc_sync *sync, struct rc_task *task)
{
	struct sync_call *call = rc_sync_call_new(sync, task, on_looked);

	rc_sync_call_set(call,
			 rc_kube_apply_get(rc_destination_get_cluster(sync->options.destination),
					   rc_sync_call_resource(sync, task), &task->key,
					   rc_sync_call_on_done, call));
}

/* What a dry run creates was not there. All else it may say is heard again by the check. */
static void on_tried(struct rc_sync *sync, struct rc_task *task, int r,
		     const struct rc_kube_answer *answer, struct rc_error *err)
{
	if (r == 0 && answer->status == STATUS_CREATED) {
		task->is_checked = true;
		return;
	}
	rc_error_free(err);
	look(sync, task);
}

int rc_sync_check_look(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);

	if (sync->n_calls > 0)
		return RC_WAIT_AGAIN;
	if (sync->failure)
		return take_failure(sync, err);
	if (sync->begin > 0) { /* asked before: all answers are there */
		sync->begin = 0;
		return RC_NEXT;
	}
	sync->begin = sync->plan->n;
	for (size_t i = 0; i < sync->plan->n; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (task->owner)
			check_owner(sync, task, task->owner);
		if (task->action != RC_ACTION_APPLY || task->state != RC_TASK_PENDING ||
		    !task->is_created || !rc_sync_call_resource(sync, task))
			continue;
		if (task->item && !is_namespace_planned(sync, task->key.name_space))
			rc_sync_write_start(sync, task, true, on_tried);
		else
			look(sync, task);
	}
	if (sync->n_calls > 0)
		return RC_WAIT_AGAIN;
	sync->begin = 0;
	return sync->failure ? take_failure(sync, err) : RC_NEXT;
}

/* ---- journal ---- */

int rc_sync_check_open(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);

	return sync->request.dry_run ? RC_NEXT : rc_sync_hook_save_journal(sync, err);
}

/* ---- namespace: CreateNamespace=true makes it for real, as the dry run needs it ---- */

static struct rc_task *find_namespace(struct rc_sync *sync)
{
	for (size_t i = 0; i < sync->plan->n; i++) {
		struct rc_task *task = &sync->plan->tasks[i];

		if (!task->item && task->action == RC_ACTION_APPLY &&
		    strcmp(task->key.kind, "Namespace") == 0 && task->state == RC_TASK_PENDING)
			return task;
	}
	return NULL;
}

/* Of one that is on its way out nothing can be made, but soon it will be gone: so it is asked
 * again. */
static bool is_leaving(struct rc_sync *sync, size_t i, const struct rc_kube_answer *answer)
{
	if (!*rc_kube_object_get_meta(answer->object, "deletionTimestamp"))
		return false;
	rc_sync_health_set_blocked(sync, i, "is being deleted, and will be made anew");
	ev_timer_stop(sync->options.loop, &sync->again);
	ev_timer_set(&sync->again,
		     (double)rc_clock_backoff_ms(LEAVING_MS, 2., LEAVING_MAX_MS, sync->n_asked++) /
			     1000.,
		     0.);
	ev_timer_start(sync->options.loop, &sync->again);
	return true;
}

static void on_namespace(struct rc_sync *sync, struct rc_task *task, int r,
			 const struct rc_kube_answer *answer, struct rc_error *err)
{
	if (r == -EEXIST) {
		rc_error_free(err);
		r = 0;
	}
	if (r < 0) {
		fail_task(sync, task, r, err, "creating");
		return;
	}
	if (!is_leaving(sync, (size_t)(task - sync->plan->tasks), answer))
		rc_task_set_state(task, RC_TASK_DONE);
}

int rc_sync_check_namespace(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);
	struct rc_task *task;

	if (sync->n_calls > 0 || ev_is_active(&sync->again))
		return RC_WAIT_AGAIN;
	if (sync->failure)
		return take_failure(sync, err);
	if (sync->stop)
		return rc_fail(err, -ECANCELED, "%s", sync->stop);
	task = find_namespace(sync);
	if (!task || sync->request.dry_run) {
		rc_sync_health_set_blocked(sync, sync->plan->n, NULL);
		return RC_NEXT;
	}
	rc_sync_write_start(sync, task, false, on_namespace);
	return RC_WAIT_AGAIN;
}

/* ---- check ---- */

/* A webhook that cannot be asked without consequences: then only the real thing tells. */
static bool is_dry_run_refused(int r, const struct rc_error *err)
{
	rc_autofree char *text = r == -EINVAL ? rc_error_format(err) : NULL;

	return text && strstr(text, "does not support dry run");
}

static void on_checked(struct rc_sync *sync, struct rc_task *task, int r,
		       const struct rc_kube_answer *answer, struct rc_error *err)
{

	(void)answer;
	if (r == 0)
		return;
	if ((r == -ENOENT && is_namespace_planned(sync, task->key.name_space)) ||
	    rc_sync_write_is_forced(sync, task, r, err) ||
	    rc_sync_write_is_replaced(task, r, err) || is_dry_run_refused(r, err)) {
		rc_error_free(err);
		return;
	}
	fail_task(sync, task, r, err, "checking");
}

/* Whether there is something to ask; *ret is 0, or why the plan cannot work. */
static bool wants_check(struct rc_sync *sync, struct rc_task *task)
{
	bool may_be_missing = task->item && (task->item->traits.skip_dry_run_on_missing ||
					     sync->how.skip_dry_run_on_missing);
	struct rc_error *err = NULL;

	if (task->action != RC_ACTION_APPLY && task->action != RC_ACTION_HOOK)
		return false;
	if (task->state != RC_TASK_PENDING || !task->item)
		return false;
	if (sync->options.permit &&
	    sync->options.permit(sync->options.userdata, &task->key, &err) < 0) {
		fail_task(sync, task, -EINVAL, err, "checking");
		return false;
	}
	if (rc_sync_call_resource(sync, task))
		return !task->is_checked;
	if (may_be_missing || rc_sync_kind_is_promised(sync, task))
		return false;
	rc_fail(&err, -EINVAL, "the cluster has no kind %s in %s", task->key.kind,
		task->item->api_version);
	rc_hint(&err, "install its CustomResourceDefinition first, or set the sync option "
		      "SkipDryRunOnMissingResource=true");
	rc_destination_rediscover(sync->options.destination);
	fail_task(sync, task, -EINVAL, err, "checking");
	return false;
}

/* The first with all that is known of it, some others in short. */
static int fail_many(struct rc_sync *sync, size_t n, struct rc_error **err)
{
	rc_autobuf struct rc_buf others = RC_BUF_INIT(8192);
	rc_cleanup(rc_error_freep) struct rc_error *first = rc_steal(&sync->failure);
	rc_autofree char *text = rc_error_format(first);
	size_t shown = 0;

	for (size_t i = 0; i < sync->plan->n && shown < SHOWN_MAX; i++) {
		const struct rc_task *task = &sync->plan->tasks[i];

		if (task->state == RC_TASK_FAILED && ++shown > 1)
			rc_buf_printf(&others, "; %s %s: %s", task->key.kind, task->key.name,
				      task->message);
	}
	if (n > shown)
		rc_buf_printf(&others, "; and %zu more", n - shown);
	return rc_fail(err, first->code, "nothing was applied, %zu objects were refused: %s%s", n,
		       text, rc_buf_text(&others));
}

static int end_check(struct rc_sync *sync, struct rc_error **err)
{
	size_t n = 0;
	int r;

	sync->begin = 0;
	if (!sync->failure)
		return sync->request.dry_run ? RC_FINISH : RC_NEXT;
	for (size_t i = 0; i < sync->plan->n; i++)
		n += sync->plan->tasks[i].state == RC_TASK_FAILED;
	if (n > 1)
		return fail_many(sync, n, err);
	r = take_failure(sync, err);
	return rc_wrap(err, r, "nothing was applied");
}

int rc_sync_check_run(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_sync *sync = rc_container_of(flow, struct rc_sync, flow);

	if (sync->n_calls > 0)
		return RC_WAIT_AGAIN;
	if (sync->stop)
		return rc_fail(err, -ECANCELED, "%s", sync->stop);
	if (sync->begin > 0)
		return end_check(sync, err);
	sync->begin = sync->plan->n;
	for (size_t i = 0; i < sync->plan->n; i++)
		if (wants_check(sync, &sync->plan->tasks[i]))
			rc_sync_write_start(sync, &sync->plan->tasks[i], true, on_checked);
	return sync->n_calls > 0 ? RC_WAIT_AGAIN : end_check(sync, err);
}
