/* What is told of ExternalSecrets: by the API, and as metrics. Values are in none of it. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/memory.h"
#include "data/json.h"
#include "secrets/manager-private.h"

static json_t *time_of(int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	if (unix_s == 0 || unix_s == INT64_MAX)
		return NULL;
	return json_string(rc_clock_format_rfc3339(unix_s, text));
}

static const json_t *condition_of(const struct secrets_entry *entry)
{
	return json_array_get(rc_json_get(entry->object, "status", "conditions", NULL), 0);
}

static void add_leases(const struct secrets_entry *entry, json_t *to)
{
	const struct rc_secrets_lease_generation *old =
		&entry->record.generations[RC_SECRETS_LEASE_OLD];
	size_t n = rc_secrets_lease_count(&entry->record);
	int64_t end = rc_secrets_lease_get_soonest_end(&entry->record);

	if (end)
		json_object_set_new(to, "leaseEnd", time_of(end) ?: json_null());
	if (n > 0)
		json_object_set_new(to, "leases", json_integer((json_int_t)n));
	if (old->n > 0 && entry->n_old_pods > 0)
		json_object_set_new(
			to, "rollout",
			json_sprintf("%u pods still use the credentials before, such "
				     "as %s: these are kept %s",
				     entry->n_old_pods, entry->old_pod ?: "?",
				     old->leases[0].is_last ? "until they end" : "alive"));
}

static json_t *describe(const struct secrets_entry *entry)
{
	const json_t *condition = condition_of(entry);
	rc_autofree char *why = entry->error ? rc_error_format(entry->error) : NULL;
	rc_autofree char *store = entry->external
					  ? rc_asprintf("%s/%s", entry->external->store_kind,
							entry->external->store_name)
					  : NULL;
	json_t *json = json_pack(
		"{s:s, s:s, s:s*, s:s*, s:s, s:s, s:s, s:s*, s:o*}", "namespace",
		entry->name_space, "name", entry->name, "store", store, "target",
		entry->external ? entry->external->target : NULL, "ready",
		rc_json_text(condition, "status", NULL) ?: "Unknown", "reason",
		rc_json_text(condition, "reason", NULL) ?: "", "message",
		why ?: rc_json_text(condition, "message", NULL) ?: "", "refreshTime",
		rc_json_text(entry->object, "status", "refreshTime", NULL), "nextRefresh",
		time_of(entry->due_unix_s));

	add_leases(entry, json);
	if (entry->restarted)
		json_object_set(json, "restarted", entry->restarted);
	return json;
}

void rc_secrets_manager_list(const struct rc_secrets_manager *manager, json_t *to)
{
	for (const struct secrets_entry *entry = manager->entries; entry; entry = entry->hh.next)
		if (!entry->is_gone)
			json_array_append_new(to, describe(entry));
}

json_t *rc_secrets_manager_get(const struct rc_secrets_manager *manager, const char *name_space,
			       const char *name)
{
	const struct secrets_entry *entry = rc_secrets_manager_find(manager, name_space, name);

	return entry && !entry->is_gone ? describe(entry) : NULL;
}

/* ---- metrics ---- */

static double get_syncs(const struct secrets_entry *entry)
{
	return (double)entry->n_syncs;
}

static double get_errors(const struct secrets_entry *entry)
{
	return (double)entry->n_errors;
}

static double get_duration(const struct secrets_entry *entry)
{
	return (double)entry->duration_ns;
}

static double get_lease_end(const struct secrets_entry *entry)
{
	return (double)rc_secrets_lease_get_soonest_end(&entry->record);
}

static double get_certificate_end(const struct secrets_entry *entry)
{
	json_auto_t *live = entry->external
				    ? rc_secrets_manager_load_content(entry->manager, "Secret",
								      entry->name_space,
								      entry->external->target)
				    : NULL;
	const char *end =
		live ? rc_kube_object_get_annotation(live, SECRETS_CERTIFICATE_END) : NULL;

	return end ? strtod(end, NULL) : 0;
}

static double get_leases(const struct secrets_entry *entry)
{
	return (double)rc_secrets_lease_count(&entry->record);
}

static double get_mints(const struct secrets_entry *entry)
{
	return (double)entry->n_mints;
}

static double get_old_pods(const struct secrets_entry *entry)
{
	return (double)entry->n_old_pods;
}

static double get_rollout_s(const struct secrets_entry *entry)
{
	bool is_pending =
		entry->record.generations[RC_SECRETS_LEASE_OLD].n > 0 && entry->n_old_pods > 0;

	return is_pending ? (double)(rc_clock_unix_s() - entry->record.written_unix_s) : 0;
}

static double get_synced(const struct secrets_entry *entry)
{
	int64_t at = entry->synced_unix_s;
	const char *text = rc_json_text(entry->object, "status", "refreshTime", NULL);

	if (!at && text)
		rc_clock_parse_rfc3339(text, &at);
	return (double)at;
}

static const struct {
	const char *name;
	double (*get)(const struct secrets_entry *entry); /* NULL: a series for each state */
} metrics[] = {
	{"externalsecret_status_condition", NULL},
	{"externalsecret_sync_calls_total", get_syncs},
	{"externalsecret_sync_calls_error", get_errors},
	{"externalsecret_reconcile_duration", get_duration},
	{"reconciled_secret_synced_seconds", get_synced},
	{"reconciled_secret_lease_end_seconds", get_lease_end},
	{"reconciled_secret_certificate_end_seconds", get_certificate_end},
	{"reconciled_secret_leases", get_leases},
	{"reconciled_secret_mints_total", get_mints},
	{"reconciled_secret_old_pods", get_old_pods},
	{"reconciled_secret_rollout_pending_seconds", get_rollout_s},
};

static void write_sample(const struct secrets_entry *entry, size_t i, struct rc_buf *out)
{
	static const char *const states[] = {"True", "False"};
	const char *ready = rc_json_text(condition_of(entry), "status", NULL);

	if (metrics[i].get) {
		rc_buf_printf(out, "%s{name=\"%s\",namespace=\"%s\"} %.15g\n", metrics[i].name,
			      entry->name, entry->name_space, metrics[i].get(entry));
		return;
	}
	for (size_t j = 0; j < RC_ARRAY_SIZE(states); j++)
		rc_buf_printf(out,
			      "%s{name=\"%s\",namespace=\"%s\",condition=\"Ready\",status=\"%s\"} "
			      "%d\n",
			      metrics[i].name, entry->name, entry->name_space, states[j],
			      rc_text_equal(ready, states[j]));
}

void rc_secrets_manager_write_samples(const struct rc_secrets_manager *manager, const char *metric,
				      struct rc_buf *out)
{
	rc_secrets_push_write_samples(manager->pushes, metric, out);
	rc_secrets_check_write_samples(manager, metric, out);
	for (size_t i = 0; i < RC_ARRAY_SIZE(metrics); i++) {
		if (strcmp(metrics[i].name, metric) != 0)
			continue;
		for (const struct secrets_entry *entry = manager->entries; entry;
		     entry = entry->hh.next)
			if (!entry->is_gone)
				write_sample(entry, i, out);
	}
}
