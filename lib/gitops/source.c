/* Requests of the render worker, and answering them. */
#include "gitops/source.h"

#include <errno.h>
#include <string.h>

#include "base/frame.h"
#include "base/memory.h"
#include "data/json.h"
#include "data/yaml.h"
#include "git/tree.h"
#include "gitops/catalog.h"
#include "gitops/source-private.h"

#define OBJECTS_MAX 20000
#define SKIP_MARKER "+argocd:skip-file-rendering"

/* ---- asking ---- */

json_t *rc_source_make_request(const struct rc_application *application,
			       const struct rc_source_at *at,
			       const struct rc_source_cluster *cluster)
{
	json_t *places = json_array();

	for (size_t i = 0; i < application->n_sources; i++)
		json_array_append_new(places, json_pack("{s:s*, s:s*, s:O*, s:s}", "mirror",
							at[i].archive ? NULL : at[i].mirror,
							"archive", at[i].archive, "charts",
							at[i].charts, "commit", at[i].commit));
	return json_pack("{s:s, s:s, s:O, s:o, s:s, s:O?}", "op", "render", "name",
			 application->name, "application", application->manifest, "at", places,
			 "kubeVersion", cluster->kube_version ? cluster->kube_version : "",
			 "apiVersions", cluster->api_versions);
}

json_t *rc_source_make_read_request(const struct rc_source_at *at, const char *path)
{
	return json_pack("{s:s, s:[{s:s, s:s}], s:s}", "op", "read", "at", "mirror", at->mirror,
			 "commit", at->commit, "path", path);
}

/* ---- documents ---- */

static bool is_text(const struct rc_yaml_node *node, const char *key)
{
	const struct rc_yaml_node *value = rc_yaml_get(node, key);

	return value && value->kind == RC_YAML_STRING;
}

static int check_document(const struct rc_yaml_node *node, const char *file, bool with_place,
			  struct rc_error **err)
{
	if (node->kind != RC_YAML_MAPPING)
		return rc_fail(err, -EINVAL, "%s:%u:%u: a Kubernetes object is wanted, found %s",
			       file, node->line, node->column, rc_yaml_describe(node));
	if (with_place || node->n_entries == 0 ||
	    (is_text(node, "kind") && is_text(node, "apiVersion")))
		return 0;
	return rc_fail(err, -EINVAL, "%s:%u:%u: the object has no %s", file, node->line,
		       node->column, rc_yaml_get(node, "kind") ? "apiVersion" : "kind");
}

int rc_source_add_objects(struct source_objects *to, struct rc_str json, size_t n,
			  struct rc_error **err)
{
	if (n > OBJECTS_MAX - to->n)
		return rc_fail(err, -E2BIG, "there are more than %d objects", OBJECTS_MAX);
	if (to->n > 0 && n > 0)
		rc_buf_putc(&to->text, ',');
	to->n += n;
	return rc_buf_add_str(&to->text, json);
}

int rc_source_add_document(const struct rc_yaml_node *node, const char *file, bool with_place,
			   struct source_objects *to, struct rc_error **err)
{
	size_t start = to->text.n;
	int r;

	if (node->kind == RC_YAML_NULL)
		return 0;
	r = check_document(node, file, with_place, err);
	if (r < 0 || node->n_entries == 0)
		return r;
	r = rc_source_add_objects(to, RC_STR(""), 1, err);
	if (r < 0)
		return r;
	if (with_place) {
		rc_buf_puts(&to->text, "{\"file\":");
		rc_json_write_string(&to->text, rc_str(file), false);
		rc_buf_printf(&to->text, ",\"line\":%u,\"object\":", node->line);
	}
	r = rc_yaml_write_json(node, &to->text, err);
	if (r < 0) {
		rc_buf_truncate(&to->text, start);
		to->n--;
		return rc_wrap(err, r, "%s:%u", file, node->line);
	}
	if (with_place)
		rc_buf_putc(&to->text, '}');
	return 0;
}

