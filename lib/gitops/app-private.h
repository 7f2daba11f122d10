/* What the files of an application share. */
#pragma once

#include <utlist.h>

#include "base/flow.h"
#include "base/log.h"
#include "gitops/app.h"
#include "gitops/engine.h"
#include "gitops/ignore.h"
#include "gitops/operation.h"
#include "gitops/request.h"
#include "gitops/resources.h"
#include "gitops/source.h"
#include "gitops/sync.h"
#include "gitops/window.h"

struct app_call;
struct app_diff;
struct app_orphans;
struct app_preview;
struct app_question;
struct app_tree;
struct app_undo;

struct rc_app {
	struct rc_engine *engine;
	struct rc_application *declared;    /* by its manifest */
	struct rc_application *application; /* the same, or what a rollback makes of it */
	struct rc_ignore *ignore;
	char *label;
	uint64_t source_hash;
	struct rc_log log;

	/* The look. */
	struct rc_flow flow;
	struct rc_repository **repositories; /* one per source; borrowed */
	char **wants;			     /* one per source: the revision that is followed */
	struct rc_destination *destination;  /* borrowed; NULL: there is none of that name */
	bool is_dirty, is_live_dirty;	     /* look from the start; from the comparison on */
	bool is_hard;
	ev_timer turn;	   /* the next look */
	ev_timer decision; /* when waiting is over */
	uint64_t begun_ms;
	unsigned int failures; /* in a row */
	struct rc_worker_job *job;
	struct app_call *calls; /* dry runs under way */
	struct app_diff *diffs; /* asked for by somebody */
	struct app_preview *previews;
	struct app_tree *trees;
	struct app_undo *undos;
	struct app_orphans *orphans;	/* NULL: its project does not ask for them */
	struct app_question *questions; /* that the worker of programs has */
	unsigned int n_asked;		/* dry runs and questions of this look */
	bool is_asking;			/* the step waits for their answers */
	struct rc_error *ignore_error;	/* why ignoreDifferences cannot be followed, or NULL */

	/* What it saw. */
	char *revision;	   /* the commits of the sources, joined by '+' */
	char *pinned;	   /* a commit asked for by hand, for the next run; or NULL */
	char *render_key;  /* what the manifests were made of */
	json_t *manifests; /* as rendered, until they are read; else NULL */
	json_t *warnings, *types;
	json_t *outputs;       /* values that stacks give, as they stand in the values; or NULL */
	json_t *images;	       /* of the pods in what was rendered, in order */
	bool is_app_of_apps;   /* Applications are among it */
	json_t *needs;	       /* what the charts lack, as the render worker says; or NULL */
	json_t *charts;	       /* what was fetched for it, */
	char *charts_revision; /* and for which revision */
	bool is_fresh_wanted;  /* resolve ranges anew */
	struct {
		json_t *wanted;	 /* what the render worker has no answer for; or NULL */
		json_t *answers; /* {key: {object} or {error}}, for this look; or NULL */
		size_t at;	 /* of wanted: the one that is being answered */
		struct rc_kube_request *request;
		unsigned int n_rounds;
		bool is_used; /* what was rendered last depends on what is live */
	} lookup;
	struct rc_desired *desired, *fresh;
	struct rc_resources resources;
	bool is_compared;	/* resources tell the truth about revision */
	struct rc_error *error; /* why the last look failed, or NULL */
	bool is_spec_error;	/* it failed for what the application says, or its project does */
	int64_t error_since_unix_s, compared_unix_s;
	const char *health_before; /* static; the one that has been since: */
	int64_t health_since_unix_s;
	json_t *kinds; /* {"group/kind": true}: what was ever deployed, and is watched for extras */

