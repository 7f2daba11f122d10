/* reconcilectl terraform: stacks, what their plans would do, and the yes that applies one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "data/json.h"

#define POLL_MS	  300
#define NAMED_MAX 64

/* What the arguments may hold, for all commands. */
struct arguments {
	struct ctl_options common;
	const char *stack, *second; /* the arguments that are no flags */
	const char *run, *plan, *comment, *revision;
	const char *named[NAMED_MAX]; /* --destroy ADDRESS */
	size_t n_named;
	bool follow, force;
};

static const struct ctl_column stack_columns[] = {
	{"STACK", "name"},	     {"PHASE", "phase"},
	{"RUN", "run.id"},	     {"CHANGES", "run.summary"},
	{"PLAN", "run.digestBrief"}, {"DRIFT", "drift"},
	{"WAITS FOR", "waitsFor"},   {"NOT TAKEN", "run.refused"},
	{"REASON", "reason"},	     {NULL, NULL},
};

static const struct ctl_column run_columns[] = {
	{"RUN", "id"},		{"KIND", "kind"}, {"PHASE", "phase"},	    {"COMMIT", "commit"},
	{"CHANGES", "summary"}, {"BY", "by"},	  {"STARTED", "startedAt"}, {"ENDED", "finishedAt"},
	{"REASON", "reason"},	{NULL, NULL},
};

static const struct ctl_column backup_columns[] = {
	{"NAME", "name"},	{"PLACE", "place"}, {"SERIAL", "serial"},
	{"LINEAGE", "lineage"}, {"AT", "at"},	    {NULL, NULL},
};

/* ---- arguments ---- */

/* 1: it was a flag with a value, 0: it was none, -1: its value is missing. */
static int take_flag(struct arguments *arguments, int argc, char **argv, int *i)
{
	const struct {
		const char *name;
		const char **value;
	} flags[] = {
		{"--run", &arguments->run},
		{"--plan", &arguments->plan},
		{"--comment", &arguments->comment},
		{"--revision", &arguments->revision},
		{"--destroy", &arguments->named[arguments->n_named]},
	};

	for (size_t f = 0; f < RC_ARRAY_SIZE(flags); f++) {
		size_t n = strlen(flags[f].name);

		if (strncmp(argv[*i], flags[f].name, n) != 0 ||
		    (argv[*i][n] != '=' && argv[*i][n] != '\0'))
			continue;
		if (argv[*i][n] == '=')
			*flags[f].value = argv[*i] + n + 1;
		else if (*i + 1 < argc)
			*flags[f].value = argv[++*i];
		else
			return -1;
		arguments->n_named += f == RC_ARRAY_SIZE(flags) - 1;
		return 1;
	}
	return 0;
}

/* False after saying what was wrong. */
static bool take(struct arguments *arguments, int argc, char **argv, int *i)
{
	int r = arguments->n_named < NAMED_MAX ? take_flag(arguments, argc, argv, i) : -1;

	if (r == 1)
		return true;
	if (r < 0) {
		fprintf(stderr, "reconcilectl: %s: a value is missing\n", argv[*i]);
		return false;
	}
	if (strcmp(argv[*i], "-f") == 0 || strcmp(argv[*i], "--follow") == 0) {
		arguments->follow = true;
		return true;
	}
	if (strcmp(argv[*i], "--force") == 0) {
		arguments->force = true;
		return true;
	}
	if (argv[*i][0] == '-') {
		fprintf(stderr, "reconcilectl: unknown flag: %s\n", argv[*i]);
		return false;
	}
	*(arguments->stack ? &arguments->second : &arguments->stack) = argv[*i];
	return true;
}

/* False after saying what was wrong. */
static bool parse(int argc, char **argv, struct arguments *arguments, bool needs_stack)
{
	argc = ctl_print_take_options(argc, argv, &arguments->common);
	for (int i = 1; i < argc; i++)
		if (!take(arguments, argc, argv, &i))
			return false;
	if (argc > 0 && needs_stack && !arguments->stack)
		fprintf(stderr, "usage: reconcilectl terraform %s STACK\n", argv[0]);
	return argc > 0 && (arguments->stack || !needs_stack);
}

