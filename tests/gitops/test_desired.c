/* Manifests made ready: namespaces, duplicates, lists, marks; without a cluster to ask. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/json.h"
#include "gitops/desired.h"
#include "gitops/manifest.h"
#include "gitops/tracking.h"

#define autodesired rc_cleanup(rc_desired_freep) struct rc_desired

static const struct rc_desired_options options = {
	.instance = "main", .app = "shop", .name_space = "ns"};

static struct rc_desired *build(const char *text)
{
	json_auto_t *manifests = manifest_read_all(text);
	struct rc_desired *desired = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_desired_build(manifests, &options, &desired, &err), err);
	return desired;
}

static void fails(const char *text, const char *part)
{
	json_auto_t *manifests = manifest_read_all(text);
	struct rc_desired *desired = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_desired_build(manifests, &options, &desired, &err), -EINVAL, err, part);
	ck_assert_ptr_null(desired);
}

START_TEST(test_one)
{
	autodesired *desired =
		build("apiVersion: apps/v1\nkind: Deployment\n"
		      "metadata: {name: web, labels: {a: b}}\nspec: {replicas: 1}\n");
	const struct rc_desired_item *item = &desired->items[0];
	json_auto_t *wanted =
		manifest_read("apiVersion: apps/v1\n"
			      "kind: Deployment\n"
			      "metadata:\n"
			      "  name: web\n"
			      "  namespace: ns\n"
			      "  labels: {a: b, reconciled.io/app: shop}\n"
			      "  annotations:\n"
			      "    reconciled.io/tracking-id: shop:apps/Deployment:ns/web\n"
			      "    reconciled.io/instance: main\n"
			      "spec: {replicas: 1}\n");
	json_auto_t *object = NULL;

	ck_assert_uint_eq(desired->n, 1);
	ck_assert_uint_eq(json_array_size(desired->warnings), 0);
	ck_assert_str_eq(item->key.group, "apps");
	ck_assert_str_eq(item->key.kind, "Deployment");
	ck_assert_str_eq(item->key.name_space, "ns");
	ck_assert_str_eq(item->key.name, "web");
	ck_assert_str_eq(item->api_version, "apps/v1");
	ck_assert(item->is_unknown); /* nobody to ask */
	object = rc_desired_item_load(item);
	ck_assert(json_equal(object, wanted));
}
END_TEST

/* The destination's namespace never overrides. */
START_TEST(test_namespace)
{
	autodesired *desired =
		build("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n"
		      "{apiVersion: v1, kind: ConfigMap, metadata: {name: b, namespace: other}}\n"
		      "---\n"
		      "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: null}}\n");
	json_auto_t *object = NULL;

	ck_assert_str_eq(desired->items[0].key.name_space, "ns");
	ck_assert_str_eq(desired->items[1].key.name_space, "other");
	ck_assert_str_eq(desired->items[2].key.name_space, "ns");
	object = rc_desired_item_load(&desired->items[1]);
	ck_assert_str_eq(rc_kube_object_get_annotation(object, RC_TRACKING_ID),
			 "shop:/ConfigMap:other/b");
}
END_TEST

START_TEST(test_last_one_wins)
{
	autodesired *desired =
		build("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: one}}\n"
		      "---\n"
		      "{apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n"
		      "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns},\n"
		      "  data: {k: two}}\n---\n"
		      "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x}}\n");
	json_auto_t *object = NULL;

	ck_assert_uint_eq(desired->n, 3);
	object = rc_desired_item_load(&desired->items[0]);
	ck_assert_str_eq(rc_json_text(object, "data", "k", NULL), "two");
	ck_assert_uint_eq(json_array_size(desired->warnings), 1);
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_array_get(desired->warnings, 0)), "ConfigMap ns/a"));
}
END_TEST

/* Versions of a kind are one and the same object. */
START_TEST(test_versions_are_one)
{
	autodesired *desired =
		build("{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: "
		      "{name: a}}\n---\n"
		      "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: "
		      "{name: a}}\n");

	ck_assert_uint_eq(desired->n, 1);
	ck_assert_str_eq(desired->items[0].api_version, "autoscaling/v2");
}
END_TEST

START_TEST(test_lists)
{
	autodesired *desired = build(
		"apiVersion: v1\nkind: List\nitems:\n"
		"- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
		"- {apiVersion: v1, kind: ConfigMapList, items: [\n"
		"    {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}\n"
		"---\n"
		"{apiVersion: example.io/v1, kind: PriceList, metadata: {name: c}, spec: {}}\n"
		"---\n"
		"{apiVersion: v1, kind: List, items: []}\n");

	ck_assert_uint_eq(desired->n, 3);
	ck_assert_str_eq(desired->items[0].key.name, "a");
	ck_assert_str_eq(desired->items[1].key.name, "b");
	ck_assert_str_eq(desired->items[2].key.kind, "PriceList");
}
END_TEST

