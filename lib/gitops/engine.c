/* Lists of what there is, and passing on what happens to whom it concerns. */
#include "gitops/engine.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "data/digest.h"
#include "gitops/engine-private.h"

/* Of repositories that nobody listed; as the configuration's defaults are. */
#define UNLISTED_INTERVAL_MS ((uint64_t)3 * 60 * 1000)
#define UNLISTED_TIMEOUT_MS  ((uint64_t)2 * 60 * 1000)
#define UNLISTED_MAX	     500

/* ---- a list of pointers, NULL-terminated ---- */

static void append(void *list, size_t *n, const void *item)
{
	const void ***items = list;

	*items = rc_realloc(*items, (*n + 2) * sizeof(**items));
	(*items)[(*n)++] = item;
	(*items)[*n] = NULL;
}

static void take_out(void *list, size_t *n, const void *item)
{
	const void **items = list;

	for (size_t i = 0; i < *n; i++) {
		if (items[i] != item)
			continue;
		memmove(&items[i], &items[i + 1], (*n - i) * sizeof(*items));
		--*n;
		return;
	}
}

/* ---- what happens ---- */

static void on_repository(void *userdata, struct rc_repository *repository)
{
	struct rc_engine *engine = userdata;

	for (size_t i = 0; i < engine->n_entries; i++)
		rc_app_on_repository(engine->entries[i].app, repository);
	if (engine->options.repository_changed)
		engine->options.repository_changed(engine->options.userdata, repository);
}

static void on_destination(void *userdata, struct rc_destination *destination)
{
	struct rc_engine *engine = userdata;

	for (size_t i = 0; i < engine->n_entries; i++)
		rc_app_on_destination(engine->entries[i].app, destination);
	if (engine->options.destination_changed)
		engine->options.destination_changed(engine->options.userdata, destination);
}

void rc_engine_on_stack(struct rc_engine *engine, const char *stack)
{
	for (struct rc_app *const *app = rc_engine_list_apps(engine); *app; app++)
		rc_app_on_stack(*app, stack);
}

static void on_live(void *userdata, struct rc_destination *destination,
		    const struct rc_kube_live *live, bool is_gone)
{
	struct rc_engine *engine = userdata;

	if (is_gone)
		rc_judge_forget(engine->judge, destination, &live->key);
	for (size_t i = 0; i < engine->n_entries; i++)
		if (strcmp(rc_app_get_label(engine->entries[i].app), live->label) == 0)
			rc_app_on_live(engine->entries[i].app, &live->key);
}

/* A health script has answered: for those who asked it is as if the object had changed. */
static void on_judged(void *userdata, const void *cluster, const struct rc_kube_key *key)
{
	struct rc_engine *engine = userdata;

	for (size_t i = 0; i < engine->n_destinations; i++) {
		struct rc_destination *destination = engine->destinations[i];
		const struct rc_kube_live *live = NULL;

		if (destination == cluster)
			live = rc_kube_cache_find(rc_destination_get_cache(destination), key);
		if (live)
			on_live(engine, destination, live, false);
	}
}

/* ---- the engine ---- */

struct rc_engine *rc_engine_new(const struct rc_engine_options *options)
{
	struct rc_engine *engine = rc_new0(struct rc_engine);
	struct rc_judge_options judge = {.pool = options->script_pool,
					 .customizations = options->customizations,
					 .judged = on_judged,
					 .userdata = engine};

	engine->options = *options;
	engine->judge = rc_judge_new(&judge);
	rc_engine_apps_init(engine);
	engine->projects = rc_projects_new();
	engine->repositories = rc_calloc(1, sizeof(*engine->repositories));
	engine->destinations = rc_calloc(1, sizeof(*engine->destinations));
	return engine;
}

void rc_engine_free(struct rc_engine *engine)
{
	if (!engine)
		return;
	rc_engine_apps_done(engine);
	for (size_t i = 0; i < engine->n_repositories; i++)
		rc_repository_free(engine->repositories[i]);
	for (size_t i = 0; i < engine->n_destinations; i++)
		rc_destination_free(engine->destinations[i]);
	rc_judge_free(engine->judge);
	rc_projects_free(engine->projects);
	free(engine->repositories);
	free(engine->destinations);
	free(engine);
}

