/*
 * A look at what is not followed: rendered, compared and asked about as a commit would be, and
 * nothing of it is kept.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/diff.h"
#include "gitops/script.h"

#define TEXT_MAX (8 << 20)

struct app_preview {
	struct rc_app *app;
	rc_app_diff_fn *done;
	void *userdata;
	struct rc_flow flow;
	size_t source;
	json_t *files;
	char *want;	/* the revision that is wanted for this alone; or NULL */
	char *revision; /* all commits */
	struct rc_worker_job *job;
	json_t *needs, *charts, *manifests;
	struct rc_desired *desired;
	struct rc_resources resources;
	json_t **predicted; /* one per row, or NULL */
	struct preview_question *questions;
	size_t n_waiting; /* for answers about rows */
	bool is_asked;
	struct rc_error *err; /* the first one of these */
	struct app_preview *prev, *next;
};

/* To the worker of programs, about what the server predicts for a row. */
struct preview_question {
	struct app_preview *preview;
	size_t row;
	json_t *live;
	struct rc_worker_job *job;
	struct preview_question *prev, *next;
};

static const struct rc_engine_options *options_of(const struct app_preview *preview)
{
	return rc_engine_get_options(preview->app->engine);
}

static json_t *load(const struct app_preview *preview, const struct rc_kube_key *key)
{
	return rc_kube_cache_load(rc_destination_get_cache(preview->app->destination), key);
}

static struct app_preview *of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct app_preview, flow);
}

static void free_question(struct preview_question *question)
{
	DL_DELETE(question->preview->questions, question);
	rc_worker_cancel(question->job);
	json_decref(question->live);
	free(question);
}

static void free_preview(struct app_preview *preview)
{
	struct rc_app *app = preview->app;
	struct preview_question *question, *next;

	DL_DELETE(app->previews, preview);
	rc_flow_cancel(&preview->flow);
	if (preview->job)
		rc_worker_cancel(preview->job);
	rc_app_call_cancel(app, preview);
	DL_FOREACH_SAFE (preview->questions, question, next)
		free_question(question);
	if (preview->want && app->repositories && preview->source < app->application->n_sources)
		rc_repository_unwant(app->repositories[preview->source], preview->want);
	for (size_t i = 0; preview->predicted && i < preview->resources.n; i++)
		json_decref(preview->predicted[i]);
	free(preview->predicted);
	rc_resources_done(&preview->resources);
	rc_desired_free(preview->desired);
	json_decref(preview->files);
	json_decref(preview->needs);
	json_decref(preview->charts);
	json_decref(preview->manifests);
	free(preview->want);
	free(preview->revision);
	rc_error_free(preview->err);
	free(preview);
}

/* ---- resolve ---- */

/* The revision as its repository is asked for it; from now on it is polled, too. */
static void want(struct app_preview *preview, const char *revision)
{
	const struct rc_app *app = preview->app;
	const struct rc_application_source *source = &app->application->sources[preview->source];
	struct rc_repository *repository = app->repositories[preview->source];

	preview->want =
		rc_repository_make_revision(repository, source->repo_url, source->chart, revision);
	rc_repository_want(repository, preview->want);
}

/* The commits that are followed, with another in the place of one. */
static char *replace_commit(const char *revision, size_t source, const char *commit)
{
	rc_autofree char *copy = rc_strdup(revision);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	char *rest = copy, *one;

	for (size_t i = 0; (one = strsep(&rest, "+")); i++)
		rc_buf_printf(&text, "%s%s", i ? "+" : "", i == source ? commit : one);
	return rc_buf_take(&text);
}

static int preview_resolve(struct rc_flow *flow, struct rc_error **err)
{
	struct app_preview *preview = of(flow);
	const struct rc_app *app = preview->app;
	const struct rc_repository *repository = app->repositories[preview->source];
	struct rc_error *why = NULL;
	const char *commit = NULL;
	int r;

	if (!preview->want) {
		preview->revision = rc_strdup(app->revision);
		return RC_NEXT;
	}
	r = rc_repository_resolve(repository, preview->want, &commit, &why);
	if (r == -EAGAIN && rc_repository_is_polling(repository)) {
		rc_error_free(why);
		return RC_WAIT_AGAIN;
	}
	if (r < 0)
		return rc_error_move(err, why);
	preview->revision = replace_commit(app->revision, preview->source, commit);
	return RC_NEXT;
}

