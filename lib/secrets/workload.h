/* What the pods of a workload use. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/*
 * Whether a pod spec uses the Secret or ConfigMap of that name: by environment, volumes or
 * projected volumes, of containers and init containers.
 */
bool rc_secrets_workload_uses(const json_t *pod_spec, const char *kind, const char *name);
/* Add the names of all Secrets, or ConfigMaps, that it uses, as the keys of a map. */
void rc_secrets_workload_add_names(const json_t *pod_spec, const char *kind, json_t *to);
/* The template of its pods; of a CronJob, of its jobs'. Borrowed, or NULL. */
const json_t *rc_secrets_workload_get_template(const json_t *workload);
