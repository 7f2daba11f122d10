/* The flags of `helm template`, by their names. */
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
	bool generate_name;
};

/* Returns 0 or -EINVAL with the words of Helm's flag parser. */
int ctl_render_flags_parse(int argc, char **argv, struct ctl_render_flags *flags,
			   struct rc_error **err);
void ctl_render_flags_done(struct ctl_render_flags *flags);
/* What there is, for --help. */
void ctl_render_flags_usage(void);
