/*
 * dataFrom.find in Vault: all secrets below a folder whose name, or whose metadata, fits.
 *
 * Folders are listed as deep as they go, a few requests at a time; names count from the mount on,
 * the folder that was asked for included. What was deleted is passed over; what may not be read
 * fails the whole.
 */
#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/regex.h"
#include "secrets/vault-mount.h"
#include "secrets/vault-store.h"
#include "vault/kv.h"

#define IN_FLIGHT_MAX 8
#define FOUND_MAX     10000

enum what { WHAT_LIST, WHAT_METADATA, WHAT_READ, WHAT_MOUNT };

/* One thing to ask; the queue is what is left to do. */
struct task {
	struct task *prev, *next;
	struct rc_secrets_vault_call *call;
	enum what what;
	char *name; /* of the secret, or the folder with its slash */
	struct rc_secrets_vault_ask *ask;
};

struct rc_secrets_vault_find {
	struct task *tasks;
	unsigned int n_asked;
	size_t n_found;
	struct rc_regex *regex; /* NULL: any name */
	json_t *tags;		/* NULL: any metadata */
	json_t *found;
	int r;
	struct rc_error *err;
};

static void free_task(struct task *task)
{
	DL_DELETE(task->call->find->tasks, task);
	rc_secrets_vault_identity_cancel(task->ask);
	free(task->name);
	free(task);
}

void rc_secrets_vault_find_free(struct rc_secrets_vault_find *find)
{
	if (!find)
		return;
	while (find->tasks)
		free_task(find->tasks);
	rc_regex_free(find->regex);
	json_decref(find->tags);
	json_decref(find->found);
	rc_error_free(find->err);
	free(find);
}

static void add_task(struct rc_secrets_vault_call *call, enum what what, const char *folder,
		     const char *name)
{
	struct task *task = rc_new0(struct task);

	task->call = call;
	task->what = what;
	task->name = rc_asprintf("%s%s", folder, name);
	DL_APPEND(call->find->tasks, task);
}

static void go_on(struct rc_secrets_vault_call *call);

static void fail_find(struct rc_secrets_vault_find *find, int r, struct rc_error *err)
{
	if (find->r == 0) {
		find->r = r;
		find->err = err;
	} else {
		rc_error_free(err);
	}
}

/* ---- answers ---- */

static bool has_name(const struct rc_secrets_vault_find *find, const char *name)
{
	const struct rc_regex_span *spans;

	return !find->regex || rc_regex_find(find->regex, rc_str(name), 0, &spans, NULL) > 0;
}

static void take_list(struct task *task, const struct rc_vault_answer *answer)
{
	struct rc_secrets_vault_find *find = task->call->find;
	json_t *item;
	size_t i;

	json_array_foreach (json_object_get(answer->data, "keys"), i, item) {
		const char *key = json_string_value(item) ?: "";
		rc_autofree char *name = rc_asprintf("%s%s", task->name, key);

		if (rc_text_has_suffix(key, "/"))
			add_task(task->call, WHAT_LIST, task->name, key);
		else if (has_name(find, name))
			add_task(task->call, find->tags ? WHAT_METADATA : WHAT_READ, task->name,
				 key);
	}
}

static bool has_tags(const json_t *tags, const json_t *metadata)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)tags, name, value)
		if (!rc_text_equal(json_string_value(json_object_get(metadata, name)),
				   json_string_value(value)))
			return false;
	return true;
}

static void take_metadata(struct task *task, const struct rc_vault_answer *answer)
{
	if (has_tags(task->call->find->tags, json_object_get(answer->data, "custom_metadata")))
		add_task(task->call, WHAT_READ, "", task->name);
}

static int take_values(struct task *task, int r, const struct rc_vault_answer *answer,
		       struct rc_error **err)
{
	struct rc_secrets_vault_find *find = task->call->find;
	const json_t *values = NULL;

	r = rc_vault_kv_take(r, answer, task->call->client->is_v2, &values, err);
	if (r < 0)
		return r;
	if (++find->n_found > FOUND_MAX)
		return rc_fail(err, -E2BIG, "more than %d secrets are found", FOUND_MAX);
	json_object_set_new(find->found, task->name, json_deep_copy(values));
	return 0;
}

/* The folder that was asked for is not there: is it the engine that it is thought to be? */
static int take_mount(struct task *task, int r, const struct rc_vault_answer *answer,
		      struct rc_error **err)
{
	r = rc_secrets_vault_mount_judge(r, answer, task->call->client->is_v2, err);
	return r < 0 ? r : rc_fail(err, -ENOENT, "folder '%s' is not there", task->name);
}

