/* The flags of `helm template`, by their names. */
#include "ctl/render-flags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"

enum kind {
	KIND_BOOL,     /* sets a member of options */
	KIND_TEXT,     /* likewise */
	KIND_LIST,     /* comma separated, may be repeated */
	KIND_REPEATED, /* may be repeated */
	KIND_SET,      /* --set and its sisters */
	KIND_IGNORED,  /* means nothing to a rendering: a bool */
	KIND_IGNORED_TEXT,
	KIND_REFUSED, /* would need what this command does not have */
};

struct flag {
	const char *name;
	char letter; /* or '\0' */
	enum kind kind;
	size_t offset; /* in struct ctl_render_flags; for SET the kind of set */
	const char *help;
};

#define OPTION(member) offsetof(struct ctl_render_flags, options.member)
#define FLAG(member)   offsetof(struct ctl_render_flags, member)

static const struct flag table[] = {
	{"api-versions", 'a', KIND_LIST, FLAG(api_versions),
	 "API versions the cluster serves, too"},
	{"include-crds", 0, KIND_BOOL, OPTION(include_crds), "print the files of crds/ first"},
	{"is-upgrade", 0, KIND_BOOL, OPTION(is_upgrade), "set .Release.IsUpgrade"},
	{"kube-version", 0, KIND_TEXT, OPTION(kube_version), "the cluster's version"},
	{"namespace", 'n', KIND_TEXT, OPTION(release_namespace), "the release's namespace"},
	{"no-hooks", 0, KIND_BOOL, OPTION(no_hooks), "leave hooks out"},
	{"show-only", 's', KIND_REPEATED, FLAG(show_only), "print only what this file gives"},
	{"skip-schema-validation", 0, KIND_BOOL, OPTION(skip_schema_validation),
	 "do not check values.schema.json"},
	{"skip-tests", 0, KIND_BOOL, OPTION(skip_tests), "leave tests out"},
	{"values", 'f', KIND_LIST, FLAG(values), "a file of values; - is standard input"},
	{"set", 0, KIND_SET, RC_HELM_SET_VALUE, "a.b=1,c=2"},
	{"set-file", 0, KIND_SET, RC_HELM_SET_FILE, "a.b=PATH"},
	{"set-json", 0, KIND_SET, RC_HELM_SET_JSON, "a.b={\"c\": 1}"},
	{"set-literal", 0, KIND_SET, RC_HELM_SET_LITERAL, "a.b=TEXT, taken as it is"},
	{"set-string", 0, KIND_SET, RC_HELM_SET_STRING, "a.b=1, as text"},
	{"generate-name", 'g', KIND_BOOL, FLAG(generate_name), NULL},
	{"help", 'h', KIND_BOOL, FLAG(wants_help), NULL},
	{"atomic", 0, KIND_IGNORED, 0, NULL},
	{"create-namespace", 0, KIND_IGNORED, 0, NULL},
	{"debug", 0, KIND_IGNORED, 0, NULL},
	{"devel", 0, KIND_IGNORED, 0, NULL},
	{"disable-openapi-validation", 0, KIND_IGNORED, 0, NULL},
	{"dry-run", 0, KIND_IGNORED, 0, NULL},
	{"force", 0, KIND_IGNORED, 0, NULL},
	{"hide-notes", 0, KIND_IGNORED, 0, NULL},
	{"release-name", 0, KIND_IGNORED, 0, NULL},
	{"render-subchart-notes", 0, KIND_IGNORED, 0, NULL},
	{"replace", 0, KIND_IGNORED, 0, NULL},
	{"skip-crds", 0, KIND_IGNORED, 0, NULL},
	{"take-ownership", 0, KIND_IGNORED, 0, NULL},
	{"wait", 0, KIND_IGNORED, 0, NULL},
	{"wait-for-jobs", 0, KIND_IGNORED, 0, NULL},
	{"description", 0, KIND_IGNORED_TEXT, 0, NULL},
	{"labels", 'l', KIND_IGNORED_TEXT, 0, NULL},
	{"timeout", 0, KIND_IGNORED_TEXT, 0, NULL},
	{"dependency-update", 0, KIND_REFUSED, 0, NULL},
	{"enable-dns", 0, KIND_REFUSED, 0, NULL},
	{"name-template", 0, KIND_REFUSED, 0, NULL},
	{"output-dir", 0, KIND_REFUSED, 0, NULL},
	{"post-renderer", 0, KIND_REFUSED, 0, NULL},
	{"repo", 0, KIND_REFUSED, 0, NULL},
	{"validate", 0, KIND_REFUSED, 0, NULL},
	{"verify", 0, KIND_REFUSED, 0, NULL},
	{"version", 0, KIND_REFUSED, 0, NULL},
};

static bool takes_value(const struct flag *flag)
{
	return flag->kind != KIND_BOOL && flag->kind != KIND_IGNORED && flag->kind != KIND_REFUSED;
}

