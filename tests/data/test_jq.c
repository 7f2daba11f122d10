/* Which paths an expression names, in an order in which they can be removed. */
#include "support/check.h"

#include <errno.h>

#include "data/jq.h"

#define DOCUMENT                                                                            \
	"{\"a\": {\"b\": 1, \"c\": [1, 2, 3, 4]}, \"l\": [{\"n\": \"x\", \"i\": \"one\"}, " \
	"{\"n\": \"y\", \"i\": \"two\"}], \"none\": null}"

static const struct {
	const char *expression, *paths;
} cases[] = {
	{".a.b", "[[\"a\", \"b\"]]"},
	{".nothing", "[[\"nothing\"]]"},
	{".a.c[]", "[[\"a\",\"c\",3], [\"a\",\"c\",2], [\"a\",\"c\",1], [\"a\",\"c\",0]]"},
	{".a.c[1:3]", "[[\"a\",\"c\",2], [\"a\",\"c\",1]]"},
	{".a.c[-2:]", "[[\"a\",\"c\",3], [\"a\",\"c\",2]]"},
	{".a.c[1:][0]", "[[\"a\",\"c\",1]]"},
	{".a.c[-1]", "[[\"a\",\"c\",3]]"},
	{".a.c[] | select(. > 2)", "[[\"a\",\"c\",3], [\"a\",\"c\",2]]"},
	{".l[] | select(.i | test(\"^t\")).i", "[[\"l\",1,\"i\"]]"},
	{".l[]?.i, .a.b", "[[\"l\",1,\"i\"], [\"l\",0,\"i\"], [\"a\",\"b\"]]"},
	{".. | .i?",
	 "[[\"none\",\"i\"], [\"l\",1,\"i\"], [\"l\",0,\"i\"], [\"i\"], [\"a\",\"i\"]]"},
	{".a.b, .a.b", "[[\"a\", \"b\"]]"},
	{"if .a.b == 1 then .a.c else empty end", "[[\"a\",\"c\"]]"},
	{"paths as $p | getpath($p) | select(type == \"number\" and . > 3)", "[[\"a\",\"c\",3]]"},
	{"empty", "[]"},
	/* What fails for a document names nothing in it. */
	{".none[]", "[]"},
	{".a.b.c", "[]"},
	{"error(\"x\")", "[]"},
	/* It does not end the process, nor read or write anything. */
	{"halt", "[]"},
	{"halt_error", "[]"},
	{"input", "[]"},
	{".a.b | debug | stderr", "[[\"a\", \"b\"]]"},
	{"select(env | length == 0) | .a.b", "[[\"a\", \"b\"]]"},
	{".a.b # a comment", "[[\"a\", \"b\"]]"},
};

START_TEST(test_paths)
{
	json_auto_t *document = json_loads(DOCUMENT, 0, NULL), *paths = NULL;
	json_auto_t *wanted = json_loads(cases[_i].paths, 0, NULL);
	rc_autofree char *got = NULL;
	struct rc_error *err = NULL;

	ck_assert_ptr_nonnull(wanted);
	rc_check_ok(rc_jq_list_paths(cases[_i].expression, document, &paths, &err), err);
	got = json_dumps(paths, 0);
	ck_assert_msg(json_equal(paths, wanted), "%s: %s", cases[_i].expression, got);
}
END_TEST

static const char *const broken[] = {".a[",
				     ".a |",
				     "nothing(",
				     "import \"a\" as a; .a",
				     "include \"a\"; .a",
				     ".a) | halt, path(.b",
				     "$x"};

START_TEST(test_broken)
{
	json_auto_t *document = json_loads(DOCUMENT, 0, NULL), *paths = NULL;
	struct rc_error *err = NULL;
	int r = rc_jq_list_paths(broken[_i], document, &paths, &err);

	/* What closes our own bracket is a program, and does no more than any other. */
	if (r == 0 && strstr(broken[_i], "halt"))
		return;
	rc_check_fails(r, -EINVAL, err, "is no expression of jq's");
}
END_TEST

START_TEST(test_many)
{
	json_auto_t *document = json_object(), *list = json_array(), *paths = NULL;
	struct rc_error *err = NULL;

	for (int i = 0; i < 10001; i++)
		json_array_append_new(list, json_integer(i));
	json_object_set(document, "l", list);
	rc_check_fails(rc_jq_list_paths(".l[]", document, &paths, &err), -E2BIG, err, "10000");
	json_array_remove(list, 0);
	rc_check_ok(rc_jq_list_paths(".l[]", document, &paths, &err), err);
	ck_assert_uint_eq(json_array_size(paths), 10000);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("jq");
	TCase *tcase = tcase_create("jq");

	tcase_add_loop_test(tcase, test_paths, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_broken, 0, RC_ARRAY_SIZE(broken));
	tcase_add_test(tcase, test_many);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
