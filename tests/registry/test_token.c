/* Challenges as servers write them. */
#include "support/check.h"

#include "registry/token.h"

static const struct {
	const char *header;
	size_t n;
	struct rc_registry_challenge first, second;
} cases[] = {
	{"Bearer realm=\"https://a.example/token\",service=\"r\",scope=\"repository:a/b:pull\"",
	 1,
	 {"Bearer", "https://a.example/token", "r", "repository:a/b:pull"},
	 {NULL, NULL, NULL, NULL}},
	{"bearer REALM=\"https://a.example/t?x=1,2\" , service=r",
	 1,
	 {"bearer", "https://a.example/t?x=1,2", "r", NULL},
	 {NULL, NULL, NULL, NULL}},
	{"Basic realm=\"say \\\"hi\\\"\"",
	 1,
	 {"Basic", "say \"hi\"", NULL, NULL},
	 {NULL, NULL, NULL, NULL}},
	{"Basic realm=\"x\", Bearer realm=\"https://y\",error=\"insufficient_scope\"",
	 2,
	 {"Basic", "x", NULL, NULL},
	 {"Bearer", "https://y", NULL, NULL}},
	{"Negotiate, Basic realm=x",
	 2,
	 {"Negotiate", NULL, NULL, NULL},
	 {"Basic", "x", NULL, NULL}},
	{"Basic", 1, {"Basic", NULL, NULL, NULL}, {NULL, NULL, NULL, NULL}},
	{"", 0, {NULL, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL}},
	{"=x", 0, {NULL, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL}},
	{"realm=\"x\"", 0, {NULL, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL}},
	{"Bearer realm=\"never ends",
	 1,
	 {"Bearer", "never ends", NULL, NULL},
	 {NULL, NULL, NULL, NULL}},
	{"a b c d e f g h i j",
	 RC_REGISTRY_CHALLENGES_MAX,
	 {"a", NULL, NULL, NULL},
	 {"b", NULL, NULL, NULL}},
};

static void check_one(const struct rc_registry_challenge *is,
		      const struct rc_registry_challenge *wanted)
{
	ck_assert_str_eq(is->scheme, wanted->scheme);
	ck_assert_pstr_eq(is->realm, wanted->realm);
	ck_assert_pstr_eq(is->service, wanted->service);
	ck_assert_pstr_eq(is->scope, wanted->scope);
}

START_TEST(test_parse)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_registry_challenge challenges[RC_REGISTRY_CHALLENGES_MAX];

	ck_assert_uint_eq(rc_registry_token_parse(arena, cases[_i].header, challenges),
			  cases[_i].n);
	if (cases[_i].n > 0)
		check_one(&challenges[0], &cases[_i].first);
	if (cases[_i].n > 1)
		check_one(&challenges[1], &cases[_i].second);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("token");
	TCase *tcase = tcase_create("token");

	tcase_add_loop_test(tcase, test_parse, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
