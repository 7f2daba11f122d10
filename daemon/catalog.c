/*
 * Where Applications come from: manifests in a file or folder of this host, or in a folder of a
 * repository. What cannot be read leaves what was read last in force.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "daemon.h"
#include "data/json.h"
#include "data/yaml.h"
#include "gitops/source.h"

#define FILE_MAX ((size_t)16 << 20)

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

/* What was read; everything is owned. */
struct reading {
	struct rc_application **at;
	size_t n, size;
	struct rc_project **projects;
	size_t n_projects, size_projects;
	json_t *refused; /* array of text: what is there and is not done */
};

static void reading_done(struct reading *reading)
{
	for (size_t i = 0; i < reading->n; i++)
		rc_application_free(reading->at[i]);
	for (size_t i = 0; i < reading->n_projects; i++)
		rc_project_free(reading->projects[i]);
	free(reading->at);
	free(reading->projects);
	json_decref(reading->refused);
}

static void *grow(void *list, size_t n, size_t *size)
{
	if (n < *size)
		return list;
	*size = *size ? 2 * *size : 16;
	return rc_realloc(list, *size * sizeof(void *));
}

static int take_application(struct reading *reading, const json_t *object, const char *where,
			    struct rc_error **err)
{
	struct rc_application *application;
	int r = rc_application_parse(object, where, &application, err);

	if (r < 0)
		return r;
	reading->at = grow(reading->at, reading->n, &reading->size);
	reading->at[reading->n++] = application;
	return 0;
}

static int take_project(struct reading *reading, const json_t *object, const char *where,
			struct rc_error **err)
{
	struct rc_project *project;
	int r = rc_project_parse(object, where, &project, err);

	if (r < 0)
		return r;
	reading->projects = grow(reading->projects, reading->n_projects, &reading->size_projects);
	reading->projects[reading->n_projects++] = project;
	return 0;
}

/* The others stay in force; what is not done is told each time anybody looks. */
static void refuse_set(struct reading *reading, const json_t *object, const char *where)
{
	if (!reading->refused)
		reading->refused = json_array();
	json_array_append_new(
		reading->refused,
		json_sprintf("%s: ApplicationSet '%s' is not supported: its Applications are not "
			     "made; write them out, or have a tool write them into the repository",
			     where, rc_json_text(object, "metadata", "name", NULL) ?: ""));
}

/* Other manifests may lie beside them. */
static int take(struct reading *reading, const json_t *object, const char *where,
		struct rc_error **err)
{
	const char *kind = rc_json_text(object, "kind", NULL) ?: "";
	const char *version = rc_json_text(object, "apiVersion", NULL) ?: "";

	if (!rc_text_has_prefix(version, "argoproj.io/"))
		return 0;
	if (strcmp(kind, "Application") == 0)
		return take_application(reading, object, where, err);
	if (strcmp(kind, "AppProject") == 0)
		return take_project(reading, object, where, err);
	if (strcmp(kind, "ApplicationSet") == 0)
		refuse_set(reading, object, where);
	return 0;
}

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

static void tell_refused(struct daemon_catalog *catalog, struct reading *reading)
{
	json_t *text;
	size_t i;

	if (!json_equal(catalog->refused, reading->refused))
		json_array_foreach (reading->refused, i, text)
			rc_log_warning(&catalog->log, "%s", json_string_value(text));
	json_decref(catalog->refused);
	catalog->refused = rc_steal(&reading->refused);
}

/* Projects first: an application is looked at with them in force. */
static void put_in_force(struct daemon_catalog *catalog, struct reading *reading)
{
	struct rc_engine *engine = catalog->daemon->engine;
	struct rc_error *err = NULL;
	int r;

	rc_engine_set_projects(engine, catalog->origin, reading->projects, reading->n_projects);
	reading->n_projects = 0; /* taken over */
	r = rc_engine_set_applications(engine, catalog->origin, reading->at, reading->n,
				       catalog->config->allow_empty, &err);
	if (r == 0)
		reading->n = 0; /* taken over */
	tell_refused(catalog, reading);
	set_error(catalog, err);
}

/* ---- files of this host ---- */

static int read_file(struct reading *reading, const char *path, struct rc_error **err)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(FILE_MAX);
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader = NULL;
	struct rc_yaml_options options = {.file = path};
	struct rc_yaml_node *node;
	int r = rc_file_read(path, &text, err);

	if (r < 0)
		return r;
	reader = rc_yaml_reader_new(rc_buf_str(&text), &options);
	while ((r = rc_yaml_reader_next(reader, arena, &node, err)) > 0) {
		json_auto_t *object = NULL;
		rc_autofree char *where = rc_asprintf("%s:%u", path, node->line);

		r = rc_yaml_to_json(node, &object, err);
		if (r == 0)
			r = take(reading, object, where, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int is_manifest(const struct dirent *entry)
{
	return *entry->d_name != '.' && (rc_text_has_suffix(entry->d_name, ".yaml") ||
					 rc_text_has_suffix(entry->d_name, ".yml") ||
					 rc_text_has_suffix(entry->d_name, ".json"));
}

static int read_folder(struct reading *reading, const char *path, struct rc_error **err)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_manifest, alphasort), r = 0;

	if (n < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		rc_autofree char *name = rc_path_join(path, entries[i]->d_name);

		if (r == 0)
			r = read_file(reading, name, err);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static void read_host(struct daemon_catalog *catalog)
{
	rc_cleanup(reading_done) struct reading reading = {.at = NULL};
	const char *path = catalog->config->file;
	struct rc_error *err = NULL;
	struct stat info;
	int r;

	if (stat(path, &info) < 0)
		r = rc_fail(&err, -errno, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(info.st_mode))
		r = read_folder(&reading, path, &err);
	else
		r = read_file(&reading, path, &err);
	if (r < 0)
		set_error(catalog, err);
	else
		put_in_force(catalog, &reading);
}

/* ---- a folder of a repository ---- */

static int take_documents(struct reading *reading, const json_t *documents, struct rc_error **err)
{
	json_t *document;
	size_t i;

	json_array_foreach (documents, i, document) {
		rc_autofree char *where = rc_asprintf(
			"%s:%lld", rc_json_text(document, "file", NULL) ?: "",
			(long long)json_integer_value(json_object_get(document, "line")));
		int r = take(reading, json_object_get(document, "object"), where, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static void on_read(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	rc_cleanup(reading_done) struct reading reading = {.at = NULL};
	struct daemon_catalog *catalog = userdata;

	catalog->job = NULL;
	if (r == 0)
		r = take_documents(&reading, json_object_get(reply, "documents"), &err);
	if (r < 0) {
		rc_wrap(&err, r, "commit %.12s of repository '%s'", catalog->asked,
			rc_repository_get_name(catalog->repository));
		set_error(catalog, err);
		return;
	}
	free(catalog->commit);
	catalog->commit = rc_strdup(catalog->asked);
	put_in_force(catalog, &reading);
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
