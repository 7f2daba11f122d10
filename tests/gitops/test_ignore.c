/* ignoreDifferences: which objects a rule is about, and the two languages of paths. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/json.h"
#include "gitops/ignore.h"
#include "gitops/manifest.h"
#include "kube/object.h"

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

	rc_check_ok(rc_ignore_compile(NULL, list, &ignore, &err), err);
	return ignore;
}

/* The fields in question, out of one object. */
static void take_out(const struct rc_ignore *ignore, json_t *object)
{
	struct rc_ignore_view view = {.ignore = ignore};
	json_auto_t *live = json_deep_copy(object);

	rc_ignore_remove(&view, object, live);
	ck_assert(json_equal(object, live));
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
	take_out(ignore, object);
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

	rc_check_ok(rc_ignore_compile(NULL, NULL, &ignore, &err), err);
	ck_assert_ptr_null(ignore);
	rc_check_ok(rc_ignore_compile(NULL, list, &ignore, &err), err);
	ck_assert_ptr_null(ignore);
	ck_assert(!rc_ignore_concerns(NULL, object));
	take_out(NULL, object);
	rc_ignore_remove(NULL, object, before);
	rc_ignore_keep(NULL, object, before, false);
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
	rc_check_ok(rc_ignore_compile(NULL, list, &ignore, &err), err);
	take_out(ignore, object);
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

	take_out(ignore, object);
	ck_assert(json_equal(object, wanted));
}
END_TEST

/* ---- values of live for what is applied ---- */

#define ALL_OURS "{f:spec: {}}"

static const struct {
	const char *path, *owned, *desired, *live, *wanted, *whole;
} kept[] = {
	{".spec.replicas", ALL_OURS, "{replicas: 3, a: 1}", "{replicas: 9, a: 2}",
	 "{replicas: 9, a: 1}", "{replicas: 9, a: 1}"},
	{".spec.replicas", "{f:spec: {f:replicas: {}}}", "{replicas: 3, a: 1}",
	 "{replicas: 9, a: 2}", "{replicas: 9, a: 1}", "{replicas: 9, a: 1}"},
	/* What others own stays theirs: it is not sent. */
	{".spec.replicas", "{f:spec: {f:a: {}}}", "{replicas: 3, a: 1}", "{replicas: 9, a: 2}",
	 "{a: 1}", "{replicas: 9, a: 1}"},
	/* Nothing is sent for what live lacks. */
	{".spec.replicas", ALL_OURS, "{replicas: 3}", "{a: 2}", "{}", "{}"},
	/* What Git lacks and we once set would go if it were not sent. */
	{".spec.replicas", ALL_OURS, "{a: 1}", "{replicas: 9}", "{replicas: 9, a: 1}",
	 "{replicas: 9, a: 1}"},
	{".spec.c[] | select(.name == \"b\") | .image", ALL_OURS,
	 "{c: [{name: a, image: a1}, {name: b, image: b1}]}",
	 "{c: [{name: x, image: x2}, {name: b, image: b2}, {name: a, image: a2}]}",
	 "{c: [{name: a, image: a1}, {name: b, image: b2}]}",
	 "{c: [{name: a, image: a1}, {name: b, image: b2}]}"},
	{".spec.c[].image", ALL_OURS, "{c: [{name: a, image: a1}, {name: b, image: b1}]}",
	 "{c: [{name: b, image: b2}, {name: a, image: a2}]}",
	 "{c: [{name: a, image: a2}, {name: b, image: b2}]}",
	 "{c: [{name: a, image: a2}, {name: b, image: b2}]}"},
	/* Of a keyed list some elements are ours. */
	{".spec.c[].image", "{f:spec: {f:c: {'k:{\"name\":\"a\"}': {f:image: {}}}}}",
	 "{c: [{name: a, image: a1}, {name: b, image: b1}]}",
	 "{c: [{name: b, image: b2}, {name: a, image: a2}]}",
	 "{c: [{name: a, image: a2}, {name: b}]}",
	 "{c: [{name: a, image: a2}, {name: b, image: b2}]}"},
	{".spec.c[] | select(.name == \"b\")", ALL_OURS, "{c: [{name: a}, {name: b, image: b1}]}",
	 "{c: [{name: b, image: b2, x: 1}, {name: a}]}",
	 "{c: [{name: a}, {name: b, image: b2, x: 1}]}",
	 "{c: [{name: a}, {name: b, image: b2, x: 1}]}"},
	{".spec.c[0].image", ALL_OURS, "{c: [{image: a1}]}", "{c: [{image: a2}]}",
	 "{c: [{image: a2}]}", "{c: [{image: a2}]}"},
};

