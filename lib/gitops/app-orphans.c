/*
 * What lies in the application's namespace and is nobody's, where its project wants to know: what
 * has no owner and is tracked by no application, with what that made in its turn. Nothing of it is
 * watched; the names of everything are listed at times, one kind after the other.
 */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/projects.h"
#include "gitops/tracking.h"
#include "kube/request.h"

#define EVERY_S	    300
#define OBJECTS_MAX 20000 /* of a namespace; what is beyond is not looked at */
#define DEPTH_MAX   8
#define NAMES_ONLY \
	"application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"

/* What controllers write all the time and nobody deploys; Argo CD leaves them out as well. */
static const struct {
	const char *group, *kind; /* kind NULL: the whole group */
} left_out[] = {
	{"", "Event"},
	{"", "Endpoints"},
	{"events.k8s.io", NULL},
	{"discovery.k8s.io", NULL},
	{"coordination.k8s.io", "Lease"},
	{"metrics.k8s.io", NULL},
	{"authorization.k8s.io", NULL},
	{"authentication.k8s.io", NULL},
	{"cilium.io", NULL},
	{"kyverno.io", NULL},
	{"reports.kyverno.io", NULL},
	{"wgpolicyk8s.io", NULL},
	{"argoproj.io", "Application"},
	{"argoproj.io", "AppProject"},
};

struct app_orphans {
	struct rc_app *app;
	json_t *kinds;	 /* [[group, kind]...] still to be listed; NULL: no listing is under way */
	char *more;	 /* where the list of the last kind goes on, or NULL */
	json_t *objects; /* {uid: {group, kind, name, owners: [uid], app?}} of this listing */
	json_t *found;	 /* of the last one that ended */
	struct rc_kube_request *request;
	uint64_t listed_ms;
	bool is_due;
	ev_timer timer;
};

static const struct rc_project *project_of(const struct rc_app *app)
{
	return rc_projects_find(rc_engine_get_projects(app->engine), app->application->project);
}

static struct ev_loop *loop_of(const struct app_orphans *orphans)
{
	return rc_engine_get_options(orphans->app->engine)->loop;
}

static const char *text_of(const json_t *object, const char *key)
{
	return rc_json_text(object, key, NULL) ?: "";
}

/* ---- which are ---- */

/* {name or label of an application: true} */
static json_t *list_apps(const struct rc_app *app)
{
	json_t *names = json_object();

	for (struct rc_app *const *a = rc_engine_list_apps(app->engine); *a; a++) {
		json_object_set_new(names, rc_app_get_name(*a), json_true());
		json_object_set_new(names, rc_app_get_label(*a), json_true());
	}
	return names;
}

static bool is_somebodys(const json_t *object, const json_t *apps)
{
	const char *app = text_of(object, "app");

	return *app && json_object_get(apps, app);
}

static bool is_orphan(const struct app_orphans *orphans, const json_t *object, const json_t *apps)
{
	const struct rc_app *app = orphans->app;
	const struct rc_project *project = project_of(app);
	const struct rc_kube_key key = {
		.group = text_of(object, "group"),
		.kind = text_of(object, "kind"),
		.name_space = app->application->destination.name_space,
		.name = text_of(object, "name"),
	};

	return json_array_size(json_object_get(object, "owners")) == 0 &&
	       !is_somebodys(object, apps) && !rc_resources_find(&app->resources, &key) &&
	       rc_app_permit_is_allowed(app, &key) &&
	       !rc_project_ignores_orphan(project, key.group, key.kind, key.name_space, key.name);
}

static void add(const struct app_orphans *orphans, const char *uid, json_t *object,
		const json_t *children, const json_t *apps, int depth, json_t *found)
{
	json_t *child;
	size_t i;

	json_array_append_new(found,
			      json_pack("{s:s, s:s, s:s, s:s}", "group", text_of(object, "group"),
					"kind", text_of(object, "kind"), "namespace",
					orphans->app->application->destination.name_space, "name",
					text_of(object, "name")));
	json_array_foreach (json_object_get(children, uid), i, child) {
		const char *below = json_string_value(child);
		json_t *one = json_object_get(orphans->objects, below);

		if (depth < DEPTH_MAX && !is_somebodys(one, apps))
			add(orphans, below, one, children, apps, depth + 1, found);
	}
}

