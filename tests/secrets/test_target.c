/* The Secret that is written: values, who owns it, labels, and what of a live one is respected. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "sample.h"
#include "secrets/target.h"

#define HASH_A	"54889b61810e939e273c96201e3e1e30e192b3fea61a07dd79c15237"
#define HASH_AB "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64"

static json_t *make(const struct rc_secrets_external *external, const char *data)
{
	json_auto_t *values = sample_read(data);
	json_t *secret = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_secrets_target_make(external, values, NULL, &secret, &err), err);
	return secret;
}

static void check_json(const json_t *got, const char *wanted)
{
	json_auto_t *json = sample_read(wanted);
	rc_autofree char *text = json_dumps(got, JSON_SORT_KEYS | JSON_ENCODE_ANY);

	ck_assert_msg(json_equal(got, json), "%s is not %s", text, wanted);
}

/* ---- the Secret ---- */

#define OWNER                                                                               \
	"[{apiVersion: external-secrets.io/v1, kind: ExternalSecret, name: app, uid: u-1, " \
	"controller: true, blockOwnerDeletion: true}]"
/* SHA3-224 of "ns/app" */
#define CREATED_BY "167f89bed2a98a8e396edb2463d96fd47c9f917511cc1c2a3817e80e"

static const struct {
	const char *policy;
	bool is_owner;
} owners[] = {{"Owner", true},
	      {"Orphan", false},
	      {"Merge", false},
	      {"None", false},
	      {"CreateOrMerge", false}};

START_TEST(test_owner)
{
	rc_autofree char *spec = rc_asprintf("target: {creationPolicy: %s}", owners[_i].policy);
	autoexternal *external = sample_external("", spec);
	json_auto_t *secret = make(external, "{foo: value1, bar: value2}");
	const json_t *metadata = json_object_get(secret, "metadata");

	check_json(json_object_get(secret, "data"), "{bar: dmFsdWUy, foo: dmFsdWUx}");
	check_json(json_object_get(metadata, "annotations"),
		   "{reconcile.external-secrets.io/data-hash: " HASH_AB "}");
	if (owners[_i].is_owner) {
		check_json(json_object_get(metadata, "ownerReferences"), OWNER);
		check_json(json_object_get(metadata, "labels"),
			   "{reconcile.external-secrets.io/managed: 'true', "
			   "reconcile.external-secrets.io/created-by: " CREATED_BY "}");
	} else {
		ck_assert_ptr_null(json_object_get(metadata, "ownerReferences"));
		check_json(json_object_get(metadata, "labels"),
			   "{reconcile.external-secrets.io/managed: 'true'}");
	}
}
END_TEST

START_TEST(test_identity)
{
	autoexternal *external = sample_external("", "target: {name: other, immutable: true}");
	json_auto_t *secret = make(external, "{a: x}");

	ck_assert_str_eq(rc_json_text(secret, "apiVersion", NULL), "v1");
	ck_assert_str_eq(rc_json_text(secret, "kind", NULL), "Secret");
	ck_assert_str_eq(rc_json_text(secret, "metadata", "name", NULL), "other");
	ck_assert_str_eq(rc_json_text(secret, "metadata", "namespace", NULL), "ns");
	ck_assert(json_is_true(json_object_get(secret, "immutable")));
	ck_assert_ptr_null(json_object_get(secret, "type")); /* of a live one is kept */
}
END_TEST

START_TEST(test_mutable)
{
	autoexternal *external = sample_external("", "");
	json_auto_t *secret = make(external, "{a: x}");

	ck_assert_ptr_null(json_object_get(secret, "immutable"));
}
END_TEST

/* Without a template labels and annotations are the ExternalSecret's; with one only the template's.
 */
#define META "labels: {team: a}, annotations: {note: b}"

static const struct {
	const char *spec;
	const char *team, *note, *extra;
} copies[] = {
	{"target: {creationPolicy: Orphan}", "a", "b", NULL},
	{"target: {template: {data: {x: y}}}", NULL, NULL, NULL},
	{"target: {template: {metadata: {labels: {extra: c}}}}", NULL, NULL, "c"},
	{"target: {template: {metadata: {labels: {team: '{{ .a }}', extra: e}, "
	 "annotations: {note: '{{ .a | upper }}'}}}}",
	 "x", "X", "e"},
};

