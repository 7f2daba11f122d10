/* Metrics in Prometheus' text format, under the names Argo CD and External Secrets give them. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon.h"
#include "data/json.h"
#include "notices.h"
#include "secrets.h"
#include "terraform.h"
#include "validation.h"
#include "remote.h"
#include "webhooks.h"

static void head(struct rc_buf *out, const char *name, const char *type, const char *help)
{
	rc_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value, escaped. */
static void label(struct rc_buf *out, const char *name, const char *value, bool is_first)
{
	rc_buf_printf(out, "%s%s=\"", is_first ? "" : ",", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			rc_buf_putc(out, '\\');
		if (*value == '\n')
			rc_buf_puts(out, "\\n");
		else
			rc_buf_putc(out, *value);
	}
	rc_buf_putc(out, '"');
}

static void app_labels(struct rc_buf *out, const struct rc_application *application)
{
	label(out, "namespace", application->name_space, true);
	label(out, "name", application->name, false);
	label(out, "project", application->project, false);
}

static void write_app_info(struct rc_buf *out, struct rc_app *const *apps)
{
	head(out, "argocd_app_info", "gauge", "Information about application.");
	for (; *apps; apps++) {
		const struct rc_application *application = rc_app_get_application(*apps);
		struct rc_app_counts counts;

		rc_app_get_counts(*apps, &counts);
		rc_buf_puts(out, "argocd_app_info{");
		app_labels(out, application);
		label(out, "autosync_enabled", application->automated.on ? "true" : "false", false);
		label(out, "repo", application->sources[0].repo_url, false);
		label(out, "dest_server", application->destination.server ?: "", false);
		label(out, "dest_namespace", application->destination.name_space, false);
		label(out, "sync_status", counts.sync_status, false);
		label(out, "health_status", counts.health_status, false);
		label(out, "operation",
		      strcmp(counts.operation_phase, "Running") == 0 ? "sync" : "", false);
		rc_buf_puts(out, "} 1\n");
	}
}

static void write_app_syncs(struct rc_buf *out, struct rc_app *const *apps)
{
	head(out, "argocd_app_sync_total", "counter", "Number of application syncs.");
	for (; *apps; apps++) {
		struct rc_app_counts counts;

		rc_app_get_counts(*apps, &counts);
		for (int i = 0; i < 2; i++) {
			rc_buf_puts(out, "argocd_app_sync_total{");
			app_labels(out, rc_app_get_application(*apps));
			label(out, "phase", i ? "Failed" : "Succeeded", false);
			rc_buf_printf(out, "} %llu\n",
				      (unsigned long long)(i ? counts.n_syncs_failed
							     : counts.n_syncs_succeeded));
		}
	}
}

static void write_app_reconciles(struct rc_buf *out, struct rc_app *const *apps)
{
	static const char *const bounds[] = {"0.25", "0.5", "1", "2", "4", "8", "16"};

	head(out, "argocd_app_reconcile", "histogram",
	     "Application reconciliation performance in seconds.");
	for (; *apps; apps++) {
		const struct rc_application *application = rc_app_get_application(*apps);
		struct rc_app_counts counts;

		rc_app_get_counts(*apps, &counts);
		for (size_t i = 0; i <= RC_ARRAY_SIZE(bounds); i++) {
			bool is_last = i == RC_ARRAY_SIZE(bounds);

			rc_buf_puts(out, "argocd_app_reconcile_bucket{");
			app_labels(out, application);
			label(out, "le", is_last ? "+Inf" : bounds[i], false);
			rc_buf_printf(out, "} %llu\n",
				      (unsigned long long)(is_last ? counts.n_reconciles
								   : counts.reconcile_buckets[i]));
		}
		rc_buf_puts(out, "argocd_app_reconcile_sum{");
		app_labels(out, application);
		rc_buf_printf(out, "} %g\nargocd_app_reconcile_count{", counts.reconcile_seconds);
		app_labels(out, application);
		rc_buf_printf(out, "} %llu\n", (unsigned long long)counts.n_reconciles);
	}
}

static void write_app_orphans(struct rc_buf *out, struct rc_app *const *apps)
{
	head(out, "argocd_app_orphaned_resources_count", "gauge",
	     "Number of orphaned resources per application.");
	for (; *apps; apps++) {
		rc_buf_puts(out, "argocd_app_orphaned_resources_count{");
		app_labels(out, rc_app_get_application(*apps));
		rc_buf_printf(out, "} %zu\n", rc_app_count_orphans(*apps));
	}
}

