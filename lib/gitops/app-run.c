/* From a look to a run: whether one begins, what it is given, how it ended. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"

#define AGAIN_S 5 /* after a look that could not tell everything */

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

static void wait_s(struct rc_app *app, int64_t seconds)
{
	ev_timer_stop(options_of(app)->loop, &app->decision);
	ev_timer_set(&app->decision, (double)seconds, 0);
	ev_timer_start(options_of(app)->loop, &app->decision);
}

/* ---- how it ended ---- */

static void add_history(struct rc_app *app, const struct rc_sync *sync)
{
	char started[RC_CLOCK_RFC3339_MAX], ended[RC_CLOCK_RFC3339_MAX];
	json_auto_t *entry = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:O}", "run", rc_sync_get_id(sync), "revision",
		rc_sync_get_revision(sync), "deployStartedAt",
		rc_clock_format_rfc3339(app->operation.started_unix_s, started), "deployedAt",
		rc_clock_format_rfc3339(app->operation.finished_unix_s, ended), "initiatedBy",
		app->operation.initiated_by ?: "", "spec",
		json_object_get(app->application->manifest, "spec"));
	json_auto_t *before = NULL;
	struct rc_error *err = NULL;
	int r = rc_store_list_history(options_of(app)->store, app->application->name, &before,
				      &err);

	/* A crash may have come between the entry and the end of the journal. */
	if (r == 0 && rc_text_equal(rc_json_text(json_array_get(before, 0), "run", NULL),
				    rc_sync_get_id(sync)))
		return;
	if (r == 0)
		r = rc_store_add_history(options_of(app)->store, app->application->name, entry,
					 app->application->revision_history_limit, NULL, &err);
	if (r < 0)
		rc_log_error(&app->log, LOG_ERR, err, "writing history");
	rc_error_free(err);
}

/* With what to do about it. */
static char *explain(const struct rc_error *err)
{
	const char *hint = rc_error_get_hint(err);
	char *text = rc_error_format(err), *whole;

	if (!hint)
		return text;
	whole = rc_asprintf("%s; %s", text, hint);
	free(text);
	return whole;
}

/* A run without hooks says nothing about how long they take. */
static void set_hooks(struct rc_app *app, const struct rc_sync *sync)
{
	json_t *hooks = rc_sync_list_hooks(sync);

	if (json_array_size(hooks) == 0) {
		json_decref(hooks);
		return;
	}
	json_decref(app->hooks);
	app->hooks = hooks;
}

static void set_outcome(struct rc_app *app, struct rc_sync *sync, int r, struct rc_error *err)
{
	struct rc_operation *operation = &app->operation;
	json_auto_t *description = rc_sync_describe(sync);

	operation->finished_unix_s = rc_clock_unix_s();
	operation->phase = r < 0 ? RC_OPERATION_FAILED : RC_OPERATION_SUCCEEDED;
	operation->is_transient = r < 0 && rc_error_is_transient(r);
	operation->is_final = r == -ECANCELED;
	free(operation->message);
	operation->message = r < 0 ? explain(err) : rc_strdup("successfully synced");
	free(app->last_sync);
	app->last_sync = json_dumps(json_object_get(description, "resources"), JSON_COMPACT);
	set_hooks(app, sync);
	app->counts.sync_seconds +=
		(double)(operation->finished_unix_s - operation->started_unix_s);
	if (r < 0) {
		app->counts.n_syncs_failed++;
		rc_log_error(&app->log, r == -ECANCELED ? LOG_NOTICE : LOG_ERR, err,
			     "sync of %.12s", rc_sync_get_revision(sync));
	} else {
		app->counts.n_syncs_succeeded++;
		rc_log_notice(&app->log, "%s %.12s",
			      operation->is_partial ? "healed, still at" : "synced",
			      rc_sync_get_revision(sync));
	}
}

/* They stay named until a revision comes, or a heal finds others. */
static void set_rivals(struct rc_app *app, char *rivals)
{
	if (!rivals && app->operation.is_partial)
		return;
	free(app->rivals);
	app->rivals = rivals;
}

static void on_synced(void *userdata, struct rc_sync *sync, int r, struct rc_error *err)
{
	struct rc_app *app = userdata;

	set_outcome(app, sync, r, err);
	if (r == 0 && !app->operation.is_partial && !app->running.dry_run)
		add_history(app, sync);
	rc_app_hold_set_waiting(app, rc_sync_list_waiting(sync));
	set_rivals(app, rc_sync_describe_rivals(sync));
	rc_app_save_operation(app);
	rc_sync_forget_journal(sync);
	rc_error_free(err);
	rc_request_done(&app->running);
	app->sync = NULL;
	app->is_settling = true;
	rc_sync_free(sync);
	if (!app->operation.is_partial)
		rc_app_orphans_expire(app);
	free(app->pinned);
	app->pinned = NULL;
	rc_app_tell(app);
	rc_app_mark(app, true);
}

