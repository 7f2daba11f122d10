/* reconcilectl config check: everything that is wrong with a configuration, at once. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl/ctl.h"

static int config_check(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : RC_CONFIG_PATH;
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	if (argc > 2 || path[0] == '-') {
		fprintf(stderr, "usage: reconcilectl config check [FILE]\n");
		return CTL_USAGE;
	}
	if (rc_config_load(path, &config, &messages) < 0) {
		fputs(rc_buf_text(&messages), stderr);
		return CTL_CONFIG;
	}
	printf("%s: %zu clusters, %zu repositories, %zu sources of applications\n", path,
	       config->n_clusters, config->n_repositories, config->n_applications);
	return CTL_OK;
}

static const struct ctl_command commands[] = {
	{"check", "[FILE]", "check a configuration; exit 78 when it is refused", config_check},
	{NULL, NULL, NULL, NULL},
};

int ctl_config(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl config", commands, argc, argv);
}
