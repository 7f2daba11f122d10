/* One stack: when it runs. What is told of it is in stack-report.c. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"
#include "terraform/program.h"
#include "terraform/stack-private.h"

#define RETRY_MS       (60 * UINT64_C(1000))
#define RETRY_MAX_MS   (60 * 60 * UINT64_C(1000))
#define FINGERPRINT_MS (60 * UINT64_C(1000))
#define RUNS_KEPT      50

/* ---- what is remembered: {"fingerprint", "pinned"?, "next", "plannedAt"?, "driftAt"?} ---- */

static void save(struct rc_terraform_stack *stack)
{
	struct rc_error *err = NULL;

	if (rc_store_put(stack->site->store, "terraform-stack", stack->options->name, stack->memory,
			 &err) < 0)
		rc_log_error(&stack->scope, LOG_ERR, err, "remembering the stack");
	rc_error_free(err);
}

static const char *recall(const struct rc_terraform_stack *stack, const char *key)
{
	return rc_json_text(stack->memory, key, NULL);
}

static void remember(struct rc_terraform_stack *stack, const char *key, const char *text)
{
	if (text)
		json_object_set_new(stack->memory, key, json_string(text));
	else
		json_object_del(stack->memory, key);
	save(stack);
}

static void wait_for(struct rc_terraform_stack *stack, char *text)
{
	bool is_new = !rc_text_equal(stack->waits_for, text);

	free(stack->waits_for);
	stack->waits_for = text;
	if (is_new)
		stack->site->changed(stack->site->userdata, stack);
}

/* ---- runs ---- */

char *rc_terraform_stack_get_path(const struct rc_terraform_stack *stack, json_int_t id,
				  const char *name)
{
	return rc_asprintf("%s/%s/%08lld/%s", stack->site->folder, stack->options->name,
			   (long long)id, name);
}

/* Old folders and records go when a new run begins. */
static void remove_old_runs(struct rc_terraform_stack *stack, json_int_t newest)
{
	json_int_t id = newest - RUNS_KEPT;
	rc_autofree char *name = rc_asprintf("%s/%08lld", stack->options->name, (long long)id);
	rc_autofree char *folder = rc_terraform_stack_get_path(stack, id, "");

	if (id <= 0)
		return;
	rc_file_remove_tree(folder, NULL);
	rc_store_put(stack->site->store, "terraform-run", name, NULL, NULL);
}

static uint64_t get_retry_ms(const struct rc_terraform_stack *stack)
{
	return rc_clock_backoff_ms(RETRY_MS, 2., RETRY_MAX_MS, stack->failures - 1);
}

static void note_plan(struct rc_terraform_stack *stack, const char *phase)
{
	bool is_settled = strcmp(phase, "applied") == 0 || strcmp(phase, "no-change") == 0;

	json_object_set_new(stack->memory, "plannedAt", json_integer(rc_clock_unix_s()));
	if (strcmp(phase, "failed") == 0 || strcmp(phase, "interrupted") == 0)
		return;
	/* A way back that nobody wants after all leaves everything as it was. */
	if (recall(stack, "pinned") && !is_settled) {
		remember(stack, "pinned", NULL);
		return;
	}
	/* Decided: only another source makes another run of its own. */
	remember(stack, "fingerprint", stack->run_fingerprint);
	remember(stack, "settled", is_settled ? stack->run_fingerprint : NULL);
	if (!is_settled)
		return;
	json_object_set_new(stack->memory, "driftAt", json_integer(rc_clock_unix_s()));
	remember(stack, "drift", NULL);
}

