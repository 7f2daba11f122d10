/* From a commit to manifests: directories, charts with values from all sides, and requests. */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "git/mirror.h"
#include "gitops/manifest.h"
#include "gitops/source.h"

static char folder[] = "/tmp/rc-source-XXXXXX";
static char *mirror, commit[64];
static FILE *import;

/* One file of the commit that is being made. */
static void file(const char *path, const char *text)
{
	fprintf(import, "M 100644 inline %s\ndata %zu\n%s\n", path, strlen(text), text);
}

static const char chart_yaml[] = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
static const char shown[] =
	"apiVersion: v1\n"
	"kind: ConfigMap\n"
	"metadata:\n"
	"  name: {{ .Release.Name }}\n"
	"  namespace: {{ .Release.Namespace }}\n"
	"data:\n"
	"  values: {{ omit .Values \"global\" | toJson | quote }}\n"
	"  kube: {{ .Capabilities.KubeVersion.Version }}\n"
	"  has: {{ .Capabilities.APIVersions.Has \"example.io/v1/Thing\" | quote }}\n";
static const char tested[] = "apiVersion: v1\nkind: Pod\n"
			     "metadata: {name: t, annotations: {helm.sh/hook: test}}\n";
static const char defined[] = "apiVersion: apiextensions.k8s.io/v1\n"
			      "kind: CustomResourceDefinition\nmetadata: {name: d}\n";

