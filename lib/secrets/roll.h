/*
 * Rolling one workload for changed contents, as its kind and its annotations want it:
 *
 * A Deployment, StatefulSet, DaemonSet or Rollout gets an annotation on its pod template for each
 * Secret and ConfigMap that changed, with a keyed hash of its content: rolling twice for the same
 * content rolls once. A Deployment with deployment.reloader.stakater.com/pause-period is paused in
 * the same moment, so that what changes meanwhile is rolled together; who resumes it is follow.h.
 * A Rollout whose reloader.stakater.com/rollout-strategy is "restart" is restarted by
 * spec.restartAt and has the annotations on itself. Of a CronJob a Job is made at once, named after
 * the contents.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "kube/cluster.h"
#include "kube/discovery.h"

struct rc_secrets_roll; /* one workload's; opaque */

struct rc_secrets_roll_kind {
	const char *group, *name;
};
extern const struct rc_secrets_roll_kind rc_secrets_roll_kinds[];
extern const size_t rc_secrets_roll_n_kinds;

/* is_rolled: something was done; false: it has gone, or had been rolled for this. err is taken
 * over. Called once, from the loop. */
typedef void rc_secrets_roll_done_fn(void *userdata, int r, bool is_rolled, struct rc_error *err);

/* All is borrowed. */
struct rc_secrets_roll_options {
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	const struct rc_log *log;
};

/*
 * workload is borrowed until the call returns; kind is one of the table; notes: {annotation: hash}
 * as of rc_secrets_roll_note(). NULL: there is nothing to do, done is not called.
 */
struct rc_secrets_roll *rc_secrets_roll_start(const struct rc_secrets_roll_options *options,
					      const struct rc_secrets_roll_kind *kind,
					      const json_t *workload, const json_t *notes,
					      rc_secrets_roll_done_fn *done, void *userdata);
/* done is not called. NULL is fine; never from inside done. */
void rc_secrets_roll_cancel(struct rc_secrets_roll *roll);

/* "reconciled.io/secret.<name>" or "reconciled.io/configmap.<name>", within the length and letters
 * that a key of annotations may have; the caller's. */
char *rc_secrets_roll_note(const char *kind, const char *name);
/* When a Deployment that we paused is to go on; 0: it is not paused by us. */
int64_t rc_secrets_roll_get_pause_end(const json_t *deployment);
/* Let it go on. As rc_secrets_roll_start(). */
struct rc_secrets_roll *rc_secrets_roll_resume(const struct rc_secrets_roll_options *options,
					       const json_t *deployment,
					       rc_secrets_roll_done_fn *done, void *userdata);
