/* Live against what a dry run predicts: what is a difference of it, and which of those are ours. */
#include "support/check.h"

#include "gitops/compare.h"
#include "gitops/manifest.h"
#include "gitops/pair.h"
#include "kube/apply.h"

static const struct pair same[] = {
	{"the server's fields, status and last-applied",
	 CONFIG "metadata: {name: a, resourceVersion: '1', generation: 1, uid: u,\n"
		"  creationTimestamp: '2025-01-01T00:00:00Z', managedFields: [{manager: x}],\n"
		"  annotations: {kubectl.kubernetes.io/last-applied-configuration: a}}\n"
		"data: {k: v}\nstatus: {a: 1}\n",
	 CONFIG "metadata: {name: a, resourceVersion: '2', generation: 2, uid: u}\n"
		"data: {k: v}\nstatus: {a: 2}\n"},
	{"null and nothing", POD "metadata: {name: a, creationTimestamp: null}\nspec: {a: null}\n",
	 POD "metadata: {name: a}\nspec: {}\n"},
	{"quantities",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, resources: {limits: {cpu: 1000m}}}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, resources: {limits: {cpu: '1'}}}]}\n"},
};

START_TEST(test_predicted_same)
{
	json_auto_t *a = manifest_read(same[_i].desired), *b = manifest_read(same[_i].live);

	ck_assert_msg(rc_compare_predicted(a, b, NULL) == RC_COMPARISON_IN_SYNC, "%s",
		      same[_i].name);
	ck_assert_msg(rc_compare_predicted(b, a, NULL) == RC_COMPARISON_IN_SYNC, "%s",
		      same[_i].name);
}
END_TEST

static const struct pair different[] = {
	{"image", POD "metadata: {name: a}\nspec: {containers: [{name: c, image: 'i:1'}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, image: 'i:2'}]}\n"},
	{"a field goes", CONFIG "metadata: {name: a}\ndata: {k: v, l: w}\n",
	 CONFIG "metadata: {name: a}\ndata: {k: v}\n"},
	{"a list item goes",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, env: [{name: X}, {name: Y}]}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c, env: [{name: X}]}]}\n"},
	{"a container goes",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c}, {name: d}]}\n",
	 POD "metadata: {name: a}\nspec: {containers: [{name: c}]}\n"},
	{"order of init containers",
	 POD "metadata: {name: a}\nspec: {initContainers: [{name: c}, {name: d}]}\n",
	 POD "metadata: {name: a}\nspec: {initContainers: [{name: d}, {name: c}]}\n"},
	{"everyone's namespaces",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{from: [{namespaceSelector: {}, podSelector: {}}]}]}\n",
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n"
	 "spec: {ingress: [{from: [{podSelector: {}}]}]}\n"},
	{"a custom resource's empty list",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: {a: []}\n",
	 "apiVersion: example.io/v1\nkind: Thing\nmetadata: {name: a}\nspec: {}\n"},
	{"a label goes", CONFIG "metadata: {name: a, labels: {x: y, z: w}}\n",
	 CONFIG "metadata: {name: a, labels: {x: y}}\n"},
	{"an annotation goes", CONFIG "metadata: {name: a, annotations: {x: y}}\n",
	 CONFIG "metadata: {name: a}\n"},
	{"a variable's value",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, env: [{name: X, value: '1.0'}]}]}\n",
	 POD "metadata: {name: a}\n"
	     "spec: {containers: [{name: c, env: [{name: X, value: '1'}]}]}\n"},
	{"configuration", CONFIG "metadata: {name: a}\ndata: {max: '1.0'}\n",
	 CONFIG "metadata: {name: a}\ndata: {max: '1'}\n"},
};

START_TEST(test_predicted_different)
{
	json_auto_t *a = manifest_read(different[_i].desired);
	json_auto_t *b = manifest_read(different[_i].live);

	ck_assert_msg(rc_compare_predicted(a, b, NULL) == RC_COMPARISON_MODIFIED, "%s",
		      different[_i].name);
	ck_assert_msg(rc_compare_predicted(b, a, NULL) == RC_COMPARISON_MODIFIED, "%s",
		      different[_i].name);
}
END_TEST

/* ---- only what is ours counts of a prediction ---- */

#define OURS(fields) OWNED(RC_KUBE_FIELD_MANAGER, "Apply", fields)

