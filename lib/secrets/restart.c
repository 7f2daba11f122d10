/* Which workloads, and rolling them. */
#include "secrets/restart.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "kube/apply.h"
#include "secrets/reload.h"

#define NOTE	 "reconciled.io/secret."
#define STRATEGY "reloader.stakater.com/rollout-strategy"

struct kind {
	const char *group, *name;
};
static const struct kind kinds[] = {{"apps", "Deployment"},
				    {"apps", "StatefulSet"},
				    {"apps", "DaemonSet"},
				    {"argoproj.io", "Rollout"}};

struct call {
	struct call *prev, *next;
	struct rc_secrets_restart *restart;
	struct rc_kube_request *request;
	char *name; /* of the workload that is patched; NULL: a list */
	const struct kind *kind;
};

struct rc_secrets_restart {
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	char *name_space, *secret, *hash, *note;
	json_t *secret_notes;
	const struct rc_log *log;
	struct call *calls;
	unsigned int n_rolled;
	int r;
	struct rc_error *err;
	rc_secrets_restart_done_fn *done;
	void *userdata;
};

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
	json_decref(restart->secret_notes);
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
		rc_log_notice(restart->log, "rolling %s %s/%s: secret %s changed", call->kind->name,
			      restart->name_space, call->name, restart->secret);
	}
	end_call(call);
}

/* NULL: it has been rolled for this already. */
static json_t *make_patch(const struct rc_secrets_restart *restart, const struct kind *kind,
			  const json_t *workload)
{
	const char *strategy = rc_kube_object_get_annotation(workload, STRATEGY);
	bool restarts = strcmp(kind->name, "Rollout") == 0 && rc_text_equal(strategy, "restart");
	const char *before = restarts ? rc_kube_object_get_annotation(workload, restart->note)
				      : rc_json_text(workload, "spec", "template", "metadata",
						     "annotations", restart->note, NULL);
	char now[RC_CLOCK_RFC3339_MAX];

	if (rc_text_equal(before, restart->hash))
		return NULL;
	if (!restarts)
		return json_pack("{s:{s:{s:{s:{s:s}}}}}", "spec", "template", "metadata",
				 "annotations", restart->note, restart->hash);
	return json_pack("{s:{s:{s:s}}, s:{s:s}}", "metadata", "annotations", restart->note,
			 restart->hash, "spec", "restartAt",
			 rc_clock_format_rfc3339(rc_clock_unix_s(), now));
}

static void roll(struct rc_secrets_restart *restart, const struct kind *kind,
		 const json_t *workload)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(restart->discovery, kind->group, kind->name, NULL);
	const char *name = rc_kube_object_get_meta(workload, "name");
	struct rc_kube_key key = {kind->group, kind->name, restart->name_space, name};
	struct rc_kube_write_options options = {.manager = "reconciled-secrets"};
	json_auto_t *patch = NULL;
	struct call *call;

	if (!resource || !rc_secrets_reload_wants(workload, restart->secret, restart->secret_notes))
		return;
	patch = make_patch(restart, kind, workload);
	if (!patch)
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

	if (r == -EACCES && strcmp(call->kind->group, "apps") != 0) {
		rc_log_error(call->restart->log, LOG_NOTICE, err, "%s are not rolled",
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

static void list(struct rc_secrets_restart *restart, const struct kind *kind)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(restart->discovery, kind->group, kind->name, NULL);
	struct call *call;

	if (!resource)
		return;
	call = rc_new0(struct call);
	call->restart = restart;
	call->kind = kind;
	DL_APPEND(restart->calls, call);
	call->request = rc_kube_apply_list(restart->cluster, resource, restart->name_space, NULL,
					   NULL, on_listed, call);
}

struct rc_secrets_restart *
rc_secrets_restart_start(struct rc_kube_cluster *cluster, struct rc_kube_discovery *discovery,
			 const char *name_space, const char *secret, const json_t *secret_notes,
			 const char *hash, const struct rc_log *log,
			 rc_secrets_restart_done_fn *done, void *userdata)
{
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
	restart->secret_notes = json_deep_copy(secret_notes);
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		list(restart, &kinds[i]);
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