static void note_end(struct rc_terraform_stack *stack, const json_t *record)
{
	const char *phase = rc_json_text(record, "phase", NULL) ?: "";
	const char *kind = rc_json_text(record, "kind", NULL) ?: "";
	bool is_drift = strcmp(kind, "drift") == 0;
	bool is_look = strcmp(kind, "state") == 0 || strcmp(kind, "outputs") == 0;
	json_t *outputs = json_object_get(record, "outputs");

	if (is_look) {
		/* It says nothing about whether to plan anew. */
	} else if (strcmp(phase, "failed") == 0) {
		stack->failures++;
		stack->retry_at_ms = rc_clock_monotonic_ms() + get_retry_ms(stack);
	} else {
		stack->failures = 0;
	}
	if (outputs)
		json_object_set(stack->memory, "outputs", outputs);
	if (!is_drift && !is_look) {
		/* A look says nothing about the plan before it. */
		json_object_set(stack->memory, "phase", json_object_get(record, "phase"));
		json_object_set_new(stack->memory, "reason",
				    json_string(rc_json_text(record, "reason", NULL) ?: ""));
	}
	if (is_drift) {
		json_object_set_new(stack->memory, "driftAt", json_integer(rc_clock_unix_s()));
		remember(stack, "drift", phase);
	} else if (strcmp(kind, "plan") == 0) {
		note_plan(stack, phase);
	} else if (strcmp(phase, "restored") == 0) {
		/* What differs from the configuration now is for a plan to say. */
		remember(stack, "fingerprint", NULL);
		remember(stack, "settled", NULL);
	}
	save(stack);
}

static void on_run_done(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_stack *stack = userdata;
	const json_t *record = rc_terraform_run_get_record(run);

	note_end(stack, record);
	json_decref(stack->last);
	stack->last = json_incref((json_t *)(uintptr_t)record);
	rc_terraform_run_free(rc_steal(&stack->run));
	rc_log_notice(&stack->scope, "run %lld: %s",
		      (long long)json_integer_value(json_object_get(stack->last, "id")),
		      rc_json_text(stack->last, "phase", NULL));
	stack->site->changed(stack->site->userdata, stack);
}

static void on_run_changed(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_stack *stack = userdata;

	(void)run;
	stack->site->changed(stack->site->userdata, stack);
}

static int gather(void *userdata, struct rc_terraform_run *run, struct rc_error **err)
{
	struct rc_terraform_stack *stack = userdata;

	return stack->site->gather(stack->site->userdata, run, err);
}

static void leave(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_stack *stack = userdata;

	stack->site->leave(stack->site->userdata, run);
}

static bool copy(void *userdata, struct rc_terraform_run *run, const char *name)
{
	struct rc_terraform_stack *stack = userdata;

	return stack->site->copy(stack->site->userdata, run, name);
}

static int resolve(void *userdata, struct rc_terraform_run *run,
		   const struct rc_terraform_variable *variable, struct rc_secret **ret_secret,
		   struct rc_error **err)
{
	struct rc_terraform_stack *stack = userdata;

	return stack->site->resolve(stack->site->userdata, run, variable, ret_secret, err);
}

static bool take_cache(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_stack *stack = userdata;

	return stack->site->take_cache(stack->site->userdata, run);
}

static void leave_cache(void *userdata, struct rc_terraform_run *run)
{
	struct rc_terraform_stack *stack = userdata;

	stack->site->leave_cache(stack->site->userdata, run);
}

static void on_outputs(void *userdata, const json_t *outputs)
{
	struct rc_terraform_stack *stack = userdata;

	stack->site->outputs(stack->site->userdata, stack, outputs);
}

static const char *get_freeze(void *userdata)
{
	struct rc_terraform_stack *stack = userdata;

	return stack->site->get_freeze(stack->site->userdata);
}

/* record is taken over. */
static int start_run(struct rc_terraform_stack *stack, json_t *record, struct rc_error **err)
{
	json_int_t id = json_integer_value(json_object_get(record, "id"));
	rc_autofree char *folder = rc_terraform_stack_get_path(stack, id, "");
	rc_autofree char *backups =
		rc_asprintf("%s/%s/backups", stack->site->folder, stack->options->name);
	rc_autofree char *program = NULL;
	rc_autofree char *copies = stack->site->copies
					   ? rc_path_join(stack->site->copies, stack->options->name)
					   : NULL;
	struct rc_terraform_run_options options = {
		.loop = stack->site->loop,
		.store = stack->site->store,
		.git_pool = stack->site->git_pool,
		.plan_pool = stack->site->plan_pool,
		.stack = stack->options,
		.mirror = stack->mirror ? stack->mirror : "",
		.folder = folder,
		.plugin_cache = stack->site->plugin_cache,
		.backups = backups,
		.backup_key = stack->site->backup_key,
		.backups_kept = stack->site->backups_kept,
		.copies = copies,
		.copies_kept = stack->site->copies_kept,
		.gather = gather,
		.leave = leave,
		.copy = copy,
		.resolve = resolve,
		.take_cache = take_cache,
		.leave_cache = leave_cache,
		.outputs = on_outputs,
		.get_freeze = get_freeze,
		.changed = on_run_changed,
		.done = on_run_done,
		.userdata = stack,
	};
	int r = rc_terraform_program_find(stack->options->binary, &program, err);

	if (r < 0) {
		json_decref(record);
		return r;
	}
	folder[strlen(folder) - 1] = '\0'; /* the slash */
	options.program = program;
	remove_old_runs(stack, id);
	wait_for(stack, NULL);
	stack->run = rc_terraform_run_start(&options, record);
	return 0;
}

