/* Paths of GJSON over one document. */
#include "support/check.h"

#include "base/buf.h"
#include "base/memory.h"
#include "data/gjson.h"
#include "data/json.h"

#define DOCUMENT                                                                          \
	"{\"name\": {\"first\": \"Tom\", \"last\": \"A\"}, \"age\": 37, \"none\": null, " \
	"\"a.b\": \"dot\", \"children\": [\"Sara\", \"Alex\", \"Jack\"], \"friends\": ["  \
	"{\"first\": \"Dale\", \"age\": 44, \"nets\": [\"ig\", \"fb\"]}, "                \
	"{\"first\": \"Roger\", \"age\": 68, \"nets\": [\"fb\"]}, "                       \
	"{\"first\": \"Jane\", \"age\": 47, \"nets\": [\"ig\", \"tw\"]}]}"

static const struct {
	const char *path, *wanted; /* wanted NULL: nothing is there */
} cases[] = {
	{"name.last", "A"},
	{"name|last", "A"},
	{"age", "37"},
	{"none", ""},
	{"nothing", NULL},
	{"a\\.b", "dot"},
	{"children.#", "3"},
	{"children.1", "Alex"},
	{"children.3", NULL},
	{"child*.2", "Jack"},
	{"c?ildren.0", "Sara"},
	{"friends.1.first", "Roger"},
	{"friends.#.first", "[\"Dale\",\"Roger\",\"Jane\"]"},
	{"friends.#(age==68).first", "Roger"},
	{"friends.#(age>45)#.first", "[\"Roger\",\"Jane\"]"},
	{"friends.#(age<=47)#.first", "[\"Dale\",\"Jane\"]"},
	{"friends.#(first!=\"Dale\").first", "Roger"},
	{"friends.#(first%\"D*\").age", "44"},
	{"friends.#(first!%\"D*\").age", "68"},
	{"friends.#(nets.#(==\"fb\"))#.first", "[\"Dale\",\"Roger\"]"},
	{"friends.#(age==1).first", NULL},
	{"children|@reverse", "[\"Jack\",\"Alex\",\"Sara\"]"},
	{"children|@reverse|0", "Jack"},
	{"name|@keys", "[\"first\",\"last\"]"},
	{"name|@values", "[\"Tom\",\"A\"]"},
	{"name.@this.first", "Tom"},
	{"{name.first,age}", "{\"age\":37,\"first\":\"Tom\"}"},
	{"[name.first,age]", "[\"Tom\",37]"},
};

START_TEST(test_path)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 16);
	json_auto_t *document = json_loads(DOCUMENT, 0, NULL);
	json_auto_t *found = rc_gjson_get(document, cases[_i].path);

	ck_assert_msg((found == NULL) == (cases[_i].wanted == NULL), "%s", cases[_i].path);
	if (!found)
		return;
	rc_gjson_write_text(&out, found);
	ck_assert_str_eq(rc_buf_text(&out), cases[_i].wanted);
}
END_TEST

static const struct {
	const char *text, *pattern;
	bool matches;
} matches[] = {
	{"abc", "a*", true},	 {"abc", "a?c", true},	  {"abc", "a?", false},
	{"a*c", "a\\*c", true},	 {"abc", "a\\*c", false}, {"", "*", true},
	{"\xc3\xa9", "?", true},
};

START_TEST(test_match)
{
	ck_assert_msg(rc_gjson_match(matches[_i].text, matches[_i].pattern) == matches[_i].matches,
		      "%s %s", matches[_i].text, matches[_i].pattern);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gjson");
	TCase *tcase = tcase_create("paths");

	tcase_add_loop_test(tcase, test_path, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_match, 0, RC_ARRAY_SIZE(matches));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
