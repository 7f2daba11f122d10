/*
 * Polling thinks in turns: a poll takes what is wanted at that moment, asks the worker once, and
 * compares the answer with what was known. The next one is due after the interval with a tenth of
 * jitter, or, after a failure, after a back-off that grows to the interval.
 */
#include "gitops/repository.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "gitops/repository-private.h"

#define BACKOFF_MS 5000

static struct repository_revision *find(const struct rc_repository *repository, const char *name)
{
	for (size_t i = 0; i < repository->n_revisions; i++)
		if (strcmp(repository->revisions[i].name, name) == 0)
			return &repository->revisions[i];
	return NULL;
}

static void schedule(struct rc_repository *repository, uint64_t ms)
{
	ev_timer_stop(repository->options.loop, &repository->timer);
	ev_timer_set(&repository->timer, (double)ms / 1000.0, 0);
	ev_timer_start(repository->options.loop, &repository->timer);
}

static void schedule_next(struct rc_repository *repository)
{
	uint64_t ms = repository->options.interval_ms;

	if (repository->again) {
		repository->again = false;
		schedule(repository, 0);
		return;
	}
	if (repository->err && repository->attempts > 0)
		ms = rc_clock_backoff_ms(BACKOFF_MS, 2, ms, repository->attempts - 1);
	schedule(repository, ms + rc_clock_jitter_ms(ms / 10 + 1));
}

/* The commits outlive us, so that a start without the remote goes on with them. */
static void save(struct rc_repository *repository)
{
	json_auto_t *refs = json_object();
	struct rc_error *err = NULL;

	if (!repository->options.store)
		return;
	for (size_t i = 0; i < repository->n_revisions; i++)
		if (repository->revisions[i].commit)
			json_object_set_new(refs, repository->revisions[i].name,
					    json_string(repository->revisions[i].commit));
	if (rc_store_put(repository->options.store, "repository", repository->name, refs, &err) < 0)
		rc_log_error(&repository->log, LOG_WARNING, err, "remembering commits");
	rc_error_free(err);
}

static void load_commit(struct rc_repository *repository, struct repository_revision *revision)
{
	json_auto_t *refs = NULL;

	if (repository->options.store && rc_store_get(repository->options.store, "repository",
						      repository->name, &refs, NULL) == 0)
		revision->commit = rc_strdup(rc_json_text(refs, revision->name, NULL));
}

/* One revision's answer; returns whether it says something new. */
static bool take_ref(struct rc_repository *repository, const json_t *ref)
{
	struct repository_revision *revision =
		find(repository, json_string_value(json_object_get(ref, "name")) ?: "");
	const char *commit = json_string_value(json_object_get(ref, "commit"));
	bool was_failing;

	if (!revision || (!commit && !json_object_get(ref, "error")))
		return false;
	was_failing = revision->err != NULL;
	rc_error_free(revision->err);
	revision->err = NULL;
	if (!commit) {
		revision->err = rc_error_from_json(json_object_get(ref, "error"));
		return !was_failing;
	}
	if (rc_text_equal(revision->commit, commit))
		return was_failing;
	if (json_is_true(json_object_get(ref, "forced")))
		rc_log_warning(&repository->log,
			       "'%s' was force-pushed from %.12s to %.12s; following it",
			       revision->name, revision->commit ?: "nothing", commit);
	else
		rc_log_info(&repository->log, "'%s' is at %.12s: %s",
			    *revision->name ? revision->name : "HEAD", commit,
			    rc_json_text(ref, "subject", NULL) ?: "");
	free(revision->commit);
	revision->commit = rc_strdup(commit);
	return true;
}

static bool take_failure(struct rc_repository *repository, struct rc_error *err)
{
	rc_autofree char *before = repository->err ? rc_error_format(repository->err) : NULL;
	rc_autofree char *now = rc_error_format(err);
	bool changed = !rc_text_equal(before, now);

	repository->counts.failures++;
	repository->attempts++;
	if (!repository->err)
		repository->since_unix_s = rc_clock_unix_s();
	if (changed)
		rc_log_error(&repository->log, LOG_WARNING, err, "polling %s", repository->url);
	rc_error_free(repository->err);
	repository->err = err;
	return changed;
}

