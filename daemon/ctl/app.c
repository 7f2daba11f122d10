/* reconcilectl app: what the daemon knows of applications, and what it shall do with them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

#define POLL_MS 200

struct app_options {
	struct ctl_options common;
	const char *name;
	const char *revision;
	unsigned int timeout_s;
	bool prune, dry_run, async, health, sync, operation;
};

/* A flag: its value goes to text, number or truth, whichever is set. */
struct flag {
	const char *name;
	const char **text;
	unsigned int *number;
	bool *truth;
};

static int set_flag(const struct flag *flag, const char *value)
{
	char *end;

	if (flag->truth) {
		*flag->truth = !value || strcmp(value, "false") != 0;
		return 0;
	}
	if (flag->text) {
		*flag->text = value;
		return 0;
	}
	*flag->number = (unsigned int)strtoul(value, &end, 10);
	if (*value == '\0' || (*end != '\0' && strcmp(end, "s") != 0)) {
		fprintf(stderr, "reconcilectl: %s %s: a number of seconds is wanted\n", flag->name,
			value);
		return -EINVAL;
	}
	return 0;
}

static int take_flag(int argc, char **argv, int *i, const struct flag *flags)
{
	for (; flags->name; flags++) {
		size_t n = strlen(flags->name);
		const char *value = NULL;

		if (strncmp(argv[*i], flags->name, n) != 0)
			continue;
		if (argv[*i][n] == '=')
			value = argv[*i] + n + 1;
		else if (argv[*i][n] != '\0')
			continue;
		if (!value && !flags->truth)
			value = *i + 1 < argc ? argv[++*i] : "";
		return set_flag(flags, value);
	}
	fprintf(stderr, "reconcilectl: unknown flag: %s\n", argv[*i]);
	return -EINVAL;
}

