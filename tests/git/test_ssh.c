/*
 * Repositories by ssh, with a stand-in for ssh(1) that notes how it was called and runs the
 * command here, or that says what OpenSSH says when it fails.
 */
#include "support/check.h"

#include <errno.h>

#include "base/memory.h"
#include "scene.h"

#define LOCALLY                                                      \
	"for a; do printf '%s\\n' \"$a\"; done >\"$HOME/argv\"\n"    \
	"while [ \"$1\" != -- ]; do shift; done; host=$2; shift 2\n" \
	"cd \"$HOME\"; exec sh -c \"$*\"\n"

static const struct {
	const char *url;
	struct rc_git_remote_options options;
	const char *argv; /* after what is always there, words by lines */
} calls[] = {
	{"ssh://git@host/%s/work", {.url = NULL}, "--\ngit@host"},
	{"ssh://host/%s/work", {.url = NULL}, "--\nhost"},
	{"ssh://git@host:2222/%s/work", {.url = NULL}, "-p\n2222\n--\ngit@host"},
	{"git@host:%s/work", {.url = NULL}, "--\ngit@host"},
	{"host:%s/work", {.url = NULL}, "--\nhost"},
	{"ssh://git@host/%s/work",
	 {.ssh_key = "/k/id", .known_hosts = "/k/known"},
	 "-o\nUserKnownHostsFile=/k/known\n-o\nIdentitiesOnly=yes\n-i\n/k/id\n--\ngit@host"},
};

START_TEST(test_ssh_call)
{
	const char *folder = scene_folder() + (calls[_i].url[0] == 's' ? 1 : 0);
	struct rc_git_remote_options options = calls[_i].options;
	rc_autofree char *url =
		rc_asprintf("%.*s%s/work", (int)strcspn(calls[_i].url, "%"), calls[_i].url, folder);
	rc_autofree char *wanted =
		rc_asprintf("-F\nnone\n-T\n-o\nBatchMode=yes\n-o\nStrictHostKeyChecking=yes\n"
			    "-o\nConnectTimeout=15\n%s\ngit-upload-pack '%s/work'",
			    calls[_i].argv, scene_folder());
	rc_autofree char *argv = NULL;
	struct rc_error *err = NULL;
	bool changed = false;

	scene_put_program("ssh", LOCALLY);
	options.url = url;
	rc_check_ok(rc_git_mirror_update(scene_mirror(), &options, &changed, &err), err);
	ck_assert(changed);
	scene_check_revision("", "main");
	argv = scene_run("cat argv");
	ck_assert_str_eq(argv, wanted);
	rc_check_ok(rc_git_mirror_update(scene_mirror(), &options, &changed, &err), err);
	ck_assert(!changed);
	scene_do("cd work; echo 2 >file; git commit -q -a -m 2; git branch b");
	rc_check_ok(rc_git_mirror_update(scene_mirror(), &options, &changed, &err), err);
	ck_assert(changed);
	scene_check_revision("b", "main");
}
END_TEST

/* The path is for a shell at the other end. */
static const char *const paths[] = {"it's",	   "a b", "$(touch ran)", "`touch ran`",
				    "x;touch ran", "a!b", "\\",		  "*"};

START_TEST(test_ssh_path)
{
	rc_autofree char *url = rc_asprintf("git@host:%s", paths[_i]);
	rc_autofree char *ran = NULL;

	setenv("NAME", paths[_i], 1);
	scene_do("cp -r work \"$NAME\"");
	scene_put_program("ssh", LOCALLY);
	ck_assert(scene_update(url));
	ran = scene_run("ls -d ran 2>/dev/null || true");
	ck_assert_str_eq(ran, "");
}
END_TEST

START_TEST(test_ssh_home)
{
	scene_put_program("ssh", LOCALLY);
	/* ~ is expanded by the other end's git or shell, never here: it must arrive as it is. */
	{
		struct rc_git_remote_options options = {.url = "ssh://git@host/~ada/x"};
		rc_autofree char *last = NULL;
		struct rc_error *err = NULL;
		bool changed = false;

		rc_check_fails(rc_git_mirror_update(scene_mirror(), &options, &changed, &err),
			       -ENOENT, err, "~ada/x");
		last = scene_run("tail -n 1 argv");
		ck_assert_str_eq(last, "git-upload-pack '~ada/x'");
	}
}
END_TEST

#define CHANGED                                                                          \
	"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\\n"                 \
	"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\\n"                 \
	"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\\n"                 \
	"IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\\n"                       \
	"Someone could be eavesdropping on you right now (man-in-the-middle attack)!\\n" \
	"It is also possible that a host key has just been changed.\\n"                  \
	"The fingerprint for the ED25519 key sent by the remote host is\\n"              \
	"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.\\n"                         \
	"Please contact your system administrator.\\n"                                   \
	"Add correct host key in /dev/null to get rid of this message.\\n"               \
	"Offending ED25519 key in /dev/null:1\\n"                                        \
	"Host key for host has changed and you have requested strict checking.\\n"       \
	"Host key verification failed.\\r\\n"

