/*
 * A run's record, its steps, and how it ends. What each step does is in run-plan.c (up to the
 * plan that can be read) and run-apply.c (from the policy on).
 */
#include "terraform/run-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "data/json.h"
#include "terraform/plan.h"

#define AWAITING "awaiting-approval"
/* Between two signals to a program that shall end and changes nothing; others are given longer. */
#define GRACE_MS (10 * UINT64_C(1000))

/* Each command has a time of its own, so the steps have none. */
static const struct rc_step plan_steps[] = {
	{"gather", rc_terraform_run_values, 0},	    /* secrets of variables and environment */
	{"checkout", rc_terraform_run_checkout, 0}, /* a private copy of the commit */
	{"version", rc_terraform_run_version, 0},
	{"init", rc_terraform_run_init, 0},	      /* one at a time: the plugin cache */
	{"workspace", rc_terraform_run_workspace, 0}, /* selected, or made */
	{"validate", rc_terraform_run_validate, 0},
	{"plan", rc_terraform_run_plan, 0},
	{"export", rc_terraform_run_export, 0}, /* the plan as JSON, for us */
	{"read", rc_terraform_run_read, 0},	/* in the plan worker: summary and digest */
	{"print", rc_terraform_run_print, 0},	/* and as text, for people */
	{"policy", rc_terraform_run_policy, 0},
	{"approval", rc_terraform_run_await, 0},
	{"values", rc_terraform_run_values, 0},	      /* anew, if the yes took its time */
	{"export-again", rc_terraform_run_export, 0}, /* for a daemon that did not plan it */
	{"read-again", rc_terraform_run_read, 0},
	{"backup", rc_terraform_run_backup, 0},	  /* of the state, before it changes */
	{"apply", rc_terraform_run_apply, 0},	  /* exactly the plan that was approved */
	{"outputs", rc_terraform_run_outputs, 0}, /* what other stacks and people read */
	{NULL, NULL, 0},
};

static const struct rc_step drift_steps[] = {
	{"gather", rc_terraform_run_values, 0}, /* secrets of variables and environment */
	{"checkout", rc_terraform_run_checkout, 0},
	{"version", rc_terraform_run_version, 0},
	{"init", rc_terraform_run_init, 0},
	{"workspace", rc_terraform_run_workspace, 0},
	{"plan", rc_terraform_run_plan, 0}, /* -refresh-only */
	{"export", rc_terraform_run_export, 0},
	{"read", rc_terraform_run_read, 0},
	{NULL, NULL, 0},
};

static const struct rc_step unlock_steps[] = {
	{"gather", rc_terraform_run_values, 0},
	{"checkout", rc_terraform_run_checkout, 0},
	{"version", rc_terraform_run_version, 0},
	{"init", rc_terraform_run_init, 0},
	{"workspace", rc_terraform_run_workspace, 0},
	{"unlock", rc_terraform_run_unlock, 0},
	{NULL, NULL, 0},
};

static const struct rc_step list_steps[] = {
	{"gather", rc_terraform_run_values, 0},
	{"checkout", rc_terraform_run_checkout, 0},
	{"version", rc_terraform_run_version, 0},
	{"init", rc_terraform_run_init, 0},
	{"workspace", rc_terraform_run_workspace, 0},
	{"list", rc_terraform_run_list, 0},
	{NULL, NULL, 0},
};

static const struct rc_step outputs_steps[] = {
	{"gather", rc_terraform_run_values, 0},
	{"checkout", rc_terraform_run_checkout, 0},
	{"version", rc_terraform_run_version, 0},
	{"init", rc_terraform_run_init, 0},
	{"workspace", rc_terraform_run_workspace, 0},
	{"outputs", rc_terraform_run_outputs, 0},
	{NULL, NULL, 0},
};

