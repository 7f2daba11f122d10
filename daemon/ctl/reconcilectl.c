/* reconcilectl: asks the daemon, renders charts, checks configuration. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "ctl/complete.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static int version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("reconcilectl %s\n", RC_VERSION);
	return CTL_OK;
}

static const struct ctl_command commands[] = {
	{"app", "list|get|diff|sync|wait|history|resources", "applications", ctl_app},
	{"backup", "FILE", "the history of the daemon, into a file", ctl_backup},
	{"config", "check|diff|show [FILE]", "what a configuration says, and what is wrong with it",
	 ctl_config},
	{"dependency", "build|update [CHART]", "bring what a chart depends on", ctl_dependency},
	{"events", "[APP] [--follow]", "what just happened, and what happens now", ctl_events},
	{"lint", "[CHART...] [FLAGS of helm lint]", "what is wrong with a chart", ctl_lint},
	{"render", "[NAME] CHART [FLAGS of helm template]", "the manifests of a chart", ctl_render},
	{"repository", "list|poll", "what is polled", ctl_repository},
	{"restore", "FILE", "the way back, at the daemon's next start", ctl_restore},
	{"secret", "list|get|refresh", "secrets from Vault", ctl_secret},
	{"status", "", "the daemon, its clusters and repositories", ctl_status},
	{"terraform", "list|plan|show|approve|discard|logs|...", "stacks, plans and their approval",
	 ctl_terraform},
	{"ui", "[--port PORT] [--no-browser]", "the page, in a browser", ctl_ui},
	{"validate", "[APP] [--check NAME] [--last]", "run the checks of deployments",
	 ctl_validate},
	{"version", "", "print the version", version},
	{NULL, NULL, NULL, NULL},
};

static void usage(const char *program, const struct ctl_command *table, FILE *out)
{
	fprintf(out, "usage: %s COMMAND\n\n", program);
	for (; table->name; table++)
		fprintf(out, "  %-10s %-44s %s\n", table->name, table->arguments, table->summary);
}

int ctl_dispatch(const char *program, const struct ctl_command *table, int argc, char **argv)
{
	const char *names[32];
	const char *nearest;
	size_t n = 0;

	if (ctl_complete_is_on())
		return ctl_complete(program, table, argc, argv);
	if (argc < 2) {
		usage(program, table, stderr);
		return CTL_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0) {
		usage(program, table, stdout);
		return CTL_OK;
	}
	for (const struct ctl_command *command = table; command->name; command++) {
		if (strcmp(argv[1], command->name) == 0)
			return command->run(argc - 1, argv + 1);
		names[n++] = command->name;
	}
	nearest = rc_text_nearest(argv[1], names, n);
	fprintf(stderr, "%s: unknown command '%s'%s%s%s\n", program, argv[1],
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	usage(program, table, stderr);
	return CTL_USAGE;
}

int ctl_fail(struct rc_error *err)
{
	rc_autofree char *text = rc_error_format(err);
	const char *hint = rc_error_get_hint(err);
	int code = err->code;

	fprintf(stderr, "reconcilectl: %s\n", text);
	if (hint)
		fprintf(stderr, "  %s\n", hint);
	rc_error_free(err);
	switch (code) {
	case -ENOENT:
		return CTL_NOT_FOUND;
	case -ECONNREFUSED:
	case -ECONNRESET:
		return CTL_CONNECTION;
	case -EACCES:
	case -EBUSY:
		return CTL_REFUSED;
	default:
		return CTL_ERROR;
	}
}

int main(int argc, char **argv)
{
	int taken;

	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return version(argc, argv);
	if (argc > 1 && strcmp(argv[1], "--complete") == 0) {
		ctl_complete_begin();
		argc--;
		argv++;
	}
	taken = ctl_print_take_leading(argc, argv);
	if (taken < 0)
		return CTL_USAGE;
	return ctl_dispatch("reconcilectl", commands, argc - taken, argv + taken);
}
