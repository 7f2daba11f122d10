/* How a store of Vault logs in: reading its auth block, and what to send for each method. */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"
#include "base/secret.h"
#include "secrets/reference.h"
#include "vault/session.h"

enum rc_secrets_vault_login_method {
	RC_SECRETS_VAULT_LOGIN_NONE, /* a proxy logs in for us */
	RC_SECRETS_VAULT_LOGIN_TOKEN,
	RC_SECRETS_VAULT_LOGIN_APPROLE,
	RC_SECRETS_VAULT_LOGIN_KUBERNETES,
	RC_SECRETS_VAULT_LOGIN_LDAP,
	RC_SECRETS_VAULT_LOGIN_USERPASS,
	RC_SECRETS_VAULT_LOGIN_JWT,
	RC_SECRETS_VAULT_LOGIN_CERT,
	RC_SECRETS_VAULT_LOGIN_IAM,
};

/* What to read before a login; the first is the secret itself. */
enum { RC_SECRETS_VAULT_LOGIN_SECRET, RC_SECRETS_VAULT_LOGIN_ROLE, RC_SECRETS_VAULT_LOGIN_REFS };

/* Texts are borrowed from the auth block unless they say otherwise. */
struct rc_secrets_vault_login {
	enum rc_secrets_vault_login_method method;
	const char *mount, *role, *user, *role_id, *name_space;
	bool has_secret, has_role;
	struct rc_secrets_reference references[RC_SECRETS_VAULT_LOGIN_REFS];
	/* A token of this service account is the secret; texts are owned. */
	char *account_name_space, *account;
	const json_t *audiences; /* or NULL: the API server's own */
	unsigned int seconds;
	/* cert: the client certificate of the connection. */
	bool has_certificate;
	struct rc_secrets_reference certificate, key;
	const json_t *iam; /* the block; what is signed is added to the body (vault-iam.h) */
};

/* auth may be NULL. -EINVAL names the field that is wrong, or the method that is not supported. */
int rc_secrets_vault_login_parse(const json_t *auth, const struct rc_secrets_scope *scope,
				 struct rc_secrets_vault_login *ret_login, struct rc_error **err);
void rc_secrets_vault_login_done(struct rc_secrets_vault_login *login);

/* The path and the body to send; secret is the token, password, secret id or JWT. The caller's;
 * *ret_path is NULL when there is nothing to send. */
void rc_secrets_vault_login_make(const struct rc_secrets_vault_login *login,
				 const struct rc_secret *secret, const struct rc_secret *role_id,
				 char **ret_path, json_t **ret_body);
