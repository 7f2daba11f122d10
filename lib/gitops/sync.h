/*
 * Bring one application's live state to its desired state: one run of the plan, step by step.
 *
 * The intent is journaled before the first write; a run that was interrupted is given its journal
 * again and goes on: hooks that ended well are not run twice. While it waits, it names the object
 * it waits for and why.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "base/log.h"
#include "gitops/application.h"
#include "gitops/desired.h"
#include "base/worker.h"
#include "gitops/destination.h"
#include "gitops/ignore.h"
#include "gitops/judge.h"
#include "gitops/plan.h"
#include "gitops/request.h"
#include "store/store.h"

struct rc_sync; /* one run; opaque */

#define RC_SYNC_RUN "reconciled.io/run" /* annotation of a hook: the run that made it */

/*
 * The run has ended. r is 0; -ECANCELED (terminated, or superseded by a newer commit); or why it
 * failed, rc_error_is_transient() when trying again may help. Called once, from the loop; takes
 * ownership of err. The caller records it, then calls rc_sync_forget_journal().
 */
typedef void rc_sync_done_fn(void *userdata, struct rc_sync *sync, int r, struct rc_error *err);

/* Texts and structs are borrowed and must outlive the run, except live and journal. */
struct rc_sync_options {
	struct ev_loop *loop;
	const char *instance;
	const char *revision;
	const char *initiated_by;
	const struct rc_application *application;
	struct rc_destination *destination;
	struct rc_store *store;
	const struct rc_desired *desired;
	const struct rc_plan_live *live; /* until start returns */
	size_t n_live;
	const struct rc_log *log;
	struct rc_judge *judge;		    /* may be NULL */
	const struct rc_ignore *ignore;	    /* may be NULL */
	struct rc_worker_pool *script_pool; /* for what ignore has of programs; may be NULL */
	const json_t *journal; /* of the run to go on with, until start returns; NULL: a new run */
	uint64_t wave_timeout_ms;
	unsigned int
		prune_budget; /* percent of the tracked objects that may go unasked; 100: all */
	bool prune;	      /* at all */
	bool names_rivals;    /* find out who has changed what is brought back */
	bool partial;	      /* self-heal: what is out of sync only, no hooks */
	struct rc_plan *plan; /* to run this one, of deleting the application; taken over */
	/* What somebody asked; of a run that is gone on with its journal says it. Borrowed. */
	const struct rc_request *request; /* may be NULL */
	/* -EACCES with the reason for an object that may not be written. May be NULL. */
	int (*permit)(void *userdata, const struct rc_kube_key *key, struct rc_error **err);
	/* Why it may not go on to the next wave now, the callee's to give away; NULL: it may. May
	 * be NULL. Asked again once a second. */
	char *(*hold)(void *userdata);
	/* Progress was made, or what blocks changed. May be NULL. */
	void (*changed)(void *userdata, struct rc_sync *sync);
	rc_sync_done_fn *done;
	void *userdata;
};

/* On success *ret_sync is the caller's. -EINVAL: there is no plan to be made. */
int rc_sync_start(const struct rc_sync_options *options, struct rc_sync **ret_sync,
		  struct rc_error **err);
/* Free the run; if it is under way, it stops where it is and its journal stays. */
void rc_sync_free(struct rc_sync *sync);
RC_DEFINE_FREEP(struct rc_sync, rc_sync_free)

/* Something of this application changed in the cluster. */
void rc_sync_live_changed(struct rc_sync *sync);
/* End as soon as nothing is being written, with -ECANCELED; hooks under way are deleted. */
void rc_sync_terminate(struct rc_sync *sync, const char *why);
/* The same, but only while it waits for health with no hook running. Returns whether it will. */
bool rc_sync_supersede(struct rc_sync *sync, const char *why);
/* The outcome is recorded: what was noted of this run goes. */
void rc_sync_forget_journal(struct rc_sync *sync);

/* Names the run; borrowed. */
const char *rc_sync_get_id(const struct rc_sync *sync);
const char *rc_sync_get_revision(const struct rc_sync *sync);
/* What it waits for in a sentence, or NULL. Borrowed until the loop turns. */
const char *rc_sync_get_blocked(const struct rc_sync *sync);
/* Who has changed what, in the server's words; the caller's, NULL: nobody, or nobody asked. */
char *rc_sync_describe_rivals(const struct rc_sync *sync);
/* The prunes that wait for approval, {name: why}; the caller's, NULL: there are none. */
json_t *rc_sync_list_waiting(const struct rc_sync *sync);
/* [{phase, kind, name, seconds}] of the hooks that ended; name is the prefix of one with
 * generateName. The caller's. */
json_t *rc_sync_list_hooks(const struct rc_sync *sync);
/* {step, wave, phase, blockedBy?, resources: [...]}; the caller's. */
json_t *rc_sync_describe(const struct rc_sync *sync);
