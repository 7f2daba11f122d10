/*
 * Whether a live object is what is desired.
 *
 * The local comparison knows Kubernetes' own equality well enough to say "equal" for good:
 * quantities, keyed lists that others add to, what the server drops or fills in. What it cannot
 * call equal only the server can judge: a dry run's prediction decides. So OutOfSync is never our
 * opinion alone.
 */
#pragma once

#include <jansson.h>

#include "gitops/ignore.h"

enum rc_comparison {
	RC_COMPARISON_UNKNOWN, /* only a dry run can tell */
	RC_COMPARISON_IN_SYNC,
	RC_COMPARISON_MODIFIED,
	RC_COMPARISON_MISSING,
	RC_COMPARISON_EXTRA,
};

/* IN_SYNC or UNKNOWN. ignore may be NULL. live may hold only our own entry of managedFields. */
enum rc_comparison rc_compare_local(const json_t *desired, const json_t *live,
				    const struct rc_ignore *ignore);
/* IN_SYNC or MODIFIED: what a dry run of applying would make of live, against live. */
enum rc_comparison rc_compare_predicted(const json_t *live, const json_t *predicted,
					const struct rc_ignore *ignore);
/* Put stringData of a Secret into its data, as the server does. */
void rc_compare_fold_secret(json_t *object);
