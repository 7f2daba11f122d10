/*
 * Writing into Vault's key-value engines for PushSecrets.
 *
 * A secret that is there is written to only when its metadata say that a PushSecret made it
 * ("managed-by"): in version 2 of the engine that is custom metadata, in version 1 one of the
 * values. What is there already as it shall be is not written again.
 */
#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/vault-mount.h"
#include "secrets/vault-store.h"
#include "vault/kv.h"

#define MANAGER_KEY "managed-by"
#define MANAGER	    "external-secrets"
#define CUSTOM	    "custom_metadata" /* among the values of version 1 */

struct rc_secrets_vault_push {
	char *path, *metadata_path, *property;
	json_t *value; /* of the property, or (without one) all values; NULL: it is taken away */
	bool only_if_absent;
	bool is_there;
	json_t *there; /* the values that are there */
	json_t *next;  /* those to be written */
	json_int_t version;
};

void rc_secrets_vault_push_free(struct rc_secrets_vault_push *push)
{
	if (!push)
		return;
	json_decref(push->value);
	json_decref(push->there);
	json_decref(push->next);
	free(push->path);
	free(push->metadata_path);
	free(push->property);
	free(push);
}

static void end(struct rc_secrets_vault_call *call, int r, struct rc_error *err)
{
	static const struct rc_secrets_answer nothing = {.lease_id = ""};

	rc_secrets_vault_store_end(call, r, &nothing, err);
}

static void ask(struct rc_secrets_vault_call *call, const char *method, const char *path,
		const json_t *body, rc_vault_done_fn *done)
{
	call->ask = rc_secrets_vault_identity_ask(call->client->identity, method, path, body, done,
						  call);
}

/* ---- writing ---- */

/* A write to what is not there is a mistake in the store, never a missing secret. */
static void on_written(void *userdata, int r, const struct rc_vault_answer *answer,
		       struct rc_error *err)
{
	(void)answer;
	end(userdata, r == -ENOENT ? -EINVAL : r, err);
}

static void write_values(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_push *push = call->push;
	json_auto_t *body = NULL;

	if (!call->client->is_v2) {
		body = json_incref(push->next);
	} else {
		body = json_pack("{s:O}", "data", push->next);
		if (call->client->must_check)
			json_object_set_new(body, "options",
					    json_pack("{s:I}", "cas", push->version));
	}
	ask(call, "PUT", push->path, body, on_written);
}

static void on_marked(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;

	(void)answer;
	call->ask = NULL;
	if (r < 0)
		end(call, r == -ENOENT ? -EINVAL : r, err);
	else
		write_values(call);
}

/* One that is new is marked as ours before its values are there. */
static void write_all(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_push *push = call->push;
	json_t *mark = json_pack("{s:s}", MANAGER_KEY, MANAGER);

	if (!call->client->is_v2) {
		json_object_set_new(push->next, CUSTOM, mark);
		write_values(call);
	} else if (push->is_there) {
		json_decref(mark);
		write_values(call);
	} else {
		json_auto_t *body = json_pack("{s:o}", CUSTOM, mark);

		ask(call, "PUT", push->metadata_path, body, on_marked);
	}
}

/* What is to be written; NULL: it is there already. */
static json_t *make_next(const struct rc_secrets_vault_push *push)
{
	json_t *next;

	if (!push->property)
		return json_equal(push->there, push->value) ? NULL : json_incref(push->value);
	if (json_equal(json_object_get(push->there, push->property), push->value))
		return NULL;
	next = push->there ? json_deep_copy(push->there) : json_object();
	json_object_set(next, push->property, push->value);
	return next;
}

static void put(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_push *push = call->push;
	const json_t *old = push->property ? json_object_get(push->there, push->property) : NULL;
	struct rc_error *err = NULL;

	if (old && !json_is_string(old)) {
		rc_fail(&err, -EINVAL, "property '%s' is there and is no text", push->property);
		end(call, -EINVAL, err);
		return;
	}
	push->next = make_next(push);
	if (!push->next)
		end(call, 0, NULL);
	else
		write_all(call);
}

/* ---- taking away ---- */

static void on_deleted(void *userdata, int r, const struct rc_vault_answer *answer,
		       struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;

	(void)answer;
	call->ask = NULL;
	if (r == -ENOENT) { /* gone already */
		rc_error_free(rc_steal(&err));
		r = 0;
	}
	if (r < 0 || !call->client->is_v2)
		end(call, r, err);
	else
		ask(call, "DELETE", call->push->metadata_path, NULL, on_written);
}

static void take_away(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_push *push = call->push;

	if (push->property && !json_object_get(push->there, push->property)) {
		end(call, 0, NULL);
		return;
	}
	if (push->property)
		json_object_del(push->there, push->property);
	if (push->property && json_object_size(push->there) > 0) {
		push->next = json_incref(push->there);
		write_all(call);
	} else {
		ask(call, "DELETE", push->path, NULL, on_deleted);
	}
}

/* ---- what is there ---- */

static void decide(struct rc_secrets_vault_call *call, const json_t *marks)
{
	struct rc_secrets_vault_push *push = call->push;
	bool is_ours = rc_text_equal(rc_json_text(marks, MANAGER_KEY, NULL), MANAGER);
	struct rc_error *err = NULL;

	if (push->is_there && !is_ours && push->value) {
		rc_fail(&err, -EACCES, "the secret is there and was not made by a PushSecret");
		rc_hint(&err, "its metadata would say %s: %s", MANAGER_KEY, MANAGER);
		end(call, -EACCES, err);
	} else if (push->is_there && !is_ours) {
		end(call, 0, NULL);
	} else if (push->value) {
		put(call);
	} else {
		take_away(call);
	}
}

