/*
 * reconcilectl dependency: bring what a chart depends on into its charts/.
 *
 * This program speaks no HTTP, so that it starts at once; reconciled does, and takes over.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "ctl/ctl.h"

/* Beside us, or where it is installed; else wherever the system finds it. */
static char *find_daemon(void)
{
	static const char *const places[] = {"reconciled", "../sbin/reconciled"};
	char self[PATH_MAX] = "";

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return rc_strdup("reconciled");
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < RC_ARRAY_SIZE(places); i++) {
		char *path = rc_path_join(self, places[i]);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return rc_strdup("reconciled");
}

static int run(int argc, char **argv)
{
	rc_autofree char *program = find_daemon();
	rc_autofree char **all = rc_calloc((size_t)argc + 3, sizeof(*all));

	all[0] = program;
	all[1] = (char *)(uintptr_t) "--dependency";
	memcpy(all + 2, argv, (size_t)argc * sizeof(*argv));
	execvp(program, all);
	fprintf(stderr, "reconcilectl: %s: %s\n", program, strerror(errno));
	return CTL_ERROR;
}

static const struct ctl_command commands[] = {
	{"build", "[CHART] [FLAGS]", "by its Chart.lock, else by its ranges", run},
	{"update", "[CHART] [FLAGS]", "by its ranges, and write Chart.lock", run},
	{NULL, NULL, NULL, NULL},
};

int ctl_dependency(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl dependency", commands, argc, argv);
}
