/* Validation, wired. */
#include "validation.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"
#include "config-schema.h"
#include "notices.h"
#include "terraform.h"
#include "worker.h"

#define STORE_KIND "validated" /* {revision, at}: what passed last */

/* An application that has checks. */
struct watched {
	struct daemon_validation *validation;
	struct rc_validate_app *app;
	uint64_t n_syncs; /* that were seen */
};

struct daemon_validation {
	struct rc_daemon *daemon;
	struct rc_validate_services *services;
	struct rc_worker_pool *pool; /* NULL until a check needs it */
	struct watched **items;
	struct rc_validate_app **apps; /* the same, NULL-terminated */
	size_t n;
};

static struct rc_worker_pool *get_pool(void *userdata)
{
	struct daemon_validation *validation = userdata;

	if (!validation->pool)
		validation->pool = daemon_worker_new_validate_pool(validation->daemon->loop);
	return validation->pool;
}

static bool locate(void *userdata, const char *name, struct rc_validate_subject *ret_subject)
{
	const struct watched *watched = userdata;
	const struct rc_engine *engine = watched->validation->daemon->engine;
	const struct rc_app *app = rc_engine_find_app(engine, name);
	struct rc_destination *destination;

	if (!app)
		return false;
	*ret_subject = (struct rc_validate_subject){
		.app = name,
		.label = rc_app_get_label(app),
		.name_space = rc_app_get_application(app)->destination.name_space ?: "",
	};
	destination = rc_engine_find_destination(engine, rc_app_get_application(app));
	if (destination) {
		ret_subject->cluster = rc_destination_get_cluster(destination);
		ret_subject->discovery = rc_destination_get_discovery(destination);
		ret_subject->cache = rc_destination_get_cache(destination);
	}
	return true;
}

/* What comes from outputs of stacks, as they are now. */
static int resolve(void *userdata, const struct rc_validate_check *check, struct rc_arena *arena,
		   struct rc_validate_check *resolved, struct rc_error **err)
{
	struct daemon_validation *validation = userdata;
	const struct rc_config_check *config = rc_container_of(
		(struct rc_validate_check *)(uintptr_t)check, struct rc_config_check, check);
	int r = 0;

	*resolved = *check;
	for (size_t i = 0; i < config->n_from; i++) {
		const struct rc_config_pair *pair = &config->from[i];
		const char *stack = NULL, *output = NULL;
		rc_autofree char *text = NULL;
		json_auto_t *value = NULL;

		config_validation_parse_from(arena, pair->text, &stack, &output);
		r = daemon_terraform_get_output(validation->daemon, stack, output, &value, err);
		if (r < 0)
			return rc_wrap(err, r, "%s: stack '%s'", pair->key, stack);
		text = json_is_string(value) ? rc_strdup(json_string_value(value))
					     : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (!config_validation_set(resolved, pair->key, rc_arena_strdup(arena, text)))
			return rc_fail(err, -EINVAL, "%s: output '%s' of stack '%s' is none",
				       pair->key, output, stack);
	}
	return config->n_from > 0;
}

/* ---- what follows from it ---- */

struct findings {
	const struct rc_validate_result *gate, *rollback, *failed; /* the first of each, or NULL */
	bool is_gate_unknown, is_unknown;
};

static struct findings find(const struct rc_validate_app *app)
{
	struct findings findings = {.failed = NULL};
	size_t n;
	const struct rc_validate_result *results = rc_validate_app_get_results(app, &n);

	for (size_t i = 0; i < n; i++) {
		const struct rc_validate_result *result = &results[i];

		if (result->outcome == RC_VALIDATE_ERROR) {
			findings.is_unknown = true;
			findings.is_gate_unknown |= result->check->gate;
		}
		if (result->outcome != RC_VALIDATE_FAIL)
			continue;
		if (!findings.failed)
			findings.failed = result;
		if (!findings.gate && result->check->gate)
			findings.gate = result;
		if (!findings.rollback && result->check->rollback)
			findings.rollback = result;
	}
	return findings;
}

/* What cannot be looked at changes nothing of what was known. */
static void set_gate(struct rc_app *app, const struct findings *findings)
{
	rc_autofree char *why = NULL;

	if (findings->gate)
		why = rc_asprintf("validation '%s' fails: %s", findings->gate->check->name,
				  findings->gate->evidence);
	else if (findings->is_gate_unknown)
		return;
	rc_app_set_gate(app, why);
}

