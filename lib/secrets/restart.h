/*
 * Rolling the workloads of a namespace that use a Secret which we wrote, once per change.
 *
 * Which they are is said by reload.h, and how it is done by roll.h.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "kube/cluster.h"
#include "kube/discovery.h"

struct rc_secrets_restart; /* one round; opaque */

/* r is 0 when all were rolled that had to be. rolled: ["Deployment/web"], borrowed; err is taken
 * over. Called once, from the loop. */
typedef void rc_secrets_restart_done_fn(void *userdata, int r, const json_t *rolled,
					struct rc_error *err);

/* hash: keyed, see seal.h. secret_notes: the Secret's annotations, or NULL; copied. NULL: the
 * cluster has no kind of workload; done is not called. */
struct rc_secrets_restart *
rc_secrets_restart_start(struct rc_kube_cluster *cluster, struct rc_kube_discovery *discovery,
			 const char *name_space, const char *secret, const json_t *secret_notes,
			 const char *hash, const struct rc_log *log,
			 rc_secrets_restart_done_fn *done, void *userdata);
/* done is not called. NULL is fine; never from inside its own done. */
void rc_secrets_restart_cancel(struct rc_secrets_restart *restart);
