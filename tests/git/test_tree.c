/* Folders of a commit: links as a checkout would have them, and a limit on everything. */
#include "support/check.h"

#include <errno.h>

#include "base/buf.h"
#include "base/memory.h"
#include "git/ref.h"
#include "git/tree.h"
#include "scene.h"

static struct {
	struct rc_git_mirror *mirror;
	char id[RC_GIT_ID_MAX];
} world;

/* Commit what the script makes in "work", mirror it and open it. */
static void commit(const char *script)
{
	struct rc_error *err = NULL;

	scene_do("cd work; rm file; { %s; } >/dev/null; git add -A; git commit -q -m x", script);
	ck_assert(scene_update(NULL));
	rc_check_ok(rc_git_mirror_open(scene_mirror(), &world.mirror, &err), err);
	rc_check_ok(rc_git_ref_resolve(world.mirror, "main", world.id, &err), err);
}

static void teardown(void)
{
	rc_git_mirror_free(rc_steal(&world.mirror));
	scene_teardown();
}

/* "path=content path=content ..." */
static int read_all(const char *folder, const struct rc_git_tree_limits *limits, char **ret_text,
		    struct rc_error **err)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct rc_git_files files = {NULL, 0, 0};
	size_t bytes = 0;
	int r = rc_git_tree_read(world.mirror, world.id, folder, limits, &files, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < files.n; i++) {
		rc_buf_printf(&out, "%s%s=%.*s", i ? " " : "", files.at[i].path,
			      (int)files.at[i].bytes.n, files.at[i].bytes.p);
		bytes += files.at[i].bytes.n;
	}
	ck_assert_uint_eq(files.bytes, bytes);
	rc_git_tree_files_done(&files);
	*ret_text = rc_buf_take(&out);
	return 0;
}

static void check_folder(const char *folder, const struct rc_git_tree_limits *limits,
			 const char *wanted)
{
	struct rc_error *err = NULL;
	rc_autofree char *text = NULL;

	rc_check_ok(read_all(folder, limits, &text, &err), err);
	ck_assert_msg(strcmp(text, wanted) == 0, "%s: \"%s\", wanted \"%s\"", folder, text, wanted);
}

static void check_no_folder(const char *folder, const struct rc_git_tree_limits *limits, int code,
			    const char *part)
{
	struct rc_error *err = NULL;
	rc_autofree char *text = NULL;

	rc_check_fails(read_all(folder, limits, &text, &err), code, err, part);
	ck_assert_ptr_null(text);
}

START_TEST(test_tree_folder)
{
	static const struct rc_git_tree_limits here = {.only_here = true};

	commit("mkdir -p a/b a-c; printf 1 >a/b/x; printf 2 >a/y; printf 3 >a-c/z; printf 4 >a.d;"
	       "printf '' >a/none; printf '\\0\\377' >a/b/bin; printf 5 >'a/b/\316\261 \"q\"'");
	/* In byte order of whole paths, where "-" and "." come before "/". */
	check_folder("a-c", NULL, "z=3");
	check_folder("a", &here, "none= y=2");
	check_folder(".", &here, "a.d=4");
	check_folder("", &here, "a.d=4");
	check_folder("/", &here, "a.d=4");
	check_folder("./a-c/", NULL, "z=3");
	check_folder("/a-c", NULL, "z=3");
	check_folder("a/b/../../a-c", NULL, "z=3");
	scene_do("cd work; git rm -q a/b/bin a/none a/b/*q*; git commit -q -m less");
	ck_assert(scene_update(NULL));
	rc_check_ok(rc_git_ref_resolve(world.mirror, "main", world.id, NULL), NULL);
	check_folder(".", NULL, "a-c/z=3 a.d=4 a/b/x=1 a/y=2");
	check_no_folder("nothing", NULL, -ENOENT, "nothing");
	check_no_folder("a.d", NULL, -ENOENT, "a.d is no folder");
	check_no_folder("a/y/z", NULL, -ENOENT, "a/y/z");
	check_no_folder("..", NULL, -EINVAL, "leaves the repository");
	check_no_folder("a/../../etc", NULL, -EINVAL, "leaves the repository");
}
END_TEST

