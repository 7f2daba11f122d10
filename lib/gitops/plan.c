/*
 * Making the plan. Tasks are gathered, prune waves mirrored, then everything is sorted; two
 * promotions come last: a Namespace before what lives in it, a CRD before its first resource.
 */
#include "gitops/plan.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/sort.h"
#include "gitops/plan-private.h"
#include "base/str.h"
#include "data/json.h"
#include "helm/manifest.h"

struct builder {
	struct rc_plan *plan;
	const struct rc_desired *desired;
	const struct rc_plan_live *live; /* sorted by key */
	size_t n_live;
	const struct rc_plan_options *options;
};

unsigned int rc_plan_rank(const char *group, const char *kind)
{
	(void)group; /* Argo CD ranks by kind alone, by Helm's list of before it began with this one
		      */
	return strcmp(kind, "PriorityClass") == 0 ? RC_HELM_MANIFEST_RANKS
						  : rc_helm_manifest_rank(kind);
}

bool rc_plan_is_definition(const struct rc_kube_key *key)
{
	return strcmp(key->kind, "CustomResourceDefinition") == 0 &&
	       strcmp(key->group, "apiextensions.k8s.io") == 0;
}

static bool is_namespace(const struct rc_kube_key *key)
{
	return strcmp(key->kind, "Namespace") == 0 && !*key->group;
}

/* Room doubles: there is some unless n is a power of two. */
struct rc_task *rc_plan_add(struct rc_plan *plan, const struct rc_kube_key *key)
{
	struct rc_kube_key *copy = rc_kube_object_dup_key(key);

	if ((plan->n & (plan->n - 1)) == 0)
		plan->tasks =
			rc_realloc(plan->tasks, (plan->n ? 2 * plan->n : 1) * sizeof(*plan->tasks));
	plan->tasks[plan->n] = (struct rc_task){.key = *copy, .key_block = copy};
	return &plan->tasks[plan->n++];
}

