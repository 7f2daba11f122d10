/*
 * Rolling the workloads that use a Secret, once per change, by an annotation on their pod template
 * that holds the Secret's hash.
 *
 * All that use it are rolled; annotation reloader.stakater.com/auto: "false" or
 * secret.reloader.stakater.com/auto: "false" on the workload keeps it as it is.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "kube/cluster.h"
#include "kube/discovery.h"

struct rc_secrets_restart; /* one round; opaque */

/* r is 0 with the number of workloads that were rolled; err is taken over. Called once, from the
 * loop. */
typedef void rc_secrets_restart_done_fn(void *userdata, int r, unsigned int n_rolled,
					struct rc_error *err);

/* NULL: the cluster has no kind of workload; done is not called. */
struct rc_secrets_restart *rc_secrets_restart_start(struct rc_kube_cluster *cluster,
						    struct rc_kube_discovery *discovery,
						    const char *name_space, const char *secret,
						    const char *hash, const struct rc_log *log,
						    rc_secrets_restart_done_fn *done,
						    void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_secrets_restart_cancel(struct rc_secrets_restart *restart);

/* Whether the pods of a workload read the Secret: environment, volumes, projected volumes. */
bool rc_secrets_restart_uses(const json_t *workload, const char *secret);
