/* reconcilectl app: what the daemon knows of applications. */
#include "ctl/app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/client.h"

static char *path_of(const char *name, const char *what)
{
	return rc_asprintf("/v1/apps/%s%s%s", name, what ? "/" : "", what ? what : "");
}

int ctl_app_ask(const char *name, const char *what, json_t **ret, struct rc_error **err)
{
	rc_autofree char *path = path_of(name, what);

	return ctl_client_ask("GET", path, NULL, ret, err);
}

int ctl_app_post(const char *name, const char *what, const json_t *body)
{
	rc_autofree char *path = path_of(name, what);
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	return ctl_client_ask("POST", path, body, &reply, &err) < 0 ? ctl_fail(err) : CTL_OK;
}

static const struct ctl_column list_columns[] = {
	{"NAME", "metadata.name"},
	{"SYNC", "status.sync.status"},
	{"HEALTH", "status.health.status"},
	{"REVISION", "status.sync.revision"},
	{"OPERATION", "status.operationState.phase"},
	{"REASON", "status.reason"},
	{NULL, NULL},
};

static int app_list(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	if (ctl_app_parse(argc, argv, &options) < 0)
		return CTL_USAGE;
	if (ctl_client_ask("GET", "/v1/apps", NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.common.output == CTL_OUTPUT_TABLE)
		ctl_print_table(json_object_get(reply, "items"), list_columns);
	else
		ctl_print_document(reply, options.common.output);
	return CTL_OK;
}

const struct ctl_column ctl_app_resource_columns[] = {
	{"GROUP", "group"},
	{"KIND", "kind"},
	{"NAMESPACE", "namespace"},
	{"NAME", "name"},
	{"WAVE", "syncWave"},
	{"STATUS", "status"},
	{"HEALTH", "health.status"},
	{"MESSAGE", "health.message"},
	{NULL, NULL},
};

static void print_line(const json_t *app, const char *label, const char *path)
{
	char buffer[32];
	const char *text = ctl_print_get(app, path, buffer);

	if (*text)
		printf("%-16s %s%s%s\n", label, ctl_print_colour(text), text,
		       ctl_print_reset(text));
}

static void print_window(const json_t *status)
{
	const json_t *windows = json_object_get(status, "syncWindows");
	char buffer[32];

	if (!windows)
		return;
	printf("%-16s %s", "Sync window:",
	       json_is_true(json_object_get(windows, "allowed")) ? "open" : "closed");
	if (json_object_get(windows, "changes"))
		printf(", until %s", ctl_print_get(windows, "changes", buffer));
	putchar('\n');
}

static void print_app(const json_t *app)
{
	json_t *status = json_object_get(app, "status"), *condition;
	size_t i;

	print_line(app, "Name:", "metadata.name");
	print_line(app, "Project:", "spec.project");
	print_line(app, "Repository:", "spec.source.repoURL");
	print_line(app, "Path:", "spec.source.path");
	print_line(app, "Chart:", "spec.source.chart");
	print_line(app, "Target:", "spec.source.targetRevision");
	print_line(app, "Namespace:", "spec.destination.namespace");
	print_line(app, "Sync:", "status.sync.status");
	print_line(app, "Revision:", "status.sync.revision");
	print_line(app, "Health:", "status.health.status");
	print_line(app, "", "status.health.message");
	print_line(app, "Operation:", "status.operationState.phase");
	print_line(app, "Step:", "status.operationState.step");
	print_line(app, "Message:", "status.operationState.message");
	print_line(app, "Retries:", "status.operationState.retryCount");
	print_line(app, "Blocked by:", "status.blockedBy.message");
	print_window(status);
	print_line(app, "Suspended:", "status.hold.suspended.reason");
	print_line(app, "Rolled back by:", "status.hold.rollback.by");
	json_array_foreach (json_object_get(status, "conditions"), i, condition) {
		char buffer[32];

		printf("%-16s %s: ", i ? "" : "Conditions:",
		       ctl_print_get(condition, "type", buffer));
		printf("%s\n", ctl_print_get(condition, "message", buffer));
	}
	putchar('\n');
	ctl_print_table(json_object_get(status, "resources"), ctl_app_resource_columns);
}

void ctl_app_show(const json_t *app, const struct ctl_options *options)
{
	if (options->output == CTL_OUTPUT_TABLE)
		print_app(app);
	else
		ctl_print_document(app, options->output);
}

static int app_get(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	if (ctl_app_ask(options.name, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	ctl_app_show(reply, &options.common);
	return CTL_OK;
}

static const struct ctl_column history_columns[] = {
	{"ID", "id"},
	{"DATE", "deployedAt"},
	{"REVISION", "revision"},
	{"INITIATED BY", "initiatedBy"},
	{NULL, NULL},
};

static int list_of(int argc, char **argv, const char *what, const struct ctl_column *columns)
{
	struct app_options options = {.name = NULL};
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	if (ctl_app_ask(options.name, what, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.common.output == CTL_OUTPUT_TABLE)
		ctl_print_table(json_object_get(reply, "items"), columns);
	else
		ctl_print_document(reply, options.common.output);
	return CTL_OK;
}

static int app_history(int argc, char **argv)
{
	return list_of(argc, argv, "history", history_columns);
}

static const struct ctl_command commands[] = {
	{"list", "[-o table|json|yaml]", "all applications", app_list},
	{"get", "NAME [-o table|json|yaml]", "one application with its resources", app_get},
	{"diff", "NAME [--revision R | --local DIR]",
	 "what a sync would change; exit 1 when it would", ctl_app_diff},
	{"sync", "NAME [--prune] [--resource G:K:N] ...", "sync now and wait for its end",
	 ctl_app_sync},
	{"approve", "NAME", "delete what waits for somebody to say so", ctl_app_approve},
	{"rollback", "NAME [ID]", "go back to an entry of the history, and stay there",
	 ctl_app_rollback},
	{"undo", "NAME Deployment/NAME [--to-revision N]",
	 "go back with the pods of one Deployment, and stay there", ctl_app_undo},
	{"suspend", "NAME --reason TEXT [--until TIME]", "leave it alone", ctl_app_suspend},
	{"resume", "NAME", "end a suspension, a rollback, an undo", ctl_app_resume},
	{"refresh", "NAME", "poll its repository and compare now", ctl_app_refresh},
	{"terminate", "NAME", "end its running sync after the step it is in", ctl_app_terminate},
	{"terminate-op", "NAME", "the same", ctl_app_terminate},
	{"wait", "NAME [--health] [--sync] [--timeout S]", "until synced and healthy",
	 ctl_app_wait},
	{"history", "NAME", "revisions that were synced", app_history},
	{"resources", "NAME [--tree | --orphaned]", "the resources and their health",
	 ctl_app_resources},
	{NULL, NULL, NULL, NULL},
};

int ctl_app(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl app", commands, argc, argv);
}
