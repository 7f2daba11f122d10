/*
 * What an Application object asks for: a sync by its operation field, a look by its annotation
 * refresh. Both are taken off the object when they are done, which is what those wait for who
 * asked.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/application-source.h"
#include "gitops/live-private.h"
#include "kube/object.h"

#define REFRESH "argocd.argoproj.io/refresh"

/* ---- an operation as a request ---- */

static const struct {
	const char *text, *key;
} options[] = {
	{"Replace=true", "replace"},
	{"Force=true", "force"},
	{"ApplyOutOfSyncOnly=true", "applyOutOfSyncOnly"},
};

static bool has_option(const struct rc_application *application, const char *text)
{
	const json_t *list =
		rc_json_get(application->manifest, "spec", "syncPolicy", "syncOptions", NULL);
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (rc_text_equal(json_string_value(item), text))
			return true;
	return false;
}

/* What the application says itself needs not be said again. */
static int read_options(const json_t *sync, const struct rc_application *application,
			json_t *request, struct rc_error **err)
{
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(sync, "syncOptions"), i, item) {
		const char *text = json_string_value(item) ?: "";
		bool is_known = has_option(application, text);

		for (size_t j = 0; j < RC_ARRAY_SIZE(options); j++) {
			if (strcmp(options[j].text, text) != 0)
				continue;
			json_object_set_new(request, options[j].key, json_true());
			is_known = true;
		}
		if (!is_known)
			return rc_fail(err, -EINVAL,
				       "operation.sync.syncOptions: '%s' cannot be asked for one "
				       "sync; the application's spec can say it",
				       text);
	}
	return 0;
}

static void read_strategy(const json_t *sync, json_t *request)
{
	const json_t *strategy = json_object_get(sync, "syncStrategy");
	const json_t *apply = json_object_get(strategy, "apply");
	const json_t *hook = json_object_get(strategy, "hook");

	if (json_is_object(apply))
		json_object_set_new(request, "strategy", json_string("apply"));
	if (json_is_true(json_object_get(apply, "force")) ||
	    json_is_true(json_object_get(hook, "force")))
		json_object_set_new(request, "force", json_true());
}

static void read_resources(const json_t *sync, json_t *request)
{
	const json_t *resources = json_object_get(sync, "resources");
	json_t *list, *item;
	size_t i;

	if (json_array_size(resources) == 0)
		return;
	list = json_array();
	json_array_foreach (resources, i, item) {
		const char *space = rc_json_text(item, "namespace", NULL) ?: "";

		json_array_append_new(list, json_sprintf("%s:%s:%s%s%s",
							 rc_json_text(item, "group", NULL) ?: "",
							 rc_json_text(item, "kind", NULL) ?: "",
							 space, *space ? "/" : "",
							 rc_json_text(item, "name", NULL) ?: ""));
	}
	json_object_set_new(request, "resources", list);
}

static int read_request(const json_t *sync, const struct rc_application *application,
			struct rc_request *ret_request, struct rc_error **err)
{
	static const char *const flags[] = {"prune", "dryRun"};
	json_auto_t *request = json_object();
	int r;

	for (size_t i = 0; i < RC_ARRAY_SIZE(flags); i++)
		if (json_is_true(json_object_get(sync, flags[i])))
			json_object_set_new(request, flags[i], json_true());
	if (json_array_size(json_object_get(sync, "manifests")) > 0)
		return rc_fail(err, -EINVAL,
			       "operation.sync.manifests: manifests that are in no repository are "
			       "not synced");
	read_strategy(sync, request);
	read_resources(sync, request);
	r = read_options(sync, application, request, err);
	return r < 0 ? r : rc_request_parse(request, ret_request, err);
}

/* *ret_revision is NULL for what the application follows anyway. Borrowed from sync. */
static int read_revision(const json_t *sync, const struct rc_app *app, const char **ret_revision,
			 struct rc_error **err)
{
	const struct rc_application *application = rc_app_get_application(app);
	const char *revision = rc_json_text(sync, "revision", NULL);
	json_t *item;
	size_t i;

	*ret_revision = NULL;
	json_array_foreach (json_object_get(sync, "revisions"), i, item) {
		const char *text = json_string_value(item) ?: "";
		const char *now = rc_app_get_revision(app);

		if (*text && !(now && strstr(now, text)) &&
		    !(i < application->n_sources &&
		      strcmp(text, application->sources[i].target_text) == 0))
			return rc_fail(err, -EINVAL,
				       "operation.sync.revisions[%zu]: '%s' is not what the "
				       "application follows",
				       i, text);
	}
	if (revision && *revision && strcmp(revision, application->sources[0].target_text) != 0)
		*ret_revision = revision;
	return 0;
}

