/*
 * What a chart's templates look up in the cluster: the render worker, which has no network, says
 * what it wants to know, main asks the API server, and rendering is asked again with the answers.
 *
 * Only for applications that say so (reconciled.io/lookup: "true"), and only what their project
 * lets them deploy: an object of a kind or namespace that is not theirs is refused.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "kube/request.h"

#define ROUNDS_MAX 10 /* an answer may lead to the next question; not for ever */

void rc_app_lookup_cancel(struct rc_app *app)
{
	rc_kube_request_cancel(app->lookup.request);
	app->lookup.request = NULL;
}

void rc_app_lookup_clear(struct rc_app *app)
{
	rc_app_lookup_cancel(app);
	json_decref(app->lookup.wanted);
	json_decref(app->lookup.answers);
	app->lookup.wanted = app->lookup.answers = NULL;
	app->lookup.n_rounds = 0;
}

void rc_app_lookup_want(struct rc_app *app, json_t *wanted)
{
	json_decref(app->lookup.wanted);
	app->lookup.wanted = json_incref(wanted);
	app->lookup.at = 0;
	app->lookup.is_used = true;
	app->lookup.n_rounds++;
}

/* The lookup that is being answered: {key, apiVersion, kind, namespace, name}. */
static const json_t *current(const struct rc_app *app)
{
	return json_array_get(app->lookup.wanted, app->lookup.at);
}

/* answer is taken over. */
static void answer(struct rc_app *app, json_t *what)
{
	if (!app->lookup.answers)
		app->lookup.answers = json_object();
	json_object_set_new(app->lookup.answers, (rc_json_text(current(app), "key", NULL) ?: ""),
			    what);
	app->lookup.at++;
}

static void answer_error(struct rc_app *app, const struct rc_error *err)
{
	rc_autofree char *text = rc_error_format(err);

	answer(app, json_pack("{s:s}", "error", text));
}

static void on_answer(void *userdata, int r, const struct rc_kube_answer *got, struct rc_error *err)
{
	struct rc_app *app = userdata;

	app->lookup.request = NULL;
	if (r == 0) {
		answer(app, json_pack("{s:O}", "object", got->object));
	} else if (r == -ENOENT) {
		answer(app, json_pack("{s:{}}", "object"));
	} else if (rc_error_is_transient(r)) {
		rc_wrap(&err, r, "looking up %s %s",
			(rc_json_text(current(app), "kind", NULL) ?: ""),
			(rc_json_text(current(app), "name", NULL) ?: ""));
		rc_flow_resume(&app->flow, r, err);
		return;
	} else {
		answer_error(app, err);
	}
	rc_error_free(err);
	rc_flow_resume(&app->flow, 0, NULL);
}

/* What the server has under the names, or why the application may not know. */
static int find(const struct rc_app *app, const struct rc_kube_resource **ret_resource,
		struct rc_error **err)
{
	const json_t *wanted = current(app);
	const char *api_version = (rc_json_text(wanted, "apiVersion", NULL) ?: "");
	const char *kind = (rc_json_text(wanted, "kind", NULL) ?: "");
	const char *name_space = (rc_json_text(wanted, "namespace", NULL) ?: "");
	rc_autofree char *group = NULL;
	const char *version = rc_kube_object_split_version(api_version, &group);
	const struct rc_kube_resource *resource = rc_kube_discovery_find(
		rc_destination_get_discovery(app->destination), group, kind, version);
	struct rc_kube_key key = {.group = group, .kind = kind};

	if (!resource)
		return rc_fail(err, -ENOENT,
			       "unable to get apiresource from unstructured: %s, Kind=%s: the "
			       "server could not find the requested resource",
			       api_version, kind);
	/* All namespaces is more than any of them: the project must allow every one. */
	key.name_space = !resource->namespaced ? "" : *name_space ? name_space : "*";
	key.name = (rc_json_text(wanted, "name", NULL) ?: "");
	*ret_resource = resource;
	return rc_app_permit_object(app, &key, err);
}

static void ask(struct rc_app *app)
{
	const char *name_space = (rc_json_text(current(app), "namespace", NULL) ?: "");
	const char *name = (rc_json_text(current(app), "name", NULL) ?: "");
	const struct rc_kube_resource *resource;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_kube_request_options options = {.method = "GET"};
	rc_autofree char *path = NULL;

	if (find(app, &resource, &err) < 0) {
		answer_error(app, err);
		return;
	}
	path = rc_kube_resource_path(resource, resource->namespaced ? name_space : NULL,
				     *name ? name : NULL, NULL);
	options.path = path;
	app->lookup.request = rc_kube_request_start(rc_destination_get_cluster(app->destination),
						    &options, on_answer, app);
}

int rc_app_lookup_step(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);

	while (current(app)) {
		ask(app);
		if (app->lookup.request)
			return RC_WAIT_AGAIN;
	}
	if (!app->lookup.wanted)
		return RC_NEXT;
	json_decref(rc_steal(&app->lookup.wanted));
	if (app->lookup.n_rounds > ROUNDS_MAX) {
		rc_fail(err, -EINVAL, "templates look up more after %d rounds of answers",
			ROUNDS_MAX);
		rc_hint(err, "one lookup's answer decides about the next; let the chart ask less");
		return -EINVAL;
	}
	rc_app_refresh_submit(app);
	return RC_WAIT_AGAIN;
}