/* ---- render ---- */

static void take(json_t **to, const json_t *reply, const char *key)
{
	json_decref(*to);
	*to = json_incref(json_object_get(reply, key));
}

static void on_rendered(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct app_preview *preview = userdata;

	preview->job = NULL;
	if (r == 0 && json_object_get(reply, "lookups")) {
		r = rc_fail(&err, -EINVAL,
			    "the chart looks up in the cluster what the last look did not");
		rc_hint(&err, "such a revision is seen only by following it");
	}
	if (r == 0) {
		take(&preview->needs, reply, "needs");
		take(&preview->manifests, reply, "manifests");
	} else {
		rc_wrap(&err, r, "rendering");
	}
	rc_flow_resume(&preview->flow, r, err);
}

static int preview_render(struct rc_flow *flow, struct rc_error **err)
{
	struct app_preview *preview = of(flow);
	json_auto_t *request = NULL;

	(void)err;
	if (preview->manifests)
		return RC_NEXT;
	request = rc_app_refresh_make_request(preview->app, preview->revision, preview->charts);
	if (preview->files)
		json_object_set(json_array_get(json_object_get(request, "at"), preview->source),
				"files", preview->files);
	rc_worker_submit(options_of(preview)->render_pool, request,
			 options_of(preview)->render_timeout_ms, on_rendered, preview,
			 &preview->job);
	return RC_WAIT;
}

static void on_fetched(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct app_preview *preview = userdata;

	preview->job = NULL;
	if (r == 0)
		take(&preview->charts, reply, "charts");
	else
		rc_wrap(&err, r, "building dependencies");
	rc_flow_resume(&preview->flow, r, err);
}

static int preview_fetch(struct rc_flow *flow, struct rc_error **err)
{
	struct app_preview *preview = of(flow);
	json_auto_t *request = NULL;
	uint64_t timeout_ms;
	int r;

	if (preview->manifests)
		return RC_NEXT;
	r = rc_app_fetch_make_request(preview->app, preview->needs, false, &request, &timeout_ms,
				      err);
	if (r < 0)
		return r;
	rc_worker_submit(options_of(preview)->git_pool, request, timeout_ms, on_fetched, preview,
			 &preview->job);
	return RC_WAIT;
}

static int preview_build(struct rc_flow *flow, struct rc_error **err)
{
	struct app_preview *preview = of(flow);
	const struct rc_app *app = preview->app;
	struct rc_desired_options options = {
		.instance = options_of(preview)->instance,
		.app = app->application->name,
		.name_space = app->application->destination.name_space,
		.discovery = rc_destination_get_discovery(app->destination),
	};
	int r;

	if (!preview->manifests)
		return rc_fail(err, -EINVAL, "rendering: the chart lacks what it depends on");
	r = rc_desired_build(preview->manifests, &options, &preview->desired, err);
	if (r < 0)
		return rc_wrap(err, r, "reading what was rendered");
	rc_app_undo_shape(preview->app, preview->desired);
	return RC_NEXT;
}

/* A kind that nothing had so far is watched from now on. */
static int preview_watch(struct rc_flow *flow, struct rc_error **err)
{
	struct app_preview *preview = of(flow);
	bool waits = false;

	for (size_t i = 0; i < preview->desired->n; i++) {
		const struct rc_kube_key *key = &preview->desired->items[i].key;
		rc_autofree char *name = rc_asprintf("%s/%s", key->group, key->kind);
		int r = rc_app_refresh_watch_kind(preview->app, name, err);

		if (r < 0)
			return r;
		waits = waits || r > 0;
	}
	return waits ? RC_WAIT_AGAIN : RC_NEXT;
}

/* ---- compare ---- */

static void answered(struct app_preview *preview)
{
	if (--preview->n_waiting == 0)
		rc_flow_resume(&preview->flow, 0, NULL);
}

