/* ignoreDifferences: which objects a rule is about, and the two languages of paths. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "gitops/ignore.h"
#include "gitops/manifest.h"

#define OBJECT                                                                      \
	"apiVersion: apps/v1\n"                                                     \
	"kind: Deployment\n"                                                        \
	"metadata: {name: web, namespace: ns, annotations: {a/b: '1', c~d: '2'}}\n" \
	"spec:\n"                                                                   \
	"  replicas: 3\n"                                                           \
	"  list: [x, w, z]\n"                                                       \
	"  containers:\n"                                                           \
	"  - {name: a, image: a1, resources: {limits: {cpu: '1'}}}\n"               \
	"  - {name: b, image: b1, env: [{name: X, value: '1'}, {name: W, value: '2'}]}\n"

static struct rc_ignore *compile(const char *text)
{
	json_auto_t *list = manifest_read(text);
	struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_ignore_compile(list, &ignore, &err), err);
	return ignore;
}

#define autoignore rc_cleanup(rc_ignore_freep) struct rc_ignore

/* ---- which objects ---- */

static const struct {
	const char *rule;
	bool concerns;
} selections[] = {
	{"{group: apps, kind: Deployment}", true},
	{"{group: apps, kind: StatefulSet}", false},
	{"{group: '', kind: Deployment}", false},
	{"{kind: Deployment}", false}, /* no group is the core group */
	{"{group: '*', kind: '*'}", true},
	{"{group: 'ap*', kind: 'Dep*'}", true},
	{"{group: 'b*', kind: '*'}", false},
	{"{group: apps, kind: Deployment, name: web}", true},
	{"{group: apps, kind: Deployment, name: we}", false},
	{"{group: apps, kind: Deployment, name: 'w*'}", false}, /* names are no patterns */
	{"{group: apps, kind: Deployment, namespace: ns}", true},
	{"{group: apps, kind: Deployment, namespace: other}", false},
	{"{group: apps, kind: Deployment, name: '', namespace: ''}", true},
	{"{group: apps, kind: deployment}", false},
};

START_TEST(test_selection)
{
	rc_autofree char *text = NULL;
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	json_auto_t *object = manifest_read(OBJECT);
	json_auto_t *before = json_deep_copy(object);

	ck_assert_int_gt(asprintf(&text, "[%.*s, jsonPointers: [/spec/replicas]}]",
				  (int)strlen(selections[_i].rule) - 1, selections[_i].rule),
			 0);
	ignore = compile(text);
	ck_assert_msg(rc_ignore_concerns(ignore, object) == selections[_i].concerns, "%s", text);
	rc_ignore_remove(ignore, object);
	ck_assert_msg(json_equal(object, before) == !selections[_i].concerns, "%s", text);
}
END_TEST

START_TEST(test_core_group)
{
	autoignore *ignore = compile("[{kind: Service, jsonPointers: [/spec/clusterIP]}]");
	json_auto_t *object = manifest_read("apiVersion: v1\nkind: Service\nmetadata: {name: a}\n");

	ck_assert(rc_ignore_concerns(ignore, object));
}
END_TEST

START_TEST(test_none)
{
	struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;
	json_auto_t *object = manifest_read(OBJECT);
	json_auto_t *before = json_deep_copy(object);
	json_auto_t *list = json_array();

	rc_check_ok(rc_ignore_compile(NULL, &ignore, &err), err);
	ck_assert_ptr_null(ignore);
	rc_check_ok(rc_ignore_compile(list, &ignore, &err), err);
	ck_assert_ptr_null(ignore);
	ck_assert(!rc_ignore_concerns(NULL, object));
	rc_ignore_remove(NULL, object);
	rc_ignore_keep(NULL, object, before);
	ck_assert(json_equal(object, before));
}
END_TEST

/* ---- paths: rule, and what of the object is left of "spec" or "metadata" ---- */

struct removal {
	const char *path;
	const char *spec;	 /* what spec becomes; NULL: as it was */
	const char *annotations; /* likewise */
};

#define CONTAINER_A "{name: a, image: a1, resources: {limits: {cpu: '1'}}}"
#define CONTAINER_B "{name: b, image: b1, env: [{name: X, value: '1'}, {name: W, value: '2'}]}"
#define CONTAINERS  "containers: [" CONTAINER_A ", " CONTAINER_B "]"

