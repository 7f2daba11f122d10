/* Which Secrets and ConfigMaps a workload follows, by Reloader's annotations. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

/*
 * Whether the change of a Secret or ConfigMap (kind) rolls a workload; notes: the annotations of
 * that object, or NULL. by_use: a workload without any annotation of Reloader follows what its pods
 * use, as those of a Secret that we write do.
 *
 * The first that applies counts: the object is ignored; the workload opted out; it excludes the
 * object; it lists it; search and match. Annotations of the pod template count when the workload
 * itself has none.
 */
bool rc_secrets_reload_wants(const json_t *workload, const char *kind, const char *name,
			     const json_t *notes, bool by_use);
/* Whether it has any of the annotations that ask for something. */
bool rc_secrets_reload_asks(const json_t *workload);
/* Add the names it may follow, as the keys of a map; *ret_has_patterns: and others that patterns
 * fit. */
void rc_secrets_reload_add_names(const json_t *workload, const char *kind, json_t *to,
				 bool *ret_has_patterns);
