/* Following the Applications and AppProjects of a cluster. */
#include "gitops/live.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/live-private.h"
#include "kube/object.h"

#define FLUSH_S	  0.2
#define RECHECK_S 10.
#define RIVAL_S	  600 /* so long after its last write somebody else is still at work */
#define SKIP	  "argocd.argoproj.io/skip-reconcile"
#define KEY_FORM  "%s/%s"

/* ---- items ---- */

static struct live_item *find_item(const struct rc_live *live, const char *name_space,
				   const char *name)
{
	rc_autofree char *key = rc_asprintf(KEY_FORM, name_space, name);
	struct live_item *item;

	HASH_FIND_STR(live->items, key, item);
	return item;
}

static struct live_item *add_item(struct rc_live *live, const char *name_space, const char *name)
{
	struct live_item *item = rc_new0(struct live_item);

	item->live = live;
	item->key = rc_asprintf(KEY_FORM, name_space, name);
	item->name_space = rc_strdup(name_space);
	item->name = rc_strdup(name);
	item->id = strcmp(name_space, live->options.namespaces[0]) == 0
			   ? rc_strdup(name)
			   : rc_asprintf("%s_%s", name_space, name);
	HASH_ADD_KEYPTR(hh, live->items, item->key, strlen(item->key), item);
	return item;
}

static void free_item(struct live_item *item)
{
	HASH_DEL(item->live->items, item);
	rc_kube_request_cancel(item->request);
	json_decref(item->manifest);
	json_decref(item->status);
	json_decref(item->sending);
	json_decref(item->dropped);
	json_decref(item->finalizers);
	json_decref(item->operation);
	free(item->key);
	free(item->name_space);
	free(item->name);
	free(item->id);
	free(item->resource_version);
	free(item->uid);
	free(item->refusal);
	free(item->problem);
	free(item->operation_error);
	free(item);
}

struct rc_app *rc_live_find_app(const struct live_item *item)
{
	return item->is_taken ? rc_engine_find_app(item->live->options.engine, item->id) : NULL;
}

void rc_live_mark(struct live_item *item)
{
	struct rc_live *live = item->live;

	if (!item->is_dirty)
		item->dirty_ms = rc_clock_monotonic_ms();
	item->is_dirty = true;
	if (ev_is_active(&live->flush))
		return;
	ev_timer_set(&live->flush, FLUSH_S, 0);
	ev_timer_start(live->options.loop, &live->flush);
}

/* ---- whether it is ours ---- */

static void set_text(char **to, char *text)
{
	free(*to);
	*to = text;
}

static void drop(struct live_item *item, bool is_deleted)
{
	if (item->is_taken)
		rc_engine_drop_application(item->live->options.engine, item->live->options.origin,
					   item->id, is_deleted);
	item->is_taken = item->is_operating = false;
	json_decref(rc_steal(&item->manifest));
}

static void refuse(struct live_item *item, char *why)
{
	if (!rc_text_equal(item->refusal, why))
		rc_log_warning(&item->live->log, "%s: %s", item->key, why);
	set_text(&item->refusal, why);
	item->is_ours = false;
	drop(item, false);
}

/* Whether nobody but us acts on it. */
static bool claim(struct live_item *item, const json_t *object)
{
	const char *skip = rc_kube_object_get_annotation(object, SKIP);

	item->rival_unix_s = rc_live_object_find_rival(object, item->live->started_unix_s);
	if (item->rival_unix_s && rc_clock_unix_s() - item->rival_unix_s >= RIVAL_S)
		item->rival_unix_s = 0;
	if (item->live->options.selector && !rc_text_equal(skip, "true")) {
		refuse(item,
		       rc_asprintf("it is selected for reconciled, but Argo CD is not told to "
				   "leave it: annotate it with " SKIP "=true"));
		return false;
	}
	if (item->rival_unix_s) {
		refuse(item,
		       rc_strdup("Argo CD's controller writes its status, too: nothing is done "
				 "about it until that stops"));
		return false;
	}
	set_text(&item->refusal, NULL);
	item->is_ours = true;
	return true;
}

/* ---- what is made of it ---- */

static void set_problem(struct live_item *item, struct rc_error *err)
{
	if (err)
		rc_log_error(&item->live->log, LOG_ERR, err, "%s", item->key);
	set_text(&item->problem, err ? rc_error_format(err) : NULL);
	rc_error_free(err);
}