const struct rc_engine_options *rc_engine_get_options(const struct rc_engine *engine)
{
	return &engine->options;
}

struct rc_judge *rc_engine_get_judge(const struct rc_engine *engine)
{
	return engine->judge;
}

void rc_engine_set_limits(struct rc_engine *engine, uint64_t render_timeout_ms,
			  uint64_t wave_timeout_ms, unsigned int prune_budget)
{
	engine->options.render_timeout_ms = render_timeout_ms;
	engine->options.wave_timeout_ms = wave_timeout_ms;
	engine->options.prune_budget = prune_budget;
}

/* ---- repositories and clusters ---- */

/* Applications hold what they found; after a change they look it up again. */
static void rebind_all(struct rc_engine *engine)
{
	for (size_t i = 0; i < engine->n_entries; i++)
		rc_app_rebind(engine->entries[i].app);
}

static void unbind_all(struct rc_engine *engine)
{
	for (size_t i = 0; i < engine->n_entries; i++)
		rc_app_unbind(engine->entries[i].app);
}

static struct rc_repository *make_repository(struct rc_engine *engine,
					     const struct rc_repository_options *options)
{
	struct rc_repository_options all = *options;
	struct rc_repository *repository;

	all.loop = engine->options.loop;
	all.pool = engine->options.git_pool;
	all.store = engine->options.store;
	all.changed = on_repository;
	all.userdata = engine;
	repository = rc_repository_new(&all);
	append(&engine->repositories, &engine->n_repositories, repository);
	return repository;
}

struct rc_repository *rc_engine_add_repository(struct rc_engine *engine,
					       const struct rc_repository_options *options)
{
	struct rc_repository *repository;

	unbind_all(engine);
	repository = make_repository(engine, options);
	rebind_all(engine);
	return repository;
}

void rc_engine_remove_repository(struct rc_engine *engine, struct rc_repository *repository)
{
	unbind_all(engine);
	take_out(engine->repositories, &engine->n_repositories, repository);
	rebind_all(engine);
	rc_repository_free(repository);
}

struct rc_repository *rc_engine_find_repository(const struct rc_engine *engine, const char *name,
						const char *url)
{
	for (size_t i = 0; i < engine->n_repositories; i++) {
		struct rc_repository *repository = engine->repositories[i];

		if ((name && strcmp(rc_repository_get_name(repository), name) == 0) ||
		    (url && rc_repository_is_at(repository, url)))
			return repository;
	}
	return NULL;
}

static struct rc_repository *find_best(const struct rc_engine *engine, const char *url,
				       const char *chart)
{
	struct rc_repository *best = NULL;
	size_t best_fit = 0;

	for (size_t i = 0; i < engine->n_repositories; i++) {
		size_t fit = rc_repository_serves(engine->repositories[i], url, chart);

		if (fit <= best_fit)
			continue;
		best = engine->repositories[i];
		best_fit = fit;
	}
	return best;
}

struct rc_repository *rc_engine_find_source(const struct rc_engine *engine,
					    const struct rc_application_source *source)
{
	return find_best(engine, source->repo_url, source->chart);
}

struct rc_repository *rc_engine_adopt_source(struct rc_engine *engine,
					     const struct rc_application_source *source)
{
	struct rc_repository_options options = {
		.name = source->repo_url,
		.url = source->repo_url,
		.type = rc_repository_guess_type(source->repo_url, source->chart),
		.interval_ms = UNLISTED_INTERVAL_MS,
		.timeout_ms = UNLISTED_TIMEOUT_MS,
	};
	rc_autofree char *mirror = NULL;
	char digest[RC_DIGEST_MAX];

	if (!options.type || !engine->options.unlisted || engine->n_unlisted == UNLISTED_MAX)
		return NULL;
	if (strcmp(options.type, "git") == 0)
		mirror = rc_asprintf("%s/unlisted-%.40s.git", engine->options.unlisted,
				     rc_digest_sha256(rc_str(source->repo_url), digest));
	else
		mirror = rc_strdup(engine->options.charts);
	options.mirror = mirror;
	engine->n_unlisted++;
	return make_repository(engine, &options);
}

