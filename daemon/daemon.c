/* Building the daemon from its configuration. */
#include "daemon.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "changes.h"
#include "asks.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/journal.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/passed.h"
#include "git-configuration.h"
#include "events.h"
#include "notices.h"
#include "remote.h"
#include "secrets.h"
#include "terraform.h"
#include "validation.h"
#include "web/web.h"
#include "webhooks.h"
#include "worker.h"

#define STOP_S 3 /* for saying good-bye to Vault */

static const struct {
	const char *name;
	int level;
} levels[] = {
	{"err", LOG_ERR},   {"warning", LOG_WARNING}, {"notice", LOG_NOTICE},
	{"info", LOG_INFO}, {"debug", LOG_DEBUG},
};

void daemon_set_log(const struct rc_config *config)
{
	for (size_t i = 0; i < RC_ARRAY_SIZE(levels); i++)
		if (strcmp(levels[i].name, config->log.level) == 0)
			rc_log_set_level(levels[i].level);
	if (strcmp(config->log.format, "json") == 0)
		rc_log_set_target(RC_LOG_JSON);
	else if (strcmp(config->log.format, "text") == 0)
		rc_log_set_target(RC_LOG_STDERR);
	else
		rc_journal_attach();
}

/* ---- clusters and repositories ---- */

static struct rc_kube_kubeconfig *make_eks(const struct rc_config_eks *config)
{
	/* Its members are copied. */
	struct rc_kube_kubeconfig_eks eks = {.cluster = (char *)(uintptr_t)config->cluster,
					     .region = (char *)(uintptr_t)config->region,
					     .role_arn = (char *)(uintptr_t)config->role_arn,
					     .external_id = (char *)(uintptr_t)config->external_id,
					     .profile = (char *)(uintptr_t)config->profile};

	return rc_kube_kubeconfig_new_eks(&eks);
}

static int add_cluster(struct rc_daemon *daemon, const struct rc_config_cluster *config,
		       struct rc_error **err)
{
	struct rc_destination_options options = {
		.name = config->name,
		.namespaces = config->namespaces,
		.n_namespaces = config->n_namespaces,
		.max_in_flight = (unsigned int)config->max_requests,
	};
	int r = 0;

	if (config->eks.cluster)
		options.kubeconfig = make_eks(&config->eks);
	else if (config->kubeconfig)
		r = rc_kube_kubeconfig_load(config->kubeconfig, config->context,
					    &options.kubeconfig, err);
	else
		r = rc_kube_kubeconfig_load_in_cluster(NULL, &options.kubeconfig, err);
	if (r < 0)
		return rc_wrap(err, r, "cluster '%s'", config->name);
	rc_engine_add_destination(daemon->engine, &options);
	return 0;
}

static json_t *on_auth(void *userdata, struct rc_error **err)
{
	return daemon_auth_make(userdata, err);
}

static void add_repository(struct rc_daemon *daemon, const struct rc_config_repository *config)
{
	bool is_git = strcmp(config->type, "git") == 0;
	rc_autofree char *mirror =
		is_git ? rc_asprintf("%s/%s.git", daemon->config->cache_directory, config->name)
		       : rc_strdup(daemon->charts);
	struct rc_repository_options options = {
		.name = config->name,
		.url = config->url,
		.type = config->type,
		.mirror = mirror,
		.interval_ms = (uint64_t)config->interval_ms,
		.timeout_ms = (uint64_t)config->timeout_ms,
		.get_auth = on_auth,
		.auth_userdata = (void *)(uintptr_t)config,
	};

	rc_engine_add_repository(daemon->engine, &options);
}

/* ---- the engine tells ---- */

static void on_repository(void *userdata, struct rc_repository *repository)
{
	struct rc_daemon *daemon = userdata;

	daemon_catalog_on_repository(daemon, repository);
	daemon_terraform_on_repository(daemon->terraform, repository);
	daemon_configuration_on_repository(daemon->configuration, repository);
	daemon_changes_tell(daemon->changes, "repository", rc_repository_get_name(repository));
}

static void on_destination(void *userdata, struct rc_destination *destination)
{
	struct rc_daemon *daemon = userdata;

	daemon_live_on_destination(daemon, destination);
	if (daemon->secrets)
		daemon_secrets_on_destination(daemon->secrets, destination);
}

