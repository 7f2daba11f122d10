/* reconcilectl repository: what is polled, since when it fails and why, and polling now. */
#include <stdio.h>

#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static const struct ctl_column columns[] = {
	{"NAME", "name"},	  {"STATE", "state"},	{"POLLED", "polledAt"}, {"URL", "url"},
	{"FAILS SINCE", "since"}, {"REASON", "reason"}, {NULL, NULL},
};

static int list(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	argc = ctl_print_take_options(argc, argv, &options);
	if (argc < 0)
		return CTL_USAGE;
	if (ctl_client_ask("GET", "/v1/repositories", NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.output == CTL_OUTPUT_TABLE)
		ctl_print_table(json_object_get(reply, "items"), columns);
	else
		ctl_print_document(reply, options.output);
	return CTL_OK;
}

static int poll_now(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};
	rc_autofree char *path = NULL;
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	argc = ctl_print_take_options(argc, argv, &options);
	if (argc < 2) {
		fprintf(stderr, "usage: reconcilectl repository poll NAME\n");
		return CTL_USAGE;
	}
	path = rc_asprintf("/v1/repositories/%s/poll", argv[1]);
	if (ctl_client_ask("POST", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	return CTL_OK;
}

static const struct ctl_command commands[] = {
	{"list", "[-o table|json|yaml]", "all repositories", list},
	{"poll", "NAME", "poll it now", poll_now},
	{NULL, NULL, NULL, NULL},
};

int ctl_repository(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl repository", commands, argc, argv);
}
