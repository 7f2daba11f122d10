/* reconcilectl config: what is wrong with one, what it says, what it would change. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "data/json.h"
#include "data/yaml-emit.h"
#include "gitops/catalog.h"
#include "gitops/diff.h"

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

struct arguments {
	struct ctl_options options;
	const char *path;   /* NULL: none is named */
	const char *folder; /* what is to come from Git; NULL: what did */
};

static int parse(int argc, char **argv, const char *usage, struct arguments *arguments)
{
	arguments->options.output = CTL_OUTPUT_YAML;
	argc = ctl_print_take_options(argc, argv, &arguments->options);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--folder") == 0 && i + 1 < argc)
			arguments->folder = argv[++i];
		else if (argv[i][0] != '-' && !arguments->path)
			arguments->path = argv[i];
		else
			argc = -1;
	}
	if (argc < 0)
		fprintf(stderr, "usage: reconcilectl config %s\n", usage);
	return argc < 0 ? CTL_USAGE : CTL_OK;
}

/* Tells what is wrong by itself. */
static int load(const struct arguments *arguments, struct rc_config **ret_config)
{
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	const char *path = arguments->path ?: RC_CONFIG_PATH;
	int r = arguments->folder ? rc_config_load_with(path, arguments->folder, arguments->folder,
							ret_config, &messages)
				  : rc_config_load(path, ret_config, &messages);

	if (r == 0)
		r = check_applications(*ret_config, &messages);
	fputs(rc_buf_text(&messages), stderr);
	return r;
}

static int config_check(int argc, char **argv)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	struct arguments arguments = {.path = NULL};
	int code = parse(argc, argv, "check [FILE] [--folder FOLDER]", &arguments);

	if (code != CTL_OK)
		return code;
	if (load(&arguments, &config) < 0)
		return CTL_CONFIG;
	printf("%s: %zu clusters, %zu repositories, %zu sources of applications\n",
	       arguments.path ?: RC_CONFIG_PATH, config->n_clusters, config->n_repositories,
	       config->n_applications);
	return CTL_OK;
}

/* Of files; without one, what is in force. */
static int config_show(int argc, char **argv)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	struct arguments arguments = {.path = NULL};
	struct rc_error *err = NULL;
	json_auto_t *document = NULL;
	int code = parse(argc, argv, "show [FILE] [--folder FOLDER]", &arguments);

	if (code != CTL_OK)
		return code;
	if (arguments.path || arguments.folder) {
		if (load(&arguments, &config) < 0)
			return CTL_CONFIG;
		document = rc_config_describe(config);
	} else if (ctl_client_ask("GET", "/v1/config", NULL, &document, &err) < 0) {
		return ctl_fail(err);
	}
	ctl_print_document(document, arguments.options.output == CTL_OUTPUT_TABLE
					     ? CTL_OUTPUT_YAML
					     : arguments.options.output);
	return CTL_OK;
}

static void write_yaml(const json_t *document, struct rc_buf *out)
{
	rc_yaml_from_json(document, out);
}

static int config_diff(int argc, char **argv)
{
	rc_cleanup(rc_config_freep) struct rc_config *config = NULL;
	rc_autobuf struct rc_buf before = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 after = RC_BUF_INIT(RC_BUF_UNLIMITED),
				 diff = RC_BUF_INIT(RC_BUF_UNLIMITED);
	struct arguments arguments = {.path = NULL};
	json_auto_t *in_force = NULL, *wanted = NULL;
	struct rc_error *err = NULL;
	int code = parse(argc, argv, "diff [FILE] [--folder FOLDER]", &arguments);

	if (code != CTL_OK)
		return code;
	if (load(&arguments, &config) < 0)
		return CTL_CONFIG;
	if (ctl_client_ask("GET", "/v1/config", NULL, &in_force, &err) < 0)
		return ctl_fail(err);
	wanted = rc_config_describe(config);
	write_yaml(in_force, &before);
	write_yaml(wanted, &after);
	rc_diff_write_text(&diff, rc_buf_str(&before), rc_buf_str(&after), 3);
	if (diff.n > 0)
		printf("--- in force\n+++ wanted\n%s", rc_buf_text(&diff));
	return diff.n > 0 ? CTL_DIFFERS : CTL_OK;
}

static const struct ctl_command commands[] = {
	{"check", "[FILE] [--folder FOLDER]", "check a configuration; exit 78 when it is refused",
	 config_check},
	{"diff", "[FILE] [--folder FOLDER]", "what it would change of the one in force; exit 1",
	 config_diff},
	{"show", "[FILE] [--folder FOLDER]", "the one in force, or that of files", config_show},
	{"schema", "", "JSON Schema of it, for editors", ctl_config_schema},
	{NULL, NULL, NULL, NULL},
};

int ctl_config(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl config", commands, argc, argv);
}
