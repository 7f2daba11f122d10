/* Every ExternalSecret of a cluster, and when each is due. */
#include "secrets/manager.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/hash.h"
#include "secrets/manager-private.h"
#include "secrets/target.h"

#define ACTUAL	       "reconciled.io/actual-hash" /* in the cache only */
#define BACKOFF_MS     1000
#define BACKOFF_MAX_MS 420000
#define LATEST_S       (24 * 3600) /* a timer is looked at again after a day at most */

static void evaluate(struct secrets_entry *entry);

/* ---- entries ---- */

static struct secrets_entry *find(const struct rc_secrets_manager *manager, const char *name_space,
				  const char *name)
{
	struct secrets_entry *entry;

	DL_FOREACH (manager->entries, entry)
		if (strcmp(entry->name, name) == 0 && strcmp(entry->name_space, name_space) == 0)
			return entry;
	return NULL;
}

static char *lease_name(const struct secrets_entry *entry)
{
	return rc_asprintf("%s/%s", entry->manager->options.name, entry->label);
}

static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	evaluate(rc_container_of(timer, struct secrets_entry, due));
}

static void load_lease(struct secrets_entry *entry)
{
	rc_autofree char *name = lease_name(entry);
	json_auto_t *lease = NULL;

	rc_store_get(entry->manager->options.store, "lease", name, &lease, NULL);
	entry->lease_due_unix_s = json_integer_value(json_object_get(lease, "due"));
	entry->lease_end_unix_s = json_integer_value(json_object_get(lease, "end"));
}

static struct secrets_entry *add(struct rc_secrets_manager *manager, const struct rc_kube_key *key)
{
	struct secrets_entry *entry = rc_new0(struct secrets_entry);

	entry->manager = manager;
	entry->name_space = rc_strdup(key->name_space);
	entry->name = rc_strdup(key->name);
	entry->label = rc_asprintf("%s/%s", key->name_space, key->name);
	entry->log = (struct rc_log){&manager->log, "RC_SECRET", entry->label};
	ev_timer_init(&entry->due, on_due, 0, 0);
	rc_secrets_refresh_init(entry);
	load_lease(entry);
	DL_APPEND(manager->entries, entry);
	return entry;
}

static void drop(struct secrets_entry *entry)
{
	DL_DELETE(entry->manager->entries, entry);
	rc_secrets_refresh_cancel(entry);
	ev_timer_stop(entry->manager->options.loop, &entry->due);
	rc_secrets_external_free(entry->external);
	json_decref(entry->object);
	rc_error_free(entry->error);
	free(entry->version);
	free(entry->hash_before);
	free(entry->name_space);
	free(entry->name);
	free(entry->label);
	free(entry);
}

/* ---- when it is due ---- */

static bool is_secret_valid(const struct secrets_entry *entry)
{
	struct rc_kube_key key = {"", "Secret", entry->name_space, entry->external->target};
	json_auto_t *live = rc_kube_cache_load(entry->manager->secrets, &key);

	return live && rc_text_equal(rc_kube_object_get_annotation(live, ACTUAL),
				     rc_kube_object_get_annotation(live, RC_SECRETS_HASH_NOTE));
}

/* What it asks for makes no Secret to look after. */
static bool needs_no_secret(const struct secrets_entry *entry)
{
	return entry->external->creation == RC_SECRETS_CREATION_NONE ||
	       entry->external->creation == RC_SECRETS_CREATION_MERGE ||
	       entry->external->deletion == RC_SECRETS_DELETION_DELETE;
}

static void schedule(struct secrets_entry *entry, int64_t wait_s)
{
	struct ev_loop *loop = entry->manager->options.loop;

	if (wait_s > LATEST_S)
		wait_s = LATEST_S;
	ev_timer_stop(loop, &entry->due);
	ev_now_update(loop);
	ev_timer_set(&entry->due, wait_s > 0 ? (double)wait_s : 0, 0);
	ev_timer_start(loop, &entry->due);
}

static int64_t find_due(const struct secrets_entry *entry, int64_t now)
{
	bool is_valid = needs_no_secret(entry) || is_secret_valid(entry);
	int64_t due;

	if (entry->is_forced)
		return 0;
	if (entry->attempts == 0)
		return rc_secrets_external_due(entry->external, is_valid, entry->lease_due_unix_s);
	/* What failed is due whatever its interval says: it may have been asked for out of turn. */
	due = entry->started_unix_s +
	      (int64_t)rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, entry->attempts - 1) /
		      1000;
	return due <= now ? 0 : due;
}

