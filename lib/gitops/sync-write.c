/*
 * What is sent for one task: mostly one server-side apply. Before that, fields that kubectl, Argo
 * CD or Helm applied become ours, and fields nobody minds get what they have. Replace=true and
 * ServerSideApply=false send the whole object, made of what is live a moment before.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/migrate.h"
#include "gitops/sync-private.h"
#include "gitops/three-way.h"

#define ATTEMPTS_MAX 4 /* against others who write at the same time */

/* One write, while it is under way. */
struct sync_write {
	sync_call_fn *done;
	bool dry_run, is_probe;
	unsigned int attempts;
};

static struct rc_kube_cluster *cluster_of(const struct rc_sync *sync)
{
	return rc_destination_get_cluster(sync->options.destination);
}

static struct sync_write *write_of(struct rc_sync *sync, const struct rc_task *task)
{
	if (!sync->writes)
		sync->writes = rc_calloc(sync->plan->n, sizeof(*sync->writes));
	return &sync->writes[task - sync->plan->tasks];
}

static const struct rc_application_options *application_options(const struct rc_sync *sync)
{
	return &sync->how;
}

/* ---- how a task is written ---- */

static bool is_replaced(const struct rc_sync *sync, const struct rc_task *task)
{
	return task->item && rc_traits_is_replaced(&task->item->traits, application_options(sync));
}

static bool is_client_side(const struct rc_sync *sync, const struct rc_task *task)
{
	return task->item &&
	       rc_traits_is_client_side(&task->item->traits, application_options(sync));
}

static bool is_migrated(const struct rc_sync *sync, const struct rc_task *task, const json_t *live)
{
	return task->item &&
	       rc_traits_is_migrated(&task->item->traits, application_options(sync)) &&
	       rc_migrate_is_needed(live, application_options(sync)->migration_manager);
}

static struct rc_kube_write_options make_options(struct rc_sync *sync, const struct rc_task *task)
{
	return (struct rc_kube_write_options){
		.dry_run = write_of(sync, task)->dry_run,
		.force = !write_of(sync, task)->is_probe,
		.no_validation = application_options(sync)->no_validate ||
				 (task->item && task->item->traits.no_validate),
	};
}

