/* Identities and what they are made of. */
#include "secrets/vault-identity.h"

#include <errno.h>
#include <string.h>

#include <utlist.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "kube/token.h"
#include "secrets/aws-identity.h"
#include "secrets/reference.h"
#include "secrets/vault-iam.h"
#include "secrets/vault-login.h"

#define AUDIENCES_MAX 16

enum { TRUST_CA, TRUST_CERTIFICATE, TRUST_KEY, TRUST_MAX };

struct rc_secrets_vault_ask {
	struct rc_secrets_vault_ask *prev, *next;
	struct rc_secrets_vault_identity *identity;
	struct rc_vault_request *request; /* NULL: it waits for the session */
	char *method, *path;
	json_t *body;
	rc_vault_done_fn *done;
	void *userdata;
};

struct rc_secrets_vault_identity {
	struct rc_secrets_vault_identity *prev, *next;
	const struct rc_secrets_context *context;
	char *key;
	json_t *vault; /* the block; texts of login are its */
	struct rc_secrets_vault_login login;
	struct rc_secrets_reference trust[TRUST_MAX]; /* name NULL: not wanted */
	struct rc_secrets_loading *trusting, *loading;
	struct rc_kube_token *token;
	struct rc_secrets_aws_identity *aws; /* who signs; NULL but for IAM */
	struct rc_secrets_aws_wait *signing;
	struct rc_vault_session *session;
	struct rc_vault_server *server;
	struct rc_secrets_vault_ask *asks;
	unsigned int n_uses;
};

struct rc_secrets_identities {
	struct rc_secrets_vault_identity *first;
};

/* ---- a login ---- */

static void give(struct rc_secrets_vault_identity *identity, int r, const struct rc_secret *secret,
		 const struct rc_secret *role_id, struct rc_error *err)
{
	bool is_token = identity->login.method == RC_SECRETS_VAULT_LOGIN_TOKEN;
	struct rc_vault_login login = {.token = is_token ? secret : NULL};
	rc_autofree char *path = NULL;
	json_auto_t *body = NULL;

	if (r == 0)
		rc_secrets_vault_login_make(&identity->login, secret, role_id, &path, &body);
	login.path = path;
	login.body = body;
	rc_vault_session_give(identity->session, r, &login, err);
}

static void on_account_token(void *userdata, int r, const struct rc_secret *secret, int64_t expires,
			     struct rc_error *err)
{
	struct rc_secrets_vault_identity *identity = userdata;

	(void)expires;
	identity->token = NULL;
	if (r < 0)
		rc_wrap(&err, r, "a token of service account %s/%s",
			identity->login.account_name_space, identity->login.account);
	give(identity, r, secret, NULL, err);
}

static void want_account_token(struct rc_secrets_vault_identity *identity)
{
	const struct rc_secrets_vault_login *login = &identity->login;
	size_t n = json_array_size(login->audiences);
	const char *audiences[AUDIENCES_MAX + 1] = {NULL};

	for (size_t i = 0; i < n && i < AUDIENCES_MAX; i++)
		audiences[i] = json_string_value(json_array_get(login->audiences, i));
	identity->token = rc_kube_token_start(identity->context->cluster, login->account_name_space,
					      login->account, n ? audiences : NULL, login->seconds,
					      on_account_token, identity);
}

static void on_login_loaded(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct rc_secrets_vault_identity *identity = userdata;

	identity->loading = NULL;
	give(identity, r, values[RC_SECRETS_VAULT_LOGIN_SECRET],
	     identity->login.has_role ? values[RC_SECRETS_VAULT_LOGIN_ROLE] : NULL, err);
}

static void on_aws_keys(void *userdata, int r, const struct rc_net_aws_keys *keys,
			const char *region, struct rc_error *err)
{
	struct rc_secrets_vault_identity *identity = userdata;
	struct rc_vault_login login = {.token = NULL};
	rc_autofree char *path = NULL;
	json_auto_t *body = NULL;

	(void)region; /* STS's is the block's own */
	identity->signing = NULL;
	if (r == 0) {
		rc_secrets_vault_login_make(&identity->login, NULL, NULL, &path, &body);
		rc_secrets_vault_iam_sign(identity->login.iam, keys, rc_clock_unix_s(), body);
	}
	login.path = path;
	login.body = body;
	rc_vault_session_give(identity->session, r, &login, err);
}

static void want_aws_keys(struct rc_secrets_vault_identity *identity)
{
	/* AWS may have refused the keys that signed the last one. */
	if (rc_vault_session_get_error(identity->session))
		rc_secrets_aws_identity_forget(identity->aws);
	identity->signing = rc_secrets_aws_identity_get(identity->aws, on_aws_keys, identity);
}

