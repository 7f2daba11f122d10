/* What the parts of pushing share. */
#pragma once

#include "secrets/manager-private.h"
#include "secrets/push.h"
#include "secrets/reference.h"

#define PUSH_KIND      "PushSecret"
#define PUSH_FINALIZER "pushsecret.externalsecrets.io/finalizer"

struct push_run;

/* One PushSecret. */
struct push {
	UT_hash_handle hh; /* by label */
	struct secrets_pushes *pushes;
	char *name_space, *name, *label; /* label: "namespace/name" */
	struct rc_log log;
	json_t *object;	     /* as it is in the cluster, with its status */
	json_t *next_object; /* came while a run was under way */
	bool is_gone;	     /* it went meanwhile */
	ev_timer due;
	int64_t started_unix_s;
	unsigned int attempts;		/* failures in a row */
	struct secrets_clients clients; /* of the last run; they keep their logins in use */
	struct push_run *run;		/* NULL: none is under way */
	char *pushed;			/* sealed hash of what was pushed last */
	bool is_pushed_known;
	struct rc_error *error;
	uint64_t duration_ns;
};

struct secrets_pushes {
	struct rc_secrets_manager *manager;
	struct push *all;
	unsigned int n_running;
};

/* One run; push-run.c says how it goes. */
struct push_run {
	struct push *push;
	struct rc_flow flow;
	uint64_t began_ms;
	char *version, *sealed;
	bool is_removal;     /* the PushSecret is being deleted */
	bool is_source_gone; /* what it pushed goes, too */
	json_t *stores;	     /* [{kind, name, labels}], as in the push's clients */
	json_t *names;	     /* Secrets that are still to be read, the last first */
	json_t *sources;     /* [{type, metadata, data: {key: text}}] */
	json_t *texts;	     /* of templateFrom */
	size_t n_texts;
	json_t *tasks; /* [{store, data, values, source}] */
	size_t next_task;
	json_t *synced; /* {store: {place: data}}: written now */
	json_t *left;	/* the same: written before and not taken away */
	char *store_at, *place_at;
	struct rc_kube_request *request;
	struct rc_secrets_client *generator;
	struct rc_secrets_call *call;
	struct rc_secrets_loading *loading;
};

static inline struct push_run *rc_secrets_push_run_of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct push_run, flow);
}

static inline const struct rc_secrets_manager_options *
rc_secrets_push_options(const struct push_run *run)
{
	return &run->push->pushes->manager->options;
}

static inline bool push_is_deleted(const json_t *object)
{
	return rc_json_get(object, "metadata", "deletionTimestamp", NULL) != NULL;
}

/* ---- push.c ---- */
/* The run has ended; sealed (of what it began with) and err are taken over. */
void rc_secrets_push_ended(struct push *push, int r, char *sealed, struct rc_error *err);
/* Names of the Secrets that it pushes; the caller's. */
json_t *rc_secrets_push_list_secrets(const struct push *push);
/* Its stores that are ours: [{kind, name, labels}]. -ENOENT: one is not there; -EINVAL. */
int rc_secrets_push_list_stores(const struct push *push, json_t **ret_stores,
				struct rc_error **err);
/* A text that is another when what it pushes is; the caller's. */
char *rc_secrets_push_seal(const struct push *push);
bool rc_secrets_push_has_finalizer(const json_t *object);
bool rc_secrets_push_takes_away(const json_t *object); /* deletionPolicy */

/* ---- push-run.c ---- */
void rc_secrets_push_start(struct push *push);
void rc_secrets_push_cancel(struct push *push);

/* ---- push-source.c: steps of a run ---- */
int rc_secrets_push_read(struct rc_flow *flow, struct rc_error **err);
int rc_secrets_push_read_texts(struct rc_flow *flow, struct rc_error **err);
/* In place: what the templates make comes beside what is there. */
int rc_secrets_push_apply(const struct push_run *run, json_t *source, struct rc_error **err);

/* ---- push-status.c ---- */
/* synced: {"SecretStore/vault": {"app/key": data}}. */
void rc_secrets_push_tell_done(struct push *push, const char *version, const json_t *synced);
void rc_secrets_push_tell_source_gone(struct push *push);
/* err is borrowed; synced NULL: as before. */
void rc_secrets_push_tell_failure(struct push *push, const struct rc_error *err,
				  const json_t *synced);