static void evaluate(struct secrets_entry *entry)
{
	int64_t now = rc_clock_unix_s(), due;

	if (rc_flow_is_running(&entry->flow)) {
		entry->is_dirty = true;
		return;
	}
	if (!entry->external || !rc_kube_cache_is_current(entry->manager->secrets, "", "Secret"))
		return;
	due = find_due(entry, now);
	entry->due_unix_s = due ? due : now;
	if (due > now) {
		if (due != INT64_MAX)
			schedule(entry, due - now);
		return;
	}
	ev_timer_stop(entry->manager->options.loop, &entry->due);
	entry->is_forced = false;
	rc_secrets_refresh_start(entry);
}

static void evaluate_all(struct rc_secrets_manager *manager)
{
	struct secrets_entry *entry, *next;

	DL_FOREACH_SAFE (manager->entries, entry, next)
		evaluate(entry);
}

/* ---- what it says in the cluster ---- */

const struct rc_kube_resource *rc_secrets_manager_resource(const struct rc_secrets_manager *manager,
							   const char *kind)
{
	return rc_kube_discovery_find(manager->options.discovery, SECRETS_GROUP, kind, NULL);
}

static void on_status(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_secrets_manager *manager = userdata;

	(void)answer;
	if (r < 0 && r != -ENOENT)
		rc_log_error(&manager->log, LOG_WARNING, err, "writing an ExternalSecret's status");
	rc_error_free(err);
}

static void write_status(struct secrets_entry *entry, bool is_ready, const char *reason,
			 const char *message)
{
	const struct rc_kube_resource *resource =
		rc_secrets_manager_resource(entry->manager, "ExternalSecret");
	struct rc_kube_key key = {SECRETS_GROUP, "ExternalSecret", entry->name_space, entry->name};
	const json_t *before =
		json_array_get(rc_json_get(entry->object, "status", "conditions", NULL), 0);
	const char *status = is_ready ? "True" : "False";
	bool flips = !rc_text_equal(rc_json_text(before, "status", NULL), status);
	char now[RC_CLOCK_RFC3339_MAX], refreshed[RC_CLOCK_RFC3339_MAX];
	json_auto_t *patch = NULL;

	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	patch = json_pack(
		"{s:{s:[{s:s, s:s, s:s, s:s, s:s}]}}", "status", "conditions", "type", "Ready",
		"status", status, "reason", reason, "message", message, "lastTransitionTime",
		flips ? now : rc_json_text(before, "lastTransitionTime", NULL) ?: now);
	if (is_ready) {
		json_t *to = json_object_get(patch, "status");

		json_object_set_new(
			to, "refreshTime",
			json_string(rc_clock_format_rfc3339(entry->started_unix_s, refreshed)));
		json_object_set_new(to, "syncedResourceVersion", json_string(entry->version));
		json_object_set_new(to, "binding",
				    json_pack("{s:s}", "name", entry->external->target));
	} else if (!flips && rc_text_equal(rc_json_text(before, "message", NULL), message)) {
		return;
	}
	if (resource)
		rc_kube_apply_patch(entry->manager->options.cluster, resource, &key, patch,
				    "status", NULL, on_status, entry->manager);
	/* Not to be waited for: what we know counts until the watch tells it. */
	rc_json_merge(entry->object, patch);
	if (entry->external)
		rc_json_merge(entry->external->object, patch);
}

/* ---- the end of a refresh ---- */

static json_t *make_lease(int64_t start, int64_t end)
{
	return json_pack("{s:I, s:I}", "due", (json_int_t)(start + (end - start) * 2 / 3), "end",
			 (json_int_t)end);
}

