/* The flags of `helm template` and `helm lint`, by their names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "helm/render.h"

/* A list of arguments, borrowed from argv. */
struct ctl_render_list {
	const char **at;
	size_t n;
};

struct ctl_render_flags {
	struct rc_helm_render_options options; /* without values files, which are not read yet */
	struct ctl_render_list values, api_versions, show_only, arguments;
	struct rc_helm_set *sets;
	char **split; /* copies that comma lists were cut from */
	size_t n_split;
	bool wants_help;
	/* of render */
	bool generate_name, use_release_name;
	const char *name_template, *output_dir, *dry_run, *repository;
	/* of lint */
	bool is_strict, is_quiet, with_subcharts;
};

enum ctl_flag_kind {
	CTL_FLAG_BOOL,	   /* sets a member */
	CTL_FLAG_TEXT,	   /* likewise */
	CTL_FLAG_OPTIONAL, /* a text that may be left out: then "client" */
	CTL_FLAG_LIST,	   /* comma separated, may be repeated */
	CTL_FLAG_REPEATED, /* may be repeated */
	CTL_FLAG_SET,	   /* --set and its sisters */
	CTL_FLAG_IGNORED,  /* means nothing to a rendering: a bool */
	CTL_FLAG_IGNORED_TEXT,
	CTL_FLAG_IGNORED_INT,
	CTL_FLAG_IGNORED_DURATION,
	CTL_FLAG_REFUSED, /* would need what this command does not have; help says what to do */
	CTL_FLAG_REFUSED_TEXT,
};

struct ctl_flag {
	const char *name;
	char letter; /* or '\0' */
	enum ctl_flag_kind kind;
	size_t offset; /* in struct ctl_render_flags; for SET the kind of set */
	const char *help;
};

/* Tables that end with a NULL name. */
extern const struct ctl_flag ctl_render_flags_render[];
extern const struct ctl_flag ctl_render_flags_lint[];

/* Returns 0 or -EINVAL with the words of Helm's flag parser. */
int ctl_render_flags_parse(int argc, char **argv, const struct ctl_flag *table,
			   struct ctl_render_flags *flags, struct rc_error **err);
void ctl_render_flags_done(struct ctl_render_flags *flags);
/* Print usage, then a line per flag that has help. */
void ctl_render_flags_usage(const struct ctl_flag *table, const char *usage);
