/* reconcilectl config check: everything that is wrong with a configuration, at once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl/ctl.h"
#include "data/json.h"
#include "gitops/catalog.h"

/* Applications in files of this host; those in repositories are not here to be read. */
static int check_applications(const struct rc_config *config, struct rc_buf *messages)
{
	int r = 0;

	for (size_t i = 0; i < config->n_applications; i++) {
		rc_cleanup(rc_catalog_done) struct rc_catalog catalog = {.applications = NULL};
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
		json_t *text;
		size_t j;

		if (!config->applications[i].file)
			continue;
		if (rc_catalog_read(&catalog, config->applications[i].file, &err) < 0) {
			rc_autofree char *why = rc_error_format(err);

			rc_buf_printf(messages, "%s\n", why);
			r = -EINVAL;
		}
		json_array_foreach (catalog.refused, j, text)
			rc_buf_printf(messages, "%s\n", json_string_value(text));
		if (catalog.is_partial)
			r = -EINVAL;
	}
	return r;
}

static int config_check(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : RC_CONFIG_PATH;
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	int r;

	if (argc > 2 || path[0] == '-') {
		fprintf(stderr, "usage: reconcilectl config check [FILE]\n");
		return CTL_USAGE;
	}
	r = rc_config_load(path, &config, &messages);
	if (r == 0)
		r = check_applications(config, &messages);
	fputs(rc_buf_text(&messages), stderr);
	if (r < 0)
		return CTL_CONFIG;
	printf("%s: %zu clusters, %zu repositories, %zu sources of applications\n", path,
	       config->n_clusters, config->n_repositories, config->n_applications);
	return CTL_OK;
}

static const struct ctl_command commands[] = {
	{"check", "[FILE]", "check a configuration; exit 78 when it is refused", config_check},
	{"schema", "", "JSON Schema of it, for editors", ctl_config_schema},
	{NULL, NULL, NULL, NULL},
};

int ctl_config(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl config", commands, argc, argv);
}
