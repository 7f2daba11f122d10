/* All stacks. */
#include "terraform/manager.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"

#define TICK_S	     2.
#define PARALLEL     2
#define BACKUPS_KEPT 10
#define COPIES_KEPT  30

struct rc_terraform_manager {
	struct rc_terraform_site site; /* what the stacks are given */
	struct rc_terraform_manager_options options;
	struct rc_terraform_settings settings;
	struct rc_terraform_stack **stacks;
	size_t n;
	struct rc_terraform_run *in_cache; /* the one that initialises */
	char *freeze;
	bool is_stopping;
	ev_timer tick;
};

static void consider_all(struct rc_terraform_manager *manager)
{
	for (size_t i = 0; !manager->is_stopping && i < manager->n; i++)
		rc_terraform_stack_consider(manager->stacks[i]);
}

static void wake_all(struct rc_terraform_manager *manager)
{
	for (size_t i = 0; i < manager->n; i++) {
		struct rc_terraform_run *run = rc_terraform_stack_get_run(manager->stacks[i]);

		if (run)
			rc_terraform_run_wake(run);
	}
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_terraform_manager *manager =
		rc_container_of(timer, struct rc_terraform_manager, tick);

	(void)loop;
	(void)events;
	consider_all(manager);
}

/* A turn of the loop later: whoever calls may be in the middle of something. */
static void consider_soon(struct rc_terraform_manager *manager)
{
	ev_feed_event(manager->options.loop, &manager->tick, EV_TIMER);
}

/* ---- what stacks ask ---- */

static bool take_cache(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_manager *manager = userdata;

	if (manager->in_cache && manager->in_cache != run)
		return false;
	manager->in_cache = run;
	return true;
}

static void leave_cache(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_manager *manager = userdata;

	if (manager->in_cache != run)
		return;
	manager->in_cache = NULL;
	wake_all(manager);
}

const char *rc_terraform_manager_get_freeze(const struct rc_terraform_manager *manager)
{
	if (manager->is_stopping)
		return "reconciled is stopping";
	return manager->settings.is_frozen ? "by the configuration" : manager->freeze;
}

static const char *get_freeze(void *userdata)
{
	return rc_terraform_manager_get_freeze(userdata);
}

static bool may_run(void *userdata)
{
	struct rc_terraform_manager *manager = userdata;
	unsigned int n = 0;

	for (size_t i = 0; i < manager->n; i++) {
		struct rc_terraform_run *run = rc_terraform_stack_get_run(manager->stacks[i]);

		/* One that waits for people costs nothing. */
		n += run &&
		     !rc_text_equal(rc_json_text(rc_terraform_run_get_record(run), "phase", NULL),
				    "awaiting-approval");
	}
	return !manager->is_stopping && n < manager->settings.parallel;
}

char *rc_terraform_manager_describe_wait(const struct rc_terraform_manager *manager,
					 const char *name)
{
	struct rc_terraform_stack *stack = rc_terraform_manager_find(manager, name);
	json_auto_t *described = NULL;
	const char *waits, *reason;

	if (!stack)
		return rc_strdup("there is no stack of that name");
	if (rc_terraform_stack_is_settled(stack))
		return NULL;
	described = rc_terraform_stack_describe(stack);
	waits = rc_json_text(described, "waitsFor", NULL);
	reason = rc_json_text(described, "reason", NULL);
	if (waits)
		return rc_asprintf("it %s%s",
				   rc_text_has_prefix(waits, "waits ") ? "" : "waits: ", waits);
	return rc_asprintf("it is %s%s%s", rc_json_text(described, "phase", NULL),
			   reason && *reason ? ": " : "", reason ?: "");
}

static char *await_others(void *userdata, const struct rc_terraform_stack_options *options)
{
	struct rc_terraform_manager *manager = userdata;

	for (size_t i = 0; i < options->n_depends_on; i++) {
		rc_autofree char *why =
			rc_terraform_manager_describe_wait(manager, options->depends_on[i]);

		if (why)
			return rc_asprintf("waits for stack '%s': %s", options->depends_on[i], why);
	}
	return NULL;
}