/* {uid: [uid of what it owns]} */
static json_t *index_children(const json_t *objects)
{
	json_t *children = json_object(), *object, *owner;
	const char *uid;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)objects, uid, object) {
		json_array_foreach (json_object_get(object, "owners"), i, owner) {
			json_t *list = json_object_get(children, json_string_value(owner));

			if (!list) {
				list = json_array();
				json_object_set_new(children, json_string_value(owner), list);
			}
			json_array_append_new(list, json_string(uid));
		}
	}
	return children;
}

static void find_all(struct app_orphans *orphans)
{
	json_auto_t *apps = list_apps(orphans->app), *before = orphans->found;
	json_auto_t *children = index_children(orphans->objects);
	json_t *object;
	const char *uid;

	orphans->found = json_array();
	json_object_foreach (orphans->objects, uid, object)
		if (is_orphan(orphans, object, apps))
			add(orphans, uid, object, children, apps, 0, orphans->found);
	if (!before || !json_equal(before, orphans->found))
		rc_app_tell(orphans->app);
}

/* ---- listing ---- */

static void list_next(struct app_orphans *orphans);

static void end_listing(struct app_orphans *orphans)
{
	json_decref(orphans->kinds);
	json_decref(orphans->objects);
	free(rc_steal(&orphans->more));
	orphans->kinds = orphans->objects = NULL;
}

/* Whose it says it is: by our label, or by what Argo CD notes. */
static char *name_app(const json_t *item)
{
	const char *label = rc_kube_object_get_label(item, RC_TRACKING_LABEL);
	const char *id = rc_kube_object_get_annotation(item, "argocd.argoproj.io/tracking-id");
	size_t n = strcspn(id ?: "", ":");

	if (label)
		return rc_strdup(label);
	return id && id[n] == ':' ? rc_strndup(id, n) : NULL;
}

static void add_object(struct app_orphans *orphans, const json_t *kind, const json_t *item)
{
	rc_autofree char *app = name_app(item);
	const char *uid = rc_kube_object_get_meta(item, "uid");
	json_t *owners = json_array(), *owner;
	size_t i;

	json_array_foreach (rc_json_get(item, "metadata", "ownerReferences", NULL), i, owner)
		json_array_append_new(owners, json_string(text_of(owner, "uid")));
	if (!*uid || json_object_size(orphans->objects) >= OBJECTS_MAX) {
		json_decref(owners);
		return;
	}
	json_object_set_new(orphans->objects, uid,
			    json_pack("{s:O, s:O, s:s, s:o, s:s*}", "group",
				      json_array_get(kind, 0), "kind", json_array_get(kind, 1),
				      "name", rc_kube_object_get_meta(item, "name"), "owners",
				      owners, "app", app));
}

/* What may not be listed, or cannot, is as if it were not there. */
static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct app_orphans *orphans = userdata;
	size_t last = json_array_size(orphans->kinds) - 1, i;
	json_auto_t *kind = json_incref(json_array_get(orphans->kinds, last));
	const char *more = NULL;
	json_t *item;

	orphans->request = NULL;
	if (r < 0)
		rc_log_error(&orphans->app->log, LOG_DEBUG, err, "looking for orphaned resources");
	rc_error_free(err);
	if (r == 0) {
		json_array_foreach (json_object_get(answer->object, "items"), i, item)
			add_object(orphans, kind, item);
		more = rc_json_text(answer->object, "metadata", "continue", NULL);
	}
	free(orphans->more);
	orphans->more = more && *more ? rc_strdup(more) : NULL;
	if (!orphans->more)
		json_array_remove(orphans->kinds, last);
	list_next(orphans);
}

