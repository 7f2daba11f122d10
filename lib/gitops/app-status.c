/* An application for people and programs: the manifest with Argo CD's status. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"

static json_t *time_of(int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	return unix_s ? json_string(rc_clock_format_rfc3339(unix_s, text)) : NULL;
}

static void add_condition(json_t *conditions, const char *type, const char *message,
			  int64_t since_unix_s)
{
	json_array_append_new(conditions,
			      json_pack("{s:s, s:s, s:o*}", "type", type, "message", message,
					"lastTransitionTime", time_of(since_unix_s)));
}

static void add_repository_conditions(const struct rc_app *app, json_t *conditions)
{
	for (size_t i = 0; i < app->application->n_sources; i++) {
		const struct rc_error *err;
		rc_autofree char *why = NULL, *message = NULL;
		int64_t since;

		err = app->repositories[i] ? rc_repository_get_error(app->repositories[i], &since)
					   : NULL;
		if (!err)
			continue;
		why = rc_error_format(err);
		message = rc_asprintf("repository '%s' cannot be polled: %s; its last commit stays "
				      "in force",
				      rc_repository_get_name(app->repositories[i]), why);
		add_condition(conditions, "RepositoryWarning", message, since);
	}
}

static void add_cluster_condition(const struct rc_app *app, json_t *conditions)
{
	rc_autofree char *why = NULL, *message = NULL;
	int64_t since;

	why = app->destination ? rc_destination_describe_failure(app->destination, &since) : NULL;
	if (!why)
		return;
	message = rc_asprintf("what is known of the cluster is as it was before: %s", why);
	add_condition(conditions, "ClusterWarning", message, since);
}

static void add_undone_conditions(const struct rc_app *app, json_t *conditions)
{
	const json_t *all = rc_app_hold_get_undone(app);
	const char *name;
	json_t *undone;

	json_object_foreach ((json_t *)(uintptr_t)all, name, undone) {
		rc_autofree char *text = rc_asprintf(
			"%s stays at its revision %lld since %s went back; reconcilectl app resume "
			"%s ends that",
			name, (long long)json_integer_value(json_object_get(undone, "revision")),
			rc_json_text(undone, "by", NULL) ?: "", app->application->name);

		add_condition(conditions, "Undone", text,
			      json_integer_value(json_object_get(undone, "at")));
	}
}

static void add_hold_conditions(const struct rc_app *app, json_t *conditions)
{
	const json_t *rollback = rc_app_hold_get_rollback(app);
	rc_autofree char *suspended = rc_app_hold_describe_suspension(app);
	rc_autofree char *waiting = rc_app_hold_describe_waiting(app), *held = NULL;

	if (suspended)
		add_condition(conditions, "Suspended", suspended, 0);
	if (waiting)
		add_condition(conditions, "PruneApproval", waiting, 0);
	add_undone_conditions(app, conditions);
	if (!rollback)
		return;
	held = rc_asprintf("stays at %.12s (history %lld) since %s went back; reconcilectl app "
			   "resume %s ends that",
			   rc_json_text(rollback, "revision", NULL) ?: "",
			   (long long)json_integer_value(json_object_get(rollback, "id")),
			   rc_json_text(rollback, "by", NULL) ?: "", app->application->name);
	add_condition(conditions, "RolledBack", held,
		      json_integer_value(json_object_get(rollback, "at")));
}

static void add_orphan_condition(const struct rc_app *app, json_t *conditions)
{
	rc_autofree char *text = NULL;

	if (!rc_app_orphans_warns(app))
		return;
	text = rc_asprintf("Application has %zu orphaned resources", rc_app_count_orphans(app));
	add_condition(conditions, "OrphanedResourceWarning", text, 0);
}

static void add_owner_conditions(const struct rc_app *app, json_t *conditions)
{
	for (size_t i = 0; i < app->resources.n; i++) {
		const struct rc_resource *row = &app->resources.rows[i];
		rc_autofree char *name = NULL, *message = NULL;

		if (!row->owner)
			continue;
		name = rc_kube_object_format_key(row->key);
		message = rc_asprintf("%s belongs to application '%s'", name, row->owner);
		add_condition(conditions, "SharedResourceWarning", message, 0);
	}
	if (app->rivals)
		add_condition(conditions, "FlappingWarning", app->rivals, 0);
}

json_t *rc_app_describe_conditions(const struct rc_app *app)
{
	json_t *conditions = json_array(), *warning;
	size_t i;

	if (app->error) {
		rc_autofree char *why = rc_error_format(app->error);

		add_condition(conditions,
			      app->is_spec_error ? "InvalidSpecError" : "ComparisonError", why,
			      app->error_since_unix_s);
	}
	rc_app_delete_describe(app, conditions);
	if (app->refusal)
		add_condition(conditions, "SyncError", app->refusal,
			      app->operation.finished_unix_s);
	if (app->stack_wait)
		add_condition(conditions, "DependencyWaiting", app->stack_wait, 0);
	add_repository_conditions(app, conditions);
	add_cluster_condition(app, conditions);
	add_hold_conditions(app, conditions);
	add_owner_conditions(app, conditions);
	add_orphan_condition(app, conditions);
	json_array_foreach (app->warnings, i, warning)
		add_condition(conditions, "RenderWarning", json_string_value(warning) ?: "", 0);
	json_array_foreach (app->desired ? app->desired->warnings : NULL, i, warning)
		add_condition(conditions, "RepeatedResourceWarning",
			      json_string_value(warning) ?: "", 0);
	json_array_foreach (app->application->warnings, i, warning)
		add_condition(conditions, "InvalidSpecWarning", json_string_value(warning) ?: "",
			      0);
	return conditions;
}

static json_t *describe_operation(const struct rc_app *app)
{
	const struct rc_operation *operation = &app->operation;
	json_t *json;

	if (operation->phase == RC_OPERATION_NONE && !app->is_wanted)
		return NULL;
	json = json_pack("{s:s, s:s*, s:i, s:s, s:o*, s:o*, s:{s:s, s:o*}, s:{s:s}}", "phase",
			 rc_operation_phase_to_string(app->is_wanted || app->is_settling
							      ? RC_OPERATION_RUNNING
							      : operation->phase),
			 "message", operation->message, "retryCount", (int)operation->retry_count,
			 "initiatedBy", operation->initiated_by ?: "", "startedAt",
			 time_of(operation->started_unix_s), "finishedAt",
			 time_of(operation->finished_unix_s), "syncResult", "revision",
			 operation->revision ?: "", "resources",
			 app->sync || !app->last_sync ? NULL : json_loads(app->last_sync, 0, NULL),
			 "operation", "sync", operation->is_partial ? "self-heal" : "full");
	if (app->sync) {
		json_auto_t *run = rc_sync_describe(app->sync);

		json_object_update_missing(json, run);
		json_object_set(json_object_get(json, "syncResult"), "resources",
				json_object_get(run, "resources"));
		json_object_del(json, "resources");
		if (rc_sync_get_blocked(app->sync))
			json_object_set_new(json, "message",
					    json_string(rc_sync_get_blocked(app->sync)));
	}
	return json;
}

/* What keeps a sync from beginning, the caller's to free; or NULL. */
static char *describe_obstacle(const struct rc_app *app)
{
	char *failure =
		app->destination ? rc_destination_describe_failure(app->destination, NULL) : NULL;
	struct rc_window_verdict window = rc_app_permit_window(app, app->is_wanted);
	char text[RC_CLOCK_RFC3339_MAX];

	if (failure)
		return failure;
	if (app->stack_wait)
		return rc_strdup(app->stack_wait);
	if (!app->is_window_closed)
		return NULL;
	if (!window.changes_unix_s)
		return rc_strdup("it has to wait for a sync window, and none opens within a year");
	return rc_asprintf("it has to wait for a sync window, which opens at %s",
			   rc_clock_format_rfc3339(window.changes_unix_s, text));
}

