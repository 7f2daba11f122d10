/* Patches that roll, and Jobs of CronJobs. */
#include "secrets/roll.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/duration.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/object.h"
#include "secrets/workload.h"

#define MANAGER	     "reconciled-secrets"
#define STRATEGY     "reloader.stakater.com/rollout-strategy"
#define PAUSE_PERIOD "deployment.reloader.stakater.com/pause-period"
#define PAUSED_AT    "deployment.reloader.stakater.com/paused-at"
#define NOTE_MAX     40 /* of the name in it */
#define JOB_NAME_MAX 52 /* of a CronJob; Kubernetes keeps 11 for its own endings */

const struct rc_secrets_roll_kind rc_secrets_roll_kinds[] = {{"apps", "Deployment"},
							     {"apps", "StatefulSet"},
							     {"apps", "DaemonSet"},
							     {"batch", "CronJob"},
							     {"argoproj.io", "Rollout"}};
const size_t rc_secrets_roll_n_kinds = RC_ARRAY_SIZE(rc_secrets_roll_kinds);

struct rc_secrets_roll {
	struct rc_kube_request *request;
	char *name, *name_space, *why; /* why: the objects that changed */
	const char *kind;
	const struct rc_log *log;
	rc_secrets_roll_done_fn *done;
	void *userdata;
};

/* ---- what is sent ---- */

char *rc_secrets_roll_note(const char *kind, const char *name)
{
	const char *word = strcmp(kind, "Secret") == 0 ? "secret" : "configmap";
	char hash[RC_JSON_HASH_MAX];
	json_auto_t *text = NULL;

	if (strlen(name) <= NOTE_MAX)
		return rc_asprintf("reconciled.io/%s.%s", word, name);
	text = json_string(name);
	return rc_asprintf("reconciled.io/%s.%.29s-%.10s", word, name, rc_json_hash(text, hash));
}

static bool restarts(const char *kind, const json_t *workload)
{
	return strcmp(kind, "Rollout") == 0 &&
	       rc_text_equal(rc_kube_object_get_annotation(workload, STRATEGY), "restart");
}

/* Where the notes are that say what it was rolled for. */
static const json_t *get_notes(const char *kind, const json_t *workload)
{
	if (restarts(kind, workload))
		return rc_json_get(workload, "metadata", "annotations", NULL);
	return rc_json_get(rc_secrets_workload_get_template(workload), "metadata", "annotations",
			   NULL);
}

static json_t *find_new(const json_t *before, const json_t *notes)
{
	json_t *found = json_object(), *hash;
	const char *note;

	json_object_foreach ((json_t *)(uintptr_t)notes, note, hash)
		if (!json_equal(json_object_get(before, note), hash))
			json_object_set(found, note, hash);
	return found;
}

static int64_t get_pause_s(const json_t *deployment)
{
	const char *text = rc_kube_object_get_annotation(deployment, PAUSE_PERIOD);
	int64_t ns;

	if (!text || rc_duration_parse(rc_str(text), &ns, NULL) < 0 || ns <= 0)
		return 0;
	return ns / 1000000000;
}

static void add_pause(const json_t *deployment, json_t *patch)
{
	char now[RC_CLOCK_RFC3339_MAX];

	if (get_pause_s(deployment) == 0 ||
	    json_is_true(rc_json_get(deployment, "spec", "paused", NULL)))
		return;
	json_object_set_new(json_object_get(patch, "spec"), "paused", json_true());
	json_object_set_new(patch, "metadata",
			    json_pack("{s:{s:s}}", "annotations", PAUSED_AT,
				      rc_clock_format_rfc3339(rc_clock_unix_s(), now)));
}

static json_t *make_patch(const char *kind, const json_t *workload, const json_t *notes)
{
	char now[RC_CLOCK_RFC3339_MAX];
	json_t *patch;

	if (restarts(kind, workload))
		return json_pack("{s:{s:O}, s:{s:s}}", "metadata", "annotations", notes, "spec",
				 "restartAt", rc_clock_format_rfc3339(rc_clock_unix_s(), now));
	patch = json_pack("{s:{s:{s:{s:O}}}}", "spec", "template", "metadata", "annotations",
			  notes);
	if (strcmp(kind, "Deployment") == 0)
		add_pause(workload, patch);
	return patch;
}

/* The same contents make the same name: a Job for them is made once. */
static json_t *make_job(const json_t *cron, const json_t *notes)
{
	const json_t *template = rc_json_get(cron, "spec", "jobTemplate", NULL);
	json_t *notes_of_template = rc_json_get(template, "metadata", "annotations", NULL);
	json_t *job = json_pack(
		"{s:s, s:s, s:{s:s, s:o*, s:{s:s}, s:[{s:s, s:s, s:s, s:s, s:b}]}, s:O?}",
		"apiVersion", "batch/v1", "kind", "Job", "metadata", "namespace",
		rc_kube_object_get_meta(cron, "namespace"), "labels",
		json_deep_copy(rc_json_get(template, "metadata", "labels", NULL)), "annotations",
		"cronjob.kubernetes.io/instantiate", "manual", "ownerReferences", "apiVersion",
		"batch/v1", "kind", "CronJob", "name", rc_kube_object_get_meta(cron, "name"), "uid",
		rc_kube_object_get_meta(cron, "uid"), "controller", 1, "spec",
		json_object_get(template, "spec"));
	json_t *metadata = json_object_get(job, "metadata");
	char hash[RC_JSON_HASH_MAX];

	if (notes_of_template)
		json_object_update_missing(json_object_get(metadata, "annotations"),
					   notes_of_template);
	json_object_set_new(metadata, "name",
			    json_sprintf("%.*s-%.10s", JOB_NAME_MAX,
					 rc_kube_object_get_meta(cron, "name"),
					 rc_json_hash(notes, hash)));
	return job;
}