/* A commit that came while objects were being written may end the wait that follows. */
static void on_progress(void *userdata, struct rc_sync *sync)
{
	struct rc_app *app = userdata;

	if (app->is_dirty && app->sync == sync)
		rc_app_run_consider_commit(app);
	rc_app_tell(app);
}

/* ---- how it begins ---- */

struct start {
	bool partial, by_hand, is_retry;
	const json_t *journal;
};

static void begin_operation(struct rc_app *app, const struct start *start)
{
	struct rc_operation *operation = &app->operation;
	const char *by = start->by_hand ? app->wanted.initiated_by : RC_APP_AUTOMATED;
	bool partial = start->partial || rc_request_is_partial(&app->running);

	if (start->partial)
		operation->heal_attempts++;
	else if (!rc_text_equal(operation->revision, app->revision))
		operation->heal_attempts = 0;
	operation->retry_count = start->is_retry ? operation->retry_count + 1 : 0;
	operation->phase = RC_OPERATION_RUNNING;
	operation->is_partial = partial;
	operation->is_final = operation->is_transient = false;
	operation->source_hash = app->source_hash;
	operation->started_unix_s = rc_clock_unix_s();
	operation->finished_unix_s = 0;
	/* A choice of resources brings a revision in part: the whole is still to come. */
	if (!partial || !operation->revision) {
		free(operation->revision);
		operation->revision = rc_strdup(app->revision);
	}
	by = rc_strdup(by);
	free(operation->initiated_by);
	operation->initiated_by = (char *)(uintptr_t)by;
	free(operation->message);
	operation->message = NULL;
	rc_app_save_operation(app);
}

static char *hold_for_window(void *userdata)
{
	const struct rc_app *app = userdata;
	bool is_manual = !rc_text_equal(app->operation.initiated_by, RC_APP_AUTOMATED);

	return rc_app_permit_window(app, is_manual).is_allowed
		       ? NULL
		       : rc_strdup("Sync operation blocked by sync window");
}

/* What was asked for by hand is now what is done. */
static void take_wanted(struct rc_app *app, const struct start *start)
{
	rc_request_done(&app->running);
	if (!start->by_hand)
		return;
	app->running = app->wanted.request;
	app->wanted.request = (struct rc_request){.prune = false};
	app->is_wanted = false;
}

static struct rc_sync_options make_options(struct rc_app *app, const struct start *start)
{
	const struct rc_engine_options *engine = options_of(app);
	const struct rc_application *application = app->application;

	return (struct rc_sync_options){
		.loop = engine->loop,
		.instance = engine->instance,
		.revision = app->revision,
		.initiated_by = app->operation.initiated_by,
		.application = application,
		.destination = app->destination,
		.store = engine->store,
		.desired = app->desired,
		.log = &app->log,
		.judge = rc_engine_get_judge(app->engine),
		.ignore = app->ignore,
		.script_pool = engine->script_pool,
		.journal = start->journal,
		.wave_timeout_ms = application->options.wave_timeout_ms
					   ? application->options.wave_timeout_ms
					   : engine->wave_timeout_ms,
		/* By hand it is meant, but where it was approved exactly that is. */
		.prune_budget =
			app->running.prune && !app->running.approved ? 100 : engine->prune_budget,
		.prune = application->automated.prune,
		.partial = start->partial,
		.permit = rc_app_permit_task,
		.hold = hold_for_window,
		.names_rivals = start->partial && app->operation.heal_attempts > 1,
		.request = &app->running,
		.changed = on_progress,
		.done = on_synced,
		.userdata = app,
	};
}

static void fail_operation(struct rc_app *app, const struct rc_error *err)
{
	app->operation.phase = RC_OPERATION_FAILED;
	app->operation.is_final = true;
	app->operation.finished_unix_s = rc_clock_unix_s();
	free(app->operation.message);
	app->operation.message = rc_error_format(err);
	rc_app_save_operation(app);
}

static void fail_start(struct rc_app *app, struct rc_error *err)
{
	fail_operation(app, err);
	rc_log_error(&app->log, LOG_ERR, err, "planning");
	rc_error_free(err);
}

static void start_run(struct rc_app *app, const struct start *start)
{
	struct rc_sync_options options;
	rc_autofree struct rc_plan_live *live = NULL;
	struct rc_error *err = NULL;

	take_wanted(app, start);
	begin_operation(app, start);
	options = make_options(app, start);
	live = rc_resources_list_live(&app->resources, &options.n_live);
	options.live = live;
	ev_timer_stop(options.loop, &app->decision);
	rc_log_info(&app->log, "%s %.12s, by %s%s",
		    start->partial   ? "healing, at"
		    : start->journal ? "going on with the sync of"
				     : "syncing",
		    app->revision, options.initiated_by, start->is_retry ? ", again" : "");
	if (rc_sync_start(&options, &app->sync, &err) < 0)
		fail_start(app, err);
	rc_app_tell(app);
}

void rc_app_run_give_up(struct rc_app *app, const struct rc_error *err)
{
	struct start start = {.by_hand = true};

	if (!app->is_wanted)
		return;
	take_wanted(app, &start);
	begin_operation(app, &start);
	fail_operation(app, err);
	rc_request_done(&app->running);
	free(rc_steal(&app->pinned));
}

