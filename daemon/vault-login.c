/* Logins to Vaults of the configuration. */
#include "vault-login.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "secrets.h"
#include "vault/pool.h"

#define POOL	  "terraform"
#define CA_MAX	  ((size_t)1 << 20)
#define POD_TOKEN "/var/run/secrets/kubernetes.io/serviceaccount/token"

/* One way of logging in: kept as long as the daemon, as a session may outlive a reload. */
struct login {
	struct login *next;
	struct rc_arena *arena;
	struct rc_config_vault vault; /* texts in the arena */
	char *key;
};

struct daemon_vault_logins {
	struct rc_daemon *daemon;
	struct login *logins;
};

static const char *get_mount(const struct rc_config_vault *vault)
{
	return vault->auth.mount ?: vault->auth.method;
}

/* What to send, with what is secret in it. */
static void give(struct rc_vault_session *session, const struct rc_config_vault *vault,
		 const struct rc_secret *secret)
{
	bool is_approle = strcmp(vault->auth.method, "approle") == 0;
	rc_autofree char *path = rc_asprintf("auth/%s/login", get_mount(vault));
	json_auto_t *body = json_pack("{s:s*, s:s%}", is_approle ? "role_id" : "role",
				      vault->auth.role, is_approle ? "secret_id" : "jwt",
				      rc_secret_reveal(secret).p, rc_secret_reveal(secret).n);
	struct rc_vault_login login = {.path = path, .body = body};
	struct rc_error *err = NULL;
	int r = 0;

	if (!body)
		r = rc_fail(&err, -EINVAL, "Vault '%s': what to log in with is no text",
			    vault->name);
	if (strcmp(vault->auth.method, "token") == 0)
		login = (struct rc_vault_login){.token = secret};
	rc_vault_session_give(session, r, &login, err);
}

static void on_want(void *userdata, struct rc_vault_session *session)
{
	const struct login *login = userdata;
	struct rc_config_auth from = login->vault.auth.secret;
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;
	struct rc_error *err = NULL;
	int r;

	if (!from.credential && !from.file && !from.env)
		from.file = POD_TOKEN;
	r = daemon_auth_read_secret(&from, &secret, &err);
	if (r < 0) {
		rc_wrap(&err, r, "logging in to Vault '%s'", login->vault.name);
		rc_vault_session_give(session, r, NULL, err);
		return;
	}
	give(session, &login->vault, secret);
}

static void on_cancel(void *userdata)
{
	(void)userdata; /* it was answered at once */
}

/* ---- the one that the configuration says ---- */

static const struct rc_config_vault *find(const struct rc_config *config, const char *name)
{
	for (size_t i = 0; i < config->terraform.n_vaults; i++)
		if (strcmp(config->terraform.vaults[i].name, name) == 0)
			return &config->terraform.vaults[i];
	return NULL;
}

static char *make_key(const struct rc_config_vault *vault, struct rc_str ca)
{
	const struct rc_config_auth *from = &vault->auth.secret;

	return rc_asprintf("%s\n%s\n%s\n%s\n%s\n%s\n%s\n%s\n%.*s", vault->url,
			   vault->name_space ?: "", vault->auth.method, get_mount(vault),
			   vault->auth.role ?: "", from->credential ?: "", from->file ?: "",
			   from->env ?: "", (int)ca.n, ca.p ?: "");
}

static const char *copy_text(struct rc_arena *arena, const char *text)
{
	return text ? rc_arena_strdup(arena, text) : NULL;
}

/* key is given away. */
static struct login *get_login(struct daemon_vault_logins *logins,
			       const struct rc_config_vault *vault, char *key)
{
	struct login *login = logins->logins;
	struct rc_config_auth *secret;

	while (login && strcmp(login->key, key) != 0)
		login = login->next;
	if (login) {
		free(key);
		return login;
	}
	login = rc_new0(struct login);
	login->arena = rc_arena_new(0);
	login->key = key;
	login->vault = *vault;
	login->vault.name = copy_text(login->arena, vault->name);
	login->vault.url = copy_text(login->arena, vault->url);
	login->vault.name_space = copy_text(login->arena, vault->name_space);
	login->vault.auth.method = copy_text(login->arena, vault->auth.method);
	login->vault.auth.mount = copy_text(login->arena, vault->auth.mount);
	login->vault.auth.role = copy_text(login->arena, vault->auth.role);
	secret = &login->vault.auth.secret;
	secret->credential = copy_text(login->arena, secret->credential);
	secret->file = copy_text(login->arena, secret->file);
	secret->env = copy_text(login->arena, secret->env);
	login->next = logins->logins;
	return logins->logins = login;
}

int daemon_vault_login_use(struct daemon_vault_logins *logins, const char *name,
			   struct rc_vault_session **ret_session, struct rc_error **err)
{
	const struct rc_config_vault *vault = find(logins->daemon->config, name);
	rc_autobuf struct rc_buf ca = RC_BUF_INIT(CA_MAX);
	struct rc_vault_options options = {
		.loop = logins->daemon->loop, .want = on_want, .cancel = on_cancel};
	struct login *login;
	int r = 0;

	if (!vault)
		return rc_fail(err, -ENOENT, "no Vault is named '%s'", name);
	if (vault->ca)
		r = rc_file_read(vault->ca, &ca, err);
	if (r < 0)
		return rc_wrap(err, r, "Vault '%s': ca", name);
	login = get_login(logins, vault, make_key(vault, rc_buf_str(&ca)));
	options.name_space = vault->name_space;
	options.ca_pem = vault->ca ? rc_buf_text(&ca) : NULL;
	options.userdata = login;
	*ret_session = rc_vault_pool_use(daemon_secrets_get_pool(logins->daemon, POOL), vault->url,
					 login->key, &options);
	return 0;
}

void daemon_vault_login_unuse(struct daemon_vault_logins *logins, struct rc_vault_session *session)
{
	rc_vault_pool_unuse(daemon_secrets_get_pool(logins->daemon, POOL), session);
}

/* ---- life ---- */

struct daemon_vault_logins *daemon_vault_login_new(struct rc_daemon *daemon)
{
	struct daemon_vault_logins *logins = rc_new0(struct daemon_vault_logins);

	logins->daemon = daemon;
	return logins;
}

void daemon_vault_login_free(struct daemon_vault_logins *logins)
{
	if (!logins)
		return;
	while (logins->logins) {
		struct login *login = logins->logins;

		logins->logins = login->next;
		rc_arena_free(login->arena);
		free(login->key);
		free(login);
	}
	free(logins);
}
