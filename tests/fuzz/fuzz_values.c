/*
 * Values over values: lines of "%%" divide the input into the user's values, the chart's, its
 * child's, and the dependency's fields in Chart.yaml (condition, tags, alias, import-values).
 */
#include <stdint.h>

#include "helm/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHART_HEAD                                  \
	"apiVersion: v2\nname: e\nversion: 1.0.0\n" \
	"dependencies:\n- name: child\n  version: '*'\n"
#define CHILD_CHART "apiVersion: v2\nname: child\nversion: 0.1.0\n"
#define TEMPLATE    "a: |\n  {{- toYaml .Values | nindent 2 }}\n"

static struct rc_str take_part(struct rc_str *rest)
{
	const char *found = rest->n ? memmem(rest->p, rest->n, "\n%%\n", 4) : NULL;
	struct rc_str part = {rest->p, found ? (size_t)(found + 1 - rest->p) : rest->n};

	*rest = found ? (struct rc_str){found + 4, rest->n - (size_t)(found + 4 - rest->p)}
		      : (struct rc_str){rest->p + rest->n, 0};
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rc_str rest = {(const char *)data, size};
	struct rc_str user = take_part(&rest), parent = take_part(&rest), child = take_part(&rest);
	struct rc_helm_values_text file = {"user.yaml", user};
	struct rc_helm_render_options options = {
		.values_files = &file, .n_values_files = 1, .limits = {.max_steps = 2000}};
	rc_cleanup(rc_helm_render_freep) struct rc_helm_render *render = NULL;
	rc_autobuf struct rc_buf chart = RC_BUF_INIT(1 << 20), out = RC_BUF_INIT(16 << 20);
	struct rc_helm_files *files;

	render = rc_helm_render_new(&options);
	files = rc_helm_render_files(render);
	rc_buf_puts(&chart, CHART_HEAD);
	rc_buf_add_str(&chart, rest);
	rc_helm_file_add(files, RC_STR("Chart.yaml"), rc_buf_str(&chart), NULL);
	rc_helm_file_add(files, RC_STR("values.yaml"), parent, NULL);
	rc_helm_file_add(files, RC_STR("templates/a.yaml"), RC_STR(TEMPLATE), NULL);
	rc_helm_file_add(files, RC_STR("charts/child/Chart.yaml"), RC_STR(CHILD_CHART), NULL);
	rc_helm_file_add(files, RC_STR("charts/child/values.yaml"), child, NULL);
	rc_helm_file_add(files, RC_STR("charts/child/templates/b.yaml"), RC_STR(TEMPLATE), NULL);
	if (rc_helm_render_values(render, NULL) == 0 && rc_helm_render_run(render, NULL) == 0)
		rc_helm_render_write(render, &out, NULL);
	return 0;
}
