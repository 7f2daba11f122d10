/* Which workloads follow a Secret: Reloader's annotations, in the order of their weight. */
#include "support/check.h"

#include "base/memory.h"
#include "sample.h"
#include "secrets/reload.h"

static const struct {
	const char *name, *notes, *template_notes, *secret_notes;
	bool uses, wants;
} cases[] = {
	{"says nothing, uses it", "{}", "{}", "{}", true, true},
	{"says nothing, does not use it", "{}", "{}", "{}", false, false},
	{"auto", "{reloader.stakater.com/auto: 'true'}", "{}", "{}", true, true},
	{"auto, does not use it", "{reloader.stakater.com/auto: 'true'}", "{}", "{}", false, false},
	{"auto false", "{reloader.stakater.com/auto: 'false'}", "{}", "{}", true, false},
	{"typed auto", "{secret.reloader.stakater.com/auto: 'true'}", "{}", "{}", true, true},
	{"typed false", "{secret.reloader.stakater.com/auto: 'false'}", "{}", "{}", true, false},
	{"auto of the pod template", "{}", "{reloader.stakater.com/auto: 'false'}", "{}", true,
	 false},
	{"its own come first", "{reloader.stakater.com/auto: 'true'}",
	 "{reloader.stakater.com/auto: 'false'}", "{}", true, true},
	{"listed, not used", "{secret.reloader.stakater.com/reload: 'x, app'}", "{}", "{}", false,
	 true},
	{"listed by a pattern", "{secret.reloader.stakater.com/reload: 'a.*'}", "{}", "{}", false,
	 true},
	{"a pattern fits the whole name", "{secret.reloader.stakater.com/reload: 'ap'}", "{}", "{}",
	 true, false},
	{"others are listed", "{secret.reloader.stakater.com/reload: other}", "{}", "{}", true,
	 false},
	{"others are listed, and auto",
	 "{secret.reloader.stakater.com/reload: other, reloader.stakater.com/auto: 'true'}", "{}",
	 "{}", true, true},
	{"a list that is no pattern", "{secret.reloader.stakater.com/reload: '(,app'}", "{}", "{}",
	 false, true},
	{"search, not tagged", "{reloader.stakater.com/search: 'true'}", "{}", "{}", true, false},
	{"search and match", "{reloader.stakater.com/search: 'true'}", "{}",
	 "{reloader.stakater.com/match: 'true'}", true, true},
	{"search and match, not used", "{reloader.stakater.com/search: 'true'}", "{}",
	 "{reloader.stakater.com/match: 'true'}", false, false},
	{"excluded",
	 "{secrets.exclude.reloader.stakater.com/reload: 'b,app', reloader.stakater.com/auto: "
	 "'true'}",
	 "{}", "{}", true, false},
	{"another is excluded", "{secrets.exclude.reloader.stakater.com/reload: apps}", "{}", "{}",
	 true, true},
	{"an exclusion is no pattern", "{secrets.exclude.reloader.stakater.com/reload: 'a.*'}",
	 "{}", "{}", true, true},
	{"excluded goes before listed",
	 "{secrets.exclude.reloader.stakater.com/reload: app, "
	 "secret.reloader.stakater.com/reload: app}",
	 "{}", "{}", true, false},
	{"ignored goes before all", "{secret.reloader.stakater.com/reload: app}", "{}",
	 "{reloader.stakater.com/ignore: 'true'}", true, false},
};

START_TEST(test_wants)
{
	rc_autofree char *text = rc_asprintf(
		"{metadata: {annotations: %s}, spec: {template: {metadata: {annotations: %s}, "
		"spec: {containers: [{envFrom: [{secretRef: {name: %s}}]}]}}}}",
		cases[_i].notes, cases[_i].template_notes, cases[_i].uses ? "app" : "none");
	json_auto_t *workload = sample_read(text), *notes = sample_read(cases[_i].secret_notes);

	ck_assert_msg(rc_secrets_reload_wants(workload, "Secret", "app", notes, true) ==
			      cases[_i].wants,
		      "%s", cases[_i].name);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("reload");
	TCase *tcase = tcase_create("annotations");

	tcase_add_loop_test(tcase, test_wants, 0, RC_ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