static int parse(int argc, char **argv, struct app_options *options)
{
	const struct flag flags[] = {
		{"--revision", &options->revision, NULL, NULL},
		{"--timeout", NULL, &options->timeout_s, NULL},
		{"--prune", NULL, NULL, &options->prune},
		{"--dry-run", NULL, NULL, &options->dry_run},
		{"--async", NULL, NULL, &options->async},
		{"--health", NULL, NULL, &options->health},
		{"--sync", NULL, NULL, &options->sync},
		{"--operation", NULL, NULL, &options->operation},
		{NULL, NULL, NULL, NULL},
	};

	argc = ctl_print_take_options(argc, argv, &options->common);
	if (argc < 0)
		return -EINVAL;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (take_flag(argc, argv, &i, flags) < 0)
				return -EINVAL;
		} else if (!options->name) {
			options->name = argv[i];
		} else {
			fprintf(stderr, "reconcilectl: one application at a time, not also '%s'\n",
				argv[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_named(int argc, char **argv, struct app_options *options)
{
	int r = parse(argc, argv, options);

	if (r == 0 && !options->name) {
		fprintf(stderr, "usage: reconcilectl app %s NAME\n", argv[0]);
		return -EINVAL;
	}
	return r;
}

static char *path_of(const char *name, const char *what)
{
	return rc_asprintf("/v1/apps/%s%s%s", name, what ? "/" : "", what ? what : "");
}

static int get(const char *name, const char *what, json_t **ret, struct rc_error **err)
{
	rc_autofree char *path = path_of(name, what);

	return ctl_client_ask("GET", path, NULL, ret, err);
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

	if (parse(argc, argv, &options) < 0)
		return CTL_USAGE;
	if (ctl_client_ask("GET", "/v1/apps", NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.common.output == CTL_OUTPUT_TABLE)
		ctl_print_table(json_object_get(reply, "items"), list_columns);
	else
		ctl_print_document(reply, options.common.output);
	return CTL_OK;
}

static const struct ctl_column resource_columns[] = {
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
	json_array_foreach (json_object_get(status, "conditions"), i, condition) {
		char buffer[32];

		printf("%-16s %s: ", i ? "" : "Conditions:",
		       ctl_print_get(condition, "type", buffer));
		printf("%s\n", ctl_print_get(condition, "message", buffer));
	}
	putchar('\n');
	ctl_print_table(json_object_get(status, "resources"), resource_columns);
}

static void show_app(const json_t *app, const struct ctl_options *options)
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

	if (parse_named(argc, argv, &options) < 0)
		return CTL_USAGE;
	if (get(options.name, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	show_app(reply, &options.common);
	return CTL_OK;
}

/* Exit codes as `argocd app diff` and `kubectl diff`: 0 equal, 1 differs, more is an error. */
static int app_diff(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	rc_autofree char *path = NULL, *text = NULL;
	struct rc_error *err = NULL;

	if (parse_named(argc, argv, &options) < 0)
		return CTL_USAGE;
	path = path_of(options.name, "diff");
	if (ctl_client_ask_text("GET", path, &text, &err) < 0) {
		ctl_fail(err);
		return CTL_ERROR;
	}
	fputs(text, stdout);
	return *text ? CTL_DIFFERS : CTL_OK;
}

static void pause_ms(unsigned int ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

static bool is(const json_t *app, const char *path, const char *word)
{
	char buffer[32];

	return strcmp(ctl_print_get(app, path, buffer), word) == 0;
}

/* Whether what was asked for has come; *ret_failed when it never will. */
static bool is_reached(const struct app_options *options, const json_t *app, bool *ret_failed)
{
	bool running = is(app, "status.operationState.phase", "Running") ||
		       is(app, "status.operationState.phase", "Terminating");

	*ret_failed = !running && options->operation &&
		      (is(app, "status.operationState.phase", "Failed") ||
		       is(app, "status.operationState.phase", "Error"));
	if (options->operation && running)
		return false;
	if (options->sync && !is(app, "status.sync.status", "Synced"))
		return false;
	return !options->health || is(app, "status.health.status", "Healthy");
}

static int wait_for(const struct app_options *options)
{
	uint64_t until_ms = rc_clock_monotonic_ms() + (uint64_t)options->timeout_s * 1000;
	char last[512] = "", now[512], buffer[32];

	for (;;) {
		struct rc_error *err = NULL;
		json_auto_t *app = NULL;
		bool failed;

		if (get(options->name, NULL, &app, &err) < 0)
			return ctl_fail(err);
		snprintf(now, sizeof(now), "%s", ctl_print_get(app, "status.reason", buffer));
		if (*now && strcmp(now, last) != 0)
			fprintf(stderr, "%s: %s\n", options->name, now);
		memcpy(last, now, sizeof(last));
		if (is_reached(options, app, &failed)) {
			show_app(app, &options->common);
			return failed ? CTL_ERROR : CTL_OK;
		}
		if (options->timeout_s && rc_clock_monotonic_ms() > until_ms) {
			fprintf(stderr, "reconcilectl: %s: not there after %u s\n", options->name,
				options->timeout_s);
			return CTL_ERROR;
		}
		pause_ms(POLL_MS);
	}
}

static int app_wait(int argc, char **argv)
{
	struct app_options options = {.name = NULL};

	if (parse_named(argc, argv, &options) < 0)
		return CTL_USAGE;
	if (!options.health && !options.sync && !options.operation)
		options.health = options.sync = options.operation = true;
	return wait_for(&options);
}

static int app_sync(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	json_auto_t *body = NULL, *reply = NULL;
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;

	if (parse_named(argc, argv, &options) < 0)
		return CTL_USAGE;
	body = json_pack("{s:b, s:b}", "prune", options.prune, "dryRun", options.dry_run);
	if (options.revision)
		json_object_set_new(body, "revision", json_string(options.revision));
	path = path_of(options.name, "sync");
	if (ctl_client_ask("POST", path, body, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.async)
		return CTL_OK;
	options.operation = true;
	return wait_for(&options);
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

	if (parse_named(argc, argv, &options) < 0)
		return CTL_USAGE;
	if (get(options.name, what, &reply, &err) < 0)
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

static int app_resources(int argc, char **argv)
{
	return list_of(argc, argv, "resources", resource_columns);
}

/* A request without a body that is done when it is answered. */
static int post(int argc, char **argv, const char *what)
{
	struct app_options options = {.name = NULL};
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	if (parse_named(argc, argv, &options) < 0)
		return CTL_USAGE;
	path = path_of(options.name, what);
	if (ctl_client_ask("POST", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	return CTL_OK;
}

static int app_refresh(int argc, char **argv)
{
	return post(argc, argv, "refresh");
}

static int app_terminate(int argc, char **argv)
{
	return post(argc, argv, "terminate");
}

static const struct ctl_command commands[] = {
	{"list", "[-o table|json|yaml]", "all applications", app_list},
	{"get", "NAME [-o table|json|yaml]", "one application with its resources", app_get},
	{"diff", "NAME", "what a sync would change; exit 1 when it would", app_diff},
	{"sync", "NAME [--prune] [--revision REV] [--async]", "sync now and wait for its end",
	 app_sync},
	{"refresh", "NAME", "poll its repository and compare now", app_refresh},
	{"terminate-op", "NAME", "end its running sync after the step it is in", app_terminate},
	{"wait", "NAME [--health] [--sync] [--timeout S]", "until synced and healthy", app_wait},
	{"history", "NAME", "revisions that were synced", app_history},
	{"resources", "NAME", "the resources and their health", app_resources},
	{NULL, NULL, NULL, NULL},
};

int ctl_app(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl app", commands, argc, argv);
}
