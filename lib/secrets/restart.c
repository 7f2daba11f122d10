/* Which workloads, and rolling them. */
#include "secrets/restart.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/apply.h"
#include "secrets/workload.h"

#define NOTE "reconciled.io/secret."

struct call {
	struct call *prev, *next;
	struct rc_secrets_restart *restart;
	struct rc_kube_request *request;
	char *name;	  /* of the workload that is patched; NULL: a list */
	const char *kind; /* static text */
};

struct rc_secrets_restart {
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	char *name_space, *secret, *hash, *note;
	const struct rc_log *log;
	struct call *calls;
	unsigned int n_rolled;
	int r;
	struct rc_error *err;
	rc_secrets_restart_done_fn *done;
	void *userdata;
};

/* ---- use ---- */

bool rc_secrets_restart_uses(const json_t *workload, const char *secret)
{
	return rc_secrets_workload_uses(rc_json_get(workload, "spec", "template", "spec", NULL),
					"Secret", secret);
}

static bool is_opted_out(const json_t *workload)
{
	static const char *const notes[] = {"reloader.stakater.com/auto",
					    "secret.reloader.stakater.com/auto"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(notes); i++)
		if (rc_text_equal(rc_kube_object_get_annotation(workload, notes[i]), "false"))
			return true;
	return false;
}

/* ---- rolling ---- */

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
		free_call(restart->calls);
	}
	rc_error_free(restart->err);
	free(restart->name_space);
	free(restart->secret);
	free(restart->hash);
	free(restart->note);
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
	restart->done(restart->userdata, restart->r, restart->n_rolled, err);
	release(restart);
}

static void on_patched(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct call *call = userdata;
	struct rc_secrets_restart *restart = call->restart;

	(void)answer;
	if (r == -ENOENT) { /* it went meanwhile */
		rc_error_free(err);
	} else if (r < 0) {
		note_failure(restart, r, err);
	} else {
		restart->n_rolled++;
		rc_log_notice(restart->log, "rolling %s %s/%s: secret %s changed", call->kind,
			      restart->name_space, call->name, restart->secret);
	}
	end_call(call);
}

static void roll(struct rc_secrets_restart *restart, const char *kind, const json_t *workload)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(restart->discovery, "apps", kind, NULL);
	const char *name = rc_kube_object_get_meta(workload, "name");
	struct rc_kube_key key = {"apps", kind, restart->name_space, name};
	struct rc_kube_write_options options = {.manager = "reconciled-secrets"};
	json_auto_t *patch = json_pack("{s:{s:{s:{s:{s:s}}}}}", "spec", "template", "metadata",
				       "annotations", restart->note, restart->hash);
	struct call *call;

	if (!resource || !rc_secrets_restart_uses(workload, restart->secret) ||
	    is_opted_out(workload) ||
	    rc_text_equal(rc_json_text(workload, "spec", "template", "metadata", "annotations",
				       restart->note, NULL),
			  restart->hash))
		return;
	call = rc_new0(struct call);
	call->restart = restart;
	call->name = rc_strdup(name);
	call->kind = kind;
	DL_APPEND(restart->calls, call);
	call->request = rc_kube_apply_patch(restart->cluster, resource, &key, patch, NULL, &options,
					    on_patched, call);
}

static void on_listed(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct call *call = userdata;
	json_t *item;
	size_t i;

	if (r < 0)
		note_failure(call->restart, r, err);
	else
		json_array_foreach (json_object_get(answer->object, "items"), i, item)
			roll(call->restart, call->kind, item);
	end_call(call);
}

struct rc_secrets_restart *
rc_secrets_restart_start(struct rc_kube_cluster *cluster, struct rc_kube_discovery *discovery,
			 const char *name_space, const char *secret, const char *hash,
			 const struct rc_log *log, rc_secrets_restart_done_fn *done, void *userdata)
{
	static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet"};
	struct rc_secrets_restart *restart = rc_new0(struct rc_secrets_restart);

	restart->cluster = cluster;
	restart->discovery = discovery;
	restart->name_space = rc_strdup(name_space);
	restart->secret = rc_strdup(secret);
	restart->hash = rc_strdup(hash);
	restart->note = rc_asprintf(NOTE "%.40s", secret);
	restart->log = log;
	restart->done = done;
	restart->userdata = userdata;
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		const struct rc_kube_resource *resource =
			rc_kube_discovery_find(discovery, "apps", kinds[i], NULL);
		struct call *call;

		if (!resource)
			continue;
		call = rc_new0(struct call);
		call->restart = restart;
		call->kind = kinds[i];
		DL_APPEND(restart->calls, call);
		call->request = rc_kube_apply_list(cluster, resource, name_space, NULL, NULL,
						   on_listed, call);
	}
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
