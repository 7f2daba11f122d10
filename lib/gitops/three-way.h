/*
 * What `kubectl apply` without a server's help makes of an object: what was applied last, what is
 * desired and what is live, merged.
 *
 * A field goes when it was applied last and is no longer desired; what others added stays. Lists of
 * built-in kinds are merged by their keys, those of custom resources are replaced.
 */
#pragma once

#include <jansson.h>

#define RC_THREE_WAY_ANNOTATION "kubectl.kubernetes.io/last-applied-configuration"

/* live as it shall be, with the annotation for the next time; the caller's. What was applied last
 * is read from live's annotation; without it nothing goes. */
json_t *rc_three_way_merge(const json_t *desired, const json_t *live);
/* Put desired into its own annotation, for its creation. */
void rc_three_way_remember(json_t *object, const json_t *desired);
