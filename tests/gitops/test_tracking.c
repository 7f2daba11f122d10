/* Whose an object is: Argo CD's ids, copies of them, labels of long names. */
#include "support/check.h"

#include <string.h>

#include "gitops/manifest.h"
#include "gitops/tracking.h"

#define LONG_NAME "my-app-with-an-extremely-long-name-that-is-over-sixty-three-characters"

static const struct rc_kube_key deployment = {"apps", "Deployment", "ns", "web"};

static const struct {
	struct rc_kube_key key;
	const char *id;
} ids[] = {
	{{"apps", "Deployment", "ns", "web"}, "app:apps/Deployment:ns/web"},
	/* The core group is empty. */
	{{"", "Service", "ns", "web"}, "app:/Service:ns/web"},
	{{"rbac.authorization.k8s.io", "ClusterRole", "", "system:x"},
	 "app:rbac.authorization.k8s.io/ClusterRole:/system:x"},
};

START_TEST(test_format)
{
	rc_autofree char *id = rc_tracking_format("app", &ids[_i].key);

	ck_assert_str_eq(id, ids[_i].id);
}
END_TEST

START_TEST(test_label)
{
	rc_autofree char *shorter = rc_tracking_label("app");
	rc_autofree char *exact = rc_tracking_label(
		"123456789012345678901234567890123456789012345678901234567890123");
	rc_autofree char *longer = rc_tracking_label(LONG_NAME);
	rc_autofree char *other = rc_tracking_label(LONG_NAME "s");

	ck_assert_str_eq(shorter, "app");
	ck_assert_uint_eq(strlen(exact), 63);
	ck_assert_str_eq(exact, "123456789012345678901234567890123456789012345678901234567890123");
	/* Names that only differ behind the cut stay apart. */
	ck_assert_uint_le(strlen(longer), 63);
	ck_assert_str_ne(longer, other);
	ck_assert_int_eq(strncmp(longer, LONG_NAME, 40), 0);
	ck_assert(strspn(longer, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(longer));
	ck_assert_int_ne(longer[strlen(longer) - 1], '-');
}
END_TEST

START_TEST(test_set)
{
	json_auto_t *object = manifest_read("apiVersion: apps/v1\n"
					    "kind: Deployment\n"
					    "metadata: {name: web, namespace: ns}\n");
	rc_autofree char *owner = NULL;

	rc_tracking_set(object, "main", LONG_NAME, &deployment);
	ck_assert_str_eq(rc_kube_object_get_annotation(object, RC_TRACKING_ID),
			 LONG_NAME ":apps/Deployment:ns/web");
	ck_assert_str_eq(rc_kube_object_get_annotation(object, RC_TRACKING_INSTANCE), "main");
	ck_assert_uint_le(strlen(rc_kube_object_get_label(object, RC_TRACKING_LABEL)), 63);
	/* The annotation decides, so a name that is cut in the label still counts whole. */
	ck_assert_int_eq(rc_tracking_check(object, "main", LONG_NAME, &owner), RC_TRACKING_OURS);
	ck_assert_str_eq(owner, LONG_NAME);
}
END_TEST

/* annotations: a flow mapping. */
static const struct {
	const char *object, *annotations;
	enum rc_tracking tracking;
	const char *owner;
} checks[] = {
	{"apps/v1 Deployment ns", "{}", RC_TRACKING_NONE, NULL},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'app:apps/Deployment:ns/web'}",
	 RC_TRACKING_OURS, "app"},
	{"apps/v1 Deployment ns",
	 "{reconciled.io/tracking-id: 'app:apps/Deployment:ns/web', reconciled.io/instance: main}",
	 RC_TRACKING_OURS, "app"},
	{"apps/v1 Deployment ns",
	 "{reconciled.io/tracking-id: 'app:apps/Deployment:ns/web', reconciled.io/instance: two}",
	 RC_TRACKING_OTHER, "app"},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'shop:apps/Deployment:ns/web'}",
	 RC_TRACKING_OTHER, "shop"},
	/* Copies: the id names another object than the one that carries it. */
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'app:apps/Deployment:ns/other'}",
	 RC_TRACKING_NONE, NULL},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'app:apps/Deployment:two/web'}",
	 RC_TRACKING_NONE, NULL},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'app:apps/ReplicaSet:ns/web'}",
	 RC_TRACKING_NONE, NULL},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'app:/Deployment:ns/web'}",
	 RC_TRACKING_NONE, NULL},
	/* Not an id at all. */
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: app}", RC_TRACKING_NONE, NULL},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: 'app;apps/Deployment/ns'}",
	 RC_TRACKING_NONE, NULL},
	{"apps/v1 Deployment ns", "{reconciled.io/tracking-id: ''}", RC_TRACKING_NONE, NULL},
	/* The version plays no part. */
	{"apps/v1beta1 Deployment ns", "{reconciled.io/tracking-id: 'app:apps/Deployment:ns/web'}",
	 RC_TRACKING_OURS, "app"},
	/* Argo CD writes the application's namespace for what has none. */
	{"rbac.authorization.k8s.io/v1 ClusterRole ",
	 "{reconciled.io/tracking-id: 'app:rbac.authorization.k8s.io/ClusterRole:/web'}",
	 RC_TRACKING_OURS, "app"},
	{"rbac.authorization.k8s.io/v1 ClusterRole ",
	 "{argocd.argoproj.io/tracking-id: 'app:rbac.authorization.k8s.io/ClusterRole:judge/web'}",
	 RC_TRACKING_ARGO_CD, "app"},
	{"apps/v1 Deployment ns", "{argocd.argoproj.io/tracking-id: 'app:apps/Deployment:ns/web'}",
	 RC_TRACKING_ARGO_CD, "app"},
	{"apps/v1 Deployment ns", "{argocd.argoproj.io/tracking-id: 'shop:apps/Deployment:ns/web'}",
	 RC_TRACKING_OTHER, "shop"},
	{"apps/v1 Deployment ns",
	 "{argocd.argoproj.io/tracking-id: 'app:apps/Deployment:ns/other'}", RC_TRACKING_NONE,
	 NULL},
	/* Ours counts more than Argo CD's. */
	{"apps/v1 Deployment ns",
	 "{argocd.argoproj.io/tracking-id: 'app:apps/Deployment:ns/web',"
	 " reconciled.io/tracking-id: 'shop:apps/Deployment:ns/web'}",
	 RC_TRACKING_OTHER, "shop"},
};

