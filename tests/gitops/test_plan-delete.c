/* The plan of deleting an application: order, and one row for each thing that keeps an object. */
#include "support/check.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "gitops/manifest.h"
#include "gitops/plan.h"

#define HOOK(name, phase, wave)                                                                    \
	"apiVersion: batch/v1\nkind: Job\nmetadata: {name: " name                                  \
	", annotations: {argocd.argoproj.io/hook: " phase ", argocd.argoproj.io/sync-wave: '" wave \
	"'}}\n---\n"

struct live {
	const char *group, *kind, *name;
	int wave;
	struct rc_traits traits;
	bool is_owned;
};

static char *show(const struct rc_plan *plan)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);

	for (size_t i = 0; i < plan->n; i++) {
		const struct rc_task *task = &plan->tasks[i], *before = i ? task - 1 : NULL;

		if (before)
			rc_buf_puts(&out, before->phase == task->phase && before->wave == task->wave
						  ? " "
						  : " | ");
		rc_buf_puts(&out, task->is_waiting		   ? "?"
				  : task->state == RC_TASK_SKIPPED ? "~"
				  : task->action == RC_ACTION_HOOK ? "+"
								   : "");
		rc_buf_puts(&out, task->key.name);
	}
	return rc_buf_take(&out);
}

static char *make(const char *manifests, const struct live *live, size_t n,
		  const struct rc_plan_delete_options *options)
{
	static const struct rc_desired_options desired_options = {
		.instance = "main", .app = "shop", .name_space = "ns"};
	json_auto_t *all = manifest_read_all(manifests);
	rc_cleanup(rc_desired_freep) struct rc_desired *desired = NULL;
	rc_cleanup(rc_plan_freep) struct rc_plan *plan = NULL;
	struct rc_plan_live lives[16] = {0};
	struct rc_error *err = NULL;

	for (size_t i = 0; i < n; i++)
		lives[i] = (struct rc_plan_live){
			.key = {live[i].group, live[i].kind, "ns", live[i].name},
			.traits = live[i].traits,
			.wave = live[i].wave,
			.is_owned = live[i].is_owned,
		};
	rc_check_ok(rc_desired_build(all, &desired_options, &desired, &err), err);
	rc_plan_make_deletion(desired, lives, n, options, &plan);
	return show(plan);
}

START_TEST(order)
{
	static const char manifests[] = HOOK("pre2", "PreDelete", "2")
		HOOK("post", "PostDelete", "0") HOOK("pre1", "PreDelete", "1")
			HOOK("sync", "PreSync",
			     "0") "apiVersion: v1\nkind: Secret\nmetadata: {name: desired}\n";
	static const struct live live[] = {
		{"", "Secret", "zero", 0, {0}, false},
		{"", "Secret", "minus", -1, {0}, false},
		{"", "Secret", "five", 5, {0}, false},
		{"", "ConfigMap", "five2", 5, {0}, false},
		{"", "Secret", "least", INT_MIN, {0}, false},
	};
	struct rc_plan_delete_options options = {.with_resources = true, .app = "shop"};
	rc_autofree char *all = make(manifests, live, RC_ARRAY_SIZE(live), &options);
	rc_autofree char *hooks = NULL;

	ck_assert_str_eq(all, "+pre1 | +pre2 | five five2 | zero | minus | least | +post");
	/* Without the finalizer only the hooks are run. */
	options.with_resources = false;
	hooks = make(manifests, live, RC_ARRAY_SIZE(live), &options);
	ck_assert_str_eq(hooks, "+pre1 | +pre2 | +post");
}
END_TEST

static const struct {
	const char *name;
	struct live live;
	bool no_delete, needs_approval, is_approved;
	const char *plan;
} rows[] = {
	{"goes", {"", "Secret", "a", 0, {0}, false}, false, false, false, "a"},
	{"owned", {"", "Pod", "a", 0, {0}, true}, false, false, false, ""},
	{"definition",
	 {"apiextensions.k8s.io", "CustomResourceDefinition", "a", 0, {0}, false},
	 false,
	 false,
	 false,
	 ""},
	{"itself", {"argoproj.io", "Application", "shop", 0, {0}, false}, false, false, false, ""},
	{"child", {"argoproj.io", "Application", "a", 0, {0}, false}, false, false, false, "a"},
	{"kept", {"", "Secret", "a", 0, {.is_kept = true}, false}, false, false, false, "~a"},
	{"Delete=false",
	 {"", "Secret", "a", 0, {.no_delete = true}, false},
	 false,
	 false,
	 false,
	 "~a"},
	{"Delete=false of the application",
	 {"", "Secret", "a", 0, {0}, false},
	 true,
	 false,
	 false,
	 "~a"},
	{"its own Delete=true counts before that",
	 {"", "Secret", "a", 0, {.may_delete = true}, false},
	 true,
	 false,
	 false,
	 "a"},
	{"Delete=confirm",
	 {"", "Secret", "a", 0, {.delete_confirm = true}, false},
	 false,
	 false,
	 false,
	 "?a"},
	{"Delete=confirm, approved",
	 {"", "Secret", "a", 0, {.delete_confirm = true}, false},
	 false,
	 false,
	 true,
	 "a"},
	{"Delete=confirm of the application",
	 {"", "Secret", "a", 0, {0}, false},
	 false,
	 true,
	 false,
	 "?a"},
	{"of the application, and its own Delete=false",
	 {"", "Secret", "a", 0, {.no_delete = true}, false},
	 false,
	 true,
	 true,
	 "~a"},
	/* Prune options are about syncs. */
	{"Prune=false",
	 {"", "Secret", "a", 0, {.no_prune = true}, false},
	 false,
	 false,
	 false,
	 "a"},
	{"a hook's object",
	 {"batch", "Job", "a", 0, {.is_hook = true}, false},
	 false,
	 false,
	 false,
	 "a"},
};

START_TEST(row)
{
	struct rc_plan_delete_options options = {
		.with_resources = true,
		.no_delete = rows[_i].no_delete,
		.needs_approval = rows[_i].needs_approval,
		.is_approved = rows[_i].is_approved,
		.app = "shop",
	};
	rc_autofree char *plan = make("", &rows[_i].live, 1, &options);

	ck_assert_msg(strcmp(plan, rows[_i].plan) == 0, "%s: got %s, wanted %s", rows[_i].name,
		      plan, rows[_i].plan);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/plan-delete");
	TCase *tcase = tcase_create("plan-delete");

	tcase_add_test(tcase, order);
	tcase_add_loop_test(tcase, row, 0, RC_ARRAY_SIZE(rows));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
