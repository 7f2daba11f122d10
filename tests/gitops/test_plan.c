/* The order of a sync: phases, waves, kinds, names; prunes and what keeps them from being done. */
#include "support/check.h"

#include <limits.h>
#include <string.h>

#include "base/buf.h"
#include "gitops/manifest.h"
#include "gitops/plan.h"

#define LIVE_MAX 16

static const struct rc_desired_options desired_options = {
	.instance = "main", .app = "shop", .name_space = ""};

/* A live object of the core group or apps, in namespace ns. */
struct live {
	const char *kind, *name;
	int wave;
	bool prune_last, no_prune, confirm, owned, in_sync, kept, hook;
};

struct world {
	struct rc_desired *desired;
	struct rc_plan *plan;
};

static void done(struct world *world)
{
	rc_plan_free(world->plan);
	rc_desired_free(world->desired);
}

#define autoworld rc_cleanup(done) struct world

static const char *group_of(const char *kind)
{
	return strcmp(kind, "Deployment") == 0		       ? "apps"
	       : strcmp(kind, "CustomResourceDefinition") == 0 ? "apiextensions.k8s.io"
							       : "";
}

static void make(struct world *world, const char *manifests, const struct live *live, size_t n,
		 const struct rc_plan_options *options)
{
	json_auto_t *all = manifest_read_all(manifests);
	struct rc_plan_live lives[LIVE_MAX] = {0};
	struct rc_error *err = NULL;

	for (size_t i = 0; i < n; i++)
		lives[i] = (struct rc_plan_live){
			.key = {group_of(live[i].kind), live[i].kind,
				strcmp(live[i].kind, "CustomResourceDefinition") == 0 ? "" : "ns",
				live[i].name},
			.traits = {.phases = 1U << RC_PHASE_SYNC,
				   .prune_last = live[i].prune_last,
				   .no_prune = live[i].no_prune,
				   .prune_confirm = live[i].confirm,
				   .is_kept = live[i].kept,
				   .is_hook = live[i].hook},
			.wave = live[i].wave,
			.is_owned = live[i].owned,
			.is_in_sync = live[i].in_sync,
		};
	rc_check_ok(rc_desired_build(all, &desired_options, &world->desired, &err), err);
	rc_check_ok(rc_plan_make(world->desired, lives, n, options, &world->plan, &err), err);
}

/* "name name | name": '|' between waves; '-' before what is pruned, '=' what is kept, '~' what is
 * skipped. */
static char *show(const struct rc_plan *plan)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);

	for (size_t i = 0; i < plan->n; i++) {
		const struct rc_task *task = &plan->tasks[i];
		const struct rc_task *before = i ? &plan->tasks[i - 1] : NULL;

		if (before)
			rc_buf_puts(&out, before->phase == task->phase && before->wave == task->wave
						  ? " "
						  : " | ");
		if (task->state == RC_TASK_SKIPPED)
			rc_buf_putc(&out, '~');
		else if (task->action == RC_ACTION_PRUNE)
			rc_buf_putc(&out, '-');
		else if (task->action == RC_ACTION_KEEP)
			rc_buf_putc(&out, '=');
		rc_buf_puts(&out, task->name ? task->name : task->key.name);
	}
	return rc_buf_take(&out);
}

static void expect(const struct world *world, const char *wanted)
{
	rc_autofree char *got = show(world->plan);

	ck_assert_str_eq(got, wanted);
}

#define OBJECT(version, kind, name, annotations)                           \
	"{apiVersion: " version ", kind: " kind ", metadata: {name: " name \
	", namespace: ns, annotations: {" annotations "}}}\n---\n"
#define WAVE(n)			  "argocd.argoproj.io/sync-wave: '" n "'"
#define HOOK(h)			  "argocd.argoproj.io/hook: " h
#define CONFIG(name, annotations) OBJECT("v1", "ConfigMap", name, annotations)
#define NOTHING			  "{apiVersion: v1, kind: List, items: []}\n"

static const struct rc_plan_options plain = {
	.prune = true, .prune_budget = 100, .name_space = "ns"};

/* ---- order ---- */

