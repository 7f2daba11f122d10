/* Applications and AppProjects among manifests. */
#include "gitops/catalog.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/yaml.h"

#define FILE_MAX ((size_t)16 << 20)

void rc_catalog_done(struct rc_catalog *catalog)
{
	for (size_t i = 0; i < catalog->n_applications; i++)
		rc_application_free(catalog->applications[i]);
	for (size_t i = 0; i < catalog->n_projects; i++)
		rc_project_free(catalog->projects[i]);
	free(catalog->applications);
	free(catalog->projects);
	json_decref(catalog->refused);
	*catalog = (struct rc_catalog){.applications = NULL};
}

static void refuse(struct rc_catalog *catalog, json_t *text)
{
	if (!catalog->refused)
		catalog->refused = json_array();
	json_array_append_new(catalog->refused, text);
}

/* Takes err over. */
static void refuse_error(struct rc_catalog *catalog, struct rc_error *err)
{
	rc_autofree char *why = rc_error_format(err);

	refuse(catalog, json_string(why));
	catalog->is_partial = true;
	rc_error_free(err);
}

static void *grow(void *list, size_t n, size_t *size)
{
	if (n < *size)
		return list;
	*size = *size ? 2 * *size : 16;
	return rc_realloc(list, *size * sizeof(void *));
}

static int take_application(struct rc_catalog *catalog, const json_t *object, const char *where,
			    struct rc_error **err)
{
	struct rc_application *application;
	int r = rc_application_parse(object, where, &application, err);

	if (r < 0)
		return r;
	catalog->applications =
		grow(catalog->applications, catalog->n_applications, &catalog->size_applications);
	catalog->applications[catalog->n_applications++] = application;
	return 0;
}

static int take_project(struct rc_catalog *catalog, const json_t *object, const char *where,
			struct rc_error **err)
{
	struct rc_project *project;
	int r = rc_project_parse(object, where, &project, err);

	if (r < 0)
		return r;
	catalog->projects = grow(catalog->projects, catalog->n_projects, &catalog->size_projects);
	catalog->projects[catalog->n_projects++] = project;
	return 0;
}

static void take(struct rc_catalog *catalog, const json_t *object, const char *where)
{
	const char *kind = rc_json_text(object, "kind", NULL) ?: "";
	const char *version = rc_json_text(object, "apiVersion", NULL) ?: "";
	struct rc_error *err = NULL;
	int r = 0;

	if (!rc_text_has_prefix(version, "argoproj.io/"))
		return;
	if (strcmp(kind, "Application") == 0)
		r = take_application(catalog, object, where, &err);
	else if (strcmp(kind, "AppProject") == 0)
		r = take_project(catalog, object, where, &err);
	else if (strcmp(kind, "ApplicationSet") == 0)
		refuse(catalog,
		       json_sprintf("%s: ApplicationSet '%s' is not supported: its Applications "
				    "are not made; write them out, or have a tool write them into "
				    "the repository",
				    where, rc_json_text(object, "metadata", "name", NULL) ?: ""));
	if (r < 0)
		refuse_error(catalog, err);
}

/* ---- files of this host ---- */

static int read_documents(struct rc_catalog *catalog, const char *path, struct rc_error **err)
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
		if (r < 0)
			return rc_wrap(err, r, "%s", where);
		take(catalog, object, where);
	}
	return r;
}

static void read_file(struct rc_catalog *catalog, const char *path)
{
	struct rc_error *err = NULL;

	if (read_documents(catalog, path, &err) < 0)
		refuse_error(catalog, err);
}

bool rc_catalog_is_manifest(const char *path)
{
	return rc_text_has_suffix(path, ".yaml") || rc_text_has_suffix(path, ".yml") ||
	       rc_text_has_suffix(path, ".json");
}

static int is_manifest(const struct dirent *entry)
{
	return *entry->d_name != '.' && rc_catalog_is_manifest(entry->d_name);
}

static int read_folder(struct rc_catalog *catalog, const char *path, struct rc_error **err)
{
	struct dirent **entries = NULL;
	int n = scandir(path, &entries, is_manifest, alphasort);

	if (n < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		rc_autofree char *name = rc_path_join(path, entries[i]->d_name);

		read_file(catalog, name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int rc_catalog_read(struct rc_catalog *catalog, const char *path, struct rc_error **err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return rc_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(info.st_mode))
		return read_folder(catalog, path, err);
	read_file(catalog, path);
	return 0;
}

/* ---- a folder of a repository ---- */

void rc_catalog_take_reply(struct rc_catalog *catalog, const json_t *reply)
{
	const json_t *documents = json_object_get(reply, "documents");
	const json_t *refused = json_object_get(reply, "refused");
	json_t *item;
	size_t i;

	json_array_foreach (documents, i, item) {
		rc_autofree char *where =
			rc_asprintf("%s:%lld", rc_json_text(item, "file", NULL) ?: "",
				    (long long)json_integer_value(json_object_get(item, "line")));

		take(catalog, json_object_get(item, "object"), where);
	}
	json_array_foreach (refused, i, item) {
		refuse(catalog, json_incref(item));
		catalog->is_partial = true;
	}
}
