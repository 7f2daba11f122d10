/* What of a plan is shown, what is hidden, and when two plans are the same. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/json.h"
#include "terraform/plan.h"

/* A plan with one resource change, written as JSON with ' for ". */
static json_t *plan_with(const char *changes)
{
	rc_autofree char *text = NULL;
	json_t *plan;
	int n = asprintf(&text,
			 "{'format_version':'1.2','terraform_version':'1.10.6',"
			 "'configuration':{'root_module':{'resources':[{}]}},%s}",
			 changes);

	ck_assert_int_gt(n, 0);
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	plan = json_loads(text, 0, NULL);
	ck_assert_msg(plan != NULL, "not JSON: %s", text);
	return plan;
}

static json_t *summarise(const char *changes, const char *salt)
{
	json_auto_t *plan = plan_with(changes);
	struct rc_error *err = NULL;
	json_t *summary = NULL;

	rc_check_ok(rc_terraform_plan_summarise(plan, salt, &summary, &err), err);
	return summary;
}

/* ---- actions ---- */

static const struct {
	const char *actions, *action, *described;
} actions[] = {
	{"['create']", "create", "1 to add, 0 to change, 0 to destroy"},
	{"['update']", "update", "0 to add, 1 to change, 0 to destroy"},
	{"['delete']", "delete", "0 to add, 0 to change, 1 to destroy"},
	{"['delete','create']", "replace", "1 to add, 0 to change, 1 to destroy"},
	{"['create','delete']", "replace", "1 to add, 0 to change, 1 to destroy"},
	{"['forget']", "forget", "0 to add, 0 to change, 0 to destroy, 1 to forget"},
	{"['create','forget']", "replace", "1 to add, 0 to change, 1 to destroy"},
	{"['read']", "read", "0 to add, 0 to change, 0 to destroy"},
	/* What we do not know is never taken for nothing. */
	{"['explode']", "other", "0 to add, 0 to change, 0 to destroy, 1 unknown"},
	{"['no-op','delete']", "other", "0 to add, 0 to change, 0 to destroy, 1 unknown"},
	{"['delete','create','delete']", "other", "0 to add, 0 to change, 0 to destroy, 1 unknown"},
	{"[]", "other", "0 to add, 0 to change, 0 to destroy, 1 unknown"},
};

START_TEST(test_action)
{
	rc_autofree char *changes = NULL, *described = NULL;
	json_auto_t *summary = NULL;
	int n = asprintf(&changes,
			 "'resource_changes':[{'address':'a.b','type':'a','change':{'actions':%s,"
			 "'before':{'x':1},'after':{'x':2}}}]",
			 actions[_i].actions);

	ck_assert_int_gt(n, 0);
	summary = summarise(changes, "");
	ck_assert(!rc_terraform_plan_is_noop(summary));
	ck_assert_str_eq(rc_json_text(json_array_get(json_object_get(summary, "changes"), 0),
				      "action", NULL),
			 actions[_i].action);
	described = rc_terraform_plan_describe(summary);
	ck_assert_str_eq(described, actions[_i].described);
}
END_TEST

/* ---- diffs ---- */

static const struct {
	const char *change, *diff;
} diffs[] = {
	{"'before':{'a':1,'b':{'c':[1,2]}},'after':{'a':1,'b':{'c':[1,3]}}",
	 "[{'path':'b.c[1]','before':2,'after':3}]"},
	{"'before':null,'after':{'a':1,'b':null}", "[{'path':'a','after':1}]"},
	{"'before':{'a':1},'after':null", "[{'path':'a','before':1}]"},
	{"'before':{'l':[1]},'after':{'l':[1,2]}", "[{'path':'l[1]','after':2}]"},
	{"'before':{'a':1},'after':{'a':'1'}", "[{'path':'a','before':1,'after':'1'}]"},
	{"'before':{'id':'x'},'after':{},'after_unknown':{'id':true}",
	 "[{'path':'id','before':'x','isUnknown':true}]"},
	/* Nothing of a sensitive value is shown, whichever side says so. */
	{"'before':{'p':'hush1'},'after':{'p':'hush2'},'before_sensitive':{'p':true}",
	 "[{'path':'p','before':'(sensitive value)','after':'(sensitive "
	 "value)','isSensitive':true}]"},
	{"'before':{'p':'hush1'},'after':{'p':'hush2'},'after_sensitive':{'p':true}",
	 "[{'path':'p','before':'(sensitive value)','after':'(sensitive "
	 "value)','isSensitive':true}]"},
	{"'before':{'p':{'q':'hush'}},'after':{'p':{}},'before_sensitive':true",
	 "[{'path':'','before':'(sensitive value)','after':'(sensitive "
	 "value)','isSensitive':true}]"},
	{"'before':null,'after':{'l':['hush',{'k':'hush','v':1}]},"
	 "'after_sensitive':{'l':[true,{'k':true}]}",
	 "[{'path':'l','after':['(sensitive value)',{'k':'(sensitive value)','v':1}],"
	 "'isSensitive':true}]"},
};

