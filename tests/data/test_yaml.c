/*
 * YAML in and out against what Helm printed (../shared/corpus/helm-probes), and tables of our own.
 */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>

#include "data/base64.h"
#include "data/corpus.h"
#include "data/json.h"
#include "data/yaml-emit.h"
#include "data/yaml.h"

static int bad;

/* toYaml cuts one final newline. */
static char *emit(const json_t *json)
{
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(1 << 20);

	ck_assert_int_eq(rc_yaml_from_json(json, &buf), 0);
	if (buf.n > 0 && buf.p[buf.n - 1] == '\n')
		rc_buf_truncate(&buf, buf.n - 1);
	return rc_buf_take(&buf);
}

static char *emit_pretty(const char *key, const char *text)
{
	struct rc_yaml_emitter emitter;
	rc_autobuf struct rc_buf buf = RC_BUF_INIT(1 << 20);

	rc_yaml_emit_init(&emitter, &buf, RC_YAML_V3);
	rc_yaml_emit_begin(&emitter, false);
	rc_yaml_emit_key(&emitter, rc_str(key));
	rc_yaml_emit_string(&emitter, rc_str(text));
	rc_yaml_emit_end(&emitter);
	ck_assert_int_eq(rc_yaml_emit_finish(&emitter), 0);
	if (buf.n > 0 && buf.p[buf.n - 1] == '\n')
		rc_buf_truncate(&buf, buf.n - 1);
	return rc_buf_take(&buf);
}

static void expect(const char *what, const char *input, const char *got, const char *wanted)
{
	if (strcmp(got, wanted) == 0)
		return;
	bad++;
	fprintf(stderr, "%s of <%s>:\n  got    <%s>\n  wanted <%s>\n", what, input, got, wanted);
}

static void check_emit(const json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "string"));
	const char *wanted = json_string_value(json_object_get(line, "map"));
	json_auto_t *map = json_pack("{s:s}", "k", text);
	json_auto_t *list = json_pack("{s:[{s:s}]}", "k", "n", text);
	json_auto_t *key = json_pack("{s:i}", text, 1);
	json_auto_t *top = json_string(text);
	rc_autofree char *as_map = NULL, *as_list = NULL, *as_top = NULL, *as_key = NULL,
			 *as_pretty = NULL;

	/* What goyaml's reader refuses or folds on the way through JSON is toYaml's matter. */
	if (!wanted || !*wanted || strstr(text, "\xc2\x85"))
		return;
	as_map = emit(map);
	as_list = emit(list);
	as_top = emit(top);
	as_key = emit(key);
	as_pretty = emit_pretty("k", text);
	expect("map", text, as_map, wanted);
	expect("list", text, as_list, json_string_value(json_object_get(line, "in_list_of_map")));
	expect("top", text, as_top, json_string_value(json_object_get(line, "top")));
	wanted = json_string_value(json_object_get(line, "key"));
	if (*wanted)
		expect("key", text, as_key, wanted);
	expect("pretty", text, as_pretty, json_string_value(json_object_get(line, "pretty_map")));
}

START_TEST(test_emit_probes)
{
	int n = corpus_each("helm-probes/emit.jsonl", check_emit);

	if (n < 0)
		printf("skip: the corpus is not there (RC_CORPUS)\n");
	ck_assert_int_eq(bad, 0);
}
END_TEST

/* Numbers reach templates as float64, so the probe's JSON has them as such. */
static json_t *as_floats(const json_t *json)
{
	const char *key;
	json_t *value, *copy;
	size_t i;

	if (json_is_integer(json))
		return json_real((double)json_integer_value(json));
	if (json_is_array(json)) {
		copy = json_array();
		json_array_foreach (json, i, value)
			json_array_append_new(copy, as_floats(value));
		return copy;
	}
	if (!json_is_object(json))
		return json_deep_copy(json);
	copy = json_object();
	json_object_foreach ((json_t *)(uintptr_t)json, key, value)
		json_object_set_new(copy, key, as_floats(value));
	return copy;
}

