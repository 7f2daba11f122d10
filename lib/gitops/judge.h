/*
 * Health with the users' own scripts: those of the configuration first, then the compiled rules.
 *
 * A script runs in a worker, so its verdict comes later: until then the one about the object as it
 * was before holds, or it is Progressing. Verdicts are remembered by resourceVersion; who asked is
 * told when one has come, and asks again.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>
#include <jansson.h>

#include "base/worker.h"
#include "gitops/customizations.h"
#include "gitops/health.h"
#include "kube/object.h"

struct rc_judge;

struct rc_judge_options {
	struct rc_worker_pool *pool;			/* NULL: scripts are not followed (tests) */
	const struct rc_customizations *customizations; /* may be NULL */
	/* What was asked of cluster about key is known now. */
	void (*judged)(void *userdata, const void *cluster, const struct rc_kube_key *key);
	void *userdata;
};

struct rc_judge *rc_judge_new(const struct rc_judge_options *options);
void rc_judge_free(struct rc_judge *judge);
RC_DEFINE_FREEP(struct rc_judge, rc_judge_free)

/* There is a script for the kind: all of its status is read. judge may be NULL, here and below. */
bool rc_judge_has_script(const struct rc_judge *judge, const char *group, const char *kind);
/*
 * As rc_health_assess(). cluster tells objects of one name apart. *ret_is_pending (may be NULL): a
 * script is being asked about this state of object.
 */
enum rc_health rc_judge_assess(struct rc_judge *judge, const void *cluster, const json_t *object,
			       char **ret_message, bool *ret_is_pending);
/* The object is gone (key NULL: the cluster is). */
void rc_judge_forget(struct rc_judge *judge, const void *cluster, const struct rc_kube_key *key);