static void write_files(void)
{
	file("chart/Chart.yaml", chart_yaml);
	file("chart/values.yaml", "a: chart\nb: chart\nc: chart\nd: chart\n");
	file("chart/templates/shown.yaml", shown);
	file("chart/one.yaml", "b: one\nc: one\nd: one\n");
	file("chart/envs/10.yaml", "e: ten\n");
	file("chart/envs/9.yaml", "e: nine\n");
	file("values/two.yaml", "c: two\nd: two\n");
	file("values/shop.yaml", "e: of the application\n");
	file("values/note.txt", "a, b\n");
	file("full/Chart.yaml", chart_yaml);
	file("full/templates/test.yaml", tested);
	file("full/crds/d.yaml", defined);
	file("strict/Chart.yaml", chart_yaml);
	file("strict/values.schema.json", "{\"required\": [\"must\"]}");
	file("strict/templates/shown.yaml", shown);
	file("plain/b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: b1}\n---\n---\n"
			     "apiVersion: v1\nkind: Pod\nmetadata: {name: b2}\n");
	file("plain/a.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": "
			     "{\"name\": \"a\"}}\n");
	file("plain/c.yml", "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\n");
	file("plain/README.md", "# no manifest: at all\n");
	file("plain/sub/d.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: d}\n");
	file("broken/a.yaml", "apiVersion: v1\nkind: Pod\n---\n\napiVersion: v1\n");
	file("plain/sub/ignored.yaml", "# +argocd:skip-file-rendering\nnonsense: [\n");
	file("mixed/values.yaml", "image: {tag: 1}\n");
	file("mixed/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
	file("mixed/b.manifest", "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n");
	file("mixed/c.jsonnet", "{}\n");
	file("wrong/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n bad: [\n");
	file("half/a.yaml", "image: {tag: 1}\n---\napiVersion: v1\nkind: Pod\nmetadata: {}\n");
	file("tuned/Chart.yaml", chart_yaml);
	file("tuned/templates/shown.yaml", shown);
	file("tuned/own.yaml", "e: own\n");
	file("tuned/.argocd-source.yaml", "repoURL: elsewhere\npath: nowhere\n"
					  "helm: {releaseName: tuned, valuesObject: {a: file, b: "
					  "file}, valueFiles: [own.yaml]}\n");
	file("tuned/.argocd-source-shop.yaml", "helm: {valuesObject: {b: app}}\n");
	file("tuned/.argocd-source-other.yaml", "helm: {valuesObject: {b: other}}\n");
	file("flat/.argocd-source.yaml", "directory: {recurse: true}\n");
	file("flat/sub/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
	file("slip/.argocd-source.yaml", "helm: {valueFile: [a]}\n");
	file("slip/Chart.yaml", chart_yaml);
	file("list/.argocd-source.yaml", "- a\n");
	file("list/Chart.yaml", chart_yaml);
	file("kustom/kustomization.yaml", "resources: []\n");
	file("kustom/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n");
}

static void set_up(void)
{
	rc_autofree char *init = NULL, *fast = NULL, *parse = NULL;
	FILE *out;

	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	mirror = rc_asprintf("%s/mirror", folder);
	init = rc_asprintf("git init -q --bare %s", mirror);
	fast = rc_asprintf("git -C %s fast-import --quiet", mirror);
	parse = rc_asprintf("git -C %s rev-parse refs/heads/main", mirror);
	ck_assert_int_eq(system(init), 0);
	import = popen(fast, "w");
	fprintf(import, "commit refs/heads/main\ncommitter a <a@b> 0 +0000\ndata 1\nx\n");
	write_files();
	ck_assert_int_eq(pclose(import), 0);
	out = popen(parse, "r");
	ck_assert_int_eq(fscanf(out, "%63s", commit), 1);
	pclose(out);
	rc_git_mirror_init();
}

static void tear_down(void)
{
	rc_autofree char *remove = rc_asprintf("rm -rf %s", folder);

	ck_assert_int_eq(system(remove), 0);
	free(mirror);
}

#define autoapplication rc_cleanup(rc_application_freep) struct rc_application

/* sources: a flow list. */
static int render(const char *sources, json_t **ret_reply, struct rc_error **err)
{
	json_auto_t *manifest = manifest_format("apiVersion: argoproj.io/v1alpha1\n"
						"kind: Application\n"
						"metadata: {name: shop}\n"
						"spec:\n"
						"  destination: {name: c, namespace: ns}\n"
						"  sources: %s\n",
						sources);
	json_auto_t *versions = json_pack("[s, s]", "v1", "example.io/v1/Thing");
	struct rc_source_at at[3] = {{mirror, commit, NULL, NULL},
				     {mirror, commit, NULL, NULL},
				     {mirror, commit, NULL, NULL}};
	struct rc_source_cluster cluster = {"v1.31.2", versions};
	json_auto_t *request = NULL;
	autoapplication *application = NULL;

	rc_check_ok(rc_application_parse(manifest, "a.yaml", &application, err), *err);
	request = rc_source_make_request(application, at, &cluster);
	return manifest_ask(NULL, request, ret_reply, err);
}

/* The names of the manifests, in order: "a b1 b2". */
static char *list_names(const json_t *reply)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(4096);
	json_t *manifest;
	size_t i;

	json_array_foreach (json_object_get(reply, "manifests"), i, manifest)
		rc_buf_printf(&out, "%s%s", i ? " " : "",
			      rc_json_text(manifest, "metadata", "name", NULL));
	rc_buf_text(&out);
	return rc_buf_take(&out);
}

/* ---- directories ---- */

static const struct {
	const char *sources, *names, *types;
} directories[] = {
	{"[{repoURL: u, path: plain}]", "a b1 b2 c", "Directory"},
	{"[{repoURL: u, path: plain, directory: {recurse: true}}]", "a b1 b2 c d", "Directory"},
	{"[{repoURL: u, path: plain, directory: {include: '*.yaml'}}]", "b1 b2", "Directory"},
	{"[{repoURL: u, path: plain, directory: {include: '{a.*,c.*}'}}]", "a c", "Directory"},
	{"[{repoURL: u, path: plain, directory: {exclude: 'b*'}}]", "a c", "Directory"},
	{"[{repoURL: u, path: plain, directory: {recurse: true, exclude: 'sub/*'}}]", "a b1 b2 c",
	 "Directory"},
	{"[{repoURL: u, path: plain, directory: {include: '*.json', exclude: 'a*'}}]", "",
	 "Directory"},
	{"[{repoURL: u, path: ./plain/sub/../sub}]", "d", "Directory"},
	{"[{repoURL: u, path: plain/sub}, {repoURL: u, path: plain}]", "d a b1 b2 c", "Directory"},
	/* YAML of another kind is passed over; what is named jsonnet is not. */
	{"[{repoURL: u, path: mixed, directory: {exclude: '*.jsonnet'}}]", "a", "Directory"},
	{"[{repoURL: u, path: mixed, directory: {exclude: '{*.jsonnet,values*}', "
	 "disableExtensionFilter: true}}]",
	 "a b", "Directory"},
	{"[{repoURL: u, path: flat}]", "a", "Directory"},
	/* Told to be a directory it is one, whatever is in it. */
	{"[{repoURL: u, path: kustom, directory: {include: 'a*'}}]", "a", "Directory"},
	{"[{repoURL: u, path: chart}]", "shop", "Helm"},
	{"[{repoURL: u, path: chart}, {repoURL: u, ref: values}]", "shop", "Helm"},
};

START_TEST(test_directory)
{
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *names = NULL;

	rc_check_ok(render(directories[_i].sources, &reply, &err), err);
	names = list_names(reply);
	ck_assert_str_eq(names ? names : "", directories[_i].names);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(reply, "types"), 0)),
			 directories[_i].types);
}
END_TEST