static void write_app_sync_seconds(struct rc_buf *out, struct rc_app *const *apps)
{
	head(out, "argocd_app_sync_duration_seconds_total", "counter",
	     "Application sync performance in seconds total.");
	for (; *apps; apps++) {
		struct rc_app_counts counts;

		rc_app_get_counts(*apps, &counts);
		rc_buf_puts(out, "argocd_app_sync_duration_seconds_total{");
		app_labels(out, rc_app_get_application(*apps));
		rc_buf_printf(out, "} %g\n", counts.sync_seconds);
	}
}

static void write_app_hooks(struct rc_buf *out, struct rc_app *const *apps)
{
	head(out, "reconciled_hook_duration_seconds", "gauge",
	     "How long the hook took when it ran last; a migration of a database is one.");
	for (; *apps; apps++) {
		const json_t *hook;
		size_t i;

		json_array_foreach (rc_app_get_hooks(*apps), i, hook) {
			rc_buf_puts(out, "reconciled_hook_duration_seconds{");
			app_labels(out, rc_app_get_application(*apps));
			label(out, "phase", rc_json_text(hook, "phase", NULL) ?: "", false);
			label(out, "kind", rc_json_text(hook, "kind", NULL) ?: "", false);
			label(out, "hook", rc_json_text(hook, "name", NULL) ?: "", false);
			rc_buf_printf(out, "} %.0f\n",
				      json_number_value(json_object_get(hook, "seconds")));
		}
	}
}

static void write_clusters(struct rc_buf *out, struct rc_destination *const *destinations)
{
	head(out, "argocd_cluster_api_resource_objects", "gauge",
	     "Number of objects in the cache.");
	for (; *destinations; destinations++) {
		rc_buf_puts(out, "argocd_cluster_api_resource_objects{");
		label(out, "server",
		      rc_kube_cluster_get_server(rc_destination_get_cluster(*destinations)), true);
		rc_buf_printf(out, "} %zu\n",
			      rc_kube_cache_count(rc_destination_get_cache(*destinations)));
	}
}

static void write_connections(struct rc_buf *out, struct rc_destination *const *destinations)
{
	head(out, "argocd_cluster_connection_status", "gauge",
	     "1 when the cluster answered last time.");
	for (; *destinations; destinations++) {
		rc_buf_puts(out, "argocd_cluster_connection_status{");
		label(out, "server",
		      rc_kube_cluster_get_server(rc_destination_get_cluster(*destinations)), true);
		rc_buf_printf(out, "} %d\n", rc_destination_check(*destinations, NULL) == 0);
	}
}

static void write_repositories(struct rc_buf *out, struct rc_repository *const *repositories)
{
	struct rc_repository_counts counts;

	head(out, "argocd_git_request_total", "counter", "Number of git requests.");
	for (struct rc_repository *const *r = repositories; *r; r++) {
		rc_repository_get_counts(*r, &counts);
		rc_buf_puts(out, "argocd_git_request_total{");
		label(out, "repo", rc_repository_get_url(*r), true);
		rc_buf_printf(out, ",request_type=\"ls-remote\"} %llu\n",
			      (unsigned long long)counts.polls);
	}
	head(out, "argocd_git_lsremote_fail_total", "counter", "Number of failed polls.");
	for (struct rc_repository *const *r = repositories; *r; r++) {
		rc_repository_get_counts(*r, &counts);
		rc_buf_puts(out, "argocd_git_lsremote_fail_total{");
		label(out, "repo", rc_repository_get_url(*r), true);
		rc_buf_printf(out, "} %llu\n", (unsigned long long)counts.failures);
	}
}

static void check_labels(struct rc_buf *out, const char *metric, const char *app,
			 const struct rc_validate_result *result)
{
	rc_buf_printf(out, "%s{", metric);
	label(out, "app", app, true);
	label(out, "check", result->check->name, false);
	label(out, "type", result->check->type, false);
	rc_buf_puts(out, "}");
}

