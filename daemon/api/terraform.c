/* /v1/terraform: stacks, their runs and plans, and what people decide about them. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "backups.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/json.h"
#include "terraform.h"

#define TEXT_MAX  ((size_t)8 << 20)
#define CHUNK_MAX 262144

static void fail(struct api_call *call, struct rc_error *err)
{
	api_reply_error(call->exchange, err);
}

static struct rc_terraform_manager *get_manager(struct api_call *call)
{
	return daemon_terraform_get_manager(call->daemon->terraform);
}

/* The run that ?run=ID names; 0: the newest. */
static json_int_t get_run_id(struct api_call *call)
{
	const char *text = rc_net_http_exchange_get_query(call->exchange, "run");

	return text ? strtoll(text, NULL, 10) : 0;
}

/* ---- looking ---- */

static void serve_list(struct api_call *call)
{
	struct rc_terraform_manager *manager = get_manager(call);
	const char *freeze = rc_terraform_manager_get_freeze(manager);
	json_t *items = json_array(), *json = json_pack("{s:o}", "items", items);

	for (struct rc_terraform_stack *const *it = rc_terraform_manager_list(manager); *it; it++)
		json_array_append_new(items,
				      daemon_terraform_describe(call->daemon->terraform, *it));
	if (freeze)
		json_object_set_new(json, "frozen", json_string(freeze));
	api_reply(call, json);
}

static void serve_runs(struct api_call *call, struct rc_terraform_stack *stack)
{
	struct rc_error *err = NULL;
	json_t *runs;

	if (rc_terraform_stack_list_runs(stack, &runs, &err) < 0)
		fail(call, err);
	else
		api_reply(call, json_pack("{s:o}", "items", runs));
}

static void serve_run(struct api_call *call, struct rc_terraform_stack *stack)
{
	struct rc_error *err = NULL;
	json_t *record;

	if (rc_terraform_stack_get_record(stack, get_run_id(call), &record, &err) < 0)
		fail(call, err);
	else
		api_reply(call, record);
}

/* The plan as Terraform prints it for people, with what is sensitive masked by it. */
static void serve_text(struct api_call *call, struct rc_terraform_stack *stack)
{
	rc_autobuf struct rc_buf text = RC_BUF_INIT(TEXT_MAX);
	json_auto_t *record = NULL;
	rc_autofree char *path = NULL;
	struct rc_error *err = NULL;
	int r = rc_terraform_stack_get_record(stack, get_run_id(call), &record, &err);

	if (r == 0) {
		path = rc_terraform_stack_get_path(
			stack, json_integer_value(json_object_get(record, "id")), "plan.txt");
		r = rc_file_read(path, &text, NULL);
		if (r < 0)
			rc_fail(&err, -ENOENT, "run %lld has no plan",
				(long long)json_integer_value(json_object_get(record, "id")));
	}
	if (r < 0)
		fail(call, err);
	else
		rc_net_http_exchange_reply(call->exchange, 200, "text/plain; charset=utf-8",
					   rc_buf_str(&text));
}