/* ---- charts ---- */

#define CHART(helm) "[{repoURL: u, path: chart, helm: {" helm "}}]"

/* The strongest first: parameters, valuesObject or values, the last of valueFiles, the chart. */
static const struct {
	const char *sources;
	const char *values; /* what the chart sees */
} charts[] = {
	{CHART(""), "{a: chart, b: chart, c: chart, d: chart}"},
	{CHART("valueFiles: [one.yaml]"), "{a: chart, b: one, c: one, d: one}"},
	{CHART("valueFiles: [one.yaml, ../values/two.yaml]"), "{a: chart, b: one, c: two, d: two}"},
	{CHART("valueFiles: [../values/two.yaml, one.yaml]"), "{a: chart, b: one, c: one, d: one}"},
	{CHART("valueFiles: [/values/two.yaml]"), "{a: chart, b: chart, c: two, d: two}"},
	{CHART("valueFiles: [one.yaml], values: 'd: text'"), "{a: chart, b: one, c: one, d: text}"},
	{CHART("valueFiles: [one.yaml], values: 'c: text', valuesObject: {d: object}"),
	 "{a: chart, b: one, c: one, d: object}"},
	{CHART("valuesObject: {d: object}, parameters: [{name: d, value: set}]"),
	 "{a: chart, b: chart, c: chart, d: set}"},
	{CHART("valuesObject: {a: null, b: null}"), "{c: chart, d: chart}"},
	{CHART("parameters: [{name: a, value: '5'}, {name: b, value: '5', forceString: true}]"),
	 "{a: 5, b: '5', c: chart, d: chart}"},
	{CHART("parameters: [{name: a, value: 'x,y'}, {name: b, value: '{x,y}'}]"),
	 "{a: 'x,y', b: [x, 'y'], c: chart, d: chart}"},
	{CHART("parameters: [{name: a.b, value: x}, {name: 'b[0].c', value: z}]"),
	 "{a: {b: x}, b: [{c: z}], c: chart, d: chart}"},
	{CHART("fileParameters: [{name: a, path: ../values/note.txt}]"),
	 "{a: \"a, b\\n\", b: chart, c: chart, d: chart}"},
	{CHART("valueFiles: [none.yaml, one.yaml], ignoreMissingValueFiles: true"),
	 "{a: chart, b: one, c: one, d: one}"},
	/* A pattern's files come in the order of their names. */
	{CHART("valueFiles: ['envs/*.yaml']"), "{a: chart, b: chart, c: chart, d: chart, e: nine}"},
	{CHART("valueFiles: ['envs/*.yaml', envs/10.yaml]"),
	 "{a: chart, b: chart, c: chart, d: chart, e: ten}"},
	{CHART("valueFiles: [envs/10.yaml, 'envs/*.yaml', envs/10.yaml]"),
	 "{a: chart, b: chart, c: chart, d: chart, e: nine}"},
	{CHART("valueFiles: ['**/*0.yaml']"), "{a: chart, b: chart, c: chart, d: chart, e: ten}"},
	{CHART("valueFiles: ['../values/{two,three}.yaml']"),
	 "{a: chart, b: chart, c: two, d: two}"},
	{CHART("valueFiles: ['/v*/t?o.yaml']"), "{a: chart, b: chart, c: two, d: two}"},
	{CHART("valueFiles: ['none/*.yaml'], ignoreMissingValueFiles: true"),
	 "{a: chart, b: chart, c: chart, d: chart}"},
	{"[{repoURL: u, path: chart, helm: {valueFiles: ['$v/values/t*.yaml']}},\n"
	 " {repoURL: u2, ref: v}]",
	 "{a: chart, b: chart, c: two, d: two}"},
	/* Overridden by files beside the chart; the one of the application is the stronger. */
	{"[{repoURL: u, path: tuned}]", "{a: file, b: app, e: own}"},
	{"[{repoURL: u, path: tuned, helm: {valuesObject: {a: spec, c: spec}}}]",
	 "{a: file, b: app, c: spec, e: own}"},
	/* Beside the chart, from another source. */
	{"[{repoURL: u, path: chart, helm: {valueFiles: [$v/values/two.yaml]}},\n"
	 " {repoURL: u2, ref: v}]",
	 "{a: chart, b: chart, c: two, d: two}"},
	{"[{repoURL: u2, ref: v}, {repoURL: u2, ref: vv},\n"
	 " {repoURL: u, path: chart, helm: {valueFiles: ['$vv/values/${ARGOCD_APP_NAME}.yaml']}}]",
	 "{a: chart, b: chart, c: chart, d: chart, e: of the application}"},
	/* The build environment, expanded as Go does. */
	{CHART("valueFiles: [../values/$ARGOCD_APP_NAME.yaml]"),
	 "{a: chart, b: chart, c: chart, d: chart, e: of the application}"},
	{CHART("parameters: [{name: a, value: '$ARGOCD_APP_NAME-${ARGOCD_APP_NAMESPACE}'},\n"
	       "{name: b, value: '$$x $. $'}, {name: c, value: 'x${NONE}y$none'},\n"
	       "{name: d, value: '$ARGOCD_APP_SOURCE_PATH/$KUBE_VERSION'}]"),
	 "{a: shop-ns, b: '$x $. $', c: 'xy', d: chart/v1.31.2}"},
};

