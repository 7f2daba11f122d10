/*
 * Which pods still run with what a Secret held before: those that use it, were made before it was
 * written, and have not ended.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "kube/cluster.h"
#include "kube/discovery.h"

struct rc_secrets_pods;

/* n: how many there are; name: of one of them, or NULL. Called once, from the loop; err is taken
 * over. */
typedef void rc_secrets_pods_done_fn(void *userdata, int r, unsigned int n, const char *name,
				     struct rc_error *err);

/* A pod whose annotation note is value runs with the new content, whenever it was made. */
struct rc_secrets_pods_question {
	const char *name_space, *secret;
	int64_t written_unix_s;
	const char *note, *value; /* or NULL */
};

/* All is copied. NULL: the cluster serves no pods (discovery is not done). */
struct rc_secrets_pods *rc_secrets_pods_start(struct rc_kube_cluster *cluster,
					      struct rc_kube_discovery *discovery,
					      const struct rc_secrets_pods_question *question,
					      rc_secrets_pods_done_fn *done, void *userdata);
/* done is not called. NULL is fine; never from inside done. */
void rc_secrets_pods_cancel(struct rc_secrets_pods *pods);

/* Whether one pod counts. */
bool rc_secrets_pods_is_old(const json_t *pod, const struct rc_secrets_pods_question *question);