static void on_want(void *userdata, struct rc_vault_session *session)
{
	struct rc_secrets_vault_identity *identity = userdata;
	const struct rc_secrets_vault_login *login = &identity->login;

	(void)session;
	if (identity->aws)
		want_aws_keys(identity);
	else if (login->account)
		want_account_token(identity);
	else if (login->has_secret)
		identity->loading = rc_secrets_reference_load(identity->context, login->references,
							      login->has_role ? 2 : 1,
							      on_login_loaded, identity);
	else
		give(identity, 0, NULL, NULL, NULL);
}

static void on_cancel(void *userdata)
{
	struct rc_secrets_vault_identity *identity = userdata;

	rc_kube_token_cancel(rc_steal(&identity->token));
	rc_secrets_aws_identity_cancel(rc_steal(&identity->signing));
	rc_secrets_reference_cancel(rc_steal(&identity->loading));
}

static void on_tokens(void *userdata, struct rc_vault_session *session)
{
	const struct rc_secrets_vault_identity *identity = userdata;
	const struct rc_secrets_context *context = identity->context;

	(void)session;
	if (context->tokens_changed)
		context->tokens_changed(context->userdata);
}

/* ---- the session ---- */

/* PEM, or base64 of it, perhaps twice: the field is bytes already. The caller's to free. */
static char *read_bundle(const char *text)
{
	char *pem = rc_strdup(text);

	for (int i = 0; i < 2 && pem && !strstr(pem, "-----BEGIN"); i++) {
		rc_autobuf struct rc_buf bytes = RC_BUF_INIT(1 << 20);

		if (rc_base64_decode(rc_str(pem), &bytes) < 0)
			break;
		free(pem);
		pem = rc_buf_take(&bytes);
	}
	return pem;
}

static void forward(struct rc_secrets_vault_ask *ask);

static void open_session(struct rc_secrets_vault_identity *identity, struct rc_secret **values)
{
	const json_t *vault = identity->vault;
	rc_autofree char *bundle = read_bundle(rc_json_text(vault, "caBundle", NULL));
	struct rc_vault_options options = {
		.name_space = rc_json_text(vault, "namespace", NULL),
		.login_name_space = identity->login.name_space,
		.ca_pem = values[TRUST_CA] ? rc_secret_reveal(values[TRUST_CA]).p : bundle,
		.certificate_pem = values[TRUST_CERTIFICATE]
					   ? rc_secret_reveal(values[TRUST_CERTIFICATE]).p
					   : NULL,
		.key_pem = values[TRUST_KEY],
		.headers = json_object_get(vault, "headers"),
		.reads_own_writes = json_is_true(json_object_get(vault, "readYourWrites")),
		.forward_inconsistent = json_is_true(json_object_get(vault, "forwardInconsistent")),
		.want = on_want,
		.cancel = on_cancel,
		.lost = on_tokens,
		.renewed = on_tokens,
		.userdata = identity,
	};
	struct rc_secrets_vault_ask *ask, *next;

	identity->session =
		rc_vault_pool_use(identity->context->vault, rc_json_text(vault, "server", NULL),
				  identity->key, &options);
	DL_FOREACH_SAFE (identity->asks, ask, next)
		forward(ask);
}

static void on_trust(void *userdata, int r, struct rc_secret **values, struct rc_error *err)
{
	struct rc_secrets_vault_identity *identity = userdata;
	struct rc_secret *sorted[TRUST_MAX] = {NULL};
	rc_autofree char *why = err ? rc_error_format(err) : NULL;
	size_t n = 0;

	identity->trusting = NULL;
	rc_error_free(err);
	if (r == -ENOENT)
		r = -EAGAIN;
	if (r == 0) {
		for (size_t i = 0; i < TRUST_MAX; i++)
			if (identity->trust[i].name)
				sorted[i] = values[n++];
		open_session(identity, sorted);
		return;
	}
	while (identity->asks) {
		static const struct rc_vault_answer none = {.lease_id = ""};
		struct rc_secrets_vault_ask *ask = identity->asks;
		rc_vault_done_fn *done = ask->done;
		void *asker = ask->userdata;
		struct rc_error *told = NULL;

		rc_fail(&told, r, "%s", why);
		rc_secrets_vault_identity_cancel(ask);
		done(asker, r, &none, told);
	}
}

static void want_session(struct rc_secrets_vault_identity *identity)
{
	struct rc_secrets_reference wanted[TRUST_MAX];
	size_t n = 0;

	if (identity->session || identity->trusting)
		return;
	for (size_t i = 0; i < TRUST_MAX; i++)
		if (identity->trust[i].name)
			wanted[n++] = identity->trust[i];
	identity->trusting =
		rc_secrets_reference_load(identity->context, wanted, n, on_trust, identity);
}

