/* One refresh under way. */
#pragma once

#include "secrets/manager-private.h"
#include "secrets/reference.h"

/* One key that is read; several remotes may use it. */
struct secrets_read {
	struct secrets_read *prev, *next;
	struct secrets_refresh *refresh;
	struct rc_secrets_call *call;
	char *source; /* names it in what is remembered */
	json_t *document;
	bool is_missing;
};

/* A generator that is fetched. */
struct secrets_load {
	struct secrets_refresh *refresh;
	struct rc_kube_request *request;
	json_t *object;
};

struct secrets_refresh {
	struct secrets_entry *entry;
	struct rc_flow flow;
	bool mints; /* what is leased is read again, too */
	uint64_t began_ms;
	char *version;		    /* what it is made for */
	struct secrets_load *loads; /* one for each source */
	size_t n_loads, n_texts;
	struct rc_secrets_loading *loading; /* texts of templates */
	json_t *texts;
	struct secrets_read *reads;
	unsigned int n_open;
	struct rc_error *read_error;
	bool is_unknown; /* a read failed that may have minted */
	json_t *used;	 /* {source: document}: leased before and used again */
	json_t *values, *live, *secret;
	struct rc_kube_request *request;
	struct rc_secrets_restart *restart;
	bool is_changed, is_missing, is_promoted;
};

/* ---- refresh-source.c ---- */
int rc_secrets_refresh_load(struct rc_flow *flow, struct rc_error **err);
int rc_secrets_refresh_open(struct rc_flow *flow, struct rc_error **err);
void rc_secrets_refresh_free_loads(struct secrets_refresh *refresh);

/* ---- refresh-read.c ---- */
int rc_secrets_refresh_read(struct rc_flow *flow, struct rc_error **err);
/* What the reads gave, put together; after it they are gone. */
int rc_secrets_refresh_build(struct rc_flow *flow, struct rc_error **err);
void rc_secrets_refresh_free_reads(struct secrets_refresh *refresh);

/* ---- refresh-write.c ---- */
int rc_secrets_refresh_look(struct rc_flow *flow, struct rc_error **err);
int rc_secrets_refresh_write(struct rc_flow *flow, struct rc_error **err);
int rc_secrets_refresh_prune(struct rc_flow *flow, struct rc_error **err);
/* The Secret holds what was read: leases follow. */
void rc_secrets_refresh_promote(struct secrets_refresh *refresh);

/* ---- pending.c ---- */
int rc_secrets_refresh_restart(struct rc_flow *flow, struct rc_error **err);
/* hash: of the Secret that is about to be written, and to be rolled for; NULL: all is done. */
int rc_secrets_pending_note(struct secrets_entry *entry, const char *hash, struct rc_error **err);

static inline struct secrets_refresh *rc_secrets_refresh_of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct secrets_refresh, flow);
}
