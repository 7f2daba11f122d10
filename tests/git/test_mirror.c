/* Mirrors follow their remotes, whatever was pushed there and whatever a killed worker left. */
#include "support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/memory.h"
#include "git/ref.h"
#include "scene.h"

/* The refs of the mirror must be those git sees in "work". */
static void check_refs(void)
{
	rc_autofree char *wanted =
		scene_run("git -C work for-each-ref --format='%%(refname) %%(objectname)' "
			  "refs/heads refs/tags");
	rc_autofree char *got =
		scene_run("git -C mirror for-each-ref --format='%%(refname) %%(objectname)' "
			  "refs/heads refs/tags; git -C mirror fsck --connectivity-only 2>&1 "
			  "| grep -v dangling || true");

	ck_assert_str_eq(got, wanted);
}

START_TEST(test_mirror_clone_and_poll)
{
	ck_assert(scene_update(NULL));
	check_refs();
	ck_assert(!scene_update(NULL));
	scene_do("cd work; echo 2 >file; git commit -q -a -m second; git branch other; git tag t1;"
		 "git tag -a -m x t2");
	ck_assert(scene_update(NULL));
	check_refs();
	scene_check_revision("t2", "main");
	ck_assert(!scene_update(NULL));
}
END_TEST

static const struct {
	const char *name, *before, *after;
} moves[] = {
	{"branch deleted", "git branch old", "git branch -q -D old"},
	{"tag deleted", "git tag old", "git tag -d old"},
	{"tag moved", "git tag t; git commit -q --allow-empty -m 2", "git tag -f t"},
	{"tag becomes annotated", "git tag t", "git tag -f -a -m x t"},
	{"forced push", "git commit -q --allow-empty -m 2",
	 "git commit -q --amend --allow-empty -m 3"},
	{"commit taken back", "git commit -q --allow-empty -m 2", "git reset -q --hard HEAD~1"},
	{"branch becomes a folder", "git branch a", "git branch -q -D a; git branch a/b"},
	{"folder becomes a branch", "git branch a/b/c", "git branch -q -D a/b/c; git branch a"},
	{"folder becomes another", "git branch a/b; git branch a/c",
	 "git branch -q -D a/b; git branch a/b/c"},
	{"packed there", "git branch a; git pack-refs --all; git gc -q", "git branch b"},
	{"branch renamed", "git branch a", "git branch -m a A2"},
	{"no relation", "git branch a",
	 "git checkout -q --orphan new; git commit -q -m new; git branch -f a; git checkout -q "
	 "main; git branch -q -D new"},
};

START_TEST(test_mirror_move)
{
	scene_do("cd work; { %s; } >/dev/null", moves[_i].before);
	ck_assert(scene_update(NULL));
	check_refs();
	scene_do("cd work; { %s; } >/dev/null", moves[_i].after);
	ck_assert_msg(scene_update(NULL), "%s: nothing changed", moves[_i].name);
	check_refs();
	ck_assert_msg(!scene_update(NULL), "%s: changed again", moves[_i].name);
}
END_TEST

/* git.git has a tag of a file, linux.git one of a tree; they are no revisions for us. */
START_TEST(test_mirror_tag_of_no_commit)
{
	scene_do("cd work; git tag tree HEAD^{tree}; git tag -a -m x file HEAD:file; git tag good");
	ck_assert(scene_update(NULL));
	ck_assert(!scene_update(NULL));
	scene_do("cd work; git commit -q --allow-empty -m 2");
	ck_assert(scene_update(NULL));
	ck_assert(!scene_update(NULL));
	scene_check_revision("main", "main");
	scene_check_revision("good", "good");
	scene_check_revision("tree", NULL);
	scene_do("cd work; git tag -f tree main >/dev/null; git tag -d file >/dev/null");
	ck_assert(scene_update(NULL));
	check_refs();
	ck_assert(!scene_update(NULL));
}
END_TEST

START_TEST(test_mirror_head)
{
	scene_do("cd work; git branch other; git commit -q --allow-empty -m 2");
	ck_assert(scene_update(NULL));
	scene_check_revision("", "main");
	scene_do("cd work; git checkout -q other");
	ck_assert(scene_update(NULL));
	scene_check_revision("", "other");
	scene_check_revision("HEAD", "other");
	ck_assert(!scene_update(NULL));
	/* The branch moves and is deleted with HEAD elsewhere. */
	scene_do("cd work; git checkout -q -b third; git commit -q --allow-empty -m 3;"
		 "git branch -q -D other");
	ck_assert(scene_update(NULL));
	scene_check_revision("", "third");
	check_refs();
}
END_TEST

