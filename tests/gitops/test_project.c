/* AppProjects: one row per rule and what it says no to, in Argo CD's words; and what is refused. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "gitops/manifest.h"
#include "gitops/project.h"

#define HEAD                                 \
	"apiVersion: argoproj.io/v1alpha1\n" \
	"kind: AppProject\n"                 \
	"metadata: {name: team}\n"           \
	"spec:\n"

static struct rc_project *parse(const char *spec)
{
	rc_autofree char *text = rc_asprintf(HEAD "%s", spec);
	json_auto_t *manifest = manifest_read(text);
	struct rc_project *project = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_project_parse(manifest, "p.yaml", &project, &err), err);
	return project;
}

#define autoproject rc_cleanup(rc_project_freep) struct rc_project

/* ---- sourceRepos ---- */

static const struct {
	const char *repos, *url;
	bool is_allowed;
} sources[] = {
	{"[]", "https://git.example/a", false},
	{"['*']", "https://git.example/a", true},
	{"['https://git.example/a']", "https://git.example/a", true},
	{"['https://git.example/a']", "https://git.example/b", false},
	/* ".git" and upper case play no part. */
	{"['https://git.example/A.git']", "https://GIT.example/a", true},
	{"['git@git.example:team/a.git']", "ssh://git@git.example/team/a", true},
	{"['git@git.example:team/a.git']", "https://git.example/team/a", false},
	/* A star stops at a slash, two do not. */
	{"['https://git.example/*']", "https://git.example/a", true},
	{"['https://git.example/*']", "https://git.example/team/a", false},
	{"['https://git.example/**']", "https://git.example/team/a", true},
	{"['https://git.example/{a,b}']", "https://git.example/b", true},
	/* What is denied stays so whatever else allows it. */
	{"['*', '!https://git.example/secret']", "https://git.example/secret", false},
	{"['!https://git.example/secret', '*']", "https://git.example/secret", false},
	{"['*', '!https://git.example/secret']", "https://git.example/a", true},
	/* A denial alone allows all others. */
	{"['!https://git.example/secret']", "https://git.example/a", true},
};

START_TEST(source)
{
	rc_autofree char *spec = rc_asprintf("  sourceRepos: %s\n", sources[_i].repos);
	autoproject *project = parse(spec);

	ck_assert_int_eq(rc_project_allows_source(project, sources[_i].url),
			 sources[_i].is_allowed);
}
END_TEST

/* ---- destinations ---- */

static const struct {
	const char *destinations, *name, *server, *name_space;
	bool is_allowed;
} destinations[] = {
	{"[]", "prod", "https://k", "shop", false},
	{"[{server: '*', namespace: '*'}]", "prod", "https://k", "shop", true},
	{"[{name: prod, namespace: shop}]", "prod", "https://k", "shop", true},
	{"[{name: prod, namespace: shop}]", "test", "https://k", "shop", false},
	{"[{name: prod, namespace: shop}]", "prod", "https://k", "other", false},
	{"[{server: 'https://k', namespace: shop}]", "prod", "https://k", "shop", true},
	{"[{server: 'https://k', namespace: shop}]", "prod", "https://l", "shop", false},
	{"[{name: 'pr*', namespace: 'shop-*'}]", "prod", "https://k", "shop-eu", true},
	{"[{name: 'pr*', namespace: 'shop-*'}]", "prod", "https://k", "shop", false},
	{"[{server: '*', namespace: '!kube-system'}]", "prod", "https://k", "kube-system", false},
	{"[{server: '*', namespace: '!kube-system'}]", "prod", "https://k", "shop", true},
	{"[{server: '*', namespace: '*'}, {server: '*', namespace: '!kube-*'}]", "prod",
	 "https://k", "kube-system", false},
	{"[{server: '*', namespace: '*'}, {server: '!https://k', namespace: '*'}]", "prod",
	 "https://k", "shop", false},
	{"[{server: '*', namespace: '*'}, {server: '!https://k', namespace: '*'}]", "prod",
	 "https://l", "shop", true},
	{"[{name: '*', namespace: '*'}, {name: '!prod', namespace: '*'}]", "prod", "https://k",
	 "shop", false},
	{"[{server: '*', namespace: '*'}]", NULL, NULL, "shop", false},
};

START_TEST(destination)
{
	rc_autofree char *spec = rc_asprintf("  destinations: %s\n", destinations[_i].destinations);
	autoproject *project = parse(spec);
	struct rc_project_cluster cluster = {destinations[_i].name, destinations[_i].server};

	ck_assert_int_eq(
		rc_project_allows_destination(project, &cluster, destinations[_i].name_space),
		destinations[_i].is_allowed);
}
END_TEST

