/*
 * One run of a PushSecret: its finalizer, its stores, what it pushes, each entry one after the
 * other, then what it pushed before and pushes no more.
 *
 * What was written is told in the status however the run ends: by it later runs know what to take
 * away.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/push-expand.h"
#include "secrets/push-private.h"

/* ---- the finalizer ---- */

static void on_object(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct push_run *run = userdata;

	(void)answer;
	run->request = NULL;
	rc_flow_resume(&run->flow, r, err);
}

static int set_finalizer(struct push_run *run, bool wanted)
{
	const struct push *push = run->push;
	struct rc_secrets_manager *manager = push->pushes->manager;
	struct rc_kube_key key = {SECRETS_GROUP, PUSH_KIND, push->name_space, push->name};
	json_t *list = json_array(), *item;
	json_auto_t *patch =
		json_pack("{s:{s:o, s:s}}", "metadata", "finalizers", list, "resourceVersion",
			  rc_kube_object_get_meta(push->object, "resourceVersion"));
	size_t i;

	json_array_foreach (rc_json_get(push->object, "metadata", "finalizers", NULL), i, item)
		if (!rc_text_equal(json_string_value(item), PUSH_FINALIZER))
			json_array_append(list, item);
	if (wanted)
		json_array_append_new(list, json_string(PUSH_FINALIZER));
	run->request = rc_kube_apply_patch(manager->options.cluster,
					   rc_secrets_manager_resource(manager, PUSH_KIND), &key,
					   patch, NULL, NULL, on_object, run);
	return RC_WAIT;
}

/* Before anything is written that would have to be taken away. */
static int run_finalizer(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	bool wanted = rc_secrets_push_takes_away(run->push->object);

	(void)err;
	if (run->is_removal || wanted == rc_secrets_push_has_finalizer(run->push->object))
		return RC_NEXT;
	return set_finalizer(run, wanted);
}

static int run_release(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);

	(void)err;
	return run->is_removal ? set_finalizer(run, false) : RC_NEXT;
}

/* ---- stores ---- */

static struct rc_secrets_client *find_client(const struct push_run *run, const char *name)
{
	const struct secrets_clients *clients = &run->push->clients;

	for (size_t i = 0; i < clients->n; i++)
		if (strcmp(clients->at[i].name, name) == 0)
			return clients->at[i].client;
	return NULL;
}

static int open_one(struct push_run *run, const char *kind, const char *name,
		    struct secrets_clients *clients, struct rc_error **err)
{
	struct secrets_client *client;
	int r;

	clients->at = rc_realloc(clients->at, (clients->n + 1) * sizeof(*clients->at));
	client = &clients->at[clients->n++];
	*client = (struct secrets_client){rc_asprintf("%s/%s", kind, name), NULL};
	r = rc_secrets_manager_open_store(run->push->pushes->manager, run->push->name_space, kind,
					  name, &client->client, err);
	if (r == 0 && (!client->client->ops->push || !client->client->ops->remove))
		return rc_fail(err, -EINVAL, "%s '%s': provider '%s' cannot be pushed to", kind,
			       name, rc_secrets_provider_get_name(client->client));
	return r;
}

static bool has_client(const struct secrets_clients *clients, const char *name)
{
	for (size_t i = 0; i < clients->n; i++)
		if (strcmp(clients->at[i].name, name) == 0)
			return true;
	return false;
}

/* Stores that something is left in are to be reached, too. */
static int open_left(struct push_run *run, struct secrets_clients *clients, struct rc_error **err)
{
	const char *name;
	json_t *places;
	int r = 0;

	if (!rc_secrets_push_takes_away(run->push->object))
		return 0;
	json_object_foreach (run->left, name, places) {
		rc_autofree char *kind = rc_strndup(name, strcspn(name, "/"));
		const char *slash = strchr(name, '/');

		if (r == 0 && slash && !has_client(clients, name))
			r = open_one(run, kind, slash + 1, clients, err);
	}
	return r;
}

static int run_stores(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	struct secrets_clients clients = {.n = 0};
	json_t *store;
	size_t i;
	int r = run->is_removal ? 0 : rc_secrets_push_list_stores(run->push, &run->stores, err);

	json_array_foreach (run->stores, i, store)
		if (r == 0)
			r = open_one(run, rc_json_text(store, "kind", NULL),
				     rc_json_text(store, "name", NULL), &clients, err);
	if (r == 0)
		r = open_left(run, &clients, err);
	if (r < 0) {
		rc_secrets_refresh_free_clients(&clients);
		return r;
	}
	/* The new ones first: who is the same keeps its login. */
	rc_secrets_refresh_free_clients(&run->push->clients);
	run->push->clients = clients;
	return RC_NEXT;
}

/* ---- what goes where ---- */

