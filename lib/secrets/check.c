/*
 * Whether stores can be used: a login and a look at our own token; the answer is the store's Ready
 * condition. Looked at every five minutes, or as the store says; one that fails is tried again with
 * back-off, and at once when it, or what it refers to, is changed.
 */
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"
#include "secrets/manager-private.h"
#include "secrets/store.h"

#define BACKOFF_MS     5000
#define BACKOFF_MAX_MS 300000
#define INTERVAL_S     300

struct secrets_store_check {
	struct secrets_store_check *prev, *next;
	struct rc_secrets_manager *manager;
	json_t *store;
	char spec[RC_JSON_HASH_MAX];
	struct rc_secrets_client *client; /* keeps its login in use */
	struct rc_secrets_call *asking;
	struct rc_kube_request *writing;
	ev_timer timer;
	unsigned int attempts;
	bool is_tried;
	int64_t checked_unix_s, failed_unix_s; /* 0: never */
	char *failure;			       /* why, when it failed last */
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
	rc_secrets_provider_cancel(check->asking);
	rc_secrets_provider_close(check->client);
	rc_kube_request_cancel(check->writing);
	json_decref(check->store);
	free(check->failure);
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

static const char *reason_of(const struct rc_error *err)
{
	return !err ? "Valid" : err->code == -EINVAL ? "InvalidProviderConfig" : "ValidationFailed";
}

static void write_status(struct secrets_store_check *check, const struct rc_error *err)
{
	const char *kind = rc_json_text(check->store, "kind", NULL) ?: "";
	const struct rc_kube_resource *resource = rc_secrets_manager_resource(check->manager, kind);
	rc_autofree char *message = err ? rc_error_format(err) : rc_strdup("store validated");
	const char *capabilities = check->client ? check->client->ops->capabilities : "ReadWrite";
	const char *status = err ? "False" : "True";
	const json_t *before =
		json_array_get(rc_json_get(check->store, "status", "conditions", NULL), 0);
	bool flips = !rc_text_equal(rc_json_text(before, "status", NULL), status);
	rc_autofree struct rc_kube_key *key = NULL;
	json_auto_t *patch = NULL;
	char now[RC_CLOCK_RFC3339_MAX];

	if (!resource || (!flips && rc_text_equal(rc_json_text(before, "message", NULL), message)))
		return;
	rc_kube_object_get_key(check->store, &key, NULL);
	rc_clock_format_rfc3339(rc_clock_unix_s(), now);
	patch = json_pack("{s:{s:[{s:s, s:s, s:s, s:s, s:s}], s:s}}", "status", "conditions",
			  "type", "Ready", "status", status, "reason", reason_of(err), "message",
			  message, "lastTransitionTime",
			  flips ? now : rc_json_text(before, "lastTransitionTime", NULL) ?: now,
			  "capabilities", capabilities);
	rc_kube_request_cancel(check->writing);
	check->writing = rc_kube_apply_patch(check->manager->options.cluster, resource, key, patch,
					     "status", NULL, on_written, check);
	rc_json_merge(check->store, patch);
}

/* Seconds, or a duration. */
static int64_t interval_of(const struct secrets_store_check *check)
{
	const json_t *interval = rc_json_get(check->store, "spec", "refreshInterval", NULL);
	const char *text = json_string_value(interval);
	int64_t ns = 0;

	if (json_is_integer(interval))
		ns = json_integer_value(interval) * 1000000000;
	else if (text)
		rc_duration_parse(rc_str(text), &ns, NULL);
	return ns > 0 ? ns / 1000000000 : INTERVAL_S;
}

static void schedule(struct secrets_store_check *check, uint64_t ms)
{
	struct ev_loop *loop = check->manager->options.loop;

	ev_timer_stop(loop, &check->timer);
	ev_now_update(loop);
	ev_timer_set(&check->timer, (double)(ms + rc_clock_jitter_ms(ms / 4)) / 1000, 0);
	ev_timer_start(loop, &check->timer);
}

static void tell(const struct secrets_store_check *check, const struct rc_error *err)
{
	const struct rc_secrets_manager_options *options = &check->manager->options;
	rc_autofree char *why = err ? rc_error_format(err) : rc_strdup("it can be used");
	json_auto_t *what = NULL;

	if (!options->changed)
		return;
	what = json_pack("{s:s, s:s, s:s, s:b, s:s}", "kind",
			 rc_json_text(check->store, "kind", NULL) ?: "", "namespace",
			 rc_kube_object_get_meta(check->store, "namespace"), "name",
			 rc_kube_object_get_meta(check->store, "name"), "ready", err == NULL,
			 "message", why);
	if (what)
		options->changed(options->userdata, what);
}

static void end(struct secrets_store_check *check, int r, struct rc_error *err)
{
	const char *name = rc_kube_object_get_meta(check->store, "name");

	check->checked_unix_s = rc_clock_unix_s();
	if (err) {
		check->failed_unix_s = check->checked_unix_s;
		free(check->failure);
		check->failure = rc_error_format(err);
	}
	write_status(check, err);
	/* What it refers to may be a moment behind it. */
	if (r == 0 || check->attempts > 0)
		tell(check, err);
	if (r < 0) {
		if (check->attempts == 0)
			rc_log_error(&check->manager->log, LOG_WARNING, err, "store '%s'", name);
		schedule(check,
			 rc_clock_backoff_ms(BACKOFF_MS, 2, BACKOFF_MAX_MS, check->attempts++));
	} else {
		if (check->attempts > 0)
			rc_log_notice(&check->manager->log, "store '%s' can be used again", name);
		check->attempts = 0;
		schedule(check, (uint64_t)interval_of(check) * 1000);
	}
	rc_error_free(err);
}

/* ---- the check ---- */

static void on_looked(void *userdata, int r, const struct rc_secrets_answer *answer,
		      struct rc_error *err)
{
	struct secrets_store_check *check = userdata;
	struct rc_secrets_manager *manager = check->manager;
	bool was_failing = check->attempts > 0;