/* ---- kinds ---- */

static const struct {
	const char *spec, *group, *kind, *name;
	bool is_namespaced, is_allowed;
} kinds[] = {
	/* Of cluster-scoped kinds none is allowed by itself, of namespaced ones all are. */
	{"", "", "Namespace", "a", false, false},
	{"", "", "Secret", "a", true, true},
	{"  clusterResourceWhitelist: [{group: '', kind: Namespace}]\n", "", "Namespace", "a",
	 false, true},
	{"  clusterResourceWhitelist: [{group: '', kind: Namespace}]\n",
	 "rbac.authorization.k8s.io", "ClusterRole", "a", false, false},
	{"  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n", "rbac.authorization.k8s.io",
	 "ClusterRole", "a", false, true},
	{"  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n"
	 "  clusterResourceBlacklist: [{group: '*.k8s.io', kind: 'Cluster*'}]\n",
	 "rbac.authorization.k8s.io", "ClusterRole", "a", false, false},
	{"  clusterResourceWhitelist: [{group: '', kind: Namespace, name: 'team-*'}]\n", "",
	 "Namespace", "team-a", false, true},
	{"  clusterResourceWhitelist: [{group: '', kind: Namespace, name: 'team-*'}]\n", "",
	 "Namespace", "kube-system", false, false},
	{"  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n"
	 "  clusterResourceBlacklist: [{group: '', kind: Namespace, name: kube-system}]\n",
	 "", "Namespace", "kube-system", false, false},
	{"  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n"
	 "  clusterResourceBlacklist: [{group: '', kind: Namespace, name: kube-system}]\n",
	 "", "Namespace", "a", false, true},
	{"  namespaceResourceBlacklist: [{group: '', kind: Secret}]\n", "", "Secret", "a", true,
	 false},
	{"  namespaceResourceBlacklist: [{group: '', kind: Secret}]\n", "apps", "Deployment", "a",
	 true, true},
	{"  namespaceResourceWhitelist: [{group: apps, kind: '*'}]\n", "apps", "Deployment", "a",
	 true, true},
	{"  namespaceResourceWhitelist: [{group: apps, kind: '*'}]\n", "", "Secret", "a", true,
	 false},
	/* A list that is there and empty allows none. */
	{"  namespaceResourceWhitelist: []\n", "", "Secret", "a", true, false},
	{"  namespaceResourceWhitelist: [{group: '*', kind: '*'}]\n"
	 "  namespaceResourceBlacklist: [{group: '', kind: 'Se*'}]\n",
	 "", "Secret", "a", true, false},
};

START_TEST(kind)
{
	autoproject *project = parse(*kinds[_i].spec ? kinds[_i].spec : "  roles: []\n");

	ck_assert_int_eq(rc_project_allows_kind(project, kinds[_i].group, kinds[_i].kind,
						kinds[_i].name, kinds[_i].is_namespaced),
			 kinds[_i].is_allowed);
}
END_TEST

/* ---- sourceNamespaces ---- */

static const struct {
	const char *namespaces, *name_space;
	bool is_allowed;
} namespaces[] = {
	{"[]", "argocd", true}, /* the control namespace */
	{"[]", "", true},
	{"[]", "team-a", false},
	{"[team-a]", "team-a", true},
	{"['team-*']", "team-a", true},
	{"['team-*']", "other", false},
	{"['/^team-[ab]$/']", "team-b", true},
	{"['/^team-[ab]$/']", "team-c", false},
};

START_TEST(app_namespace)
{
	rc_autofree char *spec = rc_asprintf("  sourceNamespaces: %s\n", namespaces[_i].namespaces);
	autoproject *project = parse(spec);

	ck_assert_int_eq(
		rc_project_allows_app_namespace(project, namespaces[_i].name_space, "argocd"),
		namespaces[_i].is_allowed);
}
END_TEST

/* ---- orphanedResources ---- */

static const struct {
	const char *ignore, *group, *kind, *name_space, *name;
	bool is_ignored;
} orphans[] = {
	{"[]", "", "Secret", "shop", "a", false},
	/* What every namespace has of itself. */
	{"[]", "", "ServiceAccount", "shop", "default", true},
	{"[]", "", "ServiceAccount", "shop", "other", false},
	{"[]", "example.io", "ServiceAccount", "shop", "default", false},
	{"[]", "", "ConfigMap", "shop", "kube-root-ca.crt", true},
	{"[]", "", "Service", "default", "kubernetes", true},
	{"[]", "", "Service", "shop", "kubernetes", false},
	{"[{kind: Secret}]", "", "Secret", "shop", "a", true},
	{"[{kind: Secret}]", "", "ConfigMap", "shop", "a", false},
	{"[{kind: Secret, name: 'sh.helm.*'}]", "", "Secret", "shop", "sh.helm.release.v1", true},
	{"[{kind: Secret, name: 'sh.helm.*'}]", "", "Secret", "shop", "a", false},
	/* A group that is not said is the core's. */
	{"[{kind: '*'}]", "apps", "Deployment", "shop", "a", false},
	{"[{group: apps}]", "apps", "Deployment", "shop", "a", true},
	{"[{group: '*', name: a}]", "apps", "Deployment", "shop", "a", true},
};

