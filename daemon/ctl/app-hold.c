/* reconcilectl app: what a person decides about an application. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "ctl/app.h"
#include "data/duration.h"

#define UNDO_USAGE "NAME Deployment/NAME [--to-revision N] [--async]"

/* A request without a body that is done when it is answered. */
static int post(int argc, char **argv, const char *what)
{
	struct app_options options = {.name = NULL};

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	return ctl_app_post(options.name, what, NULL);
}

int ctl_app_refresh(int argc, char **argv)
{
	return post(argc, argv, "refresh");
}

int ctl_app_terminate(int argc, char **argv)
{
	return post(argc, argv, "terminate");
}

int ctl_app_resume(int argc, char **argv)
{
	return post(argc, argv, "resume");
}

/* A time ("2026-12-24T18:00:00Z") or a length of time ("4h", "2d") from now. */
static int read_until(const char *text, int64_t *ret_unix_s)
{
	uint64_t ms;

	*ret_unix_s = 0;
	if (!text || rc_clock_parse_rfc3339(text, ret_unix_s) == 0)
		return 0;
	if (rc_duration_parse_config(rc_str(text), &ms, NULL) == 0) {
		*ret_unix_s = rc_clock_unix_s() + (int64_t)(ms / 1000);
		return 0;
	}
	fprintf(stderr,
		"reconcilectl: --until %s: a time such as 2026-12-24T18:00:00Z, or a length of "
		"time such as 4h or 2d is wanted\n",
		text);
	return -EINVAL;
}

int ctl_app_suspend(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	json_auto_t *body = NULL;
	int64_t until;

	if (ctl_app_parse_named(argc, argv, "NAME --reason TEXT [--until TIME]", &options) < 0 ||
	    read_until(options.until, &until) < 0)
		return CTL_USAGE;
	body = json_pack("{s:s*, s:I}", "reason", options.reason, "until", (json_int_t)until);
	return ctl_app_post(options.name, "suspend", body);
}

/* Do what was asked for, and wait for its end unless that is not wanted. */
static int post_and_wait(struct app_options *options, const char *what, const json_t *body)
{
	int r = ctl_app_post(options->name, what, body);

	if (r != CTL_OK || options->async)
		return r;
	options->operation = true;
	return ctl_app_wait_for(options);
}

int ctl_app_rollback(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	json_auto_t *body = NULL;
	char *end = NULL;
	long long id = -1;

	if (ctl_app_parse_named(argc, argv, "NAME [ID]", &options) < 0)
		return CTL_USAGE;
	if (options.second)
		id = strtoll(options.second, &end, 10);
	if (options.second && (*end || id < 0)) {
		fprintf(stderr, "reconcilectl: '%s' is no number of an entry of the history\n",
			options.second);
		return CTL_USAGE;
	}
	body = json_pack("{s:I, s:b}", "id", (json_int_t)id, "prune", options.prune);
	return post_and_wait(&options, "rollback", body);
}

int ctl_app_undo(int argc, char **argv)
{
	struct app_options options = {.name = NULL};
	json_auto_t *body = NULL;
	char *end = NULL;
	long long revision = 0;

	if (ctl_app_parse_named(argc, argv, UNDO_USAGE, &options) < 0)
		return CTL_USAGE;
	if (options.to)
		revision = strtoll(options.to, &end, 10);
	if (!options.second || (options.to && (*end || end == options.to || revision < 0))) {
		fprintf(stderr, "usage: reconcilectl app undo " UNDO_USAGE "\n");
		return CTL_USAGE;
	}
	body = json_pack("{s:s, s:I}", "resource", options.second, "revision",
			 (json_int_t)revision);
	return post_and_wait(&options, "undo", body);
}

int ctl_app_approve(int argc, char **argv)
{
	struct app_options options = {.name = NULL};

	if (ctl_app_parse_named(argc, argv, "NAME", &options) < 0)
		return CTL_USAGE;
	return post_and_wait(&options, "approve", NULL);
}
