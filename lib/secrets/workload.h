/* What the pods of a workload use, and what its annotations ask for. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/*
 * Whether a pod spec uses the Secret or ConfigMap of that name: by environment, volumes or
 * projected volumes, of containers and init containers.
 */
bool rc_secrets_workload_uses(const json_t *pod_spec, const char *kind, const char *name);