/* ---- whether it begins ---- */

/* Self-heal that was interrupted before it wrote anything is begun anew: a whole sync in its place
 * would run the revision's hooks once more. */
static bool is_heal_of_now(const struct rc_app *app)
{
	const struct rc_operation *operation = &app->operation;

	return operation->is_partial && rc_text_equal(operation->initiated_by, RC_APP_AUTOMATED) &&
	       rc_text_equal(operation->revision, app->revision) &&
	       operation->source_hash == app->source_hash;
}

/* What a crash interrupted: go on with it, or note that another commit takes its place. */
static bool resume(struct rc_app *app)
{
	struct start start = {.partial = false};
	json_auto_t *journal = NULL;

	if (app->operation.phase != RC_OPERATION_RUNNING)
		return false;
	rc_store_get(options_of(app)->store, "run", app->application->name, &journal, NULL);
	if (!journal && is_heal_of_now(app)) {
		start.partial = true;
		start_run(app, &start);
		return true;
	}
	if (!journal || !rc_text_equal(rc_json_text(journal, "revision", NULL), app->revision) ||
	    app->operation.source_hash != app->source_hash) {
		rc_log_notice(&app->log,
			      "the sync of %.12s was interrupted; it is not gone on with",
			      app->operation.revision ?: "");
		free(app->operation.message);
		app->operation.message = rc_strdup("interrupted by a restart of reconciled");
		app->operation.phase = RC_OPERATION_FAILED;
		app->operation.is_transient = true;
		app->operation.finished_unix_s = 0; /* no wait */
		rc_app_save_operation(app);
		return false;
	}
	start.journal = journal;
	start.partial = json_is_true(json_object_get(journal, "partial"));
	start_run(app, &start);
	return true;
}

static void run_in_window(struct rc_app *app, const struct start *start)
{
	struct rc_window_verdict window = rc_app_permit_window(app, start->by_hand);

	/* What is there is healed; something else is not brought before its ground is. */
	if (!start->partial)
		app->stack_wait = rc_app_stacks_describe_wait(app);
	if (app->stack_wait)
		return;
	if (window.is_allowed) {
		start_run(app, start);
		return;
	}
	app->is_window_closed = true;
	if (window.changes_unix_s)
		wait_s(app, window.changes_unix_s - rc_clock_unix_s());
}

void rc_app_run_decide(struct rc_app *app)
{
	struct rc_resources_count count = rc_resources_count(&app->resources);
	struct rc_operation_facts facts = {
		.application = app->application,
		.revision = app->revision,
		.source_hash = app->source_hash,
		.is_out_of_sync = count.n_out_of_sync > 0,
		.n_out_of_sync = count.n_out_of_sync,
		.n_extras = count.n_extras,
		.n_desired = app->desired->n,
		.n_waiting = rc_app_hold_count_waiting(app),
		.is_suspended = rc_app_hold_is_suspended(app),
		.now_unix_s = rc_clock_unix_s(),
	};
	struct rc_operation_verdict verdict;
	struct start start = {.partial = false};

	app->refusal = NULL;
	free(rc_steal(&app->stack_wait));
	app->is_window_closed = false;
	if (app->sync || (!facts.is_suspended && resume(app)))
		return;
	if (rc_app_hold_get_end(app))
		wait_s(app, rc_app_hold_get_end(app) - facts.now_unix_s);
	if (facts.n_waiting > 0 && !app->is_wanted && rc_app_hold_is_approved(app))
		rc_app_approve(app, "annotation deletion-approved", NULL);
	if (app->is_wanted && !facts.is_suspended) {
		start.by_hand = true;
		run_in_window(app, &start);
		return;
	}
	if (count.n_unknown > 0) {
		wait_s(app, AGAIN_S);
		return;
	}
	verdict = rc_operation_decide(&app->operation, &facts);
	app->refusal = verdict.reason;
	switch (verdict.decision) {
	case RC_DECISION_NOTHING:
	case RC_DECISION_REFUSED:
		return;
	case RC_DECISION_WAIT:
		wait_s(app, verdict.wait_s);
		return;
	case RC_DECISION_SYNC:
	case RC_DECISION_HEAL:
		start.partial = verdict.decision == RC_DECISION_HEAL;
		start.is_retry = verdict.is_retry;
		run_in_window(app, &start);
		return;
	}
}

void rc_app_run_consider_commit(struct rc_app *app)
{
	rc_autofree char *revision = NULL, *why = NULL;

	if (app->pinned || rc_app_hold_get_rollback(app) ||
	    rc_app_refresh_resolve(app, &revision, NULL) < 0 ||
	    rc_text_equal(revision, rc_sync_get_revision(app->sync)))
		return;
	why = rc_asprintf("superseded by commit %.12s", revision);
	if (rc_sync_supersede(app->sync, why))
		rc_log_notice(&app->log, "%s", why);
}