	/* What it did. */
	struct rc_operation operation;
	struct rc_sync *sync;
	char *last_sync;     /* what it did to which resource, as JSON; or NULL */
	const char *refusal; /* why nothing is done though there is something to do; static */
	struct {
		struct rc_request request;
		char *initiated_by;
		int64_t since_unix_s;
	} wanted; /* asked for by hand */
	bool is_wanted;
	bool is_settling;	   /* a run has ended, and what came of it was not looked at yet */
	char *stack_wait;	   /* which stack keeps a sync from beginning, and why; or NULL */
	bool is_window_closed;	   /* what is to be done has to wait for a sync window */
	struct rc_request running; /* what the run under way was asked for */
	json_t *hold;		   /* what a person decided: app-hold.c */
	char *rivals;		   /* who changes back what self-heal brings; or NULL */

	/* Its deletion: app-delete.c. */
	struct {
		bool is_on, is_done, is_approved;
		int64_t since_unix_s;
		unsigned int attempts;	    /* that failed, in a row */
		struct rc_error *error;	    /* why the last one did, or NULL */
		char *waiting;		    /* for whose approval, or NULL */
		struct rc_desired *desired; /* with its hooks; or NULL */
	} deletion;
	json_t *hooks;	      /* that ran last, as rc_app_get_hooks() has them */
	json_t *delete_hooks; /* {preDelete?: true, postDelete?: true}, or NULL */

	struct rc_app_counts counts;
	char *gate; /* why it counts as Degraded though its resources do not, or NULL */
};

/* ---- app.c ---- */

/* Look from the start (or only from the comparison on) at the next turn. */
void rc_app_mark(struct rc_app *app, bool from_start);
/* Somebody may want to know. */
void rc_app_tell(struct rc_app *app);
/* End run and look where they are. */
void rc_app_stop(struct rc_app *app);
/* What a sync brings changed: its source, or the outputs among its values. */
void rc_app_hash_source(struct rc_app *app);
/* Remember the operation. */
void rc_app_save_operation(struct rc_app *app);

/* What counts from now on: held is taken over, NULL: what is declared. */
void rc_app_use(struct rc_app *app, struct rc_application *held);

/* ---- app-wanted.c ---- */
/* A sync by hand, as app->wanted.request says. */
void rc_app_want(struct rc_app *app, const char *by);

/* ---- app-hold.c: what a person decided ---- */
void rc_app_hold_load(struct rc_app *app);
bool rc_app_hold_is_suspended(const struct rc_app *app);
/* When a suspension ends; 0: by itself never, or there is none. */
int64_t rc_app_hold_get_end(const struct rc_app *app);
char *rc_app_hold_describe_suspension(const struct rc_app *app);
/* -EBUSY while it is suspended. */
int rc_app_hold_check(const struct rc_app *app, struct rc_error **err);
/* {by, at, id, revision, spec}, borrowed; NULL: it is not rolled back. */
const json_t *rc_app_hold_get_rollback(const struct rc_app *app);
/* {name of a Deployment: {by, at, revision, template}}, borrowed; NULL: none was undone. */
const json_t *rc_app_hold_get_undone(const struct rc_app *app);
/* One more, taken over. */
void rc_app_hold_set_undone(struct rc_app *app, const char *name, json_t *undone);
/* What the rollback makes of the declared application; NULL: there is none, or *err is set. */
struct rc_application *rc_app_hold_make(const struct rc_app *app, struct rc_error **err);
/* {name: why} of prunes that wait for approval, taken over; NULL: none. */
void rc_app_hold_set_waiting(struct rc_app *app, json_t *prunes);
size_t rc_app_hold_count_waiting(struct rc_app *app);
char *rc_app_hold_describe_waiting(const struct rc_app *app);
/* The application's annotation approved it. */
bool rc_app_hold_is_approved(const struct rc_app *app);
/* {suspended?, rollback?, waiting?}; the caller's, NULL: nothing. */
json_t *rc_app_hold_describe(const struct rc_app *app);

/* ---- app-status.c ---- */
/* Its resources' health, and what stands against it; *ret_message is NULL or the caller's. */
enum rc_health rc_app_assess(const struct rc_app *app, char **ret_message);

/* ---- app-refresh.c: the look ---- */
/* Its steps, for a deletion, which is a shorter one. */
rc_step_fn rc_app_refresh_resolve_step, rc_app_refresh_connect, rc_app_refresh_render,
	rc_app_refresh_build, rc_app_refresh_watch;