/* ---- asking ---- */

static void on_answer(void *userdata, int r, const struct rc_vault_answer *answer,
		      struct rc_error *err)
{
	struct rc_secrets_vault_ask *ask = userdata;
	rc_vault_done_fn *done = ask->done;
	void *asker = ask->userdata;

	ask->request = NULL;
	rc_secrets_vault_identity_cancel(ask);
	done(asker, r, answer, err);
}

static void forward(struct rc_secrets_vault_ask *ask)
{
	if (!ask->request)
		ask->request = rc_vault_session_ask(ask->identity->session, ask->method, ask->path,
						    ask->body, on_answer, ask);
}

struct rc_secrets_vault_ask *
rc_secrets_vault_identity_ask(struct rc_secrets_vault_identity *identity, const char *method,
			      const char *path, const json_t *body, rc_vault_done_fn *done,
			      void *userdata)
{
	struct rc_secrets_vault_ask *ask = rc_new0(struct rc_secrets_vault_ask);

	ask->identity = identity;
	ask->method = rc_strdup(method);
	ask->path = rc_strdup(path);
	ask->body = json_incref((json_t *)(uintptr_t)body);
	ask->done = done;
	ask->userdata = userdata;
	DL_APPEND(identity->asks, ask);
	if (identity->session)
		forward(ask);
	else
		want_session(identity);
	return ask;
}

void rc_secrets_vault_identity_cancel(struct rc_secrets_vault_ask *ask)
{
	if (!ask)
		return;
	rc_vault_session_cancel(ask->request);
	DL_DELETE(ask->identity->asks, ask);
	json_decref(ask->body);
	free(ask->method);
	free(ask->path);
	free(ask);
}

/* ---- who it is ---- */

static int read_trust(struct rc_secrets_vault_identity *identity,
		      const struct rc_secrets_scope *scope, struct rc_error **err)
{
	const json_t *ca = json_object_get(identity->vault, "caProvider");
	const json_t *tls = json_object_get(identity->vault, "tls");
	const json_t *certificate = json_object_get(tls, "certSecretRef");
	const json_t *key = json_object_get(tls, "keySecretRef");
	struct rc_secrets_vault_login *login = &identity->login;
	int r = 0;

	if (ca && !rc_json_text(identity->vault, "caBundle", NULL))
		r = rc_secrets_reference_parse_ca(ca, "caProvider", scope,
						  &identity->trust[TRUST_CA], err);
	if (r < 0)
		return r;
	if (login->has_certificate) { /* the login's own comes first */
		identity->trust[TRUST_CERTIFICATE] = login->certificate;
		identity->trust[TRUST_KEY] = login->key;
		login->certificate = login->key = (struct rc_secrets_reference){.name = NULL};
		return 0;
	}
	if (!certificate && !key)
		return 0;
	if (!certificate || !key)
		return rc_fail(err, -EINVAL, "tls: certSecretRef and keySecretRef go together");
	r = rc_secrets_reference_parse(certificate, "tls.certSecretRef", "tls.crt", scope,
				       &identity->trust[TRUST_CERTIFICATE], err);
	return r < 0 ? r
		     : rc_secrets_reference_parse(key, "tls.keySecretRef", "tls.key", scope,
						  &identity->trust[TRUST_KEY], err);
}

static void add_stamp(const struct rc_secrets_context *context, const char *kind,
		      const char *name_space, const char *name, json_t *to)
{
	rc_autofree char *stamp =
		context->stamp ? context->stamp(context->userdata, kind, name_space, name) : NULL;

	json_array_append_new(to, json_sprintf("%s %s/%s %s", kind, name_space, name, stamp ?: ""));
}

static void add_reference(const struct rc_secrets_context *context,
			  const struct rc_secrets_reference *reference, json_t *to)
{
	if (reference->name)
		add_stamp(context, reference->is_config_map ? "ConfigMap" : "Secret",
			  reference->name_space, reference->name, to);
}