START_TEST(test_tree_binary)
{
	struct rc_error *err = NULL;
	char *bytes = NULL;
	size_t n = 0;

	commit("printf 'a\\0b\\377' >bin; mkdir d; ln -s ../bin d/l; ln -s nowhere gone");
	rc_check_ok(rc_git_tree_read_file(world.mirror, world.id, "d/l", &bytes, &n, &err), err);
	ck_assert_uint_eq(n, 4);
	ck_assert_int_eq(memcmp(bytes, "a\0b\377", 5), 0);
	free(bytes);
	bytes = NULL;
	rc_check_fails(rc_git_tree_read_file(world.mirror, world.id, "d", &bytes, &n, &err),
		       -ENOENT, err, "d is no file");
	rc_check_fails(rc_git_tree_read_file(world.mirror, world.id, "x", &bytes, &n, &err),
		       -ENOENT, err, "x is not in the commit");
	rc_check_fails(rc_git_tree_read_file(world.mirror, world.id, "gone", &bytes, &n, &err),
		       -ENOENT, err, "gone");
	rc_check_fails(rc_git_tree_read_file(world.mirror,
					     "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", "bin",
					     &bytes, &n, &err),
		       -ENOENT, err, "reading the commit");
	rc_check_fails(rc_git_tree_read_file(world.mirror, "1234567", "bin", &bytes, &n, &err),
		       -EINVAL, err, "'1234567' is no commit");
	ck_assert_ptr_null(bytes);
}
END_TEST

/* ---- links ---- */

static const struct {
	const char *script, *folder, *wanted; /* NULL: an error */
	int r;
	const char *text;
} links[] = {
	{"mkdir d; printf 1 >x; ln -s ../x d/l", "d", "l=1", 0, NULL},
	{"mkdir d; printf 1 >x; ln -s ./.././x d/l", "d", "l=1", 0, NULL},
	{"mkdir d e; printf 1 >e/x; ln -s ../e d/l", "d", "l/x=1", 0, NULL},
	{"mkdir d e; printf 1 >e/x; ln -s e l", "l", "x=1", 0, NULL},
	{"mkdir -p e/f; printf 1 >e/f/x; ln -s e l", "l/f", "x=1", 0, NULL},
	{"mkdir -p e/f d; printf 1 >e/f/x; ln -s e l; ln -s ../l/f d/m", "d", "m/x=1", 0, NULL},
	{"mkdir -p e/f d; printf 1 >e/x; ln -s ../e/f/../x d/m; printf 2 >e/f/y", "d", "m=1", 0,
	 NULL},
	{"mkdir d; printf 1 >d/x; for i in 1 2 3 4 5; do ln -s $(ls d | tail -1) d/y$i; done", "d",
	 "x=1 y1=1 y2=1 y3=1 y4=1 y5=1", 0, NULL},
	{"mkdir d; ln -s /etc/passwd d/l", "d", NULL, -EINVAL, "d/l is a link out of"},
	{"mkdir d; ln -s ../../x d/l", "d", NULL, -EINVAL, "d/l is a link out of"},
	{"mkdir d e; ln -s ../../etc e/l; ln -s ../e/l/passwd d/m", "d", NULL, -EINVAL,
	 "is a link out of"},
	{"mkdir d; ln -s ../d/../../other/x d/l", "d", NULL, -EINVAL, "d/l is a link out of"},
	{"mkdir d; ln -s a d/b; ln -s b d/a", "d", NULL, -EINVAL, "is a link in a circle"},
	{"mkdir d; ln -s l d/l", "d", NULL, -EINVAL, "d/l is a link in a circle"},
	{"mkdir d; ln -s l/x d/l", "d", NULL, -EINVAL, "d/l is a link in a circle"},
	{"mkdir d; printf 1 >d/x; ln -s ../d d/l", "d", NULL, -E2BIG, "deeper than 64"},
	{"mkdir d; ln -s nowhere d/l", "d", NULL, -ENOENT, "d/l is not in the commit"},
	{"ln -s .. l; printf 1 >x", "l", NULL, -EINVAL, "l is a link out of"},
};

