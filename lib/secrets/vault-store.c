/* Vault as a store: the key-value engines, and whatever else answers a read with data. */
#include "secrets/vault-store.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "secrets/vault-mount.h"
#include "vault/kv.h"

/* ---- calls ---- */

void rc_secrets_vault_store_cancel(struct rc_secrets_call *head)
{
	struct rc_secrets_vault_call *call =
		rc_container_of(head, struct rc_secrets_vault_call, head);

	rc_secrets_vault_identity_cancel(call->ask);
	ev_timer_stop(call->client->loop, &call->turn);
	rc_error_free(call->err);
	rc_secrets_vault_find_free(call->find);
	rc_secrets_vault_push_free(call->push);
	free(call->path);
	free(call);
}

void rc_secrets_vault_store_end(struct rc_secrets_vault_call *call, int r,
				const struct rc_secrets_answer *answer, struct rc_error *err)
{
	static const struct rc_secrets_answer none = {.lease_id = ""};
	rc_secrets_call_fn *done = call->done;
	void *userdata = call->userdata;

	call->ask = NULL;
	done(userdata, r, r < 0 ? &none : answer, err);
	rc_secrets_vault_store_cancel(&call->head);
}

static void on_turn(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct rc_secrets_vault_call *call =
		rc_container_of(timer, struct rc_secrets_vault_call, turn);

	(void)loop;
	(void)events;
	rc_secrets_vault_store_end(call, call->r, NULL, rc_steal(&call->err));
}

struct rc_secrets_vault_call *rc_secrets_vault_store_make_call(struct rc_secrets_client *client,
							       rc_secrets_call_fn *done,
							       void *userdata)
{
	struct rc_secrets_vault_call *call = rc_new0(struct rc_secrets_vault_call);

	call->head.ops = client->ops;
	call->client = rc_container_of(client, struct rc_secrets_vault_client, head);
	call->done = done;
	call->userdata = userdata;
	ev_timer_init(&call->turn, on_turn, 0, 0);
	return call;
}

void rc_secrets_vault_store_end_later(struct rc_secrets_vault_call *call)
{
	ev_timer_start(call->client->loop, &call->turn);
}

/* ---- reading ---- */

/* A static role has no lease: its password is another after so many seconds. */
static int64_t read_changes_in(const json_t *data)
{
	json_t *ttl = json_object_get(data, "ttl");

	if (!json_object_get(data, "rotation_period") &&
	    !json_object_get(data, "rotation_schedule"))
		return 0;
	return json_is_integer(ttl) ? json_integer_value(ttl) : 0;
}

void rc_secrets_vault_store_take_lease(const struct rc_vault_answer *answer, const json_t *values,
				       struct rc_secrets_answer *told)
{
	told->token = answer->token;
	if (*answer->lease_id && answer->lease_duration_s > 0) {
		told->lease_id = answer->lease_id;
		told->lease_duration_s = answer->lease_duration_s;
		told->renewable = answer->renewable;
	} else {
		told->changes_in_s = read_changes_in(values);
	}
}

static void on_mount(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;

	r = rc_secrets_vault_mount_judge(r, answer, call->client->is_v2, &err);
	if (r == 0) {
		r = call->r;
		err = rc_steal(&call->err);
	}
	rc_secrets_vault_store_end(call, r, NULL, err);
}

static void on_read(void *userdata, int r, const struct rc_vault_answer *answer,
		    struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;
	struct rc_secrets_answer told = {.lease_id = ""};
	json_auto_t *metadata = NULL;

	/* A version that was deleted comes with what is told of it: there the engine is right. */
	if (r == -ENOENT && !answer->data) {
		rc_autofree char *path = rc_secrets_vault_mount_path(call->path);

		call->r = r;
		call->err = err;
		call->ask = rc_secrets_vault_identity_ask(call->client->identity, "GET", path, NULL,
							  on_mount, call);
		return;
	}
	if (call->is_metadata) {
		if (r == 0)
			told.document = metadata = rc_vault_kv_take_metadata(answer);
		rc_secrets_vault_store_end(call, r, &told, err);
		return;
	}
	r = rc_vault_kv_take(r, answer, call->client->is_v2, &told.document, &err);
	if (r == 0 && !call->client->is_v2)
		rc_secrets_vault_store_take_lease(answer, told.document, &told);
	rc_secrets_vault_store_end(call, r, &told, err);
}

static struct rc_secrets_call *vault_read(struct rc_secrets_client *head,
					  const struct rc_secrets_query *query,
					  rc_secrets_call_fn *done, void *userdata)
{
	struct rc_secrets_vault_call *call = rc_secrets_vault_store_make_call(head, done, userdata);
	const struct rc_secrets_vault_client *client = call->client;

	call->is_metadata = query->is_metadata;
	if (query->is_metadata)
		call->r = rc_vault_kv_metadata_path(client->path, client->is_v2, query->key,
						    &call->path, &call->err);
	else
		call->path = rc_vault_kv_read_path(client->path, client->is_v2, query->key,
						   query->version);
	if (call->r < 0)
		rc_secrets_vault_store_end_later(call);
	else
		call->ask = rc_secrets_vault_identity_ask(client->identity, "GET", call->path, NULL,
							  on_read, call);
	return &call->head;
}

/* ---- leases, and whether it can be used ---- */

static void on_plain(void *userdata, int r, const struct rc_vault_answer *answer,
		     struct rc_error *err)
{
	struct rc_secrets_answer told = {.lease_id = answer->lease_id,
					 .lease_duration_s = answer->lease_duration_s,
					 .renewable = answer->renewable,
					 .token = answer->token};