static char *path_of(const struct arguments *arguments, const char *what)
{
	return rc_asprintf("/v1/terraform/%s/%s%s%s", arguments->stack, what,
			   arguments->run ? "?run=" : "", arguments->run ? arguments->run : "");
}

/* ---- looking ---- */

static int show_items(const struct arguments *arguments, const char *path,
		      const struct ctl_column *columns)
{
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	if (ctl_client_ask("GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	if (arguments->common.output != CTL_OUTPUT_TABLE) {
		ctl_print_document(reply, arguments->common.output);
		return CTL_OK;
	}
	if (json_object_get(reply, "frozen"))
		printf("applying is frozen: %s\n\n",
		       json_string_value(json_object_get(reply, "frozen")));
	ctl_print_table(json_object_get(reply, "items"), columns);
	if (json_object_get(reply, "problem"))
		fprintf(stderr, "reconcilectl: not all of them: %s\n",
			json_string_value(json_object_get(reply, "problem")));
	return CTL_OK;
}

static int list(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, false))
		return CTL_USAGE;
	return show_items(&arguments, "/v1/terraform", stack_columns);
}

static int runs(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};
	rc_autofree char *path = NULL;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	path = path_of(&arguments, "runs");
	return show_items(&arguments, path, run_columns);
}

static int backups(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};
	rc_autofree char *path = NULL;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	path = path_of(&arguments, "backups");
	return show_items(&arguments, path, backup_columns);
}

static int get(int argc, char **argv)
{
	struct arguments arguments = {.common.output = CTL_OUTPUT_YAML};
	rc_autofree char *path = NULL;
	json_auto_t *reply = NULL;
	struct rc_error *err = NULL;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	path = arguments.run ? path_of(&arguments, "run")
			     : rc_asprintf("/v1/terraform/%s", arguments.stack);
	if (ctl_client_ask("GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	ctl_print_document(reply, arguments.common.output);
	return CTL_OK;
}

static int outputs(int argc, char **argv)
{
	struct arguments arguments = {.common.output = CTL_OUTPUT_YAML};
	rc_autofree char *path = NULL;
	json_auto_t *reply = NULL, *none = json_object();
	struct rc_error *err = NULL;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	path = rc_asprintf("/v1/terraform/%s", arguments.stack);
	if (ctl_client_ask("GET", path, NULL, &reply, &err) < 0)
		return ctl_fail(err);
	ctl_print_document(json_object_get(reply, "outputs") ?: none, arguments.common.output);
	return CTL_OK;
}

/* The plan as its program prints it, and below it what to say yes to. */
static int show(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};
	rc_autofree char *path = NULL, *run = NULL, *text = NULL;
	json_auto_t *record = NULL;
	struct rc_error *err = NULL;
	char digest[32], buffer[32];
	const char *after;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	run = path_of(&arguments, "run");
	path = path_of(&arguments, "plan");
	if (ctl_client_ask("GET", run, NULL, &record, &err) < 0)
		return ctl_fail(err);
	if (arguments.common.output != CTL_OUTPUT_TABLE) {
		ctl_print_document(record, arguments.common.output);
		return CTL_OK;
	}
	if (ctl_client_ask_text("GET", path, NULL, &text, &err) < 0)
		return ctl_fail(err);
	fputs(text, stdout);
	snprintf(digest, sizeof(digest), "%.12s", ctl_print_get(record, "digest", buffer));
	printf("\nRun %s, ", ctl_print_get(record, "id", buffer));
	printf("commit %.12s, ", ctl_print_get(record, "commit", buffer));
	printf("plan %s: %s\n", digest, ctl_print_get(record, "phase", buffer));
	after = rc_json_text(record, "after", NULL);
	if (after)
		printf("Before it, %s; this plan is what its state says is left.\n", after);
	if (strcmp(ctl_print_get(record, "phase", buffer), "awaiting-approval") == 0)
		printf("It %s\n  reconcilectl terraform approve %s --plan %s\n",
		       ctl_print_get(record, "waitsFor", buffer), arguments.stack, digest);
	return CTL_OK;
}

/* ---- logs ---- */

static void sleep_ms(long ms)
{
	struct timespec time = {.tv_nsec = ms * 1000000};

	nanosleep(&time, NULL);
}

static int logs(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};
	json_int_t offset = 0, run = 0;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	for (;;) {
		rc_autofree char *path = NULL;
		json_auto_t *reply = NULL;
		struct rc_error *err = NULL;
		const char *text;

		if (arguments.run)
			run = strtoll(arguments.run, NULL, 10);
		path = rc_asprintf("/v1/terraform/%s/log?run=%lld&offset=%lld", arguments.stack,
				   (long long)run, (long long)offset);
		if (ctl_client_ask("GET", path, NULL, &reply, &err) < 0)
			return ctl_fail(err);
		text = json_string_value(json_object_get(reply, "text"));
		fputs(text ? text : "", stdout);
		fflush(stdout);
		offset = json_integer_value(json_object_get(reply, "offset"));
		/* The run that was the newest at first is followed to its end. */
		run = json_integer_value(json_object_get(reply, "run"));
		if (json_is_true(json_object_get(reply, "isOver")) ||
		    (!arguments.follow && (!text || !*text)))
			return CTL_OK;
		if (arguments.follow)
			sleep_ms(POLL_MS);
	}
}

