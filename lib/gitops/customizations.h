/*
 * What the configuration says about kinds, under Argo CD's keys (those of its argocd-cm):
 *
 *   resource.customizations.health.<group>_<kind>             a health script
 *   resource.customizations.ignoreDifferences.<group>_<kind>  or .all: fields nobody minds
 *   resource.customizations                                   the older form of both
 *   resource.compareoptions                                   ignoreAggregatedRoles
 *
 * What has no effect on us (useOpenLibs, ignoreResourceUpdates, knownTypeFields, actions) is
 * accepted; what is no key of Argo CD's is refused.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/cleanup.h"
#include "base/error.h"

struct rc_customizations;

/* entries: {key: text}, borrowed. -EINVAL names the key. */
int rc_customizations_parse(const json_t *entries, struct rc_customizations **ret_customizations,
			    struct rc_error **err);
void rc_customizations_free(struct rc_customizations *customizations);
RC_DEFINE_FREEP(struct rc_customizations, rc_customizations_free)

/* The health script of a kind, that of the kind itself before one of a pattern; NULL: there is
 * none. customizations may be NULL, here and below. */
const char *rc_customizations_find_health(const struct rc_customizations *customizations,
					  const char *group, const char *kind);
/* A list as ignoreDifferences of an Application; NULL: nothing. Borrowed. */
const json_t *rc_customizations_get_ignore(const struct rc_customizations *customizations);
