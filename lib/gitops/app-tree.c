/*
 * What the objects of an application made in their turn: ReplicaSets, Jobs and pods, found by their
 * owners. Nothing of it is watched: it is asked for when somebody wants to see it.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/judge.h"
#include "kube/apply.h"

#define DEPTH_MAX 8

static const struct {
	const char *group, *kind;
} kinds[] = {{"apps", "ReplicaSet"}, {"batch", "Job"}, {"", "Pod"}};

struct tree_call {
	struct app_tree *tree;
	size_t kind;
	struct rc_kube_request *request;
	struct tree_call *prev, *next;
};

struct app_tree {
	struct rc_app *app;
	rc_app_tree_fn *done;
	void *userdata;
	json_t *by_owner; /* {uid of the owner: [object...]} */
	bool is_cut;
	size_t n_waiting;
	struct tree_call *calls;
	ev_timer turn; /* done comes from the loop */
	struct rc_error *err;
	struct app_tree *prev, *next;
};

static void free_tree(struct app_tree *tree)
{
	struct tree_call *call, *next;

	DL_DELETE(tree->app->trees, tree);
	ev_timer_stop(rc_engine_get_options(tree->app->engine)->loop, &tree->turn);
	DL_FOREACH_SAFE (tree->calls, call, next) {
		rc_kube_request_cancel(call->request);
		free(call);
	}
	json_decref(tree->by_owner);
	rc_error_free(tree->err);
	free(tree);
}

/* ---- the answer ---- */

static json_t *list_children(const struct app_tree *tree, const char *uid, int depth);

static json_t *describe_child(const struct app_tree *tree, const json_t *object, int depth)
{
	struct rc_judge *judge = rc_engine_get_judge(tree->app->engine);
	rc_autofree char *message = NULL, *group = NULL;
	const char *phase = rc_json_text(object, "status", "phase", NULL);
	bool is_later = false;
	enum rc_health health =
		rc_judge_assess(judge, tree->app->destination, object, &message, &is_later);
	json_t *json;

	rc_kube_object_split_version(rc_json_text(object, "apiVersion", NULL) ?: "", &group);
	json = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:o*}", "group", group ?: "", "kind",
			 rc_json_text(object, "kind", NULL) ?: "", "namespace",
			 rc_kube_object_get_meta(object, "namespace"), "name",
			 rc_kube_object_get_meta(object, "name"), "phase", phase, "children",
			 list_children(tree, rc_kube_object_get_meta(object, "uid"), depth));
	if (health != RC_HEALTH_NONE)
		json_object_set_new(json, "health",
				    json_pack("{s:s, s:s*}", "status", rc_health_to_string(health),
					      "message", message));
	return json;
}

/* NULL: it has none. */
static json_t *list_children(const struct app_tree *tree, const char *uid, int depth)
{
	const json_t *objects = *uid ? json_object_get(tree->by_owner, uid) : NULL;
	json_t *list, *object;
	size_t i;

	if (!objects || depth == DEPTH_MAX)
		return NULL;
	list = json_array();
	json_array_foreach (objects, i, object)
		json_array_append_new(list, describe_child(tree, object, depth + 1));
	return list;
}

static json_t *make_answer(const struct app_tree *tree)
{
	const struct rc_app *app = tree->app;
	const struct rc_kube_cache *cache = rc_destination_get_cache(app->destination);
	json_t *items = rc_resources_describe(&app->resources), *item;
	size_t i;

	json_array_foreach (items, i, item) {
		json_auto_t *live = rc_kube_cache_load(cache, app->resources.rows[i].key);
		json_t *children =
			live ? list_children(tree, rc_kube_object_get_meta(live, "uid"), 0) : NULL;

		if (children)
			json_object_set_new(item, "children", children);
	}
	return json_pack("{s:o, s:b}", "items", items, "isCut", tree->is_cut);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct app_tree *tree = rc_container_of(timer, struct app_tree, turn);
	struct rc_error *err = rc_steal(&tree->err);
	json_auto_t *answer = err ? NULL : make_answer(tree);
	rc_app_tree_fn *done = tree->done;
	void *userdata = tree->userdata;

	(void)loop;
	(void)events;
	free_tree(tree);
	done(userdata, err ? err->code : 0, answer, err);
}

