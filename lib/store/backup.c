/* Backups of the store, and the way back. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/store-private.h"

#define MAGIC "SQLite format 3"

int rc_store_backup(struct rc_store *store, const char *path, struct rc_error **err)
{
	sqlite3_stmt *statement = NULL;
	int code;

	if (access(path, F_OK) == 0)
		return rc_fail(err, -EEXIST, "%s is there already", path);
	code = sqlite3_prepare_v2(store->db, "VACUUM INTO ?1", -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	sqlite3_finalize(statement);
	if (code == SQLITE_DONE)
		return 0;
	return rc_fail(err, -EIO, "backing up the state database: %s", sqlite3_errmsg(store->db));
}

/* Whole, and with our tables. */
static int check(const char *path, struct rc_error **err)
{
	static const char question[] =
		"SELECT count(*) FROM sqlite_master WHERE name IN ('documents', 'history') AND "
		"(SELECT quick_check FROM pragma_quick_check(1)) = 'ok'";
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), n = 0, version, r;

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(db, question, -1, &statement, NULL);
	if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
		n = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	r = n == 2 ? rc_store_check_version(db, &version, err)
		   : rc_fail(err, -EINVAL, "it is no backup of reconciled, or damaged");
	sqlite3_close(db);
	return r;
}

int rc_store_restore(const char *path, const void *bytes, size_t n, struct rc_error **err)
{
	rc_autofree char *next = rc_asprintf("%s" STORE_NEXT, path);
	rc_autofree char *trial = rc_asprintf("%s.trial", path);
	int r;

	if (n < sizeof(MAGIC) || memcmp(bytes, MAGIC, sizeof(MAGIC)) != 0)
		return rc_fail(err, -EINVAL, "it is no backup of reconciled");
	r = rc_file_write_atomic(trial, bytes, n, 0600, err);
	if (r == 0)
		r = check(trial, err);
	if (r == 0 && rename(trial, next) < 0)
		r = rc_fail(err, -errno, "%s: %s", next, strerror(errno));
	if (r < 0)
		unlink(trial);
	return r;
}

int rc_store_take_next(const char *path, struct rc_error **err)
{
	static const char *const parts[] = {"-wal", "-shm", ""};
	rc_autofree char *next = rc_asprintf("%s" STORE_NEXT, path);

	if (access(next, F_OK) < 0)
		return 0;
	for (size_t i = 0; i < RC_ARRAY_SIZE(parts); i++) {
		rc_autofree char *from = rc_asprintf("%s%s", path, parts[i]);
		rc_autofree char *to = rc_asprintf("%s.replaced%s", path, parts[i]);

		if (rename(from, to) < 0 && errno != ENOENT)
			return rc_fail(err, -errno, "moving %s aside: %s", from, strerror(errno));
	}
	if (rename(next, path) < 0)
		return rc_fail(err, -errno, "%s: %s", next, strerror(errno));
	return 0;
}
