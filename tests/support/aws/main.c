/*
 * aws: a stand-in for AWS's Secrets Manager, Parameter Store and STS. Every request but
 * AssumeRoleWithWebIdentity must be signed by keys that belong together: the secret of key ID is
 * "SK-ID".
 *
 * POST /_control {"secrets": {NAME: {"stages": {STAGE: TEXT}, "ids": {ID: TEXT}, "binary": BASE64,
 * "tags": {}, "isDeleted": bool}}, "parameters": {NAME: {"versions": [TEXT], "tags": {}}}, "fault":
 * CODE or null} adds to what there is; it answers {"log": ["CALLER ACTION"]}. Lists come two at a
 * time.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <ev.h>

#include "aws.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/memory.h"
#include "base/str.h"
#include "data/json.h"

#define PAGE 2

static struct {
	json_t *secrets, *parameters, *log;
	char *fault; /* code that all is answered with, or NULL */
} world;

char *aws_secret_of(const char *key_id)
{
	return rc_asprintf("SK-%s", key_id);
}

static void refuse(struct rc_net_http_exchange *exchange, int status, const char *code,
		   const char *message)
{
	json_auto_t *body = json_pack("{s:s, s:s}", "__type", code, "message", message);

	rc_net_http_exchange_reply_json(exchange, status, body);
}

/* Takes body over. */
static void reply(struct rc_net_http_exchange *exchange, json_t *body)
{
	rc_net_http_exchange_reply_json(exchange, 200, body);
	json_decref(body);
}

/* ---- what both services share ---- */

static json_t *list_tags(const json_t *object)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach (json_object_get(object, "tags"), key, value)
		json_array_append_new(list, json_pack("{s:s, s:O}", "Key", key, "Value", value));
	return list;
}

/* {field: items of this page, NextToken}; takes all over. */
static void reply_page(struct rc_net_http_exchange *exchange, const json_t *body, const char *field,
		       json_t *all)
{
	const char *token = rc_json_text(body, "NextToken", NULL);
	size_t from = token ? strtoul(token, NULL, 10) : 0, n = json_array_size(all);
	json_t *items = json_array();
	json_t *answer = json_pack("{s:o}", field, items);

	for (size_t i = from; i < n && i < from + PAGE; i++)
		json_array_append(items, json_array_get(all, i));
	if (from + PAGE < n)
		json_object_set_new(answer, "NextToken", json_sprintf("%zu", from + PAGE));
	json_decref(all);
	reply(exchange, answer);
}

/* ---- Secrets Manager ---- */

static void get_secret(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *name = rc_json_text(body, "SecretId", NULL) ?: "";
	const char *id = rc_json_text(body, "VersionId", NULL);
	const char *stage = rc_json_text(body, "VersionStage", NULL) ?: "AWSCURRENT";
	const json_t *secret = json_object_get(world.secrets, name);
	json_t *text = id ? rc_json_get(secret, "ids", id, NULL)
			  : rc_json_get(secret, "stages", stage, NULL);
	json_t *binary = json_object_get(secret, "binary");

	if (json_is_true(json_object_get(secret, "isDeleted")))
		refuse(exchange, 400, "InvalidRequestException",
		       "You can't perform this operation on the secret because it was marked for "
		       "deletion.");
	else if (!text && !binary)
		refuse(exchange, 400, "ResourceNotFoundException",
		       "Secrets Manager can't find the specified secret.");
	else
		reply(exchange, json_pack("{s:s, s:O*, s:O*}", "Name", name, "SecretString", text,
					  "SecretBinary", text ? NULL : binary));
}

static bool passes(const char *name, const json_t *secret, const json_t *filters)
{
	json_t *filter, *value;
	const char *key;
	size_t i;

	json_array_foreach (filters, i, filter) {
		const char *what = rc_json_text(filter, "Key", NULL) ?: "";
		const char *wanted =
			json_string_value(json_array_get(json_object_get(filter, "Values"), 0));
		bool is_there = strcmp(what, "name") == 0 && rc_text_has_prefix(name, wanted);

		json_object_foreach (json_object_get(secret, "tags"), key, value)
			is_there |= (strcmp(what, "tag-key") == 0 && strcmp(key, wanted) == 0) ||
				    (strcmp(what, "tag-value") == 0 &&
				     rc_text_equal(json_string_value(value), wanted));
		if (!is_there)
			return false;
	}
	return true;
}

static void list_secrets(struct rc_net_http_exchange *exchange, const json_t *body)
{
	json_t *all = json_array(), *secret;
	const char *name;

	json_object_foreach (world.secrets, name, secret)
		if (passes(name, secret, json_object_get(body, "Filters")))
			json_array_append_new(all, json_pack("{s:s}", "Name", name));
	reply_page(exchange, body, "SecretList", all);
}