static const struct flag *find_long(struct rc_str name)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(table); i++)
		if (rc_str_is(name, table[i].name))
			return &table[i];
	return NULL;
}

static const struct flag *find_letter(char letter)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(table); i++)
		if (table[i].letter == letter)
			return &table[i];
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

static int set_bool(const struct flag *flag, const char *value, bool *member, struct rc_error **err)
{
	static const char *const words[2][6] = {{"0", "f", "F", "false", "FALSE", "False"},
						{"1", "t", "T", "true", "TRUE", "True"}};

	for (int truth = 0; truth < 2 && value; truth++)
		for (size_t i = 0; i < RC_ARRAY_SIZE(words[0]); i++)
			if (strcmp(value, words[truth][i]) == 0) {
				*member = truth;
				return 0;
			}
	if (value)
		return rc_fail(err, -EINVAL,
			       "invalid argument \"%s\" for \"--%s\" flag: strconv.ParseBool: "
			       "parsing \"%s\": invalid syntax",
			       value, flag->name, value);
	*member = true;
	return 0;
}

/* value is NULL for a bool without one. */
static int apply(struct ctl_render_flags *flags, const struct flag *flag, const char *value,
		 struct rc_error **err)
{
	void *member = (char *)flags + flag->offset;

	switch (flag->kind) {
	case KIND_BOOL:
		return set_bool(flag, value, member, err);
	case KIND_TEXT:
		*(const char **)member = value;
		return 0;
	case KIND_LIST:
		add_split(flags, member, value);
		return 0;
	case KIND_REPEATED:
		list_add(member, value);
		return 0;
	case KIND_SET:
		add_set(flags, (enum rc_helm_set_kind)flag->offset, value);
		return 0;
	case KIND_IGNORED:
	case KIND_IGNORED_TEXT:
		return 0;
	case KIND_REFUSED:
		return rc_fail(err, -EINVAL,
			       "--%s is not supported here: charts are rendered "
			       "from what is on this machine",
			       flag->name);
	}
	return 0;
}

static int parse_long(int argc, char **argv, int *at, struct ctl_render_flags *flags,
		      struct rc_error **err)
{
	struct rc_str name = rc_str(argv[*at] + 2);
	const char *equals = strchr(name.p, '=');
	const struct flag *flag;

	if (equals)
		name.n = (size_t)(equals - name.p);
	flag = find_long(name);
	if (!flag)
		return rc_fail(err, -EINVAL, "unknown flag: --%.*s", (int)name.n, name.p);
	if (equals)
		return apply(flags, flag, equals + 1, err);
	if (!takes_value(flag))
		return apply(flags, flag, NULL, err);
	if (*at + 1 >= argc)
		return rc_fail(err, -EINVAL, "flag needs an argument: --%s", flag->name);
	return apply(flags, flag, argv[++*at], err);
}

/* "-n ns", "-nns", "-n=ns"; letters of bools may stand together. */
static int parse_letters(int argc, char **argv, int *at, struct ctl_render_flags *flags,
			 struct rc_error **err)
{
	for (const char *c = argv[*at] + 1; *c; c++) {
		const struct flag *flag = find_letter(*c);
		int r;

		if (!flag)
			return rc_fail(err, -EINVAL, "unknown shorthand flag: '%c' in %s", *c,
				       argv[*at]);
		if (takes_value(flag)) {
			if (c[1] != '\0')
				return apply(flags, flag, c + 1 + (c[1] == '='), err);
			if (*at + 1 >= argc)
				return rc_fail(err, -EINVAL, "flag needs an argument: '%c' in %s",
					       *c, argv[*at]);
			return apply(flags, flag, argv[++*at], err);
		}
		r = apply(flags, flag, NULL, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int ctl_render_flags_parse(int argc, char **argv, struct ctl_render_flags *flags,
			   struct rc_error **err)
{
	bool only_arguments = false;
	int r = 0;

	for (int i = 1; i < argc && r == 0; i++) {
		if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0')
			list_add(&flags->arguments, argv[i]);
		else if (strcmp(argv[i], "--") == 0)
			only_arguments = true;
		else if (argv[i][1] == '-')
			r = parse_long(argc, argv, &i, flags, err);
		else
			r = parse_letters(argc, argv, &i, flags, err);
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

void ctl_render_flags_usage(void)
{
	puts("usage: reconcilectl render [NAME] CHART [FLAGS]\n\n"
	     "Print the manifests of a chart, as helm template does. CHART is a directory or an "
	     "archive.\n");
	for (size_t i = 0; i < RC_ARRAY_SIZE(table); i++) {
		if (!table[i].help)
			continue;
		if (table[i].letter)
			printf("  -%c, --%-24s %s\n", table[i].letter, table[i].name,
			       table[i].help);
		else
			printf("      --%-24s %s\n", table[i].name, table[i].help);
	}
}
