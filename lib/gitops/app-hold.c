/*
 * What a person decided about an application, until he decides otherwise: that it is left alone
 * (suspended), that it stays at a revision of its history (rolled back), and what may be deleted.
 * It is kept in the store and outlives restarts.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"

/* hold: {suspended: {by, at, reason, until}, rollback: {by, at, id, revision, spec}, undone: {name:
 * {by, at, revision, template}}, waiting: {since, prunes}} */

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

static const char *name_of(const struct rc_app *app)
{
	return app->application->name;
}

void rc_app_hold_load(struct rc_app *app)
{
	rc_store_get(options_of(app)->store, "hold", name_of(app), &app->hold, NULL);
	if (!app->hold)
		app->hold = json_object();
}

static void save(struct rc_app *app)
{
	json_t *document = json_object_size(app->hold) > 0 ? app->hold : NULL;
	struct rc_error *err = NULL;

	if (rc_store_put(options_of(app)->store, "hold", name_of(app), document, &err) < 0)
		rc_log_error(&app->log, LOG_ERR, err, "remembering what was decided");
	rc_error_free(err);
}

static int64_t number(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

/* ---- suspended ---- */

static const json_t *get_suspension(const struct rc_app *app)
{
	const json_t *suspended = json_object_get(app->hold, "suspended");
	int64_t until = number(suspended, "until");

	return until && until <= rc_clock_unix_s() ? NULL : suspended;
}

int64_t rc_app_hold_get_end(const struct rc_app *app)
{
	return number(get_suspension(app), "until");
}

bool rc_app_hold_is_suspended(const struct rc_app *app)
{
	return app->application->is_suspended || get_suspension(app);
}

/* "suspended by alice until 2026-01-01T00:00:00Z: a migration"; the caller's, NULL: it is not. */
char *rc_app_hold_describe_suspension(const struct rc_app *app)
{
	const json_t *suspended = get_suspension(app);
	char until[RC_CLOCK_RFC3339_MAX] = "";

	if (!suspended)
		return app->application->is_suspended
			       ? rc_strdup("suspended by its annotation skip-reconcile")
			       : NULL;
	if (number(suspended, "until"))
		rc_clock_format_rfc3339(number(suspended, "until"), until);
	return rc_asprintf("suspended by %s%s%s: %s", rc_json_text(suspended, "by", NULL),
			   *until ? " until " : "", until, rc_json_text(suspended, "reason", NULL));
}

int rc_app_suspend(struct rc_app *app, const char *by, const char *reason, int64_t until_unix_s,
		   struct rc_error **err)
{
	if (!reason || !*reason) {
		rc_fail(err, -EINVAL, "a reason is wanted: the next one who looks will ask for it");
		return -EINVAL;
	}
	if (until_unix_s && until_unix_s <= rc_clock_unix_s())
		return rc_fail(err, -EINVAL, "the end lies in the past");
	json_object_set_new(app->hold, "suspended",
			    json_pack("{s:s, s:I, s:s, s:I}", "by", by, "at",
				      (json_int_t)rc_clock_unix_s(), "reason", reason, "until",
				      (json_int_t)until_unix_s));
	save(app);
	rc_log_notice(&app->log, "suspended by %s: %s", by, reason);
	rc_app_mark(app, false);
	rc_app_tell(app);
	return 0;
}

/* ---- rolled back ---- */

const json_t *rc_app_hold_get_rollback(const struct rc_app *app)
{
	return json_object_get(app->hold, "rollback");
}

/* A chart's version is fetched again when its archive is gone; a commit stays in its mirror. */
static void pin_chart(json_t *source, const char *commit, size_t n)
{
	size_t version = 0;

	if (!json_object_get(source, "chart"))
		return;
	while (version < n && commit[version] != '@')
		version++;
	json_object_set_new(source, "targetRevision", json_stringn(commit, version));
}

static void pin_charts(json_t *spec, const char *revision)
{
	json_t *sources = json_object_get(spec, "sources"), *source;
	size_t i;

	if (!json_is_array(sources)) {
		pin_chart(json_object_get(spec, "source"), revision, strlen(revision));
		return;
	}
	json_array_foreach (sources, i, source) {
		size_t n = strcspn(revision, "+");

		pin_chart(source, revision, n);
		revision += n + (revision[n] == '+');
	}
}

struct rc_application *rc_app_hold_make(const struct rc_app *app, struct rc_error **err)
{
	static const char *const fields[] = {"source", "sources"};
	const json_t *rollback = rc_app_hold_get_rollback(app);
	const json_t *then = json_object_get(rollback, "spec");
	json_auto_t *manifest = json_deep_copy(app->declared->manifest);
	json_t *spec = json_object_get(manifest, "spec");
	struct rc_application *application = NULL;

	if (!rollback)
		return NULL;
	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++) {
		json_t *value = json_object_get(then, fields[i]);

		json_object_del(spec, fields[i]);
		if (value)
			json_object_set_new(spec, fields[i], json_deep_copy(value));
	}
	pin_charts(spec, rc_json_text(rollback, "revision", NULL) ?: "");
	if (rc_application_parse(manifest, "history", &application, err) < 0)
		return NULL;
	return application;
}