static void answered(struct app_tree *tree)
{
	if (--tree->n_waiting > 0)
		return;
	ev_timer_set(&tree->turn, 0, 0);
	ev_timer_start(rc_engine_get_options(tree->app->engine)->loop, &tree->turn);
}

/* ---- asking ---- */

static void add_object(struct app_tree *tree, size_t kind, json_t *object)
{
	const json_t *owners = rc_json_get(object, "metadata", "ownerReferences", NULL);
	json_t *owner;
	size_t i;

	/* The elements of a list do not say what they are. */
	if (!json_object_get(object, "kind")) {
		json_object_set_new(object, "kind", json_string(kinds[kind].kind));
		json_object_set_new(
			object, "apiVersion",
			json_sprintf("%s%sv1", kinds[kind].group, *kinds[kind].group ? "/" : ""));
	}
	json_array_foreach (owners, i, owner) {
		const char *uid = rc_json_text(owner, "uid", NULL) ?: "";
		json_t *list = json_object_get(tree->by_owner, uid);

		if (!list) {
			list = json_array();
			json_object_set_new(tree->by_owner, uid, list);
		}
		json_array_append(list, object);
	}
}

static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct tree_call *call = userdata;
	struct app_tree *tree = call->tree;
	const char *more;
	json_t *object;
	size_t i;

	if (r < 0 && !tree->err) {
		rc_wrap(&err, r, "listing each %s", kinds[call->kind].kind);
		tree->err = rc_steal(&err);
	}
	rc_error_free(err);
	if (r == 0) {
		json_array_foreach (json_object_get(answer->object, "items"), i, object)
			add_object(tree, call->kind, object);
		more = rc_json_text(answer->object, "metadata", "continue", NULL);
		tree->is_cut = tree->is_cut || (more && *more);
	}
	DL_DELETE(tree->calls, call);
	free(call);
	answered(tree);
}

static void ask(struct app_tree *tree, size_t kind, const char *name_space)
{
	const struct rc_destination *destination = tree->app->destination;
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(rc_destination_get_discovery(destination), kinds[kind].group,
				       kinds[kind].kind, NULL);
	struct tree_call *call;

	if (!resource)
		return;
	call = rc_new0(struct tree_call);
	call->tree = tree;
	call->kind = kind;
	DL_APPEND(tree->calls, call);
	tree->n_waiting++;
	call->request = rc_kube_apply_list(rc_destination_get_cluster(destination), resource,
					   name_space, NULL, NULL, on_listed, call);
}

/* Rows are in the order of their keys, not of their namespaces. */
static void ask_all(struct app_tree *tree)
{
	const struct rc_resources *resources = &tree->app->resources;
	json_auto_t *spaces = json_object();
	const char *name_space;
	json_t *value;

	for (size_t i = 0; i < resources->n; i++)
		if (*resources->rows[i].key->name_space)
			json_object_set_new(spaces, resources->rows[i].key->name_space,
					    json_true());
	json_object_foreach (spaces, name_space, value)
		for (size_t kind = 0; kind < RC_ARRAY_SIZE(kinds); kind++)
			ask(tree, kind, name_space);
}

void rc_app_tree(struct rc_app *app, rc_app_tree_fn *done, void *userdata)
{
	struct app_tree *tree = rc_new0(struct app_tree);

	tree->app = app;
	tree->done = done;
	tree->userdata = userdata;
	tree->by_owner = json_object();
	ev_timer_init(&tree->turn, on_turn, 0, 0);
	DL_APPEND(app->trees, tree);
	tree->n_waiting = 1; /* ours, until all were asked */
	if (!app->destination || !app->desired)
		rc_fail(&tree->err, -EAGAIN, "it is not known yet what '%s' is made of",
			app->application->name);
	else
		ask_all(tree);
	answered(tree);
}

void rc_app_tree_cancel(struct rc_app *app)
{
	struct app_tree *tree, *next;

	DL_FOREACH_SAFE (app->trees, tree, next) {
		rc_app_tree_fn *done = tree->done;
		void *userdata = tree->userdata;
		struct rc_error *err = NULL;

		rc_fail(&err, -ECANCELED, "'%s' is gone", app->application->name);
		free_tree(tree);
		done(userdata, -ECANCELED, NULL, err);
	}
}
