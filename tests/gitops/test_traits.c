/* Annotations of resources and hooks, as Argo CD's engine reads them. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "gitops/manifest.h"
#include "gitops/traits.h"

#define PHASE(phase) (1U << RC_PHASE_##phase)
#define ARGO	     "argocd.argoproj.io/"

/* annotations: lines "key: value", each indented by four blanks. */
static json_t *annotated(const char *annotations)
{
	return manifest_format("apiVersion: batch/v1\n"
			       "kind: Job\n"
			       "metadata:\n"
			       "  name: j\n"
			       "  annotations:\n"
			       "%s",
			       annotations);
}

static struct rc_traits read_traits(const char *annotations)
{
	json_auto_t *object = annotated(annotations);
	struct rc_error *err = NULL;
	struct rc_traits traits;

	memset(&traits, 0x55, sizeof(traits));
	rc_check_ok(rc_traits_read(object, &traits, &err), err);
	return traits;
}

START_TEST(test_plain)
{
	struct rc_traits traits = read_traits("    a: b\n");

	ck_assert_uint_eq(traits.phases, PHASE(SYNC));
	ck_assert_int_eq(traits.wave, 0);
	ck_assert(!traits.is_hook && !traits.is_skipped && !traits.is_kept);
	ck_assert(!traits.no_prune && !traits.prune_confirm && !traits.prune_last);
	ck_assert(!traits.no_delete && !traits.no_validate && !traits.skip_dry_run_on_missing);
	ck_assert(!traits.replace && !traits.force && !traits.client_side);
	ck_assert(!traits.ignore_extraneous && !traits.ignore_health);
}
END_TEST

START_TEST(test_no_metadata)
{
	json_auto_t *object = manifest_read("apiVersion: v1\nkind: Pod\n");
	struct rc_error *err = NULL;
	struct rc_traits traits;

	rc_check_ok(rc_traits_read(object, &traits, &err), err);
	ck_assert_uint_eq(traits.phases, PHASE(SYNC));
}
END_TEST

/* ---- waves ---- */

static const struct {
	const char *annotations;
	int wave;
} waves[] = {
	{"    " ARGO "sync-wave: \"5\"\n", 5},
	{"    " ARGO "sync-wave: \"-5\"\n", -5},
	{"    " ARGO "sync-wave: \"+3\"\n", 3},
	{"    " ARGO "sync-wave: \"0\"\n", 0},
	{"    helm.sh/hook-weight: \"7\"\n", 7},
	{"    helm.sh/hook-weight: \"-7\"\n", -7},
	{"    " ARGO "sync-wave: \"1\"\n    helm.sh/hook-weight: \"7\"\n", 1},
	{"    " ARGO "sync-wave: \"2147483647\"\n", 2147483647},
};

START_TEST(test_wave)
{
	ck_assert_int_eq(read_traits(waves[_i].annotations).wave, waves[_i].wave);
}
END_TEST

static const char *const bad_waves[] = {
	"    " ARGO "sync-wave: \"\"\n",
	"    " ARGO "sync-wave: \"1.5\"\n",
	"    " ARGO "sync-wave: one\n",
	"    " ARGO "sync-wave: \"5 \"\n",
	"    " ARGO "sync-wave: \"99999999999\"\n",
};

START_TEST(test_bad_wave)
{
	json_auto_t *object = annotated(bad_waves[_i]);
	struct rc_error *err = NULL;
	struct rc_traits traits;

	rc_check_fails(rc_traits_read(object, &traits, &err), -EINVAL, err, ARGO "sync-wave");
}
END_TEST

/* ---- hooks ---- */

