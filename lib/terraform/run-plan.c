/* The steps up to a plan that can be read. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "terraform/message.h"
#include "terraform/plan.h"
#include "terraform/program.h"
#include "terraform/run-private.h"

#define CHECKOUT_MS    (5 * 60 * UINT64_C(1000))
#define INIT_MS	       (10 * 60 * UINT64_C(1000))
#define SHORT_MS       (2 * 60 * UINT64_C(1000))
#define READ_MS	       (60 * UINT64_C(1000))
#define ARGS_MAX       60
#define VERSION_MS     (30 * UINT64_C(1000))
#define VERSION_BYTES  ((size_t)64 << 10)
#define VALIDATE_BYTES ((size_t)4 << 20)
#define PLAN_BYTES     ((size_t)64 << 20)
#define TEXT_BYTES     ((size_t)4 << 20)
#define STATUS_CHANGES 2 /* of plan -detailed-exitcode */

static struct rc_terraform_run *of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct rc_terraform_run, flow);
}

/* Arguments; some are made, and live as long as the list. */
struct args {
	const char *at[ARGS_MAX];
	size_t n;
	char *made[ARGS_MAX];
	size_t n_made;
};

static void args_done(struct args *args)
{
	for (size_t i = 0; i < args->n_made; i++)
		free(args->made[i]);
}

static void push(struct args *args, const char *text)
{
	if (args->n + 1 < ARGS_MAX)
		args->at[args->n++] = text;
}

/* text is given away. */
static void push_made(struct args *args, char *text)
{
	if (args->n_made < ARGS_MAX)
		args->made[args->n_made++] = text;
	push(args, text);
}

/* Most commands: status 0 goes on. */
static void on_plain(void *userdata, int r, const struct rc_terraform_command_result *result,
		     struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	rc_flow_resume(&run->flow, r, err);
}

/* ---- checkout ---- */