static char *describe_deletion(const struct rc_app *app)
{
	if (app->deletion.waiting)
		return rc_asprintf("its deletion waits for approval of %s", app->deletion.waiting);
	return app->deletion.error ? rc_error_format(app->deletion.error)
				   : rc_strdup("it is being deleted");
}

/* What to know, in a sentence; the caller's to free; NULL when there is nothing to say. */
static char *make_reason(const struct rc_app *app, const char *sync_status, enum rc_health health,
			 const char *health_message)
{
	char *obstacle;

	if (app->sync && rc_sync_get_blocked(app->sync))
		return rc_strdup(rc_sync_get_blocked(app->sync));
	if (app->deletion.is_on)
		return describe_deletion(app);
	if (app->sync)
		return rc_strdup("a sync is under way");
	if (app->error)
		return rc_error_format(app->error);
	obstacle = describe_obstacle(app);
	if (obstacle)
		return obstacle;
	if (app->operation.phase == RC_OPERATION_FAILED && strcmp(sync_status, "Synced") != 0)
		return rc_asprintf("the last sync failed: %s", app->operation.message ?: "");
	if (app->refusal)
		return rc_strdup(app->refusal);
	if (health != RC_HEALTH_HEALTHY && health_message)
		return rc_strdup(health_message);
	return NULL;
}

