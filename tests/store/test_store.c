/* The state database: history, documents, what is left after reopening, files of other versions,
 * and a damaged one. */
#include "support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "store/store.h"

static char folder[] = "/tmp/rc-store-XXXXXX";
static char *path;

static void set_up(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	path = rc_asprintf("%s/state.db", folder);
}

static void tear_down(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	ck_assert_int_eq(rmdir(folder), 0);
	free(path);
}

#define autostore rc_cleanup(rc_store_closep) struct rc_store

static struct rc_store *open_as(const char *instance, bool wanted_damaged)
{
	struct rc_store *store = NULL;
	struct rc_error *err = NULL;
	bool damaged = !wanted_damaged;

	rc_check_ok(rc_store_open(path, instance, &store, &damaged, &err), err);
	ck_assert(damaged == wanted_damaged);
	return store;
}

static void put(struct rc_store *store, const char *kind, const char *name, const char *text)
{
	json_auto_t *document = text ? json_loads(text, 0, NULL) : NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_store_put(store, kind, name, document, &err), err);
}

/* text NULL: there is none. */
static void expect(struct rc_store *store, const char *kind, const char *name, const char *text)
{
	json_auto_t *document = NULL, *wanted = text ? json_loads(text, 0, NULL) : NULL;
	struct rc_error *err = NULL;

	rc_check_ok(rc_store_get(store, kind, name, &document, &err), err);
	ck_assert_msg((document == NULL) == (text == NULL), "%s %s", kind, name);
	ck_assert_msg(!text || json_equal(document, wanted), "%s %s", kind, name);
}

static int64_t add(struct rc_store *store, const char *app, const char *revision,
		   unsigned int limit)
{
	json_auto_t *entry = json_pack("{s:s}", "revision", revision);
	struct rc_error *err = NULL;
	int64_t id = -1;

	rc_check_ok(rc_store_add_history(store, app, entry, limit, &id, &err), err);
	return id;
}

/* The revisions of an application, newest first: "3:c 2:b". */
static void expect_history(struct rc_store *store, const char *app, const char *wanted)
{
	json_auto_t *entries = NULL;
	struct rc_error *err = NULL;
	char text[256] = "";
	json_t *entry;
	size_t i;

	rc_check_ok(rc_store_list_history(store, app, &entries, &err), err);
	json_array_foreach (entries, i, entry)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld:%s",
			 i ? " " : "", json_integer_value(json_object_get(entry, "id")),
			 json_string_value(json_object_get(entry, "revision")));
	ck_assert_str_eq(text, wanted);
}

START_TEST(test_documents)
{
	autostore *store = open_as("main", false);

	expect(store, "run", "shop", NULL);
	put(store, "run", "shop", "{\"a\":[1,null,\"\\u00e4\"]}");
	put(store, "run", "judge", "{}");
	put(store, "lease", "shop", "{\"lease\":true}");
	expect(store, "run", "shop", "{\"a\":[1,null,\"\\u00e4\"]}");
	expect(store, "lease", "shop", "{\"lease\":true}");
	put(store, "run", "shop", "{\"a\":2}");
	expect(store, "run", "shop", "{\"a\":2}");
	put(store, "run", "shop", NULL);
	expect(store, "run", "shop", NULL);
	expect(store, "run", "judge", "{}");
	expect(store, "lease", "shop", "{\"lease\":true}");
	put(store, "run", "shop", NULL);
}
END_TEST

START_TEST(test_many)
{
	autostore *store = open_as("main", false);
	json_auto_t *all = json_pack("{s:{s:i}, s:n, s:{}}", "shop", "a", 1, "gone", "judge");
	json_auto_t *none = json_object();

	put(store, "application", "gone", "{}");
	put(store, "lease", "gone", "{}");
	put(store, "application", "shop", "{}");
	ck_assert_int_eq(rc_store_put_all(store, "application", all, NULL), 0);
	expect(store, "application", "shop", "{\"a\":1}");
	expect(store, "application", "judge", "{}");
	expect(store, "application", "gone", NULL);
	expect(store, "lease", "gone", "{}");
	ck_assert_int_eq(rc_store_put_all(store, "application", none, NULL), 0);
	expect(store, "application", "judge", "{}");
}
END_TEST

START_TEST(test_list)
{
	autostore *store = open_as("main", false);
	json_auto_t *documents = NULL, *none = NULL;
	json_auto_t *wanted = json_pack("{s:{s:i}, s:{s:i}}", "a/b", "x", 1, "it's \"c\"", "x", 2);
	struct rc_error *err = NULL;

	rc_check_ok(rc_store_list(store, "lease", &none, &err), err);
	ck_assert_uint_eq(json_object_size(none), 0);
	put(store, "lease", "a/b", "{\"x\":1}");
	put(store, "lease", "it's \"c\"", "{\"x\":2}");
	put(store, "other", "d", "{\"x\":3}");
	rc_check_ok(rc_store_list(store, "lease", &documents, &err), err);
	ck_assert(json_equal(documents, wanted));
}
END_TEST