static const struct {
	const char *annotations;
	unsigned int phases;
	bool is_hook, is_skipped;
} hooks[] = {
	{"    " ARGO "hook: PreSync\n", PHASE(PRE_SYNC), true, false},
	{"    " ARGO "hook: Sync\n", PHASE(SYNC), true, false},
	{"    " ARGO "hook: PostSync\n", PHASE(POST_SYNC), true, false},
	{"    " ARGO "hook: SyncFail\n", PHASE(SYNC_FAIL), true, false},
	{"    " ARGO "hook: PreDelete\n", PHASE(PRE_DELETE), true, false},
	{"    " ARGO "hook: PostDelete\n", PHASE(POST_DELETE), true, false},
	{"    " ARGO "hook: PreSync, PostSync\n", PHASE(PRE_SYNC) | PHASE(POST_SYNC), true, false},
	{"    " ARGO "hook: \"Sync,,PostSync,\"\n", PHASE(SYNC) | PHASE(POST_SYNC), true, false},
	/* Skip is one only when it stands alone. */
	{"    " ARGO "hook: Skip\n", PHASE(SYNC), false, true},
	{"    " ARGO "hook: PreSync,Skip\n", PHASE(PRE_SYNC), true, false},
	/* Helm's. */
	{"    helm.sh/hook: pre-install\n", PHASE(PRE_SYNC), true, false},
	{"    helm.sh/hook: pre-upgrade\n", PHASE(PRE_SYNC), true, false},
	{"    helm.sh/hook: pre-install,pre-upgrade\n", PHASE(PRE_SYNC), true, false},
	{"    helm.sh/hook: post-install\n", PHASE(POST_SYNC), true, false},
	{"    helm.sh/hook: post-upgrade, pre-install\n", PHASE(PRE_SYNC) | PHASE(POST_SYNC), true,
	 false},
	{"    helm.sh/hook: pre-delete\n", PHASE(PRE_DELETE), true, false},
	{"    helm.sh/hook: post-delete\n", PHASE(POST_DELETE), true, false},
	{"    helm.sh/hook: crd-install\n", PHASE(SYNC), false, false},
	{"    helm.sh/hook: test\n", PHASE(SYNC), false, true},
	{"    helm.sh/hook: test-success\n", PHASE(SYNC), false, true},
	{"    helm.sh/hook: pre-rollback\n", PHASE(SYNC), false, true},
	{"    helm.sh/hook: post-install,test\n", PHASE(POST_SYNC), true, false},
	/* Argo CD's beats Helm's. */
	{"    " ARGO "hook: PreSync\n    helm.sh/hook: post-install\n", PHASE(PRE_SYNC), true,
	 false},
	{"    " ARGO "hook: Skip\n    helm.sh/hook: post-install\n", PHASE(SYNC), false, true},
};

START_TEST(test_hook)
{
	struct rc_traits traits = read_traits(hooks[_i].annotations);

	ck_assert_msg(traits.phases == hooks[_i].phases, "%s phases %#x", hooks[_i].annotations,
		      traits.phases);
	ck_assert_msg(traits.is_hook == hooks[_i].is_hook, "%s", hooks[_i].annotations);
	ck_assert_msg(traits.is_skipped == hooks[_i].is_skipped, "%s", hooks[_i].annotations);
}
END_TEST

START_TEST(test_bad_hook)
{
	json_auto_t *object = annotated("    " ARGO "hook: PreSync,presync\n");
	struct rc_error *err = NULL;
	struct rc_traits traits;

	rc_check_fails(rc_traits_read(object, &traits, &err), -EINVAL, err, "'presync'");
}
END_TEST

/* ---- what removes a hook ---- */

static const struct {
	const char *annotations;
	bool before_creation, on_success, on_failure;
} policies[] = {
	{"    " ARGO "hook: Sync\n", true, false, false},
	{"    " ARGO "hook: Sync\n    " ARGO "hook-delete-policy: BeforeHookCreation\n", true,
	 false, false},
	{"    " ARGO "hook: Sync\n    " ARGO "hook-delete-policy: HookSucceeded\n", false, true,
	 false},
	{"    " ARGO "hook: Sync\n    " ARGO "hook-delete-policy: HookFailed\n", false, false,
	 true},
	{"    " ARGO "hook: Sync\n    " ARGO "hook-delete-policy: HookSucceeded, HookFailed\n",
	 false, true, true},
	{"    " ARGO "hook: Sync\n    " ARGO
	 "hook-delete-policy: BeforeHookCreation,HookSucceeded\n",
	 true, true, false},
	{"    " ARGO "hook: Sync\n    " ARGO "hook-delete-policy: nonsense\n", true, false, false},
	{"    helm.sh/hook: pre-install\n", true, false, false},
	{"    helm.sh/hook: pre-install\n    helm.sh/hook-delete-policy: before-hook-creation\n",
	 true, false, false},
	{"    helm.sh/hook: pre-install\n    helm.sh/hook-delete-policy: hook-succeeded\n", false,
	 true, false},
	{"    helm.sh/hook: pre-install\n    helm.sh/hook-delete-policy: hook-failed\n", false,
	 false, true},
	/* The two kinds of policies add up. */
	{"    " ARGO "hook: Sync\n    helm.sh/hook-delete-policy: hook-succeeded\n", false, true,
	 false},
	{"    helm.sh/hook: pre-install\n    " ARGO "hook-delete-policy: HookFailed\n"
	 "    helm.sh/hook-delete-policy: hook-succeeded\n",
	 false, true, true},
};