static void note_lease(struct secrets_entry *entry)
{
	rc_autofree char *name = lease_name(entry);
	json_auto_t *document = NULL;
	int64_t token_end, now = rc_clock_unix_s();

	entry->lease_due_unix_s = entry->lease_end_unix_s = 0;
	if (entry->lease_s > 0) {
		token_end = rc_vault_session_get_expiry(entry->store.session);
		entry->lease_end_unix_s = entry->started_unix_s + entry->lease_s;
		entry->lease_due_unix_s = entry->started_unix_s + entry->lease_s * 2 / 3;
		if (entry->lease_due_unix_s <= now)
			entry->lease_due_unix_s = now + 1;
		/* The lease dies with the token that minted it. While we run we renew that; a
		 * restart loses it, so what is remembered is the earlier of both. */
		if (token_end > 0 && token_end < entry->lease_end_unix_s)
			document = make_lease(entry->started_unix_s, token_end);
		else
			document = make_lease(entry->started_unix_s, entry->lease_end_unix_s);
	}
	rc_store_put(entry->manager->options.store, "lease", name, document, NULL);
}

static void take_success(struct secrets_entry *entry)
{
	if (entry->error)
		rc_log_notice(&entry->log, "in sync again");
	entry->attempts = 0;
	rc_error_free(rc_steal(&entry->error));
	note_lease(entry);
	write_status(entry, true, "SecretSynced", "secret synced");
	if (entry->is_changed)
		rc_kube_events_record(entry->manager->options.events, entry->object, false,
				      "Updated", "secret synced");
}

static void take_failure(struct secrets_entry *entry, struct rc_error *err)
{
	rc_autofree char *before = entry->error ? rc_error_format(entry->error) : NULL;
	rc_autofree char *now = rc_error_format(err);

	entry->attempts++;
	entry->n_errors++;
	/* Manifests come in any order: a store may be a moment behind those who name it. */
	if (entry->attempts == 1 && err->code == -ENOENT) {
		rc_log_info(&entry->log, "%s", now);
	} else if (entry->attempts == 2 || !rc_text_equal(before, now)) {
		rc_log_error(&entry->log, LOG_WARNING, err, "refreshing");
		rc_kube_events_record(entry->manager->options.events, entry->object, true,
				      "UpdateFailed", now);
	}
	rc_error_free(entry->error);
	entry->error = err;
	write_status(entry, false, "SecretSyncedError", now);
}

void rc_secrets_manager_done(struct secrets_entry *entry, int r, struct rc_error *err)
{
	entry->duration_ns = (rc_clock_monotonic_ms() - entry->began_ms) * 1000000;
	if (r < 0)
		take_failure(entry, err);
	else
		take_success(entry);
	entry->is_dirty = false;
	/* From the loop: the watch of the Secret may be a moment behind. */
	schedule(entry, 1);
}

json_t *rc_secrets_manager_load_store(const struct secrets_entry *entry)
{
	const struct rc_secrets_external *external = entry->external;
	bool is_cluster = strcmp(external->store_kind, "ClusterSecretStore") == 0;
	struct rc_kube_key key = {SECRETS_GROUP, external->store_kind,
				  is_cluster ? "" : entry->name_space, external->store_name};

	return rc_kube_cache_load(entry->manager->objects, &key);
}

/* ---- what the watches tell ---- */

/* Generation, labels or annotations differ: somebody changed it, perhaps to put it right. */
static bool is_edited(const json_t *before, const json_t *now)
{
	rc_autofree char *was = before ? rc_secrets_external_version(before) : NULL;
	rc_autofree char *is = rc_secrets_external_version(now);

	return !rc_text_equal(was, is);
}

static void take_external(struct rc_secrets_manager *manager, const struct rc_kube_key *key,
			  json_t *object)
{
	struct secrets_entry *entry = find(manager, key->name_space, key->name);
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;
	int r = rc_secrets_external_parse(object, &external, &err);

	if (!entry)
		entry = add(manager, key);
	if (rc_flow_is_running(&entry->flow) && r == 0 && !is_edited(entry->object, object)) {
		/* Our own word of the refresh before, known already: the one under way goes on. */
		json_decref(entry->object);
		entry->object = object;
		rc_secrets_external_free(external);
		return;
	}
	if (rc_flow_is_running(&entry->flow))
		rc_secrets_refresh_cancel(entry);
	if (is_edited(entry->object, object))
		entry->attempts = 0;
	json_decref(entry->object);
	entry->object = object;
	rc_secrets_external_free(entry->external);
	entry->external = external;
	if (r < 0)
		take_failure(entry, err);
	else
		evaluate(entry);
}

