/*
 * The secrets reconciler of one cluster: every ExternalSecret there, its store, its Secret, and the
 * workloads that read it.
 *
 * ExternalSecrets and stores are watched where the cluster has these kinds. A refresh happens when
 * External Secrets would do one, with two differences: within the lease of dynamic credentials the
 * interval mints no new ones, and they are replaced at two thirds of their life. Nothing is written
 * unless all of it was read; an error leaves the Secret as it is.
 */
#pragma once

#include <stdbool.h>

#include <ev.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "kube/cluster.h"
#include "kube/discovery.h"
#include "kube/events.h"
#include "store/store.h"
#include "vault/pool.h"

struct rc_secrets_manager;

/* All borrowed; they must outlive the manager. */
struct rc_secrets_manager_options {
	struct ev_loop *loop;
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	struct rc_kube_events *events;
	struct rc_store *store;
	struct rc_vault_pool *vault; /* logins; outlives managers, so that a reload keeps them */
	bool only_own_class;	     /* External Secrets runs beside us: see store.h */
	bool has_generic_targets;    /* target.manifest may be made, of any kind */
	const char *name;	     /* of the cluster: tells its entries in the store apart */
	/*
	 * {kind, namespace, name, ready, message} of an ExternalSecret whose refresh ended, or of a
	 * store that was looked at; of the former also "rotates": there are dynamic credentials to
	 * be replaced, and "expires": these end soon and could not be. May be NULL.
	 */
	void (*changed)(void *userdata, const json_t *what);
	void *userdata;
};

struct rc_secrets_manager *rc_secrets_manager_new(const struct rc_secrets_manager_options *options);
void rc_secrets_manager_free(struct rc_secrets_manager *manager);
RC_DEFINE_FREEP(struct rc_secrets_manager, rc_secrets_manager_free)

/* Discovery learnt something: the kinds may be there now. */
void rc_secrets_manager_on_discovery(struct rc_secrets_manager *manager);

/* Append {namespace, name, store, ready, reason, message, refreshTime, nextRefresh, leaseEnd,
 * target, restarted: {time, workloads: ["Deployment/web"]}} of each ExternalSecret to an array;
 * values are in none. */
void rc_secrets_manager_list(const struct rc_secrets_manager *manager, json_t *to);
/* Append {kind, namespace, name, provider, ready, message, lastError, lastErrorTime, checkTime,
 * loginTime, tokenEnd, server: {url, breaker, pausedSeconds, message}} of each store of ours. */
void rc_secrets_manager_list_stores(const struct rc_secrets_manager *manager, json_t *to);
/* One of them; NULL when there is none. The caller's. */
json_t *rc_secrets_manager_get(const struct rc_secrets_manager *manager, const char *name_space,
			       const char *name);
/* Read it from its store now, new dynamic credentials included. -ENOENT. */
int rc_secrets_manager_refresh(struct rc_secrets_manager *manager, const char *name_space,
			       const char *name, struct rc_error **err);
/* Samples in Prometheus' text format, under External Secrets' names; without HELP and TYPE. */
void rc_secrets_manager_write_samples(const struct rc_secrets_manager *manager, const char *metric,
				      struct rc_buf *out);
