/* Hashes: External Secrets' own vectors, and what its text of a map looks like. */
#include "support/check.h"

#include <string.h>

#include "secrets/external.h"
#include "secrets/hash.h"
#include "sample.h"

static const struct {
	const char *data, *wanted;
} maps[] = {
	/* Its unit test's. */
	{"{foo: value1, bar: value2}", "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64"},
	{"{bar: value2, foo: value1}", "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64"},
	{"{}", "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b"},
	/* map[k:[]] */
	{"{k: ''}", "a921e2357fadba0d5f3e1e4fec0c73811088f841beab9554c83697ee"},
};

START_TEST(test_map)
{
	json_auto_t *data = sample_data(maps[_i].data);
	char hash[RC_SECRETS_HASH_MAX];

	ck_assert_str_eq(rc_secrets_hash_data(data, hash), maps[_i].wanted);
}
END_TEST

/* Keys in the order of their bytes, bytes as numbers: map[B:[120] a-b:[122] a.b:[121] b:[0 255 10]]
 */
START_TEST(test_bytes)
{
	json_auto_t *data = json_pack("{s:s, s:s, s:s, s:s}", "b", "AP8K", "a.b", "eQ==", "B",
				      "eA==", "a-b", "eg==");
	char hash[RC_SECRETS_HASH_MAX];

	ck_assert_str_eq(rc_secrets_hash_data(data, hash),
			 "b9b3aed253fc44af9a3fd917a1103ca23bed2937c85c46f8d899b26e");
}
END_TEST

START_TEST(test_nothing)
{
	char hash[RC_SECRETS_HASH_MAX];

	ck_assert_str_eq(rc_secrets_hash_data(NULL, hash),
			 "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b");
}
END_TEST

START_TEST(test_text)
{
	char hash[RC_SECRETS_HASH_MAX];

	ck_assert_str_eq(rc_secrets_hash_text(RC_STR("hello there"), hash),
			 "f78681ec611ebaeea0689bff6c7812a83ff98a7faba986d9af76c999");
	ck_assert_str_eq(rc_secrets_hash_text(RC_STR(""), hash),
			 "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7");
}
END_TEST

/* SHA3-224 of "{annotations:map[...] labels:map[...]}" after the generation. */
static const struct {
	const char *metadata, *wanted;
} versions[] = {
	{"generation: 1", "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"},
	{"generation: 12", "12-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"},
	{"generation: 1, labels: {}, annotations: {}",
	 "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"},
	{"generation: 3, annotations: {b: '2', a: '1'}, labels: {z: 'y'}",
	 "3-2666ac4e35e525cab9d38cf4e477a5d4bbb77cf1cea0c3ed7a7a4f81"},
	{"generation: 1, annotations: {force-sync: '1'}",
	 "1-3cb9936e04320bcee317a9aaadf651af57f2be9c1e224eca5ace6f9f"},
};

START_TEST(test_version)
{
	json_auto_t *object = sample_object(versions[_i].metadata, "");
	rc_autofree char *version = rc_secrets_external_version(object);

	ck_assert_str_eq(version, versions[_i].wanted);
}
END_TEST

/* Go's text of what a kind that is no Secret holds. */
START_TEST(test_object)
{
	json_auto_t *value = json_pack("{s:s, s:{s:[s, n, b, i]}, s:f}", "b", "1", "a", "c", "x", 1,
				       5432, "f", 1.5);
	char wanted[RC_SECRETS_HASH_MAX], hash[RC_SECRETS_HASH_MAX];

	ck_assert_str_eq(rc_secrets_hash_object(value, hash),
			 rc_secrets_hash_text(RC_STR("map[a:map[c:[x <nil> true 5432]] b:1 f:1.5]"),
					      wanted));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("hash");
	TCase *tcase = tcase_create("hash");

	tcase_add_loop_test(tcase, test_map, 0, RC_ARRAY_SIZE(maps));
	tcase_add_test(tcase, test_bytes);
	tcase_add_test(tcase, test_nothing);
	tcase_add_test(tcase, test_text);
	tcase_add_test(tcase, test_object);
	tcase_add_loop_test(tcase, test_version, 0, RC_ARRAY_SIZE(versions));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
