/* Back-ups of states: what is written can be read with its key, and with nothing else. */
#include "support/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "terraform/backup.h"

#define STATE(serial)                                                                             \
	"{\n  \"version\": 4,\n  \"terraform_version\": \"1.10.6\",\n  \"serial\": " serial ",\n" \
	"  \"lineage\": \"3f8c\",\n  \"outputs\": {\"k\": {\"value\": \"hush\"}}\n}\n"

static struct {
	char *folder;
	struct rc_secret *key;
} world;

static void setup(void)
{
	char template[] = "/tmp/rc-backup-XXXXXX";

	world.folder = rc_strdup(mkdtemp(template));
	world.key = rc_secret_new("0123456789abcdef0123456789abcdef", 32);
}

static void teardown(void)
{
	rc_file_remove_tree(world.folder, NULL);
	free(world.folder);
	rc_secret_free(world.key);
}

static char *put(const char *state)
{
	struct rc_error *err = NULL;
	char *name = NULL;

	rc_check_ok(
		rc_terraform_backup_write(world.folder, world.key, rc_str(state), 2, &name, &err),
		err);
	usleep(2000); /* names are milliseconds */
	return name;
}

START_TEST(test_there_and_back)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *state = NULL;
	rc_autofree char *name = put(STATE("7")), *path = rc_path_join(world.folder, name);
	rc_autobuf struct rc_buf file = RC_BUF_INIT(1 << 20);
	json_auto_t *list = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_terraform_backup_read(world.folder, name, world.key, &state, &err), err);
	ck_assert_str_eq(rc_secret_reveal(state).p, STATE("7"));
	rc_check_ok(rc_file_read(path, &file, &err), err);
	ck_assert_ptr_null(memmem(file.p, file.n, "hush", 4));
	rc_check_ok(rc_terraform_backup_list(world.folder, &list, &err), err);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "serial")), 7);
	ck_assert_str_eq(rc_json_text(json_array_get(list, 0), "lineage", NULL), "3f8c");
}
END_TEST

START_TEST(test_newest_are_kept)
{
	json_auto_t *list = NULL;
	struct rc_error *err = NULL;

	free(put(STATE("1")));
	free(put(STATE("2")));
	free(put(STATE("3")));
	rc_check_ok(rc_terraform_backup_list(world.folder, &list, &err), err);
	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "serial")), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 1), "serial")), 2);
}
END_TEST

/* Every single byte counts, those of the readable line too. */
START_TEST(test_damaged)
{
	rc_autofree char *name = put(STATE("1")), *path = rc_path_join(world.folder, name);
	rc_autobuf struct rc_buf file = RC_BUF_INIT(1 << 20);
	struct rc_error *err = NULL;

	rc_check_ok(rc_file_read(path, &file, &err), err);
	for (size_t i = 0; i < file.n; i++) {
		struct rc_secret *state = NULL;

		file.p[i] ^= 1;
		rc_check_ok(rc_file_write_atomic(path, file.p, file.n, 0600, &err), err);
		ck_assert_int_eq(
			rc_terraform_backup_read(world.folder, name, world.key, &state, NULL),
			-EBADMSG);
		ck_assert_ptr_null(state);
		file.p[i] ^= 1;
	}
	for (size_t n = 0; n < file.n; n += 7) {
		rc_check_ok(rc_file_write_atomic(path, file.p, n, 0600, &err), err);
		ck_assert_int_eq(
			rc_terraform_backup_read(world.folder, name, world.key, NULL, NULL),
			-EBADMSG);
	}
}
END_TEST

START_TEST(test_refused)
{
	rc_cleanup(rc_secret_freep) struct rc_secret *other =
		rc_secret_new("x123456789abcdef0123456789abcdef", 32);
	rc_cleanup(rc_secret_freep) struct rc_secret *brief = rc_secret_new_text("short");
	rc_autofree char *name = put(STATE("1"));
	struct rc_error *err = NULL;
	struct rc_secret *state;
	char *none;

	rc_check_fails(rc_terraform_backup_read(world.folder, name, other, &state, &err), -EBADMSG,
		       err, "another key");
	rc_check_fails(
		rc_terraform_backup_read(world.folder, "../x.tfstate.enc", world.key, &state, &err),
		-ENOENT, err, "there is no back-up");
	rc_check_fails(
		rc_terraform_backup_write(world.folder, brief, rc_str(STATE("1")), 2, &none, &err),
		-EINVAL, err, "5 bytes, not 32");
	rc_check_fails(rc_terraform_backup_write(world.folder, world.key, rc_str("no state"), 2,
						 &none, &err),
		       -EINVAL, err, "printed no state");
}
END_TEST

/* One of each day, the latest; another day's goes when there are too many. */
START_TEST(test_copies)
{
	rc_autofree char *first = put(STATE("1")), *second = put(STATE("2"));
	rc_autofree char *to = rc_path_join(world.folder, "second"), *old = NULL, *older = NULL;
	json_auto_t *list = NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_terraform_backup_copy(world.folder, first, to, 2, &err), err);
	old = rc_path_join(to, "2020-01-02.tfstate.enc");
	older = rc_path_join(to, "2020-01-01.tfstate.enc");
	rc_check_ok(rc_file_write_atomic(old, "x", 1, 0600, &err), err);
	rc_check_ok(rc_file_write_atomic(older, "x", 1, 0600, &err), err);
	rc_check_ok(rc_terraform_backup_copy(world.folder, second, to, 2, &err), err);
	rc_check_ok(rc_terraform_backup_list(to, &list, &err), err);
	ck_assert_uint_eq(json_array_size(list), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "serial")), 2);
	ck_assert_int_eq(access(old, F_OK), 0);
	ck_assert_int_ne(access(older, F_OK), 0);
	rc_check_fails(rc_terraform_backup_copy(world.folder, "nothing", to, 2, &err), -ENOENT, err,
		       "nothing");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backup");
	TCase *tcase = tcase_create("backup");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_there_and_back);
	tcase_add_test(tcase, test_copies);
	tcase_add_test(tcase, test_newest_are_kept);
	tcase_add_test(tcase, test_damaged);
	tcase_add_test(tcase, test_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