/* Those that wait for this store need wait no longer. */
static void wake_users(struct rc_secrets_manager *manager, const json_t *store)
{
	struct secrets_entry *entry, *next;

	DL_FOREACH_SAFE (manager->entries, entry, next) {
		if (!entry->external || entry->attempts == 0 ||
		    strcmp(entry->external->store_name, rc_kube_object_get_meta(store, "name")) !=
			    0)
			continue;
		entry->attempts = 0;
		evaluate(entry);
	}
}

static void on_object(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	struct rc_secrets_manager *manager = userdata;
	const struct rc_kube_key *key = &live->key;
	bool is_external = strcmp(key->kind, "ExternalSecret") == 0;
	struct secrets_entry *entry;
	json_auto_t *object = NULL;

	if (is_gone && is_external) {
		entry = find(manager, key->name_space, key->name);
		if (entry)
			drop(entry);
	} else if (is_gone) {
		rc_secrets_check_forget(manager, key->kind, key->name_space, key->name);
	} else {
		object = rc_kube_cache_load(manager->objects, key);
		if (is_external) {
			take_external(manager, key, rc_steal(&object));
			return;
		}
		rc_secrets_check_update(manager, object);
		wake_users(manager, object);
	}
}

static void on_secret(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	struct rc_secrets_manager *manager = userdata;
	struct secrets_entry *entry, *next;

	(void)is_gone;
	DL_FOREACH_SAFE (manager->entries, entry, next)
		if (entry->external && strcmp(entry->external->target, live->key.name) == 0 &&
		    strcmp(entry->name_space, live->key.name_space) == 0)
			schedule(entry, 0);
}

/* Of a Secret's data only the hash is kept. */
static void secrets_trim(void *userdata, json_t *object)
{
	char hash[RC_SECRETS_HASH_MAX];

	(void)userdata;
	rc_secrets_hash_data(json_object_get(object, "data"), hash);
	json_object_del(object, "data");
	rc_kube_object_set_annotation(object, ACTUAL, hash);
}

static void on_state(void *userdata, const char *group, const char *kind, int r,
		     const struct rc_error *err)
{
	struct rc_secrets_manager *manager = userdata;

	bool is_secret = strcmp(kind, "Secret") == 0;
	size_t n;

	(void)group;
	rc_kube_cache_get_failure(is_secret ? manager->secrets : manager->objects, &n);
	/* The first says it for all: mostly they fail together. */
	if (r < 0)
		rc_log_error(&manager->log, n == 1 ? LOG_WARNING : LOG_DEBUG, err, "watching %s",
			     kind);
	else if (is_secret)
		evaluate_all(manager);
}

/* ---- the manager ---- */

struct rc_secrets_manager *rc_secrets_manager_new(const struct rc_secrets_manager_options *options)
{
	struct rc_secrets_manager *manager = rc_new0(struct rc_secrets_manager);
	struct rc_kube_cache_options objects = {
		.changed = on_object, .state = on_state, .userdata = manager};
	struct rc_kube_cache_options secrets = {.label = RC_SECRETS_MANAGED_LABEL,
						.trim = secrets_trim,
						.changed = on_secret,
						.state = on_state,
						.userdata = manager};

	manager->options = *options;
	manager->log = (struct rc_log){NULL, "RC_CLUSTER", options->name};
	manager->providers =
		rc_secrets_providers_new(options->loop, options->cluster, options->discovery);
	manager->objects = rc_kube_cache_new(options->cluster, &objects);
	manager->secrets = rc_kube_cache_new(options->cluster, &secrets);
	rc_secrets_manager_on_discovery(manager);
	return manager;
}

void rc_secrets_manager_free(struct rc_secrets_manager *manager)
{
	if (!manager)
		return;
	while (manager->entries)
		drop(manager->entries);
	rc_secrets_check_free_all(manager);
	rc_kube_cache_free(manager->objects);
	rc_kube_cache_free(manager->secrets);
	rc_secrets_providers_free(manager->providers);
	free(manager);
}