static int plan_source(struct push_run *run, json_t *source, struct rc_error **err)
{
	const json_t *spec = json_object_get(run->push->object, "spec");
	json_t *store, *item;
	size_t i, j;
	int r = rc_secrets_push_apply(run, source, err);

	if (r < 0)
		return r;
	json_array_foreach (run->stores, i, store) {
		struct rc_secrets_push_store place = {rc_json_text(store, "kind", NULL),
						      rc_json_text(store, "name", NULL),
						      json_object_get(store, "labels")};
		rc_autofree char *name = rc_asprintf("%s/%s", place.kind, place.name);
		json_auto_t *items = NULL;

		r = rc_secrets_push_expand(spec, &place, json_object_get(source, "data"), &items,
					   err);
		if (r < 0)
			return r;
		json_array_foreach (items, j, item) {
			json_object_set_new(item, "store", json_string(name));
			json_object_set(item, "source", source);
			json_array_append(run->tasks, item);
		}
	}
	return 0;
}

/* A selector of labels must fit a store, else it is a mistake. */
static int check_rules(const struct push_run *run, struct rc_error **err)
{
	json_t *rule, *store;
	size_t i, j;

	json_array_foreach (rc_json_get(run->push->object, "spec", "dataTo", NULL), i, rule) {
		const json_t *ref = json_object_get(rule, "storeRef");
		bool is_found = false;

		json_array_foreach (run->stores, j, store) {
			struct rc_secrets_push_store place = {rc_json_text(store, "kind", NULL),
							      rc_json_text(store, "name", NULL),
							      json_object_get(store, "labels")};

			is_found |= rc_secrets_push_expand_means(ref, &place);
		}
		if (!is_found && json_object_get(ref, "labelSelector"))
			return rc_fail(err, -EINVAL,
				       "spec.dataTo[%zu].storeRef.labelSelector: no store of "
				       "spec.secretStoreRefs has these labels",
				       i);
	}
	return 0;
}

static int run_plan(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	json_t *source;
	size_t i;
	int r = run->is_removal ? 0 : check_rules(run, err);

	json_array_foreach (run->sources, i, source)
		if (r == 0)
			r = plan_source(run, source, err);
	return r < 0 ? r : RC_NEXT;
}

/* ---- writing ---- */

static void note(json_t *map, const char *store, const char *place, const json_t *data)
{
	if (!json_object_get(map, store))
		json_object_set_new(map, store, json_object());
	json_object_set(json_object_get(map, store), place, (json_t *)(uintptr_t)data);
}

static void on_pushed(void *userdata, int r, const struct rc_secrets_answer *answer,
		      struct rc_error *err)
{
	struct push_run *run = userdata;
	const json_t *task = json_array_get(run->tasks, run->next_task++);
	const json_t *data = json_object_get(task, "data");
	const char *store = rc_json_text(task, "store", NULL);
	rc_autofree char *place = rc_secrets_push_expand_place(data);

	(void)answer;
	run->call = NULL;
	if (r == 0)
		note(run->synced, store, place, data);
	else
		rc_wrap(&err, r, "set secret failed: '%s' of %s", place, store);
	rc_flow_resume(&run->flow, r, err);
}

static const char *text_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static int run_push(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	const json_t *task = json_array_get(run->tasks, run->next_task);
	const json_t *data = json_object_get(task, "data");
	const json_t *match = json_object_get(data, "match");
	struct rc_secrets_push wanted = {
		.key = rc_json_text(match, "remoteRef", "remoteKey", NULL),
		.property = text_or_null(rc_json_text(match, "remoteRef", "property", NULL)),
		.values = json_object_get(task, "values"),
		.source_key = text_or_null(rc_json_text(match, "secretKey", NULL)),
		.source = json_object_get(task, "source"),
		.metadata = json_object_get(data, "metadata"),
		.only_if_absent =
			rc_text_equal(rc_json_text(run->push->object, "spec", "updatePolicy", NULL),
				      "IfNotExists"),
	};
	struct rc_secrets_client *client;

	if (!task)
		return RC_NEXT;
	client = find_client(run, rc_json_text(task, "store", NULL) ?: "");
	if (!client)
		return rc_fail(err, -EINVAL, "a store is not open");
	run->call = client->ops->push(client, &wanted, on_pushed, run);
	return RC_WAIT_AGAIN;
}

/* ---- taking away ---- */

/* One that was written before and is not now, or NULL. */
static const json_t *find_stale(struct push_run *run)
{
	const char *store, *place;
	json_t *places, *data;

	json_object_foreach (run->left, store, places)
		json_object_foreach (places, place, data)
			if (!rc_json_get(run->synced, store, place, NULL)) {
				free(run->store_at);
				free(run->place_at);
				run->store_at = rc_strdup(store);
				run->place_at = rc_strdup(place);
				return data;
			}
	return NULL;
}