static const struct rc_step restore_steps[] = {
	{"gather", rc_terraform_run_values, 0}, /* secrets of variables and environment */
	{"checkout", rc_terraform_run_checkout, 0},
	{"version", rc_terraform_run_version, 0},
	{"init", rc_terraform_run_init, 0},
	{"workspace", rc_terraform_run_workspace, 0},
	{"inspect", rc_terraform_run_inspect, 0}, /* the state that is there, and the back-up */
	{"approval", rc_terraform_run_await, 0},
	{"values", rc_terraform_run_values, 0},
	{"backup", rc_terraform_run_backup, 0}, /* of what is about to be replaced */
	{"push", rc_terraform_run_push, 0},
	{"outputs", rc_terraform_run_outputs, 0},
	{NULL, NULL, 0},
};

static const struct {
	const char *kind;
	const struct rc_step *steps;
	const char *end; /* the phase at the end; some step may know better */
} kinds[] = {
	{"plan", plan_steps, "applied"},      {"drift", drift_steps, "in-sync"},
	{"unlock", unlock_steps, "unlocked"}, {"state", list_steps, "listed"},
	{"outputs", outputs_steps, "read"},   {"restore", restore_steps, "restored"},
};

/* ---- the record ---- */

bool rc_terraform_run_is_over(const json_t *record)
{
	static const char *const ends[] = {"no-change",	  "policy-denied", "applied",  "failed",
					   "interrupted", "superseded",	   "expired",  "discarded",
					   "drifted",	  "in-sync",	   "unlocked", "listed",
					   "read",	  "restored"};
	const char *phase = rc_json_text(record, "phase", NULL) ?: "";

	for (size_t i = 0; i < RC_ARRAY_SIZE(ends); i++)
		if (strcmp(phase, ends[i]) == 0)
			return true;
	return false;
}

void rc_terraform_run_save(struct rc_store *store, const json_t *record)
{
	rc_autofree char *name =
		rc_asprintf("%s/%08lld", rc_json_text(record, "stack", NULL),
			    (long long)json_integer_value(json_object_get(record, "id")));
	struct rc_error *err = NULL;

	if (rc_store_put(store, "terraform-run", name, record, &err) < 0)
		rc_log_error(NULL, LOG_ERR, err, "keeping the record of run %s", name);
	rc_error_free(err);
}

const json_t *rc_terraform_run_get_record(const struct rc_terraform_run *run)
{
	return run->record;
}

static void save(struct rc_terraform_run *run)
{
	rc_terraform_run_save(run->options.store, run->record);
	if (run->options.changed)
		run->options.changed(run->options.userdata, run);
}

void rc_terraform_run_set_text(struct rc_terraform_run *run, const char *key, const char *text)
{
	if (text)
		json_object_set_new(run->record, key, json_string(text) ?: json_string("?"));
	else
		json_object_del(run->record, key);
}

void rc_terraform_run_enter(struct rc_terraform_run *run, const char *phase)
{
	rc_terraform_run_set_text(run, "phase", phase);
	rc_terraform_run_set_text(run, "step", rc_flow_get_step(&run->flow));
	save(run);
}

static void stamp(struct rc_terraform_run *run, const char *key)
{
	char now[RC_CLOCK_RFC3339_MAX];

	rc_terraform_run_set_text(run, key, rc_clock_format_rfc3339(rc_clock_unix_s(), now));
}

char *rc_terraform_run_path(const struct rc_terraform_run *run, const char *name)
{
	return rc_path_join(run->options.folder, name);
}

/* ---- commands ---- */

int rc_terraform_run_command(struct rc_terraform_run *run,
			     const struct rc_terraform_run_command *command, struct rc_error **err)
{
	const char *argv[64] = {run->options.program};
	rc_autobuf struct rc_buf line = RC_BUF_INIT(1 << 16);
	struct rc_terraform_command_options options = {
		.loop = run->options.loop,
		.argv = argv,
		.env = rc_terraform_environment_get(run->environment),
		.directory = run->root,
		.lock_fd = run->lock_fd,
		.timeout_ms = command->timeout_ms,
		.grace_ms = command->may_write ? 0 : GRACE_MS,
		.output = command->output,
		.out_path = command->out_path,
		.spool_path = command->spool_path,
		.max_bytes = command->max_bytes,
		.log = run->log,
		.step = rc_flow_get_step(&run->flow),
		.done = command->done,
		.userdata = run,
	};
	int r;

	if (run->discarded)
		return rc_fail(err, -ECANCELED, "the run is over");
	for (size_t i = 0; command->args[i]; i++) {
		if (i + 2 >= RC_ARRAY_SIZE(argv))
			return rc_fail(err, -E2BIG, "too many var files or back end settings");
		argv[i + 1] = command->args[i];
		rc_buf_printf(&line, " %s", command->args[i]);
	}
	rc_terraform_log_say(run->log, options.step, "%s%s", rc_path_base(run->options.program),
			     rc_buf_text(&line));
	rc_terraform_command_free(rc_steal(&run->command));
	r = rc_terraform_command_start(&options, &run->command, err);
	if (r < 0)
		return r;
	json_object_set_new(run->record, "pid",
			    json_integer(rc_terraform_command_get_pid(run->command)));
	save(run);
	return RC_WAIT;
}

