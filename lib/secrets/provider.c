/* Identities and their sessions. */
#include "secrets/provider.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/apply.h"
#include "kube/token.h"

#define TOKEN_S 600

struct identity {
	struct identity *prev, *next;
	struct rc_secrets_providers *providers;
	char *key; /* all that makes it different from others */
	struct rc_vault_session *session;
	char *name_space, *account, *secret, *secret_key;
	json_t *audiences;
	struct rc_kube_token *token;
	struct rc_kube_request *request;
};

struct rc_secrets_providers {
	struct ev_loop *loop;
	struct rc_kube_cluster *cluster;
	struct rc_kube_discovery *discovery;
	struct identity *identities;
};

/* ---- what a login wants ---- */

static void on_token(void *userdata, int r, const struct rc_secret *secret, int64_t expires,
		     struct rc_error *err)
{
	struct identity *identity = userdata;

	(void)expires;
	identity->token = NULL;
	if (r < 0)
		rc_wrap(&err, r, "a token of service account %s/%s", identity->name_space,
			identity->account);
	rc_vault_session_give(identity->session, r, secret, err);
}

static void on_secret(void *userdata, int r, const struct rc_kube_answer *answer,
		      struct rc_error *err)
{
	struct identity *identity = userdata;
	rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 20);
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = NULL;
	const char *text;

	identity->request = NULL;
	if (r == 0) {
		text = rc_json_text(answer->object, "data", identity->secret_key, NULL);
		if (!text || rc_base64_decode(rc_str(text), &bytes) < 0)
			r = rc_fail(&err, -ENOENT, "it has no key '%s'", identity->secret_key);
		secret = rc_secret_new(rc_buf_text(&bytes), bytes.n);
	}
	if (bytes.p)
		explicit_bzero(bytes.p, bytes.size);
	if (r < 0)
		rc_wrap(&err, r, "secret %s/%s", identity->name_space, identity->secret);
	rc_vault_session_give(identity->session, r, secret, err);
}

static void want_token(struct identity *identity)
{
	const char *audiences[8] = {NULL};
	size_t n = json_array_size(identity->audiences);

	for (size_t i = 0; i < n && i < RC_ARRAY_SIZE(audiences) - 1; i++)
		audiences[i] = json_string_value(json_array_get(identity->audiences, i));
	identity->token = rc_kube_token_start(identity->providers->cluster, identity->name_space,
					      identity->account, n ? audiences : NULL, TOKEN_S,
					      on_token, identity);
}

static void on_want(void *userdata, struct rc_vault_session *session)
{
	struct identity *identity = userdata;
	const struct rc_kube_resource *secrets;
	struct rc_kube_key key = {"", "Secret", identity->name_space, identity->secret};
	struct rc_error *err = NULL;

	if (identity->account) {
		want_token(identity);
		return;
	}
	secrets = rc_kube_discovery_find(identity->providers->discovery, "", "Secret", NULL);
	if (!secrets) {
		rc_fail(&err, -EAGAIN, "what the cluster serves is not known yet");
		rc_vault_session_give(session, -EAGAIN, NULL, err);
		return;
	}
	identity->request =
		rc_kube_apply_get(identity->providers->cluster, secrets, &key, on_secret, identity);
}

static void on_cancel(void *userdata)
{
	struct identity *identity = userdata;

	rc_kube_token_cancel(rc_steal(&identity->token));
	rc_kube_request_cancel(rc_steal(&identity->request));
}

/* ---- reading a store ---- */

static int refuse_providers(const json_t *store, struct rc_error **err)
{
	const json_t *provider = rc_json_get(store, "spec", "provider", NULL);
	const char *name =
		json_object_iter_key(json_object_iter((json_t *)(uintptr_t)provider)) ?: "none";

	return rc_fail(err, -EINVAL, "provider '%s' is not supported; vault is", name);
}

