/*
 * Where Applications come from: manifests in a file or folder of this host, or in a folder of a
 * repository. What cannot be read leaves what was read of it last in force.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "daemon.h"
#include "data/json.h"
#include "gitops/catalog.h"
#include "gitops/source.h"

struct daemon_catalog {
	struct daemon_catalog *next;
	struct rc_daemon *daemon;
	const struct rc_config_applications *config;
	char *origin;
	struct rc_repository *repository; /* NULL: files of this host */
	struct rc_worker_job *job;
	char *commit, *asked; /* what is in force, and what is being read */
	struct rc_error *err;
	json_t *refused; /* array of text, or NULL */
	struct rc_log log;
};

static void set_error(struct daemon_catalog *catalog, struct rc_error *err)
{
	rc_autofree char *before = catalog->err ? rc_error_format(catalog->err) : NULL;
	rc_autofree char *now = err ? rc_error_format(err) : NULL;

	if (err && !rc_text_equal(before, now))
		rc_log_error(&catalog->log, LOG_ERR, err,
			     "reading applications; what was read before stays in force");
	rc_error_free(catalog->err);
	catalog->err = err;
}

static void tell_refused(struct daemon_catalog *catalog, struct rc_catalog *read)
{
	json_t *text;
	size_t i;

	if (!json_equal(catalog->refused, read->refused))
		json_array_foreach (read->refused, i, text)
			rc_log_warning(&catalog->log, "%s", json_string_value(text));
	json_decref(catalog->refused);
	catalog->refused = rc_steal(&read->refused);
}

/* Projects first: an application is looked at with them in force. */
static void put_in_force(struct daemon_catalog *catalog, struct rc_catalog *read)
{
	struct rc_engine *engine = catalog->daemon->engine;
	struct rc_error *err = NULL;

	rc_engine_set_projects(engine, catalog->origin, read);
	rc_engine_set_applications(engine, catalog->origin, read, catalog->config->allow_empty,
				   &err);
	tell_refused(catalog, read);
	set_error(catalog, err);
}

/* ---- files of this host ---- */

static void read_host(struct daemon_catalog *catalog)
{
	rc_cleanup(rc_catalog_done) struct rc_catalog read = {.applications = NULL};
	struct rc_error *err = NULL;

	if (rc_catalog_read(&read, catalog->config->file, &err) < 0)
		set_error(catalog, err);
	else
		put_in_force(catalog, &read);
}

/* ---- a folder of a repository ---- */

static void on_read(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	rc_cleanup(rc_catalog_done) struct rc_catalog read = {.applications = NULL};
	struct daemon_catalog *catalog = userdata;

	catalog->job = NULL;
	if (r < 0) {
		rc_wrap(&err, r, "commit %.12s of repository '%s'", catalog->asked,
			rc_repository_get_name(catalog->repository));
		set_error(catalog, err);
		return;
	}
	free(catalog->commit);
	catalog->commit = rc_strdup(catalog->asked);
	rc_catalog_take_reply(&read, reply);
	put_in_force(catalog, &read);
}

static const char *revision_of(const struct daemon_catalog *catalog)
{
	return catalog->config->revision ? catalog->config->revision : "";
}

static void read_repository(struct daemon_catalog *catalog)
{
	struct rc_source_at at = {.mirror = rc_repository_get_mirror(catalog->repository)};
	json_auto_t *request = NULL;
	struct rc_error *err = NULL;
	int r = rc_repository_resolve(catalog->repository, revision_of(catalog), &at.commit, &err);

	if (r < 0) {
		/* Not asked yet is no fault. */
		if (r == -EAGAIN && !rc_repository_get_error(catalog->repository, NULL))
			rc_error_free(err);
		else
			set_error(catalog, err);
		return;
	}
	if (rc_text_equal(at.commit, catalog->job ? catalog->asked : catalog->commit))
		return;
	if (catalog->job)
		rc_worker_cancel(catalog->job);
	free(catalog->asked);
	catalog->asked = rc_strdup(at.commit);
	request = rc_source_make_read_request(&at,
					      catalog->config->path ? catalog->config->path : ".");
	rc_worker_submit(catalog->daemon->render_pool, request,
			 (uint64_t)catalog->daemon->config->render.timeout_ms, on_read, catalog,
			 &catalog->job);
}

void daemon_catalog_on_repository(struct rc_daemon *daemon, const struct rc_repository *repository)
{
	for (struct daemon_catalog *catalog = daemon->catalogs; catalog; catalog = catalog->next)
		if (catalog->repository == repository)
			read_repository(catalog);
}

/* ---- all of them ---- */

/* The origin names the source itself, so that a reload recognises it. */
static struct daemon_catalog *make(struct rc_daemon *daemon,
				   const struct rc_config_applications *config)
{
	struct daemon_catalog *catalog = rc_new0(struct daemon_catalog);

	catalog->daemon = daemon;
	catalog->config = config;
	catalog->origin = config->file ? rc_strdup(config->file)
				       : rc_asprintf("%s:%s@%s", config->repository,
						     config->path ? config->path : ".",
						     config->revision ? config->revision : "HEAD");
	catalog->log = (struct rc_log){NULL, "RC_ORIGIN", catalog->origin};
	if (config->file) {
		read_host(catalog);
		return catalog;
	}
	catalog->repository = rc_engine_find_repository(daemon->engine, config->repository, NULL);
	if (catalog->repository) {
		rc_repository_want(catalog->repository, revision_of(catalog));
		read_repository(catalog);
	}
	return catalog;
}

void daemon_catalog_make_all(struct rc_daemon *daemon)
{
	for (size_t i = daemon->config->n_applications; i > 0; i--) {
		struct daemon_catalog *catalog;

		if (daemon->config->applications[i - 1].cluster)
			continue; /* live.c */
		catalog = make(daemon, &daemon->config->applications[i - 1]);
		catalog->next = daemon->catalogs;
		daemon->catalogs = catalog;
	}
}

void daemon_catalog_free_all(struct rc_daemon *daemon)
{
	while (daemon->catalogs) {
		struct daemon_catalog *catalog = daemon->catalogs;

		daemon->catalogs = catalog->next;
		if (catalog->job)
			rc_worker_cancel(catalog->job);
		if (catalog->repository)
			rc_repository_unwant(catalog->repository, revision_of(catalog));
		rc_error_free(catalog->err);
		json_decref(catalog->refused);
		free(catalog->commit);
		free(catalog->asked);
		free(catalog->origin);
		free(catalog);
	}
}

json_t *daemon_catalog_describe(const struct rc_daemon *daemon)
{
	json_t *list = json_array();

	for (const struct daemon_catalog *catalog = daemon->catalogs; catalog;
	     catalog = catalog->next) {
		rc_autofree char *why = catalog->err ? rc_error_format(catalog->err) : NULL;

		json_array_append_new(list, json_pack("{s:s, s:s*, s:s*, s:O*}", "origin",
						      catalog->origin, "revision", catalog->commit,
						      "reason", why, "refused", catalog->refused));
	}
	daemon_live_describe(daemon, list);
	return list;
}
