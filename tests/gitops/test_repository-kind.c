/* What a source's URL tells of a repository that nobody listed. */
#include "support/check.h"

#include "base/memory.h"
#include "gitops/repository.h"

static const struct {
	const char *url, *chart, *type; /* NULL: it has to be listed */
} guesses[] = {
	{"https://git.example.com/apps", NULL, "git"},
	{"http://git.example.com/apps.git", NULL, "git"},
	{"https://charts.example.com/stable", "web", "helm"},
	{"oci://registry.example.com/charts", "web", "oci"},
	{"oci://registry.example.com/charts/web", NULL, "oci"},
	{"registry.example.com/charts", "web", "oci"},
	/* Of Git without a scheme: a path of this host, or ssh. */
	{"registry.example.com/charts", NULL, NULL},
	{"/srv/git/apps", NULL, NULL},
	{"file:///srv/git/apps", NULL, NULL},
	{"file:///srv/charts", "web", NULL},
	{"git@git.example.com:apps", NULL, NULL},
	{"ssh://git@git.example.com/apps", NULL, NULL},
	{"ssh://git.example.com/apps", NULL, NULL},
	{"https://me:secret@git.example.com/apps", NULL, NULL},
	{"https://me@charts.example.com", "web", NULL},
	{"<GITOPS_REPO_URL>", NULL, NULL},
	{"charts", "web", NULL},
};

START_TEST(test_guess)
{
	const char *type = rc_repository_guess_type(guesses[_i].url, guesses[_i].chart);

	ck_assert_pstr_eq(type, guesses[_i].type);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/repository-kind");
	TCase *tcase = tcase_create("guess");

	tcase_add_loop_test(tcase, test_guess, 0, RC_ARRAY_SIZE(guesses));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
