/* Reading annotations: Argo CD's first; Helm's hooks count only where there are none of its. */
#include "gitops/traits.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "gitops/application.h"
#include "kube/object.h"

#define ARGO "argocd.argoproj.io/"

static const char *const phase_names[RC_PHASE_COUNT] = {
	[RC_PHASE_PRE_SYNC] = "PreSync",     [RC_PHASE_SYNC] = "Sync",
	[RC_PHASE_POST_SYNC] = "PostSync",   [RC_PHASE_SYNC_FAIL] = "SyncFail",
	[RC_PHASE_PRE_DELETE] = "PreDelete", [RC_PHASE_POST_DELETE] = "PostDelete",
};

const char *rc_phase_to_string(enum rc_phase phase)
{
	return phase_names[phase];
}

/* The next of a comma-separated list, trimmed; false at its end. Empty ones are passed over. */
static bool next_word(struct rc_str *rest, struct rc_str *word)
{
	while (rest->n > 0) {
		ptrdiff_t comma = rc_str_index(*rest, ',');
		size_t n = comma < 0 ? rest->n : (size_t)comma;

		*word = rc_str_trim((struct rc_str){rest->p, n}, " \t\r\n");
		n += comma < 0 ? 0 : 1;
		rest->p += n;
		rest->n -= n;
		if (word->n > 0)
			return true;
	}
	return false;
}

/* ---- hooks ---- */

static int read_argo_hook(struct rc_traits *traits, const char *text, struct rc_error **err)
{
	struct rc_str rest = rc_str(text), word;

	while (next_word(&rest, &word)) {
		bool found = false;

		if (rc_str_is(word, "Skip")) {
			traits->is_skipped = true;
			continue;
		}
		for (unsigned int i = 0; i < RC_PHASE_COUNT; i++) {
			if (!rc_str_is(word, phase_names[i]))
				continue;
			traits->phases |= 1U << i;
			found = true;
		}
		if (!found)
			return rc_fail(err, -EINVAL,
				       "annotation " ARGO "hook: '%.*s' is none of PreSync, Sync, "
				       "PostSync, SyncFail, PreDelete, PostDelete, Skip",
				       (int)word.n, word.p);
	}
	traits->is_hook = traits->phases != 0;
	if (traits->is_hook)
		traits->is_skipped = false; /* Skip counts only where it stands alone */
	return 0;
}

static const struct {
	const char *helm;
	enum rc_phase phase;
} helm_hooks[] = {
	{"pre-install", RC_PHASE_PRE_SYNC},   {"pre-upgrade", RC_PHASE_PRE_SYNC},
	{"post-install", RC_PHASE_POST_SYNC}, {"post-upgrade", RC_PHASE_POST_SYNC},
	{"pre-delete", RC_PHASE_PRE_DELETE},  {"post-delete", RC_PHASE_POST_DELETE},
};

/* What Helm has and a sync has not (test, rollback) makes nothing; crd-install is no hook. */
static void read_helm_hook(struct rc_traits *traits, const char *text)
{
	struct rc_str rest = rc_str(text), word;
	bool is_plain = false;

	while (next_word(&rest, &word)) {
		is_plain = is_plain || rc_str_is(word, "crd-install");
		for (size_t i = 0; i < RC_ARRAY_SIZE(helm_hooks); i++)
			if (rc_str_is(word, helm_hooks[i].helm))
				traits->phases |= 1U << helm_hooks[i].phase;
	}
	traits->is_hook = traits->phases != 0;
	traits->is_skipped = !traits->is_hook && !is_plain;
}

static void read_policies(struct rc_traits *traits, const char *text, const char *const names[3])
{
	struct rc_str rest = rc_str(text), word;

	while (next_word(&rest, &word)) {
		if (rc_str_is(word, names[0]))
			traits->delete_before_creation = true;
		else if (rc_str_is(word, names[1]))
			traits->delete_on_success = true;
		else if (rc_str_is(word, names[2]))
			traits->delete_on_failure = true;
	}
}

