/* What is made of what a store answered: properties, decoding, keys. */
#include "support/check.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "sample.h"
#include "secrets/shape.h"

#define FETCHED                                                                            \
	"{s: text, empty: '', i: 42, big: 12345678901234567, f: 1.5, t: true, nil: null, " \
	"a.b: dotted, a: {b: nested, c: [x, {d: e}]}, html: {k: '<a&b>'}, "                \
	"json: '{\"x\": 1, \"y\": \"z\"}', b64: aGVsbG8=, url: '_-8=', bad: '%%%'}"

static const struct {
	const char *property, *wanted; /* wanted NULL: it is refused */
	enum rc_secrets_decoding decoding;
} values[] = {
	{"s", "text", 0},
	{"empty", "", 0},
	{"i", "42", 0},
	{"big", "12345678901234567", 0},
	{"f", "1.5", 0},
	{"t", "true", 0},
	{"nil", "", 0},
	{"a.b", "dotted", 0}, /* a key as it stands wins */
	{"a.c.0", "x", 0},
	{"a.c.1.d", "e", 0},
	{"a.c.1", "{\"d\":\"e\"}", 0},
	{"a", "{\"b\":\"nested\",\"c\":[\"x\",{\"d\":\"e\"}]}", 0},
	{"html", "{\"k\":\"\\u003ca\\u0026b\\u003e\"}", 0},
	{"json", "{\"x\": 1, \"y\": \"z\"}", 0},
	{"none", NULL, 0},
	{"a.none", NULL, 0},
	{"a.c.2", NULL, 0},
	{"a.c.x", NULL, 0},
	{"a.c.0x", NULL, 0},
	{"a.c.-1", NULL, 0},
	{"s.t", NULL, 0},
	{"b64", "hello", RC_SECRETS_DECODING_BASE64},
	{"b64", "hello", RC_SECRETS_DECODING_AUTO},
	{"url", "\xff\xef", RC_SECRETS_DECODING_BASE64URL},
	{"url", "\xff\xef", RC_SECRETS_DECODING_AUTO},
	{"url", NULL, RC_SECRETS_DECODING_BASE64},
	{"bad", "%%%", RC_SECRETS_DECODING_AUTO},
	{"bad", NULL, RC_SECRETS_DECODING_BASE64},
	{"bad", NULL, RC_SECRETS_DECODING_BASE64URL},
};

START_TEST(test_value)
{
	struct rc_secrets_remote remote = {.secret_key = "k",
					   .key = "app",
					   .property = values[_i].property,
					   .decoding = values[_i].decoding};
	json_auto_t *fetched = sample_read(FETCHED), *data = json_object();
	struct rc_error *err = NULL;
	rc_autofree char *got = NULL, *text = NULL;
	int r;

	r = rc_secrets_shape_add(&remote, fetched, data, &err);
	got = sample_text(data, "k");
	if (values[_i].wanted) {
		rc_check_ok(r, err);
		ck_assert_str_eq(got, values[_i].wanted);
		return;
	}
	ck_assert_msg(r < 0, "%s: %s", values[_i].property, got);
	text = rc_error_format(err);
	ck_assert_ptr_null(strstr(text, "%%%"));
	ck_assert_ptr_null(strstr(text, "_-8"));
	rc_error_free(err);
}
END_TEST

/* No property, or an empty one: all of it, keys sorted. */
static const char *const wholes[] = {NULL, ""};

START_TEST(test_whole)
{
	struct rc_secrets_remote remote = {.secret_key = "k", .key = "app", .property = wholes[_i]};
	json_auto_t *fetched = sample_read("{b: 1, a: '<', c: {z: null}}");
	json_auto_t *data = json_object();
	struct rc_error *err = NULL;
	rc_autofree char *got = NULL;

	rc_check_ok(rc_secrets_shape_add(&remote, fetched, data, &err), err);
	got = sample_text(data, "k");
	ck_assert_str_eq(got, "{\"a\":\"\\u003c\",\"b\":1,\"c\":{\"z\":null}}");
}
END_TEST

