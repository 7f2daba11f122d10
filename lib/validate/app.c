/* One application's checks over time. */
#include "validate/app.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/clock.h"
#include "base/memory.h"

#define FIRST_MAX_MS	  60000
#define TIMER_PATIENCE_MS 20000

/* Somebody who asked. */
struct question {
	struct question *prev, *next;
	struct rc_validate_app *app;
	struct rc_validate_run *run;
	char *check;
	rc_validate_app_answer_fn *answered;
	void *userdata;
};

struct rc_validate_app {
	struct rc_validate_app_options options;
	char *name;
	struct rc_validate_result *results;
	struct rc_validate_run *run;
	enum rc_validate_trigger trigger;
	struct question *questions;
	ev_timer timer;
};

static struct ev_loop *loop_of(const struct rc_validate_app *app)
{
	return rc_validate_services_get_loop(app->options.services);
}

/* A run may be of some of the checks only. */
static void take_results(struct rc_validate_app *app, const struct rc_validate_result *results,
			 size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < app->options.n; j++)
			if (app->options.checks[j] == results[i].check)
				rc_validate_result_copy(&app->results[j], &results[i]);
}

static void on_run(void *userdata, struct rc_validate_run *run,
		   const struct rc_validate_result *results, size_t n)
{
	struct rc_validate_app *app = userdata;

	take_results(app, results, n);
	app->run = NULL;
	rc_validate_run_free(run);
	if (app->options.ended)
		app->options.ended(app->options.userdata, app, app->trigger);
}

static struct rc_validate_run *start(struct rc_validate_app *app,
				     const struct rc_validate_check *const *checks, size_t n,
				     uint64_t patience_ms, rc_validate_run_done_fn *done,
				     void *userdata)
{
	struct rc_validate_run_options options = {
		.services = app->options.services,
		.checks = checks,
		.n = n,
		.patience_ms = patience_ms,
	};

	if (!app->options.locate(app->options.userdata, app->name, &options.subject))
		return NULL;
	return rc_validate_run_start(&options, done, userdata);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_validate_app *app = rc_container_of(timer, struct rc_validate_app, timer);

	(void)loop;
	(void)events;
	if (app->run)
		return;
	app->trigger = RC_VALIDATE_TIMER;
	app->run = start(app, app->options.checks, app->options.n, TIMER_PATIENCE_MS, on_run, app);
}

void rc_validate_app_on_sync(struct rc_validate_app *app)
{
	rc_validate_run_free(rc_steal(&app->run));
	app->trigger = RC_VALIDATE_SYNC;
	app->run = start(app, app->options.checks, app->options.n, app->options.settle_ms, on_run,
			 app);
}

struct rc_validate_app *rc_validate_app_new(const struct rc_validate_app_options *options)
{
	struct rc_validate_app *app = rc_new0(struct rc_validate_app);
	const struct rc_validate_check **checks =
		rc_calloc(options->n + 1, sizeof(*options->checks));
	uint64_t first_ms = options->interval_ms / 10;

	for (size_t i = 0; i < options->n; i++)
		checks[i] = options->checks[i];
	app->options = *options;
	app->options.checks = checks;
	app->name = rc_strdup(options->name);
	app->results = rc_calloc(options->n + 1, sizeof(*app->results));
	for (size_t i = 0; i < options->n; i++)
		app->results[i].check = checks[i];
	first_ms = first_ms > FIRST_MAX_MS ? FIRST_MAX_MS : first_ms;
	ev_timer_init(&app->timer, on_timer, (double)first_ms / 1000.,
		      (double)options->interval_ms / 1000.);
	ev_timer_start(loop_of(app), &app->timer);
	return app;
}

static void answer(struct question *question)
{
	struct rc_validate_app *app = question->app;
	json_t *description = rc_validate_app_describe(app, question->check);

	DL_DELETE(app->questions, question);
	question->answered(question->userdata, description);
	rc_validate_run_free(question->run);
	free(question->check);
	free(question);
}

void rc_validate_app_free(struct rc_validate_app *app)
{
	struct question *question, *next;

	if (!app)
		return;
	DL_FOREACH_SAFE (app->questions, question, next)
		answer(question);
	ev_timer_stop(loop_of(app), &app->timer);
	rc_validate_run_free(app->run);
	for (size_t i = 0; i < app->options.n; i++)
		rc_validate_result_done(&app->results[i]);
	free(app->results);
	free((void *)(uintptr_t)app->options.checks);
	free(app->name);
	free(app);
}

const char *rc_validate_app_get_name(const struct rc_validate_app *app)
{
	return app->name;
}

const struct rc_validate_result *rc_validate_app_get_results(const struct rc_validate_app *app,
							     size_t *ret_n)
{
	*ret_n = app->options.n;
	return app->results;
}

/* The worst counts; what was not looked at counts as nothing. */
static enum rc_validate_outcome worse(enum rc_validate_outcome a, enum rc_validate_outcome b)
{
	static const int ranks[] = {
		[RC_VALIDATE_NONE] = 0,	 [RC_VALIDATE_SKIP] = 1, [RC_VALIDATE_PASS] = 2,
		[RC_VALIDATE_ERROR] = 4, [RC_VALIDATE_FAIL] = 5, [RC_VALIDATE_WAIT] = 3,
	};

	return ranks[a] > ranks[b] ? a : b;
}

json_t *rc_validate_app_describe(const struct rc_validate_app *app, const char *check)
{
	enum rc_validate_outcome outcome = RC_VALIDATE_NONE;
	json_t *checks = json_array();

	for (size_t i = 0; i < app->options.n; i++) {
		if (check && strcmp(app->options.checks[i]->name, check) != 0)
			continue;
		outcome = worse(outcome, app->results[i].outcome);
		json_array_append_new(checks, rc_validate_result_describe(&app->results[i]));
	}
	return json_pack("{s:s, s:s, s:b, s:o}", "app", app->name, "outcome",
			 rc_validate_outcome_to_string(outcome), "running", app->run != NULL,
			 "checks", checks);
}

static void on_asked(void *userdata, struct rc_validate_run *run,
		     const struct rc_validate_result *results, size_t n)
{
	struct question *question = userdata;

	(void)run;
	take_results(question->app, results, n);
	answer(question);
}

int rc_validate_app_ask(struct rc_validate_app *app, const char *check,
			rc_validate_app_answer_fn *answered, void *userdata, struct rc_error **err)
{
	rc_autofree const struct rc_validate_check **checks =
		rc_calloc(app->options.n + 1, sizeof(*checks));
	struct question *question;
	size_t n = 0;

	for (size_t i = 0; i < app->options.n; i++)
		if (!check || strcmp(app->options.checks[i]->name, check) == 0)
			checks[n++] = app->options.checks[i];
	if (n == 0 && check)
		return rc_fail(err, -ENOENT, "application '%s' has no check '%s'", app->name,
			       check);
	question = rc_new0(struct question);
	question->app = app;
	question->check = rc_strdup(check);
	question->answered = answered;
	question->userdata = userdata;
	question->run = start(app, checks, n, 0, on_asked, question);
	if (!question->run) {
		free(question->check);
		free(question);
		return rc_fail(err, -EAGAIN, "the cluster of application '%s' is not known",
			       app->name);
	}
	DL_APPEND(app->questions, question);
	return 0;
}
