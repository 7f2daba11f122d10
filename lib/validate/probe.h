/*
 * One look of one check: what it may use, its time, and how it ends.
 *
 * Whatever a check has under way hangs on its probe, so that all of it stops with the probe.
 */
#pragma once

#include <ev.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/process.h"
#include "base/worker.h"
#include "kube/cache.h"
#include "kube/cluster.h"
#include "kube/discovery.h"
#include "kube/request.h"
#include "net/aws-credentials.h"
#include "net/http-client.h"
#include "validate/check.h"

/* What all checks share; made when it is first asked for. */
struct rc_validate_services;

struct rc_validate_services_options {
	struct ev_loop *loop;
	/* A worker of rc_validate_worker_handle(), made when it is first needed; borrowed. */
	struct rc_worker_pool *(*get_pool)(void *userdata);
	const char *const *env; /* for AWS; NULL: our environment */
	/* What of a check is known only when it is looked: filled in a copy of it, texts in arena.
	 * 0: it is as it stands; 1: resolved; or why it cannot be looked. May be NULL. */
	int (*resolve)(void *userdata, const struct rc_validate_check *check,
		       struct rc_arena *arena, struct rc_validate_check *resolved,
		       struct rc_error **err);
	void *userdata;
};

struct rc_validate_services *
rc_validate_services_new(const struct rc_validate_services_options *options);
void rc_validate_services_free(struct rc_validate_services *services);
RC_DEFINE_FREEP(struct rc_validate_services, rc_validate_services_free)
struct ev_loop *rc_validate_services_get_loop(const struct rc_validate_services *services);
struct rc_net_http_client *rc_validate_services_get_http(struct rc_validate_services *services);
struct rc_worker_pool *rc_validate_services_get_pool(struct rc_validate_services *services);
struct rc_net_aws_credentials *rc_validate_services_get_aws(struct rc_validate_services *services);
const char *const *rc_validate_services_get_env(const struct rc_validate_services *services);
/* As the option; 0 without one. */
int rc_validate_services_resolve(const struct rc_validate_services *services,
				 const struct rc_validate_check *check, struct rc_arena *arena,
				 struct rc_validate_check *resolved, struct rc_error **err);

/* What is looked at: an application where it lives. All borrowed; cluster and below may be NULL. */
struct rc_validate_subject {
	const char *app, *label, *name_space;
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	struct rc_kube_cache *cache;
};

typedef void rc_validate_done_fn(void *userdata, struct rc_validate_result *result);

struct rc_validate_probe {
	const struct rc_validate_check *check; /* as it was written, or resolved */
	struct rc_validate_check resolved;
	struct rc_arena *arena; /* of its texts */
	struct rc_validate_services *services;
	const struct rc_validate_subject *subject;
	struct rc_validate_result result;
	rc_validate_done_fn *done;
	void *userdata;
	uint64_t begun_ms;
	ev_timer deadline, end;
	/* What is under way; whoever is told of its end sets it to NULL first. */
	struct rc_kube_request *kube;
	struct rc_net_http_request *http;
	struct rc_worker_job *job;
	struct rc_process *process;
	struct rc_net_aws_waiter waiter;
	json_t *notes; /* the check's own */
	size_t step;   /* the check's own */
	void (*answered)(struct rc_validate_probe *probe,
			 const struct rc_net_http_response *response);
};

/* All is borrowed until the probe is freed; done is called once, from the loop, unless it is freed
 * before. */
struct rc_validate_probe *rc_validate_probe_start(const struct rc_validate_check *check,
						  struct rc_validate_services *services,
						  const struct rc_validate_subject *subject,
						  rc_validate_done_fn *done, void *userdata);
void rc_validate_probe_free(struct rc_validate_probe *probe);

/* ---- for checks ---- */

/* It has ended; later ends of the same probe are not heard. */
void rc_validate_probe_end(struct rc_validate_probe *probe, enum rc_validate_outcome outcome,
			   const char *reason, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Could not look, because of err, which is taken over. */
void rc_validate_probe_fail(struct rc_validate_probe *probe, const char *reason,
			    struct rc_error *err);
/* What it was measured as before, it is no longer. */
void rc_validate_probe_measure(struct rc_validate_probe *probe, const char *measure, double number);
bool rc_validate_probe_has_ended(const struct rc_validate_probe *probe);
/* GET path of the subject's cluster; ends the probe and returns false where there is none. */
bool rc_validate_probe_ask(struct rc_validate_probe *probe, const char *path,
			   const struct rc_kube_query *query, rc_kube_request_done_fn *done);
/* The objects of a kind that the application has, as the cache knows them; the caller's array. */
json_t *rc_validate_probe_list(const struct rc_validate_probe *probe, const char *group,
			       const char *kind);
