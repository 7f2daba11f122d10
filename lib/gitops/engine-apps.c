/*
 * Which applications there are: each belongs to one origin (a file, a folder of a repository, a
 * cluster, another application).
 *
 * One that leaves its origin is given up, and its resources stay as they are; with the resources
 * finalizer they are deleted first. So that a restart forgets none of these, their manifests are
 * kept in the store.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/sort.h"
#include "data/json.h"
#include "gitops/engine-private.h"

#define KIND_APPLICATION "application" /* {origin, manifest} of each that is in force */

void rc_engine_relist(struct rc_engine *engine)
{
	engine->apps = rc_realloc(engine->apps, (engine->n_entries + 1) * sizeof(*engine->apps));
	for (size_t i = 0; i < engine->n_entries; i++)
		engine->apps[i] = engine->entries[i].app;
	engine->apps[engine->n_entries] = NULL;
}

static int compare_entries(const void *a, const void *b)
{
	const struct engine_entry *x = a, *y = b;

	return strcmp(rc_app_get_name(x->app), rc_app_get_name(y->app));
}

static struct engine_entry *find_entry(const struct rc_engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->n_entries; i++)
		if (strcmp(rc_app_get_name(engine->entries[i].app), name) == 0)
			return &engine->entries[i];
	return NULL;
}

/* ---- what is remembered ---- */

/* What a list of applications changes of it: {name: document, or null}. */
struct memory {
	json_t *before, *changes;
};

static void memory_done(struct memory *memory)
{
	json_decref(memory->before);
	json_decref(memory->changes);
}

static void remember(struct memory *memory, const char *name, const json_t *document)
{
	if (json_equal(json_object_get(memory->before, name), document))
		json_object_del(memory->changes, name);
	else
		json_object_set(memory->changes, name, (json_t *)(uintptr_t)document);
}

/* It is declared nowhere any more. */
static void unremember(struct memory *memory, const char *name)
{
	json_object_set_new(memory->changes, name, json_null());
}

static void save(struct rc_engine *engine, const struct memory *memory)
{
	struct rc_error *err = NULL;

	if (rc_store_put_all(engine->options.store, KIND_APPLICATION, memory->changes, &err) < 0)
		rc_log_error(&engine->log, LOG_ERR, err, "remembering applications");
	rc_error_free(err);
}

/* Nothing that is kept about it is of use any more. */
static void forget(struct rc_engine *engine, const char *name)
{
	static const char *const kinds[] = {KIND_APPLICATION, "operation", "kinds",
					    "hold",	      "run",	   "hooks"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++)
		rc_store_put(engine->options.store, kinds[i], name, NULL, NULL);
}

/* ---- coming ---- */

static struct engine_entry *add_entry(struct rc_engine *engine, const char *origin,
				      struct rc_application *application, bool is_live)
{
	struct rc_app *app = rc_app_new(engine, application);

	engine->entries =
		rc_realloc(engine->entries, (engine->n_entries + 1) * sizeof(*engine->entries));
	engine->entries[engine->n_entries++] = (struct engine_entry){
		.app = app, .origin = rc_strdup(origin), .is_seen = true, .is_live = is_live};
	rc_sort(engine->entries, engine->n_entries, sizeof(*engine->entries), compare_entries);
	return find_entry(engine, application->name);
}

static void change_entry(struct rc_engine *engine, struct engine_entry *entry,
			 struct rc_application *application)
{
	entry->is_seen = true;
	if (rc_app_is_deleting(entry->app) && !entry->is_live)
		rc_log_notice(&engine->log,
			      "application '%s' is back in %s; what is left of it stays",
			      application->name, entry->origin);
	else if (rc_application_equal(rc_app_get_declared(entry->app), application)) {
		rc_application_free(application);
		return;
	}
	rc_app_set_application(entry->app, application);
}

/* -EEXIST when another origin has one of that name; it is freed then. */
static int take_application(struct rc_engine *engine, const char *origin,
			    struct rc_application *application, bool is_live, struct rc_error **err)
{
	struct engine_entry *entry = find_entry(engine, application->name);
	int r = 0;

