/* Packing: what comes out goes in again, here and by tar(1). */
#include "support/check.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "base/memory.h"
#include "helm/archive.h"
#include "helm/package.h"

static struct rc_arena *arena;

static void setup(void)
{
	arena = rc_arena_new(0);
}

static void teardown(void)
{
	rc_arena_free(arena);
}

static void add(struct rc_helm_files *files, const char *name, struct rc_str bytes)
{
	rc_check_ok(rc_helm_file_add(files, rc_str(name), bytes, NULL), (struct rc_error *)NULL);
}

static void fill(struct rc_helm_files *files)
{
	const char *deep = rc_arena_printf(arena, "files/%0*d/%0*d.txt", 120, 1, 130, 2);
	char *big = rc_arena_alloc(arena, 300000);

	for (size_t i = 0; i < 300000; i++)
		big[i] = (char)(i * i >> 3);
	*files = (struct rc_helm_files){.arena = arena};
	add(files, "Chart.yaml", RC_STR("name: web\n"));
	add(files, "empty", RC_STR(""));
	add(files, "block", (struct rc_str){big, 512});
	add(files, "big", (struct rc_str){big, 300000});
	add(files, deep, RC_STR("deep"));
	/* 99, 100 and 101 bytes with the folder: the last needs a header of its own. */
	for (int n = 95; n <= 97; n++)
		add(files, rc_arena_printf(arena, "%0*d", n, 7), RC_STR("x"));
}

START_TEST(test_round)
{
	struct rc_helm_files files, back = {.arena = arena};
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(1 << 20), again = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;

	fill(&files);
	rc_check_ok(rc_helm_package_write(&packed, RC_STR("web"), &files, &err), err);
	rc_check_ok(rc_helm_package_write(&again, RC_STR("web"), &files, &err), err);
	ck_assert(rc_str_equal(rc_buf_str(&packed), rc_buf_str(&again)));
	rc_check_ok(rc_helm_archive_load(rc_buf_str(&packed), &back, &err), err);
	ck_assert_uint_eq(back.n, files.n);
	for (size_t i = 0; i < files.n; i++) {
		ck_assert(rc_str_equal(back.at[i].name, files.at[i].name));
		ck_assert(rc_str_equal(back.at[i].bytes, files.at[i].bytes));
	}
}
END_TEST

START_TEST(test_tar)
{
	struct rc_helm_files files;
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(1 << 20);
	char folder[] = "/tmp/rc-package-XXXXXX";
	struct rc_error *err = NULL;
	rc_autofree char *path = NULL, *command = NULL;
	char line[600];
	FILE *list;
	size_t n = 0;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	path = rc_path_join(folder, "web.tgz");
	command = rc_asprintf("tar tzf %s 2>&1", path);
	fill(&files);
	rc_check_ok(rc_helm_package_write(&packed, RC_STR("web"), &files, &err), err);
	rc_check_ok(rc_file_write_atomic(path, packed.p, packed.n, 0600, &err), err);
	list = popen(command, "r");
	while (fgets(line, sizeof(line), list)) {
		rc_autofree char *wanted =
			rc_asprintf("web/%.*s\n", (int)files.at[n].name.n, files.at[n].name.p);

		ck_assert_str_eq(line, wanted);
		n++;
	}
	ck_assert_int_eq(pclose(list), 0);
	ck_assert_uint_eq(n, files.n);
	rc_file_remove_tree(folder, NULL);
}
END_TEST

START_TEST(test_limit)
{
	struct rc_helm_files files;
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(1000);
	struct rc_error *err = NULL;

	fill(&files);
	rc_check_fails(rc_helm_package_write(&packed, RC_STR("web"), &files, &err), -E2BIG, err,
		       "larger than 1000 bytes");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("package");
	TCase *tcase = tcase_create("package");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_round);
	tcase_add_test(tcase, test_tar);
	tcase_add_test(tcase, test_limit);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
