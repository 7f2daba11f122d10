/*
 * The look: which commits, what do they say, what is there, how do the two compare.
 *
 * Steps that have nothing to do cost nothing: commits come from the last poll, manifests are kept
 * until what they are made of changes, live objects come from the watches, and comparisons are
 * remembered. A failure leaves what the last look saw in place and says so; it is never taken for
 * an empty answer.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"

#define BACKOFF_MS     2000
#define BACKOFF_MAX_MS 60000

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

/* ---- resolve ---- */

int rc_app_refresh_resolve(const struct rc_app *app, char **ret_revision, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);

	for (size_t i = 0; i < app->application->n_sources; i++) {
		const struct rc_application_source *source = &app->application->sources[i];
		const char *commit = NULL;
		int r;

		if (!app->repositories[i]) {
			rc_fail(err, -EINVAL, "repository %s is not configured", source->repo_url);
			rc_hint(err, "add it to 'repositories' in reconciled.yaml%s",
				source->chart ? ", with its type: helm or oci" : "");
			return -EINVAL;
		}
		r = rc_repository_resolve(app->repositories[i], app->wants[i], &commit, err);
		if (r < 0)
			return r;
		rc_buf_printf(&text, "%s%s", i ? "+" : "", commit);
	}
	*ret_revision = rc_buf_take(&text);
	return 0;
}

static bool is_polling(const struct rc_app *app)
{
	for (size_t i = 0; i < app->application->n_sources; i++)
		if (app->repositories[i] && rc_repository_is_polling(app->repositories[i]))
			return true;
	return false;
}

int rc_app_refresh_resolve_step(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	const char *held = rc_json_text(rc_app_hold_get_rollback(app), "revision", NULL);
	struct rc_error *why = NULL;
	char *revision = NULL;
	int r;

	app->is_dirty = false;
	app->is_spec_error = true; /* until it is known to be none */
	for (size_t i = 0; i < app->application->n_sources; i++) {
		r = app->repositories[i] ? 0 : rc_app_permit_check_source(app, i, err);
		if (r < 0)
			return r;
	}
	app->is_spec_error = false;
	r = rc_app_refresh_resolve(app, &revision, &why);
	if (r < 0 && held && rc_app_has_repositories(app)) { /* what is newest does not matter */
		rc_error_free(rc_steal(&why));
		r = 0;
	}
	if (r == -EAGAIN && is_polling(app)) {
		rc_error_free(why);
		return RC_WAIT_AGAIN;
	}
	if (r < 0)
		return rc_error_move(err, why);
	if (held || app->pinned) {
		free(revision);
		revision = rc_strdup(held ? held : app->pinned);
	}
	if (!rc_text_equal(revision, app->revision))
		app->is_compared = false;
	free(app->revision);
	app->revision = revision;
	return RC_NEXT;
}

/* ---- connect ---- */

int rc_app_refresh_connect(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);

	if (app->destination)
		return rc_destination_is_new(app->destination)
			       ? RC_WAIT_AGAIN
			       : rc_destination_check(app->destination, err);
	app->is_spec_error = true;
	rc_fail(err, -EINVAL, "there is no cluster '%s'",
		app->application->destination.name ?: app->application->destination.server);
	rc_hint(err, "add it to 'clusters' in reconciled.yaml");
	return -EINVAL;
}

/* ---- render ---- */

static char *make_render_key(const struct rc_app *app)
{
	const struct rc_kube_discovery *discovery = rc_destination_get_discovery(app->destination);

	return rc_asprintf("%s %016llx %u%s", app->revision, (unsigned long long)app->source_hash,
			   rc_kube_discovery_get_generation(discovery),
			   app->application->options.answers_lookup ? " lookup" : "");
}

static void on_rendered(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct rc_app *app = userdata;

	app->job = NULL;
	if (r < 0) {
		rc_wrap(&err, r, "rendering");
		rc_flow_resume(&app->flow, r, err);
		return;
	}
	free(app->render_key);
	app->render_key = NULL;
	if (json_object_get(reply, "needs")) {
		json_decref(app->needs);
		app->needs = json_incref(json_object_get(reply, "needs"));
		rc_flow_resume(&app->flow, 0, NULL);
		return;
	}
	if (json_object_get(reply, "lookups")) {
		rc_app_lookup_want(app, json_object_get(reply, "lookups"));
		rc_flow_resume(&app->flow, 0, NULL);
		return;
	}
	json_decref(app->manifests);
	json_decref(app->warnings);
	json_decref(app->types);
	app->manifests = json_incref(json_object_get(reply, "manifests"));
	app->warnings = json_incref(json_object_get(reply, "warnings"));
	app->types = json_incref(json_object_get(reply, "types"));
	app->render_key = make_render_key(app);
	rc_flow_resume(&app->flow, 0, NULL);
}

