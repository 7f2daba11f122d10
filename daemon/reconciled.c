/*
 * reconciled: keeps a Kubernetes platform in the state its Git repositories describe.
 *
 * So far it reads and checks its configuration; the reconcilers are to come, layer by layer.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "config.h"

enum { EXIT_USAGE = 64, EXIT_UNAVAILABLE = 69, EXIT_CONFIG = 78 };

struct arguments {
	const char *config;
	bool check_only;
};

static int usage(void)
{
	fprintf(stderr, "usage: reconciled [--config FILE] [--check-config]\n"
			"       reconciled --version\n");
	return EXIT_USAGE;
}

static bool parse(int argc, char **argv, struct arguments *arguments)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--check-config") == 0)
			arguments->check_only = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			arguments->config = argv[++i];
		else
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.config = RC_CONFIG_PATH};
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("reconciled %s\n", RC_VERSION);
		return 0;
	}
	if (!parse(argc, argv, &arguments))
		return usage();
	if (rc_config_load(arguments.config, &config, &messages) < 0) {
		fputs(rc_buf_text(&messages), stderr);
		return EXIT_CONFIG;
	}
	if (arguments.check_only)
		return 0;
	fprintf(stderr, "reconciled: %s is valid, but this version does not reconcile yet\n",
		arguments.config);
	return EXIT_UNAVAILABLE;
}