struct rc_repository *rc_engine_find_charts(const struct rc_engine *engine, const char *text)
{
	struct rc_repository *repository;
	const char *name = NULL;

	if (*text == '@')
		name = text + 1;
	else if (rc_text_has_prefix(text, "alias:"))
		name = text + strlen("alias:");
	if (!name)
		return find_best(engine, text, "chart");
	repository = rc_engine_find_repository(engine, name, NULL);
	return repository && strcmp(rc_repository_get_type(repository), "git") != 0 ? repository
										    : NULL;
}

struct rc_destination *rc_engine_add_destination(struct rc_engine *engine,
						 const struct rc_destination_options *options)
{
	struct rc_destination_options own = *options;
	struct rc_destination *destination;

	own.loop = engine->options.loop;
	own.judge = engine->judge;
	own.live_changed = on_live;
	own.state_changed = on_destination;
	own.userdata = engine;
	destination = rc_destination_new(&own);
	unbind_all(engine);
	append(&engine->destinations, &engine->n_destinations, destination);
	rebind_all(engine);
	return destination;
}

void rc_engine_remove_destination(struct rc_engine *engine, struct rc_destination *destination)
{
	unbind_all(engine);
	take_out(engine->destinations, &engine->n_destinations, destination);
	rebind_all(engine);
	rc_judge_forget(engine->judge, destination, NULL);
	rc_destination_free(destination);
}

/* The same address, with a slash at its end or without, as in Argo CD. */
static bool is_same_server(const char *a, const char *b)
{
	struct rc_str x = rc_str(a), y = rc_str(b);

	x.n -= rc_str_has_suffix(x, RC_STR("/"));
	y.n -= rc_str_has_suffix(y, RC_STR("/"));
	return rc_str_equal(x, y);
}

struct rc_destination *rc_engine_find_destination(const struct rc_engine *engine,
						  const struct rc_application *application)
{
	const char *name = application->destination.name, *server = application->destination.server;

	for (size_t i = 0; i < engine->n_destinations; i++) {
		struct rc_destination *destination = engine->destinations[i];
		const char *its =
			rc_kube_cluster_get_server(rc_destination_get_cluster(destination));

		if ((name && strcmp(rc_destination_get_name(destination), name) == 0) ||
		    (server && is_same_server(its, server)))
			return destination;
	}
	if ((name && strcmp(name, "in-cluster") == 0) ||
	    (server && strcmp(server, "https://kubernetes.default.svc") == 0))
		return engine->destinations[0];
	return NULL;
}

/* ---- projects ---- */

/* Whatever an application may do now may be otherwise. */
static void tell_projects(struct rc_engine *engine, bool is_changed)
{
	for (size_t i = 0; is_changed && i < engine->n_entries; i++)
		rc_app_on_project(engine->entries[i].app);
}

void rc_engine_set_projects(struct rc_engine *engine, const char *origin,
			    struct rc_catalog *catalog)
{
	tell_projects(engine, rc_projects_set(engine->projects, origin, catalog->projects,
					      catalog->n_projects, catalog->is_partial));
	catalog->n_projects = 0;
}

void rc_engine_put_project(struct rc_engine *engine, const char *origin, struct rc_project *project)
{
	tell_projects(engine, rc_projects_put(engine->projects, origin, project));
}

void rc_engine_drop_project(struct rc_engine *engine, const char *origin, const char *name)
{
	tell_projects(engine, rc_projects_drop(engine->projects, origin, name));
}

const struct rc_projects *rc_engine_get_projects(const struct rc_engine *engine)
{
	return engine->projects;
}

/* ---- lists ---- */

struct rc_app *const *rc_engine_list_apps(const struct rc_engine *engine)
{
	return engine->apps;
}

struct rc_repository *const *rc_engine_list_repositories(const struct rc_engine *engine)
{
	return engine->repositories;
}

struct rc_destination *const *rc_engine_list_destinations(const struct rc_engine *engine)
{
	return engine->destinations;
}