static void describe_secret(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *name = rc_json_text(body, "SecretId", NULL) ?: "";
	const json_t *secret = json_object_get(world.secrets, name);

	if (!secret)
		refuse(exchange, 400, "ResourceNotFoundException", "no such secret");
	else
		reply(exchange, json_pack("{s:s, s:o}", "Name", name, "Tags", list_tags(secret)));
}

/* ---- Parameter Store ---- */

static void get_parameter(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *whole = rc_json_text(body, "Name", NULL) ?: "";
	rc_autofree char *name = rc_strndup(whole, strcspn(whole, ":"));
	const char *version = strchr(whole, ':');
	const json_t *versions = rc_json_get(world.parameters, name, "versions", NULL);
	size_t n = json_array_size(versions), at = version ? strtoul(version + 1, NULL, 10) : n;
	json_t *value = at > 0 ? json_array_get(versions, at - 1) : NULL;

	if (n == 0)
		refuse(exchange, 400, "ParameterNotFound", "");
	else if (!value)
		refuse(exchange, 400, "ParameterVersionNotFound", "no such version");
	else if (!json_is_true(json_object_get(body, "WithDecryption")))
		refuse(exchange, 400, "ValidationException", "it would be encrypted");
	else
		reply(exchange,
		      json_pack("{s:{s:s, s:O}}", "Parameter", "Name", name, "Value", value));
}

static void get_by_path(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *path = rc_json_text(body, "Path", NULL) ?: "", *name;
	json_t *all = json_array(), *parameter;

	json_object_foreach (world.parameters, name, parameter) {
		const json_t *versions = json_object_get(parameter, "versions");

		if (rc_text_has_prefix(name, path))
			json_array_append_new(
				all,
				json_pack("{s:s, s:O}", "Name", name, "Value",
					  json_array_get(versions, json_array_size(versions) - 1)));
	}
	reply_page(exchange, body, "Parameters", all);
}

static bool is_described(const char *name, const json_t *parameter, const json_t *filters)
{
	json_t *filter;
	size_t i;

	json_array_foreach (filters, i, filter) {
		const char *key = rc_json_text(filter, "Key", NULL) ?: "";
		const char *wanted =
			json_string_value(json_array_get(json_object_get(filter, "Values"), 0));

		if (strcmp(key, "Path") == 0 && !rc_text_has_prefix(name, wanted))
			return false;
		if (rc_text_has_prefix(key, "tag:") &&
		    !rc_text_equal(rc_json_text(parameter, "tags", key + 4, NULL), wanted))
			return false;
	}
	return true;
}

static void describe_parameters(struct rc_net_http_exchange *exchange, const json_t *body)
{
	json_t *all = json_array(), *parameter;
	const char *name;

	json_object_foreach (world.parameters, name, parameter)
		if (is_described(name, parameter, json_object_get(body, "ParameterFilters")))
			json_array_append_new(all, json_pack("{s:s}", "Name", name));
	reply_page(exchange, body, "Parameters", all);
}

static void list_parameter_tags(struct rc_net_http_exchange *exchange, const json_t *body)
{
	const char *name = rc_json_text(body, "ResourceId", NULL) ?: "";

	reply(exchange,
	      json_pack("{s:o}", "TagList", list_tags(json_object_get(world.parameters, name))));
}

static const struct {
	const char *target;
	void (*serve)(struct rc_net_http_exchange *exchange, const json_t *body);
} actions[] = {
	{"secretsmanager.GetSecretValue", get_secret},
	{"secretsmanager.ListSecrets", list_secrets},
	{"secretsmanager.DescribeSecret", describe_secret},
	{"AmazonSSM.GetParameter", get_parameter},
	{"AmazonSSM.GetParametersByPath", get_by_path},
	{"AmazonSSM.DescribeParameters", describe_parameters},
	{"AmazonSSM.ListTagsForResource", list_parameter_tags},
};

static void serve_json(struct rc_net_http_exchange *exchange, const char *target)
{
	bool is_ssm = rc_text_has_prefix(target, "AmazonSSM.");
	rc_autofree char *caller =
		aws_signature_check(exchange, is_ssm ? "/ssm/" : "/secretsmanager/");
	json_auto_t *body = NULL;

	json_array_append_new(world.log, json_sprintf("%s %s", caller ?: "nobody", target));
	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	if (!caller) {
		refuse(exchange, 400, "InvalidSignatureException", "the signature is not yours");
		return;
	}
	if (world.fault) {
		refuse(exchange, 400, world.fault, "on request");
		return;
	}
	for (size_t i = 0; i < RC_ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i].target, target) == 0) {
			actions[i].serve(exchange, body);
			return;
		}
	refuse(exchange, 400, "UnknownOperationException", target);
}

/* ---- STS ---- */

/* A field of a form; values that are looked at need only ':' and '/' decoded. The caller's. */
static char *take_field(struct rc_str body, const char *name)
{
	rc_autofree char *text = rc_str_dup(body), *key = rc_asprintf("%s=", name);
	char *rest = text, *part;

	while ((part = strsep(&rest, "&")))
		if (rc_text_has_prefix(part, key))
			return rc_strdup(part + strlen(key));
	return NULL;
}

