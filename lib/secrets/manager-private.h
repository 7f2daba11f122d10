/* What the manager, its queue, its refreshes and its leases share. */
#pragma once

#include <uthash.h>

#include "base/flow.h"
#include "base/log.h"
#include "kube/apply.h"
#include "kube/cache.h"
#include "secrets/context.h"
#include "secrets/external.h"
#include "secrets/fanout.h"
#include "secrets/follow.h"
#include "secrets/lease.h"
#include "secrets/manager.h"
#include "secrets/pods.h"
#include "secrets/provider.h"
#include "secrets/push.h"
#include "secrets/restart.h"
#include "secrets/seal.h"

#define SECRETS_GROUP	"external-secrets.io"
#define SECRETS_CONTENT "reconciled.io/content" /* annotation; in the cache only */

/* Annotation; in the cache only: seconds since the epoch. */
#define SECRETS_CERTIFICATE_END "reconciled.io/certificate-end"

struct secrets_refresh;

/* The first come first. */
enum secrets_urgency {
	SECRETS_ROTATION, /* credentials near their end */
	SECRETS_MISSING,  /* a Secret that pods may wait for */
	SECRETS_EDITED,	  /* somebody waits for it */
	SECRETS_INTERVAL,
};

/* Keeps the token of a lease alive. */
struct secrets_hold {
	struct secrets_hold *prev, *next;
	char *lease_id;
	struct rc_vault_token *token;
};

/* A store or generator as it is used. */
struct secrets_client {
	char *name; /* "SecretStore/vault" */
	struct rc_secrets_client *client;
};
struct secrets_clients {
	struct secrets_client *at;
	size_t n;
};

/* One ExternalSecret. */
struct secrets_entry {
	UT_hash_handle hh; /* by label */
	struct rc_secrets_manager *manager;
	char *name_space, *name, *label; /* label: "namespace/name" */
	struct rc_log log;
	struct rc_secrets_external *external; /* NULL: it cannot be understood; error says why */
	json_t *object;			      /* as it is in the cluster, with its status */
	json_t *next_object;		      /* came while a refresh was under way */
	bool is_foreign;		      /* a store that it names is another controller's */
	bool is_gone; /* only its leases are left; what external says is made up of these */

	/* When. */
	ev_timer due;
	int64_t due_unix_s, started_unix_s;
	bool is_wished;	       /* new values are asked for out of turn */
	bool is_dirty;	       /* something changed while a refresh was under way */
	unsigned int attempts; /* failures in a row */
	struct secrets_entry *queue_prev, *queue_next;
	bool is_queued, mints;
	enum secrets_urgency urgency;

	/* With whom. */
	struct secrets_clients clients;	 /* of the last refresh; they keep their logins in use */
	struct rc_vault_server *server;	 /* the first that has one */
	struct secrets_refresh *refresh; /* NULL: none is under way */

	/* Dynamic credentials. */
	struct rc_secrets_lease_record record;
	struct secrets_hold *holds;
	json_t *kept, *kept_next; /* {source: what was read}; of the current and the next ones */
	struct rc_secrets_call *tending;
	enum rc_secrets_lease_which tended;
	char *tended_id;
	struct rc_secrets_pods *looking;
	bool is_settled; /* nobody uses the old ones */
	unsigned int n_old_pods;
	char *old_pod; /* one of them */
	int64_t look_at_unix_s;

	/* What is still to be rolled for the Secret. */
	char *roll_for; /* its sealed hash; NULL: nothing */
	bool is_roll_known;
	json_t *restarted; /* {time, workloads} of the last that were rolled, or NULL */
	struct rc_secrets_restart *rolling; /* outside of a refresh */
	unsigned int roll_attempts;
	int64_t roll_at_unix_s;

	/* How it is. */
	struct rc_error *error;
	uint64_t n_syncs, n_errors, duration_ns, n_mints, n_renewals, n_revocations;
	int64_t synced_unix_s;
};

struct rc_secrets_manager {
	struct rc_secrets_manager_options options;
	struct rc_log log;
	struct rc_secrets_context context;
	struct rc_kube_cache *objects; /* ExternalSecrets and stores, whole */
	struct rc_secret *seal;	       /* of hashes of contents */
	struct secrets_follow *follow;
	struct secrets_fanout *fanout;
	struct secrets_pushes *pushes;
	struct rc_kube_cache *contents; /* Secrets, ConfigMaps, ServiceAccounts: their hash only */
	struct secrets_entry *entries;
	struct secrets_entry *queue; /* due, the most urgent first */
	unsigned int n_running;
	double credit; /* starts that are allowed now */
	uint64_t credited_ms;
	ev_timer turn;
	struct secrets_store_check *checks;
	ev_timer settle;  /* what stores refer to changed: looked at when no more comes */
	bool is_ending;	  /* it is freed, and others may come for the leases */
	bool has_orphans; /* leases whose ExternalSecret is gone were looked for */
};

/* ---- queue.c: when what is done ---- */
/* Look at an entry again: what is due is begun or queued, else a timer is set. */
void rc_secrets_queue_evaluate(struct secrets_entry *entry);
void rc_secrets_queue_evaluate_all(struct rc_secrets_manager *manager);
/* The same, but from the loop. */
void rc_secrets_queue_wake(struct secrets_entry *entry, double seconds);
void rc_secrets_queue_init(struct secrets_entry *entry);
void rc_secrets_queue_remove(struct secrets_entry *entry);
void rc_secrets_queue_begin(struct rc_secrets_manager *manager);
void rc_secrets_queue_end(struct rc_secrets_manager *manager);
/* A refresh has ended, or a server is back: the next ones. */
void rc_secrets_queue_turn(struct rc_secrets_manager *manager);

