/* Probes side by side, each tried again by itself. */
#include "validate/run.h"

#include "base/clock.h"
#include "base/memory.h"

#define AGAIN_BASE_MS 1000
#define AGAIN_MAX_MS  15000

struct row {
	struct rc_validate_run *run;
	struct rc_validate_probe *probe;
	unsigned int attempts;
	ev_timer again;
};

struct rc_validate_run {
	struct rc_validate_run_options options;
	char *app, *label, *name_space;
	struct row *rows;
	struct rc_validate_result *results;
	size_t n_left;
	uint64_t until_ms;
	rc_validate_run_done_fn *done;
	void *userdata;
	ev_timer end;
};

static void on_probe(void *userdata, struct rc_validate_result *result);

static struct ev_loop *loop_of(const struct rc_validate_run *run)
{
	return rc_validate_services_get_loop(run->options.services);
}

static void look(struct row *row)
{
	struct rc_validate_run *run = row->run;

	row->attempts++;
	row->probe =
		rc_validate_probe_start(run->options.checks[row - run->rows], run->options.services,
					&run->options.subject, on_probe, row);
}

static void on_again(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct row *row = rc_container_of(timer, struct row, again);

	(void)loop;
	(void)events;
	rc_validate_probe_free(rc_steal(&row->probe));
	look(row);
}

static void on_end(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_validate_run *run = rc_container_of(timer, struct rc_validate_run, end);

	(void)loop;
	(void)events;
	run->done(run->userdata, run, run->results, run->options.n);
}

/* What fails may come right while there is patience; what waits says itself for how long. */
static bool is_tried_again(const struct rc_validate_run *run, enum rc_validate_outcome outcome)
{
	switch (outcome) {
	case RC_VALIDATE_FAIL:
	case RC_VALIDATE_ERROR:
		return rc_clock_monotonic_ms() < run->until_ms;
	case RC_VALIDATE_WAIT:
		return run->options.patience_ms > 0;
	case RC_VALIDATE_NONE:
	case RC_VALIDATE_PASS:
	case RC_VALIDATE_SKIP:
		return false;
	}
	return false;
}

static void on_probe(void *userdata, struct rc_validate_result *result)
{
	struct row *row = userdata;
	struct rc_validate_run *run = row->run;

	if (is_tried_again(run, result->outcome)) {
		uint64_t wait_ms =
			rc_clock_backoff_ms(AGAIN_BASE_MS, 1.5, AGAIN_MAX_MS, row->attempts - 1);

		ev_timer_set(&row->again, (double)wait_ms / 1000., 0);
		ev_timer_start(loop_of(run), &row->again);
		return;
	}
	result->attempts = row->attempts;
	rc_validate_result_copy(&run->results[row - run->rows], result);
	if (--run->n_left == 0)
		ev_timer_start(loop_of(run), &run->end);
}

static struct rc_validate_run *make(const struct rc_validate_run_options *options)
{
	struct rc_validate_run *run = rc_new0(struct rc_validate_run);
	const struct rc_validate_check **checks =
		rc_calloc(options->n + 1, sizeof(*options->checks));

	run->options = *options;
	for (size_t i = 0; i < options->n; i++)
		checks[i] = options->checks[i];
	run->options.checks = checks;
	run->options.subject.app = run->app = rc_strdup(options->subject.app);
	run->options.subject.label = run->label = rc_strdup(options->subject.label);
	run->options.subject.name_space = run->name_space = rc_strdup(options->subject.name_space);
	run->rows = rc_calloc(options->n + 1, sizeof(*run->rows));
	run->results = rc_calloc(options->n + 1, sizeof(*run->results));
	run->n_left = options->n;
	run->until_ms = rc_clock_monotonic_ms() + options->patience_ms;
	return run;
}

struct rc_validate_run *rc_validate_run_start(const struct rc_validate_run_options *options,
					      rc_validate_run_done_fn *done, void *userdata)
{
	struct rc_validate_run *run = make(options);

	run->done = done;
	run->userdata = userdata;
	ev_timer_init(&run->end, on_end, 0, 0);
	for (size_t i = 0; i < options->n; i++) {
		run->rows[i].run = run;
		ev_timer_init(&run->rows[i].again, on_again, 0, 0);
		look(&run->rows[i]);
	}
	if (options->n == 0)
		ev_timer_start(loop_of(run), &run->end);
	return run;
}

void rc_validate_run_free(struct rc_validate_run *run)
{
	if (!run)
		return;
	ev_timer_stop(loop_of(run), &run->end);
	for (size_t i = 0; i < run->options.n; i++) {
		ev_timer_stop(loop_of(run), &run->rows[i].again);
		rc_validate_probe_free(run->rows[i].probe);
		rc_validate_result_done(&run->results[i]);
	}
	free((void *)(uintptr_t)run->options.checks);
	free(run->app);
	free(run->label);
	free(run->name_space);
	free(run->rows);
	free(run->results);
	free(run);
}
