/* What the application's project says to it: as a step of the look, and of each object. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "gitops/app-private.h"
#include "gitops/projects.h"

#define IN_CLUSTER_NAME	  "in-cluster"
#define IN_CLUSTER_SERVER "https://kubernetes.default.svc"

static const struct rc_project *project_of(const struct rc_app *app)
{
	return rc_projects_find(rc_engine_get_projects(app->engine), app->application->project);
}

/* As the application names it: by what it is configured as, or as the cluster we run in. */
static struct rc_project_cluster cluster_of(const struct rc_app *app)
{
	const char *name = app->application->destination.name;
	const char *server = app->application->destination.server;
	bool is_own = rc_text_equal(name, rc_destination_get_name(app->destination));

	if ((rc_text_equal(name, IN_CLUSTER_NAME) && !is_own) ||
	    rc_text_equal(server, IN_CLUSTER_SERVER))
		return (struct rc_project_cluster){IN_CLUSTER_NAME, IN_CLUSTER_SERVER};
	return (struct rc_project_cluster){
		rc_destination_get_name(app->destination),
		rc_kube_cluster_get_server(rc_destination_get_cluster(app->destination))};
}

bool rc_app_permit_source(const struct rc_app *app, const char *url)
{
	const struct rc_project *project = project_of(app);

	return project && rc_project_allows_source(project, url);
}

static int fail_missing(const struct rc_app *app, struct rc_error **err)
{
	rc_fail(err, -EINVAL, "Application referencing project %s which does not exist",
		app->application->project);
	rc_hint(err, "put its AppProject beside the Applications, or use project default");
	return -EINVAL;
}

int rc_app_permit_check_source(const struct rc_app *app, size_t i, struct rc_error **err)
{
	const char *url = app->application->sources[i].repo_url;

	if (!project_of(app))
		return fail_missing(app, err);
	if (rc_app_permit_source(app, url))
		return 0;
	return rc_fail(err, -EINVAL, "application repo %s is not permitted in project '%s'", url,
		       app->application->project);
}

int rc_app_permit_run(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	const struct rc_project *project = project_of(app);
	struct rc_project_cluster cluster = cluster_of(app);
	int r;

	app->is_spec_error = true; /* until it is known to be none */
	if (!project)
		return fail_missing(app, err);
	r = rc_project_check(project, app->application, &cluster, err);
	if (r < 0)
		return -EINVAL;
	app->is_spec_error = false;
	return RC_NEXT;
}

int rc_app_permit_object(const struct rc_app *app, const struct rc_kube_key *key,
			 struct rc_error **err)
{
	const struct rc_project *project = project_of(app);
	struct rc_project_cluster cluster;

	if (!project)
		return rc_fail(err, -EACCES, "project '%s' does not exist",
			       app->application->project);
	cluster = cluster_of(app);
	return rc_project_check_object(project, &cluster, key->group, key->kind, key->name_space,
				       key->name, err);
}

bool rc_app_permit_is_allowed(const void *userdata, const struct rc_kube_key *key)
{
	return rc_app_permit_object(userdata, key, NULL) == 0;
}

int rc_app_permit_task(void *userdata, const struct rc_kube_key *key, struct rc_error **err)
{
	return rc_app_permit_object(userdata, key, err);
}

/* ---- sync windows ---- */

static struct rc_window_facts facts_of(const struct rc_app *app, bool is_manual)
{
	const struct rc_application *application = app->application;

	return (struct rc_window_facts){
		.app = application->name,
		.name_space = application->destination.name_space,
		.cluster = application->destination.name,
		.server = application->destination.server,
		.now_unix_s = rc_clock_unix_s(),
		.started_unix_s = app->sync ? app->operation.started_unix_s : 0,
		.is_manual = is_manual,
	};
}

struct rc_window_verdict rc_app_permit_window(const struct rc_app *app, bool is_manual)
{
	const struct rc_project *project = project_of(app);
	struct rc_window_facts facts = facts_of(app, is_manual);

	return project ? rc_windows_decide(&project->windows, &facts)
		       : (struct rc_window_verdict){.is_allowed = true};
}

json_t *rc_app_permit_describe_windows(const struct rc_app *app)
{
	const struct rc_project *project = project_of(app);
	struct rc_window_facts facts = facts_of(app, false);
	struct rc_window_verdict verdict;
	char changes[RC_CLOCK_RFC3339_MAX];

	if (!project)
		return NULL;
	verdict = rc_windows_decide(&project->windows, &facts);
	if (!verdict.has_windows)
		return NULL;
	return json_pack("{s:b, s:s*, s:o}", "allowed", verdict.is_allowed, "changes",
			 verdict.changes_unix_s
				 ? rc_clock_format_rfc3339(verdict.changes_unix_s, changes)
				 : NULL,
			 "windows", rc_windows_describe(&project->windows, &facts));
}