/* What was not looked at yet, or has nothing to look at, has no sample. */
static void write_checks(struct rc_buf *out, struct rc_validate_app *const *apps)
{
	head(out, "reconciled_validation_result", "gauge",
	     "1 when the check passed, 0 when it failed or waits, -1 when it could not look.");
	for (; *apps; apps++) {
		size_t n;
		const struct rc_validate_result *results = rc_validate_app_get_results(*apps, &n);

		for (size_t i = 0; i < n; i++) {
			if (results[i].outcome == RC_VALIDATE_NONE ||
			    results[i].outcome == RC_VALIDATE_SKIP)
				continue;
			check_labels(out, "reconciled_validation_result",
				     rc_validate_app_get_name(*apps), &results[i]);
			rc_buf_printf(out, " %d\n",
				      results[i].outcome == RC_VALIDATE_PASS	? 1
				      : results[i].outcome == RC_VALIDATE_ERROR ? -1
										: 0);
		}
	}
}

static void write_measures(struct rc_buf *out, struct rc_validate_app *const *apps)
{
	static const struct {
		const char *measure, *metric, *help;
	} measures[] = {
		{"certificate_expiry_timestamp_seconds",
		 "reconciled_certificate_expiry_timestamp_seconds",
		 "When the first certificate of the chain ends, since the epoch."},
		{"pod_startup_seconds", "reconciled_pod_startup_seconds",
		 "How long the slowest pod took from its creation until it was ready."},
		{"pod_restarts", "reconciled_pod_restarts",
		 "How often containers of the pods that are there began anew."},
		{"pod_probe_failures", "reconciled_pod_probe_failures",
		 "Probes that failed, of the pods that are there, as far as Events tell."},
		{"queue_messages", "reconciled_queue_messages", "Messages that wait in the queue."},
		{"restore_lag_seconds", "reconciled_restore_lag_seconds",
		 "How long ago the last moment is that the database can be restored to."},
	};

	for (size_t m = 0; m < RC_ARRAY_SIZE(measures); m++) {
		head(out, measures[m].metric, "gauge", measures[m].help);
		for (struct rc_validate_app *const *app = apps; *app; app++) {
			size_t n;
			const struct rc_validate_result *results =
				rc_validate_app_get_results(*app, &n);

			for (size_t i = 0; i < n; i++) {
				double number;

				if (!rc_validate_result_get_measure(&results[i],
								    measures[m].measure, &number))
					continue;
				check_labels(out, measures[m].metric,
					     rc_validate_app_get_name(*app), &results[i]);
				rc_buf_printf(out, " %.0f\n", number);
			}
		}
	}
}

static void write_process(struct rc_buf *out, const struct rc_daemon *daemon)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long size, resident = 0;
	struct timespec cpu;

	if (file && fscanf(file, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	head(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.");
	rc_buf_printf(out, "process_resident_memory_bytes %llu\n",
		      resident * (unsigned long long)sysconf(_SC_PAGESIZE));
	head(out, "process_cpu_seconds_total", "counter", "CPU time spent in seconds.");
	rc_buf_printf(out, "process_cpu_seconds_total %.3f\n",
		      (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
	head(out, "process_start_time_seconds", "gauge", "Start time since the epoch in seconds.");
	rc_buf_printf(out, "process_start_time_seconds %lld\n", (long long)daemon->started_unix_s);
	head(out, "reconciled_config_last_reload_successful", "gauge",
	     "0 when the configuration on disk was refused.");
	rc_buf_printf(out, "reconciled_config_last_reload_successful %d\n",
		      daemon_get_config_error(daemon) == NULL);
}

void daemon_metrics_write(const struct rc_daemon *daemon, struct rc_buf *out)
{
	struct rc_app *const *apps = rc_engine_list_apps(daemon->engine);

	write_app_info(out, apps);
	write_app_syncs(out, apps);
	write_app_reconciles(out, apps);
	write_app_sync_seconds(out, apps);
	write_app_hooks(out, apps);
	write_app_orphans(out, apps);
	write_clusters(out, rc_engine_list_destinations(daemon->engine));
	write_connections(out, rc_engine_list_destinations(daemon->engine));
	write_repositories(out, rc_engine_list_repositories(daemon->engine));
	daemon_secrets_write_metrics(daemon->secrets, out);
	daemon_secrets_write_vault_metrics(daemon, out);
	rc_terraform_manager_write_metrics(daemon_terraform_get_manager(daemon->terraform), out);
	write_checks(out, daemon_validation_list(daemon->validation));
	write_measures(out, daemon_validation_list(daemon->validation));
	daemon_notices_write_metrics(daemon->notices, out);
	daemon_webhooks_write_metrics(daemon->webhooks, out);
	daemon_remote_write_metrics(daemon->remote, out);
	write_process(out, daemon);
}