START_TEST(test_values)
{
	json_auto_t *reply = NULL, *values = NULL, *wanted = manifest_read(charts[_i].values);
	const json_t *manifest;
	struct rc_error *err = NULL;
	const char *text;

	rc_check_ok(render(charts[_i].sources, &reply, &err), err);
	ck_assert_uint_eq(json_array_size(json_object_get(reply, "manifests")), 1);
	manifest = json_array_get(json_object_get(reply, "manifests"), 0);
	text = rc_json_text(manifest, "data", "values", NULL);
	values = json_loads(text, 0, NULL);
	ck_assert_msg(json_equal(values, wanted), "%s: %s", charts[_i].sources, text);
}
END_TEST

static const struct {
	const char *sources, *name, *name_space, *kube, *has;
} releases[] = {
	{CHART(""), "shop", "ns", "v1.31.2", "true"},
	{CHART("releaseName: r, namespace: other"), "r", "other", "v1.31.2", "true"},
	{CHART("kubeVersion: v1.25.0"), "shop", "ns", "v1.25.0", "true"},
	{"[{repoURL: u, path: tuned}]", "tuned", "ns", "v1.31.2", "true"},
	{CHART("apiVersions: [v1]"), "shop", "ns", "v1.31.2", "false"},
};

START_TEST(test_release)
{
	json_auto_t *reply = NULL;
	const json_t *manifest;
	struct rc_error *err = NULL;

	rc_check_ok(render(releases[_i].sources, &reply, &err), err);
	manifest = json_array_get(json_object_get(reply, "manifests"), 0);
	ck_assert_str_eq(rc_json_text(manifest, "metadata", "name", NULL), releases[_i].name);
	ck_assert_str_eq(rc_json_text(manifest, "metadata", "namespace", NULL),
			 releases[_i].name_space);
	ck_assert_str_eq(rc_json_text(manifest, "data", "kube", NULL), releases[_i].kube);
	ck_assert_str_eq(rc_json_text(manifest, "data", "has", NULL), releases[_i].has);
}
END_TEST

static const struct {
	const char *helm, *names;
} parts[] = {
	{"", "d t"},
	{"skipCrds: true", "t"},
	{"skipTests: true", "d"},
};

START_TEST(test_parts)
{
	rc_autofree char *sources = NULL, *names = NULL;
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	sources = rc_asprintf("[{repoURL: u, path: full, helm: {%s}}]", parts[_i].helm);
	rc_check_ok(render(sources, &reply, &err), err);
	names = list_names(reply);
	ck_assert_str_eq(names, parts[_i].names);
}
END_TEST

START_TEST(test_schema)
{
	json_auto_t *reply = NULL, *none = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(render("[{repoURL: u, path: strict}]", &none, &err), -EINVAL, err, "must");
	rc_check_ok(render("[{repoURL: u, path: strict, helm: {skipSchemaValidation: true}}]",
			   &reply, &err),
		    err);
}
END_TEST

/* ---- what goes wrong ---- */

