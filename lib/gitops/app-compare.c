/*
 * The look's last step: how desired and live compare.
 *
 * Most is known or found out at once. What is left goes, object by object, through up to three
 * questions: which fields the programs of ignoreDifferences name in the two objects (a worker's),
 * what an apply would make of the live one (the server's), and which fields the programs name in
 * that.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/script.h"
#include "gitops/tracking.h"

struct app_question {
	struct rc_app *app;
	struct rc_kube_key *key;
	json_t *live, *predicted; /* predicted is NULL while it is about what is desired */
	struct rc_worker_job *job;
	struct app_question *prev, *next;
};

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

static json_t *load(const struct rc_app *app, const struct rc_kube_key *key)
{
	return rc_kube_cache_load(rc_destination_get_cache(app->destination), key);
}

static void free_question(struct app_question *question)
{
	DL_DELETE(question->app->questions, question);
	rc_worker_cancel(question->job);
	free(question->key);
	json_decref(question->live);
	json_decref(question->predicted);
	free(question);
}

void rc_app_compare_cancel(struct rc_app *app)
{
	struct app_question *question, *next;

	DL_FOREACH_SAFE (app->questions, question, next)
		free_question(question);
	rc_app_call_cancel(app, app);
	app->n_asked = 0;
	app->is_asking = false;
}

static void answered(struct rc_app *app)
{
	if (--app->n_asked == 0)
		rc_flow_resume(&app->flow, 0, NULL);
}

static struct rc_compare_options options_for(const struct rc_app *app)
{
	const struct rc_application_options *options = &app->application->options;

	return (struct rc_compare_options){
		.ignore = {.ignore = app->ignore},
		.migration_manager = options->migration_manager,
		.with_webhooks = options->compare_webhooks,
	};
}

struct rc_compare_options rc_app_compare_get_options(const struct rc_app *app,
						     const struct rc_resource *row)
{
	struct rc_compare_options options = options_for(app);

	rc_resources_set_options(&options, row->item, &app->application->options);
	return options;
}

/* ---- what the server says ---- */

static void ask_about_prediction(struct rc_app *app, const struct rc_resource *row, json_t *live,
				 const json_t *predicted);

/* Whose it is does not count: see resources.c. */
json_t *rc_app_compare_mark(const struct rc_resource *row, const json_t *predicted,
			    const json_t *live)
{
	json_t *marked;

	if (!row->owner)
		return json_incref((json_t *)(uintptr_t)predicted);
	marked = json_deep_copy(predicted);
	rc_tracking_copy(marked, live);
	return marked;
}

static void take_prediction(struct rc_app *app, struct rc_resource *row, const json_t *predicted)
{
	struct rc_compare_options how = rc_app_compare_get_options(app, row);
	json_auto_t *live = load(app, row->key);
	json_auto_t *marked = live ? rc_app_compare_mark(row, predicted, live) : NULL;

	predicted = marked;
	/* Replace=true sends something else than what was tried. */
	row->is_predicted = !how.is_replaced && !how.is_client_side;
	if (!live)
		row->comparison = RC_COMPARISON_MISSING;
	else if (row->programs)
		ask_about_prediction(app, row, live, predicted);
	else
		row->comparison = rc_compare_predicted(live, predicted, &how);
}

/*
 * Whatever the server refuses now it will refuse in the check of a run, in words. Where a dry run
 * is no use the local comparison's doubt is all there is.
 */
static void on_predicted(struct rc_app *app, const struct rc_kube_key *key, int r,
			 const json_t *predicted, struct rc_error *err, void *userdata)
{
	struct rc_resource *row = rc_resources_find(&app->resources, key);

	(void)userdata;
	if (row && r < 0)
		row->comparison =
			rc_error_is_transient(r) ? RC_COMPARISON_UNKNOWN : RC_COMPARISON_MODIFIED;
	else if (row)
		take_prediction(app, row, predicted);
	rc_error_free(err);
	answered(app);
}

static void ask_server(struct rc_app *app, struct rc_resource *row)
{
	if (app->application->options.no_dry_run_compare) {
		row->comparison = RC_COMPARISON_MODIFIED;
		return;
	}
	app->n_asked++;
	rc_app_call_predict(app, row->item, on_predicted, app);
}

/* ---- what the worker of programs says ---- */

static void on_desired_paths(struct rc_app *app, struct rc_resource *row,
			     const struct app_question *question, const json_t *paths)
{
	struct rc_compare_options how = rc_app_compare_get_options(app, row);
	json_auto_t *desired = rc_desired_item_load(row->item);

	how.ignore.desired_paths = json_array_get(paths, 0);
	how.ignore.live_paths = json_array_get(paths, 1);
	row->comparison = rc_compare_local(desired, question->live, &how);
	if (row->comparison == RC_COMPARISON_UNKNOWN)
		ask_server(app, row);
}

