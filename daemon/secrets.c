/* One secrets manager per cluster. */
#include "secrets.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "changes.h"
#include "data/json.h"
#include "notices.h"
#include "secrets/manager.h"

struct member {
	struct rc_daemon *daemon;
	struct rc_destination *destination;
	struct rc_secrets_manager *manager;
};

struct daemon_secrets {
	struct member **members;
	size_t n;
};

/* Logins outlive a reload: leases of database users hang on them. */
struct daemon_vault {
	struct daemon_vault *next;
	struct rc_daemon *daemon;
	char *cluster;
	struct rc_vault_pool *pool;
};

struct rc_vault_pool *daemon_secrets_get_pool(struct rc_daemon *daemon, const char *cluster)
{
	struct daemon_vault *vault = daemon->vaults;

	while (vault && strcmp(vault->cluster, cluster) != 0)
		vault = vault->next;
	if (!vault) {
		vault = rc_new0(struct daemon_vault);
		vault->daemon = daemon;
		vault->cluster = rc_strdup(cluster);
		vault->pool = rc_vault_pool_new(daemon->loop, NULL, NULL);
		vault->next = daemon->vaults;
		daemon->vaults = vault;
	}
	return vault->pool;
}

static void on_closed(void *userdata)
{
	struct rc_daemon *daemon = userdata;

	if (--daemon->n_closing == 0)
		ev_break(daemon->loop, EVBREAK_ALL);
}

void daemon_secrets_close_vaults(struct rc_daemon *daemon)
{
	struct daemon_vault *vault;

	for (vault = daemon->vaults; vault; vault = vault->next)
		daemon->n_closing++;
	for (vault = daemon->vaults; vault; vault = vault->next)
		rc_vault_pool_close(vault->pool, on_closed, daemon);
	if (daemon->n_closing == 0)
		ev_break(daemon->loop, EVBREAK_ALL);
}

void daemon_secrets_free_vaults(struct rc_daemon *daemon)
{
	while (daemon->vaults) {
		struct daemon_vault *vault = daemon->vaults;

		daemon->vaults = vault->next;
		rc_vault_pool_free(vault->pool);
		free(vault->cluster);
		free(vault);
	}
}

static void on_changed(void *userdata, const json_t *what)
{
	const struct member *member = userdata;
	rc_autofree char *name = rc_asprintf("%s/%s", rc_json_text(what, "namespace", NULL) ?: "",
					     rc_json_text(what, "name", NULL) ?: "");

	daemon_changes_tell(member->daemon->changes, "secret", name);
	daemon_notices_on_secret(member->daemon->notices,
				 rc_destination_get_name(member->destination), what);
}

static const struct rc_config_cluster *find_cluster(const struct rc_daemon *daemon,
						    const char *name)
{
	for (size_t i = 0; i < daemon->config->n_clusters; i++)
		if (strcmp(daemon->config->clusters[i].name, name) == 0)
			return &daemon->config->clusters[i];
	return NULL;
}

struct daemon_secrets *daemon_secrets_new(struct rc_daemon *daemon)
{
	struct daemon_secrets *secrets = rc_new0(struct daemon_secrets);
	struct rc_destination *const *destination = rc_engine_list_destinations(daemon->engine);

	for (; *destination; destination++) {
		struct member *member = rc_new0(struct member);
		const struct rc_config_cluster *cluster =
			find_cluster(daemon, rc_destination_get_name(*destination));
		struct rc_secrets_manager_options options = {
			.loop = daemon->loop,
			.cluster = rc_destination_get_cluster(*destination),
			.discovery = rc_destination_get_discovery(*destination),
			.events = rc_destination_get_events(*destination),
			.store = daemon->store,
			.vault = daemon_secrets_get_pool(daemon,
							 rc_destination_get_name(*destination)),
			.only_own_class = cluster && cluster->beside_external_secrets,
			.has_generic_targets = cluster && cluster->generic_targets,
			.name = rc_destination_get_name(*destination),
			.changed = on_changed,
			.userdata = member,
		};

		*member = (struct member){.daemon = daemon, .destination = *destination};
		secrets->members =
			rc_realloc(secrets->members, (secrets->n + 1) * sizeof(*secrets->members));
		secrets->members[secrets->n++] = member;
		member->manager = rc_secrets_manager_new(&options);
	}
	return secrets;
}

void daemon_secrets_free(struct daemon_secrets *secrets)
{
	if (!secrets)
		return;
	for (size_t i = 0; i < secrets->n; i++) {
		rc_secrets_manager_free(secrets->members[i]->manager);
		free(secrets->members[i]);
	}
	free(secrets->members);
	free(secrets);
}

