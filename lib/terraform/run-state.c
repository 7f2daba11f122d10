/*
 * The steps of runs that look at a state, or bring a back-up of it back.
 *
 * A restore is approved like a plan. Its digest covers the back-up and the state it would replace,
 * so that a yes is only good for as long as nobody has changed that state.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/digest.h"
#include "data/json.h"
#include "terraform/backup.h"
#include "terraform/run-private.h"

#define PULL_MS	    (5 * 60 * UINT64_C(1000))
#define STATE_BYTES ((size_t)128 << 20)
#define LIST_BYTES  ((size_t)4 << 20)

static struct rc_terraform_run *of(struct rc_flow *flow)
{
	return rc_container_of(flow, struct rc_terraform_run, flow);
}

static json_t *get_restore(const struct rc_terraform_run *run)
{
	return json_object_get(run->record, "restore");
}

static json_int_t get_serial(const json_t *head)
{
	return json_integer_value(json_object_get(head, "serial"));
}

/* ---- list ---- */

static void on_list(void *userdata, int r, const struct rc_terraform_command_result *result,
		    struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	json_t *addresses = json_array();
	struct rc_str rest = r == 0 ? result->value : rc_str("");

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	while (rest.n > 0) {
		const char *end = memchr(rest.p, '\n', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;

		if (n > 0)
			json_array_append_new(addresses,
					      json_stringn(rest.p, n) ?: json_string("?"));
		rest.p += n + (end != NULL);
		rest.n -= n + (end != NULL);
	}
	json_object_set_new(run->record, "addresses", addresses);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_list(struct rc_flow *flow, struct rc_error **err)
{
	static const char *const args[] = {"state", "list", NULL};
	struct rc_terraform_run *run = of(flow);
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = PULL_MS,
						   .output = RC_TERRAFORM_OUTPUT_VALUE,
						   .max_bytes = LIST_BYTES,
						   .done = on_list};

	return rc_terraform_run_command(run, &command, err);
}

/* ---- inspect: what would replace what ---- */

static int check_newer(const struct rc_terraform_run *run, const json_t *wanted,
		       const json_t *current, struct rc_error **err)
{
	const char *lineage = rc_json_text(wanted, "lineage", NULL) ?: "";
	const char *now = rc_json_text(current, "lineage", NULL) ?: "";
	bool is_other = *now && strcmp(lineage, now) != 0;

	if (json_is_true(json_object_get(get_restore(run), "force")))
		return 0;
	if (is_other)
		rc_fail(err, -EINVAL, "the back-up is of another state (lineage %s, not %s)",
			lineage, now);
	else if (get_serial(wanted) < get_serial(current))
		rc_fail(err, -EINVAL, "the back-up's serial %lld is lower than the state's, %lld",
			(long long)get_serial(wanted), (long long)get_serial(current));
	else
		return 0;
	rc_hint(err, "what was applied since would be forgotten, not undone; if that is meant, say "
		     "--force");
	return -EINVAL;
}

/* What people are shown, and say yes to. */
static int describe(struct rc_terraform_run *run, struct rc_str state, struct rc_error **err)
{
	const json_t *restore = get_restore(run);
	rc_autofree char *path = rc_terraform_run_path(run, "plan.txt");
	rc_autofree char *text = rc_asprintf(
		"The state of stack %s would be replaced by the back-up\n  %s\n\n"
		"  serial   %lld -> %lld\n  lineage  %s -> %s\n\nNo resource is changed by "
		"that; the next plan shows where they differ.\n",
		run->options.stack->name, rc_json_text(restore, "backup", NULL),
		(long long)json_integer_value(json_object_get(restore, "currentSerial")),
		(long long)get_serial(restore), rc_json_text(restore, "currentLineage", NULL) ?: "",
		rc_json_text(restore, "lineage", NULL));
	char hash[RC_DIGEST_MAX], digest[RC_DIGEST_MAX];
	rc_autofree char *bound = rc_asprintf("restore %s %s %s %s", run->options.stack->name,
					      run->options.stack->workspace ?: "default",
					      rc_digest_sha256(state, hash), text);

	rc_digest_sha256(rc_str(bound), digest);
	rc_terraform_run_set_text(run, "digest", digest);
	json_object_set_new(run->record, "plan",
			    json_pack("{s:s, s:{s:i}, s:[{s:s, s:s, s:s}], s:[], s:[]}", "digest",
				      digest, "counts", "other", 1, "changes", "address",
				      "terraform.state", "type", "state", "action", "other",
				      "outputs", "drift"));
	rc_terraform_log_say(run->log, "inspect", "%s", text);
	return rc_file_write_atomic(path, text, strlen(text), 0600, err);
}

/* From the first place that has it: here, the second folder, or what was fetched; their names
 * differ. One that nobody has is said to be missing here. */
static int read_backup(const struct rc_terraform_run *run, const char *name,
		       struct rc_secret **ret_state, struct rc_error **err)
{
	rc_autofree char *fetched = rc_terraform_run_path(run, "../" RC_TERRAFORM_BACKUP_FETCHED);
	const char *const folders[] = {run->options.copies, fetched};
	const char *folder = run->options.backups;

	for (size_t i = 0; i < RC_ARRAY_SIZE(folders); i++) {
		rc_autofree char *here = rc_path_join(folder, name);
		rc_autofree char *there = folders[i] ? rc_path_join(folders[i], name) : NULL;

		if (access(here, F_OK) < 0 && there && access(there, F_OK) == 0)
			folder = folders[i];
	}
	return rc_terraform_backup_read(folder, name, run->options.backup_key, ret_state, err);
}

static int inspect(struct rc_terraform_run *run, struct rc_str now, struct rc_error **err)
{
	json_t *restore = get_restore(run);
	const char *name = rc_json_text(restore, "backup", NULL) ?: "";
	json_auto_t *current = now.n ? rc_terraform_backup_read_head(now) : json_object();
	json_auto_t *wanted = NULL;
	rc_cleanup(rc_secret_freep) struct rc_secret *state = NULL;
	rc_autofree char *path = rc_terraform_run_path(run, "state");
	struct rc_str bytes;
	int r = read_backup(run, name, &state, err);

	if (r < 0)
		return rc_wrap(err, r, "the back-up");
	bytes = rc_secret_reveal(state);
	wanted = rc_terraform_backup_read_head(bytes);
	if (!current || !wanted)
		return rc_fail(err, -EPROTO, "%s is no state", wanted ? "what was pulled" : name);
	r = check_newer(run, wanted, current, err);
	if (r < 0)
		return r;
	json_object_update(restore, wanted);
	json_object_set_new(restore, "currentSerial", json_integer(get_serial(current)));
	json_object_set_new(restore, "currentLineage",
			    json_string(rc_json_text(current, "lineage", NULL) ?: ""));
	r = rc_file_write_atomic(path, bytes.p, bytes.n, 0600, err);
	return r < 0 ? r : describe(run, bytes, err);
}

static void on_pulled(void *userdata, int r, const struct rc_terraform_command_result *result,
		      struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;

	r = rc_terraform_run_judge(run, r, result, 0, &err);
	if (r == 0)
		r = inspect(run, result->value, &err);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_inspect(struct rc_flow *flow, struct rc_error **err)
{
	static const char *const args[] = {"state", "pull", NULL};
	struct rc_terraform_run *run = of(flow);
	struct rc_terraform_run_command command = {.args = args,
						   .timeout_ms = PULL_MS,
						   .output = RC_TERRAFORM_OUTPUT_VALUE,
						   .max_bytes = STATE_BYTES,
						   .done = on_pulled};

	rc_terraform_run_enter(run, "planning");
	if (!run->options.backup_key) {
		rc_fail(err, -EINVAL, "a back-up cannot be read without its key");
		rc_hint(err, "set terraform.backups.key");
		return -EINVAL;
	}
	return rc_terraform_run_command(run, &command, err);
}

int rc_terraform_run_check_current(const struct rc_terraform_run *run, struct rc_str state,
				   struct rc_error **err)
{
	const json_t *restore = get_restore(run);
	json_auto_t *current = state.n ? rc_terraform_backup_read_head(state) : json_object();
	json_int_t serial = json_integer_value(json_object_get(restore, "currentSerial"));

	if (!restore || (current && get_serial(current) == serial))
		return 0;
	return rc_fail(
		err, -ESTALE,
		"the state changed after the restore was shown: its serial is %lld, not %lld",
		(long long)get_serial(current), (long long)serial);
}

/* ---- push ---- */

static void on_pushed(void *userdata, int r, const struct rc_terraform_command_result *result,
		      struct rc_error *err)
{
	struct rc_terraform_run *run = userdata;
	rc_autofree char *path = rc_terraform_run_path(run, "state");

	unlink(path);
	r = rc_terraform_run_judge(run, r, result, 0, &err);
	rc_flow_resume(&run->flow, r, err);
}

int rc_terraform_run_push(struct rc_flow *flow, struct rc_error **err)
{
	struct rc_terraform_run *run = of(flow);
	rc_autofree char *path = rc_terraform_run_path(run, "state");
	rc_autofree char *lock =
		rc_asprintf("-lock-timeout=%llus",
			    (unsigned long long)(run->options.stack->lock_timeout_ms / 1000));
	bool is_forced = json_is_true(json_object_get(get_restore(run), "force"));
	const char *args[] = {
		"state", "push", lock, is_forced ? "-force" : path, is_forced ? path : NULL, NULL};
	struct rc_terraform_run_command command = {
		.args = args, .timeout_ms = PULL_MS, .may_write = true, .done = on_pushed};

	/* Between the last look and now the freeze may have come. */
	if (!rc_terraform_run_is_approved(run))
		return rc_fail(err, -EACCES, "%s", rc_json_text(run->record, "waitsFor", NULL));
	rc_terraform_run_enter(run, "applying");
	rc_log_notice(&run->scope, "restoring the state of %s",
		      rc_json_text(get_restore(run), "backup", NULL) ?: "");
	return rc_terraform_run_command(run, &command, err);
}
