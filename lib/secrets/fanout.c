/* Desired ExternalSecrets beside those that are there. */
#include "secrets/fanout.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/selector.h"
#include "secrets/manager-private.h"
#include "secrets/store.h"

#define SETTLE_S   0.2
#define RETRY_S	   10
#define KIND	   "ClusterExternalSecret"
#define FORCE_SYNC "external-secrets.io/force-sync"

struct call {
	struct call *prev, *next;
	struct secrets_fanout *fanout;
	struct rc_kube_request *request;
	char *label; /* "namespace/name" of what is written; NULL: a status */
	char *hash;  /* of what it is written as; NULL: it is deleted */
};

struct secrets_fanout {
	struct rc_secrets_manager *manager;
	ev_timer settle;
	struct call *calls;
	json_t *written;  /* {"namespace/name": hash}: as it was written last */
	json_t *failures; /* {"namespace/name": why} */
};

static void look_in(struct secrets_fanout *fanout, double seconds)
{
	struct ev_loop *loop = fanout->manager->options.loop;

	if (ev_is_active(&fanout->settle) && ev_timer_remaining(loop, &fanout->settle) <= seconds)
		return;
	ev_timer_stop(loop, &fanout->settle);
	ev_now_update(loop);
	ev_timer_set(&fanout->settle, seconds, 0);
	ev_timer_start(loop, &fanout->settle);
}

/* ---- one of them ---- */

struct plan {
	struct secrets_fanout *fanout;
	const json_t *cluster; /* the ClusterExternalSecret */
	const char *name;      /* of its ExternalSecrets */
	json_t *namespaces;    /* {name: whatever}: that are selected */
	json_t *failed;	       /* {namespace: why} */
	json_t *provisioned;   /* {namespace: whatever} */
};

static bool is_selected(const json_t *spec, const json_t *name_space)
{
	const json_t *labels = rc_json_get(name_space, "metadata", "labels", NULL);
	const char *name = rc_kube_object_get_meta(name_space, "name");
	const json_t *selector = json_object_get(spec, "namespaceSelector");
	json_t *item;
	size_t i;

	if (selector && rc_kube_selector_matches(selector, labels))
		return true;
	json_array_foreach (json_object_get(spec, "namespaceSelectors"), i, item)
		if (rc_kube_selector_matches(item, labels))
			return true;
	json_array_foreach (json_object_get(spec, "namespaces"), i, item)
		if (rc_text_equal(json_string_value(item), name))
			return true;
	return false;
}

static void add_namespace(void *userdata, const struct rc_kube_live *live)
{
	struct plan *plan = userdata;
	json_auto_t *object = NULL;

	if (strcmp(live->key.kind, "Namespace") != 0)
		return;
	object = rc_kube_cache_load(plan->fanout->manager->contents, &live->key);
	if (rc_json_get(object, "metadata", "deletionTimestamp", NULL) ||
	    !is_selected(json_object_get(plan->cluster, "spec"), object))
		return;
	json_object_set_new(plan->namespaces, live->key.name, json_true());
}

static bool is_owned(const struct plan *plan, const json_t *external)
{
	const char *uid = rc_kube_object_get_meta(plan->cluster, "uid");
	json_t *owner;
	size_t i;

	json_array_foreach (rc_json_get(external, "metadata", "ownerReferences", NULL), i, owner)
		if (rc_text_equal(rc_json_text(owner, "uid", NULL), uid))
			return true;
	return false;
}

static json_t *make_external(const struct plan *plan, const char *name_space)
{
	const json_t *spec = json_object_get(plan->cluster, "spec");
	const char *force = rc_kube_object_get_annotation(plan->cluster, FORCE_SYNC);
	json_t *object = json_pack(
		"{s:s, s:s, s:{s:s, s:s, s:o*, s:o*, s:[{s:s, s:s, s:s, s:s, s:b, s:b}]}, s:O}",
		"apiVersion", rc_json_text(plan->cluster, "apiVersion", NULL), "kind",
		"ExternalSecret", "metadata", "name", plan->name, "namespace", name_space, "labels",
		json_deep_copy(rc_json_get(spec, "externalSecretMetadata", "labels", NULL)),
		"annotations",
		json_deep_copy(rc_json_get(spec, "externalSecretMetadata", "annotations", NULL)),
		"ownerReferences", "apiVersion", rc_json_text(plan->cluster, "apiVersion", NULL),
		"kind", KIND, "name", rc_kube_object_get_meta(plan->cluster, "name"), "uid",
		rc_kube_object_get_meta(plan->cluster, "uid"), "controller", 1,
		"blockOwnerDeletion", 1, "spec", json_object_get(spec, "externalSecretSpec"));

	if (object && force)
		rc_kube_object_set_annotation(object, FORCE_SYNC, force);
	return object;
}

/* live says what wanted says; it may say more, by defaults. */
static bool contains(const json_t *live, const json_t *wanted)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(wanted)) {
		json_object_foreach ((json_t *)(uintptr_t)wanted, key, value)
			if (!contains(json_object_get(live, key), value))
				return false;
		return true;
	}
	if (!json_is_array(wanted))
		return json_equal(live, wanted);
	if (json_array_size(live) != json_array_size(wanted))
		return false;
	json_array_foreach (wanted, i, value)
		if (!contains(json_array_get(live, i), value))
			return false;
	return true;
}

