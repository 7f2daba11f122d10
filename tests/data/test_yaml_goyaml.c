/*
 * What goyaml.v2 under sigs.k8s.io/yaml 1.4.0 makes of a text: its value as JSON, or its error to
 * the letter. Every line was printed by that reader.
 */
#include "support/check.h"

#include <errno.h>

#include "data/yaml.h"

#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static const struct {
	struct rc_str text;
	const char *json, *error;
} texts[] = {
	{TEXT("a: b: c"), NULL, "yaml: mapping values are not allowed in this context"},
	{TEXT("a: 1\nb: c: d"), NULL,
	 "yaml: line 2: mapping values are not allowed in this context"},
	{TEXT("a:\n  b: 1\n c: 2"), NULL, "yaml: line 2: did not find expected key"},
	{TEXT("a: [1, 2\nb: 3"), NULL, "yaml: line 1: did not find expected ',' or ']'"},
	{TEXT("a: {b: 1\nc: 2"), NULL, "yaml: line 1: did not find expected ',' or '}'"},
	{TEXT("- a\nb: c"), NULL, "yaml: line 1: did not find expected '-' indicator"},
	{TEXT("a: 'x"), NULL, "yaml: found unexpected end of stream"},
	{TEXT("x: 1\na: \"x"), NULL, "yaml: line 2: found unexpected end of stream"},
	{TEXT("a: \"\\/\""), NULL, "yaml: found unknown escape character"},
	{TEXT("x: 1\na: \"\\ud800\""), NULL,
	 "yaml: line 2: found invalid Unicode character escape code"},
	{TEXT("x: 1\na: \"\\xzz\""), NULL, "yaml: line 2: did not find expected hexdecimal number"},
	{TEXT("a: *b"), NULL, "yaml: unknown anchor 'b' referenced"},
	{TEXT("x: &x [*x]"), NULL, "yaml: anchor 'x' value contains itself"},
	{TEXT("a:\n\tb: 1"), NULL, "yaml: line 2: found character that cannot start any token"},
	{TEXT("a: |\n\tx"), NULL,
	 "yaml: line 2: found a tab character where an indentation space is expected"},
	{TEXT("x: 1\na: |0\n x"), NULL, "yaml: line 2: found an indentation indicator equal to 0"},
	{TEXT("x: 1\na: |x\n"), NULL, "yaml: line 2: did not find expected comment or line break"},
	{TEXT("x: 1\n@a: 1"), NULL, "yaml: line 2: found character that cannot start any token"},
	{TEXT("x: 1\na: %b"), NULL, "yaml: line 2: found character that cannot start any token"},
	{TEXT("x: 1\na: - b"), NULL,
	 "yaml: line 2: block sequence entries are not allowed in this context"},
	{TEXT("x: 1\na: ? b"), NULL, "yaml: line 2: mapping keys are not allowed in this context"},
	{TEXT("a\nb\nc: d"), NULL, "yaml: line 3: mapping values are not allowed in this context"},
	{TEXT("a: b\nc\nd: e"), NULL, "yaml: line 3: could not find expected ':'"},
	{TEXT("%YAML 1.2\n---\na"), NULL, "yaml: found incompatible YAML document"},
	{TEXT("%FOO\n---\na"), NULL, "yaml: found unknown directive name"},
	{TEXT("%TAG ! x\n%TAG ! y\n---\na"), NULL, "yaml: line 1: found duplicate %TAG directive"},
	{TEXT("a: !x!y z"), NULL, "yaml: found undefined tag handle"},
	{TEXT("x: 1\na: !<x z"), NULL, "yaml: line 2: did not find the expected '>'"},
	{TEXT("a: &\n"), NULL, "yaml: did not find expected alphabetic or numeric character"},
	{TEXT("a: &x!"), NULL, "yaml: did not find expected alphabetic or numeric character"},
	{TEXT("---\na: 1\n..\n"), NULL, "yaml: line 4: could not find expected ':'"},
	{TEXT("a: 1\n---\nb: ["), "{\"a\":1}", NULL},
	{TEXT("'a' b"), "\"a\"", NULL},
	{TEXT("[]: x"), "[]", NULL},
	{TEXT("{}\nx"), "{}", NULL},
	{TEXT("{[]: x}"), NULL, "yaml: invalid map key: []interface {}{}"},
	{TEXT("[? : x]"), NULL, "yaml: did not find expected ',' or ']'"},
	{TEXT("[?]"), NULL, "yaml: line 1: did not find expected ',' or ']'"},
	{TEXT("{? a}"), "{\"a\":null}", NULL},
	{TEXT("[a: b, c]"), "[{\"a\":\"b\"},\"c\"]", NULL},
	{TEXT("{a, b: c,}"), "{\"a\":null,\"b\":\"c\"}", NULL},
	{TEXT("? a\n: b\n? c"), "{\"a\":\"b\",\"c\":null}", NULL},
	{TEXT("a:\n- b\n- c\nd: e"), "{\"a\":[\"b\",\"c\"],\"d\":\"e\"}", NULL},
	{TEXT("a: b\n  c\n\n  d"), "{\"a\":\"b c\\nd\"}", NULL},
	{TEXT("a: \"b\n  c\n\n  d \\\n  e\""), "{\"a\":\"b c\\nd e\"}", NULL},
	{TEXT("a: 'it''s'"), "{\"a\":\"it's\"}", NULL},
	{TEXT("a: \"\\t\\x41\\u00e4\\U0001F600\\N\\_\\L\\P\\e\\'\""),
	 "{\"a\":\"\\tA\303\244\360\237\230\200\302\205\302\240\\u2028\\u2029\\u001b'\"}", NULL},
	{TEXT("a: |\n  b\n   c\n\n  d\n\n"), "{\"a\":\"b\\n c\\n\\nd\\n\"}", NULL},
	{TEXT("a: |+\n  b\n\nc: |-\n  d\n"), "{\"a\":\"b\\n\\n\",\"c\":\"d\"}", NULL},
	{TEXT("a: >\n  b\n  c\n\n  d\n   e\n  f\n"), "{\"a\":\"b c\\nd\\n e\\nf\\n\"}", NULL},
	{TEXT("a: |2\n    b\n   c\n"), "{\"a\":\"  b\\n c\\n\"}", NULL},
	{TEXT("a: >1-\n b\n"), "{\"a\":\"b\"}", NULL},
	{TEXT("a: b\r\nc: d\re: f"), "{\"a\":\"b\",\"c\":\"d\",\"e\":\"f\"}", NULL},
	{TEXT("a: b\302\205c: d\342\200\250e: f"), "{\"a\":\"b\",\"c\":\"d\",\"e\":\"f\"}", NULL},
	{TEXT("\377\376a\000:\000 \0001\000"), "{\"a\":1}", NULL},
	{TEXT("\376\377\000a\000:\000 \0001"), "{\"a\":1}", NULL},
	{TEXT("\357\273\277a: 1"), "{\"a\":1}", NULL},
	{TEXT("\377\376a"), NULL, "yaml: incomplete UTF-16 character"},
	{TEXT("a: \377"), NULL, "yaml: invalid leading UTF-8 octet"},
	{TEXT("a: \303"), NULL, "yaml: incomplete UTF-8 octet sequence"},
	{TEXT("a: \303("), NULL, "yaml: invalid trailing UTF-8 octet"},
	{TEXT("a: \340\200\200"), NULL, "yaml: invalid length of a UTF-8 sequence"},
	{TEXT("a: \355\240\200"), NULL, "yaml: invalid Unicode character"},
	{TEXT("a: \001"), NULL, "yaml: control characters are not allowed"},
	{TEXT("a: 1\n---\n\001"), NULL, "yaml: control characters are not allowed"},
	{TEXT("a: !!int x"), NULL, "yaml: cannot decode !!str `x` as a !!int"},
	{TEXT("a: !!float 1"), "{\"a\":1}", NULL},
	{TEXT("a: !!float 18446744073709551615"), NULL,
	 "yaml: cannot decode !!int `18446744073709551615` as a !!float"},
	{TEXT("a: !!str 1"), "{\"a\":\"1\"}", NULL},
	{TEXT("a: !!bool 'yes'"), "{\"a\":true}", NULL},
	{TEXT("a: !!null ''"), "{\"a\":null}", NULL},
	{TEXT("a: !!timestamp 2001-01-01"), "{\"a\":\"2001-01-01\"}", NULL},
	{TEXT("a: !!timestamp x"), NULL, "yaml: cannot decode !!str `x` as a !!timestamp"},
	{TEXT("a: !!binary YWJj"), "{\"a\":\"abc\"}", NULL},
	{TEXT("a: !!binary /w=="), "{\"a\":\"\\ufffd\"}", NULL},
	{TEXT("a: !!binary x"), NULL, "yaml: !!binary value contains invalid base64 data"},
	{TEXT("a: ! 5"), "{\"a\":\"5\"}", NULL},
	{TEXT("a: !foo 5"), "{\"a\":\"5\"}", NULL},
	{TEXT("a: !!str"), "{\"a\":\"\"}", NULL},
	{TEXT("a: &x"), "{\"a\":null}", NULL},
	{TEXT("<<: 1"), NULL, "yaml: map merge requires map or sequence of maps as the value"},
	{TEXT("a: &a [1]\nb: {<<: *a}"), NULL,
	 "yaml: map merge requires map or sequence of maps as the value"},
	{TEXT("a: &a {x: 1}\nb: {<<: [*a, {y: 2}], x: 3}"),
	 "{\"a\":{\"x\":1},\"b\":{\"true\":2,\"x\":3}}", NULL},
	{TEXT("b: {<<: [{x: !!int a}, {y: !!int b}]}"), NULL,
	 "yaml: cannot decode !!str `b` as a !!int"},
	{TEXT("b: {<<: [{x: 1}, y]}"), NULL,
	 "yaml: map merge requires map or sequence of maps as the value"},
	{TEXT("a: {\"<<\": {x: 1}}"), "{\"a\":{\"\\u003c\\u003c\":{\"x\":1}}}", NULL},
	{TEXT("? [a]\n: b"), NULL, "yaml: invalid map key: []interface {}{\"a\"}"},
	{TEXT("{{ x }}: y"), NULL,
	 "yaml: invalid map key: map[interface {}]interface {}{\"x\":interface {}(nil)}"},
	{TEXT("a: {{ .Values.x }}"), NULL,
	 "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}"},
	{TEXT("? {1: a, true: b, 1.5: c, x: d, null: e, 2: f}\n: y"), NULL,
	 "yaml: invalid map key: map[interface {}]interface {}{interface {}(nil):\"e\", "
	 "\"x\":\"d\", 1:\"a\", 2:\"f\", 1.5:\"c\", true:\"b\"}"},
	{TEXT("null: x"), NULL,
	 "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"x\""},
	{TEXT("~: {1: a}"), NULL,
	 "unsupported map key of type: %!s(<nil>), key: <nil>, value: map[interface {}]interface "
	 "{}{1:\"a\"}"},
	{TEXT("18446744073709551615: x"), NULL,
	 "unsupported map key of type: uint64, key: 0xffffffffffffffff, value: \"x\""},
	{TEXT("1: a\n1.5: b\ntrue: c\n.inf: d"),
	 "{\".inf\":\"d\",\"1\":\"a\",\"1.5\":\"b\",\"true\":\"c\"}", NULL},
	{TEXT("a: {null: 1}\na: 2"), "{\"a\":2}", NULL},
	{TEXT("a: &a {null: 1}\nb: {<<: *a}"), NULL,
	 "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1"},
	{TEXT("a: 017\nb: 08\nc: 0x1F\nd: 0b11\ne: 0o17\nf: 1_000\ng: 1e3\nh: .5\ni: 1.\nj: +1\nk: "
	      "0x_1\nl: ._5"),
	 "{\"a\":15,\"b\":8,\"c\":31,\"d\":3,\"e\":15,\"f\":1000,\"g\":1000,\"h\":0.5,\"i\":1,"
	 "\"j\":1,\"k\":1,\"l\":\"._5\"}",
	 NULL},
	{TEXT("a: 9223372036854775807\nb: 9223372036854775808\nc: 18446744073709551616\nd: "
	      "-9223372036854775809"),
	 "{\"a\":9223372036854775807,\"b\":9223372036854775808,\"c\":18446744073709552000,\"d\":-"
	 "9223372036854776000}",
	 NULL},
	{TEXT("a: .51_000\nb: ._5\nc: .5_\nd: .5e3"),
	 "{\"a\":0.51,\"b\":\"._5\",\"c\":\".5_\",\"d\":500}", NULL},
	{TEXT("a: 12:30:45\nb: 2001-01-01\nc: 1e400\nd: -0"),
	 "{\"a\":\"12:30:45\",\"b\":\"2001-01-01\",\"c\":\"1e400\",\"d\":0}", NULL},
	{TEXT("a: y\nb: Yes\nc: oN\nd: NO\ne: ~\nf: Null\ng: =\nh: <<"),
	 "{\"a\":true,\"b\":true,\"c\":\"oN\",\"d\":false,\"e\":null,\"f\":null,\"g\":\"=\",\"h\":"
	 "\"\\u003c\\u003c\"}",
	 NULL},
	{TEXT("a: 1\na: 2"), "{\"a\":2}", NULL},
	{TEXT("a: b #c\nd: e#f\ng: #h\n  i"), "{\"a\":\"b\",\"d\":\"e#f\",\"g\":\"i\"}", NULL},
	{TEXT("- - a\n  - b\n-\n  - c\n- d: e\n  f: g"),
	 "[[\"a\",\"b\"],[\"c\"],{\"d\":\"e\",\"f\":\"g\"}]", NULL},
	{TEXT("a: [\n  b,\n  c\n]\n"), "{\"a\":[\"b\",\"c\"]}", NULL},
	{TEXT("a: [b,\nc]\n"), "{\"a\":[\"b\",\"c\"]}", NULL},
	{TEXT("\"a\": 1\n'b': 2"), "{\"a\":1,\"b\":2}", NULL},
	{TEXT("---\n--- a\n"), "null", NULL},
	{TEXT("...\na"), NULL, "yaml: did not find expected node content"},
	{TEXT("# only a comment\n"), "null", NULL},
	{TEXT("--- |\n  x\n"), "\"x\\n\"", NULL},
	{TEXT("a: -\nb"), NULL, "yaml: block sequence entries are not allowed in this context"},
	{TEXT("a: @"), NULL, "yaml: found character that cannot start any token"},
	{TEXT("\na: `"), NULL, "yaml: line 2: found character that cannot start any token"},
	{TEXT("x: 1\n'a"), NULL, "yaml: line 2: found unexpected end of stream"},
	{TEXT("x:\n  - y\n z"), NULL, "yaml: line 2: did not find expected key"},
	{TEXT("x: [a, b"), NULL, "yaml: line 1: did not find expected ',' or ']'"},
	{TEXT("x: {a: b"), NULL, "yaml: line 1: did not find expected ',' or '}'"},
	{TEXT("x:\n  y: \"a\n---\nb\""), NULL, "yaml: line 3: found unexpected document indicator"},
	{TEXT("x: 1\n? a\n? b\n  : c: d"), NULL, "yaml: line 3: did not find expected key"},
};

