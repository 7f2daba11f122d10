/*
 * Generators: what makes values instead of reading them. Each is a provider whose read makes new
 * ones, whatever is asked for.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "secrets/provider.h"

#define RC_SECRETS_GENERATOR_GROUP "generators.external-secrets.io"

/* One kind of them; open is given its spec. */
struct rc_secrets_generator_kind {
	const char *kind;	  /* "Password" */
	const char *cluster_spec; /* of a ClusterGenerator: "passwordSpec" */
	const struct rc_secrets_provider_ops *ops;
};

/*
 * Open a generator (the whole object, borrowed; a ClusterGenerator, too) as name_space uses it.
 * -EINVAL: a field is wrong, or the kind is not one of ours.
 */
int rc_secrets_generator_open(const struct rc_secrets_context *context, const json_t *generator,
			      const char *name_space, struct rc_secrets_client **ret_client,
			      struct rc_error **err);
