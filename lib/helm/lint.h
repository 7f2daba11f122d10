/*
 * What `helm lint` of Helm 3.17.2 finds in a chart: rules of Chart.yaml, values.yaml, templates and
 * dependencies, in that order and in its words.
 */
#pragma once

#include "helm/render.h"

enum rc_helm_lint_severity {
	RC_HELM_LINT_INFO,
	RC_HELM_LINT_WARNING,
	RC_HELM_LINT_ERROR,
};

struct rc_helm_lint_message {
	enum rc_helm_lint_severity severity;
	const char *path; /* of the file below the chart, or the chart's own */
	const char *text; /* may have several lines */
};

struct rc_helm_lint_messages {
	struct rc_helm_lint_message *at;
	size_t n, room;
};

/* A file of the chart as it lies there, whatever .helmignore says of it. */
struct rc_helm_lint_file {
	bool exists, is_directory;
	struct rc_str text;
	const char *error; /* why it could not be read, or NULL */
};

struct rc_helm_lint_input {
	const char *directory; /* of the chart, absolute: for messages */
	struct rc_helm_lint_file chart, values, schema;
	bool templates_is_file;
	const char *load_error; /* why the chart's files could not be listed, or NULL */
};

/* "INFO", "WARNING", "ERROR". */
const char *rc_helm_lint_severity_to_string(enum rc_helm_lint_severity severity);
/*
 * After rc_helm_render_values(): the user's values are those of another chart, as its lint left
 * them. Both renders stay until neither is used: each may put tables of its own into them.
 */
void rc_helm_lint_share_values(struct rc_helm_render *render, const struct rc_helm_render *first);
/*
 * Lint the chart whose files are in rc_helm_render_files(); rc_helm_render_values() went well
 * before, and the options say is_lint. Messages live as long as render.
 */
void rc_helm_lint_run(struct rc_helm_render *render, const struct rc_helm_lint_input *input,
		      struct rc_helm_lint_messages *ret);