/* What an earlier daemon's terraform holds. */
static bool is_locked(const struct rc_terraform_stack *stack)
{
	rc_autofree char *path =
		rc_asprintf("%s/%s/lock", stack->site->folder, stack->options->name);
	rc_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;
}

/* extra, which is taken over, is added to the record; or NULL. */
static int start_new(struct rc_terraform_stack *stack, const char *kind, const char *revision,
		     const char *by, json_t *extra, struct rc_error **err)
{
	json_auto_t *owned = extra;
	json_int_t id = json_integer_value(json_object_get(stack->memory, "next")) + 1;
	json_t *record;

	if (stack->run)
		return rc_fail(err, -EBUSY, "run %lld of stack '%s' is under way",
			       (long long)json_integer_value(json_object_get(
				       rc_terraform_run_get_record(stack->run), "id")),
			       stack->options->name);
	if (!stack->commit)
		return rc_fail(err, -EAGAIN, "repository '%s' was not read yet",
			       stack->options->repository);
	if (is_locked(stack))
		return rc_fail(err, -EBUSY,
			       "a terraform that an earlier daemon started is still running");
	json_object_set_new(stack->memory, "next", json_integer(id));
	save(stack);
	record = json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", id, "stack", stack->options->name,
			   "kind", kind, "revision", revision, "by", by);
	json_object_update(record, owned);
	rc_terraform_stack_note_cut(stack, record);
	free(stack->run_fingerprint);
	stack->run_fingerprint = rc_strdup(stack->fingerprint);
	remember(stack, "runFingerprint", stack->run_fingerprint);
	return start_run(stack, record, err);
}

int rc_terraform_stack_start(struct rc_terraform_stack *stack, const char *kind,
			     const char *revision, const char *by, struct rc_error **err)
{
	int r = start_new(stack, kind, revision ? revision : stack->commit, by, NULL, err);

	if (r == 0 && strcmp(kind, "plan") == 0)
		remember(stack, "pinned", revision);
	return r;
}

int rc_terraform_stack_unlock(struct rc_terraform_stack *stack, const char *lock, const char *by,
			      struct rc_error **err)
{
	return start_new(stack, "unlock", stack->commit, by, json_pack("{s:s}", "unlock", lock),
			 err);
}

int rc_terraform_stack_restore(struct rc_terraform_stack *stack, const char *backup, bool force,
			       const char *by, struct rc_error **err)
{
	return start_new(stack, "restore", stack->commit, by,
			 json_pack("{s:{s:s, s:b}}", "restore", "backup", backup, "force", force),
			 err);
}

/* ---- the commit, and what it means for the stack ---- */

static void on_fingerprint(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct rc_terraform_stack *stack = userdata;

	stack->job = NULL;
	rc_error_free(rc_steal(&stack->error));
	free(stack->fingerprint);
	stack->fingerprint = r < 0 ? NULL : rc_strdup(rc_json_text(reply, "fingerprint", NULL));
	stack->error = err;
	rc_terraform_stack_consider(stack);
	stack->site->changed(stack->site->userdata, stack);
}

static void ask_fingerprint(struct rc_terraform_stack *stack)
{
	const struct rc_terraform_stack_options *options = stack->options;
	json_auto_t *files = json_array();
	json_auto_t *request = NULL;

	for (size_t i = 0; i < options->n_var_files; i++)
		json_array_append_new(files, json_string(options->var_files[i]));
	request = json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "fingerprint", "mirror",
			    stack->mirror, "commit", stack->commit, "path",
			    options->path ? options->path : ".", "files", files);
	if (stack->job)
		rc_worker_cancel(stack->job);
	rc_worker_submit(stack->site->plan_pool, request, FINGERPRINT_MS, on_fingerprint, stack,
			 &stack->job);
}

