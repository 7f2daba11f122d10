/* Approvals from signed commits and webhooks. */
#include "approvals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "data/json.h"

#define READ_MS	     (2 * 60 * UINT64_C(1000))
#define SOON_S	     0.05
#define MESSAGE_S    300 /* how old a message may be, or how far ahead its clock */
#define DIGEST_LEAST 8

struct daemon_approvals {
	struct rc_daemon *daemon;
	struct rc_worker_pool *git_pool;
	struct rc_terraform_manager *manager;
	struct rc_repository *repository; /* NULL: none is configured */
	char *revision, *commit;	  /* commit: the one whose files are known; NULL: none */
	json_t *items;			  /* as git/signed.h, of that commit */
	struct rc_worker_job *job;
	char *asked; /* the commit the job looks at */
	ev_timer soon;
};

/* ---- what they say about the plans that wait ---- */

static bool is_awaiting(const struct rc_terraform_run *run)
{
	return run && rc_text_equal(rc_json_text(rc_terraform_run_get_record(run), "phase", NULL),
				    "awaiting-approval");
}

/* Made before the plan was: it was about another of the same content. */
static bool is_older(const json_t *item, const json_t *record)
{
	int64_t began = 0;

	rc_clock_parse_rfc3339(rc_json_text(record, "startedAt", NULL) ?: "", &began);
	return json_integer_value(json_object_get(item, "time")) < began;
}

static int approve(struct rc_terraform_run *run, const json_t *item, struct rc_error **err)
{
	const json_t *document = json_object_get(item, "document");
	const json_t *record = rc_terraform_run_get_record(run);
	struct rc_terraform_yes yes = {
		.by = rc_json_text(item, "by", NULL),
		.method = "commit",
		.digest = rc_json_text(document, "plan", NULL),
		.comment = rc_json_text(document, "comment", NULL),
		.named = json_object_get(document, "destroy"),
		.at_unix_s = rc_clock_unix_s(),
	};

	if (!yes.by)
		return rc_fail(err, -EACCES, "%s",
			       rc_json_text(item, "error", NULL) ?: "it is not signed");
	if (is_older(item, record))
		return rc_fail(err, -ESTALE, "it was signed before this plan was made");
	return rc_terraform_run_approve(run, &yes, err);
}

/* A file about another plan of the stack is history. */
static bool is_about(const json_t *document, const json_t *record)
{
	const char *plan = rc_json_text(document, "plan", NULL);
	const char *digest = rc_json_text(record, "digest", NULL);

	return plan && digest && strlen(plan) >= DIGEST_LEAST &&
	       strncasecmp(plan, digest, strlen(plan)) == 0;
}

/* Each refusal is told once for each plan. */
static bool is_told(json_t *item, const struct rc_terraform_run *run, const char *chain)
{
	rc_autofree char *text = rc_asprintf(
		"%s: %s", rc_json_text(rc_terraform_run_get_record(run), "digest", NULL) ?: "",
		chain);
	bool is_old = rc_text_equal(rc_json_text(item, "told", NULL), text);

	json_object_set_new(item, "told", json_string(text));
	return is_old;
}

static void consider(struct daemon_approvals *approvals, json_t *item)
{
	const json_t *document = json_object_get(item, "document");
	const char *name = rc_json_text(document, "stack", NULL);
	struct rc_terraform_stack *stack =
		name ? rc_terraform_manager_find(approvals->manager, name) : NULL;
	struct rc_terraform_run *run = stack ? rc_terraform_stack_get_run(stack) : NULL;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	rc_autofree char *chain = NULL;
	int r;

	if (!is_awaiting(run) || !is_about(document, rc_terraform_run_get_record(run)))
		return;
	r = approve(run, item, &err);
	if (r == 0 || r == -EEXIST)
		return;
	rc_wrap(&err, r, "%s", rc_json_text(item, "path", NULL) ?: "an approval");
	chain = rc_error_format(err);
	if (!is_told(item, run, chain))
		rc_terraform_run_note_refusal(run, chain);
}

static void on_soon(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct daemon_approvals *approvals = rc_container_of(timer, struct daemon_approvals, soon);
	json_t *item;
	size_t i;

	(void)events;
	ev_timer_stop(loop, timer);
	json_array_foreach (approvals->items, i, item)
		consider(approvals, item);
}

void daemon_approvals_wake(struct daemon_approvals *approvals)
{
	if (json_array_size(approvals->items) == 0 || ev_is_active(&approvals->soon))
		return;
	/* Whoever calls is in the middle of something. */
	ev_timer_set(&approvals->soon, SOON_S, 0.);
	ev_timer_start(approvals->daemon->loop, &approvals->soon);
}

/* ---- the repository ---- */

static void on_read(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct daemon_approvals *approvals = userdata;

	approvals->job = NULL;
	if (r < 0) {
		/* Asked again with the next poll that brings something. */
		rc_log_error(NULL, LOG_ERR, err, "terraform.approvals: reading them");
		rc_error_free(err);
		free(rc_steal(&approvals->asked));
		return;
	}
	free(approvals->commit);
	approvals->commit = rc_steal(&approvals->asked);
	json_decref(approvals->items);
	approvals->items = json_incref(json_object_get(reply, "items"));
	daemon_approvals_wake(approvals);
}

