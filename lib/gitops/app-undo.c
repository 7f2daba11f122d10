/*
 * One Deployment back at the pods it had before, as `kubectl rollout undo` does it: the template of
 * an earlier ReplicaSet takes the place of the desired one, whatever is committed, until the
 * application is resumed. It is kept among what a person decided (app-hold.c), so self-heal brings
 * it too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "kube/apply.h"

#define REVISION "deployment.kubernetes.io/revision"

struct app_undo {
	struct rc_app *app;
	rc_app_undo_fn *done;
	void *userdata;
	char *by;
	struct rc_kube_key *key;
	int64_t revision; /* that is wanted; 0: the one before */
	struct rc_kube_request *request;
	ev_timer turn; /* done comes from the loop */
	struct rc_error *err;
	int64_t taken; /* the revision it went back to */
	struct app_undo *prev, *next;
};

static struct ev_loop *loop_of(const struct app_undo *undo)
{
	return rc_engine_get_options(undo->app->engine)->loop;
}

static void free_undo(struct app_undo *undo)
{
	DL_DELETE(undo->app->undos, undo);
	ev_timer_stop(loop_of(undo), &undo->turn);
	if (undo->request)
		rc_kube_request_cancel(undo->request);
	rc_error_free(undo->err);
	free(undo->key);
	free(undo->by);
	free(undo);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct app_undo *undo = rc_container_of(timer, struct app_undo, turn);
	struct rc_error *err = rc_steal(&undo->err);
	rc_app_undo_fn *done = undo->done;
	void *userdata = undo->userdata;
	int64_t taken = undo->taken;

	(void)loop;
	(void)events;
	free_undo(undo);
	done(userdata, err ? err->code : 0, taken, err);
}

static void end(struct app_undo *undo)
{
	ev_timer_set(&undo->turn, 0, 0);
	ev_timer_start(loop_of(undo), &undo->turn);
}

/* ---- which ReplicaSet ---- */

static int64_t revision_of(const json_t *object)
{
	return strtoll(rc_kube_object_get_annotation(object, REVISION) ?: "0", NULL, 10);
}

static bool is_controlled_by(const json_t *object, const char *uid)
{
	json_t *owner;
	size_t i;

	json_array_foreach (rc_json_get(object, "metadata", "ownerReferences", NULL), i, owner)
		if (json_is_true(json_object_get(owner, "controller")) &&
		    rc_text_equal(rc_json_text(owner, "uid", NULL), uid))
			return true;
	return false;
}

/* The newest but one, or the one that is asked for; borrowed. */
static const json_t *choose(const json_t *sets, const char *uid, int64_t wanted)
{
	const json_t *newest = NULL, *before = NULL;
	json_t *set;
	size_t i;

	json_array_foreach (sets, i, set) {
		int64_t revision = revision_of(set);

		if (!is_controlled_by(set, uid))
			continue;
		if (wanted && revision == wanted)
			return set;
		if (!newest || revision > revision_of(newest)) {
			before = newest;
			newest = set;
		} else if (!before || revision > revision_of(before)) {
			before = set;
		}
	}
	return wanted ? NULL : before;
}

/* As a Deployment has it, without what others note in it: the hashes of its Secrets are of now. */
static json_t *make_template(const json_t *set)
{
	json_t *template = json_deep_copy(rc_json_get(set, "spec", "template", NULL));
	json_t *metadata = json_object_get(template, "metadata"), *value;
	json_t *annotations = json_object_get(metadata, "annotations");
	const char *name;
	void *next;

	json_object_del(json_object_get(metadata, "labels"), "pod-template-hash");
	json_object_del(metadata, "creationTimestamp");
	json_object_foreach_safe (annotations, next, name, value)
		if (rc_text_has_prefix(name, "reconciled.io/"))
			json_object_del(annotations, name);
	if (annotations && json_object_size(annotations) == 0)
		json_object_del(metadata, "annotations");
	return template;
}

static int take(struct app_undo *undo, const json_t *list, struct rc_error **err)
{
	struct rc_app *app = undo->app;
	json_auto_t *live =
		rc_kube_cache_load(rc_destination_get_cache(app->destination), undo->key);
	const char *uid = live ? rc_kube_object_get_meta(live, "uid") : "";
	const json_t *set = choose(json_object_get(list, "items"), uid, undo->revision);
	rc_autofree char *name = rc_kube_object_format_key(undo->key);
	json_auto_t *template = NULL, *now = NULL;

	if (!set && undo->revision)
		return rc_fail(err, -ENOENT, "%s has no revision %lld in its history", name,
			       (long long)undo->revision);
	if (!set)
		return rc_fail(err, -ENOENT, "%s has no earlier revision", name);
	template = make_template(set);
	now = make_template(live);
	if (json_equal(template, now))
		return rc_fail(err, -EINVAL, "%s is at revision %lld already", name,
			       (long long)revision_of(set));
	if (app->sync)
		return rc_fail(err, -EBUSY, "a sync of '%s' is under way", app->application->name);
	undo->taken = revision_of(set);
	rc_app_hold_set_undone(app, name,
			       json_pack("{s:s, s:I, s:I, s:O}", "by", undo->by, "at",
					 (json_int_t)rc_clock_unix_s(), "revision",
					 (json_int_t)undo->taken, "template", template));
	rc_log_notice(&app->log, "%s goes back to its revision %lld, by %s", name,
		      (long long)undo->taken, undo->by);
	rc_request_done(&app->wanted.request);
	app->wanted.request = (struct rc_request){
		.no_hooks = true,
		.resources =
			json_pack("[o]", json_sprintf("apps:Deployment:%s/%s",
						      undo->key->name_space, undo->key->name))};
	rc_app_want(app, undo->by);
	return 0;
}

