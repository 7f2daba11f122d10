/* When another sync begins: Argo CD's gates, self-heal's back-off, retries. */
#include <string.h>

#include "gitops/operation.h"
#include "support/check.h"

#define NOW 1000000

struct scenario {
	const char *name;
	/* the application */
	bool automated, prune, self_heal, allow_empty;
	int limit;
	/* the operation before */
	enum rc_operation_phase phase;
	const char *revision;
	int64_t finished_ago_s;
	unsigned int retries, heals;
	bool transient, final;
	/* what is seen */
	size_t n_out_of_sync, n_extras, n_desired;
	/* what is to come */
	enum rc_decision decision;
	int64_t wait_s;
};

static const struct scenario scenarios[] = {
	{.name = "manual", .n_out_of_sync = 3, .n_desired = 3, .decision = RC_DECISION_NOTHING},
	{.name = "first sync",
	 .automated = true,
	 .n_out_of_sync = 3,
	 .n_desired = 3,
	 .decision = RC_DECISION_SYNC},
	{.name = "in sync",
	 .automated = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .n_desired = 3,
	 .decision = RC_DECISION_NOTHING},
	{.name = "a new commit",
	 .automated = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "old",
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_SYNC},
	{.name = "drift, no self-heal",
	 .automated = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_NOTHING},
	{.name = "drift heals at once",
	 .automated = true,
	 .self_heal = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_HEAL},
	{.name = "a second drift waits 2 s",
	 .automated = true,
	 .self_heal = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .heals = 1,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_WAIT,
	 .wait_s = 2},
	{.name = "a fourth waits 18 s",
	 .automated = true,
	 .self_heal = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .heals = 3,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_WAIT,
	 .wait_s = 18},
	{.name = "many wait no more than 5 min",
	 .automated = true,
	 .self_heal = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .heals = 30,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_WAIT,
	 .wait_s = 300},
	{.name = "long ago, it heals at once",
	 .automated = true,
	 .self_heal = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "new",
	 .heals = 3,
	 .finished_ago_s = 18,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_HEAL},
	{.name = "only extras, no prune",
	 .automated = true,
	 .self_heal = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "old",
	 .n_out_of_sync = 2,
	 .n_extras = 2,
	 .n_desired = 3,
	 .decision = RC_DECISION_NOTHING},
	{.name = "an empty source",
	 .automated = true,
	 .prune = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "old",
	 .n_out_of_sync = 2,
	 .n_extras = 2,
	 .decision = RC_DECISION_REFUSED},
	{.name = "an empty source that is meant",
	 .automated = true,
	 .prune = true,
	 .allow_empty = true,
	 .phase = RC_OPERATION_SUCCEEDED,
	 .revision = "old",
	 .n_out_of_sync = 2,
	 .n_extras = 2,
	 .decision = RC_DECISION_SYNC},
	{.name = "a failure waits for its retry",
	 .automated = true,
	 .limit = 5,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "new",
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_WAIT,
	 .wait_s = 5},
	{.name = "the third retry waits 20 s",
	 .automated = true,
	 .limit = 5,
	 .retries = 2,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "new",
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_WAIT,
	 .wait_s = 20},
	{.name = "its time has come",
	 .automated = true,
	 .limit = 5,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "new",
	 .finished_ago_s = 5,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_SYNC},
	{.name = "retries are used up",
	 .automated = true,
	 .limit = 5,
	 .retries = 5,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "new",
	 .finished_ago_s = 9999,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_REFUSED},
	{.name = "no use in trying again",
	 .automated = true,
	 .limit = 5,
	 .final = true,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "new",
	 .finished_ago_s = 9999,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_REFUSED},
	{.name = "what may pass is tried for ever",
	 .automated = true,
	 .limit = 5,
	 .retries = 50,
	 .transient = true,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "new",
	 .finished_ago_s = 181,
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_SYNC},
	{.name = "a fix after a failure",
	 .automated = true,
	 .limit = 5,
	 .retries = 5,
	 .phase = RC_OPERATION_FAILED,
	 .revision = "old",
	 .n_out_of_sync = 1,
	 .n_desired = 3,
	 .decision = RC_DECISION_SYNC},
};

START_TEST(test_decide)
{
	const struct scenario *s = &scenarios[_i];
	struct rc_application application = {
		.automated = {s->automated, s->prune, s->self_heal, s->allow_empty},
		.retry = {s->limit, 5000, 180000, 2, true},
	};
	struct rc_operation operation = {
		.phase = s->phase,
		.revision = (char *)(uintptr_t)s->revision,
		.finished_unix_s = NOW - s->finished_ago_s,
		.retry_count = s->retries,
		.heal_attempts = s->heals,
		.is_transient = s->transient,
		.is_final = s->final,
	};
	struct rc_operation_facts facts = {
		.application = &application,
		.revision = "new",
		.is_out_of_sync = s->n_out_of_sync > 0,
		.n_out_of_sync = s->n_out_of_sync,
		.n_extras = s->n_extras,
		.n_desired = s->n_desired,
		.now_unix_s = NOW,
	};
	struct rc_operation_verdict verdict = rc_operation_decide(&operation, &facts);

	ck_assert_msg(verdict.decision == s->decision, "%s: decided %u", s->name, verdict.decision);
	ck_assert_msg(verdict.wait_s == s->wait_s, "%s: waits %lld s", s->name,
		      (long long)verdict.wait_s);
}
END_TEST

START_TEST(test_a_changed_source_counts_as_new)
{
	struct rc_application application = {.automated = {.on = true}};
	struct rc_operation operation = {.phase = RC_OPERATION_FAILED,
					 .revision = (char *)(uintptr_t) "r",
					 .source_hash = 1,
					 .is_final = true};
	struct rc_operation_facts facts = {.application = &application,
					   .revision = "r",
					   .source_hash = 2,
					   .is_out_of_sync = true,
					   .n_out_of_sync = 1,
					   .n_desired = 1};

	ck_assert_int_eq(rc_operation_decide(&operation, &facts).decision, RC_DECISION_SYNC);
}
END_TEST

START_TEST(test_survives_the_store)
{
	struct rc_operation before = {.phase = RC_OPERATION_FAILED,
				      .message = (char *)(uintptr_t) "why",
				      .revision = (char *)(uintptr_t) "abc",
				      .initiated_by = (char *)(uintptr_t) "uid 0",
				      .source_hash = UINT64_MAX - 1,
				      .started_unix_s = 5,
				      .finished_unix_s = 6,
				      .retry_count = 2,
				      .heal_attempts = 3,
				      .is_transient = true};
	json_auto_t *json = rc_operation_to_json(&before);
	struct rc_operation after = {.phase = RC_OPERATION_NONE};
	json_auto_t *again = NULL;

	rc_operation_from_json(&after, json);
	again = rc_operation_to_json(&after);
	ck_assert(json_equal(json, again));
	ck_assert_uint_eq(after.source_hash, before.source_hash);
	rc_operation_done(&after);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("operation");
	TCase *tcase = tcase_create("operation");

	tcase_add_loop_test(tcase, test_decide, 0, RC_ARRAY_SIZE(scenarios));
	tcase_add_test(tcase, test_a_changed_source_counts_as_new);
	tcase_add_test(tcase, test_survives_the_store);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
