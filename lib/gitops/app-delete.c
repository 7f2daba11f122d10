/*
 * The end of an application. What there is to be deleted is looked at anew each time, so that a
 * failure, a restart or somebody who makes things meanwhile only make it longer. A kind that cannot
 * be listed is waited for: what is not seen is not taken for gone.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/projects.h"
#include "gitops/tracking.h"

#define BACKOFF_MS     2000
#define BACKOFF_MAX_MS 60000

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

/* ---- which hooks there are ---- */

void rc_app_delete_load(struct rc_app *app)
{
	rc_store_get(options_of(app)->store, "hooks", app->declared->name, &app->delete_hooks,
		     NULL);
}

static bool has_phase(const struct rc_desired *desired, enum rc_phase phase)
{
	for (size_t i = 0; i < desired->n; i++)
		if (desired->items[i].traits.is_hook &&
		    desired->items[i].traits.phases & 1U << phase)
			return true;
	return false;
}

/* A deletion must not pass over them because the source is away by then. */
void rc_app_delete_note_hooks(struct rc_app *app, const struct rc_desired *desired)
{
	bool pre = has_phase(desired, RC_PHASE_PRE_DELETE);
	bool post = has_phase(desired, RC_PHASE_POST_DELETE);
	json_t *hooks = NULL;
	struct rc_error *err = NULL;

	if (pre == rc_app_has_delete_hooks(app, false) &&
	    post == rc_app_has_delete_hooks(app, true))
		return;
	if (pre || post)
		hooks = json_pack("{s:b, s:b}", "preDelete", pre, "postDelete", post);
	json_decref(app->delete_hooks);
	app->delete_hooks = hooks;
	if (rc_store_put(options_of(app)->store, "hooks", app->declared->name, hooks, &err) < 0)
		rc_log_error(&app->log, LOG_ERR, err, "remembering its hooks");
	rc_error_free(err);
}

bool rc_app_has_delete_hooks(const struct rc_app *app, bool is_post)
{
	return json_is_true(
		json_object_get(app->delete_hooks, is_post ? "postDelete" : "preDelete"));
}

/* ---- what is there ---- */

struct collection {
	const struct rc_app *app;
	const struct rc_kube_cache *cache;
	struct rc_plan_live *live;
	size_t n, size;
	bool has_project;
};

static bool is_ours(const struct collection *all, const json_t *object,
		    const struct rc_kube_key *key)
{
	if (rc_tracking_check(object, options_of(all->app)->instance, all->app->declared->name,
			      NULL) != RC_TRACKING_OURS)
		return false;
	return !all->has_project || rc_app_permit_is_allowed(all->app, key);
}

static void on_live(void *userdata, const struct rc_kube_live *live)
{
	struct collection *all = userdata;
	json_auto_t *object = rc_kube_cache_load(all->cache, &live->key);
	struct rc_plan_live one = {.key = live->key};

	if (!is_ours(all, object, &live->key))
		return;
	if (rc_traits_read(object, &one.traits, NULL) < 0)
		one.traits.no_delete = true; /* unreadable traits: hands off */
	one.wave = one.traits.wave;
	one.is_owned =
		json_array_size(rc_json_get(object, "metadata", "ownerReferences", NULL)) > 0;
	if (all->n == all->size) {
		all->size = all->size ? 2 * all->size : 64;
		all->live = rc_realloc(all->live, all->size * sizeof(*all->live));
	}
	all->live[all->n++] = one;
}

/* Its keys are borrowed from the cache until the loop turns. */
static void collect(const struct rc_app *app, struct collection *all)
{
	rc_autofree char *label = rc_tracking_label(app->declared->name);

	*all = (struct collection){
		.app = app,
		.cache = rc_destination_get_cache(app->destination),
		.has_project = rc_projects_find(rc_engine_get_projects(app->engine),
						app->declared->project) != NULL,
	};
	rc_kube_cache_each(all->cache, label, on_live, all);
}

/* ---- the run ---- */

static void finish(struct rc_app *app)
{
	app->deletion.is_done = true;
	rc_log_notice(&app->log, "deleted");
	rc_app_tell(app);
	rc_engine_on_deleted(app->engine, app);
}