START_TEST(test_tree_link)
{
	commit(links[_i].script);
	if (links[_i].wanted)
		check_folder(links[_i].folder, NULL, links[_i].wanted);
	else
		check_no_folder(links[_i].folder, NULL, links[_i].r, links[_i].text);
}
END_TEST

START_TEST(test_tree_submodule)
{
	commit("printf 1 >x; git update-index --add --cacheinfo "
	       "160000,deadbeefdeadbeefdeadbeefdeadbeefdeadbeef,sub; mkdir sub");
	check_folder(".", NULL, "x=1");
	check_no_folder("sub", NULL, -ENOENT, "sub is no folder");
}
END_TEST

/* ---- limits ---- */

START_TEST(test_tree_limits)
{
	commit("mkdir -p d/e; printf 12345 >d/a; printf 12345 >d/b; printf 12345 >d/e/c");
	check_folder("d", &(struct rc_git_tree_limits){.max_files = 3},
		     "a=12345 b=12345 e/c=12345");
	check_no_folder("d", &(struct rc_git_tree_limits){.max_files = 2}, -E2BIG,
			"there are more than 2 files");
	check_folder("d", &(struct rc_git_tree_limits){.max_files = 2, .only_here = true},
		     "a=12345 b=12345");
	check_folder("d", &(struct rc_git_tree_limits){.max_bytes = 15},
		     "a=12345 b=12345 e/c=12345");
	check_no_folder("d", &(struct rc_git_tree_limits){.max_bytes = 14}, -E2BIG,
			"larger than 14 bytes");
	check_folder("d/e", &(struct rc_git_tree_limits){.max_bytes = 5, .max_files = 1},
		     "c=12345");
}
END_TEST

START_TEST(test_tree_depth)
{
	rc_autobuf struct rc_buf path = RC_BUF_INIT(RC_BUF_UNLIMITED);
	rc_autofree char *script = NULL, *wanted = NULL;

	for (int i = 0; i < 64; i++)
		rc_buf_puts(&path, "d/");
	script = rc_asprintf("mkdir -p %sd; printf 1 >%sx", rc_buf_text(&path), rc_buf_text(&path));
	commit(script);
	wanted = rc_asprintf("%sx=1", rc_buf_text(&path));
	check_folder(".", NULL, wanted);
	scene_do("cd work; printf 2 >%sd/y; git add -A; git commit -q -m y", rc_buf_text(&path));
	ck_assert(scene_update(NULL));
	rc_check_ok(rc_git_ref_resolve(world.mirror, "main", world.id, NULL), NULL);
	check_no_folder(".", NULL, -E2BIG, "deeper than 64");
}
END_TEST

static const struct {
	const char *folder, *path, *wanted; /* NULL: it leaves the repository */
} paths[] = {
	{"a", "./b/../c", "a/c"},
	{"a", "../c", "c"},
	{"a", "..", ""},
	{"a", "../..", NULL},
	{"a/b", "/c", "c"},
	{"", "", ""},
	{"", ".", ""},
	{"", "../a", NULL},
	{"a//b/", "c//d/", "a/b/c/d"},
	{"a", "...", "a/..."},
	{"a", "..b", "a/..b"},
	{"a", "/../b", NULL},
};

START_TEST(test_tree_normalise)
{
	rc_autofree char *got = rc_git_tree_normalise(paths[_i].folder, paths[_i].path);

	ck_assert_pstr_eq(got, paths[_i].wanted);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tree");
	TCase *tcase = tcase_create("tree");

	tcase_add_checked_fixture(tcase, scene_setup, teardown);
	tcase_add_test(tcase, test_tree_folder);
	tcase_add_test(tcase, test_tree_binary);
	tcase_add_loop_test(tcase, test_tree_link, 0, RC_ARRAY_SIZE(links));
	tcase_add_test(tcase, test_tree_submodule);
	tcase_add_test(tcase, test_tree_limits);
	tcase_add_test(tcase, test_tree_depth);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("paths");
	tcase_add_loop_test(tcase, test_tree_normalise, 0, RC_ARRAY_SIZE(paths));
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
