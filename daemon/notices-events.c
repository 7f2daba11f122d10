/* What happens to applications, stacks, secrets and the configuration, as messages. */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "commits.h"
#include "data/json.h"
#include "notices-private.h"

#define CONFIG ":config" /* the subject of the configuration: no application can be named so */

/* ---- applications ---- */

static void on_sync(struct daemon_notices *notices, const struct rc_app *app,
		    const struct rc_app_counts *counts)
{
	bool has_failed = strcmp(counts->operation_phase, "Failed") == 0;
	json_auto_t *description = NULL;
	rc_autofree char *token = NULL;

	if (!has_failed && strcmp(counts->operation_phase, "Succeeded") != 0)
		return;
	/* It has ended, but what came of it was not looked at. */
	if (counts->is_operation_open)
		return;
	token = rc_asprintf("%s %s", counts->operation_phase, counts->operation_revision);
	if (daemon_notices_was_told(notices, rc_app_get_name(app), "sync", token))
		return;
	description = rc_app_describe(app);
	daemon_notices_tell(notices,
			    &(struct notices_change){
				    .subject = rc_app_get_name(app),
				    .app = rc_app_get_name(app),
				    .family = "sync",
				    .token = token,
				    .type = has_failed ? "sync-failed" : "sync-succeeded",
				    .alert = "ReconciledSyncFailed",
				    .severity = has_failed ? "critical" : "info",
				    .message = rc_json_text(description, "status", "operationState",
							    "message", NULL),
				    .revision = counts->operation_revision,
				    .is_resolved = !has_failed,
				    .is_silent = !has_failed && counts->n_syncs_succeeded == 0,
				    .is_followed = true,
			    });
}

static void on_health(struct daemon_notices *notices, const struct rc_app *app,
		      const struct rc_app_counts *counts)
{
	bool is_degraded = strcmp(counts->health_status, "Degraded") == 0;
	json_auto_t *description = NULL;
	bool is_first;

	if (!is_degraded && strcmp(counts->health_status, "Healthy") != 0)
		return;
	if (daemon_notices_was_told(notices, rc_app_get_name(app), "health", counts->health_status))
		return;
	is_first = !daemon_notices_get_told(notices, rc_app_get_name(app), "health");
	description = rc_app_describe(app);
	daemon_notices_tell(
		notices,
		&(struct notices_change){
			.subject = rc_app_get_name(app),
			.app = rc_app_get_name(app),
			.family = "health",
			.token = counts->health_status,
			.type = is_degraded ? "health-degraded" : "health-restored",
			.alert = "ReconciledAppDegraded",
			.severity = is_degraded ? "warning" : "info",
			.message = rc_json_text(description, "status", "health", "message", NULL),
			.revision = rc_json_text(description, "status", "sync", "revision", NULL),
			.is_resolved = !is_degraded,
			.is_silent = !is_degraded && is_first,
			.is_followed = true,
		});
}

void daemon_notices_on_app(struct daemon_notices *notices, struct rc_app *app)
{
	struct rc_app_counts counts;

	if (!notices)
		return;
	rc_app_get_counts(app, &counts);
	daemon_commits_on_app(notices, app, &counts);
	if (strcmp(counts.operation_phase, "Running") == 0)
		return;
	on_sync(notices, app, &counts);
	on_health(notices, app, &counts);
}

void daemon_notices_on_validation(struct daemon_notices *notices, const struct rc_app *app,
				  const char *check, const char *evidence)
{
	rc_autofree char *token = NULL, *message = NULL;

	if (!notices)
		return;
	token = check ? rc_asprintf("fail %s", check) : rc_strdup("pass");
	message =
		check ? rc_asprintf("%s: %s", check, evidence ?: "") : rc_strdup("all checks pass");
	daemon_notices_tell(notices,
			    &(struct notices_change){
				    .subject = rc_app_get_name(app),
				    .app = rc_app_get_name(app),
				    .family = "validation",
				    .token = token,
				    .type = check ? "validation-failed" : "validation-passed",
				    .alert = "ReconciledValidationFailed",
				    .severity = check ? "critical" : "info",
				    .message = message,
				    .is_resolved = !check,
			    });
}