void daemon_secrets_on_destination(struct daemon_secrets *secrets,
				   const struct rc_destination *destination)
{
	for (size_t i = 0; i < secrets->n; i++)
		if (secrets->members[i]->destination == destination)
			rc_secrets_manager_on_discovery(secrets->members[i]->manager);
}

json_t *daemon_secrets_list(const struct daemon_secrets *secrets)
{
	json_t *items = json_array();

	for (size_t i = 0; i < secrets->n; i++)
		rc_secrets_manager_list(secrets->members[i]->manager, items);
	return json_pack("{s:o}", "items", items);
}

json_t *daemon_secrets_list_stores(const struct daemon_secrets *secrets)
{
	json_t *items = json_array();

	for (size_t i = 0; i < secrets->n; i++)
		rc_secrets_manager_list_stores(secrets->members[i]->manager, items);
	return json_pack("{s:o}", "items", items);
}

int daemon_secrets_get(const struct daemon_secrets *secrets, const char *name_space,
		       const char *name, json_t **ret_json, struct rc_error **err)
{
	for (size_t i = 0; i < secrets->n; i++) {
		*ret_json = rc_secrets_manager_get(secrets->members[i]->manager, name_space, name);
		if (*ret_json)
			return 0;
	}
	return rc_fail(err, -ENOENT, "there is no ExternalSecret %s/%s", name_space, name);
}

int daemon_secrets_refresh(struct daemon_secrets *secrets, const char *name_space, const char *name,
			   struct rc_error **err)
{
	for (size_t i = 0; i < secrets->n; i++)
		if (rc_secrets_manager_refresh(secrets->members[i]->manager, name_space, name,
					       NULL) == 0)
			return 0;
	return rc_fail(err, -ENOENT, "there is no ExternalSecret %s/%s", name_space, name);
}

void daemon_secrets_write_metrics(const struct daemon_secrets *secrets, struct rc_buf *out)
{
	static const struct {
		const char *name, *type, *help;
	} metrics[] = {
		{"externalsecret_sync_calls_total", "counter", "Refreshes of the External Secret."},
		{"externalsecret_sync_calls_error", "counter", "Refreshes that failed."},
		{"externalsecret_status_condition", "gauge", "The status condition."},
		{"externalsecret_reconcile_duration", "gauge",
		 "Nanoseconds the last refresh took."},
		{"reconciled_secret_synced_seconds", "gauge",
		 "When it was last in sync, since the epoch."},
		{"reconciled_secret_lease_end_seconds", "gauge",
		 "When the first lease of its dynamic credentials ends, since the epoch; 0: no "
		 "lease."},
		{"reconciled_secret_certificate_end_seconds", "gauge",
		 "When the first certificate of its Secret's tls.crt ends, since the epoch; 0: "
		 "none."},
		{"reconciled_secret_store_token_end_seconds", "gauge",
		 "When the token that a store uses ends unless it is renewed, since the epoch; 0: "
		 "none, or never."},
		{"reconciled_secret_leases", "gauge",
		 "Dynamic credentials that live for it now, or may."},
		{"reconciled_secret_mints_total", "counter", "Dynamic credentials made for it."},
		{"reconciled_secret_old_pods", "gauge",
		 "Pods that still use the credentials before; these are kept for them."},
		{"reconciled_secret_rollout_pending_seconds", "gauge",
		 "How long pods have been using the credentials before."},
		{"secretstore_status_condition", "gauge", "The status condition."},
		{"clustersecretstore_status_condition", "gauge", "The status condition."},
		{"pushsecret_status_condition", "gauge", "The status condition."},
		{"pushsecret_reconcile_duration", "gauge", "Nanoseconds the last run took."},
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(metrics); i++) {
		rc_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
			      metrics[i].name, metrics[i].type);
		for (size_t j = 0; j < secrets->n; j++)
			rc_secrets_manager_write_samples(secrets->members[j]->manager,
							 metrics[i].name, out);
	}
}

static void count_failing(void *userdata, struct rc_vault_session *session)
{
	unsigned int *n = userdata;

	*n += rc_vault_session_get_error(session) != NULL;
}

void daemon_secrets_write_vault_metrics(const struct rc_daemon *daemon, struct rc_buf *out)
{
	const char *const name = "reconciled_vault_sessions_failing";

	rc_buf_printf(out,
		      "# HELP %s Identities that cannot log in to Vault now.\n# TYPE %s gauge\n",
		      name, name);
	for (const struct daemon_vault *vault = daemon->vaults; vault; vault = vault->next) {
		unsigned int n = 0;

		rc_vault_pool_each_session(vault->pool, count_failing, &n);
		rc_buf_printf(out, "%s{cluster=\"%s\"} %u\n", name, vault->cluster, n);
	}
}
