/* Reading ExternalSecrets: both versions, defaults, and that a refusal names the field. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "sample.h"

/* ---- what is read ---- */

#define FULL(version)                                                                            \
	"apiVersion: external-secrets.io/" version "\n"                                          \
	"kind: ExternalSecret\n"                                                                 \
	"metadata: {name: shop, namespace: prod, uid: 11-22, labels: {app: shop}}\n"             \
	"spec:\n"                                                                                \
	"  refreshInterval: 15m\n"                                                               \
	"  secretStoreRef: {kind: ClusterSecretStore, name: vault}\n"                            \
	"  target:\n"                                                                            \
	"    name: shop-secret\n"                                                                \
	"    creationPolicy: Orphan\n"                                                           \
	"    deletionPolicy: Delete\n"                                                           \
	"    immutable: true\n"                                                                  \
	"    template: {engineVersion: v2, mergePolicy: Merge, type: Opaque, data: {x: y}}\n"    \
	"  data:\n"                                                                              \
	"  - secretKey: password\n"                                                              \
	"    remoteRef: {key: shop/db, property: a.b, version: '3', decodingStrategy: Base64,\n" \
	"      conversionStrategy: Default, metadataPolicy: None}\n"                             \
	"  - secretKey: url\n"                                                                   \
	"    remoteRef: {key: shop/url, decodingStrategy: Base64URL}\n"                          \
	"  dataFrom:\n"                                                                          \
	"  - extract: {key: shop/all, conversionStrategy: Unicode, decodingStrategy: Auto,\n"    \
	"      metadataPolicy: None}\n"

static const char *const full[] = {FULL("v1"), FULL("v1beta1")};

static struct rc_secrets_external *parse(const char *text)
{
	json_auto_t *object = sample_read(text);
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_secrets_external_parse(object, &external, &err), err);
	return external;
}

START_TEST(test_full)
{
	autoexternal *external = parse(full[_i]);

	ck_assert_str_eq(external->name_space, "prod");
	ck_assert_str_eq(external->name, "shop");
	ck_assert_str_eq(external->uid, "11-22");
	ck_assert_str_eq(external->store_kind, "ClusterSecretStore");
	ck_assert_str_eq(external->store_name, "vault");
	ck_assert_int_eq(external->policy, RC_SECRETS_POLICY_PERIODIC);
	ck_assert_int_eq(external->interval_s, 900);
	ck_assert_str_eq(external->target, "shop-secret");
	ck_assert_int_eq(external->creation, RC_SECRETS_CREATION_ORPHAN);
	ck_assert_int_eq(external->deletion, RC_SECRETS_DELETION_DELETE);
	ck_assert(external->is_immutable);
	ck_assert_ptr_nonnull(external->template);
}
END_TEST

/* dataFrom comes first: what data says wins. */
START_TEST(test_remotes)
{
	autoexternal *external = parse(full[_i]);
	const struct rc_secrets_remote *all = &external->remotes[0];
	const struct rc_secrets_remote *password = &external->remotes[1];
	const struct rc_secrets_remote *url = &external->remotes[2];

	ck_assert_uint_eq(external->n_remotes, 3);
	ck_assert_ptr_null(all->secret_key);
	ck_assert_str_eq(all->key, "shop/all");
	ck_assert_ptr_null(all->property);
	ck_assert_int_eq(all->decoding, RC_SECRETS_DECODING_AUTO);
	ck_assert(all->is_unicode);
	ck_assert_str_eq(password->secret_key, "password");
	ck_assert_str_eq(password->key, "shop/db");
	ck_assert_str_eq(password->property, "a.b");
	ck_assert_str_eq(password->version, "3");
	ck_assert_int_eq(password->decoding, RC_SECRETS_DECODING_BASE64);
	ck_assert(!password->is_unicode);
	ck_assert_str_eq(url->secret_key, "url");
	ck_assert_ptr_null(url->version);
	ck_assert_int_eq(url->decoding, RC_SECRETS_DECODING_BASE64URL);
}
END_TEST