/* ---- deciding ---- */

/* body is given away. */
static int change(const struct arguments *arguments, const char *what, json_t *body)
{
	rc_autofree char *path = path_of(arguments, what);
	json_auto_t *owned = body, *reply = NULL;
	struct rc_error *err = NULL;
	char buffer[32];

	if (ctl_client_ask("POST", path, owned, &reply, &err) < 0)
		return ctl_fail(err);
	if (arguments->common.output != CTL_OUTPUT_TABLE)
		ctl_print_document(reply, arguments->common.output);
	else
		printf("%s: %s\n", arguments->stack, ctl_print_get(reply, "phase", buffer));
	return CTL_OK;
}

static int approve(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};
	json_t *named;

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	if (!arguments.plan) {
		fprintf(stderr,
			"reconcilectl: --plan DIGEST is wanted: which plan did you read?\n");
		return CTL_USAGE;
	}
	named = json_array();
	for (size_t i = 0; i < arguments.n_named; i++)
		json_array_append_new(named, json_string(arguments.named[i]));
	return change(&arguments, "approve",
		      json_pack("{s:s, s:s*, s:o}", "digest", arguments.plan, "comment",
				arguments.comment, "destroy", named));
}

static int discard(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	return change(&arguments, "discard", json_pack("{s:s*}", "comment", arguments.comment));
}

static int plan(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	return change(&arguments, "plan", json_pack("{s:s*}", "revision", arguments.revision));
}

/* A plan of an older commit; the stack stays at it until it is planned without one. */
static int rollback(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	if (!arguments.second) {
		fprintf(stderr, "usage: reconcilectl terraform rollback STACK REVISION\n");
		return CTL_USAGE;
	}
	return change(&arguments, "plan", json_pack("{s:s}", "revision", arguments.second));
}

static int drift(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	return change(&arguments, "drift", json_object());
}

static int stop(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	return change(&arguments, "stop", json_object());
}

static int unlock(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	if (!arguments.second) {
		fprintf(stderr, "usage: reconcilectl terraform unlock STACK LOCK-ID\n");
		return CTL_USAGE;
	}
	return change(&arguments, "unlock", json_pack("{s:s}", "id", arguments.second));
}

static int restore(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	if (!arguments.second) {
		fprintf(stderr, "usage: reconcilectl terraform restore STACK BACKUP [--force]\n");
		return CTL_USAGE;
	}
	return change(
		&arguments, "restore",
		json_pack("{s:s, s:b}", "backup", arguments.second, "force", arguments.force));
}