START_TEST(test_copies)
{
	autoexternal *external = sample_external(META, copies[_i].spec);
	json_auto_t *secret = make(external, "{a: x}");

	ck_assert_pstr_eq(rc_json_text(secret, "metadata", "labels", "team", NULL),
			  copies[_i].team);
	ck_assert_pstr_eq(rc_json_text(secret, "metadata", "annotations", "note", NULL),
			  copies[_i].note);
	ck_assert_pstr_eq(rc_json_text(secret, "metadata", "labels", "extra", NULL),
			  copies[_i].extra);
}
END_TEST

/* Not copied, unlike there: marks that would make a GitOps tool take the Secret for its own. */
START_TEST(test_marks)
{
	autoexternal *external = sample_external(
		"annotations: {argocd.argoproj.io/tracking-id: x, "
		"kubectl.kubernetes.io/last-applied-configuration: y, force-sync: z, keep: k}",
		"");
	json_auto_t *secret = make(external, "{foo: value1, bar: value2}");

	check_json(rc_json_get(secret, "metadata", "annotations", NULL),
		   "{keep: k, reconcile.external-secrets.io/data-hash: " HASH_AB "}");
}
END_TEST

/* ---- live ones ---- */

#define LIVE(labels, annotations, data)                                                        \
	"{apiVersion: v1, kind: Secret, metadata: {name: app, namespace: ns, labels: {" labels \
	"}, annotations: {" annotations "}}, data: " data "}"
#define MANAGED "reconcile.external-secrets.io/managed: 'true'"
#define HASHED	"reconcile.external-secrets.io/data-hash: " HASH_AB
#define DATA	"{foo: dmFsdWUx, bar: dmFsdWUy}"

static const struct {
	const char *live;
	bool is_valid;
} lives[] = {
	{LIVE(MANAGED, HASHED, DATA), true},
	{LIVE(MANAGED ", more: x", HASHED ", more: y", DATA), true},
	{LIVE("", HASHED, DATA), false},
	{LIVE("reconcile.external-secrets.io/managed: 'false'", HASHED, DATA), false},
	{LIVE(MANAGED, "", DATA), false},
	{LIVE(MANAGED, HASHED, "{foo: dmFsdWUx}"), false},
	{LIVE(MANAGED, HASHED, "{foo: dmFsdWUx, bar: dmFsdWUx}"), false},
	{LIVE(MANAGED, HASHED, "{foo: dmFsdWUx, bar: dmFsdWUy, more: eA==}"), false},
};

START_TEST(test_valid)
{
	json_auto_t *live = sample_read(lives[_i].live);

	ck_assert(rc_secrets_target_is_valid(live) == lives[_i].is_valid);
}
END_TEST

START_TEST(test_absent)
{
	autoexternal *external = sample_external("", "");
	json_auto_t *secret = make(external, "{a: x}");
	struct rc_error *err = NULL;

	ck_assert(!rc_secrets_target_is_valid(NULL));
	ck_assert(rc_secrets_target_differs(NULL, secret));
	rc_check_ok(rc_secrets_target_check(external, NULL, secret, &err), err);
}
END_TEST

/* What of a live Secret makes a write necessary. */
static const struct {
	const char *path, *key, *value; /* value NULL: removed */
	bool differs;
} edits[] = {
	{"data", "foo", "eA==", true},
	{"data", "foo", NULL, true},
	{"data", "more", "eA==", false}, /* see test_prune */
	{"labels", "reconcile.external-secrets.io/managed", NULL, true},
	{"labels", "team", "other", true},
	{"labels", "team", NULL, true},
	{"labels", "theirs", "x", false},
	{"annotations", "reconcile.external-secrets.io/data-hash", "0", true},
	{"annotations", "note", NULL, true},
	{"annotations", "theirs", "x", false},
};

START_TEST(test_differs)
{
	autoexternal *external = sample_external(META, "");
	json_auto_t *secret = make(external, "{foo: value1, bar: value2}");
	json_auto_t *live = json_deep_copy(secret);
	json_t *at = json_object_get(live, "data");

	ck_assert(!rc_secrets_target_differs(live, secret));
	if (strcmp(edits[_i].path, "data") != 0)
		at = json_object_get(json_object_get(live, "metadata"), edits[_i].path);
	if (edits[_i].value)
		json_object_set_new(at, edits[_i].key, json_string(edits[_i].value));
	else
		json_object_del(at, edits[_i].key);
	ck_assert_msg(rc_secrets_target_differs(live, secret) == edits[_i].differs, "%s %s",
		      edits[_i].path, edits[_i].key);
}
END_TEST

