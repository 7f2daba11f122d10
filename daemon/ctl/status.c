/* reconcilectl status: the daemon at a glance. */
#include <stdio.h>

#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static const struct ctl_column cluster_columns[] = {
	{"CLUSTER", "name"},	{"SERVER", "server"},	{"STATE", "state"},
	{"VERSION", "version"}, {"WATCHES", "watches"}, {"OBJECTS", "objects"},
	{"SINCE", "since"},	{"REASON", "reason"},	{NULL, NULL},
};

static const struct ctl_column repository_columns[] = {
	{"REPOSITORY", "name"}, {"URL", "url"},	      {"STATE", "state"}, {"LAST POLL", "polledAt"},
	{"SINCE", "since"},	{"REASON", "reason"}, {NULL, NULL},
};

static const struct ctl_column app_columns[] = {
	{"APP", "metadata.name"},
	{"SYNC", "status.sync.status"},
	{"HEALTH", "status.health.status"},
	{"REASON", "status.reason"},
	{NULL, NULL},
};

static const struct ctl_column source_columns[] = {
	{"APPLICATIONS FROM", "origin"},
	{"REVISION", "revision"},
	{"REASON", "reason"},
	{NULL, NULL},
};

/* What lies among them and is not done. */
static void print_refused(const json_t *sources)
{
	json_t *source, *text;
	size_t i, j;

	json_array_foreach (sources, i, source)
		json_array_foreach (json_object_get(source, "refused"), j, text)
			printf("\n%s\n", json_string_value(text));
}

int ctl_status(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;
	char buffer[32];

	argc = ctl_print_take_options(argc, argv, &options);
	if (argc < 0)
		return CTL_USAGE;
	if (ctl_client_ask("GET", "/v1/status", NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.output != CTL_OUTPUT_TABLE) {
		ctl_print_document(reply, options.output);
		return CTL_OK;
	}
	printf("reconciled %s", ctl_print_get(reply, "version", buffer));
	printf(", up since %s\n", ctl_print_get(reply, "startedAt", buffer));
	if (json_object_get(reply, "configError"))
		printf("the configuration was refused, the one before is in force: %s\n",
		       ctl_print_get(reply, "configError", buffer));
	putchar('\n');
	ctl_print_table(json_object_get(reply, "clusters"), cluster_columns);
	putchar('\n');
	ctl_print_table(json_object_get(reply, "repositories"), repository_columns);
	putchar('\n');
	ctl_print_table(json_object_get(reply, "sources"), source_columns);
	putchar('\n');
	ctl_print_table(json_object_get(reply, "apps"), app_columns);
	print_refused(json_object_get(reply, "sources"));
	return CTL_OK;
}