START_TEST(orphan)
{
	rc_autofree char *spec =
		rc_asprintf("  orphanedResources: {warn: true, ignore: %s}\n", orphans[_i].ignore);
	autoproject *project = parse(spec);

	ck_assert(project->orphaned.on && project->orphaned.warn);
	ck_assert_int_eq(rc_project_ignores_orphan(project, orphans[_i].group, orphans[_i].kind,
						   orphans[_i].name_space, orphans[_i].name),
			 orphans[_i].is_ignored);
}
END_TEST

/* ---- an application as a whole, in words ---- */

#define ALL "  sourceRepos: ['*']\n  destinations: [{server: '*', namespace: '*'}]\n"

static const struct {
	const char *spec, *error; /* NULL: allowed */
} wholes[] = {
	{ALL, NULL},
	{"  destinations: [{server: '*', namespace: '*'}]\n",
	 "application repo https://git.example/a.git is not permitted in project 'team'"},
	{"  sourceRepos: ['*']\n",
	 "application destination server 'prod' and namespace 'shop' do not match any of the "
	 "allowed destinations in project 'team'"},
	{"  sourceRepos: []\n", "is not permitted in project 'team'; application destination"},
	{ALL "  signatureKeys: [{keyID: A}]\n", "spec.signatureKeys, which is not supported"},
	{ALL "  signatureKeys: []\n", NULL},
	{ALL "  sourceIntegrity: {git: {}}\n", "spec.sourceIntegrity, which is not supported"},
	{ALL "  destinationServiceAccounts: [{server: a}]\n",
	 "spec.destinationServiceAccounts, which is not supported"},
	{ALL "  permitOnlyProjectScopedClusters: true\n",
	 "spec.permitOnlyProjectScopedClusters, which is not supported"},
	{ALL "  permitOnlyProjectScopedClusters: false\n", NULL},
	{ALL "  roles: [{name: admin, policies: []}]\n  description: of the team\n", NULL},
};

START_TEST(whole)
{
	json_auto_t *manifest =
		manifest_read("apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
			      "metadata: {name: shop}\nspec:\n"
			      "  destination: {name: prod, namespace: shop}\n"
			      "  source: {repoURL: 'https://git.example/a.git', path: deploy}\n");
	struct rc_application *application = NULL;
	autoproject *project = parse(wholes[_i].spec);
	struct rc_project_cluster cluster = {"prod", "https://k"};
	struct rc_error *err = NULL;
	int r;

	rc_check_ok(rc_application_parse(manifest, "a.yaml", &application, &err), err);
	r = rc_project_check(project, application, &cluster, &err);
	if (wholes[_i].error)
		rc_check_fails(r, -EACCES, err, wholes[_i].error);
	else
		rc_check_ok(r, err);
	rc_application_free(application);
}
END_TEST

static const struct {
	const char *spec, *group, *kind, *name_space, *error;
} objects[] = {
	{ALL, "", "Secret", "shop", NULL},
	{ALL, "", "Namespace", "", "resource :Namespace is not permitted in project team"},
	{ALL "  namespaceResourceBlacklist: [{group: apps, kind: Deployment}]\n", "apps",
	 "Deployment", "shop", "resource apps:Deployment is not permitted in project team"},
	{"  destinations: [{server: '*', namespace: shop}]\n", "", "Secret", "kube-system",
	 "namespace kube-system is not permitted in project 'team'"},
	{"  destinations: []\n  clusterResourceWhitelist: [{group: '*', kind: '*'}]\n", "",
	 "Namespace", "", NULL},
};

START_TEST(one_object)
{
	autoproject *project = parse(objects[_i].spec);
	struct rc_project_cluster cluster = {"prod", "https://k"};
	struct rc_error *err = NULL;
	int r = rc_project_check_object(project, &cluster, objects[_i].group, objects[_i].kind,
					objects[_i].name_space, "a", &err);

	if (objects[_i].error)
		rc_check_fails(r, -EACCES, err, objects[_i].error);
	else
		rc_check_ok(r, err);
}
END_TEST

