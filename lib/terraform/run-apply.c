/* The steps from a plan that was read to one that was applied. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/process.h"
#include "data/json.h"
#include "terraform/backup.h"
#include "terraform/plan.h"
#include "terraform/policy.h"
#include "terraform/run-private.h"

#define POLICY_MS     (2 * 60 * UINT64_C(1000))
#define PULL_MS	      (5 * 60 * UINT64_C(1000))
#define OUTPUTS_MS    (2 * 60 * UINT64_C(1000))
#define STATE_BYTES   ((size_t)128 << 20)
#define OUTPUTS_BYTES ((size_t)4 << 20)

static struct rc_terraform_run *of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct rc_terraform_run, flow);
}

static const json_t *get_plan(const struct rc_terraform_run *run)
{
	return json_object_get(run->record, "plan");
}

static bool is_restore(const struct rc_terraform_run *run)
{
	return json_object_get(run->record, "restore") != NULL;
}

/* Then only the outputs are read: the state may be older than we are. */
static bool is_noop(const struct rc_terraform_run *run)
{
	return !is_restore(run) && rc_terraform_plan_is_noop(get_plan(run));
}

/* ---- policy ---- */

static char *join(const json_t *texts, const char *between)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(64 << 10);
	const json_t *text;
	size_t i;

	json_array_foreach (texts, i, text)
		rc_buf_printf(&out, "%s%s", i ? between : "", json_string_value(text));
	return rc_buf_take(&out);
}

/* The flow goes on to the end, where the phase is another than "applied". */
static int end_denied(struct rc_terraform_run *run, const char *reason)
{
	rc_terraform_run_set_text(run, "reason", reason);
	run->end = "policy-denied";
	return RC_FINISH;
}

static void on_policy(struct rc_process *process, int r, const struct rc_process_result *result,
		      struct rc_error *err, void *userdata)
{
	struct rc_terraform_run *run = userdata;

	(void)process;
	if (r == 0 && result->exit_status != 0) {
		struct rc_str said = result->out.n ? result->out : result->error_out;
		rc_autofree char *text =
			rc_terraform_log_mask(run->log, rc_str_trim(said, " \t\r\n"));

		rc_terraform_log_say(run->log, "policy", "denied: %s", text);
		rc_terraform_run_set_text(run, "reason", text);
		run->end = "policy-denied";
		run->is_denied = true;
	}
	rc_flow_resume(&run->flow, r, err);
}

static int run_policy_command(struct rc_terraform_run *run, struct rc_error **err)
{
	const struct rc_terraform_policy *policy = &run->options.stack->policy;
	rc_autofree const char **argv = rc_calloc(policy->n_command + 1, sizeof(*argv));
	rc_autofree char *summary = json_dumps(get_plan(run), JSON_COMPACT);
	struct rc_process_options options = {
		.argv = argv,
		.env = rc_terraform_environment_get(run->environment),
		.directory = run->root,
		.input = rc_str(summary),
		.timeout_ms = POLICY_MS,
		.own_session = true,
	};
	int r;

	memcpy(argv, policy->command, policy->n_command * sizeof(*argv));
	r = rc_process_start(run->options.loop, &options, on_policy, run, &run->policy, err);
	return r < 0 ? rc_wrap(err, r, "the policy command") : RC_WAIT_AGAIN;
}

int rc_terraform_run_policy(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	const struct rc_terraform_policy *policy = &run->options.stack->policy;
	struct rc_terraform_verdict verdict;
	rc_autofree char *denied = NULL;

	if (run->is_denied)
		return RC_FINISH;
	if (is_noop(run)) {
		run->end = "no-change";
		return RC_NEXT;
	}
	rc_terraform_policy_judge(policy, get_plan(run), &verdict);
	denied = join(verdict.denied, "; ");
	rc_terraform_policy_verdict_done(&verdict);
	if (*denied) {
		rc_terraform_log_say(run->log, "policy", "denied: %s", denied);
		return end_denied(run, denied);
	}
	if (policy->n_command == 0 || run->policy)
		return RC_NEXT;
	return run_policy_command(run, err);
}

/* ---- approval ---- */

bool rc_terraform_run_is_approved(struct rc_terraform_run *run)
{
	const struct rc_terraform_policy *policy = &run->options.stack->policy;
	const char *digest = rc_json_text(run->record, "digest", NULL) ?: "";
	unsigned int wanted = policy->n_approvers ? policy->n_approvers : 1;
	unsigned int n =
		rc_terraform_approval_count(json_object_get(run->record, "approvals"), digest);
	const char *freeze = run->options.get_freeze(run->options.userdata);
	struct rc_terraform_verdict verdict;
	rc_autofree char *named = NULL, *text = NULL;
	bool is_asking;

	rc_terraform_policy_judge(policy, get_plan(run), &verdict);
	/* Whatever a stack may do by itself, forgetting what it did is not among it. */
	is_asking = verdict.is_asking || is_restore(run);
	named = join(verdict.named, ", ");
	rc_terraform_policy_verdict_done(&verdict);
	if (is_asking && n < wanted)
		text = rc_asprintf("waits for approval of plan %.12s (%u of %u)%s%s", digest, n,
				   wanted, *named ? ", naming " : "", named);
	else if (freeze)
		text = rc_asprintf("approved, but applying is frozen: %s", freeze);
	rc_terraform_run_set_text(run, "waitsFor", text);
	return text == NULL;
}

