/*
 * What one manifest says about how it is to be synced: its hook phases, wave, delete policy and
 * sync options, by Argo CD's annotations, else Helm's.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "base/error.h"

enum rc_phase {
	RC_PHASE_PRE_SYNC,
	RC_PHASE_SYNC,
	RC_PHASE_POST_SYNC,
	RC_PHASE_SYNC_FAIL,
	RC_PHASE_PRE_DELETE,
	RC_PHASE_POST_DELETE,
	RC_PHASE_COUNT,
};
/* "PreSync"; static text. */
const char *rc_phase_to_string(enum rc_phase phase);

struct rc_traits {
	unsigned int phases; /* bits 1 << enum rc_phase; a plain resource has only SYNC */
	int wave;
	bool is_hook;	 /* also a hook of phase Sync */
	bool is_skipped; /* hook Skip, or a Helm hook that has no counterpart (test, rollback) */
	/* Hooks: what removes them. Without a policy: before_creation. */
	bool delete_before_creation, delete_on_success, delete_on_failure;
	/* argocd.argoproj.io/sync-options of the resource. */
	bool may_prune, no_prune, prune_confirm, prune_last, may_delete, no_delete, delete_confirm;
	bool no_validate, skip_dry_run_on_missing, replace, force;
	bool client_side, server_side; /* ServerSideApply=false, =true */
	bool no_migration;	       /* ClientSideApplyMigration=false */
	/* argocd.argoproj.io/compare-options and others. */
	bool ignore_extraneous, ignore_health;
	bool is_kept; /* helm.sh/resource-policy: keep */
};

struct rc_application_options;
/* How a resource is written: what it says itself counts, else what its application says. */
bool rc_traits_is_replaced(const struct rc_traits *traits,
			   const struct rc_application_options *options);
bool rc_traits_is_client_side(const struct rc_traits *traits,
			      const struct rc_application_options *options);
bool rc_traits_is_migrated(const struct rc_traits *traits,
			   const struct rc_application_options *options);

/* -EINVAL for a wave that is no number or a hook phase or policy that is not known. */
int rc_traits_read(const json_t *object, struct rc_traits *ret_traits, struct rc_error **err);
