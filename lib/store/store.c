/* SQLite: two tables, every statement prepared where it is used, every value bound. */
#include "store/store-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/memory.h"

#define BUSY_MS 2000

static int to_errno(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

static int fail(const struct rc_store *store, struct rc_error **err)
{
	return rc_fail(err, to_errno(sqlite3_errcode(store->db)), "the state database: %s",
		       sqlite3_errmsg(store->db));
}

static int run(struct rc_store *store, const char *sql, struct rc_error **err)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(store, err);
}

/* ---- statements ---- */

static void finalize(sqlite3_stmt **statement)
{
	sqlite3_finalize(*statement);
}

#define autostatement rc_cleanup(finalize) sqlite3_stmt

/* Texts are bound to ?1, ?2, ...; the list ends with NULL. */
static int prepare(struct rc_store *store, const char *sql, const char *const *texts,
		   sqlite3_stmt **ret_statement, struct rc_error **err)
{
	if (sqlite3_prepare_v2(store->db, sql, -1, ret_statement, NULL) != SQLITE_OK)
		return fail(store, err);
	for (int i = 1; *texts; texts++, i++)
		sqlite3_bind_text(*ret_statement, i, *texts, -1, SQLITE_TRANSIENT);
	return 0;
}

/* 1: a row, 0: the end. */
static int step(struct rc_store *store, sqlite3_stmt *statement, struct rc_error **err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	return code == SQLITE_DONE ? 0 : fail(store, err);
}

static json_t *read_json(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? json_loads(text, 0, NULL) : NULL;
}

/* ---- opening ---- */

static int try_open(struct rc_store *store, const char *path, struct rc_error **err)
{
	int code =
		sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	autostatement *check = NULL;
	static const char *const none[] = {NULL};
	int r;

	if (code != SQLITE_OK)
		return fail(store, err);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	r = run(store,
		"PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
		"BEGIN EXCLUSIVE; COMMIT;",
		err);
	if (r == 0)
		r = prepare(store, "PRAGMA quick_check(1)", none, &check, err);
	if (r == 0)
		r = step(store, check, err);
	if (r == 1 && strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0)
		return rc_fail(err, -EBADMSG, "the state database is damaged: %s",
			       sqlite3_column_text(check, 0));
	return r < 0 ? r : rc_store_upgrade(store->db, err);
}

static void close_db(struct rc_store *store)
{
	sqlite3_close(store->db);
	store->db = NULL;
}

static int move_aside(const char *path, struct rc_error **err)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(suffixes); i++) {
		rc_autofree char *from = rc_asprintf("%s%s", path, suffixes[i]);
		rc_autofree char *to = rc_asprintf("%s.corrupt%s", path, suffixes[i]);

		if (rename(from, to) < 0 && errno != ENOENT)
			return rc_fail(err, -errno, "moving %s aside: %s", from, strerror(errno));
	}
	return 0;
}

int rc_store_open(const char *path, const char *instance, struct rc_store **ret_store,
		  bool *ret_was_damaged, struct rc_error **err)
{
	rc_cleanup(rc_store_closep) struct rc_store *store = rc_new0(struct rc_store);
	struct rc_error *why = NULL;
	bool damaged = false;
	int r;

	store->instance = rc_strdup(instance);
	r = rc_store_take_next(path, &why);
	if (r == 0)
		r = try_open(store, path, &why);
	if (r == -EBADMSG) {
		rc_error_free(rc_steal(&why));
		close_db(store);
		damaged = true;
		r = move_aside(path, &why);
		if (r == 0)
			r = try_open(store, path, &why);
	}
	if (r < 0) {
		rc_error_move(err, why);
		if (r == -EBUSY)
			rc_hint(err, "another reconciled uses it");
		return rc_wrap(err, r, "opening %s", path);
	}
	if (ret_was_damaged)
		*ret_was_damaged = damaged;
	*ret_store = rc_steal(&store);
	return 0;
}

void rc_store_close(struct rc_store *store)
{
	if (!store)
		return;
	close_db(store);
	free(store->instance);
	free(store);
}

/* ---- history ---- */

static int next_id(struct rc_store *store, const char *app, int64_t *ret_id, struct rc_error **err)
{
	const char *const texts[] = {store->instance, app, NULL};
	autostatement *statement = NULL;
	int r = prepare(
		store,
		"SELECT coalesce(max(id) + 1, 0) FROM history WHERE instance = ?1 AND app = ?2",
		texts, &statement, err);

	if (r == 0)
		r = step(store, statement, err);
	if (r < 0)
		return r;
	*ret_id = sqlite3_column_int64(statement, 0);
	return 0;
}

static int insert_entry(struct rc_store *store, const char *app, const char *entry, int64_t id,
			struct rc_error **err)
{
	const char *const texts[] = {store->instance, app, entry, NULL};
	autostatement *statement = NULL;
	int r = prepare(store,
			"INSERT INTO history (instance, app, entry, id) VALUES (?1, ?2, ?3, ?4)",
			texts, &statement, err);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 4, id);
	return step(store, statement, err);
}