static void fail(struct rc_app *app, struct rc_error *err)
{
	uint64_t wait_ms =
		rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, app->deletion.attempts++);
	rc_autofree char *before =
		app->deletion.error ? rc_error_format(app->deletion.error) : NULL;
	rc_autofree char *now = rc_error_format(err);

	if (!rc_text_equal(before, now))
		rc_log_error(&app->log, LOG_ERR, err, "deleting");
	rc_error_free(app->deletion.error);
	app->deletion.error = err;
	ev_timer_stop(options_of(app)->loop, &app->decision);
	ev_timer_set(&app->decision, (double)wait_ms / 1000., 0);
	ev_timer_start(options_of(app)->loop, &app->decision);
	rc_app_tell(app);
}

static void on_run(void *userdata, struct rc_sync *sync, int r, struct rc_error *err)
{
	struct rc_app *app = userdata;

	app->sync = NULL;
	if (r == 0)
		rc_sync_forget_journal(sync);
	rc_sync_free(sync);
	if (r < 0) {
		fail(app, err);
		return;
	}
	rc_error_free(rc_steal(&app->deletion.error));
	app->deletion.attempts = 0;
	finish(app);
}

static void on_progress(void *userdata, struct rc_sync *sync)
{
	(void)sync;
	rc_app_tell(userdata);
}

/* What was rendered for the deletion, else what had been already; NULL: there are no hooks. */
static const struct rc_desired *hooks_of(const struct rc_app *app)
{
	if (!app->delete_hooks)
		return NULL;
	return app->deletion.desired ? app->deletion.desired : app->desired;
}

static json_t *load_journal(const struct rc_app *app)
{
	json_t *journal = NULL;

	rc_store_get(options_of(app)->store, "run", app->declared->name, &journal, NULL);
	if (journal && !json_is_true(json_object_get(journal, "deletion"))) {
		json_decref(journal); /* of a sync that the deletion ended */
		return NULL;
	}
	return journal;
}

static void start_run(struct rc_app *app, struct rc_plan *plan)
{
	const struct rc_engine_options *engine = options_of(app);
	json_auto_t *journal = load_journal(app);
	struct rc_sync_options options = {
		.loop = engine->loop,
		.instance = engine->instance,
		.revision = app->revision ?: "",
		.initiated_by = "deletion",
		.application = app->declared,
		.destination = app->destination,
		.store = engine->store,
		.desired = hooks_of(app),
		.log = &app->log,
		.judge = rc_engine_get_judge(app->engine),
		.journal = journal,
		.wave_timeout_ms = engine->wave_timeout_ms,
		.plan = plan,
		.changed = on_progress,
		.done = on_run,
		.userdata = app,
	};
	struct rc_error *err = NULL;

	if (rc_sync_start(&options, &app->sync, &err) < 0)
		fail(app, err);
	rc_app_tell(app);
}

static bool is_approved(const struct rc_app *app)
{
	const char *text = app->declared->options.deletion_approved;
	int64_t at = 0;

	return app->deletion.is_approved ||
	       (text && rc_clock_parse_rfc3339(text, &at) == 0 && at >= app->deletion.since_unix_s);
}

/* Nothing goes before all of it may; NULL: all may. The caller's. */
static char *list_waiting(const struct rc_plan *plan)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(2048);

	for (size_t i = 0; i < plan->n; i++) {
		rc_autofree char *name = NULL;

		if (!plan->tasks[i].is_waiting)
			continue;
		name = rc_kube_object_format_key(&plan->tasks[i].key);
		rc_buf_printf(&text, "%s%s", text.n ? ", " : "", name);
	}
	return text.n ? rc_buf_take(&text) : NULL;
}

