/* The stand-in and its folder of profiles. */
#include "net/aws-scene.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/memory.h"
#include "net/aws-sigv4.h"
#include "support/check.h"

struct aws_scene aws_scene;

static char *end_text(void)
{
	char text[RC_CLOCK_RFC3339_MAX];

	return rc_strdup(rc_clock_format_rfc3339(rc_clock_unix_s() + aws_scene.lifetime_s, text));
}

/* A field of the form, not decoded: what is asked for here needs no decoding but ':' and '/'. */
static char *field(struct rc_net_http_exchange *exchange, const char *name)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	rc_autofree char *text = rc_str_dup(body);
	rc_autofree char *key = rc_asprintf("%s=", name);
	char *rest = NULL;

	for (char *part = strtok_r(text, "&", &rest); part; part = strtok_r(NULL, "&", &rest))
		if (rc_text_has_prefix(part, key))
			return rc_strdup(part + strlen(key));
	return NULL;
}

static void reply_error(struct rc_net_http_exchange *exchange, int status, const char *code,
			const char *message)
{
	rc_autofree char *body = rc_asprintf("<ErrorResponse><Error><Type>Sender</Type>"
					     "<Code>%s</Code><Message>%s</Message></Error>"
					     "</ErrorResponse>",
					     code, message);

	rc_net_http_exchange_reply(exchange, status, "text/xml", rc_str(body));
}

/* The caller's key id; NULL when the signature is not his. */
static char *check_signature(struct rc_net_http_exchange *exchange)
{
	const char *authorization = rc_net_http_exchange_get_header(exchange, "Authorization");
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Amz-Security-Token");
	struct rc_net_http_header headers[] = {
		{"Content-Type", rc_net_http_exchange_get_header(exchange, "Content-Type")},
		{NULL, NULL}};
	rc_cleanup(rc_secret_freep) struct rc_secret *secret = rc_secret_new_text(AWS_SCENE_SECRET);
	rc_cleanup(rc_secret_freep) struct rc_secret *session = rc_secret_new_text(token);
	const char *id = authorization ? strstr(authorization, "Credential=") : NULL;
	rc_autofree char *key_id = id ? rc_strndup(id + 11, strcspn(id + 11, "/")) : NULL;
	rc_autofree char *url = rc_asprintf("%s/", aws_scene.url);
	struct rc_net_aws_keys keys = {key_id, secret, session};
	struct rc_net_aws_request request = {.method = "POST",
					     .url = url,
					     .headers = headers,
					     .body = rc_net_http_exchange_get_body(exchange),
					     .region = "eu-central-1",
					     .service = "sts",
					     .unix_s = rc_clock_unix_s()};

	if (!key_id)
		return NULL;
	/* The second may have passed since it was signed. */
	for (int i = 0; i < 3; i++, request.unix_s--) {
		rc_cleanup(rc_net_aws_sigv4_freep) struct rc_net_http_header *list =
			rc_net_aws_sigv4_sign(&request, &keys);
		struct rc_net_http_header *last = list;

		while (last[1].name)
			last++;
		if (strcmp(last->value, authorization) == 0)
			return rc_steal(&key_id);
	}
	return NULL;
}

static void reply_sts(struct rc_net_http_exchange *exchange)
{
	rc_autofree char *action = field(exchange, "Action"), *arn = field(exchange, "RoleArn");
	rc_autofree char *session = field(exchange, "RoleSessionName");
	rc_autofree char *external = field(exchange, "ExternalId");
	rc_autofree char *tag = field(exchange, "TransitiveTagKeys.member.1");
	rc_autofree char *web = field(exchange, "WebIdentityToken");
	rc_autofree char *caller = NULL, *body = NULL, *end = end_text();

	if (aws_scene.is_failing) {
		reply_error(exchange, 503, "ServiceUnavailable", "come &lt;back&gt; later");
		return;
	}
	if (strcmp(action, "AssumeRole") == 0)
		caller = check_signature(exchange);
	else if (web)
		caller = rc_asprintf("web-%s", web);
	if (!caller || !arn || strstr(arn, "forbidden")) {
		reply_error(exchange, 403, "AccessDenied", "you may not");
		return;
	}
	body = rc_asprintf("<AssumeRoleResponse><AssumeRoleResult><Credentials>"
			   "<AccessKeyId>%s(%s%s%s%s%s,%s)</AccessKeyId>"
			   "<SecretAccessKey>%s</SecretAccessKey>"
			   "<SessionToken>tok+/=%s</SessionToken><Expiration>%s</Expiration>"
			   "</Credentials></AssumeRoleResult></AssumeRoleResponse>",
			   strrchr(arn, 'F') + 1, session, external ? "," : "",
			   external ? external : "", tag ? ",tag:" : "", tag ? tag : "", caller,
			   AWS_SCENE_SECRET, arn, end);
	rc_net_http_exchange_reply(exchange, 200, "text/xml", rc_str(body));
}

static void reply_keys(struct rc_net_http_exchange *exchange, const char *id)
{
	rc_autofree char *end = end_text();
	json_auto_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "Code", "Success", "AccessKeyId",
				      id, "SecretAccessKey", AWS_SCENE_SECRET, "Token",
				      "metadata-token", "Expiration", end);

	rc_net_http_exchange_reply_json(exchange, 200, body);
}

