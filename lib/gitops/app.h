/*
 * One application: it follows its sources and its cluster, knows how the two compare, and starts
 * the runs that bring them together.
 *
 * Level-triggered: whatever happens marks it dirty; a turn later it looks at all of what is
 * desired and all of what is live. While a run is under way it does not look, but a newer commit
 * ends a run that only waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "gitops/application.h"
#include "gitops/request.h"
#include "kube/object.h"

struct rc_app;
struct rc_engine;
struct rc_repository;
struct rc_destination;

/* application is taken over. Its first look comes from the loop. */
struct rc_app *rc_app_new(struct rc_engine *engine, struct rc_application *application);
/* A run that is under way stops where it is; it is gone on with when the application is back. */
void rc_app_free(struct rc_app *app);
RC_DEFINE_FREEP(struct rc_app, rc_app_free)

/* The manifest changed; taken over. */
void rc_app_set_application(struct rc_app *app, struct rc_application *application);
/* What counts; and what its manifest says, which a rollback may differ from. */
const struct rc_application *rc_app_get_application(const struct rc_app *app);
const struct rc_application *rc_app_get_declared(const struct rc_app *app);
const char *rc_app_get_name(const struct rc_app *app);
/* The value of its tracking label. */
const char *rc_app_get_label(const struct rc_app *app);

/*
 * Delete it: its PreDelete hooks are run, what it made is deleted if it has the resources
 * finalizer, its PostDelete hooks are run; then rc_engine_on_deleted() is told. A failure is told
 * as its condition DeletionError and tried again. Ends with rc_app_set_application().
 * approved_since: what waits for approval (Delete=confirm) may go if its annotation is from later;
 * 0: now.
 */
void rc_app_delete_since(struct rc_app *app, int64_t since_unix_s);
void rc_app_delete(struct rc_app *app);
bool rc_app_is_deleting(const struct rc_app *app);
/* It has hooks that are run when it is deleted. */
bool rc_app_has_delete_hooks(const struct rc_app *app, bool is_post);

/* Let go of repositories and cluster, which may be about to change; and find them again. */
void rc_app_unbind(struct rc_app *app);
void rc_app_rebind(struct rc_app *app);

/* Things that happen. */
void rc_app_on_repository(struct rc_app *app, const struct rc_repository *repository);
void rc_app_on_destination(struct rc_app *app, const struct rc_destination *destination);
/* What projects allow may have changed. */
void rc_app_on_project(struct rc_app *app);
/* A stack of this name got on: it is waited for, or its outputs are values of this. */
void rc_app_on_stack(struct rc_app *app, const char *stack);
void rc_app_on_live(struct rc_app *app, const struct rc_kube_key *key);

/* The commits that are desired, joined by '+'; NULL: not known yet. Borrowed. */
const char *rc_app_get_revision(const struct rc_app *app);
/* A sync is under way or asked for. */
bool rc_app_is_syncing(const struct rc_app *app);
/* It saw everything there is to see: no look and no poll is under way or due. */
bool rc_app_is_settled(const struct rc_app *app);

/* Look at everything anew; is_hard: render again though nothing changed, and poll. */
void rc_app_refresh(struct rc_app *app, bool is_hard);

struct rc_app_sync_options {
	const char *revision; /* a commit of the first source; NULL: the target revision's */
	const char *initiated_by;
	struct rc_request request; /* taken over */
};
/* Ask for a sync. -EBUSY (one is under way), -EAGAIN (it is not known yet what is desired). */
int rc_app_sync(struct rc_app *app, const struct rc_app_sync_options *options,
		struct rc_error **err);
/* Leave it alone until it is resumed, or until a time (0: none). -EINVAL. */
int rc_app_suspend(struct rc_app *app, const char *by, const char *reason, int64_t until_unix_s,
		   struct rc_error **err);
/*
 * Go back to an entry of its history (-1: the newest of another revision) and stay there, whatever
 * is committed, until it is resumed. No hooks are run. -ENOENT, -EBUSY.
 */
int rc_app_rollback(struct rc_app *app, const char *by, int64_t id, bool prune,
		    struct rc_error **err);
/*
 * Go back with the pods of one Deployment ("Deployment/NAME", or with its namespace between) to
 * what an earlier ReplicaSet has (0: the one before, else of that revision), and stay there,
 * whatever is committed, until it is resumed. revision is the one that was taken; err is taken
 * over. done is called once, from the loop: -EINVAL, -ENOENT, -EBUSY, -EAGAIN.
 */
