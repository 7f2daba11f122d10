/* Logins to the Vaults that terraform.vaults names. */
#pragma once

#include "daemon.h"
#include "vault/session.h"

struct daemon_vault_logins;

struct daemon_vault_logins *daemon_vault_login_new(struct rc_daemon *daemon);
void daemon_vault_login_free(struct daemon_vault_logins *logins);
/* The session with a Vault as the configuration says now; ends with daemon_vault_login_unuse().
 * -ENOENT: none is named so; else why its CA cannot be read. */
int daemon_vault_login_use(struct daemon_vault_logins *logins, const char *name,
			   struct rc_vault_session **ret_session, struct rc_error **err);
void daemon_vault_login_unuse(struct daemon_vault_logins *logins, struct rc_vault_session *session);
