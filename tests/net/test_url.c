/* URLs: what a reference means, whose origin it is, what may be shown. */
#include "support/check.h"

#include <errno.h>

#include "base/memory.h"
#include "net/url.h"

static const struct {
	const char *base, *reference, *wanted; /* wanted NULL: -EINVAL */
} references[] = {
	{"https://a.example/x/", "b.tgz", "https://a.example/x/b.tgz"},
	{"https://a.example/x/", "./sub/../b.tgz", "https://a.example/x/b.tgz"},
	{"https://a.example/x/", "/b.tgz", "https://a.example/b.tgz"},
	{"https://a.example/x/", "http://c.example:8080/b", "http://c.example:8080/b"},
	{"https://a.example/x/", "//c.example/b", "https://c.example/b"},
	{"https://a.example/x/?q=1", "b?r=2", "https://a.example/x/b?r=2"},
	{"https://a.example/x/", "file:///etc/passwd", NULL},
	{"https://a.example/x/", "ftp://a.example/x", NULL},
	{"no url", "b", NULL},
};

START_TEST(test_resolve)
{
	rc_autofree char *url = NULL;
	struct rc_error *err = NULL;
	int r = rc_net_url_resolve(references[_i].base, references[_i].reference, &url, &err);

	if (!references[_i].wanted) {
		rc_check_fails(r, -EINVAL, err, "URL");
		return;
	}
	rc_check_ok(r, err);
	ck_assert_str_eq(url, references[_i].wanted);
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} origins[] = {
	{"https://a.example/x", "https://A.example:443/y?z", true},
	{"http://a.example", "http://a.example:80/", true},
	{"https://me:secret@a.example/x", "https://a.example/x", true},
	{"https://a.example/x", "http://a.example/x", false},
	{"https://a.example/x", "https://a.example:8443/x", false},
	{"https://a.example/x", "https://b.a.example/x", false},
	{"https://a.example/x", "https://a.example.b/x", false},
	{"https://a.example@b.example/", "https://a.example/", false},
	{"no url", "no url", false},
};

START_TEST(test_same_origin)
{
	ck_assert(rc_net_url_same_origin(origins[_i].a, origins[_i].b) == origins[_i].same);
	ck_assert(rc_net_url_same_origin(origins[_i].b, origins[_i].a) == origins[_i].same);
}
END_TEST

static const struct {
	const char *url, *wanted;
} redactions[] = {
	{"https://me:secret@a.example/x?token=1#f", "https://a.example/x"},
	{"https://a.example/x/y@z", "https://a.example/x/y@z"},
	{"https://a.example?token=1", "https://a.example"},
	{"relative/x.tgz?sig=1", "relative/x.tgz"},
	{"", ""},
};

START_TEST(test_redact)
{
	rc_autofree char *shown = rc_net_url_redact(redactions[_i].url);

	ck_assert_str_eq(shown, redactions[_i].wanted);
}
END_TEST

START_TEST(test_texts)
{
	rc_autofree char *escaped = rc_net_url_escape("repository:a/b c:pull&x");
	rc_autofree char *basic = rc_net_url_basic("Aladdin", "open sesame");

	ck_assert_str_eq(escaped, "repository%3Aa%2Fb%20c%3Apull%26x");
	ck_assert_str_eq(basic, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("url");
	TCase *tcase = tcase_create("url");

	tcase_add_loop_test(tcase, test_resolve, 0, RC_ARRAY_SIZE(references));
	tcase_add_loop_test(tcase, test_same_origin, 0, RC_ARRAY_SIZE(origins));
	tcase_add_loop_test(tcase, test_redact, 0, RC_ARRAY_SIZE(redactions));
	tcase_add_test(tcase, test_texts);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