static int parse(const struct live_item *item, const json_t *manifest,
		 struct rc_application **ret_application, struct rc_error **err)
{
	const struct rc_live_options *options = &item->live->options;
	const struct rc_project *project;
	int r = rc_application_parse(manifest, item->key, ret_application, err);

	if (r < 0)
		return r;
	rc_application_qualify(*ret_application, options->namespaces[0]);
	project = rc_projects_find(rc_engine_get_projects(options->engine),
				   (*ret_application)->project);
	if (!project ||
	    rc_project_allows_app_namespace(project, item->name_space, options->namespaces[0]))
		return 0;
	r = rc_fail(err, -EACCES,
		    "application '%s' in namespace '%s' is not allowed to use project "
		    "'%s'",
		    item->name, item->name_space, project->name);
	rc_application_free(*ret_application);
	return r;
}

/* What cannot be read leaves what was read last in force. */
static void take(struct live_item *item, const json_t *object)
{
	const struct rc_live_options *options = &item->live->options;
	json_auto_t *manifest = rc_live_object_strip(object, options->selector != NULL);
	struct rc_application *application;
	struct rc_error *err = NULL;
	int r;

	if (item->manifest && json_equal(item->manifest, manifest))
		return;
	r = parse(item, manifest, &application, &err);
	if (r == 0)
		r = rc_engine_put_application(options->engine, options->origin, application, &err);
	set_problem(item, err);
	json_decref(item->manifest);
	item->manifest = json_incref(manifest);
	if (r == 0)
		item->is_taken = true;
	rc_live_mark(item);
}

static bool has_our_finalizer(const struct live_item *item)
{
	json_t *finalizer;
	size_t i;

	json_array_foreach (item->finalizers, i, finalizer)
		if (rc_live_object_is_finalizer(json_string_value(finalizer) ?: ""))
			return true;
	return false;
}

/* argocd's terminate-op writes the phase. */
static bool is_terminating(const struct live_item *item)
{
	return rc_text_equal(rc_json_text(item->status, "operationState", "phase", NULL),
			     "Terminating");
}

static void set_operation(struct live_item *item, const json_t *object)
{
	json_t *operation = json_object_get(object, "operation");

	if (!json_is_object(operation))
		operation = NULL;
	if (operation == item->operation ||
	    (operation && item->operation && json_equal(operation, item->operation)))
		return;
	json_decref(item->operation);
	item->operation = json_incref(operation);
	item->is_refused = false;
	set_text(&item->operation_error, NULL);
}

static void act(struct live_item *item, const json_t *object)
{
	struct rc_app *app = rc_live_find_app(item);

	if (!app)
		return;
	if (item->is_deleting && has_our_finalizer(item))
		rc_app_delete_since(app, item->deleted_unix_s ?: rc_clock_unix_s());
	if (is_terminating(item) && rc_app_is_syncing(app))
		rc_app_terminate(app, "its operationState", NULL);
	rc_live_operation_refresh(item, app, object);
	rc_live_operation_start(item, app);
}

static void on_changed(void *userdata, json_t *object)
{
	struct live_watch *watch = userdata;
	struct rc_live *live = watch->live;
	const char *name = rc_kube_object_get_meta(object, "name");
	struct live_item *item = find_item(live, watch->name_space, name);

	if (!item)
		item = add_item(live, watch->name_space, name);
	item->is_seen = true;
	rc_live_object_read(item, object);
	set_operation(item, object);
	if (!claim(item, object))
		return;
	take(item, object);
	act(item, object);
	rc_live_mark(item);
}

static void on_deleted(void *userdata, json_t *object)
{
	struct live_watch *watch = userdata;
	struct live_item *item =
		find_item(watch->live, watch->name_space, rc_kube_object_get_meta(object, "name"));

	if (!item)
		return;
	/* One that only lost its label is not gone. */
	drop(item, item->is_deleting || !watch->live->options.selector);
	free_item(item);
}

static void on_begin(void *userdata)
{
	struct live_watch *watch = userdata;
	struct live_item *item, *next;

	HASH_ITER (hh, watch->live->items, item, next)
		if (strcmp(item->name_space, watch->name_space) == 0)
			item->is_seen = false;
}

