/* Tables and documents. */
#include "ctl/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/target.h"
#include "data/yaml-emit.h"

#define COLUMNS_MAX 16

static int set_output(const char *name, struct ctl_options *options)
{
	if (strcmp(name, "table") == 0 || strcmp(name, "wide") == 0)
		options->output = CTL_OUTPUT_TABLE;
	else if (strcmp(name, "json") == 0)
		options->output = CTL_OUTPUT_JSON;
	else if (strcmp(name, "yaml") == 0)
		options->output = CTL_OUTPUT_YAML;
	else {
		fprintf(stderr, "reconcilectl: -o %s: it is table, json or yaml\n", name);
		return -1;
	}
	return 0;
}

/* The value of option at argv[*i], as "-o json", "-ojson" or "--output=json"; NULL: another one. */
static const char *take_value(char **argv, int argc, int *i, const char *brief, const char *name)
{
	const char *arg = argv[*i];
	size_t n = strlen(name);

	if (brief && strncmp(arg, brief, 2) == 0 && arg[1] != '-' && arg[2] != '\0')
		return arg + 2 + (arg[2] == '=');
	if (strncmp(arg, name, n) == 0 && arg[n] == '=')
		return arg + n + 1;
	if ((brief && strcmp(arg, brief) == 0) || strcmp(arg, name) == 0)
		return *i + 1 < argc ? argv[++*i] : "";
	return NULL;
}

/* Whom to ask. 1: it was that, 0: something else. */
static int take_target(char **argv, int argc, int *i)
{
	const char *flag, *value;

	if (rc_text_has_prefix(argv[*i], "--token=") || strcmp(argv[*i], "--token") == 0) {
		fprintf(stderr,
			"reconcilectl: --token would show the token to every user of this host\n"
			"  --token-file FILE, or - for standard input, or RECONCILED_TOKEN\n");
		return -1;
	}
	for (unsigned int j = 0; (flag = ctl_target_get_flag(j)); j++) {
		value = take_value(argv, argc, i, NULL, flag);
		if (!value)
			continue;
		if (!*value) {
			fprintf(stderr, "reconcilectl: %s needs a value\n", flag);
			return -1;
		}
		ctl_target_set_flag(flag, value);
		return 1;
	}
	return 0;
}

int ctl_print_take_leading(int argc, char **argv)
{
	int i = 1;

	while (i < argc) {
		int taken = take_target(argv, argc, &i);

		if (taken < 0)
			return -1;
		if (taken == 0)
			break;
		i++;
	}
	return i - 1;
}

int ctl_print_take_options(int argc, char **argv, struct ctl_options *options)
{
	int n = 0;

	for (int i = 0; i < argc; i++) {
		const char *value = i ? take_value(argv, argc, &i, "-o", "--output") : NULL;
		int taken = 0;

		if (value && set_output(value, options) < 0)
			return -1;
		if (!value && i)
			taken = take_target(argv, argc, &i);
		if (taken < 0)
			return -1;
		if (!value && taken == 0)
			argv[n++] = argv[i];
	}
	argv[n] = NULL;
	return n;
}

const char *ctl_print_get(const json_t *json, const char *path, char buffer[32])
{
	while (*path && json) {
		size_t n = strcspn(path, ".");
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		json = json_object_get(json, key);
		path += n + (path[n] == '.');
	}
	if (json_is_string(json))
		return json_string_value(json);
	if (json_is_integer(json))
		snprintf(buffer, 32, "%lld", (long long)json_integer_value(json));
	else if (json_is_real(json))
		snprintf(buffer, 32, "%g", json_real_value(json));
	else if (json_is_boolean(json))
		snprintf(buffer, 32, "%s", json_is_true(json) ? "true" : "false");
	else
		return "";
	return buffer;
}

static const struct {
	const char *word, *code;
} colours[] = {
	{"Synced", "\033[32m"},	 {"Healthy", "\033[32m"},   {"Succeeded", "\033[32m"},
	{"True", "\033[32m"},	 {"OutOfSync", "\033[33m"}, {"Progressing", "\033[36m"},
	{"Running", "\033[36m"}, {"Suspended", "\033[36m"}, {"Degraded", "\033[31m"},
	{"Failed", "\033[31m"},	 {"Error", "\033[31m"},	    {"Missing", "\033[33m"},
	{"Unknown", "\033[35m"}, {"False", "\033[31m"},	    {"unreachable", "\033[31m"},
};

const char *ctl_print_colour(const char *word)
{
	static int on = -1;

	if (on < 0)
		on = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	for (size_t i = 0; on && i < RC_ARRAY_SIZE(colours); i++)
		if (strcmp(colours[i].word, word) == 0)
			return colours[i].code;
	return "";
}

const char *ctl_print_reset(const char *word)
{
	return *ctl_print_colour(word) ? "\033[0m" : "";
}

static void print_cell(const char *text, int width, bool last)
{
	int n = (int)strlen(text);

	printf("%s%s%s", ctl_print_colour(text), text, ctl_print_reset(text));
	if (!last)
		printf("%*s", width - n + 2, "");
}

void ctl_print_table(const json_t *rows, const struct ctl_column *columns)
{
	int widths[COLUMNS_MAX] = {0}, n = 0;
	char buffer[32];
	json_t *row;
	size_t i;

	for (; columns[n].heading && n < COLUMNS_MAX; n++)
		widths[n] = (int)strlen(columns[n].heading);
	json_array_foreach (rows, i, row) {
		for (int c = 0; c < n; c++) {
			int width = (int)strlen(ctl_print_get(row, columns[c].path, buffer));

			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	for (int c = 0; c < n; c++)
		print_cell(columns[c].heading, widths[c], c == n - 1);
	putchar('\n');
	json_array_foreach (rows, i, row) {
		for (int c = 0; c < n; c++)
			print_cell(ctl_print_get(row, columns[c].path, buffer), widths[c],
				   c == n - 1);
		putchar('\n');
	}
}

void ctl_print_document(const json_t *document, enum ctl_output output)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);

	if (output != CTL_OUTPUT_YAML) {
		json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
		return;
	}
	rc_yaml_from_json(document, &text);
	fputs(rc_buf_text(&text), stdout);
}
