/* Packed charts as sources, with value files from themselves and from Git. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "git/mirror.h"
#include "gitops/manifest.h"
#include "gitops/source.h"

static char folder[64], digest[80], commit[80];
static char *archive, *mirror;

static void run(const char *script, char *ret_line)
{
	rc_autofree char *whole = rc_asprintf("set -e; cd %s; %s", folder, script);
	FILE *out = popen(whole, "r");

	if (ret_line)
		ck_assert_int_eq(fscanf(out, "%79s", ret_line), 1);
	ck_assert_int_eq(pclose(out), 0);
}

/* The archive has its files in an order that is not theirs, and one that .helmignore names. */
static void set_up(void)
{
	strcpy(folder, "/tmp/rc-archive-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	run("mkdir -p web/templates web/envs cache work; cd web; "
	    "printf 'apiVersion: v2\\nname: web\\nversion: 1.2.0+b.1\\n' >Chart.yaml; "
	    "printf 'a: chart\\nb: chart\\nc: chart\\n' >values.yaml; "
	    "printf 'b: prod\\nc: prod\\n' >prod.yaml; "
	    "printf 'e: nine\\n' >envs/9.yaml; printf 'e: ten\\n' >envs/10.yaml; "
	    "printf 'ignored.txt\\n' >.helmignore; printf there >ignored.txt; "
	    "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: {{ .Release.Name }}}\\n"
	    "data:\\n  values: {{ omit .Values \"global\" | toJson | quote }}\\n"
	    "  ignored: {{ .Files.Get \"ignored.txt\" | quote }}\\n' >templates/c.yaml; cd ..; "
	    "tar cf web.tar web/envs/9.yaml web/templates web/prod.yaml web/Chart.yaml "
	    "web/envs/10.yaml "
	    "web/values.yaml web/.helmignore web/ignored.txt; gzip web.tar",
	    NULL);
	run("sha256sum <web.tar.gz | cut -c1-64", digest);
	run("git init -q -b main work; cd work; mkdir values; printf 'c: git\\n' >values/web.yaml; "
	    "git add -A; git -c user.name=a -c user.email=a@b commit -q -m one; "
	    "git clone -q --bare . ../mirror",
	    NULL);
	run("git -C mirror rev-parse HEAD", commit);
	archive = rc_asprintf("%s/cache/%s.tgz", folder, digest);
	mirror = rc_asprintf("%s/mirror", folder);
	run("mv web.tar.gz cache/$(sha256sum <web.tar.gz | cut -c1-64).tgz", NULL);
	rc_git_mirror_init();
}

static void tear_down(void)
{
	rc_file_remove_tree(folder, NULL);
	free(archive);
	free(mirror);
}

/* The first source is the archive, the second Git. */
static int render(const char *sources, json_t **ret_reply, struct rc_error **err)
{
	json_auto_t *manifest = manifest_format("apiVersion: argoproj.io/v1alpha1\n"
						"kind: Application\n"
						"metadata: {name: shop}\n"
						"spec:\n"
						"  destination: {name: c, namespace: ns}\n"
						"  sources: %s\n",
						sources);
	rc_autofree char *version = rc_asprintf("1.2.0_b.1@sha256:%s", digest);
	struct rc_source_at at[2] = {{"unused", version, archive, NULL},
				     {mirror, commit, NULL, NULL}};
	struct rc_source_cluster cluster = {"v1.31.2", NULL};
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;
	json_auto_t *request = NULL;

	rc_check_ok(rc_application_parse(manifest, "a.yaml", &application, err), *err);
	request = rc_source_make_request(application, at, &cluster);
	return manifest_ask(NULL, request, ret_reply, err);
}

#define WEB "[{repoURL: 'https://h/charts', chart: web, targetRevision: 1.x"
#define AND ", {repoURL: u, ref: values}]"