static void on_app(void *userdata, struct rc_app *app)
{
	struct rc_daemon *daemon = userdata;

	daemon_live_on_app(daemon, app);
	daemon_validation_on_app(daemon->validation, app);
	daemon_events_on_app(daemon->events, app);
	daemon_notices_on_app(daemon->notices, app);
	daemon_changes_tell(daemon->changes, "app", rc_app_get_name(app));
}

static void on_app_deleted(void *userdata, struct rc_app *app)
{
	struct rc_daemon *daemon = userdata;

	daemon_live_on_deleted(daemon, app);
	daemon_events_forget_app(daemon->events, rc_app_get_name(app));
}

static int make_engine(struct rc_daemon *daemon, struct rc_error **err)
{
	const struct rc_config *config = daemon->config;
	struct rc_engine_options options = {
		.loop = daemon->loop,
		.instance = config->instance,
		.store = daemon->store,
		.charts = daemon->charts,
		.unlisted = config->unlisted_repositories ? config->cache_directory : NULL,
		.git_pool = daemon->git_pool,
		.render_pool = daemon->render_pool,
		.script_pool = daemon->script_pool,
		.customizations = daemon->customizations,
		.render_timeout_ms = (uint64_t)config->render.timeout_ms,
		.wave_timeout_ms = (uint64_t)config->sync.wave_timeout_ms,
		.prune_budget = (unsigned int)config->sync.prune_budget,
		.app_changed = on_app,
		.app_deleted = on_app_deleted,
		.repository_changed = on_repository,
		.destination_changed = on_destination,
		.await_stack = daemon_terraform_await_stack,
		.get_output = daemon_terraform_get_output,
		.userdata = daemon,
	};

	daemon->engine = rc_engine_new(&options);
	for (size_t i = 0; i < config->n_clusters; i++) {
		int r = add_cluster(daemon, &config->clusters[i], err);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < config->n_repositories; i++)
		add_repository(daemon, &config->repositories[i]);
	return 0;
}

static int make_folders(const struct rc_config *config, struct rc_error **err)
{
	int r = rc_file_make_directory(config->state_directory, 0700, err);

	return r < 0 ? r : rc_file_make_directory(config->cache_directory, 0700, err);
}

static int open_store(struct rc_daemon *daemon, struct rc_error **err)
{
	rc_autofree char *path = rc_path_join(daemon->config->state_directory, "state.db");
	bool was_damaged = false;
	int r = rc_store_open(path, daemon->config->instance, &daemon->store, &was_damaged, err);

	if (r == 0 && was_damaged)
		rc_log_warning(NULL, "%s was damaged; it was moved aside and a new one begun",
			       path);
	return r;
}

/* What depends on the configuration's details; a reload makes it anew. */
int daemon_make_parts(struct rc_daemon *daemon, struct rc_error **err)
{
	rc_autobuf struct rc_buf messages = RC_BUF_INIT(1 << 20);
	int r = daemon_customizations_make(daemon->config, &daemon->customizations, &messages);

	if (r < 0)
		return rc_fail(err, r, "%s", rc_buf_text(&messages));
	r = daemon_notices_check(daemon->config, &messages);
	if (r < 0)
		return rc_fail(err, r, "%s", rc_buf_text(&messages));
	daemon->charts = rc_path_join(daemon->config->cache_directory, "charts");
	daemon->git_pool = daemon_worker_new_git_pool(daemon->loop);
	daemon->render_pool = daemon_worker_new_render_pool(daemon->loop, daemon->config);
	daemon->script_pool = daemon_worker_new_script_pool(daemon->loop);
	r = make_engine(daemon, err);
	if (r < 0)
		return r;
	daemon->secrets = daemon_secrets_new(daemon);
	daemon->validation = daemon_validation_new(daemon);
	daemon->notices = daemon_notices_new(daemon);
	daemon->webhooks = daemon_webhooks_new(daemon);
	daemon_catalog_make_all(daemon);
	daemon_live_make_all(daemon);
	daemon_terraform_configure(daemon->terraform);
	daemon_configuration_bind(daemon->configuration);
	return 0;
}

static void end_asks(struct rc_daemon *daemon)
{
	struct daemon_ask *ask, *next;

	DL_FOREACH_SAFE (daemon->asks, ask, next)
		ask->end(ask);
}

