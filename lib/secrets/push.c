/* Which PushSecrets there are, and when each is due. */
#include "secrets/push.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"
#include "kube/selector.h"
#include "secrets/push-expand.h"
#include "secrets/push-private.h"
#include "secrets/store.h"

#define INTERVAL_S    3600
#define BACKOFF_MS    1000
#define BACKOFF_MAX_S 420
#define LATEST_S      86400
#define RUNNING_MAX   8
#define CROWDED_S     0.2    /* so many run already: looked at again then */
#define STATE	      "push" /* {hash} of what each pushed last */

bool rc_secrets_push_takes_away(const json_t *object)
{
	return rc_text_equal(rc_json_text(object, "spec", "deletionPolicy", NULL), "Delete");
}

bool rc_secrets_push_has_finalizer(const json_t *object)
{
	json_t *item;
	size_t i;

	json_array_foreach (rc_json_get(object, "metadata", "finalizers", NULL), i, item)
		if (rc_text_equal(json_string_value(item), PUSH_FINALIZER))
			return true;
	return false;
}

/* ---- what it pushes ---- */

struct scan {
	const struct push *push;
	const json_t *selector;
	const char *kind;
	json_t *found;
};

static void add_secret(void *userdata, const struct rc_kube_live *live)
{
	struct scan *scan = userdata;
	json_auto_t *object = NULL;

	if (strcmp(live->key.kind, "Secret") != 0 ||
	    strcmp(live->key.name_space, scan->push->name_space) != 0)
		return;
	object = rc_kube_cache_load(scan->push->pushes->manager->contents, &live->key);
	if (rc_kube_selector_matches(scan->selector,
				     rc_json_get(object, "metadata", "labels", NULL)))
		json_array_append_new(scan->found, json_string(live->key.name));
}

json_t *rc_secrets_push_list_secrets(const struct push *push)
{
	const json_t *secret = rc_json_get(push->object, "spec", "selector", "secret", NULL);
	const char *name = rc_json_text(secret, "name", NULL);
	struct scan scan = {.push = push,
			    .selector = json_object_get(secret, "selector"),
			    .found = json_array()};

	if (name && *name)
		json_array_append_new(scan.found, json_string(name));
	else if (scan.selector)
		rc_kube_cache_each(push->pushes->manager->contents, NULL, add_secret, &scan);
	return scan.found;
}

char *rc_secrets_push_seal(const struct push *push)
{
	struct rc_secrets_manager *manager = push->pushes->manager;
	json_auto_t *names = rc_secrets_push_list_secrets(push);
	rc_autobuf struct rc_buf text = RC_BUF_INIT(RC_BUF_UNLIMITED);
	char sealed[RC_SECRETS_SEAL_MAX];
	json_t *name;
	size_t i;

	json_array_foreach (names, i, name) {
		json_auto_t *object = rc_secrets_manager_load_content(
			manager, "Secret", push->name_space, json_string_value(name));

		rc_buf_printf(&text, "%s %s\n", json_string_value(name),
			      object ? rc_kube_object_get_annotation(object, SECRETS_CONTENT) ?: ""
				     : "");
	}
	return rc_strdup(rc_secrets_seal(manager->seal, rc_buf_text(&text), sealed));
}

/* ---- where to ---- */

static void add_store(const struct push *push, const json_t *store, json_t *to)
{
	const char *name = rc_kube_object_get_meta(store, "name");
	const char *kind = rc_json_text(store, "kind", NULL) ?: "";
	json_t *known;
	size_t i;

	if (!rc_secrets_store_is_ours(store, push->pushes->manager->options.only_own_class))
		return;
	/* It goes, and with it what is known of how to reach it. */
	if (push_is_deleted(store) && !push_is_deleted(push->object))
		return;
	json_array_foreach (to, i, known)
		if (rc_text_equal(rc_json_text(known, "name", NULL), name) &&
		    rc_text_equal(rc_json_text(known, "kind", NULL), kind))
			return;
	json_array_append_new(to,
			      json_pack("{s:s, s:s, s:O?}", "kind", kind, "name", name, "labels",
					rc_json_get(store, "metadata", "labels", NULL)));
}

