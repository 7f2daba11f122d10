/* What the manager and its refreshes share. */
#pragma once

#include "base/flow.h"
#include "base/log.h"
#include "kube/apply.h"
#include "kube/cache.h"
#include "secrets/external.h"
#include "secrets/manager.h"
#include "secrets/provider.h"
#include "secrets/restart.h"

#define SECRETS_GROUP "external-secrets.io"

struct secrets_read;

/* One ExternalSecret. */
struct secrets_entry {
	struct secrets_entry *prev, *next;
	struct rc_secrets_manager *manager;
	char *name_space, *name, *label; /* label: "namespace/name" */
	struct rc_log log;
	struct rc_secrets_external *external; /* NULL: it cannot be understood; error says why */
	json_t *object;			      /* as it is in the cluster, with its status */
	ev_timer due;
	int64_t due_unix_s;
	bool is_forced, is_dirty;
	unsigned int attempts; /* failures in a row */
	bool is_seen;

	/* A refresh under way. */
	struct rc_flow flow;
	int64_t started_unix_s;
	struct rc_secrets_store store;
	json_t *store_object;
	struct secrets_read *reads;
	unsigned int n_reads;
	json_t *data, *live, *secret;
	struct rc_kube_request *request;
	struct rc_secrets_restart *restart;
	struct rc_error *read_error;
	char *version; /* what it is made for */
	char *hash_before;
	int64_t lease_s; /* the shortest of what was read; 0: none */
	bool is_changed, is_missing;

	/* How it is. */
	struct rc_error *error;
	int64_t lease_due_unix_s, lease_end_unix_s;
	uint64_t n_syncs, n_errors, duration_ns, began_ms;
};

struct rc_secrets_manager {
	struct rc_secrets_manager_options options;
	struct rc_log log;
	struct rc_secrets_providers *providers;
	struct rc_kube_cache *objects; /* ExternalSecrets and stores, whole */
	struct rc_kube_cache *secrets; /* Secrets that are managed; data as its hash only */
	struct secrets_entry *entries;
	struct secrets_store_check *checks;
};

/* ---- refresh.c ---- */
void rc_secrets_refresh_init(struct secrets_entry *entry);
void rc_secrets_refresh_start(struct secrets_entry *entry);
void rc_secrets_refresh_cancel(struct secrets_entry *entry);

/* ---- manager.c ---- */
/* The refresh has ended; err is taken over. */
void rc_secrets_manager_done(struct secrets_entry *entry, int r, struct rc_error *err);
/* The store an entry names, or NULL; the caller's. */
json_t *rc_secrets_manager_load_store(const struct secrets_entry *entry);
/* Its ExternalSecret's kind as the cluster serves it, or NULL. */
const struct rc_kube_resource *rc_secrets_manager_resource(const struct rc_secrets_manager *manager,
							   const char *kind);

/* ---- check.c: whether stores can be used ---- */
void rc_secrets_check_update(struct rc_secrets_manager *manager, const json_t *store);
void rc_secrets_check_forget(struct rc_secrets_manager *manager, const char *kind,
			     const char *name_space, const char *name);
void rc_secrets_check_free_all(struct rc_secrets_manager *manager);
