/*
 * Fetching what a chart in Git depends on and has not in its charts/: the render worker says what
 * it lacks, the git worker brings it, and rendering is asked again.
 *
 * What was fetched is kept with the commits it is for. A hard refresh has ranges resolved anew.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "data/json.h"
#include "gitops/app-private.h"

static const struct rc_engine_options *options_of(const struct rc_app *app)
{
	return rc_engine_get_options(app->engine);
}

void rc_app_fetch_clear(struct rc_app *app)
{
	json_decref(app->needs);
	json_decref(app->charts);
	free(app->charts_revision);
	app->needs = app->charts = NULL;
	app->charts_revision = NULL;
}

const json_t *rc_app_fetch_get(const struct rc_app *app)
{
	return rc_text_equal(app->charts_revision, app->revision) ? app->charts : NULL;
}

const json_t *rc_app_fetch_find(const json_t *charts, size_t source)
{
	json_t *one;
	size_t i;

	json_array_foreach (charts, i, one)
		if (json_integer_value(json_object_get(one, "source")) == (json_int_t)source)
			return one;
	return NULL;
}

/* Only the repositories in question, and so only their credentials. */
static int add_repositories(const struct rc_app *app, const json_t *texts, json_t *to,
			    struct rc_error **err)
{
	json_t *text;
	size_t i;

	json_array_foreach (texts, i, text) {
		const char *name = json_string_value(text);
		struct rc_repository *repository =
			name ? rc_engine_find_charts(app->engine, name) : NULL;
		struct rc_error *why = NULL;
		json_t *access;

		if (!repository)
			continue;
		access = rc_repository_make_access(repository, &why);
		if (!access)
			return rc_error_move(err, why);
		json_object_set_new(to, name, access);
	}
	return 0;
}

/* A need of the render worker as one for the git worker. */
static int make_need(const struct rc_app *app, const json_t *need, json_t **ret_need,
		     uint64_t *timeout_ms, struct rc_error **err)
{
	size_t i = (size_t)json_integer_value(json_object_get(need, "source"));
	json_auto_t *repositories = json_object();
	uint64_t its_ms;
	int r;

	if (i >= app->application->n_sources || !app->repositories[i])
		return rc_fail(err, -EPROTO, "the render worker names a source there is not");
	r = add_repositories(app, json_object_get(need, "repositories"), repositories, err);
	if (r < 0)
		return r;
	its_ms = rc_repository_get_timeout_ms(app->repositories[i]);
	*timeout_ms = its_ms > *timeout_ms ? its_ms : *timeout_ms;
	*ret_need = json_pack("{s:i, s:s, s:O, s:s, s:O}", "source", (int)i, "mirror",
			      rc_repository_get_mirror(app->repositories[i]), "commit",
			      json_object_get(need, "commit"), "path",
			      app->application->sources[i].path, "repositories", repositories);
	return 0;
}

static void on_fetched(void *userdata, int r, json_t *reply, struct rc_error *err)
{
	struct rc_app *app = userdata;

	app->job = NULL;
	json_decref(app->needs);
	app->needs = NULL;
	if (r < 0) {
		/* What repositories hold, and whom they let in, changes without a commit. */
		r = r == -EINVAL ? r : -EAGAIN;
		rc_wrap(&err, r, "building dependencies");
		rc_flow_resume(&app->flow, r, err);
		return;
	}
	json_decref(app->charts);
	free(app->charts_revision);
	app->charts = json_incref(json_object_get(reply, "charts"));
	app->charts_revision = rc_strdup(app->revision);
	rc_flow_resume(&app->flow, 0, NULL);
}

int rc_app_fetch_make_request(const struct rc_app *app, const json_t *needs, bool is_fresh,
			      json_t **ret_request, uint64_t *ret_timeout_ms, struct rc_error **err)
{
	json_auto_t *made = json_array();
	uint64_t timeout_ms = 0;
	json_t *need;
	size_t i;

	json_array_foreach (needs, i, need) {
		json_t *one = NULL;
		int r = make_need(app, need, &one, &timeout_ms, err);

		if (r < 0)
			return r;
		json_array_append_new(made, one);
	}
	*ret_timeout_ms = timeout_ms;
	*ret_request = json_pack("{s:s, s:s, s:I, s:b, s:O}", "op", "dependencies", "cache",
				 options_of(app)->charts, "timeoutMs",
				 (json_int_t)timeout_ms * 9 / 10, "fresh", is_fresh, "needs", made);
	return 0;
}

int rc_app_fetch_step(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_app *app = rc_container_of(flow, struct rc_app, flow);
	json_auto_t *request = NULL;
	uint64_t timeout_ms;
	int r;

	if (!app->needs)
		return RC_NEXT;
	r = rc_app_fetch_make_request(app, app->needs, app->is_fresh_wanted, &request, &timeout_ms,
				      err);
	if (r < 0)
		return r;
	app->is_fresh_wanted = false;
	rc_worker_submit(options_of(app)->git_pool, request, timeout_ms, on_fetched, app,
			 &app->job);
	return RC_WAIT;
}