/* The commits of a revision, one per source, cut apart in place. */
static void split_revision(char *revision, size_t n, struct rc_source_at *at)
{
	for (size_t i = 0; i < n; i++) {
		char *end = strchr(revision, '+');

		if (end)
			*end = '\0';
		at[i].commit = revision;
		revision = end ? end + 1 : revision + strlen(revision);
	}
}

json_t *rc_app_refresh_make_request(const struct rc_app *app, const char *revision,
				    const json_t *charts)
{
	const struct rc_kube_discovery *discovery = rc_destination_get_discovery(app->destination);
	json_auto_t *api_versions = rc_kube_discovery_list_api_versions(discovery);
	struct rc_source_cluster cluster = {rc_kube_discovery_get_version(discovery), api_versions};
	size_t n = app->application->n_sources;
	rc_autofree struct rc_source_at *at = rc_calloc(n, sizeof(*at));
	rc_autofree char **archives = rc_calloc(n, sizeof(*archives));
	rc_autofree char *commits = rc_strdup(revision);
	json_t *request;

	split_revision(commits, n, at);
	for (size_t i = 0; i < n; i++) {
		archives[i] = rc_repository_make_archive_path(app->repositories[i], at[i].commit);
		at[i].mirror = rc_repository_get_mirror(app->repositories[i]);
		at[i].archive = archives[i];
		at[i].charts = rc_app_fetch_find(charts, i);
	}
	request = rc_source_make_request(app->application, at, &cluster);
	if (app->lookup.answers)
		json_object_set(request, "lookups", app->lookup.answers);
	if (app->outputs)
		json_object_set(request, "values", app->outputs);
	for (size_t i = 0; i < n; i++)
		free(archives[i]);
	return request;
}

int rc_app_refresh_render(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	rc_autofree char *key = make_render_key(app);
	bool is_there = app->manifests || app->fresh || (app->desired && !app->lookup.is_used);

	(void)err;
	if ((is_there && !app->is_hard && rc_text_equal(key, app->render_key)) ||
	    app->lookup.wanted)
		return RC_NEXT;
	if (app->is_hard) {
		rc_app_fetch_clear(app);
		app->is_fresh_wanted = true;
	}
	app->is_hard = false;
	app->is_compared = false;
	rc_app_lookup_clear(app);
	app->lookup.is_used = false;
	rc_app_refresh_submit(app);
	return RC_WAIT;
}

void rc_app_refresh_submit(struct rc_app *app)
{
	json_auto_t *request =
		rc_app_refresh_make_request(app, app->revision, rc_app_fetch_get(app));

	rc_worker_submit(options_of(app)->render_pool, request, options_of(app)->render_timeout_ms,
			 on_rendered, app, &app->job);
}

/* ---- build ---- */

/* Every kind that is desired is watched; and every one that ever was, for what is left of it. */
static void remember_kinds(struct rc_app *app)
{
	size_t before = json_object_size(app->kinds);

	for (size_t i = 0; i < app->fresh->n; i++) {
		const struct rc_desired_item *item = &app->fresh->items[i];
		rc_autofree char *name = rc_asprintf("%s/%s", item->key.group, item->key.kind);

		if (!json_object_get(app->kinds, name))
			json_object_set_new(app->kinds, name, json_true());
	}
	if (json_object_size(app->kinds) != before)
		rc_store_put(options_of(app)->store, "kinds", app->application->name, app->kinds,
			     NULL);
}

int rc_app_refresh_build(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	struct rc_desired_options options = {
		.instance = options_of(app)->instance,
		.app = app->application->name,
		.name_space = app->application->destination.name_space,
		.discovery = rc_destination_get_discovery(app->destination),
	};
	json_auto_t *manifests = rc_steal(&app->manifests);
	int r;

	if (!manifests)
		return RC_NEXT; /* what was rendered last is what is desired */
	rc_desired_free(app->fresh);
	app->fresh = NULL;
	rc_app_object_note(app, manifests);
	r = rc_desired_build(manifests, &options, &app->fresh, err);
	if (r < 0) {
		free(rc_steal(&app->render_key));
		return rc_wrap(err, r, "reading what was rendered");
	}
	rc_app_undo_shape(app, app->fresh);
	remember_kinds(app);
	rc_app_delete_note_hooks(app, app->fresh);
	return RC_NEXT;
}

/* ---- watch ---- */

