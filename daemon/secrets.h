/* The secrets reconciler of each cluster, wired to the daemon. */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "daemon.h"

struct daemon_secrets;

struct daemon_secrets *daemon_secrets_new(struct rc_daemon *daemon);
void daemon_secrets_free(struct daemon_secrets *secrets);
struct rc_vault_pool;
/* Logins that outlive a reload, for those of a name; made when it is new. */
struct rc_vault_pool *daemon_secrets_get_pool(struct rc_daemon *daemon, const char *name);
/* What is logged in but holds no lease is revoked; then the loop is left. */
void daemon_secrets_close_vaults(struct rc_daemon *daemon);
void daemon_secrets_free_vaults(struct rc_daemon *daemon);
/* Discovery of a cluster learnt something. */
void daemon_secrets_on_destination(struct daemon_secrets *secrets,
				   const struct rc_destination *destination);
/* {"items": [...]} without any value; the caller's. */
json_t *daemon_secrets_list(const struct daemon_secrets *secrets);
/* {"items": [...]} of the stores and how they fare; the caller's. */
json_t *daemon_secrets_list_stores(const struct daemon_secrets *secrets);
/* -ENOENT. */
int daemon_secrets_get(const struct daemon_secrets *secrets, const char *name_space,
		       const char *name, json_t **ret_json, struct rc_error **err);
int daemon_secrets_refresh(struct daemon_secrets *secrets, const char *name_space, const char *name,
			   struct rc_error **err);
/* How the logins to Vault fare. */
void daemon_secrets_write_vault_metrics(const struct rc_daemon *daemon, struct rc_buf *out);
void daemon_secrets_write_metrics(const struct daemon_secrets *secrets, struct rc_buf *out);