	if (!entry)
		add_entry(engine, origin, application, is_live);
	else if (strcmp(entry->origin, origin) == 0 && (is_live || !entry->is_seen))
		change_entry(engine, entry, application);
	else {
		r = rc_fail(err, -EEXIST, "application '%s' of %s is there already, from %s",
			    application->name, origin, entry->origin);
		rc_application_free(application);
	}
	return r;
}

/* ---- going ---- */

static void free_entry(struct engine_entry *entry)
{
	rc_app_free(entry->app);
	free(entry->origin);
}

static void take_out(struct rc_engine *engine, struct engine_entry *entry)
{
	size_t i = (size_t)(entry - engine->entries);

	free_entry(entry);
	memmove(entry, entry + 1, (--engine->n_entries - i) * sizeof(*entry));
}

/* Returns whether it stays for a while. */
static bool let_go(struct rc_engine *engine, struct engine_entry *entry, struct memory *memory)
{
	const char *name = rc_app_get_name(entry->app);

	if (rc_app_is_deleting(entry->app))
		return true;
	if (!rc_app_get_declared(entry->app)->has_finalizer) {
		rc_log_notice(&engine->log,
			      "application '%s' is no longer in %s; its resources stay as they are",
			      name, entry->origin);
		unremember(memory, name);
		return false;
	}
	rc_log_notice(&engine->log,
		      "application '%s' is no longer in %s; its resources are deleted, as its "
		      "finalizer says",
		      name, entry->origin);
	rc_app_delete(entry->app);
	return true;
}

static void drop_unseen(struct rc_engine *engine, const char *origin, struct memory *memory)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->n_entries; i++) {
		struct engine_entry *entry = &engine->entries[i];

		if (strcmp(entry->origin, origin) != 0 || entry->is_seen ||
		    let_go(engine, entry, memory))
			engine->entries[n++] = *entry;
		else
			free_entry(entry);
	}
	engine->n_entries = n;
}

/*
 * What left its origin while nobody looked is there again: to be deleted with its resources as its
 * finalizer says, or to stay in force where its manifest may only be unreadable.
 */
static void revive(struct rc_engine *engine, const char *origin, bool is_partial,
		   struct memory *memory)
{
	const char *name;
	json_t *document;

	json_object_foreach (memory->before, name, document) {
		struct rc_application *application = NULL;

		if (!rc_text_equal(rc_json_text(document, "origin", NULL), origin) ||
		    find_entry(engine, name) ||
		    rc_application_parse(json_object_get(document, "manifest"), origin,
					 &application, NULL) < 0)
			continue;
		if (is_partial || application->has_finalizer) {
			add_entry(engine, origin, application, false)->is_seen = false;
			continue;
		}
		rc_application_free(application);
		unremember(memory, name);
	}
}

/* How many of origin would be deleted with their resources if it had none any more. */
static size_t count_deletable(const struct rc_engine *engine, const char *origin)
{
	size_t n = 0;

	for (size_t i = 0; i < engine->n_entries; i++)
		n += strcmp(engine->entries[i].origin, origin) == 0 &&
		     rc_app_get_declared(engine->entries[i].app)->has_finalizer &&
		     !rc_app_is_deleting(engine->entries[i].app);
	return n;
}

static int check_empty(const struct rc_engine *engine, const char *origin, struct rc_error **err)
{
	size_t n = count_deletable(engine, origin);

	if (n == 0)
		return 0;
	rc_fail(err, -EINVAL,
		"%s has no Application at all any more, and %zu of those it had would be deleted "
		"with their resources; nothing is done",
		origin, n);
	rc_hint(err, "take the last one out by itself after its finalizer is gone, or say "
		     "allowEmpty: true for this entry of 'applications'");
	return -EINVAL;
}

/* One of a list, taken over. */
static void take_listed(struct rc_engine *engine, const char *origin,
			struct rc_application *application, struct memory *memory)
{
	json_auto_t *document =
		json_pack("{s:s, s:O}", "origin", origin, "manifest", application->manifest);
	rc_autofree char *name = rc_strdup(application->name);
	struct rc_error *err = NULL;

