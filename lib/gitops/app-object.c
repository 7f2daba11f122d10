/*
 * The status that Argo CD writes into an Application: exactly its fields, for those who read the
 * object (kubectl's columns, the argocd command, dashboards). What only we know is in the control
 * API's answer, app-status.c.
 */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/application-source.h"

#define IMAGES_MAX 500

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

static json_t *time_of(int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	return unix_s ? json_string(rc_clock_format_rfc3339(unix_s, text)) : NULL;
}

/* ---- summary ---- */

static void add_image(json_t *images, const char *image)
{
	size_t n = json_array_size(images), i = 0;

	while (i < n && strcmp(json_string_value(json_array_get(images, i)), image) < 0)
		i++;
	if (n >= IMAGES_MAX ||
	    (i < n && strcmp(json_string_value(json_array_get(images, i)), image) == 0))
		return;
	json_array_insert_new(images, i, json_string(image));
}

static void add_containers(json_t *images, const json_t *pod, const char *key)
{
	json_t *container;
	size_t i;

	json_array_foreach (json_object_get(pod, key), i, container) {
		const char *image = rc_json_text(container, "image", NULL);

		if (image && *image)
			add_image(images, image);
	}
}

static void add_pod(json_t *images, const json_t *pod)
{
	add_containers(images, pod, "initContainers");
	add_containers(images, pod, "containers");
}

void rc_app_object_note(struct rc_app *app, const json_t *manifests)
{
	json_t *images = json_array(), *manifest;
	size_t i;

	app->is_app_of_apps = false;
	json_array_foreach (manifests, i, manifest) {
		const json_t *spec = json_object_get(manifest, "spec");
		const char *version = rc_json_text(manifest, "apiVersion", NULL) ?: "";

		add_pod(images, spec);
		add_pod(images, rc_json_get(spec, "template", "spec", NULL));
		add_pod(images, rc_json_get(spec, "jobTemplate", "spec", "template", "spec", NULL));
		if (rc_text_equal(rc_json_text(manifest, "kind", NULL), "Application") &&
		    rc_text_has_prefix(version, "argoproj.io/"))
			app->is_app_of_apps = true;
	}
	json_decref(app->images);
	app->images = images;
}

static json_t *make_summary(const struct rc_app *app)
{
	json_t *summary = json_object();

	if (json_array_size(app->images) > 0)
		json_object_set(summary, "images", app->images);
	if (app->is_app_of_apps)
		json_object_set_new(summary, "isAppOfApps", json_true());
	return summary;
}

/* ---- what it is made of ---- */

static bool has_many(const json_t *spec)
{
	return json_array_size(json_object_get(spec, "sources")) > 0;
}

/* source or sources of spec, under its name, into to. */
static void put_sources(json_t *to, const json_t *spec)
{
	const char *key = has_many(spec) ? "sources" : "source";
	json_t *value = json_object_get(spec, key);

	if (value)
		json_object_set(to, key, value);
}

/* The commits as revision, or as revisions of many sources. */
static void put_revisions(json_t *to, const json_t *spec, const char *joined)
{
	rc_autofree char *text = rc_strdup(joined ?: "");
	char *rest = text, *one;
	json_t *list;

	if (!has_many(spec)) {
		json_object_set_new(to, "revision", json_string(text));
		return;
	}
	list = json_array();
	while ((one = strsep(&rest, "+")))
		if (*one)
			json_array_append_new(list, json_string(one));
	json_object_set_new(to, "revisions", list);
}

static const json_t *spec_of(const struct rc_app *app)
{
	return json_object_get(app->application->manifest, "spec");
}

static json_t *make_sync(const struct rc_app *app, const char *status)
{
	const json_t *spec = spec_of(app);
	json_t *compared = json_object(),
	       *sync = json_pack("{s:s, s:o}", "status", status, "comparedTo", compared);
	static const char *const keys[] = {"destination", "ignoreDifferences"};

	put_sources(compared, spec);
	for (size_t i = 0; i < RC_ARRAY_SIZE(keys); i++)
		if (json_object_get(spec, keys[i]))
			json_object_set(compared, keys[i], json_object_get(spec, keys[i]));
	put_revisions(sync, spec, app->revision);
	return sync;
}

/* ---- resources ---- */

static char *version_of(const struct rc_app *app, const struct rc_kube_key *key,
			const char *api_version)
{
	const struct rc_kube_resource *resource;
	const char *slash;

	if (api_version) {
		slash = strrchr(api_version, '/');
		return rc_strdup(slash ? slash + 1 : api_version);
	}
	resource = app->destination
			   ? rc_kube_discovery_find(rc_destination_get_discovery(app->destination),
						    key->group, key->kind, NULL)
			   : NULL;
	return rc_strdup(resource ? resource->version : "");
}

