/* reconcilectl events: what just happened, and what happens from now on. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "data/json.h"

struct arguments {
	struct ctl_options options;
	const char *app;
	bool follow;
};

static const struct ctl_column columns[] = {
	{"AT", "at"},		{"APP", "app"},		  {"SUBJECT", "subject"}, {"EVENT", "type"},
	{"MESSAGE", "message"}, {"REVISION", "revision"}, {NULL, NULL},
};

static int parse(int argc, char **argv, struct arguments *arguments)
{
	argc = ctl_print_take_options(argc, argv, &arguments->options);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0)
			arguments->follow = true;
		else if (argv[i][0] != '-' && !arguments->app)
			arguments->app = argv[i];
		else
			argc = -1;
	}
	if (argc < 0)
		fprintf(stderr,
			"usage: reconcilectl events [APP] [--follow] [-o table|json|yaml]\n");
	return argc < 0 ? CTL_USAGE : CTL_OK;
}

/* A line for each: widths of what is still to come are not known. */
static void print_event(const json_t *event, enum ctl_output output)
{
	const char *revision = rc_json_text(event, "revision", NULL) ?: "";
	const char *message = rc_json_text(event, "message", NULL);

	if (output == CTL_OUTPUT_JSON) {
		json_dumpf(event, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (output == CTL_OUTPUT_YAML) {
		puts("---");
		ctl_print_document(event, output);
	} else {
		printf("%s  %s  %s%s%s%s%.12s%s\n", rc_json_text(event, "at", NULL) ?: "",
		       rc_json_text(event, "app", NULL)
			       ?: rc_json_text(event, "subject", NULL) ?: "-",
		       rc_json_text(event, "type", NULL) ?: "", message ? "  " : "", message ?: "",
		       *revision ? "  (" : "", revision, *revision ? ")" : "");
	}
	fflush(stdout);
}

static void on_event(void *userdata, const json_t *event)
{
	const struct arguments *arguments = userdata;

	print_event(event, arguments->options.output);
}

static int print_list(const struct arguments *arguments, const char *path)
{
	struct rc_error *err = NULL;
	json_auto_t *reply = NULL;

	if (ctl_client_ask("GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (arguments->options.output == CTL_OUTPUT_TABLE)
		ctl_print_table(json_object_get(reply, "items"), columns);
	else
		ctl_print_document(reply, arguments->options.output);
	return CTL_OK;
}

int ctl_events(int argc, char **argv)
{
	struct arguments arguments = {.options = {.output = CTL_OUTPUT_TABLE}};
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;
	int code = parse(argc, argv, &arguments);

	if (code != CTL_OK)
		return code;
	path = rc_asprintf("/v1/events?app=%s%s", arguments.app ?: "",
			   arguments.follow ? "&follow=1" : "");
	if (!arguments.follow)
		return print_list(&arguments, path);
	return ctl_client_follow(path, on_event, &arguments, &err) < 0 ? ctl_fail(err) : CTL_OK;
}