typedef void rc_app_undo_fn(void *userdata, int r, int64_t revision, struct rc_error *err);
void rc_app_undo(struct rc_app *app, const char *by, const char *resource, int64_t revision,
		 rc_app_undo_fn *done, void *userdata);
/* End a suspension, a rollback and what was undone. -EINVAL: there is none of these. */
int rc_app_resume(struct rc_app *app, const char *by, struct rc_error **err);
/* Delete what waits for somebody to say so. -EINVAL: nothing does. */
int rc_app_approve(struct rc_app *app, const char *by, struct rc_error **err);
/* End the run under way. -EBUSY: there is none. */
int rc_app_terminate(struct rc_app *app, const char *by, struct rc_error **err);

/* The Application with its status, as Argo CD has it, and status.reason: what to know in a
 * sentence. The caller's. */
json_t *rc_app_describe(const struct rc_app *app);
/* Status as Argo CD writes it into the object, and nothing else; asked is the object's operation
 * that its operationState is about, or NULL: what we did of ourselves. The caller's. */
json_t *rc_app_describe_object(const struct rc_app *app, const json_t *asked);
/* What to know at a glance: {name, project, namespace, repository?, path?, sync, health,
 * revision, phase?, reason?, hold?}; the caller's. */
json_t *rc_app_summarize(const struct rc_app *app);
json_t *rc_app_describe_resources(const struct rc_app *app);
/*
 * rc_app_describe_resources() with what these made below each, as "children" of group, kind,
 * namespace, name, health, phase and children; and "isCut": there were too many. tree is borrowed,
 * err taken over. done is called once, from the loop.
 */
typedef void rc_app_tree_fn(void *userdata, int r, const json_t *tree, struct rc_error *err);
void rc_app_tree(struct rc_app *app, rc_app_tree_fn *done, void *userdata);
/* {"items": [{group, kind, namespace, name}...]}: what lies in its namespace and is nobody's, where
 * its project asks for it (orphanedResources); of the last time it was looked for. The caller's. */
json_t *rc_app_describe_orphans(const struct rc_app *app);
size_t rc_app_count_orphans(const struct rc_app *app);
/* {"items": [...]}, newest first; the caller's. */
int rc_app_list_history(const struct rc_app *app, json_t **ret_history, struct rc_error **err);

/* What a sync would change, as a unified diff without secrets; "" when nothing. */
typedef void rc_app_diff_fn(void *userdata, int r, const char *text, struct rc_error *err);
/* done is called once, from the loop; err is taken over. */
void rc_app_diff(struct rc_app *app, rc_app_diff_fn *done, void *userdata);
/* Of what is not followed: another revision of one source, or files that nobody committed. */
struct rc_app_preview_options {
	size_t source;	      /* which one it is about */
	const char *revision; /* NULL: the commit that is followed */
	const json_t *files;  /* in place of the source's folder, as gitops/source.h has them; or
				 NULL */
};
/*
 * What a sync would change if that were followed, in the form of rc_app_diff(). Options are copied.
 * done is called once, from the loop: -EINVAL (there is no such source, or what was given cannot be
 * rendered), -ENOENT (no such revision), -EAGAIN.
 */
void rc_app_preview(struct rc_app *app, const struct rc_app_preview_options *options,
		    rc_app_diff_fn *done, void *userdata);
/* Whoever asked is gone: done is not called. */
void rc_app_forget(struct rc_app *app, const void *userdata);

/* While why is not NULL (copied) the application is no better than Degraded, for that reason. */
void rc_app_set_gate(struct rc_app *app, const char *why);
const char *rc_app_get_gate(const struct rc_app *app); /* borrowed */

/* Numbers and words for metrics; texts are borrowed. */
struct rc_app_counts {
	const char *sync_status, *health_status, *operation_phase;
	const char *operation_revision; /* that the last one brought, or tried to; "" */
	bool is_operation_open; /* one is asked for, or it is not known yet what came of the last */
	uint64_t n_syncs_succeeded, n_syncs_failed;
	uint64_t n_reconciles, reconcile_buckets[7]; /* .25 .5 1 2 4 8 16 s, cumulative */
	double reconcile_seconds, sync_seconds;
	uint64_t n_compared; /* objects that had to be looked into */
};
void rc_app_get_counts(const struct rc_app *app, struct rc_app_counts *ret_counts);
/* [{phase, kind, name, seconds}] of the hooks that ran last, or NULL. Borrowed. */
const json_t *rc_app_get_hooks(const struct rc_app *app);