/* {"run", "text", "offset" to go on from, "isOver"}: asked again and again by those who follow. */
static void serve_log(struct api_call *call, struct rc_terraform_stack *stack)
{
	const char *from = rc_net_http_exchange_get_query(call->exchange, "offset");
	off_t offset = from ? (off_t)strtoll(from, NULL, 10) : 0;
	rc_autofree char *path = NULL, *text = rc_malloc(CHUNK_MAX);
	json_auto_t *record = NULL;
	struct rc_error *err = NULL;
	rc_autoclose int fd = -1;
	ssize_t n = 0;
	json_int_t id;

	if (rc_terraform_stack_get_record(stack, get_run_id(call), &record, &err) < 0) {
		fail(call, err);
		return;
	}
	id = json_integer_value(json_object_get(record, "id"));
	path = rc_terraform_stack_get_path(stack, id, "log");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = pread(fd, text, CHUNK_MAX, offset);
	/* A character that was cut in two waits for the next chunk. */
	while (n == CHUNK_MAX && n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
		n--;
	if (n < 0)
		n = 0;
	api_reply(call, json_pack("{s:I, s:o, s:I, s:b}", "run", id, "text",
				  json_stringn(text, (size_t)n) ?: json_string(""), "offset",
				  (json_int_t)(offset + n), "isOver",
				  rc_terraform_run_is_over(record) && n < CHUNK_MAX));
}

static void on_backups(void *userdata, int r, json_t *items, struct rc_error *err)
{
	struct rc_net_http_exchange *exchange = userdata;
	rc_autofree char *problem = err ? rc_error_format(err) : NULL;
	json_auto_t *body = json_pack("{s:o, s:s*}", "items", items, "problem", problem);

	(void)r;
	rc_error_free(err);
	rc_net_http_exchange_reply_json(exchange, 200, body);
}

static void serve_backups(struct api_call *call, struct rc_terraform_stack *stack)
{
	daemon_backups_list(daemon_terraform_get_backups(call->daemon->terraform),
			    rc_terraform_stack_get_options(stack)->name, on_backups,
			    call->exchange);
}

/* ---- deciding ---- */

static int approve(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		   const char *by, struct rc_error **err)
{
	struct rc_terraform_run *run = rc_terraform_stack_get_run(stack);
	struct rc_terraform_yes yes = {
		.by = by,
		.method = "socket",
		.digest = rc_json_text(body, "digest", NULL),
		.comment = rc_json_text(body, "comment", NULL),
		.named = json_object_get(body, "destroy"),
		.at_unix_s = rc_clock_unix_s(),
	};

	(void)call;
	if (!run)
		return rc_fail(err, -EBUSY, "no plan waits for approval");
	return rc_terraform_run_approve(run, &yes, err);
}

static int discard(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		   const char *by, struct rc_error **err)
{
	struct rc_terraform_run *run = rc_terraform_stack_get_run(stack);
	const char *why = rc_json_text(body, "comment", NULL);
	rc_autofree char *reason =
		rc_asprintf("discarded by %s%s%s", by, why ? ": " : "", why ? why : "");

	(void)call;
	if (!run)
		return rc_fail(err, -EBUSY, "no run is under way");
	return rc_terraform_run_discard(run, "discarded", reason, err);
}

static int stop(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		const char *by, struct rc_error **err)
{
	struct rc_terraform_run *run = rc_terraform_stack_get_run(stack);

	(void)call;
	(void)body;
	(void)by;
	if (!run || !rc_terraform_run_stop(run))
		return rc_fail(err, -EBUSY, "no program runs");
	return 0;
}

static int plan(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		const char *by, struct rc_error **err)
{
	(void)call;
	return rc_terraform_stack_start(stack, "plan", rc_json_text(body, "revision", NULL), by,
					err);
}

static int look_for_drift(struct api_call *call, struct rc_terraform_stack *stack,
			  const json_t *body, const char *by, struct rc_error **err)
{
	(void)call;
	(void)body;
	return rc_terraform_stack_start(stack, "drift", NULL, by, err);
}

static int list_state(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		      const char *by, struct rc_error **err)
{
	(void)call;
	(void)body;
	return rc_terraform_stack_start(stack, "state", NULL, by, err);
}

static int unlock(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		  const char *by, struct rc_error **err)
{
	const char *id = rc_json_text(body, "id", NULL);

	(void)call;
	if (!id || !*id || *id == '-')
		return rc_fail(err, -EINVAL, "the lock's id is wanted");
	return rc_terraform_stack_unlock(stack, id, by, err);
}

static const struct {
	const char *what;
	int (*change)(struct api_call *call, struct rc_terraform_stack *stack, const json_t *body,
		      const char *by, struct rc_error **err);
} changes[] = {
	{"approve", approve},  {"discard", discard}, {"drift", look_for_drift}, {"plan", plan},
	{"state", list_state}, {"stop", stop},	     {"unlock", unlock},
};

/* ---- restoring: what lies in the bucket alone is brought here first ---- */

struct restore {
	struct rc_daemon *daemon;
	struct rc_net_http_exchange *exchange;
	char *stack, *backup, *by;
	bool is_forced;
};

static void on_fetched(void *userdata, int r, json_t *items, struct rc_error *err)
{
	struct restore *restore = userdata;
	struct rc_terraform_stack *stack = rc_terraform_manager_find(
		daemon_terraform_get_manager(restore->daemon->terraform), restore->stack);
	json_auto_t *body = NULL;

	(void)items;
	if (r == 0 && !stack)
		r = rc_fail(&err, -ENOENT, "there is no stack '%s'", restore->stack);
	if (r == 0)
		r = rc_terraform_stack_restore(stack, restore->backup, restore->is_forced,
					       restore->by, &err);
	if (r < 0) {
		api_reply_error(restore->exchange, err);
	} else {
		body = daemon_terraform_describe(restore->daemon->terraform, stack);
		rc_net_http_exchange_reply_json(restore->exchange, 200, body);
	}
	free(restore->stack);
	free(restore->backup);
	free(restore->by);
	free(restore);
}

static void start_restore(struct api_call *call, struct rc_terraform_stack *stack,
			  const json_t *body, const char *by)
{
	const char *backup = rc_json_text(body, "backup", NULL);
	struct rc_error *err = NULL;
	struct restore *restore;

	if (!backup) {
		rc_fail(&err, -EINVAL, "the back-up's name is wanted");
		fail(call, err);
		return;
	}
	restore = rc_new0(struct restore);
	restore->daemon = call->daemon;
	restore->exchange = call->exchange;
	restore->stack = rc_strdup(rc_terraform_stack_get_options(stack)->name);
	restore->backup = rc_strdup(backup);
	restore->by = rc_strdup(by);
	restore->is_forced = json_is_true(json_object_get(body, "force"));
	daemon_backups_fetch(daemon_terraform_get_backups(call->daemon->terraform), restore->stack,
			     backup, on_fetched, restore);
}

static const struct {
	const char *what;
	void (*serve)(struct api_call *call, struct rc_terraform_stack *stack);
} views[] = {
	{"runs", serve_runs}, {"run", serve_run},	  {"plan", serve_text},
	{"log", serve_log},   {"backups", serve_backups},
};

static void change_stack(struct api_call *call, struct rc_terraform_stack *stack, const char *what)
{
	rc_autofree char *by = api_name_caller(call);
	json_auto_t *body = NULL;
	struct rc_error *err = NULL;
	int r = -ENOENT;

	if (!api_may_change(call, &err) || api_read_body(call, &body, &err) < 0) {
		fail(call, err);
		return;
	}
	if (strcmp(what, "restore") == 0) {
		start_restore(call, stack, body, by);
		return;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(changes); i++)
		if (strcmp(changes[i].what, what) == 0)
			r = changes[i].change(call, stack, body, by, &err);
	if (r < 0) {
		if (!err)
			rc_fail(&err, -ENOENT, "there is no action '%s'", what);
		fail(call, err);
		return;
	}
	api_reply(call, daemon_terraform_describe(call->daemon->terraform, stack));
}

static void serve_stack(struct api_call *call)
{
	struct rc_terraform_stack *stack =
		rc_terraform_manager_find(get_manager(call), call->parts[1]);
	const char *what = call->n > 2 ? call->parts[2] : "";
	struct rc_error *err = NULL;

	if (!stack) {
		rc_fail(&err, -ENOENT, "there is no stack '%s'", call->parts[1]);
		fail(call, err);
		return;
	}
	if (api_is_post(call)) {
		change_stack(call, stack, what);
		return;
	}
	if (!*what) {
		api_reply(call, daemon_terraform_describe(call->daemon->terraform, stack));
		return;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(views); i++)
		if (strcmp(views[i].what, what) == 0) {
			views[i].serve(call, stack);
			return;
		}
	rc_fail(&err, -ENOENT, "there is nothing at '%s'", what);
	fail(call, err);
}

/* ---- the freeze: POST {"reason"} sets it, POST {} lifts it ---- */

void api_freeze_serve(struct api_call *call)
{
	struct rc_terraform_manager *manager = get_manager(call);
	rc_autofree char *by = api_name_caller(call), *text = NULL;
	json_auto_t *body = NULL;
	struct rc_error *err = NULL;
	const char *reason, *now;

	if (api_is_post(call)) {
		if (!api_may_change(call, &err) || api_read_body(call, &body, &err) < 0) {
			fail(call, err);
			return;
		}
		reason = rc_json_text(body, "reason", NULL);
		text = reason ? rc_asprintf("%s (%s)", reason, by) : NULL;
		rc_terraform_manager_freeze(manager, text);
	}
	now = rc_terraform_manager_get_freeze(manager);
	api_reply(call, now ? json_pack("{s:s}", "frozen", now) : json_object());
}

void api_terraform_serve(struct api_call *call)
{
	if (call->n == 1)
		serve_list(call);
	else
		serve_stack(call);
}
