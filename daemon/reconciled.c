/*
 * reconciled: keeps a Kubernetes platform in the state its Git repositories describe.
 *
 * Reads its configuration, builds the daemon (daemon.c) and runs its loop. The same program, with
 * --worker, is the workers that touch Git and render charts (worker.c).
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/loop.h"
#include "config.h"
#include "daemon.h"
#include "worker.h"

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

/* Takes config over. */
static int run(const char *path, struct rc_config *config)
{
	struct rc_daemon daemon = {.loop = rc_loop_new(), .config_path = path, .config = config};
	struct rc_error *err = NULL;
	int code = 0;

	if (daemon_init(&daemon, &err) < 0) {
		rc_log_error(NULL, LOG_ERR, err, "starting");
		code = EXIT_UNAVAILABLE;
	} else {
		rc_log_info(NULL, "reconciled %s is running", RC_VERSION);
		rc_journal_notify("READY=1\nSTATUS=running");
		ev_run(daemon.loop, 0);
		rc_log_info(NULL, "stopping");
	}
	rc_error_free(err);
	daemon_done(&daemon);
	rc_loop_free(daemon.loop);
	return code;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.config = RC_CONFIG_PATH};
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);

	if (argc >= 2 && strncmp(argv[1], "--worker=", 9) == 0)
		return daemon_worker_main(argc, argv);
	if (argc >= 3 && strcmp(argv[1], "--dependency") == 0)
		return daemon_dependency_main(argc - 2, argv + 2);
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
	return run(arguments.config, rc_steal(&config));
}
