/* Health scripts: what they see, what they answer, what they have not. */
#include "support/check.h"

#include <errno.h>

#include "data/lua.h"

#define OBJECT                                                                                     \
	"{\"metadata\": {\"name\": \"a\", \"generation\": 3}, \"spec\": {\"on\": true, \"none\": " \
	"null, \"half\": 0.5}, \"status\": {\"conditions\": [{\"type\": \"Ready\", \"status\": "   \
	"\"True\"}, {\"type\": \"Other\"}]}}"

static const struct {
	const char *name, *script, *answer;
} cases[] = {
	{"a table", "return {status = 'Healthy', message = 'well'}",
	 "{\"status\": \"Healthy\", \"message\": \"well\"}"},
	{"as Argo CD's scripts are written",
	 "hs = {}\n"
	 "if obj.status ~= nil and obj.status.conditions ~= nil then\n"
	 "  for i, condition in ipairs(obj.status.conditions) do\n"
	 "    if condition.type == 'Ready' and condition.status == 'True' then\n"
	 "      hs.status = 'Healthy'\n      return hs\n    end\n  end\nend\n"
	 "hs.status = 'Progressing'\nreturn hs\n",
	 "{\"status\": \"Healthy\"}"},
	{"numbers", "return {a = obj.metadata.generation, b = obj.spec.half, c = 1e300, d = 7 % 4}",
	 "{\"a\": 3, \"b\": 0.5, \"c\": 1e300, \"d\": 3}"},
	{"truth and nothing",
	 "return {a = obj.spec.on, b = obj.spec.none == nil, c = #obj.status.conditions}",
	 "{\"a\": true, \"b\": true, \"c\": 2}"},
	{"nothing returned", "local x = 1", "null"},
	{"goto, as scripts use it",
	 "for i = 1, 3 do\n if i == 2 then goto continue end\n n = i\n "
	 "::continue::\nend\nreturn {n = n}",
	 "{\"n\": 3}"},
	{"table.getn", "return {n = table.getn({1, 2})}", "{\"n\": 2}"},
	{"libraries",
	 "return {a = string.upper('x'), b = math.floor(2.5), c = table.concat({'a', 'b'}, ','), d "
	 "= type(os.time())}",
	 "{\"a\": \"X\", \"b\": 2, \"c\": \"a,b\", \"d\": \"number\"}"},
	{"dates",
	 "return {t = os.time({year = 2024, month = 1, day = 2, hour = 0}) > 0, d = os.date('!%Y', "
	 "0)}",
	 "{\"t\": true, \"d\": \"1970\"}"},
	{"what is not there",
	 "return {a = io == nil, b = os.execute == nil, c = loadstring == nil, d = require == nil, "
	 "e = os.getenv == nil, f = debug == nil, g = ffi == nil, h = jit == nil, i = dofile == "
	 "nil, "
	 "j = package == nil, k = string.dump == nil, l = os.exit == nil, m = load == nil}",
	 "{\"a\": true, \"b\": true, \"c\": true, \"d\": true, \"e\": true, \"f\": true, \"g\": "
	 "true, \"h\": true, \"i\": true, \"j\": true, \"k\": true, \"l\": true, \"m\": true}"},
	{"a table that holds itself ends", "local t = {}\nt.x = 1\nreturn {a = t.x}", "{\"a\": 1}"},
	{"bytes that are no text", "return {m = '\\255'}", "{\"m\": null}"},
};

START_TEST(test_run)
{
	json_auto_t *object = json_loads(OBJECT, 0, NULL), *answer = NULL;
	json_auto_t *wanted = json_loads(cases[_i].answer, JSON_DECODE_ANY, NULL);
	rc_autofree char *got = NULL;
	struct rc_error *err = NULL;

	ck_assert_ptr_nonnull(wanted);
	rc_check_ok(rc_lua_run(cases[_i].script, object, 1000, &answer, &err), err);
	got = json_dumps(answer, JSON_ENCODE_ANY | JSON_SORT_KEYS);
	ck_assert_msg(json_equal(answer, wanted), "%s: %s", cases[_i].name, got);
}
END_TEST

static const struct {
	const char *name, *script;
	int code;
	const char *part;
} failures[] = {
	{"no Lua", "this is not", -EINVAL, "script:1:"},
	{"an error", "local x = nil\nreturn x.y", -EINVAL, "script:2:"},
	{"its own error", "error('no idea')", -EINVAL, "no idea"},
	{"for ever", "while true do end", -ETIMEDOUT, "more than 100 ms"},
	{"for ever, and catching what ends it",
	 "while true do pcall(function() while true do end end) end", -ETIMEDOUT,
	 "more than 100 ms"},
	{"without end downwards", "local function f() return 1 + f() end\nreturn f()", -EINVAL,
	 "stack overflow"},
	{"compiled", "\033LJ", -EINVAL, "compiled"},
};

START_TEST(test_failure)
{
	json_auto_t *object = json_loads(OBJECT, 0, NULL), *answer = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_lua_run(failures[_i].script, object, 100, &answer, &err),
		       failures[_i].code, err, failures[_i].part);
}
END_TEST

/* A table that contains itself has a depth. */
START_TEST(test_circle)
{
	json_auto_t *object = json_object(), *answer = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_lua_run("local t = {}\nt.t = t\nreturn t", object, 1000, &answer, &err),
		    err);
	ck_assert(json_is_object(json_object_get(answer, "t")));
}
END_TEST

/* No script sees what another left behind. */
START_TEST(test_alone)
{
	json_auto_t *object = json_object(), *first = NULL, *second = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_lua_run("left = 1\nstring.x = 1\nreturn {}", object, 1000, &first, &err),
		    err);
	rc_check_ok(rc_lua_run("return {a = left == nil and string.x == nil}", object, 1000,
			       &second, &err),
		    err);
	ck_assert(json_is_true(json_object_get(second, "a")));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("lua");
	TCase *tcase = tcase_create("lua");

	tcase_add_loop_test(tcase, test_run, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_failure, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, test_circle);
	tcase_add_test(tcase, test_alone);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