static const struct {
	const char *name, *live, *predicted;
	bool is_modified, is_modified_with_webhooks;
} owned[] = {
	{"a field of ours",
	 "metadata:\n" OURS("{f:spec: {f:replicas: {}}}") "spec: {replicas: 1}\n",
	 "metadata:\n" OURS("{f:spec: {f:replicas: {}}}") "spec: {replicas: 2}\n", true, true},
	{"what a webhook makes of the rest",
	 "metadata: {annotations: {stamp: '1'},\n" OURS(
		 "{f:spec: {f:replicas: {}}}") "}\n"
					       "spec: {replicas: 1}\n",
	 "metadata: {annotations: {stamp: '2'},\n" OURS(
		 "{f:spec: {f:replicas: {}}}") "}\n"
					       "spec: {replicas: 1, sidecar: true}\n",
	 false, true},
	{"what was ours and goes",
	 "metadata:\n" OURS("{f:spec: {f:a: {}, f:b: {}}}") "spec: {a: 1, b: 1}\n",
	 "metadata:\n" OURS("{f:spec: {f:a: {}}}") "spec: {a: 1}\n", true, true},
	{"what was ours and is another's",
	 "metadata:\n" OURS("{f:spec: {f:a: {}, f:b: {}}}") "spec: {a: 1, b: 1}\n",
	 "metadata:\n" OURS("{f:spec: {f:a: {}}}") "spec: {a: 1, b: 1}\n", false, false},
	{"what becomes ours as it is",
	 "metadata:\n" OURS("{f:spec: {f:a: {}}}") "spec: {a: 1, b: 1}\n",
	 "metadata:\n" OURS("{f:spec: {f:a: {}, f:b: {}}}") "spec: {a: 1, b: 1}\n", false, false},
	{"an element of ours, beside another's",
	 "metadata:\n" OURS(
		 "{f:spec: {f:containers: {'k:{\"name\":\"a\"}': {'.': {}, f:image: {}, f:name: "
		 "{}}}}}") "spec: {containers: [{name: s, image: s1}, {name: a, image: a1}]}\n",
	 "metadata:\n" OURS(
		 "{f:spec: {f:containers: {'k:{\"name\":\"a\"}': {'.': {}, f:image: {}, f:name: "
		 "{}}}}}") "spec: {containers: [{name: s, image: s2}, {name: a, image: a1}]}\n",
	 false, true},
	{"an element of ours, changed",
	 "metadata:\n" OURS("{f:spec: {f:containers: {'k:{\"name\":\"a\"}': {'.': {}, f:image: {}, "
			    "f:name: {}}}}}") "spec: {containers: [{name: a, image: a1}]}\n",
	 "metadata:\n" OURS("{f:spec: {f:containers: {'k:{\"name\":\"a\"}': {'.': {}, f:image: {}, "
			    "f:name: {}}}}}") "spec: {containers: [{name: a, image: a2}]}\n",
	 true, true},
	{"an element of ours, gone",
	 "metadata:\n" OURS(
		 "{f:spec: {f:containers: {'k:{\"name\":\"a\"}': {'.': {}}, 'k:{\"name\":\"b\"}': "
		 "{'.': {}}}}}") "spec: {containers: [{name: a}, {name: b}]}\n",
	 "metadata:\n" OURS(
		 "{f:spec: {f:containers: {'k:{\"name\":\"a\"}': {'.': {}}}}}") "spec: "
										"{containers: "
										"[{name: a}]}\n",
	 true, true},
	{"the order of what is ours",
	 "metadata:\n" OURS(
		 "{f:spec: {f:env: {'k:{\"name\":\"a\"}': {'.': {}}, 'k:{\"name\":\"b\"}': {'.': "
		 "{}}}}}") "spec: {env: [{name: a}, {name: b}]}\n",
	 "metadata:\n" OURS(
		 "{f:spec: {f:env: {'k:{\"name\":\"a\"}': {'.': {}}, 'k:{\"name\":\"b\"}': {'.': "
		 "{}}}}}") "spec: {env: [{name: b}, {name: a}]}\n",
	 true, true},
	{"one of a set",
	 "metadata: {finalizers: [x, y],\n" OURS(
		 "{f:metadata: {f:finalizers: {'v:\"x\"': {}}}}") "}\n",
	 "metadata: {finalizers: [x, z],\n" OURS(
		 "{f:metadata: {f:finalizers: {'v:\"x\"': {}}}}") "}\n",
	 false, true},
	{"a whole value",
	 "metadata:\n" OURS("{f:spec: {f:selector: {}}}") "spec: {selector: {a: '1', b: '2'}}\n",
	 "metadata:\n" OURS("{f:spec: {f:selector: {}}}") "spec: {selector: {a: '1'}}\n", true,
	 true},
	{"numbers and quantities are what they are",
	 "metadata:\n" OURS("{f:spec: {f:limits: {f:cpu: {}}}}") "spec: {limits: {cpu: '1'}}\n",
	 "metadata:\n" OURS("{f:spec: {f:limits: {f:cpu: {}}}}") "spec: {limits: {cpu: 1000m}}\n",
	 false, false},
};

START_TEST(test_owned)
{
	json_auto_t *live = manifest_format(POD "%s", owned[_i].live);
	json_auto_t *predicted = manifest_format(POD "%s", owned[_i].predicted);
	struct rc_compare_options all = {.with_webhooks = true};

	ck_assert_msg((rc_compare_predicted(live, predicted, NULL) == RC_COMPARISON_MODIFIED) ==
			      owned[_i].is_modified,
		      "%s", owned[_i].name);
	ck_assert_msg((rc_compare_predicted(live, predicted, &all) == RC_COMPARISON_MODIFIED) ==
			      owned[_i].is_modified_with_webhooks,
		      "%s, all of it", owned[_i].name);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/compare-predicted");
	TCase *tcase = tcase_create("predicted");

	tcase_add_loop_test(tcase, test_predicted_same, 0, RC_ARRAY_SIZE(same));
	tcase_add_loop_test(tcase, test_predicted_different, 0, RC_ARRAY_SIZE(different));
	tcase_add_loop_test(tcase, test_owned, 0, RC_ARRAY_SIZE(owned));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