static void on_taken(void *userdata, int r, const struct rc_secrets_answer *answer,
		     struct rc_error *err)
{
	struct push_run *run = userdata;
	json_t *places = json_object_get(run->left, run->store_at);

	(void)answer;
	run->call = NULL;
	if (r == 0) {
		json_object_del(places, run->place_at);
		if (json_object_size(places) == 0)
			json_object_del(run->left, run->store_at);
	} else {
		rc_wrap(&err, r, "taking away '%s' of %s", run->place_at, run->store_at);
	}
	rc_flow_resume(&run->flow, r, err);
}

static int run_sweep(struct rc_flow *flow, struct rc_error **err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	const json_t *data = rc_secrets_push_takes_away(run->push->object) ? find_stale(run) : NULL;
	const json_t *ref = rc_json_get(data, "match", "remoteRef", NULL);
	struct rc_secrets_push wanted = {
		.key = rc_json_text(ref, "remoteKey", NULL) ?: "",
		.property = text_or_null(rc_json_text(ref, "property", NULL)),
		.metadata = json_object_get(data, "metadata"),
	};
	struct rc_secrets_client *client;

	if (!data)
		return RC_NEXT;
	client = find_client(run, run->store_at);
	if (!client)
		return rc_fail(err, -EINVAL, "status.syncedPushSecrets: '%s' names no store",
			       run->store_at);
	run->call = client->ops->remove(client, &wanted, on_taken, run);
	return RC_WAIT_AGAIN;
}

/* ---- the run ---- */

static const struct rc_step steps[] = {
	{"finalizer", run_finalizer, 60},	   /* before anything is written */
	{"stores", run_stores, 10},		   /* which, as whom */
	{"sources", rc_secrets_push_read, 300},	   /* Secrets, or a generator */
	{"texts", rc_secrets_push_read_texts, 60}, /* of templates */
	{"plan", run_plan, 10},			   /* which entry goes where */
	{"push", run_push, 1800},		   /* one after the other */
	{"sweep", run_sweep, 1800},		   /* what is pushed no more */
	{"release", run_release, 60},		   /* the finalizer of one that is deleted */
	{NULL, NULL, 0},
};

static void release(struct push_run *run)
{
	rc_flow_cancel(&run->flow);
	rc_kube_request_cancel(run->request);
	rc_secrets_provider_cancel(run->call);
	rc_secrets_provider_close(run->generator);
	rc_secrets_reference_cancel(run->loading);
	json_decref(run->stores);
	json_decref(run->names);
	json_decref(run->sources);
	json_decref(run->texts);
	json_decref(run->tasks);
	json_decref(run->synced);
	json_decref(run->left);
	free(run->store_at);
	free(run->place_at);
	free(run->version);
	free(run->sealed);
	free(run);
}

/* {store: {place: data}} of both; the caller's. */
static json_t *join(const json_t *one, const json_t *other)
{
	json_t *all = json_deep_copy(one), *places, *data;
	const char *store, *place;

	json_object_foreach ((json_t *)(uintptr_t)other, store, places)
		json_object_foreach (places, place, data)
			note(all, store, place, data);
	return all;
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct push_run *run = rc_secrets_push_run_of(flow);
	struct push *push = run->push;
	char *sealed = rc_steal(&run->sealed);
	json_auto_t *written = join(run->left, run->synced);

	push->duration_ns = (rc_clock_monotonic_ms() - run->began_ms) * 1000000;
	if (r < 0)
		rc_secrets_push_tell_failure(push, err, written);
	else if (run->is_source_gone)
		rc_secrets_push_tell_source_gone(push);
	else if (!run->is_removal)
		rc_secrets_push_tell_done(push, run->version, run->synced);
	push->run = NULL;
	push->pushes->n_running--;
	release(run);
	rc_secrets_push_ended(push, r, sealed, err);
}

void rc_secrets_push_start(struct push *push)
{
	struct push_run *run = rc_new0(struct push_run);
	const json_t *before = rc_json_get(push->object, "status", "syncedPushSecrets", NULL);

	run->push = push;
	run->version = rc_secrets_external_version(push->object);
	run->sealed = rc_secrets_push_seal(push);
	run->is_removal = push_is_deleted(push->object);
	run->began_ms = rc_clock_monotonic_ms();
	run->sources = json_array();
	run->tasks = json_array();
	run->synced = json_object();
	run->left = json_is_object(before) ? json_deep_copy(before) : json_object();
	push->run = run;
	push->started_unix_s = rc_clock_unix_s();
	push->pushes->n_running++;
	rc_flow_init(&run->flow, rc_secrets_push_options(run)->loop, steps, on_done);
	rc_flow_start(&run->flow);
}

void rc_secrets_push_cancel(struct push *push)
{
	if (!push->run)
		return;
	push->pushes->n_running--;
	release(push->run);
	push->run = NULL;
}
