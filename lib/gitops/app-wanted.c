/* What somebody asks of an application's syncs: that one begins, or that the one under way ends. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "gitops/app-private.h"

static int check_revision(const struct rc_app *app, const char *revision, struct rc_error **err)
{
	if (!revision || rc_text_equal(revision, app->revision))
		return 0;
	if (rc_app_hold_get_rollback(app)) {
		rc_fail(err, -EINVAL, "'%s' is rolled back and stays where it is",
			app->application->name);
		rc_hint(err, "reconcilectl app resume %s ends that", app->application->name);
		return -EINVAL;
	}
	if (app->application->automated.on) {
		rc_fail(err, -EINVAL,
			"'%s' is synced automatically: another revision would be undone at once",
			app->application->name);
		rc_hint(err, "reconcilectl app rollback goes back to a revision of its history and "
			     "stays there");
		return -EINVAL;
	}
	if (strlen(revision) != 40 || strspn(revision, "0123456789abcdef") != 40)
		return rc_fail(err, -EINVAL, "'%s' is no whole commit id", revision);
	return 0;
}

void rc_app_want(struct rc_app *app, const char *by)
{
	char *name = rc_strdup(by);

	free(app->wanted.initiated_by);
	app->wanted.initiated_by = name;
	app->wanted.since_unix_s = rc_clock_unix_s();
	app->is_wanted = true;
	rc_app_refresh(app, false);
}

static int check_window(const struct rc_app *app, struct rc_error **err)
{
	struct rc_window_verdict window = rc_app_permit_window(app, true);
	char text[RC_CLOCK_RFC3339_MAX];

	if (window.is_allowed)
		return 0;
	rc_fail(err, -EACCES, "Cannot sync: Blocked by sync window");
	if (window.changes_unix_s)
		rc_hint(err, "it may be synced from %s on",
			rc_clock_format_rfc3339(window.changes_unix_s, text));
	return -EACCES;
}

static int check_sync(const struct rc_app *app, const char *revision, struct rc_error **err)
{
	int r = rc_app_hold_check(app, err);

	if (r < 0)
		return r;
	if (app->sync)
		return rc_fail(err, -EBUSY, "a sync of '%s' is under way", app->application->name);
	r = check_window(app, err);
	if (r < 0)
		return r;
	return check_revision(app, revision, err);
}

int rc_app_sync(struct rc_app *app, const struct rc_app_sync_options *options,
		struct rc_error **err)
{
	struct rc_request request = options->request;
	int r = check_sync(app, options->revision, err);

	if (r < 0) {
		rc_request_done(&request);
		return r;
	}
	free(app->pinned);
	app->pinned = rc_strdup(options->revision);
	rc_request_done(&app->wanted.request);
	app->wanted.request = request;
	rc_app_want(app, options->initiated_by);
	return 0;
}

int rc_app_terminate(struct rc_app *app, const char *by, struct rc_error **err)
{
	rc_autofree char *why = rc_asprintf("terminated by %s", by);

	if (!app->sync)
		return rc_fail(err, -EBUSY, "no sync of '%s' is under way", app->application->name);
	rc_sync_terminate(app->sync, why);
	return 0;
}