static const struct {
	const char *sources, *values;
} cases[] = {
	{WEB "}]", "{\"a\":\"chart\",\"b\":\"chart\",\"c\":\"chart\"}"},
	{WEB ", helm: {valueFiles: [prod.yaml]}}]",
	 "{\"a\":\"chart\",\"b\":\"prod\",\"c\":\"prod\"}"},
	{WEB ", helm: {valueFiles: [./envs/../prod.yaml, $values/values/web.yaml]}}" AND,
	 "{\"a\":\"chart\",\"b\":\"prod\",\"c\":\"git\"}"},
	{WEB ", helm: {valueFiles: ['envs/*.yaml']}}]",
	 "{\"a\":\"chart\",\"b\":\"chart\",\"c\":\"chart\",\"e\":\"nine\"}"},
	{WEB ", helm: {valueFiles: [no.yaml], ignoreMissingValueFiles: true}}]",
	 "{\"a\":\"chart\",\"b\":\"chart\",\"c\":\"chart\"}"},
	{WEB
	 ", helm: {valuesObject: {a: x}, parameters: [{name: b, value: $ARGOCD_APP_REVISION}]}}]",
	 "{\"a\":\"x\",\"b\":\"1.2.0+b.1\",\"c\":\"chart\"}"},
	{WEB ", helm: {fileParameters: [{name: a, path: envs/9.yaml}, "
	     "{name: b, path: $values/values/web.yaml}]}}" AND,
	 "{\"a\":\"e: nine\\n\",\"b\":\"c: git\\n\",\"c\":\"chart\"}"},
	{"[{repoURL: 'oci://h/web', path: .}]",
	 "{\"a\":\"chart\",\"b\":\"chart\",\"c\":\"chart\"}"},
};

START_TEST(test_render)
{
	json_auto_t *reply = NULL;
	const json_t *manifest;
	struct rc_error *err = NULL;

	rc_check_ok(render(cases[_i].sources, &reply, &err), err);
	ck_assert_uint_eq(json_array_size(json_object_get(reply, "manifests")), 1);
	manifest = json_array_get(json_object_get(reply, "manifests"), 0);
	ck_assert_str_eq(rc_json_text(manifest, "metadata", "name", NULL), "shop");
	ck_assert_str_eq(rc_json_text(manifest, "data", "values", NULL), cases[_i].values);
	/* What was packed is there. */
	ck_assert_str_eq(rc_json_text(manifest, "data", "ignored", NULL), "there");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(reply, "types"), 0)),
			 "Helm");
}
END_TEST

static const struct {
	const char *sources, *error;
	int r;
} errors[] = {
	{WEB ", helm: {valueFiles: [no.yaml]}}]",
	 "chart web: valueFiles: no.yaml: no.yaml is not in the chart", -ENOENT},
	{WEB ", helm: {valueFiles: [../out.yaml]}}]", "leaves the repository", -EINVAL},
	{"[{repoURL: 'oci://h/web', path: sub}]", "path 'sub': a chart from a registry", -EINVAL},
	{"[{repoURL: 'oci://h/web', ref: v}, {repoURL: u, path: ., helm: {valueFiles: [$v/a]}}]",
	 "'$v/a': value files come from Git, not from a chart", -EINVAL},
};

START_TEST(test_error)
{
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;
	int r = render(errors[_i].sources, &reply, &err);

	rc_check_fails(r, errors[_i].r, err, errors[_i].error);
}
END_TEST

START_TEST(test_damaged)
{
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	run("for f in cache/*.tgz; do printf x >>$f; done", NULL);
	rc_check_fails(render(WEB "}]", &reply, &err), -EPROTO, err, "is damaged");
	rc_check_fails(render(WEB "}]", &reply, &err), -ENOENT, err, "chart web 1.2.0_b.1@sha256:");
	free(archive);
	archive = rc_asprintf("%s/cache/other", folder);
	rc_check_fails(render(WEB "}]", &reply, &err), -EINVAL, err, "is no archive of the cache");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("source-archive");
	TCase *tcase = tcase_create("source-archive");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_render, 0, RC_ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, test_error, 0, RC_ARRAY_SIZE(errors));
	tcase_add_test(tcase, test_damaged);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
