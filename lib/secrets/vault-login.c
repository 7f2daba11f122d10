/* The methods of logging in to Vault. */
#include "secrets/vault-login.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

#define TOKEN_S 600

struct reader {
	const json_t *block; /* of the method */
	const struct rc_secrets_scope *scope;
	struct rc_secrets_vault_login *login;
};

static int want_text(const struct reader *reader, const char *key, const char *where,
		     const char **ret_text, struct rc_error **err)
{
	*ret_text = rc_json_text(reader->block, key, NULL);
	return *ret_text && **ret_text ? 0 : rc_fail(err, -EINVAL, "%s.%s is missing", where, key);
}

static int read_reference(const struct reader *reader, const char *key, const char *where,
			  const char *otherwise, int which, struct rc_error **err)
{
	rc_autofree char *field = rc_asprintf("%s.%s", where, key);
	int r = rc_secrets_reference_parse(json_object_get(reader->block, key), field, otherwise,
					   reader->scope, &reader->login->references[which], err);

	if (r < 0)
		return r;
	if (which == RC_SECRETS_VAULT_LOGIN_SECRET)
		reader->login->has_secret = true;
	else
		reader->login->has_role = true;
	return 0;
}

static int read_account(const struct reader *reader, const json_t *ref, const char *where,
			struct rc_error **err)
{
	const char *name = rc_json_text(ref, "name", NULL), *ns;
	int r = rc_secrets_reference_find_namespace(ref, where, reader->scope, &ns, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return rc_fail(err, -EINVAL, "%s.name is missing", where);
	reader->login->account = rc_strdup(name);
	reader->login->account_name_space = rc_strdup(ns);
	reader->login->seconds = TOKEN_S;
	reader->login->audiences = json_object_get(ref, "audiences");
	return 0;
}

/* ---- one function a method ---- */

static int read_token(const struct reader *reader, struct rc_error **err)
{
	int r = rc_secrets_reference_parse(
		reader->block, "auth.tokenSecretRef", "token", reader->scope,
		&reader->login->references[RC_SECRETS_VAULT_LOGIN_SECRET], err);

	reader->login->has_secret = r == 0;
	return r;
}

static int read_approle(const struct reader *reader, struct rc_error **err)
{
	struct rc_secrets_vault_login *login = reader->login;
	int r = read_reference(reader, "secretRef", "auth.appRole", NULL,
			       RC_SECRETS_VAULT_LOGIN_SECRET, err);

	login->role_id = rc_json_text(reader->block, "roleId", NULL);
	if (r < 0 || (login->role_id && *login->role_id))
		return r;
	if (!json_object_get(reader->block, "roleRef"))
		return rc_fail(err, -EINVAL, "auth.appRole: roleId or roleRef is wanted");
	return read_reference(reader, "roleRef", "auth.appRole", NULL, RC_SECRETS_VAULT_LOGIN_ROLE,
			      err);
}

static int read_kubernetes(const struct reader *reader, struct rc_error **err)
{
	const json_t *account = json_object_get(reader->block, "serviceAccountRef");
	int r = want_text(reader, "role", "auth.kubernetes", &reader->login->role, err);

	if (r < 0)
		return r;
	if (account)
		return read_account(reader, account, "auth.kubernetes.serviceAccountRef", err);
	if (!json_object_get(reader->block, "secretRef"))
		return rc_fail(err, -EINVAL,
			       "auth.kubernetes: serviceAccountRef or secretRef is wanted");
	return read_reference(reader, "secretRef", "auth.kubernetes", "token",
			      RC_SECRETS_VAULT_LOGIN_SECRET, err);
}

static int read_password(const struct reader *reader, const char *where, struct rc_error **err)
{
	int r = want_text(reader, "username", where, &reader->login->user, err);

	return r < 0 ? r
		     : read_reference(reader, "secretRef", where, NULL,
				      RC_SECRETS_VAULT_LOGIN_SECRET, err);
}

static int read_ldap(const struct reader *reader, struct rc_error **err)
{
	return read_password(reader, "auth.ldap", err);
}

static int read_userpass(const struct reader *reader, struct rc_error **err)
{
	return read_password(reader, "auth.userPass", err);
}

static int read_jwt(const struct reader *reader, struct rc_error **err)
{
	struct rc_secrets_vault_login *login = reader->login;
	const json_t *token = json_object_get(reader->block, "kubernetesServiceAccountToken");
	const json_t *seconds = json_object_get(token, "expirationSeconds");
	int r;

	login->role = rc_json_text(reader->block, "role", NULL) ?: "";
	if (json_object_get(reader->block, "secretRef"))
		return read_reference(reader, "secretRef", "auth.jwt", "token",
				      RC_SECRETS_VAULT_LOGIN_SECRET, err);
	if (!token)
		return rc_fail(err, -EINVAL,
			       "auth.jwt: secretRef or kubernetesServiceAccountToken is wanted");
	r = read_account(reader, json_object_get(token, "serviceAccountRef"),
			 "auth.jwt.kubernetesServiceAccountToken.serviceAccountRef", err);
	if (json_object_get(token, "audiences"))
		login->audiences = json_object_get(token, "audiences");
	if (json_is_integer(seconds) && json_integer_value(seconds) > 0)
		login->seconds = (unsigned int)json_integer_value(seconds);
	return r;
}

static int read_cert(const struct reader *reader, struct rc_error **err)
{
	struct rc_secrets_vault_login *login = reader->login;
	int r = rc_secrets_reference_parse(json_object_get(reader->block, "clientCert"),
					   "auth.cert.clientCert", "tls.crt", reader->scope,
					   &login->certificate, err);

	if (r == 0)
		r = rc_secrets_reference_parse(json_object_get(reader->block, "secretRef"),
					       "auth.cert.secretRef", "tls.key", reader->scope,
					       &login->key, err);
	login->has_certificate = r == 0;
	login->role = rc_json_text(reader->block, "vaultRole", NULL);
	return r;
}

static int read_iam(const struct reader *reader, struct rc_error **err)
{
	reader->login->iam = reader->block;
	return want_text(reader, "vaultRole", "auth.iam", &reader->login->role, err);
}

/* In the order in which External Secrets takes the first that is there. */
static const struct {
	const char *field, *mount_field, *mount;
	enum rc_secrets_vault_login_method method;
	int (*read)(const struct reader *reader, struct rc_error **err);
} methods[] = {
	{"tokenSecretRef", "", "token", RC_SECRETS_VAULT_LOGIN_TOKEN, read_token},
	{"appRole", "path", "approle", RC_SECRETS_VAULT_LOGIN_APPROLE, read_approle},
	{"kubernetes", "mountPath", "kubernetes", RC_SECRETS_VAULT_LOGIN_KUBERNETES,
	 read_kubernetes},
	{"ldap", "path", "ldap", RC_SECRETS_VAULT_LOGIN_LDAP, read_ldap},
	{"userPass", "path", "userpass", RC_SECRETS_VAULT_LOGIN_USERPASS, read_userpass},
	{"jwt", "path", "jwt", RC_SECRETS_VAULT_LOGIN_JWT, read_jwt},
	{"cert", "path", "cert", RC_SECRETS_VAULT_LOGIN_CERT, read_cert},
	{"iam", "path", "aws", RC_SECRETS_VAULT_LOGIN_IAM, read_iam},
};

static int refuse(const json_t *auth, struct rc_error **err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)auth, name, value)
		if (strcmp(name, "namespace") != 0)
			return rc_fail(err, -EINVAL,
				       "auth.%s is not supported; tokenSecretRef, appRole, "
				       "kubernetes, ldap, userPass, jwt, cert and iam are",
				       name);
	return rc_fail(err, -EINVAL, "auth holds no method");
}

