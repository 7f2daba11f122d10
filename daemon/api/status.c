/* /v1/status: the daemon at a glance. */
#include "api/api.h"
#include "base/clock.h"
#include "git-configuration.h"

void api_status_serve(struct api_call *call)
{
	struct rc_daemon *daemon = call->daemon;
	json_t *clusters = json_array(), *repositories = json_array(), *apps = json_array();
	char started[RC_CLOCK_RFC3339_MAX];
	json_t *json;

	for (struct rc_destination *const *d = rc_engine_list_destinations(daemon->engine); *d; d++)
		json_array_append_new(clusters, rc_destination_describe(*d));
	for (struct rc_repository *const *r = rc_engine_list_repositories(daemon->engine); *r; r++)
		json_array_append_new(repositories, rc_repository_describe(*r));
	for (struct rc_app *const *a = rc_engine_list_apps(daemon->engine); *a; a++)
		json_array_append_new(apps, rc_app_describe(*a));
	json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "version", RC_VERSION, "startedAt",
			 rc_clock_format_rfc3339(daemon->started_unix_s, started), "clusters",
			 clusters, "repositories", repositories, "apps", apps, "sources",
			 daemon_catalog_describe(daemon), "projects",
			 rc_projects_describe(rc_engine_get_projects(daemon->engine)));
	if (daemon_get_config_error(daemon))
		json_object_set_new(json, "configError",
				    json_string(daemon_get_config_error(daemon)));
	if (daemon->config->source.repository)
		json_object_set_new(json, "configuration",
				    daemon_configuration_describe(daemon->configuration));
	api_reply(call, json);
}