/* ---- writing ---- */

static void release(struct call *call)
{
	DL_DELETE(call->fanout->calls, call);
	rc_kube_request_cancel(call->request);
	free(call->label);
	free(call->hash);
	free(call);
}

static void on_answer(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct call *call = userdata;
	struct secrets_fanout *fanout = call->fanout;
	rc_autofree char *why = r < 0 ? rc_error_format(err) : NULL;

	call->request = NULL;
	/* What was to be taken away, and is gone already, is taken away. */
	if (!call->hash && r == -ENOENT)
		r = 0;
	if (call->hash && r == 0)
		rc_kube_cache_note(fanout->manager->objects, answer->object);
	if (r < 0) {
		rc_log_error(&fanout->manager->log, LOG_WARNING, err, "a " KIND " in %s",
			     call->label ?: "its status");
		look_in(fanout, RETRY_S);
	}
	if (call->label && r < 0)
		json_object_set_new(fanout->failures, call->label, json_string(why));
	else if (call->label)
		json_object_del(fanout->failures, call->label);
	if (call->hash && r == 0)
		json_object_set_new(fanout->written, call->label, json_string(call->hash));
	if (call->label)
		look_in(fanout, r < 0 ? RETRY_S : SETTLE_S);
	rc_error_free(err);
	release(call);
}

static struct call *add_call(struct secrets_fanout *fanout, char *label, const char *hash)
{
	struct call *call = rc_new0(struct call);

	call->fanout = fanout;
	call->label = label;
	call->hash = rc_strdup(hash);
	DL_APPEND(fanout->calls, call);
	return call;
}

static bool is_under_way(const struct secrets_fanout *fanout, const char *label)
{
	const struct call *call;

	DL_FOREACH (fanout->calls, call)
		if (call->label && strcmp(call->label, label) == 0)
			return true;
	return false;
}

static void write_external(struct plan *plan, const char *name_space)
{
	struct secrets_fanout *fanout = plan->fanout;
	struct rc_secrets_manager *manager = fanout->manager;
	struct rc_kube_key key = {SECRETS_GROUP, "ExternalSecret", name_space, plan->name};
	struct rc_kube_write_options options = {.manager = "reconciled-secrets", .force = true};
	json_auto_t *live = rc_kube_cache_load(manager->objects, &key);
	json_auto_t *wanted = make_external(plan, name_space);
	rc_autofree char *label = rc_asprintf("%s/%s", name_space, plan->name);
	const char *failure = json_string_value(json_object_get(fanout->failures, label));
	char hash[RC_JSON_HASH_MAX];
	struct call *call;

	if (live && !is_owned(plan, live)) {
		json_object_set_new(plan->failed, name_space,
				    json_string("external secret already exists in namespace"));
		return;
	}
	if (failure)
		json_object_set_new(plan->failed, name_space, json_string(failure));
	else if (live)
		json_object_set_new(plan->provisioned, name_space, json_true());
	rc_json_hash(wanted, hash);
	if (is_under_way(fanout, label) ||
	    (live && contains(live, wanted) &&
	     rc_text_equal(json_string_value(json_object_get(fanout->written, label)), hash)))
		return;
	call = add_call(fanout, rc_steal(&label), hash);
	call->request = rc_kube_apply_start(manager->options.cluster,
					    rc_secrets_manager_resource(manager, "ExternalSecret"),
					    wanted, &options, on_answer, call);
}

static void drop_if_left(void *userdata, const struct rc_kube_live *live)
{
	struct plan *plan = userdata;
	struct rc_secrets_manager *manager = plan->fanout->manager;
	struct rc_kube_delete_options options = {.uid = live->uid};
	json_auto_t *external = NULL;
	rc_autofree char *label = NULL;
	struct call *call;

	if (strcmp(live->key.kind, "ExternalSecret") != 0 ||
	    (strcmp(live->key.name, plan->name) == 0 &&
	     json_object_get(plan->namespaces, live->key.name_space)))
		return;
	external = rc_kube_cache_load(manager->objects, &live->key);
	label = rc_asprintf("%s/%s", live->key.name_space, live->key.name);
	if (!is_owned(plan, external) || is_under_way(plan->fanout, label) ||
	    rc_json_get(external, "metadata", "deletionTimestamp", NULL))
		return;
	json_object_del(plan->fanout->written, label);
	call = add_call(plan->fanout, rc_steal(&label), NULL);
	call->request = rc_kube_apply_delete(manager->options.cluster,
					     rc_secrets_manager_resource(manager, "ExternalSecret"),
					     &live->key, &options, on_answer, call);
}

/* ---- the status ---- */

/* The keys of a map, sorted, each made into an item. */
static json_t *list_sorted(const json_t *map, bool with_reason)
{
	rc_autofree const char **keys = rc_json_sort_keys(map);
	json_t *list = json_array();

	for (size_t i = 0; keys[i]; i++)
		json_array_append_new(list, with_reason ? json_pack("{s:s, s:O}", "namespace",
								    keys[i], "reason",
								    json_object_get(map, keys[i]))
							: json_string(keys[i]));
	return list;
}

