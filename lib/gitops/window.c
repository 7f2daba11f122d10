/* Sync windows. */
#include "gitops/window.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/duration.h"
#include "data/zone.h"

#define STEPS_MAX 4000
#define HORIZON_S ((int64_t)366 * 86400)
#define SECOND_NS INT64_C(1000000000)

/* ---- reading ---- */

static void read_times(struct rc_window *window, struct rc_fields *fields, const json_t *json,
		       const char *where)
{
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	int64_t ns = 0;

	window->schedule = rc_fields_text(fields, json, where, "schedule", "");
	window->duration = rc_fields_text(fields, json, where, "duration", "");
	window->zone = rc_fields_text(fields, json, where, "timeZone", "UTC");
	if (!rc_zone_is_known(window->zone)) {
		json_array_append_new(fields->warnings,
				      json_sprintf("%s.timeZone: '%s' is not known; it is read as "
						   "UTC",
						   where, window->zone));
		window->zone = "UTC";
	}
	if (rc_cron_parse(rc_str(window->schedule), &window->cron, &err) < 0) {
		rc_autofree char *why = rc_error_format(err);

		rc_fields_complain(fields, "%s.%s", where, why);
	}
	if (rc_duration_parse(rc_str(window->duration), &ns, NULL) < 0 || ns < 0)
		rc_fields_complain(fields, "%s.duration: a duration such as 1h30m is wanted",
				   where);
	window->duration_s = ns / SECOND_NS;
}

static void read_window(struct rc_window *window, struct rc_fields *fields, const json_t *json,
			const char *where)
{
	static const char *const known[] = {
		"kind",	      "schedule", "duration",	 "applications", "namespaces",	"clusters",
		"manualSync", "timeZone", "andOperator", "description",	 "syncOverrun", NULL};
	const char *kind = rc_fields_text(fields, json, where, "kind", "");

	rc_fields_check(fields, json, where, known);
	window->is_deny = strcmp(kind, "deny") == 0;
	if (!window->is_deny && strcmp(kind, "allow") != 0)
		rc_fields_complain(fields, "%s.kind: 'allow' or 'deny' is wanted, found '%s'",
				   where, kind);
	read_times(window, fields, json, where);
	window->description = rc_fields_text(fields, json, where, "description", "");
	window->manual_sync = rc_fields_bool(fields, json, where, "manualSync", false);
	window->sync_overrun = rc_fields_bool(fields, json, where, "syncOverrun", false);
	window->needs_all = rc_fields_bool(fields, json, where, "andOperator", false);
	rc_patterns_read(&window->applications, fields, json, where, "applications");
	rc_patterns_read(&window->namespaces, fields, json, where, "namespaces");
	rc_patterns_read(&window->clusters, fields, json, where, "clusters");
	if (!window->applications.n && !window->namespaces.n && !window->clusters.n)
		json_array_append_new(
			fields->warnings,
			json_sprintf("%s names no applications, namespaces or clusters, and so "
				     "concerns nothing",
				     where));
}

void rc_windows_read(struct rc_windows *windows, struct rc_fields *fields, const json_t *spec)
{
	const json_t *list = rc_fields_array(fields, spec, "spec", "syncWindows");
	json_t *item;
	size_t i;

	windows->n = json_array_size(list);
	windows->list = rc_arena_alloc(fields->arena, (windows->n + 1) * sizeof(*windows->list));
	memset(windows->list, 0, windows->n * sizeof(*windows->list));
	json_array_foreach (list, i, item) {
		rc_autofree char *where = rc_asprintf("spec.syncWindows[%zu]", i);

		read_window(&windows->list[i], fields, item, where);
	}
}

void rc_windows_done(struct rc_windows *windows)
{
	for (size_t i = 0; i < windows->n; i++) {
		rc_patterns_done(&windows->list[i].applications);
		rc_patterns_done(&windows->list[i].namespaces);
		rc_patterns_done(&windows->list[i].clusters);
	}
	windows->n = 0;
}

/* ---- whom it is about ---- */

static bool is_of_cluster(const struct rc_window *window, const struct rc_window_facts *facts)
{
	return (facts->cluster && *facts->cluster &&
		rc_patterns_match(&window->clusters, facts->cluster)) ||
	       (facts->server && *facts->server &&
		rc_patterns_match(&window->clusters, facts->server));
}

static bool is_about(const struct rc_window *window, const struct rc_window_facts *facts)
{
	const bool sets[] = {window->applications.n > 0, window->clusters.n > 0,
			     window->namespaces.n > 0};
	const bool matches[] = {rc_patterns_match(&window->applications, facts->app),
				is_of_cluster(window, facts),
				rc_patterns_match(&window->namespaces, facts->name_space)};
	bool any = false, all = true;

	for (size_t i = 0; i < RC_ARRAY_SIZE(sets); i++) {
		any = any || (sets[i] && matches[i]);
		all = all && (!sets[i] || matches[i]);
	}
	return any && (all || !window->needs_all);
}

/* ---- when ---- */

/* The earliest beginning of it that is later than since. */
static int64_t next_start(const struct rc_window *window, int64_t since_unix_s)
{
	int32_t offset_s = rc_zone_get_offset(window->zone, since_unix_s, NULL);
	int64_t local_s = rc_cron_next(&window->cron, since_unix_s + offset_s);

	return local_s == RC_CRON_NEVER ? RC_CRON_NEVER : local_s - offset_s;
}