START_TEST(test_defaults)
{
	autoexternal *external = sample_external("", "");

	ck_assert_str_eq(external->store_kind, "SecretStore");
	ck_assert_int_eq(external->policy, RC_SECRETS_POLICY_PERIODIC);
	ck_assert_int_eq(external->interval_s, 3600);
	ck_assert_str_eq(external->target, "app");
	ck_assert_int_eq(external->creation, RC_SECRETS_CREATION_OWNER);
	ck_assert_int_eq(external->deletion, RC_SECRETS_DELETION_RETAIN);
	ck_assert(!external->is_immutable);
	ck_assert_ptr_null(external->template);
	ck_assert_uint_eq(external->n_remotes, 1);
	ck_assert_int_eq(external->remotes[0].decoding, RC_SECRETS_DECODING_NONE);
	ck_assert(!external->remotes[0].is_unicode);
}
END_TEST

/* It keeps what it was made of. */
START_TEST(test_lifetime)
{
	json_t *object = sample_object("", "");
	autoexternal *external = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_secrets_external_parse(object, &external, &err), err);
	json_object_clear(object);
	json_decref(object);
	ck_assert_str_eq(external->name, "app");
	ck_assert_str_eq(external->remotes[0].key, "k");
}
END_TEST

/* ---- words ---- */

static const struct {
	const char *word;
	int wanted;
} creations[] =
	{
		{"''", RC_SECRETS_CREATION_OWNER},
		{"Owner", RC_SECRETS_CREATION_OWNER},
		{"Orphan", RC_SECRETS_CREATION_ORPHAN},
		{"Merge", RC_SECRETS_CREATION_MERGE},
		{"None", RC_SECRETS_CREATION_NONE},
		{"CreateOrMerge", RC_SECRETS_CREATION_CREATE_OR_MERGE},
},
  deletions[] =
	  {
		  {"''", RC_SECRETS_DELETION_RETAIN},
		  {"Retain", RC_SECRETS_DELETION_RETAIN},
		  {"Merge", RC_SECRETS_DELETION_MERGE},
		  {"Delete", RC_SECRETS_DELETION_DELETE},
},
  policies[] = {
	  {"''", RC_SECRETS_POLICY_PERIODIC},
	  {"Periodic", RC_SECRETS_POLICY_PERIODIC},
	  {"OnChange", RC_SECRETS_POLICY_ON_CHANGE},
	  {"CreatedOnce", RC_SECRETS_POLICY_CREATED_ONCE},
};

START_TEST(test_creation)
{
	rc_autofree char *spec = rc_asprintf("target: {creationPolicy: %s}", creations[_i].word);
	autoexternal *external = sample_external("", spec);

	ck_assert_int_eq(external->creation, creations[_i].wanted);
}
END_TEST

START_TEST(test_deletion)
{
	rc_autofree char *spec = rc_asprintf("target: {deletionPolicy: %s}", deletions[_i].word);
	autoexternal *external = sample_external("", spec);

	ck_assert_int_eq(external->deletion, deletions[_i].wanted);
}
END_TEST

START_TEST(test_policy)
{
	rc_autofree char *spec = rc_asprintf("refreshPolicy: %s", policies[_i].word);
	autoexternal *external = sample_external("", spec);

	ck_assert_int_eq(external->policy, policies[_i].wanted);
}
END_TEST

static const struct {
	const char *text;
	int64_t wanted_s;
} intervals[] = {
	{"1h", 3600},	{"1h0m0s", 3600}, {"90s", 90}, {"1m30s", 90}, {"24h", 86400},
	{"1.5h", 5400}, {"'0'", 0},	  {"0s", 0},   {"500ms", 1},  {"8760h0m0s", 31536000},
};

START_TEST(test_interval)
{
	rc_autofree char *spec = rc_asprintf("refreshInterval: %s", intervals[_i].text);
	autoexternal *external = sample_external("", spec);

	ck_assert_int_eq(external->interval_s, intervals[_i].wanted_s);
}
END_TEST

/* ---- what is refused ---- */

