/* Dry runs of an application: what would the API server make of this object? */
#include <errno.h>

#include "base/memory.h"
#include "gitops/app-private.h"
#include "kube/apply.h"

struct app_call {
	struct rc_app *app;
	struct rc_kube_key *key;
	app_call_fn *done;
	void *userdata;
	struct rc_kube_request *request;
	struct app_call *prev, *next;
};

static void free_call(struct app_call *call)
{
	DL_DELETE(call->app->calls, call);
	free(call->key);
	free(call);
}

static void on_predicted(void *userdata, int r, const struct rc_kube_answer *answer,
			 struct rc_error *err)
{
	struct app_call *call = userdata;

	call->done(call->app, call->key, r, r < 0 ? NULL : answer->object, err, call->userdata);
	free_call(call);
}

void rc_app_call_predict(struct rc_app *app, const struct rc_desired_item *item, app_call_fn *done,
			 void *userdata)
{
	struct rc_kube_write_options options = {.dry_run = true, .force = true};
	rc_autofree char *group = NULL;
	const char *version = rc_kube_object_split_version(item->api_version, &group);
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(rc_destination_get_discovery(app->destination),
				       item->key.group, item->key.kind, version);
	json_auto_t *object = NULL;
	struct app_call *call;

	if (!resource) {
		struct rc_error *err = NULL;

		rc_fail(&err, -ENOENT, "the cluster does not serve %s", item->key.kind);
		done(app, &item->key, -ENOENT, NULL, err, userdata);
		return;
	}
	object = rc_desired_item_load(item);
	call = rc_new0(struct app_call);
	call->app = app;
	call->key = rc_kube_object_dup_key(&item->key);
	call->done = done;
	call->userdata = userdata;
	DL_APPEND(app->calls, call);
	call->request = rc_kube_apply_start(rc_destination_get_cluster(app->destination), resource,
					    object, &options, on_predicted, call);
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
