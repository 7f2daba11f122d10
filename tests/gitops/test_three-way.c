/* Applying without the server's help: what goes, what stays, what comes. */
#include "support/check.h"

#include <string.h>

#include "data/json.h"
#include "gitops/manifest.h"
#include "gitops/three-way.h"
#include "kube/object.h"

#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\n"
#define THING	   "apiVersion: example.io/v1\nkind: Thing\n"

static const struct {
	const char *name, *type, *last, *desired, *live, *wanted;
} cases[] = {
	{"a field comes and one changes", THING, "spec: {a: 1}", "spec: {a: 2, b: 1}",
	 "spec: {a: 1, c: 1}", "spec: {a: 2, b: 1, c: 1}"},
	{"what was applied and is no longer desired goes", THING, "spec: {a: 1, b: {x: 1, y: 1}}",
	 "spec: {b: {x: 1}}", "spec: {a: 1, b: {x: 1, y: 1, z: 1}, c: 1}",
	 "spec: {b: {x: 1, z: 1}, c: 1}"},
	{"without a memory nothing goes", THING, NULL, "spec: {a: 1}", "spec: {a: 2, b: 1}",
	 "spec: {a: 1, b: 1}"},
	{"nulls remove", THING, NULL, "spec: {a: null}", "spec: {a: 2, b: 1}", "spec: {b: 1}"},
	{"lists of custom resources are replaced", THING, "spec: {containers: [{name: a}]}",
	 "spec: {containers: [{name: b}]}", "spec: {containers: [{name: a}, {name: c}]}",
	 "spec: {containers: [{name: b}]}"},
	{"lists with keys are merged", DEPLOYMENT,
	 "spec: {containers: [{name: a, image: a1}, {name: b, image: b1}]}",
	 "spec: {containers: [{name: a, image: a2}, {name: n, image: n1}]}",
	 "spec: {containers: [{name: a, image: a1, stdin: true}, {name: b, image: b1}, "
	 "{name: s, image: s1}]}",
	 "spec: {containers: [{name: a, image: a2, stdin: true}, {name: s, image: s1}, "
	 "{name: n, image: n1}]}"},
	{"ports by number and protocol", DEPLOYMENT,
	 "spec: {ports: [{containerPort: 80}, {containerPort: 53, protocol: UDP}]}",
	 "spec: {ports: [{containerPort: 80, name: web}]}",
	 "spec: {ports: [{containerPort: 80, protocol: TCP}, {containerPort: 53, protocol: UDP}, "
	 "{containerPort: 53, protocol: TCP}]}",
	 "spec: {ports: [{containerPort: 80, protocol: TCP, name: web}, {containerPort: 53, "
	 "protocol: TCP}]}"},
	{"lists without keys are replaced", DEPLOYMENT, "spec: {command: [a, b]}",
	 "spec: {command: [c]}", "spec: {command: [a, b]}", "spec: {command: [c]}"},
	{"sets are merged", DEPLOYMENT, "metadata: {finalizers: [a, b]}",
	 "metadata: {finalizers: [b, c]}", "metadata: {finalizers: [a, b, x]}",
	 "metadata: {finalizers: [b, x, c]}"},
	{"another kind of value", DEPLOYMENT, "spec: {a: {x: 1}}", "spec: {a: text}",
	 "spec: {a: {x: 1}}", "spec: {a: text}"},
};

static json_t *make(const char *type, const char *rest)
{
	return rest ? manifest_format("%s%s\n", type, rest) : NULL;
}

START_TEST(test_merge)
{
	json_auto_t *last = make(cases[_i].type, cases[_i].last);
	json_auto_t *desired = make(cases[_i].type, cases[_i].desired);
	json_auto_t *live = make(cases[_i].type, cases[_i].live);
	json_auto_t *wanted = make(cases[_i].type, cases[_i].wanted), *merged = NULL;
	rc_autofree char *got = NULL;
	const char *text;

	if (last)
		rc_three_way_remember(live, last);
	merged = rc_three_way_merge(desired, live);
	text = rc_kube_object_get_annotation(merged, RC_THREE_WAY_ANNOTATION);
	ck_assert_ptr_nonnull(text);
	{
		json_auto_t *remembered = json_loads(text, 0, NULL);

		ck_assert(json_equal(remembered, desired));
	}
	rc_kube_object_set_annotation(merged, RC_THREE_WAY_ANNOTATION, NULL);
	rc_kube_object_set_annotation(wanted, RC_THREE_WAY_ANNOTATION, NULL);
	if (!cases[_i].wanted || !strstr(cases[_i].wanted, "metadata"))
		json_object_del(merged, "metadata");
	got = json_dumps(merged, JSON_SORT_KEYS);
	json_object_del(json_object_get(merged, "metadata"), "annotations");
	json_object_del(json_object_get(wanted, "metadata"), "annotations");
	if (json_object_size(json_object_get(wanted, "metadata")) == 0)
		json_object_del(wanted, "metadata");
	ck_assert_msg(json_equal(merged, wanted), "%s: %s", cases[_i].name, got);
}
END_TEST

/* A Secret's texts are what the server makes of them. */
START_TEST(test_secret)
{
	json_auto_t *desired = manifest_read(
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {b: text}\n");
	json_auto_t *before = manifest_read("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
					    "stringData: {a: text, b: text}\n");
	json_auto_t *live = manifest_read("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
					  "data: {a: dGV4dA==, b: b2xk}\n");
	json_auto_t *merged = NULL;

	rc_three_way_remember(live, before);
	merged = rc_three_way_merge(desired, live);
	ck_assert_ptr_null(rc_json_get(merged, "data", "a", NULL));
	ck_assert_str_eq(rc_json_text(merged, "data", "b", NULL), "dGV4dA==");
	ck_assert_ptr_null(json_object_get(merged, "stringData"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("three-way");
	TCase *tcase = tcase_create("three-way");

	tcase_add_loop_test(tcase, test_merge, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_secret);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
