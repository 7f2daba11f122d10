/* Every ExternalSecret of a cluster, as the watches tell them. */
#include "secrets/manager.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/aws-identity.h"
#include "secrets/manager-private.h"
#include "secrets/store.h"
#include "secrets/target.h"
#include "secrets/vault-identity.h"

#define SETTLE_S 0.2

/* ---- entries ---- */

struct secrets_entry *rc_secrets_manager_find(const struct rc_secrets_manager *manager,
					      const char *name_space, const char *name)
{
	rc_autofree char *label = rc_asprintf("%s/%s", name_space, name);
	struct secrets_entry *entry;

	HASH_FIND_STR(manager->entries, label, entry);
	return entry;
}

struct secrets_entry *rc_secrets_manager_add(struct rc_secrets_manager *manager,
					     const char *name_space, const char *name)
{
	struct secrets_entry *entry = rc_new0(struct secrets_entry);

	entry->manager = manager;
	entry->name_space = rc_strdup(name_space);
	entry->name = rc_strdup(name);
	entry->label = rc_asprintf("%s/%s", name_space, name);
	entry->log = (struct rc_log){&manager->log, "RC_SECRET", entry->label};
	rc_secrets_queue_init(entry);
	rc_secrets_tend_load(entry);
	HASH_ADD_KEYPTR(hh, manager->entries, entry->label, strlen(entry->label), entry);
	return entry;
}

void rc_secrets_manager_drop(struct secrets_entry *entry)
{
	HASH_DEL(entry->manager->entries, entry);
	rc_secrets_queue_remove(entry);
	rc_secrets_refresh_cancel(entry);
	rc_secrets_pending_cancel(entry);
	rc_secrets_tend_done(entry);
	rc_secrets_refresh_free_clients(&entry->clients);
	ev_timer_stop(entry->manager->options.loop, &entry->due);
	rc_secrets_external_free(entry->external);
	json_decref(entry->object);
	json_decref(entry->next_object);
	rc_error_free(entry->error);
	free(entry->roll_for);
	json_decref(entry->restarted);
	free(entry->name_space);
	free(entry->name);
	free(entry->label);
	free(entry);
}

/* ---- logins ---- */

static char *on_stamp(void *userdata, const char *kind, const char *name_space, const char *name)
{
	json_auto_t *object = rc_secrets_manager_load_content(userdata, kind, name_space, name);
	const char *content =
		object ? rc_kube_object_get_annotation(object, SECRETS_CONTENT) : NULL;

	return rc_strdup(content ? content : object ? rc_kube_object_get_meta(object, "uid") : "");
}

static void on_tokens(void *userdata)
{
	rc_secrets_tend_note_tokens(userdata);
}

/* ---- ExternalSecrets ---- */

/* Generation, labels or annotations differ: somebody changed it, perhaps to put it right. */
static bool is_edited(const json_t *before, const json_t *now)
{
	rc_autofree char *was = before ? rc_secrets_external_version(before) : NULL;
	rc_autofree char *is = rc_secrets_external_version(now);

	return !rc_text_equal(was, is);
}

/* One store of another class is enough; one that is not there may come to be ours. */
static bool is_foreign(struct secrets_entry *entry)
{
	const struct rc_secrets_external *external = entry->external;

	for (size_t i = 0; external && i < external->n_sources; i++) {
		json_auto_t *store = NULL;

		if (external->sources[i].is_generator)
			continue;
		store = rc_secrets_manager_load_store(entry->manager, entry->name_space,
						      external->sources[i].kind,
						      external->sources[i].name);
		if (store &&
		    !rc_secrets_store_is_ours(store, entry->manager->options.only_own_class))
			return true;
	}
	return false;
}

/* Takes object over. */
static void put(struct secrets_entry *entry, json_t *object)
{
	struct rc_secrets_external *external = NULL;
	struct rc_error *err = NULL;
	int r = rc_secrets_external_parse(object, &external, &err);

	if (is_edited(entry->object, object))
		entry->attempts = 0;
	json_decref(entry->object);
	entry->object = object;
	rc_secrets_external_free(entry->external);
	entry->external = external;
	entry->is_gone = false;
	entry->is_foreign = is_foreign(entry);
	if (entry->is_foreign)
		rc_error_free(err);
	else if (r < 0)
		rc_secrets_status_failure(entry, err);
	else
		rc_secrets_queue_evaluate(entry);
}

