/*
 * Writing into an Application object: what of its status is otherwise, at most once a second, and
 * what was asked for and is done. A steady state writes nothing.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "gitops/live-private.h"
#include "kube/apply.h"

#define INTERVAL_MS    1000
#define LOOK_MS	       5000
#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 60000
#define REFRESH	       "argocd.argoproj.io/refresh"
#define FINALIZERS_MAX 4

/* ---- what is to be there ---- */

/* Of one that cannot be read: what is wrong, and that nothing else is known. */
static json_t *make_problem_status(const struct live_item *item)
{
	return json_pack("{s:{s:s}, s:{s:s}, s:[{s:s, s:s}]}", "sync", "status", "Unknown",
			 "health", "status", "Unknown", "conditions", "type", "InvalidSpecError",
			 "message", item->problem);
}

static void add_problem(json_t *status, const char *problem)
{
	json_array_append_new(
		json_object_get(status, "conditions"),
		json_pack("{s:s, s:s}", "type", "InvalidSpecError", "message", problem));
}

static void refuse_operation(const struct live_item *item, json_t *status)
{
	char now[RC_CLOCK_RFC3339_MAX];

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	json_object_set_new(status, "operationState",
			    json_pack("{s:O, s:s, s:s, s:s, s:s}", "operation", item->operation,
				      "phase", "Error", "message", item->operation_error,
				      "startedAt", now, "finishedAt", now));
}

static json_t *make_status(const struct live_item *item, const struct rc_app *app)
{
	json_t *status;

	if (!app)
		return item->problem ? make_problem_status(item) : NULL;
	status = rc_app_describe_object(app, item->operation);
	json_object_set_new(status, "controllerNamespace",
			    json_string(item->live->options.namespaces[0]));
	if (item->problem)
		add_problem(status, item->problem);
	if (item->operation_error && item->operation)
		refuse_operation(item, status);
	return status;
}

static json_t *find_time(const json_t *before, const char *type)
{
	json_t *condition;
	size_t i;

	json_array_foreach (json_object_get(before, "conditions"), i, condition)
		if (rc_text_equal(rc_json_text(condition, "type", NULL), type))
			return json_object_get(condition, "lastTransitionTime");
	return NULL;
}

/* A condition without a time of its own has had it since it was first written. */
static void set_times(json_t *status, const json_t *before)
{
	char now[RC_CLOCK_RFC3339_MAX];
	json_t *condition;
	size_t i;

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	json_array_foreach (json_object_get(status, "conditions"), i, condition) {
		json_t *time = find_time(before, rc_json_text(condition, "type", NULL));

		if (json_object_get(condition, "lastTransitionTime"))
			continue;
		json_object_set_new(condition, "lastTransitionTime",
				    time ? json_incref(time) : json_string(now));
	}
}

/* ---- what differs ---- */

/* What makes from of to, by RFC 7386; NULL: nothing has to be done. The caller's. */
static json_t *make_patch(const json_t *from, const json_t *to)
{
	json_t *patch = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)to, key, value) {
		const json_t *old = json_object_get(from, key);
		json_t *inner;

		if (old && json_equal(old, value))
			continue;
		if (!json_is_object(old) || !json_is_object(value)) {
			json_object_set(patch, key, value);
			continue;
		}
		inner = make_patch(old, value);
		if (inner)
			json_object_set_new(patch, key, inner);
	}
	json_object_foreach ((json_t *)(uintptr_t)from, key, value)
		if (!json_object_get(to, key))
			json_object_set_new(patch, key, json_null());
	if (json_object_size(patch) > 0)
		return patch;
	json_decref(patch);
	return NULL;
}

/* A look alone is nothing to write about, unless somebody waits for it. */
static bool is_mere_look(const struct live_item *item, const json_t *patch)
{
	return json_object_size(patch) == 1 && json_object_get(patch, "reconciledAt") &&
	       !item->is_refreshed;
}

static json_t *diff_status(const struct live_item *item, json_t *status)
{
	json_auto_t *before = item->status ? json_deep_copy(item->status) : json_object();
	json_t *patch;

	json_object_del(before, "observedAt");
	if (item->dropped)
		rc_json_merge(before, item->dropped);
	set_times(status, before);
	patch = make_patch(before, status);
	if (patch && is_mere_look(item, patch)) {
		json_decref(patch);
		return NULL;
	}
	return patch;
}

/* ---- metadata ---- */

static bool has_finalizer(const struct live_item *item, const char *name)
{
	json_t *finalizer;
	size_t i;

	json_array_foreach (item->finalizers, i, finalizer)
		if (rc_text_equal(json_string_value(finalizer), name))
			return true;
	return false;
}

static const struct {
	bool is_post;
	const char *names[2];
} hook_finalizers[] = {
	{false,
	 {"pre-delete-finalizer.argocd.argoproj.io",
	  "pre-delete-finalizer.argocd.argoproj.io/cleanup"}},
	{true,
	 {"post-delete-finalizer.argocd.argoproj.io",
	  "post-delete-finalizer.argocd.argoproj.io/cleanup"}},
};

