/* Logins and tokens. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/json.h"
#include "vault.h"

bool vault_tokens_is_alive(const char *token)
{
	const json_t *known = json_object_get(vault_state.tokens, token);
	long long expiry = vault_number(known, "expiry", 0);

	if (strcmp(token, vault_state.root) == 0)
		return true;
	return known && (expiry == 0 || expiry > rc_clock_unix_ms());
}

bool vault_tokens_is_allowed(struct rc_net_http_exchange *exchange)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token");

	return token && vault_tokens_is_alive(token);
}

static json_t *describe(const char *token, const json_t *known)
{
	long long ttl = vault_number(known, "ttl", 0);

	return json_pack("{s:s, s:s, s:I, s:b, s:s, s:[s]}", "client_token", token, "accessor",
			 rc_json_text(known, "accessor", NULL) ?: "", "lease_duration",
			 (json_int_t)ttl, "renewable", ttl > 0, "token_type", "service", "policies",
			 "default");
}

/* ttl and period are of the role; in seconds. */
void vault_tokens_make(struct rc_net_http_exchange *exchange, long long ttl_s)
{
	rc_autofree char *token = vault_random_text("hvs.");
	rc_autofree char *accessor = vault_random_text("acc.");
	json_t *known =
		json_pack("{s:s, s:I, s:I}", "accessor", accessor, "ttl", (json_int_t)ttl_s,
			  "expiry", (json_int_t)(ttl_s ? rc_clock_unix_ms() + ttl_s * 1000 : 0));

	json_object_set_new(vault_state.tokens, token, known);
	vault_reply(exchange, 200, json_pack("{s:o}", "auth", describe(token, known)));
}

/* ---- kubernetes: the token is reviewed by the API server ---- */

struct login {
	struct rc_net_http_exchange *exchange;
	json_t *role;
};

static void on_reviewed(void *userdata, int r, const struct rc_net_http_response *response,
			struct rc_error *err)
{
	rc_autofree struct login *login = userdata;
	rc_autofree char *wanted = rc_asprintf("system:serviceaccount:%s:%s",
					       rc_json_text(login->role, "namespace", NULL) ?: "",
					       rc_json_text(login->role, "account", NULL) ?: "");
	json_auto_t *review = NULL;

	rc_error_free(err);
	if (r == 0)
		rc_json_parse(response->body, "the review", &review, NULL);
	if (r == 0 &&
	    rc_text_equal(rc_json_text(review, "status", "user", "username", NULL), wanted))
		vault_tokens_make(login->exchange, vault_number(login->role, "ttl", 3600));
	else
		vault_refuse(login->exchange, 403, "permission denied");
}

static void login_kubernetes(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *name = rc_json_text(body, "role", NULL) ?: "";
	json_t *role = json_object_get(vault_state.roles, name);
	rc_autofree char *url = rc_asprintf("%s/apis/authentication.k8s.io/v1/tokenreviews",
					    vault_state.kube ? vault_state.kube : "");
	json_auto_t *review =
		json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "authentication.k8s.io/v1", "kind",
			  "TokenReview", "spec", "token", rc_json_text(body, "jwt", NULL) ?: "");
	rc_autofree char *text = json_dumps(review, JSON_COMPACT);
	rc_cleanup(rc_secret_freep) struct rc_secret *bearer =
		rc_secret_new_text(vault_state.kube_token);
	struct rc_net_http_header headers[] = {{"Content-Type", "application/json"}, {NULL, NULL}};
	struct rc_net_tls tls = {.ca_pem = rc_buf_text(&vault_state.kube_ca)};
	struct rc_net_http_options options = {.method = "POST",
					      .url = url,
					      .headers = headers,
					      .body = rc_str(text),
					      .bearer = bearer,
					      .tls = vault_state.kube_ca.n > 0 ? &tls : NULL};
	struct login *login;

	if (!role || !vault_state.kube) {
		vault_refuse(exchange, 400, "invalid role name");
		return;
	}
	login = rc_new0(struct login);
	login->exchange = exchange;
	login->role = role;
	rc_net_http_client_start(vault_state.http, &options, NULL, on_reviewed, login);
}

/* ---- the others: one word each is right ---- */

static const struct {
	const char *path, *field, *word;
} methods[] = {
	{"auth/approle/login", "secret_id", "secret-id"},
	{"auth/jwt/login", "jwt", "right.jwt"},
	{"auth/ldap/login/", "password", "right-password"},
	{"auth/userpass/login/", "password", "right-password"},
	{"auth/cert/login", "name", "web"},
};

bool vault_tokens_serve_login(struct rc_net_http_exchange *exchange, const char *path,
			      const json_t *body)
{
	if (strcmp(path, "auth/kubernetes/login") == 0) {
		login_kubernetes(exchange, body);
		return true;
	}
	if (strcmp(path, "auth/aws/login") == 0) {
		vault_aws_login(exchange, body);
		return true;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(methods); i++) {
		if (strncmp(path, methods[i].path, strlen(methods[i].path)) != 0)
			continue;
		if (rc_text_equal(rc_json_text(body, methods[i].field, NULL), methods[i].word))
			vault_tokens_make(exchange, 3600);
		else
			vault_refuse(exchange, 400, "invalid credentials");
		return true;
	}
	return false;
}

/* ---- about oneself ---- */

static void look_up(struct rc_net_http_exchange *exchange, const char *token, const json_t *known)
{
	long long left_ms = vault_number(known, "expiry", 0) - rc_clock_unix_ms();

	(void)token;
	vault_reply(exchange, 200,
		    json_pack("{s:{s:I, s:b, s:s, s:s}}", "data", "ttl",
			      (json_int_t)(known && left_ms > 0 ? left_ms / 1000 : 0), "renewable",
			      known != NULL, "accessor",
			      rc_json_text(known, "accessor", NULL) ?: "root", "type", "service"));
}

bool vault_tokens_serve(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Vault-Token");
	json_t *known = json_object_get(vault_state.tokens, token);

	if (strcmp(path, "auth/token/lookup-self") == 0) {
		look_up(exchange, token, known);
	} else if (strcmp(path, "auth/token/renew-self") == 0 && known) {
		json_object_set_new(
			known, "expiry",
			json_integer(rc_clock_unix_ms() + vault_number(known, "ttl", 0) * 1000));
		vault_reply(exchange, 200, json_pack("{s:o}", "auth", describe(token, known)));
	} else if (strcmp(path, "auth/token/revoke-self") == 0) {
		json_object_del(vault_state.tokens, token);
		vault_reply(exchange, 204, NULL);
	} else {
		return false;
	}
	return true;
}
