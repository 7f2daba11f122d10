/*
 * All applications with their repositories and clusters: who hears of what.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>
#include <jansson.h>

#include "base/error.h"
#include "base/worker.h"
#include "gitops/app.h"
#include "gitops/catalog.h"
#include "gitops/customizations.h"
#include "gitops/destination.h"
#include "gitops/judge.h"
#include "gitops/projects.h"
#include "gitops/repository.h"
#include "store/store.h"

struct rc_engine;

/* Everything is borrowed and must outlive the engine, texts too. */
struct rc_engine_options {
	struct ev_loop *loop;
	const char *instance;
	struct rc_store *store;
	const char *charts; /* folder of archives, the git worker's to write */
	/* Folder for copies of repositories that sources name and nobody listed: these are read
	 * without credentials. NULL: they are not read. */
	const char *unlisted;
	struct rc_worker_pool *git_pool, *render_pool, *script_pool;
	const struct rc_customizations *customizations; /* may be NULL */
	uint64_t render_timeout_ms, wave_timeout_ms;
	unsigned int prune_budget; /* percent */
	/* An application's state changed. May be NULL. */
	void (*app_changed)(void *userdata, struct rc_app *app);
	/* A live application has nothing in its cluster any more, and may go. May be NULL. */
	void (*app_deleted)(void *userdata, struct rc_app *app);
	/* A poll or the state of a cluster brought something new. May be NULL. */
	void (*repository_changed)(void *userdata, struct rc_repository *repository);
	void (*destination_changed)(void *userdata, struct rc_destination *destination);
	/* Of Terraform, for applications that depend on a stack; both may be NULL. Why the stack is
	 * not ready, the caller's to free; NULL: it is. */
	char *(*await_stack)(void *userdata, const char *stack);
	/* An output (NULL: all that are not sensitive); the caller's. -EAGAIN: not yet. */
	int (*get_output)(void *userdata, const char *stack, const char *output, json_t **ret_value,
			  struct rc_error **err);
	void *userdata;
};

struct rc_engine *rc_engine_new(const struct rc_engine_options *options);
void rc_engine_free(struct rc_engine *engine);
RC_DEFINE_FREEP(struct rc_engine, rc_engine_free)
const struct rc_engine_options *rc_engine_get_options(const struct rc_engine *engine);
/* Whoever wants to know how an object is. Borrowed. */
struct rc_judge *rc_engine_get_judge(const struct rc_engine *engine);
/* The numbers that may change while it runs. */
void rc_engine_set_limits(struct rc_engine *engine, uint64_t render_timeout_ms,
			  uint64_t wave_timeout_ms, unsigned int prune_budget);

/* What a repository is told; loop, pool, store, changed and userdata are the engine's. */
struct rc_repository *rc_engine_add_repository(struct rc_engine *engine,
					       const struct rc_repository_options *options);
void rc_engine_remove_repository(struct rc_engine *engine, struct rc_repository *repository);
/* By name or URL; NULL when there is none. */
struct rc_repository *rc_engine_find_repository(const struct rc_engine *engine, const char *name,
						const char *url);

/* The one of charts that a dependency names: "@name", "alias:name" or a URL. NULL: none. */
struct rc_repository *rc_engine_find_charts(const struct rc_engine *engine, const char *text);
/* One that nobody listed, as a source names it; what is neither of http, https nor of a registry,
 * and more than 500 of them, is NULL. */
struct rc_repository *rc_engine_adopt_source(struct rc_engine *engine,
					     const struct rc_application_source *source);
/* The one that serves a source of an application best; NULL when none does. */
struct rc_repository *rc_engine_find_source(const struct rc_engine *engine,
					    const struct rc_application_source *source);

/* What a cluster is told; loop, callbacks and userdata are the engine's. */
struct rc_destination *rc_engine_add_destination(struct rc_engine *engine,
						 const struct rc_destination_options *options);
void rc_engine_remove_destination(struct rc_engine *engine, struct rc_destination *destination);
/* The cluster an Application names: by name, by its server's URL, and
 * https://kubernetes.default.svc or "in-cluster" is the first one. NULL when there is none. */
struct rc_destination *rc_engine_find_destination(const struct rc_engine *engine,
						  const struct rc_application *application);

/*
 * All applications of one origin (a file, a folder of a repository), taken over. Those of this
 * origin that are not among them any more are given up, and their resources stay as they are; with
 * the resources finalizer these are deleted first, and then they are gone. Where the catalog is
 * partial they stay in force. One that another origin has already is refused with a warning.
 *
 * -EINVAL: there is none any more, and some would be deleted with their resources, which is only
 * done when may_be_empty says so; nothing was changed then.
 */
int rc_engine_set_applications(struct rc_engine *engine, const char *origin,
			       struct rc_catalog *catalog, bool may_be_empty,
			       struct rc_error **err);
/* One live application, taken over; the end of its deletion is told by options.app_deleted.
 * -EEXIST: another origin has one of that name. */
int rc_engine_put_application(struct rc_engine *engine, const char *origin,
			      struct rc_application *application, struct rc_error **err);
/* It is no longer ours, or (is_deleted) gone for good. Its resources are not touched. */
void rc_engine_drop_application(struct rc_engine *engine, const char *origin, const char *name,
				bool is_deleted);
/* A stack of this name got on. */
void rc_engine_on_stack(struct rc_engine *engine, const char *stack);
/* For an application: what it made was deleted. */
void rc_engine_on_deleted(struct rc_engine *engine, struct rc_app *app);

/* All projects of one origin, taken over; or one. See gitops/projects.h. */
void rc_engine_set_projects(struct rc_engine *engine, const char *origin,
			    struct rc_catalog *catalog);
void rc_engine_put_project(struct rc_engine *engine, const char *origin,
			   struct rc_project *project);
void rc_engine_drop_project(struct rc_engine *engine, const char *origin, const char *name);
const struct rc_projects *rc_engine_get_projects(const struct rc_engine *engine);

/* Where it is from; borrowed. */
const char *rc_engine_get_origin(const struct rc_engine *engine, const struct rc_app *app);
struct rc_app *rc_engine_find_app(const struct rc_engine *engine, const char *name);
/* In the order of their names; the arrays belong to the engine and are NULL-terminated. */
struct rc_app *const *rc_engine_list_apps(const struct rc_engine *engine);
struct rc_repository *const *rc_engine_list_repositories(const struct rc_engine *engine);
struct rc_destination *const *rc_engine_list_destinations(const struct rc_engine *engine);
