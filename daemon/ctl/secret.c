/* reconcilectl secret: which secrets come from Vault, how fresh they are, refresh now. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"

static const struct ctl_column columns[] = {
	{"NAMESPACE", "namespace"},
	{"NAME", "name"},
	{"STORE", "store"},
	{"READY", "ready"},
	{"REASON", "reason"},
	{"LAST REFRESH", "refreshTime"},
	{"NEXT REFRESH", "nextRefresh"},
	{"LEASE ENDS", "leaseEnd"},
	{"MESSAGE", "message"},
	{NULL, NULL},
};

static int secret_list(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	argc = ctl_print_take_options(argc, argv, &options);
	if (argc < 0)
		return CTL_USAGE;
	if (ctl_client_ask("GET", "/v1/secrets", NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.output == CTL_OUTPUT_TABLE)
		ctl_print_table(json_object_get(reply, "items"), columns);
	else
		ctl_print_document(reply, options.output);
	return CTL_OK;
}

/* NAMESPACE/NAME, or -n NAMESPACE NAME; NULL after saying what is wanted. */
static char *take_path(int argc, char **argv, const char *what)
{
	const char *ns = "default", *name = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
			ns = argv[++i];
		else
			name = argv[i];
	}
	if (!name) {
		fprintf(stderr, "usage: reconcilectl secret %s NAMESPACE/NAME\n", argv[0]);
		return NULL;
	}
	if (strchr(name, '/'))
		return rc_asprintf("/v1/secrets/%s%s", name, what);
	return rc_asprintf("/v1/secrets/%s/%s%s", ns, name, what);
}

static int secret_get(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_YAML};
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	argc = ctl_print_take_options(argc, argv, &options);
	path = argc < 0 ? NULL : take_path(argc, argv, "");
	if (!path)
		return CTL_USAGE;
	if (ctl_client_ask("GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (options.output == CTL_OUTPUT_TABLE) {
		json_auto_t *rows = json_pack("[O]", reply);

		ctl_print_table(rows, columns);
	} else {
		ctl_print_document(reply, options.output);
	}
	return CTL_OK;
}

static int secret_refresh(int argc, char **argv)
{
	struct ctl_options options = {.output = CTL_OUTPUT_TABLE};
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	argc = ctl_print_take_options(argc, argv, &options);
	path = argc < 0 ? NULL : take_path(argc, argv, "/refresh");
	if (!path)
		return CTL_USAGE;
	if (ctl_client_ask("POST", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	return CTL_OK;
}

static const struct ctl_command commands[] = {
	{"list", "[-o table|json|yaml]", "all external secrets", secret_list},
	{"get", "NAMESPACE/NAME", "one external secret, without its values", secret_get},
	{"refresh", "NAMESPACE/NAME", "read it from its store now", secret_refresh},
	{NULL, NULL, NULL, NULL},
};

int ctl_secret(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl secret", commands, argc, argv);
}
