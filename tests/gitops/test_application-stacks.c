/* The annotations that tie an Application to stacks of Terraform. */
#include <errno.h>
#include <string.h>

#include "data/json.h"
#include "gitops/application-stacks.h"
#include "base/memory.h"
#include "support/check.h"

static const struct {
	const char *depends_on, *values_from;
	const char *expected; /* "stack stack | path=stack/output ..."; or NULL */
	const char *error;    /* a part of it */
} cases[] = {
	{NULL, NULL, "|", NULL},
	{"terraform/aws", NULL, "aws |", NULL},
	{" terraform/aws ,terraform/vault, ", NULL, "aws vault |", NULL},
	{"", NULL, "|", NULL},
	{"aws", NULL, NULL, "'aws' is nothing to wait for"},
	{"terraform/", NULL, NULL, "'terraform/' is nothing"},
	{"terraform/a/b", NULL, NULL, "'terraform/a/b' is nothing"},
	{NULL, "database.host: terraform/aws/db", "| database.host=aws/db", NULL},
	{NULL, "a: terraform/aws/x\nb: terraform/aws # all\n", "| a=aws/x b=aws/*", NULL},
	{NULL, "{\"a.b\": \"terraform/aws/x\"}", "| a.b=aws/x", NULL},
	{NULL, "a: aws/x", NULL, "a: 'aws/x' is no output of a stack"},
	{NULL, "a: terraform//x", NULL, "'terraform//x' is no output"},
	{NULL, "a: terraform/aws/", NULL, "'terraform/aws/' is no output"},
	{NULL, "a: terraform/aws/x/y", NULL, "'terraform/aws/x/y' is no output"},
	{NULL, "a: {b: terraform/aws/x}", NULL, "a: 'what stands there'"},
	{NULL, "- terraform/aws", NULL, "a mapping of values to outputs is wanted"},
	{NULL, "a: [", NULL, "values-from"},
};

static char *show(const struct rc_application_stacks *stacks)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	for (const char *const *name = stacks->depends_on; name && *name; name++)
		rc_buf_printf(&text, "%s ", *name);
	rc_buf_printf(&text, "|");
	for (size_t i = 0; i < stacks->n_outputs; i++)
		rc_buf_printf(&text, " %s=%s/%s", stacks->outputs[i].path, stacks->outputs[i].stack,
			      stacks->outputs[i].output ?: "*");
	return rc_buf_take(&text);
}

START_TEST(reads)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	json_auto_t *annotations =
		json_pack("{s:s*, s:s*}", "reconciled.io/depends-on", cases[_i].depends_on,
			  "reconciled.io/values-from", cases[_i].values_from);
	struct rc_application_stacks stacks = {.n_outputs = 0};
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *text = NULL;
	int r = rc_application_stacks_read(&stacks, arena, annotations, &err);

	if (cases[_i].expected) {
		ck_assert_int_eq(r, 0);
		text = show(&stacks);
		ck_assert_str_eq(text, cases[_i].expected);
		return;
	}
	ck_assert_int_eq(r, -EINVAL);
	text = rc_error_format(err);
	ck_assert_msg(strstr(text, cases[_i].error) != NULL, "'%s' is not in '%s'", cases[_i].error,
		      text);
}
END_TEST

static const struct {
	const char *before, *path, *after;
} paths[] = {
	{"{}", "a", "{\"a\":1}"},
	{"{}", "a.b.c", "{\"a\":{\"b\":{\"c\":1}}}"},
	{"{\"a\":{\"x\":2}}", "a.b", "{\"a\":{\"b\":1,\"x\":2}}"},
	{"{\"a\":2}", "a.b", "{\"a\":{\"b\":1}}"},
	{"{}", "a\\.b.c", "{\"a.b\":{\"c\":1}}"},
	{"{}", "a\\", "{\"a\\\\\":1}"},
};

START_TEST(sets)
{
	json_auto_t *values = json_loads(paths[_i].before, 0, NULL);
	rc_autofree char *text = NULL;

	rc_application_stacks_set(values, paths[_i].path, json_integer(1));
	text = json_dumps(values, JSON_COMPACT | JSON_SORT_KEYS);
	ck_assert_str_eq(text, paths[_i].after);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("application-stacks");
	TCase *tcase = tcase_create("application-stacks");

	tcase_add_loop_test(tcase, reads, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, sets, 0, RC_ARRAY_SIZE(paths));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