static void on_marks(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;

	call->ask = NULL;
	if (r < 0)
		end(call, r == -ENOENT ? -EPROTO : r, err);
	else
		decide(call, json_object_get(answer->data, CUSTOM));
}

static bool has_property(const struct rc_secrets_vault_push *push)
{
	return !push->property || json_object_get(push->there, push->property);
}

static void look_at_marks(struct rc_secrets_vault_call *call)
{
	struct rc_secrets_vault_push *push = call->push;
	json_auto_t *marks = NULL;

	if (push->only_if_absent && has_property(push)) {
		end(call, 0, NULL);
		return;
	}
	if (call->client->is_v2) {
		ask(call, "GET", push->metadata_path, NULL, on_marks);
		return;
	}
	marks = json_incref(json_object_get(push->there, CUSTOM));
	json_object_del(push->there, CUSTOM);
	decide(call, marks);
}

static void on_mount(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;

	call->ask = NULL;
	r = rc_secrets_vault_mount_judge(r, answer, call->client->is_v2, &err);
	if (r < 0)
		end(call, r, err);
	else if (!call->push->value)
		end(call, 0, NULL);
	else
		decide(call, NULL);
}

static void on_there(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;
	struct rc_secrets_vault_push *push = call->push;
	const json_t *values = NULL;
	rc_autofree char *path = NULL;

	call->ask = NULL;
	/* Of a version that was deleted, too: the next one follows it. */
	push->version = json_integer_value(rc_json_get(answer->data, "metadata", "version", NULL));
	if (r == -ENOENT && !answer->data) {
		rc_error_free(err);
		path = rc_secrets_vault_mount_path(push->path);
		ask(call, "GET", path, NULL, on_mount);
		return;
	}
	r = rc_vault_kv_take(r, answer, call->client->is_v2, &values, &err);
	if (r < 0 && r != -ENOENT) {
		end(call, r, err);
		return;
	}
	rc_error_free(err);
	push->is_there = r == 0;
	push->there = r == 0 ? json_deep_copy(values) : NULL;
	if (push->is_there)
		look_at_marks(call);
	else if (push->value)
		decide(call, NULL);
	else
		end(call, 0, NULL);
}

/* ---- the calls ---- */

/* JSON holds texts, not bytes. */
static bool is_text(const json_t *value)
{
	rc_autofree char *dump = json_dumps(value, JSON_ENCODE_ANY);
	bool is = dump != NULL;

	if (dump)
		explicit_bzero(dump, strlen(dump));
	return is;
}

static int read_value(const struct rc_secrets_push *wanted, json_t **ret_value,
		      struct rc_error **err)
{
	json_t *value = wanted->source_key ? json_object_get(wanted->values, wanted->source_key)
					   : (json_t *)(uintptr_t)wanted->values;

	if (!is_text(value))
		return rc_fail(err, -EINVAL,
			       "the value holds bytes that are no text, which Vault cannot keep; "
			       "encode it by the PushSecret's template");
	if (wanted->property && !wanted->source_key) {
		rc_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);

		*ret_value = json_string(text);
		explicit_bzero(text, strlen(text));
	} else if (wanted->property || !wanted->source_key) {
		*ret_value = json_incref(value);
	} else {
		*ret_value = json_loads(json_string_value(value), 0, NULL);
		if (!json_is_object(*ret_value)) {
			json_decref(*ret_value);
			return rc_fail(err, -EINVAL,
				       "key '%s' is no JSON object; a property for it is wanted",
				       wanted->source_key);
		}
	}
	return 0;
}

static struct rc_secrets_vault_call *start(struct rc_secrets_client *head, const char *key,
					   const char *property, rc_secrets_call_fn *done,
					   void *userdata)
{
	struct rc_secrets_vault_call *call = rc_secrets_vault_store_make_call(head, done, userdata);
	const struct rc_secrets_vault_client *client = call->client;
	struct rc_secrets_vault_push *push = rc_new0(struct rc_secrets_vault_push);

	call->push = push;
	push->property = rc_strdup(property);
	push->path = rc_vault_kv_read_path(client->path, client->is_v2, key, NULL);
	if (client->is_v2)
		call->r = rc_vault_kv_metadata_path(client->path, true, key, &push->metadata_path,
						    &call->err);
	return call;
}

static struct rc_secrets_call *go(struct rc_secrets_vault_call *call)
{
	if (call->r < 0)
		rc_secrets_vault_store_end_later(call);
	else
		ask(call, "GET", call->push->path, NULL, on_there);
	return &call->head;
}

struct rc_secrets_call *rc_secrets_vault_push_start(struct rc_secrets_client *head,
						    const struct rc_secrets_push *wanted,
						    rc_secrets_call_fn *done, void *userdata)
{
	struct rc_secrets_vault_call *call =
		start(head, wanted->key, wanted->property, done, userdata);

	call->push->only_if_absent = wanted->only_if_absent;
	if (call->r == 0)
		call->r = read_value(wanted, &call->push->value, &call->err);
	return go(call);
}

struct rc_secrets_call *rc_secrets_vault_push_remove(struct rc_secrets_client *head,
						     const struct rc_secrets_push *wanted,
						     rc_secrets_call_fn *done, void *userdata)
{
	return go(start(head, wanted->key, wanted->property, done, userdata));
}