static void on_checkout(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	static const char *const keys[] = {"commit", "author", "mail", "date", "subject"};
	struct rc_terraform_run *run = userdata;

	run->job = NULL;
	for (size_t i = 0; r == 0 && i < RC_ARRAY_SIZE(keys); i++)
		rc_terraform_run_set_text(run, keys[i], rc_json_text(reply, keys[i], NULL));
	if (r == 0 && access(run->root, R_OK | X_OK) < 0) {
		r = rc_fail(&err, -ENOENT, "there is no folder '%s' in commit %.12s",
			    run->options.stack->path, rc_json_text(reply, "commit", NULL) ?: "");
		rc_hint(&err, "set the stack's path");
	}
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_checkout(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	rc_autofree char *folder = rc_terraform_run_path(run, "checkout");
	json_auto_t *request = json_pack("{s:s, s:s, s:s, s:s}", "op", "checkout", "mirror",
					 run->options.mirror, "folder", folder, "revision",
					 rc_json_text(run->record, "revision", NULL) ?: "");
	int r = rc_file_remove_tree(folder, err);

	if (r < 0)
		return r;
	rc_terraform_log_say(run->log, "checkout", "%s",
			     rc_json_text(run->record, "revision", NULL) ?: "");
	rc_worker_submit(run->options.git_pool, request, CHECKOUT_MS, on_checkout, run, &run->job);
	return RC_WAIT;
}

/* ---- version ---- */

static void on_version(void *userdata, int r, const struct rc_terraform_command_result *result,
		       struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	rc_autofree char *version = NULL;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	if (r == 0)
		r = rc_terraform_program_check(result->value, run->options.stack->version, &version,
					       &err);
	if (r < 0)
		rc_wrap(&err, r, "%s", run->options.program);
	rc_terraform_run_set_text(run, "version", version);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_version(struct rc_flow *flow, struct rc_error **err)
{
	static const char *const args[] = {"version", NULL};
	struct rc_terraform_run *run = of(flow);
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = VERSION_MS,
						   .output = RC_TERRAFORM_OUTPUT_VALUE,
						   .max_bytes = VERSION_BYTES,
						   .done = on_version};

	return rc_terraform_run_command(run, &command, err);
}

/* ---- init ---- */

static void on_init(void *userdata, int r, const struct rc_terraform_command_result *result,
		    struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;

	run->has_cache = false;
	run->options.leave_cache(run->options.userdata, run);
	on_plain(userdata, r, result, err);
}

/* A lock file that is in Git is held to; without one Terraform chooses, and says what. */
static bool has_lock_file(const struct rc_terraform_run *run)
{
	rc_autofree char *path = rc_path_join(run->root, ".terraform.lock.hcl");

	return access(path, R_OK) == 0;
}

int rc_terraform_run_init(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	const struct rc_terraform_stack_options *stack = run->options.stack;
	struct args args = {.n = 0};
	struct rc_terraform_run_command command = {
		.args = args.at, .timeout_ms = INIT_MS, .done = on_init};
	int r;

	if (!run->options.take_cache(run->options.userdata, run))
		return RC_WAIT_AGAIN;
	run->has_cache = true;
	push(&args, "init");
	push(&args, "-input=false");
	push(&args, "-no-color");
	if (has_lock_file(run))
		push(&args, "-lockfile=readonly");
	else
		rc_terraform_log_say(run->log, "init",
				     "there is no .terraform.lock.hcl: provider versions are not "
				     "pinned");
	for (size_t i = 0; i < stack->n_backend_config; i++)
		push_made(&args, rc_asprintf("-backend-config=%s", stack->backend_config[i]));
	r = rc_terraform_run_command(run, &command, err);
	args_done(&args);
	return r;
}

int rc_terraform_run_workspace(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	const char *workspace = run->options.stack->workspace;
	const char *const args[] = {"workspace",  "select",  "-no-color",
				    "-or-create", workspace, NULL};
	struct rc_terraform_run_command command = {
		.args = args, .timeout_ms = SHORT_MS, .done = on_plain};

	if (!workspace || strcmp(workspace, "default") == 0)
		return RC_NEXT;
	return rc_terraform_run_command(run, &command, err);
}

/* ---- validate ---- */

static void on_validate(void *userdata, int r, const struct rc_terraform_command_result *result,
			struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	struct rc_terraform_message message;
	json_auto_t *answer = NULL;

	if (r == 0 && result->value.n > 0 &&
	    rc_json_parse(result->value, "validate", &answer, NULL) == 0 &&
	    json_is_false(json_object_get(answer, "valid"))) {
		rc_terraform_message_init(&message);
		rc_terraform_message_take_diagnostics(&message, answer, run->log);
		r = rc_fail(&err, -EINVAL, "%s", rc_terraform_message_get_problem(&message));
		rc_terraform_message_done(&message);
		json_object_del(run->record, "pid");
	} else {
		r = rc_terraform_run_judge(run, r, result, 0, &err);
	}
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_validate(struct rc_flow *flow, struct rc_error **err)
{
	static const char *const args[] = {"validate", "-json", NULL};
	struct rc_terraform_run *run = of(flow);
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = SHORT_MS,
						   .output = RC_TERRAFORM_OUTPUT_VALUE,
						   .max_bytes = VALIDATE_BYTES,
						   .done = on_validate};

	rc_terraform_run_enter(run, "validating");
	return rc_terraform_run_command(run, &command, err);
}

/* ---- plan ---- */

static void on_plan(void *userdata, int r, const struct rc_terraform_command_result *result,
		    struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	rc_autofree char *plan = rc_terraform_run_path(run, "plan");

	/* The folder is ours alone; whoever copies the file out of it shall not open it up. */
	chmod(plan, 0600);
	r = rc_terraform_run_judge(run, r, result, STATUS_CHANGES, &err);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_plan(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	const struct rc_terraform_stack_options *stack = run->options.stack;
	bool is_drift = rc_text_equal(rc_json_text(run->record, "kind", NULL), "drift");
	struct args args = {.n = 0};
	struct rc_terraform_run_command command = {.args = args.at,
						   .timeout_ms = stack->plan_timeout_ms,
						   .output = RC_TERRAFORM_OUTPUT_UI,
						   .done = on_plan};
	int r;

	rc_terraform_run_enter(run, "planning");
	push(&args, "plan");
	push(&args, "-json");
	push(&args, "-input=false");
	push(&args, "-detailed-exitcode");
	if (is_drift)
		push(&args, "-refresh-only");
	push_made(&args, rc_asprintf("-lock-timeout=%llus",
				     (unsigned long long)(stack->lock_timeout_ms / 1000)));
	for (size_t i = 0; i < stack->n_var_files; i++)
		push_made(&args, rc_asprintf("-var-file=%s", stack->var_files[i]));
	push_made(&args, rc_asprintf("-out=%s/plan", run->options.folder));
	r = rc_terraform_run_command(run, &command, err);
	args_done(&args);
	return r;
}

/* ---- unlock ---- */

int rc_terraform_run_unlock(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	const char *const args[] = {"force-unlock", "-force",
				    rc_json_text(run->record, "unlock", NULL) ?: "", NULL};
	struct rc_terraform_run_command command = {
		.args = args, .timeout_ms = SHORT_MS, .done = on_plain};

	return rc_terraform_run_command(run, &command, err);
}

/* ---- reading it ---- */

static int show(struct rc_terraform_run *run, const char *flag, const char *name, size_t max_bytes,
		rc_terraform_command_done_fn *done, struct rc_error **err)
{
	rc_autofree char *plan = rc_terraform_run_path(run, "plan");
	rc_autofree char *out = rc_terraform_run_path(run, name);
	const char *args[] = {"show", flag, plan, NULL};
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = SHORT_MS,
						   .output = RC_TERRAFORM_OUTPUT_FILE,
						   .out_path = out,
						   .max_bytes = max_bytes,
						   .done = done};

	return rc_terraform_run_command(run, &command, err);
}

int rc_terraform_run_export(struct rc_flow *flow, struct rc_error **err)
{
	if (of(flow)->is_read)
		return RC_NEXT;
	return show(of(flow), "-json", "plan.json", PLAN_BYTES, on_plain, err);
}

/* Terraform masks what is marked; we, what came from elsewhere, and what was computed from either.
 */
static int mask_text(const struct rc_terraform_run *run, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TEXT_BYTES + 1);
	rc_autofree char *path = rc_terraform_run_path(run, "plan.txt"), *masked = NULL;
	int r = rc_file_read(path, &text, err);

	if (r < 0)
		return r;
	masked = rc_terraform_log_mask_line(run->log, rc_buf_str(&text));
	if (text.p)
		explicit_bzero(text.p, text.size);
	return rc_file_write_atomic(path, masked, strlen(masked), 0600, err);
}

