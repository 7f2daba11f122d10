/* Whole files into an arena, read and mapped. */
#include "support/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"

static const size_t sizes[] = {0, 1, 4096, 65535, 65536, 65537, 131072, 300000};

static char byte_at(size_t i)
{
	return (char)('a' + i % 23);
}

/* A file of that many bytes; the caller removes it and frees its path. */
static char *make_file(size_t size)
{
	char *path = rc_strdup("/tmp/test_file.XXXXXX");
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < size; i++)
		putc(byte_at(i), file);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

START_TEST(test_load)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	size_t size = sizes[_i];
	rc_autofree char *path = make_file(size);
	struct rc_error *err = NULL;
	struct rc_str text;

	rc_check_ok(rc_file_load(arena, path, size, &text, &err), err);
	unlink(path);
	ck_assert_uint_eq(text.n, size);
	for (size_t i = 0; i < size; i++)
		ck_assert_int_eq(text.p[i], byte_at(i));
	ck_assert_int_eq(text.p[size], '\0');
	ck_assert_uint_ge(rc_arena_get_used(arena), size);
	/* Nothing of it is left, and the arena can be used again. */
	rc_arena_clear(arena);
	ck_assert_uint_eq(rc_arena_get_used(arena), 0);
	ck_assert_str_eq(rc_arena_strdup(arena, "again"), "again");
}
END_TEST

START_TEST(test_too_large)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_autofree char *path = make_file(sizes[_i]);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_str text;

	if (sizes[_i] > 0) {
		ck_assert_int_eq(rc_file_load(arena, path, sizes[_i] - 1, &text, &err), -E2BIG);
		ck_assert_ptr_nonnull(strstr(err->message, "larger than"));
	}
	unlink(path);
}
END_TEST

START_TEST(test_absent)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_str text;

	ck_assert_int_eq(rc_file_load(arena, "/nonexistent/file", 1, &text, &err), -ENOENT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("file");
	TCase *tcase = tcase_create("file");

	tcase_add_loop_test(tcase, test_load, 0, RC_ARRAY_SIZE(sizes));
	tcase_add_loop_test(tcase, test_too_large, 0, RC_ARRAY_SIZE(sizes));
	tcase_add_test(tcase, test_absent);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
