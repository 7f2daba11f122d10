/* Which workloads, and rolling them. */
#include "secrets/restart.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "kube/apply.h"
#include "secrets/reload.h"
#include "secrets/roll.h"

struct call {
	struct call *prev, *next;
	struct rc_secrets_restart *restart;
	struct rc_kube_request *request; /* a list; */
	struct rc_secrets_roll *roll;	 /* or a workload that is rolled */
	const struct rc_secrets_roll_kind *kind;
	char *name; /* of the workload */
};

struct rc_secrets_restart {
	struct rc_secrets_roll_options options;
	char *name_space, *secret;
	json_t *secret_notes, *notes; /* notes: {annotation: hash} */
	struct call *calls;
	json_t *rolled; /* ["Deployment/web"] */
	int r;
	struct rc_error *err;
	rc_secrets_restart_done_fn *done;
	void *userdata;
};

/* ---- rolling ---- */

static struct call *add_call(struct rc_secrets_restart *restart,
			     const struct rc_secrets_roll_kind *kind)
{
	struct call *call = rc_new0(struct call);

	call->restart = restart;
	call->kind = kind;
	DL_APPEND(restart->calls, call);
	return call;
}

static void free_call(struct call *call)
{
	DL_DELETE(call->restart->calls, call);
	free(call->name);
	free(call);
}

static void release(struct rc_secrets_restart *restart)
{
	while (restart->calls) {
		rc_kube_request_cancel(restart->calls->request);
		rc_secrets_roll_cancel(restart->calls->roll);
		free_call(restart->calls);
	}
	rc_error_free(restart->err);
	json_decref(restart->secret_notes);
	json_decref(restart->notes);
	json_decref(restart->rolled);
	free(restart->name_space);
	free(restart->secret);
	free(restart);
}

static void note_failure(struct rc_secrets_restart *restart, int r, struct rc_error *err)
{
	if (restart->r == 0) {
		restart->r = r;
		restart->err = err;
	} else {
		rc_error_free(err);
	}
}

static void end_call(struct call *call)
{
	struct rc_secrets_restart *restart = call->restart;
	struct rc_error *err;

	free_call(call);
	if (restart->calls)
		return;
	err = rc_steal(&restart->err);
	restart->done(restart->userdata, restart->r, restart->rolled, err);
	release(restart);
}

static void on_rolled(void *userdata, int r, bool is_rolled, struct rc_error *err)
{
	struct call *call = userdata;

	call->roll = NULL;
	if (is_rolled)
		json_array_append_new(call->restart->rolled,
				      json_sprintf("%s/%s", call->kind->name, call->name));
	if (r < 0)
		note_failure(call->restart, r, err);
	end_call(call);
}

/* A CronJob's next run reads the new Secret: it is run for it only when it says so. */
static void roll(struct rc_secrets_restart *restart, const struct rc_secrets_roll_kind *kind,
		 const json_t *workload)
{
	bool by_use = strcmp(kind->name, "CronJob") != 0;
	struct call *call;

	if (!rc_secrets_reload_wants(workload, "Secret", restart->secret, restart->secret_notes,
				     by_use))
		return;
	call = add_call(restart, kind);
	call->name = rc_strdup(rc_kube_object_get_meta(workload, "name"));
	call->roll = rc_secrets_roll_start(&restart->options, kind, workload, restart->notes,
					   on_rolled, call);
	if (!call->roll)
		free_call(call);
}

static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct call *call = userdata;
	json_t *item;
	size_t i;

	call->request = NULL;
	if (r == -EACCES && strcmp(call->kind->group, "apps") != 0) {
		rc_log_error(call->restart->options.log, LOG_NOTICE, err, "%s are not rolled",
			     call->kind->name);
		rc_error_free(err);
	} else if (r < 0) {
		note_failure(call->restart, r, err);
	} else {
		json_array_foreach (json_object_get(answer->object, "items"), i, item)
			roll(call->restart, call->kind, item);
	}
	end_call(call);
}

static void list(struct rc_secrets_restart *restart, const struct rc_secrets_roll_kind *kind)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(restart->options.discovery, kind->group, kind->name, NULL);
	struct call *call;

	if (!resource)
		return;
	call = add_call(restart, kind);
	call->request = rc_kube_apply_list(restart->options.cluster, resource, restart->name_space,
					   NULL, NULL, on_listed, call);
}

struct rc_secrets_restart *
rc_secrets_restart_start(struct rc_kube_cluster *cluster, struct rc_kube_discovery *discovery,
			 const char *name_space, const char *secret, const json_t *secret_notes,
			 const char *hash, const struct rc_log *log,
			 rc_secrets_restart_done_fn *done, void *userdata)
{
	struct rc_secrets_restart *restart = rc_new0(struct rc_secrets_restart);
	rc_autofree char *note = rc_secrets_roll_note("Secret", secret);

	restart->options = (struct rc_secrets_roll_options){cluster, discovery, log};
	restart->name_space = rc_strdup(name_space);
	restart->secret = rc_strdup(secret);
	restart->notes = json_pack("{s:s}", note, hash);
	restart->rolled = json_array();
	restart->done = done;
	restart->userdata = userdata;
	restart->secret_notes = json_deep_copy(secret_notes);
	for (size_t i = 0; i < rc_secrets_roll_n_kinds; i++)
		list(restart, &rc_secrets_roll_kinds[i]);
	if (!restart->calls) {
		release(restart);
		return NULL;
	}
	return restart;
}

void rc_secrets_restart_cancel(struct rc_secrets_restart *restart)
{
	if (restart)
		release(restart);
}