/* Everything but where in the engine it looks. */
static char *make_key(const struct rc_secrets_vault_identity *identity)
{
	static const char *const fields[] = {"server",	 "namespace",	   "auth",
					     "caBundle", "caProvider",	   "tls",
					     "headers",	 "readYourWrites", "forwardInconsistent"};
	const struct rc_secrets_vault_login *login = &identity->login;
	const struct rc_secrets_context *context = identity->context;
	json_auto_t *all = json_object();
	json_t *stamps = json_array();
	char hash[RC_JSON_HASH_MAX];

	for (size_t i = 0; i < RC_ARRAY_SIZE(fields); i++)
		json_object_set(all, fields[i], json_object_get(identity->vault, fields[i]));
	for (size_t i = 0; i < RC_SECRETS_VAULT_LOGIN_REFS; i++)
		add_reference(context, &login->references[i], stamps);
	for (size_t i = 0; i < TRUST_MAX; i++)
		add_reference(context, &identity->trust[i], stamps);
	if (login->account)
		add_stamp(context, "ServiceAccount", login->account_name_space, login->account,
			  stamps);
	if (identity->aws)
		json_array_append_new(stamps,
				      json_string(rc_secrets_aws_identity_get_key(identity->aws)));
	json_object_set_new(all, "stamps", stamps);
	return rc_strdup(rc_json_hash(all, hash));
}

static void free_identity(struct rc_secrets_vault_identity *identity)
{
	if (identity->session) {
		rc_vault_session_attach(identity->session, NULL);
		rc_vault_pool_unuse(identity->context->vault, identity->session);
	}
	while (identity->asks)
		rc_secrets_vault_identity_cancel(identity->asks);
	rc_secrets_reference_cancel(identity->trusting);
	on_cancel(identity);
	rc_secrets_aws_identity_unuse(identity->aws);
	rc_secrets_vault_login_done(&identity->login);
	for (size_t i = 0; i < TRUST_MAX; i++)
		rc_secrets_reference_done(&identity->trust[i]);
	json_decref(identity->vault);
	free(identity->key);
	free(identity);
}

int rc_secrets_vault_identity_use(const struct rc_secrets_context *context, const json_t *vault,
				  const struct rc_secrets_scope *scope,
				  struct rc_secrets_vault_identity **ret_identity,
				  struct rc_error **err)
{
	struct rc_secrets_vault_identity *identity = rc_new0(struct rc_secrets_vault_identity), *at;
	const char *server = rc_json_text(vault, "server", NULL);
	int r = 0;

	identity->context = context;
	identity->vault = json_deep_copy(vault);
	if (!server || !*server)
		r = rc_fail(err, -EINVAL, "server is missing");
	if (r == 0)
		r = rc_secrets_vault_login_parse(json_object_get(identity->vault, "auth"), scope,
						 &identity->login, err);
	if (r == 0 && identity->login.iam)
		r = rc_secrets_vault_iam_use(context, identity->login.iam, scope, &identity->aws,
					     err);
	if (r == 0)
		r = read_trust(identity, scope, err);
	if (r < 0) {
		free_identity(identity);
		return r;
	}
	identity->key = make_key(identity);
	DL_FOREACH (context->identities->first, at)
		if (strcmp(at->key, identity->key) == 0)
			break;
	if (at) {
		free_identity(identity);
		identity = at;
	} else {
		identity->server = rc_vault_pool_get_server(context->vault, server);
		DL_APPEND(context->identities->first, identity);
	}
	identity->n_uses++;
	*ret_identity = identity;
	return 0;
}

void rc_secrets_vault_identity_unuse(struct rc_secrets_vault_identity *identity)
{
	if (!identity || --identity->n_uses > 0)
		return;
	DL_DELETE(identity->context->identities->first, identity);
	free_identity(identity);
}

struct rc_secrets_identities *rc_secrets_vault_identity_new_set(void)
{
	return rc_new0(struct rc_secrets_identities);
}

void rc_secrets_vault_identity_free_set(struct rc_secrets_identities *identities)
{
	free(identities);
}

struct rc_vault_session *
rc_secrets_vault_identity_get_session(const struct rc_secrets_vault_identity *identity)
{
	return identity->session;
}

struct rc_vault_server *
rc_secrets_vault_identity_get_server(const struct rc_secrets_vault_identity *identity)
{
	return identity->server;
}

const char *rc_secrets_vault_identity_get_key(const struct rc_secrets_vault_identity *identity)
{
	return identity->key;
}

bool rc_secrets_vault_identity_is_referent(const struct rc_secrets_vault_identity *identity)
{
	const struct rc_secrets_vault_login *login = &identity->login;

	for (size_t i = 0; i < RC_SECRETS_VAULT_LOGIN_REFS; i++)
		if (login->references[i].name && !*login->references[i].name_space)
			return true;
	for (size_t i = 0; i < TRUST_MAX; i++)
		if (identity->trust[i].name && !*identity->trust[i].name_space)
			return true;
	if (identity->aws && rc_secrets_aws_identity_is_referent(identity->aws))
		return true;
	return login->account && !*login->account_name_space;
}
