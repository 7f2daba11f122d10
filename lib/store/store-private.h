/* What the store, its schema and its backups share. */
#pragma once

#include <sqlite3.h>

#include "store/store.h"

#define STORE_NEXT                                                                     \
	".next" /* after the name of the file: what it is to be from the next start on \
		 */

struct rc_store {
	sqlite3 *db;
	char *instance;
};

/* What was restored takes the place of what is there. */
int rc_store_take_next(const char *path, struct rc_error **err);

/* The version of the schema; -ENOTSUP: of a newer reconciled, which is said in words. */
int rc_store_check_version(sqlite3 *db, int *ret_version, struct rc_error **err);
/* Make a new file, or one of an earlier version, one of this version; all that is in it stays. */
int rc_store_upgrade(sqlite3 *db, struct rc_error **err);