START_TEST(test_diff)
{
	rc_autofree char *changes = NULL, *text = NULL, *wanted = strdup(diffs[_i].diff);
	json_auto_t *summary = NULL, *json = NULL;
	int n = asprintf(&changes,
			 "'resource_changes':[{'address':'a.b','type':'a','change':"
			 "{'actions':['update'],%s}}]",
			 diffs[_i].change);
	const json_t *diff;

	ck_assert_int_gt(n, 0);
	for (char *p = wanted; *p; p++)
		if (*p == '\'')
			*p = '"';
	summary = summarise(changes, "");
	diff = json_object_get(json_array_get(json_object_get(summary, "changes"), 0), "diff");
	text = json_dumps(summary, JSON_COMPACT);
	ck_assert_ptr_null(strstr(text, "hush"));
	json = json_loads(wanted, 0, NULL);
	ck_assert_msg(json_equal(diff, json), "got %s", text);
}
END_TEST

/* ---- outputs, drift, what is left out ---- */

START_TEST(test_outputs)
{
	json_auto_t *summary = summarise(
		"'output_changes':{'url':{'actions':['update'],'before':'a','after':'b'},"
		"'key':{'actions':['create'],'after':'hush','after_sensitive':true},"
		"'same':{'actions':['no-op'],'before':1,'after':1}},"
		"'resource_drift':[{'address':'d.e','type':'d','change':{'actions':['delete']}}]",
		"");
	rc_autofree char *text = json_dumps(summary, JSON_COMPACT), *described = NULL;

	ck_assert(!rc_terraform_plan_is_noop(summary));
	ck_assert_uint_eq(json_array_size(json_object_get(summary, "outputs")), 2);
	ck_assert_uint_eq(json_array_size(json_object_get(summary, "drift")), 1);
	ck_assert_ptr_null(strstr(text, "hush"));
	described = rc_terraform_plan_describe(summary);
	ck_assert_str_eq(described, "0 to add, 0 to change, 0 to destroy, 2 outputs");
}
END_TEST

/* A provider's copy of a sensitive value is not marked; its value before is known nonetheless. */
START_TEST(test_computed)
{
	static const char changes[] =
		"'resource_changes':[{'address':'a','change':{'actions':['update'],"
		"'before':{'input':'hush-hush-1','output':'of hush-hush-1'},"
		"'after':{'input':'hush-hush-2'},'before_sensitive':{'input':true},"
		"'after_sensitive':{'input':true},'after_unknown':{'output':true}}}],"
		"'output_changes':{'o':{'actions':['update'],'before':'is hush-hush-1',"
		"'after':'is hush-hush-2'}}";
	json_auto_t *summary = summarise(changes, "");
	rc_autofree char *text = NULL;

	ck_assert_uint_eq(json_array_size(json_object_get(summary, "sensitive")), 2);
	json_object_del(summary, "sensitive");
	text = json_dumps(summary, JSON_COMPACT);
	ck_assert_ptr_null(strstr(text, "hush"));
	ck_assert_ptr_nonnull(strstr(text, "\"before\":\"of (sensitive value)\""));
	ck_assert_ptr_nonnull(strstr(text, "\"before\":\"is (sensitive value)\""));
}
END_TEST

START_TEST(test_noop)
{
	json_auto_t *summary = summarise(
		"'resource_changes':[{'address':'a.b','type':'a','change':{'actions':['no-op'],"
		"'before':{'x':1},'after':{'x':1}}}]",
		"");

	ck_assert(rc_terraform_plan_is_noop(summary));
}
END_TEST

/* A moved object changes the state though its action is no-op. */
START_TEST(test_moved)
{
	json_auto_t *summary = summarise(
		"'resource_changes':[{'address':'a.new','previous_address':'a.old','type':'a',"
		"'change':{'actions':['no-op']}}]",
		"");

	ck_assert(!rc_terraform_plan_is_noop(summary));
}
END_TEST

START_TEST(test_emptied)
{
	json_auto_t *plan = plan_with("'resource_changes':[{'address':'a.b','type':'a','change':{'"
				      "actions':['delete']}}]");
	json_auto_t *summary = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_terraform_plan_summarise(plan, "", &summary, &err), err);
	ck_assert_ptr_null(json_object_get(summary, "isEmptied"));
	json_object_clear(rc_json_get(plan, "configuration", "root_module", NULL));
	json_decref(summary);
	rc_check_ok(rc_terraform_plan_summarise(plan, "", &summary, &err), err);
	ck_assert(json_is_true(json_object_get(summary, "isEmptied")));
}
END_TEST