int rc_app_refresh_watch_kind(const struct rc_app *app, const char *name, struct rc_error **err)
{
	struct rc_kube_cache *cache = rc_destination_get_cache(app->destination);
	const char *slash = strchr(name, '/');
	rc_autofree char *group = rc_strndup(name, (size_t)(slash - name));
	const struct rc_kube_resource *resource = rc_kube_discovery_find(
		rc_destination_get_discovery(app->destination), group, slash + 1, NULL);
	const struct rc_error *why;
	rc_autofree char *text = NULL;

	if (!resource || !resource->can_list || !resource->can_watch)
		return 0;
	rc_kube_cache_want(cache, resource);
	if (rc_kube_cache_is_current(cache, group, slash + 1))
		return 0;
	why = rc_kube_cache_get_error(cache, group, slash + 1);
	if (!why)
		return 1;
	text = rc_error_format(why);
	return rc_fail(err, -EAGAIN, "the live %s cannot be watched: %s", slash + 1, text);
}

int rc_app_refresh_watch(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	bool waits = false;
	const char *name;
	json_t *value;

	json_object_foreach (app->kinds, name, value) {
		int r = rc_app_refresh_watch_kind(app, name, err);

		if (r < 0)
			return r;
		waits = waits || r > 0;
	}
	return waits ? RC_WAIT_AGAIN : RC_NEXT;
}

/* ---- the whole ---- */

static const struct rc_step steps[] = {
	{"resolve", rc_app_refresh_resolve_step, 0}, /* revisions -> commits, from polls */
	{"connect", rc_app_refresh_connect, 0},	     /* the cluster must be known */
	{"permit", rc_app_permit_run, 0},	     /* by its project */
	{"outputs", rc_app_stacks_step, 0},	     /* of stacks, that are values */
	{"render", rc_app_refresh_render, 0},	     /* commits -> manifests, in a worker */
	{"fetch", rc_app_fetch_step, 0},      /* what charts lack, in the worker with the network */
	{"render", rc_app_refresh_render, 0}, /* and again with it */
	{"lookup", rc_app_lookup_step, 120},  /* what templates ask of the cluster, and again */
	{"build", rc_app_refresh_build, 10},  /* manifests -> desired state */
	{"watch", rc_app_refresh_watch, 120}, /* live state of all kinds in question */
	{"compare", rc_app_compare_run, 120}, /* desired x live, by dry run where it must be */
	{NULL, NULL, 0},
};

static void observe(struct rc_app *app)
{
	static const double bounds[] = {.25, .5, 1, 2, 4, 8, 16};
	double seconds = (double)(rc_clock_monotonic_ms() - app->begun_ms) / 1000.0;

	app->counts.n_reconciles++;
	app->counts.reconcile_seconds += seconds;
	for (size_t i = 0; i < RC_ARRAY_SIZE(bounds); i++)
		if (seconds <= bounds[i])
			app->counts.reconcile_buckets[i]++;
}

static void take_failure(struct rc_app *app, int r, struct rc_error *err)
{
	rc_autofree char *before = app->error ? rc_error_format(app->error) : NULL;
	rc_autofree char *now = rc_error_format(err);
	uint64_t wait_ms = rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, app->failures++);

	app->is_compared = false;
	if (!app->error)
		app->error_since_unix_s = rc_clock_unix_s();
	rc_error_free(app->error);
	app->error = err;
	if (!rc_text_equal(before, now))
		rc_log_error(&app->log, rc_error_is_transient(r) ? LOG_WARNING : LOG_ERR, err,
			     "comparing");
	if (!rc_error_is_transient(r))
		rc_app_run_give_up(app, err);
	/* A chart that does not render will not next second either: a commit or a hand does. */
	if (rc_error_is_transient(r) || r == -EPIPE) {
		ev_timer_stop(app->flow.loop, &app->decision);
		ev_timer_set(&app->decision, (double)wait_ms / 1000.0, 0);
		ev_timer_start(app->flow.loop, &app->decision);
		app->is_dirty = true;
	}
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);

	rc_app_compare_cancel(app);
	app->is_settling = false;
	observe(app);
	if (r < 0) {
		take_failure(app, r, err);
	} else {
		if (app->error)
			rc_log_notice(&app->log, "compares again");
		rc_error_free(app->error);
		app->error = NULL;
		app->failures = 0;
		app->is_compared = true;
		app->compared_unix_s = rc_clock_unix_s();
		rc_app_run_decide(app);
		rc_app_orphans_consider(app);
	}
	rc_app_tell(app);
	if ((app->is_dirty && r == 0) || app->is_live_dirty)
		rc_app_mark(app, app->is_dirty);
}

void rc_app_refresh_init(struct rc_app *app)
{
	rc_flow_init(&app->flow, options_of(app)->loop, steps, on_done);
}

void rc_app_refresh_start(struct rc_app *app, bool from_start)
{
	app->begun_ms = rc_clock_monotonic_ms();
	/* What happens from now on is for the next look, and a failure alone is nothing new. */
	app->is_live_dirty = false;
	if (app->deletion.is_on) {
		rc_app_delete_start(app);
		return;
	}
	if (from_start || !app->desired || app->fresh || app->error)
		rc_flow_start(&app->flow);
	else
		rc_flow_start_at(&app->flow, "watch");
}