/* PEM, or base64 of it. The caller's to free. */
static char *read_bundle(const json_t *vault)
{
	const char *text = rc_json_text(vault, "caBundle", NULL);
	rc_autobuf struct rc_buf pem = RC_BUF_INIT(1 << 20);

	if (!text || rc_text_has_prefix(text, "-----"))
		return rc_strdup(text);
	return rc_base64_decode(rc_str(text), &pem) < 0 ? rc_strdup(text) : rc_buf_take(&pem);
}

static int read_secret_ref(const json_t *ref, const char *where, const char *otherwise,
			   struct identity *identity, struct rc_error **err)
{
	identity->secret = rc_strdup(rc_json_text(ref, "name", NULL));
	identity->secret_key = rc_strdup(rc_json_text(ref, "key", NULL) ?: otherwise);
	if (!identity->secret || !identity->secret_key)
		return rc_fail(err, -EINVAL, "%s: name and key are wanted", where);
	return 0;
}

/* Only a ClusterSecretStore may point to another namespace. */
static int read_namespace(const json_t *ref, bool is_cluster, struct identity *identity,
			  struct rc_error **err)
{
	const char *text = rc_json_text(ref, "namespace", NULL);

	if (!text || strcmp(text, identity->name_space) == 0)
		return 0;
	if (!is_cluster)
		return rc_fail(err, -EINVAL,
			       "a SecretStore may not refer to another namespace ('%s')", text);
	free(identity->name_space);
	identity->name_space = rc_strdup(text);
	return 0;
}

static int read_auth(const json_t *auth, bool is_cluster, struct identity *identity,
		     struct rc_vault_options *options, struct rc_error **err)
{
	const json_t *token = json_object_get(auth, "tokenSecretRef");
	const json_t *approle = json_object_get(auth, "appRole");
	const json_t *kubernetes = json_object_get(auth, "kubernetes");
	const json_t *ref;
	int r;

	if (token) {
		options->auth = RC_VAULT_AUTH_TOKEN;
		r = read_secret_ref(token, "auth.tokenSecretRef", "token", identity, err);
		return r < 0 ? r : read_namespace(token, is_cluster, identity, err);
	}
	if (approle) {
		ref = json_object_get(approle, "secretRef");
		options->auth = RC_VAULT_AUTH_APPROLE;
		options->mount = rc_json_text(approle, "path", NULL) ?: "approle";
		options->role_id = rc_json_text(approle, "roleId", NULL);
		if (!options->role_id)
			return rc_fail(err, -EINVAL, "auth.appRole.roleId is missing");
		r = read_secret_ref(ref, "auth.appRole.secretRef", NULL, identity, err);
		return r < 0 ? r : read_namespace(ref, is_cluster, identity, err);
	}
	if (!kubernetes)
		return rc_fail(
			err, -EINVAL,
			"auth: kubernetes, appRole or tokenSecretRef is wanted; other logins "
			"are not supported");
	options->auth = RC_VAULT_AUTH_KUBERNETES;
	options->mount = rc_json_text(kubernetes, "mountPath", NULL) ?: "kubernetes";
	options->role = rc_json_text(kubernetes, "role", NULL);
	ref = json_object_get(kubernetes, "serviceAccountRef");
	identity->account = rc_strdup(rc_json_text(ref, "name", NULL));
	identity->audiences = json_incref(json_object_get(ref, "audiences"));
	if (!options->role)
		return rc_fail(err, -EINVAL, "auth.kubernetes.role is missing");
	if (!identity->account) {
		ref = json_object_get(kubernetes, "secretRef");
		r = read_secret_ref(ref, "auth.kubernetes: serviceAccountRef or secretRef", "token",
				    identity, err);
		if (r < 0)
			return r;
	}
	return read_namespace(ref, is_cluster, identity, err);
}

static void free_identity(struct identity *identity)
{
	rc_vault_session_free(identity->session);
	rc_kube_token_cancel(identity->token);
	rc_kube_request_cancel(identity->request);
	json_decref(identity->audiences);
	free(identity->key);
	free(identity->name_space);
	free(identity->account);
	free(identity->secret);
	free(identity->secret_key);
	free(identity);
}

