/* States of commits. */
#include "commits.h"

#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "data/json.h"
#include "notices-private.h"

#define COMMIT_MIN 40
#define EVENT	   "commit-status:"

/* ---- the forges ---- */

static const struct rc_config_repository *find_nth(const struct rc_config *config, size_t n)
{
	for (size_t i = 0; i < config->n_repositories; i++)
		if (config->repositories[i].commit_status.url && n-- == 0)
			return &config->repositories[i];
	return NULL;
}

size_t daemon_commits_count(const struct rc_config *config)
{
	size_t n = 0;

	while (find_nth(config, n))
		n++;
	return n;
}

void daemon_commits_make_sink(const struct rc_config *config, size_t i, struct rc_buf *authority,
			      struct rc_notify_sink *sink)
{
	const struct rc_config_repository *from = find_nth(config, i);
	const char **events = rc_arena_alloc(config->arena, 2 * sizeof(*events));
	struct rc_secret *secret = NULL;
	struct rc_error *err = NULL;

	if (daemon_auth_read_secret(&from->commit_status.secret, &secret, &err) < 0 ||
	    (from->ca && rc_file_read(from->ca, authority, &err) < 0))
		rc_log_error(NULL, LOG_ERR, err, "repository '%s': commitStatus", from->name);
	rc_error_free(err);
	events[0] = rc_arena_printf(config->arena, EVENT "%s", from->name);
	events[1] = NULL;
	*sink = (struct rc_notify_sink){
		.name = events[0],
		.type = from->commit_status.type,
		.url = from->commit_status.url,
		.secret = secret,
		.ca_pem = from->ca ? rc_buf_text(authority) : NULL,
		.events = events,
	};
}

/* ---- the states ---- */

struct verdict {
	const char *state; /* NULL: nothing to be told */
	const char *revisions;
	char *message;
};

static struct verdict judge(const struct rc_app *app, const struct rc_app_counts *counts,
			    const json_t *description)
{
	const char *operation =
		rc_json_text(description, "status", "operationState", "message", NULL);
	const char *health = rc_json_text(description, "status", "health", "message", NULL);
	const char *revision = rc_app_get_revision(app);

	if (strcmp(counts->operation_phase, "Running") == 0)
		return (struct verdict){"pending", counts->operation_revision,
					rc_strdup("syncing")};
	/* What came of it was not looked at. */
	if (counts->is_operation_open)
		return (struct verdict){.state = NULL};
	if (revision && strcmp(counts->sync_status, "Synced") == 0 &&
	    strcmp(counts->health_status, "Healthy") == 0)
		return (struct verdict){"success", revision, rc_strdup("Synced and Healthy")};
	if (strcmp(counts->operation_phase, "Failed") == 0)
		return (struct verdict){"failure", counts->operation_revision,
					rc_strdup(operation ?: "the sync failed")};
	if (revision && strcmp(counts->sync_status, "Synced") == 0 &&
	    strcmp(counts->health_status, "Degraded") == 0)
		return (struct verdict){"failure", revision,
					rc_asprintf("Degraded: %s", health ?: "")};
	return (struct verdict){.state = NULL};
}

/* Of "a+b" the one of source i; the caller's. */
static char *pick_revision(const char *revisions, size_t i)
{
	const char *at = revisions ?: "";

	for (; i > 0; i--) {
		at = strchr(at, '+');
		if (!at)
			return NULL;
		at++;
	}
	return rc_strndup(at, strcspn(at, "+"));
}

static bool is_commit(const char *revision)
{
	return revision && strlen(revision) >= COMMIT_MIN &&
	       strspn(revision, "0123456789abcdef") == strlen(revision);
}

static void tell(struct daemon_notices *notices, const char *subject, const char *app,
		 const struct rc_config_repository *repository, const char *revision,
		 const struct verdict *verdict)
{
	rc_autofree char *family = rc_asprintf(EVENT "%s", repository->name);
	rc_autofree char *token = rc_asprintf("%s %s", revision, verdict->state);
	rc_autofree char *done = rc_asprintf("%s success", revision);
	const char *before = daemon_notices_get_told(notices, subject, family);

	/* That it was brought there is not taken back: what happens later is of another day. */
	if (rc_text_equal(before, done))
		return;
	/* A retry of what failed is no news until it has ended. */
	if (before && rc_text_has_prefix(before, revision) &&
	    strcmp(verdict->state, "pending") == 0)
		return;
	daemon_notices_tell(notices, &(struct notices_change){
					     .subject = subject,
					     .app = app,
					     .family = family,
					     .token = token,
					     .type = family,
					     .alert = "",
					     .severity = "info",
					     .state = verdict->state,
					     .link = repository->commit_status.link,
					     .message = verdict->message,
					     .revision = revision,
					     .is_followed = true,
				     });
}

static const struct rc_config_repository *find_config(const struct daemon_notices *notices,
						      const struct rc_application_source *source)
{
	const struct rc_config *config = notices->daemon->config;
	const struct rc_repository *repository =
		rc_engine_find_source(notices->daemon->engine, source);

	for (size_t i = 0; repository && i < config->n_repositories; i++)
		if (config->repositories[i].commit_status.url &&
		    strcmp(config->repositories[i].name, rc_repository_get_name(repository)) == 0)
			return &config->repositories[i];
	return NULL;
}

void daemon_commits_on_app(struct daemon_notices *notices, const struct rc_app *app,
			   const struct rc_app_counts *counts)
{
	const struct rc_application *application = rc_app_get_application(app);
	json_auto_t *description = NULL;
	struct verdict verdict = {.state = NULL};

	for (size_t i = 0; i < application->n_sources; i++) {
		const struct rc_config_repository *repository =
			find_config(notices, &application->sources[i]);
		rc_autofree char *revision = NULL;

		if (!repository)
			continue;
		if (!description) {
			description = rc_app_describe(app);
			verdict = judge(app, counts, description);
		}
		revision = verdict.state ? pick_revision(verdict.revisions, i) : NULL;
		if (is_commit(revision))
			tell(notices, rc_app_get_name(app), rc_app_get_name(app), repository,
			     revision, &verdict);
	}
	free(verdict.message);
}

/* ":": no application can be named so. */
void daemon_commits_on_configuration(struct daemon_notices *notices, const char *repository,
				     const char *commit, const char *error)
{
	const struct rc_config *config = notices ? notices->daemon->config : NULL;
	struct verdict verdict = {.state = error ? "failure" : "success",
				  .message = error ? rc_strdup(error) : rc_strdup("in force")};

	for (size_t i = 0; config && i < config->n_repositories; i++)
		if (config->repositories[i].commit_status.url &&
		    rc_text_equal(config->repositories[i].name, repository))
			tell(notices, ":configuration", "configuration", &config->repositories[i],
			     commit, &verdict);
	free(verdict.message);
}