static bool is_sensitive(const json_t *output)
{
	return json_is_true(json_object_get(output, "sensitive"));
}

static json_t *collect_outputs(const json_t *outputs)
{
	json_t *all = json_object(), *output;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)outputs, name, output)
		if (!is_sensitive(output))
			json_object_set(all, name, json_object_get(output, "value"));
	return all;
}

int rc_terraform_manager_get_output(const struct rc_terraform_manager *manager, const char *name,
				    const char *output, json_t **ret_value, struct rc_error **err)
{
	const struct rc_terraform_stack *stack = rc_terraform_manager_find(manager, name);
	const json_t *outputs = stack ? rc_terraform_stack_get_outputs(stack) : NULL;
	rc_autofree char *wait = NULL;
	json_t *one;

	if (!stack)
		return rc_fail(err, -ENOENT, "there is no stack of that name");
	if (!outputs) {
		wait = rc_terraform_manager_describe_wait(manager, name);
		return rc_fail(err, -EAGAIN, "it has no outputs yet: %s",
			       wait ?: "it was never applied");
	}
	if (!output) {
		*ret_value = collect_outputs(outputs);
		return 0;
	}
	one = json_object_get(outputs, output);
	if (is_sensitive(one)) {
		rc_fail(err, -ENOTSUP, "its output '%s' is sensitive, and those are not kept",
			output);
		rc_hint(err, "let the stack write it to Vault, and an ExternalSecret read it");
		return -ENOTSUP;
	}
	if (!one) {
		wait = rc_terraform_manager_describe_wait(manager, name);
		return rc_fail(err, -EAGAIN, "it has no output '%s'%s%s", output, wait ? ": " : "",
			       wait ?: "");
	}
	*ret_value = json_incref(json_object_get(one, "value") ?: json_null());
	return 0;
}

static int resolve_output(struct rc_terraform_manager *manager,
			  const struct rc_terraform_variable *variable,
			  struct rc_secret **ret_secret, struct rc_error **err)
{
	json_auto_t *value = NULL;
	rc_autofree char *text = NULL;
	int r = rc_terraform_manager_get_output(manager, variable->stack, variable->output, &value,
						err);

	if (r < 0)
		return rc_wrap(err, r, "stack '%s'", variable->stack);
	text = json_is_string(value) ? rc_strdup(json_string_value(value))
				     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	*ret_secret = rc_secret_new_text(text);
	return 0;
}

static int resolve(void *userdata, struct rc_terraform_run *run,
		   const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		   struct rc_error **err)
{
	struct rc_terraform_manager *manager = userdata;

	if (variable->stack)
		return resolve_output(manager, variable, ret_secret, err);
	return manager->options.resolve(manager->options.userdata, run, variable, ret_secret, err);
}

static bool copy(void *userdata, struct rc_terraform_run *run, const char *name)
{
	struct rc_terraform_manager *manager = userdata;

	return manager->options.copy(manager->options.userdata, run, name);
}

static int gather(void *userdata, struct rc_terraform_run *run, struct rc_error **err)
{
	struct rc_terraform_manager *manager = userdata;

	return manager->options.gather(manager->options.userdata, run, err);
}

static void leave(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_manager *manager = userdata;

	manager->options.leave(manager->options.userdata, run);
}

static void on_changed(void *userdata, struct rc_terraform_stack *stack)
{
	struct rc_terraform_manager *manager = userdata;

	/* Somebody may have waited for it. */
	consider_soon(manager);
	if (manager->options.changed)
		manager->options.changed(manager->options.userdata,
					 rc_terraform_stack_get_options(stack)->name);
}

static void on_outputs(void *userdata, struct rc_terraform_stack *stack, const json_t *outputs)
{
	struct rc_terraform_manager *manager = userdata;

	if (manager->options.outputs)
		manager->options.outputs(manager->options.userdata,
					 rc_terraform_stack_get_options(stack)->name, outputs);
}

/* ---- the set of stacks ---- */

