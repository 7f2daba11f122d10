/* What a chart in Git depends on and does not hold: asking for it, and putting it in its place. */
#include "base/memory.h"
#include "data/json.h"
#include "gitops/source-private.h"
#include "registry/build.h"
#include "registry/cache.h"

static const json_t *fetched_of(const struct source_chart *chart)
{
	return chart->job->charts[chart->index];
}

/* An archive that is outdated, or that one that was fetched replaces. */
static bool is_replaced(const struct source_chart *chart, const char *path)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(fetched_of(chart), "remove"), i, one)
		if (rc_text_equal(json_string_value(one), path))
			return true;
	json_array_foreach (json_object_get(fetched_of(chart), "add"), i, one)
		if (rc_text_equal(rc_json_text(one, "path", NULL), path))
			return true;
	return false;
}

static int add_one(struct rc_helm_files *files, const json_t *one, struct rc_error **err)
{
	rc_autobuf struct rc_buf packed = RC_BUF_INIT(RC_REGISTRY_ARCHIVE_MAX);
	const char *path = rc_json_text(one, "path", NULL) ?: "";
	int r = rc_source_read_packed(rc_json_text(one, "archive", NULL) ?: "", &packed, err);

	if (r == 0)
		r = rc_helm_file_add(files, rc_str(path),
				     rc_arena_str(files->arena, rc_buf_str(&packed)), err);
	return r < 0 ? rc_wrap(err, r, "%s", path) : 0;
}

int rc_source_fetched_add(const struct source_chart *chart, struct rc_helm_files *files,
			  struct rc_error **err)
{
	const json_t *one;
	size_t i;
	int r = 0;

	for (size_t j = 0; r == 0 && j < chart->files->n; j++)
		if (!is_replaced(chart, chart->files->at[j].path))
			r = rc_helm_file_add(files, rc_str(chart->files->at[j].path),
					     chart->files->at[j].bytes, err);
	json_array_foreach (json_object_get(fetched_of(chart), "add"), i, one)
		if (r == 0)
			r = add_one(files, one, err);
	return r;
}

bool rc_source_fetched_can_need(const struct source_chart *chart,
				const struct rc_helm_render *render)
{
	return rc_helm_render_lacks_dependencies(render) && !chart->job->archives[chart->index] &&
	       !fetched_of(chart);
}

int rc_source_fetched_add_need(const struct source_chart *chart, struct rc_helm_render *render,
			       struct rc_error **err)
{
	json_auto_t *repositories = json_array();
	int r = rc_registry_build_list_repositories(rc_helm_render_files(render), repositories,
						    err);

	if (r < 0)
		return r;
	json_array_append_new(chart->job->needs,
			      json_pack("{s:i, s:s, s:O}", "source", (int)chart->index, "commit",
					chart->job->commits[chart->index], "repositories",
					repositories));
	return 0;
}
