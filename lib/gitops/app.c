/* An application's life: what happens to it, and when it looks. */
#include "gitops/app.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/tracking.h"

#define BATCH_MS 50 /* events of one change come together */

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

void rc_app_tell(struct rc_app *app)
{
	rc_app_object_note_health(app);
	if (options_of(app)->app_changed)
		options_of(app)->app_changed(options_of(app)->userdata, app);
}

void rc_app_save_operation(struct rc_app *app)
{
	json_auto_t *json = rc_operation_to_json(&app->operation);
	struct rc_error *err = NULL;

	if (rc_store_put(options_of(app)->store, "operation", app->application->name, json, &err) <
	    0)
		rc_log_error(&app->log, LOG_ERR, err, "remembering the operation");
	rc_error_free(err);
}

void rc_app_mark(struct rc_app *app, bool from_start)
{
	struct ev_loop *loop = options_of(app)->loop;

	app->is_dirty = app->is_dirty || from_start;
	app->is_live_dirty = true;
	if (app->sync || rc_flow_is_running(&app->flow) || ev_is_active(&app->turn))
		return;
	ev_timer_set(&app->turn, from_start ? 0 : BATCH_MS / 1000.0, 0);
	ev_timer_start(loop, &app->turn);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_app *app = rc_container_of(timer, struct rc_app, turn);

	(void)loop;
	(void)events;
	if (!app->sync && !rc_flow_is_running(&app->flow))
		rc_app_refresh_start(app, app->is_dirty);
}

/* What was waited for is over: a retry is due, or a failed look is to be repeated. */
static void on_decision(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_app *app = rc_container_of(timer, struct rc_app, decision);

	(void)loop;
	(void)events;
	rc_app_mark(app, true);
}

/* ---- what it is made of ---- */

/* What a sync brings depends on this part of the manifest, besides the commit. */
void rc_app_hash_source(struct rc_app *app)
{
	const json_t *spec = json_object_get(app->application->manifest, "spec");
	json_auto_t *parts = json_array();
	char hex[RC_JSON_HASH_MAX];

	json_array_append(parts, json_object_get(spec, "source") ?: json_null());
	json_array_append(parts, json_object_get(spec, "sources") ?: json_null());
	json_array_append(parts, json_object_get(spec, "destination") ?: json_null());
	if (app->outputs)
		json_array_append(parts, app->outputs);
	if (rc_app_hold_get_undone(app))
		json_array_append(parts, (json_t *)(uintptr_t)rc_app_hold_get_undone(app));
	rc_json_hash(parts, hex);
	hex[15] = '\0'; /* 60 bits: JSON integers are signed */
	app->source_hash = strtoull(hex, NULL, 16);
}

static void unwant(struct rc_app *app)
{
	rc_app_preview_cancel(app); /* they have wants of their own */
	rc_app_tree_cancel(app);
	rc_app_undo_cancel(app);
	rc_app_orphans_done(app);
	for (size_t i = 0; app->repositories && i < app->application->n_sources; i++) {
		if (app->repositories[i])
			rc_repository_unwant(app->repositories[i], app->wants[i]);
		free(app->wants[i]);
	}
	free(app->repositories);
	free(app->wants);
	app->repositories = NULL;
	app->wants = NULL;
}

static void compile_ignore(struct rc_app *app)
{
	struct rc_error *err = NULL;

	rc_ignore_free(app->ignore);
	app->ignore = NULL;
	rc_error_free(app->ignore_error);
	app->ignore_error = NULL;
	/* A rule that is not understood is not left out: the comparison fails with its name. */
	if (rc_ignore_compile(rc_customizations_get_ignore(options_of(app)->customizations),
			      app->application->ignore_differences, &app->ignore, &err) < 0)
		app->ignore_error = err;
}

static void keep_manager(void *userdata, const char *manager)
{
	rc_destination_keep_manager(userdata, manager);
}

static void want(struct rc_app *app)
{
	size_t n = app->application->n_sources;

	app->repositories = rc_calloc(n, sizeof(*app->repositories));
	app->wants = rc_calloc(n, sizeof(*app->wants));
	for (size_t i = 0; i < n; i++) {
		const struct rc_application_source *source = &app->application->sources[i];
		struct rc_repository *repository = rc_engine_find_source(app->engine, source);

		if (!repository && rc_app_permit_source(app, source->repo_url))
			repository = rc_engine_adopt_source(app->engine, source);
		app->repositories[i] = repository;
		if (!repository)
			continue;
		app->wants[i] = rc_repository_make_revision(repository, source->repo_url,
							    source->chart, source->target_revision);
		rc_repository_want(repository, app->wants[i]);
	}
	app->destination = rc_engine_find_destination(app->engine, app->application);
	if (app->destination)
		rc_ignore_each_manager(app->ignore, keep_manager, app->destination);
	if (app->destination && app->application->options.migration_manager)
		keep_manager(app->destination, app->application->options.migration_manager);
}

