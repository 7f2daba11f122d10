/*
 * Reloading.
 *
 * Parts that a change does not touch stay as they are, with what they have of the configuration
 * before: that is kept as long as they are, and goes when everything is made anew.
 */
#include "reload.h"

#include <errno.h>
#include <string.h>

#include "base/journal.h"
#include "base/log.h"
#include "base/memory.h"
#include "git-configuration.h"
#include "notices.h"
#include "remote.h"
#include "terraform.h"
#include "validation.h"
#include "webhooks.h"

#define RETIRED_MAX 16 /* then everything is made anew, so that they can go */

/* ---- before ---- */

static bool check_clusters(const struct rc_config *config, struct rc_buf *messages)
{
	for (size_t i = 0; i < config->n_clusters; i++) {
		const struct rc_config_cluster *cluster = &config->clusters[i];
		rc_cleanup(rc_kube_kubeconfig_freep) struct rc_kube_kubeconfig *kubeconfig = NULL;
		rc_cleanup(rc_error_freep) struct rc_error *err = NULL;

		if (!cluster->kubeconfig ||
		    rc_kube_kubeconfig_load(cluster->kubeconfig, cluster->context, &kubeconfig,
					    &err) == 0)
			continue;
		rc_autofree char *text = rc_error_format(err);

		rc_config_refuse(messages, cluster->place, "%s", text);
		return false;
	}
	return true;
}

static bool check_customizations(const struct rc_config *config, struct rc_buf *messages)
{
	rc_cleanup(rc_customizations_freep) struct rc_customizations *customizations = NULL;

	return daemon_customizations_make(config, &customizations, messages) == 0;
}

/* Everything a part could stumble over is looked at before the old parts go. */
bool daemon_reload_check(const struct rc_config *config, struct rc_buf *messages)
{
	return check_clusters(config, messages) && check_customizations(config, messages) &&
	       daemon_notices_check(config, messages) == 0;
}

static bool is_fixed_changed(const struct rc_config *a, const struct rc_config *b)
{
	return strcmp(a->state_directory, b->state_directory) != 0 ||
	       strcmp(a->instance, b->instance) != 0 || strcmp(a->api.socket, b->api.socket) != 0 ||
	       !rc_text_equal(a->api.listen, b->api.listen) ||
	       !rc_text_equal(a->api.tls.listen, b->api.tls.listen);
}

/* ---- only what changed ---- */

static void apply_log(struct rc_daemon *daemon)
{
	daemon_set_log(daemon->config);
}

static void apply_api(struct rc_daemon *daemon)
{
	daemon_remote_configure(daemon->remote);
}

static void apply_notices(struct rc_daemon *daemon)
{
	daemon_notices_free(rc_steal(&daemon->notices));
	daemon->notices = daemon_notices_new(daemon);
}

static void apply_sync(struct rc_daemon *daemon)
{
	const struct rc_config *config = daemon->config;

	rc_engine_set_limits(daemon->engine, (uint64_t)config->render.timeout_ms,
			     (uint64_t)config->sync.wave_timeout_ms,
			     (unsigned int)config->sync.prune_budget);
}

static void apply_validation(struct rc_daemon *daemon)
{
	daemon_validation_free(rc_steal(&daemon->validation));
	daemon->validation = daemon_validation_new(daemon);
	/* It learns of each when something happens to it. */
	for (struct rc_app *const *app = rc_engine_list_apps(daemon->engine); *app; app++)
		daemon_validation_on_app(daemon->validation, *app);
}

static void apply_webhooks(struct rc_daemon *daemon)
{
	daemon_webhooks_free(rc_steal(&daemon->webhooks));
	daemon->webhooks = daemon_webhooks_new(daemon);
}

static void apply_terraform(struct rc_daemon *daemon)
{
	daemon_terraform_unbind(daemon->terraform);
	daemon_terraform_configure(daemon->terraform);
}

/* What can be changed on its own; for anything else everything is made anew. */
static const struct {
	const char *key;
	void (*apply)(struct rc_daemon *daemon);
} parts[] = {
	{"log", apply_log},
	{"api", apply_api},
	{"sync", apply_sync},
	{"notifications", apply_notices},
	{"validation", apply_validation},
	{"webhooks", apply_webhooks},
	{"terraform", apply_terraform},
};