static const struct {
	const char *script;
	int r;
	const char *text;
} failures[] = {
	{"printf 'No ED25519 host key is known for host and you have requested strict "
	 "checking.\\r\\nHost key verification failed.\\r\\n' >&2; exit 255",
	 -EACCES, "Host key verification failed."},
	{"printf '" CHANGED "' >&2; exit 255", -EACCES, "Host key verification failed."},
	{"printf 'git@host: Permission denied (publickey).\\r\\n' >&2; exit 255", -EACCES,
	 "Permission denied (publickey)"},
	{"echo \"Warning: Permanently added 'host' (ED25519) to the list of known hosts.\" >&2;"
	 "sleep 0.1; echo 'git@host: Permission denied (publickey).' >&2; exit 255",
	 -EACCES, "Permission denied (publickey)"},
	{"exec >&-; sleep 0.1; echo 'git@host: Permission denied (publickey).' >&2; exit 255",
	 -EACCES, "Permission denied (publickey)"},
	{"echo 'ssh: Could not resolve hostname host: Name or service not known' >&2; exit 255",
	 -EHOSTUNREACH, "Could not resolve hostname host"},
	{"echo 'ssh: connect to host host port 22: Connection refused' >&2; exit 255",
	 -ECONNREFUSED, "port 22: Connection refused"},
	{"echo 'ssh: connect to host host port 22: Connection timed out' >&2; exit 255", -ETIMEDOUT,
	 "timed out"},
	{"echo 'ssh: connect to host host port 22: No route to host' >&2; exit 255", -EHOSTUNREACH,
	 "No route to host"},
	{"echo 'kex_exchange_identification: read: Connection reset by peer' >&2; exit 255",
	 -ECONNRESET, "Connection reset by peer"},
	{"echo 'kex_exchange_identification: Connection closed by remote host' >&2; exit 255",
	 -ECONNRESET, "Connection closed by remote host"},
	{"echo \"fatal: '/x' does not appear to be a git repository\" >&2; exit 128", -ENOENT,
	 "does not appear to be a git repository"},
	{"echo 'ERROR: Repository not found.' >&2; exit 1", -ENOENT, "Repository not found"},
	{"exit 1", -ECONNRESET, "ssh ended without a word"},
	{"kill -9 $$", -ECONNRESET, "ssh ended without a word"},
	{"echo This account is currently not available.", -EPROTO, ""},
	{"printf 'Welcome to host\\n0000'", -EPROTO, ""},
	{"yes | head -c 100000 >&2; exit 1", -EPROTO, "y"},
	/* It dies when it is to send the pack: the write must not kill us. */
	{"git-upload-pack --http-backend-info-refs \"$HOME/work\"; exit 1", -ECONNRESET, ""},
};

START_TEST(test_ssh_failure)
{
	struct rc_git_remote_options options = {.url = "ssh://git@host/x"};
	struct rc_error *err = NULL;
	bool changed = false;
	int r;

	scene_put_program("ssh", failures[_i].script);
	r = rc_git_mirror_update(scene_mirror(), &options, &changed, &err);
	rc_check_fails(r, failures[_i].r, err, failures[_i].text);
	/* The same process is still good. */
	scene_put_program("ssh", LOCALLY);
	scene_do("mkdir -p host; ln -s work x");
	ck_assert(scene_update("git@host:x"));
	scene_check_revision("", "main");
}
END_TEST

START_TEST(test_ssh_missing)
{
	struct rc_git_remote_options options = {.url = "ssh://git@host/x"};
	rc_autofree char *path = rc_strdup(getenv("PATH"));
	struct rc_error *err = NULL;
	bool changed = false;

	setenv("PATH", "/nonexistent", 1);
	rc_check_fails(rc_git_mirror_update(scene_mirror(), &options, &changed, &err), -EPROTO, err,
		       "is openssh-client installed?");
	setenv("PATH", path, 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("ssh");
	TCase *tcase = tcase_create("ssh");

	tcase_add_checked_fixture(tcase, scene_setup, scene_teardown);
	tcase_add_loop_test(tcase, test_ssh_call, 0, RC_ARRAY_SIZE(calls));
	tcase_add_loop_test(tcase, test_ssh_path, 0, RC_ARRAY_SIZE(paths));
	tcase_add_test(tcase, test_ssh_home);
	tcase_add_loop_test(tcase, test_ssh_failure, 0, RC_ARRAY_SIZE(failures));
	tcase_add_test(tcase, test_ssh_missing);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