static int trim(struct rc_store *store, const char *app, int64_t newest, unsigned int limit,
		struct rc_error **err)
{
	const char *const texts[] = {store->instance, app, NULL};
	autostatement *statement = NULL;
	int r = prepare(store, "DELETE FROM history WHERE instance = ?1 AND app = ?2 AND id <= ?3",
			texts, &statement, err);

	if (r < 0)
		return r;
	sqlite3_bind_int64(statement, 3, newest - (int64_t)limit);
	return step(store, statement, err);
}

/* r is what came of its statements; returns it, or what came of the commit. */
static int end_transaction(struct rc_store *store, int r, struct rc_error **err)
{
	if (r == 0)
		r = run(store, "COMMIT", err);
	if (r < 0)
		run(store, "ROLLBACK", NULL);
	return r;
}

int rc_store_add_history(struct rc_store *store, const char *app, const json_t *entry,
			 unsigned int limit, int64_t *ret_id, struct rc_error **err)
{
	rc_autofree char *text = json_dumps(entry, JSON_COMPACT);
	int64_t id = 0;
	int r = run(store, "BEGIN IMMEDIATE", err);

	if (r < 0)
		return r;
	r = next_id(store, app, &id, err);
	if (r == 0)
		r = insert_entry(store, app, text, id, err);
	if (r == 0)
		r = trim(store, app, id, limit, err);
	r = end_transaction(store, r, err);
	if (r == 0 && ret_id)
		*ret_id = id;
	return r;
}

int rc_store_list_history(struct rc_store *store, const char *app, json_t **ret_entries,
			  struct rc_error **err)
{
	const char *const texts[] = {store->instance, app, NULL};
	autostatement *statement = NULL;
	json_auto_t *entries = json_array();
	int r = prepare(store,
			"SELECT id, entry FROM history WHERE instance = ?1 AND app = ?2"
			" ORDER BY id DESC",
			texts, &statement, err);

	if (r < 0)
		return r;
	while ((r = step(store, statement, err)) > 0) {
		json_t *entry = read_json(statement, 1);

		if (!entry)
			continue;
		json_object_set_new(entry, "id", json_integer(sqlite3_column_int64(statement, 0)));
		json_array_append_new(entries, entry);
	}
	if (r < 0)
		return r;
	*ret_entries = rc_steal(&entries);
	return 0;
}

/* ---- documents ---- */

int rc_store_put(struct rc_store *store, const char *kind, const char *name, const json_t *document,
		 struct rc_error **err)
{
	rc_autofree char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
	const char *const texts[] = {store->instance, kind, name, text, NULL};
	autostatement *statement = NULL;
	int r = prepare(store,
			document ? "INSERT INTO documents (instance, kind, name, document)"
				   " VALUES (?1, ?2, ?3, ?4)"
				   " ON CONFLICT DO UPDATE SET document = excluded.document"
				 : "DELETE FROM documents"
				   " WHERE instance = ?1 AND kind = ?2 AND name = ?3",
			texts, &statement, err);

	return r < 0 ? r : step(store, statement, err);
}

int rc_store_put_all(struct rc_store *store, const char *kind, const json_t *documents,
		     struct rc_error **err)
{
	const char *name;
	json_t *document;
	int r;

	if (json_object_size(documents) == 0)
		return 0;
	r = run(store, "BEGIN IMMEDIATE", err);
	if (r < 0)
		return r;
	json_object_foreach ((json_t *)(uintptr_t)documents, name, document)
		if (r == 0)
			r = rc_store_put(store, kind, name,
					 json_is_null(document) ? NULL : document, err);
	return end_transaction(store, r, err);
}

int rc_store_get(struct rc_store *store, const char *kind, const char *name, json_t **ret_document,
		 struct rc_error **err)
{
	const char *const texts[] = {store->instance, kind, name, NULL};
	autostatement *statement = NULL;
	int r;

	*ret_document = NULL;
	r = prepare(store,
		    "SELECT document FROM documents"
		    " WHERE instance = ?1 AND kind = ?2 AND name = ?3",
		    texts, &statement, err);
	if (r == 0)
		r = step(store, statement, err);
	if (r > 0)
		*ret_document = read_json(statement, 0);
	return r < 0 ? r : 0;
}

int rc_store_list(struct rc_store *store, const char *kind, json_t **ret_documents,
		  struct rc_error **err)
{
	const char *const texts[] = {store->instance, kind, NULL};
	autostatement *statement = NULL;
	json_auto_t *documents = json_object();
	int r = prepare(store,
			"SELECT name, document FROM documents WHERE instance = ?1 AND kind = ?2",
			texts, &statement, err);

	if (r < 0)
		return r;
	while ((r = step(store, statement, err)) > 0) {
		json_t *document = read_json(statement, 1);

		if (document)
			json_object_set_new(documents,
					    (const char *)sqlite3_column_text(statement, 0),
					    document);
	}
	if (r < 0)
		return r;
	*ret_documents = rc_steal(&documents);
	return 0;
}