static void fail(struct app_preview *preview, int r, struct rc_error *err, const char *what,
		 const struct rc_kube_key *key)
{
	rc_autofree char *name = rc_kube_object_format_key(key);

	rc_wrap(&err, r, "%s %s", what, name);
	if (preview->err)
		rc_error_free(err);
	else
		preview->err = err;
}

static void on_paths(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct preview_question *question = userdata;
	struct app_preview *preview = question->preview;
	struct rc_resource *row = &preview->resources.rows[question->row];
	struct rc_compare_options how = rc_app_compare_get_options(preview->app, row);

	question->job = NULL;
	if (r < 0) {
		fail(preview, r, err, "ignoreDifferences, for", row->key);
	} else {
		how.ignore.desired_paths = json_array_get(reply, 0);
		how.ignore.live_paths = json_array_get(reply, 1);
		row->comparison = rc_compare_predicted(question->live,
						       preview->predicted[question->row], &how);
	}
	free_question(question);
	answered(preview);
}

static void ask_worker(struct app_preview *preview, size_t i, json_t *live)
{
	struct preview_question *question = rc_new0(struct preview_question);
	const json_t *objects[] = {preview->predicted[i], live};
	json_auto_t *request = rc_script_ask_paths(preview->resources.rows[i].programs, objects,
						   RC_ARRAY_SIZE(objects));

	question->preview = preview;
	question->row = i;
	question->live = json_incref(live);
	DL_APPEND(preview->questions, question);
	preview->n_waiting++;
	rc_worker_submit(options_of(preview)->script_pool, request, RC_SCRIPT_TIMEOUT_MS, on_paths,
			 question, &question->job);
}

static void take_prediction(struct app_preview *preview, struct rc_resource *row,
			    const json_t *predicted)
{
	struct rc_compare_options how = rc_app_compare_get_options(preview->app, row);
	json_auto_t *live = load(preview, row->key);
	size_t i = (size_t)(row - preview->resources.rows);

	if (!live) {
		row->comparison = RC_COMPARISON_MISSING;
		return;
	}
	preview->predicted[i] = rc_app_compare_mark(row, predicted, live);
	if (row->comparison != RC_COMPARISON_UNKNOWN)
		return; /* it is told already, the prediction is to show */
	if (row->programs)
		ask_worker(preview, i, live);
	else
		row->comparison = rc_compare_predicted(live, preview->predicted[i], &how);
}

static void on_predicted(struct rc_app *app, const struct rc_kube_key *key, int r,
			 const json_t *predicted, struct rc_error *err, void *userdata)
{
	struct app_preview *preview = userdata;
	struct rc_resource *row = rc_resources_find(&preview->resources, key);

	(void)app;
	if (r < 0)
		fail(preview, r, err, "asking what would become of", key);
	else if (row)
		take_prediction(preview, row, predicted);
	answered(preview);
}

static int preview_compare(struct rc_flow *flow, struct rc_error **err)
{
	struct app_preview *preview = of(flow);
	struct rc_app *app = preview->app;
	struct rc_resources_options options = rc_app_compare_make_options(app, preview->desired);

	if (preview->is_asked)
		return preview->err ? rc_error_move(err, rc_steal(&preview->err)) : RC_NEXT;
	options.judge = NULL;
	rc_resources_update(&preview->resources, &options);
	preview->predicted = rc_calloc(preview->resources.n + 1, sizeof(*preview->predicted));
	preview->n_waiting = 1; /* ours, until all were asked about */
	for (size_t i = 0; i < preview->resources.n; i++) {
		const struct rc_resource *row = &preview->resources.rows[i];

		if (row->is_forbidden)
			return rc_app_permit_object(app, row->key, err);
		if (!row->item || (row->comparison != RC_COMPARISON_UNKNOWN &&
				   row->comparison != RC_COMPARISON_MODIFIED))
			continue;
		preview->n_waiting++;
		rc_app_call_predict(app, row->item, on_predicted, preview);
	}
	preview->is_asked = true;
	return --preview->n_waiting == 0 ? RC_NEXT : RC_WAIT_AGAIN;
}

/* ---- the answer ---- */

