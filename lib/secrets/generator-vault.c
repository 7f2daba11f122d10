/* VaultDynamicSecret: any path of Vault that makes something when it is asked. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"
#include "data/percent.h"
#include "secrets/generator-instant.h"
#include "secrets/vault-store.h"

enum part { PART_DATA, PART_AUTH, PART_RAW };

static enum part part_of(const json_t *spec)
{
	const char *type = rc_json_text(spec, "resultType", NULL) ?: "Data";

	return strcmp(type, "Auth") == 0  ? PART_AUTH
	       : strcmp(type, "Raw") == 0 ? PART_RAW
					  : PART_DATA;
}

static void on_made(void *userdata, int r, const struct rc_vault_answer *answer,
		    struct rc_error *err)
{
	struct rc_secrets_vault_call *call = userdata;
	const json_t *spec = call->client->spec;
	enum part part = part_of(spec);
	struct rc_secrets_answer told = {.lease_id = ""};
	json_auto_t *nothing = json_object();

	told.document = part == PART_AUTH  ? answer->auth
			: part == PART_RAW ? answer->body
					   : answer->data;
	if (r == -ENOENT) { /* a generator that is missing is a mistake, never an absent secret */
		rc_hint(&err, "is spec.path right?");
		r = -EINVAL;
	}
	if (r == 0 && !json_is_object(told.document)) {
		told.document = nothing;
		if (!json_is_true(json_object_get(spec, "allowEmptyResponse")))
			r = rc_fail(&err, -EPROTO, "the answer of '%s' is empty",
				    rc_json_text(spec, "path", NULL) ?: "");
	}
	if (r == 0)
		rc_secrets_vault_store_take_lease(answer, told.document, &told);
	rc_secrets_vault_store_end(call, r, &told, err);
}

/* {"a": ["x", "y"]} -> "?a=x&a=y" */
static void add_parameters(const json_t *parameters, struct rc_buf *path)
{
	const char *name;
	json_t *list, *item;
	size_t i;

	json_object_foreach ((json_t *)(uintptr_t)parameters, name, list)
		json_array_foreach (list, i, item) {
			rc_buf_putc(path, strchr(rc_buf_text(path), '?') ? '&' : '?');
			rc_percent_encode(path, rc_str(name), NULL);
			rc_buf_putc(path, '=');
			rc_percent_encode(path, rc_str(json_string_value(item) ?: ""), NULL);
		}
}

static struct rc_secrets_call *vault_make(struct rc_secrets_client *head,
					  const struct rc_secrets_query *query,
					  rc_secrets_call_fn *done, void *userdata)
{
	struct rc_secrets_vault_call *call = rc_secrets_vault_store_make_call(head, done, userdata);
	const json_t *spec = call->client->spec;
	const char *method = rc_json_text(spec, "method", NULL) ?: "";
	rc_autobuf struct rc_buf path = RC_BUF_INIT(RC_BUF_UNLIMITED);
	const json_t *body = NULL;

	(void)query;
	rc_buf_puts(&path, rc_json_text(spec, "path", NULL) ?: "");
	if (!*method || strcmp(method, "GET") == 0) {
		method = "GET";
		add_parameters(json_object_get(spec, "getParameters"), &path);
	} else if (strcmp(method, "LIST") != 0 && strcmp(method, "DELETE") != 0) {
		method = "PUT";
		body = json_object_get(spec, "parameters");
	}
	call->ask = rc_secrets_vault_identity_ask(call->client->identity, method,
						  rc_buf_text(&path), body, on_made, call);
	return &call->head;
}

static int generator_open(const struct rc_secrets_context *context, const json_t *spec,
			  const struct rc_secrets_scope *scope,
			  struct rc_secrets_client **ret_client, struct rc_error **err)
{
	const json_t *block = json_object_get(spec, "provider");
	struct rc_secrets_vault_client *client = NULL;
	int r;

	if (!block)
		return rc_fail(err, -EINVAL, "spec.provider is missing");
	if (!rc_json_text(spec, "path", NULL))
		return rc_fail(err, -EINVAL, "spec.path is missing");
	r = rc_secrets_vault_store_open_as(&rc_secrets_generator_vault_ops, context, block, scope,
					   &client, err);
	if (r < 0)
		return rc_wrap(err, r, "spec.provider");
	client->is_v2 = false;
	client->spec = json_deep_copy(spec);
	*ret_client = &client->head;
	return 0;
}

const struct rc_secrets_provider_ops rc_secrets_generator_vault_ops = {
	.name = "VaultDynamicSecret",
	.open = generator_open,
	.close = rc_secrets_vault_store_close,
	.read = vault_make,
	.cancel = rc_secrets_vault_store_cancel,
	.renew = rc_secrets_vault_store_renew,
	.revoke = rc_secrets_vault_store_revoke,
	.get_server = rc_secrets_vault_store_get_server,
	.get_session = rc_secrets_vault_store_get_session,
	.get_identity = rc_secrets_vault_store_get_identity,
	.is_referent = rc_secrets_vault_store_is_referent,
};