/* Whole numbers and others are one kind in JSON. */
static bool is_same(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	if (json_typeof(a) != json_typeof(b) || json_array_size(a) != json_array_size(b) ||
	    json_object_size(a) != json_object_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++)
		if (!is_same(json_array_get(a, i), json_array_get(b, i)))
			return false;
	json_object_foreach ((json_t *)(uintptr_t)a, key, value)
		if (!json_object_get(b, key) || !is_same(value, json_object_get(b, key)))
			return false;
	return json_is_array(a) || json_is_object(a) || json_equal(a, b);
}

static void check_text(int i, const struct rc_yaml_options *options)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *message = NULL;
	json_auto_t *json = NULL, *wanted = NULL;
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(arena, texts[i].text, options, &node, &err);

	if (r == 0)
		r = rc_yaml_to_json(node, &json, &err);
	message = err ? rc_error_format(err) : NULL;
	if (texts[i].error) {
		ck_assert_msg(r == -EINVAL, "<%s> was read", texts[i].text.p);
		ck_assert_str_eq(message, texts[i].error);
		return;
	}
	ck_assert_msg(r == 0, "<%s>: %s", texts[i].text.p, message);
	wanted = json_loads(texts[i].json, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
	ck_assert_ptr_nonnull(wanted);
	if (!is_same(json, wanted)) {
		rc_autofree char *got = json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS);

		ck_assert_msg(false, "<%s> is %s, not %s", texts[i].text.p, got, texts[i].json);
	}
}