	(void)answer;
	check->asking = NULL;
	end(check, r, err);
	if (r == 0 && was_failing)
		rc_secrets_manager_wake_users(manager, check->store);
}

/* Returns whether somebody else logs in now than before. */
static bool open_again(struct secrets_store_check *check, int *ret_r, struct rc_error **err)
{
	struct rc_secrets_client *client = NULL;
	const char *ns = rc_kube_object_get_meta(check->store, "namespace");
	bool is_same;

	*ret_r = rc_secrets_provider_open(&check->manager->context, check->store, ns, &client, err);
	is_same = client ? rc_secrets_provider_is_same(client, check->client) : !check->client;
	rc_secrets_provider_cancel(rc_steal(&check->asking));
	rc_secrets_provider_close(check->client);
	check->client = client;
	return !is_same;
}

/* The same question without changing anything. */
static bool is_other_login(const struct secrets_store_check *check)
{
	struct rc_secrets_client *client = NULL;
	const char *ns = rc_kube_object_get_meta(check->store, "namespace");
	bool is_same;

	rc_secrets_provider_open(&check->manager->context, check->store, ns, &client, NULL);
	is_same = client && rc_secrets_provider_is_same(client, check->client);
	rc_secrets_provider_close(client);
	return !is_same;
}

static void try(struct secrets_store_check *check)
{
	const struct rc_secrets_provider_ops *ops = check->client->ops;

	if (!ops->validate || (ops->is_referent && ops->is_referent(check->client)))
		end(check, 0, NULL);
	else
		check->asking = ops->validate(check->client, on_looked, check);
}

static void start(struct secrets_store_check *check)
{
	struct rc_error *err = NULL;
	int r;

	check->is_tried = true;
	open_again(check, &r, &err);
	if (r < 0)
		end(check, r, err);
	else
		try(check);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	start(rc_container_of(timer, struct secrets_store_check, timer));
}

static void update(struct rc_secrets_manager *manager, const json_t *store)
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
	check->is_tried = false;
	if (rc_secrets_manager_is_ready(manager))
		start(check);
}

void rc_secrets_check_update(struct rc_secrets_manager *manager, const json_t *store)
{
	if (rc_secrets_store_is_ours(store, manager->options.only_own_class))
		update(manager, store);
	else
		rc_secrets_check_forget(manager, rc_json_text(store, "kind", NULL) ?: "",
					rc_kube_object_get_meta(store, "namespace"),
					rc_kube_object_get_meta(store, "name"));
}

