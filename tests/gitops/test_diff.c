/* Diffs for people: what diff -u would print, and no secret's value ever. */
#include "support/check.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "gitops/diff.h"
#include "gitops/manifest.h"

/* ---- texts ---- */

static const struct {
	const char *before, *after, *wanted;
} texts[] = {
	{"", "", ""},
	{"a\nb\n", "a\nb\n", ""},
	{"", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
	{"a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n"},
	{"a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
	{"a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n"},
	{"b\n", "a\nb\n", "@@ -1,1 +1,2 @@\n+a\n b\n"},
	{"a\nb\nc\nd\ne\nf\ng\nh\n", "a\nb\nc\nX\ne\nf\ng\nh\n",
	 "@@ -2,5 +2,5 @@\n b\n c\n-d\n+X\n e\n f\n"},
	/* Four kept lines between two changes: one hunk with two of context; five: two. */
	{"1\na\nb\nc\nd\n2\n", "x\na\nb\nc\nd\ny\n",
	 "@@ -1,6 +1,6 @@\n-1\n+x\n a\n b\n c\n d\n-2\n+y\n"},
	{"1\na\nb\nc\nd\ne\n2\n", "x\na\nb\nc\nd\ne\ny\n",
	 "@@ -1,3 +1,3 @@\n-1\n+x\n a\n b\n@@ -5,3 +5,3 @@\n d\n e\n-2\n+y\n"},
	/* No newline at the end is not told apart. */
	{"a\nb", "a\nb\n", ""},
};

START_TEST(test_text)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	ck_assert_int_eq(
		rc_diff_write_text(&out, rc_str(texts[_i].before), rc_str(texts[_i].after), 2), 0);
	ck_assert_str_eq(rc_buf_text(&out), texts[_i].wanted);
}
END_TEST

/* The least number of lines, and applying it gives the other text. */
START_TEST(test_shortest)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t minus = 0, plus = 0;

	/* The example of Myers' paper: 5 edits. */
	ck_assert_int_eq(rc_diff_write_text(&out, rc_str("a\nb\nc\na\nb\nb\na\n"),
					    rc_str("c\nb\na\nb\na\nc\n"), 0),
			 0);
	for (const char *line = rc_buf_text(&out); *line; line = strchr(line, '\n') + 1) {
		minus += *line == '-';
		plus += *line == '+';
	}
	ck_assert_uint_eq(minus, 3);
	ck_assert_uint_eq(plus, 2);
}
END_TEST

START_TEST(test_too_long)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(16);

	ck_assert_int_eq(
		rc_diff_write_text(&out, rc_str("a\n"), rc_str("a long line of text\n"), 3),
		-E2BIG);
}
END_TEST

/* Texts that share nothing end in reasonable time. */
START_TEST(test_nothing_in_common)
{
	rc_autobuf struct rc_buf a = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autobuf struct rc_buf b = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	size_t lines = 0;

	for (int i = 0; i < 2500; i++) {
		rc_buf_printf(&a, "a%d\n", i);
		rc_buf_printf(&b, "b%d\n", i);
	}
	ck_assert_int_eq(rc_diff_write_text(&out, rc_buf_str(&a), rc_buf_str(&b), 3), 0);
	for (const char *line = rc_buf_text(&out); *line; line = strchr(line, '\n') + 1)
		lines++;
	ck_assert_uint_eq(lines, 5001);
}
END_TEST

/* ---- objects ---- */

static char *diff(const char *live, const char *wanted)
{
	json_auto_t *a = live ? manifest_read(live) : NULL;
	json_auto_t *b = wanted ? manifest_read(wanted) : NULL;
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);

	ck_assert_int_eq(rc_diff_write(&out, a, b), 0);
	rc_buf_text(&out);
	return rc_buf_take(&out);
}

#define CONFIG "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: ns}, data: {k: "

START_TEST(test_object)
{
	rc_autofree char *changed = diff(CONFIG "v}}\n", CONFIG "w}}\n");
	rc_autofree char *same = diff(CONFIG "v}}\n", CONFIG "v}}\n");

	ck_assert_str_eq(changed, "--- live ConfigMap ns/a\n"
				  "+++ desired ConfigMap ns/a\n"
				  "@@ -1,6 +1,6 @@\n"
				  " apiVersion: v1\n"
				  " data:\n"
				  "-  k: v\n"
				  "+  k: w\n"
				  " kind: ConfigMap\n"
				  " metadata:\n"
				  "   name: a\n");
	ck_assert_str_eq(same ? same : "", "");
}
END_TEST

START_TEST(test_absent)
{
	rc_autofree char *made = diff(NULL, CONFIG "v}}\n");
	rc_autofree char *gone = diff(CONFIG "v}}\n", NULL);

	ck_assert_ptr_nonnull(strstr(made, "--- live ConfigMap ns/a (absent)\n"));
	ck_assert_ptr_nonnull(strstr(made, "@@ -0,0 +1,7 @@\n+apiVersion: v1\n"));
	ck_assert_ptr_nonnull(strstr(gone, "+++ desired ConfigMap ns/a (to be pruned)\n"));
	ck_assert_ptr_nonnull(strstr(gone, "@@ -1,7 +0,0 @@\n-apiVersion: v1\n"));
}
END_TEST