static int write_row(const struct app_preview *preview, size_t i, struct rc_buf *text)
{
	const struct rc_resource *row = &preview->resources.rows[i];
	json_auto_t *live = NULL, *wanted = NULL;

	if (!rc_resources_is_out_of_sync(row))
		return 0;
	if (row->comparison != RC_COMPARISON_MISSING)
		live = load(preview, row->key);
	if (row->comparison == RC_COMPARISON_MISSING)
		wanted = rc_desired_item_load(row->item);
	else if (row->comparison == RC_COMPARISON_MODIFIED)
		wanted = json_incref(preview->predicted[i]);
	return rc_diff_write(text, live, wanted);
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct app_preview *preview = of(flow);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TEXT_MAX);
	rc_app_diff_fn *done = preview->done;
	void *userdata = preview->userdata;

	for (size_t i = 0; r == 0 && i < preview->resources.n; i++) {
		r = write_row(preview, i, &text);
		if (r < 0)
			rc_fail(&err, r, "the differences are more than %d MiB", TEXT_MAX >> 20);
	}
	free_preview(preview);
	done(userdata, r, r < 0 ? NULL : rc_buf_text(&text), err);
}

static int check(struct rc_flow *flow, struct rc_error **err)
{
	const struct app_preview *preview = of(flow);
	const struct rc_app *app = preview->app;
	const char *name = app->application->name;
	int r;

	if (preview->source >= app->application->n_sources)
		return rc_fail(err, -EINVAL, "'%s' has no source number %zu", name,
			       preview->source + 1);
	if (!app->revision || !app->destination || !app->repositories ||
	    !app->repositories[preview->source])
		return rc_fail(err, -EAGAIN, "it is not known yet what is desired of '%s'", name);
	if (preview->files && app->application->sources[preview->source].chart)
		return rc_fail(err, -EINVAL,
			       "source number %zu of '%s' is a chart of a repository: files of "
			       "this host cannot take its place",
			       preview->source + 1, name);
	r = rc_destination_check(app->destination, err);
	return r < 0 ? r : RC_NEXT;
}

/* As the look of the application has them. */
static const struct rc_step steps[] = {
	{"check", check, 0},
	{"resolve", preview_resolve, 60},
	{"render", preview_render, 0},
	{"fetch", preview_fetch, 0},
	{"render", preview_render, 0},
	{"build", preview_build, 10},
	{"watch", preview_watch, 60},
	{"compare", preview_compare, 60},
	{NULL, NULL, 0},
};

void rc_app_preview(struct rc_app *app, const struct rc_app_preview_options *options,
		    rc_app_diff_fn *done, void *userdata)
{
	struct app_preview *preview = rc_new0(struct app_preview);

	preview->app = app;
	preview->done = done;
	preview->userdata = userdata;
	preview->source = options->source;
	preview->files = json_incref((json_t *)(uintptr_t)options->files);
	DL_APPEND(app->previews, preview);
	if (options->revision && app->repositories &&
	    options->source < app->application->n_sources && app->repositories[options->source])
		want(preview, options->revision);
	rc_flow_init(&preview->flow, options_of(preview)->loop, steps, on_done);
	rc_flow_start(&preview->flow);
}

static bool is_waiting_for_others(const struct app_preview *preview)
{
	const char *step = rc_flow_get_step(&preview->flow);

	return step && (strcmp(step, "resolve") == 0 || strcmp(step, "watch") == 0);
}

void rc_app_preview_go_on(struct rc_app *app)
{
	struct app_preview *preview;

	DL_FOREACH (app->previews, preview)
		if (is_waiting_for_others(preview))
			rc_flow_resume(&preview->flow, 0, NULL);
}

void rc_app_preview_cancel(struct rc_app *app)
{
	struct app_preview *preview, *next;

	DL_FOREACH_SAFE (app->previews, preview, next) {
		rc_app_diff_fn *done = preview->done;
		void *userdata = preview->userdata;
		struct rc_error *err = NULL;

		rc_fail(&err, -ECANCELED, "'%s' is gone", app->application->name);
		free_preview(preview);
		done(userdata, -ECANCELED, NULL, err);
	}
}