START_TEST(test_mirror_head_detached)
{
	scene_do("cd work; git commit -q --allow-empty -m 2; git checkout -q --detach HEAD~1");
	ck_assert(scene_update(NULL));
	scene_check_revision("", "main~1");
	ck_assert(!scene_update(NULL));
	scene_do("cd work; git checkout -q --detach main");
	ck_assert(scene_update(NULL));
	scene_check_revision("", "main");
	/* On no branch and no tag: it is not mirrored, and HEAD stays where it was. */
	scene_do("cd work; git commit -q --allow-empty -m 3");
	ck_assert(!scene_update(NULL));
	scene_check_revision("", "main");
	scene_do("cd work; git checkout -q main");
	ck_assert(scene_update(NULL));
	scene_check_revision("", "main");
}
END_TEST

START_TEST(test_mirror_empty_remote)
{
	rc_autofree char *url = rc_asprintf("file://%s/empty", scene_folder());

	scene_do("git init -q --bare -b main empty");
	ck_assert(!scene_update(url));
	scene_check_revision("", NULL);
	scene_do("git -C work push -q ../empty main");
	ck_assert(scene_update(url));
	scene_check_revision("", "main");
}
END_TEST

/* ---- what killed workers leave ---- */

static const char *const leftovers[] = {
	"HEAD.lock",
	"config.lock",
	"packed-refs.lock",
	"refs/heads/main.lock",
	"refs/heads/deep/er.lock",
	"refs/tags/t.lock",
	"objects/pack/pack_git2_Ab3xYz",
};

START_TEST(test_mirror_leftovers)
{
	const char *name = leftovers[_i];
	rc_autofree char *path = rc_asprintf("%s/%s", scene_mirror(), name);

	ck_assert(scene_update(NULL));
	scene_do("cd mirror; mkdir -p $(dirname %s); echo x >%s; cd ../work; git checkout -q -b "
		 "deep/er; git commit -q --allow-empty -m 2; git tag t; git branch -f main",
		 name, name);
	ck_assert(scene_update(NULL));
	check_refs();
	scene_check_revision("", "deep/er");
	ck_assert_msg(access(path, F_OK) < 0, "%s is still there", name);
}
END_TEST

START_TEST(test_mirror_busy)
{
	struct rc_git_remote_options options = {.url = scene_url()};
	rc_autofree char *name = rc_asprintf("%s.lock", scene_mirror());
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct rc_error *err = NULL;
	bool changed = false;

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	rc_check_fails(rc_git_mirror_update(scene_mirror(), &options, &changed, &err), -EBUSY, err,
		       "is being updated by another process");
	ck_assert(rc_error_is_transient(-EBUSY));
	close(fd);
	ck_assert(scene_update(NULL));
}
END_TEST

static const struct {
	const char *name, *script;
} damages[] = {
	{"pack cut", "for f in objects/pack/*.pack; do chmod u+w $f; truncate -s 40 $f; done"},
	{"pack gone", "rm -f objects/pack/*"},
	{"index garbage", "for f in objects/pack/*.idx; do chmod u+w $f; echo x >$f; done"},
	{"no objects", "rm -rf objects"},
	{"no HEAD", "rm HEAD"},
	{"HEAD garbage", "printf '\\0\\0\\0' >HEAD"},
	{"config garbage", "echo '[[[' >config"},
	{"empty folder", "rm -rf *"},
	{"a file", "cd ..; rm -rf mirror; echo x >mirror"},
	{"ref garbage", "rm -f packed-refs; echo x >refs/heads/main"},
};

START_TEST(test_mirror_damage)
{
	rc_autofree char *aside = rc_asprintf("%s.corrupt", scene_mirror());

	ck_assert(scene_update(NULL));
	/* What an earlier damage left is in nobody's way. */
	scene_do("mkdir -p mirror.corrupt/x; cd mirror; %s", damages[_i].script);
	ck_assert_msg(scene_update(NULL), "%s: nothing changed", damages[_i].name);
	check_refs();
	scene_check_revision("", "main");
	ck_assert_msg(access(aside, F_OK) == 0, "%s: nothing was kept", damages[_i].name);
	scene_do("test ! -e mirror.corrupt/x");
	ck_assert(!scene_update(NULL));
}
END_TEST

START_TEST(test_mirror_open_none)
{
	struct rc_git_mirror *mirror = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_git_mirror_open(scene_mirror(), &mirror, &err), -ENOENT, err,
		       "opening the mirror");
	ck_assert_ptr_null(mirror);
}
END_TEST

/* ---- URLs ---- */