static size_t find_part(const char *key)
{
	size_t i = 0;

	while (i < RC_ARRAY_SIZE(parts) && strcmp(parts[i].key, key) != 0)
		i++;
	return i;
}

static bool can_apply_parts(const struct rc_daemon *daemon, const struct rc_config *config)
{
	const char *key;
	size_t i = 0;

	while ((key = rc_config_find_change(daemon->config, config, &i)))
		if (find_part(key) == RC_ARRAY_SIZE(parts))
			return false;
	return daemon->n_retired < RETIRED_MAX;
}

static void tell_changes(const struct rc_config *before, const struct rc_config *config)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(4096);
	const char *key;
	size_t i = 0;

	while ((key = rc_config_find_change(before, config, &i)))
		rc_buf_printf(&text, "%s%s", text.n ? ", " : "", key);
	rc_log_notice(NULL, "the configuration was read again; changed: %s",
		      text.n ? rc_buf_text(&text) : "nothing");
}

static void apply_parts(struct rc_daemon *daemon, struct rc_config *config)
{
	struct rc_config *before = daemon->config;
	const char *key;
	size_t i = 0;

	daemon->config = config;
	daemon->retired =
		rc_realloc(daemon->retired, (daemon->n_retired + 1) * sizeof(*daemon->retired));
	daemon->retired[daemon->n_retired++] = before;
	while ((key = rc_config_find_change(before, config, &i)))
		parts[find_part(key)].apply(daemon);
}

/* ---- all of it ---- */

void daemon_reload_free_retired(struct rc_daemon *daemon)
{
	for (size_t i = 0; i < daemon->n_retired; i++)
		rc_config_free(daemon->retired[i]);
	free(rc_steal(&daemon->retired));
	daemon->n_retired = 0;
}

static void apply_all(struct rc_daemon *daemon, struct rc_config *config)
{
	struct rc_config *before = daemon->config;
	struct rc_error *err = NULL;

	daemon_free_parts(daemon);
	daemon->config = config;
	daemon_set_log(config);
	daemon_remote_configure(daemon->remote);
	if (daemon_make_parts(daemon, &err) < 0)
		rc_log_error(NULL, LOG_ERR, err, "after the reload");
	rc_error_free(err);
	rc_config_free(before);
	daemon_reload_free_retired(daemon);
}

void daemon_reload_apply(struct rc_daemon *daemon, struct rc_config *config, bool is_whole)
{
	size_t i = 0;

	if (is_fixed_changed(daemon->config, config))
		rc_log_warning(NULL,
			       "instance, stateDirectory and api take effect at the next start");
	tell_changes(daemon->config, config);
	if (is_whole || !can_apply_parts(daemon, config))
		apply_all(daemon, config);
	else if (rc_config_find_change(daemon->config, config, &i))
		apply_parts(daemon, config);
	else
		rc_config_free(config);
	if (!daemon_get_config_error(daemon))
		daemon_notices_on_config(daemon->notices, NULL);
}

const char *daemon_get_config_error(const struct rc_daemon *daemon)
{
	return daemon->config_error ?: daemon_configuration_get_error(daemon->configuration);
}

void daemon_reload(struct rc_daemon *daemon)
{
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	struct rc_config *config = NULL;

	rc_journal_notify_reloading();
	free(daemon->config_error);
	daemon->config_error = NULL;
	if (rc_config_load(daemon->config_path, &config, &messages) < 0 ||
	    !daemon_reload_check(config, &messages)) {
		rc_config_free(config);
		daemon->config_error = rc_buf_take(&messages);
		rc_log_err(NULL, "the configuration is refused, the one before stays in force: %s",
			   daemon->config_error);
		daemon_notices_on_config(daemon->notices, daemon->config_error);
		rc_journal_notify("READY=1\nSTATUS=the new configuration was refused");
		return;
	}
	daemon_reload_apply(daemon, config, true);
	rc_journal_notify("READY=1\nSTATUS=running");
}
