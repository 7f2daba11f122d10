/* The signed request of a login by IAM. */
#include "secrets/vault-iam.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/memory.h"
#include "data/base64.h"
#include "data/json.h"
#include "net/aws-profile.h"

#define REGION	  "us-east-1"
#define BODY	  "Action=GetCallerIdentity&Version=2011-06-15"
#define SERVER_ID "X-Vault-AWS-IAM-Server-ID"

static const char *region_of(const json_t *iam)
{
	const char *region = rc_json_text(iam, "region", NULL);

	return region && *region ? region : REGION;
}

/* A Vault that was told nothing sends it to STS's address without a region, and whom it is for is
 * signed. */
static char *make_url(const char *region)
{
	rc_autofree char *place =
		rc_net_aws_profile_endpoint((const char *const *)environ, "sts", "STS", region);

	if (strcmp(place, "https://sts." REGION ".amazonaws.com") == 0)
		return rc_strdup("https://sts.amazonaws.com/");
	return rc_asprintf("%s/", place);
}

int rc_secrets_vault_iam_use(const struct rc_secrets_context *context, const json_t *iam,
			     const struct rc_secrets_scope *scope,
			     struct rc_secrets_aws_identity **ret_identity, struct rc_error **err)
{
	json_auto_t *auth = json_object(), *block = json_object();

	json_object_set(auth, "secretRef", json_object_get(iam, "secretRef"));
	json_object_set(auth, "jwt", json_object_get(iam, "jwt"));
	json_object_set(block, "auth", auth);
	json_object_set_new(block, "region", json_string(region_of(iam)));
	json_object_set(block, "role", json_object_get(iam, "role"));
	json_object_set(block, "externalID", json_object_get(iam, "externalID"));
	return rc_secrets_aws_identity_use(context, block, "auth.iam", scope, ret_identity, err);
}

static json_t *encode(struct rc_str text)
{
	rc_autobuf struct rc_buf base64 = RC_BUF_INIT(RC_BUF_UNLIMITED);

	rc_base64_encode(text, &base64);
	return json_string(rc_buf_text(&base64));
}

/* {name: [value]}, as JSON in base64. */
static json_t *encode_headers(const struct rc_net_http_header *headers)
{
	json_auto_t *all = json_object();
	json_t *encoded;
	char *text;

	for (; headers->name; headers++)
		json_object_set_new(all, headers->name, json_pack("[s]", headers->value));
	text = json_dumps(all, JSON_COMPACT);
	encoded = encode(rc_str(text));
	rc_secret_wipe_text(text);
	return encoded;
}

void rc_secrets_vault_iam_sign(const json_t *iam, const struct rc_net_aws_keys *keys,
			       int64_t now_unix_s, json_t *body)
{
	const char *server_id = rc_json_text(iam, "vaultAwsIamServerID", NULL);
	const struct rc_net_http_header headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
		{server_id && *server_id ? SERVER_ID : NULL, server_id},
		{NULL, NULL}};
	rc_autofree char *url = make_url(region_of(iam));
	struct rc_net_aws_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = RC_STR(BODY),
		.region = region_of(iam),
		.service = "sts",
		.unix_s = now_unix_s,
	};
	rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *signed_headers =
		rc_net_aws_sigv4_sign(&request, keys);

	json_object_set_new(body, "iam_http_request_method", json_string(request.method));
	json_object_set_new(body, "iam_request_url", encode(rc_str(url)));
	json_object_set_new(body, "iam_request_body", encode(request.body));
	json_object_set_new(body, "iam_request_headers", encode_headers(signed_headers));
}
