/* The user's values: files, then --set and its sisters, in Helm's order. */
#pragma once

#include "base/error.h"
#include "helm/render.h"
#include "template/value.h"

/* Returns 0 with a map in *ret, or -EINVAL with Helm's message. */
int rc_helm_user_values_build(struct rc_arena *arena, const struct rc_helm_render_options *options,
			      struct rc_value *ret, struct rc_error **err);