static void on_answer(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct task *task = userdata;
	struct rc_secrets_vault_call *call = task->call;
	bool is_root = task->what == WHAT_LIST && call->find->n_asked == 1 &&
		       !call->find->n_found && task == call->find->tasks && !task->next;

	task->ask = NULL;
	call->find->n_asked--;
	if (task->what == WHAT_READ) {
		r = take_values(task, r, answer, &err);
	} else if (task->what == WHAT_MOUNT) {
		r = take_mount(task, r, answer, &err);
		is_root = true;
	} else if (r == 0) {
		if (task->what == WHAT_LIST)
			take_list(task, answer);
		else
			take_metadata(task, answer);
	}
	/* Deleted, or gone since it was listed; but the folder itself must be there. */
	if (r == -ENOENT && (!is_root || task->what == WHAT_LIST)) {
		if (is_root)
			add_task(call, WHAT_MOUNT, "", task->name);
		rc_error_free(err);
		r = 0;
	}
	if (r < 0)
		fail_find(call->find, r, err);
	free_task(task);
	go_on(call);
}

/* ---- asking ---- */

static void ask(struct task *task)
{
	struct rc_secrets_vault_client *client = task->call->client;
	rc_autofree char *path = NULL;
	const char *method = "GET";

	if (task->what == WHAT_LIST) {
		path = rc_vault_kv_list_path(client->path, client->is_v2, task->name);
		method = "LIST";
	} else if (task->what == WHAT_MOUNT) {
		rc_autofree char *folder =
			rc_vault_kv_list_path(client->path, client->is_v2, task->name);

		path = rc_secrets_vault_mount_path(folder);
	} else if (task->what == WHAT_METADATA) {
		rc_vault_kv_metadata_path(client->path, client->is_v2, task->name, &path, NULL);
	} else {
		path = rc_vault_kv_read_path(client->path, client->is_v2, task->name, NULL);
	}
	task->call->find->n_asked++;
	task->ask = rc_secrets_vault_identity_ask(client->identity, method, path, NULL, on_answer,
						  task);
}

static void finish(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_find *find = call->find;
	struct rc_secrets_answer answer = {.document = find->found, .lease_id = ""};
	int r = find->r;
	struct rc_error *err = rc_steal(&find->err);

	rc_secrets_vault_store_end(call, r, &answer, err);
}

static void go_on(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_find *find = call->find;
	struct task *task, *next;

	if (find->r < 0) {
		finish(call);
		return;
	}
	if (!find->tasks) {
		finish(call);
		return;
	}
	DL_FOREACH_SAFE (find->tasks, task, next)
		if (!task->ask && find->n_asked < IN_FLIGHT_MAX)
			ask(task);
}

/* "a/b" and "a/b/" are the same folder. */
static char *folder_of(const char *path)
{
	size_t n = path ? strlen(path) : 0;

	if (n == 0)
		return rc_strdup("");
	return rc_asprintf("%s%s", path, path[n - 1] == '/' ? "" : "/");
}

static int prepare(struct rc_secrets_vault_call *call, const struct rc_secrets_find *wanted,
		   struct rc_error **err)
{
	const struct rc_secrets_vault_client *client = call->client;
	struct rc_secrets_vault_find *find = call->find;

	if (!client->path)
		return rc_fail(err, -EINVAL, "finding wants the store's path");
	if (wanted->name)
		return rc_regex_compile(rc_str(wanted->name), &find->regex, err);
	if (wanted->tags && !client->is_v2)
		return rc_fail(err, -EINVAL,
			       "secrets of an engine of version v1 have no tags to find them by");
	if (wanted->tags)
		find->tags = json_deep_copy(wanted->tags);
	return 0;
}

struct rc_secrets_call *rc_secrets_vault_find_start(struct rc_secrets_client *head,
						    const struct rc_secrets_find *wanted,
						    rc_secrets_call_fn *done, void *userdata)
{
	struct rc_secrets_vault_call *call = rc_secrets_vault_store_make_call(head, done, userdata);
	rc_autofree char *folder = folder_of(wanted->path);

	call->find = rc_new0(struct rc_secrets_vault_find);
	call->find->found = json_object();
	call->r = prepare(call, wanted, &call->err);
	if (call->r < 0) {
		rc_secrets_vault_store_end_later(call);
	} else {
		add_task(call, WHAT_LIST, folder, "");
		go_on(call);
	}
	return &call->head;
}
