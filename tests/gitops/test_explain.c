/* Why something is not well, told by its pods and its Events. */
#include "support/check.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "gitops/health.h"
#include "gitops/manifest.h"

START_TEST(test_pods)
{
	json_auto_t *list = manifest_read(
		"items:\n"
		"- metadata: {name: well}\n"
		"  status: {phase: Running, conditions: [{type: Ready, status: 'True'}],\n"
		"    containerStatuses: [{name: c, ready: true, state: {running: {}}}]}\n"
		"- metadata: {name: pulling}\n"
		"  status: {phase: Pending, containerStatuses: [{name: c, state: {waiting:\n"
		"    {reason: ImagePullBackOff, message: not found}}}]}\n"
		"- metadata: {name: homeless}\n"
		"  status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False',\n"
		"    message: 0/3 nodes}]}\n");
	rc_autofree char *text = rc_health_explain_pods(list);

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strstr(text, "pod pulling container c: ImagePullBackOff: not found"), "%s",
		      text);
	ck_assert_msg(strstr(text, "pod homeless is not scheduled: 0/3 nodes"), "%s", text);
	ck_assert_ptr_null(strstr(text, "well"));
}
END_TEST

START_TEST(test_pods_are_well)
{
	json_auto_t *list = manifest_read(
		"items:\n"
		"- metadata: {name: well}\n"
		"  status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}\n"
		"- metadata: {name: starting}\n"
		"  status: {phase: Pending, containerStatuses: [{name: c, state: {waiting:\n"
		"    {reason: ContainerCreating}}}]}\n");

	ck_assert_ptr_null(rc_health_explain_pods(list));
}
END_TEST

/* One pod's status, and what is said of it; NULL: nothing. */
static const struct {
	const char *status, *text;
} pods[] = {
	{"{phase: Running, conditions: [{type: Ready, status: 'False'}]}",
	 "pod p is running, but not ready"},
	{"{phase: Pending, conditions: [{type: Ready, status: 'False'}]}", NULL},
	{"{phase: Pending, conditions: [{type: PodScheduled, status: 'True'}],"
	 " containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull}}}]}",
	 "pod p container c: ErrImagePull"},
	{"{phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: "
	 "CrashLoopBackOff, message: back-off}}}]}",
	 "pod p container i: CrashLoopBackOff: back-off"},
	{"{phase: Pending, containerStatuses: [{name: c, state: {waiting: {reason: "
	 "PodInitializing}}}]}",
	 NULL},
	{"{phase: Failed, containerStatuses: [{name: c, state: {terminated: {exitCode: 3, reason: "
	 "Error}}}]}",
	 "pod p container c ended with 3 (Error)"},
	{"{phase: Succeeded, containerStatuses: [{name: c, state: {terminated: {exitCode: 0}}}]}",
	 NULL},
	{"{phase: Running, containerStatuses: [{name: c, ready: false, state: {running: {}}, "
	 "lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}",
	 "pod p container c ended with 137 (OOMKilled) and was restarted"},
};

START_TEST(test_pod)
{
	json_auto_t *list =
		manifest_format("items:\n- metadata: {name: p}\n  status: %s\n", pods[_i].status);
	rc_autofree char *text = rc_health_explain_pods(list);

	ck_assert_msg(rc_text_equal(text, pods[_i].text), "%s: %s", pods[_i].status, text);
}
END_TEST

START_TEST(test_no_more_than_three_pods)
{
	json_auto_t *list = manifest_read("items:\n"
					  "- {metadata: {name: a}, status: {phase: Running}}\n"
					  "- {metadata: {name: b}, status: {phase: Running}}\n"
					  "- {metadata: {name: c}, status: {phase: Running}}\n"
					  "- {metadata: {name: d}, status: {phase: Running}}\n");
	rc_autofree char *text = rc_health_explain_pods(list);

	ck_assert_str_eq(text, "pod a is running, but not ready; pod b is running, but not ready; "
			       "pod c is running, but not ready");
}
END_TEST

/*
 * What keeps an autoscaler from its work, by condition and reason. The rule has the same list; this
 * one is the test's own, so that a row which the rule loses is noticed.
 */
static const struct {
	const char *type, *reason;
} failures[] = {
	{"AbleToScale", "FailedGetScale"},
	{"AbleToScale", "FailedUpdateScale"},
	{"ScalingActive", "FailedGetResourceMetric"},
	{"ScalingActive", "FailedGetObjectMetric"},
	{"ScalingActive", "FailedGetPodsMetric"},
	{"ScalingActive", "FailedGetExternalMetric"},
	{"ScalingActive", "FailedComputeMetricsReplicas"},
	{"ScalingActive", "InvalidSelector"},
};

START_TEST(test_autoscaler)
{
	json_auto_t *object = manifest_format(
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: x}\n"
		"status: {conditions: [{type: %s, status: 'False', reason: %s, message: why}]}\n",
		failures[_i].type, failures[_i].reason);
	rc_autofree char *message = NULL;

	ck_assert_int_eq(rc_health_assess(object, &message), RC_HEALTH_DEGRADED);
	ck_assert_str_eq(message, "why");
}
END_TEST

START_TEST(test_deployment)
{
	json_auto_t *object = manifest_read(
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 2}\n"
		"status: {replicas: 1, updatedReplicas: 1}\n");
	rc_autofree char *message = NULL;

	ck_assert_int_eq(rc_health_assess(object, &message), RC_HEALTH_PROGRESSING);
	ck_assert_str_eq(message, "1 of 2 new replicas have been updated");
}
END_TEST

START_TEST(test_events)
{
	static const struct {
		const char *events, *text;
	} cases[] = {
		{"items: []\n", NULL},
		{"items:\n- {type: Normal, reason: Created, message: made}\n", NULL},
		{"items:\n"
		 "- {type: Warning, reason: FailedCreate, message: newer,\n"
		 "   lastTimestamp: '2026-01-02T00:00:02Z'}\n"
		 "- {type: Warning, reason: FailedCreate, message: older,\n"
		 "   lastTimestamp: '2026-01-02T00:00:01Z'}\n"
		 "- {type: Normal, reason: Made, message: newest,\n"
		 "   lastTimestamp: '2026-01-02T00:00:03Z'}\n",
		 "FailedCreate: newer"},
		{"items:\n"
		 "- {type: Warning, reason: A, message: a, eventTime: '2026-01-02T00:00:01.5Z',\n"
		 "   series: {lastObservedTime: '2026-01-02T00:00:09.5Z'}}\n"
		 "- {type: Warning, reason: B, message: b, eventTime: '2026-01-02T00:00:02.5Z'}\n",
		 "A: a"},
		{"items:\n- {type: Normal, reason: FailedBinding, message: no volumes}\n",
		 "FailedBinding: no volumes"},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(cases); i++) {
		json_auto_t *list = manifest_read(cases[i].events);
		rc_autofree char *text = rc_health_explain_events(list);

		ck_assert_msg(rc_text_equal(text, cases[i].text), "case %zu: %s", i, text);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/explain");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, test_pods);
	tcase_add_test(tcase, test_pods_are_well);
	tcase_add_loop_test(tcase, test_pod, 0, RC_ARRAY_SIZE(pods));
	tcase_add_test(tcase, test_no_more_than_three_pods);
	tcase_add_loop_test(tcase, test_autoscaler, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, test_deployment);
	tcase_add_test(tcase, test_events);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