/* A refresh that mints must not be cut off: what it minted would be lost. */
static void take_external(struct rc_secrets_manager *manager, const struct rc_kube_key *key,
			  json_t *object)
{
	struct secrets_entry *entry = rc_secrets_manager_find(manager, key->name_space, key->name);

	if (!entry)
		entry = rc_secrets_manager_add(manager, key->name_space, key->name);
	if (!entry->refresh) {
		put(entry, object);
		return;
	}
	json_decref(entry->next_object);
	entry->next_object = object;
}

void rc_secrets_manager_catch_up(struct secrets_entry *entry)
{
	if (entry->next_object)
		put(entry, rc_steal(&entry->next_object));
}

void rc_secrets_manager_leave(struct secrets_entry *entry)
{
	rc_secrets_refresh_cancel(entry);
	rc_secrets_pending_cancel(entry);
	json_decref(entry->next_object);
	entry->next_object = NULL;
	entry->is_gone = true;
	if (entry->external && rc_secrets_tend_leave(entry))
		rc_secrets_queue_wake(entry, 0);
	else
		rc_secrets_manager_drop(entry);
}

/* ---- what the watches tell ---- */

static bool uses(const struct secrets_entry *entry, const char *kind, const char *name)
{
	for (size_t i = 0; entry->external && i < entry->external->n_sources; i++)
		if (strcmp(entry->external->sources[i].name, name) == 0 &&
		    strcmp(entry->external->sources[i].kind, kind) == 0)
			return true;
	return false;
}

void rc_secrets_manager_wake_users(struct rc_secrets_manager *manager, const json_t *store)
{
	const char *name = rc_kube_object_get_meta(store, "name");
	const char *kind = rc_json_text(store, "kind", NULL) ?: "";
	struct secrets_entry *entry, *next;

	HASH_ITER (hh, manager->entries, entry, next) {
		if (!uses(entry, kind, name))
			continue;
		entry->is_foreign = is_foreign(entry);
		if (entry->attempts == 0 && entry->synced_unix_s && !entry->is_foreign)
			continue;
		entry->attempts = 0;
		rc_secrets_queue_wake(entry, 0);
	}
}

static void on_object(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	struct rc_secrets_manager *manager = userdata;
	const struct rc_kube_key *key = &live->key;
	bool is_external = strcmp(key->kind, "ExternalSecret") == 0;
	struct secrets_entry *entry;
	json_auto_t *object = NULL;

	rc_secrets_fanout_note(manager->fanout);
	if (strcmp(key->kind, "ClusterExternalSecret") == 0)
		return;
	if (strcmp(key->kind, "PushSecret") == 0) {
		rc_secrets_push_update(manager->pushes, key, is_gone);
		return;
	}
	if (is_gone && is_external) {
		entry = rc_secrets_manager_find(manager, key->name_space, key->name);
		if (entry)
			rc_secrets_manager_leave(entry);
	} else if (is_gone) {
		rc_secrets_check_forget(manager, key->kind, key->name_space, key->name);
	} else {
		object = rc_kube_cache_load(manager->objects, key);
		if (is_external) {
			take_external(manager, key, rc_steal(&object));
			return;
		}
		rc_secrets_check_update(manager, object);
		rc_secrets_manager_wake_users(manager, object);
		rc_secrets_push_wake(manager->pushes);
	}
}

/* What failed may have been made with what is others' now. */
static bool is_other_login(struct secrets_entry *entry, size_t i)
{
	const struct rc_secrets_source *source = &entry->external->sources[i];
	struct rc_secrets_client *client = NULL;
	json_auto_t *store = NULL;
	bool differs;

	if (source->is_generator)
		return false;
	store = rc_secrets_manager_load_store(entry->manager, entry->name_space, source->kind,
					      source->name);
	if (!store || rc_secrets_provider_open(&entry->manager->context, store, entry->name_space,
					       &client, NULL) < 0)
		return false;
	differs = i >= entry->clients.n ||
		  !rc_secrets_provider_is_same(client, entry->clients.at[i].client);
	rc_secrets_provider_close(client);
	return differs;
}