static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct app_undo *undo = userdata;

	undo->request = NULL;
	if (r < 0) {
		rc_wrap(&err, r, "listing each ReplicaSet");
		undo->err = err;
	} else {
		rc_error_free(err);
		take(undo, answer->object, &undo->err);
	}
	end(undo);
}

/* ---- asking ---- */

/* "Deployment/NAME", or with its namespace where there are several. */
static int find(const struct rc_app *app, const char *name, struct rc_kube_key **ret_key,
		struct rc_error **err)
{
	const char *slash = strchr(name ?: "", '/');
	const struct rc_resource *found = NULL;

	if (!slash ||
	    (strncasecmp(name, "deployment/", 11) != 0 &&
	     strncasecmp(name, "deployments/", 12) != 0 && strncasecmp(name, "deploy/", 7) != 0))
		return rc_fail(err, -EINVAL,
			       "'%s': a Deployment is wanted, as Deployment/NAME or "
			       "Deployment/NAMESPACE/NAME",
			       name ?: "");
	for (size_t i = 0; i < app->resources.n; i++) {
		const struct rc_resource *row = &app->resources.rows[i];
		rc_autofree char *whole =
			rc_asprintf("%s/%s", row->key->name_space, row->key->name);

		if (!row->item || strcmp(row->key->kind, "Deployment") != 0 ||
		    strcmp(row->key->group, "apps") != 0 ||
		    (strcmp(row->key->name, slash + 1) != 0 && strcmp(whole, slash + 1) != 0))
			continue;
		if (found)
			return rc_fail(err, -EINVAL,
				       "'%s' has %s in several namespaces: say "
				       "Deployment/NAMESPACE/NAME",
				       app->application->name, name);
		found = row;
	}
	if (!found)
		return rc_fail(err, -ENOENT, "'%s' has no %s", app->application->name, name);
	*ret_key = rc_kube_object_dup_key(found->key);
	return 0;
}

static int check(const struct app_undo *undo, const json_t *live, struct rc_error **err)
{
	rc_autofree char *name = rc_kube_object_format_key(undo->key);

	if (!live)
		return rc_fail(err, -ENOENT, "%s is not there", name);
	if (!json_is_true(rc_json_get(live, "spec", "paused", NULL)))
		return 0;
	rc_fail(err, -EINVAL, "%s is paused", name);
	rc_hint(err, "set its spec.paused to false first");
	return -EINVAL;
}

static int ask(struct app_undo *undo, const char *resource, struct rc_error **err)
{
	struct rc_app *app = undo->app;
	json_auto_t *live = NULL;
	const struct rc_kube_resource *sets;
	int r = rc_app_hold_check(app, err);

	if (r < 0)
		return r;
	if (!app->destination || !app->desired || app->sync)
		return rc_fail(err, app->sync ? -EBUSY : -EAGAIN, "%s",
			       app->sync ? "a sync is under way"
					 : "it is not known yet what there is");
	r = find(app, resource, &undo->key, err);
	if (r < 0)
		return r;
	live = rc_kube_cache_load(rc_destination_get_cache(app->destination), undo->key);
	r = check(undo, live, err);
	if (r < 0)
		return r;
	sets = rc_kube_discovery_find(rc_destination_get_discovery(app->destination), "apps",
				      "ReplicaSet", NULL);
	if (!sets)
		return rc_fail(err, -ENOENT, "the cluster serves no ReplicaSets");
	undo->request = rc_kube_apply_list(rc_destination_get_cluster(app->destination), sets,
					   undo->key->name_space, NULL, NULL, on_listed, undo);
	return 0;
}

void rc_app_undo(struct rc_app *app, const char *by, const char *resource, int64_t revision,
		 rc_app_undo_fn *done, void *userdata)
{
	struct app_undo *undo = rc_new0(struct app_undo);

	undo->app = app;
	undo->done = done;
	undo->userdata = userdata;
	undo->by = rc_strdup(by);
	undo->revision = revision;
	ev_timer_init(&undo->turn, on_turn, 0, 0);
	DL_APPEND(app->undos, undo);
	if (ask(undo, resource, &undo->err) < 0)
		end(undo);
}

void rc_app_undo_cancel(struct rc_app *app)
{
	struct app_undo *undo, *next;

	DL_FOREACH_SAFE (app->undos, undo, next) {
		rc_app_undo_fn *done = undo->done;
		void *userdata = undo->userdata;
		struct rc_error *err = NULL;

		rc_fail(&err, -ECANCELED, "'%s' changed meanwhile", app->application->name);
		free_undo(undo);
		done(userdata, -ECANCELED, 0, err);
	}
}

/* ---- what is desired then ---- */

void rc_app_undo_shape(const struct rc_app *app, struct rc_desired *desired)
{
	const json_t *undone = rc_app_hold_get_undone(app);

	for (size_t i = 0; undone && i < desired->n; i++) {
		rc_autofree char *name = rc_kube_object_format_key(&desired->items[i].key);
		json_t *template = rc_json_get(undone, name, "template", NULL);
		json_auto_t *object = NULL;

		if (!template || desired->items[i].traits.is_hook)
			continue;
		object = rc_desired_item_load(&desired->items[i]);
		json_object_set(json_object_get(object, "spec"), "template", template);
		rc_desired_item_set(&desired->items[i], object);
	}
}