/* Those that are missing for hooks of its deletion; NULL: none. The caller's. */
static json_t *add_finalizers(const struct live_item *item, const struct rc_app *app)
{
	json_t *list = item->finalizers ? json_deep_copy(item->finalizers) : json_array();
	size_t before = json_array_size(list);

	for (size_t i = 0; app && i < RC_ARRAY_SIZE(hook_finalizers); i++) {
		if (!rc_app_has_delete_hooks(app, hook_finalizers[i].is_post))
			continue;
		for (size_t j = 0; j < RC_ARRAY_SIZE(hook_finalizers[i].names); j++)
			if (!has_finalizer(item, hook_finalizers[i].names[j]))
				json_array_append_new(list,
						      json_string(hook_finalizers[i].names[j]));
	}
	if (json_array_size(list) > before)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *remove_finalizers(const struct live_item *item)
{
	json_t *list = json_array(), *finalizer;
	size_t i;

	json_array_foreach (item->finalizers, i, finalizer)
		if (!rc_live_object_is_finalizer(json_string_value(finalizer) ?: ""))
			json_array_append(list, finalizer);
	return list;
}

/* What else of the object is to be otherwise; NULL: nothing. The caller's. */
static json_t *diff_object(const struct live_item *item, const struct rc_app *app)
{
	json_t *patch = json_object(), *metadata = json_object();
	json_t *finalizers = item->is_done	 ? remove_finalizers(item)
			     : item->is_deleting ? NULL
						 : add_finalizers(item, app);

	if (finalizers)
		json_object_set_new(metadata, "finalizers", finalizers);
	if (item->is_refreshed)
		json_object_set_new(metadata, "annotations", json_pack("{s:n}", REFRESH));
	if (item->operation && item->is_refused && !item->is_operating)
		json_object_set_new(patch, "operation", json_null());
	if (json_object_size(metadata) == 0 && json_object_size(patch) == 0) {
		json_decref(metadata);
		json_decref(patch);
		return NULL;
	}
	/* Not over what somebody wrote meanwhile. */
	json_object_set_new(metadata, "resourceVersion", json_string(item->resource_version));
	json_object_set_new(patch, "metadata", metadata);
	return patch;
}

/* ---- sending ---- */

/* An older CRD does not keep every field; to write it again would change nothing, for ever. */
static void note_dropped(struct live_item *item, const json_t *sent, const json_t *answer)
{
	json_auto_t *wanted = item->status ? json_deep_copy(item->status) : json_object();

	if (!sent)
		return;
	rc_json_merge(wanted, sent);
	json_decref(item->dropped);
	item->dropped = make_patch(json_object_get(answer, "status"), wanted);
}

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct live_item *item = userdata;
	json_auto_t *sent = rc_steal(&item->sending);

	item->request = NULL;
	item->written_ms = rc_clock_monotonic_ms();
	if (r == 0) {
		item->failures = 0;
		note_dropped(item, sent, answer->object);
		rc_live_object_read(item, answer->object);
		item->is_dirty = true; /* the other half, or what changed meanwhile */
	} else if (r == -ESTALE) {
		item->is_dirty = true; /* the watch brings what it is about now */
	} else if (r != -ENOENT) {
		item->is_dirty = true;
		item->failures++;
		rc_log_error(&item->live->log, LOG_WARNING, err, "writing the status of %s",
			     item->key);
	}
	rc_error_free(err);
	if (item->is_dirty)
		rc_live_mark(item);
}

static const struct rc_kube_resource *resource_of(const struct live_item *item)
{
	return rc_kube_discovery_find(rc_destination_get_discovery(item->live->options.destination),
				      LIVE_GROUP, "Application", NULL);
}

static void send(struct live_item *item, const json_t *patch, const char *subresource)
{
	const struct rc_kube_resource *resource = resource_of(item);
	struct rc_kube_key key = {LIVE_GROUP, "Application", item->name_space, item->name};
	struct rc_kube_write_options options = {.no_validation = true};

	if (resource)
		item->request = rc_kube_apply_patch(
			rc_destination_get_cluster(item->live->options.destination), resource, &key,
			patch, subresource, &options, on_written, item);
}

static bool is_too_soon(const struct live_item *item)
{
	uint64_t wait_ms = item->failures ? rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS,
								item->failures - 1)
					  : INTERVAL_MS;

	return item->written_ms && rc_clock_monotonic_ms() - item->written_ms < wait_ms;
}

/* A look is under way: what is known now is about to be otherwise. It is not waited for long. */
static bool is_in_between(const struct live_item *item, const struct rc_app *app)
{
	return app && !rc_app_is_settled(app) && !rc_app_is_syncing(app) &&
	       !rc_app_is_deleting(app) && rc_clock_monotonic_ms() - item->dirty_ms < LOOK_MS;
}

/* With a status subresource these are two writes, the status first. */
static bool write_both(struct live_item *item, json_t *status, json_t *object)
{
	const struct rc_kube_resource *resource = resource_of(item);
	bool is_apart = resource && resource->has_status;

	if (!status && !object)
		return false;
	json_decref(item->sending);
	item->sending = json_incref(status);
	if (is_apart && status) {
		json_auto_t *patch = json_pack("{s:O}", "status", status);

		send(item, patch, "status");
	} else {
		json_auto_t *patch = object ? json_deep_copy(object) : json_object();

		if (status)
			json_object_set(patch, "status", status);
		send(item, patch, NULL);
	}
	return true;
}

bool rc_live_write(struct live_item *item)
{
	const struct rc_app *app = rc_live_find_app(item);
	json_auto_t *status = NULL, *patch = NULL, *object = NULL;

	if (item->request)
		return false; /* its answer goes on */
	if (!item->is_ours || item->rival_unix_s) {
		item->is_dirty = false;
		return false;
	}
	if (is_too_soon(item) || is_in_between(item, app))
		return true;
	status = make_status(item, app);
	if (status)
		patch = diff_status(item, status);
	object = diff_object(item, app);
	item->is_dirty = false;
	if (patch)
		rc_live_event_tell(item, status);
	write_both(item, patch, object);
	return false;
}