static bool is_plain(const json_t *entry, int64_t id, const char *current)
{
	if (id >= 0)
		return number(entry, "id") == id;
	return !rc_text_equal(rc_json_text(entry, "revision", NULL), current);
}

/* id -1: the newest that is another revision than the present one. */
static int find_entry(const struct rc_app *app, int64_t id, json_t **ret_entry,
		      struct rc_error **err)
{
	json_auto_t *entries = NULL;
	json_t *entry;
	size_t i;
	int r = rc_store_list_history(options_of(app)->store, name_of(app), &entries, err);

	if (r < 0)
		return r;
	json_array_foreach (entries, i, entry) {
		if (!is_plain(entry, id, app->revision))
			continue;
		*ret_entry = json_incref(entry);
		return 0;
	}
	if (id >= 0)
		rc_fail(err, -ENOENT, "the history of '%s' has no entry %lld", name_of(app),
			(long long)id);
	else
		rc_fail(err, -ENOENT, "the history of '%s' has no other revision than the present",
			name_of(app));
	rc_hint(err, "reconcilectl app history %s lists what there is", name_of(app));
	return -ENOENT;
}

/* Take what is declared, or what history says, from now on. */
static int take_effect(struct rc_app *app, struct rc_error **err)
{
	struct rc_error *why = NULL;
	struct rc_application *held = rc_app_hold_make(app, &why);

	if (why)
		return rc_error_move(err, why);
	rc_app_use(app, held);
	return 0;
}

int rc_app_rollback(struct rc_app *app, const char *by, int64_t id, bool prune,
		    struct rc_error **err)
{
	json_auto_t *entry = NULL,
		    *before = json_incref((json_t *)(uintptr_t)rc_app_hold_get_rollback(app));
	int r;

	if (app->sync)
		return rc_fail(err, -EBUSY, "a sync of '%s' is under way", name_of(app));
	r = rc_app_hold_check(app, err);
	if (r == 0)
		r = find_entry(app, id, &entry, err);
	if (r < 0)
		return r;
	json_object_set_new(app->hold, "rollback",
			    json_pack("{s:s, s:I, s:O, s:O, s:O}", "by", by, "at",
				      (json_int_t)rc_clock_unix_s(), "id",
				      json_object_get(entry, "id"), "revision",
				      json_object_get(entry, "revision"), "spec",
				      json_object_get(entry, "spec")));
	r = take_effect(app, err);
	if (r < 0) {
		if (before)
			json_object_set(app->hold, "rollback", before);
		else
			json_object_del(app->hold, "rollback");
		return rc_wrap(err, r, "going back to entry %lld", (long long)number(entry, "id"));
	}
	save(app);
	rc_log_notice(&app->log, "rolled back to %.12s (history %lld) by %s",
		      rc_json_text(entry, "revision", NULL), (long long)number(entry, "id"), by);
	rc_request_done(&app->wanted.request);
	app->wanted.request = (struct rc_request){.no_hooks = true, .prune = prune};
	rc_app_want(app, by);
	return 0;
}

/* ---- undone ---- */

const json_t *rc_app_hold_get_undone(const struct rc_app *app)
{
	return json_object_get(app->hold, "undone");
}

void rc_app_hold_set_undone(struct rc_app *app, const char *name, json_t *undone)
{
	json_t *all = json_object_get(app->hold, "undone");

	if (!all) {
		all = json_object();
		json_object_set_new(app->hold, "undone", all);
	}
	json_object_set_new(all, name, undone);
	save(app);
	rc_app_stop(app); /* a look at what was desired before */
	rc_app_hash_source(app);
}

/* ---- and that it is over ---- */

int rc_app_resume(struct rc_app *app, const char *by, struct rc_error **err)
{
	bool was_held = rc_app_hold_get_rollback(app) != NULL;
	bool was_suspended = json_object_get(app->hold, "suspended") != NULL;

	if (!was_held && !was_suspended && !rc_app_hold_get_undone(app)) {
		rc_fail(err, -EINVAL, "'%s' is neither suspended nor rolled back", name_of(app));
		if (app->application->is_suspended)
			rc_hint(err,
				"its annotation argocd.argoproj.io/skip-reconcile suspends it");
		return -EINVAL;
	}
	if (app->sync)
		return rc_fail(err, -EBUSY, "a sync of '%s' is under way", name_of(app));
	json_object_del(app->hold, "suspended");
	json_object_del(app->hold, "rollback");
	json_object_del(app->hold, "undone");
	save(app);
	if (was_held) {
		rc_app_use(app, NULL);
	} else {
		rc_app_stop(app);
		rc_app_hash_source(app);
	}
	rc_log_notice(&app->log, "resumed by %s", by);
	rc_app_refresh(app, false);
	rc_app_tell(app);
	return 0;
}