struct rc_terraform_stack *rc_terraform_manager_find(const struct rc_terraform_manager *manager,
						     const char *name)
{
	for (size_t i = 0; i < manager->n; i++)
		if (strcmp(rc_terraform_stack_get_options(manager->stacks[i])->name, name) == 0)
			return manager->stacks[i];
	return NULL;
}

struct rc_terraform_stack *const *
rc_terraform_manager_list(const struct rc_terraform_manager *manager)
{
	return manager->stacks;
}

/* Out of the list, without freeing it. NULL: there is none. */
static struct rc_terraform_stack *take_out(struct rc_terraform_manager *manager, const char *name)
{
	for (size_t i = 0; i < manager->n; i++) {
		struct rc_terraform_stack *stack = manager->stacks[i];

		if (!stack || strcmp(rc_terraform_stack_get_options(stack)->name, name) != 0)
			continue;
		manager->stacks[i] = NULL;
		return stack;
	}
	return NULL;
}

static void set_stacks(struct rc_terraform_manager *manager,
		       const struct rc_terraform_stack_options *options, size_t n)
{
	struct rc_terraform_stack **stacks = rc_calloc(n + manager->n + 1, sizeof(*stacks));
	size_t kept = n;

	for (size_t i = 0; i < n; i++) {
		stacks[i] = take_out(manager, options[i].name);
		if (stacks[i])
			rc_terraform_stack_set_options(stacks[i], &options[i]);
		else
			stacks[i] = rc_terraform_stack_new(&manager->site, &options[i]);
	}
	for (size_t i = 0; i < manager->n; i++) {
		/* An apply is not cut because its stack left the configuration. */
		if (manager->stacks[i] && rc_terraform_stack_get_run(manager->stacks[i]))
			stacks[kept++] = manager->stacks[i];
		else
			rc_terraform_stack_free(manager->stacks[i]);
	}
	free(manager->stacks);
	manager->stacks = stacks;
	manager->n = kept;
}

void rc_terraform_manager_configure(struct rc_terraform_manager *manager,
				    const struct rc_terraform_settings *settings,
				    const struct rc_terraform_stack_options *stacks, size_t n)
{
	struct rc_secret *before = (struct rc_secret *)(uintptr_t)manager->settings.backup_key;
	char *copies_before = (char *)(uintptr_t)manager->settings.copies;

	manager->settings = *settings;
	if (!settings->parallel)
		manager->settings.parallel = PARALLEL;
	if (!settings->backups_kept)
		manager->settings.backups_kept = BACKUPS_KEPT;
	if (settings->backup_key) {
		struct rc_str key = rc_secret_reveal(settings->backup_key);

		manager->settings.backup_key = rc_secret_new(key.p, key.n);
	}
	manager->settings.copies = rc_strdup(settings->copies);
	if (!settings->copies_kept)
		manager->settings.copies_kept = COPIES_KEPT;
	rc_secret_free(before);
	free(copies_before);
	manager->site.backup_key = manager->settings.backup_key;
	manager->site.backups_kept = manager->settings.backups_kept;
	manager->site.copies = manager->settings.copies;
	manager->site.copies_kept = manager->settings.copies_kept;
	set_stacks(manager, stacks, n);
	wake_all(manager);
	consider_soon(manager);
}

/* ---- freeze ---- */

void rc_terraform_manager_freeze(struct rc_terraform_manager *manager, const char *reason)
{
	json_auto_t *document = reason ? json_pack("{s:s}", "reason", reason) : NULL;
	struct rc_error *err = NULL;

	free(manager->freeze);
	manager->freeze = rc_strdup(reason);
	if (rc_store_put(manager->options.store, "terraform", "freeze", document, &err) < 0)
		rc_log_error(NULL, LOG_ERR, err, "remembering the freeze");
	rc_error_free(err);
	wake_all(manager);
}

static void load_freeze(struct rc_terraform_manager *manager)
{
	json_auto_t *document = NULL;
	struct rc_error *err = NULL;

	/* It fails closed: what cannot be read may have been a freeze. */
	if (rc_store_get(manager->options.store, "terraform", "freeze", &document, &err) < 0)
		manager->freeze = rc_error_format(err);
	else
		manager->freeze = rc_strdup(rc_json_text(document, "reason", NULL));
	rc_error_free(err);
}