/* Ids count up from 0 as Argo CD's do, and go on after the old ones are gone. */
START_TEST(test_history)
{
	autostore *store = open_as("main", false);

	expect_history(store, "shop", "");
	ck_assert_int_eq(add(store, "shop", "a", 3), 0);
	ck_assert_int_eq(add(store, "shop", "b", 3), 1);
	ck_assert_int_eq(add(store, "judge", "x", 3), 0);
	ck_assert_int_eq(add(store, "shop", "c", 3), 2);
	expect_history(store, "shop", "2:c 1:b 0:a");
	ck_assert_int_eq(add(store, "shop", "d", 3), 3);
	expect_history(store, "shop", "3:d 2:c 1:b");
	ck_assert_int_eq(add(store, "shop", "e", 1), 4);
	expect_history(store, "shop", "4:e");
	expect_history(store, "judge", "0:x");
	add(store, "shop", "f", 0);
	expect_history(store, "shop", "");
}
END_TEST

START_TEST(test_reopened)
{
	struct rc_store *store = open_as("main", false);

	put(store, "run", "shop", "{\"a\":1}");
	add(store, "shop", "a", 10);
	add(store, "shop", "b", 10);
	rc_store_close(store);
	store = open_as("main", false);
	expect(store, "run", "shop", "{\"a\":1}");
	expect_history(store, "shop", "1:b 0:a");
	ck_assert_int_eq(add(store, "shop", "c", 10), 2);
	rc_store_close(store);
	rc_store_close(NULL);
}
END_TEST

/* Two installations on one file see nothing of each other. */
START_TEST(test_instances)
{
	struct rc_store *store = open_as("main", false);

	put(store, "run", "shop", "{\"a\":1}");
	add(store, "shop", "a", 10);
	rc_store_close(store);
	store = open_as("second", false);
	expect(store, "run", "shop", NULL);
	expect_history(store, "shop", "");
	put(store, "run", "shop", NULL);
	ck_assert_int_eq(add(store, "shop", "b", 0), 0);
	rc_store_close(store);
	store = open_as("main", false);
	expect(store, "run", "shop", "{\"a\":1}");
	expect_history(store, "shop", "0:a");
	rc_store_close(store);
}
END_TEST

/* ---- trouble ---- */

static void write_file(const char *name, const void *bytes, size_t n, off_t at)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, n, at), (ssize_t)n);
	close(fd);
}

static void expect_aside(void)
{
	rc_autofree char *aside = rc_asprintf("%s.corrupt", path);
	struct stat st;

	ck_assert_int_eq(stat(aside, &st), 0);
	ck_assert_int_gt(st.st_size, 0);
}

START_TEST(test_no_database)
{
	static const char text[] = "this is no database, and it is long enough to be read as one: "
				   "a header alone has 100 bytes and this has even more of them";
	struct rc_store *store;

	write_file(path, text, sizeof(text), 0);
	store = open_as("main", true);
	expect_aside();
	put(store, "run", "shop", "{}");
	rc_store_close(store);
	store = open_as("main", false);
	expect(store, "run", "shop", "{}");
	rc_store_close(store);
}
END_TEST

/* Pages of zeros behind a good header. */
START_TEST(test_damaged_pages)
{
	struct rc_store *store = open_as("main", false);
	static const char zeros[2 * 4096];

	for (int i = 0; i < 50; i++)
		add(store, "shop", "a revision with some text to fill a page or two", 100);
	rc_store_close(store);
	write_file(path, zeros, sizeof(zeros), 4096);
	store = open_as("main", true);
	expect_aside();
	expect_history(store, "shop", "");
	ck_assert_int_eq(add(store, "shop", "b", 10), 0);
	rc_store_close(store);
}
END_TEST

START_TEST(test_empty_file)
{
	struct rc_store *store;

	write_file(path, "", 0, 0);
	store = open_as("main", false);
	put(store, "run", "shop", "{}");
	rc_store_close(store);
}
END_TEST

START_TEST(test_no_folder)
{
	rc_autofree char *deep = rc_asprintf("%s/none/state.db", folder);
	struct rc_store *store = NULL;
	struct rc_error *err = NULL;

	rc_check_fails(rc_store_open(deep, "main", &store, NULL, &err), -EACCES, err, deep);
	ck_assert_ptr_null(store);
}
END_TEST

/* Not damage: the one who has it goes on undisturbed. */
START_TEST(test_in_use)
{
	struct rc_store *store = open_as("main", false), *second = NULL;
	struct rc_error *err = NULL;
	const char *hint;

	put(store, "run", "shop", "{\"a\":1}");
	ck_assert_int_eq(rc_store_open(path, "main", &second, NULL, &err), -EBUSY);
	hint = rc_error_get_hint(err);
	ck_assert(hint && strstr(hint, "another"));
	rc_error_free(err);
	ck_assert_ptr_null(second);
	expect(store, "run", "shop", "{\"a\":1}");
	rc_store_close(store);
}
END_TEST

