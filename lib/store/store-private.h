/* What the store and its backups share. */
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
