/* Objects that are made instead of a Secret: target.manifest {apiVersion, kind}. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "kube/discovery.h"

/* Values are the kind's data; of any other they are below its spec. */
bool rc_secrets_manifest_has_data(const json_t *manifest);
/* Where values go when there is no template. */
void rc_secrets_manifest_put(const json_t *manifest, const json_t *values, json_t *object);
/* A map at the top of the object, made when it is not there; borrowed. */
json_t *rc_secrets_manifest_find_part(json_t *object, const char *name);
/* Its hash is noted. -EINVAL: what it holds is not all text, or it has neither spec nor data. */
int rc_secrets_manifest_finish(json_t *object, struct rc_error **err);

/* The kind as the cluster serves it; NULL when it does not, or it has no namespace. */
const struct rc_kube_resource *
rc_secrets_manifest_find_resource(const json_t *manifest,
				  const struct rc_kube_discovery *discovery);
/* Why there is none: -EINVAL. */
int rc_secrets_manifest_refuse(const json_t *manifest, struct rc_error **err);