static bool ask(struct app_orphans *orphans, const json_t *kind)
{
	const struct rc_app *app = orphans->app;
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(rc_destination_get_discovery(app->destination),
				       json_string_value(json_array_get(kind, 0)),
				       json_string_value(json_array_get(kind, 1)), NULL);
	struct rc_kube_query query[] = {
		{"limit", "500"}, {orphans->more ? "continue" : NULL, orphans->more}, {NULL, NULL}};
	rc_autofree char *path = NULL;
	struct rc_kube_request_options options = {.query = query, .accept = NAMES_ONLY};

	if (!resource)
		return false;
	options.path = path = rc_kube_resource_path(
		resource, app->application->destination.name_space, NULL, NULL);
	orphans->request = rc_kube_request_start(rc_destination_get_cluster(app->destination),
						 &options, on_listed, orphans);
	return true;
}

static void list_next(struct app_orphans *orphans)
{
	size_t n;

	while ((n = json_array_size(orphans->kinds)) > 0) {
		if (ask(orphans, json_array_get(orphans->kinds, n - 1)))
			return;
		json_array_remove(orphans->kinds, n - 1); /* it went meanwhile */
	}
	find_all(orphans);
	end_listing(orphans);
}

static void add_kind(void *userdata, const struct rc_kube_resource *resource)
{
	struct app_orphans *orphans = userdata;

	if (!resource->namespaced || !resource->can_list || !resource->can_watch)
		return;
	for (size_t i = 0; i < RC_ARRAY_SIZE(left_out); i++)
		if (strcmp(left_out[i].group, resource->group) == 0 &&
		    (!left_out[i].kind || strcmp(left_out[i].kind, resource->kind) == 0))
			return;
	json_array_append_new(orphans->kinds, json_pack("[s, s]", resource->group, resource->kind));
}

static void start(struct app_orphans *orphans)
{
	orphans->is_due = false;
	orphans->listed_ms = rc_clock_monotonic_ms();
	orphans->kinds = json_array();
	orphans->objects = json_object();
	rc_kube_discovery_each(rc_destination_get_discovery(orphans->app->destination), add_kind,
			       orphans);
	list_next(orphans);
}

/* ---- when ---- */

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct app_orphans *orphans = rc_container_of(timer, struct app_orphans, timer);

	(void)loop;
	(void)events;
	rc_app_orphans_consider(orphans->app);
}

void rc_app_orphans_consider(struct rc_app *app)
{
	const struct rc_project *project = project_of(app);
	struct app_orphans *orphans = app->orphans;

	if (!project || !project->orphaned.on || !*app->application->destination.name_space) {
		rc_app_orphans_done(app);
		return;
	}
	if (!app->destination || !app->is_compared)
		return;
	if (!orphans) {
		app->orphans = orphans = rc_new0(struct app_orphans);
		orphans->app = app;
		orphans->is_due = true;
		ev_timer_init(&orphans->timer, on_timer, EVERY_S, EVERY_S);
		ev_timer_start(loop_of(orphans), &orphans->timer);
	}
	if (!orphans->kinds && (orphans->is_due || rc_clock_monotonic_ms() - orphans->listed_ms >=
							   (uint64_t)EVERY_S * 1000))
		start(orphans);
}

void rc_app_orphans_expire(struct rc_app *app)
{
	if (app->orphans)
		app->orphans->is_due = true;
}

void rc_app_orphans_done(struct rc_app *app)
{
	struct app_orphans *orphans = rc_steal(&app->orphans);

	if (!orphans)
		return;
	ev_timer_stop(rc_engine_get_options(app->engine)->loop, &orphans->timer);
	rc_kube_request_cancel(orphans->request);
	end_listing(orphans);
	json_decref(orphans->found);
	free(orphans);
}

/* ---- what is said of them ---- */

size_t rc_app_count_orphans(const struct rc_app *app)
{
	return app->orphans ? json_array_size(app->orphans->found) : 0;
}

bool rc_app_orphans_warns(const struct rc_app *app)
{
	const struct rc_project *project = project_of(app);

	return project && project->orphaned.warn && rc_app_count_orphans(app) > 0;
}

json_t *rc_app_describe_orphans(const struct rc_app *app)
{
	json_t *found = app->orphans ? app->orphans->found : NULL;

	return json_pack("{s:o}", "items", found ? json_incref(found) : json_array());
}