static void check_parse(const json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "yaml"));
	const char *base64 = json_string_value(json_object_get(line, "yaml_b64"));
	const char *wanted = json_string_value(json_object_get(line, "json"));
	const char *error = json_string_value(json_object_get(line, "error"));
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 20), out = RC_BUF_INIT(1 << 20);
	rc_autofree char *message = NULL;
	json_auto_t *json = NULL, *floats = NULL;
	struct rc_yaml_node *node;
	int r;

	if (text)
		rc_buf_puts(&bytes, text);
	else
		rc_base64_decode(rc_str(base64), &bytes);
	r = rc_yaml_parse(arena, rc_buf_str(&bytes), NULL, &node, &err);
	if (r == 0)
		r = rc_yaml_to_json(node, &json, &err);
	if (r < 0) {
		message = rc_error_format(err);
		if (!error || !strstr(error, message))
			expect("error", rc_buf_text(&bytes), message, error ? error : wanted);
		return;
	}
	floats = as_floats(json);
	rc_json_write(&out, floats);
	/* A values file that is no table is refused later, by Helm's own words. */
	if (!wanted && error && strstr(error, "cannot unmarshal"))
		return;
	if (json_is_null(json) && wanted && strcmp(wanted, "{}") == 0)
		return;
	expect("parse", rc_buf_text(&bytes), rc_buf_text(&out), wanted ? wanted : error);
}

START_TEST(test_parse_probes)
{
	int n = corpus_each("helm-probes/yaml-parse.jsonl", check_parse);

	if (n < 0)
		printf("skip: the corpus is not there (RC_CORPUS)\n");
	ck_assert_int_eq(bad, 0);
}
END_TEST

static const struct {
	const char *text, *json, *error;
} documents[] = {
	{"a: [1, 2.5, yes, ~, 'yes', 0x10]", "{\"a\":[1,2.5,true,null,\"yes\",16]}", NULL},
	{"a: 1\nb: 2\n<<: {a: 9, c: 3}", "{\"a\":9,\"b\":2,\"c\":3}", NULL},
	{"<<: {a: 9, c: 3}\na: 1", "{\"a\":1,\"c\":3}", NULL},
	{"x: &x {a: 1}\nz: *x", "{\"x\":{\"a\":1},\"z\":{\"a\":1}}", NULL},
	{"a: 1\na: 2", "{\"a\":2}", NULL},
	{"", "null", NULL},
	{"x: &x [*x]", NULL, "f.yaml:1:8: anchor 'x' value contains itself"},
	{"a: *nope", NULL, "unknown anchor 'nope' referenced"},
	{"a: {b: 1", NULL, "f.yaml:2:1: did not find expected ',' or '}'"},
	{"- a\n b: 1\nc", NULL, "f.yaml:2:3"},
	{"a: .inf", NULL, "json: unsupported value: +Inf"},
	{"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	 "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]",
	 NULL, "excessive aliasing"},
};

START_TEST(test_document)
{
	struct rc_yaml_options options = {.file = "f.yaml", .max_nodes = 5000};
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;
	json_auto_t *json = NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(1 << 20);
	int r = rc_yaml_parse(arena, rc_str(documents[_i].text), &options, &node, &err);

	if (r == 0)
		r = rc_yaml_to_json(node, &json, &err);
	if (documents[_i].error) {
		rc_check_fails(r, r < 0 ? r : -1, err, documents[_i].error);
		return;
	}
	rc_check_ok(r, err);
	rc_json_write(&out, json);
	ck_assert_str_eq(rc_buf_text(&out), documents[_i].json);
}
END_TEST

START_TEST(test_stream_and_positions)
{
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(RC_STR("a: 1\n---\nb:\n  - c: x\n---\n"), NULL);
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_node *node;

	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 1);
	ck_assert_int_eq(rc_yaml_get(node, "a")->integer, 1);
	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 1);
	ck_assert_uint_eq(rc_yaml_at(node, "/b/0/c")->line, 4);
	ck_assert_uint_eq(rc_yaml_at(node, "/b/0/c")->column, 8);
	ck_assert_ptr_null(rc_yaml_at(node, "/b/1"));
	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 1);
	ck_assert_int_eq(node->kind, RC_YAML_NULL);
	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 0);
}
END_TEST

START_TEST(test_depth)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf deep = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;
	int r;

	rc_buf_fill(&deep, '[', 5000);
	r = rc_yaml_parse(arena, rc_buf_str(&deep), NULL, &node, &err);
	rc_check_fails(r, -E2BIG, err, "max depth");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("yaml");
	TCase *tcase = tcase_create("yaml");

	tcase_add_test(tcase, test_emit_probes);
	tcase_add_test(tcase, test_parse_probes);
	tcase_add_loop_test(tcase, test_document, 0, RC_ARRAY_SIZE(documents));
	tcase_add_test(tcase, test_stream_and_positions);
	tcase_add_test(tcase, test_depth);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