/* The revision of the newest sync that ended well, as history has it; NULL: there is none. */
static const char *get_revision(const json_t *history)
{
	return rc_json_text(json_array_get(json_object_get(history, "items"), 0), "revision", NULL);
}

static void note_passed(struct daemon_validation *validation, const struct rc_app *app)
{
	json_auto_t *history = NULL, *note = NULL;
	struct rc_error *err = NULL;
	int r = rc_app_list_history(app, &history, &err);

	if (r == 0 && get_revision(history)) {
		note = json_pack("{s:s, s:I}", "revision", get_revision(history), "at",
				 (json_int_t)rc_clock_unix_s());
		r = rc_store_put(validation->daemon->store, STORE_KIND, rc_app_get_name(app), note,
				 &err);
	}
	if (r < 0)
		rc_log_error(NULL, LOG_ERR, err, "remembering what passed");
	rc_error_free(err);
}

/* The history's entry of the revision that passed last; -1: there is none, or it is the one that
 * fails now. */
static int64_t find_passed(struct daemon_validation *validation, const struct rc_app *app)
{
	json_auto_t *history = NULL, *note = NULL;
	const char *passed;
	json_t *entry;
	size_t i;

	rc_store_get(validation->daemon->store, STORE_KIND, rc_app_get_name(app), &note, NULL);
	passed = rc_json_text(note, "revision", NULL);
	if (!passed || rc_app_list_history(app, &history, NULL) < 0 ||
	    rc_text_equal(passed, get_revision(history)))
		return -1;
	json_array_foreach (json_object_get(history, "items"), i, entry)
		if (rc_text_equal(passed, rc_json_text(entry, "revision", NULL)))
			return json_integer_value(json_object_get(entry, "id"));
	return -1;
}

static bool is_rolled_back(const struct rc_app *app)
{
	json_auto_t *description = rc_app_describe(app);

	return rc_json_get(description, "status", "hold", "rollback", NULL) != NULL;
}

static void roll_back(struct daemon_validation *validation, struct rc_app *app,
		      const struct rc_validate_result *why)
{
	int64_t id = is_rolled_back(app) ? -1 : find_passed(validation, app);
	rc_autofree char *by = rc_asprintf("validation '%s'", why->check->name);
	struct rc_error *err = NULL;

	if (id < 0) {
		rc_log_warning(NULL,
			       "application '%s': validation '%s' fails, and there is no "
			       "revision that passed to go back to",
			       rc_app_get_name(app), why->check->name);
		return;
	}
	rc_log_warning(NULL,
		       "application '%s' goes back to history %lld: validation '%s' fails: %s",
		       rc_app_get_name(app), (long long)id, why->check->name, why->evidence);
	if (rc_app_rollback(app, by, id, false, &err) < 0)
		rc_log_error(NULL, LOG_ERR, err, "application '%s': rolling back",
			     rc_app_get_name(app));
	rc_error_free(err);
}

static void on_ended(void *userdata, struct rc_validate_app *validated,
		     enum rc_validate_trigger trigger)
{
	struct watched *watched = userdata;
	struct daemon_validation *validation = watched->validation;
	struct rc_app *app =
		rc_engine_find_app(validation->daemon->engine, rc_validate_app_get_name(validated));
	struct findings findings = find(validated);

	if (!app)
		return;
	if (findings.failed)
		rc_log_warning(NULL, "application '%s': validation '%s' fails: %s",
			       rc_app_get_name(app), findings.failed->check->name,
			       findings.failed->evidence);
	set_gate(app, &findings);
	if (findings.failed)
		daemon_notices_on_validation(validation->daemon->notices, app,
					     findings.failed->check->name,
					     findings.failed->evidence);
	else if (!findings.is_unknown)
		daemon_notices_on_validation(validation->daemon->notices, app, NULL, NULL);
	if (!findings.failed && !findings.is_unknown && !is_rolled_back(app))
		note_passed(validation, app);
	if (findings.rollback && trigger == RC_VALIDATE_SYNC)
		roll_back(validation, app, findings.rollback);
}

/* ---- applications ---- */

