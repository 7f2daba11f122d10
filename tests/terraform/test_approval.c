/* Who may say yes to what, and what the policy asks for. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "data/json.h"
#include "terraform/approval.h"
#include "terraform/policy.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER  "f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A summary with changes "action type address", separated by commas. */
static json_t *summary_of(const char *changes)
{
	json_t *list = json_array();
	rc_autofree char *text = strdup(changes);
	char *rest = text, *change;

	while ((change = strsep(&rest, ",")) && *change) {
		char action[32], type[64], address[64];

		ck_assert_int_eq(sscanf(change, "%31s %63s %63s", action, type, address), 3);
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "action", action, "type",
						      type, "address", address));
	}
	return json_pack("{s:o, s:[]}", "changes", list, "outputs");
}

/* ---- policy ---- */

static const char *const protect[] = {"aws_db_*", "aws_s3_bucket"};
static const char *const deny[] = {"module.prod.*"};

static const struct {
	const char *name;
	enum rc_terraform_approval approval;
	int64_t max_deletes;
	const char *changes;
	const char *named, *denied; /* one text that is among them, or NULL: none */
	bool is_asking;
} judged[] = {
	{"nothing", RC_TERRAFORM_APPROVAL_REQUIRED, -1, "", NULL, NULL, false},
	{"required", RC_TERRAFORM_APPROVAL_REQUIRED, -1, "create a a.x", NULL, NULL, true},
	{"changes: create", RC_TERRAFORM_APPROVAL_CHANGES, -1, "create a a.x,update a a.y", NULL,
	 NULL, false},
	{"changes: delete", RC_TERRAFORM_APPROVAL_CHANGES, -1, "delete a a.x", NULL, NULL, true},
	{"changes: replace", RC_TERRAFORM_APPROVAL_CHANGES, -1, "replace a a.x", NULL, NULL, true},
	{"changes: unknown", RC_TERRAFORM_APPROVAL_CHANGES, -1, "other a a.x", NULL, NULL, true},
	{"changes: forget", RC_TERRAFORM_APPROVAL_CHANGES, -1, "forget a a.x", NULL, NULL, true},
	{"none", RC_TERRAFORM_APPROVAL_NONE, -1, "delete a a.x", NULL, NULL, false},
	{"protected, also with none", RC_TERRAFORM_APPROVAL_NONE, -1, "delete aws_db_instance d.x",
	 "d.x", NULL, true},
	{"protected: replaced", RC_TERRAFORM_APPROVAL_NONE, -1, "replace aws_s3_bucket b.x", "b.x",
	 NULL, true},
	{"protected: changed", RC_TERRAFORM_APPROVAL_NONE, -1, "update aws_db_instance d.x", NULL,
	 NULL, false},
	{"as many as allowed", RC_TERRAFORM_APPROVAL_NONE, 2, "delete a a.x,delete a a.y", NULL,
	 NULL, false},
	{"one too many", RC_TERRAFORM_APPROVAL_NONE, 1, "delete a a.x,delete a a.y", "a.y", NULL,
	 true},
	{"denied", RC_TERRAFORM_APPROVAL_REQUIRED, -1, "delete a module.prod.x", NULL,
	 "module.prod.x", true},
	{"denied: update", RC_TERRAFORM_APPROVAL_REQUIRED, -1, "update a module.prod.x", NULL, NULL,
	 true},
};

static bool mentions(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (strstr(json_string_value(item), text))
			return true;
	return false;
}

START_TEST(test_judge)
{
	struct rc_terraform_policy policy = {
		.approval = judged[_i].approval,
		.max_deletes = judged[_i].max_deletes,
		.protect = protect,
		.n_protect = RC_ARRAY_SIZE(protect),
		.deny = deny,
		.n_deny = RC_ARRAY_SIZE(deny),
	};
	json_auto_t *summary = summary_of(judged[_i].changes);
	struct rc_terraform_verdict verdict;

	rc_terraform_policy_judge(&policy, summary, &verdict);
	ck_assert_msg(verdict.is_asking == judged[_i].is_asking, "%s", judged[_i].name);
	if (judged[_i].named)
		ck_assert_msg(mentions(verdict.named, judged[_i].named), "%s", judged[_i].name);
	else
		ck_assert_msg(json_array_size(verdict.named) == 0, "%s", judged[_i].name);
	if (judged[_i].denied)
		ck_assert_msg(mentions(verdict.denied, judged[_i].denied), "%s", judged[_i].name);
	else
		ck_assert_msg(json_array_size(verdict.denied) == 0, "%s", judged[_i].name);
	rc_terraform_policy_verdict_done(&verdict);
}
END_TEST

static const char *const dangers[] = {"isEmptied", "isErrored", "omitted"};

