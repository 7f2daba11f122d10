/* Finding providers. */
#include "secrets/provider.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

static const struct rc_secrets_provider_ops *const providers[] = {
	&rc_secrets_vault_store_ops,
	&rc_secrets_kubernetes_store_ops,
	&rc_secrets_aws_store_ops,
	&rc_secrets_fake_store_ops,
};

static int refuse(const json_t *provider, struct rc_error **err)
{
	const char *name =
		json_object_iter_key(json_object_iter((json_t *)(uintptr_t)provider)) ?: "none";
	rc_autobuf struct rc_buf ours = RC_BUF_INIT(1024);

	for (size_t i = 0; i < RC_ARRAY_SIZE(providers); i++)
		rc_buf_printf(&ours, "%s%s", i ? ", " : "", providers[i]->name);
	rc_fail(err, -EINVAL, "spec.provider: '%s' is not supported; %s: yes", name,
		rc_buf_text(&ours));
	rc_hint(err, "leave this store to External Secrets, by its spec.controller");
	return -EINVAL;
}

int rc_secrets_provider_open(const struct rc_secrets_context *context, const json_t *store,
			     const char *name_space, struct rc_secrets_client **ret_client,
			     struct rc_error **err)
{
	const json_t *provider = rc_json_get(store, "spec", "provider", NULL);
	struct rc_secrets_scope scope = {
		.name_space = name_space,
		.is_cluster =
			rc_text_equal(rc_json_text(store, "kind", NULL), "ClusterSecretStore"),
	};

	for (size_t i = 0; i < RC_ARRAY_SIZE(providers); i++) {
		const json_t *block = json_object_get(provider, providers[i]->name);
		int r;

		if (!block)
			continue;
		if (json_object_size(provider) > 1)
			return rc_fail(err, -EINVAL, "spec.provider: exactly one is wanted");
		r = providers[i]->open(context, block, &scope, ret_client, err);
		return r < 0 ? rc_wrap(err, r, "spec.provider.%s", providers[i]->name) : 0;
	}
	return refuse(provider, err);
}

void rc_secrets_provider_close(struct rc_secrets_client *client)
{
	if (client)
		client->ops->close(client);
}

void rc_secrets_provider_cancel(struct rc_secrets_call *call)
{
	if (call)
		call->ops->cancel(call);
}

const char *rc_secrets_provider_get_name(const struct rc_secrets_client *client)
{
	return client->ops->name;
}

const char *rc_secrets_provider_get_identity(struct rc_secrets_client *client)
{
	return client->ops->get_identity ? client->ops->get_identity(client) : "";
}

bool rc_secrets_provider_is_same(struct rc_secrets_client *client, struct rc_secrets_client *other)
{
	return other && client->ops == other->ops &&
	       strcmp(rc_secrets_provider_get_identity(client),
		      rc_secrets_provider_get_identity(other)) == 0;
}