static const struct {
	const char *spec, *part;
} refusals[] = {
	{"secretStoreRef: {}", "spec.secretStoreRef.name"},
	{"secretStoreRef: null", "spec.secretStoreRef.name"},
	{"secretStoreRef: {name: v, kind: Store}", "spec.secretStoreRef.kind"},
	{"data: []", "data or dataFrom"},
	{"data: null, dataFrom: []", "data or dataFrom"},
	{"data: [{secretKey: a, remoteRef: {key: k}}, {remoteRef: {key: k}}]",
	 "spec.data[1].secretKey"},
	{"data: [{secretKey: '', remoteRef: {key: k}}]", "spec.data[0].secretKey"},
	{"data: [{secretKey: 'a/b', remoteRef: {key: k}}]", "spec.data[0].secretKey"},
	{"data: [{secretKey: a, remoteRef: {key: k}}, {secretKey: a, remoteRef: {key: l}}]",
	 "spec.data[1].secretKey"},
	{"data: [{secretKey: a}]", "spec.data[0].remoteRef.key"},
	{"data: [{secretKey: b, remoteRef: {key: k}}, {secretKey: a, remoteRef: {property: p}}]",
	 "spec.data[1].remoteRef.key"},
	{"data: [{secretKey: a, remoteRef: {key: k, decodingStrategy: Hex}}]",
	 "spec.data[0].remoteRef.decodingStrategy: 'Hex'"},
	{"data: [{secretKey: a, remoteRef: {key: k, conversionStrategy: X}}]",
	 "spec.data[0].remoteRef.conversionStrategy: 'X'"},
	{"data: [{secretKey: a, remoteRef: {key: k}, sourceRef: {storeRef: {kind: SecretStore}}}]",
	 "spec.data[0].sourceRef.storeRef.name"},
	{"data: [{secretKey: a, remoteRef: {key: k}, sourceRef: {generatorRef: {name: x}}}]",
	 "spec.data[0].sourceRef"},
	{"data: [{secretKey: a, remoteRef: {key: k, metadataPolicy: Get}}]",
	 "spec.data[0].remoteRef.metadataPolicy: 'Get'"},
	{"dataFrom: [{extract: {property: p}}]", "spec.dataFrom[0].extract.key"},
	{"dataFrom: [{extract: {key: k}}, {find: {name: {regexp: '('}}}]",
	 "spec.dataFrom[1].find.name.regexp"},
	{"dataFrom: [{extract: {key: k}, find: {path: a}}]", "spec.dataFrom[0]: one of"},
	{"dataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: '[', target: b}}]}]",
	 "spec.dataFrom[0].rewrite[0].regexp.source"},
	{"dataFrom: [{extract: {key: k}, rewrite: [{regexp: {source: a}, merge: {}}]}]",
	 "spec.dataFrom[0].rewrite[0]"},
	{"dataFrom: [{extract: {key: k}, rewrite: [{merge: {strategy: JSON}}]}]",
	 "spec.dataFrom[0].rewrite[0].merge.into"},
	{"dataFrom: [{extract: {key: k}, rewrite: [{merge: {conflictPolicy: Win}}]}]",
	 "spec.dataFrom[0].rewrite[0].merge.conflictPolicy: 'Win'"},
	{"dataFrom: [{sourceRef: {generatorRef: {kind: Password}}}]",
	 "spec.dataFrom[0].sourceRef.generatorRef"},
	{"dataFrom: [{extract: {key: k}, sourceRef: {generatorRef: {kind: Password, name: p}}}]",
	 "spec.dataFrom[0].sourceRef.generatorRef"},
	{"dataFrom: [{sourceRef: {generatorRef: {apiVersion: v1, kind: Pod, name: p}}}]",
	 "spec.dataFrom[0].sourceRef.generatorRef.apiVersion"},
	{"dataFrom: [{}]", "spec.dataFrom[0]"},
	{"refreshInterval: soon", "spec.refreshInterval: 'soon'"},
	{"refreshInterval: -1h", "spec.refreshInterval"},
	{"refreshPolicy: Sometimes", "spec.refreshPolicy: 'Sometimes'"},
	{"target: {creationPolicy: Replace}", "spec.target.creationPolicy: 'Replace'"},
	{"target: {deletionPolicy: Keep}", "spec.target.deletionPolicy: 'Keep'"},
	{"target: {manifest: {kind: ConfigMap}}", "spec.target.manifest.apiVersion"},
	{"target: {manifest: {apiVersion: v1}}", "spec.target.manifest.kind"},
	{"target: {manifest: {apiVersion: v1, kind: Secret}}", "spec.target.manifest"},
	{"target: {template: {templateFrom: [{configMap: {items: [{key: a}]}}]}}",
	 "spec.target.template.templateFrom[0].configMap.name"},
	{"target: {template: {templateFrom: [{secret: {name: a}}]}}",
	 "spec.target.template.templateFrom[0].secret.items"},
	{"target: {template: {templateFrom: [{literal: x, target: spec.a}]}}",
	 "spec.target.template.templateFrom[0].target: 'spec.a'"},
	{"target: {template: {templateFrom: [{literal: x, valuesDecodingStrategy: Hex}]}}",
	 "spec.target.template.templateFrom[0].valuesDecodingStrategy"},
	{"target: {template: {type: bootstrap.kubernetes.io/token}}", "spec.target.template.type"},
	{"target: {template: {type: kubernetes.io/service-account-token, metadata: {annotations: "
	 "{kubernetes.io/service-account.name: a}}}}",
	 "spec.target.template.type"},
	{"syncWindows: {kind: never, windows: []}", "spec.syncWindows.kind: 'never'"},
	{"target: {template: {engineVersion: v1, data: {a: b}}}",
	 "spec.target.template.engineVersion: 'v1'"},
	{"target: {template: {mergePolicy: Both}}", "spec.target.template.mergePolicy: 'Both'"},
	/* Its webhook's: such pairs cannot do what they say. */
	{"target: {creationPolicy: Merge, deletionPolicy: Delete}", "spec.target.deletionPolicy"},
	{"target: {creationPolicy: None, deletionPolicy: Delete}", "spec.target.deletionPolicy"},
	{"target: {creationPolicy: None, deletionPolicy: Merge}", "spec.target.deletionPolicy"},
};

