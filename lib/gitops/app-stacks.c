/*
 * What an application has from Terraform: outputs that become values, and stacks it waits for.
 *
 * Outputs are looked up at every look, so that an apply reaches the charts by itself; their hash
 * goes into what a sync brings, so that other outputs are another thing to sync. A stack that is
 * not ready only keeps a sync from beginning: comparing, and healing what is there, goes on.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

static int take(const struct rc_app *app, const struct rc_application_output *output,
		json_t *values, struct rc_error **err)
{
	struct rc_error *why = NULL;
	rc_autofree char *text = NULL;
	json_t *value = NULL;
	int r = options_of(app)->get_output
			? options_of(app)->get_output(options_of(app)->userdata, output->stack,
						      output->output, &value, &why)
			: rc_fail(&why, -ENOENT, "no stacks are configured");

	if (r == 0) {
		rc_application_stacks_set(values, output->path, value);
		return 0;
	}
	text = rc_error_format(why);
	rc_fail(err, r, "blocked by terraform/%s because %s", output->stack, text);
	if (rc_error_get_hint(why))
		rc_hint(err, "%s", rc_error_get_hint(why));
	rc_error_free(why);
	return r;
}

int rc_app_stacks_step(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	const struct rc_application_stacks *stacks = &app->application->stacks;
	json_auto_t *values = stacks->n_outputs ? json_object() : NULL;

	for (size_t i = 0; i < stacks->n_outputs; i++) {
		int r = take(app, &stacks->outputs[i], values, err);

		if (r < 0)
			return r;
	}
	json_decref(app->outputs);
	app->outputs = json_incref(values);
	rc_app_hash_source(app);
	return RC_NEXT;
}

char *rc_app_stacks_describe_wait(const struct rc_app *app)
{
	const char *const *names = app->application->stacks.depends_on;

	for (; names && *names; names++) {
		rc_autofree char *why =
			options_of(app)->await_stack
				? options_of(app)->await_stack(options_of(app)->userdata, *names)
				: rc_strdup("no stacks are configured");

		if (why)
			return rc_asprintf("blocked by terraform/%s because %s", *names, why);
	}
	return NULL;
}

static bool concerns(const struct rc_application_stacks *stacks, const char *stack)
{
	for (const char *const *name = stacks->depends_on; name && *name; name++)
		if (strcmp(*name, stack) == 0)
			return true;
	for (size_t i = 0; i < stacks->n_outputs; i++)
		if (strcmp(stacks->outputs[i].stack, stack) == 0)
			return true;
	return false;
}

void rc_app_on_stack(struct rc_app *app, const char *stack)
{
	if (concerns(&app->application->stacks, stack))
		rc_app_mark(app, true);
}