START_TEST(test_text)
{
	check_text(_i, NULL);
}
END_TEST

/* The whole rules say the same as the shortcuts for everyday text. */
START_TEST(test_text_without_shortcuts)
{
	check_text(_i, &(struct rc_yaml_options){.no_shortcuts = true});
}
END_TEST

static const struct {
	const char *text, *error;
} places[] = {
	{"a: b: c", "f.yaml:1:5: mapping values are not allowed in this context"},
	{"a: 1\n\303\244: \"\\q\"", "f.yaml:2:5: found unknown escape character"},
	{"a: 1\nb: \001", "f.yaml:2:4: control characters are not allowed"},
	{"a: 1\nnull: 2", "f.yaml:2:1: a key is missing"},
	{"18446744073709551615: 2", "f.yaml:1:1: a key is too large a number"},
	{"a: [\n  *b]", "f.yaml:2:3: unknown anchor 'b' referenced"},
	{"\303\244: 1\nb", "f.yaml:3:1: could not find expected ':'"},
	{"a: !!int b", "f.yaml:1:4: cannot decode !!str `b` as a !!int"},
};

/* With a file's name, errors tell the line and the column, from 1. */
START_TEST(test_place)
{
	struct rc_yaml_options options = {.file = "f.yaml"};
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;
	int r = rc_yaml_parse(arena, rc_str(places[_i].text), &options, &node, &err);

	rc_check_fails(r, -EINVAL, err, places[_i].error);
}
END_TEST