/* What no comparison looks at. */
START_TEST(test_noise)
{
	rc_autofree char *text =
		diff("apiVersion: v1\nkind: ConfigMap\n"
		     "metadata: {name: a, uid: u, resourceVersion: '1', generation: 1,\n"
		     "  creationTimestamp: '2025-01-01T00:00:00Z', managedFields: [{manager: m}],\n"
		     "  selfLink: x, annotations: {a: b,\n"
		     "    kubectl.kubernetes.io/last-applied-configuration: '{}'}}\n"
		     "status: {a: 1}\n",
		     "apiVersion: v1\nkind: ConfigMap\n"
		     "metadata: {name: a, annotations: {a: b}}\n");

	ck_assert_str_eq(text ? text : "", "");
}
END_TEST

/* ---- secrets ---- */

#define SECRET "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"

/* Whatever is shown, none of these may be in it: the texts, and what base64 makes of them. */
static const char *const values[] = {"hunter", "aHVudGVy", "swordfish", "c3dvcmRmaXNo"};

static const struct {
	const char *live, *wanted;
	const char *part; /* NULL: no difference at all */
} secrets[] = {
	{SECRET "data: {k: aHVudGVy}\n", SECRET "data: {k: c3dvcmRmaXNo}\n",
	 "-  k: ++++++++\n+  k: ++++++++++++\n"},
	{SECRET "data: {k: aHVudGVy, l: aHVudGVy}\n", SECRET "data: {k: aHVudGVy, l: YQ==}\n",
	 "   k: ++++++++\n-  l: ++++++++\n+  l: ++++++++++++\n"},
	{SECRET "data: {k: aHVudGVy}\n", SECRET "data: {k: aHVudGVy}\n", NULL},
	{SECRET "data: {k: aHVudGVy}\n", SECRET "data: {k: aHVudGVy, l: c3dvcmRmaXNo}\n",
	 "+  l: ++++++++\n"},
	{SECRET "data: {k: aHVudGVy, l: c3dvcmRmaXNo}\n", SECRET "data: {k: aHVudGVy}\n",
	 "-  l: ++++++++\n"},
	{NULL, SECRET "data: {k: aHVudGVy}\nstringData: {l: swordfish}\n", "+  k: ++++++++\n"},
	{SECRET "data: {k: aHVudGVy}\n", NULL, "-  k: ++++++++\n"},
	{SECRET "data: {k: aHVudGVy}\n", SECRET "stringData: {k: swordfish}\n", "  k: +"},
	/* The server keeps stringData as data. */
	{SECRET "data: {k: aHVudGVy}\n", SECRET "stringData: {k: hunter}\n", NULL},
	{SECRET "data: {k: aHVudGVy}\n",
	 SECRET "data: {k: null}\nstringData: {l: {m: swordfish}}\n", "+"},
	/* Broken manifests are shown too. */
	{NULL, SECRET "data: swordfish\n", "+data: "},
	{NULL, SECRET "stringData: [hunter, swordfish]\n", "+stringData: "},
	{SECRET "data: {k: aHVudGVy}\n", SECRET "data: [c3dvcmRmaXNo]\n", "+data: "},
	/* kubectl writes the whole into an annotation. */
	{"apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {\n"
	 "  kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"k\":\"aHVudGVy\"}}'}}\n"
	 "data: {k: aHVudGVy}\n",
	 SECRET "data: {k: c3dvcmRmaXNo}\n", "++++++++++++"},
};

START_TEST(test_secret)
{
	rc_autofree char *text = diff(secrets[_i].live, secrets[_i].wanted);

	for (size_t i = 0; i < RC_ARRAY_SIZE(values); i++)
		ck_assert_msg(!text || !strstr(text, values[i]), "shows %s: %s", values[i], text);
	if (secrets[_i].part)
		ck_assert_msg(text && strstr(text, secrets[_i].part), "%s", text ? text : "");
	else
		ck_assert_str_eq(text ? text : "", "");
}
END_TEST

/* Only Secrets are masked. */
START_TEST(test_not_secret)
{
	rc_autofree char *text = diff(CONFIG "hunter}}\n", CONFIG "swordfish}}\n");

	ck_assert_ptr_nonnull(strstr(text, "-  k: hunter\n+  k: swordfish\n"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("diff");
	TCase *tcase = tcase_create("diff");

	tcase_add_loop_test(tcase, test_text, 0, RC_ARRAY_SIZE(texts));
	tcase_add_test(tcase, test_shortest);
	tcase_add_test(tcase, test_too_long);
	tcase_add_test(tcase, test_nothing_in_common);
	tcase_add_test(tcase, test_object);
	tcase_add_test(tcase, test_absent);
	tcase_add_test(tcase, test_noise);
	tcase_add_loop_test(tcase, test_secret, 0, RC_ARRAY_SIZE(secrets));
	tcase_add_test(tcase, test_not_secret);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