void rc_secrets_check_again(struct rc_secrets_manager *manager)
{
	struct secrets_store_check *check;

	DL_FOREACH (manager->checks, check) {
		struct rc_error *err = NULL;
		bool is_other;
		int r;

		if (check->asking && check->is_tried && !is_other_login(check))
			continue;
		is_other = open_again(check, &r, &err) || !check->is_tried;
		check->is_tried = true;
		if (r < 0 && is_other) {
			end(check, r, err);
		} else if (r < 0) {
			rc_error_free(err);
		} else if (is_other) {
			check->attempts = 0;
			try(check);
			rc_secrets_manager_wake_users(manager, check->store);
		}
	}
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

/* ---- what is told of them ---- */

static void set_time(json_t *to, const char *name, int64_t unix_s)
{
	char text[RC_CLOCK_RFC3339_MAX];

	if (unix_s > 0 && unix_s != INT64_MAX)
		json_object_set_new(to, name, json_string(rc_clock_format_rfc3339(unix_s, text)));
}

static struct rc_vault_session *session_of(const struct secrets_store_check *check)
{
	return check->client && check->client->ops->get_session
		       ? check->client->ops->get_session(check->client)
		       : NULL;
}

static int64_t token_end_of(const struct secrets_store_check *check)
{
	const struct rc_vault_session *session = session_of(check);
	const struct rc_vault_token *token = session ? rc_vault_session_get_token(session) : NULL;
	int64_t end = token ? rc_vault_token_get_expiry(token) : 0;

	return end == INT64_MAX ? 0 : end;
}

/* {url, state, pausedSeconds, message}: whether its server is asked now. */
static json_t *describe_server(const struct rc_vault_server *server)
{
	const struct rc_error *err = rc_vault_server_get_error(server);
	uint64_t pause_ms = rc_vault_server_get_pause_ms(server);
	rc_autofree char *why = err ? rc_error_format(err) : NULL;

	/* Open: nothing is sent; half-open: one request at a time tries it. */
	return json_pack("{s:s, s:s, s:I, s:s*}", "url", rc_vault_server_get_url(server), "breaker",
			 !err		? "closed"
			 : pause_ms > 0 ? "open"
					: "half-open",
			 "pausedSeconds", (json_int_t)((pause_ms + 999) / 1000), "message", why);
}

static const json_t *condition_of(const struct secrets_store_check *check)
{
	return json_array_get(rc_json_get(check->store, "status", "conditions", NULL), 0);
}

static json_t *describe_check(const struct secrets_store_check *check)
{
	const json_t *condition = condition_of(check);
	const struct rc_secrets_provider_ops *ops = check->client ? check->client->ops : NULL;
	const struct rc_vault_server *server =
		ops && ops->get_server ? ops->get_server(check->client) : NULL;
	const struct rc_vault_session *session = session_of(check);
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s*, s:s, s:s, s:s*}", "kind",
		rc_json_text(check->store, "kind", NULL) ?: "", "namespace",
		rc_kube_object_get_meta(check->store, "namespace"), "name",
		rc_kube_object_get_meta(check->store, "name"), "provider", ops ? ops->name : NULL,
		"ready", rc_json_text(condition, "status", NULL) ?: "Unknown", "message",
		rc_json_text(condition, "message", NULL) ?: "", "lastError", check->failure);

	set_time(json, "lastErrorTime", check->failed_unix_s);
	set_time(json, "checkTime", check->checked_unix_s);
	if (session)
		set_time(json, "loginTime", rc_vault_session_get_login_time(session));
	set_time(json, "tokenEnd", token_end_of(check));
	if (server)
		json_object_set_new(json, "server", describe_server(server));
	return json;
}

void rc_secrets_manager_list_stores(const struct rc_secrets_manager *manager, json_t *to)
{
	const struct secrets_store_check *check;

	DL_FOREACH (manager->checks, check)
		json_array_append_new(to, describe_check(check));
}

/* ---- metrics ---- */

static void write_condition(const struct secrets_store_check *check, const char *metric,
			    struct rc_buf *out)
{
	static const char *const states[] = {"True", "False"};
	const json_t *condition = condition_of(check);
	const char *ready = rc_json_text(condition, "status", NULL);

	for (size_t i = 0; i < RC_ARRAY_SIZE(states); i++)
		rc_buf_printf(out,
			      "%s{name=\"%s\",namespace=\"%s\",condition=\"Ready\","
			      "status=\"%s\"} %d\n",
			      metric, rc_kube_object_get_meta(check->store, "name"),
			      rc_kube_object_get_meta(check->store, "namespace"), states[i],
			      rc_text_equal(ready, states[i]));
}

static void write_token_end(const struct secrets_store_check *check, const char *metric,
			    struct rc_buf *out)
{
	rc_buf_printf(out, "%s{kind=\"%s\",name=\"%s\",namespace=\"%s\"} %lld\n", metric,
		      rc_json_text(check->store, "kind", NULL) ?: "",
		      rc_kube_object_get_meta(check->store, "name"),
		      rc_kube_object_get_meta(check->store, "namespace"),
		      (long long)token_end_of(check));
}

void rc_secrets_check_write_samples(const struct rc_secrets_manager *manager, const char *metric,
				    struct rc_buf *out)
{
	static const struct {
		const char *metric, *kind;
	} kinds[] = {{"secretstore_status_condition", "SecretStore"},
		     {"clustersecretstore_status_condition", "ClusterSecretStore"}};
	const struct secrets_store_check *check;

	if (strcmp(metric, "reconciled_secret_store_token_end_seconds") == 0)
		DL_FOREACH (manager->checks, check)
			write_token_end(check, metric, out);
	for (size_t i = 0; i < RC_ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].metric, metric) != 0)
			continue;
		DL_FOREACH (manager->checks, check)
			if (rc_text_equal(rc_json_text(check->store, "kind", NULL), kinds[i].kind))
				write_condition(check, metric, out);
	}
}
