/* A table for the options that are said or not, and a few that have a value. */
#include "gitops/application-options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"

#define ARGO "argocd.argoproj.io/"

static const struct {
	const char *text;
	size_t offset;
} flags[] = {
#define FLAG(text, member)                                            \
	{                                                             \
		text, offsetof(struct rc_application_options, member) \
	}
	FLAG("CreateNamespace=true", create_namespace),
	FLAG("Prune=false", no_prune),
	FLAG("Prune=confirm", prune_confirm),
	FLAG("PruneLast=true", prune_last),
	FLAG("Delete=false", no_delete),
	FLAG("Delete=confirm", delete_confirm),
	FLAG("Validate=false", no_validate),
	FLAG("SkipDryRunOnMissingResource=true", skip_dry_run_on_missing),
	FLAG("Replace=true", replace),
	FLAG("Force=true", force),
	FLAG("ServerSideApply=false", client_side),
	FLAG("ClientSideApplyMigration=false", no_migration),
	FLAG("ApplyOutOfSyncOnly=true", apply_out_of_sync_only),
	FLAG("FailOnSharedResource=true", fail_on_shared_resource),
	FLAG("RespectIgnoreDifferences=false", ignored_differences_are_applied),
#undef FLAG
};

/* What says the default. */
static const char *const defaults[] = {
	"CreateNamespace=false",
	"Prune=true",
	"PruneLast=false",
	"Delete=true",
	"Validate=true",
	"SkipDryRunOnMissingResource=false",
	"Replace=false",
	"Force=false",
	"ServerSideApply=true",
	"ClientSideApplyMigration=true",
	"ApplyOutOfSyncOnly=false",
	"FailOnSharedResource=false",
	"RespectIgnoreDifferences=true",
};

static int read_propagation(struct rc_application_options *options, const char *value,
			    struct rc_error **err)
{
	static const char *const words[] = {"Foreground", "Background", "Orphan"};

	for (size_t i = 0; i < RC_ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i], value) == 0) {
			options->prune_propagation = words[i];
			return 0;
		}
	return rc_fail(err, -EINVAL, "'%s' is none of foreground, background, orphan", value);
}

int rc_application_options_read(struct rc_application_options *options, const char *text,
				struct rc_error **err)
{
	static const char propagation[] = "PrunePropagationPolicy=";

	for (size_t i = 0; i < RC_ARRAY_SIZE(flags); i++)
		if (strcmp(flags[i].text, text) == 0) {
			*(bool *)((char *)options + flags[i].offset) = true;
			return 0;
		}
	for (size_t i = 0; i < RC_ARRAY_SIZE(defaults); i++)
		if (strcmp(defaults[i], text) == 0)
			return 0;
	if (rc_text_has_prefix(text, propagation))
		return read_propagation(options, text + sizeof(propagation) - 1, err);
	return rc_fail(err, -ENOENT, "'%s' is not known", text);
}

static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (list && *list) {
		size_t length = strcspn(list, ",");
		size_t blanks = strspn(list, " ");

		if (length - blanks >= n && strncmp(list + blanks, word, n) == 0 &&
		    strspn(list + blanks + n, " ") + blanks + n == length)
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

int rc_application_options_read_annotations(struct rc_application_options *options,
					    struct rc_arena *arena, const json_t *annotations,
					    struct rc_error **err)
{
	const char *compare = rc_json_text(annotations, ARGO "compare-options", NULL);
	const char *timeout = rc_json_text(annotations, "reconciled.io/wave-timeout", NULL);
	const char *manager =
		rc_json_text(annotations, ARGO "client-side-apply-migration-manager", NULL);
	const char *approved = rc_json_text(annotations, ARGO "deletion-approved", NULL);
	const char *lookup = rc_json_text(annotations, "reconciled.io/lookup", NULL) ?: "false";
	uint64_t ms = 0;

	options->no_dry_run_compare = has_word(compare, "ServerSideDiff=false");
	options->compare_webhooks = has_word(compare, "IncludeMutationWebhook=true");
	options->migration_manager = manager && *manager ? rc_arena_strdup(arena, manager) : NULL;
	options->deletion_approved = approved ? rc_arena_strdup(arena, approved) : NULL;
	options->answers_lookup = strcmp(lookup, "true") == 0;
	if (!options->answers_lookup && strcmp(lookup, "false") != 0)
		return rc_fail(err, -EINVAL, "reconciled.io/lookup: '%s' is neither true nor false",
			       lookup);
	if (!timeout)
		return 0;
	if (rc_duration_parse_config(rc_str(timeout), &ms, NULL) < 0 || ms == 0)
		return rc_fail(err, -EINVAL,
			       "reconciled.io/wave-timeout: '%s' is no duration such as 20m",
			       timeout);
	options->wave_timeout_ms = ms;
	return 0;
}
