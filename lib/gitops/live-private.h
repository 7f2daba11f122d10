/* What the files of live Applications share. */
#pragma once

#include <uthash.h>

#include "base/log.h"
#include "gitops/live.h"
#include "kube/request.h"
#include "kube/watch.h"

#define LIVE_GROUP "argoproj.io"

/* One Application as it is in the cluster, and what we have to say about it. */
struct live_item {
	UT_hash_handle hh;
	char *key; /* "<namespace>/<name>" */
	char *name_space, *name;
	char *id; /* what the engine knows it by */
	struct rc_live *live;

	/* As it was seen last. */
	char *resource_version, *uid;
	json_t *manifest;   /* without what is nobody's intention; NULL: not taken yet */
	json_t *status;	    /* or NULL */
	json_t *finalizers; /* or NULL */
	json_t *operation;  /* that is asked for, or NULL */
	bool is_seen;	    /* by the list that is under way */
	bool is_deleting;
	int64_t deleted_unix_s;

	/* What is made of it. */
	bool is_ours, is_taken; /* it is claimed; the engine has it from us */
	char *refusal;		/* why it is not, for people; or NULL */
	char *problem;		/* what is wrong with it, for its status; or NULL */
	int64_t rival_unix_s;	/* when somebody else wrote its status last; 0: nobody */
	bool is_operating;	/* the engine does what operation asks */
	bool is_refused;	/* and will not: */
	char *operation_error;	/* why */
	bool wants_refresh, is_refreshed;
	uint64_t n_looks; /* when it was asked for */
	bool is_done;	  /* its resources are deleted */

	/* What is written. */
	bool is_dirty;
	uint64_t dirty_ms, written_ms;
	struct rc_kube_request *request;
	unsigned int failures;
	json_t *sending; /* the patch of the status that is under way, or NULL */
	json_t *dropped; /* what of the last one the cluster did not keep, as a patch; or NULL */
};

struct live_watch {
	struct rc_live *live;
	const char *name_space;
	struct rc_kube_watch *applications, *projects;
	struct rc_error *err; /* why it is behind, or NULL */
};

struct rc_live {
	struct rc_live_options options;
	struct rc_log log;
	struct live_item *items; /* by key */
	struct live_watch *watches;
	ev_timer flush, recheck;
	int64_t started_unix_s;
	bool has_status; /* the CRD has a status subresource */
};

/* ---- live.c ---- */
struct rc_app *rc_live_find_app(const struct live_item *item);
/* Something about it is to be written, soon. */
void rc_live_mark(struct live_item *item);

/* ---- live-object.c: what an object says ---- */
/* Take object as the newest state of item, without acting on it. */
void rc_live_object_read(struct live_item *item, const json_t *object);
/* The manifest as the engine is to have it; the caller's. */
json_t *rc_live_object_strip(const json_t *object, bool is_selected);
/* When Argo CD's controller wrote it last, of the entries since; 0: not since. */
int64_t rc_live_object_find_rival(const json_t *object, int64_t since_unix_s);
/* A finalizer that is ours to take off. */
bool rc_live_object_is_finalizer(const char *text);

/* ---- live-operation.c: what an object asks for ---- */
/* Begin what item->operation asks for, if nothing is in its way. */
void rc_live_operation_start(struct live_item *item, struct rc_app *app);
/* The refresh annotation. */
void rc_live_operation_refresh(struct live_item *item, struct rc_app *app, const json_t *object);
/* Whether the engine is through with what was asked for. */
void rc_live_operation_check(struct live_item *item, const struct rc_app *app);

/* ---- live-event.c ---- */
/* status is about to be written: tell what it changes. */
void rc_live_event_tell(const struct live_item *item, const json_t *status);

/* ---- live-write.c: status, and what is taken off the object ---- */
/* Write what differs; returns whether there is more to be done later. */
bool rc_live_write(struct live_item *item);
