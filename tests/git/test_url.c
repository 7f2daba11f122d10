/* Who is given credentials; which URLs are taken is tested with the mirrors. */
#include "support/check.h"

#include <errno.h>

#include "git/url.h"

static const struct {
	const char *ours, *theirs;
	bool same;
} servers[] = {
	{"https://host/x", "https://host/y.git", true},
	{"https://host/x", "https://HOST:443/x", true},
	{"https://host:443/x", "https://host/x", true},
	{"http://host:80/x", "http://host/x", true},
	{"https://ada@host/x", "https://host/x", true},
	{"https://host:8443/x", "https://host:8443/y", true},
	{"https://host", "https://host?a", true},
	{"http://host/x", "https://host/x", true},
	{"http://host:80/x", "https://host:443/x", true},
	{"https://host/x", "http://host/x", false},
	{"https://host/x", "http://host:443/x", false},
	{"https://host/x", "https://host:8443/x", false},
	{"https://host/x", "https://host:80/x", false},
	{"https://host/x", "https://host.evil/x", false},
	{"https://host/x", "https://hos/x", false},
	{"https://host/x", "https://evil/host/x", false},
	{"https://host/x", "https://host@evil/x", false},
	{"https://host/x", "https://evil?@host/x", false},
	{"https://host/x", "https://evil#@host/x", false},
	{"https://host/x", "https:///x", false},
	{"https://host/x", "", false},
};

START_TEST(test_url_same_server)
{
	ck_assert_msg(rc_git_url_is_same_server(servers[_i].ours, servers[_i].theirs) ==
			      servers[_i].same,
		      "%s and %s", servers[_i].ours, servers[_i].theirs);
}
END_TEST

static const struct {
	const char *url;
	int r;
} checks[] = {
	{"https://host/team/x@v1", 0},	     {"https://host:8443/team/x@v1", 0},
	{"https://ada@host:8443/x", 0},	     {"https://host/x?a=b:c@d", 0},
	{"ssh://git@host:22/~ada/x:y@z", 0}, {"git@host:x", 0},
	{"https://ada:@host/x", -EINVAL},    {"https://ada:p@host@other/x", -EINVAL},
	{"HTTPS://host/x", -EINVAL},	     {"javascript://host/x", -EINVAL},
	{"helper::https://host/x", -EINVAL},
};

START_TEST(test_url_check)
{
	int r = rc_git_url_check(checks[_i].url, NULL);

	ck_assert_msg(r == checks[_i].r, "%s: %d", checks[_i].url, r);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("url");
	TCase *tcase = tcase_create("url");

	tcase_add_loop_test(tcase, test_url_same_server, 0, RC_ARRAY_SIZE(servers));
	tcase_add_loop_test(tcase, test_url_check, 0, RC_ARRAY_SIZE(checks));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