int rc_source_read_documents(struct rc_str text, const char *file, bool with_place,
			     struct source_objects *to, struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_options options = {.file = file};
	rc_cleanup(rc_yaml_reader_freep) struct rc_yaml_reader *reader =
		rc_yaml_reader_new(text, &options);
	struct rc_yaml_node *node;
	int r;

	while ((r = rc_yaml_reader_next(reader, arena, &node, err)) > 0) {
		r = rc_source_add_document(node, file, with_place, to, err);
		if (r < 0)
			return r;
		rc_arena_clear(arena);
	}
	return r;
}

static bool holds(struct rc_str text, const char *what)
{
	return text.n > 0 && memmem(text.p, text.n, what, strlen(what)) != NULL;
}

bool rc_source_is_skipped(const struct rc_git_file *file)
{
	return holds(file->bytes, SKIP_MARKER);
}

/* A file that has these words and cannot be read is a manifest with a mistake in it. */
static bool looks_like_manifest(struct rc_str text)
{
	return holds(text, "apiVersion:") && holds(text, "kind:") && holds(text, "metadata:");
}

int rc_source_read_file(const struct rc_git_file *file, const char *shown, bool with_place,
			struct source_objects *to, struct rc_error **err)
{
	size_t before = to->n;
	struct rc_error *why = NULL;
	int r = rc_source_read_documents(file->bytes, shown, with_place, to, &why);

	if (r == -EINVAL && to->n == before && !rc_text_has_suffix(file->path, ".json") &&
	    !looks_like_manifest(file->bytes)) {
		rc_error_free(why);
		return 0;
	}
	return r < 0 ? rc_error_move(err, why) : r;
}

/* ---- answering ---- */

static int open_mirror(const json_t *at, struct rc_git_mirror **ret_mirror, const char **ret_commit,
		       struct rc_error **err)
{
	const char *path = rc_json_text(at, "mirror", NULL);

	*ret_commit = rc_json_text(at, "commit", NULL);
	if (!path || !*ret_commit)
		return rc_fail(err, -EINVAL, "the request names no mirror and commit");
	return rc_git_mirror_open(path, ret_mirror, err);
}

static void objects_done(struct source_objects *objects)
{
	rc_buf_done(&objects->text);
}

#define OBJECTS(name)                                           \
	rc_cleanup(objects_done) struct source_objects name = { \
		.text = RC_BUF_INIT(RC_BUF_UNLIMITED)}

static int handle_read(const json_t *request, struct rc_buf *out, struct rc_error **err)
{
	rc_cleanup(rc_git_mirror_freep) struct rc_git_mirror *mirror = NULL;
	rc_cleanup(rc_git_tree_files_done) struct rc_git_files files = {NULL, 0, 0};
	const char *commit, *path = rc_json_text(request, "path", NULL);
	json_auto_t *refused = json_array();
	OBJECTS(documents);
	int r = open_mirror(json_array_get(json_object_get(request, "at"), 0), &mirror, &commit,
			    err);

	if (r == 0)
		r = rc_git_tree_read(mirror, commit, path ? path : ".", NULL, &files, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < files.n; i++) {
		rc_autofree char *name = rc_asprintf("%s/%s", path ? path : ".", files.at[i].path);
		rc_cleanup(rc_error_freep) struct rc_error *why = NULL;
		rc_autofree char *text = NULL;

		if (!rc_catalog_is_manifest(files.at[i].path) ||
		    rc_source_is_skipped(&files.at[i]) ||
		    rc_source_read_file(&files.at[i], name, true, &documents, &why) == 0)
			continue;
		text = rc_error_format(why);
		json_array_append_new(refused, json_string(text));
	}
	rc_buf_puts(out, "{\"documents\":[");
	rc_buf_add_str(out, rc_buf_str(&documents.text));
	rc_buf_puts(out, "],\"refused\":");
	rc_json_write(out, refused);
	return rc_buf_puts(out, "}");
}

