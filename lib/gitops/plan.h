/*
 * What a sync will do, in order: a pure function of what is desired and what is there.
 *
 * Tasks are ordered by phase, wave, kind rank, name. Prunes go in mirrored wave order (the highest
 * wave is deleted first), before the same wave's creates; with PruneLast in one wave after all.
 * A Namespace moves ahead of the first object that lives in it, a CRD ahead of its first resource.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "gitops/desired.h"
#include "gitops/request.h"

enum rc_action {
	RC_ACTION_APPLY, /* create or change */
	RC_ACTION_KEEP,	 /* in sync already: nothing is written, but its health is waited for */
	RC_ACTION_PRUNE, /* delete */
	RC_ACTION_HOOK,	 /* create, wait for its end */
};

enum rc_task_state {
	RC_TASK_PENDING,
	RC_TASK_RUNNING, /* written, not healthy (pruned: not gone) yet */
	RC_TASK_DONE,
	RC_TASK_FAILED,
	RC_TASK_SKIPPED, /* such as a prune that is not allowed; counts as success */
};

struct rc_task {
	enum rc_action action;
	enum rc_phase phase;
	int wave;
	const struct rc_desired_item *item; /* NULL for a prune; borrowed from the desired state */
	struct rc_kube_key key;		    /* texts in key_block */
	struct rc_kube_key *key_block;
	char *name;	 /* of a hook with generateName: the one it gets; else NULL */
	bool is_last;	 /* a prune that comes after all waves */
	bool is_created; /* it is not there yet */
	bool is_checked; /* a dry run has accepted it */
	bool is_waiting; /* a prune that somebody has to approve first */
	char *owner;	 /* the other application that has it; or NULL */
	/* How it went; the plan's. */
	enum rc_task_state state;
	unsigned int n_lost; /* how often somebody deleted it while the run waited for it */
	int64_t begun_unix_s, ended_unix_s; /* 0: not yet */
	char *message;			    /* may be NULL */
	char *uid;			    /* of what was created; may be NULL */
	json_t *live;			    /* what was found untracked; else NULL */
	json_t *paths; /* of ignoreDifferences' programs: [in what is desired, in live]; or NULL */
};

/* And remember when. */
void rc_task_set_state(struct rc_task *task, enum rc_task_state state);

struct rc_plan {
	struct rc_task *tasks; /* in the order they are run */
	size_t n;
};

/* What is live of one application, as the plan needs it. */
struct rc_plan_live {
	struct rc_kube_key key;	 /* borrowed */
	struct rc_traits traits; /* of the live object: a prune obeys them */
	int wave;		 /* its sync wave annotation */
	bool is_owned;		 /* has ownerReferences: never pruned */
	bool is_in_sync;	 /* compared equal */
	bool is_predicted;	 /* a dry run has just accepted what is desired of it */
	bool is_terminating;
	const char *owner; /* the other application that has it; borrowed, or NULL */
};

struct rc_plan_options {
	bool prune;			  /* extra objects may be deleted */
	bool no_prune, prune_confirm;	  /* sync options of the application */
	unsigned int prune_budget;	  /* percent of all objects that may go unasked */
	const struct rc_request *request; /* may be NULL */
	bool prune_last;		  /* for all, as a sync option of the application */
	bool no_hooks;			  /* self-heal, rollback and partial syncs run none */
	bool only_out_of_sync;
	bool trusts_predictions; /* made a moment ago: they need not be repeated */
	bool create_namespace;	 /* make a task for name_space if no manifest does and it is missing
				  */
	const char *name_space;
	const char *revision; /* for names of hooks with generateName */
	int64_t started_unix_s;
	/* Namespace metadata of managedNamespaceMetadata, or NULL. */
	const json_t *namespace_metadata;
	bool namespace_exists;
};

/* live: all that is tracked as this app's, and what desired names though untracked. */
int rc_plan_make(const struct rc_desired *desired, const struct rc_plan_live *live, size_t n_live,
		 const struct rc_plan_options *options, struct rc_plan **ret_plan,
		 struct rc_error **err);

/* Of deleting an application. */
struct rc_plan_delete_options {
	bool with_resources;		/* what is live is deleted; else only hooks are run */
	bool no_delete, needs_approval; /* the application's Delete=false, Delete=confirm */
	bool is_approved;		/* somebody said that it may go */
	const char *app;		/* its own object, if it is among the live ones, stays */
	const char *revision;		/* for names of hooks with generateName */
	int64_t started_unix_s;
};

/*
 * Hooks of phase PreDelete (as phase PreSync of the plan), then everything live, the highest wave
 * first, then hooks of phase PostDelete (as PostSync). What stays is skipped: objects of owners,
 * CustomResourceDefinitions, Delete=false, helm.sh/resource-policy: keep. A task that waits for
 * approval is_waiting. desired may be NULL: no hooks.
 */
void rc_plan_make_deletion(const struct rc_desired *desired, const struct rc_plan_live *live,
			   size_t n_live, const struct rc_plan_delete_options *options,
			   struct rc_plan **ret_plan);
void rc_plan_free(struct rc_plan *plan);
RC_DEFINE_FREEP(struct rc_plan, rc_plan_free)

/* Rank of a kind inside a wave, from 0; kinds without one sort after all. */
unsigned int rc_plan_rank(const char *group, const char *kind);
/* How many objects the plan deletes. */
size_t rc_plan_count_prunes(const struct rc_plan *plan);
/* First index of the (phase, wave) after the one that task i belongs to; n at the end. */
size_t rc_plan_next_wave(const struct rc_plan *plan, size_t i);
