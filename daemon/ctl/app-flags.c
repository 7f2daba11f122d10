/* The flags of `reconcilectl app`: --name VALUE, --name=VALUE, and switches. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/app.h"

/* A flag: its value goes to text, number or truth, whichever is set. */
struct flag {
	const char *name;
	const char **text;
	unsigned int *number;
	bool *truth;
};

static int set_flag(const struct flag *flag, const char *value)
{
	char *end;

	if (flag->truth) {
		*flag->truth = !value || strcmp(value, "false") != 0;
		return 0;
	}
	if (flag->text) {
		*flag->text = value;
		return 0;
	}
	*flag->number = (unsigned int)strtoul(value, &end, 10);
	if (*value == '\0' || (*end != '\0' && strcmp(end, "s") != 0)) {
		fprintf(stderr, "reconcilectl: %s %s: a number is wanted\n", flag->name, value);
		return -EINVAL;
	}
	return 0;
}

static int take_flag(int argc, char **argv, int *i, const struct flag *flags)
{
	for (; flags->name; flags++) {
		size_t n = strlen(flags->name);
		const char *value = NULL;

		if (strncmp(argv[*i], flags->name, n) != 0)
			continue;
		if (argv[*i][n] == '=')
			value = argv[*i] + n + 1;
		else if (argv[*i][n] != '\0')
			continue;
		if (!value && !flags->truth)
			value = *i + 1 < argc ? argv[++*i] : "";
		return set_flag(flags, value);
	}
	fprintf(stderr, "reconcilectl: unknown flag: %s\n", argv[*i]);
	return -EINVAL;
}

/* --resource may come often. */
static int take_resource(int argc, char **argv, int *i, struct app_options *options)
{
	static const char name[] = "--resource";
	size_t n = strlen(name);
	const char *value = NULL;

	if (strncmp(argv[*i], name, n) != 0 || (argv[*i][n] != '=' && argv[*i][n] != '\0'))
		return 0;
	if (argv[*i][n] == '=')
		value = argv[*i] + n + 1;
	else if (*i + 1 < argc)
		value = argv[++*i];
	if (!value || !*value || options->n_resources == APP_RESOURCES_MAX) {
		fprintf(stderr,
			"reconcilectl: --resource: GROUP:KIND:[NAMESPACE/]NAME is wanted, "
			"up to %d times\n",
			APP_RESOURCES_MAX);
		return -EINVAL;
	}
	options->resources[options->n_resources++] = value;
	return 1;
}

static int take_word(const char *word, struct app_options *options)
{
	if (!options->name)
		options->name = word;
	else if (!options->second)
		options->second = word;
	else {
		fprintf(stderr, "reconcilectl: '%s' is one argument too many\n", word);
		return -EINVAL;
	}
	return 0;
}

int ctl_app_parse(int argc, char **argv, struct app_options *options)
{
	const struct flag flags[] = {
		{"--revision", &options->revision, NULL, NULL},
		{"--reason", &options->reason, NULL, NULL},
		{"--until", &options->until, NULL, NULL},
		{"--local", &options->local, NULL, NULL},
		{"--strategy", &options->strategy, NULL, NULL},
		{"--to-revision", &options->to, NULL, NULL},
		{"--timeout", NULL, &options->timeout_s, NULL},
		{"--source-position", NULL, &options->source, NULL},
		{"--prune", NULL, NULL, &options->prune},
		{"--dry-run", NULL, NULL, &options->dry_run},
		{"--async", NULL, NULL, &options->async},
		{"--health", NULL, NULL, &options->health},
		{"--sync", NULL, NULL, &options->sync},
		{"--operation", NULL, NULL, &options->operation},
		{"--force", NULL, NULL, &options->force},
		{"--replace", NULL, NULL, &options->replace},
		{"--apply-out-of-sync-only", NULL, NULL, &options->out_of_sync_only},
		{"--tree", NULL, NULL, &options->tree},
		{"--orphaned", NULL, NULL, &options->orphaned},
		{NULL, NULL, NULL, NULL},
	};

	argc = ctl_print_take_options(argc, argv, &options->common);
	if (argc < 0)
		return -EINVAL;
	for (int i = 1; i < argc; i++) {
		int r = take_resource(argc, argv, &i, options);

		if (r == 0)
			r = strncmp(argv[i], "--", 2) == 0 ? take_flag(argc, argv, &i, flags)
							   : take_word(argv[i], options);
		if (r < 0)
			return r;
	}
	return 0;
}

int ctl_app_parse_named(int argc, char **argv, const char *arguments, struct app_options *options)
{
	int r = ctl_app_parse(argc, argv, options);

	if (r == 0 && !options->name) {
		fprintf(stderr, "usage: reconcilectl app %s %s\n", argv[0], arguments);
		return -EINVAL;
	}
	return r;
}