static int read_hook(struct rc_traits *traits, const json_t *object, struct rc_error **err)
{
	static const char *const argo_policies[] = {"BeforeHookCreation", "HookSucceeded",
						    "HookFailed"};
	static const char *const helm_policies[] = {"before-hook-creation", "hook-succeeded",
						    "hook-failed"};
	const char *argo = rc_kube_object_get_annotation(object, ARGO "hook");
	const char *helm = rc_kube_object_get_annotation(object, "helm.sh/hook");
	const char *policy;
	int r = 0;

	if (argo)
		r = read_argo_hook(traits, argo, err);
	else if (helm)
		read_helm_hook(traits, helm);
	if (r < 0)
		return r;
	policy = rc_kube_object_get_annotation(object, ARGO "hook-delete-policy");
	if (policy)
		read_policies(traits, policy, argo_policies);
	policy = rc_kube_object_get_annotation(object, "helm.sh/hook-delete-policy");
	if (policy)
		read_policies(traits, policy, helm_policies);
	if (!traits->delete_on_success && !traits->delete_on_failure)
		traits->delete_before_creation = true;
	if (traits->phases == 0)
		traits->phases = 1U << RC_PHASE_SYNC;
	return 0;
}

/* ---- the rest ---- */

static int read_wave(struct rc_traits *traits, const json_t *object, struct rc_error **err)
{
	const char *name = ARGO "sync-wave";
	const char *text = rc_kube_object_get_annotation(object, name);
	char *end;
	long wave;

	if (!text) {
		name = "helm.sh/hook-weight";
		text = rc_kube_object_get_annotation(object, name);
	}
	if (!text)
		return 0;
	errno = 0;
	wave = strtol(text, &end, 10);
	if (!*text || *end || errno || wave < INT32_MIN || wave > INT32_MAX)
		return rc_fail(err, -EINVAL, "annotation %s: '%s' is no whole number", name, text);
	traits->wave = (int)wave;
	return 0;
}

static const struct {
	const char *text;
	size_t offset;
} sync_options[] = {
#define OPTION(text, member)                             \
	{                                                \
		text, offsetof(struct rc_traits, member) \
	}
	OPTION("Prune=true", may_prune),
	OPTION("Prune=false", no_prune),
	OPTION("Prune=confirm", prune_confirm),
	OPTION("PruneLast=true", prune_last),
	OPTION("Delete=true", may_delete),
	OPTION("Delete=false", no_delete),
	OPTION("Delete=confirm", delete_confirm),
	OPTION("Validate=false", no_validate),
	OPTION("SkipDryRunOnMissingResource=true", skip_dry_run_on_missing),
	OPTION("Replace=true", replace),
	OPTION("Force=true", force),
	OPTION("ServerSideApply=false", client_side),
	OPTION("ServerSideApply=true", server_side),
	OPTION("ClientSideApplyMigration=false", no_migration),
#undef OPTION
};

static void read_options(struct rc_traits *traits, const json_t *object)
{
	const char *text = rc_kube_object_get_annotation(object, ARGO "sync-options");
	struct rc_str rest = rc_str(text ? text : ""), word;

	while (next_word(&rest, &word))
		for (size_t i = 0; i < RC_ARRAY_SIZE(sync_options); i++)
			if (rc_str_is(word, sync_options[i].text))
				*(bool *)((char *)traits + sync_options[i].offset) = true;
	text = rc_kube_object_get_annotation(object, ARGO "compare-options");
	rest = rc_str(text ? text : "");
	while (next_word(&rest, &word))
		if (rc_str_is(word, "IgnoreExtraneous"))
			traits->ignore_extraneous = true;
}

bool rc_traits_is_replaced(const struct rc_traits *traits,
			   const struct rc_application_options *options)
{
	return traits->replace || options->replace;
}

bool rc_traits_is_client_side(const struct rc_traits *traits,
			      const struct rc_application_options *options)
{
	return traits->client_side || (options->client_side && !traits->server_side);
}

bool rc_traits_is_migrated(const struct rc_traits *traits,
			   const struct rc_application_options *options)
{
	return !traits->no_migration && !options->no_migration &&
	       !rc_traits_is_replaced(traits, options) &&
	       !rc_traits_is_client_side(traits, options);
}

int rc_traits_read(const json_t *object, struct rc_traits *ret_traits, struct rc_error **err)
{
	struct rc_traits traits = {.phases = 0};
	int r = read_hook(&traits, object, err);

	if (r == 0)
		r = read_wave(&traits, object, err);
	if (r < 0)
		return r;
	read_options(&traits, object);
	traits.ignore_health = rc_text_equal(
		rc_kube_object_get_annotation(object, ARGO "ignore-healthcheck"), "true");
	traits.is_kept = rc_text_equal(
		rc_kube_object_get_annotation(object, "helm.sh/resource-policy"), "keep");
	*ret_traits = traits;
	return 0;
}