int rc_terraform_run_await(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	uint64_t expires_ms = run->options.stack->policy.expires_ms;
	bool is_approved = is_noop(run) || rc_terraform_run_is_approved(run);

	(void)err;
	ev_timer_stop(run->options.loop, &run->expiry);
	if (is_approved)
		return RC_NEXT;
	/* Nothing is held while people think; what ends is asked for anew when they said yes. */
	if (!run->has_waited)
		run->options.leave(run->options.userdata, run);
	run->has_waited = true;
	rc_terraform_run_enter(run, "awaiting-approval");
	if (expires_ms) {
		int64_t began = 0;
		double left = (double)expires_ms / 1000.;

		if (!json_object_get(run->record, "awaitsSince"))
			json_object_set_new(run->record, "awaitsSince",
					    json_integer(rc_clock_unix_s()));
		began = json_integer_value(json_object_get(run->record, "awaitsSince"));
		left -= (double)(rc_clock_unix_s() - began);
		ev_timer_set(&run->expiry, left > 0 ? left : 0., 0.);
		ev_timer_start(run->options.loop, &run->expiry);
	}
	return RC_WAIT_AGAIN;
}

int rc_terraform_run_approve(struct rc_terraform_run *run, const struct rc_terraform_yes *yes,
			     struct rc_error **err)
{
	const struct rc_terraform_policy *policy = &run->options.stack->policy;
	rc_autofree char *author =
		rc_asprintf("%s <%s>", rc_json_text(run->record, "author", NULL) ?: "",
			    rc_json_text(run->record, "mail", NULL) ?: "");
	struct rc_terraform_verdict verdict;
	int r;

	if (!rc_text_equal(rc_flow_get_step(&run->flow), "approval"))
		return rc_fail(err, -EBUSY, "no plan of stack '%s' waits for approval",
			       run->options.stack->name);
	rc_terraform_policy_judge(policy, get_plan(run), &verdict);
	r = rc_terraform_approval_add(json_object_get(run->record, "approvals"), policy, &verdict,
				      rc_json_text(run->record, "digest", NULL) ?: "", author, yes,
				      err);
	rc_terraform_policy_verdict_done(&verdict);
	if (r < 0)
		return r;
	rc_log_notice(&run->scope, "plan %.12s is approved by %s",
		      rc_json_text(run->record, "digest", NULL) ?: "", yes->by);
	rc_terraform_log_say(run->log, "approval", "approved by %s (%s)", yes->by, yes->method);
	json_object_del(run->record, "refused");
	rc_terraform_run_save(run->options.store, run->record);
	rc_flow_resume(&run->flow, 0, NULL);
	return 0;
}

void rc_terraform_run_note_refusal(struct rc_terraform_run *run, const char *why)
{
	rc_log_warning(&run->scope, "an approval is not taken: %s", why);
	rc_terraform_log_say(run->log, "approval", "not taken: %s", why);
	rc_terraform_run_set_text(run, "refused", why);
	rc_terraform_run_save(run->options.store, run->record);
}

/* ---- back-up ---- */

/* The first place has it: another that cannot be reached is told, and holds up nothing. err is
 * taken over. */
static void note_copy(struct rc_terraform_run *run, struct rc_error *err)
{
	rc_autofree char *chain = rc_error_format(err);

	rc_terraform_run_set_text(run, "backupProblem", chain);
	rc_terraform_log_say(run->log, "backup", "there is no second copy: %s", chain);
	rc_log_error(&run->scope, LOG_ERR, err, "copying the back-up to its second place");
	rc_error_free(err);
}

void rc_terraform_run_copied(struct rc_terraform_run *run, int r, struct rc_error *err)
{
	if (r < 0)
		note_copy(run, err);
	rc_flow_resume(&run->flow, 0, NULL);
}

/* True: rc_terraform_run_copied() goes on. */
static bool copy_backup(struct rc_terraform_run *run, const char *name)
{
	struct rc_error *err = NULL;

	if (run->options.copies &&
	    rc_terraform_backup_copy(run->options.backups, name, run->options.copies,
				     run->options.copies_kept, &err) < 0)
		note_copy(run, err);
	return run->options.copy(run->options.userdata, run, name);
}

