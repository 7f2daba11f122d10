/* Arguments read against a table of flags, as the flag parser of Helm reads them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "ctl/render-flags.h"
#include "data/duration.h"
#include "data/number.h"

static bool takes_value(const struct ctl_flag *flag)
{
	return flag->kind != CTL_FLAG_BOOL && flag->kind != CTL_FLAG_OPTIONAL &&
	       flag->kind != CTL_FLAG_IGNORED && flag->kind != CTL_FLAG_REFUSED;
}

static const struct ctl_flag *find_long(const struct ctl_flag *table, struct rc_str name)
{
	for (; table->name; table++)
		if (rc_str_is(name, table->name))
			return table;
	return NULL;
}

static const struct ctl_flag *find_letter(const struct ctl_flag *table, char letter)
{
	for (; table->name; table++)
		if (table->letter == letter)
			return table;
	return NULL;
}

static void list_add(struct ctl_render_list *list, const char *text)
{
	list->at = rc_realloc(list->at, (list->n + 1) * sizeof(*list->at));
	list->at[list->n++] = text;
}

static void add_split(struct ctl_render_flags *flags, struct ctl_render_list *list,
		      const char *text)
{
	char *rest = rc_strdup(text);
	char *part;

	flags->split = rc_realloc(flags->split, (flags->n_split + 1) * sizeof(*flags->split));
	flags->split[flags->n_split++] = rest;
	while ((part = strsep(&rest, ",")))
		list_add(list, part);
}

static void add_set(struct ctl_render_flags *flags, enum rc_helm_set_kind kind, const char *text)
{
	size_t n = flags->options.n_sets++;

	flags->sets = rc_realloc(flags->sets, (n + 1) * sizeof(*flags->sets));
	flags->sets[n] = (struct rc_helm_set){.kind = kind, .text = text};
	flags->options.sets = flags->sets;
}

/* "-n, --namespace" */
static const char *shown_name(const struct ctl_flag *flag, char *text, size_t size)
{
	if (flag->letter)
		snprintf(text, size, "-%c, --%s", flag->letter, flag->name);
	else
		snprintf(text, size, "--%s", flag->name);
	return text;
}

static int set_bool(const struct ctl_flag *flag, const char *value, bool *member,
		    struct rc_error **err)
{
	static const char *const words[2][6] = {{"0", "f", "F", "false", "FALSE", "False"},
						{"1", "t", "T", "true", "TRUE", "True"}};

	char shown[64];

	for (int truth = 0; truth < 2 && value; truth++)
		for (size_t i = 0; i < RC_ARRAY_SIZE(words[0]); i++)
			if (strcmp(value, words[truth][i]) == 0) {
				*member = truth;
				return 0;
			}
	if (value)
		return rc_fail(err, -EINVAL,
			       "invalid argument \"%s\" for \"%s\" flag: strconv.ParseBool: "
			       "parsing \"%s\": invalid syntax",
			       value, shown_name(flag, shown, sizeof(shown)), value);
	*member = true;
	return 0;
}

static int check_int(const struct ctl_flag *flag, const char *value, struct rc_error **err)
{
	int64_t number;

	if (rc_number_parse_int(rc_str(value), 0, &number) == 0)
		return 0;
	return rc_fail(err, -EINVAL,
		       "invalid argument \"%s\" for \"--%s\" flag: strconv.ParseInt: parsing "
		       "\"%s\": invalid syntax",
		       value, flag->name, value);
}

static int check_duration(const struct ctl_flag *flag, const char *value, struct rc_error **err)
{
	rc_cleanup(rc_error_freep) struct rc_error *cause = NULL;
	int64_t ignored_ns;

	if (rc_duration_parse(rc_str(value), &ignored_ns, &cause) == 0)
		return 0;
	return rc_fail(err, -EINVAL, "invalid argument \"%s\" for \"--%s\" flag: %s", value,
		       flag->name, cause->message);
}

/* value is NULL for a flag without one. */
static int apply(struct ctl_render_flags *flags, const struct ctl_flag *flag, const char *value,
		 struct rc_error **err)
{
	void *member = (char *)flags + flag->offset;
	bool ignored;

