/*
 * What a check looks at: a server on the same loop that answers what a case says, as a peer or as
 * the cluster's API, and the services of a run. Names are resolved by the real worker.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "base/loop.h"
#include "certificates.h"
#include "support/check.h"
#include "validate/run.h"

/* What the server answers to a path, or to a word in the body of a POST. */
struct scene_route {
	const char *match;
	int status; /* 0: the connection is reset */
	const char *body;
};

extern struct scene {
	struct ev_loop *loop;
	struct rc_net_http_server *server;
	struct rc_kube_cluster *cluster;
	struct rc_kube_cache *cache;
	struct rc_worker_pool *pool;
	struct rc_validate_services *services;
	const struct scene_route *routes; /* ends with a NULL match; what is not there is a 404 */
	char folder[64];
	struct rc_validate_result result; /* of the last look */
	bool is_listed, is_signed;	  /* is_signed: the last request for AWS was */
	const char *objects;		  /* the list of the kind that is watched */
} scene;

/* Fixtures, for each case anew: no server yet, or one that is the cluster's API. */
void scene_setup(void);
void scene_setup_with_cluster(void);
void scene_teardown(void);

/* certificate: NULL for plain HTTP. */
void scene_start_server(const struct certificate *certificate);
/* Objects of one kind of a group, as the cache would know them from a watch. */
void scene_fill_cache(const char *group, const char *kind, const char *plural, const char *objects);

/* A rc_validate_run_done_fn that keeps the one result and ends the loop. */
void scene_on_run(void *userdata, struct rc_validate_run *run,
		  const struct rc_validate_result *results, size_t n);
/* One look at check, which is given a name and a time if it has none: "outcome reason", good until
 * the next. */
const char *scene_look(struct rc_validate_check *check);

/* What the last look measured under this name; NAN: nothing. */
double scene_measure(const char *name);

/* A look at check must end in wanted, "outcome reason". */
#define rc_check_look(check, wanted)                                                      \
	do {                                                                              \
		const char *rc_got_ = scene_look(check);                                  \
		ck_assert_msg(strcmp(rc_got_, (wanted)) == 0, "%s is wanted, got %s: %s", \
			      (wanted), rc_got_, scene.result.evidence);                  \
	} while (0)