int rc_secrets_vault_login_parse(const json_t *auth, const struct rc_secrets_scope *scope,
				 struct rc_secrets_vault_login *ret_login, struct rc_error **err)
{
	struct reader reader = {.scope = scope, .login = ret_login};
	int r;

	*ret_login = (struct rc_secrets_vault_login){.name_space =
							     rc_json_text(auth, "namespace", NULL)};
	if (!auth)
		return 0;
	for (size_t i = 0; i < RC_ARRAY_SIZE(methods); i++) {
		const char *mount;

		reader.block = json_object_get(auth, methods[i].field);
		if (!reader.block)
			continue;
		mount = rc_json_text(reader.block, methods[i].mount_field, NULL);
		ret_login->method = methods[i].method;
		ret_login->mount = mount && *mount ? mount : methods[i].mount;
		r = methods[i].read(&reader, err);
		if (r < 0)
			rc_secrets_vault_login_done(ret_login);
		return r;
	}
	return refuse(auth, err);
}

void rc_secrets_vault_login_done(struct rc_secrets_vault_login *login)
{
	for (size_t i = 0; i < RC_SECRETS_VAULT_LOGIN_REFS; i++)
		rc_secrets_reference_done(&login->references[i]);
	rc_secrets_reference_done(&login->certificate);
	rc_secrets_reference_done(&login->key);
	free(login->account_name_space);
	free(login->account);
	*login = (struct rc_secrets_vault_login){.mount = NULL};
}

/* ---- what to send ---- */

static json_t *text_of(const struct rc_secret *secret)
{
	struct rc_str text = rc_str_trim(rc_secret_reveal(secret), " \t\r\n");

	return json_stringn(text.p, text.n) ?: json_string("");
}

void rc_secrets_vault_login_make(const struct rc_secrets_vault_login *login,
				 const struct rc_secret *secret, const struct rc_secret *role_id,
				 char **ret_path, json_t **ret_body)
{
	json_t *body = json_object();

	*ret_path = rc_asprintf("auth/%s/login", login->mount ?: "");
	*ret_body = body;
	switch (login->method) {
	case RC_SECRETS_VAULT_LOGIN_NONE:
	case RC_SECRETS_VAULT_LOGIN_TOKEN:
		free(*ret_path);
		*ret_path = NULL;
		break;
	case RC_SECRETS_VAULT_LOGIN_IAM: /* its signed request is made in vault-iam.c */
		json_object_set_new(body, "role", json_string(login->role));
		break;
	case RC_SECRETS_VAULT_LOGIN_APPROLE:
		json_object_set_new(body, "role_id",
				    role_id ? text_of(role_id) : json_string(login->role_id));
		json_object_set_new(body, "secret_id", text_of(secret));
		break;
	case RC_SECRETS_VAULT_LOGIN_KUBERNETES:
	case RC_SECRETS_VAULT_LOGIN_JWT:
		json_object_set_new(body, "role", json_string(login->role));
		json_object_set_new(body, "jwt", text_of(secret));
		break;
	case RC_SECRETS_VAULT_LOGIN_LDAP:
	case RC_SECRETS_VAULT_LOGIN_USERPASS:
		free(*ret_path);
		*ret_path = rc_asprintf("auth/%s/login/%s", login->mount, login->user);
		json_object_set_new(body, "password", json_string(rc_secret_reveal(secret).p));
		break;
	case RC_SECRETS_VAULT_LOGIN_CERT:
		if (login->role && *login->role)
			json_object_set_new(body, "name", json_string(login->role));
		break;
	}
}