/* ---- refresh.c, refresh-write.c: one refresh ---- */
void rc_secrets_refresh_start(struct secrets_entry *entry);
void rc_secrets_refresh_cancel(struct secrets_entry *entry);
void rc_secrets_refresh_free_clients(struct secrets_clients *clients);
struct rc_vault_server *rc_secrets_refresh_find_server(const struct secrets_clients *clients);

/* ---- tend.c: leases ---- */
void rc_secrets_tend_load(struct secrets_entry *entry);
/* Its ExternalSecret is gone: all leases are old. Returns whether there are any. */
bool rc_secrets_tend_leave(struct secrets_entry *entry);
/* durable before it returns. */
int rc_secrets_tend_save(struct secrets_entry *entry, struct rc_error **err);
void rc_secrets_tend_done(struct secrets_entry *entry);
/* Renew or revoke what has to be; what else is to be done comes back: ROTATE, or WAIT until. */
struct rc_secrets_lease_decision rc_secrets_tend(struct secrets_entry *entry);
/* A lease was minted under a token (NULL: not known). */
void rc_secrets_tend_hold(struct secrets_entry *entry, const char *lease_id,
			  struct rc_vault_token *token);
/* All dynamic values that are in the Secret are known: it can be made again without new ones. */
bool rc_secrets_tend_is_kept(const struct secrets_entry *entry);
/* Tokens were renewed or lost. */
void rc_secrets_tend_note_tokens(struct rc_secrets_manager *manager);

/* ---- pending.c ---- */
/* What was to be rolled when we were ended, or failed, is rolled now. */
void rc_secrets_pending_resume(struct secrets_entry *entry);
void rc_secrets_pending_cancel(struct secrets_entry *entry);

/* ---- status.c ---- */
/* The refresh has ended; err is taken over. */
void rc_secrets_status_success(struct secrets_entry *entry, const char *version, bool is_changed,
			       const char *reason, const char *message);
void rc_secrets_status_failure(struct secrets_entry *entry, struct rc_error *err);

/* ---- manager.c ---- */
struct secrets_entry *rc_secrets_manager_find(const struct rc_secrets_manager *manager,
					      const char *name_space, const char *name);
/* What Secrets, ConfigMaps and accounts there are is known. */
bool rc_secrets_manager_is_ready(const struct rc_secrets_manager *manager);
/* Those that name this store and wait for it need wait no longer. */
void rc_secrets_manager_wake_users(struct rc_secrets_manager *manager, const json_t *store);
/* A new one; its leases are those that are remembered. */
struct secrets_entry *rc_secrets_manager_add(struct rc_secrets_manager *manager,
					     const char *name_space, const char *name);
/* Its ExternalSecret is gone: its leases are looked after until there are none. */
void rc_secrets_manager_leave(struct secrets_entry *entry);
/* A refresh has ended: what came meanwhile counts now. */
void rc_secrets_manager_catch_up(struct secrets_entry *entry);
/* An entry whose ExternalSecret is gone has no leases left; it is freed. */
void rc_secrets_manager_drop(struct secrets_entry *entry);
/* A store as it is named in a namespace, or NULL; the caller's. */
json_t *rc_secrets_manager_load_store(const struct rc_secrets_manager *manager,
				      const char *user_space, const char *kind, const char *name);
/* The same as a client of it, if user_space may use it (refresh-source.c). -ENOENT: there is none.
 */
int rc_secrets_manager_open_store(struct rc_secrets_manager *manager, const char *user_space,
				  const char *kind, const char *name,
				  struct rc_secrets_client **ret_client, struct rc_error **err);
/* A kind of External Secrets as the cluster serves it, or NULL. */
const struct rc_kube_resource *rc_secrets_manager_resource(const struct rc_secrets_manager *manager,
							   const char *kind);
/* The hash of what a Secret holds, as the watch tells it; the caller's, or NULL. */
json_t *rc_secrets_manager_load_content(const struct rc_secrets_manager *manager, const char *kind,
					const char *name_space, const char *name);

/* ---- contents.c: besides rc_secrets_manager_is_ready() and what loads ---- */
/* In place, for the cache. */
void rc_secrets_contents_trim(void *userdata, json_t *object);
void rc_secrets_contents_watch(struct rc_secrets_manager *manager);
bool rc_secrets_contents_can_watch(const struct rc_secrets_manager *manager,
				   const struct rc_kube_resource *resource);

/* ---- orphan.c ---- */
void rc_secrets_orphan_find(struct rc_secrets_manager *manager);

/* ---- check.c: whether stores can be used ---- */
void rc_secrets_check_update(struct rc_secrets_manager *manager, const json_t *store);
void rc_secrets_check_forget(struct rc_secrets_manager *manager, const char *kind,
			     const char *name_space, const char *name);
/* What stores refer to changed, or is known for the first time. */
void rc_secrets_check_again(struct rc_secrets_manager *manager);
void rc_secrets_check_free_all(struct rc_secrets_manager *manager);
/* As rc_secrets_manager_write_samples(). */
void rc_secrets_check_write_samples(const struct rc_secrets_manager *manager, const char *metric,
				    struct rc_buf *out);