/* Ask the render worker; it resumes the flow. */
void rc_app_refresh_submit(struct rc_app *app);
void rc_app_refresh_init(struct rc_app *app);
void rc_app_refresh_start(struct rc_app *app, bool from_start);
/* The commits of all sources now, joined by '+'; the caller's. As rc_repository_resolve(). */
int rc_app_refresh_resolve(const struct rc_app *app, char **ret_revision, struct rc_error **err);
/* For the render worker, of commits joined by '+'; charts is of rc_app_fetch_get(). The caller's.
 */
json_t *rc_app_refresh_make_request(const struct rc_app *app, const char *revision,
				    const json_t *charts);
/* Watch a kind, "group/kind". Returns 1 while it is not listed yet. */
int rc_app_refresh_watch_kind(const struct rc_app *app, const char *name, struct rc_error **err);

/* ---- app-permit.c: what its project allows ---- */
/* Each source has the repository it names. */
bool rc_app_has_repositories(const struct rc_app *app);
/* Before it is asked for anything: its project, if it is there, allows the source. */
bool rc_app_permit_source(const struct rc_app *app, const char *url);
/* The same of its source i, with the reason. -EINVAL. */
int rc_app_permit_check_source(const struct rc_app *app, size_t i, struct rc_error **err);
rc_step_fn rc_app_permit_run;
/* -EACCES in Argo CD's words. */
int rc_app_permit_object(const struct rc_app *app, const struct rc_kube_key *key,
			 struct rc_error **err);
/* The same for rc_resources_options and rc_sync_options; userdata is the app. */
bool rc_app_permit_is_allowed(const void *userdata, const struct rc_kube_key *key);
int rc_app_permit_task(void *userdata, const struct rc_kube_key *key, struct rc_error **err);
/* Whether a sync may begin now, or the one under way may go on. */
struct rc_window_verdict rc_app_permit_window(const struct rc_app *app, bool is_manual);
/* {allowed, changes?, windows: [...]}; the caller's, NULL when none is about the application. */
json_t *rc_app_permit_describe_windows(const struct rc_app *app);

/* ---- app-stacks.c: what it has from Terraform ---- */
/* The outputs of stacks that are values of it, to app->outputs. -EAGAIN: one is not there yet. */
rc_step_fn rc_app_stacks_step;
/* "blocked by terraform/NAME because ..." while a stack it depends on is not ready; the caller's.
 */
char *rc_app_stacks_describe_wait(const struct rc_app *app);

/* ---- app-fetch.c: what charts in Git depend on ---- */
int rc_app_fetch_step(struct rc_flow *flow, struct rc_error **err);
/* What was fetched for app->revision, or NULL. */
const json_t *rc_app_fetch_get(const struct rc_app *app);
/* What is to lie in the charts/ of a source; NULL: what the commit has. */
const json_t *rc_app_fetch_find(const json_t *charts, size_t source);
/* For the git worker, of what the render worker says it needs. *ret_request is the caller's. */
int rc_app_fetch_make_request(const struct rc_app *app, const json_t *needs, bool is_fresh,
			      json_t **ret_request, uint64_t *ret_timeout_ms,
			      struct rc_error **err);
void rc_app_fetch_clear(struct rc_app *app);

/* ---- app-lookup.c: what templates want to know of the cluster ---- */
rc_step_fn rc_app_lookup_step;
/* The render worker's "lookups", borrowed. */
void rc_app_lookup_want(struct rc_app *app, json_t *wanted);
void rc_app_lookup_cancel(struct rc_app *app);
/* Forget what was answered. */
void rc_app_lookup_clear(struct rc_app *app);

/* ---- app-compare.c: the last step of the look ---- */
rc_step_fn rc_app_compare_run;
/* How rows of desired are made, and how one of them is compared. */
struct rc_resources_options rc_app_compare_make_options(const struct rc_app *app,
							const struct rc_desired *desired);
