/* The kinds of generators, each in its file. */
#pragma once

#include "secrets/provider.h"

/* Fill values ({key: text}) by spec. -EINVAL names a field. */
typedef int rc_secrets_generator_instant_fn(const json_t *spec, json_t *values,
					    struct rc_error **err);

rc_secrets_generator_instant_fn rc_secrets_generator_make_password;
rc_secrets_generator_instant_fn rc_secrets_generator_make_ssh_key;

extern const struct rc_secrets_provider_ops rc_secrets_generator_vault_ops;
extern const struct rc_secrets_provider_ops rc_secrets_generator_webhook_ops;
