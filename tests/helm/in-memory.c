/* Charts made in memory for tests. */
#include "helm/in-memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "helm/directory.h"

void chart_add(struct rc_helm_files *list, const struct chart_file *files)
{
	for (; files->name; files++)
		rc_helm_file_add(list, rc_str(files->name), rc_str(files->text), NULL);
}

static int run(struct rc_helm_render *render, struct rc_buf *out, struct rc_buf *warnings,
	       struct rc_error **err)
{
	const struct rc_helm_warnings *said = rc_helm_render_warnings(render);
	int r = rc_helm_render_run(render, err);

	for (size_t i = 0; warnings && i < said->n; i++)
		rc_buf_printf(warnings, "%s\n", said->at[i].text);
	return r < 0 ? r : rc_helm_render_write(render, out, err);
}

int chart_render(const struct chart_file *files, const struct rc_helm_render_options *options,
		 struct rc_buf *out, struct rc_buf *warnings, struct rc_error **err)
{
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render =
		rc_helm_render_new(options);
	int r = rc_helm_render_values(render, err);

	if (r < 0)
		return r;
	chart_add(rc_helm_render_files(render), files);
	return run(render, out, warnings, err);
}

int chart_render_directory(const char *path, const struct rc_helm_render_options *options,
			   struct rc_buf *out, struct rc_error **err)
{
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render =
		rc_helm_render_new(options);
	int r = rc_helm_render_values(render, err);

	if (r == 0)
		r = rc_helm_directory_load(path, rc_helm_render_files(render),
					   rc_helm_render_warnings(render), err);
	return r < 0 ? r : run(render, out, NULL, err);
}

char *chart_corpus_path(const char *name)
{
	const char *corpus = getenv("RC_CORPUS");
	char *path = rc_path_join(corpus ? corpus : "../shared/corpus", name);

	if (access(path, R_OK) == 0)
		return path;
	printf("skip: %s is not there (RC_CORPUS)\n", path);
	free(path);
	return NULL;
}
