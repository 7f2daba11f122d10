/* --name-template: a release's name made by a template. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

/* The text of template, executed with no data; in arena. -EINVAL with Go's message, or -E2BIG. */
int rc_helm_release_name_make(struct rc_arena *arena, const char *template, const char **ret_name,
			      struct rc_error **err);