/* Empty texts are left out, as Go's omitempty does. */
static void put_text(json_t *to, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(to, key, json_string(text));
}

static void put_key(json_t *to, const struct rc_kube_key *key, const char *version)
{
	put_text(to, "group", key->group);
	put_text(to, "version", version);
	put_text(to, "kind", key->kind);
	put_text(to, "namespace", key->name_space);
	put_text(to, "name", key->name);
}

static json_t *make_resource(const struct rc_app *app, const struct rc_resource *row)
{
	rc_autofree char *version =
		version_of(app, row->key, row->item ? row->item->api_version : NULL);
	json_t *json = json_object();

	put_key(json, row->key, version);
	put_text(json, "status", rc_resources_get_status(row));
	if (row->health != RC_HEALTH_NONE)
		json_object_set_new(json, "health",
				    json_pack("{s:s, s:s*}", "status",
					      rc_health_to_string(row->health), "message",
					      row->message));
	if (rc_resources_requires_pruning(row))
		json_object_set_new(json, "requiresPruning", json_true());
	if (row->traits.wave != 0)
		json_object_set_new(json, "syncWave", json_integer(row->traits.wave));
	if (row->traits.prune_confirm || row->traits.delete_confirm)
		json_object_set_new(json, "requiresDeletionConfirmation", json_true());
	return json;
}

static json_t *make_resources(const struct rc_app *app)
{
	json_t *list = json_array();

	for (size_t i = 0; i < app->resources.n; i++)
		json_array_append_new(list, make_resource(app, &app->resources.rows[i]));
	return list;
}

/* ---- the operation ---- */

static const struct {
	const char *ours, *status, *hook_phase; /* NULL: not told */
} states[] = {
	{"Running", "Synced", "Running"},
	{"Synced", "Synced", "Succeeded"},
	{"Pruned", "Pruned", NULL},
	{"SyncFailed", "SyncFailed", "Failed"},
	{"PruneSkipped", "PruneSkipped", NULL},
	{"Skipped", "PruneSkipped", NULL},
};

/* Of one task, as rc_sync_describe() has it; NULL when there is nothing to tell yet. */
static json_t *make_result(const struct rc_app *app, const json_t *task)
{
	const char *state = rc_json_text(task, "status", NULL) ?: "";
	struct rc_kube_key key = {rc_json_text(task, "group", NULL) ?: "",
				  rc_json_text(task, "kind", NULL) ?: "",
				  rc_json_text(task, "namespace", NULL) ?: "",
				  rc_json_text(task, "name", NULL) ?: ""};
	bool is_hook = json_object_get(task, "hookPhase") != NULL;

	for (size_t i = 0; i < RC_ARRAY_SIZE(states); i++) {
		rc_autofree char *version = NULL;
		json_t *json;

		if (strcmp(states[i].ours, state) != 0)
			continue;
		version = version_of(app, &key, NULL);
		json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "group", key.group, "version",
				 version, "kind", key.kind, "namespace", key.name_space, "name",
				 key.name, "status", states[i].status);
		put_text(json, "message", rc_json_text(task, "message", NULL));
		put_text(json, "syncPhase", rc_json_text(task, "syncPhase", NULL));
		if (is_hook)
			put_text(json, "hookType", rc_json_text(task, "syncPhase", NULL));
		put_text(json, "hookPhase", is_hook ? states[i].hook_phase : NULL);
		return json;
	}
	return NULL;
}

static json_t *make_results(const struct rc_app *app)
{
	json_auto_t *run = app->sync ? rc_sync_describe(app->sync) : NULL;
	json_auto_t *last = !run && app->last_sync ? json_loads(app->last_sync, 0, NULL) : NULL;
	json_t *list = json_array(), *task;
	size_t i;

	json_array_foreach (run ? json_object_get(run, "resources") : last, i, task) {
		json_t *result = make_result(app, task);

		if (result)
			json_array_append_new(list, result);
	}
	return list;
}

static bool is_automated(const char *initiated_by)
{
	return rc_text_equal(initiated_by, RC_APP_AUTOMATED);
}

static json_t *make_initiator(const char *initiated_by)
{
	return is_automated(initiated_by) ? json_pack("{s:b}", "automated", 1)
					  : json_pack("{s:s}", "username", initiated_by ?: "");
}

/* What we did without having been asked by an operation of the object. */
static json_t *make_operation(const struct rc_app *app)
{
	const struct rc_operation *operation = &app->operation;
	json_t *sync = json_object();
	json_t *json = json_pack("{s:o, s:o}", "sync", sync, "initiatedBy",
				 make_initiator(operation->initiated_by));

	put_revisions(sync, spec_of(app), operation->revision);
	if (app->application->automated.prune && is_automated(operation->initiated_by))
		json_object_set_new(sync, "prune", json_true());
	if (app->application->retry.limit)
		json_object_set_new(json, "retry",
				    json_pack("{s:i}", "limit", app->application->retry.limit));
	return json;
}