static void on_printed(void *userdata, int r, const struct rc_terraform_command_result *result,
		       struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	if (r == 0)
		r = mask_text(run, &err);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_print(struct rc_flow *flow, struct rc_error **err)
{
	return show(of(flow), "-no-color", "plan.txt", TEXT_BYTES, on_printed, err);
}

/* A program's own messages may hold what its module calls sensitive: a provisioner's that failed
 * does. */
static void hide_sensitive(struct rc_terraform_run *run, json_t *summary)
{
	const json_t *text;
	size_t i;

	json_array_foreach (json_object_get(summary, "sensitive"), i, text) {
		rc_cleanup(rc_secret_freep) struct rc_secret *secret =
			rc_secret_new(json_string_value(text), json_string_length(text));

		rc_terraform_log_hide_in_lines(run->log, secret);
	}
	json_object_del(summary, "sensitive");
	run->is_read = true;
}

static void take_summary(struct rc_terraform_run *run, const json_t *summary)
{
	rc_autofree char *described = rc_terraform_plan_describe(summary);

	/* What came from elsewhere, and the module does not call sensitive. */
	json_object_set_new(run->record, "plan", rc_terraform_log_mask_json(run->log, summary));
	rc_terraform_run_set_text(run, "digest", rc_json_text(summary, "digest", NULL));
	rc_terraform_log_say(run->log, "read", "%s (digest %.12s)", described,
			     rc_json_text(summary, "digest", NULL) ?: "");
	if (json_object_get(run->record, "after"))
		rc_terraform_run_set_text(run, "left", described);
	if (rc_text_equal(rc_json_text(run->record, "kind", NULL), "drift"))
		run->end = json_array_size(json_object_get(summary, "drift")) > 0 ? "drifted"
										  : "in-sync";
}

static void on_read(void *userdata, int r, json_t *summary, struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	rc_autofree char *json = rc_terraform_run_path(run, "plan.json");
	const char *digest = rc_json_text(run->record, "digest", NULL);

	run->job = NULL;
	/* Sensitive values stand in it in the clear. */
	unlink(json);
	if (r == 0) {
		hide_sensitive(run, summary);
		if (!digest)
			take_summary(run, summary);
		else if (!rc_text_equal(digest, rc_json_text(summary, "digest", NULL)))
			r = rc_fail(&err, -ESTALE,
				    "the plan that lies here is not the one that was approved");
	}
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_read(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	rc_autofree char *path = rc_terraform_run_path(run, "plan.json");
	rc_autofree char *salt = rc_asprintf("%s %s %s", run->options.stack->name,
					     run->options.stack->workspace ?: "default",
					     rc_json_text(run->record, "commit", NULL) ?: "");
	json_auto_t *request = NULL;

	if (run->is_read)
		return RC_NEXT;
	request = json_pack("{s:s, s:s, s:s, s:I}", "op", "summarise", "path", path, "salt", salt,
			    "maxBytes", (json_int_t)PLAN_BYTES);

	(void)err;
	rc_worker_submit(run->options.plan_pool, request, READ_MS, on_read, run, &run->job);
	return RC_WAIT;
}