	switch (flag->kind) {
	case CTL_FLAG_BOOL:
		return set_bool(flag, value, member, err);
	case CTL_FLAG_TEXT:
		*(const char **)member = value;
		return 0;
	case CTL_FLAG_LIST:
		add_split(flags, member, value);
		return 0;
	case CTL_FLAG_REPEATED:
		list_add(member, value);
		return 0;
	case CTL_FLAG_SET:
		add_set(flags, (enum rc_helm_set_kind)flag->offset, value);
		return 0;
	case CTL_FLAG_OPTIONAL:
		*(const char **)member = value ? value : "client";
		return 0;
	case CTL_FLAG_IGNORED:
		return set_bool(flag, value, &ignored, err);
	case CTL_FLAG_IGNORED_INT:
		return check_int(flag, value, err);
	case CTL_FLAG_IGNORED_DURATION:
		return check_duration(flag, value, err);
	case CTL_FLAG_IGNORED_TEXT:
		return 0;
	case CTL_FLAG_REFUSED:
	case CTL_FLAG_REFUSED_TEXT:
		rc_fail(err, -EINVAL,
			"--%s is not supported here: charts are rendered from what is on this "
			"machine",
			flag->name);
		rc_hint(err, "%s", flag->help);
		return -EINVAL;
	}
	return 0;
}

struct parser {
	const struct ctl_flag *table;
	struct ctl_render_flags *flags;
	char **argv;
	int argc, at;
};

static int parse_long(struct parser *parser, struct rc_error **err)
{
	struct rc_str name = rc_str(parser->argv[parser->at] + 2);
	const char *equals = strchr(name.p, '=');
	const struct ctl_flag *flag;

	if (equals)
		name.n = (size_t)(equals - name.p);
	flag = find_long(parser->table, name);
	if (!flag)
		return rc_fail(err, -EINVAL, "unknown flag: --%.*s", (int)name.n, name.p);
	if (equals)
		return apply(parser->flags, flag, equals + 1, err);
	if (!takes_value(flag))
		return apply(parser->flags, flag, NULL, err);
	if (parser->at + 1 >= parser->argc)
		return rc_fail(err, -EINVAL, "flag needs an argument: --%s", flag->name);
	return apply(parser->flags, flag, parser->argv[++parser->at], err);
}

/* "-n ns", "-nns", "-n=ns"; letters of bools may stand together. */
static int parse_letters(struct parser *parser, struct rc_error **err)
{
	for (const char *c = parser->argv[parser->at] + 1; *c; c++) {
		const struct ctl_flag *flag = find_letter(parser->table, *c);
		int r;

		if (!flag)
			return rc_fail(err, -EINVAL, "unknown shorthand flag: '%c' in %s", *c,
				       parser->argv[parser->at]);
		if (takes_value(flag)) {
			if (c[1] != '\0')
				return apply(parser->flags, flag, c + 1 + (c[1] == '='), err);
			if (parser->at + 1 >= parser->argc)
				return rc_fail(err, -EINVAL, "flag needs an argument: '%c' in %s",
					       *c, parser->argv[parser->at]);
			return apply(parser->flags, flag, parser->argv[++parser->at], err);
		}
		r = apply(parser->flags, flag, NULL, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int ctl_render_flags_parse(int argc, char **argv, const struct ctl_flag *table,
			   struct ctl_render_flags *flags, struct rc_error **err)
{
	struct parser parser = {.table = table, .flags = flags, .argv = argv, .argc = argc};
	bool only_arguments = false;
	int r = 0;

	for (parser.at = 1; parser.at < argc && r == 0; parser.at++) {
		const char *argument = argv[parser.at];

		if (only_arguments || argument[0] != '-' || argument[1] == '\0')
			list_add(&flags->arguments, argument);
		else if (strcmp(argument, "--") == 0)
			only_arguments = true;
		else if (argument[1] == '-')
			r = parse_long(&parser, err);
		else
			r = parse_letters(&parser, err);
	}
	flags->options.api_versions = flags->api_versions.at;
	flags->options.n_api_versions = flags->api_versions.n;
	flags->options.show_only = flags->show_only.at;
	flags->options.n_show_only = flags->show_only.n;
	return r;
}

void ctl_render_flags_done(struct ctl_render_flags *flags)
{
	for (size_t i = 0; i < flags->n_split; i++)
		free(flags->split[i]);
	free(flags->split);
	free(flags->sets);
	free(flags->values.at);
	free(flags->api_versions.at);
	free(flags->show_only.at);
	free(flags->arguments.at);
}

void ctl_render_flags_usage(const struct ctl_flag *table, const char *usage)
{
	puts(usage);
	for (; table->name; table++) {
		if (!table->help || table->kind == CTL_FLAG_REFUSED ||
		    table->kind == CTL_FLAG_REFUSED_TEXT)
			continue;
		if (table->letter)
			printf("  -%c, --%-24s %s\n", table->letter, table->name, table->help);
		else
			printf("      --%-24s %s\n", table->name, table->help);
	}
}
