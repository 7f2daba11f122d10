/*
 * The tables, and how those of an earlier version become those of this one.
 *
 * The file says its version itself (user_version). A version is never changed once it was released:
 * what is to be otherwise is a further step. All steps are one transaction, so a file is of the one
 * version or of the other, whatever happens in between.
 */
#include "store/store-private.h"

#include <errno.h>

#include "base/memory.h"

/* steps[n] makes version n + 1 of version n; 0 is a new file, and one of before there were
 * versions. */
static const char *const steps[] = {
	"CREATE TABLE IF NOT EXISTS documents ("
	" instance TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,"
	" PRIMARY KEY (instance, kind, name)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS history ("
	" instance TEXT NOT NULL, app TEXT NOT NULL, id INTEGER NOT NULL, entry TEXT NOT NULL,"
	" PRIMARY KEY (instance, app, id)) WITHOUT ROWID;",
};

static int fail(sqlite3 *db, struct rc_error **err)
{
	return rc_fail(err, -EIO, "upgrading the state database: %s", sqlite3_errmsg(db));
}

int rc_store_check_version(sqlite3 *db, int *ret_version, struct rc_error **err)
{
	const int known = (int)RC_ARRAY_SIZE(steps);
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL), version = 0;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		version = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW)
		return fail(db, err);
	if (version < 0 || version > known) {
		rc_fail(err, -ENOTSUP,
			"it is of a newer reconciled: its schema has version %d, this one knows %d",
			version, known);
		rc_hint(err, "install the newer reconciled again, or restore a backup of before");
		return -ENOTSUP;
	}
	*ret_version = version;
	return 0;
}

static int take_steps(sqlite3 *db, int version, struct rc_error **err)
{
	const int known = (int)RC_ARRAY_SIZE(steps);
	rc_autofree char *last = rc_asprintf("PRAGMA user_version=%d; COMMIT", known);
	int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	for (; code == SQLITE_OK && version < known; version++)
		code = sqlite3_exec(db, steps[version], NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, last, NULL, NULL, NULL);
	if (code == SQLITE_OK)
		return 0;
	fail(db, err);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return -EIO;
}

int rc_store_upgrade(sqlite3 *db, struct rc_error **err)
{
	int version = 0, r = rc_store_check_version(db, &version, err);

	if (r < 0 || version == (int)RC_ARRAY_SIZE(steps))
		return r;
	return take_steps(db, version, err);
}