static json_t *make_live(const char *spec, const char *manager, const char *operation,
			 const char *owned)
{
	json_t *live = manifest_read(OBJECT), *metadata = json_object_get(live, "metadata");

	json_object_set_new(live, "spec", manifest_read(spec));
	json_object_set_new(metadata, "managedFields",
			    json_pack("[{s:s, s:s, s:o}]", "manager", manager, "operation",
				      operation, "fieldsV1", manifest_read(owned)));
	return live;
}

static void check_kept(const struct rc_ignore_view *view, const char *what, const char *spec,
		       const json_t *live, bool is_whole, const char *wanted)
{
	json_auto_t *desired = manifest_read(OBJECT), *right = manifest_read(wanted);
	rc_autofree char *got = NULL;

	json_object_set_new(desired, "spec", manifest_read(spec));
	rc_ignore_keep(view, desired, live, is_whole);
	got = json_dumps(json_object_get(desired, "spec"), JSON_SORT_KEYS);
	ck_assert_msg(json_equal(json_object_get(desired, "spec"), right), "%s: %s", what, got);
}

START_TEST(test_keep)
{
	json_auto_t *list = json_pack("[{s:s, s:s, s:[s]}]", "group", "apps", "kind", "Deployment",
				      "jqPathExpressions", kept[_i].path);
	json_auto_t *live = make_live(kept[_i].live, "reconciled", "Apply", kept[_i].owned);
	rc_cleanup(rc_ignore_freep) struct rc_ignore *ignore = NULL;
	struct rc_ignore_view view = {.ignore = NULL};
	struct rc_error *err = NULL;

	rc_check_ok(rc_ignore_compile(NULL, list, &ignore, &err), err);
	view.ignore = ignore;
	check_kept(&view, kept[_i].path, kept[_i].desired, live, false, kept[_i].wanted);
	check_kept(&view, kept[_i].path, kept[_i].desired, live, true, kept[_i].whole);
}
END_TEST

/* ---- programs: the paths are a worker's answer ---- */

START_TEST(test_programs)
{
	static const struct rc_kube_key web = {"apps", "Deployment", "ns", "web"};
	static const struct rc_kube_key pod = {"", "Pod", "", "a"};
	autoignore *ignore =
		compile("- {group: apps, kind: Deployment, jqPathExpressions:\n"
			"  ['.spec | .list[1:]', '.spec.replicas', '.. | .image?']}\n");
	json_auto_t *object = manifest_read(OBJECT), *live = manifest_read(OBJECT);
	json_auto_t *programs = rc_ignore_list_programs(ignore, &web);
	json_auto_t *paths = manifest_read("[[spec, list, 2], [spec, list, 1]]");
	struct rc_ignore_view view = {.ignore = ignore, .desired_paths = paths};

	ck_assert_uint_eq(json_array_size(programs), 2);
	ck_assert_str_eq(json_string_value(json_array_get(programs, 0)), ".spec | .list[1:]");
	ck_assert_ptr_null(rc_ignore_list_programs(ignore, &pod));
	ck_assert_ptr_null(rc_ignore_list_programs(NULL, &web));
	rc_ignore_remove(&view, object, live);
	ck_assert_uint_eq(json_array_size(rc_json_get(object, "spec", "list", NULL)), 1);
	ck_assert_uint_eq(json_array_size(rc_json_get(live, "spec", "list", NULL)), 3);
	ck_assert_ptr_null(rc_json_get(live, "spec", "replicas", NULL));
}
END_TEST