START_TEST(test_refusal)
{
	json_auto_t *object = sample_object("", refusals[_i].spec);
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_secrets_external_parse(object, &external, &err), -EINVAL, err,
		       refusals[_i].part);
	ck_assert_ptr_null(external);
}
END_TEST

/* All of them at once: nobody wants to learn them one by one. */
START_TEST(test_all_problems)
{
	json_auto_t *object = sample_object(
		"", "refreshPolicy: X, refreshInterval: soon, target: {creationPolicy: Z}");
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *text = NULL;

	ck_assert_int_eq(rc_secrets_external_parse(object, &external, &err), -EINVAL);
	text = rc_error_format(err);
	ck_assert_ptr_nonnull(strstr(text, "spec.refreshPolicy"));
	ck_assert_ptr_nonnull(strstr(text, "spec.refreshInterval"));
	ck_assert_ptr_nonnull(strstr(text, "spec.target.creationPolicy"));
	rc_error_free(err);
}
END_TEST

/* What the API server would not let through must not bring us down. */
static const char *const odd[] = {
	"{}",
	"{spec: {}}",
	"{metadata: x, spec: y}",
	"{spec: {data: {a: b}, dataFrom: x, secretStoreRef: []}}",
	"{spec: {data: [1, x, null, []], dataFrom: [1, null], target: [], refreshInterval: 5}}",
};

START_TEST(test_odd)
{
	json_auto_t *object = sample_read(odd[_i]);
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_secrets_external_parse(object, &external, &err), -EINVAL, err, "spec");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("external");
	TCase *tcase = tcase_create("external");

	tcase_add_loop_test(tcase, test_full, 0, RC_ARRAY_SIZE(full));
	tcase_add_loop_test(tcase, test_remotes, 0, RC_ARRAY_SIZE(full));
	tcase_add_test(tcase, test_defaults);
	tcase_add_test(tcase, test_lifetime);
	tcase_add_loop_test(tcase, test_creation, 0, RC_ARRAY_SIZE(creations));
	tcase_add_loop_test(tcase, test_deletion, 0, RC_ARRAY_SIZE(deletions));
	tcase_add_loop_test(tcase, test_policy, 0, RC_ARRAY_SIZE(policies));
	tcase_add_loop_test(tcase, test_interval, 0, RC_ARRAY_SIZE(intervals));
	tcase_add_loop_test(tcase, test_refusal, 0, RC_ARRAY_SIZE(refusals));
	tcase_add_test(tcase, test_all_problems);
	tcase_add_loop_test(tcase, test_odd, 0, RC_ARRAY_SIZE(odd));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