static void load(struct rc_app *app)
{
	json_auto_t *operation = NULL;

	rc_store_get(options_of(app)->store, "kinds", app->application->name, &app->kinds, NULL);
	if (!app->kinds)
		app->kinds = json_object();
	rc_store_get(options_of(app)->store, "operation", app->application->name, &operation, NULL);
	if (operation)
		rc_operation_from_json(&app->operation, operation);
	rc_app_hold_load(app);
	rc_app_delete_load(app);
}

/* What a rollback of an earlier life holds is still held. */
static struct rc_application *make_effective(struct rc_app *app)
{
	struct rc_error *err = NULL;
	struct rc_application *held = rc_app_hold_make(app, &err);

	if (err)
		rc_log_error(&app->log, LOG_ERR, err, "the rollback cannot be followed any more");
	rc_error_free(err);
	return held ? held : app->declared;
}

struct rc_app *rc_app_new(struct rc_engine *engine, struct rc_application *application)
{
	struct rc_app *app = rc_new0(struct rc_app);

	app->engine = engine;
	app->declared = app->application = application;
	app->label = rc_tracking_label(application->name);
	app->log = (struct rc_log){NULL, "RC_APP", application->name};
	ev_timer_init(&app->turn, on_turn, 0, 0);
	ev_timer_init(&app->decision, on_decision, 0, 0);
	rc_app_refresh_init(app);
	load(app);
	app->application = make_effective(app);
	rc_app_hash_source(app);
	compile_ignore(app);
	want(app);
	rc_app_mark(app, true);
	return app;
}

static void clear_sight(struct rc_app *app)
{
	rc_resources_done(&app->resources);
	rc_desired_free(app->fresh);
	rc_desired_free(app->desired);
	app->fresh = app->desired = NULL;
	free(rc_steal(&app->render_key));
	json_decref(app->manifests);
	json_decref(app->warnings);
	json_decref(app->types);
	json_decref(app->outputs);
	app->manifests = app->warnings = app->types = app->outputs = NULL;
	rc_app_fetch_clear(app);
	rc_app_lookup_clear(app);
	app->is_compared = false;
}

static void stop_look(struct rc_app *app)
{
	rc_flow_cancel(&app->flow);
	if (app->job)
		rc_worker_cancel(app->job);
	app->job = NULL;
	rc_app_call_cancel(app, NULL);
	rc_app_lookup_cancel(app);
	rc_app_compare_cancel(app);
}

static void free_applications(struct rc_app *app)
{
	if (app->application != app->declared)
		rc_application_free(app->application);
	rc_application_free(app->declared);
}

void rc_app_free(struct rc_app *app)
{
	if (!app)
		return;
	rc_sync_free(app->sync);
	rc_app_diff_cancel(app);
	stop_look(app);
	rc_app_delete_done(app);
	ev_timer_stop(options_of(app)->loop, &app->turn);
	ev_timer_stop(options_of(app)->loop, &app->decision);
	unwant(app);
	clear_sight(app);
	rc_operation_done(&app->operation);
	rc_ignore_free(app->ignore);
	rc_error_free(app->ignore_error);
	rc_error_free(app->error);
	json_decref(app->kinds);
	free(app->last_sync);
	free(app->label);
	free(app->revision);
	free(app->pinned);
	free(app->render_key);
	free(app->wanted.initiated_by);
	rc_request_done(&app->wanted.request);
	rc_request_done(&app->running);
	json_decref(app->hold);
	json_decref(app->delete_hooks);
	json_decref(app->hooks);
	json_decref(app->images);
	free(app->rivals);
	free(app->gate);
	free(app->stack_wait);
	free_applications(app);
	free(app);
}

/* A run's journal stays: it is gone on with if nothing else changed. */
void rc_app_stop(struct rc_app *app)
{
	rc_sync_free(app->sync);
	app->sync = NULL;
	rc_app_diff_cancel(app);
	stop_look(app);
}

/* Everything that was seen was seen of another application. */
static void begin_anew(struct rc_app *app)
{
	rc_app_stop(app);
	rc_app_delete_done(app);
	unwant(app);
	clear_sight(app);
}

static void use(struct rc_app *app)
{
	app->log.value = app->declared->name;
	rc_app_hash_source(app);
	compile_ignore(app);
	want(app);
	rc_app_mark(app, true);
}

void rc_app_set_application(struct rc_app *app, struct rc_application *application)
{
	begin_anew(app);
	free_applications(app);
	app->declared = application;
	app->application = make_effective(app);
	use(app);
}