static struct watched *find_watched(const struct daemon_validation *validation, const char *name)
{
	for (size_t i = 0; i < validation->n; i++)
		if (strcmp(rc_validate_app_get_name(validation->items[i]->app), name) == 0)
			return validation->items[i];
	return NULL;
}

static void drop(struct daemon_validation *validation, size_t i)
{
	rc_validate_app_free(validation->items[i]->app);
	free(validation->items[i]);
	validation->n--;
	memmove(&validation->items[i], &validation->items[i + 1],
		(validation->n - i) * sizeof(*validation->items));
	memmove(&validation->apps[i], &validation->apps[i + 1],
		(validation->n + 1 - i) * sizeof(*validation->apps));
}

/* Applications that are gone. */
static void sweep(struct daemon_validation *validation)
{
	for (size_t i = validation->n; i-- > 0;)
		if (!rc_engine_find_app(validation->daemon->engine,
					rc_validate_app_get_name(validation->apps[i])))
			drop(validation, i);
}

static struct watched *add(struct daemon_validation *validation, const char *name)
{
	const struct rc_config_validation *config = &validation->daemon->config->validation;
	rc_autofree const struct rc_validate_check **checks =
		rc_calloc(config->n_checks + 1, sizeof(*checks));
	struct watched *watched;
	struct rc_validate_app_options options = {
		.services = validation->services,
		.name = name,
		.checks = checks,
		.interval_ms = (uint64_t)config->interval_ms,
		.settle_ms = (uint64_t)config->settle_ms,
		.locate = locate,
		.ended = on_ended,
	};

	for (size_t i = 0; i < config->n_checks; i++)
		if (!config->checks[i].check.app || strcmp(config->checks[i].check.app, name) == 0)
			checks[options.n++] = &config->checks[i].check;
	if (options.n == 0)
		return NULL;
	watched = rc_new0(struct watched);
	watched->validation = validation;
	options.userdata = watched;
	watched->app = rc_validate_app_new(&options);
	validation->items =
		rc_realloc(validation->items, (validation->n + 1) * sizeof(*validation->items));
	validation->apps =
		rc_realloc(validation->apps, (validation->n + 2) * sizeof(*validation->apps));
	validation->items[validation->n] = watched;
	validation->apps[validation->n++] = watched->app;
	validation->apps[validation->n] = NULL;
	return watched;
}

void daemon_validation_on_app(struct daemon_validation *validation, struct rc_app *app)
{
	struct rc_app_counts counts;
	struct watched *watched;

	if (!validation)
		return;
	watched = find_watched(validation, rc_app_get_name(app));
	rc_app_get_counts(app, &counts);
	if (!watched) {
		sweep(validation);
		watched = add(validation, rc_app_get_name(app));
		if (!watched)
			return;
	}
	if (counts.n_syncs_succeeded == watched->n_syncs)
		return;
	watched->n_syncs = counts.n_syncs_succeeded;
	rc_validate_app_on_sync(watched->app);
}

struct rc_validate_app *const *daemon_validation_list(const struct daemon_validation *validation)
{
	static struct rc_validate_app *const none[] = {NULL};

	return validation ? validation->apps : none;
}

struct rc_validate_app *daemon_validation_find(const struct daemon_validation *validation,
					       const char *name)
{
	struct watched *watched = validation ? find_watched(validation, name) : NULL;

	return watched ? watched->app : NULL;
}

/* ---- life ---- */

struct daemon_validation *daemon_validation_new(struct rc_daemon *daemon)
{
	struct daemon_validation *validation;
	struct rc_validate_services_options options = {
		.loop = daemon->loop, .get_pool = get_pool, .resolve = resolve};

	if (daemon->config->validation.n_checks == 0)
		return NULL;
	validation = rc_new0(struct daemon_validation);
	validation->daemon = daemon;
	options.userdata = validation;
	validation->services = rc_validate_services_new(&options);
	validation->apps = rc_calloc(1, sizeof(*validation->apps));
	return validation;
}

void daemon_validation_free(struct daemon_validation *validation)
{
	if (!validation)
		return;
	while (validation->n > 0)
		drop(validation, validation->n - 1);
	rc_validate_services_free(validation->services);
	rc_worker_pool_free(validation->pool);
	free(validation->items);
	free(validation->apps);
	free(validation);
}
