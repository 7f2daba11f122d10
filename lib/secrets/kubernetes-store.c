/*
 * Secrets of a Kubernetes, this one or another, as a store: a key is a Secret's name, its
 * properties are its keys.
 *
 * Without spec.server.url it is the cluster that the store is in.
 */
#include "secrets/kubernetes-store.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"

#define NAMESPACE "default"

static void kubernetes_close(struct rc_secrets_client *head)
{
	struct kubernetes_client *client = rc_container_of(head, struct kubernetes_client, head);

	for (size_t i = 0; i < client->n; i++)
		rc_secrets_reference_done(&client->references[i]);
	for (char **audience = client->audiences; audience && *audience; audience++)
		free(*audience);
	free(client->audiences);
	rc_secret_free(client->token);
	free(client->server);
	free(client->name_space);
	free(client->ca);
	free(client->identity);
	free(client->account_space);
	free(client->account);
	free(client);
}

static int read_part(struct kubernetes_client *client, enum part part, const json_t *selector,
		     const char *where, const struct rc_secrets_scope *scope, struct rc_error **err)
{
	int r = part == PART_CA ? rc_secrets_reference_parse_ca(selector, where, scope,
								&client->references[client->n], err)
				: rc_secrets_reference_parse(selector, where, NULL, scope,
							     &client->references[client->n], err);

	if (r == 0)
		client->at[part] = ++client->n;
	return r;
}

static int read_account(struct kubernetes_client *client, const json_t *account,
			const struct rc_secrets_scope *scope, struct rc_error **err)
{
	const json_t *audiences = json_object_get(account, "audiences");
	const char *name = rc_json_text(account, "name", NULL), *name_space;
	json_t *item;
	size_t i;
	int r = rc_secrets_reference_find_namespace(account, "auth.serviceAccount", scope,
						    &name_space, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return rc_fail(err, -EINVAL, "auth.serviceAccount.name is missing");
	client->account = rc_strdup(name);
	client->account_space = rc_strdup(name_space);
	if (json_array_size(audiences) == 0)
		return 0;
	client->audiences = rc_calloc(json_array_size(audiences) + 1, sizeof(char *));
	json_array_foreach (audiences, i, item)
		client->audiences[i] = rc_strdup(json_string_value(item) ?: "");
	return 0;
}

static int read_auth(struct kubernetes_client *client, const json_t *auth,
		     const struct rc_secrets_scope *scope, struct rc_error **err)
{
	const json_t *token = json_object_get(auth, "token"), *cert = json_object_get(auth, "cert");
	const json_t *account = json_object_get(auth, "serviceAccount");
	int r;

	if (!!token + !!cert + !!account != 1)
		return rc_fail(err, -EINVAL,
			       "auth: exactly one of serviceAccount, token and cert is wanted");
	if (account)
		return read_account(client, account, scope, err);
	if (token)
		return read_part(client, PART_TOKEN, json_object_get(token, "bearerToken"),
				 "auth.token.bearerToken", scope, err);
	r = read_part(client, PART_CERTIFICATE, json_object_get(cert, "clientCert"),
		      "auth.cert.clientCert", scope, err);
	return r < 0 ? r
		     : read_part(client, PART_KEY, json_object_get(cert, "clientKey"),
				 "auth.cert.clientKey", scope, err);
}

static int read_server(struct kubernetes_client *client, const json_t *server,
		       const struct rc_secrets_scope *scope, struct rc_error **err)
{
	const char *url = rc_json_text(server, "url", NULL);
	const char *ca = rc_json_text(server, "caBundle", NULL);
	const json_t *provider = json_object_get(server, "caProvider");
	rc_autobuf struct rc_buf pem = RC_BUF_INIT(1 << 20);
	bool is_here = !url || !*url || rc_text_has_prefix(url, "kubernetes.default");

	if (is_here)
		url = rc_kube_cluster_get_server(client->context->cluster);
	client->server = rc_asprintf("%s%s", strstr(url, "://") ? "" : "https://", url);
	while (*client->server && client->server[strlen(client->server) - 1] == '/')
		client->server[strlen(client->server) - 1] = '\0';
	if (ca && !strstr(ca, "-----BEGIN") && rc_base64_decode(rc_str(ca), &pem) == 0)
		ca = rc_buf_text(&pem);
	client->ca = rc_strdup(ca);
	return provider ? read_part(client, PART_CA, provider, "server.caProvider", scope, err) : 0;
}

static int kubernetes_open(const struct rc_secrets_context *context, const json_t *block,
			   const struct rc_secrets_scope *scope,
			   struct rc_secrets_client **ret_client, struct rc_error **err)
{
	struct kubernetes_client *client = rc_new0(struct kubernetes_client);
	char hash[RC_JSON_HASH_MAX];
	int r;

	client->head.ops = &rc_secrets_kubernetes_store_ops;
	client->context = context;
	client->is_cluster = scope->is_cluster;
	client->name_space = rc_strdup(rc_json_text(block, "remoteNamespace", NULL) ?: NAMESPACE);
	client->identity = rc_asprintf("%s %s", rc_json_hash(block, hash), scope->name_space ?: "");
	r = read_server(client, json_object_get(block, "server"), scope, err);
	if (r == 0)
		r = json_object_get(block, "authRef")
			    ? rc_fail(err, -EINVAL, "authRef: a kubeconfig is not taken; auth is")
			    : read_auth(client, json_object_get(block, "auth"), scope, err);
	if (r < 0)
		kubernetes_close(&client->head);
	else
		*ret_client = &client->head;
	return r;
}

static const char *kubernetes_get_identity(struct rc_secrets_client *head)
{
	return rc_container_of(head, struct kubernetes_client, head)->identity;
}

const struct rc_secrets_provider_ops rc_secrets_kubernetes_store_ops = {
	.name = "kubernetes",
	.open = kubernetes_open,
	.close = kubernetes_close,
	.read = rc_secrets_kubernetes_call_read,
	.cancel = rc_secrets_kubernetes_call_cancel,
	.validate = rc_secrets_kubernetes_call_validate,
	.find = rc_secrets_kubernetes_call_find,
	.push = rc_secrets_kubernetes_push_start,
	.remove = rc_secrets_kubernetes_push_remove,
	.get_identity = kubernetes_get_identity,
	.capabilities = "ReadWrite",
};