static int judge(struct rc_terraform_run *run, int r,
		 const struct rc_terraform_command_result *result, int also, struct rc_error **err)
{
	json_object_del(run->record, "pid");
	if (result->lock) {
		const char *id = rc_json_text(result->lock, "id", NULL);

		json_object_set(run->record, "lock", (json_t *)(uintptr_t)result->lock);
		rc_fail(err, -EBUSY, "the state is locked by %s (lock %s)",
			rc_json_text(result->lock, "who", NULL) ?: "somebody", id ? id : "unknown");
		rc_hint(err, "if its holder is gone: reconcilectl terraform unlock %s %s",
			run->options.stack->name, id ? id : "ID");
		return -EBUSY;
	}
	if (r < 0)
		return r;
	if (result->exit_status == 0 || (also && result->exit_status == also))
		return 0;
	if (result->signal)
		return rc_fail(err, -EIO, "it was ended by signal %d (%s)", result->signal,
			       strsignal(result->signal));
	return rc_fail(err, -EIO, "it failed with status %d%s%s", result->exit_status,
		       *result->problem ? ": " : "", result->problem);
}

int rc_terraform_run_judge(struct rc_terraform_run *run, int r,
			   const struct rc_terraform_command_result *result, int also,
			   struct rc_error **err)
{
	r = judge(run, r, result, also, err);
	return r < 0 ? rc_wrap(err, r, "%s", rc_flow_get_step(&run->flow)) : 0;
}

/* ---- beginning and end ---- */

static void leave_cache(struct rc_terraform_run *run)
{
	if (run->has_cache)
		run->options.leave_cache(run->options.userdata, run);
	run->has_cache = false;
}

/* What must not outlive the run: the plan holds secrets in the clear. The log and the text stay. */
static void remove_plan(struct rc_terraform_run *run)
{
	static const char *const names[] = {"checkout",	 "data",  "home", "plan",
					    "plan.json", "spool", "state"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(names); i++) {
		rc_autofree char *path = rc_terraform_run_path(run, names[i]);

		rc_file_remove_tree(path, NULL);
	}
}

/* An apply that could not upload its state leaves it here; it is the only copy. */
static bool keep_errored_state(struct rc_terraform_run *run)
{
	rc_autofree char *from = rc_path_join(run->root ? run->root : "", "errored.tfstate");
	rc_autofree char *to = rc_terraform_run_path(run, "errored.tfstate");

	if (!run->root || rename(from, to) < 0)
		return false;
	rc_terraform_run_set_text(run, "erroredState", to);
	rc_terraform_log_say(run->log, "apply",
			     "the state could not be stored; it was kept as %s: push it with "
			     "'state push' before anything else",
			     to);
	return true;
}

static void finish(struct rc_terraform_run *run, const char *phase)
{
	leave_cache(run);
	run->options.leave(run->options.userdata, run);
	ev_timer_stop(run->options.loop, &run->expiry);
	keep_errored_state(run);
	remove_plan(run);
	json_object_del(run->record, "pid");
	json_object_del(run->record, "waitsFor");
	stamp(run, "finishedAt");
	rc_terraform_run_set_text(run, "phase", phase);
	rc_terraform_log_say(run->log, "end", "%s%s%s", phase,
			     json_object_get(run->record, "reason") ? ": " : "",
			     rc_json_text(run->record, "reason", NULL) ?: "");
	if (run->lock_fd > 0)
		close(run->lock_fd);
	run->lock_fd = 0;
	save(run);
	run->options.done(run->options.userdata, run);
}