void rc_secrets_manager_on_discovery(struct rc_secrets_manager *manager)
{
	static const char *const kinds[] = {"SecretStore", "ClusterSecretStore", "ExternalSecret"};
	const struct rc_kube_resource *secret =
		rc_kube_discovery_find(manager->options.discovery, "", "Secret", NULL);

	if (!secret || !rc_secrets_manager_resource(manager, "ExternalSecret"))
		return;
	rc_kube_cache_want(manager->secrets, secret);
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		const struct rc_kube_resource *resource =
			rc_secrets_manager_resource(manager, kinds[i]);

		/* Who is limited to namespaces cannot watch what is in none. */
		if (resource && (resource->namespaced ||
				 !rc_kube_cluster_get_namespaces(manager->options.cluster)))
			rc_kube_cache_want(manager->objects, resource);
	}
}

static json_t *time_of(int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	if (unix_s == 0 || unix_s == INT64_MAX)
		return NULL;
	return json_string(rc_clock_format_rfc3339(unix_s, text));
}

static json_t *describe(const struct secrets_entry *entry)
{
	const json_t *status = json_object_get(entry->object, "status");
	const json_t *condition = json_array_get(json_object_get(status, "conditions"), 0);
	rc_autofree char *why = entry->error ? rc_error_format(entry->error) : NULL;
	rc_autofree char *store = entry->external
					  ? rc_asprintf("%s/%s", entry->external->store_kind,
							entry->external->store_name)
					  : NULL;

	return json_pack("{s:s, s:s, s:s*, s:s*, s:s, s:s, s:s, s:s*, s:o*, s:o*}", "namespace",
			 entry->name_space, "name", entry->name, "store", store, "target",
			 entry->external ? entry->external->target : NULL, "ready",
			 rc_json_text(condition, "status", NULL) ?: "Unknown", "reason",
			 rc_json_text(condition, "reason", NULL) ?: "", "message",
			 why ?: rc_json_text(condition, "message", NULL) ?: "", "refreshTime",
			 rc_json_text(status, "refreshTime", NULL), "nextRefresh",
			 time_of(entry->due_unix_s), "leaseEnd", time_of(entry->lease_end_unix_s));
}

void rc_secrets_manager_list(const struct rc_secrets_manager *manager, json_t *to)
{
	struct secrets_entry *entry;

	DL_FOREACH (manager->entries, entry)
		json_array_append_new(to, describe(entry));
}

json_t *rc_secrets_manager_get(const struct rc_secrets_manager *manager, const char *name_space,
			       const char *name)
{
	const struct secrets_entry *entry = find(manager, name_space, name);

	return entry ? describe(entry) : NULL;
}

int rc_secrets_manager_refresh(struct rc_secrets_manager *manager, const char *name_space,
			       const char *name, struct rc_error **err)
{
	struct secrets_entry *entry = find(manager, name_space, name);

	if (!entry)
		return rc_fail(err, -ENOENT, "there is no ExternalSecret %s/%s", name_space, name);
	entry->is_forced = true;
	evaluate(entry);
	return 0;
}

void rc_secrets_manager_write_samples(const struct rc_secrets_manager *manager, const char *metric,
				      struct rc_buf *out)
{
	struct secrets_entry *entry;

	DL_FOREACH (manager->entries, entry) {
		const json_t *condition =
			json_array_get(rc_json_get(entry->object, "status", "conditions", NULL), 0);
		const char *ready = rc_json_text(condition, "status", NULL) ?: "Unknown";
		double value = 0;

		if (strcmp(metric, "externalsecret_status_condition") == 0) {
			rc_buf_printf(out,
				      "%s{name=\"%s\",namespace=\"%s\",condition=\"Ready\","
				      "status=\"%s\"} 1\n",
				      metric, entry->name, entry->name_space, ready);
			continue;
		}
		if (strcmp(metric, "externalsecret_sync_calls_total") == 0)
			value = (double)entry->n_syncs;
		else if (strcmp(metric, "externalsecret_sync_calls_error") == 0)
			value = (double)entry->n_errors;
		else if (strcmp(metric, "externalsecret_reconcile_duration") == 0)
			value = (double)entry->duration_ns;
		else if (strcmp(metric, "reconciled_secret_lease_end_seconds") == 0)
			value = (double)entry->lease_end_unix_s;
		rc_buf_printf(out, "%s{name=\"%s\",namespace=\"%s\"} %.15g\n", metric, entry->name,
			      entry->name_space, value);
	}
}