	rc_secrets_vault_store_end(userdata, r, &told, err);
}

static struct rc_secrets_call *ask_plain(struct rc_secrets_client *head, const char *method,
					 const char *path, const json_t *body,
					 rc_secrets_call_fn *done, void *userdata)
{
	struct rc_secrets_vault_call *call = rc_secrets_vault_store_make_call(head, done, userdata);

	call->ask = rc_secrets_vault_identity_ask(call->client->identity, method, path, body,
						  on_plain, call);
	return &call->head;
}

static struct rc_secrets_call *vault_validate(struct rc_secrets_client *client,
					      rc_secrets_call_fn *done, void *userdata)
{
	return ask_plain(client, "GET", "auth/token/lookup-self", NULL, done, userdata);
}

struct rc_secrets_call *rc_secrets_vault_store_renew(struct rc_secrets_client *client,
						     const char *lease_id, int64_t duration_s,
						     rc_secrets_call_fn *done, void *userdata)
{
	json_auto_t *body =
		json_pack("{s:s, s:I}", "lease_id", lease_id, "increment", (json_int_t)duration_s);

	return ask_plain(client, "PUT", "sys/leases/renew", body, done, userdata);
}

/* "sync": what the lease stands for is gone when it is answered. */
struct rc_secrets_call *rc_secrets_vault_store_revoke(struct rc_secrets_client *client,
						      const char *lease_id,
						      rc_secrets_call_fn *done, void *userdata)
{
	json_auto_t *body = json_pack("{s:s, s:b}", "lease_id", lease_id, "sync", 1);

	return ask_plain(client, "PUT", "sys/leases/revoke", body, done, userdata);
}

/* ---- the store ---- */

void rc_secrets_vault_store_close(struct rc_secrets_client *head)
{
	struct rc_secrets_vault_client *client =
		rc_container_of(head, struct rc_secrets_vault_client, head);

	rc_secrets_vault_identity_unuse(client->identity);
	json_decref(client->spec);
	free(client->path);
	free(client);
}

int rc_secrets_vault_store_open_as(const struct rc_secrets_provider_ops *ops,
				   const struct rc_secrets_context *context, const json_t *block,
				   const struct rc_secrets_scope *scope,
				   struct rc_secrets_vault_client **ret_client,
				   struct rc_error **err)
{
	const char *version = rc_json_text(block, "version", NULL);
	struct rc_secrets_vault_identity *identity = NULL;
	struct rc_secrets_vault_client *client;
	int r;

	if (version && *version && strcmp(version, "v1") != 0 && strcmp(version, "v2") != 0)
		return rc_fail(err, -EINVAL, "version: '%s' is neither v1 nor v2", version);
	r = rc_secrets_vault_identity_use(context, block, scope, &identity, err);
	if (r < 0)
		return r;
	client = rc_new0(struct rc_secrets_vault_client);
	client->head.ops = ops;
	client->loop = context->loop;
	client->identity = identity;
	client->path = rc_strdup(rc_json_text(block, "path", NULL));
	client->is_v2 = !rc_text_equal(version, "v1");
	client->must_check = json_is_true(rc_json_get(block, "checkAndSet", "required", NULL));
	*ret_client = client;
	return 0;
}

static int vault_open(const struct rc_secrets_context *context, const json_t *block,
		      const struct rc_secrets_scope *scope, struct rc_secrets_client **ret_client,
		      struct rc_error **err)
{
	struct rc_secrets_vault_client *client = NULL;
	int r = rc_secrets_vault_store_open_as(&rc_secrets_vault_store_ops, context, block, scope,
					       &client, err);

	if (r == 0)
		*ret_client = &client->head;
	return r;
}

struct rc_vault_server *rc_secrets_vault_store_get_server(struct rc_secrets_client *head)
{
	return rc_secrets_vault_identity_get_server(
		rc_container_of(head, struct rc_secrets_vault_client, head)->identity);
}

struct rc_vault_session *rc_secrets_vault_store_get_session(struct rc_secrets_client *head)
{
	return rc_secrets_vault_identity_get_session(
		rc_container_of(head, struct rc_secrets_vault_client, head)->identity);
}

const char *rc_secrets_vault_store_get_identity(struct rc_secrets_client *head)
{
	return rc_secrets_vault_identity_get_key(
		rc_container_of(head, struct rc_secrets_vault_client, head)->identity);
}

bool rc_secrets_vault_store_is_referent(struct rc_secrets_client *head)
{
	return rc_secrets_vault_identity_is_referent(
		rc_container_of(head, struct rc_secrets_vault_client, head)->identity);
}

const struct rc_secrets_provider_ops rc_secrets_vault_store_ops = {
	.name = "vault",
	.open = vault_open,
	.close = rc_secrets_vault_store_close,
	.read = vault_read,
	.cancel = rc_secrets_vault_store_cancel,
	.validate = vault_validate,
	.find = rc_secrets_vault_find_start,
	.push = rc_secrets_vault_push_start,
	.remove = rc_secrets_vault_push_remove,
	.renew = rc_secrets_vault_store_renew,
	.revoke = rc_secrets_vault_store_revoke,
	.get_server = rc_secrets_vault_store_get_server,
	.get_session = rc_secrets_vault_store_get_session,
	.get_identity = rc_secrets_vault_store_get_identity,
	.is_referent = rc_secrets_vault_store_is_referent,
	.capabilities = "ReadWrite",
};