static const struct rc_plan_live *find_live(const struct builder *builder,
					    const struct rc_kube_key *key)
{
	size_t low = 0, high = builder->n_live;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = rc_kube_object_compare_keys(&builder->live[middle].key, key);

		if (r == 0)
			return &builder->live[middle];
		if (r < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool is_selected(const struct builder *builder, const struct rc_kube_key *key)
{
	return !builder->options->request || rc_request_selects(builder->options->request, key);
}

/* ---- what is desired ---- */

/* As Argo CD names them. */
char *rc_plan_make_hook_name(const struct rc_desired_item *item, enum rc_phase phase,
			     const char *revision, int64_t started_unix_s)
{
	static const char *const lower[RC_PHASE_COUNT] = {"presync",  "sync",	   "postsync",
							  "syncfail", "predelete", "postdelete"};

	if (*item->key.name)
		return NULL;
	return rc_asprintf("%s%.7s-%s-%lld", item->generate_name ?: "", revision ?: "",
			   lower[phase], (long long)started_unix_s);
}

static void add_hook(struct builder *builder, const struct rc_desired_item *item)
{
	if (builder->options->no_hooks || !is_selected(builder, &item->key))
		return;
	for (unsigned int phase = RC_PHASE_PRE_SYNC; phase <= RC_PHASE_SYNC_FAIL; phase++) {
		struct rc_task *task;

		if (!(item->traits.phases & 1U << phase))
			continue;
		task = rc_plan_add(builder->plan, &item->key);
		task->action = RC_ACTION_HOOK;
		task->phase = (enum rc_phase)phase;
		task->wave = item->traits.wave;
		task->item = item;
		task->is_created = true;
		task->name = rc_plan_make_hook_name(item, (enum rc_phase)phase,
						    builder->options->revision,
						    builder->options->started_unix_s);
	}
}

static void add_resource(struct builder *builder, const struct rc_desired_item *item)
{
	const struct rc_plan_live *live = find_live(builder, &item->key);
	struct rc_task *task;

	if (!is_selected(builder, &item->key) ||
	    (builder->options->only_out_of_sync && live && live->is_in_sync))
		return;
	task = rc_plan_add(builder->plan, &item->key);
	task->action = live && live->is_in_sync ? RC_ACTION_KEEP : RC_ACTION_APPLY;
	task->phase = RC_PHASE_SYNC;
	task->wave = item->traits.wave;
	task->item = item;
	task->is_created = live == NULL;
	task->is_checked = live && live->is_predicted && builder->options->trusts_predictions;
	task->owner = rc_strdup(live ? live->owner : NULL);
}

/* CreateNamespace=true: a task without a manifest, ahead of all. */
static void add_namespace(struct builder *builder)
{
	const struct rc_plan_options *options = builder->options;
	struct rc_kube_key key = {"", "Namespace", "", options->name_space};
	struct rc_task *task;

	if (!options->create_namespace || !options->name_space || !*options->name_space ||
	    options->namespace_exists || rc_desired_find(builder->desired, &key))
		return;
	task = rc_plan_add(builder->plan, &key);
	task->action = RC_ACTION_APPLY;
	task->phase = RC_PHASE_PRE_SYNC;
	task->wave = INT_MIN;
	task->is_created = true;
}

/* ---- what is not ---- */

static bool is_hands_off(const struct rc_plan_live *live)
{
	return live->is_owned || live->traits.is_kept || rc_plan_is_definition(&live->key) ||
	       live->traits.is_hook;
}

static void skip(struct rc_task *task, const char *why)
{
	task->state = RC_TASK_SKIPPED;
	task->message = rc_strdup(why);
}

static bool is_approved(const struct builder *builder, const struct rc_kube_key *key)
{
	rc_autofree char *name = rc_kube_object_format_key(key);

	return builder->options->request && rc_request_approves(builder->options->request, name);
}

/* What keeps a prune from being done: what the resource says counts before the application. */
static void keep(const struct builder *builder, struct rc_task *task,
		 const struct rc_plan_live *live)
{
	const struct rc_plan_options *options = builder->options;
	const struct rc_traits *traits = &live->traits;
	bool says = traits->may_prune || traits->no_prune || traits->prune_confirm;

	if (traits->no_prune) {
		skip(task, "its annotation Prune=false keeps it");
	} else if (!says && options->no_prune) {
		skip(task, "the application's sync option Prune=false keeps it");
	} else if ((traits->prune_confirm || (!says && options->prune_confirm)) &&
		   !is_approved(builder, &live->key)) {
		skip(task, "Prune=confirm: it waits for approval");
		task->is_waiting = true;
	} else if (!options->prune) {
		skip(task, "pruning is not allowed");
	}
}

/* More than the budget allows at once: all of them wait, but those that were approved. */
static void check_budget(const struct builder *builder)
{
	struct rc_plan *plan = builder->plan;
	size_t prunes = rc_plan_count_prunes(plan), all = builder->n_live;

	if (prunes <= 1 || prunes * 100 <= all * builder->options->prune_budget)
		return;
	for (size_t i = 0; i < plan->n; i++) {
		struct rc_task *task = &plan->tasks[i];

		if (task->action != RC_ACTION_PRUNE || task->state != RC_TASK_PENDING ||
		    is_approved(builder, &task->key))
			continue;
		task->state = RC_TASK_SKIPPED;
		task->is_waiting = true;
		task->message = rc_asprintf("it waits for approval: %zu of %zu objects would be "
					    "deleted, more than the budget of %u %%",
					    prunes, all, builder->options->prune_budget);
	}
}

static void add_prune(struct builder *builder, const struct rc_plan_live *live)
{
	struct rc_task *task;

	if (is_hands_off(live) || !is_selected(builder, &live->key))
		return;
	task = rc_plan_add(builder->plan, &live->key);
	task->action = RC_ACTION_PRUNE;
	task->phase = RC_PHASE_SYNC;
	task->wave = live->wave;
	task->is_last = live->traits.prune_last || builder->options->prune_last;
	keep(builder, task, live);
}

static int compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

/* Among the waves that occur in prunes the lowest swaps with the highest, and so on inwards. */
static void mirror_prunes(struct rc_plan *plan)
{
	rc_autofree int *waves = rc_calloc(plan->n + 1, sizeof(*waves));
	size_t n = 0, distinct = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].action == RC_ACTION_PRUNE && !plan->tasks[i].is_last)
			waves[n++] = plan->tasks[i].wave;
	rc_sort(waves, n, sizeof(*waves), compare_ints);
	for (size_t i = 0; i < n; i++)
		if (distinct == 0 || waves[distinct - 1] != waves[i])
			waves[distinct++] = waves[i];
	for (size_t i = 0; i < plan->n; i++) {
		struct rc_task *task = &plan->tasks[i];

		if (task->action != RC_ACTION_PRUNE || task->is_last)
			continue;
		for (size_t j = 0; j < distinct; j++)
			if (waves[j] == task->wave) {
				task->wave = waves[distinct - 1 - j];
				break;
			}
	}
}

static void move_last_prunes(struct rc_plan *plan)
{
	int highest = INT_MIN;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].phase == RC_PHASE_SYNC && !plan->tasks[i].is_last &&
		    plan->tasks[i].wave > highest)
			highest = plan->tasks[i].wave;
	if (highest == INT_MIN)
		highest = 0;
	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].is_last)
			plan->tasks[i].wave = highest < INT_MAX ? highest + 1 : highest;
}

/* ---- order ---- */