/* Of charts, some may have been learnt and others not: then the poll failed, too. */
static bool take_reply(struct rc_repository *repository, const json_t *reply)
{
	struct rc_error *err = rc_error_from_json(json_object_get(reply, "error"));
	bool changed = false, was_failing = repository->err != NULL;
	json_t *ref;
	size_t i;

	json_array_foreach (json_object_get(reply, "refs"), i, ref)
		changed = take_ref(repository, ref) || changed;
	if (changed)
		save(repository);
	if (err)
		return take_failure(repository, err) || changed;
	free(repository->token);
	repository->token = rc_strdup(rc_json_text(reply, "token", NULL));
	repository->polled_unix_s = rc_clock_unix_s();
	repository->attempts = 0;
	if (was_failing)
		rc_log_notice(&repository->log, "%s answers again", repository->url);
	rc_error_free(repository->err);
	repository->err = NULL;
	return changed || was_failing;
}

static void on_polled(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct rc_repository *repository = userdata;
	bool changed;

	repository->job = NULL;
	repository->counts.seconds +=
		(double)(rc_clock_monotonic_ms() - repository->begun_ms) / 1000.0;
	if (r < 0)
		changed = take_failure(repository, err);
	else
		changed = take_reply(repository, reply);
	schedule_next(repository);
	if (changed)
		repository->options.changed(repository->options.userdata, repository);
}

/* ---- polling ---- */

static json_t *make_request(struct rc_repository *repository, struct rc_error **err)
{
	json_auto_t *refs = json_array();

	for (size_t i = 0; i < repository->n_revisions; i++) {
		struct repository_revision *revision = &repository->revisions[i];
		json_t *ref = json_pack("{s:s}", "name", revision->name);

		if (revision->commit)
			json_object_set_new(ref, "known", json_string(revision->commit));
		json_array_append_new(refs, ref);
	}
	return repository->kind->make_request(repository, refs, err);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_repository *repository = rc_container_of(timer, struct rc_repository, timer);
	json_auto_t *request = NULL;
	struct rc_error *err = NULL;

	(void)loop;
	(void)events;
	if (repository->n_revisions == 0) {
		schedule_next(repository);
		return;
	}
	repository->counts.polls++;
	repository->begun_ms = rc_clock_monotonic_ms();
	request = make_request(repository, &err);
	if (!request) {
		on_polled(repository, -EACCES, NULL, err);
		return;
	}
	rc_worker_submit(repository->options.pool, request, repository->options.timeout_ms,
			 on_polled, repository, &repository->job);
}

struct rc_repository *rc_repository_new(const struct rc_repository_options *options)
{
	struct rc_repository *repository = rc_new0(struct rc_repository);

	repository->options = *options;
	repository->kind = rc_repository_find_kind(options->type);
	repository->name = rc_strdup(options->name);
	repository->url = rc_strdup(options->url);
	repository->mirror = rc_strdup(options->mirror);
	repository->log = (struct rc_log){NULL, "RC_REPOSITORY", repository->name};
	ev_timer_init(&repository->timer, on_timer, 0, 0);
	return repository;
}

static void free_revision(struct repository_revision *revision)
{
	free(revision->name);
	free(revision->commit);
	rc_error_free(revision->err);
}

void rc_repository_free(struct rc_repository *repository)
{
	if (!repository)
		return;
	if (repository->job)
		rc_worker_cancel(repository->job);
	ev_timer_stop(repository->options.loop, &repository->timer);
	for (size_t i = 0; i < repository->n_revisions; i++)
		free_revision(&repository->revisions[i]);
	free(repository->revisions);
	rc_error_free(repository->err);
	free(repository->name);
	free(repository->url);
	free(repository->mirror);
	free(repository->token);
	free(repository);
}

const char *rc_repository_get_name(const struct rc_repository *repository)
{
	return repository->name;
}

const char *rc_repository_get_url(const struct rc_repository *repository)
{
	return repository->url;
}

const char *rc_repository_get_mirror(const struct rc_repository *repository)
{
	return repository->mirror;
}

uint64_t rc_repository_get_timeout_ms(const struct rc_repository *repository)
{
	return repository->options.timeout_ms;
}

/* Hosts tell no case apart, and neither do the forges that serve their paths; a file system does.
 */