/* ---- managers ---- */

static const struct {
	const char *name, *owned, *desired, *live;
	const char *desired_left, *live_left; /* what is left to compare */
	const char *sent;		      /* by an apply */
} managed[] = {
	{"a field", "{f:spec: {f:replicas: {}}}", "{replicas: 3, a: 1}", "{replicas: 9, a: 1}",
	 "{a: 1}", "{a: 1}", "{a: 1}"},
	{"a field of an element",
	 "{f:spec: {f:c: {'k:{\"name\":\"a\"}': {f:image: {}, f:name: {}}}}}",
	 "{c: [{name: a, image: a1, x: 1}, {name: b, image: b1}]}",
	 "{c: [{name: a, image: a2, x: 1}, {name: b, image: b1}]}",
	 "{c: [{name: a, x: 1}, {name: b, image: b1}]}",
	 "{c: [{name: a, x: 1}, {name: b, image: b1}]}",
	 "{c: [{name: a, x: 1}, {name: b, image: b1}]}"},
	{"an element it has made",
	 "{f:spec: {f:c: {'k:{\"name\":\"s\"}': {'.': {}, f:image: {}, f:name: {}}}}}",
	 "{c: [{name: a}]}", "{c: [{name: a}, {name: s, image: i}]}", "{c: [{name: a}]}",
	 "{c: [{name: a}]}", "{c: [{name: a}]}"},
	{"one of a set", "{f:spec: {f:set: {'v:\"x\"': {}}}}", "{set: [y]}", "{set: [x, y]}",
	 "{set: [y]}", "{set: [y]}", "{set: [y]}"},
	{"a map it has made", "{f:spec: {f:m: {'.': {}, f:k: {}}}}", "{a: 1}", "{a: 1, m: {k: v}}",
	 "{a: 1}", "{a: 1}", "{a: 1}"},
	{"of a map one key", "{f:spec: {f:m: {f:k: {}}}}", "{m: {j: 1, k: 1}}", "{m: {j: 1, k: 2}}",
	 "{m: {j: 1}}", "{m: {j: 1}}", "{m: {j: 1}}"},
	{"nothing", "{}", "{a: 1}", "{a: 2}", "{a: 1}", "{a: 2}", "{a: 1}"},
};

static void check_spec(const char *name, const json_t *object, const char *wanted)
{
	json_auto_t *right = manifest_read(wanted);
	rc_autofree char *got = json_dumps(json_object_get(object, "spec"), JSON_SORT_KEYS);

	ck_assert_msg(json_equal(json_object_get(object, "spec"), right), "%s: %s", name, got);
}

START_TEST(test_managers)
{
	autoignore *ignore = compile("[{group: apps, kind: Deployment, "
				     "managedFieldsManagers: [other, scaler]}]");
	struct rc_ignore_view view = {.ignore = ignore};
	json_auto_t *desired = manifest_read(OBJECT);
	json_auto_t *live = make_live(managed[_i].live, "scaler", "Update", managed[_i].owned);

	check_kept(&view, managed[_i].name, managed[_i].desired, live, false, managed[_i].sent);
	json_object_set_new(desired, "spec", manifest_read(managed[_i].desired));
	rc_ignore_remove(&view, desired, live);
	check_spec(managed[_i].name, desired, managed[_i].desired_left);
	check_spec(managed[_i].name, live, managed[_i].live_left);
}
END_TEST

/* A replacement sends what the managers have made, or it would be gone. */
START_TEST(test_managers_whole)
{
	autoignore *ignore =
		compile("[{group: apps, kind: Deployment, managedFieldsManagers: [injector]}]");
	struct rc_ignore_view view = {.ignore = ignore};
	json_auto_t *live = make_live("{replicas: 7, c: [{name: a}, {name: s, image: i}]}",
				      "injector", "Update",
				      "{f:spec: {f:replicas: {}, f:c: {'k:{\"name\":\"s\"}': {'.': "
				      "{}, f:image: {}, f:name: {}}}}}");

	check_kept(&view, "whole", "{replicas: 1, c: [{name: a}]}", live, true,
		   "{replicas: 7, c: [{name: a}, {name: s, image: i}]}");
}
END_TEST