/* ---- beginning and end ---- */

struct rc_terraform_manager *
rc_terraform_manager_new(const struct rc_terraform_manager_options *options)
{
	struct rc_terraform_manager *manager = rc_new0(struct rc_terraform_manager);

	manager->options = *options;
	manager->options.folder = rc_strdup(options->folder);
	manager->options.plugin_cache = rc_strdup(options->plugin_cache);
	manager->stacks = rc_calloc(1, sizeof(*manager->stacks));
	manager->site = (struct rc_terraform_site){
		.loop = options->loop,
		.store = options->store,
		.git_pool = options->git_pool,
		.plan_pool = options->plan_pool,
		.folder = manager->options.folder,
		.plugin_cache = manager->options.plugin_cache,
		.gather = gather,
		.leave = leave,
		.copy = copy,
		.resolve = resolve,
		.take_cache = take_cache,
		.leave_cache = leave_cache,
		.get_freeze = get_freeze,
		.may_run = may_run,
		.await_others = await_others,
		.changed = on_changed,
		.outputs = on_outputs,
		.userdata = manager,
	};
	load_freeze(manager);
	ev_timer_init(&manager->tick, on_tick, TICK_S, TICK_S);
	ev_timer_start(options->loop, &manager->tick);
	return manager;
}

void rc_terraform_manager_free(struct rc_terraform_manager *manager)
{
	if (!manager)
		return;
	ev_timer_stop(manager->options.loop, &manager->tick);
	for (size_t i = 0; i < manager->n; i++)
		rc_terraform_stack_free(manager->stacks[i]);
	free(manager->stacks);
	rc_secret_free((struct rc_secret *)(uintptr_t)manager->settings.backup_key);
	free((char *)(uintptr_t)manager->settings.copies);
	free((char *)(uintptr_t)manager->options.folder);
	free((char *)(uintptr_t)manager->options.plugin_cache);
	free(manager->freeze);
	free(manager);
}

unsigned int rc_terraform_manager_stop(struct rc_terraform_manager *manager)
{
	unsigned int n = 0;

	for (size_t i = 0; i < manager->n; i++) {
		struct rc_terraform_run *run = rc_terraform_stack_get_run(manager->stacks[i]);
		bool is_live = run && (manager->is_stopping ? rc_terraform_run_is_live(run)
							    : rc_terraform_run_stop(run));

		n += is_live;
	}
	manager->is_stopping = true;
	return n;
}

/* ---- metrics ---- */

static double is_phase(const json_t *stack, const char *phase)
{
	return rc_text_equal(rc_json_text(stack, "phase", NULL), phase) ? 1. : 0.;
}

static double is_drifted(const json_t *stack, const char *unused)
{
	(void)unused;
	return rc_text_equal(rc_json_text(stack, "drift", NULL), "drifted") ? 1. : 0.;
}

void rc_terraform_manager_write_metrics(const struct rc_terraform_manager *manager,
					struct rc_buf *out)
{
	static const struct {
		const char *name, *help, *phase;
		double (*get)(const json_t *stack, const char *phase);
	} metrics[] = {
		{"reconciled_terraform_awaiting_approval", "A plan waits for a yes.",
		 "awaiting-approval", is_phase},
		{"reconciled_terraform_failed", "The last run failed.", "failed", is_phase},
		{"reconciled_terraform_applying", "A plan is being applied.", "applying", is_phase},
		{"reconciled_terraform_drift", "Objects are not as the state says.", "",
		 is_drifted},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(metrics); i++) {
		rc_buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", metrics[i].name,
			      metrics[i].help, metrics[i].name);
		for (size_t j = 0; j < manager->n; j++) {
			json_auto_t *stack = rc_terraform_stack_describe(manager->stacks[j]);

			rc_buf_printf(out, "%s{stack=\"%s\"} %g\n", metrics[i].name,
				      rc_json_text(stack, "name", NULL),
				      metrics[i].get(stack, metrics[i].phase));
		}
	}
}