static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* "git@host:path" and "ssh://user@host/path" become "host/path". */
static char *normalise(const char *url)
{
	struct rc_str trimmed = rc_str_trim(rc_str(url), " \t\r\n");
	rc_autofree char *whole = rc_strndup(trimmed.p, trimmed.n);
	const char *scheme = strstr(whole, "://"), *rest = scheme ? scheme + 3 : whole, *at;
	char *text;
	size_t n;

	at = strpbrk(rest, "@/");
	if (at && *at == '@')
		rest = at + 1;
	text = rc_strdup(rest);
	if (!scheme) {
		char *colon = strchr(text, ':');

		if (colon && !memchr(text, '/', (size_t)(colon - text)))
			*colon = '/';
	}
	n = strlen(text);
	while (n > 0 && text[n - 1] == '/')
		text[--n] = '\0';
	if (*text != '/')
		lower(text);
	if (n > 4 && strcmp(text + n - 4, ".git") == 0)
		text[n - 4] = '\0';
	return text;
}

bool rc_repository_is_at(const struct rc_repository *repository, const char *url)
{
	rc_autofree char *a = normalise(repository->url), *b = normalise(url);

	return strcmp(a, b) == 0;
}

void rc_repository_want(struct rc_repository *repository, const char *name)
{
	struct repository_revision *revision = find(repository, name);

	if (revision) {
		revision->users++;
		return;
	}
	repository->revisions =
		rc_realloc(repository->revisions,
			   (repository->n_revisions + 1) * sizeof(*repository->revisions));
	revision = &repository->revisions[repository->n_revisions++];
	*revision = (struct repository_revision){.name = rc_strdup(name), .users = 1};
	load_commit(repository, revision);
	rc_repository_poll(repository);
}

void rc_repository_unwant(struct rc_repository *repository, const char *name)
{
	struct repository_revision *revision = find(repository, name);

	if (!revision || --revision->users > 0)
		return;
	free_revision(revision);
	*revision = repository->revisions[--repository->n_revisions];
}

int rc_repository_resolve(const struct rc_repository *repository, const char *name,
			  const char **ret_commit, struct rc_error **err)
{
	const struct repository_revision *revision = find(repository, name);

	if (revision && revision->err) {
		rc_autofree char *why = rc_error_format(revision->err);

		return rc_fail(err, -ENOENT, "repository '%s': %s", repository->name, why);
	}
	if (revision && revision->commit) {
		*ret_commit = revision->commit;
		return 0;
	}
	if (repository->err) {
		rc_autofree char *why = rc_error_format(repository->err);

		return rc_fail(err, -EAGAIN, "repository '%s' cannot be read: %s", repository->name,
			       why);
	}
	return rc_fail(err, -EAGAIN, "repository '%s' was not polled yet", repository->name);
}

void rc_repository_poll(struct rc_repository *repository)
{
	if (repository->job)
		repository->again = true;
	else
		schedule(repository, 0);
}

bool rc_repository_is_polling(const struct rc_repository *repository)
{
	ev_timer *timer = (ev_timer *)(uintptr_t)&repository->timer; /* libev knows no const */

	return repository->job ||
	       (ev_is_active(timer) && ev_timer_remaining(repository->options.loop, timer) <= 0);
}

const struct rc_error *rc_repository_get_error(const struct rc_repository *repository,
					       int64_t *ret_since_unix_s)
{
	if (ret_since_unix_s)
		*ret_since_unix_s = repository->since_unix_s;
	return repository->err;
}

json_t *rc_repository_describe(const struct rc_repository *repository)
{
	json_t *refs = json_object();
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", repository->name, "type",
				 repository->kind->type, "url", repository->url, "state",
				 repository->err	     ? "failing"
				 : repository->polled_unix_s ? "ok"
							     : "pending",
				 "refs", refs);
	char time[RC_CLOCK_RFC3339_MAX];

	for (size_t i = 0; i < repository->n_revisions; i++) {
		const struct repository_revision *revision = &repository->revisions[i];

		json_object_set_new(refs, *revision->name ? revision->name : "HEAD",
				    revision->commit ? json_string(revision->commit) : json_null());
	}
	if (repository->polled_unix_s)
		json_object_set_new(
			json, "polledAt",
			json_string(rc_clock_format_rfc3339(repository->polled_unix_s, time)));
	if (repository->err) {
		rc_autofree char *why = rc_error_format(repository->err);

		json_object_set_new(
			json, "since",
			json_string(rc_clock_format_rfc3339(repository->since_unix_s, time)));
		json_object_set_new(json, "reason", json_string(why));
	}
	return json;
}

void rc_repository_get_counts(const struct rc_repository *repository,
			      struct rc_repository_counts *ret_counts)
{
	*ret_counts = repository->counts;
}