static void on_predicted_paths(struct rc_app *app, struct rc_resource *row,
			       const struct app_question *question, const json_t *paths)
{
	struct rc_compare_options how = rc_app_compare_get_options(app, row);

	how.ignore.desired_paths = json_array_get(paths, 0);
	how.ignore.live_paths = json_array_get(paths, 1);
	row->comparison = rc_compare_predicted(question->live, question->predicted, &how);
}

/* Trying again is no use before somebody changes the rule. */
static void refuse(struct rc_app *app, const struct rc_kube_key *key, int r, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(key);

	if (r == -EPIPE)
		rc_wrap(&err, r, "a jq expression took more than %d s or %d MiB",
			RC_SCRIPT_CPU_MS / 1000, RC_SCRIPT_MEMORY_MIB);
	rc_wrap(&err, r, "ignoreDifferences, for %s", name);
	if (app->ignore_error || rc_error_is_transient(r))
		rc_error_free(err);
	else
		app->ignore_error = err;
}

static void on_paths(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct app_question *question = userdata;
	struct rc_app *app = question->app;
	struct rc_resource *row = rc_resources_find(&app->resources, question->key);

	question->job = NULL;
	if (r < 0)
		refuse(app, question->key, r, err);
	else if (row && question->predicted)
		on_predicted_paths(app, row, question, reply);
	else if (row)
		on_desired_paths(app, row, question, reply);
	free_question(question);
	answered(app);
}

/* live is borrowed, predicted may be NULL. */
static void ask_worker(struct rc_app *app, const struct rc_resource *row, json_t *live,
		       const json_t *predicted)
{
	struct app_question *question = rc_new0(struct app_question);
	json_auto_t *desired = predicted ? NULL : rc_desired_item_load(row->item);
	const json_t *objects[] = {predicted ? predicted : desired, live};
	json_auto_t *request = rc_script_ask_paths(row->programs, objects, RC_ARRAY_SIZE(objects));

	question->app = app;
	question->key = rc_kube_object_dup_key(row->key);
	question->live = json_incref(live);
	question->predicted = json_incref((json_t *)(uintptr_t)predicted);
	DL_APPEND(app->questions, question);
	app->n_asked++;
	rc_worker_submit(options_of(app)->script_pool, request, RC_SCRIPT_TIMEOUT_MS, on_paths,
			 question, &question->job);
}

static void ask_about_prediction(struct rc_app *app, const struct rc_resource *row, json_t *live,
				 const json_t *predicted)
{
	ask_worker(app, row, live, predicted);
}

/* ---- the step ---- */

static void ask(struct rc_app *app, struct rc_resource *row)
{
	json_auto_t *live = row->programs ? load(app, row->key) : NULL;

	if (live)
		ask_worker(app, row, live, NULL);
	else
		ask_server(app, row);
}

struct rc_resources_options rc_app_compare_make_options(const struct rc_app *app,
							const struct rc_desired *desired)
{
	return (struct rc_resources_options){
		.desired = desired,
		.cache = rc_destination_get_cache(app->destination),
		.instance = options_of(app)->instance,
		.app = app->application->name,
		.compare = options_for(app),
		.application = &app->application->options,
		.judge = rc_engine_get_judge(app->engine),
		.cluster = app->destination,
		.is_allowed = rc_app_permit_is_allowed,
		.userdata = app,
	};
}

void rc_app_compare_judge(struct rc_app *app, const struct rc_kube_key *key)
{
	struct rc_resources_options options = rc_app_compare_make_options(app, app->desired);

	rc_resources_judge(&app->resources, key, &options);
	rc_app_tell(app);
}

static void look(struct rc_app *app)
{
	struct rc_resources_options options;
	struct rc_desired *before = NULL;

	app->is_live_dirty = false;
	if (app->fresh) {
		before = app->desired;
		app->desired = rc_steal(&app->fresh);
	}
	options = rc_app_compare_make_options(app, app->desired);
	app->counts.n_compared += rc_resources_update(&app->resources, &options);
	rc_desired_free(before);
}

/* RC_NEXT, or the failure that ends all looks until the rules change. */
static int check_rules(const struct rc_app *app, struct rc_error **err)
{
	json_auto_t *json = NULL;

	if (!app->ignore_error)
		return RC_NEXT;
	json = rc_error_to_json(app->ignore_error);
	return rc_error_move(err, rc_error_from_json(json));
}

int rc_app_compare_run(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);

	if (app->is_asking) { /* all answers are there */
		app->is_asking = false;
		return check_rules(app, err);
	}
	look(app);
	if (app->ignore_error)
		return check_rules(app, err);
	app->n_asked = 1; /* ours, until all were asked about */
	for (size_t i = 0; i < app->resources.n; i++) {
		struct rc_resource *row = &app->resources.rows[i];

		if (row->comparison == RC_COMPARISON_UNKNOWN && row->item)
			ask(app, row);
	}
	if (--app->n_asked == 0)
		return RC_NEXT;
	app->is_asking = true;
	return RC_WAIT_AGAIN;
}
