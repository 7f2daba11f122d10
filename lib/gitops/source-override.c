/* Files beside the manifests that say how they are to be rendered. */
#include <errno.h>

#include "base/memory.h"
#include "data/json.h"
#include "data/yaml.h"
#include "gitops/application-source.h"
#include "gitops/source-private.h"

/* Where a source is from is the Application's alone to say, and so is its name for others. */
static const char *const fixed[] = {"repoURL", "targetRevision", "path", "chart", "ref", "name"};

static const struct rc_git_file *find(const struct rc_git_files *files, const char *name)
{
	for (size_t i = 0; i < files->n; i++)
		if (strcmp(files->at[i].path, name) == 0)
			return &files->at[i];
	return NULL;
}

static int merge(json_t *source, const struct rc_git_file *file, struct rc_error **err)
{
	rc_cleanup(rc_arena_freep) struct rc_arena *arena = rc_arena_new(0);
	struct rc_yaml_options options = {.file = file->path};
	struct rc_yaml_node *node;
	json_auto_t *patch = NULL;
	int r = rc_yaml_parse(arena, file->bytes, &options, &node, err);

	if (r < 0 || node->kind == RC_YAML_NULL)
		return r;
	if (node->kind != RC_YAML_MAPPING)
		return rc_fail(err, -EINVAL, "%s: a mapping is wanted, found %s", file->path,
			       rc_yaml_describe(node));
	r = rc_yaml_to_json(node, &patch, err);
	if (r == 0)
		rc_json_merge(source, patch);
	return r;
}

static void restore(json_t *merged, const json_t *source)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(fixed); i++) {
		json_t *value = json_object_get(source, fixed[i]);

		if (value)
			json_object_set(merged, fixed[i], value);
		else
			json_object_del(merged, fixed[i]);
	}
}

static int decode(struct source_job *job, size_t i, const json_t *merged, const char *file,
		  struct rc_error **err)
{
	struct rc_application_source source = {.repo_url = ""};
	struct rc_fields fields;
	int r = 0;

	rc_fields_init(&fields, job->application->arena, job->warnings);
	rc_application_source_read(&source, &fields, merged, "source");
	if (fields.problems.n > 0)
		r = rc_fail(err, -EINVAL, "%s: %s", file, rc_buf_text(&fields.problems));
	else
		job->application->sources[i] = source;
	rc_fields_done(&fields);
	return r;
}

int rc_source_override(struct source_job *job, size_t i, const struct rc_git_files *files,
		       struct rc_error **err)
{
	rc_autofree char *own = rc_asprintf(".argocd-source-%s.yaml", job->application->name);
	const char *const names[] = {".argocd-source.yaml", own};
	const json_t *source = rc_application_source_get(job->application, i);
	json_auto_t *merged = json_deep_copy(source);

	for (size_t j = 0; j < RC_ARRAY_SIZE(names); j++) {
		const struct rc_git_file *file = find(files, names[j]);
		int r;

		if (!file)
			continue;
		r = merge(merged, file, err);
		if (r < 0)
			return r;
		restore(merged, source);
		r = decode(job, i, merged, names[j], err);
		if (r < 0)
			return r;
	}
	return 0;
}
