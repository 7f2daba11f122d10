/*
 * Sync windows of an AppProject: when applications may be synced.
 *
 * As Argo CD decides: an active deny window forbids (by hand only if every active one has
 * manualSync); else, if there are allow windows, one of them has to be active. A sync under way
 * when that changes goes on where the windows say syncOverrun.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "data/cron.h"
#include "gitops/fields.h"
#include "gitops/patterns.h"

struct rc_window {
	const char *schedule, *duration, *zone, *description;
	struct rc_cron cron;
	int64_t duration_s;
	bool is_deny, manual_sync, sync_overrun;
	bool needs_all; /* andOperator: applications, clusters and namespaces have to match */
	struct rc_patterns applications, namespaces, clusters;
};

struct rc_windows {
	struct rc_window *list;
	size_t n;
};

/* The list at spec.syncWindows; what is wrong is complained of. */
void rc_windows_read(struct rc_windows *windows, struct rc_fields *fields, const json_t *spec);
void rc_windows_done(struct rc_windows *windows);

/* Of what a window is asked. Texts are borrowed. */
struct rc_window_facts {
	const char *app, *name_space; /* the destination's */
	const char *cluster, *server; /* as the application names it; each may be NULL */
	int64_t now_unix_s;
	int64_t started_unix_s; /* of the sync that wants to go on; 0: one that wants to begin */
	bool is_manual;
};

struct rc_window_verdict {
	bool has_windows; /* some are about this application */
	bool is_allowed;
	int64_t changes_unix_s; /* when is_allowed will be otherwise; 0: not within a year */
};

struct rc_window_verdict rc_windows_decide(const struct rc_windows *windows,
					   const struct rc_window_facts *facts);
/* Those that are about the application: [{kind, schedule, duration, timeZone, active, nextStart,
 * nextEnd?, ...}]; the caller's. */
json_t *rc_windows_describe(const struct rc_windows *windows, const struct rc_window_facts *facts);