static const struct {
	const char *url;
	int r;
	const char *text;
} urls[] = {
	{"", -EINVAL, "is no URL"},
	{"/srv/git/x", -EINVAL, "is no URL"},
	{"x", -EINVAL, "is no URL"},
	{"host:", -EINVAL, "is no URL"},
	{":path", -EINVAL, "is no URL"},
	{"-oProxyCommand=touch x:path", -EINVAL, "is no URL"},
	{"ssh://-oProxyCommand=touch ran/x", -EINVAL, "ssh address"},
	{"ssh://-oProxyCommand=touch%20ran/x", -EINVAL, "ssh address"},
	{"ssh://git@-oProxyCommand=x/x", -EINVAL, "ssh address"},
	{"ssh://host:-p/x", -EINVAL, "ssh address"},
	{"ssh://host:22x/x", -EINVAL, "ssh address"},
	{"ssh:///x", -EINVAL, "ssh address"},
	{"ssh://host", -EINVAL, "ssh address"},
	{"git@-oProxyCommand=x:x", -EINVAL, "ssh address"},
	{"host:-x", -EINVAL, "ssh address"},
	{"a b:x", -EINVAL, "ssh address"},
	{"ext::sh -c touch% ran", -EINVAL, ""},
	{"git://127.0.0.1:1/x", -EINVAL, "not supported"},
	{"ftp://127.0.0.1/x", -EINVAL, "not supported"},
	{"http://u:p4ss@127.0.0.1/x", -EINVAL, "the URL holds a password"},
	{"https://u:p4ss@127.0.0.1/x", -EINVAL, "the URL holds a password"},
	{"https://:p4ss@127.0.0.1:1/x", -EINVAL, "the URL holds a password"},
	{"ssh://u:p4ss@host/x", -EINVAL, "the URL holds a password"},
	{"ftp://u:p4ss@host/x", -EINVAL, "the URL holds a password"},
	/* These are taken, and nothing answers. */
	{"http://127.0.0.1:1/team/x@v2", -ECONNREFUSED, "http://127.0.0.1:1/team/x@v2"},
	{"http://127.0.0.1:1/x?a=b@c", -ECONNREFUSED, ""},
	{"http://127.0.0.1:1/x", -ECONNREFUSED, "asking http://127.0.0.1:1/x"},
	{"http://nothing.invalid/x", -EHOSTUNREACH, "nothing.invalid"},
	{"file:///nonexistent/x", -ENOENT, "/nonexistent/x"},
};

START_TEST(test_mirror_url)
{
	struct rc_git_remote_options options = {.url = urls[_i].url};
	struct rc_error *err = NULL;
	bool changed = false;
	int r;

	scene_put_program("ssh", "touch \"$HOME/ran\"; exit 1");
	r = rc_git_mirror_update(scene_mirror(), &options, &changed, &err);
	ck_assert_msg(r == urls[_i].r, "%s: %d", urls[_i].url, r);
	if (err) {
		rc_autofree char *text = rc_error_format(err);

		ck_assert_msg(!strstr(text, "p4ss"), "%s", text);
	}
	rc_check_fails(r, urls[_i].r, err, urls[_i].text);
	scene_do("test ! -e ran");
}
END_TEST

/* ---- whom to trust ---- */

static const struct {
	const char *ca;
	int r;
} trusts[] = {
	{NULL, -EACCES},	  {"ca.pem", -EPROTO /* the page is no repository */},
	{NULL, -EACCES},	  {"other.pem", -EACCES},
	{"ca.pem", -EPROTO},	  {"other.pem", -EACCES},
	{"nothing.pem", -EPROTO}, {NULL, -EACCES},
};

/* One process polls many repositories; each trusts whom it says, and no other's authority. */
START_TEST(test_mirror_trust)
{
	rc_autofree char *url = NULL;

	scene_start_tls();
	url = scene_tls_url();
	for (size_t i = 0; i < RC_ARRAY_SIZE(trusts); i++) {
		rc_autofree char *ca =
			rc_asprintf("%s/%s", scene_folder(), trusts[i].ca ? trusts[i].ca : "");
		struct rc_git_remote_options options = {.url = url, .ca = trusts[i].ca ? ca : NULL};
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
		rc_autofree char *text = NULL;
		bool changed = false;
		int r = rc_git_mirror_update(scene_mirror(), &options, &changed, &err);

		text = err ? rc_error_format(err) : rc_strdup("no error");
		ck_assert_msg(r == trusts[i].r, "%zu: %d (%s)", i, r, text);
		ck_assert_msg(r != -EACCES || strstr(text, "certificate"), "%s", text);
	}
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("mirror");
	TCase *tcase = tcase_create("mirror");

	tcase_add_checked_fixture(tcase, scene_setup, scene_teardown);
	tcase_add_test(tcase, test_mirror_clone_and_poll);
	tcase_add_loop_test(tcase, test_mirror_move, 0, RC_ARRAY_SIZE(moves));
	tcase_add_test(tcase, test_mirror_tag_of_no_commit);
	tcase_add_test(tcase, test_mirror_head);
	tcase_add_test(tcase, test_mirror_head_detached);
	tcase_add_test(tcase, test_mirror_empty_remote);
	tcase_add_loop_test(tcase, test_mirror_leftovers, 0, RC_ARRAY_SIZE(leftovers));
	tcase_add_test(tcase, test_mirror_busy);
	tcase_add_loop_test(tcase, test_mirror_damage, 0, RC_ARRAY_SIZE(damages));
	tcase_add_test(tcase, test_mirror_open_none);
	tcase_add_loop_test(tcase, test_mirror_url, 0, RC_ARRAY_SIZE(urls));
	tcase_add_test(tcase, test_mirror_trust);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