void daemon_notices_on_config(struct daemon_notices *notices, const char *why)
{
	bool is_first;

	if (!notices)
		return;
	is_first = !daemon_notices_get_told(notices, CONFIG, "config");
	daemon_notices_tell(notices, &(struct notices_change){
					     .subject = CONFIG,
					     .family = "config",
					     .token = why ?: "accepted",
					     .type = why ? "config-rejected" : "config-accepted",
					     .alert = "ReconciledConfigRejected",
					     .severity = why ? "warning" : "info",
					     .message = why,
					     .is_resolved = !why,
					     .is_silent = !why && is_first,
				     });
}

/* ---- stacks ---- */

/* What a stack's phase opens or closes; others change nothing. */
static const struct {
	const char *phase, *family, *type, *alert, *severity;
	bool is_resolved;
} phases[] = {
	{"awaiting-approval", "approval", "terraform-approval", "ReconciledApprovalWaiting",
	 "warning", false},
	{"approved", "approval", "terraform-decided", "ReconciledApprovalWaiting", "info", true},
	{"applying", "approval", "terraform-decided", "ReconciledApprovalWaiting", "info", true},
	{"applied", "approval", "terraform-decided", "ReconciledApprovalWaiting", "info", true},
	{"discarded", "approval", "terraform-decided", "ReconciledApprovalWaiting", "info", true},
	{"superseded", "approval", "terraform-decided", "ReconciledApprovalWaiting", "info", true},
	{"expired", "approval", "terraform-decided", "ReconciledApprovalWaiting", "info", true},
	{"failed", "run", "terraform-failed", "ReconciledTerraformFailed", "critical", false},
	{"interrupted", "run", "terraform-failed", "ReconciledTerraformFailed", "critical", false},
	{"policy-denied", "run", "terraform-failed", "ReconciledTerraformFailed", "critical",
	 false},
	{"applied", "run", "terraform-succeeded", "ReconciledTerraformFailed", "info", true},
	{"no-change", "run", "terraform-succeeded", "ReconciledTerraformFailed", "info", true},
};

/* A plan that waits is another with another digest; a run that failed with another number. What
 * closes something is the same whatever closed it. */
static char *make_token(const json_t *stack, size_t i)
{
	const json_t *run = json_object_get(stack, "run");

	if (phases[i].is_resolved)
		return rc_strdup("closed");
	if (strcmp(phases[i].family, "approval") == 0)
		return rc_asprintf("plan %s", rc_json_text(run, "digest", NULL) ?: "");
	return rc_asprintf("run %lld", (long long)json_integer_value(json_object_get(run, "id")));
}

static void on_phase(struct daemon_notices *notices, const json_t *stack, const char *subject,
		     size_t i)
{
	const json_t *run = json_object_get(stack, "run");
	const char *why = rc_json_text(stack, "reason", NULL);
	rc_autofree char *token = make_token(stack, i);
	rc_autofree char *message = rc_asprintf(
		"stack %s: %s%s%s", rc_json_text(stack, "name", NULL), phases[i].phase,
		why || rc_json_text(run, "summary", NULL) ? ": " : "",
		why ?: rc_json_text(run, "summary", NULL) ?: "");

	daemon_notices_tell(
		notices,
		&(struct notices_change){
			.subject = subject,
			.family = phases[i].family,
			.token = token,
			.type = phases[i].type,
			.alert = phases[i].alert,
			.severity = phases[i].severity,
			.message = message,
			.revision = rc_json_text(stack, "commit", NULL),
			.is_resolved = phases[i].is_resolved,
			/* Nothing was open. */
			.is_silent = phases[i].is_resolved &&
				     !daemon_notices_get_told(notices, subject, phases[i].family),
		});
}

static void on_drift(struct daemon_notices *notices, const json_t *stack, const char *subject)
{
	const char *drift = rc_json_text(stack, "drift", NULL);
	bool has_drift = rc_text_equal(drift, "drifted");
	const char *before = daemon_notices_get_told(notices, subject, "drift");
	rc_autofree char *message = NULL;

	if (!drift || (!has_drift && !before))
		return;
	message = has_drift ? rc_asprintf("stack %s: objects are not as its state says",
					  rc_json_text(stack, "name", NULL))
			    : rc_asprintf("stack %s: as its state says",
					  rc_json_text(stack, "name", NULL));
	daemon_notices_tell(notices,
			    &(struct notices_change){
				    .subject = subject,
				    .family = "drift",
				    .token = has_drift ? "drift" : "none",
				    .type = has_drift ? "terraform-drift" : "terraform-drift-gone",
				    .alert = "ReconciledTerraformDrift",
				    .severity = has_drift ? "warning" : "info",
				    .message = message,
				    .is_resolved = !has_drift,
			    });
}

