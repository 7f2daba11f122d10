/*
 * What Git and cluster do not hold: history, journals of runs, and which leases we have.
 *
 * SQLite now; no SQL outside this folder. Every row carries the instance. Writes are durable when
 * the function returns (WAL, synchronous=FULL for journals). A damaged file is moved aside with a
 * warning and a new one begun: nothing in it is needed to go on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/error.h"

struct rc_store;

/* path is the file; instance is copied. *ret_was_damaged: a new one was begun (may be NULL).
 * One of an earlier version's schema becomes one of ours, with all that is in it. -EACCES, -EBUSY
 * (another process has it), -ENOTSUP (of a newer version; it is left as it is). */
int rc_store_open(const char *path, const char *instance, struct rc_store **ret_store,
		  bool *ret_was_damaged, struct rc_error **err);
/* All of it as it is now, into a new file at path. -EEXIST. */
int rc_store_backup(struct rc_store *store, const char *path, struct rc_error **err);
/* Have the store at path begun with bytes, those of a backup, when it is opened next; what was
 * there is kept as path.replaced. -EINVAL: they are no backup. -ENOTSUP: that of a newer
 * version. */
int rc_store_restore(const char *path, const void *bytes, size_t n, struct rc_error **err);
void rc_store_close(struct rc_store *store);
RC_DEFINE_FREEP(struct rc_store, rc_store_close)

/* ---- history: the syncs of an application that ended well, newest first ---- */

/* entry: {revision(s), source(s), deployStartedAt, deployedAt, initiatedBy, ...}; *ret_id counts
 * up per application. Keeps the newest limit entries. */
int rc_store_add_history(struct rc_store *store, const char *app, const json_t *entry,
			 unsigned int limit, int64_t *ret_id, struct rc_error **err);
/* An array of entries, each with its "id"; the caller's. */
int rc_store_list_history(struct rc_store *store, const char *app, json_t **ret_entries,
			  struct rc_error **err);

/* ---- state: one JSON document per (kind, name): the journal of a run ("run", app), an
 * application's last operation ("operation", app), a secret's lease ("lease", "ns/name") ---- */

/* NULL document removes it. */
int rc_store_put(struct rc_store *store, const char *kind, const char *name, const json_t *document,
		 struct rc_error **err);
/* All of {name: document, or null to remove it}, or none of them. */
int rc_store_put_all(struct rc_store *store, const char *kind, const json_t *documents,
		     struct rc_error **err);
/* *ret_document is NULL when there is none; else the caller's. */
int rc_store_get(struct rc_store *store, const char *kind, const char *name, json_t **ret_document,
		 struct rc_error **err);
/* {name: document} of a kind; the caller's. */
int rc_store_list(struct rc_store *store, const char *kind, json_t **ret_documents,
		  struct rc_error **err);