static const char *message_of(const struct rc_app *app)
{
	if (app->is_wanted)
		return app->is_window_closed ? "Sync operation blocked by sync window"
					     : "waiting to start";
	if (app->sync)
		return rc_sync_get_blocked(app->sync) ?: "syncing";
	return app->operation.message;
}

/* Asked for, or ended without anybody having looked what came of it. */
static bool is_under_way(const struct rc_app *app)
{
	return app->is_wanted || app->is_settling;
}

/* asked is the object's operation that it is about, or NULL. */
static json_t *make_operation_state(const struct rc_app *app, const json_t *asked)
{
	const struct rc_operation *operation = &app->operation;
	json_t *state, *result = json_object();

	if (operation->phase == RC_OPERATION_NONE && !app->is_wanted) {
		json_decref(result);
		return NULL;
	}
	state = json_pack(
		"{s:o, s:s, s:o*, s:o}", "operation",
		asked ? json_deep_copy(asked) : make_operation(app), "phase",
		rc_operation_phase_to_string(is_under_way(app) ? RC_OPERATION_RUNNING
							       : operation->phase),
		"startedAt",
		time_of(app->is_wanted ? app->wanted.since_unix_s : operation->started_unix_s),
		"syncResult", result);
	put_text(state, "message", message_of(app));
	if (!is_under_way(app) && operation->phase != RC_OPERATION_RUNNING)
		json_object_set_new(
			state, "finishedAt",
			time_of(operation->finished_unix_s ?: operation->started_unix_s));
	if (operation->retry_count > 0)
		json_object_set_new(state, "retryCount", json_integer(operation->retry_count));
	put_revisions(result, spec_of(app), operation->revision);
	put_sources(result, spec_of(app));
	if (!app->is_wanted)
		json_object_set_new(result, "resources", make_results(app));
	return state;
}

/* ---- history ---- */

static json_t *make_entry(const json_t *entry)
{
	const json_t *spec = json_object_get(entry, "spec");
	json_t *json =
		json_pack("{s:O*, s:O*, s:O*, s:o}", "id", json_object_get(entry, "id"),
			  "deployedAt", json_object_get(entry, "deployedAt"), "deployStartedAt",
			  json_object_get(entry, "deployStartedAt"), "initiatedBy",
			  make_initiator(rc_json_text(entry, "initiatedBy", NULL)));

	put_revisions(json, spec, rc_json_text(entry, "revision", NULL));
	put_sources(json, spec);
	return json;
}

/* Oldest first, as Argo CD has it. */
static json_t *make_history(const struct rc_app *app)
{
	json_auto_t *entries = NULL;
	json_t *list = json_array();

	rc_store_list_history(options_of(app)->store, app->application->name, &entries, NULL);
	for (size_t i = json_array_size(entries); i > 0; i--)
		json_array_append_new(list, make_entry(json_array_get(entries, i - 1)));
	return list;
}

/* ---- the whole ---- */

void rc_app_object_note_health(struct rc_app *app)
{
	struct rc_app_counts counts;

	rc_app_get_counts(app, &counts);
	if (rc_text_equal(app->health_before, counts.health_status))
		return;
	app->health_before = counts.health_status;
	app->health_since_unix_s = rc_clock_unix_s();
}

static json_t *make_health(const struct rc_app *app, const char *status)
{
	rc_autofree char *message = NULL;

	if (app->desired)
		rc_resources_assess(&app->resources, &message);
	return json_pack("{s:s, s:s*, s:o*}", "status", status, "message", message,
			 "lastTransitionTime", time_of(app->health_since_unix_s));
}

static void put_types(const struct rc_app *app, json_t *status)
{
	if (json_array_size(app->types) == 0)
		return;
	if (has_many(spec_of(app)))
		json_object_set(status, "sourceTypes", app->types);
	else
		json_object_set(status, "sourceType", json_array_get(app->types, 0));
}

json_t *rc_app_describe_object(const struct rc_app *app, const json_t *asked)
{
	struct rc_app_counts counts;
	json_t *status;

	rc_app_get_counts(app, &counts);
	status = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o*, s:o*, s:o}", "sync",
			   make_sync(app, counts.sync_status), "health",
			   make_health(app, counts.health_status), "resources", make_resources(app),
			   "history", make_history(app), "conditions",
			   rc_app_describe_conditions(app), "reconciledAt",
			   time_of(app->compared_unix_s), "operationState",
			   make_operation_state(app, asked), "summary", make_summary(app));
	put_types(app, status);
	return status;
}