void rc_app_use(struct rc_app *app, struct rc_application *held)
{
	begin_anew(app);
	if (app->application != app->declared)
		rc_application_free(app->application);
	app->application = held ? held : app->declared;
	use(app);
}

const struct rc_application *rc_app_get_declared(const struct rc_app *app)
{
	return app->declared;
}

void rc_app_unbind(struct rc_app *app)
{
	unwant(app);
}

/* A repository or cluster that went takes run and look with it; else they go on. */
void rc_app_rebind(struct rc_app *app)
{
	struct rc_destination *before = app->destination;

	want(app);
	if (app->destination != before) {
		rc_app_stop(app);
		clear_sight(app);
	}
	rc_app_mark(app, true);
}

const struct rc_application *rc_app_get_application(const struct rc_app *app)
{
	return app->application;
}

const char *rc_app_get_name(const struct rc_app *app)
{
	return app->application->name;
}

const char *rc_app_get_label(const struct rc_app *app)
{
	return app->label;
}

/* ---- what happens ---- */

static bool is_at(const struct rc_app *app, const char *step)
{
	const char *now = rc_flow_get_step(&app->flow);

	return now && strcmp(now, step) == 0;
}

void rc_app_on_repository(struct rc_app *app, const struct rc_repository *repository)
{
	bool is_ours = false;

	for (size_t i = 0; i < app->application->n_sources; i++)
		is_ours = is_ours || app->repositories[i] == repository;
	if (!is_ours)
		return;
	rc_app_preview_go_on(app);
	if (is_at(app, "resolve"))
		rc_flow_resume(&app->flow, 0, NULL);
	else
		rc_app_mark(app, true);
	if (app->sync)
		rc_app_run_consider_commit(app);
}

void rc_app_on_destination(struct rc_app *app, const struct rc_destination *destination)
{
	if (app->destination != destination)
		return;
	rc_app_preview_go_on(app);
	if (is_at(app, "watch") || is_at(app, "connect"))
		rc_flow_resume(&app->flow, 0, NULL);
	else if (app->sync)
		rc_sync_live_changed(app->sync);
	else if (app->error || !app->desired)
		rc_app_mark(app, true);
}

void rc_app_on_live(struct rc_app *app, const struct rc_kube_key *key)
{
	if (app->sync) {
		rc_app_compare_judge(app, key);
		rc_sync_live_changed(app->sync);
	}
	if (app->deletion.is_on && !app->sync)
		rc_app_delete_again(app);
	else if (app->desired)
		rc_app_mark(app, false);
}

bool rc_app_has_repositories(const struct rc_app *app)
{
	for (size_t i = 0; i < app->application->n_sources; i++)
		if (!app->repositories[i])
			return false;
	return true;
}

void rc_app_on_project(struct rc_app *app)
{
	rc_app_orphans_expire(app);
	if (app->repositories && !rc_app_has_repositories(app)) { /* it may allow them now */
		rc_app_unbind(app);
		rc_app_rebind(app);
	}
	rc_app_mark(app, true);
}

void rc_app_refresh(struct rc_app *app, bool is_hard)
{
	for (size_t i = 0; i < app->application->n_sources; i++)
		if (app->repositories[i])
			rc_repository_poll(app->repositories[i]);
	app->is_hard = app->is_hard || is_hard;
	if (is_hard)
		rc_app_orphans_expire(app);
	rc_app_mark(app, true);
}

void rc_app_get_counts(const struct rc_app *app, struct rc_app_counts *ret_counts)
{
	struct rc_resources_count count = rc_resources_count(&app->resources);
	rc_autofree char *message = NULL;

	*ret_counts = app->counts;
	ret_counts->sync_status = !app->is_compared || count.n_shown_unknown ? "Unknown"
				  : count.n_shown_out_of_sync		     ? "OutOfSync"
									     : "Synced";
	ret_counts->health_status = rc_health_to_string(rc_app_assess(app, &message));
	ret_counts->operation_phase = rc_operation_phase_to_string(app->operation.phase);
	ret_counts->operation_revision = app->operation.revision ?: "";
	ret_counts->is_operation_open = app->is_wanted || app->is_settling;
}

const json_t *rc_app_get_hooks(const struct rc_app *app)
{
	return app->hooks;
}

const char *rc_app_get_revision(const struct rc_app *app)
{
	return app->revision;
}

bool rc_app_is_syncing(const struct rc_app *app)
{
	return app->sync || app->is_wanted;
}

bool rc_app_is_settled(const struct rc_app *app)
{
	ev_timer turn = app->turn; /* libev's question is not const */

	for (size_t i = 0; i < app->application->n_sources; i++)
		if (app->repositories[i] && rc_repository_is_polling(app->repositories[i]))
			return false;
	return !rc_flow_is_running(&app->flow) && !ev_is_active(&turn) && !app->sync;
}