static void note_places(struct source_job *job, const json_t *places)
{
	for (size_t i = 0; i < job->application->n_sources; i++) {
		const json_t *at = json_array_get(places, i);

		job->archives[i] = rc_json_text(at, "archive", NULL);
		job->commits[i] = rc_json_text(at, "commit", NULL);
		job->charts[i] = json_object_get(at, "charts");
	}
}

static const json_t *place_of(const struct source_job *job, size_t i)
{
	return json_array_get(json_object_get(job->request, "at"), i);
}

int rc_source_open_mirror(struct source_job *job, size_t i, struct rc_git_mirror **ret_mirror,
			  struct rc_error **err)
{
	int r = job->mirrors[i]
			? 0
			: open_mirror(place_of(job, i), &job->mirrors[i], &job->commits[i], err);

	*ret_mirror = job->mirrors[i];
	return r;
}

static int read_tree(struct source_job *job, size_t i, struct rc_git_files *files,
		     struct rc_error **err)
{
	const char *path = job->application->sources[i].path;
	struct rc_git_mirror *mirror;
	int r = rc_source_open_mirror(job, i, &mirror, err);

	if (r < 0)
		return r;
	r = rc_git_tree_read(mirror, job->commits[i], path, NULL, files, err);
	return r < 0 ? rc_wrap(err, r, "path '%s' of commit %.12s", path, job->commits[i]) : 0;
}

/* The files of source number i, from the cache or into it. */
static int find_tree(struct source_job *job, size_t i, struct rc_source_tree **ret_tree,
		     struct rc_error **err)
{
	rc_cleanup(rc_git_tree_files_done) struct rc_git_files files = {NULL, 0, 0};
	const struct rc_application_source *source = &job->application->sources[i];
	const json_t *local = rc_source_local_get(job, i);
	rc_autofree char *key =
		local ? rc_source_local_make_key(local)
		      : rc_asprintf("%s\n%s\n%s",
				    job->archives[i]
					    ?: rc_json_text(place_of(job, i), "mirror", NULL) ?: "",
				    job->commits[i] ?: "", source->path);
	int r;

	*ret_tree = rc_source_cache_get(job->cache, key);
	if (*ret_tree)
		return 0;
	r = local	       ? rc_source_local_read(local, &files, err)
	    : job->archives[i] ? rc_source_read_archive(job, i, &files, err)
			       : read_tree(job, i, &files, err);
	if (r == 0)
		*ret_tree = rc_source_cache_add(job->cache, key, &files);
	return r;
}

static bool has_file(const struct rc_git_files *files, const char *name)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->at[i].path, name) == 0)
			return true;
	return false;
}

/* Where nothing says what the files are, they do; *ret_is_chart. */
static int detect(const struct source_job *job, size_t i, const struct rc_git_files *files,
		  bool *ret_is_chart, struct rc_error **err)
{
	static const char *const names[] = {"kustomization.yaml", "kustomization.yml",
					    "Kustomization"};
	const struct rc_application_source *source = &job->application->sources[i];

	*ret_is_chart = source->is_helm || job->archives[i];
	if (*ret_is_chart || source->is_directory)
		return 0;
	*ret_is_chart = has_file(files, "Chart.yaml");
	for (size_t j = 0; !*ret_is_chart && j < RC_ARRAY_SIZE(names); j++) {
		if (!has_file(files, names[j]))
			continue;
		rc_fail(err, -EINVAL, "%s/%s: kustomize is not supported", source->path, names[j]);
		rc_hint(err, "render it into Git, or use a Helm chart");
		return -EINVAL;
	}
	return 0;
}