/* ---- an operation that goes back: its source is not the application's ---- */

static bool is_other_source(const json_t *sync, const struct rc_application *application)
{
	const json_t *spec = json_object_get(application->manifest, "spec");
	const json_t *source = json_object_get(sync, "source");
	const json_t *sources = json_object_get(sync, "sources");

	if (json_array_size(sources) > 0)
		return !json_equal(sources, json_object_get(spec, "sources"));
	return json_object_size(source) > 0 && !json_equal(source, json_object_get(spec, "source"));
}

/* The newest entry of the history that brought that revision; 0: there is none. */
static int64_t find_history(const struct rc_app *app, const char *revision)
{
	json_auto_t *history = NULL;
	json_t *entry;
	size_t i;

	if (rc_app_list_history(app, &history, NULL) < 0)
		return 0;
	json_array_foreach (json_object_get(history, "items"), i, entry)
		if (rc_text_equal(rc_json_text(entry, "revision", NULL), revision))
			return json_integer_value(json_object_get(entry, "id"));
	return 0;
}

static int roll_back(struct rc_app *app, const json_t *sync, const char *by, struct rc_error **err)
{
	const char *revision = rc_json_text(sync, "revision", NULL) ?: "";
	int64_t id = find_history(app, revision);

	if (id == 0)
		return rc_fail(err, -EINVAL,
			       "operation.sync.source is not the application's, and no entry of "
			       "its history is of revision '%s'",
			       revision);
	return rc_app_rollback(app, by, id, json_is_true(json_object_get(sync, "prune")), err);
}

/* ---- starting ---- */

static int start(struct live_item *item, struct rc_app *app, struct rc_error **err)
{
	const json_t *sync = json_object_get(item->operation, "sync");
	const struct rc_application *application = rc_app_get_application(app);
	const char *user = rc_json_text(item->operation, "initiatedBy", "username", NULL);
	const char *by = user && *user ? user : "an operation of the object";
	struct rc_app_sync_options sync_options = {.initiated_by = by};
	int r;

	if (!json_is_object(sync))
		return rc_fail(err, -EINVAL, "operation: only 'sync' is known");
	if (is_other_source(sync, application))
		return roll_back(app, sync, by, err);
	r = read_revision(sync, app, &sync_options.revision, err);
	if (r == 0)
		r = read_request(sync, application, &sync_options.request, err);
	return r < 0 ? r : rc_app_sync(app, &sync_options, err);
}

/* A sync of ours is under way, or it is not known yet what is desired: later. */
static bool is_in_the_way(int r)
{
	return r == -EBUSY || r == -EAGAIN;
}

void rc_live_operation_start(struct live_item *item, struct rc_app *app)
{
	struct rc_error *err = NULL;
	int r;

	if (!item->operation || item->is_operating || item->is_refused || item->is_deleting)
		return;
	/* It ended, and only taking it off is left: a crash came between. */
	if (json_object_get(json_object_get(item->status, "operationState"), "finishedAt") &&
	    json_equal(rc_json_get(item->status, "operationState", "operation", NULL),
		       item->operation)) {
		item->is_refused = true;
		rc_live_mark(item);
		return;
	}
	r = start(item, app, &err);
	item->is_operating = r == 0;
	if (r < 0 && !is_in_the_way(r)) {
		item->is_refused = true;
		free(item->operation_error);
		item->operation_error = rc_error_format(err);
		rc_log_error(&item->live->log, LOG_WARNING, err, "operation of %s", item->key);
	}
	rc_error_free(err);
	rc_live_mark(item);
}

void rc_live_operation_check(struct live_item *item, const struct rc_app *app)
{
	struct rc_app_counts counts;

	if (item->is_operating && !rc_app_is_syncing(app)) {
		item->is_operating = false;
		item->is_refused = true; /* done: never begin it anew */
		rc_live_mark(item);
	}
	if (!item->wants_refresh || item->is_refreshed)
		return;
	rc_app_get_counts(app, &counts);
	if (counts.n_reconciles > item->n_looks && rc_app_is_settled(app)) {
		item->is_refreshed = true;
		rc_live_mark(item);
	}
}

void rc_live_operation_refresh(struct live_item *item, struct rc_app *app, const json_t *object)
{
	const char *kind = rc_kube_object_get_annotation(object, REFRESH);
	struct rc_app_counts counts;

	if (!kind) {
		item->wants_refresh = item->is_refreshed = false;
		return;
	}
	if (item->wants_refresh)
		return;
	rc_app_get_counts(app, &counts);
	item->wants_refresh = true;
	item->n_looks = counts.n_reconciles;
	rc_app_refresh(app, strcmp(kind, "hard") == 0);
	rc_live_mark(item);
}