void rc_terraform_stack_set_commit(struct rc_terraform_stack *stack, const char *mirror,
				   const char *commit, const struct rc_error *why)
{
	free(stack->commit_error);
	stack->commit_error = why ? rc_error_format(why) : NULL;
	if (!commit || (stack->commit && strcmp(stack->commit, commit) == 0))
		return;
	free(stack->commit);
	free(stack->mirror);
	stack->commit = rc_strdup(commit);
	stack->mirror = rc_strdup(mirror);
	free(rc_steal(&stack->fingerprint));
	ask_fingerprint(stack);
}

/* ---- what to do now ---- */

static bool is_new_source(const struct rc_terraform_stack *stack)
{
	return stack->fingerprint && !recall(stack, "pinned") &&
	       !rc_text_equal(stack->fingerprint, recall(stack, "fingerprint"));
}

/* What failed is not what the repository says now: the way back is looked at, too. */
static bool is_taken_back(const struct rc_terraform_stack *stack)
{
	return stack->failures > 0 && stack->fingerprint && !recall(stack, "pinned") &&
	       !rc_text_equal(stack->fingerprint, stack->run_fingerprint);
}

/* A plan that waits is of no use once there is another source. */
static void supersede(struct rc_terraform_stack *stack)
{
	rc_autofree char *reason = NULL;

	if (!is_new_source(stack) || rc_text_equal(stack->fingerprint, stack->run_fingerprint))
		return;
	reason = rc_asprintf("commit %.12s is newer", stack->commit);
	rc_terraform_run_discard(stack->run, "superseded", reason, NULL);
}

static bool is_drift_due(const struct rc_terraform_stack *stack)
{
	int64_t at = json_integer_value(json_object_get(stack->memory, "driftAt"));
	uint64_t interval_ms = stack->options->drift_interval_ms;

	return interval_ms > 0 && recall(stack, "fingerprint") &&
	       rc_clock_unix_s() - at >= (int64_t)(interval_ms / 1000);
}

static bool is_plan_due(const struct rc_terraform_stack *stack)
{
	int64_t at = json_integer_value(json_object_get(stack->memory, "plannedAt"));
	uint64_t interval_ms = stack->options->interval_ms;

	return interval_ms > 0 && recall(stack, "fingerprint") &&
	       rc_clock_unix_s() - at >= (int64_t)(interval_ms / 1000);
}

static void take_options(struct rc_terraform_stack *stack)
{
	if (!stack->next_arena)
		return;
	rc_arena_free(stack->arena);
	stack->arena = rc_steal(&stack->next_arena);
	stack->options = rc_steal(&stack->next_options);
	stack->scope.value = stack->options->name;
	if (stack->commit)
		ask_fingerprint(stack);
}

static void try_start(struct rc_terraform_stack *stack, const char *kind, const char *by)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	const char *pinned = recall(stack, "pinned");
	char *others = strcmp(kind, "plan") == 0
			       ? stack->site->await_others(stack->site->userdata, stack->options)
			       : NULL;

	if (others) {
		wait_for(stack, others);
		return;
	}
	if (!stack->site->may_run(stack->site->userdata)) {
		wait_for(stack, rc_strdup("waits for another stack's run to end"));
		return;
	}
	if (start_new(stack, kind, pinned ? pinned : stack->commit, by, NULL, &err) < 0)
		wait_for(stack, rc_error_format(err));
}

void rc_terraform_stack_consider(struct rc_terraform_stack *stack)
{
	if (stack->run) {
		supersede(stack);
		return;
	}
	take_options(stack);
	/* Another source may mend what failed; the same one waits its time. */
	if (stack->failures > 0 && rc_clock_monotonic_ms() < stack->retry_at_ms &&
	    rc_text_equal(stack->fingerprint, stack->run_fingerprint))
		return;
	if (stack->is_interrupted && stack->commit && stack->fingerprint) {
		stack->is_interrupted = false;
		try_start(stack, "plan", "after an interrupted run");
	} else if (is_new_source(stack) || is_taken_back(stack)) {
		try_start(stack, "plan", stack->failures ? "a retry" : "a commit");
	} else if (stack->commit && is_plan_due(stack)) {
		try_start(stack, "plan", "its interval");
	} else if (stack->commit && is_drift_due(stack)) {
		try_start(stack, "drift", "its interval");
	} else {
		wait_for(stack, NULL);
	}
}