static int compare_tasks(const void *a, const void *b)
{
	const struct rc_task *x = a, *y = b;
	unsigned int p, q;
	int r;

	if (x->phase != y->phase)
		return x->phase < y->phase ? -1 : 1;
	if (x->wave != y->wave)
		return x->wave < y->wave ? -1 : 1;
	if ((x->action == RC_ACTION_PRUNE) != (y->action == RC_ACTION_PRUNE))
		return x->action == RC_ACTION_PRUNE ? -1 : 1;
	p = rc_plan_rank(x->key.group, x->key.kind);
	q = rc_plan_rank(y->key.group, y->key.kind);
	if (p != q)
		return p < q ? -1 : 1;
	r = strcmp(x->key.name, y->key.name);
	return r ? r : rc_kube_object_compare_keys(&x->key, &y->key);
}

/* Whether before has to be there for task to be made. */
static bool is_needed(const struct rc_task *before, const struct rc_task *task)
{
	if (task->action == RC_ACTION_PRUNE || before == task)
		return false;
	if (is_namespace(&before->key))
		return strcmp(task->key.name_space, before->key.name) == 0;
	return rc_desired_item_defines(before->item, &task->key);
}

/* It takes the phase and wave of the first task that needs it, if that is earlier. */
static bool promote(struct rc_plan *plan, size_t i)
{
	struct rc_task *task = &plan->tasks[i];

	if (task->action != RC_ACTION_APPLY ||
	    (!is_namespace(&task->key) && !rc_plan_is_definition(&task->key)))
		return false;
	for (size_t j = 0; j < i; j++) {
		if (!is_needed(task, &plan->tasks[j]))
			continue;
		if (plan->tasks[j].phase == task->phase && plan->tasks[j].wave == task->wave)
			return false; /* in one wave its rank puts it first */
		task->phase = plan->tasks[j].phase;
		task->wave = plan->tasks[j].wave;
		return true;
	}
	return false;
}

void rc_plan_sort(struct rc_plan *plan)
{
	bool moved = false;

	if (plan->n == 0)
		return;
	rc_sort(plan->tasks, plan->n, sizeof(*plan->tasks), compare_tasks);
	for (size_t i = 0; i < plan->n; i++)
		moved = promote(plan, i) || moved;
	if (moved)
		rc_sort(plan->tasks, plan->n, sizeof(*plan->tasks), compare_tasks);
}

static int compare_live(const void *a, const void *b)
{
	const struct rc_plan_live *x = a, *y = b;

	return rc_kube_object_compare_keys(&x->key, &y->key);
}

int rc_plan_make(const struct rc_desired *desired, const struct rc_plan_live *live, size_t n_live,
		 const struct rc_plan_options *options, struct rc_plan **ret_plan,
		 struct rc_error **err)
{
	rc_autofree struct rc_plan_live *sorted = rc_calloc(n_live + 1, sizeof(*sorted));
	struct builder builder = {
		.plan = rc_new0(struct rc_plan),
		.desired = desired,
		.live = sorted,
		.n_live = n_live,
		.options = options,
	};

	(void)err;
	if (n_live > 0)
		memcpy(sorted, live, n_live * sizeof(*live));
	rc_sort(sorted, n_live, sizeof(*sorted), compare_live);
	add_namespace(&builder);
	for (size_t i = 0; i < desired->n; i++) {
		const struct rc_desired_item *item = &desired->items[i];

		if (item->traits.is_skipped)
			continue;
		if (item->traits.is_hook)
			add_hook(&builder, item);
		else
			add_resource(&builder, item);
	}
	for (size_t i = 0; i < n_live; i++)
		if (!rc_desired_names(desired, &sorted[i].key))
			add_prune(&builder, &sorted[i]);
	check_budget(&builder);
	mirror_prunes(builder.plan);
	move_last_prunes(builder.plan);
	rc_plan_sort(builder.plan);
	*ret_plan = builder.plan;
	return 0;
}

void rc_plan_free(struct rc_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->tasks[i].key_block);
		free(plan->tasks[i].name);
		free(plan->tasks[i].message);
		free(plan->tasks[i].uid);
		free(plan->tasks[i].owner);
		json_decref(plan->tasks[i].live);
		json_decref(plan->tasks[i].paths);
	}
	free(plan->tasks);
	free(plan);
}

size_t rc_plan_count_prunes(const struct rc_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		if (plan->tasks[i].action == RC_ACTION_PRUNE &&
		    plan->tasks[i].state == RC_TASK_PENDING)
			n++;
	return n;
}

size_t rc_plan_next_wave(const struct rc_plan *plan, size_t i)
{
	size_t j = i;

	while (j < plan->n && plan->tasks[j].phase == plan->tasks[i].phase &&
	       plan->tasks[j].wave == plan->tasks[i].wave)
		j++;
	return j;
}

void rc_task_set_state(struct rc_task *task, enum rc_task_state state)
{
	task->state = state;
	if (!task->begun_unix_s)
		task->begun_unix_s = rc_clock_unix_s();
	if (state == RC_TASK_DONE || state == RC_TASK_FAILED)
		task->ended_unix_s = rc_clock_unix_s();
}