/* ---- digests ---- */

static const char *digest_of(const json_t *summary)
{
	return rc_json_text(summary, "digest", NULL);
}

#define CHANGE(address, after)                                                                 \
	"{'address':'" address "','type':'a','change':{'actions':['update'],'before':{'x':1}," \
	"'after':{'x':" after "}}}"

START_TEST(test_digest)
{
	json_auto_t *one = summarise(
		"'resource_changes':[" CHANGE("a.a", "2") "," CHANGE("a.b", "2") "]", "c1");
	json_auto_t *turned = summarise(
		"'resource_changes':[" CHANGE("a.b", "2") "," CHANGE("a.a", "2") "]", "c1");
	json_auto_t *other = summarise(
		"'resource_changes':[" CHANGE("a.a", "2") "," CHANGE("a.b", "3") "]", "c1");
	json_auto_t *commit = summarise(
		"'resource_changes':[" CHANGE("a.a", "2") "," CHANGE("a.b", "2") "]", "c2");

	ck_assert_uint_eq(strlen(digest_of(one)), 64);
	ck_assert_str_eq(digest_of(one), digest_of(turned));
	ck_assert_str_ne(digest_of(one), digest_of(other));
	ck_assert_str_ne(digest_of(one), digest_of(commit));
}
END_TEST

/* The digest covers what is too much to show, too. */
START_TEST(test_digest_of_much)
{
	json_auto_t *plan = plan_with("'resource_changes':[]");
	json_t *changes = json_object_get(plan, "resource_changes");
	json_auto_t *before = NULL, *after = NULL;
	struct rc_error *err = NULL;

	for (int i = 0; i < 2100; i++)
		json_array_append_new(changes,
				      json_pack("{s:s+, s:s, s:{s:[s], s:{s:i}}}", "address", "a.",
						"b", "type", "a", "change", "actions", "create",
						"after", "x", i));
	for (int i = 0; i < 2100; i++) {
		char address[16];

		snprintf(address, sizeof(address), "a.b%04d", i);
		json_object_set_new(json_array_get(changes, i), "address", json_string(address));
	}
	rc_check_ok(rc_terraform_plan_summarise(plan, "", &before, &err), err);
	ck_assert_int_eq(json_integer_value(json_object_get(before, "omitted")), 100);
	json_object_set_new(rc_json_get(json_array_get(changes, 2099), "change", "after", NULL),
			    "x", json_integer(-1));
	rc_check_ok(rc_terraform_plan_summarise(plan, "", &after, &err), err);
	ck_assert_str_ne(digest_of(before), digest_of(after));
}
END_TEST

START_TEST(test_long_value)
{
	json_auto_t *plan = plan_with("'resource_changes':[{'address':'a.b','type':'a','change':{'"
				      "actions':['create']}}]");
	json_auto_t *summary = NULL;
	json_t *change = json_object_get(
		json_array_get(json_object_get(plan, "resource_changes"), 0), "change");
	rc_autofree char *text = malloc(5000);
	const char *shown;
	struct rc_error *err = NULL;

	memset(text, 'x', 4999);
	text[4999] = '\0';
	json_object_set_new(change, "after", json_pack("{s:s}", "v", text));
	rc_check_ok(rc_terraform_plan_summarise(plan, "", &summary, &err), err);
	shown = rc_json_text(
		json_array_get(
			json_object_get(json_array_get(json_object_get(summary, "changes"), 0),
					"diff"),
			0),
		"after", NULL);
	ck_assert_uint_lt(strlen(shown), 1100);
	ck_assert_ptr_nonnull(strstr(shown, "(5001 bytes)"));
}
END_TEST

START_TEST(test_format)
{
	json_auto_t *plan = json_pack("{s:s}", "format_version", "2.0");
	json_t *summary = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_terraform_plan_summarise(plan, "", &summary, &err), -EPROTO, err,
		       "format is 2.0");
	json_object_clear(plan);
	rc_check_fails(rc_terraform_plan_summarise(plan, "", &summary, &err), -EPROTO, err,
		       "not said");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = tcase_create("plan");

	tcase_add_loop_test(tcase, test_action, 0, RC_ARRAY_SIZE(actions));
	tcase_add_loop_test(tcase, test_diff, 0, RC_ARRAY_SIZE(diffs));
	tcase_add_test(tcase, test_outputs);
	tcase_add_test(tcase, test_computed);
	tcase_add_test(tcase, test_noop);
	tcase_add_test(tcase, test_moved);
	tcase_add_test(tcase, test_emptied);
	tcase_add_test(tcase, test_digest);
	tcase_add_test(tcase, test_digest_of_much);
	tcase_add_test(tcase, test_long_value);
	tcase_add_test(tcase, test_format);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