/* It began less than its duration ago. */
static bool is_active(const struct rc_window *window, int64_t at_unix_s)
{
	return next_start(window, at_unix_s - window->duration_s) < at_unix_s;
}

struct state {
	bool denied, deny_by_hand, deny_overrun;
	bool allowed, has_allow, allow_by_hand, allow_overrun;
};

static struct state look(const struct rc_windows *windows, const struct rc_window_facts *facts,
			 int64_t at_unix_s)
{
	struct state state = {.deny_by_hand = true,
			      .deny_overrun = true,
			      .allow_by_hand = true,
			      .allow_overrun = true};

	for (size_t i = 0; i < windows->n; i++) {
		const struct rc_window *window = &windows->list[i];
		bool active;

		if (!is_about(window, facts))
			continue;
		active = is_active(window, at_unix_s);
		if (window->is_deny && active) {
			state.denied = true;
			state.deny_by_hand = state.deny_by_hand && window->manual_sync;
			state.deny_overrun = state.deny_overrun && window->sync_overrun;
		} else if (!window->is_deny && active) {
			state.allowed = true;
		} else if (!window->is_deny) {
			state.has_allow = true;
			state.allow_by_hand = state.allow_by_hand && window->manual_sync;
			state.allow_overrun = state.allow_overrun && window->sync_overrun;
		}
	}
	return state;
}

static bool can_begin(const struct state *state, bool is_manual)
{
	if (state->denied)
		return is_manual && state->deny_by_hand;
	return state->allowed || !state->has_allow || (is_manual && state->allow_by_hand);
}

static bool is_allowed_at(const struct rc_windows *windows, const struct rc_window_facts *facts,
			  int64_t at_unix_s)
{
	struct state state = look(windows, facts, at_unix_s), before;

	if (can_begin(&state, facts->is_manual))
		return true;
	if (!facts->started_unix_s || !(state.denied ? state.deny_overrun : state.allow_overrun))
		return false;
	before = look(windows, facts, facts->started_unix_s);
	return can_begin(&before, facts->is_manual);
}

/* The next moment that some window begins or ends. */
static int64_t next_change(const struct rc_windows *windows, const struct rc_window_facts *facts,
			   int64_t at_unix_s)
{
	int64_t nearest = RC_CRON_NEVER;

	for (size_t i = 0; i < windows->n; i++) {
		const struct rc_window *window = &windows->list[i];
		int64_t start, end;

		if (!is_about(window, facts))
			continue;
		/* It counts as active from the second after its beginning. */
		start = next_start(window, at_unix_s);
		if (start != RC_CRON_NEVER && start + 1 < nearest)
			nearest = start + 1;
		end = next_start(window, at_unix_s - window->duration_s);
		if (end < at_unix_s && end + window->duration_s < nearest)
			nearest = end + window->duration_s;
	}
	return nearest;
}

static int64_t find_change(const struct rc_windows *windows, const struct rc_window_facts *facts,
			   bool is_allowed)
{
	int64_t at_unix_s = facts->now_unix_s;

	for (int i = 0; i < STEPS_MAX; i++) {
		int64_t next = next_change(windows, facts, at_unix_s);

		if (next == RC_CRON_NEVER || next > facts->now_unix_s + HORIZON_S)
			return 0;
		at_unix_s = next > at_unix_s ? next : at_unix_s + 1;
		if (is_allowed_at(windows, facts, at_unix_s) != is_allowed)
			return at_unix_s;
	}
	return 0;
}

struct rc_window_verdict rc_windows_decide(const struct rc_windows *windows,
					   const struct rc_window_facts *facts)
{
	struct rc_window_verdict verdict = {.is_allowed = true};

	for (size_t i = 0; i < windows->n; i++)
		verdict.has_windows = verdict.has_windows || is_about(&windows->list[i], facts);
	if (!verdict.has_windows)
		return verdict;
	verdict.is_allowed = is_allowed_at(windows, facts, facts->now_unix_s);
	verdict.changes_unix_s = find_change(windows, facts, verdict.is_allowed);
	return verdict;
}

/* ---- for people ---- */

static json_t *time_of(int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	return unix_s == RC_CRON_NEVER ? NULL : json_string(rc_clock_format_rfc3339(unix_s, text));
}

json_t *rc_windows_describe(const struct rc_windows *windows, const struct rc_window_facts *facts)
{
	json_t *list = json_array();

	for (size_t i = 0; i < windows->n; i++) {
		const struct rc_window *window = &windows->list[i];
		int64_t now = facts->now_unix_s, end = RC_CRON_NEVER;

		if (!is_about(window, facts))
			continue;
		if (is_active(window, now))
			end = next_start(window, now - window->duration_s) + window->duration_s;
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o*, s:o*, s:s*}", "kind",
				  window->is_deny ? "deny" : "allow", "schedule", window->schedule,
				  "duration", window->duration, "timeZone", window->zone, "active",
				  end != RC_CRON_NEVER, "manualSync", window->manual_sync,
				  "nextStart", time_of(next_start(window, now)), "end",
				  time_of(end), "description",
				  *window->description ? window->description : NULL));
	}
	return list;
}