/* A Secret of ours holds nothing else; one that is merged into keeps what others put there. */
static const struct {
	const char *policy, *data, *wanted;
} prunes[] = {
	{"Owner", "{a: eA==, more: eA==, other: eA==}", "{data: {more: null, other: null}}"},
	{"Owner", "{a: eQ==}", NULL},
	{"Owner", "{}", NULL},
	{"Orphan", "{a: eA==, more: eA==}", "{data: {more: null}}"},
	{"Merge", "{a: eA==, more: eA==}", NULL},
	{"CreateOrMerge", "{a: eA==, more: eA==}", NULL},
};

START_TEST(test_prune)
{
	rc_autofree char *spec = rc_asprintf("target: {creationPolicy: %s}", prunes[_i].policy);
	rc_autofree char *text = rc_asprintf("{data: %s}", prunes[_i].data);
	autoexternal *external = sample_external("", spec);
	json_auto_t *secret = make(external, "{a: x}"), *live = sample_read(text);
	json_auto_t *patch = rc_secrets_target_prune(external, live, secret);

	if (prunes[_i].wanted)
		check_json(patch, prunes[_i].wanted);
	else
		ck_assert_ptr_null(patch);
}
END_TEST

/* The hash is of all that is in the Secret, but not of what our next write takes out. */
static const struct {
	const char *policy, *live;
	bool is_of_both;
} merges[] = {
	{"Merge", "{data: {bar: dmFsdWUy}}", true},
	{"CreateOrMerge", "{data: {bar: dmFsdWUy}}", true},
	{"CreateOrMerge", "{data: {foo: eA==, bar: dmFsdWUy}}", true},
	{"Owner", "{data: {bar: dmFsdWUy}}", false},
	{"Merge", "{data: {}}", false},
	{"Merge", "null", false},
	{"Merge",
	 "{data: {bar: dmFsdWUy}, metadata: {managedFields: [{manager: "
	 "externalsecrets.external-secrets.io/app, fieldsV1: {'f:data': {'f:bar': {}}}}]}}",
	 false},
	{"Merge",
	 "{data: {bar: dmFsdWUy}, metadata: {managedFields: [{manager: kubectl, "
	 "fieldsV1: {'f:data': {'f:bar': {}}}}]}}",
	 true},
};

START_TEST(test_merged_hash)
{
	rc_autofree char *spec = rc_asprintf("target: {creationPolicy: %s}", merges[_i].policy);
	autoexternal *external = sample_external("", spec);
	json_auto_t *secret = make(external, "{foo: value1}");
	json_auto_t *live = sample_read(merges[_i].live);
	const char *hash;

	rc_secrets_target_adapt(external, live, secret);
	hash = rc_json_text(secret, "metadata", "annotations", RC_SECRETS_HASH_NOTE, NULL);
	ck_assert_str_eq(hash, merges[_i].is_of_both ? HASH_AB : HASH_A);
	check_json(json_object_get(secret, "data"), "{foo: dmFsdWUx}");
}
END_TEST

/* Whose it is: by kind and name, as controller-runtime compares; another's is never taken. */
#define ES	 "apiVersion: external-secrets.io/v1beta1, kind: ExternalSecret, "
#define CONTROLS "uid: u-9, controller: true"

static const struct {
	const char *owner, *policy;
	int r;
} controllers[] = {
	{ES "name: app, uid: u-1, controller: true", "Owner", 0},
	{ES "name: app, " CONTROLS, "Owner", 0}, /* restored: it has another uid now */
	{ES "name: other, " CONTROLS, "Owner", -EACCES},
	{ES "name: other, " CONTROLS, "Orphan", -EACCES},
	{ES "name: other, " CONTROLS, "Merge", -EACCES},
	{ES "name: other, " CONTROLS, "CreateOrMerge", -EACCES},
	{ES "name: other, uid: u-9", "Owner", 0}, /* not the controller */
	{"apiVersion: x/v1, kind: Cluster, name: app, " CONTROLS, "Owner", -EACCES},
	{"apiVersion: x/v1, kind: Cluster, name: app, " CONTROLS, "Merge", 0},
	{"apiVersion: x/v1, kind: Cluster, name: app, " CONTROLS, "Orphan", 0},
	{"apiVersion: x/v1, kind: ExternalSecret, name: app, " CONTROLS, "Owner", -EACCES},
};

