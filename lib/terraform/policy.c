/* Built-in rules. */
#include "terraform/policy.h"

#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/glob.h"
#include "data/json.h"
#include "terraform/plan.h"

static bool matches_any(const char *const *patterns, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++) {
		rc_cleanup(rc_glob_freep) struct rc_glob *glob = NULL;

		/* A pattern that is none is compared as it stands. */
		if (rc_glob_compile(rc_str(patterns[i]), '\0', &glob, NULL) < 0
			    ? strcmp(patterns[i], text) == 0
			    : rc_glob_match(glob, rc_str(text)))
			return true;
	}
	return false;
}

/* What is there now would be gone, if only for a moment; or nobody knows. */
static bool is_destructive(const char *action)
{
	static const char *const kinds[] = {"delete", "replace", "forget", "other"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		if (strcmp(action, kinds[i]) == 0)
			return true;
	return false;
}

static void deny(struct rc_terraform_verdict *verdict, const char *format, const char *text)
{
	rc_autofree char *why = rc_asprintf("%s%s", format, text);

	json_array_append_new(verdict->denied, json_string(why));
}

static void judge_change(const struct rc_terraform_policy *policy, const json_t *change,
			 bool is_over, struct rc_terraform_verdict *verdict)
{
	const char *address = rc_json_text(change, "address", NULL) ?: "";
	const char *type = rc_json_text(change, "type", NULL) ?: "";

	if (matches_any(policy->deny, policy->n_deny, address))
		deny(verdict, "the policy denies to delete or replace ", address);
	if (is_over || matches_any(policy->protect, policy->n_protect, type))
		json_array_append_new(verdict->named, json_string(address));
}

void rc_terraform_policy_judge(const struct rc_terraform_policy *policy, const json_t *summary,
			       struct rc_terraform_verdict *ret_verdict)
{
	const json_t *changes = json_object_get(summary, "changes"), *change;
	struct rc_terraform_verdict verdict = {.denied = json_array(), .named = json_array()};
	int64_t n = 0;
	size_t i;

	json_array_foreach (changes, i, change)
		n += is_destructive(rc_json_text(change, "action", NULL) ?: "other");
	json_array_foreach (changes, i, change)
		if (is_destructive(rc_json_text(change, "action", NULL) ?: "other"))
			judge_change(policy, change,
				     policy->max_deletes >= 0 && n > policy->max_deletes, &verdict);
	if (json_is_true(json_object_get(summary, "isEmptied")))
		deny(&verdict, "the configuration is empty, and everything would be destroyed",
		     "; if that is meant, run destroy by hand");
	if (json_is_true(json_object_get(summary, "isErrored")))
		deny(&verdict, "planning failed half way", "");
	/* What cannot be shown cannot be approved. */
	if (json_object_get(summary, "omitted"))
		deny(&verdict, "the plan has more changes than can be shown", "; divide the stack");
	switch (policy->approval) {
	case RC_TERRAFORM_APPROVAL_REQUIRED:
		verdict.is_asking = true;
		break;
	case RC_TERRAFORM_APPROVAL_CHANGES:
		verdict.is_asking = n > 0;
		break;
	case RC_TERRAFORM_APPROVAL_NONE:
		break;
	}
	if (rc_terraform_plan_is_noop(summary))
		verdict.is_asking = false;
	if (json_array_size(verdict.named) > 0)
		verdict.is_asking = true;
	*ret_verdict = verdict;
}

void rc_terraform_policy_verdict_done(struct rc_terraform_verdict *verdict)
{
	json_decref(verdict->denied);
	json_decref(verdict->named);
}
