/* Completion. */
#include "ctl/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "ctl/client.h"
#include "ctl/print.h"
#include "ctl/render-flags.h"
#include "ctl/target.h"
#include "data/json.h"

#define PROGRAM "reconcilectl"
#define WORDS	"abcdefghijklmnopqrstuvwxyz-"

static bool is_on;

/* Commands that have commands of their own. */
static const char *const groups[] = {"app",	   "config", "dependency",
				     "repository", "secret", "terraform"};

/* What the first argument of a command names, and where the daemon tells of it. */
static const struct {
	const char *program, *command; /* command NULL: all of them */
	const char *path, *name_space, *name;
} nouns[] = {
	{PROGRAM " app", NULL, "/v1/apps", NULL, "metadata.name"},
	{PROGRAM " repository", NULL, "/v1/repositories", NULL, "name"},
	{PROGRAM " secret", NULL, "/v1/secrets", "namespace", "name"},
	{PROGRAM " terraform", NULL, "/v1/terraform", NULL, "name"},
	{PROGRAM, "events", "/v1/apps", NULL, "metadata.name"},
	{PROGRAM, "validate", "/v1/apps", NULL, "metadata.name"},
};

/* Flags for which the line of a command in its usage has no room. */
static const struct {
	const char *program, *command, *flags;
} more_flags[] = {
	{PROGRAM " app", "diff", "--source-position"},
	{PROGRAM " app", "sync",
	 "--revision --dry-run --async --strategy --apply-out-of-sync-only --replace --force"},
	{PROGRAM " app", "rollback", "--prune --async"},
	{PROGRAM " app", "undo", "--async"},
	{PROGRAM " app", "wait", "--operation"},
	{PROGRAM " dependency", NULL,
	 "--config --username --password --ca-file --cert-file --key-file "
	 "--insecure-skip-tls-verify --plain-http --skip-refresh"},
	{PROGRAM " terraform", "approve", "--comment"},
	{PROGRAM " terraform", "logs", "--follow"},
};

void ctl_complete_begin(void)
{
	is_on = true;
}

bool ctl_complete_is_on(void)
{
	return is_on;
}

static void offer(const char *text, const char *word)
{
	if (rc_text_has_prefix(text, word))
		puts(text);
}

/* "NAME [--prune] [--timeout S]": the flags in it. */
static void offer_flags_of(const char *arguments, const char *word)
{
	for (const char *at = arguments; (at = strchr(at, '-')); at++) {
		char flag[64];
		int n = (int)strspn(at, WORDS);

		if (at != arguments && !strchr(" [|", at[-1]))
			continue;
		snprintf(flag, sizeof(flag), "%.*s", n, at);
		offer(flag, word);
		at += n > 0 ? n - 1 : 0;
	}
}

/* Those that mean something here; the rest of Helm's are taken, and not recommended. */
static void offer_flags_of_helm(const struct ctl_flag *table, const char *word)
{
	for (; table->name; table++) {
		char flag[64];

		if (!table->help || table->kind == CTL_FLAG_REFUSED ||
		    table->kind == CTL_FLAG_REFUSED_TEXT)
			continue;
		snprintf(flag, sizeof(flag), "--%s", table->name);
		offer(flag, word);
	}
}

static void offer_flags(const char *program, const struct ctl_command *command, const char *word)
{
	bool is_of_main = strcmp(program, PROGRAM) == 0;

	if (is_of_main && strcmp(command->name, "render") == 0) {
		offer_flags_of_helm(ctl_render_flags_render, word);
		return;
	}
	if (is_of_main && strcmp(command->name, "lint") == 0) {
		offer_flags_of_helm(ctl_render_flags_lint, word);
		return;
	}
	offer_flags_of(command->arguments, word);
	for (size_t i = 0; i < RC_ARRAY_SIZE(more_flags); i++)
		if (strcmp(more_flags[i].program, program) == 0 &&
		    (!more_flags[i].command || strcmp(more_flags[i].command, command->name) == 0))
			offer_flags_of(more_flags[i].flags, word);
	offer("--output", word);
	for (unsigned int i = 0; ctl_target_get_flag(i); i++)
		offer(ctl_target_get_flag(i), word);
}

static void offer_names(const char *program, const struct ctl_command *command, const char *word)
{
	json_auto_t *reply = NULL;
	size_t noun = 0, i;
	json_t *item;

	while (noun < RC_ARRAY_SIZE(nouns) &&
	       (strcmp(nouns[noun].program, program) != 0 ||
		(nouns[noun].command && strcmp(nouns[noun].command, command->name) != 0)))
		noun++;
	/* A list takes no name, and freeze takes a reason. */
	if (noun == RC_ARRAY_SIZE(nouns) || !strpbrk(command->arguments, "NAS") ||
	    strncmp(command->arguments, "[-", 2) == 0 ||
	    ctl_client_ask("GET", nouns[noun].path, NULL, &reply, NULL) < 0)
		return;
	json_array_foreach (json_object_get(reply, "items"), i, item) {
		char text[512], a[32], b[32];
		const char *name = ctl_print_get(item, nouns[noun].name, a);

		if (nouns[noun].name_space) {
			snprintf(text, sizeof(text), "%s/%s",
				 ctl_print_get(item, nouns[noun].name_space, b), name);
			name = text;
		}
		offer(name, word);
	}
}

/* What `app undo NAME` can go back with. */
static void offer_deployments(const char *app, const char *word)
{
	rc_autofree char *path = rc_asprintf("/v1/apps/%s/resources", app);
	json_auto_t *reply = NULL;
	json_t *item;
	size_t i;

	if (ctl_client_ask("GET", path, NULL, &reply, NULL) < 0)
		return;
	json_array_foreach (json_object_get(reply, "items"), i, item) {
		rc_autofree char *text =
			rc_asprintf("Deployment/%s", rc_json_text(item, "name", NULL) ?: "");

		if (rc_text_equal(rc_json_text(item, "kind", NULL), "Deployment"))
			offer(text, word);
	}
}

static bool is_group(const char *program, const char *name)
{
	for (size_t i = 0; strcmp(program, PROGRAM) == 0 && i < RC_ARRAY_SIZE(groups); i++)
		if (strcmp(groups[i], name) == 0)
			return true;
	return false;
}

static void complete_arguments(const char *program, const struct ctl_command *command, int argc,
			       char **argv)
{
	static const char *const formats[] = {"table", "json", "yaml"};
	const char *word = argv[argc - 1], *before = argv[argc - 2];

	if (strcmp(before, "-o") == 0 || strcmp(before, "--output") == 0) {
		for (size_t i = 0; i < RC_ARRAY_SIZE(formats); i++)
			offer(formats[i], word);
		if (strcmp(command->name, "validate") == 0)
			offer("junit", word);
	} else if (*word == '-') {
		offer_flags(program, command, word);
	} else if (argc == 3) {
		offer_names(program, command, word);
	} else if (argc == 4 && strcmp(command->name, "undo") == 0) {
		offer_deployments(argv[2], word);
	}
}

int ctl_complete(const char *program, const struct ctl_command *table, int argc, char **argv)
{
	if (argc < 2)
		return CTL_OK;
	for (const struct ctl_command *command = table; command->name; command++) {
		if (argc == 2)
			offer(command->name, argv[1]);
		else if (strcmp(command->name, argv[1]) != 0)
			continue;
		else if (is_group(program, argv[1]))
			return command->run(argc - 1, argv + 1);
		else
			complete_arguments(program, command, argc, argv);
	}
	return CTL_OK;
}