static void add_if_meant(void *userdata, const struct rc_kube_live *live)
{
	struct scan *scan = userdata;
	bool is_cluster = strcmp(scan->kind, "ClusterSecretStore") == 0;
	json_auto_t *store = NULL;

	if (strcmp(live->key.kind, scan->kind) != 0 ||
	    (!is_cluster && strcmp(live->key.name_space, scan->push->name_space) != 0))
		return;
	store = rc_kube_cache_load(scan->push->pushes->manager->objects, &live->key);
	if (rc_kube_selector_matches(scan->selector,
				     rc_json_get(store, "metadata", "labels", NULL)))
		add_store(scan->push, store, scan->found);
}

static int add_ref(const struct push *push, const json_t *ref, json_t *to, struct rc_error **err)
{
	const char *kind = rc_json_text(ref, "kind", NULL) ?: "SecretStore";
	const char *name = rc_json_text(ref, "name", NULL) ?: "";
	struct scan scan = {.push = push,
			    .selector = json_object_get(ref, "labelSelector"),
			    .kind = kind,
			    .found = to};
	json_auto_t *store = NULL;

	if (strcmp(kind, "SecretStore") != 0 && strcmp(kind, "ClusterSecretStore") != 0)
		return rc_fail(err, -EINVAL, "kind '%s' is no kind of stores", kind);
	if (scan.selector) {
		rc_kube_cache_each(push->pushes->manager->objects, NULL, add_if_meant, &scan);
		return 0;
	}
	if (!*name)
		return rc_fail(err, -EINVAL, "a name or a labelSelector is wanted");
	store = rc_secrets_manager_load_store(push->pushes->manager, push->name_space, kind, name);
	if (!store)
		return rc_fail(err, -ENOENT, "there is no %s '%s'", kind, name);
	add_store(push, store, to);
	return 0;
}

int rc_secrets_push_list_stores(const struct push *push, json_t **ret_stores, struct rc_error **err)
{
	json_auto_t *stores = json_array();
	json_t *ref;
	size_t i;

	json_array_foreach (rc_json_get(push->object, "spec", "secretStoreRefs", NULL), i, ref) {
		int r = add_ref(push, ref, stores, err);

		if (r < 0)
			return rc_wrap(err, r, "spec.secretStoreRefs[%zu]", i);
	}
	*ret_stores = rc_steal(&stores);
	return 0;
}

/* Somebody of ours is among its stores; of one that is not there nobody knows whose it is. */
static bool is_ours(const struct push *push)
{
	json_auto_t *stores = NULL;
	int r = rc_secrets_push_list_stores(push, &stores, NULL);

	return r < 0 ? !push->pushes->manager->options.only_own_class : json_array_size(stores) > 0;
}

/* ---- when ---- */

static void wake(struct push *push, double seconds)
{
	struct ev_loop *loop = push->pushes->manager->options.loop;

	ev_timer_stop(loop, &push->due);
	ev_now_update(loop);
	ev_timer_set(&push->due, seconds, 0);
	ev_timer_start(loop, &push->due);
}

static int64_t interval_of(const struct push *push)
{
	const char *text = rc_json_text(push->object, "spec", "refreshInterval", NULL);
	int64_t ns = 0;

	if (!text || rc_duration_parse(rc_str(text), &ns, NULL) < 0)
		return INTERVAL_S;
	return ns > 0 && ns < 1000000000 ? 1 : ns / 1000000000;
}

static void load_pushed(struct push *push)
{
	const struct rc_secrets_manager *manager = push->pushes->manager;
	rc_autofree char *name = rc_asprintf("%s/%s", manager->options.name, push->label);
	json_auto_t *document = NULL;

	if (push->is_pushed_known)
		return;
	push->is_pushed_known = true;
	rc_store_get(manager->options.store, STATE, name, &document, NULL);
	push->pushed = rc_strdup(rc_json_text(document, "hash", NULL));
}