static const struct removal pointers[] = {
	{"/spec/replicas", "{list: [x, w, z], " CONTAINERS "}", NULL},
	{"/spec/nothing", NULL, NULL},
	{"/nothing/at/all", NULL, NULL},
	{"/spec/replicas/deeper", NULL, NULL},
	{"/spec/list/1", "{replicas: 3, list: [x, z], " CONTAINERS "}", NULL},
	{"/spec/list/3", NULL, NULL},
	/* No index: there is no such place in a list. */
	{"/spec/list/x", NULL, NULL},
	{"/spec/list/", NULL, NULL},
	{"/spec/containers/image", NULL, NULL},
	{"/spec/containers/0/image",
	 "{replicas: 3, list: [x, w, z], containers: [{name: a, resources: {limits: {cpu: "
	 "'1'}}}, " CONTAINER_B "]}",
	 NULL},
	{"/metadata/annotations/a~1b", NULL, "{c~d: '2'}"},
	{"/metadata/annotations/c~0d", NULL, "{a/b: '1'}"},
};

static const struct removal expressions[] = {
	{".spec.replicas", "{list: [x, w, z], " CONTAINERS "}", NULL},
	{" .spec | .replicas ", "{list: [x, w, z], " CONTAINERS "}", NULL},
	{".spec[\"replicas\"]", "{list: [x, w, z], " CONTAINERS "}", NULL},
	{".spec.\"replicas\"", "{list: [x, w, z], " CONTAINERS "}", NULL},
	{".spec.nothing[].x", NULL, NULL},
	{".spec.nothing?", NULL, NULL},
	{".spec.nothing[]?.x", NULL, NULL},
	{".spec.containers[]?.image",
	 "{replicas: 3, list: [x, w, z], containers: [{name: a, resources: {limits: {cpu: "
	 "'1'}}}, {name: b, env: [{name: X, value: '1'}, {name: W, value: '2'}]}]}",
	 NULL},
	{".spec.list[0]", "{replicas: 3, list: [w, z], " CONTAINERS "}", NULL},
	{".spec.list[]", "{replicas: 3, list: [], " CONTAINERS "}", NULL},
	{".spec.list", "{replicas: 3, " CONTAINERS "}", NULL},
	{".spec.containers[].image",
	 "{replicas: 3, list: [x, w, z], containers: [{name: a, resources: {limits: {cpu: "
	 "'1'}}}, {name: b, env: [{name: X, value: '1'}, {name: W, value: '2'}]}]}",
	 NULL},
	{".spec.containers[] | select(.name == \"b\")",
	 "{replicas: 3, list: [x, w, z], containers: [" CONTAINER_A "]}", NULL},
	{".spec.containers[]|select(.name==\"b\")|.env[]|select(.name==\"X\")",
	 "{replicas: 3, list: [x, w, z], containers: [" CONTAINER_A
	 ", {name: b, image: b1, env: [{name: W, value: '2'}]}]}",
	 NULL},
	{".spec.containers[] | select(.name == \"b\").image",
	 "{replicas: 3, list: [x, w, z], containers: [" CONTAINER_A
	 ", {name: b, env: [{name: X, value: '1'}, {name: W, value: '2'}]}]}",
	 NULL},
	{".spec.containers[] | select(.name == \"none\") | .image", NULL, NULL},
	{".metadata.annotations[\"a/b\"]", NULL, "{c~d: '2'}"},
	{".metadata.annotations.\"c~d\"", NULL, "{a/b: '1'}"},
};

static void check(const struct removal *removal, const char *kind)
{
	json_auto_t *list = json_pack("[{s:s, s:s, s:[s]}]", "group", "apps", "kind", "Deployment",
				      kind, removal->path);
	json_auto_t *object = manifest_read(OBJECT);
	json_auto_t *wanted = json_deep_copy(object);
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *got = NULL;

	if (removal->spec)
		json_object_set_new(wanted, "spec", manifest_read(removal->spec));
	if (removal->annotations)
		json_object_set_new(json_object_get(wanted, "metadata"), "annotations",
				    manifest_read(removal->annotations));
	rc_check_ok(rc_ignore_compile(list, &ignore, &err), err);
	rc_ignore_remove(ignore, object);
	got = json_dumps(object, JSON_SORT_KEYS);
	ck_assert_msg(json_equal(object, wanted), "%s: %s", removal->path, got);
}

START_TEST(test_pointer)
{
	check(&pointers[_i], "jsonPointers");
}
END_TEST

START_TEST(test_expression)
{
	check(&expressions[_i], "jqPathExpressions");
}
END_TEST

START_TEST(test_many_rules)
{
	autoignore *ignore =
		compile("- {group: apps, kind: Deployment, jsonPointers: [/spec/replicas, "
			"/spec/list], jqPathExpressions: ['.metadata.annotations']}\n"
			"- {group: apps, kind: '*', name: web, jsonPointers: [/spec/containers]}\n"
			"- {group: apps, kind: '*', name: other, jsonPointers: [/metadata]}\n");
	json_auto_t *object = manifest_read(OBJECT);
	json_auto_t *wanted = manifest_read("apiVersion: apps/v1\nkind: Deployment\n"
					    "metadata: {name: web, namespace: ns}\nspec: {}\n");

	rc_ignore_remove(ignore, object);
	ck_assert(json_equal(object, wanted));
}
END_TEST