static const struct {
	const char *fetched, *property, *key, *value;
	size_t n;
	bool is_unicode;
} extracts[] = {
	{"{a: x, b: w}", NULL, "b", "w", 2, false},
	{"{a: {b: x, c: w}}", "a", "c", "w", 2, false},
	{"{a: '{\"b\": \"x\"}'}", "a", "b", "x", 1, false},
	{"{a/b: x}", NULL, "a_b", "x", 1, false},
	{"{'a b:c': x}", NULL, "a_b_c", "x", 1, false},
	{"{a-b._c: x}", NULL, "a-b._c", "x", 1, false},
	{"{a/b: x}", NULL, "a_U002f_b", "x", 1, true},
	{"{'a b': x}", NULL, "a_U0020_b", "x", 1, true},
	/* One character, however many bytes it has. */
	{"{'5€': x}", NULL, "5_", "x", 1, false},
	{"{'5€': x}", NULL, "5_U20ac_", "x", 1, true},
};

START_TEST(test_extract)
{
	struct rc_secrets_remote remote = {.type = RC_SECRETS_REMOTE_EXTRACT,
					   .key = "app",
					   .property = extracts[_i].property,
					   .is_unicode = extracts[_i].is_unicode};
	json_auto_t *fetched = sample_read(extracts[_i].fetched), *data = json_object();
	struct rc_error *err = NULL;
	rc_autofree char *got = NULL;

	rc_check_ok(rc_secrets_shape_add(&remote, fetched, data, &err), err);
	ck_assert_uint_eq(json_object_size(data), extracts[_i].n);
	got = sample_text(data, extracts[_i].key);
	ck_assert_pstr_eq(got, extracts[_i].value);
}
END_TEST

/* Two keys that become the same one: neither may win by chance. */
START_TEST(test_collision)
{
	struct rc_secrets_remote remote = {.type = RC_SECRETS_REMOTE_EXTRACT, .key = "app"};
	json_auto_t *fetched = sample_read("{a/b: x, 'a:b': y}"), *data = json_object();
	struct rc_error *err = NULL;

	rc_check_fails(rc_secrets_shape_add(&remote, fetched, data, &err), -EINVAL, err, "a_b");
}
END_TEST

START_TEST(test_extract_of_text)
{
	struct rc_secrets_remote remote = {
		.type = RC_SECRETS_REMOTE_EXTRACT, .key = "app", .property = "a"};
	json_auto_t *fetched = sample_read("{a: hunter2}"), *data = json_object();
	struct rc_error *err = NULL;
	rc_autofree char *text = NULL;

	ck_assert_int_eq(rc_secrets_shape_add(&remote, fetched, data, &err), -EINVAL);
	text = rc_error_format(err);
	ck_assert_ptr_null(strstr(text, "hunter2"));
	rc_error_free(err);
}
END_TEST

/* What comes later wins: dataFrom, then data. */
START_TEST(test_order)
{
	struct rc_secrets_remote all = {.type = RC_SECRETS_REMOTE_EXTRACT, .key = "app"};
	struct rc_secrets_remote one = {.secret_key = "a", .key = "app", .property = "b"};
	json_auto_t *fetched = sample_read("{a: x, b: w}"), *data = json_object();
	struct rc_error *err = NULL;
	rc_autofree char *got = NULL;

	rc_check_ok(rc_secrets_shape_add(&all, fetched, data, &err), err);
	rc_check_ok(rc_secrets_shape_add(&one, fetched, data, &err), err);
	got = sample_text(data, "a");
	ck_assert_str_eq(got, "w");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("shape");
	TCase *tcase = tcase_create("shape");

	tcase_add_loop_test(tcase, test_value, 0, RC_ARRAY_SIZE(values));
	tcase_add_loop_test(tcase, test_whole, 0, RC_ARRAY_SIZE(wholes));
	tcase_add_loop_test(tcase, test_extract, 0, RC_ARRAY_SIZE(extracts));
	tcase_add_test(tcase, test_collision);
	tcase_add_test(tcase, test_extract_of_text);
	tcase_add_test(tcase, test_order);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
