/* The one-line probes of Helm 3.17.2: expressions by tpl, and --set. */
#include "support/check.h"

#include <stdio.h>

#include <jansson.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/base64.h"
#include "helm/in-memory.h"

/*
 * Expressions that are known to differ: type names of Helm's own lists, places of errors in
 * arguments of typed methods, urlJoin's escapes of users; that makes 13, and up to three that show
 * the clock or chance do not come out the same each time.
 */
#define OPEN_EXPRESSIONS 16
#define SHOWN_MAX	 20

static const struct chart_file probe_chart[] = {
	{"Chart.yaml", "apiVersion: v2\nname: probe\nversion: 1.2.3\nappVersion: \"4.5\"\n"},
	{NULL, NULL},
};

/* Calls each for every line; the number of those that it refuses, or -1 without a corpus. */
static int each_line(const char *name, bool (*each)(const json_t *line), size_t *ret_n)
{
	rc_autofree char *path = chart_corpus_path(name);
	rc_autofclose FILE *file = path ? fopen(path, "re") : NULL;
	rc_autofree char *text = NULL;
	size_t size = 0;
	int n_failed = 0;

	*ret_n = 0;
	if (!file)
		return -1;
	while (getline(&text, &size, file) > 0) {
		json_auto_t *line = json_loads(text, 0, NULL);

		ck_assert_ptr_nonnull(line);
		(*ret_n)++;
		if (each(line))
			continue;
		if (++n_failed <= SHOWN_MAX)
			printf("%s: %s", name, text);
	}
	/* A failing assertion ends the process without it. */
	printf("%s: %zu of %zu\n", name, *ret_n - (size_t)n_failed, *ret_n);
	fflush(stdout);
	return n_failed;
}

/* Lines of: - "base64", one a value. */
static void decode_output(struct rc_str yaml, struct rc_buf *out)
{
	const char *start = memmem(yaml.p, yaml.n, "- \"", 3);
	const char *end = start ? strchr(start + 3, '"') : NULL;

	if (end)
		rc_base64_decode((struct rc_str){start + 3, (size_t)(end - start - 3)}, out);
}

/* What came out instead, above the line that is printed for a probe that fails. */
static bool is_same(struct rc_str got, struct rc_str expected)
{
	if (rc_str_equal(got, expected))
		return true;
	printf("got: %.*s\n", (int)got.n, got.p);
	return false;
}

static bool says(const struct rc_error *err, const char *expected)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);

	for (; err; err = err->cause)
		rc_buf_printf(&text, "%s%s", err->message, err->cause ? ": " : "");
	return is_same(rc_buf_str(&text), rc_str(expected + strlen("Error: ")));
}

static char *chart_path;

static bool check_expression(const json_t *line)
{
	json_auto_t *values = json_pack("{s:[O]}", "exprs", json_object_get(line, "expr"));
	rc_autofree char *text = json_dumps(values, 0);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20), got = RC_BUF_INIT(1 << 20),
				 expected = RC_BUF_INIT(1 << 20);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_helm_values_text file = {"values.json", rc_str(text)};
	struct rc_helm_render_options options = {
		.release_name = "rel",
		.release_namespace = "ns",
		.values_files = &file,
		.n_values_files = 1,
	};
	const json_t *output = json_object_get(line, "output");
	const json_t *encoded = json_object_get(line, "output_b64");
	const json_t *error = json_object_get(line, "error");
	int r = chart_render_directory(chart_path, &options, &out, &err);

	if (error)
		return r < 0 && says(err, json_string_value(error));
	decode_output(rc_buf_str(&out), &got);
	if (encoded)
		rc_base64_decode(rc_str(json_string_value(encoded)), &expected);
	else
		rc_buf_puts(&expected, json_string_value(output));
	return r < 0 ? says(err, "Error: (none)")
		     : is_same(rc_buf_str(&got), rc_buf_str(&expected));
}

START_TEST(expressions)
{
	size_t n;
	int n_failed;

	chart_path = chart_corpus_path("helm-probes/chart");
	if (!chart_path)
		return;
	n_failed = each_line("helm-probes/expr.jsonl", check_expression, &n);
	ck_assert_int_le(n_failed, OPEN_EXPRESSIONS);
	free(chart_path);
}
END_TEST

static const struct {
	const char *flag;
	enum rc_helm_set_kind kind;
} set_flags[] = {
	{"--set", RC_HELM_SET_VALUE},		{"--set-string", RC_HELM_SET_STRING},
	{"--set-json", RC_HELM_SET_JSON},	{"--set-file", RC_HELM_SET_FILE},
	{"--set-literal", RC_HELM_SET_LITERAL},
};

static const char set_template[] =
	"{{- define \"p\" }}{{ range $k, $v := .Values }}{{ $k }}={{ "
	"kindOf $v }}/{{ $v }} {{ end }}"
	"{{ end }}l:\n- \"{{ include \"p\" . | replace \"<no value>\" \"\" | trim | b64enc }}\"\n";

static bool check_set(const json_t *line)
{
	const char *defaults = json_string_value(json_object_get(line, "chart_values"));
	const char *printed = json_string_value(json_object_get(line, "printed"));
	const json_t *arguments = json_object_get(line, "args");
	const json_t *error = json_object_get(line, "error");
	const struct chart_file files[] = {
		probe_chart[0],
		{"values.yaml", defaults ? defaults : ""},
		{"templates/a.yaml", set_template},
		{NULL, NULL},
	};
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20), got = RC_BUF_INIT(1 << 20);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_helm_set sets[16];
	struct rc_helm_render_options options = {.sets = sets};
	int r;

	for (size_t i = 0; i + 1 < json_array_size(arguments); i += 2) {
		const char *flag = json_string_value(json_array_get(arguments, i));

		for (size_t j = 0; j < RC_ARRAY_SIZE(set_flags); j++)
			if (strcmp(flag, set_flags[j].flag) == 0)
				sets[options.n_sets++] = (struct rc_helm_set){
					set_flags[j].kind,
					json_string_value(json_array_get(arguments, i + 1))};
	}
	r = chart_render(files, &options, &out, NULL, &err);
	/* The recorder's own template made no YAML of some: that says nothing of the argument. */
	if (error && strstr(json_string_value(error), "YAML parse error"))
		return true;
	if (error)
		return r < 0 && says(err, json_string_value(error));
	decode_output(rc_buf_str(&out), &got);
	return r < 0 ? says(err, "Error: (none)") : is_same(rc_buf_str(&got), rc_str(printed));
}

START_TEST(set_arguments)
{
	size_t n;
	int n_failed = each_line("helm-probes/set.jsonl", check_set, &n);

	if (n_failed < 0)
		return;
	ck_assert_int_eq(n_failed, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("probes");
	TCase *tcase = tcase_create("helm 3.17.2");

	tcase_set_timeout(tcase, 300);
	tcase_set_timeout(tcase, 300); /* the sanitizers take their time */
	tcase_add_test(tcase, expressions);
	tcase_add_test(tcase, set_arguments);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