/*
 * goyaml reads 512 bytes at once: what is no text spoils a document that ends before it in the
 * same piece, and no other.
 */
START_TEST(test_bad_byte_behind)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;
	int r;

	rc_buf_puts(&text, "a: 1\n---\n#");
	rc_buf_fill(&text, 'x', 490);
	rc_buf_puts(&text, "\n\001");
	r = rc_yaml_parse(arena, rc_buf_str(&text), NULL, &node, &err);
	rc_check_fails(r, -EINVAL, err, "yaml: control characters are not allowed");
	rc_buf_clear(&text);
	rc_buf_puts(&text, "a: 1\n---\n#");
	rc_buf_fill(&text, 'x', 505);
	rc_buf_puts(&text, "\n\001");
	err = NULL;
	r = rc_yaml_parse(arena, rc_buf_str(&text), NULL, &node, &err);
	rc_check_ok(r, err);
	ck_assert_int_eq(rc_yaml_get(node, "a")->integer, 1);
}
END_TEST

/* Aliases make a tree deeper than its text is. */
START_TEST(test_depth_of_aliases)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;
	int r;

	rc_buf_puts(&text, "a0: &a0 [x]\n");
	for (int i = 1; i < 1100; i++)
		rc_buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	r = rc_yaml_parse(arena, rc_buf_str(&text), NULL, &node, &err);
	rc_check_fails(r, -E2BIG, err, "exceeded max depth of 1000");
}
END_TEST