static int render_source(struct source_job *job, size_t i, struct rc_error **err)
{
	const struct rc_application_source *source = &job->application->sources[i];
	struct rc_source_tree *tree;
	bool is_chart = false;
	int r;

	if (!source->path) /* only there for its $ref */
		return 0;
	r = find_tree(job, i, &tree, err);
	if (r == 0)
		r = rc_source_override(job, i, &tree->files, err);
	if (r == 0)
		r = detect(job, i, &tree->files, &is_chart, err);
	if (r < 0)
		return r;
	json_array_append_new(job->types, json_string(is_chart ? "Helm" : "Directory"));
	return is_chart ? rc_source_render_chart(job, i, tree, err)
			: rc_source_read_directory(job, i, &tree->files, err);
}

static void job_init(struct source_job *job, size_t n)
{
	job->mirrors = rc_calloc(n, sizeof(struct rc_git_mirror *));
	job->commits = rc_calloc(n, sizeof(char *));
	job->archives = rc_calloc(n, sizeof(char *));
	job->charts = rc_calloc(n, sizeof(json_t *));
}

static void job_done(struct source_job *job)
{
	for (size_t i = 0; i < job->application->n_sources; i++)
		rc_git_mirror_free(job->mirrors[i]);
	free(job->mirrors);
	free(job->commits);
	free(job->archives);
	free(job->charts);
}

static int put_reply(const struct source_job *job, struct rc_buf *out)
{
	if (json_array_size(job->needs) > 0) {
		rc_buf_puts(out, "{\"needs\":");
		rc_frame_add_part(out, job->needs);
		return rc_buf_putc(out, '}');
	}
	if (json_array_size(job->lookups) > 0) {
		rc_buf_puts(out, "{\"lookups\":");
		rc_frame_add_part(out, job->lookups);
		return rc_buf_putc(out, '}');
	}
	rc_buf_puts(out, "{\"manifests\":[");
	rc_buf_add_str(out, rc_buf_str(&job->manifests->text));
	rc_buf_puts(out, "],\"warnings\":");
	rc_frame_add_part(out, job->warnings);
	rc_buf_puts(out, ",\"types\":");
	rc_frame_add_part(out, job->types);
	return rc_buf_putc(out, '}');
}

static int handle_render(struct rc_source_cache *cache, const json_t *request, struct rc_buf *out,
			 struct rc_error **err)
{
	rc_cleanup(rc_application_freep) struct rc_application *application = NULL;
	json_auto_t *warnings = json_array(), *types = json_array(), *needs = json_array();
	json_auto_t *lookups = json_array();
	OBJECTS(manifests);
	struct source_job job = {.request = request,
				 .cache = cache,
				 .manifests = &manifests,
				 .warnings = warnings,
				 .types = types,
				 .needs = needs,
				 .lookups = lookups};
	int r = rc_application_parse(json_object_get(request, "application"), "the request",
				     &application, err);

	if (r < 0)
		return r;
	job.application = application;
	application->name = rc_json_text(request, "name", NULL) ?: application->own_name;
	job_init(&job, application->n_sources);
	note_places(&job, json_object_get(request, "at"));
	for (size_t i = 0; r == 0 && i < application->n_sources; i++)
		r = render_source(&job, i, err);
	job_done(&job);
	rc_source_cache_trim(cache);
	/* A template that fails for want of an answer may not fail with it. */
	if (json_array_size(lookups) > 0 && json_array_size(needs) == 0) {
		rc_error_free(rc_steal(err));
		r = 0;
	}
	return r < 0 ? r : put_reply(&job, out);
}

int rc_source_handle(void *userdata, const json_t *request, struct rc_buf *out,
		     struct rc_error **err)
{
	rc_cleanup(rc_source_cache_freep) struct rc_source_cache *own = NULL;
	const char *op = rc_json_text(request, "op", NULL);

	if (!userdata)
		userdata = own = rc_source_cache_new(0);
	if (rc_text_equal(op, "render"))
		return handle_render(userdata, request, out, err);
	if (rc_text_equal(op, "read"))
		return handle_read(request, out, err);
	return rc_fail(err, -EINVAL, "the request is not understood");
}