/* Takes hash over; NULL: it is forgotten. */
static void remember_pushed(struct push *push, char *hash)
{
	const struct rc_secrets_manager *manager = push->pushes->manager;
	rc_autofree char *name = rc_asprintf("%s/%s", manager->options.name, push->label);
	json_auto_t *document = hash ? json_pack("{s:s}", "hash", hash) : NULL;
	struct rc_error *err = NULL;

	if (rc_text_equal(push->pushed, hash)) {
		free(hash);
		return;
	}
	free(push->pushed);
	push->pushed = hash;
	if (rc_store_put(manager->options.store, STATE, name, document, &err) < 0)
		rc_log_error(&push->log, LOG_ERR, err, "remembering what was pushed");
	rc_error_free(err);
}

static bool has_other_content(struct push *push)
{
	rc_autofree char *now = NULL;

	load_pushed(push);
	if (!push->pushed)
		return false;
	now = rc_secrets_push_seal(push);
	return strcmp(now, push->pushed) != 0;
}

/* By its status; what failed is tried again with back-off that ends at its own interval. */
static int64_t find_due(struct push *push)
{
	const json_t *status = json_object_get(push->object, "status");
	const char *synced = rc_json_text(status, "syncedResourceVersion", NULL);
	const char *time = rc_json_text(status, "refreshTime", NULL);
	rc_autofree char *version = rc_secrets_external_version(push->object);
	int64_t interval_s = interval_of(push), refreshed = 0;
	int64_t most_s = interval_s > 0 ? interval_s : INTERVAL_S;

	if (push->attempts > 0) {
		if (push->attempts <= 9 && most_s > BACKOFF_MAX_S)
			most_s = BACKOFF_MAX_S;
		return push->started_unix_s + (int64_t)rc_clock_backoff_ms(BACKOFF_MS, 2,
									   (uint64_t)most_s * 1000,
									   push->attempts - 1) /
						      1000;
	}
	if (push_is_deleted(push->object) || !rc_text_equal(synced, version))
		return 0;
	if (interval_s == 0)
		return INT64_MAX;
	if (!time || rc_clock_parse_rfc3339(time, &refreshed) < 0 || has_other_content(push))
		return 0;
	return refreshed > rc_clock_unix_s() ? 0 : refreshed + interval_s;
}

/* While a server is away nothing is begun that would ask it. */
static double get_pause_s(const struct push *push)
{
	struct rc_vault_server *server = rc_secrets_refresh_find_server(&push->clients);

	return server && rc_vault_server_get_error(server)
		       ? (double)rc_vault_server_get_pause_ms(server) / 1000
		       : 0;
}

static void evaluate(struct push *push)
{
	int64_t now = rc_clock_unix_s(), at;
	double pause_s;

	ev_timer_stop(push->pushes->manager->options.loop, &push->due);
	if (push->run || !rc_secrets_manager_is_ready(push->pushes->manager) || !is_ours(push))
		return;
	if (push_is_deleted(push->object) && !rc_secrets_push_has_finalizer(push->object))
		return;
	at = find_due(push);
	if (at == INT64_MAX)
		return;
	pause_s = get_pause_s(push);
	if (at > now)
		wake(push, at - now > LATEST_S ? LATEST_S : (double)(at - now));
	else if (pause_s > 0)
		wake(push, pause_s + 0.01);
	else if (push->pushes->n_running >= RUNNING_MAX)
		wake(push, CROWDED_S);
	else
		rc_secrets_push_start(push);
}

static void on_due(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	evaluate(rc_container_of(timer, struct push, due));
}

/* ---- which there are ---- */

static struct push *add(struct secrets_pushes *pushes, const struct rc_kube_key *key)
{
	struct push *push = rc_new0(struct push);