static void write_status(const struct plan *plan)
{
	struct rc_secrets_manager *manager = plan->fanout->manager;
	bool is_ready = json_object_size(plan->failed) == 0;
	struct rc_kube_key key = {SECRETS_GROUP, KIND, "",
				  rc_kube_object_get_meta(plan->cluster, "name")};
	json_t *condition =
		json_pack("{s:s, s:s}", "type", "Ready", "status", is_ready ? "True" : "False");
	json_auto_t *patch = json_pack("{s:{s:s, s:o, s:o, s:[o]}}", "status", "externalSecretName",
				       plan->name, "provisionedNamespaces",
				       list_sorted(plan->provisioned, false), "failedNamespaces",
				       list_sorted(plan->failed, true), "conditions", condition);
	json_auto_t *after = json_deep_copy(plan->cluster);
	struct call *call;

	if (!is_ready)
		json_object_set_new(condition, "message",
				    json_string("one or more namespaces failed"));
	rc_json_merge(after, patch);
	if (json_equal(after, plan->cluster))
		return;
	call = add_call(plan->fanout, NULL, NULL);
	call->request = rc_kube_apply_patch(manager->options.cluster,
					    rc_secrets_manager_resource(manager, KIND), &key, patch,
					    "status", NULL, on_answer, call);
}

/* ---- all of them ---- */

/* The one whose stores are another controller's is that one's. */
static bool is_ours(const struct secrets_fanout *fanout, const json_t *cluster)
{
	const json_t *ref =
		rc_json_get(cluster, "spec", "externalSecretSpec", "secretStoreRef", NULL);
	const char *kind = rc_json_text(ref, "kind", NULL) ?: "SecretStore";
	const char *name = rc_json_text(ref, "name", NULL) ?: "";
	struct rc_kube_key key = {SECRETS_GROUP, kind, "", name};
	json_auto_t *store = NULL;

	if (strcmp(kind, "ClusterSecretStore") != 0)
		return !fanout->manager->options.only_own_class;
	store = rc_kube_cache_load(fanout->manager->objects, &key);
	return store ? rc_secrets_store_is_ours(store, fanout->manager->options.only_own_class)
		     : !fanout->manager->options.only_own_class;
}

static void evaluate(void *userdata, const struct rc_kube_live *live)
{
	struct secrets_fanout *fanout = userdata;
	json_auto_t *cluster = NULL, *namespaces = NULL, *failed = NULL, *provisioned = NULL;
	struct plan plan = {.fanout = fanout};
	const char *name_space;
	json_t *value;

	if (strcmp(live->key.kind, KIND) != 0)
		return;
	cluster = rc_kube_cache_load(fanout->manager->objects, &live->key);
	if (!cluster || rc_json_get(cluster, "metadata", "deletionTimestamp", NULL) ||
	    !is_ours(fanout, cluster))
		return;
	plan.cluster = cluster;
	plan.name = rc_json_text(cluster, "spec", "externalSecretName", NULL)
			    ?: rc_kube_object_get_meta(cluster, "name");
	plan.namespaces = namespaces = json_object();
	plan.failed = failed = json_object();
	plan.provisioned = provisioned = json_object();
	rc_kube_cache_each(fanout->manager->contents, NULL, add_namespace, &plan);
	json_object_foreach (namespaces, name_space, value)
		write_external(&plan, name_space);
	rc_kube_cache_each(fanout->manager->objects, NULL, drop_if_left, &plan);
	write_status(&plan);
}

static void on_settle(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct secrets_fanout *fanout = rc_container_of(timer, struct secrets_fanout, settle);
	struct rc_secrets_manager *manager = fanout->manager;

	(void)loop;
	(void)events;
	if (!rc_secrets_manager_is_ready(manager) ||
	    !rc_kube_cache_is_current(manager->objects, SECRETS_GROUP, "ExternalSecret") ||
	    !rc_kube_cache_is_current(manager->objects, SECRETS_GROUP, KIND))
		return;
	rc_kube_cache_each(manager->objects, NULL, evaluate, fanout);
}

void rc_secrets_fanout_note(struct secrets_fanout *fanout)
{
	if (rc_secrets_manager_resource(fanout->manager, KIND))
		look_in(fanout, SETTLE_S);
}

struct secrets_fanout *rc_secrets_fanout_new(struct rc_secrets_manager *manager)
{
	struct secrets_fanout *fanout = rc_new0(struct secrets_fanout);

	fanout->manager = manager;
	fanout->written = json_object();
	fanout->failures = json_object();
	ev_timer_init(&fanout->settle, on_settle, 0, 0);
	return fanout;
}

void rc_secrets_fanout_free(struct secrets_fanout *fanout)
{
	if (!fanout)
		return;
	ev_timer_stop(fanout->manager->options.loop, &fanout->settle);
	while (fanout->calls)
		release(fanout->calls);
	json_decref(fanout->written);
	json_decref(fanout->failures);
	free(fanout);
}