static void look(struct daemon_approvals *approvals)
{
	const struct rc_config_terraform *config = &approvals->daemon->config->terraform;
	rc_cleanup(rc_error_freep) struct rc_error *err = NULL;
	json_auto_t *request = NULL;
	const char *commit = NULL;

	if (!approvals->repository ||
	    rc_repository_resolve(approvals->repository, approvals->revision, &commit, &err) < 0)
		return;
	if (rc_text_equal(commit, approvals->asked ? approvals->asked : approvals->commit))
		return;
	if (approvals->job)
		rc_worker_cancel(rc_steal(&approvals->job));
	free(approvals->asked);
	approvals->asked = rc_strdup(commit);
	request = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*}", "op", "signed", "mirror",
			    rc_repository_get_mirror(approvals->repository), "commit", commit,
			    "folder", config->approvals.path ?: "approvals", "allowed",
			    config->approvals.signers, "keyring", config->approvals.keyring);
	rc_worker_submit(approvals->git_pool, request, READ_MS, on_read, approvals,
			 &approvals->job);
}

void daemon_approvals_on_repository(struct daemon_approvals *approvals,
				    const struct rc_repository *repository)
{
	if (repository == approvals->repository)
		look(approvals);
}

void daemon_approvals_unbind(struct daemon_approvals *approvals)
{
	if (approvals->job)
		rc_worker_cancel(rc_steal(&approvals->job));
	if (approvals->repository)
		rc_repository_unwant(approvals->repository, approvals->revision);
	approvals->repository = NULL;
	free(rc_steal(&approvals->revision));
	free(rc_steal(&approvals->asked));
	/* The signers may be others. */
	free(rc_steal(&approvals->commit));
	json_decref(rc_steal(&approvals->items));
}

void daemon_approvals_configure(struct daemon_approvals *approvals)
{
	const struct rc_config_terraform *config = &approvals->daemon->config->terraform;

	if (!config->approvals.repository)
		return;
	approvals->repository = rc_engine_find_repository(approvals->daemon->engine,
							  config->approvals.repository, NULL);
	if (!approvals->repository)
		return;
	approvals->revision = rc_strdup(config->approvals.revision ?: "");
	rc_repository_want(approvals->repository, approvals->revision);
	look(approvals);
}

/* ---- webhooks ---- */

static int check_time(const json_t *message, struct rc_error **err)
{
	const char *at = rc_json_text(message, "at", NULL);
	int64_t then, now = rc_clock_unix_s();

	if (!at || rc_clock_parse_rfc3339(at, &then) < 0)
		return rc_fail(err, -EINVAL, "'at' is no time as 2026-01-02T03:04:05Z");
	if (then < now - MESSAGE_S || then > now + MESSAGE_S)
		return rc_fail(err, -EINVAL, "'at' is not within %d s of now", MESSAGE_S);
	return 0;
}

int daemon_approvals_take(struct daemon_approvals *approvals, struct rc_str body,
			  struct rc_error **err)
{
	json_auto_t *message = NULL;
	struct rc_terraform_stack *stack;
	struct rc_terraform_run *run;
	struct rc_terraform_yes yes = {.method = "webhook", .at_unix_s = rc_clock_unix_s()};
	const char *name;
	int r = rc_json_parse(body, "the message", &message, err);

	if (r < 0)
		return r;
	name = rc_json_text(message, "stack", NULL);
	yes.by = rc_json_text(message, "by", NULL);
	yes.digest = rc_json_text(message, "plan", NULL);
	yes.comment = rc_json_text(message, "comment", NULL);
	yes.named = json_object_get(message, "destroy");
	if (!name || !yes.by || !*yes.by || !yes.digest)
		return rc_fail(err, -EINVAL, "it needs 'stack', 'plan', 'by' and 'at'");
	r = check_time(message, err);
	if (r < 0)
		return r;
	stack = rc_terraform_manager_find(approvals->manager, name);
	if (!stack)
		return rc_fail(err, -ENOENT, "no stack is named '%s'", name);
	run = rc_terraform_stack_get_run(stack);
	if (!is_awaiting(run))
		return rc_fail(err, -EBUSY, "no plan of stack '%s' waits for approval", name);
	return rc_terraform_run_approve(run, &yes, err);
}

/* ---- life ---- */

struct daemon_approvals *daemon_approvals_new(struct rc_daemon *daemon,
					      struct rc_worker_pool *git_pool,
					      struct rc_terraform_manager *manager)
{
	struct daemon_approvals *approvals = rc_new0(struct daemon_approvals);

	approvals->daemon = daemon;
	approvals->git_pool = git_pool;
	approvals->manager = manager;
	ev_init(&approvals->soon, on_soon);
	return approvals;
}

void daemon_approvals_free(struct daemon_approvals *approvals)
{
	if (!approvals)
		return;
	ev_timer_stop(approvals->daemon->loop, &approvals->soon);
	daemon_approvals_unbind(approvals);
	free(approvals);
}