static bool has_other_login(struct secrets_entry *entry)
{
	for (size_t i = 0; entry->external && i < entry->external->n_sources; i++)
		if (is_other_login(entry, i))
			return true;
	return false;
}

static void on_settle(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_secrets_manager *manager =
		rc_container_of(timer, struct rc_secrets_manager, settle);
	struct secrets_entry *entry, *next;

	(void)loop;
	(void)events;
	if (!rc_secrets_manager_is_ready(manager))
		return;
	rc_secrets_check_again(manager);
	HASH_ITER (hh, manager->entries, entry, next)
		if (entry->attempts > 0 && has_other_login(entry)) {
			entry->attempts = 0;
			rc_secrets_queue_wake(entry, 0);
		}
}

/* A target is looked at; and it may be what a store logs in with. */
static void on_content(void *userdata, const struct rc_kube_live *live, bool is_gone)
{
	struct rc_secrets_manager *manager = userdata;
	bool is_secret = strcmp(live->key.kind, "Secret") == 0;
	struct secrets_entry *entry, *next;

	(void)is_gone;
	HASH_ITER (hh, manager->entries, entry, next) {
		if (!is_secret || !entry->external || entry->external->manifest ||
		    strcmp(entry->external->target, live->key.name) != 0 ||
		    strcmp(entry->name_space, live->key.name_space) != 0)
			continue;
		rc_secrets_queue_wake(entry, 0);
	}
	if (!rc_secrets_manager_is_ready(manager))
		return;
	rc_secrets_follow_note(manager->follow, live->key.name_space);
	if (is_secret)
		rc_secrets_push_note(manager->pushes, live->key.name_space, live->key.name);
	if (strcmp(live->key.kind, "Namespace") == 0)
		rc_secrets_fanout_note(manager->fanout);
	ev_timer_stop(manager->options.loop, &manager->settle);
	ev_timer_set(&manager->settle, SETTLE_S, 0);
	ev_timer_start(manager->options.loop, &manager->settle);
}

static void tell_failure(const struct rc_secrets_manager *manager,
			 const struct rc_kube_cache *cache, const char *kind,
			 const struct rc_error *err)
{
	size_t n;

	/* The first says it for all: mostly they fail together. */
	rc_kube_cache_get_failure(cache, &n);
	rc_log_error(&manager->log, n == 1 ? LOG_WARNING : LOG_DEBUG, err, "watching %s", kind);
}

static void on_state(void *userdata, const char *group, const char *kind, int r,
		     const struct rc_error *err)
{
	struct rc_secrets_manager *manager = userdata;

	(void)group;
	if (r < 0)
		tell_failure(manager, manager->objects, kind, err);
	else
		rc_secrets_orphan_find(manager);
	rc_secrets_fanout_note(manager->fanout);
}

static void on_content_state(void *userdata, const char *group, const char *kind, int r,
			     const struct rc_error *err)
{
	struct rc_secrets_manager *manager = userdata;

	(void)group;
	if (r < 0)
		tell_failure(manager, manager->contents, kind, err);
	if (!rc_secrets_manager_is_ready(manager))
		return;
	rc_secrets_check_again(manager);
	rc_secrets_queue_evaluate_all(manager);
	rc_secrets_follow_note(manager->follow, NULL);
	rc_secrets_push_note(manager->pushes, NULL, NULL);
	rc_secrets_fanout_note(manager->fanout);
}

static void on_server(void *userdata, struct rc_vault_server *server)
{
	struct rc_secrets_manager *manager = userdata;
	const struct rc_error *err = rc_vault_server_get_error(server);
	struct secrets_entry *entry, *next;

	if (err) {
		rc_log_error(&manager->log, LOG_WARNING, err, "%s is away",
			     rc_vault_server_get_url(server));
		return;
	}
	rc_log_notice(&manager->log, "%s is back", rc_vault_server_get_url(server));
	HASH_ITER (hh, manager->entries, entry, next)
		if (entry->server == server && entry->attempts > 0) {
			entry->attempts = 0;
			rc_secrets_queue_wake(entry, 0);
		}
	rc_secrets_push_wake(manager->pushes);
	rc_secrets_queue_turn(manager);
}

