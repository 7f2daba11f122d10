/* What the files of rendering share. */
#pragma once

#include "base/buf.h"
#include "data/yaml.h"
#include "git/tree.h"
#include "gitops/source-cache.h"
#include "gitops/source.h"
#include "helm/render.h"

/* Objects, as the text of a JSON array without its brackets: the reply is made of text. */
struct source_objects {
	struct rc_buf text;
	size_t n;
};

struct source_job {
	const json_t *request;
	struct rc_application *application; /* its sources may be overridden by files */
	struct rc_source_cache *cache;
	struct rc_git_mirror **mirrors; /* one per source; by rc_source_open_mirror() */
	const char **commits, **archives;
	const json_t **charts; /* what was fetched for charts/, or NULL */
	struct source_objects *manifests;
	json_t *warnings, *types;
	json_t *lookups; /* that have no answer yet */
	json_t *needs;	 /* of charts that lack what they depend on */
};

/*
 * The mirror of source number i, opened when somebody reads from it: what the cache has needs none.
 * Belongs to job.
 */
int rc_source_open_mirror(struct source_job *job, size_t i, struct rc_git_mirror **ret_mirror,
			  struct rc_error **err);
/* The file says that it is not to be rendered. */
bool rc_source_is_skipped(const struct rc_git_file *file);
/* As rc_source_read_documents(), but other YAML may lie there (values, say): what does not look
 * like a manifest at all is passed over. */
int rc_source_read_file(const struct rc_git_file *file, const char *shown, bool with_place,
			struct source_objects *to, struct rc_error **err);
/* Append the objects of a YAML text; with_place: as {file, line, object}. */
int rc_source_read_documents(struct rc_str text, const char *file, bool with_place,
			     struct source_objects *to, struct rc_error **err);
/* n objects that are JSON text already, with commas between them. */
int rc_source_add_objects(struct source_objects *to, struct rc_str json, size_t n,
			  struct rc_error **err);
/* The same for one that is read already. */
int rc_source_add_document(const struct rc_yaml_node *node, const char *file, bool with_place,
			   struct source_objects *to, struct rc_error **err);
/*
 * source-override.c: merge .argocd-source.yaml and .argocd-source-<app>.yaml of the files over
 * source number i. Where it is from stays as the Application says.
 */
int rc_source_override(struct source_job *job, size_t i, const struct rc_git_files *files,
		       struct rc_error **err);
/* source-archive.c: an archive of the cache, which is named after its digest */
int rc_source_read_packed(const char *path, struct rc_buf *packed, struct rc_error **err);
/* The files of a packed chart, in its own order. */
int rc_source_read_archive(const struct source_job *job, size_t i, struct rc_git_files *files,
			   struct rc_error **err);
/* ---- source-local.c: files that came with the request ---- */
/* Of source number i: [{"path", "content" in Base64}...] in place of its folder; NULL: none did. */
const json_t *rc_source_local_get(const struct source_job *job, size_t i);
/* Their key for the cache; the caller's. */
char *rc_source_local_make_key(const json_t *list);
int rc_source_local_read(const json_t *list, struct rc_git_files *files, struct rc_error **err);
/* source-helm.c */
int rc_source_render_chart(struct source_job *job, size_t i, struct rc_source_tree *tree,
			   struct rc_error **err);
/* source-directory.c */
int rc_source_read_directory(struct source_job *job, size_t i, const struct rc_git_files *files,
			     struct rc_error **err);

/* ---- a chart that is being rendered ---- */

struct source_chart {
	struct source_job *job;
	size_t index;
	const struct rc_application_source *source;
	struct rc_source_tree *tree;
	const struct rc_git_files *files; /* the tree's */
	struct rc_arena *arena;
	struct rc_helm_values_text *values; /* the later ones are stronger */
	size_t n_values, size_values;
	json_t *seen; /* {"<source> <path>": true} of files among them */
	struct rc_helm_set *sets;
	size_t n_sets;
};

/* source-environment.c: $NAME and ${NAME} of the build environment; "$$" is a dollar, any other
 * name becomes nothing. In the arena, or text itself. */
const char *rc_source_expand(const struct source_chart *chart, const char *text);
/* Of "$ref/..." only what comes behind: the first part names a source, not a variable. */
const char *rc_source_expand_path(const struct source_chart *chart, const char *path);

/* source-local.c: what path of source number index is called among the files that came with the
 * request; NULL: it is not there but in the mirror. */
const char *rc_source_local_find_path(const struct source_chart *chart, size_t index,
				      const char *path);
/* source-fetched.c: the files of a chart in Git, with what was fetched for its charts/. */
int rc_source_fetched_add(const struct source_chart *chart, struct rc_helm_files *files,
			  struct rc_error **err);
/* Another worker, one with a network, can bring what is missing; once. */
bool rc_source_fetched_can_need(const struct source_chart *chart,
				const struct rc_helm_render *render);
int rc_source_fetched_add_need(const struct source_chart *chart, struct rc_helm_render *render,
			       struct rc_error **err);

/* source-lookup.c: an rc_helm_lookup_fn; userdata is the job. */
int rc_source_lookup(void *userdata, struct rc_arena *arena, const struct rc_helm_lookup *lookup,
		     struct rc_value *ret, struct rc_error **err);

/* source-values.c: add the files that helm.valueFiles names. */
int rc_source_values_add_files(struct source_chart *chart, struct rc_error **err);
/* name and text are borrowed. */
void rc_source_values_add(struct source_chart *chart, const char *name, struct rc_str text);
/* A file that a parameter names, for rc_helm_render_options; userdata is the chart. */
int rc_source_values_read(void *userdata, const char *path, struct rc_buf *out,
			  struct rc_error **err);
