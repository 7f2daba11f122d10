/*
 * Values and templates put together: what target.template makes of what was fetched.
 *
 * In the order of External Secrets: the values themselves (when there is no template of data, or
 * mergePolicy is Merge), then templateFrom as listed, then data, then labels and annotations.
 */
#pragma once

#include <stddef.h>

#include <jansson.h>

#include "base/error.h"
#include "secrets/external.h"
#include "secrets/reference.h"

/* What templateFrom refers to, in order; *ret_n of them, each to rc_secrets_reference_done(), the
 * array to free(). NULL when there are none. */
struct rc_secrets_reference *
rc_secrets_compose_list_references(const struct rc_secrets_external *external, size_t *ret_n);

/*
 * Fill object: its metadata's labels and annotations, and its data with texts (any bytes), or
 * whatever a template's target names. texts: those of the references, in order. -EINVAL names the
 * template, never a value.
 */
int rc_secrets_compose(const struct rc_secrets_external *external, const json_t *values,
		       const json_t *texts, json_t *object, struct rc_error **err);