/* ---- the manager ---- */

struct rc_secrets_manager *rc_secrets_manager_new(const struct rc_secrets_manager_options *options)
{
	struct rc_secrets_manager *manager = rc_new0(struct rc_secrets_manager);
	struct rc_kube_cache_options objects = {
		.changed = on_object, .state = on_state, .userdata = manager};
	struct rc_kube_cache_options content = {.trim = rc_secrets_contents_trim,
						.changed = on_content,
						.state = on_content_state,
						.userdata = manager};

	manager->options = *options;
	manager->log = (struct rc_log){NULL, "RC_CLUSTER", options->name};
	manager->context = (struct rc_secrets_context){
		.loop = options->loop,
		.cluster = options->cluster,
		.discovery = options->discovery,
		.vault = options->vault,
		.http = rc_net_http_client_new(options->loop, "reconciled"),
		.identities = rc_secrets_vault_identity_new_set(),
		.aws = rc_secrets_aws_identity_new_set(),
		.stamp = on_stamp,
		.tokens_changed = on_tokens,
		.userdata = manager,
	};
	rc_vault_pool_attach(options->vault, on_server, manager);
	ev_timer_init(&manager->settle, on_settle, SETTLE_S, 0);
	rc_secrets_queue_begin(manager);
	manager->objects = rc_kube_cache_new(options->cluster, &objects);
	manager->contents = rc_kube_cache_new(options->cluster, &content);
	manager->seal = rc_secrets_seal_load_key(options->store);
	manager->follow = rc_secrets_follow_new(manager);
	manager->fanout = rc_secrets_fanout_new(manager);
	manager->pushes = rc_secrets_push_new(manager);
	rc_secrets_manager_on_discovery(manager);
	return manager;
}

void rc_secrets_manager_free(struct rc_secrets_manager *manager)
{
	struct secrets_entry *entry, *next;

	if (!manager)
		return;
	manager->is_ending = true;
	rc_secrets_follow_free(manager->follow);
	rc_secrets_fanout_free(manager->fanout);
	rc_secrets_push_free(manager->pushes);
	HASH_ITER (hh, manager->entries, entry, next)
		rc_secrets_manager_drop(entry);
	rc_secrets_check_free_all(manager);
	rc_secrets_queue_end(manager);
	ev_timer_stop(manager->options.loop, &manager->settle);
	rc_kube_cache_free(manager->objects);
	rc_kube_cache_free(manager->contents);
	rc_secret_free(manager->seal);
	rc_secrets_vault_identity_free_set(manager->context.identities);
	rc_secrets_aws_identity_free_set(manager->context.aws);
	rc_net_http_client_free(manager->context.http);
	rc_vault_pool_attach(manager->options.vault, NULL, NULL);
	free(manager);
}

void rc_secrets_manager_on_discovery(struct rc_secrets_manager *manager)
{
	static const char *const kinds[] = {"SecretStore", "ClusterSecretStore", "ExternalSecret",
					    "ClusterExternalSecret", "PushSecret"};

	rc_secrets_follow_on_discovery(manager->follow);
	if (rc_secrets_manager_resource(manager, "ExternalSecret") ||
	    rc_secrets_follow_is_asked(manager->follow))
		rc_secrets_contents_watch(manager);
	if (!rc_secrets_manager_resource(manager, "ExternalSecret"))
		return;
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		const struct rc_kube_resource *resource =
			rc_secrets_manager_resource(manager, kinds[i]);

		if (resource && rc_secrets_contents_can_watch(manager, resource))
			rc_kube_cache_want(manager->objects, resource);
	}
}

int rc_secrets_manager_refresh(struct rc_secrets_manager *manager, const char *name_space,
			       const char *name, struct rc_error **err)
{
	struct secrets_entry *entry = rc_secrets_manager_find(manager, name_space, name);

	if (!entry || entry->is_gone)
		return rc_fail(err, -ENOENT, "there is no ExternalSecret %s/%s", name_space, name);
	entry->is_wished = true;
	rc_secrets_queue_evaluate(entry);
	return 0;
}
