/*
 * Whether a live object is what is desired.
 *
 * The local comparison knows Kubernetes' own equality well enough to say "equal" for good:
 * quantities, keyed lists that others add to, what the server drops or fills in. What it cannot
 * call equal only the server can judge: a dry run's prediction decides. So OutOfSync is never our
 * opinion alone.
 */
#pragma once

#include <stdbool.h>

#include <jansson.h>

#include "gitops/ignore.h"

enum rc_comparison {
	RC_COMPARISON_UNKNOWN, /* only a dry run can tell */
	RC_COMPARISON_IN_SYNC,
	RC_COMPARISON_MODIFIED,
	RC_COMPARISON_MISSING,
	RC_COMPARISON_EXTRA,
};

/* Zero: nothing is ignored. All borrowed. */
struct rc_compare_options {
	struct rc_ignore_view ignore;
	/* What kubectl, Argo CD or Helm applied becomes ours (gitops/migrate.h). */
	bool is_migrated;
	const char *migration_manager; /* one more of them, or NULL */
	/* How it is written: whole (then what we wrote before and is not desired is to go), or as
	 * kubectl does it without the server's help. */
	bool is_replaced, is_client_side;
	/* What admission webhooks would change on the way counts, too: the server is always asked.
	 */
	bool with_webhooks;
};

/*
 * IN_SYNC, UNKNOWN, or MODIFIED: what others applied and we take over has fields that are not
 * desired. Of live's managedFields our own entry is needed, and those we take over. options may be
 * NULL, here and below.
 */
enum rc_comparison rc_compare_local(const json_t *desired, const json_t *live,
				    const struct rc_compare_options *options);
/* IN_SYNC or MODIFIED: what a dry run of applying would make of live, against live. Only what we
 * own counts, before or then. */
enum rc_comparison rc_compare_predicted(const json_t *live, const json_t *predicted,
					const struct rc_compare_options *options);
/* Put stringData of a Secret into its data, as the server does. */
void rc_compare_fold_secret(json_t *object);
