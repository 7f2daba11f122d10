/*
 * Logging in to Vault as an identity of AWS: a request of STS that says who asks, signed by us and
 * sent there by Vault, which so learns who signed it.
 */
#pragma once

#include <stdint.h>

#include <jansson.h>

#include "base/error.h"
#include "net/aws-sigv4.h"
#include "secrets/aws-identity.h"

/* Who signs, by the block auth.iam of a store; as rc_secrets_aws_identity_use(). */
int rc_secrets_vault_iam_use(const struct rc_secrets_context *context, const json_t *iam,
			     const struct rc_secrets_scope *scope,
			     struct rc_secrets_aws_identity **ret_identity, struct rc_error **err);

/* Add the signed request to the body of a login. */
void rc_secrets_vault_iam_sign(const json_t *iam, const struct rc_net_aws_keys *keys,
			       int64_t now_unix_s, json_t *body);
