/* The plan of deleting an application. */
#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "gitops/plan-private.h"

static void add_hook(struct rc_plan *plan, const struct rc_desired_item *item, enum rc_phase phase,
		     enum rc_phase as, const struct rc_plan_delete_options *options)
{
	struct rc_task *task;

	if (!item->traits.is_hook || !(item->traits.phases & 1U << phase))
		return;
	task = rc_plan_add(plan, &item->key);
	task->action = RC_ACTION_HOOK;
	task->phase = as;
	task->wave = item->traits.wave;
	task->item = item;
	task->is_created = true;
	task->name =
		rc_plan_make_hook_name(item, phase, options->revision, options->started_unix_s);
}

static void skip(struct rc_task *task, const char *why)
{
	task->state = RC_TASK_SKIPPED;
	task->message = rc_strdup(why);
}

/* What the resource says counts before what the application says. */
static void keep(struct rc_task *task, const struct rc_plan_live *live,
		 const struct rc_plan_delete_options *options)
{
	const struct rc_traits *traits = &live->traits;
	bool says = traits->no_delete || traits->delete_confirm || traits->may_delete;

	if (traits->is_kept) {
		skip(task, "its annotation helm.sh/resource-policy keeps it");
	} else if (traits->no_delete || (!says && options->no_delete)) {
		skip(task, "Delete=false keeps it");
	} else if ((traits->delete_confirm || (!says && options->needs_approval)) &&
		   !options->is_approved) {
		skip(task, "Delete=confirm: it waits for approval");
		task->is_waiting = true;
	}
}

static bool is_self(const struct rc_kube_key *key, const char *app)
{
	return strcmp(key->group, "argoproj.io") == 0 && strcmp(key->kind, "Application") == 0 &&
	       strcmp(key->name, app) == 0;
}

static void add_live(struct rc_plan *plan, const struct rc_plan_live *live,
		     const struct rc_plan_delete_options *options)
{
	struct rc_task *task;

	if (live->is_owned || rc_plan_is_definition(&live->key) ||
	    is_self(&live->key, options->app))
		return;
	task = rc_plan_add(plan, &live->key);
	task->action = RC_ACTION_PRUNE;
	task->phase = RC_PHASE_SYNC;
	task->wave = live->wave == INT_MIN ? INT_MAX : -live->wave;
	keep(task, live, options);
}

void rc_plan_make_deletion(const struct rc_desired *desired, const struct rc_plan_live *live,
			   size_t n_live, const struct rc_plan_delete_options *options,
			   struct rc_plan **ret_plan)
{
	struct rc_plan *plan = rc_new0(struct rc_plan);

	for (size_t i = 0; desired && i < desired->n; i++) {
		add_hook(plan, &desired->items[i], RC_PHASE_PRE_DELETE, RC_PHASE_PRE_SYNC, options);
		add_hook(plan, &desired->items[i], RC_PHASE_POST_DELETE, RC_PHASE_POST_SYNC,
			 options);
	}
	for (size_t i = 0; options->with_resources && i < n_live; i++)
		add_live(plan, &live[i], options);
	rc_plan_sort(plan);
	*ret_plan = plan;
}
