/*
 * Keys of Secrets and ConfigMaps that a store refers to: reading the reference and following it.
 *
 * Only a ClusterSecretStore may refer to another namespace; what names none is looked for beside
 * the ExternalSecret.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "secrets/context.h"

struct rc_secrets_reference {
	bool is_config_map;
	char *name_space, *name, *key;
	const char *label; /* "name=value" that the Secret must have; static text, or NULL */
};

/* selector: {name, key, namespace}; otherwise: the key when none is named, or NULL: it must be.
 * -EINVAL names the field at where. */
int rc_secrets_reference_parse(const json_t *selector, const char *where, const char *otherwise,
			       const struct rc_secrets_scope *scope,
			       struct rc_secrets_reference *ret_reference, struct rc_error **err);
/* caProvider: {type: Secret|ConfigMap, name, key, namespace}. */
int rc_secrets_reference_parse_ca(const json_t *provider, const char *where,
				  const struct rc_secrets_scope *scope,
				  struct rc_secrets_reference *ret_reference,
				  struct rc_error **err);
/* The namespace that a selector means; borrowed. */
int rc_secrets_reference_find_namespace(const json_t *selector, const char *where,
					const struct rc_secrets_scope *scope,
					const char **ret_name_space, struct rc_error **err);
void rc_secrets_reference_done(struct rc_secrets_reference *reference);

struct rc_secrets_loading; /* several, under way; opaque */

/* values[i] belongs to references[i]; they are taken out by rc_steal() or freed afterwards. r is
 * -ENOENT for an absent object or key. Called once, from the loop; err is taken over. */
typedef void rc_secrets_loaded_fn(void *userdata, int r, struct rc_secret **values,
				  struct rc_error *err);

/* references is copied; n may be 0. */
struct rc_secrets_loading *rc_secrets_reference_load(const struct rc_secrets_context *context,
						     const struct rc_secrets_reference *references,
						     size_t n, rc_secrets_loaded_fn *loaded,
						     void *userdata);
/* loaded is not called. NULL is fine; never from inside loaded itself. */
void rc_secrets_reference_cancel(struct rc_secrets_loading *loading);
