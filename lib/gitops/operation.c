/* Remembering the last sync, and deciding about the next. */
#include "gitops/operation.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

#define HEAL_BASE_S 2
#define HEAL_MAX_S  300

static const char *const phases[] = {
	[RC_OPERATION_NONE] = "",
	[RC_OPERATION_RUNNING] = "Running",
	[RC_OPERATION_SUCCEEDED] = "Succeeded",
	[RC_OPERATION_FAILED] = "Failed",
};

const char *rc_operation_phase_to_string(enum rc_operation_phase phase)
{
	return phases[phase];
}

void rc_operation_done(struct rc_operation *operation)
{
	free(operation->message);
	free(operation->revision);
	free(operation->initiated_by);
	*operation = (struct rc_operation){.phase = RC_OPERATION_NONE};
}

json_t *rc_operation_to_json(const struct rc_operation *operation)
{
	return json_pack(
		"{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:i, s:i, s:b, s:b, s:b}", "phase",
		phases[operation->phase], "message", operation->message ?: "", "revision",
		operation->revision ?: "", "sourceHash", (json_int_t)operation->source_hash,
		"initiatedBy", operation->initiated_by ?: "", "startedAt",
		(json_int_t)operation->started_unix_s, "finishedAt",
		(json_int_t)operation->finished_unix_s, "retryCount", (int)operation->retry_count,
		"healAttempts", (int)operation->heal_attempts, "partial", operation->is_partial,
		"transient", operation->is_transient, "final", operation->is_final);
}

static int64_t integer(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

void rc_operation_from_json(struct rc_operation *operation, const json_t *json)
{
	const char *phase = rc_json_text(json, "phase", NULL);

	for (size_t i = 0; phase && i < RC_ARRAY_SIZE(phases); i++)
		if (strcmp(phases[i], phase) == 0)
			operation->phase = (enum rc_operation_phase)i;
	operation->message = rc_strdup(rc_json_text(json, "message", NULL));
	operation->revision = rc_strdup(rc_json_text(json, "revision", NULL));
	operation->initiated_by = rc_strdup(rc_json_text(json, "initiatedBy", NULL));
	operation->source_hash = (uint64_t)integer(json, "sourceHash");
	operation->started_unix_s = integer(json, "startedAt");
	operation->finished_unix_s = integer(json, "finishedAt");
	operation->retry_count = (unsigned int)integer(json, "retryCount");
	operation->heal_attempts = (unsigned int)integer(json, "healAttempts");
	operation->is_partial = json_is_true(json_object_get(json, "partial"));
	operation->is_transient = json_is_true(json_object_get(json, "transient"));
	operation->is_final = json_is_true(json_object_get(json, "final"));
}

static struct rc_operation_verdict wait_or(enum rc_decision decision, int64_t wait_s, bool is_retry)
{
	struct rc_operation_verdict verdict = {.decision = decision, .is_retry = is_retry};

	if (wait_s > 0) {
		verdict.decision = RC_DECISION_WAIT;
		verdict.wait_s = wait_s;
	}
	return verdict;
}

static int64_t retry_after_s(const struct rc_operation *operation,
			     const struct rc_operation_facts *facts)
{
	uint64_t ms = rc_application_get_retry_ms(facts->application, operation->retry_count);

	return operation->finished_unix_s + (int64_t)((ms + 999) / 1000) - facts->now_unix_s;
}

static int64_t heal_after_s(const struct rc_operation *operation,
			    const struct rc_operation_facts *facts)
{
	uint64_t ms;

	if (operation->heal_attempts == 0)
		return 0;
	ms = rc_clock_backoff_ms(HEAL_BASE_S * 1000, 3, HEAL_MAX_S * 1000,
				 operation->heal_attempts - 1);
	return operation->finished_unix_s + (int64_t)(ms / 1000) - facts->now_unix_s;
}

/* The same revision and source failed before. */
static struct rc_operation_verdict decide_after_failure(const struct rc_operation *operation,
							const struct rc_operation_facts *facts)
{
	int limit = facts->application->retry.limit;

	if (operation->is_transient ||
	    (!operation->is_final && (limit < 0 || operation->retry_count < (unsigned int)limit)))
		return wait_or(RC_DECISION_SYNC, retry_after_s(operation, facts), true);
	return (struct rc_operation_verdict){
		.decision = RC_DECISION_REFUSED,
		.reason = "the sync of this revision failed; it is tried again with the next "
			  "commit, or by reconcilectl app sync",
	};
}

/* What was seen needs nobody's hand, or somebody's: RC_DECISION_SYNC when neither. */
static struct rc_operation_verdict check_drift(const struct rc_operation_facts *facts)
{
	const struct rc_application *application = facts->application;
	struct rc_operation_verdict verdict = {.decision = RC_DECISION_SYNC};

	if (!facts->is_out_of_sync) {
		verdict.decision = RC_DECISION_NOTHING;
	} else if (facts->n_waiting > 0 && facts->n_out_of_sync == facts->n_waiting) {
		verdict.decision = RC_DECISION_NOTHING;
		verdict.reason = "what is left to do waits for approval: reconcilectl app approve";
	} else if (!application->automated.prune && facts->n_out_of_sync == facts->n_extras) {
		verdict.decision = RC_DECISION_NOTHING;
		verdict.reason =
			"what is left to do is pruning, which automated.prune does not allow";
	} else if (application->automated.prune && !application->automated.allow_empty &&
		   facts->n_desired == 0 && facts->n_extras > 0) {
		verdict.decision = RC_DECISION_REFUSED;
		verdict.reason = "the source has no resources at all, and automated.allowEmpty is "
				 "not set";
	}
	return verdict;
}

struct rc_operation_verdict rc_operation_decide(const struct rc_operation *operation,
						const struct rc_operation_facts *facts)
{
	const struct rc_application *application = facts->application;
	bool is_attempted = operation->phase != RC_OPERATION_NONE &&
			    operation->source_hash == facts->source_hash &&
			    rc_text_equal(operation->revision, facts->revision);
	struct rc_operation_verdict verdict = {.decision = RC_DECISION_NOTHING};

	if (!application->automated.on || facts->is_suspended)
		return verdict;
	if (is_attempted && operation->phase == RC_OPERATION_FAILED)
		return decide_after_failure(operation, facts);
	verdict = check_drift(facts);
	if (verdict.decision != RC_DECISION_SYNC || !is_attempted)
		return verdict;
	if (!application->automated.self_heal) {
		verdict.decision = RC_DECISION_NOTHING;
		verdict.reason = "the cluster was changed, and automated.selfHeal is not set";
		return verdict;
	}
	return wait_or(RC_DECISION_HEAL, heal_after_s(operation, facts), false);
}