/* ---- other versions ---- */

/* What was written before the schema had a version: this text is that of its time, and stays. */
static const char unversioned[] =
	"CREATE TABLE documents ("
	" instance TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,"
	" PRIMARY KEY (instance, kind, name)) WITHOUT ROWID;"
	"CREATE TABLE history ("
	" instance TEXT NOT NULL, app TEXT NOT NULL, id INTEGER NOT NULL, entry TEXT NOT NULL,"
	" PRIMARY KEY (instance, app, id)) WITHOUT ROWID;"
	"INSERT INTO documents VALUES ('main', 'run', 'shop', '{\"a\":1}'),"
	" ('main', 'lease', 'judge/db', '{\"id\":\"x\"}'), ('second', 'run', 'shop', '{\"b\":2}');"
	"INSERT INTO history VALUES ('main', 'shop', 6, '{\"revision\":\"g\"}'),"
	" ('main', 'shop', 7, '{\"revision\":\"h\"}');";

static void execute(const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
		      sqlite3_errmsg(db));
	sqlite3_close(db);
}

static int get_version(void)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int version;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return version;
}

START_TEST(test_earlier_version)
{
	struct rc_store *store;

	execute(unversioned);
	ck_assert_int_eq(get_version(), 0);
	for (int again = 0; again < 2; again++) {
		store = open_as("main", false);
		expect(store, "run", "shop", "{\"a\":1}");
		expect(store, "lease", "judge/db", "{\"id\":\"x\"}");
		expect_history(store, "shop", again ? "8:i 7:h 6:g" : "7:h 6:g");
		if (!again)
			ck_assert_int_eq(add(store, "shop", "i", 10), 8);
		rc_store_close(store);
		ck_assert_int_eq(get_version(), 1);
	}
	store = open_as("second", false);
	expect(store, "run", "shop", "{\"b\":2}");
	rc_store_close(store);
}
END_TEST

/* A newer one is neither read nor taken for damaged: whoever goes back finds it as it was. */
START_TEST(test_newer_version)
{
	rc_autofree char *aside = rc_asprintf("%s.corrupt", path);
	struct rc_store *store = NULL;
	struct rc_error *err = NULL;
	rc_autofree char *message = NULL;

	execute(unversioned);
	execute("PRAGMA user_version=99; ALTER TABLE documents ADD COLUMN later TEXT");
	ck_assert_int_eq(rc_store_open(path, "main", &store, NULL, &err), -ENOTSUP);
	message = rc_error_format(err);
	ck_assert_msg(strstr(message, "its schema has version 99, this one knows 1"), "%s",
		      message);
	ck_assert_ptr_nonnull(strstr(rc_error_get_hint(err), "install the newer reconciled"));
	rc_error_free(err);
	ck_assert_ptr_null(store);
	ck_assert_int_eq(access(aside, F_OK), -1);
	ck_assert_int_eq(get_version(), 99);
	execute("SELECT later FROM documents");
}
END_TEST

/* A backup of the version before is taken and made one of ours; one of a newer version is not. */
START_TEST(test_restore_of_other_versions)
{
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 20);
	struct rc_store *store;
	struct rc_error *err = NULL;

	execute(unversioned);
	rc_check_ok(rc_file_read(path, &bytes, &err), err);
	rc_check_ok(rc_store_restore(path, bytes.p, bytes.n, &err), err);
	store = open_as("main", false);
	expect_history(store, "shop", "7:h 6:g");
	rc_store_close(store);
	ck_assert_int_eq(get_version(), 1);
	execute("PRAGMA user_version=99; PRAGMA journal_mode=DELETE");
	rc_buf_clear(&bytes);
	rc_check_ok(rc_file_read(path, &bytes, &err), err);
	rc_check_fails(rc_store_restore(path, bytes.p, bytes.n, &err), -ENOTSUP, err, "newer");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("store");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_documents);
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_list);
	tcase_add_test(tcase, test_history);
	tcase_add_test(tcase, test_reopened);
	tcase_add_test(tcase, test_instances);
	tcase_add_test(tcase, test_earlier_version);
	tcase_add_test(tcase, test_newer_version);
	tcase_add_test(tcase, test_restore_of_other_versions);
	tcase_add_test(tcase, test_no_database);
	tcase_add_test(tcase, test_damaged_pages);
	tcase_add_test(tcase, test_empty_file);
	tcase_add_test(tcase, test_no_folder);
	tcase_add_test(tcase, test_in_use);
	suite_add_tcase(suite, tcase);
	return suite;
}

RC_TEST_MAIN(make_suite)
