/* What the files of a run share. */
#pragma once

#include "base/buf.h"
#include "base/flow.h"
#include "gitops/sync.h"
#include "kube/apply.h"

enum sync_stage {
	SYNC_STAGE_BEGIN,
	SYNC_STAGE_PRUNE,
	SYNC_STAGE_GONE,
	SYNC_STAGE_CLEAN, /* what an earlier run's hooks left */
	SYNC_STAGE_APPLY,
	SYNC_STAGE_HEALTH,
};

struct sync_call;
struct sync_write;
struct sync_question;

struct rc_sync {
	struct rc_sync_options options;
	struct rc_request request;
	struct rc_application_options how; /* the application's, and what was asked */
	struct rc_flow flow;
	struct rc_plan *plan;
	char id[17];
	json_t *journal; /* {id, revision, startedAt, hooks: {task: {uid, state}}} */

	struct sync_call *calls; /* requests under way */
	unsigned int n_calls;

	struct sync_write *writes;	 /* one per task */
	struct sync_question *questions; /* that the worker of programs has */
	size_t begin, end;		 /* the tasks of the current wave */
	size_t group;			 /* where the next kind begins */
	enum sync_stage stage;
	uint64_t wave_since_ms; /* when its health wait began */
	uint64_t explained_ms;	/* when pods were asked about last */
	size_t n_degraded;	/* tasks that were Degraded at the last look */
	uint64_t degraded_since_ms;
	ev_timer tick;
	ev_timer again;	      /* when to look again at what the cluster does in its own time */
	unsigned int n_asked; /* how often it was */

	struct rc_buf rivals;	  /* who has changed what */
	struct rc_error *failure; /* why the run fails; SyncFail hooks run with it set */
	char *stop;		  /* why it is to end, or NULL */
	bool is_stopping, is_ignore_asked, are_rivals_asked;

	size_t blocker; /* task that is waited for; plan->n: none */
	char *blocked;	/* in a sentence, or NULL */
	char *pods;	/* why its pods are not ready, or NULL */
	char *event;	/* what the cluster said of it, or NULL */
};

/* ---- sync-call.c: requests of tasks, counted; the flow is resumed when the last one ended ---- */

typedef void sync_call_fn(struct rc_sync *sync, struct rc_task *task, int r,
			  const struct rc_kube_answer *answer, struct rc_error *err);
/* A slot for one request; done is given to it and takes err. */
struct sync_call *rc_sync_call_new(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done);
rc_kube_request_done_fn rc_sync_call_on_done;
void rc_sync_call_set(struct sync_call *call, struct rc_kube_request *request);
void rc_sync_call_cancel_all(struct rc_sync *sync);
/* The resource of a task's kind as the cluster serves it now, or NULL. */
const struct rc_kube_resource *rc_sync_call_resource(const struct rc_sync *sync,
						     const struct rc_task *task);

/* ---- sync-check.c: the steps before the first wave ---- */
rc_step_fn rc_sync_check_look, rc_sync_check_open, rc_sync_check_namespace, rc_sync_check_run;

/* ---- sync-kind.c: kinds that the plan itself brings ---- */

/* A CustomResourceDefinition of the plan defines task's kind. */
bool rc_sync_kind_is_promised(const struct rc_sync *sync, const struct rc_task *task);
/* 0: the kind of the plan's task i is served and followed; 1: not yet, and sync->blocked says so;
 * or an error. */
int rc_sync_kind_wait(struct rc_sync *sync, size_t i, struct rc_error **err);

/* ---- sync-wave.c: one wave after the other ---- */
rc_step_fn rc_sync_wave_run, rc_sync_wave_run_failed;
void rc_sync_wave_on_written(struct rc_sync *sync, struct rc_task *task, int r,
			     const struct rc_kube_answer *answer, struct rc_error *err);
/* Delete what task names. */
void rc_sync_wave_delete(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done);

/* ---- sync-write.c: what is sent for a task ---- */

/* Write task, or (dry_run) ask whether it could be; done is called once, perhaps at once. */
void rc_sync_write_start(struct rc_sync *sync, struct rc_task *task, bool dry_run,
			 sync_call_fn *done);
/* Ask whether task could be written without taking a field from anybody; done as above. */
void rc_sync_write_probe(struct rc_sync *sync, struct rc_task *task, sync_call_fn *done);
/* It was refused because a field cannot be changed, and Force=true says to make it anew. */
bool rc_sync_write_is_forced(const struct rc_sync *sync, const struct rc_task *task, int r,
			     const struct rc_error *err);
/* A hook whose last run is deleted before this one: what cannot be changed about it need not be. */
bool rc_sync_write_is_replaced(const struct rc_task *task, int r, const struct rc_error *err);

/* ---- sync-ignore.c: what ignoreDifferences' programs say about live objects ---- */
rc_step_fn rc_sync_ignore_run;
void rc_sync_ignore_cancel(struct rc_sync *sync);

/* ---- sync-rivals.c: who has changed what this run brings back ---- */
rc_step_fn rc_sync_rivals_run;

/* ---- sync-health.c: whether a wave is well ---- */

/* 0: every task of the wave is; 1: not yet, and sync->blocked says why, or the stage is again the
 * one that writes what is lost; or an error. */
int rc_sync_health_judge(struct rc_sync *sync, struct rc_error **err);
void rc_sync_health_set_blocked(struct rc_sync *sync, size_t task, const char *text);

/* ---- sync-hook.c: hooks, from their making to their end ---- */

/* The object to create; the caller's. */
json_t *rc_sync_hook_make(const struct rc_sync *sync, const struct rc_task *task);
/* What the journal says of task's hook ("done", "failed", "running"), or NULL. */
const char *rc_sync_hook_recall(const struct rc_sync *sync, const struct rc_task *task);
/* seconds: that it took; of one that runs 0. */
int rc_sync_hook_note(struct rc_sync *sync, struct rc_task *task, const char *state, double seconds,
		      struct rc_error **err);
/* live was made by this run, for this phase. */
bool rc_sync_hook_is_of_run(const struct rc_sync *sync, const struct rc_task *task,
			    const json_t *live);
/* Let an object of an earlier run go: take our finalizer off. */
void rc_sync_hook_release(struct rc_sync *sync, struct rc_task *task, const json_t *live);
/* Delete what policies and the outcome say, and take our finalizers off. */
rc_step_fn rc_sync_hook_clean;
/* Write the journal. */
int rc_sync_hook_save_journal(struct rc_sync *sync, struct rc_error **err);