struct rc_compare_options rc_app_compare_get_options(const struct rc_app *app,
						     const struct rc_resource *row);
/* What a dry run says of a row, with nothing in it about whose live is, where another application
 * has it. The caller's. */
json_t *rc_app_compare_mark(const struct rc_resource *row, const json_t *predicted,
			    const json_t *live);
/* The health of one object changed while a run is under way. */
void rc_app_compare_judge(struct rc_app *app, const struct rc_kube_key *key);
/* Forget what was asked, of workers and of the server. */
void rc_app_compare_cancel(struct rc_app *app);

/* ---- app-object.c ---- */
#define RC_APP_AUTOMATED "automated sync policy" /* who began what nobody asked for */
/* What was rendered, before it is read. */
void rc_app_object_note(struct rc_app *app, const json_t *manifests);
/* Something may have changed: since when it is as it is. */
void rc_app_object_note_health(struct rc_app *app);
/* ---- app-status.c ---- */
json_t *rc_app_describe_conditions(const struct rc_app *app);

/* ---- app-delete.c ---- */
/* After a look's build: remember which hooks a deletion has to run. */
void rc_app_delete_note_hooks(struct rc_app *app, const struct rc_desired *desired);
void rc_app_delete_load(struct rc_app *app);
/* Look what there is to be deleted, and begin. */
void rc_app_delete_start(struct rc_app *app);
/* Something changed in the cluster, or somebody approved. */
void rc_app_delete_again(struct rc_app *app);
void rc_app_delete_done(struct rc_app *app);
/* As rc_app_approve(). */
int rc_app_delete_approve(struct rc_app *app, const char *by, struct rc_error **err);
/* "DeletionError" and what it waits for. */
void rc_app_delete_describe(const struct rc_app *app, json_t *conditions);

/* ---- app-run.c: what follows from it ---- */
void rc_app_run_decide(struct rc_app *app);
/* What was asked for by hand cannot be done: the look that it waited for failed. */
void rc_app_run_give_up(struct rc_app *app, const struct rc_error *err);
/* A newer commit may end a run that only waits. */
void rc_app_run_consider_commit(struct rc_app *app);

/* ---- app-call.c: dry runs, for comparisons and diffs ---- */
typedef void app_call_fn(struct rc_app *app, const struct rc_kube_key *key, int r,
			 const json_t *predicted, struct rc_error *err, void *userdata);
/* Ask what applying item would make of it. done is called once, from the loop; takes err. */
void rc_app_call_predict(struct rc_app *app, const struct rc_desired_item *item, app_call_fn *done,
			 void *userdata);
/* Forget those of userdata; NULL: all. */
void rc_app_call_cancel(struct rc_app *app, const void *userdata);

/* ---- app-preview.c ---- */
/* A repository or the cluster changed: what a preview waits for may be there. */
void rc_app_preview_go_on(struct rc_app *app);
/* Whoever waits for a preview is told that it will not come. */
void rc_app_preview_cancel(struct rc_app *app);

/* ---- app-tree.c ---- */
/* Whoever waits for a tree is told that it will not come. */
void rc_app_tree_cancel(struct rc_app *app);

/* ---- app-undo.c ---- */
/* Put the templates that were gone back to in the place of what was rendered. */
void rc_app_undo_shape(const struct rc_app *app, struct rc_desired *desired);
/* Whoever waits for an undo is told that it will not come. */
void rc_app_undo_cancel(struct rc_app *app);

/* ---- app-orphans.c ---- */
/* The look went well: whether it is time to list what is nobody's. */
void rc_app_orphans_consider(struct rc_app *app);
/* The next time is now. */
void rc_app_orphans_expire(struct rc_app *app);
void rc_app_orphans_done(struct rc_app *app);
/* There are some, and its project wants a warning. */
bool rc_app_orphans_warns(const struct rc_app *app);

/* ---- app-diff.c ---- */
/* Whoever waits for a diff is told that it will not come. */
void rc_app_diff_cancel(struct rc_app *app);