/* No approval helps where nobody can know what would happen. */
START_TEST(test_denied_whatever)
{
	struct rc_terraform_policy policy = {.approval = RC_TERRAFORM_APPROVAL_NONE,
					     .max_deletes = -1};
	json_auto_t *summary = summary_of("create a a.x");
	struct rc_terraform_verdict verdict;

	json_object_set_new(summary, dangers[_i], _i == 2 ? json_integer(3) : json_true());
	rc_terraform_policy_judge(&policy, summary, &verdict);
	ck_assert_uint_eq(json_array_size(verdict.denied), 1);
	rc_terraform_policy_verdict_done(&verdict);
}
END_TEST

/* ---- approvals ---- */

static const char *const approvers[] = {"anna", "bob", "author"};

static struct {
	json_t *approvals;
	struct rc_terraform_policy policy;
	struct rc_terraform_verdict verdict;
} world;

static void setup(void)
{
	world.approvals = json_array();
	world.policy = (struct rc_terraform_policy){
		.approvers = approvers, .n_named = RC_ARRAY_SIZE(approvers), .not_author = true};
	world.verdict =
		(struct rc_terraform_verdict){.named = json_array(), .denied = json_array()};
}

static void teardown(void)
{
	json_decref(world.approvals);
	rc_terraform_policy_verdict_done(&world.verdict);
}

static int say_yes(const char *by, const char *digest, const char *named, struct rc_error **err)
{
	json_auto_t *list = named ? json_pack("[s]", named) : NULL;
	struct rc_terraform_yes yes = {.by = by,
				       .method = "socket",
				       .digest = digest,
				       .named = list,
				       .at_unix_s = 1764000000};

	return rc_terraform_approval_add(world.approvals, &world.policy, &world.verdict, DIGEST,
					 "The Author <author@example.com>", &yes, err);
}

START_TEST(test_yes)
{
	struct rc_error *err = NULL;

	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, DIGEST), 0);
	rc_check_ok(say_yes("anna", "0123456789ab", NULL, &err), err);
	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, DIGEST), 1);
	rc_check_ok(say_yes("bob", DIGEST, NULL, &err), err);
	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, DIGEST), 2);
	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, OTHER), 0);
}
END_TEST

static const struct {
	const char *by, *digest;
	int code;
	const char *words;
} refused[] = {
	{"anna", OTHER, -EINVAL, "the plan that waits is 0123456789ab"},
	{"anna", "0123456", -EINVAL, "the plan that waits"}, /* too short to mean one */
	{"anna", NULL, -EINVAL, "none said"},
	{"eve", DIGEST, -EACCES, "eve is not among the stack's approvers"},
	{"author", DIGEST, -EACCES, "author wrote the commit"},
};

START_TEST(test_refused)
{
	struct rc_error *err = NULL;

	rc_check_fails(say_yes(refused[_i].by, refused[_i].digest, NULL, &err), refused[_i].code,
		       err, refused[_i].words);
	ck_assert_uint_eq(json_array_size(world.approvals), 0);
}
END_TEST

START_TEST(test_twice)
{
	struct rc_error *err = NULL;

	rc_check_ok(say_yes("anna", DIGEST, NULL, &err), err);
	rc_check_fails(say_yes("anna", DIGEST, NULL, &err), -EEXIST, err, "already");
	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, DIGEST), 1);
}
END_TEST

START_TEST(test_author_may)
{
	struct rc_error *err = NULL;

	world.policy.not_author = false;
	rc_check_ok(say_yes("author", DIGEST, NULL, &err), err);
}
END_TEST

START_TEST(test_named)
{
	struct rc_error *err = NULL;

	json_array_append_new(world.verdict.named, json_string("aws_db_instance.x"));
	rc_check_fails(say_yes("anna", DIGEST, NULL, &err), -ENOTSUP, err, "aws_db_instance.x");
	rc_check_fails(say_yes("anna", DIGEST, "aws_db_instance.y", &err), -ENOTSUP, err,
		       "aws_db_instance.x");
	rc_check_ok(say_yes("anna", DIGEST, "aws_db_instance.x", &err), err);
}
END_TEST

/* An entry that was changed, or one that was taken out, breaks the chain: nothing counts. */
START_TEST(test_chain)
{
	struct rc_error *err = NULL;

	rc_check_ok(say_yes("anna", DIGEST, NULL, &err), err);
	rc_check_ok(say_yes("bob", DIGEST, NULL, &err), err);
	json_object_set_new(json_array_get(world.approvals, 0), "by", json_string("eve"));
	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, DIGEST), 0);
	json_array_remove(world.approvals, 0);
	ck_assert_uint_eq(rc_terraform_approval_count(world.approvals, DIGEST), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("approval");
	TCase *tcase = tcase_create("approval");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_judge, 0, RC_ARRAY_SIZE(judged));
	tcase_add_loop_test(tcase, test_denied_whatever, 0, RC_ARRAY_SIZE(dangers));
	tcase_add_test(tcase, test_yes);
	tcase_add_loop_test(tcase, test_refused, 0, RC_ARRAY_SIZE(refused));
	tcase_add_test(tcase, test_twice);
	tcase_add_test(tcase, test_author_may);
	tcase_add_test(tcase, test_named);
	tcase_add_test(tcase, test_chain);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