/* The project that nobody defines allows what Argo CD's own one does. */
START_TEST(default_project)
{
	autoproject *project = rc_project_new_default();
	struct rc_project_cluster cluster = {"prod", "https://k"};

	ck_assert_str_eq(project->name, "default");
	ck_assert(rc_project_allows_source(project, "https://git.example/team/a"));
	ck_assert(rc_project_allows_destination(project, &cluster, "kube-system"));
	ck_assert(rc_project_allows_kind(project, "", "Namespace", "a", false));
	ck_assert(rc_project_allows_kind(project, "apps", "Deployment", "a", true));
	ck_assert(!project->orphaned.on && !project->refusal);
}
END_TEST

/* ---- mistakes ---- */

static const struct {
	const char *text, *error;
} mistakes[] = {
	{"kind: Application\napiVersion: argoproj.io/v1alpha1\n", "an AppProject of"},
	{"kind: AppProject\napiVersion: argoproj.io/v1alpha1\nmetadata: {}\n",
	 "p.yaml: project '': metadata.name is missing"},
	{HEAD "  sourceRepo: []\n", "spec.sourceRepo: there is no such field; did you mean "
				    "'sourceRepos'?"},
	{HEAD "  sourceRepos: x\n", "spec.sourceRepos: a list is wanted, found text"},
	{HEAD "  sourceRepos: [1]\n", "spec.sourceRepos[0]: text is wanted, found a number"},
	{HEAD "  sourceRepos: ['[a']\n", "spec.sourceRepos: pattern '[a'"},
	{HEAD "  destinations: [{servers: x}]\n",
	 "spec.destinations[0].servers: there is no such field; did you mean 'server'?"},
	{HEAD "  destinations: [{namespace: '{a'}]\n", "spec.destinations[0]: pattern '{a'"},
	{HEAD "  namespaceResourceWhitelist: [{group: a, kind: b, name: c}]\n",
	 "spec.namespaceResourceWhitelist[0].name: only cluster-scoped kinds take names"},
	{HEAD "  clusterResourceWhitelist: [{groups: a}]\n",
	 "spec.clusterResourceWhitelist[0].groups: there is no such field"},
	{HEAD "  orphanedResources: true\n",
	 "spec.orphanedResources: a mapping is wanted, found a boolean"},
	{HEAD "  orphanedResources: {warn: 1}\n", "warn: true or false is wanted"},
	{HEAD "  syncWindows: [{kind: open, schedule: '* * * * *', duration: 1h}]\n",
	 "spec.syncWindows[0].kind: 'allow' or 'deny' is wanted, found 'open'"},
	{HEAD "  syncWindows: [{kind: deny, schedule: '* * *', duration: 1h}]\n",
	 "spec.syncWindows[0].schedule '* * *': five fields are wanted"},
	{HEAD "  syncWindows: [{kind: deny, schedule: '* * * * *', duration: 1 hour}]\n",
	 "spec.syncWindows[0].duration: a duration such as 1h30m is wanted"},
	{HEAD "  syncWindows: [{kind: deny, schedule: '* * * * *', duration: 1h, apps: []}]\n", ""},
	{HEAD "  sourceRepos: x\n  destinations: x\n",
	 "spec.sourceRepos: a list is wanted, found text; spec.destinations: a list is wanted"},
};

START_TEST(mistake)
{
	json_auto_t *manifest = manifest_read(mistakes[_i].text);
	struct rc_project *project = NULL;
	struct rc_error *err = NULL;
	int r = rc_project_parse(manifest, "p.yaml", &project, &err);

	if (*mistakes[_i].error) {
		rc_check_fails(r, -EINVAL, err, mistakes[_i].error);
		return;
	}
	/* Not like any field: told, and let be. */
	rc_check_ok(r, err);
	ck_assert_uint_ge(json_array_size(project->warnings), 1);
	rc_project_free(project);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("gitops/project");
	TCase *tcase = tcase_create("project");

	tcase_add_loop_test(tcase, source, 0, RC_ARRAY_SIZE(sources));
	tcase_add_loop_test(tcase, destination, 0, RC_ARRAY_SIZE(destinations));
	tcase_add_loop_test(tcase, kind, 0, RC_ARRAY_SIZE(kinds));
	tcase_add_loop_test(tcase, app_namespace, 0, RC_ARRAY_SIZE(namespaces));
	tcase_add_loop_test(tcase, orphan, 0, RC_ARRAY_SIZE(orphans));
	tcase_add_loop_test(tcase, whole, 0, RC_ARRAY_SIZE(wholes));
	tcase_add_loop_test(tcase, one_object, 0, RC_ARRAY_SIZE(objects));
	tcase_add_test(tcase, default_project);
	tcase_add_loop_test(tcase, mistake, 0, RC_ARRAY_SIZE(mistakes));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