static void run(struct rc_app *app)
{
	struct rc_plan_delete_options options = {
		.with_resources = app->declared->has_finalizer,
		.no_delete = app->declared->options.no_delete,
		.needs_approval = app->declared->options.delete_confirm,
		.is_approved = is_approved(app),
		.app = app->declared->own_name,
		.revision = app->revision,
		.started_unix_s = app->deletion.since_unix_s,
	};
	struct collection all;
	struct rc_plan *plan = NULL;

	collect(app, &all);
	rc_plan_make_deletion(hooks_of(app), all.live, all.n, &options, &plan);
	free(all.live);
	free(app->deletion.waiting);
	app->deletion.waiting = list_waiting(plan);
	if (app->deletion.waiting) {
		rc_plan_free(plan);
		rc_app_tell(app);
		return;
	}
	start_run(app, plan);
}

/* ---- the look ---- */

/* Hooks have to be rendered; what is live is known without the source. */
static const struct rc_step steps_with_hooks[] = {
	{"resolve", rc_app_refresh_resolve_step, 120},
	{"connect", rc_app_refresh_connect, 120},
	{"render", rc_app_refresh_render, 0},
	{"lookup", rc_app_lookup_step, 120},
	{"build", rc_app_refresh_build, 10},
	{"watch", rc_app_refresh_watch, 120},
	{NULL, NULL, 0},
};
static const struct rc_step steps[] = {
	{"connect", rc_app_refresh_connect, 120},
	{"watch", rc_app_refresh_watch, 120},
	{NULL, NULL, 0},
};

static void on_looked(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);

	if (r < 0) {
		fail(app, err);
		return;
	}
	if (app->fresh) {
		rc_desired_free(app->deletion.desired);
		app->deletion.desired = rc_steal(&app->fresh);
	}
	run(app);
}

void rc_app_delete_start(struct rc_app *app)
{
	bool has_hooks = app->delete_hooks != NULL;

	if (app->deletion.is_done || app->sync)
		return;
	app->is_dirty = app->is_live_dirty = false;
	rc_flow_init(&app->flow, options_of(app)->loop, has_hooks ? steps_with_hooks : steps,
		     on_looked);
	rc_flow_start(&app->flow);
}

void rc_app_delete_again(struct rc_app *app)
{
	if (app->deletion.waiting)
		rc_app_mark(app, true);
}

/* ---- begin and end ---- */

int rc_app_delete_approve(struct rc_app *app, const char *by, struct rc_error **err)
{
	if (!app->deletion.waiting)
		return rc_fail(err, -EINVAL, "nothing of '%s' waits for approval",
			       app->declared->name);
	rc_log_notice(&app->log, "%s approved its deletion", by);
	app->deletion.is_approved = true;
	rc_app_mark(app, true);
	return 0;
}

void rc_app_delete_since(struct rc_app *app, int64_t since_unix_s)
{
	if (app->deletion.is_on)
		return;
	rc_app_stop(app);
	app->deletion.is_on = true;
	app->deletion.since_unix_s = since_unix_s;
	rc_log_notice(&app->log, "deleting%s",
		      app->declared->has_finalizer ? " it with its resources" : "");
	rc_app_mark(app, true);
	rc_app_tell(app);
}

void rc_app_delete(struct rc_app *app)
{
	rc_app_delete_since(app, rc_clock_unix_s());
}

bool rc_app_is_deleting(const struct rc_app *app)
{
	return app->deletion.is_on;
}

void rc_app_delete_done(struct rc_app *app)
{
	bool was_on = app->deletion.is_on;

	rc_error_free(app->deletion.error);
	free(app->deletion.waiting);
	rc_desired_free(app->deletion.desired);
	memset(&app->deletion, 0, sizeof(app->deletion));
	if (was_on)
		rc_app_refresh_init(app);
}

void rc_app_delete_describe(const struct rc_app *app, json_t *conditions)
{
	rc_autofree char *message = NULL;

	if (!app->deletion.is_on)
		return;
	if (app->deletion.waiting)
		message = rc_asprintf("its deletion waits for approval of %s: reconcilectl app "
				      "approve %s",
				      app->deletion.waiting, app->declared->name);
	else if (app->deletion.error)
		message = rc_error_format(app->deletion.error);
	if (message)
		json_array_append_new(conditions, json_pack("{s:s, s:s}", "type", "DeletionError",
							    "message", message));
}