/* Of 2000 nodes more than 99 in a hundred come from aliases. */
START_TEST(test_excessive_aliasing)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;
	int r;

	rc_buf_puts(&text, "a: &a [");
	for (int i = 0; i < 200; i++)
		rc_buf_puts(&text, "x,");
	rc_buf_puts(&text, "]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [");
	for (int i = 0; i < 100; i++)
		rc_buf_puts(&text, "*b,");
	rc_buf_puts(&text, "]\n");
	r = rc_yaml_parse(arena, rc_buf_str(&text), NULL, &node, &err);
	rc_check_fails(r, -E2BIG, err, "yaml: document contains excessive aliasing");
}
END_TEST

/* What is behind the last document that was asked for does not matter; what is asked for does. */
START_TEST(test_stream)
{
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(RC_STR("a\n...\n%YAML 1.1\n---\n!!str 1\n---\n[b\n"), NULL);
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_error *err = NULL;
	struct rc_yaml_node *node;

	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 1);
	ck_assert_str_eq(node->text.p, "a");
	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 1);
	ck_assert_str_eq(node->text.p, "1");
	ck_assert_uint_eq(node->line, 5);
	rc_check_fails(rc_yaml_reader_next(reader, arena, &node, &err), -EINVAL, err,
		       "did not find expected ',' or ']'");
	ck_assert_int_eq(rc_yaml_reader_next(reader, arena, &node, NULL), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("yaml as goyaml");
	TCase *tcase = tcase_create("yaml as goyaml");

	tcase_add_loop_test(tcase, test_text, 0, RC_ARRAY_SIZE(texts));
	tcase_add_loop_test(tcase, test_text_without_shortcuts, 0, RC_ARRAY_SIZE(texts));
	tcase_add_loop_test(tcase, test_place, 0, RC_ARRAY_SIZE(places));
	tcase_add_test(tcase, test_bad_byte_behind);
	tcase_add_test(tcase, test_depth_of_aliases);
	tcase_add_test(tcase, test_excessive_aliasing);
	tcase_add_test(tcase, test_stream);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
