/* What a sync would change: each object that differs, live against what the server would make. */
#include <errno.h>

#include "base/memory.h"
#include "gitops/app-private.h"
#include "gitops/diff.h"

#define TEXT_MAX (8 << 20)

struct app_diff {
	struct rc_app *app;
	rc_app_diff_fn *done;
	void *userdata;
	struct rc_buf text;
	size_t n_waiting;
	ev_timer turn; /* done comes from the loop */
	struct rc_error *err;
	struct app_diff *prev, *next;
};

static void free_diff(struct app_diff *diff)
{
	DL_DELETE(diff->app->diffs, diff);
	rc_app_call_cancel(diff->app, diff);
	ev_timer_stop(rc_engine_get_options(diff->app->engine)->loop, &diff->turn);
	rc_buf_done(&diff->text);
	rc_error_free(diff->err);
	free(diff);
}

static void end(struct app_diff *diff)
{
	rc_app_diff_fn *done = diff->done;
	void *userdata = diff->userdata;
	struct rc_error *err = rc_steal(&diff->err);
	rc_autofree char *text = rc_buf_take(&diff->text);

	free_diff(diff);
	done(userdata, err ? err->code : 0, err ? NULL : text, err);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	end(rc_container_of(timer, struct app_diff, turn));
}

static void on_predicted(struct rc_app *app, const struct rc_kube_key *key, int r,
			 const json_t *predicted, struct rc_error *err, void *userdata)
{
	struct app_diff *diff = userdata;
	json_auto_t *live = rc_kube_cache_load(rc_destination_get_cache(app->destination), key);

	if (r < 0 && !diff->err) {
		rc_autofree char *name = rc_kube_object_format_key(key);

		diff->err = err;
		rc_wrap(&diff->err, r, "asking what would become of %s", name);
	} else {
		rc_error_free(err);
	}
	if (r == 0)
		rc_diff_write(&diff->text, live, predicted);
	if (--diff->n_waiting == 0) {
		ev_timer_set(&diff->turn, 0, 0);
		ev_timer_start(rc_engine_get_options(app->engine)->loop, &diff->turn);
	}
}

static void add_row(struct app_diff *diff, const struct rc_resource *row)
{
	struct rc_app *app = diff->app;
	json_auto_t *live = NULL, *desired = NULL;

	if (!rc_resources_is_out_of_sync(row))
		return;
	if (row->comparison == RC_COMPARISON_MISSING) {
		desired = rc_desired_item_load(row->item);
		rc_diff_write(&diff->text, NULL, desired);
		return;
	}
	if (row->comparison == RC_COMPARISON_EXTRA) {
		live = rc_kube_cache_load(rc_destination_get_cache(app->destination), row->key);
		rc_diff_write(&diff->text, live, NULL);
		return;
	}
	diff->n_waiting++;
	rc_app_call_predict(app, row->item, on_predicted, diff);
}

void rc_app_diff(struct rc_app *app, rc_app_diff_fn *done, void *userdata)
{
	struct app_diff *diff = rc_new0(struct app_diff);

	diff->app = app;
	diff->done = done;
	diff->userdata = userdata;
	rc_buf_init(&diff->text, TEXT_MAX);
	ev_timer_init(&diff->turn, on_turn, 0, 0);
	DL_APPEND(app->diffs, diff);
	diff->n_waiting = 1; /* ours, until all rows were asked about */
	if (app->sync)
		rc_fail(&diff->err, -EBUSY,
			"a sync of '%s' is under way; ask again when it is done",
			app->application->name);
	else if (!app->is_compared)
		rc_fail(&diff->err, -EAGAIN, "'%s' was not compared yet", app->application->name);
	for (size_t i = 0; !diff->err && i < app->resources.n; i++)
		add_row(diff, &app->resources.rows[i]);
	if (--diff->n_waiting == 0) {
		ev_timer_set(&diff->turn, 0, 0);
		ev_timer_start(rc_engine_get_options(app->engine)->loop, &diff->turn);
	}
}

void rc_app_diff_cancel(struct rc_app *app)
{
	struct app_diff *diff, *next;

	DL_FOREACH_SAFE (app->diffs, diff, next) {
		rc_fail(&diff->err, -ECANCELED, "'%s' is gone", app->application->name);
		end(diff);
	}
}

void rc_app_forget(struct rc_app *app, const void *userdata)
{
	struct app_diff *diff, *next;

	DL_FOREACH_SAFE (app->diffs, diff, next)
		if (diff->userdata == userdata)
			free_diff(diff);
}