	if (take_application(engine, origin, application, false, &err) == 0)
		remember(memory, name, document);
	else
		rc_log_error(&engine->log, LOG_WARNING, err, "application ignored");
	rc_error_free(err);
}

int rc_engine_set_applications(struct rc_engine *engine, const char *origin,
			       struct rc_catalog *catalog, bool may_be_empty, struct rc_error **err)
{
	bool is_empty = catalog->n_applications == 0 && !catalog->is_partial;
	rc_cleanup(memory_done) struct memory memory = {.changes = json_object()};
	int r;

	rc_store_list(engine->options.store, KIND_APPLICATION, &memory.before, NULL);
	revive(engine, origin, catalog->is_partial, &memory);
	r = !is_empty || may_be_empty ? 0 : check_empty(engine, origin, err);
	if (r == 0) {
		for (size_t i = 0; i < engine->n_entries; i++)
			engine->entries[i].is_seen = false;
		for (size_t i = 0; i < catalog->n_applications; i++)
			take_listed(engine, origin, catalog->applications[i], &memory);
		catalog->n_applications = 0;
		if (!catalog->is_partial)
			drop_unseen(engine, origin, &memory);
		save(engine, &memory);
	}
	rc_engine_relist(engine);
	return r;
}

int rc_engine_put_application(struct rc_engine *engine, const char *origin,
			      struct rc_application *application, struct rc_error **err)
{
	int r = take_application(engine, origin, application, true, err);

	rc_engine_relist(engine);
	return r;
}

void rc_engine_drop_application(struct rc_engine *engine, const char *origin, const char *name,
				bool is_deleted)
{
	struct engine_entry *entry = find_entry(engine, name);

	if (!entry || strcmp(entry->origin, origin) != 0)
		return;
	if (is_deleted)
		forget(engine, name);
	take_out(engine, entry);
	rc_engine_relist(engine);
}

/* ---- deleted ---- */

static void on_reap(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_engine *engine = rc_container_of(timer, struct rc_engine, reap);

	(void)loop;
	(void)events;
	for (size_t i = engine->n_entries; i > 0; i--) {
		struct engine_entry *entry = &engine->entries[i - 1];

		if (!entry->is_gone)
			continue;
		forget(engine, rc_app_get_name(entry->app));
		take_out(engine, entry);
	}
	rc_engine_relist(engine);
}

void rc_engine_apps_init(struct rc_engine *engine)
{
	ev_timer_init(&engine->reap, on_reap, 0, 0);
	rc_engine_relist(engine);
}

void rc_engine_apps_done(struct rc_engine *engine)
{
	ev_timer_stop(engine->options.loop, &engine->reap);
	for (size_t i = 0; i < engine->n_entries; i++)
		free_entry(&engine->entries[i]);
	free(engine->entries);
	free(engine->apps);
}

void rc_engine_on_deleted(struct rc_engine *engine, struct rc_app *app)
{
	struct engine_entry *entry = find_entry(engine, rc_app_get_name(app));

	if (!entry || entry->app != app)
		return;
	if (entry->is_live) { /* its object is still there, to be let go */
		if (engine->options.app_deleted)
			engine->options.app_deleted(engine->options.userdata, app);
		return;
	}
	entry->is_gone = true; /* not from inside its own call */
	ev_timer_set(&engine->reap, 0, 0);
	ev_timer_start(engine->options.loop, &engine->reap);
}

struct rc_app *rc_engine_find_app(const struct rc_engine *engine, const char *name)
{
	struct engine_entry *entry = find_entry(engine, name);

	return entry ? entry->app : NULL;
}

const char *rc_engine_get_origin(const struct rc_engine *engine, const struct rc_app *app)
{
	for (size_t i = 0; i < engine->n_entries; i++)
		if (engine->entries[i].app == app)
			return engine->entries[i].origin;
	return "";
}