void daemon_notices_on_stack(struct daemon_notices *notices, const json_t *stack)
{
	const char *phase = rc_json_text(stack, "phase", NULL) ?: "";
	rc_autofree char *subject = NULL;

	if (!notices)
		return;
	subject = rc_asprintf("stack:%s", rc_json_text(stack, "name", NULL) ?: "");
	for (size_t i = 0; i < RC_ARRAY_SIZE(phases); i++)
		if (strcmp(phases[i].phase, phase) == 0)
			on_phase(notices, stack, subject, i);
	on_drift(notices, stack, subject);
}

/* ---- secrets ---- */

static void on_store(struct daemon_notices *notices, const json_t *what, const char *subject,
		     const char *message)
{
	bool is_ready = json_is_true(json_object_get(what, "ready"));

	daemon_notices_tell(
		notices, &(struct notices_change){
				 .subject = subject,
				 .family = "ready",
				 .token = is_ready ? "ready" : "failing",
				 .type = is_ready ? "store-ready" : "store-not-ready",
				 .alert = "ReconciledSecretStoreNotReady",
				 .severity = is_ready ? "info" : "critical",
				 .message = message,
				 .is_resolved = is_ready,
				 .is_silent = is_ready &&
					      !daemon_notices_get_told(notices, subject, "ready"),
			 });
}

/* Its credentials end soon, and could not be replaced. */
static void on_expiry(struct daemon_notices *notices, const json_t *what, const char *subject,
		      const char *message)
{
	bool is_near = json_is_true(json_object_get(what, "expires"));

	if (!is_near && !daemon_notices_get_told(notices, subject, "expiry"))
		return;
	daemon_notices_tell(notices, &(struct notices_change){
					     .subject = subject,
					     .family = "expiry",
					     .token = is_near ? "near" : "far",
					     .type = is_near ? "secret-expires" : "secret-restored",
					     .alert = "ReconciledCredentialExpires",
					     .severity = is_near ? "critical" : "info",
					     .message = message,
					     .is_resolved = !is_near,
				     });
}

static void on_external(struct daemon_notices *notices, const json_t *what, const char *subject,
			const char *message)
{
	bool is_ready = json_is_true(json_object_get(what, "ready"));
	bool rotates = json_is_true(json_object_get(what, "rotates"));

	daemon_notices_tell(
		notices, &(struct notices_change){
				 .subject = subject,
				 .family = "ready",
				 .token = is_ready  ? "ready"
					  : rotates ? "rotation"
						    : "failing",
				 .type = is_ready  ? "secret-restored"
					 : rotates ? "rotation-failed"
						   : "secret-failed",
				 .alert = "ReconciledSecretNotReady",
				 .severity = is_ready  ? "info"
					     : rotates ? "critical"
						       : "warning",
				 .message = message,
				 .is_resolved = is_ready,
				 .is_silent = is_ready &&
					      !daemon_notices_get_told(notices, subject, "ready"),
			 });
	on_expiry(notices, what, subject, message);
}

void daemon_notices_on_secret(struct daemon_notices *notices, const char *cluster,
			      const json_t *what)
{
	const char *kind = rc_json_text(what, "kind", NULL) ?: "";
	const char *name = rc_json_text(what, "name", NULL) ?: "";
	const char *space = rc_json_text(what, "namespace", NULL) ?: "";
	rc_autofree char *subject = NULL, *message = NULL;

	if (!notices)
		return;
	subject = rc_asprintf("%s:%s/%s/%s", kind, cluster, space, name);
	message = rc_asprintf("%s %s%s%s: %s", kind, space, *space ? "/" : "", name,
			      rc_json_text(what, "message", NULL) ?: "");
	if (strcmp(kind, "ExternalSecret") == 0)
		on_external(notices, what, subject, message);
	else
		on_store(notices, what, subject, message);
}