static const struct {
	const char *sources, *part;
	int code;
} errors[] = {
	{"[{repoURL: u, path: nowhere}]", "'nowhere'", -ENOENT},
	{"[{repoURL: u, path: broken}]", "broken/a.yaml:5", -EINVAL},
	{"[{repoURL: u, path: kustom}]", "kustomize", -EINVAL},
	{"[{repoURL: u, path: mixed}]", "mixed/c.jsonnet: jsonnet is not supported", -EINVAL},
	{"[{repoURL: u, path: wrong}]", "wrong/a.yaml", -EINVAL},
	{"[{repoURL: u, path: half}]", "half/a.yaml", -EINVAL},
	{"[{repoURL: u, path: slip}]",
	 ".argocd-source.yaml: source.helm.valueFile: there is no such field", -EINVAL},
	{"[{repoURL: u, path: list}]", ".argocd-source.yaml: a mapping is wanted", -EINVAL},
	{CHART("valueFiles: [none.yaml]"), "none.yaml", -ENOENT},
	{CHART("valueFiles: ['none/*.yaml']"), "none/*.yaml", -ENOENT},
	{CHART("valueFiles: [../../outside.yaml]"), "leaves", -EINVAL},
	{CHART("valueFiles: [$other/two.yaml]"), "$other/two.yaml", -EINVAL},
	{CHART("valueFiles: ['https://git.example/v.yaml']"), "network", -EINVAL},
	{"[{repoURL: u, path: chart, helm: {valueFiles: [$v/../two.yaml]}}, {repoURL: u, ref: v}]",
	 "leaves", -EINVAL},
};

START_TEST(test_error)
{
	json_t *reply = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(render(errors[_i].sources, &reply, &err), errors[_i].code, err,
		       errors[_i].part);
	ck_assert_ptr_null(reply);
}
END_TEST

/* ---- requests ---- */

START_TEST(test_request)
{
	json_auto_t *manifest = manifest_read("apiVersion: argoproj.io/v1alpha1\n"
					      "kind: Application\n"
					      "metadata: {name: shop}\n"
					      "spec:\n"
					      "  destination: {name: c}\n"
					      "  sources: [{repoURL: u}, {repoURL: v}]\n");
	struct rc_source_at at[] = {{"/m1", "c1", NULL, NULL}, {"/m2", "c2", NULL, NULL}};
	struct rc_source_cluster cluster = {NULL, NULL};
	autoapplication *application = NULL;
	struct rc_error *err = NULL;
	json_auto_t *request = NULL, *wanted = NULL;

	rc_check_ok(rc_application_parse(manifest, "a.yaml", &application, &err), err);
	request = rc_source_make_request(application, at, &cluster);
	wanted = json_pack("{s:s, s:s, s:O, s:[{s:s, s:s}, {s:s, s:s}], s:s, s:n}", "op", "render",
			   "name", "shop", "application", manifest, "at", "mirror", "/m1", "commit",
			   "c1", "mirror", "/m2", "commit", "c2", "kubeVersion", "", "apiVersions");
	ck_assert(json_equal(request, wanted));
}
END_TEST

START_TEST(test_read)
{
	struct rc_source_at at = {mirror, commit, NULL, NULL};
	json_auto_t *request = rc_source_make_read_request(&at, "plain");
	json_auto_t *reply = NULL;
	const json_t *documents, *second;
	struct rc_error *err = NULL;

	rc_check_ok(manifest_ask(NULL, request, &reply, &err), err);
	documents = json_object_get(reply, "documents");
	ck_assert_uint_eq(json_array_size(documents), 5); /* folders below, too */
	second = json_array_get(documents, 2);
	ck_assert_str_eq(rc_json_text(second, "file", NULL), "plain/b.yaml");
	ck_assert_int_eq(json_integer_value(json_object_get(second, "line")), 6);
	ck_assert_str_eq(rc_json_text(second, "object", "metadata", "name", NULL), "b2");
}
END_TEST

START_TEST(test_nonsense)
{
	static const char *const requests[] = {
		"{op: paint}",
		"{}",
		"{op: render}",
		"{op: read}",
		"{op: read, at: [{mirror: x}]}",
		"{op: render, application: {kind: Application, apiVersion: argoproj.io/v1alpha1}}",
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(requests); i++) {
		json_auto_t *request = manifest_read(requests[i]);
		json_t *reply = NULL;

		ck_assert_msg(manifest_ask(NULL, request, &reply, NULL) == -EINVAL, "%s",
			      requests[i]);
		ck_assert_ptr_null(reply);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("source");
	TCase *tcase = tcase_create("source");

	tcase_add_unchecked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_directory, 0, RC_ARRAY_SIZE(directories));
	tcase_add_loop_test(tcase, test_values, 0, RC_ARRAY_SIZE(charts));
	tcase_add_loop_test(tcase, test_release, 0, RC_ARRAY_SIZE(releases));
	tcase_add_loop_test(tcase, test_parts, 0, RC_ARRAY_SIZE(parts));
	tcase_add_test(tcase, test_schema);
	tcase_add_loop_test(tcase, test_error, 0, RC_ARRAY_SIZE(errors));
	tcase_add_test(tcase, test_request);
	tcase_add_test(tcase, test_read);
	tcase_add_test(tcase, test_nonsense);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