/* What a person decided, or has to decide; it explains everything else. */
static char *make_hold_reason(const struct rc_app *app)
{
	char *suspended = app->sync ? NULL : rc_app_hold_describe_suspension(app);

	if (suspended || app->sync || app->error || app->operation.phase == RC_OPERATION_FAILED)
		return suspended;
	return rc_app_hold_describe_waiting(app);
}

enum rc_health rc_app_assess(const struct rc_app *app, char **ret_message)
{
	enum rc_health health = RC_HEALTH_UNKNOWN;

	if (app->desired)
		health = rc_resources_assess(&app->resources, ret_message);
	if (!app->gate || health != RC_HEALTH_HEALTHY)
		return health;
	free(*ret_message);
	*ret_message = rc_strdup(app->gate);
	return RC_HEALTH_DEGRADED;
}

void rc_app_set_gate(struct rc_app *app, const char *why)
{
	if (rc_text_equal(app->gate, why))
		return;
	free(app->gate);
	app->gate = rc_strdup(why);
	rc_app_tell(app);
}

const char *rc_app_get_gate(const struct rc_app *app)
{
	return app->gate;
}

static json_t *describe_status(const struct rc_app *app)
{
	struct rc_app_counts counts;
	rc_autofree char *health_message = NULL, *reason = NULL;
	enum rc_health health;
	json_t *status;

	rc_app_get_counts(app, &counts);
	health = rc_app_assess(app, &health_message);
	reason = make_hold_reason(app);
	if (!reason)
		reason = make_reason(app, counts.sync_status, health, health_message);
	status = json_pack("{s:{s:s, s:s}, s:{s:s, s:s*}, s:o, s:o, s:o*, s:o*, s:s*, s:O*, s:o*}",
			   "sync", "status", counts.sync_status, "revision", app->revision ?: "",
			   "health", "status", rc_health_to_string(health), "message",
			   health_message, "resources", rc_resources_describe(&app->resources),
			   "conditions", rc_app_describe_conditions(app), "reconciledAt",
			   time_of(app->compared_unix_s), "operationState", describe_operation(app),
			   "reason", reason, "sourceTypes", app->types, "hold",
			   rc_app_hold_describe(app));
	json_object_set_new(status, "syncWindows", rc_app_permit_describe_windows(app));
	if (app->sync) {
		json_auto_t *run = rc_sync_describe(app->sync);
		json_t *blocked = json_object_get(run, "blockedBy");

		if (blocked)
			json_object_set(status, "blockedBy", blocked);
	}
	return status;
}

json_t *rc_app_describe(const struct rc_app *app)
{
	json_t *json = json_deep_copy(app->declared->manifest);

	json_object_set_new(json, "status", describe_status(app));
	return json;
}

json_t *rc_app_summarize(const struct rc_app *app)
{
	const struct rc_application *application = app->application;
	const struct rc_application_source *source =
		application->n_sources > 0 ? &application->sources[0] : NULL;
	rc_autofree char *health_message = NULL, *reason = NULL;
	struct rc_app_counts counts;
	enum rc_health health;
	json_t *json;

	rc_app_get_counts(app, &counts);
	health = rc_app_assess(app, &health_message);
	reason = make_hold_reason(app);
	if (!reason)
		reason = make_reason(app, counts.sync_status, health, health_message);
	json = json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s, s:s, s:s, s:s*, s:o*}", "name",
			 application->name, "project", application->project, "namespace",
			 application->destination.name_space, "repository",
			 source ? source->repo_url : NULL, "path", source ? source->path : NULL,
			 "sync", counts.sync_status, "health", rc_health_to_string(health),
			 "revision", app->revision ?: "", "reason", reason, "hold",
			 rc_app_hold_describe(app));
	if (counts.operation_phase)
		json_object_set_new(json, "phase",
				    json_string(app->sync || app->is_wanted
							? "Running"
							: counts.operation_phase));
	return json;
}

json_t *rc_app_describe_resources(const struct rc_app *app)
{
	return json_pack("{s:o}", "items", rc_resources_describe(&app->resources));
}

int rc_app_list_history(const struct rc_app *app, json_t **ret_history, struct rc_error **err)
{
	json_t *entries = NULL;
	int r = rc_store_list_history(rc_engine_get_options(app->engine)->store,
				      app->application->name, &entries, err);

	if (r == 0)
		*ret_history = json_pack("{s:o}", "items", entries);
	return r;
}