static void on_done(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct rc_terraform_run *run = rc_container_of(flow, struct rc_terraform_run, flow);
	rc_autofree char *chain = NULL;
	const char *hint;

	if (r == 0 || run->discarded) {
		rc_error_free(err);
		finish(run, run->discarded ? run->discarded : run->end);
		return;
	}
	chain = rc_error_format(err);
	hint = rc_error_get_hint(err);
	rc_log_error(&run->scope, LOG_ERR, err, "a run failed");
	rc_terraform_run_set_text(run, "reason", chain);
	rc_terraform_run_set_text(run, "hint", hint);
	rc_error_free(err);
	finish(run, r == -ECANCELED ? "interrupted" : "failed");
}

static void on_expiry(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_terraform_run *run = rc_container_of(timer, struct rc_terraform_run, expiry);

	(void)loop;
	(void)events;
	rc_terraform_run_discard(run, "expired", "nobody approved it in time", NULL);
}

/* One run of a stack at a time, also across daemons: what a dead one left running holds it. */
static int take_lock(struct rc_terraform_run *run, struct rc_error **err)
{
	rc_autofree char *path = rc_asprintf("%s/../lock", run->options.folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), high;

	if (fd < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	/* Its number must not be one that the child arranges. */
	high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	if (high < 0 || flock(high, LOCK_EX | LOCK_NB) < 0) {
		int r = high < 0 ? -errno : -EBUSY;

		if (high >= 0)
			close(high);
		return rc_fail(err, r,
			       "a terraform that an earlier daemon started is still running");
	}
	run->lock_fd = high;
	return 0;
}

static int prepare(struct rc_terraform_run *run, struct rc_error **err)
{
	rc_autofree char *log = rc_terraform_run_path(run, "log");
	rc_autofree char *home = rc_terraform_run_path(run, "home");
	int r = rc_file_make_directory(home, 0700, err);

	if (r == 0)
		r = rc_file_make_directory(run->options.plugin_cache, 0700, err);
	if (r == 0)
		r = rc_terraform_log_open(log, &run->log, err);
	if (r == 0)
		r = take_lock(run, err);
	return r;
}

/* The first step, so that what cannot begin ends as every other failure. */
static int begin(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = rc_container_of(flow, struct rc_terraform_run, flow);
	int r = prepare(run, err);

	return r < 0 ? r : RC_NEXT;
}

static const struct rc_step begin_steps[] = {{"begin", begin, 0}, {NULL, NULL, 0}};

/* What the steps of a kind run with; one that waits already asks for it once it may go on. */
static void start_kind(struct rc_terraform_run *run)
{
	const char *kind = rc_json_text(run->record, "kind", NULL);
	size_t i = 0;

	while (i + 1 < RC_ARRAY_SIZE(kinds) && !rc_text_equal(kinds[i].kind, kind))
		i++;
	run->end = kinds[i].end;
	rc_flow_init(&run->flow, run->options.loop, kinds[i].steps, on_done);
	if (rc_text_equal(rc_json_text(run->record, "phase", NULL), AWAITING))
		rc_flow_start_at(&run->flow, "approval");
	else
		rc_flow_start(&run->flow);
}

static void on_begun(struct rc_flow *flow, int r, struct rc_error *err)
{
	struct rc_terraform_run *run = rc_container_of(flow, struct rc_terraform_run, flow);

	if (r < 0) {
		if (!run->log) {
			rc_autofree char *chain = rc_error_format(err);

			rc_terraform_run_set_text(run, "reason", chain);
			rc_terraform_run_set_text(run, "phase", "failed");
			rc_log_error(&run->scope, LOG_ERR, err, "a run could not begin");
			rc_error_free(err);
			stamp(run, "finishedAt");
			save(run);
			run->options.done(run->options.userdata, run);
			return;
		}
		on_done(flow, r, err);
		return;
	}
	start_kind(run);
}

static void copy_options(struct rc_terraform_run *run,
			 const struct rc_terraform_run_options *options)
{
	run->options = *options;
	run->options.mirror = rc_strdup(options->mirror);
	run->options.folder = rc_strdup(options->folder);
	run->options.plugin_cache = rc_strdup(options->plugin_cache);
	run->options.backups = rc_strdup(options->backups);
	run->options.copies = rc_strdup(options->copies);
	run->options.program = rc_strdup(options->program);
	if (options->backup_key) {
		struct rc_str key = rc_secret_reveal(options->backup_key);

		run->options.backup_key = rc_secret_new(key.p, key.n);
	}
}

struct rc_terraform_run *rc_terraform_run_start(const struct rc_terraform_run_options *options,
						json_t *record)
{
	struct rc_terraform_run *run = rc_new0(struct rc_terraform_run);
	const char *path = options->stack->path ? options->stack->path : ".";

	copy_options(run, options);
	run->record = record;
	run->scope = (struct rc_log){.key = "RC_STACK", .value = options->stack->name};
	run->root = rc_asprintf("%s/checkout/%s", options->folder, path);
	ev_init(&run->expiry, on_expiry);
	if (!json_object_get(record, "startedAt")) {
		stamp(run, "startedAt");
		json_object_set_new(record, "approvals", json_array());
		rc_terraform_run_set_text(run, "phase", "initialising");
	}
	save(run);
	rc_flow_init(&run->flow, options->loop, begin_steps, on_begun);
	rc_flow_start(&run->flow);
	return run;
}

void rc_terraform_run_free(struct rc_terraform_run *run)
{
	if (!run)
		return;
	rc_flow_cancel(&run->flow);
	run->options.leave(run->options.userdata, run);
	ev_timer_stop(run->options.loop, &run->expiry);
	if (run->job)
		rc_worker_cancel(run->job);
	rc_terraform_command_free(run->command);
	rc_process_free(run->policy);
	if (run->lock_fd > 0)
		close(run->lock_fd);
	rc_terraform_environment_free(run->environment);
	rc_terraform_log_free(run->log);
	rc_secret_free((struct rc_secret *)(uintptr_t)run->options.backup_key);
	free((char *)(uintptr_t)run->options.mirror);
	free((char *)(uintptr_t)run->options.folder);
	free((char *)(uintptr_t)run->options.plugin_cache);
	free((char *)(uintptr_t)run->options.backups);
	free((char *)(uintptr_t)run->options.copies);
	free((char *)(uintptr_t)run->options.program);
	free(run->root);
	json_decref(run->record);
	free(run);
}

/* ---- what is asked of a run ---- */

static bool is_at(const struct rc_terraform_run *run, const char *step)
{
	return rc_text_equal(rc_flow_get_step(&run->flow), step);
}

void rc_terraform_run_wake(struct rc_terraform_run *run)
{
	if (is_at(run, "init") || is_at(run, "approval"))
		rc_flow_resume(&run->flow, 0, NULL);
}

int rc_terraform_run_discard(struct rc_terraform_run *run, const char *phase, const char *reason,
			     struct rc_error **err)
{
	struct rc_error *canceled = NULL;

	if (is_at(run, "backup") || is_at(run, "apply") || is_at(run, "outputs"))
		return rc_fail(err, -EBUSY, "its plan is being applied");
	rc_terraform_run_set_text(run, "reason", reason);
	run->discarded = phase;
	/* A plan that is under way holds the state's lock and lets go of it when it is asked to
	 * end; the run is over then. */
	if (rc_terraform_run_stop(run))
		return 0;
	if (run->job)
		rc_worker_cancel(rc_steal(&run->job));
	rc_fail(&canceled, -ECANCELED, "%s", reason);
	rc_flow_resume(&run->flow, -ECANCELED, canceled);
	return 0;
}

bool rc_terraform_run_is_live(const struct rc_terraform_run *run)
{
	return run->command && rc_terraform_command_get_pid(run->command) > 0;
}

bool rc_terraform_run_stop(struct rc_terraform_run *run)
{
	if (!rc_terraform_run_is_live(run))
		return false;
	rc_terraform_command_stop(run->command);
	return true;
}