START_TEST(test_controller)
{
	rc_autofree char *spec =
		rc_asprintf("target: {creationPolicy: %s}", controllers[_i].policy);
	rc_autofree char *text =
		rc_asprintf("{metadata: {name: app, ownerReferences: [{%s}]}, data: {}}",
			    controllers[_i].owner);
	autoexternal *external = sample_external("", spec);
	json_auto_t *secret = make(external, "{a: x}"), *live = sample_read(text);
	struct rc_error *err = NULL;
	int r = rc_secrets_target_check(external, live, secret, &err);

	ck_assert_msg(r == controllers[_i].r, "%s, %s: %d", controllers[_i].owner,
		      controllers[_i].policy, r);
	if (r < 0)
		rc_check_fails(r, -EACCES, err, "target is owned by another");
}
END_TEST

/* An immutable Secret keeps its data; its labels may change. */
static const struct {
	const char *data, *metadata;
	int r;
} immutables[] = {
	{"{foo: value1, bar: value2}", "", 0},
	{"{foo: value1, bar: value2}", "labels: {team: b}", 0},
	{"{foo: value1, bar: other}", "", -EINVAL},
	{"{foo: value1}", "", -EINVAL},
	{"{foo: value1, bar: value2, more: x}", "", -EINVAL},
};

START_TEST(test_immutable)
{
	autoexternal *external =
		sample_external(immutables[_i].metadata, "target: {immutable: true}");
	json_auto_t *secret = make(external, immutables[_i].data);
	json_auto_t *live = sample_read(LIVE(MANAGED, HASHED, DATA));
	struct rc_error *err = NULL;
	int r;

	json_object_set_new(live, "immutable", json_true());
	r = rc_secrets_target_check(external, live, secret, &err);
	ck_assert_int_eq(r, immutables[_i].r);
	if (r < 0)
		rc_check_fails(r, -EINVAL, err, "target is immutable");
}
END_TEST

/* ---- field managers ---- */

static const struct {
	const char *name, *wanted;
} managers[] = {
	{"app", "externalsecrets.external-secrets.io/app"},
	/* 63 characters in all, and one more. */
	{"nnnnnnnnnnnnnnnnnnnnnnnnnnn",
	 "externalsecrets.external-secrets.io/nnnnnnnnnnnnnnnnnnnnnnnnnnn"},
	{"nnnnnnnnnnnnnnnnnnnnnnnnnnnn",
	 "externalsecrets.external-secrets.io/sha3/"
	 "5d24d763d7c553ecc28fcac1e796c7ae541b9319c37ff7a4e49fee8b"},
};

START_TEST(test_manager)
{
	rc_autofree char *metadata = rc_asprintf("name: %s", managers[_i].name);
	autoexternal *external = sample_external(metadata, "");
	rc_autofree char *got = rc_secrets_target_manager(external);

	ck_assert_str_eq(got, managers[_i].wanted);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("target");
	TCase *tcase = tcase_create("target");

	tcase_add_loop_test(tcase, test_owner, 0, RC_ARRAY_SIZE(owners));
	tcase_add_test(tcase, test_identity);
	tcase_add_test(tcase, test_mutable);
	tcase_add_loop_test(tcase, test_copies, 0, RC_ARRAY_SIZE(copies));
	tcase_add_test(tcase, test_marks);
	tcase_add_loop_test(tcase, test_valid, 0, RC_ARRAY_SIZE(lives));
	tcase_add_test(tcase, test_absent);
	tcase_add_loop_test(tcase, test_differs, 0, RC_ARRAY_SIZE(edits));
	tcase_add_loop_test(tcase, test_prune, 0, RC_ARRAY_SIZE(prunes));
	tcase_add_loop_test(tcase, test_merged_hash, 0, RC_ARRAY_SIZE(merges));
	tcase_add_loop_test(tcase, test_controller, 0, RC_ARRAY_SIZE(controllers));
	tcase_add_loop_test(tcase, test_immutable, 0, RC_ARRAY_SIZE(immutables));
	tcase_add_loop_test(tcase, test_manager, 0, RC_ARRAY_SIZE(managers));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
