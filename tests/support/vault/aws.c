/*
 * Logins by IAM: the signed request is sent to STS as it is, but only there and only to ask who
 * signed it, as Vault does.
 */
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "data/base64.h"
#include "data/json.h"
#include "vault.h"

#define HEADERS_MAX 16
#define SERVER_ID   "X-Vault-AWS-IAM-Server-ID"

struct iam_login {
	struct rc_net_http_exchange *exchange;
	const json_t *role;
};

/* A field in base64; the caller's, "" when it is none. */
static char *decode(const json_t *body, const char *field)
{
	struct rc_buf bytes = RC_BUF_INIT(1 << 20);

	rc_base64_decode(rc_str(rc_json_text(body, field, NULL) ?: ""), &bytes);
	rc_buf_putc(&bytes, '\0');
	return rc_buf_take(&bytes);
}

/* "arn:aws:sts::1:assumed-role/NAME/SESSION" is role "arn:aws:iam::1:role/NAME"; the caller's. */
static char *principal_of(const char *arn)
{
	const char *role = strstr(arn, ":assumed-role/");

	if (!role || strncmp(arn, "arn:aws:sts:", 12) != 0)
		return rc_strdup(arn);
	return rc_asprintf("arn:aws:iam:%.*s:role/%.*s", (int)(role - arn - 12), arn + 12,
			   (int)strcspn(role + 14, "/"), role + 14);
}

static void on_identity(void *userdata, int r, const struct rc_net_http_response *response,
			struct rc_error *err)
{
	rc_autofree struct iam_login *login = userdata;
	const char *wanted = rc_json_text(login->role, "bound_iam_principal_arn", NULL) ?: "";
	rc_autofree char *text = r == 0 ? rc_str_dup(response->body) : rc_strdup("");
	const char *at = strstr(text, "<Arn>");
	rc_autofree char *arn = at ? rc_strndup(at + 5, strcspn(at + 5, "<")) : rc_strdup("");
	rc_autofree char *principal = principal_of(arn);

	rc_error_free(err);
	if (r < 0 || response->status != 200)
		vault_refuse(login->exchange, 400, "error making upstream request: received error");
	else if (strcmp(principal, wanted) != 0)
		vault_refuse(login->exchange, 400, "IAM Principal does not belong to the role");
	else
		vault_tokens_make(login->exchange, vault_number(login->role, "ttl", 3600));
}

static const char *header_of(const json_t *headers, const char *name)
{
	return json_string_value(json_array_get(json_object_get(headers, name), 0)) ?: "";
}

/* The header that says which Vault it is for, when one is wanted: there, right and signed. */
static bool is_for_us(const json_t *headers)
{
	const char *wanted = rc_json_text(vault_state.aws, "iam_server_id_header_value", NULL);
	const char *signature = header_of(headers, "Authorization");

	return !wanted || (strcmp(header_of(headers, SERVER_ID), wanted) == 0 &&
			   strstr(signature, ";x-vault-aws-iam-server-id,"));
}

static void ask_sts(struct iam_login *login, const char *url, const char *text,
		    const json_t *headers)
{
	struct rc_net_http_header list[HEADERS_MAX + 2] = {{NULL, NULL}};
	const char *behind = strstr(url, "://"), *name;
	const char *host = behind ? behind + 3 : url;
	rc_autofree char *signed_host = rc_strndup(host, strcspn(host, "/"));
	rc_autofree char *place =
		rc_asprintf("%s%s", rc_json_text(vault_state.aws, "sts_endpoint", NULL) ?: "",
			    host + strlen(signed_host));
	struct rc_net_http_options options = {
		.method = "POST", .url = place, .headers = list, .body = rc_str(text)};
	size_t n = 0;
	json_t *value;

	list[n++] = (struct rc_net_http_header){"Host", signed_host};
	json_object_foreach ((json_t *)(uintptr_t)headers, name, value)
		if (n < HEADERS_MAX)
			list[n++] = (struct rc_net_http_header){name, header_of(headers, name)};
	rc_net_http_client_start(vault_state.http, &options, NULL, on_identity, login);
}

void vault_aws_login(struct rc_net_http_exchange *exchange, const json_t *body)
{
	rc_autofree char *key = rc_asprintf("aws/%s", rc_json_text(body, "role", NULL) ?: "");
	rc_autofree char *url = decode(body, "iam_request_url");
	rc_autofree char *text = decode(body, "iam_request_body");
	rc_autofree char *headers_text = decode(body, "iam_request_headers");
	const json_t *role = json_object_get(vault_state.roles, key);
	json_auto_t *headers = NULL;
	struct iam_login *login;

	rc_json_parse(rc_str(headers_text), "the headers", &headers, NULL);
	if (!role) {
		vault_refuse(exchange, 400, "entry for role not found");
	} else if (!rc_text_equal(rc_json_text(body, "iam_http_request_method", NULL), "POST") ||
		   strcmp(text, "Action=GetCallerIdentity&Version=2011-06-15") != 0) {
		vault_refuse(exchange, 400, "the request is not GetCallerIdentity");
	} else if (!is_for_us(headers)) {
		vault_refuse(exchange, 400, "error validating X-Vault-AWS-IAM-Server-ID header");
	} else {
		login = rc_new0(struct iam_login);
		login->exchange = exchange;
		login->role = role;
		ask_sts(login, url, text, headers);
	}
}