static void on_synced(void *userdata)
{
	struct live_watch *watch = userdata;
	struct live_item *item, *next;

	HASH_ITER (hh, watch->live->items, item, next) {
		if (item->is_seen || strcmp(item->name_space, watch->name_space) != 0)
			continue;
		drop(item, item->is_deleting);
		free_item(item);
	}
}

static void on_state(void *userdata, int r, const struct rc_error *err)
{
	struct live_watch *watch = userdata;
	json_auto_t *copy = r < 0 ? rc_error_to_json(err) : NULL;

	rc_error_free(watch->err);
	watch->err = copy ? rc_error_from_json(copy) : NULL;
	if (r < 0)
		rc_log_error(&watch->live->log, LOG_WARNING, err, "following its Applications");
}

static const struct rc_kube_watch_events application_events = {
	.begin = on_begin,
	.changed = on_changed,
	.deleted = on_deleted,
	.synced = on_synced,
	.state = on_state,
};

/* ---- projects ---- */

/* Applications elsewhere may be allowed now, or no more. */
static void parse_again(struct rc_live *live)
{
	struct live_item *item, *next;

	HASH_ITER (hh, live->items, item, next) {
		struct rc_application *application;
		struct rc_error *err = NULL;

		if (!item->is_ours || !item->manifest ||
		    strcmp(item->name_space, live->options.namespaces[0]) == 0)
			continue;
		if (parse(item, item->manifest, &application, &err) == 0) {
			item->is_taken = rc_engine_put_application(live->options.engine,
								   live->options.origin,
								   application, &err) == 0 ||
					 item->is_taken;
		} else {
			rc_engine_drop_application(live->options.engine, live->options.origin,
						   item->id, false);
			item->is_taken = false;
		}
		set_problem(item, err);
		rc_live_mark(item);
	}
}

static void on_project(void *userdata, json_t *object)
{
	struct live_watch *watch = userdata;
	const struct rc_live_options *options = &watch->live->options;
	const char *name = rc_kube_object_get_meta(object, "name");
	rc_autofree char *where = rc_asprintf(KEY_FORM, watch->name_space, name);
	struct rc_project *project = NULL;
	struct rc_error *err = NULL;

	if (rc_project_parse(object, where, &project, &err) < 0) {
		rc_autofree char *why = rc_error_format(err);

		rc_log_error(&watch->live->log, LOG_ERR, err, "project");
		project = rc_project_new_broken(name, why);
		rc_error_free(err);
	}
	rc_engine_put_project(options->engine, options->origin, project);
	parse_again(watch->live);
}

static void on_project_deleted(void *userdata, json_t *object)
{
	struct live_watch *watch = userdata;

	rc_engine_drop_project(watch->live->options.engine, watch->live->options.origin,
			       rc_kube_object_get_meta(object, "name"));
	parse_again(watch->live);
}

static void ignore(void *userdata)
{
	(void)userdata;
}

static const struct rc_kube_watch_events project_events = {
	.begin = ignore,
	.changed = on_project,
	.deleted = on_project_deleted,
	.synced = ignore,
	.state = on_state,
};

/* ---- the whole ---- */

static void on_flush(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_live *live = rc_container_of(timer, struct rc_live, flush);
	struct live_item *item, *next;
	bool again = false;

	(void)events;
	HASH_ITER (hh, live->items, item, next) {
		struct rc_app *app = rc_live_find_app(item);

		if (app) {
			rc_live_operation_check(item, app);
			rc_live_operation_start(item, app);
		}
		if (item->is_dirty)
			again = rc_live_write(item) || again;
		again = again || item->is_operating ||
			(item->wants_refresh && !item->is_refreshed) ||
			(item->operation && !item->is_refused);
	}
	if (!again || ev_is_active(timer))
		return;
	ev_timer_set(timer, FLUSH_S, 0);
	ev_timer_start(loop, timer);
}

/*
 * Somebody else's last write may be long enough ago by now: the object itself tells. And the kinds
 * may be served now.
 */
static void on_recheck(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_live *live = rc_container_of(timer, struct rc_live, recheck);
	struct live_item *item, *next;
	bool is_due = false;

	(void)loop;
	(void)events;
	HASH_ITER (hh, live->items, item, next)
		is_due = is_due ||
			 (item->rival_unix_s && rc_clock_unix_s() - item->rival_unix_s >= RIVAL_S);
	for (size_t i = 0; is_due && i < live->options.n_namespaces; i++)
		if (live->watches[i].applications)
			rc_kube_watch_relist(live->watches[i].applications);
	/* Somebody may install the CustomResourceDefinitions. */
	if (!live->watches[0].applications)
		rc_destination_rediscover(live->options.destination);
}

