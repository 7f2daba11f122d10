/* Which entries a PushSecret makes for a store. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/json.h"
#include "sample.h"
#include "secrets/push-expand.h"

/* Wanted: "key>place=value" of each entry, or what is wrong with them. */
static const struct {
	const char *spec, *wanted;
} cases[] = {
	{"{data: [{match: {secretKey: a, remoteRef: {remoteKey: x, property: p}}}]}", "a>x/p=1"},
	{"{data: [{match: {remoteRef: {remoteKey: x}}}]}", ">x"},
	{"{data: [{match: {secretKey: none, remoteRef: {remoteKey: x}}}]}",
	 "!spec.data[0]: match.secretKey: the Secret has no key 'none'"},
	{"{data: [{match: {secretKey: a, remoteRef: {}}}]}",
	 "!spec.data[0]: match.remoteRef.remoteKey is missing"},
	{"{data: [{match: {secretKey: c/d, remoteRef: {remoteKey: x}}, conversionStrategy: "
	 "ReverseUnicode}]}",
	 "c/d>x=3"},
	{"{data: [{match: {secretKey: c/d, remoteRef: {remoteKey: x}}}]}",
	 "!spec.data[0]: match.secretKey: the Secret has no key 'c/d'"},
	{"{data: [{match: {secretKey: a, remoteRef: {remoteKey: x}}, conversionStrategy: Odd}]}",
	 "!spec.data[0]: conversionStrategy: 'Odd' is not known"},
	/* The same value may go to two places, not two values to one. */
	{"{data: [{match: {secretKey: a, remoteRef: {remoteKey: x}}}, {match: {secretKey: a, "
	 "remoteRef: {remoteKey: z}}}]}",
	 "a>x=1 a>z=1"},
	{"{data: [{match: {secretKey: a, remoteRef: {remoteKey: x}}}, {match: {secretKey: b, "
	 "remoteRef: {remoteKey: x}}}]}",
	 "!keys 'a' and 'b' would both go to 'x'"},
	/* dataTo: each key by itself */
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}}]}",
	 "a>a=1 b>b=2 c_U002f_d>c_U002f_d=3"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, match: {regexp: '^[ab]$'}, "
	 "rewrite: [{regexp: {source: ^, target: pre-}}, {transform: {template: '{{ .value | "
	 "upper }}'}}]}]}",
	 "a>PRE-A=1 b>PRE-B=2"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, match: {regexp: /}, "
	 "conversionStrategy: ReverseUnicode}]}",
	 "c_U002f_d>c/d=3"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, match: {regexp: none}}]}",
	 ""},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {labelSelector: {matchLabels: {team: "
	 "x}}}, match: {regexp: a}}]}",
	 "a>a=1"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {labelSelector: {matchLabels: {team: "
	 "y}}}}]}",
	 ""},
	{"{secretStoreRefs: [{name: s}, {name: t}], dataTo: [{storeRef: {name: t}}]}", ""},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s, kind: "
	 "ClusterSecretStore}}]}",
	 "!spec.dataTo[0]: storeRef: 's' is not among spec.secretStoreRefs"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {}}]}",
	 "!spec.dataTo[0]: storeRef: a name or a labelSelector is wanted"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, match: {regexp: '('}}]}",
	 "!spec.dataTo[0]: match.regexp"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, rewrite: [{merge: {}}]}]}",
	 "!spec.dataTo[0]: rewrite[0]: one of regexp and transform is wanted"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, rewrite: [{regexp: "
	 "{source: '.*', target: ''}}]}]}",
	 "!spec.dataTo[0]: rewrite: nothing is left of key 'a'"},
	/* as one */
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, remoteKey: all}]}", ">all"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, remoteKey: all, rewrite: "
	 "[{regexp: {}}]}]}",
	 "!spec.dataTo[0]: remoteKey and rewrite do not go together"},
	/* What data names goes by data alone. */
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, match: {regexp: "
	 "'^[ab]$'}}], "
	 "data: [{match: {secretKey: a, remoteRef: {remoteKey: other}}}]}",
	 "b>b=2 a>other=1"},
	{"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, match: {regexp: "
	 "'^[ab]$'}}], "
	 "data: [{match: {secretKey: a, remoteRef: {remoteKey: b}}}]}",
	 "!keys 'b' and 'a' would both go to 'b'"},
};

static void describe(const json_t *items, struct rc_buf *out)
{
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		const json_t *data = json_object_get(item, "data");
		rc_autofree char *place = rc_secrets_push_expand_place(data);
		const char *key = rc_json_text(data, "match", "secretKey", NULL) ?: "";

		rc_buf_printf(out, "%s%s>%s", i ? " " : "", key, place);
		if (*key)
			rc_buf_printf(out, "=%s", rc_json_text(item, "values", key, NULL));
	}
}

START_TEST(test_expand)
{
	json_auto_t *spec = sample_read(cases[_i].spec), *items = NULL;
	json_auto_t *values = sample_read("{a: '1', b: '2', c_U002f_d: '3'}");
	json_auto_t *labels = sample_read("{team: x}");
	struct rc_secrets_push_store store = {"SecretStore", "s", labels};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf got = RC_BUF_INIT(4096);
	rc_autofree char *why = NULL;
	int r = rc_secrets_push_expand(spec, &store, values, &items, &err);

	if (*cases[_i].wanted == '!') {
		ck_assert_int_eq(r, -EINVAL);
		why = rc_error_format(err);
		ck_assert_msg(strncmp(why, cases[_i].wanted + 1, strlen(cases[_i].wanted + 1)) == 0,
			      "%s", why);
		return;
	}
	ck_assert_int_eq(r, 0);
	describe(items, &got);
	ck_assert_str_eq(rc_buf_text(&got), cases[_i].wanted);
}
END_TEST

/* A bundle holds only what fits, and with the names that the conversion makes. */
START_TEST(test_bundle)
{
	json_auto_t *spec = sample_read(
		"{secretStoreRefs: [{name: s}], dataTo: [{storeRef: {name: s}, remoteKey: all, "
		"match: "
		"{regexp: '[a/]'}, conversionStrategy: ReverseUnicode, metadata: {m: 1}}]}");
	json_auto_t *values = sample_read("{a: '1', b: '2', c_U002f_d: '3'}"), *items = NULL;
	json_auto_t *wanted = sample_read("{a: '1', c/d: '3'}");
	struct rc_secrets_push_store store = {"SecretStore", "s", NULL};

	ck_assert_int_eq(rc_secrets_push_expand(spec, &store, values, &items, NULL), 0);
	ck_assert_uint_eq(json_array_size(items), 1);
	ck_assert(json_equal(json_object_get(json_array_get(items, 0), "values"), wanted));
	ck_assert_int_eq(json_integer_value(rc_json_get(json_array_get(items, 0), "data",
							"metadata", "m", NULL)),
			 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("push-expand");
	TCase *tcase = tcase_create("push-expand");

	tcase_add_loop_test(tcase, test_expand, 0, RC_ARRAY_SIZE(cases));
	tcase_add_test(tcase, test_bundle);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
