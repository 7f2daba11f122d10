/* Dry runs of an application: what would the API server make of this object? */
#include <errno.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"
#include "gitops/three-way.h"
#include "kube/apply.h"

struct app_call {
	struct rc_app *app;
	struct rc_kube_key *key;
	json_t *object; /* as it is desired */
	app_call_fn *done;
	void *userdata;
	struct rc_kube_request *request;
	struct app_call *prev, *next;
};

static const struct rc_kube_resource *
find_resource(const struct rc_app *app, const struct rc_kube_key *key, const char *api_version)
{
	rc_autofree char *group = NULL;
	const char *version = rc_kube_object_split_version(api_version, &group);

	return rc_kube_discovery_find(rc_destination_get_discovery(app->destination), key->group,
				      key->kind, version);
}

static void free_call(struct app_call *call)
{
	DL_DELETE(call->app->calls, call);
	free(call->key);
	json_decref(call->object);
	free(call);
}

static void on_predicted(void *userdata, int r, const struct rc_kube_answer *answer,
			 struct rc_error *err)
{
	struct app_call *call = userdata;

	call->done(call->app, call->key, r, r < 0 || !answer ? NULL : answer->object, err,
		   call->userdata);
	free_call(call);
}

/* ---- as kubectl does it without the server's help: what is there, merged, put back ---- */

static void on_read(void *userdata, int r, const struct rc_kube_answer *answer,
		    struct rc_error *err)
{
	struct rc_kube_write_options options = {.dry_run = true};
	struct app_call *call = userdata;
	const struct rc_kube_resource *resource = find_resource(
		call->app, call->key, rc_json_text(call->object, "apiVersion", NULL) ?: "");
	json_auto_t *whole = NULL;

	if (r == 0 && !resource)
		r = rc_fail(&err, -ENOENT, "the cluster does not serve it any more");
	if (r < 0) {
		on_predicted(call, r, NULL, err);
		return;
	}
	whole = rc_three_way_merge(call->object, answer->object);
	call->request = rc_kube_apply_replace(rc_destination_get_cluster(call->app->destination),
					      resource, whole, NULL, &options, on_predicted, call);
}

void rc_app_call_predict(struct rc_app *app, const struct rc_desired_item *item, app_call_fn *done,
			 void *userdata)
{
	struct rc_kube_write_options options = {.dry_run = true, .force = true};
	struct rc_kube_cluster *cluster = rc_destination_get_cluster(app->destination);
	const struct rc_kube_resource *resource = find_resource(app, &item->key, item->api_version);
	struct app_call *call;

	if (!resource) {
		struct rc_error *err = NULL;

		rc_fail(&err, -ENOENT, "the cluster does not serve %s", item->key.kind);
		done(app, &item->key, -ENOENT, NULL, err, userdata);
		return;
	}
	call = rc_new0(struct app_call);
	call->app = app;
	call->key = rc_kube_object_dup_key(&item->key);
	call->object = rc_desired_item_load(item);
	call->done = done;
	call->userdata = userdata;
	DL_APPEND(app->calls, call);
	if (rc_traits_is_client_side(&item->traits, &app->application->options))
		call->request = rc_kube_apply_get(cluster, resource, call->key, on_read, call);
	else
		call->request = rc_kube_apply_start(cluster, resource, call->object, &options,
						    on_predicted, call);
}

void rc_app_call_cancel(struct rc_app *app, const void *userdata)
{
	struct app_call *call, *next;

	DL_FOREACH_SAFE (app->calls, call, next) {
		if (userdata && call->userdata != userdata)
			continue;
		rc_kube_request_cancel(call->request);
		free_call(call);
	}
}