/* ---- beginning ---- */

/* What the last daemon left: a plan that waits is gone on with, all else was cut. */
static void resume(struct rc_terraform_stack *stack)
{
	const char *phase = rc_json_text(stack->last, "phase", NULL) ?: "";
	json_int_t id = json_integer_value(json_object_get(stack->last, "id"));
	rc_autofree char *plan = rc_terraform_stack_get_path(stack, id, "plan");
	rc_autofree char *reason = NULL;
	struct rc_error *err = NULL;
	char now[RC_CLOCK_RFC3339_MAX];

	if (!stack->last || rc_terraform_run_is_over(stack->last))
		return;
	stack->run_fingerprint = rc_strdup(recall(stack, "runFingerprint"));
	if (strcmp(phase, "awaiting-approval") == 0 && access(plan, R_OK) == 0 &&
	    start_run(stack, json_deep_copy(stack->last), &err) == 0)
		return;
	rc_error_free(err);
	reason = rc_asprintf("reconciled ended while it was %s", phase);
	json_object_set_new(stack->last, "reason", json_string(reason));
	json_object_set_new(stack->last, "phase", json_string("interrupted"));
	json_object_set_new(stack->last, "finishedAt",
			    json_string(rc_clock_format_rfc3339(rc_clock_unix_s(), now)));
	rc_log_warning(&stack->scope, "run %lld is interrupted: %s", (long long)id, reason);
	rc_terraform_run_save(stack->site->store, stack->last);
	stack->is_interrupted = rc_text_equal(rc_json_text(stack->last, "kind", NULL), "plan");
}

static void load(struct rc_terraform_stack *stack)
{
	struct rc_error *err = NULL;

	if (rc_store_get(stack->site->store, "terraform-stack", stack->options->name,
			 &stack->memory, &err) < 0)
		rc_log_error(&stack->scope, LOG_ERR, err, "what is remembered of the stack");
	rc_error_free(rc_steal(&err));
	if (!stack->memory)
		stack->memory = json_object();
	rc_terraform_stack_get_record(stack, 0, &stack->last, NULL);
	resume(stack);
}

struct rc_terraform_stack *rc_terraform_stack_new(const struct rc_terraform_site *site,
						  const struct rc_terraform_stack_options *options)
{
	struct rc_terraform_stack *stack = rc_new0(struct rc_terraform_stack);

	stack->site = site;
	stack->arena = rc_arena_new(0);
	stack->options = rc_terraform_stack_options_copy(stack->arena, options);
	stack->scope = (struct rc_log){.key = "RC_STACK", .value = stack->options->name};
	load(stack);
	return stack;
}

void rc_terraform_stack_free(struct rc_terraform_stack *stack)
{
	if (!stack)
		return;
	rc_terraform_run_free(stack->run);
	if (stack->job)
		rc_worker_cancel(stack->job);
	json_decref(stack->last);
	json_decref(stack->memory);
	rc_error_free(stack->error);
	free(stack->commit);
	free(stack->commit_error);
	free(stack->mirror);
	free(stack->fingerprint);
	free(stack->run_fingerprint);
	free(stack->waits_for);
	rc_arena_free(stack->next_arena);
	rc_arena_free(stack->arena);
	free(stack);
}

void rc_terraform_stack_set_options(struct rc_terraform_stack *stack,
				    const struct rc_terraform_stack_options *options)
{
	rc_arena_free(stack->next_arena);
	stack->next_arena = rc_arena_new(0);
	stack->next_options = rc_terraform_stack_options_copy(stack->next_arena, options);
	if (!stack->run)
		take_options(stack);
}

const struct rc_terraform_stack_options *
rc_terraform_stack_get_options(const struct rc_terraform_stack *stack)
{
	return stack->options;
}

struct rc_terraform_run *rc_terraform_stack_get_run(const struct rc_terraform_stack *stack)
{
	return stack->run;
}

bool rc_terraform_stack_is_settled(const struct rc_terraform_stack *stack)
{
	return !stack->run && stack->fingerprint &&
	       rc_text_equal(stack->fingerprint, recall(stack, "settled"));
}

const json_t *rc_terraform_stack_get_outputs(const struct rc_terraform_stack *stack)
{
	return json_object_get(stack->memory, "outputs");
}