void daemon_free_parts(struct rc_daemon *daemon)
{
	daemon_configuration_unbind(daemon->configuration);
	if (daemon->terraform)
		daemon_terraform_unbind(daemon->terraform);
	end_asks(daemon);
	daemon_live_free_all(daemon);
	daemon_catalog_free_all(daemon);
	daemon_validation_free(rc_steal(&daemon->validation));
	daemon_notices_free(rc_steal(&daemon->notices));
	daemon_webhooks_free(rc_steal(&daemon->webhooks));
	daemon_secrets_free(rc_steal(&daemon->secrets));
	rc_engine_free(rc_steal(&daemon->engine));
	free(rc_steal(&daemon->charts));
	rc_worker_pool_free(rc_steal(&daemon->git_pool));
	rc_worker_pool_free(rc_steal(&daemon->render_pool));
	rc_worker_pool_free(rc_steal(&daemon->script_pool));
	rc_customizations_free(rc_steal(&daemon->customizations));
}

/* ---- signals and the manager ---- */

static void on_hangup(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)loop;
	(void)events;
	daemon_reload(watcher->data);
}

static void on_last(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

/* The last thing that is done: logins are given back, within a time. */
static void close_vaults(void *userdata)
{
	struct rc_daemon *daemon = userdata;

	ev_timer_init(&daemon->last, on_last, STOP_S, 0);
	ev_timer_start(daemon->loop, &daemon->last);
	daemon_secrets_close_vaults(daemon);
}

static void on_terminate(struct ev_loop *loop, ev_signal *watcher, int events)
{
	struct rc_daemon *daemon = watcher->data;

	(void)events;
	rc_journal_notify("STOPPING=1");
	if (daemon->n_closing > 0) { /* asked for again: at once */
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (!daemon_terraform_stop(daemon->terraform, close_vaults, daemon))
		close_vaults(daemon);
}

static void on_watchdog(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	rc_journal_notify("WATCHDOG=1");
}

static void start_signals(struct rc_daemon *daemon)
{
	unsigned int watchdog_ms = rc_journal_get_watchdog_ms();

	ev_signal_init(&daemon->hangup, on_hangup, SIGHUP);
	ev_signal_init(&daemon->terminate, on_terminate, SIGTERM);
	ev_signal_init(&daemon->interrupt, on_terminate, SIGINT);
	daemon->hangup.data = daemon->terminate.data = daemon->interrupt.data = daemon;
	ev_signal_start(daemon->loop, &daemon->hangup);
	ev_signal_start(daemon->loop, &daemon->terminate);
	ev_signal_start(daemon->loop, &daemon->interrupt);
	ev_timer_init(&daemon->watchdog, on_watchdog, watchdog_ms / 1000.0, watchdog_ms / 1000.0);
	if (watchdog_ms > 0)
		ev_timer_start(daemon->loop, &daemon->watchdog);
}

int daemon_init(struct rc_daemon *daemon, struct rc_error **err)
{
	/* What a socket unit may call what it passes; taken by the API's servers. */
	static const char *const sockets[] = {"control", "metrics", "tls", NULL};
	int r;

	daemon_set_log(daemon->config);
	daemon->started_unix_s = rc_clock_unix_s();
	signal(SIGPIPE, SIG_IGN);
	r = rc_passed_init(sockets, err);
	if (r == 0)
		r = make_folders(daemon->config, err);
	if (r == 0)
		r = open_store(daemon, err);
	if (r < 0)
		return r;
	daemon->events = daemon_events_new(daemon);
	daemon->configuration = daemon_configuration_new(daemon);
	daemon->web = daemon_web_new(daemon->store);
	daemon->changes = daemon_changes_new(daemon);
	daemon->terraform = daemon_terraform_new(daemon);
	r = daemon_make_parts(daemon, err);
	if (r == 0)
		r = daemon_api_init(daemon, err);
	if (r == 0)
		start_signals(daemon);
	return r;
}

void daemon_done(struct rc_daemon *daemon)
{
	/* What is being answered is answered before the servers go. */
	daemon_free_parts(daemon);
	daemon_remote_free(rc_steal(&daemon->remote));
	rc_net_http_server_free(rc_steal(&daemon->control));
	rc_net_http_server_free(rc_steal(&daemon->metrics));
	daemon_configuration_free(rc_steal(&daemon->configuration));
	daemon_terraform_free(rc_steal(&daemon->terraform));
	daemon_changes_free(rc_steal(&daemon->changes));
	daemon_web_free(rc_steal(&daemon->web));
	daemon_secrets_free_vaults(daemon);
	daemon_events_free(rc_steal(&daemon->events));
	rc_store_close(rc_steal(&daemon->store));
	rc_config_free(rc_steal(&daemon->config));
	daemon_reload_free_retired(daemon);
	free(daemon->config_error);
}