static void on_pull(void *userdata, int r, const struct rc_terraform_command_result *result,
		    struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	rc_autofree char *name = NULL;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	if (r == 0)
		r = rc_terraform_run_check_current(run, result->value, &err);
	/* A stack that was never applied has no state yet. */
	if (r == 0 && result->value.n > 0) {
		r = rc_terraform_backup_write(run->options.backups, run->options.backup_key,
					      result->value, run->options.backups_kept, &name,
					      &err);
		if (r < 0)
			rc_wrap(&err, r, "backing up the state: nothing is applied without");
		rc_terraform_run_set_text(run, "backup", name);
		if (r == 0 && copy_backup(run, name))
			return;
	}
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_backup(struct rc_flow *flow, struct rc_error **err)
{
	static const char *const args[] = {"state", "pull", NULL};
	struct rc_terraform_run *run = of(flow);
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = PULL_MS,
						   .output = RC_TERRAFORM_OUTPUT_VALUE,
						   .max_bytes = STATE_BYTES,
						   .done = on_pull};

	if (is_noop(run))
		return RC_NEXT;
	json_object_del(run->record, "refused");
	rc_terraform_run_enter(run, "backing-up");
	if (!run->options.backup_key) {
		rc_terraform_log_say(run->log, "backup",
				     "no key is configured: the state is not backed up");
		return RC_NEXT;
	}
	return rc_terraform_run_command(run, &command, err);
}

/* ---- apply ---- */

static bool is_stale(const char *problem)
{
	return strstr(problem, "stale") || strstr(problem, "does not match the given state");
}

static void on_apply(void *userdata, int r, const struct rc_terraform_command_result *result,
		     struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	if (r < 0 && is_stale(result->problem))
		rc_hint(&err,
			"the state changed after the plan was made; it is planned anew with: "
			"reconcilectl terraform plan %s",
			run->options.stack->name);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_apply(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	rc_autofree char *plan = rc_terraform_run_path(run, "plan");
	rc_autofree char *spool = rc_terraform_run_path(run, "spool");
	rc_autofree char *lock =
		rc_asprintf("-lock-timeout=%llus",
			    (unsigned long long)(run->options.stack->lock_timeout_ms / 1000));
	const char *args[] = {"apply", "-json", "-input=false", lock, plan, NULL};
	struct rc_terraform_run_command command = {
		.args = args,
		.timeout_ms = run->options.stack->apply_timeout_ms,
		.output = RC_TERRAFORM_OUTPUT_UI,
		.spool_path = spool,
		.may_write = true,
		.done = on_apply,
	};

	if (is_noop(run))
		return RC_NEXT;
	/* Between the last look and now the freeze may have come. */
	if (!rc_terraform_run_is_approved(run))
		return rc_fail(err, -EACCES, "%s", rc_json_text(run->record, "waitsFor", NULL));
	rc_terraform_run_enter(run, "applying");
	rc_log_notice(&run->scope, "applying plan %.12s",
		      rc_json_text(run->record, "digest", NULL) ?: "");
	return rc_terraform_run_command(run, &command, err);
}

/* ---- outputs ---- */

/* {name: {"value"} | {"sensitive": true}}: a sensitive value is not kept, nor is one that came from
 * elsewhere as a secret. */
static json_t *mask_outputs(const struct rc_terraform_log *log, const json_t *outputs)
{
	json_t *masked = json_object(), *output;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)outputs, name, output) {
		json_t *value = json_object_get(output, "value");
		bool is_sensitive = json_is_true(json_object_get(output, "sensitive")) ||
				    rc_terraform_log_is_hidden(log, value);

		json_object_set_new(masked, name,
				    is_sensitive ? json_pack("{s:b}", "sensitive", 1)
						 : json_pack("{s:O?}", "value", value));
	}
	return masked;
}

static void take_outputs(struct rc_terraform_run *run, const json_t *outputs)
{
	json_object_set_new(run->record, "outputs", mask_outputs(run->log, outputs));
	if (run->options.outputs)
		run->options.outputs(run->options.userdata, outputs);
}

static void on_outputs(void *userdata, int r, const struct rc_terraform_command_result *result,
		       struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	json_auto_t *outputs = NULL;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	if (r == 0)
		r = rc_json_parse(result->value, "output", &outputs, &err);
	if (r == 0)
		take_outputs(run, outputs);
	else
		rc_wrap(&err, r, "%sits outputs could not be read",
			is_noop(run) ? "" : "the plan was applied, ");
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_outputs(struct rc_flow *flow, struct rc_error **err)
{
	static const char *const args[] = {"output", "-json", NULL};
	struct rc_terraform_run *run = of(flow);
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = OUTPUTS_MS,
						   .output = RC_TERRAFORM_OUTPUT_VALUE,
						   .max_bytes = OUTPUTS_BYTES,
						   .done = on_outputs};

	rc_terraform_run_enter(run, "verifying");
	return rc_terraform_run_command(run, &command, err);
}