static struct identity *find(struct rc_secrets_providers *providers, const char *key)
{
	struct identity *identity;

	DL_FOREACH (providers->identities, identity)
		if (strcmp(identity->key, key) == 0)
			return identity;
	return NULL;
}

static char *make_key(const struct identity *identity, const struct rc_vault_options *options)
{
	return rc_asprintf("%s|%s|%s|%d|%s|%s|%s|%s|%s|%s|%s", options->server,
			   options->name_space ?: "", options->ca_pem ?: "", (int)options->auth,
			   options->mount ?: "", options->role ?: "", options->role_id ?: "",
			   identity->name_space, identity->account ?: "", identity->secret ?: "",
			   identity->secret_key ?: "");
}

int rc_secrets_providers_open(struct rc_secrets_providers *providers, const json_t *store,
			      const char *name_space, struct rc_secrets_store *ret_store,
			      struct rc_error **err)
{
	const json_t *vault = rc_json_get(store, "spec", "provider", "vault", NULL);
	bool is_cluster = rc_text_equal(rc_json_text(store, "kind", NULL), "ClusterSecretStore");
	rc_autofree char *pem = read_bundle(vault);
	struct identity *identity = rc_new0(struct identity), *known;
	struct rc_vault_options options = {
		.loop = providers->loop,
		.server = rc_json_text(vault, "server", NULL),
		.name_space = rc_json_text(vault, "namespace", NULL),
		.ca_pem = pem,
		.want = on_want,
		.cancel = on_cancel,
		.userdata = identity,
	};
	int r = 0;

	identity->providers = providers;
	identity->name_space = rc_strdup(name_space);
	if (!vault)
		r = refuse_providers(store, err);
	else if (!options.server)
		r = rc_fail(err, -EINVAL, "spec.provider.vault.server is missing");
	else if (json_object_get(vault, "caProvider"))
		r = rc_fail(err, -EINVAL,
			    "spec.provider.vault.caProvider is not supported; "
			    "caBundle is");
	if (r == 0)
		r = read_auth(json_object_get(vault, "auth"), is_cluster, identity, &options, err);
	if (r < 0) {
		free_identity(identity);
		return r;
	}
	identity->key = make_key(identity, &options);
	known = find(providers, identity->key);
	if (known) {
		free_identity(identity);
		identity = known;
	} else {
		identity->session = rc_vault_session_new(&options);
		DL_APPEND(providers->identities, identity);
	}
	*ret_store = (struct rc_secrets_store){
		.session = identity->session,
		.path = rc_json_text(vault, "path", NULL) ?: "",
		.is_v2 = !rc_text_equal(rc_json_text(vault, "version", NULL), "v1"),
	};
	return 0;
}

char *rc_secrets_store_path(const struct rc_secrets_store *store, const char *key,
			    const char *version)
{
	size_t n = strlen(store->path);

	/* A key that names the engine itself is as good. */
	if (n > 0 && strncmp(key, store->path, n) == 0 && key[n] == '/')
		key += n + 1;
	if (store->is_v2 && strncmp(key, "data/", 5) == 0)
		key += 5;
	return rc_asprintf("%s%s%s%s%s%s", store->path, n ? "/" : "", store->is_v2 ? "data/" : "",
			   key, store->is_v2 && version ? "?version=" : "",
			   store->is_v2 && version ? version : "");
}

struct rc_secrets_providers *rc_secrets_providers_new(struct ev_loop *loop,
						      struct rc_kube_cluster *cluster,
						      struct rc_kube_discovery *discovery)
{
	struct rc_secrets_providers *providers = rc_new0(struct rc_secrets_providers);

	providers->loop = loop;
	providers->cluster = cluster;
	providers->discovery = discovery;
	return providers;
}

void rc_secrets_providers_free(struct rc_secrets_providers *providers)
{
	struct identity *identity, *next;

	if (!providers)
		return;
	DL_FOREACH_SAFE (providers->identities, identity, next) {
		DL_DELETE(providers->identities, identity);
		free_identity(identity);
	}
	free(providers);
}
