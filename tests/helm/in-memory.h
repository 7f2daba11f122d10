/* Charts made in memory for tests. */
#pragma once

#include "helm/render.h"

/* A file of a chart; the list ends with a NULL name. */
struct chart_file {
	const char *name;
	const char *text;
};

/* Chart.yaml of a chart that is there for its other files. */
#define CHART_YAML "apiVersion: v2\nname: e\nversion: 1.0.0\n"

/*
 * Render the files and append what the command prints to out. The render's warnings go to
 * warnings, a line each; NULL when they do not matter.
 */
int chart_render(const struct chart_file *files, const struct rc_helm_render_options *options,
		 struct rc_buf *out, struct rc_buf *warnings, struct rc_error **err);
/* The same for a chart directory. */
int chart_render_directory(const char *path, const struct rc_helm_render_options *options,
			   struct rc_buf *out, struct rc_error **err);
/* Put the files into a list. */
void chart_add(struct rc_helm_files *list, const struct chart_file *files);
/* The folder of the corpus's name, or NULL after saying that it is not there; to free. */
char *chart_corpus_path(const char *name);
