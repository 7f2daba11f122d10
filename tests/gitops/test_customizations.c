/* Argo CD's keys of argocd-cm. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "gitops/customizations.h"
#include "gitops/manifest.h"

static struct rc_customizations *parse(const char *text)
{
	json_auto_t *entries = manifest_read(text);
	struct rc_customizations *customizations = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_customizations_parse(entries, &customizations, &err), err);
	return customizations;
}

#define RC "resource.customizations"

static const char health[] =
	RC ".health.argoproj.io_Application: one\n" RC ".health.Service: core\n" RC
	   ".health.*.example.io_*: pattern\n" RC ".health.db.example.io_Cluster: exact\n" RC
	   ".useOpenLibs.argoproj.io_Application: 'true'\n" RC
	   ".ignoreResourceUpdates.all: 'jsonPointers: [/status]'\n" RC
	   ": |\n  cert-manager.io/Certificate:\n    health.lua: old\n  '*.crossplane.io/*':\n"
	   "    health.lua: wild\n";

static const struct {
	const char *group, *kind, *script;
} scripts[] = {
	{"argoproj.io", "Application", "one"},
	{"argoproj.io", "Rollout", NULL},
	{"", "Service", "core"},
	{"serving.knative.dev", "Service", NULL},
	{"x.example.io", "Thing", "pattern"},
	{"db.example.io", "Cluster", "exact"}, /* though a pattern comes first */
	{"db.example.io", "Backup", "pattern"},
	{"cert-manager.io", "Certificate", "old"},
	{"rds.aws.crossplane.io", "Instance", "wild"},
};

START_TEST(test_health)
{
	rc_cleanup(rc_customizations_freep) struct rc_customizations *all = parse(health);
	const char *got = rc_customizations_find_health(all, scripts[_i].group, scripts[_i].kind);

	ck_assert_msg((got != NULL) == (scripts[_i].script != NULL), "%s", scripts[_i].kind);
	if (got)
		ck_assert_str_eq(got, scripts[_i].script);
	ck_assert_ptr_null(rc_customizations_find_health(NULL, "", "Service"));
}
END_TEST

START_TEST(test_ignore)
{
	rc_cleanup(rc_customizations_freep) struct rc_customizations *all =
		parse(RC ".ignoreDifferences.apps_Deployment: 'jqPathExpressions: [.spec.x]'\n" RC
			 ".ignoreDifferences.all: 'managedFieldsManagers: [m]'\n" RC
			 ": |\n  admissionregistration.k8s.io/MutatingWebhookConfiguration:\n"
			 "    ignoreDifferences: |\n      jsonPointers: [/webhooks/0/caBundle]\n"
			 "resource.compareoptions: 'ignoreAggregatedRoles: true'\n");
	json_auto_t *wanted = manifest_read(
		"- {group: apps, kind: Deployment, jqPathExpressions: [.spec.x]}\n"
		"- {group: '*', kind: '*', managedFieldsManagers: [m]}\n"
		"- {group: admissionregistration.k8s.io, kind: MutatingWebhookConfiguration, "
		"jsonPointers: [/webhooks/0/caBundle]}\n"
		"- {group: rbac.authorization.k8s.io, kind: ClusterRole, jqPathExpressions: "
		"['if .aggregationRule then .rules else empty end']}\n");
	const json_t *got = rc_customizations_get_ignore(all);
	json_t *rule, *other;
	size_t i, j;

	/* In which order they stand says nothing. */
	ck_assert_uint_eq(json_array_size(got), json_array_size(wanted));
	json_array_foreach (wanted, i, rule) {
		bool found = false;

		json_array_foreach (got, j, other)
			found = found || json_equal(rule, other);
		ck_assert_msg(found, "rule %zu", i);
	}
}
END_TEST

static const struct {
	const char *text, *part;
} wrong[] = {
	{"resource.customisations.health.x_Y: a", "there is no such key"},
	{RC ".helth.x_Y: a", RC ".helth.x_Y: there is no such key"},
	{RC ".ignoreDifferences.x_Y: '{a'", RC ".ignoreDifferences.x_Y"},
	{RC ".ignoreDifferences.x_Y: 'text'", "a mapping is wanted"},
	{RC ".ignoreDifferences.x_Y: 'jsonPointer: [/a]'", "'jsonPointer'"},
	{RC ".ignoreDifferences.x_Y: 'jsonPointers: /a'", "'jsonPointers'"},
	{RC ".health.x[_Y: a", RC ".health.x[_Y"},
};

START_TEST(test_wrong)
{
	json_auto_t *entries = manifest_read(wrong[_i].text);
	struct rc_customizations *customizations = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_customizations_parse(entries, &customizations, &err), -EINVAL, err,
		       wrong[_i].part);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("customizations");
	TCase *tcase = tcase_create("customizations");

	tcase_add_loop_test(tcase, test_health, 0, RC_ARRAY_SIZE(scripts));
	tcase_add_test(tcase, test_ignore);
	tcase_add_loop_test(tcase, test_wrong, 0, RC_ARRAY_SIZE(wrong));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
