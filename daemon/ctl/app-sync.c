/* reconcilectl app sync and wait. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "ctl/app.h"
#include "ctl/client.h"

#define POLL_MS 200

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

int ctl_app_wait_for(const struct app_options *options)
{
	uint64_t until_ms = rc_clock_monotonic_ms() + (uint64_t)options->timeout_s * 1000;
	char last[512] = "", now[512], buffer[32];

	for (;;) {
		struct rc_error *err = NULL;
		json_auto_t *app = NULL;
		bool failed;

		if (ctl_app_ask(options->name, NULL, &app, &err) < 0)
			return ctl_fail(err);
		snprintf(now, sizeof(now), "%s", ctl_print_get(app, "status.reason", buffer));
		if (*now && strcmp(now, last) != 0)
			fprintf(stderr, "%s: %s\n", options->name, now);
		memcpy(last, now, sizeof(last));
		if (is_reached(options, app, &failed)) {
			ctl_app_show(app, &options->common);
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

int ctl_app_wait(int argc, char **argv)
{
	struct app_options options = {.name = NULL};

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	if (!options.health && !options.sync && !options.operation)
		options.health = options.sync = options.operation = true;
	return ctl_app_wait_for(&options);
}

static json_t *make_body(const struct app_options *options)
{
	json_t *body = json_pack("{s:b, s:b, s:b, s:b, s:b, s:s*, s:s*}", "prune", options->prune,
				 "dryRun", options->dry_run, "force", options->force, "replace",
				 options->replace, "applyOutOfSyncOnly", options->out_of_sync_only,
				 "revision", options->revision, "strategy", options->strategy);
	json_t *resources = json_array();

	for (size_t i = 0; i < options->n_resources; i++)
		json_array_append_new(resources, json_string(options->resources[i]));
	json_object_set_new(body, "resources", resources);
	return body;
}

int ctl_app_sync(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	json_auto_t *body = NULL;
	int r;

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	body = make_body(&options);
	r = ctl_app_post(options.name, "sync", body);
	if (r != CTL_OK)
		return r;
	if (options.async)
		return CTL_OK;
	options.operation = true;
	return ctl_app_wait_for(&options);
}