/* Argo CD's list; what is not on it comes after all. */
static const char *const kinds[] = {
	"Namespace",
	"NetworkPolicy",
	"ResourceQuota",
	"LimitRange",
	"PodSecurityPolicy",
	"PodDisruptionBudget",
	"ServiceAccount",
	"Secret",
	"SecretList",
	"ConfigMap",
	"StorageClass",
	"PersistentVolume",
	"PersistentVolumeClaim",
	"CustomResourceDefinition",
	"ClusterRole",
	"ClusterRoleList",
	"ClusterRoleBinding",
	"ClusterRoleBindingList",
	"Role",
	"RoleList",
	"RoleBinding",
	"RoleBindingList",
	"Service",
	"DaemonSet",
	"Pod",
	"ReplicationController",
	"ReplicaSet",
	"Deployment",
	"HorizontalPodAutoscaler",
	"StatefulSet",
	"Job",
	"CronJob",
	"IngressClass",
	"Ingress",
	"APIService",
};

START_TEST(test_rank)
{
	ck_assert_uint_eq(RC_ARRAY_SIZE(kinds), 35);
	for (unsigned int i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		ck_assert_uint_eq(rc_plan_rank("whatever", kinds[i]), i + 1);
	ck_assert_uint_eq(rc_plan_rank("", "MyKind"), 36);
	ck_assert_uint_eq(
		rc_plan_rank("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"), 36);
	ck_assert_uint_eq(rc_plan_rank("scheduling.k8s.io", "PriorityClass"), 36);
}
END_TEST

/* The engine's own example of sorting. */
static const char mixed[] = OBJECT("v1", "Pod", "pod", "") OBJECT("v1", "Service", "service", "")
	OBJECT("v1", "PersistentVolume", "volume", "") OBJECT("a.io/v1", "Any", "fail",
							      HOOK("SyncFail"))
		OBJECT("a.io/v1", "Any", "late", WAVE("1")) OBJECT("a.io/v1", "Any", "b", "")
			OBJECT("a.io/v1", "Other", "a", "")
				OBJECT("a.io/v1", "Any", "early", WAVE("-1"))
					OBJECT("a.io/v1", "Any", "pre", HOOK("PreSync"))
						OBJECT("a.io/v1", "Any", "post", HOOK("PostSync"))
							CONFIG("config", "");

START_TEST(test_order)
{
	autoworld world = {0};

	make(&world, mixed, NULL, 0, &plain);
	expect(&world, "pre | early | config volume service pod a b | late | post | fail");
}
END_TEST

static const char hooks[] = OBJECT("batch/v1", "Job", "j2", HOOK("PreSync") ", " WAVE("2"))
	OBJECT("batch/v1", "Job", "j1", HOOK("PreSync") ", " WAVE("-2"))
		OBJECT("batch/v1", "Job", "both", HOOK("'PreSync,PostSync'"))
			OBJECT("batch/v1", "Job", "h",
			       "helm.sh/hook: post-install, helm.sh/hook-weight: '5'")
				OBJECT("batch/v1", "Job", "t", "helm.sh/hook: test")
					OBJECT("batch/v1", "Job", "d", HOOK("PreDelete"))
						CONFIG("config", "");

START_TEST(test_hook_waves)
{
	autoworld world = {0};

	make(&world, hooks, NULL, 0, &plain);
	expect(&world, "j1 | both | j2 | config | both | h");
	ck_assert_int_eq(world.plan->tasks[0].action, RC_ACTION_HOOK);
	ck_assert_int_eq(world.plan->tasks[0].phase, RC_PHASE_PRE_SYNC);
	ck_assert_int_eq(world.plan->tasks[4].phase, RC_PHASE_POST_SYNC);
}
END_TEST

START_TEST(test_no_hooks)
{
	struct rc_plan_options options = plain;
	autoworld world = {0};

	options.no_hooks = true;
	make(&world, OBJECT("batch/v1", "Job", "j", HOOK("PreSync")) CONFIG("config", ""), NULL, 0,
	     &options);
	expect(&world, "config");
}
END_TEST

START_TEST(test_generated_names)
{
	struct rc_plan_options options = plain;
	autoworld world = {0};

	options.revision = "0123456789abcdef0123456789abcdef01234567";
	options.started_unix_s = 1700000000;
	make(&world,
	     "apiVersion: batch/v1\nkind: Job\n"
	     "metadata: {generateName: migrate-, namespace: ns,\n"
	     "  annotations: {argocd.argoproj.io/hook: 'PreSync,PostSync'}}\n",
	     NULL, 0, &options);
	expect(&world, "migrate-0123456-presync-1700000000 | "
		       "migrate-0123456-postsync-1700000000");
}
END_TEST

/* Each goes to the phase and wave of the first that needs it. */
#define SPACE(name, wave)                                          \
	"{apiVersion: v1, kind: Namespace, metadata: {name: " name \
	", annotations: {" WAVE(wave) "}}}\n---\n"
static const char spaces[] = SPACE("one", "1") SPACE("two", "2")
	SPACE("free",
	      "3") "{apiVersion: batch/v1, kind: Job, metadata: {name: job, namespace: one,\n"
		   "  annotations: {" HOOK("PreSync") "}}}\n---\n"
						      "{apiVersion: v1, kind: ConfigMap, metadata: "
						      "{name: config, namespace: two}}\n";

START_TEST(test_promotion)
{
	autoworld world = {0};

	make(&world, spaces, NULL, 0, &plain);
	expect(&world, "one job | two config | free");
	ck_assert_int_eq(world.plan->tasks[0].phase, RC_PHASE_PRE_SYNC);
	ck_assert_int_eq(world.plan->tasks[2].wave, 0);
}
END_TEST

START_TEST(test_definition_promotion)
{
	autoworld world = {0};

	make(&world,
	     OBJECT("argoproj.io/v1", "Workflow", "flow", WAVE("-3"))
		     OBJECT("other.io/v1", "Workflow", "foreign",
			    WAVE("-5")) "apiVersion: apiextensions.k8s.io/v1\nkind: "
					"CustomResourceDefinition\n"
					"metadata: {name: workflows}\n"
					"spec: {group: argoproj.io, names: {kind: Workflow}}\n",
	     NULL, 0, &plain);
	expect(&world, "foreign | workflows flow");
}
END_TEST

START_TEST(test_create_namespace)
{
	struct rc_plan_options options = plain;
	autoworld made = {0}, there = {0}, manifest = {0};

	options.create_namespace = true;
	make(&made, CONFIG("config", WAVE("-9")) OBJECT("batch/v1", "Job", "j", HOOK("PreSync")),
	     NULL, 0, &options);
	expect(&made, "ns | j | config");
	ck_assert_int_eq(made.plan->tasks[0].phase, RC_PHASE_PRE_SYNC);
	ck_assert(made.plan->tasks[0].is_created);
	options.namespace_exists = true;
	make(&there, CONFIG("config", ""), NULL, 0, &options);
	expect(&there, "config");
	options.namespace_exists = false;
	make(&manifest,
	     CONFIG("config", "") "{apiVersion: v1, kind: Namespace, metadata: {name: ns}}\n", NULL,
	     0, &options);
	expect(&manifest, "ns config");
}
END_TEST

/* ---- what is in sync ---- */

START_TEST(test_in_sync)
{
	static const struct live live[] = {{.kind = "ConfigMap", .name = "a", .in_sync = true},
					   {.kind = "ConfigMap", .name = "b"}};
	struct rc_plan_options options = plain;
	autoworld all = {0}, some = {0};

	make(&all, CONFIG("a", "") CONFIG("b", "") CONFIG("c", ""), live, 2, &options);
	expect(&all, "=a b c");
	ck_assert(!all.plan->tasks[1].is_created);
	ck_assert(all.plan->tasks[2].is_created);
	options.only_out_of_sync = true;
	make(&some, CONFIG("a", "") CONFIG("b", "") CONFIG("c", ""), live, 2, &options);
	expect(&some, "b c");
}
END_TEST

/* ---- prunes ---- */

/* The highest wave goes first. */
START_TEST(test_prune_waves)
{
	static const struct live live[] = {{.kind = "ConfigMap", .name = "zero"},
					   {.kind = "ConfigMap", .name = "one", .wave = 1},
					   {.kind = "Secret", .name = "uno", .wave = 1},
					   {.kind = "ConfigMap", .name = "seven", .wave = 7}};
	autoworld world = {0};

	make(&world, NOTHING, live, 4, &plain);
	expect(&world, "-seven | -uno -one | -zero");
	ck_assert_int_eq(world.plan->tasks[0].wave, 0);
	ck_assert_int_eq(world.plan->tasks[3].wave, 7);
	ck_assert_uint_eq(rc_plan_count_prunes(world.plan), 4);
}
END_TEST

/* Of one wave what is pruned comes before what is made. */
START_TEST(test_prunes_come_first)
{
	static const struct live live[] = {{.kind = "Deployment", .name = "old"},
					   {.kind = "ConfigMap", .name = "late", .wave = 2}};
	autoworld world = {0};

	make(&world, CONFIG("config", "") CONFIG("two", WAVE("2")), live, 2, &plain);
	expect(&world, "-late config | -old two");
}
END_TEST

START_TEST(test_prune_last)
{
	static const struct live live[] = {
		{.kind = "ConfigMap", .name = "last", .wave = -4, .prune_last = true},
		{.kind = "ConfigMap", .name = "old"}};
	struct rc_plan_options options = plain;
	autoworld one = {0}, all = {0};

	make(&one, CONFIG("config", "") CONFIG("five", WAVE("5")), live, 2, &options);
	expect(&one, "-old config | five | -last");
	ck_assert_int_eq(one.plan->tasks[3].phase, RC_PHASE_SYNC);
	options.prune_last = true;
	make(&all,
	     CONFIG("config", "") CONFIG("five", WAVE("5"))
		     OBJECT("batch/v1", "Job", "post", HOOK("PostSync")),
	     live, 2, &options);
	expect(&all, "config | five | -last -old | post");
	ck_assert_int_eq(all.plan->tasks[2].wave, 6);
}
END_TEST

/* Skipped is success; it is told why. */
START_TEST(test_prune_is_not_allowed)
{
	static const struct live live[] = {{.kind = "ConfigMap", .name = "no", .no_prune = true},
					   {.kind = "ConfigMap", .name = "ask", .confirm = true},
					   {.kind = "ConfigMap", .name = "old"}};
	struct rc_plan_options options = plain;
	autoworld world = {0}, off = {0};

	make(&world, NOTHING, live, 3, &options);
	expect(&world, "~ask ~no -old");
	ck_assert_ptr_nonnull(strstr(world.plan->tasks[0].message, "confirm"));
	ck_assert_ptr_nonnull(strstr(world.plan->tasks[1].message, "Prune=false"));
	ck_assert_uint_eq(rc_plan_count_prunes(world.plan), 1);
	options.prune = false;
	make(&off, NOTHING, live, 3, &options);
	expect(&off, "~ask ~no ~old");
	ck_assert_uint_eq(rc_plan_count_prunes(off.plan), 0);
}
END_TEST

/* No task at all: what has an owner, definitions, hooks' objects, what Helm is told to keep. */
START_TEST(test_hands_off)
{
	static const struct live live[] = {
		{.kind = "ConfigMap", .name = "owned", .owned = true},
		{.kind = "CustomResourceDefinition", .name = "definition"},
		{.kind = "ConfigMap", .name = "hook", .hook = true},
		{.kind = "ConfigMap", .name = "kept", .kept = true}};
	autoworld world = {0};

	make(&world, NOTHING, live, 4, &plain);
	expect(&world, "");
}
END_TEST

/* Skip takes a resource out of syncs; it is still desired. */
START_TEST(test_skipped_is_not_pruned)
{
	static const struct live live[] = {{.kind = "ConfigMap", .name = "a"},
					   {.kind = "ConfigMap", .name = "b"}};
	autoworld world = {0};

	make(&world, CONFIG("a", HOOK("Skip")), live, 2, &plain);
	expect(&world, "-b");
}
END_TEST

START_TEST(test_next_wave)
{
	static const struct live live[] = {{.kind = "ConfigMap", .name = "old"}};
	autoworld world = {0};

	make(&world,
	     CONFIG("a", "") CONFIG("b", "") CONFIG("c", WAVE("1"))
		     OBJECT("batch/v1", "Job", "post", HOOK("PostSync")),
	     live, 1, &plain);
	expect(&world, "-old a b | c | post");
	ck_assert_uint_eq(rc_plan_next_wave(world.plan, 0), 3);
	ck_assert_uint_eq(rc_plan_next_wave(world.plan, 3), 4);
	ck_assert_uint_eq(rc_plan_next_wave(world.plan, 4), 5);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("plan");
	TCase *tcase = tcase_create("plan");

	tcase_add_test(tcase, test_rank);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_hook_waves);
	tcase_add_test(tcase, test_no_hooks);
	tcase_add_test(tcase, test_generated_names);
	tcase_add_test(tcase, test_promotion);
	tcase_add_test(tcase, test_definition_promotion);
	tcase_add_test(tcase, test_create_namespace);
	tcase_add_test(tcase, test_in_sync);
	tcase_add_test(tcase, test_prune_waves);
	tcase_add_test(tcase, test_prunes_come_first);
	tcase_add_test(tcase, test_prune_last);
	tcase_add_test(tcase, test_prune_is_not_allowed);
	tcase_add_test(tcase, test_hands_off);
	tcase_add_test(tcase, test_skipped_is_not_pruned);
	tcase_add_test(tcase, test_next_wave);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