	push->pushes = pushes;
	push->name_space = rc_strdup(key->name_space);
	push->name = rc_strdup(key->name);
	push->label = rc_asprintf("%s/%s", key->name_space, key->name);
	push->log = (struct rc_log){&pushes->manager->log, "RC_PUSH", push->label};
	ev_timer_init(&push->due, on_due, 0, 0);
	HASH_ADD_KEYPTR(hh, pushes->all, push->label, strlen(push->label), push);
	return push;
}

static void drop(struct push *push)
{
	HASH_DEL(push->pushes->all, push);
	rc_secrets_push_cancel(push);
	rc_secrets_refresh_free_clients(&push->clients);
	ev_timer_stop(push->pushes->manager->options.loop, &push->due);
	json_decref(push->object);
	json_decref(push->next_object);
	rc_error_free(push->error);
	free(push->pushed);
	free(push->name_space);
	free(push->name);
	free(push->label);
	free(push);
}

/* Takes object over. */
static void put(struct push *push, json_t *object)
{
	rc_autofree char *was = push->object ? rc_secrets_external_version(push->object) : NULL;
	rc_autofree char *is = rc_secrets_external_version(object);

	if (!rc_text_equal(was, is) || push_is_deleted(object) != push_is_deleted(push->object))
		push->attempts = 0;
	json_decref(push->object);
	push->object = object;
	wake(push, 0);
}

void rc_secrets_push_update(struct secrets_pushes *pushes, const struct rc_kube_key *key,
			    bool is_gone)
{
	rc_autofree char *label = rc_asprintf("%s/%s", key->name_space, key->name);
	json_t *object = is_gone ? NULL : rc_kube_cache_load(pushes->manager->objects, key);
	struct push *push;

	HASH_FIND_STR(pushes->all, label, push);
	if (!object && push) {
		load_pushed(push);
		remember_pushed(push, NULL);
		drop(push);
	} else if (object && push && push->run) {
		json_decref(push->next_object);
		push->next_object = object;
	} else if (object) {
		put(push ?: add(pushes, key), object);
	}
}

void rc_secrets_push_ended(struct push *push, int r, char *sealed, struct rc_error *err)
{
	if (r < 0) {
		push->attempts++;
		free(sealed);
	} else {
		push->attempts = 0;
		load_pushed(push);
		remember_pushed(push, sealed);
	}
	rc_error_free(push->error);
	push->error = err;
	if (push->next_object)
		put(push, rc_steal(&push->next_object));
	/* From the loop: our own status may be a moment behind. */
	wake(push, 1);
}

/* ---- what else changes ---- */

static bool pushes_secret(const struct push *push, const char *name)
{
	const json_t *secret = rc_json_get(push->object, "spec", "selector", "secret", NULL);
	const char *wanted = rc_json_text(secret, "name", NULL);

	return !name || !wanted || !*wanted || strcmp(wanted, name) == 0;
}

void rc_secrets_push_note(struct secrets_pushes *pushes, const char *name_space, const char *name)
{
	for (struct push *push = pushes->all; push; push = push->hh.next) {
		if (name_space &&
		    (strcmp(push->name_space, name_space) != 0 || !pushes_secret(push, name)))
			continue;
		/* A Secret that it waits for may have come. */
		if (push->error && push->error->code == -ENOENT)
			push->attempts = 0;
		wake(push, 0);
	}
}

void rc_secrets_push_wake(struct secrets_pushes *pushes)
{
	for (struct push *push = pushes->all; push; push = push->hh.next) {
		if (push->attempts == 0 && !push->error &&
		    rc_json_get(push->object, "status", "refreshTime", NULL))
			continue;
		push->attempts = 0;
		wake(push, 0);
	}
}

struct secrets_pushes *rc_secrets_push_new(struct rc_secrets_manager *manager)
{
	struct secrets_pushes *pushes = rc_new0(struct secrets_pushes);

	pushes->manager = manager;
	return pushes;
}

void rc_secrets_push_free(struct secrets_pushes *pushes)
{
	struct push *push, *next;

	if (!pushes)
		return;
	HASH_ITER (hh, pushes->all, push, next)
		drop(push);
	free(pushes);
}