START_TEST(test_check)
{
	char version[64], kind[64], name_space[64] = "";
	json_auto_t *object = NULL;
	rc_autofree char *owner = NULL;
	enum rc_tracking tracking;

	ck_assert_int_ge(sscanf(checks[_i].object, "%63s %63s %63s", version, kind, name_space), 2);
	object = manifest_format("{apiVersion: %s, kind: %s, metadata: {name: web, "
				 "namespace: '%s', annotations: %s}}",
				 version, kind, name_space, checks[_i].annotations);
	if (!*name_space)
		json_object_del(json_object_get(object, "metadata"), "namespace");
	tracking = rc_tracking_check(object, "main", "app", &owner);
	ck_assert_msg(tracking == checks[_i].tracking, "%s: %u", checks[_i].annotations, tracking);
	ck_assert_msg((owner != NULL) == (checks[_i].owner != NULL), "%s", checks[_i].annotations);
	if (owner)
		ck_assert_str_eq(owner, checks[_i].owner);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tracking");
	TCase *tcase = tcase_create("tracking");

	tcase_add_loop_test(tcase, test_format, 0, RC_ARRAY_SIZE(ids));
	tcase_add_test(tcase, test_label);
	tcase_add_test(tcase, test_set);
	tcase_add_loop_test(tcase, test_check, 0, RC_ARRAY_SIZE(checks));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
