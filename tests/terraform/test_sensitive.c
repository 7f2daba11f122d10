/* Which texts of a plan a log hides because its module calls them sensitive. */
#include "support/check.h"

#include <string.h>

#include "data/json.h"
#include "terraform/sensitive.h"

static json_t *from(const char *quoted)
{
	rc_autofree char *text = strdup(quoted);
	json_t *json;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	json = json_loads(text, JSON_DECODE_ANY, NULL);
	ck_assert_msg(json != NULL, "not JSON: %s", text);
	return json;
}

static const struct {
	const char *plan, *texts;
} cases[] = {
	{"{}", "[]"},
	/* Either side of a change, whole or in part. */
	{"{'resource_changes':[{'change':{'before':{'p':'old-secret','q':'not-secret'},"
	 "'after':{'p':'new-secret'},'before_sensitive':{'p':true},'after_sensitive':{'p':true}}}]"
	 "}",
	 "['new-secret','old-secret']"},
	{"{'resource_changes':[{'change':{'before':null,'after':{'l':['public-1',{'k':'secret-1'}]}"
	 ","
	 "'before_sensitive':false,'after_sensitive':{'l':[false,{'k':true}]}}}]}",
	 "['secret-1']"},
	{"{'resource_changes':[{'change':{'before':{'a':{'b':['secret-1','secret-2']}},"
	 "'before_sensitive':true}}]}",
	 "['secret-1','secret-2']"},
	{"{'resource_drift':[{'change':{'before':{'p':'by-hand-1'},'before_sensitive':{'p':true}}}]"
	 "}",
	 "['by-hand-1']"},
	{"{'output_changes':{'o':{'before':'old-output','after':'new-output',"
	 "'before_sensitive':true,'after_sensitive':true},'p':{'after':'public-output'}}}",
	 "['new-output','old-output']"},
	/* What was read, also in modules. */
	{"{'prior_state':{'values':{'root_module':{'child_modules':[{'resources':[{'values':"
	 "{'token':'read-token','id':'read-nothing'},'sensitive_values':{'token':true}}]}]}}}}",
	 "['read-token']"},
	{"{'variables':{'p':{'value':'var-secret'},'q':{'value':'var-public'}},"
	 "'configuration':{'root_module':{'variables':{'p':{'sensitive':true},'q':{}}}}}",
	 "['var-secret']"},
	/* A log is masked line by line; each text once; what is short stays. */
	{"{'output_changes':{'o':{'after':'-----BEGIN\\nfirst line\\n\\n  second line\\n',"
	 "'after_sensitive':true}}}",
	 "['-----BEGIN\\nfirst line\\n\\n  second line\\n','second line','-----BEGIN',"
	 "'first line']"},
	{"{'output_changes':{'o':{'before':'the-same','after':'the-same','before_sensitive':true,"
	 "'after_sensitive':true},'p':{'after':['short','main',12345678],'after_sensitive':true}}}",
	 "['the-same']"},
};

START_TEST(test_list)
{
	json_auto_t *plan = from(cases[_i].plan);
	json_auto_t *wanted = from(cases[_i].texts);
	json_auto_t *texts = rc_terraform_sensitive_list(plan);
	rc_autofree char *said = json_dumps(texts, JSON_COMPACT);

	ck_assert_msg(json_equal(texts, wanted), "%s: %s", cases[_i].plan, said);
}
END_TEST

static const struct {
	const char *texts, *value, *hidden;
} hidings[] = {
	{"[]", "{'a':'anything'}", "{'a':'anything'}"},
	{"['pass-word']", "{'a':['x pass-word y',1,null,true],'b':'pass'}",
	 "{'a':['x (sensitive value) y',1,null,true],'b':'pass'}"},
	/* The longer one, of which the other is a part. */
	{"['pass-word-2','pass-word']", "'pass-word-2 pass-word pass-word-'",
	 "'(sensitive value) (sensitive value) (sensitive value)-'"},
};

START_TEST(test_hide)
{
	json_auto_t *texts = from(hidings[_i].texts);
	json_auto_t *value = from(hidings[_i].value);
	json_auto_t *wanted = from(hidings[_i].hidden);
	json_auto_t *hidden = rc_terraform_sensitive_hide(texts, value);
	rc_autofree char *said = json_dumps(hidden, JSON_COMPACT | JSON_ENCODE_ANY);

	ck_assert_msg(json_equal(hidden, wanted), "%s: %s", hidings[_i].value, said);
}
END_TEST

START_TEST(test_limit)
{
	json_auto_t *plan = from("{'output_changes':{'o':{'after_sensitive':true}}}");
	json_t *values = json_array();
	json_auto_t *texts = NULL;

	json_object_set_new(rc_json_get(plan, "output_changes", "o", NULL), "after", values);
	for (int i = 0; i < 2000; i++)
		json_array_append_new(values, json_sprintf("secret-number-%d", i));
	texts = rc_terraform_sensitive_list(plan);
	ck_assert_uint_eq(json_array_size(texts), 500);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sensitive");
	TCase *tcase = tcase_create("sensitive");

	tcase_add_loop_test(tcase, test_list, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_hide, 0, RC_ARRAY_SIZE(hidings));
	tcase_add_test(tcase, test_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