static void deny(struct rc_net_http_exchange *exchange)
{
	rc_net_http_exchange_reply(
		exchange, 403, "text/xml",
		RC_STR("<ErrorResponse><Error><Code>AccessDenied</Code>"
		       "<Message>you may not</Message></Error></ErrorResponse>"));
}

/* Who signed. Keys of a role ("ASIA" and its name) come with the role's token. */
static void tell_identity(struct rc_net_http_exchange *exchange, const char *caller)
{
	const char *token = rc_net_http_exchange_get_header(exchange, "X-Amz-Security-Token");
	bool is_role = rc_text_has_prefix(caller, "ASIA");
	rc_autofree char *wanted = rc_asprintf("T-%s", caller);
	rc_autofree char *arn =
		is_role ? rc_asprintf("arn:aws:sts::1:assumed-role/%s/reconciled", caller + 4)
			: rc_asprintf("arn:aws:iam::1:user/%s", caller);
	rc_autofree char *xml = rc_asprintf(
		"<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
		"<GetCallerIdentityResult><Arn>%s</Arn><UserId>%s</UserId><Account>1</Account>"
		"</GetCallerIdentityResult></GetCallerIdentityResponse>",
		arn, caller);

	if (is_role && !rc_text_equal(token, wanted))
		deny(exchange);
	else
		rc_net_http_exchange_reply(exchange, 200, "text/xml", rc_str(xml));
}

static void serve_sts(struct rc_net_http_exchange *exchange)
{
	struct rc_str body = rc_net_http_exchange_get_body(exchange);
	rc_autofree char *action = take_field(body, "Action"), *arn = take_field(body, "RoleArn");
	rc_autofree char *web = take_field(body, "WebIdentityToken");
	rc_autofree char *external = take_field(body, "ExternalId");
	rc_autofree char *caller = web ? rc_strdup("web") : aws_signature_check(exchange, "/sts/");
	const char *role = arn ? strrchr(arn, 'F') : NULL; /* behind "%2F" */
	char end[RC_CLOCK_RFC3339_MAX];
	rc_autofree char *xml = NULL, *id = NULL;

	json_array_append_new(world.log, json_sprintf("%s %s%s%s", caller ?: "nobody", action ?: "",
						      external ? " " : "", external ?: ""));
	if (caller && rc_text_equal(action, "GetCallerIdentity")) {
		tell_identity(exchange, caller);
		return;
	}
	if (!caller || !role) {
		deny(exchange);
		return;
	}
	rc_clock_format_rfc3339(rc_clock_unix_s() + 3600, end);
	id = rc_asprintf("ASIA%s", role + 1);
	xml = rc_asprintf("<R><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>SK-%s"
			  "</SecretAccessKey><SessionToken>T-%s</SessionToken><Expiration>%s"
			  "</Expiration></Credentials></R>",
			  id, id, id, end);
	rc_net_http_exchange_reply(exchange, 200, "text/xml", rc_str(xml));
}

/* ---- the server ---- */

static void serve_control(struct rc_net_http_exchange *exchange)
{
	json_auto_t *body = NULL;
	json_t *fault;

	rc_json_parse(rc_net_http_exchange_get_body(exchange), "the body", &body, NULL);
	fault = json_object_get(body, "fault");
	json_object_update(world.secrets, json_object_get(body, "secrets"));
	json_object_update(world.parameters, json_object_get(body, "parameters"));
	if (fault) {
		free(world.fault);
		world.fault = rc_strdup(json_string_value(fault));
	}
	reply(exchange, json_pack("{s:O}", "log", world.log));
}

static void on_request(void *userdata, struct rc_net_http_exchange *exchange)
{
	const char *target = rc_net_http_exchange_get_header(exchange, "X-Amz-Target");

	(void)userdata;
	if (strcmp(rc_net_http_exchange_get_path(exchange), "/_control") == 0)
		serve_control(exchange);
	else if (target)
		serve_json(exchange, target);
	else
		serve_sts(exchange);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
	(void)watcher;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

int main(void)
{
	struct rc_net_http_server_options options = {.listen = "127.0.0.1:0"};
	rc_cleanup(rc_net_http_server_freep) struct rc_net_http_server *server = NULL;
	struct rc_error *err = NULL;
	struct ev_loop *loop = rc_loop_new();
	ev_signal term;

	world.secrets = json_object();
	world.parameters = json_object();
	world.log = json_array();
	if (rc_net_http_server_new(loop, &options, on_request, NULL, &server, &err) < 0) {
		rc_autofree char *text = rc_error_format(err);

		fprintf(stderr, "aws: %s\n", text);
		return 1;
	}
	printf("listening 127.0.0.1:%u\n", rc_net_http_server_get_port(server));
	fflush(stdout);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_start(loop, &term);
	ev_run(loop, 0);
	return 0;
}