static void count_manager(void *userdata, const char *manager)
{
	ck_assert(strcmp(manager, "other") == 0 || strcmp(manager, "scaler") == 0);
	++*(int *)userdata;
}

START_TEST(test_each_manager)
{
	autoignore *ignore = compile("- {kind: A, managedFieldsManagers: [other, scaler]}\n"
				     "- {kind: B, managedFieldsManagers: [scaler]}\n");
	int n = 0;

	rc_ignore_each_manager(ignore, count_manager, &n);
	ck_assert_int_eq(n, 3);
}
END_TEST

/* ---- replicas that an autoscaler sets ---- */

static const struct {
	const char *desired, *live;
	bool ignored;
} scaled[] = {
	{"{replicas: 2}", "{replicas: 7}", true},
	{"{replicas: 0}", "{replicas: 7}", false}, /* Git says: none */
	{"{replicas: 2}", "{replicas: 0}", false}, /* somebody switched it off */
	{"{a: 1}", "{replicas: 7}", false},	   /* nothing is said in Git: nothing to ignore */
};

START_TEST(test_scaled)
{
	struct rc_ignore_view view = {.is_scaled = true};
	json_auto_t *desired = manifest_read(OBJECT);
	json_auto_t *live =
		make_live(scaled[_i].live, "reconciled", "Apply", "{f:spec: {f:a: {}}}");

	json_object_set_new(desired, "spec", manifest_read(scaled[_i].desired));
	check_kept(&view, "scaled", scaled[_i].desired, live, false,
		   scaled[_i].ignored ? "{}" : scaled[_i].desired);
	rc_ignore_remove(&view, desired, live);
	ck_assert_msg((rc_json_get(live, "spec", "replicas", NULL) == NULL) == scaled[_i].ignored,
		      "%s", scaled[_i].desired);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *rules, *part;
} errors[] = {
	{"[{kind: A, jsonPointers: [spec/x]}]", "'spec/x'"},
	{"[{kind: A, jsonPointers: ['']}]", "jsonPointers"},
	{"[{kind: A}, {kind: B, jsonPointers: ['spec']}]", "ignoreDifferences[1]"},
	{"[{kind: A, jqPathExpressions: ['']}]", "jqPathExpressions"},
	{"[{kind: A, jqPathExpressions: ['.']}]", "jqPathExpressions"},
};

START_TEST(test_error)
{
	json_auto_t *list = manifest_read(errors[_i].rules);
	struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_ignore_compile(NULL, list, &ignore, &err), -EINVAL, err, errors[_i].part);
	ck_assert_ptr_null(ignore);
}
END_TEST

/* A mistake in the daemon's own rules is looked for elsewhere than one in an Application's. */
START_TEST(test_error_in_common)
{
	json_auto_t *list = manifest_read(errors[0].rules);
	struct rc_ignore *ignore = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_ignore_compile(list, NULL, &ignore, &err), -EINVAL, err,
		       "customizations, ignoreDifferences of ");
	ck_assert_ptr_null(ignore);
	rc_ignore_free(NULL);
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
	tcase_add_test(tcase, test_programs);
	tcase_add_loop_test(tcase, test_managers, 0, RC_ARRAY_SIZE(managed));
	tcase_add_test(tcase, test_managers_whole);
	tcase_add_test(tcase, test_each_manager);
	tcase_add_loop_test(tcase, test_scaled, 0, RC_ARRAY_SIZE(scaled));
	tcase_add_loop_test(tcase, test_error, 0, RC_ARRAY_SIZE(errors));
	tcase_add_test(tcase, test_error_in_common);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
