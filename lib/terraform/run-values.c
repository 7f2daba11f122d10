/*
 * The step that makes the environment of what runs. Values that lie elsewhere are asked for first,
 * and again when a run waited for its approval: keys and leases end.
 */
#include "base/memory.h"
#include "terraform/run-private.h"

static int resolve(void *userdata, const struct rc_terraform_variable *variable,
		   struct rc_secret **ret_secret, struct rc_error **err)
{
	struct rc_terraform_run *run = userdata;

	return run->options.resolve(run->options.userdata, run, variable, ret_secret, err);
}

static int make(struct rc_terraform_run *run, struct rc_error **err)
{
	rc_autofree char *home = rc_terraform_run_path(run, "home");
	rc_autofree char *data = rc_terraform_run_path(run, "data");
	struct rc_terraform_environment_options options = {
		.stack = run->options.stack,
		.home = home,
		.data = data,
		.plugin_cache = run->options.plugin_cache,
		.resolve = resolve,
		.userdata = run,
	};

	rc_terraform_environment_free(rc_steal(&run->environment));
	run->has_waited = false;
	return rc_terraform_environment_new(&options, run->log, &run->environment, err);
}

int rc_terraform_run_values(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = rc_container_of(flow, struct rc_terraform_run, flow);
	int r;

	if (run->environment && !run->has_waited)
		return RC_NEXT;
	if (!run->is_given) {
		r = run->options.gather(run->options.userdata, run, err);
		if (r != 0)
			return r < 0 ? r : RC_WAIT_AGAIN;
	}
	run->is_given = false;
	r = make(run, err);
	return r < 0 ? r : RC_NEXT;
}

void rc_terraform_run_give(struct rc_terraform_run *run, int r, struct rc_error *err)
{
	run->is_given = r == 0;
	rc_flow_resume(&run->flow, r, err);
}

const struct rc_terraform_stack_options *
rc_terraform_run_get_stack(const struct rc_terraform_run *run)
{
	return run->options.stack;
}