struct rc_live *rc_live_new(const struct rc_live_options *options)
{
	struct rc_live *live = rc_new0(struct rc_live);

	live->options = *options;
	live->log = (struct rc_log){NULL, "RC_ORIGIN", options->origin};
	live->started_unix_s = rc_clock_unix_s();
	live->watches = rc_calloc(options->n_namespaces, sizeof(*live->watches));
	for (size_t i = 0; i < options->n_namespaces; i++)
		live->watches[i] =
			(struct live_watch){.live = live, .name_space = options->namespaces[i]};
	ev_timer_init(&live->flush, on_flush, 0, 0);
	ev_timer_init(&live->recheck, on_recheck, RECHECK_S, RECHECK_S);
	ev_timer_start(options->loop, &live->recheck);
	rc_live_on_destination(live, options->destination);
	return live;
}

void rc_live_free(struct rc_live *live)
{
	struct live_item *item, *next;

	if (!live)
		return;
	ev_timer_stop(live->options.loop, &live->flush);
	ev_timer_stop(live->options.loop, &live->recheck);
	for (size_t i = 0; i < live->options.n_namespaces; i++) {
		rc_kube_watch_free(live->watches[i].applications);
		rc_kube_watch_free(live->watches[i].projects);
		rc_error_free(live->watches[i].err);
	}
	HASH_ITER (hh, live->items, item, next)
		free_item(item);
	free(live->watches);
	free(live);
}

static struct rc_kube_watch *open_watch(struct rc_live *live, struct live_watch *watch,
					const char *kind, const char *selector,
					const struct rc_kube_watch_events *events)
{
	struct rc_kube_watch_options options = {.name_space = watch->name_space,
						.label_selector = selector};

	options.resource = rc_kube_discovery_find(
		rc_destination_get_discovery(live->options.destination), LIVE_GROUP, kind, NULL);
	return options.resource
		       ? rc_kube_watch_new(rc_destination_get_cluster(live->options.destination),
					   &options, events, watch)
		       : NULL;
}

void rc_live_on_destination(struct rc_live *live, const struct rc_destination *destination)
{
	if (destination != live->options.destination)
		return;
	for (size_t i = 0; i < live->options.n_namespaces; i++) {
		struct live_watch *watch = &live->watches[i];

		if (i == 0 && !watch->projects)
			watch->projects =
				open_watch(live, watch, "AppProject", NULL, &project_events);
		if (!watch->applications)
			watch->applications =
				open_watch(live, watch, "Application", live->options.selector,
					   &application_events);
	}
}

static struct live_item *find_by_app(const struct rc_live *live, const struct rc_app *app)
{
	const struct rc_application *application = rc_app_get_declared(app);
	struct live_item *item = find_item(live, application->name_space, application->own_name);

	return item && rc_live_find_app(item) == app ? item : NULL;
}

void rc_live_on_app(struct rc_live *live, const struct rc_app *app)
{
	struct live_item *item = find_by_app(live, app);

	if (item)
		rc_live_mark(item);
}

void rc_live_on_deleted(struct rc_live *live, const struct rc_app *app)
{
	struct live_item *item = find_by_app(live, app);

	if (!item)
		return;
	item->is_done = true;
	rc_live_mark(item);
}

json_t *rc_live_describe(const struct rc_live *live)
{
	const struct rc_error *err = NULL;
	rc_autofree char *why = NULL;
	json_t *refused = json_array();
	struct live_item *item, *next;

	for (size_t i = 0; i < live->options.n_namespaces; i++)
		err = err ? err : live->watches[i].err;
	if (err)
		why = rc_error_format(err);
	else if (!live->watches[0].applications)
		why = rc_strdup("the cluster does not serve Applications (is the CRD installed?)");
	HASH_ITER (hh, live->items, item, next)
		if (item->refusal)
			json_array_append_new(refused,
					      json_sprintf("%s: %s", item->key, item->refusal));
		else if (item->problem && !rc_live_find_app(item))
			json_array_append_new(refused, json_string(item->problem));
	return json_pack("{s:s, s:s*, s:i, s:o}", "origin", live->options.origin, "reason", why,
			 "applications", (int)HASH_COUNT(live->items), "refused", refused);
}