static void reply_metadata(struct rc_net_http_exchange *exchange, const char *path)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-aws-ec2-metadata-token");

	if (strcmp(path, "/latest/api/token") == 0 &&
	    strcmp(rc_net_http_exchange_get_method(exchange), "PUT") == 0)
		rc_net_http_exchange_reply(exchange, aws_scene.is_no_cloud ? 404 : 200,
					   "text/plain", RC_STR("session-7"));
	else if (!token || strcmp(token, "session-7") != 0)
		rc_net_http_exchange_reply(exchange, 401, "text/plain", RC_STR(""));
	else if (rc_text_has_suffix(path, "/security-credentials/"))
		rc_net_http_exchange_reply(exchange, 200, "text/plain", RC_STR("node-role\n"));
	else if (rc_text_has_suffix(path, "/security-credentials/node-role"))
		reply_keys(exchange, "instance");
	else
		rc_net_http_exchange_reply(exchange, 404, "text/plain", RC_STR(""));
}

static void handle(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *path = rc_net_http_exchange_get_path(exchange);
	const char *authorization = rc_net_http_exchange_get_header(exchange, "Authorization");

	(void)userdata;
	aws_scene.asked++;
	if (aws_scene.is_hanging)
		aws_scene.held = exchange;
	else if (strcmp(path, "/") == 0)
		reply_sts(exchange);
	else if (strcmp(path, "/pod") != 0)
		reply_metadata(exchange, path);
	else if (authorization && strcmp(authorization, "pod-identity") == 0)
		reply_keys(exchange, "pod");
	else
		rc_net_http_exchange_reply(exchange, 401, "text/plain", RC_STR(""));
}

void aws_scene_write(const char *name, const char *text)
{
	rc_autofree char *path = rc_path_join(aws_scene.folder, name);
	struct rc_error *err = NULL;

	rc_check_ok(rc_file_write_atomic(path, text, strlen(text), 0600, &err), err);
}

void aws_scene_init(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	struct rc_error *err = NULL;

	memset(&aws_scene, 0, sizeof(aws_scene));
	aws_scene.lifetime_s = 3600;
	aws_scene.loop = rc_loop_new();
	rc_check_ok(rc_net_http_server_new(aws_scene.loop, &options, handle, NULL,
					   &aws_scene.server, &err),
		    err);
	snprintf(aws_scene.url, sizeof(aws_scene.url), "http://127.0.0.1:%u",
		 rc_net_http_server_get_port(aws_scene.server));
	aws_scene.client = rc_net_http_client_new(aws_scene.loop, "test");
	snprintf(aws_scene.folder, sizeof(aws_scene.folder), "/tmp/rc-aws-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(aws_scene.folder));
	aws_scene_write("token", "web-token\n");
	aws_scene_write("pod-token", "pod-identity\n");
	aws_scene_write("config", "# shared\n"
				  "[default]\nregion = eu-west-1\n"
				  "[profile base]\naws_access_key_id=BASE\n"
				  "aws_secret_access_key = " AWS_SCENE_SECRET "\n"
				  "s3 =\n  addressing_style = path\n"
				  "[profile one]\nrole_arn = arn:aws:iam::1:role/one\n"
				  "source_profile = base\nregion=eu-north-1\n"
				  "[profile two]\nrole_arn = arn:aws:iam::1:role/two\n"
				  "source_profile = one\nexternal_id = x7\nrole_session_name = me\n"
				  "[profile web]\nrole_arn = arn:aws:iam::1:role/web\n"
				  "web_identity_token_file = @token\n"
				  "[profile host]\nrole_arn = arn:aws:iam::1:role/host\n"
				  "credential_source = Ec2InstanceMetadata\n"
				  "[profile env]\nrole_arn = arn:aws:iam::1:role/env\n"
				  "credential_source = Environment\n"
				  "[profile odd]\nrole_arn = arn:aws:iam::1:role/odd\n"
				  "credential_source = Moon\n"
				  "[profile loop]\nrole_arn = a\nsource_profile = pool\n"
				  "[profile pool]\nrole_arn = a\nsource_profile = loop\n"
				  "[profile bare]\nrole_arn = a\n"
				  "[profile sso]\nsso_session = corp\n"
				  "[profile process]\ncredential_process = /bin/true\n"
				  "[profile self]\nrole_arn = arn:aws:iam::1:role/self\n"
				  "source_profile = self\naws_access_key_id = SELF\n"
				  "aws_secret_access_key = " AWS_SCENE_SECRET "\n"
				  "[profile closed]\nrole_arn = arn:aws:iam::1:role/forbidden\n"
				  "source_profile = base\n"
				  "[profile short]\nrole_arn = a\nsource_profile = base\n"
				  "duration_seconds = 60\n"
				  "[profile other]\naws_access_key_id = OLD\n"
				  "aws_secret_access_key = old\n");
	aws_scene_write("credentials", "[other]\naws_access_key_id = OTHER\n"
				       "aws_secret_access_key = " AWS_SCENE_SECRET "\n"
				       "aws_session_token = session\n");
}

void aws_scene_done(void)
{
	rc_net_http_client_free(aws_scene.client);
	if (aws_scene.held)
		rc_net_http_exchange_reset(aws_scene.held);
	rc_net_http_server_free(aws_scene.server);
	rc_loop_free(aws_scene.loop);
	rc_file_remove_tree(aws_scene.folder, NULL);
}
