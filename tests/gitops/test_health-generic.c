/* Health of kinds without a rule: what controllers agree to write, as kstatus reads it. */
#include "support/check.h"

#include <string.h>

#include "base/memory.h"
#include "gitops/health.h"
#include "gitops/manifest.h"

static const struct {
	const char *status; /* of an object of generation 2 */
	enum rc_health health;
	const char *message; /* a part of it, or NULL */
} cases[] = {
	{"{}", RC_HEALTH_NONE, NULL},
	{"{phase: Broken}", RC_HEALTH_NONE, NULL},
	{"{observedGeneration: 2}", RC_HEALTH_NONE, NULL},
	{"{observedGeneration: 1}", RC_HEALTH_PROGRESSING, "not looked at"},
	{"{observedGeneration: 1, conditions: [{type: Ready, status: 'True'}]}",
	 RC_HEALTH_PROGRESSING, "not looked at"},
	{"{conditions: [{type: Ready, status: 'True'}]}", RC_HEALTH_HEALTHY, NULL},
	{"{conditions: [{type: Ready, status: 'False', message: soon}]}", RC_HEALTH_PROGRESSING,
	 "soon"},
	{"{conditions: [{type: Ready, status: Unknown}]}", RC_HEALTH_PROGRESSING, NULL},
	{"{conditions: [{type: Ready, status: 'True'}, {type: Reconciling, status: 'True', "
	 "message: busy}]}",
	 RC_HEALTH_PROGRESSING, "busy"},
	{"{conditions: [{type: Ready, status: 'True'}, {type: Stalled, status: 'True', message: "
	 "no way}]}",
	 RC_HEALTH_DEGRADED, "no way"},
	{"{conditions: [{type: Ready, status: 'True'}, {type: Stalled, status: 'False'}]}",
	 RC_HEALTH_HEALTHY, NULL},
};

START_TEST(test_generic)
{
	json_auto_t *object = manifest_format("apiVersion: example.io/v1\nkind: Thing\n"
					      "metadata: {name: x, generation: 2}\nstatus: %s\n",
					      cases[_i].status);
	rc_autofree char *message = NULL, *trimmed = NULL;
	enum rc_health health = rc_health_assess(object, &message);

	ck_assert_msg(health == cases[_i].health, "%s: %s", cases[_i].status,
		      rc_health_to_string(health));
	if (cases[_i].message)
		ck_assert_msg(message && strstr(message, cases[_i].message), "%s: %s",
			      cases[_i].status, message ? message : "");
	/* What is kept in memory is enough for the same verdict. */
	rc_health_trim(object);
	ck_assert_int_eq(rc_health_assess(object, &trimmed), health);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/health-generic");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, test_generic, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
