/* Lint: the groups that need little more than the loaded chart. */
#include "helm/lint.h"

#include <stdarg.h>
#include <string.h>

#include "data/quote.h"
#include "helm/coalesce.h"
#include "helm/lint-private.h"
#include "helm/schema.h"
#include "helm/value.h"

const char *rc_helm_lint_severity_to_string(enum rc_helm_lint_severity severity)
{
	switch (severity) {
	case RC_HELM_LINT_INFO:
		return "INFO";
	case RC_HELM_LINT_WARNING:
		return "WARNING";
	case RC_HELM_LINT_ERROR:
		return "ERROR";
	}
	return "";
}

void rc_helm_lint_add(struct rc_helm_lint *lint, enum rc_helm_lint_severity severity,
		      const char *path, const char *format, ...)
{
	struct rc_helm_lint_messages *messages = lint->messages;
	const char *text;
	va_list args;

	if (messages->n == messages->room) {
		size_t room = messages->room ? messages->room * 2 : 16;

		messages->at = rc_arena_grow(lint->arena, messages->at,
					     messages->n * sizeof(*messages->at),
					     room * sizeof(*messages->at));
		messages->room = room;
	}
	va_start(args, format);
	text = rc_arena_vprintf(lint->arena, format, args);
	va_end(args);
	messages->at[messages->n++] =
		(struct rc_helm_lint_message){.severity = severity, .path = path, .text = text};
}

const char *rc_helm_lint_quote(struct rc_helm_lint *lint, struct rc_str text)
{
	rc_autobuf struct rc_buf quoted = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_quote_string(&quoted, text, false);
	return rc_arena_strdup(lint->arena, rc_buf_text(&quoted));
}

/*
 * The user's values over the chart's own, without subcharts: as Helm 2 linted, and Helm 3 still.
 * The tables in the user's values are filled themselves, which shows in all that is linted after.
 */
static int check_values(struct rc_helm_lint *lint, struct rc_str text, struct rc_error **err)
{
	const struct rc_helm_coalesce coalesce = {.arena = lint->arena,
						  .warnings = &lint->render->warnings};
	const struct rc_helm_lint_file *schema = &lint->input->schema;
	rc_autobuf struct rc_buf found = RC_BUF_INIT(1 << 20);
	struct rc_value values = rc_value_map_new(lint->arena, RC_VALUE_ANY, 0), own;
	int r = rc_helm_value_parse_table(lint->arena, text, &own, err);

	if (r < 0)
		return r;
	rc_helm_coalesce_tables(&coalesce, values, lint->render->user);
	if (own.kind == RC_VALUE_MAP)
		rc_helm_coalesce_tables(&coalesce, values, own);
	if (schema->text.n == 0)
		return 0;
	rc_helm_schema_check(lint->arena, rc_helm_schema_new(lint->arena, schema->text), &values,
			     &found);
	if (found.n > 0)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, "values.yaml", "%s",
				 rc_buf_text(&found));
	return 0;
}

/* Helm decodes into a named type here. */
static const char *values_error(struct rc_helm_lint *lint, const char *message)
{
	static const char type[] = "type map[string]interface {}";
	struct rc_str text = rc_str(message);

	if (!rc_str_has_suffix(text, rc_str(type)))
		return message;
	return rc_arena_printf(lint->arena, "%.*stype chartutil.Values",
			       (int)(text.n - strlen(type)), text.p);
}

void rc_helm_lint_values(struct rc_helm_lint *lint)
{
	const struct rc_helm_lint_file *file = &lint->input->values;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;

	if (!file->exists)
		rc_helm_lint_add(lint, RC_HELM_LINT_INFO, "values.yaml", "file does not exist");
	else if (file->error)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, "values.yaml",
				 "unable to parse YAML: %s", file->error);
	else if (check_values(lint, file->text, &err) < 0)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, "values.yaml",
				 "unable to parse YAML: %s", values_error(lint, err->message));
}

static const char *add_name(struct rc_helm_lint *lint, const char *list, struct rc_str name)
{
	return rc_arena_printf(lint->arena, "%s%s%.*s", list ? list : "", list ? "," : "",
			       (int)name.n, name.p);
}

static bool is_listed(const struct rc_helm_metadata *metadata, struct rc_str name)
{
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		if (rc_str_equal(metadata->dependencies[i]->name, name))
			return true;
	return false;
}

static bool has_child(const struct rc_helm_chart *chart, struct rc_str name)
{
	for (size_t i = 0; i < chart->n_children; i++)
		if (rc_str_equal(chart->children[i]->metadata->name, name))
			return true;
	return false;
}

static void compare_dependencies(struct rc_helm_lint *lint, const struct rc_helm_chart *chart)
{
	const struct rc_helm_metadata *metadata = chart->metadata;
	const char *unlisted = NULL, *missing = NULL;

	for (size_t i = 0; i < chart->n_children; i++)
		if (!is_listed(metadata, chart->children[i]->metadata->name))
			unlisted = add_name(lint, unlisted, chart->children[i]->metadata->name);
	for (size_t i = 0; i < metadata->n_dependencies; i++)
		if (!has_child(chart, metadata->dependencies[i]->name))
			missing = add_name(lint, missing, metadata->dependencies[i]->name);
	if (unlisted)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, lint->input->directory,
				 "chart metadata is missing these dependencies: %s", unlisted);
	/* That names are unique is a condition of loading. */
	if (missing)
		rc_helm_lint_add(lint, RC_HELM_LINT_WARNING, lint->input->directory,
				 "chart directory is missing these dependencies: %s", missing);
}

void rc_helm_lint_dependencies(struct rc_helm_lint *lint)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	struct rc_helm_chart *chart = NULL;
	const char *error = lint->input->load_error;

	if (!error && rc_helm_prepared_load(lint->render->prepared, lint->arena,
					    &lint->render->warnings, &chart, &err) < 0)
		error = err->message;
	if (error)
		rc_helm_lint_add(lint, RC_HELM_LINT_ERROR, "", "unable to load chart\n\t%s", error);
	else
		compare_dependencies(lint, chart);
}

void rc_helm_lint_share_values(struct rc_helm_render *render, const struct rc_helm_render *first)
{
	render->user = first->user;
}

void rc_helm_lint_run(struct rc_helm_render *render, const struct rc_helm_lint_input *input,
		      struct rc_helm_lint_messages *ret)
{
	struct rc_helm_lint lint = {
		.arena = render->arena, .render = render, .input = input, .messages = ret};

	*ret = (struct rc_helm_lint_messages){0};
	rc_helm_lint_chart_file(&lint);
	rc_helm_lint_values(&lint);
	rc_helm_lint_templates(&lint);
	rc_helm_lint_dependencies(&lint);
}