/* Wait for the end of the run that looks, and print what it saw. */
static int show_state(const struct arguments *arguments, const char *run)
{
	for (;;) {
		rc_autofree char *path =
			rc_asprintf("/v1/terraform/%s/run?run=%s", arguments->stack, run);
		json_auto_t *record = NULL;
		struct rc_error *err = NULL;
		const json_t *addresses, *one;
		char buffer[32];
		size_t i;

		if (ctl_client_ask("GET", path, NULL, &record, &err) < 0)
			return ctl_fail(err);
		addresses = json_object_get(record, "addresses");
		if (!json_object_get(record, "finishedAt")) {
			sleep_ms(POLL_MS);
			continue;
		}
		if (!addresses || json_object_get(record, "reason")) {
			fprintf(stderr, "reconcilectl: %s\n",
				ctl_print_get(record, "reason", buffer));
			return CTL_ERROR;
		}
		if (arguments->common.output != CTL_OUTPUT_TABLE)
			ctl_print_document(addresses, arguments->common.output);
		else
			json_array_foreach (addresses, i, one)
				puts(json_string_value(one) ?: "");
		return CTL_OK;
	}
}

static int state(int argc, char **argv)
{
	struct arguments arguments = {.stack = NULL};
	json_auto_t *reply = NULL, *body = NULL;
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;
	char buffer[32];

	if (!parse(argc, argv, &arguments, true))
		return CTL_USAGE;
	path = path_of(&arguments, "state");
	body = json_object();
	if (ctl_client_ask("POST", path, body, &reply, &err) < 0)
		return ctl_fail(err);
	return show_state(&arguments, ctl_print_get(reply, "run.id", buffer));
}

static int set_freeze(int argc, char **argv, bool is_on)
{
	struct arguments arguments = {.stack = NULL};
	json_auto_t *body = NULL, *reply = NULL;
	struct rc_error *err = NULL;
	const char *frozen;

	if (!parse(argc, argv, &arguments, false))
		return CTL_USAGE;
	body = is_on ? json_pack("{s:s}", "reason", arguments.stack ?: "no reason given")
		     : json_object();
	if (ctl_client_ask("POST", "/v1/terraform-freeze", body, &reply, &err) < 0)
		return ctl_fail(err);
	frozen = json_string_value(json_object_get(reply, "frozen"));
	printf("%s%s\n", frozen ? "frozen: " : "not frozen", frozen ? frozen : "");
	return CTL_OK;
}

static int freeze(int argc, char **argv)
{
	return set_freeze(argc, argv, true);
}

static int thaw(int argc, char **argv)
{
	return set_freeze(argc, argv, false);
}

static const struct ctl_command commands[] = {
	{"list", "[-o table|json|yaml]", "all stacks", list},
	{"get", "STACK [--run ID]", "one stack, or one run of it", get},
	{"runs", "STACK", "its runs, newest first", runs},
	{"show", "STACK [--run ID]", "the plan, as its program prints it", show},
	{"logs", "STACK [--run ID] [-f]", "the log of a run", logs},
	{"plan", "STACK [--revision R]", "plan now", plan},
	{"approve", "STACK --plan DIGEST [--destroy ADDRESS]...", "say yes to the plan you read",
	 approve},
	{"discard", "STACK [--comment TEXT]", "end a run that is not applying", discard},
	{"stop", "STACK", "ask the program that runs to end", stop},
	{"rollback", "STACK REVISION", "plan an older commit, and stay at it", rollback},
	{"drift", "STACK", "look for changes made by others", drift},
	{"outputs", "STACK", "what the last apply gave", outputs},
	{"state", "STACK", "addresses of what its state holds", state},
	{"backups", "STACK", "back-ups of its state", backups},
	{"restore", "STACK BACKUP [--force]", "bring a back-up of its state back, once approved",
	 restore},
	{"unlock", "STACK LOCK-ID", "free a lock whose holder is gone", unlock},
	{"freeze", "[REASON]", "apply nothing anywhere", freeze},
	{"thaw", "", "apply again", thaw},
	{NULL, NULL, NULL, NULL},
};

int ctl_terraform(int argc, char **argv)
{
	return ctl_dispatch("reconcilectl terraform", commands, argc, argv);
}
