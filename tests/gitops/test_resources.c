/* How the rows of an application add up: out of sync or not, its health, what a plan is given. */
#include "support/check.h"

#include <string.h>

#include "data/json.h"
#include "gitops/resources.h"

#define ROWS_MAX 6

static struct rc_desired_item item; /* any; that there is one is what counts */

enum flag { IGNORE_HEALTH = 1, IGNORE_EXTRANEOUS = 2, OWNED = 4, KEPT = 8, NO_PRUNE = 16 };

struct row {
	const char *kind, *name;
	enum rc_comparison comparison;
	enum rc_health health;
	const char *message;
	unsigned int flags;
};

struct sum {
	const char *name;
	struct row rows[ROWS_MAX];
	size_t n_out_of_sync, n_extras, n_unknown;
	enum rc_health health;
	const char *message; /* a part, or NULL for none */
};

#define IN_SYNC	 RC_COMPARISON_IN_SYNC
#define MODIFIED RC_COMPARISON_MODIFIED
#define MISSING	 RC_COMPARISON_MISSING
#define EXTRA	 RC_COMPARISON_EXTRA
#define UNKNOWN	 RC_COMPARISON_UNKNOWN

static const struct sum sums[] = {
	{"nothing at all",
	 {{NULL, NULL, IN_SYNC, RC_HEALTH_NONE, NULL, 0}},
	 0,
	 0,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	{"all is well",
	 {{"Deployment", "a", IN_SYNC, RC_HEALTH_HEALTHY, NULL, 0},
	  {"ConfigMap", "b", IN_SYNC, RC_HEALTH_NONE, NULL, 0}},
	 0,
	 0,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	{"kinds without a rule alone",
	 {{"ConfigMap", "b", MODIFIED, RC_HEALTH_NONE, NULL, 0}},
	 1,
	 0,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	{"the worst counts, and says why",
	 {{"Deployment", "a", IN_SYNC, RC_HEALTH_PROGRESSING, "1 of 2", 0},
	  {"Job", "b", IN_SYNC, RC_HEALTH_DEGRADED, "it failed", 0},
	  {"Deployment", "c", IN_SYNC, RC_HEALTH_SUSPENDED, "paused", 0}},
	 0,
	 0,
	 0,
	 RC_HEALTH_DEGRADED,
	 "Job b: it failed"},
	{"suspended is worse than healthy only",
	 {{"Deployment", "a", IN_SYNC, RC_HEALTH_HEALTHY, NULL, 0},
	  {"Deployment", "c", IN_SYNC, RC_HEALTH_SUSPENDED, "paused", 0}},
	 0,
	 0,
	 0,
	 RC_HEALTH_SUSPENDED,
	 "Deployment c: paused"},
	{"told not to look",
	 {{"Deployment", "a", IN_SYNC, RC_HEALTH_HEALTHY, NULL, 0},
	  {"Job", "b", IN_SYNC, RC_HEALTH_DEGRADED, "it failed", IGNORE_HEALTH}},
	 0,
	 0,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	/* OutOfSync says it; since 3.4 health does not. */
	{"one is missing",
	 {{"Deployment", "a", IN_SYNC, RC_HEALTH_HEALTHY, NULL, 0},
	  {"Deployment", "b", MISSING, RC_HEALTH_MISSING, NULL, 0}},
	 1,
	 0,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	{"all are missing",
	 {{"Deployment", "a", MISSING, RC_HEALTH_MISSING, NULL, 0},
	  {"ConfigMap", "b", MISSING, RC_HEALTH_MISSING, NULL, 0}},
	 2,
	 0,
	 0,
	 RC_HEALTH_MISSING,
	 "none"},
	{"extras",
	 {{"ConfigMap", "a", EXTRA, RC_HEALTH_NONE, NULL, 0},
	  {"ConfigMap", "b", EXTRA, RC_HEALTH_NONE, NULL, IGNORE_EXTRANEOUS},
	  {"ConfigMap", "c", EXTRA, RC_HEALTH_NONE, NULL, OWNED},
	  {"ConfigMap", "d", EXTRA, RC_HEALTH_NONE, NULL, KEPT},
	  {"CustomResourceDefinition", "e", EXTRA, RC_HEALTH_NONE, NULL, 0}},
	 1,
	 1,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	{"what no sync prunes is told nevertheless",
	 {{"ConfigMap", "a", EXTRA, RC_HEALTH_NONE, NULL, NO_PRUNE},
	  {"ConfigMap", "b", IN_SYNC, RC_HEALTH_NONE, NULL, 0}},
	 0,
	 0,
	 0,
	 RC_HEALTH_HEALTHY,
	 NULL},
	{"not known yet is not out of sync",
	 {{"ConfigMap", "a", UNKNOWN, RC_HEALTH_NONE, NULL, 0},
	  {"ConfigMap", "b", MODIFIED, RC_HEALTH_NONE, NULL, 0}},
	 1,
	 0,
	 1,
	 RC_HEALTH_HEALTHY,
	 NULL},
};

struct made {
	struct rc_resources resources;
	struct rc_kube_key keys[ROWS_MAX];
	struct rc_resource rows[ROWS_MAX];
};

static void make(struct made *made, const struct row *rows)
{
	made->resources = (struct rc_resources){.rows = made->rows};
	for (size_t i = 0; i < ROWS_MAX && rows[i].kind; i++) {
		made->keys[i] = (struct rc_kube_key){"", rows[i].kind, "ns", rows[i].name};
		made->rows[i] = (struct rc_resource){
			.key = &made->keys[i],
			.item = rows[i].comparison == EXTRA ? NULL : &item,
			.traits = {.wave = 3,
				   .ignore_health = rows[i].flags & IGNORE_HEALTH,
				   .ignore_extraneous = rows[i].flags & IGNORE_EXTRANEOUS,
				   .is_kept = rows[i].flags & KEPT,
				   .no_prune = rows[i].flags & NO_PRUNE},
			.comparison = rows[i].comparison,
			.health = rows[i].health,
			.message = (char *)(uintptr_t)rows[i].message,
			.is_owned = rows[i].flags & OWNED,
		};
		made->resources.n++;
	}
}

/* As Argo CD tells it: what is live and desired no more counts, pruned or not. */
static const struct {
	const char *name;
	unsigned int flags;
	size_t n_shown;
} extras[] = {
	{"any", 0, 1},
	{"Prune=false", NO_PRUNE, 1},
	{"resource-policy: keep", KEPT, 1},
	{"IgnoreExtraneous", IGNORE_EXTRANEOUS, 0},
	{"IgnoreExtraneous of what is not pruned", IGNORE_EXTRANEOUS | NO_PRUNE, 0},
	{"an owner's", OWNED, 0},
};

START_TEST(test_shown_extra)
{
	const struct row rows[ROWS_MAX] = {
		{"ConfigMap", "a", EXTRA, RC_HEALTH_NONE, NULL, extras[_i].flags}};
	struct rc_resources_count count;
	struct made made;

	make(&made, rows);
	count = rc_resources_count(&made.resources);
	ck_assert_msg(count.n_shown_out_of_sync == extras[_i].n_shown, "%s: %zu", extras[_i].name,
		      count.n_shown_out_of_sync);
	ck_assert_msg(rc_resources_requires_pruning(&made.rows[0]) == (extras[_i].n_shown == 1),
		      "%s", extras[_i].name);
}
END_TEST

START_TEST(test_sum)
{
	const struct sum *sum = &sums[_i];
	struct made made;
	struct rc_resources_count count;
	rc_autofree char *message = NULL;
	enum rc_health health;

	make(&made, sum->rows);
	count = rc_resources_count(&made.resources);
	ck_assert_msg(count.n_out_of_sync == sum->n_out_of_sync, "%s: %zu out of sync", sum->name,
		      count.n_out_of_sync);
	ck_assert_msg(count.n_extras == sum->n_extras, "%s: %zu extras", sum->name, count.n_extras);
	ck_assert_msg(count.n_unknown == sum->n_unknown, "%s: %zu unknown", sum->name,
		      count.n_unknown);
	health = rc_resources_assess(&made.resources, &message);
	ck_assert_msg(health == sum->health, "%s: %s", sum->name, rc_health_to_string(health));
	ck_assert_msg((message != NULL) == (sum->message != NULL), "%s: %s", sum->name,
		      message ? message : "no message");
	ck_assert_msg(!message || strstr(message, sum->message), "%s: %s", sum->name, message);
}
END_TEST

/* Three causes at most. */
START_TEST(test_causes)
{
	static const struct row rows[ROWS_MAX] = {
		{"Job", "a", IN_SYNC, RC_HEALTH_DEGRADED, "x", 0},
		{"Job", "b", IN_SYNC, RC_HEALTH_DEGRADED, "x", 0},
		{"Job", "c", IN_SYNC, RC_HEALTH_DEGRADED, NULL, 0},
		{"Job", "d", IN_SYNC, RC_HEALTH_DEGRADED, "x", 0},
	};
	struct made made;
	rc_autofree char *message = NULL;

	make(&made, rows);
	rc_resources_assess(&made.resources, &message);
	ck_assert_str_eq(message, "Job a: x; Job b: x; Job c: Degraded");
}
END_TEST

START_TEST(test_list_live)
{
	static const struct row rows[ROWS_MAX] = {
		{"ConfigMap", "a", IN_SYNC, RC_HEALTH_NONE, NULL, 0},
		{"ConfigMap", "b", MISSING, RC_HEALTH_MISSING, NULL, 0},
		{"ConfigMap", "c", UNKNOWN, RC_HEALTH_NONE, NULL, 0},
		{"ConfigMap", "d", EXTRA, RC_HEALTH_NONE, NULL, OWNED},
	};
	struct made made;
	rc_autofree struct rc_plan_live *live = NULL;
	size_t n;

	make(&made, rows);
	live = rc_resources_list_live(&made.resources, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(live[0].key.name, "a");
	ck_assert(live[0].is_in_sync && !live[1].is_in_sync && !live[2].is_in_sync);
	ck_assert_str_eq(live[1].key.name, "c");
	ck_assert_int_eq(live[1].wave, 3);
	ck_assert(live[2].is_owned && !live[0].is_owned);
}
END_TEST

START_TEST(test_describe)
{
	static const struct row rows[ROWS_MAX] = {
		{"Job", "a", IN_SYNC, RC_HEALTH_DEGRADED, "why", 0},
		{"ConfigMap", "b", EXTRA, RC_HEALTH_NONE, NULL, 0},
		{"ConfigMap", "c", MISSING, RC_HEALTH_MISSING, NULL, 0},
		{"ConfigMap", "d", UNKNOWN, RC_HEALTH_NONE, NULL, 0},
	};
	static const char wanted[] =
		"[{\"group\":\"\",\"kind\":\"Job\",\"namespace\":\"ns\",\"name\":\"a\","
		"\"syncWave\":3,\"status\":\"Synced\","
		"\"health\":{\"status\":\"Degraded\",\"message\":\"why\"}},"
		"{\"group\":\"\",\"kind\":\"ConfigMap\",\"namespace\":\"ns\",\"name\":\"b\","
		"\"syncWave\":3,\"status\":\"OutOfSync\",\"requiresPruning\":true},"
		"{\"group\":\"\",\"kind\":\"ConfigMap\",\"namespace\":\"ns\",\"name\":\"c\","
		"\"syncWave\":3,\"status\":\"OutOfSync\",\"health\":{\"status\":\"Missing\"}},"
		"{\"group\":\"\",\"kind\":\"ConfigMap\",\"namespace\":\"ns\",\"name\":\"d\","
		"\"syncWave\":3,\"status\":\"Unknown\"}]";
	struct made made;
	json_auto_t *described = NULL, *json = json_loads(wanted, 0, NULL);

	make(&made, rows);
	described = rc_resources_describe(&made.resources);
	ck_assert_ptr_nonnull(json);
	ck_assert(json_equal(described, json));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("resources");
	TCase *tcase = tcase_create("resources");

	tcase_add_loop_test(tcase, test_shown_extra, 0, (int)RC_ARRAY_SIZE(extras));
	tcase_add_loop_test(tcase, test_sum, 0, RC_ARRAY_SIZE(sums));
	tcase_add_test(tcase, test_causes);
	tcase_add_test(tcase, test_list_live);
	tcase_add_test(tcase, test_describe);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
