/*
 * Whether stores can be used: a login and a look at our own token; the answer is the store's Ready
 * condition. A store that fails is tried again with back-off, and at once when it is changed.
 */
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/manager-private.h"

#define BACKOFF_MS     5000
#define BACKOFF_MAX_MS 300000

struct secrets_store_check {
	struct secrets_store_check *prev, *next;
	struct rc_secrets_manager *manager;
	json_t *store;
	char spec[RC_JSON_HASH_MAX];
	struct rc_vault_request *asking;
	struct rc_kube_request *writing;
	ev_timer timer;
	unsigned int attempts;
};

static bool is_named(const struct secrets_store_check *check, const char *kind,
		     const char *name_space, const char *name)
{
	return rc_text_equal(rc_json_text(check->store, "kind", NULL), kind) &&
	       strcmp(rc_kube_object_get_meta(check->store, "namespace"), name_space) == 0 &&
	       strcmp(rc_kube_object_get_meta(check->store, "name"), name) == 0;
}

static struct secrets_store_check *find(struct rc_secrets_manager *manager, const char *kind,
					const char *name_space, const char *name)
{
	struct secrets_store_check *check;

	DL_FOREACH (manager->checks, check)
		if (is_named(check, kind, name_space, name))
			return check;
	return NULL;
}

static void free_check(struct secrets_store_check *check)
{
	struct rc_secrets_manager *manager = check->manager;

	DL_DELETE(manager->checks, check);
	ev_timer_stop(manager->options.loop, &check->timer);
	rc_vault_session_cancel(check->asking);
	rc_kube_request_cancel(check->writing);
	json_decref(check->store);
	free(check);
}

/* ---- the condition ---- */

static void on_written(void *userdata, int r, const struct rc_kube_answer *answer,
		       struct rc_error *err)
{
	struct secrets_store_check *check = userdata;

	(void)answer;
	check->writing = NULL;
	if (r < 0 && r != -ENOENT)
		rc_log_error(&check->manager->log, LOG_WARNING, err, "writing a store's status");
	rc_error_free(err);
}

static void write_status(struct secrets_store_check *check, const struct rc_error *err)
{
	const char *kind = rc_json_text(check->store, "kind", NULL) ?: "";
	const struct rc_kube_resource *resource = rc_secrets_manager_resource(check->manager, kind);
	rc_autofree char *message = err ? rc_error_format(err) : rc_strdup("store validated");
	const json_t *before =
		json_array_get(rc_json_get(check->store, "status", "conditions", NULL), 0);
	rc_autofree struct rc_kube_key *key = NULL;
	json_auto_t *patch = NULL;
	char now[RC_CLOCK_RFC3339_MAX];

	if (!resource ||
	    (rc_text_equal(rc_json_text(before, "message", NULL), message) &&
	     rc_text_equal(rc_json_text(before, "status", NULL), err ? "False" : "True")))
		return;
	rc_kube_object_get_key(check->store, &key, NULL);
	patch = json_pack("{s:{s:[{s:s, s:s, s:s, s:s, s:s}], s:s}}", "status", "conditions",
			  "type", "Ready", "status", err ? "False" : "True", "reason",
			  !err			 ? "Valid"
			  : err->code == -EINVAL ? "InvalidProviderConfig"
						 : "ValidationFailed",
			  "message", message, "lastTransitionTime",
			  rc_clock_format_rfc3339(rc_clock_unix_s(), now), "capabilities",
			  "ReadWrite");
	rc_kube_request_cancel(check->writing);
	check->writing = rc_kube_apply_patch(check->manager->options.cluster, resource, key, patch,
					     "status", NULL, on_written, check);
}

static void end(struct secrets_store_check *check, int r, struct rc_error *err)
{
	const char *name = rc_kube_object_get_meta(check->store, "name");

	write_status(check, err);
	if (r < 0) {
		uint64_t ms = rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, check->attempts);

		if (check->attempts++ == 0)
			rc_log_error(&check->manager->log, LOG_WARNING, err, "store '%s'", name);
		ev_timer_stop(check->manager->options.loop, &check->timer);
		ev_timer_set(&check->timer, (double)(ms + rc_clock_jitter_ms(ms / 4)) / 1000, 0);
		ev_timer_start(check->manager->options.loop, &check->timer);
	} else {
		check->attempts = 0;
	}
	rc_error_free(err);
}

/* ---- the check ---- */

static void on_looked(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct secrets_store_check *check = userdata;

	(void)answer;
	check->asking = NULL;
	end(check, r, err);
}

static void start(struct secrets_store_check *check)
{
	struct rc_secrets_store store;
	struct rc_error *err = NULL;
	const char *ns = rc_kube_object_get_meta(check->store, "namespace");
	int r = rc_secrets_providers_open(check->manager->providers, check->store, ns, &store,
					  &err);

	rc_vault_session_cancel(rc_steal(&check->asking));
	if (r < 0) {
		end(check, r, err);
		return;
	}
	check->asking = rc_vault_session_ask(store.session, "GET", "auth/token/lookup-self", NULL,
					     on_looked, check);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	start(rc_container_of(timer, struct secrets_store_check, timer));
}

void rc_secrets_check_update(struct rc_secrets_manager *manager, const json_t *store)
{
	const char *kind = rc_json_text(store, "kind", NULL) ?: "";
	struct secrets_store_check *check =
		find(manager, kind, rc_kube_object_get_meta(store, "namespace"),
		     rc_kube_object_get_meta(store, "name"));
	char spec[RC_JSON_HASH_MAX];

	rc_json_hash(json_object_get(store, "spec") ?: json_null(), spec);
	if (check) {
		json_decref(check->store);
		check->store = json_deep_copy(store);
		if (strcmp(check->spec, spec) == 0)
			return;
	} else {
		check = rc_new0(struct secrets_store_check);
		check->manager = manager;
		check->store = json_deep_copy(store);
		ev_timer_init(&check->timer, on_timer, 0, 0);
		DL_APPEND(manager->checks, check);
	}
	memcpy(check->spec, spec, sizeof(spec));
	check->attempts = 0;
	start(check);
}

void rc_secrets_check_forget(struct rc_secrets_manager *manager, const char *kind,
			     const char *name_space, const char *name)
{
	struct secrets_store_check *check = find(manager, kind, name_space, name);

	if (check)
		free_check(check);
}

void rc_secrets_check_free_all(struct rc_secrets_manager *manager)
{
	while (manager->checks)
		free_check(manager->checks);
}