START_TEST(test_tidy)
{
	autodesired *desired = build(
		"apiVersion: v1\nkind: Service\n"
		"metadata: {name: a, creationTimestamp: null, annotations: null, labels: {}}\n"
		"spec: {selector: {}}\nstatus: {loadBalancer: {}}\n");
	json_auto_t *object = rc_desired_item_load(&desired->items[0]);

	ck_assert_ptr_null(json_object_get(object, "status"));
	ck_assert_ptr_null(rc_json_get(object, "metadata", "creationTimestamp", NULL));
	ck_assert_ptr_nonnull(rc_json_get(object, "spec", "selector", NULL));
}
END_TEST

/* ---- hooks ---- */

#define HOOK "annotations: {argocd.argoproj.io/hook: PreSync}"

START_TEST(test_hooks)
{
	autodesired *desired =
		build("{apiVersion: batch/v1, kind: Job, metadata: {generateName: a-, " HOOK "}}\n"
		      "---\n"
		      "{apiVersion: batch/v1, kind: Job, metadata: {generateName: b-, " HOOK "}}\n"
		      "---\n"
		      "{apiVersion: batch/v1, kind: Job, metadata: {name: c, " HOOK "}}\n---\n"
		      "{apiVersion: batch/v1, kind: Job, metadata: {name: d}}\n");
	struct rc_kube_key hook = {"batch", "Job", "ns", "c"}, plain = {"batch", "Job", "ns", "d"};

	ck_assert_uint_eq(desired->n, 4);
	ck_assert(desired->items[0].traits.is_hook);
	ck_assert_str_eq(desired->items[0].key.name, "");
	ck_assert_ptr_null(rc_desired_find(desired, &hook));
	ck_assert_ptr_eq(rc_desired_find(desired, &plain), &desired->items[3]);
	ck_assert(rc_desired_names(desired, &plain));
	ck_assert(!rc_desired_names(desired, &hook));
}
END_TEST

/* A resource that syncs leave alone is not to be found, and not to be pruned either. */
START_TEST(test_skipped)
{
	autodesired *desired = build("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, "
				     "annotations: {argocd.argoproj.io/hook: Skip}}}\n");
	struct rc_kube_key key = {"", "ConfigMap", "ns", "a"}, other = {"", "Secret", "ns", "a"};

	ck_assert_ptr_null(rc_desired_find(desired, &key));
	ck_assert(rc_desired_names(desired, &key));
	ck_assert(!rc_desired_names(desired, &other));
}
END_TEST

START_TEST(test_hash)
{
	autodesired *one = build("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: "
				 "{k: v, l: w}}\n");
	autodesired *same = build("{kind: ConfigMap, apiVersion: v1, data: {l: w, k: v}, metadata: "
				  "{labels: {}, name: a}}\n");
	autodesired *other = build("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: "
				   "{k: v, l: x}}\n");

	ck_assert_uint_eq(one->items[0].hash, same->items[0].hash);
	ck_assert_uint_eq(rc_desired_get_hash(one), rc_desired_get_hash(same));
	ck_assert_uint_ne(one->items[0].hash, other->items[0].hash);
	ck_assert_uint_ne(rc_desired_get_hash(one), rc_desired_get_hash(other));
}
END_TEST

/* What was asked for is the caller's still. */
START_TEST(test_manifests_are_borrowed)
{
	json_auto_t *manifests = manifest_read_all(
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {}}, status: {}}\n");
	json_auto_t *before = json_deep_copy(manifests);
	autodesired *desired = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_desired_build(manifests, &options, &desired, &err), err);
	ck_assert(json_equal(manifests, before));
}
END_TEST

START_TEST(test_errors)
{
	fails("{apiVersion: v1, kind: ConfigMap, metadata: {}}\n", "metadata.name is missing");
	fails("{apiVersion: v1, kind: ConfigMap}\n", "manifest 1, a ConfigMap");
	/* Only hooks are named by us. */
	fails("{apiVersion: batch/v1, kind: Job, metadata: {generateName: a-}}\n",
	      "metadata.name is missing");
	fails("{kind: ConfigMap, metadata: {name: a}}\n", "manifest 1");
	fails("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: v1, "
	      "metadata: {name: a}}\n",
	      "manifest 2");
	fails("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: x, annotations: "
	      "{argocd.argoproj.io/sync-wave: one}}}\n",
	      "ConfigMap x/a");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("desired");
	TCase *tcase = tcase_create("desired");

	tcase_add_test(tcase, test_one);
	tcase_add_test(tcase, test_namespace);
	tcase_add_test(tcase, test_last_one_wins);
	tcase_add_test(tcase, test_versions_are_one);
	tcase_add_test(tcase, test_lists);
	tcase_add_test(tcase, test_tidy);
	tcase_add_test(tcase, test_hooks);
	tcase_add_test(tcase, test_skipped);
	tcase_add_test(tcase, test_hash);
	tcase_add_test(tcase, test_manifests_are_borrowed);
	tcase_add_test(tcase, test_errors);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