START_TEST(test_policy)
{
	struct rc_traits traits = read_traits(policies[_i].annotations);

	ck_assert_msg(traits.delete_before_creation == policies[_i].before_creation, "%s",
		      policies[_i].annotations);
	ck_assert_msg(traits.delete_on_success == policies[_i].on_success, "%s",
		      policies[_i].annotations);
	ck_assert_msg(traits.delete_on_failure == policies[_i].on_failure, "%s",
		      policies[_i].annotations);
}
END_TEST

/* ---- options ---- */

static const struct {
	const char *option;
	size_t offset;
} options[] = {
	{"Prune=true", offsetof(struct rc_traits, may_prune)},
	{"Delete=true", offsetof(struct rc_traits, may_delete)},
	{"Prune=false", offsetof(struct rc_traits, no_prune)},
	{"Prune=confirm", offsetof(struct rc_traits, prune_confirm)},
	{"PruneLast=true", offsetof(struct rc_traits, prune_last)},
	{"Delete=false", offsetof(struct rc_traits, no_delete)},
	{"Validate=false", offsetof(struct rc_traits, no_validate)},
	{"SkipDryRunOnMissingResource=true", offsetof(struct rc_traits, skip_dry_run_on_missing)},
	{"Replace=true", offsetof(struct rc_traits, replace)},
	{"Force=true", offsetof(struct rc_traits, force)},
	{"ServerSideApply=false", offsetof(struct rc_traits, client_side)},
	{"ServerSideApply=true", offsetof(struct rc_traits, server_side)},
	{"Delete=confirm", offsetof(struct rc_traits, delete_confirm)},
	{"ClientSideApplyMigration=false", offsetof(struct rc_traits, no_migration)},
};

/* Each sets its own flag and no other, alone and in a list. */
START_TEST(test_option)
{
	for (size_t list = 0; list < 2; list++) {
		rc_autofree char *annotations = NULL;
		struct rc_traits traits;

		ck_assert_int_gt(asprintf(&annotations, "    " ARGO "sync-options: \"%s%s%s\"\n",
					  list ? "Other=x , " : "", options[_i].option,
					  list ? ",More=true" : ""),
				 0);
		traits = read_traits(annotations);
		for (size_t i = 0; i < RC_ARRAY_SIZE(options); i++)
			ck_assert_msg(*((bool *)&traits + options[i].offset) == (i == (size_t)_i),
				      "%s: %s", annotations, options[i].option);
	}
}
END_TEST

START_TEST(test_options_are_exact)
{
	struct rc_traits traits =
		read_traits("    " ARGO "sync-options: prune=false,Prune=true,PruneLast=false,"
			    "Replace=false,Force,Validate=true,ServerSideApply=true\n");

	ck_assert(!traits.no_prune && !traits.prune_last && !traits.replace && !traits.force);
	ck_assert(!traits.no_validate && !traits.client_side);
}
END_TEST

START_TEST(test_others)
{
	struct rc_traits traits = read_traits("    " ARGO "compare-options: IgnoreExtraneous\n"
					      "    " ARGO "ignore-healthcheck: \"true\"\n"
					      "    helm.sh/resource-policy: keep\n");

	ck_assert(traits.ignore_extraneous && traits.ignore_health && traits.is_kept);
	traits = read_traits("    " ARGO "compare-options: ServerSideDiff=true\n"
			     "    " ARGO "ignore-healthcheck: \"false\"\n"
			     "    helm.sh/resource-policy: delete\n");
	ck_assert(!traits.ignore_extraneous && !traits.ignore_health && !traits.is_kept);
}
END_TEST

START_TEST(test_phase_names)
{
	static const char *const names[] = {"PreSync",	"Sync",	     "PostSync",
					    "SyncFail", "PreDelete", "PostDelete"};

	for (unsigned int i = 0; i < RC_PHASE_COUNT; i++)
		ck_assert_str_eq(rc_phase_to_string((enum rc_phase)i), names[i]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("traits");
	TCase *tcase = tcase_create("traits");

	tcase_add_test(tcase, test_plain);
	tcase_add_test(tcase, test_no_metadata);
	tcase_add_loop_test(tcase, test_wave, 0, RC_ARRAY_SIZE(waves));
	tcase_add_loop_test(tcase, test_bad_wave, 0, RC_ARRAY_SIZE(bad_waves));
	tcase_add_loop_test(tcase, test_hook, 0, RC_ARRAY_SIZE(hooks));
	tcase_add_test(tcase, test_bad_hook);
	tcase_add_loop_test(tcase, test_policy, 0, RC_ARRAY_SIZE(policies));
	tcase_add_loop_test(tcase, test_option, 0, RC_ARRAY_SIZE(options));
	tcase_add_test(tcase, test_options_are_exact);
	tcase_add_test(tcase, test_others);
	tcase_add_test(tcase, test_phase_names);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
