/* Why something is not well, told by its pods and its Events. */
#include "support/check.h"

#include <string.h>

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
	tcase_add_test(tcase, test_events);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