/* The server's words for a field that cannot be changed in place; codes do not tell. */
static bool is_immutable(const struct rc_error *err)
{
	static const char *const words[] = {"immutable", "updates to", "may not change",
					    "cannot change roleRef"};
	rc_autofree char *text = rc_error_format(err);

	for (size_t i = 0; i < RC_ARRAY_SIZE(words); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

/* With a Namespace or a CRD all goes that is in it. */
static bool may_be_recreated(const struct rc_kube_key *key)
{
	return strcmp(key->kind, "Namespace") != 0 &&
	       strcmp(key->kind, "CustomResourceDefinition") != 0;
}

bool rc_sync_write_is_forced(const struct rc_sync *sync, const struct rc_task *task, int r,
			     const struct rc_error *err)
{
	return r == -EINVAL && task->item && task->action == RC_ACTION_APPLY &&
	       (task->item->traits.force || application_options(sync)->force) &&
	       may_be_recreated(&task->key) && is_immutable(err);
}

bool rc_sync_write_is_replaced(const struct rc_task *task, int r, const struct rc_error *err)
{
	return r == -EINVAL && task->item && task->action == RC_ACTION_HOOK &&
	       task->item->traits.delete_before_creation && is_immutable(err);
}

/* ---- what is sent ---- */

/* The Namespace of CreateNamespace=true: there is no manifest of it, and it is not tracked. */
static json_t *make_namespace(const struct rc_sync *sync, const struct rc_task *task)
{
	const json_t *metadata = sync->options.application->managed_namespace_metadata;
	json_t *object = json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "Namespace",
				   "metadata", "name", task->key.name);
	json_auto_t *copy = json_deep_copy(metadata);

	if (copy)
		json_object_update_missing(json_object_get(object, "metadata"), copy);
	return object;
}

/* What is desired, with the fields nobody minds as they are in live (may be NULL). The caller's. */
static json_t *make_object(const struct rc_sync *sync, const struct rc_task *task,
			   const json_t *live, bool is_whole)
{
	struct rc_ignore_view view = {
		.ignore = sync->options.ignore,
		.desired_paths = json_array_get(task->paths, 0),
		.live_paths = json_array_get(task->paths, 1),
		.is_scaled = task->item->is_scaled,
	};
	json_t *object = rc_desired_item_load(task->item);

	/* Who scales is never fought with, whatever RespectIgnoreDifferences says. */
	if (application_options(sync)->ignored_differences_are_applied)
		view.ignore = NULL;
	if (live && rc_ignore_view_concerns(&view, object))
		rc_ignore_keep(&view, object, live, is_whole);
	return object;
}

/* ---- the last request ---- */

static void read_live(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done);
static void write_whole(struct rc_sync *sync, struct rc_task *task, const json_t *live);

/* Somebody wrote in between: look again. */
static void on_whole_read(struct rc_sync *sync, struct rc_task *task, int r,
			  const struct rc_kube_answer *answer, struct rc_error *err)
{
	if (r == 0)
		write_whole(sync, task, answer->object);
	else if (r == -ENOENT)
		write_whole(sync, task, NULL);
	else
		write_of(sync, task)->done(sync, task, r, answer, err);
	if (r == -ENOENT)
		rc_error_free(err);
}

static void on_whole_written(struct rc_sync *sync, struct rc_task *task, int r,
			     const struct rc_kube_answer *answer, struct rc_error *err)
{
	struct sync_write *write = write_of(sync, task);

	if ((r != -ESTALE && r != -EEXIST) || ++write->attempts >= ATTEMPTS_MAX) {
		write->done(sync, task, r, answer, err);
		return;
	}
	rc_error_free(err);
	read_live(sync, task, on_whole_read);
}

/* live as the server has it now; NULL: it is not there. */
static void write_whole(struct rc_sync *sync, struct rc_task *task, const json_t *live)
{
	struct rc_kube_write_options options = make_options(sync, task);
	const struct rc_kube_resource *resource = rc_sync_call_resource(sync, task);
	struct sync_call *call = rc_sync_call_new(sync, task, on_whole_written);
	json_auto_t *object = make_object(sync, task, live, true);
	json_t *whole;

	if (!live) {
		whole = json_deep_copy(object);
		if (is_client_side(sync, task))
			rc_three_way_remember(whole, object);
		rc_sync_call_set(call, rc_kube_apply_create(cluster_of(sync), resource, whole,
							    &options, rc_sync_call_on_done, call));
	} else {
		whole = is_client_side(sync, task) ? rc_three_way_merge(object, live)
						   : json_deep_copy(object);
		/* Nobody's change in between is lost. */
		json_object_set(json_object_get(whole, "metadata"), "resourceVersion",
				rc_json_get(live, "metadata", "resourceVersion", NULL));
		rc_sync_call_set(call,
				 rc_kube_apply_replace(cluster_of(sync), resource, whole, NULL,
						       &options, rc_sync_call_on_done, call));
	}
	json_decref(whole);
}

static void apply(struct rc_sync *sync, struct rc_task *task, const json_t *live)
{
	struct rc_kube_write_options options = make_options(sync, task);
	struct sync_call *call = rc_sync_call_new(sync, task, write_of(sync, task)->done);
	json_auto_t *object =
		task->item ? make_object(sync, task, live, false) : make_namespace(sync, task);

	rc_sync_call_set(call,
			 rc_kube_apply_start(cluster_of(sync), rc_sync_call_resource(sync, task),
					     object, &options, rc_sync_call_on_done, call));
}

/* ---- before that: whose the fields are ---- */

static void read_live(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done)
{
	struct sync_call *call = rc_sync_call_new(sync, task, done);

	rc_sync_call_set(call,
			 rc_kube_apply_get(cluster_of(sync), rc_sync_call_resource(sync, task),
					   &task->key, rc_sync_call_on_done, call));
}

static void on_migration_read(struct rc_sync *sync, struct rc_task *task, int r,
			      const struct rc_kube_answer *answer, struct rc_error *err);

static void on_migrated(struct rc_sync *sync, struct rc_task *task, int r,
			const struct rc_kube_answer *answer, struct rc_error *err)
{
	rc_autofree char *name = rc_kube_object_format_key(&task->key);

	if (r == -ESTALE && ++write_of(sync, task)->attempts < ATTEMPTS_MAX) {
		rc_error_free(err);
		read_live(sync, task, on_migration_read);
		return;
	}
	if (r < 0) {
		write_of(sync, task)->done(sync, task, r, answer, err);
		return;
	}
	rc_log_notice(sync->options.log, "took over what others had applied of %s", name);
	apply(sync, task, answer->object);
}

static void on_migration_read(struct rc_sync *sync, struct rc_task *task, int r,
			      const struct rc_kube_answer *answer, struct rc_error *err)
{
	json_auto_t *patch = NULL;
	struct sync_call *call;

	if (r < 0 && r != -ENOENT) {
		write_of(sync, task)->done(sync, task, r, answer, err);
		return;
	}
	rc_error_free(err);
	if (r == 0)
		patch = rc_migrate_make_patch(answer->object,
					      application_options(sync)->migration_manager);
	if (!patch) {
		apply(sync, task, r == 0 ? answer->object : NULL);
		return;
	}
	call = rc_sync_call_new(sync, task, on_migrated);
	rc_sync_call_set(call, rc_kube_apply_patch(cluster_of(sync),
						   rc_sync_call_resource(sync, task), &task->key,
						   patch, NULL, NULL, rc_sync_call_on_done, call));
}

/* ---- the beginning ---- */

static void create_hook(struct rc_sync *sync, struct rc_task *task)
{
	struct rc_kube_write_options options = make_options(sync, task);
	const struct rc_kube_resource *resource = rc_sync_call_resource(sync, task);
	struct sync_call *call = rc_sync_call_new(sync, task, write_of(sync, task)->done);
	json_auto_t *object = rc_sync_hook_make(sync, task);

	/* One of an earlier run may still be there: an apply can be tried beside it. */
	if (options.dry_run)
		rc_sync_call_set(call, rc_kube_apply_start(cluster_of(sync), resource, object,
							   &options, rc_sync_call_on_done, call));
	else
		rc_sync_call_set(call, rc_kube_apply_create(cluster_of(sync), resource, object,
							    &options, rc_sync_call_on_done, call));
}

/* As it is known; the caller's. NULL: it is not there. */
static json_t *get_live(const struct rc_sync *sync, const struct rc_task *task)
{
	json_t *live =
		rc_kube_cache_load(rc_destination_get_cache(sync->options.destination), &task->key);

	return live || task->is_created ? live : json_incref(task->live);
}

void rc_sync_write_start(struct rc_sync *sync, struct rc_task *task, bool dry_run,
			 sync_call_fn *done)
{
	json_auto_t *live = NULL;

	if (!rc_sync_call_resource(sync, task)) {
		struct rc_error *err = NULL;

		rc_destination_rediscover(sync->options.destination);
		rc_fail(&err, -EAGAIN, "the cluster does not serve %s yet", task->key.kind);
		done(sync, task, -EAGAIN, NULL, err);
		return;
	}
	*write_of(sync, task) = (struct sync_write){.done = done, .dry_run = dry_run};
	if (task->action == RC_ACTION_HOOK) {
		create_hook(sync, task);
		return;
	}
	live = get_live(sync, task);
	if (is_replaced(sync, task) || is_client_side(sync, task)) {
		if (live)
			read_live(sync, task, on_whole_read);
		else
			write_whole(sync, task, NULL);
	} else if (live && !dry_run && is_migrated(sync, task, live)) {
		read_live(sync, task, on_migration_read);
	} else {
		apply(sync, task, live);
	}
}

void rc_sync_write_probe(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done)
{
	json_auto_t *live = get_live(sync, task);

	*write_of(sync, task) =
		(struct sync_write){.done = done, .dry_run = true, .is_probe = true};
	apply(sync, task, live);
}