int rc_app_hold_check(const struct rc_app *app, struct rc_error **err)
{
	rc_autofree char *why = get_suspension(app) ? rc_app_hold_describe_suspension(app) : NULL;

	if (!why)
		return 0;
	rc_fail(err, -EBUSY, "'%s' is %s", name_of(app), why);
	rc_hint(err, "reconcilectl app resume %s", name_of(app));
	return -EBUSY;
}

/* ---- what waits for approval ---- */

static json_t *get_prunes(const struct rc_app *app)
{
	return rc_json_get(app->hold, "waiting", "prunes", NULL);
}

void rc_app_hold_set_waiting(struct rc_app *app, json_t *prunes)
{
	int64_t since = number(json_object_get(app->hold, "waiting"), "since");
	json_t *before = get_prunes(app);

	if (prunes && before && json_equal(prunes, before)) {
		json_decref(prunes);
		return;
	}
	if (!prunes && !before)
		return;
	if (prunes)
		json_object_set_new(app->hold, "waiting",
				    json_pack("{s:I, s:o}", "since",
					      (json_int_t)(since ? since : rc_clock_unix_s()),
					      "prunes", prunes));
	else
		json_object_del(app->hold, "waiting");
	save(app);
}

/* What is no longer there to be deleted waits no longer. */
size_t rc_app_hold_count_waiting(struct rc_app *app)
{
	json_t *prunes = get_prunes(app), *left = NULL;
	size_t n = 0;

	if (!prunes)
		return 0;
	left = json_object();
	for (size_t i = 0; i < app->resources.n; i++) {
		const struct rc_resource *row = &app->resources.rows[i];
		rc_autofree char *name = rc_kube_object_format_key(row->key);
		json_t *why = row->item ? NULL : json_object_get(prunes, name);

		if (!why || !rc_resources_is_out_of_sync(row))
			continue;
		json_object_set(left, name, why);
		n++;
	}
	if (n == 0) {
		json_decref(left);
		left = NULL;
	}
	rc_app_hold_set_waiting(app, left);
	return n;
}

char *rc_app_hold_describe_waiting(const struct rc_app *app)
{
	json_t *prunes = get_prunes(app), *why;
	rc_autobuf struct rc_buf names = RC_BUF_INIT(2000);
	const char *name;
	size_t n = 0;

	if (json_object_size(prunes) == 0)
		return NULL;
	json_object_foreach (prunes, name, why)
		if (n++ < 5)
			rc_buf_printf(&names, "%s%s", n > 1 ? ", " : "", name);
	return rc_asprintf("%zu objects wait for approval to be deleted: %s%s; reconcilectl app "
			   "approve %s",
			   n, rc_buf_text(&names), n > 5 ? " ..." : "", name_of(app));
}

int rc_app_approve(struct rc_app *app, const char *by, struct rc_error **err)
{
	json_t *prunes = get_prunes(app);
	int r;

	if (rc_app_is_deleting(app))
		return rc_app_delete_approve(app, by, err);
	if (json_object_size(prunes) == 0)
		return rc_fail(err, -EINVAL, "nothing of '%s' waits for approval", name_of(app));
	if (app->sync)
		return rc_fail(err, -EBUSY, "a sync of '%s' is under way", name_of(app));
	r = rc_app_hold_check(app, err);
	if (r < 0)
		return r;
	rc_log_notice(&app->log, "%s approved the deletion of %zu objects", by,
		      json_object_size(prunes));
	rc_request_done(&app->wanted.request);
	/* Exactly what was seen: what a newer commit adds waits again. */
	app->wanted.request = (struct rc_request){.prune = true, .approved = json_incref(prunes)};
	rc_app_want(app, by);
	return 0;
}

/* The annotation that Argo CD's `app confirm-deletion` sets: a time after it was asked for. */
bool rc_app_hold_is_approved(const struct rc_app *app)
{
	const char *text = app->application->options.deletion_approved;
	int64_t at = 0, since = number(json_object_get(app->hold, "waiting"), "since");

	return text && since && rc_clock_parse_rfc3339(text, &at) == 0 && at >= since;
}

json_t *rc_app_hold_describe(const struct rc_app *app)
{
	json_t *json = json_deep_copy(app->hold), *undone;
	const char *name;

	json_object_del(json_object_get(json, "rollback"), "spec");
	json_object_foreach (json_object_get(json, "undone"), name, undone)
		json_object_del(undone, "template");
	if (!get_suspension(app))
		json_object_del(json, "suspended");
	if (json_object_size(json) > 0)
		return json;
	json_decref(json);
	return NULL;
}