/* ---- values of live for what is applied ---- */

static const struct {
	const char *path, *desired, *live, *wanted;
} kept[] = {
	{".spec.replicas", "{replicas: 3, a: 1}", "{replicas: 9, a: 2}", "{replicas: 9, a: 1}"},
	/* Nothing is sent for what live lacks. */
	{".spec.replicas", "{replicas: 3}", "{a: 2}", "{}"},
	/* What Git lacks another may have set; it is sent as it is. */
	{".spec.replicas", "{a: 1}", "{replicas: 9}", "{replicas: 9, a: 1}"},
	{".spec.c[] | select(.name == \"b\") | .image",
	 "{c: [{name: a, image: a1}, {name: b, image: b1}]}",
	 "{c: [{name: x, image: x2}, {name: b, image: b2}, {name: a, image: a2}]}",
	 "{c: [{name: a, image: a1}, {name: b, image: b2}]}"},
	{".spec.c[].image", "{c: [{name: a, image: a1}, {name: b, image: b1}]}",
	 "{c: [{name: b, image: b2}, {name: a, image: a2}]}",
	 "{c: [{name: a, image: a2}, {name: b, image: b2}]}"},
	{".spec.c[] | select(.name == \"b\")", "{c: [{name: a}, {name: b, image: b1}]}",
	 "{c: [{name: b, image: b2, x: 1}, {name: a}]}",
	 "{c: [{name: a}, {name: b, image: b2, x: 1}]}"},
	{".spec.c[0].image", "{c: [{image: a1}]}", "{c: [{image: a2}]}", "{c: [{image: a2}]}"},
};

START_TEST(test_keep)
{
	json_auto_t *list = json_pack("[{s:s, s:s, s:[s]}]", "group", "apps", "kind", "Deployment",
				      "jqPathExpressions", kept[_i].path);
	json_auto_t *desired = manifest_read(OBJECT), *live = manifest_read(OBJECT);
	json_auto_t *wanted = manifest_read(kept[_i].wanted);
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *got = NULL;

	json_object_set_new(desired, "spec", manifest_read(kept[_i].desired));
	json_object_set_new(live, "spec", manifest_read(kept[_i].live));
	rc_check_ok(rc_ignore_compile(list, &ignore, &err), err);
	rc_ignore_keep(ignore, desired, live);
	got = json_dumps(json_object_get(desired, "spec"), JSON_SORT_KEYS);
	ck_assert_msg(json_equal(json_object_get(desired, "spec"), wanted), "%s: %s", kept[_i].path,
		      got);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *rules, *part;
} errors[] = {
	{"[{kind: A, jsonPointers: [spec/x]}]", "'spec/x'"},
	{"[{kind: A, jsonPointers: ['']}]", "jsonPointers"},
	{"[{kind: A}, {kind: B, jqPathExpressions: ['spec']}]", "ignoreDifferences[1]"},
	{"[{kind: A, jqPathExpressions: ['']}]", "jqPathExpressions"},
	{"[{kind: A, jqPathExpressions: ['.']}]", "jqPathExpressions"},
	{"[{kind: A, jqPathExpressions: ['.a[']}]", "'.a['"},
	{"[{kind: A, jqPathExpressions: ['.a |']}]", "'.a |'"},
	{"[{kind: A, jqPathExpressions: ['.a[] | select(.b > 1)']}]", "'> 1)'"},
	{"[{kind: A, jqPathExpressions: ['.a, .b']}]", "', .b'"},
	{"[{kind: A, jqPathExpressions: ['.. | .a']}]", "'.. | .a'"},
	{"[{kind: A, jqPathExpressions: ['.a | map(.b)']}]", "'map(.b)'"},
	{"[{kind: A, managedFieldsManagers: [kubectl]}]", "managedFieldsManagers"},
};

START_TEST(test_error)
{
	json_auto_t *list = manifest_read(errors[_i].rules);
	struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_ignore_compile(list, &ignore, &err), -EINVAL, err, errors[_i].part);
	ck_assert_ptr_null(ignore);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("ignore");
	TCase *tcase = tcase_create("ignore");

	tcase_add_loop_test(tcase, test_selection, 0, RC_ARRAY_SIZE(selections));
	tcase_add_test(tcase, test_core_group);
	tcase_add_test(tcase, test_none);
	tcase_add_loop_test(tcase, test_pointer, 0, RC_ARRAY_SIZE(pointers));
	tcase_add_loop_test(tcase, test_expression, 0, RC_ARRAY_SIZE(expressions));
	tcase_add_test(tcase, test_many_rules);
	tcase_add_loop_test(tcase, test_keep, 0, RC_ARRAY_SIZE(kept));
	tcase_add_loop_test(tcase, test_error, 0, RC_ARRAY_SIZE(errors));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
