/*
 * command: a program of the operator's, told of the application by its environment. It ends with 0
 * for well, with 1 for not, with anything else when it could not look; its first line says why.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "validate/kinds-private.h"
#include "validate/probe.h"

#define OUTPUT_MAX ((size_t)64 << 10)
#define LINE_MAX_N 300

static void on_ended(struct rc_process *process, int r, const struct rc_process_result *result,
		     struct rc_error *err, void *userdata)
{
	struct rc_validate_probe *probe = userdata;
	struct rc_str line;
	int n;

	(void)process;
	if (r < 0) {
		rc_validate_probe_fail(probe, r == -ETIMEDOUT ? "Timeout" : "CannotRun", err);
		return;
	}
	line = rc_str_trim(result->out.n ? result->out : result->error_out, " \t\r\n");
	n = (int)(line.n < LINE_MAX_N ? line.n : LINE_MAX_N);
	for (int i = 0; i < n; i++)
		if (line.p[i] == '\n')
			n = i;
	if (result->signal || result->exit_status > 1)
		rc_validate_probe_end(
			probe, RC_VALIDATE_ERROR, "CommandBroke", "ended with %s %d: %.*s",
			result->signal ? "signal" : "status",
			result->signal ? result->signal : result->exit_status, n, line.p ?: "");
	else
		rc_validate_probe_end(probe,
				      result->exit_status ? RC_VALIDATE_FAIL : RC_VALIDATE_PASS,
				      result->exit_status ? "CommandFailed" : "CommandPassed",
				      "%.*s", n, line.p ?: "");
}

static void start(struct rc_validate_probe *probe)
{
	const struct rc_validate_check *check = probe->check;
	const char **argv = rc_calloc(check->n_command + 1, sizeof(*argv));
	rc_autofree char *app = rc_asprintf("RECONCILED_APP=%s", probe->subject->app);
	rc_autofree char *name_space =
		rc_asprintf("RECONCILED_NAMESPACE=%s", probe->subject->name_space);
	rc_autofree char *path = rc_asprintf("PATH=%s", getenv("PATH") ?: "/usr/bin:/bin");
	const char *const env[] = {app, name_space, path, "LANG=C.UTF-8", NULL};
	struct rc_process_options options = {
		.argv = argv,
		.env = env,
		.no_input = true,
		.timeout_ms = (uint64_t)(check->timeout_ms ?: 10000),
		.max_output_bytes = OUTPUT_MAX,
	};
	struct rc_error *err = NULL;

	memcpy(argv, check->command, check->n_command * sizeof(*argv));
	if (rc_process_start(rc_validate_services_get_loop(probe->services), &options, on_ended,
			     probe, &probe->process, &err) < 0)
		rc_validate_probe_fail(probe, "CannotRun", err);
	free(argv);
}

const struct rc_validate_kind rc_validate_command_kind = {.name = "command", .start = start};