/* ---- the call ---- */

static void release(struct rc_secrets_roll *roll)
{
	rc_kube_request_cancel(roll->request);
	free(roll->name);
	free(roll->name_space);
	free(roll->why);
	free(roll);
}

static void on_answer(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct rc_secrets_roll *roll = userdata;
	bool is_rolled = r == 0;

	(void)answer;
	roll->request = NULL;
	if (r == -ENOENT || r == -EEXIST) { /* it went meanwhile; its Job was made */
		rc_error_free(err);
		err = NULL;
		r = 0;
	}
	if (is_rolled && roll->why)
		rc_log_notice(roll->log, "rolling %s %s/%s: %s changed", roll->kind,
			      roll->name_space, roll->name, roll->why);
	roll->done(roll->userdata, r, is_rolled, err);
	release(roll);
}

/* "secret app, configmap settings" */
static char *format_why(const json_t *notes)
{
	rc_autobuf struct rc_buf out = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const char *note;
	json_t *hash;

	json_object_foreach ((json_t *)(uintptr_t)notes, note, hash) {
		const char *word = strchr(note, '/') + 1;

		rc_buf_printf(&out, "%s%.*s %s", out.n ? ", " : "", (int)strcspn(word, "."), word,
			      strchr(word, '.') + 1);
	}
	return rc_strdup(rc_buf_text(&out));
}

static struct rc_secrets_roll *make_roll(const struct rc_secrets_roll_options *options,
					 const char *kind, const json_t *workload,
					 rc_secrets_roll_done_fn *done, void *userdata)
{
	struct rc_secrets_roll *roll = rc_new0(struct rc_secrets_roll);

	roll->kind = kind;
	roll->name = rc_strdup(rc_kube_object_get_meta(workload, "name"));
	roll->name_space = rc_strdup(rc_kube_object_get_meta(workload, "namespace"));
	roll->log = options->log;
	roll->done = done;
	roll->userdata = userdata;
	return roll;
}

static struct rc_kube_request *send_patch(const struct rc_secrets_roll_options *options,
					  const struct rc_kube_resource *resource,
					  struct rc_secrets_roll *roll, const char *group,
					  const json_t *patch)
{
	struct rc_kube_key key = {group, roll->kind, roll->name_space, roll->name};
	struct rc_kube_write_options write = {.manager = MANAGER};

	return rc_kube_apply_patch(options->cluster, resource, &key, patch, NULL, &write, on_answer,
				   roll);
}

static struct rc_kube_request *send_job(const struct rc_secrets_roll_options *options,
					const json_t *workload, const json_t *notes,
					struct rc_secrets_roll *roll)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(options->discovery, "batch", "Job", NULL);
	struct rc_kube_write_options write = {.manager = MANAGER};
	json_auto_t *job = make_job(workload, notes);

	return resource ? rc_kube_apply_create(options->cluster, resource, job, &write, on_answer,
					       roll)
			: NULL;
}

struct rc_secrets_roll *rc_secrets_roll_start(const struct rc_secrets_roll_options *options,
					      const struct rc_secrets_roll_kind *kind,
					      const json_t *workload, const json_t *notes,
					      rc_secrets_roll_done_fn *done, void *userdata)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(options->discovery, kind->group, kind->name, NULL);
	bool is_cron = strcmp(kind->name, "CronJob") == 0;
	json_auto_t *found = find_new(is_cron ? NULL : get_notes(kind->name, workload), notes);
	json_auto_t *patch = NULL;
	struct rc_secrets_roll *roll;

	if (!resource || json_object_size(found) == 0)
		return NULL;
	roll = make_roll(options, kind->name, workload, done, userdata);
	roll->why = format_why(found);
	if (is_cron) {
		roll->request = send_job(options, workload, found, roll);
	} else {
		patch = make_patch(kind->name, workload, found);
		roll->request = send_patch(options, resource, roll, kind->group, patch);
	}
	if (roll->request)
		return roll;
	release(roll);
	return NULL;
}

void rc_secrets_roll_cancel(struct rc_secrets_roll *roll)
{
	if (roll)
		release(roll);
}

/* ---- pauses ---- */

int64_t rc_secrets_roll_get_pause_end(const json_t *deployment)
{
	const char *text = rc_kube_object_get_annotation(deployment, PAUSED_AT);
	int64_t at;

	if (!text || !json_is_true(rc_json_get(deployment, "spec", "paused", NULL)))
		return 0;
	/* What cannot be read is over. */
	return rc_clock_parse_rfc3339(text, &at) < 0 ? 1 : at + get_pause_s(deployment);
}

struct rc_secrets_roll *rc_secrets_roll_resume(const struct rc_secrets_roll_options *options,
					       const json_t *deployment,
					       rc_secrets_roll_done_fn *done, void *userdata)
{
	const struct rc_kube_resource *resource =
		rc_kube_discovery_find(options->discovery, "apps", "Deployment", NULL);
	json_auto_t *patch = json_pack("{s:{s:{s:n}}, s:{s:b}}", "metadata", "annotations",
				       PAUSED_AT, "spec", "paused", 0);
	struct rc_secrets_roll *roll;

	if (!resource)
		return NULL;
	roll = make_roll(options, "Deployment", deployment, done, userdata);
	roll->request = send_patch(options, resource, roll, "apps", patch);
	return roll;
}
